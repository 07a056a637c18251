//! PostgreSQL: a server that several listeners share.
//!
//! Two connections, one for what writes and one for what only reads, driven by a thread of their own; whoever uses one
//! waits for it like for SQLite, inside an async runtime too, so nothing above here is asynchronous.
//!
//! A writing transaction takes one lock for the whole schema before anything else, at READ COMMITTED: so each sees all
//! that was written before it, and rows become visible in the order of their ids. Under REPEATABLE READ the lock would
//! come after the snapshot, and two could take the last seat. Limits are set per transaction, as a pooler may give each
//! to another connection.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;
use tokio::runtime::Runtime;
use tokio_postgres::config::SslMode;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Statement};

use super::{Catalogue, MIGRATIONS, Show, Statements};
use crate::model::{DatabaseServer, ServerTls};
use crate::store::StoreError;
use crate::store::value::Value;

mod error;
mod tls;
mod value;

use error::{Fault, away};

/// Begins what only reads: one unchanging view.
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '15s'; \
                    SET LOCAL idle_in_transaction_session_timeout = '15s'";

/// Begins what writes. A commit is on the disk before anybody hears of it, whatever the server is set to. A writer that
/// falls silent is given up before those who wait for it give up.
const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = '10s'; \
                     SET LOCAL statement_timeout = '15s'; SET LOCAL idle_in_transaction_session_timeout = '7s'; \
                     SELECT pg_advisory_xact_lock(hashtextextended('xchange ' || coalesce(current_schema(), ''), 0)); \
                     SELECT set_config('synchronous_commit', 'on', true) \
                     WHERE current_setting('synchronous_commit') = 'off'";

/// What a server is asked of itself. Versions below 14 are no longer looked after. Every session of ours is named after
/// its machine and its schema, see [`session_name`].
const FACTS: &str = "SELECT current_setting('server_version'), current_setting('server_version_num')::bigint >= 140000, \
                     (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), \
                     (extract(epoch FROM clock_timestamp()) * 1000)::bigint, \
                     (SELECT count(DISTINCT substr(application_name, 9, 8)) FROM pg_stat_activity \
                     WHERE datname = current_database() AND application_name LIKE 'xchange %' \
                     AND substr(application_name, 17) = substr(current_setting('application_name'), 17))";

const CATALOGUE: Catalogue = Catalogue {
    columns: "SELECT relname::text, attname::text, coalesce(array_position(indkey::int2[], attnum) + 1, 0)::bigint \
              FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped \
              LEFT JOIN pg_index ON indrelid = pg_class.oid AND indisprimary \
              WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname <> 'migration'",
    references: "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint \
                 WHERE contype = 'f' AND connamespace = current_schema()::regnamespace",
};

/// The tables whose rows the server numbers.
const COUNTED: &str = "SELECT table_name::text FROM information_schema.columns \
                       WHERE table_schema = current_schema() AND column_name = 'id' AND is_identity = 'YES'";

/// How long a server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an answer may take: longer than the server itself lets a statement run, so only a dead network is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a server that went away is tried again before whoever waits for it is told.
const AWAY_TIMEOUT: Duration = Duration::from_secs(5);

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A migration takes what it takes.
const MIGRATION_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Statements kept ready for the next time they are run.
const STATEMENTS: usize = 200;

/// An open database of a server.
pub struct Postgres {
    config: Config,
    server: DatabaseServer,
    /// Drives the connections; `None` once dropped.
    runtime: Option<Runtime>,
    writing: Mutex<Line>,
    reading: Mutex<Line>,
}

/// A connection, when there is one.
#[derive(Default)]
struct Line {
    session: Option<Session>,
    /// The last attempt to reach the server was given up; until one succeeds, nobody waits for a second.
    is_away: bool,
}

impl Postgres {
    /// Opens a database of a server and brings its schema up to date.
    pub fn open(server: &DatabaseServer) -> Result<Self, StoreError> {
        let opened = Self::connect(server)?;
        opened.migrate()?;
        Ok(opened)
    }

