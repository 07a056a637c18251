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

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

mod accounts;
mod attempts;
mod backup;
mod broadcasts;
mod contacts;
mod desks;
mod draws;
mod engine;
mod events;
mod forgetting;
mod gauges;
mod identities;
mod lists;
mod openings;
mod opted_out;
mod outbox;
mod overview;
mod own_links;
mod phones;
mod relays;
mod rosters;
mod texts;
mod tokens;
mod topics;
mod updates;
mod value;
mod wishes;

use crate::model::DatabaseSettings;
use engine::postgres::Postgres;
use engine::sqlite::Sqlite;
use engine::{Engine, Statements};
use value::{Column, FromRow, Row, Value, from_row, values};

pub use accounts::{Hash, Reach, StoredAccount, StoredSession};
pub use backup::{BackupError, Summary};
pub use broadcasts::{
    Broadcast, BroadcastId, BroadcastState, CANCELLED, NewRecipient, Outcome, PAUSED, PlanTotals, Planning, Reply,
    STOPPED,
};
pub use contacts::Contact;
pub use desks::{Ended, NewVisit, StoredDesk, StoredHost, StoredVisit};
pub use draws::{ArchiveState, DrawId, NewDraw, StoredDraw};
pub use events::{Event, Guest, InvitedBy, Invitee};
pub use gauges::{BroadcastCount, EventCount, OutboxCount, VisitCount};
pub use identities::SignInUnderWay;
pub use lists::{Agreed, Consent, List, NewSubscriber, Subscriber};
pub use openings::StoredOpening;
pub use opted_out::Left;
pub use outbox::{Attempt, Basis, Channel, DeliveryReport, NewMessage, OutboxId, OutboxRow, OutboxState, Recipient};
pub use overview::TopicLine;
pub use own_links::OwnLink;
pub use rosters::{KeptExchange, NewExchange};
pub use texts::{ON_THEIR_PAGE, StoredText, Telling};
pub use tokens::{Scope, StoredToken};
pub use topics::{NewPerson, SeriesId, Topic};
pub use updates::PendingUpdate;

/// How long a statement waits for another process before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How many threads work on the database or wait for it, for async callers: it works for one or two at a time, and the workers of
/// a hundred exchanges would otherwise keep a hundred threads, each with memory of its own.
const MOST_THREADS: usize = 4;

/// How many rows one statement writes: enough that running it costs little beside the rows, and not so many that SQLite
/// searches long for each parameter by its name.
const AT_ONCE: usize = 20;

/// What a server says of itself, and of who else uses the database.
#[derive(Debug, Clone)]
pub struct ServerFacts {
    /// Its version.
    pub version: String,
    /// Whether that is one that is still looked after.
    pub is_current: bool,
    /// Which TLS protects the connection.
    pub tls: Option<String>,
    /// What its clock says.
    pub now: jiff::Timestamp,
    /// How many machines use the database at this moment, this one among them.
    pub machines: u32,
}

