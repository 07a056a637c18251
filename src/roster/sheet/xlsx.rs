//! XLSX, by calamine; and what is common to it and ODS: both are ZIP files, whose parts may be far larger than they look.

use std::cell::Cell as Flag;
use std::io::{Cursor, Read as _};
use std::panic::{catch_unwind, set_hook, take_hook};
use std::sync::Once;

use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx, XlsxError};
use zip::ZipArchive;

use super::{Cell, Fault, Grid, SAVE_AS, fault, too_large};

/// What a file may be once unpacked, in bytes. 20,000 rows of a dozen columns are some 20 MiB.
const LARGEST_UNPACKED: u64 = 128 * 1024 * 1024;

pub(super) type Parts<'b> = ZipArchive<Cursor<&'b [u8]>>;

pub(super) fn damaged() -> Fault {
    fault("it cannot be read: it is damaged, has a password, or is no spreadsheet", SAVE_AS)
}

/// Opens the ZIP file, and measures what its parts really are, whatever they claim to be.
pub(super) fn unpack(bytes: &[u8]) -> Result<Parts<'_>, Fault> {
    let mut parts = ZipArchive::new(Cursor::new(bytes)).map_err(|_ours| damaged())?;
    let mut left = LARGEST_UNPACKED;
    for number in 0..parts.len() {
        let part = parts.by_index(number).map_err(|_ours| damaged())?;
        let read = std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|_ours| damaged())?;
        left = left.checked_sub(read).ok_or_else(too_large)?;
    }
    Ok(parts)
}

/// The text of a part.
pub(super) fn text(parts: &mut Parts<'_>, name: &str) -> Result<String, Fault> {
    let mut text = String::new();
    let mut part = parts.by_name(name).map_err(|_ours| damaged())?;
    part.read_to_string(&mut text).map_err(|_ours| damaged())?;
    Ok(text)
}

/// The first sheet to be seen that holds anything. Cells are taken one by one, for two of them far apart would make calamine's
/// own ranges as large as all between. Some damage has calamine compute with what is not there, and panic; that is caught, and
/// not printed.
pub(super) fn read(bytes: &[u8]) -> Result<Grid, Fault> {
    thread_local!(static IS_READING: Flag<bool> = const { Flag::new(false) });
    static HUSHED: Once = Once::new();
    HUSHED.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if !IS_READING.get() {
                before(panic);
            }
        }));
    });
    IS_READING.set(true);
    let read = catch_unwind(|| first_sheet(bytes));
    IS_READING.set(false);
    read.unwrap_or_else(|_theirs| Err(damaged()))
}

fn first_sheet(bytes: &[u8]) -> Result<Grid, Fault> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_theirs| damaged())?;
    let shown = book
        .sheets_metadata()
        .iter()
        .filter(|it| it.visible == SheetVisible::Visible && it.typ == SheetType::WorkSheet);
    let names: Vec<String> = shown.map(|sheet| sheet.name.clone()).collect();
    for name in names {
        let mut grid = Grid { sheet: Some(name.clone()), ..Grid::default() };
        fill(&mut book, &name, &mut grid)?;
        if !grid.rows.is_empty() {
            return Ok(grid);
        }
    }
    Ok(Grid::default())
}

fn fill(book: &mut Xlsx<Cursor<&[u8]>>, name: &str, grid: &mut Grid) -> Result<(), Fault> {
    let damaged = |_theirs: XlsxError| damaged();
    let mut cells = book.worksheet_cells_reader(name).map_err(damaged)?;
    while let Some(cell) = cells.next_cell().map_err(damaged)? {
        let (row, column) = cell.get_position();
        let value = match cell.get_value() {
            DataRef::Empty => continue,
            DataRef::String(text) => Cell::text(text),
            DataRef::SharedString(text) => Cell::text(text),
            #[expect(clippy::cast_precision_loss, reason = "a spreadsheet has no other numbers")]
            DataRef::Int(number) => Cell::Number(*number as f64),
            DataRef::Float(number) => Cell::Number(*number),
            DataRef::Bool(_) => Cell::Flag,
            DataRef::DateTime(_) | DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => Cell::Date,
            DataRef::Error(error) => Cell::Fault(error.to_string()),
        };
        // Rows that go back would be a sheet that no program writes.
        if grid.rows.last().is_some_and(|(last, _)| *last > row + 1) {
            return Err(self::damaged());
        }
        grid.put(row.saturating_add(1), column as usize, value)?;
    }
    Ok(())
}