    /// Opens a database of a server, unless it holds nothing yet.
    pub fn open_to_look(server: &DatabaseServer) -> Result<Option<Self>, StoreError> {
        let opened = Self::connect(server)?;
        if opened.transaction(false, version)? == 0 {
            return Ok(None);
        }
        opened.migrate()?;
        Ok(Some(opened))
    }

    /// Makes a schema where there is none of its name.
    #[cfg(test)]
    pub fn make_schema(server: &DatabaseServer, name: &str) {
        let make = format!("CREATE SCHEMA IF NOT EXISTS {name}");
        let opened = Self::connect(server).expect("a server");
        opened.transaction(true, |tx| tx.execute(&make, &[])).expect("a schema");
    }

    fn connect(server: &DatabaseServer) -> Result<Self, StoreError> {
        let place = server.to_string();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("database")
            .enable_all()
            .build()
            .map_err(|e| StoreError::Connect { place, source: e.into() })?;
        let config = config_of(server);
        let lines = || Mutex::new(Line::default());
        Ok(Self { config, server: server.clone(), runtime: Some(runtime), writing: lines(), reading: lines() })
    }

    /// Runs `work` in one transaction, which takes the write lock first if it is to write; rolled back unless both
    /// `work` and the commit succeed.
    pub fn transaction<T, E: From<StoreError>>(
        &self,
        writes: bool,
        work: impl FnOnce(&dyn Statements) -> Result<T, E>,
    ) -> Result<T, E> {
        let (line, begin) = if writes { (&self.writing, WRITE) } else { (&self.reading, READ) };
        let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
        // Out of its place until it has ended well: dropped by a panic, it closes, and the server rolls back.
        let session = self.begin(&mut line, begin)?;
        match work(&session) {
            Ok(value) => {
                session.commit()?;
                line.session = Some(session);
                Ok(value)
            }
            Err(error) => {
                line.session = session.command("ROLLBACK").is_ok().then_some(session);
                Err(error)
            }
        }
    }

