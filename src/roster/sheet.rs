//! Spreadsheets: a CSV, XLSX or ODS file as rows of known columns.
//!
//! Pure: bytes, the file's name and the columns that are wanted go in. Each row comes out as a table as `exchange.toml`
//! would hold it, so that the readers of sections read both, and a problem names sheet, row and column instead of line and
//! column. What a reader's people, contacts or subscribers are is none of this room's business.

mod cells;
mod columns;
mod csv;
mod ods;
mod table;
mod xlsx;

pub(super) use columns::{Column, Kind, letters};
pub use csv::write as write_csv;
pub(super) use table::Sheet;

#[cfg(test)]
mod tests;

/// The largest file, in bytes: 5 MiB.
pub const LARGEST_SHEET: u64 = 5 * 1024 * 1024;

/// How many rows a spreadsheet may have below its headings.
const MOST_ROWS: usize = 20_000;

/// How many columns.
const MOST_COLUMNS: usize = 256;

/// How much text all cells together may hold, in bytes: a few bytes of a file may say that a long one is in thousands of cells.
const MOST_TEXT: usize = 32 * 1024 * 1024;

/// A value as the file holds it.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Empty,
    Text(String),
    Number(f64),
    Date,
    Flag,
    /// A formula that went wrong, by what the spreadsheet shows: `#N/A`.
    Fault(String),
}

/// A sheet as the file holds it.
#[derive(Debug, Default)]
struct Grid {
    /// The sheet's name, where a file may have several.
    sheet: Option<String>,
    /// The rows that are not empty, each with its number as the spreadsheet shows it; the headings are among them.
    rows: Vec<(u32, Vec<Cell>)>,
    /// How much text there is in them, in bytes.
    text: usize,
}

/// Why a file is no sheet at all.
#[derive(Debug)]
struct Fault {
    /// The row where that was found out; 0 is none.
    row: u32,
    message: String,
    hint: &'static str,
}

const SAVE_AS: &str = "save it as XLSX, or as \"CSV UTF-8\"";

fn fault(message: impl Into<String>, hint: &'static str) -> Fault {
    Fault { row: 0, message: message.into(), hint }
}

fn too_large() -> Fault {
    fault("it is far larger inside than it looks", "copy the columns that are needed into a new file")
}

impl Grid {
    /// Takes a sheet from its bytes; what kind of file it is shows in them.
    fn read(bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.len() as u64 > LARGEST_SHEET {
            return Err(fault(
                format!("it is larger than {} MiB", LARGEST_SHEET / 1024 / 1024),
                "leave out what is not needed",
            ));
        }
        if bytes.starts_with(b"PK\x03\x04") {
            let mut parts = xlsx::unpack(bytes)?;
            if parts.by_name("content.xml").is_ok() { ods::read(&mut parts) } else { xlsx::read(bytes) }
        } else if bytes.starts_with(b"\xd0\xcf\x11\xe0") {
            Err(fault("it is an old Excel file, or one with a password", SAVE_AS))
        } else {
            csv::read(bytes)
        }
    }

    /// Adds a cell; `row` from 1, `column` from 0.
    fn put(&mut self, row: u32, column: usize, cell: Cell) -> Result<(), Fault> {
        if cell == Cell::Empty {
            return Ok(());
        }
        if column >= MOST_COLUMNS {
            let message = format!("it has more than {MOST_COLUMNS} columns");
            return Err(Fault { row, message, hint: "leave out what is not needed" });
        }
        if let Cell::Text(text) = &cell {
            self.text += text.len();
            if self.text > MOST_TEXT {
                return Err(too_large());
            }
        }
        if self.rows.last().is_none_or(|(last, _)| *last != row) {
            // A few rows may stand above the headings.
            if self.rows.len() > MOST_ROWS + HEADINGS_WITHIN {
                let message = format!("it has more than {MOST_ROWS} rows");
                return Err(Fault { row, message, hint: "take them in several files" });
            }
            self.rows.push((row, Vec::new()));
        }
        let (_, cells) = self.rows.last_mut().expect("one was just pushed");
        if cells.len() <= column {
            cells.resize(column + 1, Cell::Empty);
        }
        cells[column] = cell;
        Ok(())
    }
}

/// Among how many rows the headings are looked for.
const HEADINGS_WITHIN: usize = 10;
