//! The lines of a backup: what a table looks like in it, what is no row, and what a cell is.

use std::borrow::Cow;
use std::io::BufRead;

use data_encoding::BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::BackupError;
use crate::store::Value;

/// A table as its engine describes it.
pub(in crate::store) struct Shape {
    pub(in crate::store) name: String,
    /// In the order of their names.
    pub(in crate::store) columns: Vec<String>,
    /// What its rows are ordered by.
    order: String,
}

impl Shape {
    fn list(&self) -> String {
        self.columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")
    }

    /// The question for all of its rows, and for more of each.
    pub(in crate::store) fn select(&self, more: &str) -> String {
        format!("SELECT {}{more} FROM {} ORDER BY {}", self.list(), quoted(&self.name), self.order)
    }

    /// The statement that puts so many rows into it.
    pub(super) fn insert(&self, rows: usize) -> String {
        let width = self.columns.len();
        let row = |n| (1..=width).map(|place| format!("${}", n * width + place)).collect::<Vec<_>>().join(", ");
        let rows = (0..rows).map(|n| format!("({})", row(n))).collect::<Vec<_>>().join(", ");
        format!("INSERT INTO {} ({}) VALUES {rows}", quoted(&self.name), self.list())
    }
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// A line that is no row.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Note {
    Backup { version: u32, schema: usize, made_at: Timestamp },
    Table { name: String, columns: Vec<String> },
    Rows(u64),
    End { tables: usize, sha256: String },
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Cell<'a> {
    Null,
    Int(i64),
    Text(Cow<'a, str>),
    Bytes { base64: Cow<'a, str> },
}

impl<'a> From<Value<'a>> for Cell<'a> {
    fn from(value: Value<'a>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int(number) => Self::Int(number),
            Value::Text(text) if text.contains('\0') => Self::Text(text.replace('\0', "\u{fffd}").into()),
            Value::Text(text) => Self::Text(text.into()),
            Value::Bytes(bytes) => Self::Bytes { base64: BASE64.encode(bytes).into() },
        }
    }
}

/// A cell that was read.
pub(super) enum Kept {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Kept {
    fn of(cell: Cell<'_>) -> Option<Self> {
        Some(match cell {
            Cell::Null => Self::Null,
            Cell::Int(number) => Self::Int(number),
            Cell::Text(text) => Self::Text(text.into_owned()),
            Cell::Bytes { base64 } => Self::Bytes(BASE64.decode(base64.as_bytes()).ok()?),
        })
    }

    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(number) => Value::Int(*number),
            Self::Text(text) => Value::Text(text),
            Self::Bytes(bytes) => Value::Bytes(bytes),
        }
    }
}

/// A table by its columns, each with its place in the key.
pub(super) fn shape<'a>(name: &str, columns: impl Iterator<Item = &'a (String, String, u32)> + Clone) -> Shape {
    let mut key: Vec<(u32, &String)> = columns.clone().map(|(_, column, place)| (*place, column)).collect();
    key.retain(|(place, _)| *place > 0);
    key.sort();
    let columns: Vec<String> = columns.map(|(_, column, _)| column.clone()).collect();
    // Engines differ in where they put NULL, which a key never is.
    let order: Vec<String> = match key.is_empty() {
        true => columns.iter().map(|column| format!("{0} IS NULL, {0}", quoted(column))).collect(),
        false => key.into_iter().map(|(_, column)| quoted(column)).collect(),
    };
    Shape { name: name.to_owned(), columns, order: order.join(", ") }
}

/// A backup's lines, one after the other.
pub(super) struct Lines<'a> {
    pub(super) input: &'a mut dyn BufRead,
    pub(super) text: String,
    number: u64,
    pub(super) sum: Sha256,
}

impl<'a> Lines<'a> {
    pub(super) fn new(input: &'a mut dyn BufRead) -> Self {
        Self { input, text: String::new(), number: 0, sum: Sha256::new() }
    }

    pub(super) fn wrong(&self, what: &str) -> BackupError {
        BackupError::Malformed { line: self.number, what: what.to_owned() }
    }

    fn next(&mut self) -> Result<(), BackupError> {
        self.text.clear();
        self.number += 1;
        if self.input.read_line(&mut self.text)? == 0 {
            return Err(self.wrong("the backup ends too early"));
        }
        self.sum.update(self.text.as_bytes());
        Ok(())
    }

    /// The line just read, as one that is no row.
    pub(super) fn parsed(&self) -> Result<Note, BackupError> {
        serde_json::from_str(&self.text).map_err(|_inside| self.wrong("it cannot be read"))
    }

    pub(super) fn note(&mut self) -> Result<Note, BackupError> {
        self.next()?;
        self.parsed()
    }

    /// The next row of so many columns; `None` when the next line is no row.
    pub(super) fn row(&mut self, width: usize) -> Result<Option<Vec<Kept>>, BackupError> {
        self.next()?;
        if !self.text.starts_with('[') {
            return Ok(None);
        }
        let cells: Option<Vec<Cell<'_>>> = serde_json::from_str(&self.text).ok();
        let kept = cells.and_then(|cells| cells.into_iter().map(Kept::of).collect::<Option<Vec<_>>>());
        kept.filter(|row| row.len() == width).map(Some).ok_or_else(|| self.wrong("it is no row of this table"))
    }
}
