//! Every row written down in one form for all engines, and read back: what is inside a backup.
//!
//! UTF-8 text, one JSON value a line, version 1:
//!
//! ```text
//! {"backup":{"version":1,"schema":12,"made_at":"2026-12-01T08:00:00Z"}}
//! {"table":{"name":"account","columns":["added_at","email","id","password"]}}
//! [1796112000000,"ann@example.org",1,null]
//! {"rows":1}
//! {"table": ...
//! {"end":{"tables":25,"sha256":"9f86d0..."}}
//! ```
//!
//! Tables stand after those that they refer to, columns in the order of their names, rows in the order of their keys. A
//! cell is `null`, a whole number, a text, or bytes as `{"base64":"..."}`; the character U+0000, which not every engine
//! keeps, is written as U+FFFD. The sum is over all lines from the first table's to the last one's `rows`. So what has
//! been read back can be written once more and compared, on either engine.
//!
//! Which tables there are is asked of the engine; no table has code of its own here.

use std::io::{self, BufRead, Write};

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use self::form::{Cell, Kept, Lines, Note, quoted, shape};
use super::engine::MIGRATIONS;
use super::{StoreError, Tx, values};

mod form;

pub(super) use form::Shape;

/// The version of the form that is written, and the only one that is read.
const VERSION: u32 = 1;

/// How many rows one statement puts into a table.
const AT_ONCE: usize = 100;

/// How many bytes of rows wait at most to be put into a table together.
const MOST_WAITING: usize = 4 << 20;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub made_at: Timestamp,
    pub rows: u64,
    /// Their sum.
    pub sha256: String,
}

/// Why a backup could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    #[error("the backup cannot be written or read")]
    File(#[from] io::Error),
    /// The database's own trouble.
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("line {line} of the backup is not what it should be: {what}")]
    Malformed {
        /// Counted from 1.
        line: u64,
        /// What is wrong; nothing of the line itself.
        what: String,
    },
    /// Of a later form, or of another version's tables.
    #[error("the backup was made by {} version of xchange, with other tables", if *.is_newer { "a newer" } else { "an older" })]
    OtherSchema {
        /// Whether that version is the later one.
        is_newer: bool,
    },
    #[error("the database is not empty: there are rows in {table:?}")]
    NotEmpty {
        /// The first table that has some.
        table: String,
    },
    /// The backup, or what came of it, is not what was written.
    #[error("{what} of the backup {} not those that were written", if *.is_sum { "and their sum are" } else { "are" })]
    Differs {
        /// Whose.
        what: String,
        /// Whether the sum, rather than a count.
        is_sum: bool,
    },
}

/// Passes lines on and sums them up.
struct Summing<'a> {
    out: &'a mut dyn Write,
    sum: Sha256,
}

impl Summing<'_> {
    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.sum.update(&bytes);
        self.out.write_all(&bytes)
    }
}

