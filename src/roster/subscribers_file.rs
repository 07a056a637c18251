//! Subscribers in a spreadsheet: their columns, and what a row says.

use std::path::Path;

use super::Diagnostic;
use super::exchange::{Country, read_timezone};
use super::findings::Findings;
use super::keys::{self};
use super::names::{self, LONGEST_NAME};
use super::people::{read_email, read_phone};
use super::people_file::COLUMNS;
use super::section::Section;
use super::sheet::{self, Column, Kind, Sheet};
use crate::model::{Email, Phone};

static SUBSCRIBERS: [Column; 8] = [
    Column {
        key: "first_name",
        kind: Kind::Name,
        headings: &["First name", "Forename", "Given name", "Name", "Full name", "Member", "Who"],
    },
    Column { key: "last_name", kind: Kind::Name, headings: &["Last name", "Surname", "Family name"] },
    Column { key: "phone", kind: Kind::Phone, headings: COLUMNS[3].headings },
    Column { key: "email", kind: Kind::Email, headings: COLUMNS[4].headings },
    Column {
        key: "consent",
        kind: Kind::Text,
        headings: &["Consent", "Agreed", "Opt in", "Opted in", "Evidence", "Consent given", "Signed up", "Permission"],
    },
    Column { key: "tags", kind: Kind::List, headings: &["Tags", "Tag", "Group", "Groups", "Team"] },
    Column { key: "timezone", kind: Kind::Text, headings: &["Time zone", "Timezone", "Zone", "TZ"] },
    Column { key: "state", kind: Kind::Text, headings: &["State", "Status"] },
];

/// What stands in a column of consent and is none.
const NONE: [&str; 7] = ["no", "n", "false", "0", "none", "-", "not yet"];

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Where they are texted.
    pub phone: Option<Phone>,
    /// Where they are written to.
    pub email: Option<Email>,
    /// Evidence that they agreed, in whatever words.
    pub consent: Option<String>,
    /// In their order.
    pub tags: Vec<String>,
    /// Where they are, by its IANA name.
    pub timezone: Option<String>,
    /// They want no more.
    pub withdrawn: bool,
}

/// Reads the subscribers of a spreadsheet, and what should be known of it though it is accepted.
///
/// # Errors
/// Everything that is wrong with it; nothing of it counts then.
pub fn read(bytes: &[u8], file: &Path, country: Option<&str>) -> Result<(Vec<Row>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let country = country.map_or(Country::Missing, |country| Country::Known(country.to_owned()));
    let mut findings = Findings::new();
    let sheet = Sheet::read(bytes, file, &SUBSCRIBERS, &mut findings);
    let rows: Vec<Row> = sheet.rows().filter_map(|row| read_row(&sheet, row, &country, &mut findings)).collect();
    let refused = findings.any_error();
    let found = sheet.problems(findings);
    if refused { Err(found) } else { Ok((rows, found)) }
}

fn read_row(sheet: &Sheet, row: u32, country: &Country, findings: &mut Findings) -> Option<Row> {
    const LONGEST: usize = 200;
    let (table, at) = sheet.table(row, findings);
    let section = Section::new(&keys::SUBSCRIBER_ROW, &table, at, findings);
    let name =
        |key, findings: &mut Findings| section.line(key, LONGEST_NAME, findings).map(|found| names::tidy(found.value));
    let first = name("first_name", findings).unwrap_or_default();
    let last = name("last_name", findings);
    let phone = section.line("phone", LONGEST_NAME, findings).and_then(|found| read_phone(found, country, findings));
    let email = section.line("email", 254, findings).and_then(|found| read_email(found, findings));
    let text =
        |key, findings: &mut Findings| section.line(key, LONGEST, findings).map(|found| found.value.trim().to_owned());
    let consent = text("consent", findings).filter(|text| !NONE.contains(&&*text.to_lowercase()) && !text.is_empty());
    let state = text("state", findings).unwrap_or_default();
    // As in the address book, a comma parts two of them.
    let tags = section.lines("tags", LONGEST_NAME, findings).into_iter();
    let tags = tags.flat_map(|found| found.value.split(',').map(names::tidy).collect::<Vec<_>>());
    let tags = tags.filter(|tag| !tag.is_empty()).collect();
    let timezone = read_timezone(&section, findings);
    if !section.has("phone") && !section.has("email") {
        findings.error(section.at, "this row has neither a phone nor an email").hint("add one of them");
        return None;
    }
    // A whole name in one column: the first word is what somebody is called.
    let (first, last) = match (last, first.split_once(' ')) {
        (None, Some((first, rest))) => (first.to_owned(), rest.to_owned()),
        (last, _) => (first, last.unwrap_or_default()),
    };
    Some(Row {
        first_name: first,
        last_name: last,
        phone: phone.map(|found| found.value),
        email: email.map(|found| found.value),
        consent,
        tags,
        timezone,
        withdrawn: state.eq_ignore_ascii_case("withdrawn"),
    })
}

/// Subscribers as CSV, with the headings that are read back.
#[must_use]
pub fn export(rows: &[Row]) -> String {
    let headings =
        ["First name", "Last name", "Phone", "Email", "Consent", "Tags", "Time zone", "State"].map(str::to_owned);
    let cells = rows.iter().map(|row| {
        [
            row.first_name.clone(),
            row.last_name.clone(),
            row.phone.as_ref().map_or("", Phone::expose).to_owned(),
            row.email.as_ref().map_or("", Email::expose).to_owned(),
            row.consent.clone().unwrap_or_default(),
            row.tags.join("; "),
            row.timezone.clone().unwrap_or_default(),
            if row.withdrawn { "withdrawn" } else { "" }.to_owned(),
        ]
    });
    let all: Vec<_> = std::iter::once(headings).chain(cells).collect();
    sheet::write_csv(all.iter().map(|row| &row[..]))
}
