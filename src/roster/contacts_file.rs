//! Contacts in a spreadsheet: their columns, and what a row says. What makes a contact of it is for whoever keeps them to say.

use std::path::Path;

use toml::de::DeValue;

use super::Diagnostic;
use super::findings::Findings;
use super::people_file::COLUMNS;
pub use super::people_file::in_one_cell;
use super::sheet::{self, Column, Kind, Sheet};
use super::source::Span;

static CONTACTS: [Column; 8] = [
    Column { key: "name", kind: Kind::Name, headings: COLUMNS[0].headings },
    Column { key: "name", kind: Kind::NamePart, headings: COLUMNS[1].headings },
    Column { key: "name", kind: Kind::NamePart, headings: COLUMNS[2].headings },
    Column { key: "phone", kind: Kind::Phone, headings: COLUMNS[3].headings },
    Column { key: "email", kind: Kind::Email, headings: COLUMNS[4].headings },
    Column { key: "priority", kind: Kind::Text, headings: &["Priority", "Rank", "Importance", "Invited as"] },
    Column {
        key: "tags",
        kind: Kind::List,
        headings: &["Tags", "Tag", "Labels", "Label", "Categories", "Category", "Groups", "Group", "Team", "Household"],
    },
    Column { key: "note", kind: Kind::Text, headings: &["Note", "Notes", "Remark", "Remarks", "Comment", "Comments"] },
];

/// A row: its cells by their keys, as they are typed; what is missing is empty, and commas stand between tags.
#[derive(Debug)]
pub struct Cells<'s>(&'s [(&'static str, String)]);

impl Cells<'_> {
    /// A cell: `name`, `phone`, `email`, `priority`, `tags` or `note`.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        self.0.iter().find(|(of, _)| *of == key).map_or_else(String::new, |(_, text)| text.clone())
    }
}

/// What is made of the rows, and what should be known though the file is accepted.
pub type Made<T> = (Vec<T>, Vec<Diagnostic>);

/// Reads the contacts of a spreadsheet. `made` makes one of a row, which has this number, or says what is wrong with which cell.
///
/// # Errors
/// Everything that is wrong with it; nothing of it counts then.
pub fn read<T>(
    bytes: &[u8],
    file: &Path,
    mut made: impl FnMut(u32, Cells<'_>) -> Result<T, Vec<(&'static str, String)>>,
) -> Result<Made<T>, Vec<Diagnostic>> {
    let mut findings = Findings::new();
    let sheet = Sheet::read(bytes, file, &CONTACTS, &mut findings);
    let mut all = Vec::new();
    for row in sheet.rows() {
        let (table, whole) = sheet.table(row, &mut findings);
        let text = |value: &DeValue<'_>| match value {
            DeValue::Array(list) => list.iter().filter_map(|it| it.get_ref().as_str()).collect::<Vec<_>>().join(","),
            other => other.as_str().unwrap_or_default().to_owned(),
        };
        let cells: Vec<_> = CONTACTS[2..]
            .iter()
            .filter_map(|column| Some((column.key, text(table.get(column.key)?.get_ref()))))
            .collect();
        match made(row, Cells(&cells)) {
            Ok(one) => all.push(one),
            Err(faults) => faults.into_iter().for_each(|(key, remark)| {
                let at = table.get(key).map_or(whole, |value| Span::from(value.span()));
                findings.error(at, remark);
            }),
        }
    }
    let refused = findings.any_error();
    let found = sheet.problems(findings);
    if refused { Err(found) } else { Ok((all, found)) }
}

/// Contacts as CSV, with the headings that are read back: name, phone, e-mail, priority, tags and note of each.
#[must_use]
pub fn export(rows: impl Iterator<Item = [String; 6]>) -> String {
    let headings = ["Name", "Phone", "Email", "Priority", "Tags", "Note"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(headings).chain(rows).collect();
    sheet::write_csv(rows.iter().map(|row| &row[..]))
}