impl Tx<'_> {
    /// Every table, those first that others refer to.
    pub(super) fn shapes(&self) -> Result<Vec<Shape>, StoreError> {
        let catalogue = self.0.catalogue();
        let mut columns: Vec<(String, String, u32)> = self.all(catalogue.columns, &[])?;
        let references: Vec<(String, String)> = self.all(catalogue.references, &[])?;
        columns.sort();
        let mut names: Vec<&String> = columns.iter().map(|(table, ..)| table).collect();
        names.dedup();
        let mut shapes: Vec<Shape> = Vec::with_capacity(names.len());
        while !names.is_empty() {
            let is_placed = |table: &String| shapes.iter().any(|shape| shape.name == *table);
            let is_next =
                |name: &&String| references.iter().all(|(from, to)| from != *name || to == from || is_placed(to));
            let next = names.iter().position(is_next);
            let next = next.ok_or_else(|| StoreError::damaged("schema", "its tables refer to each other"))?;
            let name = names.remove(next);
            shapes.push(shape(name, columns.iter().filter(|(table, ..)| table == name)));
        }
        Ok(shapes)
    }

    /// Writes all rows down, one unchanging view of them inside [`super::Store::read`], and never many at a time in memory.
    ///
    /// # Errors
    /// [`BackupError::File`] and [`BackupError::Store`].
    pub fn write_backup(&self, out: &mut dyn Write, made_at: Timestamp) -> Result<Summary, BackupError> {
        let note = |out: &mut dyn Write, note: &Note| Summing { out, sum: Sha256::new() }.line(note);
        // The first question decides on the moment.
        let shapes = self.shapes()?;
        note(out, &Note::Backup { version: VERSION, schema: MIGRATIONS.len(), made_at })?;
        let (rows, sha256) = self.write_tables(&shapes, out)?;
        note(out, &Note::End { tables: shapes.len(), sha256: sha256.clone() })?;
        Ok(Summary { made_at, rows, sha256 })
    }

    fn write_tables(&self, shapes: &[Shape], out: &mut dyn Write) -> Result<(u64, String), BackupError> {
        let mut out = Summing { out, sum: Sha256::new() };
        let mut all = 0;
        for shape in shapes {
            out.line(&Note::Table { name: shape.name.clone(), columns: shape.columns.clone() })?;
            let (mut rows, mut written) = (0, Ok(()));
            self.0.scan(&shape.select(""), &mut |row| {
                let cells: Vec<Cell<'_>> = (0..shape.columns.len())
                    .map(|column| row.value(column).map(Cell::from))
                    .collect::<Result<_, _>>()?;
                rows += 1;
                written = out.line(&cells);
                Ok(written.is_ok())
            })?;
            written?;
            out.line(&Note::Rows(rows))?;
            all += rows;
        }
        Ok((all, HEXLOWER.encode(&out.sum.finalize())))
    }

    /// Puts the rows of a backup into an empty database, and then writes them once more to see that they have the same sum.
    /// Where it fails, the transaction is to be given up.
    pub fn read_backup(&self, input: &mut dyn BufRead) -> Result<Summary, BackupError> {
        self.0.take_time()?;
        let shapes = self.shapes()?;
        for shape in &shapes {
            if self.exists(&format!("SELECT 1 FROM {} LIMIT 1", quoted(&shape.name)), &[])? {
                return Err(BackupError::NotEmpty { table: shape.name.clone() });
            }
        }
        let mut lines = Lines::new(input);
        let made_at = match lines.note()? {
            Note::Backup { version: VERSION, schema, made_at } if schema == MIGRATIONS.len() => made_at,
            Note::Backup { version, schema, .. } => {
                return Err(BackupError::OtherSchema { is_newer: version > VERSION || schema > MIGRATIONS.len() });
            }
            _ => return Err(lines.wrong("it does not begin like a backup")),
        };
        lines.sum = Sha256::new();
        for shape in &shapes {
            self.read_table(shape, &mut lines)?;
        }
        let read = HEXLOWER.encode(&lines.sum.clone().finalize());
        let Note::End { tables, sha256 } = lines.note()? else { return Err(lines.wrong("the end is missing")) };
        if tables != shapes.len() || sha256 != read {
            return Err(BackupError::Differs { what: "the rows".to_owned(), is_sum: true });
        }
        // Also the end of what it was sealed in, which shows whether that is whole.
        if !lines.input.fill_buf()?.is_empty() {
            return Err(lines.wrong("something follows the end"));
        }
        self.0.count_on()?;
        let (rows, kept) = self.write_tables(&shapes, &mut io::sink())?;
        if kept != sha256 {
            return Err(BackupError::Differs { what: "the rows that the database has kept".to_owned(), is_sum: true });
        }
        Ok(Summary { made_at, rows, sha256 })
    }

    /// When the last backup was made of what is here.
    pub fn last_backup(&self) -> Result<Option<Timestamp>, StoreError> {
        self.one("SELECT made_at FROM last_backup", &[])
    }

    /// Notes when one was made.
    pub fn note_backup(&self, made_at: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO last_backup (one, made_at) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET made_at = $1";
        self.execute(sql, values![made_at])
    }

    fn read_table(&self, shape: &Shape, lines: &mut Lines<'_>) -> Result<(), BackupError> {
        match lines.note()? {
            Note::Table { name, columns } if name == shape.name && columns == shape.columns => {}
            _ => return Err(lines.wrong(&format!("the table {:?} is not there as it should be", shape.name))),
        }
        let (mut waiting, mut bytes, mut rows) = (Vec::new(), 0, 0);
        while let Some(row) = lines.row(shape.columns.len())? {
            waiting.extend(row);
            bytes += lines.text.len();
            rows += 1;
            if waiting.len() == AT_ONCE * shape.columns.len() || bytes > MOST_WAITING {
                self.put(shape, &std::mem::take(&mut waiting))?;
                bytes = 0;
            }
        }
        self.put(shape, &waiting)?;
        match lines.parsed()? {
            Note::Rows(counted) if counted == rows => Ok(()),
            _ => Err(BackupError::Differs { what: format!("the rows of {:?}", shape.name), is_sum: false }),
        }
    }

    /// Puts rows into a table: all with one statement where there are so many, for fewer each its own, so that an engine
    /// sees only two statements of a table.
    fn put(&self, shape: &Shape, cells: &[Kept]) -> Result<(), StoreError> {
        let width = shape.columns.len();
        let at_once = if cells.len() == AT_ONCE * width { AT_ONCE } else { 1 };
        let insert = shape.insert(at_once);
        for rows in cells.chunks(at_once * width) {
            self.execute(&insert, &rows.iter().map(Kept::value).collect::<Vec<_>>())?;
        }
        Ok(())
    }
}
