//! Every row of a database as what it mentions, and whether one joins a giver to their receiver: by words, by the ids of
//! their rows, by their places in the roster.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use rusqlite::types::Value;

/// Columns in which everybody stands in the roster's order, and so nobody beside anybody in particular.
const EVERYBODY: [(&str, &str); 2] = [("draw", "roster"), ("draw", "people")];

/// Of how many people a column has to give the place before it is more than chance.
const NO_CHANCE: usize = 4;

/// Somebody, by all that a row could know them by.
#[derive(Debug)]
pub(crate) struct Somebody {
    /// Name, phone, e-mail.
    pub(crate) words: Vec<String>,
    /// Their row. To be told from other numbers it should be far from all of them.
    pub(crate) id: i64,
    /// Their place in the roster, from 0.
    pub(crate) place: i64,
}

/// A row, without the columns of everybody.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) table: String,
    cells: Vec<Cell>,
}

#[derive(Debug)]
struct Cell {
    column: String,
    words: String,
    /// Of a text, every whole number inside of it.
    numbers: Vec<i64>,
}

/// Every row of every table.
pub(crate) fn all(database: &Connection) -> Vec<Row> {
    let mut statement =
        database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").expect("sound");
    let tables = statement.query_map([], |row| row.get(0)).expect("runs");
    tables.flat_map(|table: Result<String, _>| rows_of(database, &table.expect("a name"))).collect()
}

fn rows_of(database: &Connection, table: &str) -> Vec<Row> {
    let mut statement = database.prepare(&format!("SELECT * FROM \"{table}\"")).expect("sound");
    let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let mut found = statement.query([]).expect("runs");
    let mut rows = Vec::new();
    while let Some(row) = found.next().expect("a row") {
        let values: Vec<Value> = (0..columns.len()).map(|at| row.get(at).expect("a cell")).collect();
        rows.push(self::row(table, &columns, &values));
    }
    rows
}

/// A row, by the values of these columns.
pub(crate) fn row(table: &str, columns: &[String], values: &[Value]) -> Row {
    let named = columns.iter().zip(values).filter(|(column, _)| !EVERYBODY.contains(&(table, column.as_str())));
    Row { table: table.to_owned(), cells: named.map(|(column, value)| cell(column, value)).collect() }
}

fn cell(column: &str, value: &Value) -> Cell {
    let (words, numbers) = match value {
        Value::Null => (String::new(), Vec::new()),
        Value::Integer(number) => (String::new(), vec![*number]),
        Value::Real(_) => panic!("{column}: no table has such numbers"),
        Value::Text(words) => {
            let runs = words.split(|c: char| !c.is_ascii_digit());
            let numbers = runs.filter_map(|run| run.parse().ok()).collect();
            (words.clone(), numbers)
        }
        Value::Blob(bytes) => (String::from_utf8_lossy(bytes).into_owned(), Vec::new()),
    };
    Cell { column: column.to_owned(), words, numbers }
}

impl Row {
    /// Whether it holds a number, by itself or inside of a text.
    pub(crate) fn has_number(&self, number: i64) -> bool {
        self.cells.iter().any(|cell| cell.numbers.contains(&number))
    }

    /// Whether it holds a word.
    pub(crate) fn has_word(&self, word: &str) -> bool {
        self.cells.iter().any(|cell| cell.words.contains(word))
    }

    /// Whether it leads to somebody.
    pub(crate) fn mentions(&self, somebody: &Somebody) -> bool {
        self.has_number(somebody.id) || somebody.words.iter().any(|word| self.has_word(word))
    }
}

/// What joins a giver to their receiver; the pairings are by place. Rows that name the one and the other, and columns
/// that give the place of the one wherever a row names the other.
pub(crate) fn joins(rows: &[Row], people: &[Somebody], pairings: &[(usize, usize)]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for row in rows {
        let joined = pairings.iter().find(|(g, r)| row.mentions(&people[*g]) && row.mentions(&people[*r]));
        found.extend(joined.map(|pairing| format!("{pairing:?} in {row:?}")));
    }
    // Counted from 0 or from 1.
    for first in [0, 1] {
        let receiver = |of: usize| pairings.iter().find(|(g, _)| *g == of).map(|(_, r)| people[*r].place + first);
        let giver = |of: usize| pairings.iter().find(|(_, r)| *r == of).map(|(g, _)| people[*g].place + first);
        found.extend(columns_that_give(rows, people, receiver));
        found.extend(columns_that_give(rows, people, giver));
    }
    found
}

/// The columns whose number is this one of the person whom the row names, in every such row and for enough of them.
fn columns_that_give(rows: &[Row], people: &[Somebody], number: impl Fn(usize) -> Option<i64>) -> Vec<String> {
    let mut given: BTreeMap<(&str, &str, usize), (BTreeSet<usize>, bool)> = BTreeMap::new();
    for row in rows {
        for person in (0..people.len()).filter(|person| row.mentions(&people[*person])) {
            for cell in &row.cells {
                for (nth, found) in cell.numbers.iter().enumerate() {
                    let entry = given.entry((&row.table, &cell.column, nth)).or_insert((BTreeSet::new(), true));
                    entry.0.insert(person);
                    entry.1 &= number(person) == Some(*found);
                }
            }
        }
    }
    let telling = given.into_iter().filter(|(_, (people, always))| *always && people.len() >= NO_CHANCE);
    telling.map(|(column, _)| format!("{column:?} gives a place")).collect()
}