    /// Begins a transaction, on a new connection if need be. Nothing has been done yet, so this may be tried again.
    fn begin(&self, line: &mut Line, begin: &str) -> Result<Session, StoreError> {
        let (started, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            let session = line.session.take().map_or_else(|| self.session(), Ok);
            let begun = session.and_then(|session| session.command(begin).map(|()| session));
            match begun {
                Err(StoreError::Away { .. }) if !line.is_away && started.elapsed() + pause < AWAY_TIMEOUT => {
                    thread::sleep(pause);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                other => {
                    line.is_away = matches!(other, Err(StoreError::Away { .. }));
                    return other;
                }
            }
        }
    }

    fn session(&self) -> Result<Session, StoreError> {
        let place = self.server.to_string();
        let Some(runtime) = &self.runtime else { return Err(away(&place, Fault::Slow)) };
        let connector = tls::connector(&self.server)?;
        let config = self.config.clone();
        let connecting = runtime.spawn(async move {
            Ok(match connector {
                Some(connector) => {
                    let (client, connection) = config.connect(connector).await?;
                    tokio::spawn(connection);
                    client
                }
                None => {
                    let (client, connection) = config.connect(NoTls).await?;
                    tokio::spawn(connection);
                    client
                }
            })
        });
        let connected = wait(ANSWER_TIMEOUT, connecting).and_then(Result::ok);
        let client = connected.ok_or_else(|| away(&place, Fault::Slow))?.map_err(|e| error::connecting(&place, e))?;
        Ok(Session { client, place, prepared: RefCell::default(), has_failed: Cell::new(false) })
    }

    /// Brings the schema up to date, whoever else is about to.
    fn migrate(&self) -> Result<(), StoreError> {
        if self.transaction(false, version)? == MIGRATIONS.len() {
            return Ok(());
        }
        let mut line = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let session = self.begin(&mut line, WRITE)?;
        let version = version(&session)?;
        if version > MIGRATIONS.len() {
            return Err(StoreError::Newer { place: self.server.to_string() });
        }
        let run = |sql: &str| session.answer(MIGRATION_TIMEOUT, session.client.batch_execute(sql));
        run("SET LOCAL statement_timeout = 0; CREATE TABLE IF NOT EXISTS migration (number BIGINT PRIMARY KEY)")?;
        for (number, step) in (1..).zip(MIGRATIONS).skip(version) {
            run(step.postgres)?;
            run(&format!("INSERT INTO migration (number) VALUES ({number})"))?;
        }
        session.commit()?;
        line.session = Some(session);
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // What was left to do is only to take leave; and an async caller may not wait for it.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// How many migrations a schema has seen.
fn version(session: &dyn Statements) -> Result<usize, StoreError> {
    let number = |sql| {
        let mut found = 0;
        session.query(sql, &[], &mut |row| {
            found = if let Value::Int(number) = row.value(0)? { number } else { 0 };
            Ok(false)
        })?;
        Ok::<_, StoreError>(found)
    };
    if number("SELECT count(to_regclass('migration'))")? == 0 {
        return Ok(0);
    }
    Ok(usize::try_from(number("SELECT max(number) FROM migration")?).unwrap_or_default())
}

/// What the server calls our sessions: by this machine, the same for all containers on it, and by the schema.
fn session_name(server: &DatabaseServer) -> String {
    let machine = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let machine: String = machine.chars().chain("unknown.".chars()).take(8).collect();
    format!("xchange {machine} {}", server.options.as_deref().unwrap_or_default())
}

fn config_of(server: &DatabaseServer) -> Config {
    let mut config = Config::new();
    config
        .host(&server.host)
        .port(server.port)
        .user(&server.user)
        .dbname(&server.name)
        .application_name(session_name(server))
        .connect_timeout(CONNECT_TIMEOUT)
        // A cut that nobody announces is noticed after some ten seconds.
        .tcp_user_timeout(Duration::from_secs(10))
        .keepalives_idle(Duration::from_secs(5))
        .keepalives_interval(Duration::from_secs(2))
        .keepalives_retries(3)
        .ssl_mode(match server.tls {
            _ if server.is_socket() => SslMode::Disable,
            ServerTls::Disable => SslMode::Disable,
            ServerTls::Prefer => SslMode::Prefer,
            ServerTls::Require | ServerTls::VerifyCa | ServerTls::VerifyFull => SslMode::Require,
        });
    if let Some(options) = &server.options {
        config.options(options);
    }
    if let Some(password) = &server.password {
        config.password(password.expose_secret());
    }
    config
}

/// A connection; in use, a transaction.
struct Session {
    client: Client,
    place: String,
    prepared: RefCell<HashMap<String, Statement>>,
    /// A statement of this transaction has failed, so the server keeps nothing of it, though it would call that a success.
    has_failed: Cell<bool>,
}

impl Session {
    /// Runs what takes no values and gives no rows.
    fn command(&self, sql: &str) -> Result<(), StoreError> {
        self.has_failed.set(false);
        self.answer(ANSWER_TIMEOUT, self.client.batch_execute(sql))
    }

    /// Commits. A connection lost here leaves open whether it happened; that is no success.
    fn commit(&self) -> Result<(), StoreError> {
        if self.has_failed.get() {
            return Err(StoreError::Statement("a statement before it had failed".into()));
        }
        self.command("COMMIT").map_err(|error| match error {
            StoreError::Away { source, .. } => StoreError::Unknown(source),
            other => other,
        })
    }

    fn prepared(&self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.prepared.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.answer(ANSWER_TIMEOUT, self.client.prepare(sql))?;
        let mut prepared = self.prepared.borrow_mut();
        if prepared.len() >= STATEMENTS {
            prepared.clear();
        }
        prepared.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn answer<T>(
        &self,
        patience: Duration,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, StoreError> {
        let answer = wait(patience, answer);
        let answer = answer
            .ok_or_else(|| away(&self.place, Fault::Slow))
            .and_then(|answer| answer.map_err(|e| error::running(&self.place, e)));
        if answer.is_err() {
            self.has_failed.set(true);
        }
        answer
    }
}

impl Statements for Session {
    fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let statement = self.prepared(sql)?;
        self.answer(ANSWER_TIMEOUT, self.client.execute(&statement, &given(values)))
    }

    fn query(&self, sql: &str, values: &[Value<'_>], show: &mut Show<'_>) -> Result<(), StoreError> {
        let statement = self.prepared(sql)?;
        for row in self.answer(ANSWER_TIMEOUT, self.client.query(&statement, &given(values)))? {
            if !show(&value::Row(&row))? {
                break;
            }
        }
        Ok(())
    }

    /// By a cursor: a thousand rows are asked for at a time, and no limit counts from the first to the last.
    fn scan(&self, sql: &str, show: &mut Show<'_>) -> Result<(), StoreError> {
        self.command(&format!("DECLARE scanned NO SCROLL CURSOR FOR {sql}"))?;
        let mut goes_on = true;
        while goes_on {
            let rows = self.answer(ANSWER_TIMEOUT, self.client.query("FETCH 1000 FROM scanned", &[]))?;
            goes_on = !rows.is_empty();
            for row in &rows {
                goes_on = goes_on && show(&value::Row(row))?;
            }
        }
        self.command("CLOSE scanned")
    }

    fn catalogue(&self) -> &'static Catalogue {
        &CATALOGUE
    }

    fn take_time(&self) -> Result<(), StoreError> {
        self.command("SET LOCAL idle_in_transaction_session_timeout = 0")
    }

    fn count_on(&self) -> Result<(), StoreError> {
        let mut counted = Vec::new();
        self.query(COUNTED, &[], &mut |row| {
            counted.extend(if let Value::Text(table) = row.value(0)? { Some(table.to_owned()) } else { None });
            Ok(true)
        })?;
        for table in counted {
            self.command(&format!(
                "SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM {table}), false)"
            ))?;
        }
        Ok(())
    }

    fn check_integrity(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn facts(&self) -> Option<&'static str> {
        Some(FACTS)
    }

    fn change_mark(&self) -> Result<String, StoreError> {
        // Any database of the server moves it; whoever looks for nothing finds nothing.
        let mut mark = String::new();
        self.query("SELECT pg_current_snapshot()::text", &[], &mut |row| {
            if let Value::Text(snapshot) = row.value(0)? {
                snapshot.clone_into(&mut mark);
            }
            Ok(false)
        })?;
        Ok(mark)
    }

    #[cfg(test)]
    fn prepare(&self, sql: &str) -> Result<(), StoreError> {
        let statement = self.prepared(sql)?;
        let unreadable = statement.columns().iter().find(|column| !value::is_read(column.type_()));
        unreadable.map_or(Ok(()), |column| Err(StoreError::damaged(column.name(), format!("is {}", column.type_()))))
    }
}

fn given<'a>(values: &'a [Value<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

/// A thread that waits for an answer.
struct Waiting(Thread);

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread, also on one of an async runtime, whose own means of waiting would refuse that; `None` when it
/// takes too long.
fn wait<T>(patience: Duration, answer: impl Future<Output = T>) -> Option<T> {
    let until = Instant::now() + patience;
    // Nobody else's turn comes while this thread waits, so there is no turn to be given up.
    let mut answer = pin!(tokio::task::unconstrained(answer));
    let waker = Waker::from(Arc::new(Waiting(thread::current())));
    loop {
        if let Poll::Ready(answer) = answer.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(answer);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        thread::park_timeout(left);
    }
}