/// What another part of the program says is wrong.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why the database could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    #[error("cannot open the database {}", path.display())]
    Open {
        /// The database.
        path: PathBuf,
        #[source]
        source: Cause,
    },
    #[error("the database {place} was written by a newer version of xchange")]
    Newer {
        /// The database.
        place: String,
    },
    #[error("{} is not a database", path.display())]
    NotADatabase {
        /// What stands there.
        path: PathBuf,
    },
    /// The server does not let us in, or has no such database.
    #[error("cannot use the database {place}")]
    Connect {
        /// The database.
        place: String,
        #[source]
        source: Cause,
    },
    /// The server does not answer; nothing was kept.
    #[error("the database {place} does not answer")]
    Away {
        /// The database.
        place: String,
        #[source]
        source: Cause,
    },
    #[error("the database went away before it said whether it kept this")]
    Unknown(#[source] Cause),
    #[error("the database is busy: another process has held it for {} seconds", BUSY_TIMEOUT.as_secs())]
    Busy,
    #[error("the database refused a statement")]
    Statement(#[source] Cause),
    #[error("the database's {what} is damaged")]
    Damaged {
        /// Which row.
        what: String,
        /// What is wrong with it.
        #[source]
        source: Cause,
    },
    /// There is no key, or none that can be read.
    #[error("the hash that is kept of who wants no more messages cannot be made")]
    Key(#[source] Cause),
    /// The thread that used the database met a defect; nothing was kept.
    #[error("the database was not used to the end")]
    Abandoned(#[source] Cause),
}

impl StoreError {
    /// Whether any other work would have failed as well.
    pub(crate) fn is_of_the_whole(&self) -> bool {
        matches!(self, Self::Busy | Self::Away { .. } | Self::Unknown(_) | Self::Connect { .. })
    }

    /// A row that does not hold what xchange wrote there.
    pub(crate) fn damaged(what: impl Into<String>, source: impl Into<Cause>) -> Self {
        Self::Damaged { what: what.into(), source: source.into() }
    }
}

/// The site's key, as far as this room needs it: for what is kept of an address after it has been forgotten.
pub trait KeyedHash: Send + Sync {
    /// A hash that only the holder of the key makes, lower-case hex. Without a key it is `None`, or a new key's where it is
    /// `to_keep`.
    ///
    /// # Errors
    /// When there is a key and it cannot be read.
    fn keyed_hash(&self, text: &str, to_keep: bool) -> Result<Option<String>, Cause>;
}

/// An open database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    engine: Arc<Engine>,
    turns: Arc<Semaphore>,
    place: Arc<str>,
    key: Option<Arc<dyn KeyedHash>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database, creating a file (mode 0600) where there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// Of a file [`StoreError::Open`] and [`StoreError::NotADatabase`], of a server [`StoreError::Connect`] and
    /// [`StoreError::Away`]; of either [`StoreError::Newer`] and [`StoreError::Busy`].
    pub fn open(database: &DatabaseSettings) -> Result<Self, StoreError> {
        let engine = match database {
            DatabaseSettings::File(path) => Engine::Sqlite(Sqlite::open(path)?),
            DatabaseSettings::Server(server) => Engine::Postgres(Box::new(Postgres::open(server)?)),
        };
        Ok(Self::with(engine, database))
    }

    /// Opens the database, or an empty one in memory where there is none: for verbs that only look, and must leave
    /// nothing behind by looking.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_to_look(database: &DatabaseSettings) -> Result<Self, StoreError> {
        let found = match database {
            DatabaseSettings::File(path) if path.exists() => Some(Engine::Sqlite(Sqlite::open(path)?)),
            DatabaseSettings::File(_) => None,
            DatabaseSettings::Server(server) => {
                Postgres::open_to_look(server)?.map(|opened| Engine::Postgres(Box::new(opened)))
            }
        };
        let engine = found.map_or_else(|| Sqlite::in_memory().map(Engine::Sqlite), Ok)?;
        Ok(Self::with(engine, database))
    }

    fn with(engine: Engine, database: &DatabaseSettings) -> Self {
        let turns = Arc::new(Semaphore::new(MOST_THREADS));
        Self { engine: Arc::new(engine), turns, place: database.to_string().into(), key: None }
    }

    /// The same with the site's key at hand.
    pub fn keyed(self, key: Arc<dyn KeyedHash>) -> Self {
        Self { key: Some(key), ..self }
    }

    /// Runs `work` in one transaction that takes the write lock first; all of it is kept, or none of it. When this has
    /// returned, it survives a power cut. Waits for the disk: async code calls [`Store::run`]. Never called from inside
    /// another one's `work`: there is one connection, and it would wait for itself.
    ///
    /// # Errors
    /// What `work` returns, and [`StoreError`] when the transaction cannot begin or commit.
    pub fn write<T, E: From<StoreError>>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        self.engine.transaction(true, |statements| work(&Tx(statements, self.key.as_deref())))
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
        self.engine.transaction(false, |statements| work(&Tx(statements, self.key.as_deref())))
    }

    /// A mark that is another one after every change of the database, whoever made it; what is rolled back may move it too.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn change_mark(&self) -> Result<String, StoreError> {
        self.run_reading(|tx| tx.0.change_mark()).await
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
        self.in_turn(|store| store.write(work)).await
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
        self.in_turn(|store| store.read(work)).await
    }

    /// Works on a thread that may wait, when it is one's turn; whoever goes away meanwhile does not end it.
    async fn in_turn<T, E>(&self, work: impl FnOnce(Self) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let turn = self.turns.clone().acquire_owned().await.map_err(|e| StoreError::Abandoned(e.into()))?;
        let store = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _until_done = turn;
            work(store)
        });
        done.await.map_err(|e| StoreError::Abandoned(e.into()))?
    }
}

