//! The people of a roster that is kept in the database, as somebody types them: added, changed, taken out, taken over from
//! a spreadsheet.

use std::path::Path;

use super::details::{remarks, with_hint};
use super::differences::{Difference, differences};
use super::editing::{self, EditingError};
use super::ways::Reachable;
use crate::app::accounts::Owned;
use crate::app::site::Site;
use crate::model::{Deliver, Email, Exchange, Person, Phone, TopicId};
use crate::roster::edit::{Edit, EditError, Edited, Fields};
use crate::roster::people_file::{self, Listed};
use crate::roster::{Diagnostic, Setting, Severity};
use crate::store::StoreError;

/// Somebody as typed.
#[derive(Debug, Clone, Default)]
pub struct TypedPerson {
    pub name: String,
    /// Any usual way of writing it.
    pub phone: String,
    pub email: String,
    /// `sms`, `email`, or nothing.
    pub deliver: String,
    /// With commas between them.
    pub households: String,
    /// The best first, a line each.
    pub wishes: String,
}

impl From<&Person> for TypedPerson {
    fn from(person: &Person) -> Self {
        Self {
            name: person.name.clone(),
            phone: person.phone.as_ref().map(|phone| phone.expose().to_owned()).unwrap_or_default(),
            email: person.email.as_ref().map(|email| email.expose().to_owned()).unwrap_or_default(),
            deliver: person.deliver.map_or("", Deliver::word).to_owned(),
            households: person.households.join(", "),
            wishes: person.wishes.join("\n"),
        }
    }
}

impl TypedPerson {
    /// What is typed, each with the name of its field.
    pub fn named(&self) -> [(&'static str, &str); 6] {
        let Self { name, phone, email, deliver, households, wishes } = self;
        [
            ("Name", name),
            ("Phone", phone),
            ("E-mail address", email),
            ("Told by", deliver),
            ("Household", households),
            ("Wishes", wishes),
        ]
    }

    fn fields(&self) -> Fields {
        let text =
            |text: &str| Some(text.trim()).filter(|text| !text.is_empty()).map(|text| Setting::Text(text.to_owned()));
        let list = |text: &str, end: char| {
            let parts = text.split(end).map(str::trim).filter(|part| !part.is_empty());
            Some(Setting::Texts(parts.map(str::to_owned).collect()))
        };
        vec![
            ("name", text(&self.name)),
            ("phone", text(&self.phone)),
            ("email", text(&self.email)),
            ("deliver", text(&self.deliver)),
            ("household", list(&self.households, ',')),
            ("wishes", list(&self.wishes, '\n')),
        ]
    }
}

/// Adds somebody or, where it is said who they were, changes them, if the roster is still as the site has it.
///
/// # Errors
/// What is wrong with what was typed, a remark each; nothing has changed.
pub fn put(site: &Site, id: Owned<TopicId>, was: Option<&str>, typed: &TypedPerson) -> Result<(), Vec<String>> {
    let (edit, revision) = match was {
        None => (Edit::Add(typed.fields()), None),
        Some(was) => (Edit::Change(was.to_owned(), typed.fields()), site.revision()),
    };
    made(site, id, revision, &[edit]).map(|_edited| ())
}

/// Makes one change of a roster.
///
/// # Errors
/// What keeps it from being made, a remark each; nothing has changed.
pub fn change(site: &Site, id: Owned<TopicId>, edit: Edit) -> Result<(), Vec<String>> {
    made(site, id, None, &[edit]).map(|_edited| ())
}

fn made(site: &Site, id: Owned<TopicId>, revision: Option<i64>, edits: &[Edit]) -> Result<Edited, Vec<String>> {
    let made = editing::change_kept(site, id.id(), revision, edits, site.clock.now());
    made.map(|(edited, _)| edited).map_err(|error| why_not(&error))
}

/// What came of a spreadsheet.
pub struct Imported {
    /// Who joined, and who is another now.
    pub changes: Vec<Difference>,
    /// What is odd about it, a remark each.
    pub warnings: Vec<String>,
    /// The exchange as it is now.
    pub exchange: Exchange,
}

/// Takes a spreadsheet over, all of it or nothing.
///
/// # Errors
/// What is wrong with the spreadsheet, a remark each, with its row and column.
pub fn import(site: &Site, id: Owned<TopicId>, name: &str, bytes: &[u8]) -> Result<Imported, Vec<String>> {
    let read = people_file::read_people(bytes, Path::new(name), &site.exchange);
    let Listed { people, warnings } = read.map_err(|problems| {
        problems.iter().filter(|it| it.severity == Severity::Error).map(Diagnostic::in_a_line).collect::<Vec<_>>()
    })?;
    let edited = made(site, id, None, &people_file::import(&people, &site.exchange))?;
    let changes = differences(&edited.before.exchange, &edited.after.exchange);
    Ok(Imported {
        changes,
        warnings: warnings.iter().map(Diagnostic::in_a_line).collect(),
        exchange: edited.after.exchange,
    })
}

/// Why a roster was not changed, a remark each.
pub fn why_not(error: &EditingError) -> Vec<String> {
    match error {
        EditingError::Edit(EditError::Refused(refusals)) => {
            refusals.iter().map(|refusal| with_hint(&refusal.message, refusal.hint.as_deref())).collect()
        }
        EditingError::Keep(error) => remarks(error),
        other => vec![other.to_string()],
    }
}

/// Somebody as listed.
#[derive(Debug)]
pub struct PersonLine {
    /// As in the roster; addresses print masked.
    pub person: Person,
    /// How they are reached by what they did not ask for.
    pub reachable: Reachable,
}

impl PersonLine {
    /// Their addresses, masked.
    pub fn addresses(&self) -> String {
        let phone = self.person.phone.as_ref().map(Phone::to_string);
        let email = self.person.email.as_ref().map(Email::to_string);
        phone.into_iter().chain(email).collect::<Vec<_>>().join(", ")
    }
}

/// Everybody of the roster.
pub fn list(site: &Site) -> Result<Vec<PersonLine>, StoreError> {
    site.store.read(|tx| {
        let line = |person: &Person| Ok(PersonLine { person: person.clone(), reachable: Reachable::of(tx, person)? });
        site.exchange.people.iter().map(line).collect()
    })
}
