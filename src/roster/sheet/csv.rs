//! CSV: comma, semicolon or tab, as spreadsheets and other programs write it. Written by hand and not with a crate, for
//! rows are numbered as a spreadsheet numbers them, empty ones too, and a quote that is never closed is told where it opens.

use super::{Cell, Fault, Grid, SAVE_AS, fault};

pub(super) fn read(bytes: &[u8]) -> Result<Grid, Fault> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(fault("its text is UTF-16, not UTF-8", SAVE_AS));
    }
    let text = std::str::from_utf8(bytes).map_err(|wrong| {
        let row = records(&bytes[..wrong.valid_up_to()]);
        Fault { row, message: "this is not UTF-8 text".to_owned(), hint: SAVE_AS }
    })?;
    if text.contains('\0') {
        return Err(fault("it is no text, and no XLSX or ODS file either", SAVE_AS));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Excel's own way to say it.
    let told = text.strip_prefix("sep=").and_then(|rest| rest.chars().next().filter(char::is_ascii));
    let separator = told.unwrap_or_else(|| separator(text));
    let text = if told.is_some() { text.split_once('\n').map_or("", |(_, rest)| rest) } else { text };
    let mut reader = Reader { grid: Grid::default(), row: 1, column: 0, cell: String::new() };
    reader.read(text, separator)?;
    Ok(reader.grid)
}

/// Which of the three parts the first line that says anything.
fn separator(text: &str) -> char {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let count = |separator: &char| {
        let mut quoted = false;
        let free = |c: &char| {
            quoted ^= *c == '"';
            !quoted && c == separator
        };
        line.chars().filter(free).count()
    };
    // Of equals the last wins: a comma also stands within texts.
    [',', '\t', ';'].into_iter().max_by_key(count).unwrap_or(',')
}

/// About which row some bytes end in.
fn records(bytes: &[u8]) -> u32 {
    let ends = bytes.iter().filter(|byte| **byte == b'\n').count();
    u32::try_from(ends + 1).unwrap_or(u32::MAX)
}

struct Reader {
    grid: Grid,
    row: u32,
    column: usize,
    cell: String,
}

impl Reader {
    fn read(&mut self, text: &str, separator: char) -> Result<(), Fault> {
        // The row a quote was opened in, while it is open.
        let mut opened: Option<u32> = None;
        let mut fresh = true;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let starts = std::mem::take(&mut fresh);
            match c {
                '"' if opened.is_some() && chars.peek() == Some(&'"') => {
                    chars.next();
                    self.cell.push('"');
                }
                '"' if opened.is_some() => opened = None,
                '"' if starts => opened = Some(self.row),
                c if opened.is_some() => self.cell.push(c),
                c if c == separator => {
                    self.end_cell()?;
                    fresh = true;
                }
                '\r' | '\n' => {
                    if c == '\r' && chars.peek() == Some(&'\n') {
                        chars.next();
                    }
                    self.end_cell()?;
                    (self.row, self.column, fresh) = (self.row + 1, 0, true);
                }
                c => self.cell.push(c),
            }
        }
        if let Some(row) = opened {
            let message = "a quote is opened here and never closed".to_owned();
            return Err(Fault { row, message, hint: "put one behind the text, and write two for one within it" });
        }
        self.end_cell()
    }

    fn end_cell(&mut self) -> Result<(), Fault> {
        let text = std::mem::take(&mut self.cell);
        let column = self.column;
        self.column += 1;
        if text.trim().is_empty() { Ok(()) } else { self.grid.put(self.row, column, Cell::Text(text)) }
    }
}

/// Writes rows as RFC 4180 has them. What a spreadsheet would take for a formula gets an apostrophe in front, which the
/// reader takes off again; a phone is a plus and digits and stays as it is.
pub fn write<'r>(rows: impl IntoIterator<Item = &'r [String]>) -> String {
    let mut text = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            if column > 0 {
                text.push(',');
            }
            let is_phone = cell
                .strip_prefix('+')
                .is_some_and(|rest| rest.len() > 1 && rest.bytes().all(|byte| byte.is_ascii_digit()));
            let guard = if needs_guard(cell) && !is_phone { "'" } else { "" };
            if guard.is_empty() && !is_phone && !cell.contains(['"', ',', ';', '\t', '\n', '\r']) {
                text.push_str(cell);
            } else {
                text.extend(["\"", guard, &cell.replace('"', "\"\""), "\""]);
            }
        }
        text.push_str("\r\n");
    }
    text
}

/// Whether a cell begins as a formula does, or as one that was guarded before.
fn needs_guard(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\''])
}

/// A cell without the apostrophe that guards it.
pub(super) fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| needs_guard(rest)).unwrap_or(cell)
}
