//! The database beside the roster: draws, texts, openings, the outbox.
//!
//! One file per aggregate, each SQL statement beside its function. Callers see [`Store`] and, inside a transaction,
//! [`Tx`]; `rusqlite` stays in this room, so that a second engine can be added here and nowhere else. What the rows
//! mean is `app`'s business; this room keeps them whole.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use rusqlite_migration::{M, Migrations};

mod draws;
mod openings;
mod outbox;
mod phones;
mod relays;
mod texts;
mod wishes;

pub use draws::{ArchiveState, DrawId, NewDraw, StoredDraw};
pub use openings::StoredOpening;
pub use outbox::{Attempt, Channel, NewMessage, OutboxId, OutboxRow, OutboxState, Recipient, Report};
pub use relays::{Direction, NewRelay, Relay};
pub use texts::{StoredText, TextId, Told};

/// How long a statement waits for another process before it gives up.
const BUSY: Duration = Duration::from_secs(10);

/// How long to wait before trying again what does not wait by itself.
const PAUSE: Duration = Duration::from_millis(5);

/// How large the listener's write-ahead log grows before it is folded back in any case, in pages of 4 KiB: 256 MiB.
const CHECKPOINT_PAGES: i64 = 65_536;

/// Applied in order, never edited: a released database must find its way from any of them to the last.
const MIGRATIONS: &[&str] =
    &[include_str!("store/migrations/0001_draws_texts_openings.sql"), include_str!("store/migrations/0002_outbox.sql")];

/// Why the database could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file cannot be created or opened.
    #[error("cannot open the database {}", path.display())]
    Open {
        /// The database.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Written by a later version of xchange.
    #[error("the database {} was written by a newer version of xchange", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
    },
    /// Something else than a database stands there.
    #[error("{} is not a database", path.display())]
    NotADatabase {
        /// What stands there.
        path: PathBuf,
    },
    /// Another process held it for too long.
    #[error("the database is busy: another process has held it for {} seconds", BUSY.as_secs())]
    Busy,
    /// A statement failed.
    #[error("the database refused a statement")]
    Statement(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row does not hold what xchange wrote there.
    #[error("the database's {what} is damaged")]
    Damaged {
        /// Which row.
        what: String,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// A row that does not hold what xchange wrote there.
    pub(crate) fn damaged(
        what: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Damaged { what: what.into(), source: source.into() }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Statement(Box::new(error)),
        }
    }
}

/// What a commit has to survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A power cut: draws, openings, the outbox.
    PowerCut,
    /// The end of the process, at any instant: the log of texts, which come by the hundred and are answered from a
    /// draw that is already safe.
    Kill,
}

