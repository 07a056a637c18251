//! SQLite: one file in write-ahead mode, one writer at a time, every commit on the disk before it is acknowledged.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, TransactionBehavior};
use rusqlite_migration::{M, Migrations};

use super::{Catalogue, Columns, MIGRATIONS, Show, Statements};
use crate::store::value::Value;
use crate::store::{BUSY_TIMEOUT, StoreError};

/// How long to wait before trying again what does not wait by itself.
const RETRY_AFTER: Duration = Duration::from_millis(5);

/// Statements kept ready for the next time they are run; there are fewer than this.
const STATEMENTS: usize = 200;

const CATALOGUE: Catalogue = Catalogue {
    columns: "SELECT t.name, c.name, c.pk FROM sqlite_schema AS t, pragma_table_info(t.name) AS c \
              WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'",
    references: "SELECT t.name, f.\"table\" FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS f",
};

/// An open database file.
pub struct Sqlite {
    connection: Mutex<Connection>,
}

impl Sqlite {
    /// Opens a file, creating it (mode 0600) where there is none, and brings its schema up to date.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let open =
            |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Open { path: path.to_owned(), source };
        if path.is_dir() {
            return Err(StoreError::NotADatabase { path: path.to_owned() });
        }
        create_private(path).map_err(|e| open(e.into()))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(|e| open(e.into()))?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(|e| open(e.into()))?;
        prepare(&mut connection).map_err(|e| match e {
            rusqlite_migration::Error::MigrationDefinition(
                rusqlite_migration::MigrationDefinitionError::DatabaseTooFarAhead,
            ) => StoreError::Newer { place: path.display().to_string() },
            other if is_busy(&other) => StoreError::Busy,
            other if is_no_database(&other) => StoreError::NotADatabase { path: path.to_owned() },
            other => open(other.into()),
        })?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// An empty database that is gone when it is dropped.
    pub fn in_memory() -> Result<Self, StoreError> {
        let mut connection = Connection::open_in_memory()?;
        prepare(&mut connection).map_err(|e| StoreError::Statement(e.into()))?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// Runs `work` in one transaction, which takes the write lock first if it is to write; rolled back unless both
    /// `work` and the commit succeed.
    pub fn transaction<T, E: From<StoreError>>(
        &self,
        writes: bool,
        work: impl FnOnce(&dyn Statements) -> Result<T, E>,
    ) -> Result<T, E> {
        let behavior = if writes { TransactionBehavior::Immediate } else { TransactionBehavior::Deferred };
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(behavior).map_err(StoreError::from)?;
        let result = work(&Transaction(&transaction))?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(result)
    }

    /// Runs a statement without looking at what refers to what.
    #[cfg(test)]
    pub fn unchecked(&self, sql: &str) -> u64 {
        let connection = self.lock();
        connection.pragma_update(None, "foreign_keys", false).expect("off");
        let changed = connection.execute(sql, []).expect(sql);
        connection.pragma_update(None, "foreign_keys", true).expect("on");
        changed as u64
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic while the lock was held has already rolled its transaction back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One transaction.
struct Transaction<'a>(&'a rusqlite::Transaction<'a>);

impl Statements for Transaction<'_> {
    fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let changed = self.bound(sql, values)?.raw_execute()?;
        Ok(changed as u64)
    }

    fn query(&self, sql: &str, values: &[Value<'_>], show: &mut Show<'_>) -> Result<(), StoreError> {
        let mut statement = self.bound(sql, values)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            if !show(&Row(row))? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn catalogue(&self) -> &'static Catalogue {
        &CATALOGUE
    }

    fn check_integrity(&self) -> Result<(), StoreError> {
        let found: String = self.0.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if found == "ok" { Ok(()) } else { Err(StoreError::damaged("file", found)) }
    }

    fn change_mark(&self) -> Result<String, StoreError> {
        // The first counts others' commits, the second rows of our own.
        let others: i64 = self.0.pragma_query_value(None, "data_version", |row| row.get(0))?;
        Ok(format!("{others}:{}", self.0.total_changes()))
    }

    #[cfg(test)]
    fn prepare(&self, sql: &str) -> Result<(), StoreError> {
        Ok(self.0.prepare_cached(sql).map(drop)?)
    }
}

impl Transaction<'_> {
    /// SQLite takes `$1` for a name and numbers names as they come; so each parameter is given the value it asks for.
    fn bound(&self, sql: &str, values: &[Value<'_>]) -> Result<CachedStatement<'_>, StoreError> {
        let mut statement = self.0.prepare_cached(sql)?;
        for parameter in 1..=statement.parameter_count() {
            let name = statement.parameter_name(parameter).unwrap_or_default();
            let wanted: Option<usize> = name.strip_prefix('$').and_then(|number| number.parse().ok());
            let value = wanted.and_then(|number| values.get(number.checked_sub(1)?)).copied();
            let value =
                value.ok_or_else(|| StoreError::damaged("statement", format!("nothing is given for {name}")))?;
            statement.raw_bind_parameter(parameter, value)?;
        }
        Ok(statement)
    }
}

/// One row of an answer.
struct Row<'a>(&'a rusqlite::Row<'a>);

impl Columns for Row<'_> {
    fn value(&self, column: usize) -> Result<Value<'_>, StoreError> {
        Ok(match self.0.get_ref(column)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Int(number),
            ValueRef::Text(bytes) => {
                Value::Text(std::str::from_utf8(bytes).map_err(|e| StoreError::damaged("text", e))?)
            }
            ValueRef::Blob(bytes) => Value::Bytes(bytes),
            ValueRef::Real(_) => return Err(StoreError::damaged("row", "a number that is not whole")),
        })
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Value::Null => ValueRef::Null,
            Value::Int(number) => ValueRef::Integer(number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
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

/// Makes the file, readable by its owner alone, unless it is there. One that is there is never opened here: POSIX drops
/// every lock of the process on a file as soon as any descriptor of it is closed, SQLite's own included, and another
/// program that closes the file then takes itself for the last and deletes the write-ahead log under a running listener.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.create_new(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map(drop),
    }
}

/// Makes a connection ready. SQLite does not wait for another process by itself while the journal's mode is switched or
/// a reading transaction becomes a writing one, both of which happen when several open a new database at once.
fn prepare(connection: &mut Connection) -> Result<(), rusqlite_migration::Error> {
    let started = Instant::now();
    loop {
        let prepared = configure(connection)
            .map_err(Into::into)
            .and_then(|()| migrate(connection))
            // Migrations rebuild tables that others refer to, so nothing is enforced before them.
            .and_then(|()| connection.pragma_update(None, "foreign_keys", true).map_err(Into::into));
        match prepared {
            Err(error) if is_busy(&error) && started.elapsed() < BUSY_TIMEOUT => std::thread::sleep(RETRY_AFTER),
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

fn configure(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A commit is on the disk before anybody hears of it.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What is deleted is gone from the file, for it may have been in the clear.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// Two processes may open a new database at once. The migration runs in a transaction of its own; the one that comes
/// second finds the version already raised.
fn migrate(connection: &mut Connection) -> Result<(), rusqlite_migration::Error> {
    let migrations = Migrations::new(MIGRATIONS.iter().map(|step| M::up(step.sqlite).foreign_key_check()).collect());
    match migrations.to_latest(connection) {
        Err(rusqlite_migration::Error::RusqliteError { .. }) => migrations.to_latest(connection),
        other => other,
    }
}
