//! A sheet with its headings found: rows as tables, and problems as file, sheet, row and column.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::super::diagnostic::{Diagnostic, Place, Severity};
use super::super::findings::Findings;
use super::super::names;
use super::super::secrets;
use super::super::source::Span;
use super::columns::listed;
use super::{Cell, Column, Grid, HEADINGS_WITHIN, Kind, MOST_ROWS};
use crate::model::masked;

/// How many headings are named that nobody knows.
const NAMED: usize = 8;

/// A sheet, its headings found.
#[derive(Debug)]
pub(in super::super) struct Sheet {
    file: PathBuf,
    grid: Grid,
    /// Where the rows below the headings begin.
    first: usize,
    /// The columns that are known, by their places from 0, in the order in which they are known.
    columns: Vec<(usize, &'static Column)>,
}

/// A row, counted as the spreadsheet does, and a column counted from 1; 0 is all of them.
fn span(row: u32, column: usize) -> Span {
    let at = row as usize * SPREAD + column;
    Span { start: at, end: at }
}

/// Room for the columns of a row within a span.
const SPREAD: usize = 1 << 12;

impl Sheet {
    /// Reads a sheet. What is wrong with it as a whole is found at once, and it has no rows then.
    pub(in super::super) fn read(bytes: &[u8], file: &Path, known: &'static [Column], findings: &mut Findings) -> Self {
        let mut sheet = Self { file: file.to_owned(), grid: Grid::default(), first: 0, columns: Vec::new() };
        match Grid::read(bytes) {
            Ok(grid) => sheet.grid = grid,
            Err(fault) => findings.error(span(fault.row, 0), fault.message).hint(fault.hint),
        }
        sheet.find_headings(known, findings);
        sheet
    }

    /// Whether there is a column of this key.
    pub(in super::super) fn has(&self, key: &str) -> bool {
        self.columns.iter().any(|(_, column)| column.key == key)
    }

    /// How messages about another file name this one.
    pub(in super::super) fn name(&self) -> String {
        self.file.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn find_headings(&mut self, known: &'static [Column], findings: &mut Findings) {
        let Some(needed) = known.first().filter(|_| !findings.any_error()) else { return };
        let is_headed = |cell: &Cell| known.iter().any(|it| it.key == needed.key && it.is_headed(&cell.shown()));
        let headed = |(_, cells): &(u32, Vec<Cell>)| cells.iter().any(is_headed);
        let Some(at) = self.grid.rows.iter().take(HEADINGS_WITHIN).position(headed) else {
            let usual: Vec<&str> = known.iter().filter_map(|column| column.headings.first().copied()).collect();
            match self.grid.rows.first() {
                None => findings.error(Span::default(), "there is nothing in it"),
                Some((row, _)) => findings.error(span(*row, 0), format!("no column is headed {}", needed.headings[0])),
            }
            .hint(format!("the first row holds the headings: {}", usual.join(", ")));
            return;
        };
        let (row, headings) = self.grid.rows[at].clone();
        self.first = at + 1;
        self.know_columns(row, &headings, known, findings);
        if self.grid.rows.len() - self.first > MOST_ROWS {
            let (row, _) = self.grid.rows[self.first + MOST_ROWS];
            findings
                .error(span(row, 0), format!("it has more than {MOST_ROWS} rows"))
                .hint("take them in several files");
            self.columns.clear();
        }
    }

    fn know_columns(&mut self, row: u32, headings: &[Cell], known: &'static [Column], findings: &mut Findings) {
        let shown: Vec<String> = headings.iter().map(Cell::shown).collect();
        let is_whole = |column: &Column| column.kind == Kind::Name && shown.iter().any(|it| column.is_headed(it));
        let mut left_out: Vec<usize> = (0..shown.len()).filter(|place| !shown[*place].trim().is_empty()).collect();
        for column in known {
            let places: Vec<usize> = (0..shown.len()).filter(|place| column.is_headed(&shown[*place])).collect();
            left_out.retain(|place| !places.contains(place));
            let part_of_whole = |whole: &Column| whole.key == column.key && is_whole(whole);
            if column.kind == Kind::NamePart && known.iter().any(part_of_whole) {
                continue;
            }
            if let [_, second, ..] = places[..]
                && column.kind != Kind::List
            {
                let named: Vec<String> = places.iter().map(|place| names::quoted(&shown[*place])).collect();
                findings
                    .error(span(row, second + 1), format!("{} mean the same", named.join(" and ")))
                    .hint("keep one; a column with a heading that nobody knows is left out");
            }
            self.columns.extend(places.into_iter().map(|place| (place, column)));
        }
        if let Some(first) = left_out.first() {
            let named: Vec<String> = left_out.iter().take(NAMED).map(|place| names::quoted(&shown[*place])).collect();
            let more = left_out.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            findings.warning(
                span(row, first + 1),
                format!("left out, for nobody knows what it is: {}{more}", named.join(", ")),
            );
        }
    }

    /// The numbers of the rows that hold anything in a known column.
    pub(in super::super) fn rows(&self) -> impl Iterator<Item = u32> + '_ {
        let filled = |cells: &[Cell]| {
            self.columns.iter().any(|(place, _)| cells.get(*place).is_some_and(|it| *it != Cell::Empty))
        };
        self.grid.rows.iter().skip(self.first).filter(move |(_, cells)| filled(cells)).map(|(row, _)| *row)
    }

