//! The database of a test below the binary: the one place where they are given another engine. With
//! `XCHANGE_TEST_POSTGRES`, the folder of a server's socket, it is a schema of that server, named after the file that it
//! would be. And what another program would do to a database, on either.

use std::path::Path;

use data_encoding::HEXLOWER;
use rusqlite::types::Value as Owned;
use sha2::{Digest, Sha256};

use super::engine::{Catalogue, Show};
pub(crate) use super::tests::postgres::LocalPostgres;
use super::*;
use crate::model::{DatabaseServer, ServerTls};

/// A table as it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Owned>>,
}

/// A schema of the tests' server, made where there is none; `None` where there is no server.
pub(crate) fn schema_for(path: &Path) -> Option<DatabaseServer> {
    let folder = std::env::var("XCHANGE_TEST_POSTGRES").ok().filter(|folder| !folder.is_empty())?;
    let digest = HEXLOWER.encode(&Sha256::digest(path.as_os_str().as_encoded_bytes()));
    let schema = format!("test_{}", &digest[..24]);
    let server = DatabaseServer { options: Some(format!("-csearch_path={schema}")), ..server_at(&folder, 5432) };
    Postgres::make_schema(&server, &schema);
    Some(server)
}

/// The first database of a server.
pub(crate) fn server_at(host: &str, port: u16) -> DatabaseServer {
    DatabaseServer {
        host: host.to_owned(),
        port,
        user: "postgres".to_owned(),
        name: "postgres".to_owned(),
        tls: ServerTls::Prefer,
        authority: None,
        options: None,
        password: None,
    }
}

/// The database of a test beside its other files.
pub(crate) fn database(path: &Path) -> DatabaseSettings {
    schema_for(path).map_or_else(|| DatabaseSettings::File(path.to_owned()), DatabaseSettings::Server)
}

impl Store {
    /// The database of a test beside its other files.
    pub(crate) fn of_test(path: &Path) -> Self {
        Self::open(&database(path)).expect("a database")
    }

    /// The same, as settings name it.
    pub(crate) fn of_settings(settings: &DatabaseSettings) -> Self {
        match settings {
            DatabaseSettings::File(path) => Self::of_test(path),
            DatabaseSettings::Server(_) => Self::open(settings).expect("a database"),
        }
    }

    pub(crate) fn of_file(path: &Path) -> Self {
        Self::open(&DatabaseSettings::File(path.to_owned())).expect("a database")
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(*self.engine, Engine::Sqlite(_))
    }

    /// Runs a statement as somebody could who has the database, and gives how many rows it changed.
    pub(crate) fn sql(&self, statement: &str) -> u64 {
        self.try_sql(statement).unwrap_or_else(|e| panic!("{statement}: {}", crate::error_chain::in_full(&e)))
    }

    pub(crate) fn try_sql(&self, statement: &str) -> Result<u64, StoreError> {
        self.write(|tx| tx.changed(statement, &[]))
    }

    /// Puts another sealed file into the rows of all draws, and gives how many there are.
    pub(crate) fn put_sealed(&self, sealed: &[u8]) -> u64 {
        self.write(|tx| tx.changed("UPDATE draw SET sealed = $1", values![sealed])).expect("put")
    }

    /// The one number that a statement gives.
    pub(crate) fn number(&self, statement: &str) -> i64 {
        self.read(|tx| tx.only(statement, &[])).expect(statement)
    }

    /// Every table, those first that others refer to, with its rows in the order of its first columns.
    pub(crate) fn tables(&self) -> Vec<Table> {
        self.tables_and(None)
    }

    /// The same, each row with a column more, the number of the transaction that wrote it: a server keeps that, and whoever
    /// has its files or its superuser sees it. `None` of SQLite, which does not.
    pub(crate) fn tables_by_age(&self) -> Option<Vec<Table>> {
        (!self.is_sqlite()).then(|| self.tables_and(Some("xmin::text::bigint")))
    }

    fn tables_and(&self, more: Option<&str>) -> Vec<Table> {
        self.read(|tx| tx.shapes()?.into_iter().map(|shape| table(tx, shape, more)).collect::<Result<_, StoreError>>())
            .expect("tables")
    }

    /// Puts tables as they were in the place of those that are there.
    pub(crate) fn put(&self, tables: &[Table]) {
        self.write(|tx| {
            for table in tables.iter().rev() {
                tx.execute(&format!("DELETE FROM {}", table.name), &[])?;
            }
            for table in tables {
                let places: Vec<String> = (1..=table.columns.len()).map(|n| format!("${n}")).collect();
                let (columns, places) = (table.columns.join(", "), places.join(", "));
                let sql = format!("INSERT INTO {} ({columns}) VALUES ({places})", table.name);
                for row in &table.rows {
                    tx.execute(&sql, &row.iter().map(borrowed).collect::<Vec<_>>())?;
                }
            }
            Ok::<_, StoreError>(())
        })
        .expect("put");
        self.count_on();
    }