/// An open database.
pub struct Store {
    connection: Mutex<Connection>,
    path: PathBuf,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database, creating it (mode 0600) where there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::Newer`], [`StoreError::Busy`].
    pub fn open(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        let open =
            |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Open { path: path.to_owned(), source };
        if path.is_dir() {
            return Err(StoreError::NotADatabase { path: path.to_owned() });
        }
        create_private(path).map_err(|e| open(e.into()))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(|e| open(e.into()))?;
        connection.busy_timeout(BUSY).map_err(|e| open(e.into()))?;
        prepare(&mut connection, durability).map_err(|e| match e {
            rusqlite_migration::Error::MigrationDefinition(
                rusqlite_migration::MigrationDefinitionError::DatabaseTooFarAhead,
            ) => StoreError::Newer { path: path.to_owned() },
            other if is_busy(&other) => StoreError::Busy,
            other if is_no_database(&other) => StoreError::NotADatabase { path: path.to_owned() },
            other => open(other.into()),
        })?;
        Ok(Self { connection: Mutex::new(connection), path: path.to_owned() })
    }

    /// Opens the database, or an empty one in memory where there is none: for verbs that only look, and must not
    /// leave a file behind by looking.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_to_look(path: &Path) -> Result<Self, StoreError> {
        if path.exists() {
            return Self::open(path, Durability::PowerCut);
        }
        let open =
            |source: rusqlite_migration::Error| StoreError::Open { path: path.to_owned(), source: source.into() };
        let mut connection = Connection::open_in_memory()?;
        prepare(&mut connection, Durability::PowerCut).map_err(open)?;
        Ok(Self { connection: Mutex::new(connection), path: path.to_owned() })
    }

    /// Folds the write-ahead log back into the database as far as nobody is reading it; writers go on meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Statement`].
    pub fn fold_log(&self) -> Result<(), StoreError> {
        Ok(self.lock().query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_row| Ok(()))?)
    }

    /// Runs `work` in one transaction that takes the write lock first; all of it is kept, or none of it.
    ///
    /// # Errors
    /// What `work` returns, and [`StoreError`] when the transaction cannot begin or commit.
    pub fn write<T, E: From<StoreError>>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        self.transaction(TransactionBehavior::Immediate, work)
    }

    /// Runs `work` over one unchanging view of the database.
    ///
    /// # Errors
    /// What `work` returns, and [`StoreError`] when the transaction cannot begin.
    pub fn read<T, E: From<StoreError>>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        self.transaction(TransactionBehavior::Deferred, work)
    }

    fn transaction<T, E: From<StoreError>>(
        &self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(behavior).map_err(StoreError::from)?;
        let result = work(&Tx(&transaction))?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(result)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic while the lock was held has already rolled its transaction back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One transaction. Its methods live with their aggregates.
pub struct Tx<'a>(&'a rusqlite::Transaction<'a>);

impl Tx<'_> {
    /// Changes whenever another connection has committed since this one last looked; the cheapest way to notice a
    /// draw made by another process.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn change_counter(&self) -> Result<i64, StoreError> {
        Ok(self.0.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
    }

    /// Reads the whole file and checks that it hangs together.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the first thing that does not.
    pub fn check_integrity(&self) -> Result<(), StoreError> {
        let found: String = self.0.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if found == "ok" { Ok(()) } else { Err(StoreError::damaged("file", found)) }
    }
}

fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}

/// Makes a connection ready. SQLite does not wait for another process by itself while the journal's mode is switched or
/// a reading transaction becomes a writing one, both of which happen when several open a new database at once.
fn prepare(connection: &mut Connection, durability: Durability) -> Result<(), rusqlite_migration::Error> {
    let started = Instant::now();
    loop {
        let prepared = configure(connection, durability).map_err(Into::into).and_then(|()| migrate(connection));
        match prepared {
            Err(error) if is_busy(&error) && started.elapsed() < BUSY => std::thread::sleep(PAUSE),
            other => return other,
        }
    }
}

fn is_busy(error: &rusqlite_migration::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    matches!(code(error), Some(DatabaseBusy | DatabaseLocked))
}

fn is_no_database(error: &rusqlite_migration::Error) -> bool {
    code(error) == Some(rusqlite::ErrorCode::NotADatabase)
}

fn code(error: &rusqlite_migration::Error) -> Option<rusqlite::ErrorCode> {
    match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => err.sqlite_error_code(),
        _ => None,
    }
}

fn configure(connection: &Connection, durability: Durability) -> Result<(), rusqlite::Error> {
    let synchronous = match durability {
        Durability::PowerCut => "FULL",
        Durability::Kill => "NORMAL",
    };
    connection.pragma_update(None, "journal_mode", "WAL")?;
    if durability == Durability::Kill {
        // Folding the log back waits for the disk; whoever opens for texts calls [`Store::fold_log`] where it does not
        // hold them up. This is only the bound should nobody call.
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    }
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Two processes may open a new database at once. The migration runs in a transaction of its own; the one that comes
/// second finds the version already raised.
fn migrate(connection: &mut Connection) -> Result<(), rusqlite_migration::Error> {
    let migrations = Migrations::new(MIGRATIONS.iter().map(|sql| M::up(sql)).collect());
    match migrations.to_latest(connection) {
        Err(rusqlite_migration::Error::RusqliteError { .. }) => migrations.to_latest(connection),
        other => other,
    }
}

/// Milliseconds since 1970 UTC, as stored.
pub(crate) fn millis(at: jiff::Timestamp) -> i64 {
    at.as_millisecond()
}

/// The time a stored number of milliseconds means.
pub(crate) fn timestamp(millis: i64) -> Result<jiff::Timestamp, StoreError> {
    jiff::Timestamp::from_millisecond(millis).map_err(|e| StoreError::damaged("time", e))
}

#[cfg(test)]
mod tests;
