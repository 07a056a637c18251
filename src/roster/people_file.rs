//! People in a spreadsheet: the columns that are known, and the file that a roster names.

use std::collections::HashMap;
use std::path::Path;

use super::edit::{self, Edit, Fields};
use super::exchange::{Country, Heading};
use super::findings::Findings;
use super::settings::Base;
use super::sheet::{self, Column, Kind, Sheet};
use super::{Around, Diagnostic, RosterError, names, people};
use crate::model::{Deliver, Email, Exchange, Person, Phone};

/// What a spreadsheet may say of people, by the headings that offices and clubs give their columns.
pub(super) static COLUMNS: [Column; 8] = [
    Column {
        key: "name",
        kind: Kind::Name,
        headings: &[
            "Name",
            "Full name",
            "Person",
            "Participant",
            "Employee",
            "Employee name",
            "Colleague",
            "Member",
            "Display name",
            "Who",
        ],
    },
    Column {
        key: "name",
        kind: Kind::NamePart,
        headings: &["First name", "Forename", "Given name", "Given names", "First", "Christian name"],
    },
    Column { key: "name", kind: Kind::NamePart, headings: &["Last name", "Surname", "Family name", "Last"] },
    Column {
        key: "phone",
        kind: Kind::Phone,
        headings: &[
            "Phone",
            "Mobile",
            "Mobile phone",
            "Mobile number",
            "Mobile no",
            "Cell",
            "Cellphone",
            "Cell number",
            "Tel",
            "Telephone",
            "Telephone number",
            "Tel no",
            "Phone number",
            "Phone no",
            "Number",
            "Contact number",
            "SMS",
        ],
    },
    Column {
        key: "email",
        kind: Kind::Email,
        headings: &["Email", "Mail", "Email address", "Mail address", "Work email", "Email work"],
    },
    Column {
        key: "household",
        kind: Kind::List,
        headings: &[
            "Household",
            "Households",
            "Team",
            "Teams",
            "Group",
            "Groups",
            "Department",
            "Departments",
            "Dept",
            "Family",
            "Couple",
            "Home",
            "Room",
            "Office",
        ],
    },
    Column {
        key: "deliver",
        kind: Kind::Way,
        headings: &["Deliver", "Deliver by", "Delivery", "Told by", "Text or email", "Contact by"],
    },
    Column { key: "wishes", kind: Kind::List, headings: &["Wishes", "Wish", "Wish list", "Wishlist", "Would like"] },
];

/// The spreadsheet that a roster names. One that cannot be opened is a problem of the roster's.
pub(super) fn open(
    heading: &Heading,
    base: Base<'_>,
    around: Around<'_>,
    in_sheet: &mut Findings,
    findings: &mut Findings,
) -> Option<Sheet> {
    let named = heading.people.as_ref()?;
    if named.value.starts_with('~') {
        findings
            .error(named.at, "`people` starts with ~, which only a shell understands")
            .hint("write the whole path, or one relative to this file");
        return None;
    }
    let path = base.join(&named.value);
    match (around.files)(&path) {
        Ok(bytes) => Some(Sheet::read(&bytes, &path, &COLUMNS, in_sheet)),
        Err(why) => {
            let (why, hint) = match &why {
                RosterError::NoFolder => (why.to_string(), "take the people over: `xchange people import FILE`"),
                RosterError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                    (format!("there is no {}", path.display()), "a path is relative to this file's folder")
                }
                _ => (why.to_string(), "name a CSV, XLSX or ODS file"),
            };
            findings.error(named.at, why).hint(hint);
            None
        }
    }
}

/// The people of a spreadsheet.
#[derive(Debug)]
pub struct Listed {
    /// Everybody, in the order of the rows.
    pub people: Vec<Person>,
    /// What should be known though the file is accepted.
    pub warnings: Vec<Diagnostic>,
}

/// Reads the people of a spreadsheet for a roster, whose country its phones are read in.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_people(bytes: &[u8], file: &Path, exchange: &Exchange) -> Result<Listed, Vec<Diagnostic>> {
    let country = exchange.country.clone().map_or(Country::Missing, Country::Known);
    let heading = Heading { keyword: exchange.keyword.clone(), country, ..Heading::default() };
    let mut findings = Findings::new();
    let sheet = Sheet::read(bytes, file, &COLUMNS, &mut findings);
    let people = people::read_rows(&sheet, &heading, &exchange.people, &mut findings);
    let refused = findings.any_error();
    let warnings = sheet.problems(findings);
    if refused { Err(warnings) } else { Ok(Listed { people, warnings }) }
}

/// What brings listed people into a roster: who is new is added, who is there by name gets what the list says of them, and
/// what it does not say stays. An invented family gives way to real people.
#[must_use]
pub fn import(listed: &[Person], exchange: &Exchange) -> Vec<Edit> {
    if super::is_example(exchange) {
        let added = listed.iter().map(|person| Edit::Add(edit::fields(person)));
        let gone = exchange.people.iter().map(|person| Edit::Remove(person.name.clone()));
        return added.chain(gone).collect();
    }
    let known: HashMap<String, &Person> =
        exchange.people.iter().map(|person| (names::fold(&person.name), person)).collect();
    let edit = |person: &Person| match known.get(&names::fold(&person.name)) {
        None => Some(Edit::Add(edit::fields(person))),
        Some(known) => {
            let news = news(known, person);
            (!news.is_empty()).then(|| Edit::Change(known.name.clone(), news))
        }
    };
    listed.iter().filter_map(edit).collect()
}

/// What a list says of somebody and is not known yet.
fn news(known: &Person, listed: &Person) -> Fields {
    let folded = |households: &[String]| households.iter().map(|name| names::fold(name)).collect::<Vec<_>>();
    let is_known = |key: &str| match key {
        "phone" => known.phone == listed.phone,
        "email" => known.email == listed.email,
        "household" => folded(&known.households) == folded(&listed.households),
        "wishes" => known.wishes == listed.wishes,
        "deliver" => known.deliver == listed.deliver,
        // In whichever spelling.
        _ => true,
    };
    edit::fields(listed).into_iter().filter(|(key, _)| !is_known(key)).collect()
}

/// Everybody as CSV, with the headings that are read back.
#[must_use]
pub fn export(people: &[Person]) -> String {
    let headings = ["Name", "Phone", "Email", "Deliver", "Household", "Wishes"].map(str::to_owned);
    let rows = people.iter().map(|person| {
        let phone = person.phone.as_ref().map_or("", Phone::expose).to_owned();
        let email = person.email.as_ref().map_or("", Email::expose).to_owned();
        let deliver = person.deliver.map_or("", Deliver::word).to_owned();
        [person.name.clone(), phone, email, deliver, in_one_cell(&person.households), in_one_cell(&person.wishes)]
    });
    let rows: Vec<_> = std::iter::once(headings).chain(rows).collect();
    sheet::write_csv(rows.iter().map(|row| &row[..]))
}

/// Several texts, a line each. One alone that holds a semicolon gets a line end, which tells that the semicolon parts nothing.
#[must_use]
pub fn in_one_cell(texts: &[String]) -> String {
    match texts {
        [one] if one.contains(';') => format!("{one}\n"),
        several => several.join("\n"),
    }
}

#[cfg(test)]
mod tests;
