//! ODS, `LibreOffice`'s own. Read by hand: a few bytes may say that a cell or row repeats a million times, and calamine would
//! make all of them.

use quick_xml::Reader;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::xlsx::{Parts, damaged, text};
use super::{Cell, Fault, Grid};

/// Reads the first sheet that holds anything.
pub(super) fn read(parts: &mut Parts<'_>) -> Result<Grid, Fault> {
    let content = text(parts, "content.xml")?;
    let mut xml = Reader::from_str(&content);
    let mut sheet = Sheet::default();
    loop {
        match xml.read_event().map_err(|_theirs| damaged())? {
            Event::Start(start) => sheet.start(&start),
            Event::Empty(start) => {
                sheet.start(&start);
                sheet.end(start.name().as_ref())?;
            }
            Event::End(end) if end.name().as_ref() == "table:table" && !sheet.grid.rows.is_empty() => break,
            Event::End(end) => sheet.end(end.name().as_ref())?,
            Event::Text(text) if sheet.in_text() => sheet.text.push_str(&text.xml10_content()),
            Event::GeneralRef(name) if sheet.in_text() => sheet.text.push_str(&resolved(&name)),
            Event::Eof => break,
            _ => {}
        }
    }
    Ok(sheet.grid)
}

/// What has been read so far of a sheet, of its row and of its cell.
#[derive(Default)]
struct Sheet {
    grid: Grid,
    row: u32,
    row_repeats: u32,
    /// Each with its place, and in how many places it stands.
    cells: Vec<(usize, usize, Cell)>,
    column: usize,
    column_repeats: usize,
    kind: String,
    value: String,
    text: String,
    /// How deep in paragraphs, and in a comment, whose paragraphs are not the cell's.
    paragraphs: u32,
    comments: u32,
}

fn resolved(name: &BytesRef<'_>) -> String {
    match name.resolve_char_ref() {
        Ok(Some(c)) => c.to_string(),
        _ => resolve_predefined_entity(name).unwrap_or("").to_owned(),
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start.try_get_attribute(name).ok().flatten()?;
    Some(unescape(&found.value).ok()?.into_owned())
}

fn number<T: std::str::FromStr>(start: &BytesStart<'_>, name: &str) -> Option<T> {
    attribute(start, name)?.parse().ok()
}

impl Sheet {
    fn in_text(&self) -> bool {
        self.paragraphs > 0 && self.comments == 0
    }

    fn start(&mut self, start: &BytesStart<'_>) {
        match start.name().as_ref() {
            "table:table" => {
                self.grid.sheet = attribute(start, "table:name");
                self.row = 1;
            }
            "table:table-row" => {
                (self.row_repeats, self.column) = (number(start, "table:number-rows-repeated").unwrap_or(1), 0);
            }
            "table:table-cell" | "table:covered-table-cell" => {
                self.column_repeats = number(start, "table:number-columns-repeated").unwrap_or(1);
                self.kind = attribute(start, "office:value-type").unwrap_or_default();
                self.value = attribute(start, "office:value").unwrap_or_default();
                self.text.clear();
            }
            "office:annotation" => self.comments += 1,
            "text:p" => {
                if self.comments == 0 && !self.text.is_empty() {
                    self.text.push('\n');
                }
                self.paragraphs += 1;
            }
            "text:s" if self.in_text() => {
                let spaces: usize = number(start, "text:c").unwrap_or(1);
                self.text.extend(std::iter::repeat_n(' ', spaces.min(100)));
            }
            "text:tab" if self.in_text() => self.text.push('\t'),
            "text:line-break" if self.in_text() => self.text.push('\n'),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) -> Result<(), Fault> {
        match name {
            "text:p" => self.paragraphs = self.paragraphs.saturating_sub(1),
            "office:annotation" => self.comments = self.comments.saturating_sub(1),
            "table:table-cell" | "table:covered-table-cell" => {
                let cell = self.cell();
                // One more than there may be is enough to be refused.
                if cell != Cell::Empty && self.cells.len() <= super::MOST_COLUMNS {
                    self.cells.push((self.column, self.column_repeats, cell));
                }
                self.column = self.column.saturating_add(self.column_repeats);
            }
            "table:table-row" => {
                let cells = std::mem::take(&mut self.cells);
                for more in 0..if cells.is_empty() { 0 } else { self.row_repeats } {
                    for (column, repeats, cell) in &cells {
                        for place in *column..column.saturating_add(*repeats) {
                            self.grid.put(self.row.saturating_add(more), place, cell.clone())?;
                        }
                    }
                }
                self.row = self.row.saturating_add(self.row_repeats);
            }
            _ => {}
        }
        Ok(())
    }

    fn cell(&self) -> Cell {
        match self.kind.as_str() {
            "float" | "percentage" | "currency" => match self.value.parse() {
                Ok(number) => Cell::Number(number),
                Err(_) => Cell::text(&self.text),
            },
            "date" | "time" => Cell::Date,
            "boolean" => Cell::Flag,
            _ => Cell::text(&self.text),
        }
    }
}