/// One transaction. Its methods live with their aggregates.
pub struct Tx<'a>(&'a dyn Statements, Option<&'a dyn KeyedHash>);

impl Tx<'_> {
    /// Reads the whole database, unless its engine does so by itself, and checks that it hangs together.
    pub fn check_integrity(&self) -> Result<(), StoreError> {
        self.0.check_integrity()
    }

    /// What the database's server says of itself; `None` of a file.
    pub fn server(&self) -> Result<Option<ServerFacts>, StoreError> {
        let Some(sql) = self.0.facts() else { return Ok(None) };
        self.one(sql, &[])
    }

    /// Runs a statement.
    fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<(), StoreError> {
        self.changed(sql, values).map(drop)
    }

    /// Runs a statement and gives how many rows it changed.
    fn changed(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        self.0.execute(sql, values)
    }

    /// Runs a statement and says whether it changed a row.
    fn changes(&self, sql: &str, values: &[Value<'_>]) -> Result<bool, StoreError> {
        Ok(self.changed(sql, values)? > 0)
    }

    /// The first row of an answer, if there is one.
    fn one<T: FromRow>(&self, sql: &str, values: &[Value<'_>]) -> Result<Option<T>, StoreError> {
        let mut found = None;
        self.0.query(sql, values, &mut |row| {
            found = Some(Row::new(row).take()?);
            Ok(false)
        })?;
        Ok(found)
    }

    /// Every row of an answer.
    fn all<T: FromRow>(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        self.0.query(sql, values, &mut |row| {
            found.push(Row::new(row).take()?);
            Ok(true)
        })?;
        Ok(found)
    }

    /// Inserts rows with the same values first and then their own, several in the place of a statement's `{}`; gives their ids in
    /// the same order.
    fn insert_all<'v, Id: Column + Ord>(
        &self,
        sql: &str,
        same: &[Value<'v>],
        own: impl Iterator<Item = Vec<Value<'v>>>,
    ) -> Result<Vec<Id>, StoreError> {
        let (mut own, mut ids) = (own.peekable(), Vec::new());
        while own.peek().is_some() {
            let (mut given, mut rows) = (same.to_vec(), Vec::new());
            for row in own.by_ref().take(AT_ONCE) {
                let places = (1..=same.len()).chain(given.len() + 1..=given.len() + row.len());
                rows.push(format!("({})", places.map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")));
                given.extend(row);
            }
            let mut inserted: Vec<Id> = self.all(&sql.replace("{}", &rows.join(", ")), &given)?;
            // Rows are numbered in the order of the values; in which order they are returned is nobody's promise.
            inserted.sort_unstable();
            ids.extend(inserted);
        }
        Ok(ids)
    }

    /// The one row that there always is: a count, the id of a row just inserted.
    fn only<T: FromRow>(&self, sql: &str, values: &[Value<'_>]) -> Result<T, StoreError> {
        self.one(sql, values)?.ok_or_else(|| StoreError::damaged("answer", "it has no row"))
    }

    /// Whether an answer has a row.
    fn exists(&self, sql: &str, values: &[Value<'_>]) -> Result<bool, StoreError> {
        Ok(self.one::<i64>(sql, values)?.is_some())
    }
}

from_row!(ServerFacts: version, is_current, tls, now, machines);

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
