//! The engines: what opens a database and runs a statement. The only place that names a driver.

use super::StoreError;
use super::value::Value;

pub(super) mod postgres;
pub(super) mod sqlite;

/// One step of the schema, in the words of each engine.
pub struct Migration {
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migrations {
    ($($name:literal),* $(,)?) => { &[$(Migration {
        sqlite: include_str!(concat!("migrations/sqlite/", $name, ".sql")),
        postgres: include_str!(concat!("migrations/postgres/", $name, ".sql")),
    }),*] };
}

/// Applied in order, never edited: a released database must find its way from any of them to the last. Each is two files
/// of one name, one for each engine.
pub const MIGRATIONS: &[Migration] = migrations![
    "0001_draws_texts_openings",
    "0002_outbox",
    "0003_topics_and_persons",
    "0004_owners_and_kept_rosters",
    "0005_rehearsals",
    "0006_folders_and_names_as_drawn",
    "0007_looked_for",
    "0008_sealed_relays",
    "0009_mails_due",
    "0010_announcements",
    "0011_segments_sent",
    "0012_updates",
    "0013_sign_in_and_contacts",
    "0014_closed_lines",
    "0015_last_backup",
    "0016_bases",
    "0017_events",
    "0018_lists_and_broadcasts",
    "0019_desks",
    "0020_other_sign_ins",
    "0021_desk_visits_by_number",
    "0022_large_lists",
    "0023_own_pages",
    "0024_opt_outs_of_the_forgotten",
    "0025_plans_in_parts",
    "0026_tallies",
    "0027_behind_all_others",
    "0028_open_of_a_broadcast",
];

/// What is shown a row, and says whether it wants the next one.
pub type Show<'a> = dyn FnMut(&dyn Columns) -> Result<bool, StoreError> + 'a;

/// What runs statements: a transaction of either engine.
pub trait Statements {
    /// Runs a statement and gives how many rows it changed.
    fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError>;

    /// Runs a statement and shows its rows to `show` until that says `false`.
    fn query(&self, sql: &str, values: &[Value<'_>], show: &mut Show<'_>) -> Result<(), StoreError>;

    /// Like [`Statements::query`] without values, for an answer that is too large for memory or to be given in one go.
    fn scan(&self, sql: &str, show: &mut Show<'_>) -> Result<(), StoreError> {
        self.query(sql, &[], show)
    }

    /// How to ask for the tables.
    fn catalogue(&self) -> &'static Catalogue;

    /// Lets a transaction take as long as it needs, and rest between its statements, where the engine bounds that.
    fn take_time(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Has every table's next row follow the last one that there is, where the engine does not do so by itself.
    fn count_on(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Reads the whole database, where the engine does not do so by itself, and checks that it hangs together.
    fn check_integrity(&self) -> Result<(), StoreError>;

    /// The question that a server answers of itself: version, whether that is current, TLS, time, machines.
    fn facts(&self) -> Option<&'static str> {
        None
    }

    /// A mark that is another one after every change of the database, by this process or by others.
    fn change_mark(&self) -> Result<String, StoreError>;

    /// Has the engine read a statement, without running it.
    #[cfg(test)]
    fn prepare(&self, sql: &str) -> Result<(), StoreError>;
}

/// What an engine is asked about its own tables.
pub struct Catalogue {
    /// Each column: its table, its name, its place in the table's key, counted from 1, or 0.
    pub columns: &'static str,
    /// Each table that refers to another one, and that.
    pub references: &'static str,
}

/// One row of an answer.
pub trait Columns {
    /// A column's value, counted from 0.
    fn value(&self, column: usize) -> Result<Value<'_>, StoreError>;
}

/// An open database of either kind.
pub enum Engine {
    /// A file.
    Sqlite(sqlite::Sqlite),
    /// A server's.
    Postgres(Box<postgres::Postgres>),
}

impl Engine {
    /// Runs `work` in one transaction, which takes the write lock first if it is to write; rolled back unless both `work`
    /// and the commit succeed.
    pub fn transaction<T, E: From<StoreError>>(
        &self,
        writes: bool,
        work: impl FnOnce(&dyn Statements) -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Self::Sqlite(sqlite) => sqlite.transaction(writes, work),
            Self::Postgres(postgres) => postgres.transaction(writes, work),
        }
    }
}