    /// A row as a table; what stands in its cells and is no text is found at once.
    pub(in super::super) fn table(&self, row: u32, findings: &mut Findings) -> (DeTable<'static>, Span) {
        let mut table = DeTable::new();
        for (place, column) in &self.columns {
            let Some(cell) = self.cell(row, *place).filter(|cell| **cell != Cell::Empty) else { continue };
            let at = span(row, place + 1);
            match cell.meant(column.kind) {
                Ok(text) => put(&mut table, column, &text, at),
                Err((message, hint)) => {
                    findings.error(at, message).hint(hint);
                    // There is something, so nothing is missing as well.
                    put(&mut table, column, "", at);
                }
            }
        }
        (table, span(row, 0))
    }

    fn cell(&self, row: u32, place: usize) -> Option<&Cell> {
        let at = self.grid.rows.binary_search_by_key(&row, |(row, _)| *row).ok()?;
        self.grid.rows[at].1.get(place)
    }

    /// Everything found in the sheet, in its order.
    pub(in super::super) fn problems(&self, findings: Findings) -> Vec<Diagnostic> {
        let mut problems =
            findings.into_problems(|severity, at, (message, hint)| self.diagnostic(severity, at, message, hint));
        // What else is said of a cell whose value was refused is the echo of that.
        let at = |problem: &Diagnostic| (problem.line, problem.column);
        problems.dedup_by(|echo, first| first.severity == Severity::Error && first.column > 0 && at(echo) == at(first));
        problems
    }

    fn diagnostic(&self, severity: Severity, at: Span, message: String, hint: Option<String>) -> Diagnostic {
        let (row, column) = (at.start / SPREAD, at.start % SPREAD);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let cell = column.checked_sub(1).and_then(|place| self.cell(number(row), place));
        let headings = self.first.checked_sub(1).map(|at| &self.grid.rows[at]);
        let heading = headings.and_then(|(at, cells)| {
            let heading = cells.get(column.checked_sub(1)?)?.shown();
            (number(row) != *at).then_some(heading)
        });
        let known = self.columns.iter().find(|(place, _)| place + 1 == column).map(|(_, column)| column.kind);
        let place =
            Place { sheet: self.grid.sheet.clone(), heading, value: cell.and_then(|cell| fit_to_show(cell, known)) };
        let (line, column) = (number(row), number(column));
        Diagnostic { severity, file: self.file.clone(), line, column, message, hint, snippet: None, place: Some(place) }
    }
}

/// A cell's value as it can be shown: an address masked, wherever it stands, short, and nothing that looks like a secret.
fn fit_to_show(cell: &Cell, kind: Option<Kind>) -> Option<String> {
    let text = cell.shown();
    let like_one = text.contains('@') || text.bytes().filter(u8::is_ascii_digit).count() >= 7;
    let is_address = like_one || matches!(kind, Some(Kind::Phone | Kind::Email));
    let hidden = !matches!(cell, Cell::Fault(_)) && (is_address || secrets::is_suspicious(&text));
    (!text.is_empty()).then(|| if hidden { masked(&text) } else { names::quoted(&text) })
}

/// Puts a cell's text under its key, behind what other columns of the key have put there.
fn put(table: &mut DeTable<'static>, column: &Column, text: &str, at: Span) {
    let (key, range) = (Cow::Borrowed(column.key), at.start..at.end);
    let string = |text: &str| DeValue::String(Cow::Owned(text.to_owned()));
    let there = table.get_mut(column.key).map(Spanned::get_mut);
    let value = match (column.kind, there) {
        (Kind::List, Some(DeValue::Array(list))) => {
            listed(text).for_each(|text| list.push(Spanned::new(range.clone(), string(text))));
            return;
        }
        (Kind::NamePart, Some(DeValue::String(name))) => return name.to_mut().extend([" ", text]),
        (Kind::List, _) => {
            let mut list = DeArray::new();
            listed(text).for_each(|text| list.push(Spanned::new(range.clone(), string(text))));
            DeValue::Array(list)
        }
        _ => string(text),
    };
    table.insert(Spanned::new(range.clone(), key), Spanned::new(range, value));
}
