//! The database beside the roster: topics and their persons, draws, texts, openings, the outbox.
//!
//! One file per aggregate, each SQL statement beside its function, one text for every engine: `$1`, `RETURNING`,
//! `ON CONFLICT`, whole numbers, times in milliseconds, no function that one engine alone has. What is an engine's own
//! (opening, locking, migrating, binding) stays in `engine/`; nothing else names a driver. Callers see [`Store`] and,
//! inside a transaction, [`Tx`]. What the rows mean is `app`'s business; this room keeps them whole.
//!
//! # Errors
//! Every function of a transaction fails with [`StoreError::Busy`] or [`StoreError::Statement`] when the engine refuses,
//! and with [`StoreError::Damaged`] when a row does not hold what was written there.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

mod draws;
mod engine;
mod openings;
mod outbox;
mod phones;
mod relays;
mod rosters;
mod texts;
mod topics;
mod updates;
mod value;
mod wishes;

use engine::sqlite::{Sqlite, Transaction};
use value::{Column, Row, Value, values};

pub use draws::{ArchiveState, DrawId, NewDraw, StoredDraw};
pub use openings::StoredOpening;
pub use outbox::{Attempt, Basis, Channel, DeliveryReport, NewMessage, OutboxId, OutboxRow, OutboxState, Recipient};
pub use rosters::{KeptExchange, NewExchange};
pub use texts::{StoredText, Telling};
pub use topics::{NewPerson, SeriesId, Topic};
pub use updates::PendingUpdate;

/// How long a statement waits for another process before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

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
    #[error("the database is busy: another process has held it for {} seconds", BUSY_TIMEOUT.as_secs())]
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
    /// The thread that used the database met a defect; nothing was kept.
    #[error("the database was not used to the end")]
    Abandoned(#[source] Box<dyn std::error::Error + Send + Sync>),
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

/// An open database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    engine: Arc<Sqlite>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.engine.path()).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database, creating it (mode 0600) where there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::Newer`], [`StoreError::NotADatabase`], [`StoreError::Busy`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { engine: Arc::new(Sqlite::open(path)?) })
    }

    /// The database of a test below the binary: the one place where they would be given another engine.
    #[cfg(test)]
    pub(crate) fn of_test(path: &Path) -> Self {
        Self::open(path).expect("a database")
    }

    /// Opens the database, or an empty one in memory where there is none: for verbs that only look, and must not
    /// leave a file behind by looking.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_to_look(path: &Path) -> Result<Self, StoreError> {
        if path.exists() { Self::open(path) } else { Ok(Self { engine: Arc::new(Sqlite::in_memory(path)?) }) }
    }

    /// Runs `work` in one transaction that takes the write lock first; all of it is kept, or none of it. When this has
    /// returned, it survives a power cut. Waits for the disk: async code calls [`Store::run`]. Never called from inside
    /// another one's `work`: there is one connection, and it would wait for itself.
    ///
    /// # Errors
    /// What `work` returns, and [`StoreError`] when the transaction cannot begin or commit.
    pub fn write<T, E: From<StoreError>>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        self.engine.transaction(true, |transaction| work(&Tx(transaction)))
    }

    /// Runs `work` like [`Store::write`] and keeps nothing of what it did, to say what it would do.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn undone<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        /// Every end is an error, which rolls the transaction back.
        struct End<T>(Result<T, StoreError>);
        impl<T> From<StoreError> for End<T> {
            fn from(error: StoreError) -> Self {
                Self(Err(error))
            }
        }
        self.write(|tx| Err::<T, End<T>>(End(work(tx)))).or_else(|End(done)| done)
    }

    /// Runs `work` over one unchanging view of the database. Waits for the disk: async code calls
    /// [`Store::run_reading`].
    ///
    /// # Errors
    /// What `work` returns, and [`StoreError`] when the transaction cannot begin.
    pub fn read<T, E: From<StoreError>>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        self.engine.transaction(false, |transaction| work(&Tx(transaction)))
    }

    /// [`Store::write`] for async callers, on a thread that may wait.
    ///
    /// # Errors
    /// As [`Store::write`], and [`StoreError::Abandoned`] when `work` panics.
    pub async fn run<T, E>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let store = self.clone();
        let done = tokio::task::spawn_blocking(move || store.write(work)).await;
        done.map_err(|e| StoreError::Abandoned(e.into()))?
    }

    /// [`Store::read`] for async callers, on a thread that may wait.
    ///
    /// # Errors
    /// As [`Store::read`], and [`StoreError::Abandoned`] when `work` panics.
    pub async fn run_reading<T, E>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let store = self.clone();
        let done = tokio::task::spawn_blocking(move || store.read(work)).await;
        done.map_err(|e| StoreError::Abandoned(e.into()))?
    }
}

/// One transaction. Its methods live with their aggregates.
pub struct Tx<'a>(&'a Transaction<'a>);

impl Tx<'_> {
    /// Reads the whole database and checks that it hangs together.
    pub fn check_integrity(&self) -> Result<(), StoreError> {
        self.0.check_integrity()
    }

    /// Runs a statement and gives how many rows it changed.
    fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        self.0.execute(sql, values)
    }

    /// The first row of an answer, if there is one.
    fn one<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut found = None;
        self.0.query(sql, values, &mut |row| {
            found = Some(read(&Row(row))?);
            Ok(false)
        })?;
        Ok(found)
    }

    /// Every row of an answer.
    fn all<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        self.0.query(sql, values, &mut |row| {
            found.push(read(&Row(row))?);
            Ok(true)
        })?;
        Ok(found)
    }

    /// The first column of the first row, if there is one.
    fn value<T: Column>(&self, sql: &str, values: &[Value<'_>]) -> Result<Option<T>, StoreError> {
        self.one(sql, values, |row| row.get(0))
    }

    /// The first column of the one row that there always is: a count, the id of a row just inserted.
    fn only<T: Column>(&self, sql: &str, values: &[Value<'_>]) -> Result<T, StoreError> {
        self.value(sql, values)?.ok_or_else(|| StoreError::damaged("answer", "it has no row"))
    }
}

/// Milliseconds since 1970 UTC, as stored.
fn millis(at: jiff::Timestamp) -> i64 {
    at.as_millisecond()
}

/// The time a stored number of milliseconds means.
fn timestamp(millis: i64) -> Result<jiff::Timestamp, StoreError> {
    jiff::Timestamp::from_millisecond(millis).map_err(|e| StoreError::damaged("time", e))
}

#[cfg(test)]
mod tests;