    /// Leaves every table empty.
    pub(crate) fn lose_rows(&self) {
        let mut tables = self.tables();
        tables.iter_mut().for_each(|table| table.rows.clear());
        self.put(&tables);
    }

    /// Has every table's next row follow the last one that there is, as SQLite does by itself.
    pub(crate) fn count_on(&self) {
        self.write(|tx| tx.0.count_on()).expect("counted");
    }

    /// Runs a statement without looking at what refers to what.
    pub(crate) fn sql_unchecked(&self, statement: &str) -> u64 {
        if let Engine::Sqlite(sqlite) = &*self.engine {
            return sqlite.unchecked(statement);
        }
        self.write(|tx| {
            tx.execute("SET LOCAL session_replication_role = replica", &[])?;
            tx.changed(statement, &[])
        })
        .expect(statement)
    }

    /// Has every statement of some work explained by its engine before it is run: gives them, each with how the engine
    /// goes about it, a step a line.
    pub(crate) fn explained<T>(&self, work: impl FnOnce(&Tx<'_>) -> T) -> (T, Vec<(String, String)>) {
        let (plans, is_sqlite) = (std::cell::RefCell::default(), self.is_sqlite());
        let done = self.engine.transaction(true, |inner| {
            Ok::<_, StoreError>(work(&Tx(&Explained { inner, is_sqlite, plans: &plans }, None)))
        });
        (done.expect("a database"), plans.into_inner())
    }

    /// Holds the write lock until the result is dropped, as another program would.
    pub(crate) fn held(&self) -> std::sync::mpsc::Sender<()> {
        let (store, (ready, held), (release, released)) =
            (self.clone(), std::sync::mpsc::channel(), std::sync::mpsc::channel::<()>());
        std::thread::spawn(move || {
            let _ended = store.write(|_| {
                let _dropped = (ready.send(()), released.recv());
                Ok::<_, StoreError>(())
            });
        });
        held.recv().expect("the write lock");
        release
    }
}

/// A transaction whose statements are explained.
struct Explained<'a> {
    inner: &'a dyn Statements,
    is_sqlite: bool,
    plans: &'a std::cell::RefCell<Vec<(String, String)>>,
}

impl Explained<'_> {
    fn explain(&self, sql: &str, values: &[Value<'_>]) -> Result<(), StoreError> {
        let (verb, column) = if self.is_sqlite { ("EXPLAIN QUERY PLAN", 3) } else { ("EXPLAIN", 0) };
        let mut steps = Vec::new();
        self.inner.query(&format!("{verb} {sql}"), values, &mut |row| {
            let Value::Text(step) = row.value(column)? else { panic!("a plan is text") };
            steps.push(step.to_owned());
            Ok(true)
        })?;
        self.plans.borrow_mut().push((sql.to_owned(), steps.join("\n")));
        Ok(())
    }
}

impl Statements for Explained<'_> {
    fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        self.explain(sql, values)?;
        self.inner.execute(sql, values)
    }

    fn query(&self, sql: &str, values: &[Value<'_>], show: &mut Show<'_>) -> Result<(), StoreError> {
        self.explain(sql, values)?;
        self.inner.query(sql, values, show)
    }

    fn catalogue(&self) -> &'static Catalogue {
        self.inner.catalogue()
    }

    fn check_integrity(&self) -> Result<(), StoreError> {
        self.inner.check_integrity()
    }

    fn change_mark(&self) -> Result<String, StoreError> {
        self.inner.change_mark()
    }

    fn prepare(&self, sql: &str) -> Result<(), StoreError> {
        self.inner.prepare(sql)
    }
}

fn table(tx: &Tx<'_>, shape: backup::Shape, more: Option<&str>) -> Result<Table, StoreError> {
    let sql = shape.select(&more.map(|more| format!(", {more}")).unwrap_or_default());
    let columns: Vec<String> = shape.columns.into_iter().chain(more.map(str::to_owned)).collect();
    let mut rows = Vec::new();
    tx.0.query(&sql, &[], &mut |row| {
        rows.push((0..columns.len()).map(|column| row.value(column).map(owned)).collect::<Result<_, _>>()?);
        Ok(true)
    })?;
    Ok(Table { name: shape.name, columns, rows })
}

fn owned(value: Value<'_>) -> Owned {
    match value {
        Value::Null => Owned::Null,
        Value::Int(number) => Owned::Integer(number),
        Value::Text(text) => Owned::Text(text.to_owned()),
        Value::Bytes(bytes) => Owned::Blob(bytes.to_owned()),
    }
}

fn borrowed(value: &Owned) -> Value<'_> {
    match value {
        Owned::Null => Value::Null,
        Owned::Integer(number) => Value::Int(*number),
        Owned::Real(_) => panic!("no table has such numbers"),
        Owned::Text(text) => Value::Text(text),
        Owned::Blob(bytes) => Value::Bytes(bytes),
    }
}
