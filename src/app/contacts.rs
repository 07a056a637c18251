//! The address book: whom an account may invite or write to.

pub mod forgetting;
pub mod sheet;
#[cfg(test)]
mod tests;

use super::accounts::{self, AccountError, Owned};
use crate::model::{AddressError, ContactId, Email, Phone};
use crate::roster::{LONGEST_NAME, name_fault, tidy};
use crate::store::{Contact, Reach, StoreError, Tx};

/// The longest tag, in characters.
const LONGEST_TAG: usize = 40;

/// The most tags of a contact.
const MOST_TAGS: usize = 20;

/// The longest note, in characters.
const LONGEST_NOTE: usize = 500;

/// Where a contact stands that says nothing else.
pub const USUAL_PRIORITY: u32 = 5;

/// The last to be invited.
const LAST_PRIORITY: u32 = 99;

/// A contact as somebody typed it.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// What they are called.
    pub name: String,
    /// Any usual way of writing it.
    pub phone: String,
    /// Where they are written to.
    pub email: String,
    /// 1 is invited first; 5 where nothing is said.
    pub priority: String,
    /// With commas between them.
    pub tags: String,
    /// Whatever the owner wants to remember.
    pub note: String,
}

/// What is wrong with a field: its name, and a remark.
pub type Fault = (&'static str, String);

impl From<&Contact> for Typed {
    fn from(contact: &Contact) -> Self {
        Self {
            name: contact.name.clone(),
            phone: contact.phone.as_ref().map(|phone| phone.expose().to_owned()).unwrap_or_default(),
            email: contact.email.as_ref().map(|email| email.expose().to_owned()).unwrap_or_default(),
            priority: contact.priority.to_string(),
            tags: contact.tags.join(", "),
            note: contact.note.clone(),
        }
    }
}

impl Typed {
    /// The contact that is meant, or everything that is wrong; `country` serves phones without a country code.
    pub fn read(&self, country: Option<&str>) -> Result<Contact, Vec<Fault>> {
        let mut faults = Vec::new();
        let name = read_name(&self.name).map_err(|remark| faults.push(("name", remark)));
        let phone = given(&self.phone).map(|text| Phone::parse(text, country)).transpose();
        let phone = phone.map_err(|error| faults.push(("phone", in_words(&error))));
        let email = given(&self.email).map(Email::parse).transpose();
        let email = email.map_err(|error| faults.push(("email", in_words(&error))));
        if (&phone, &email) == (&Ok(None), &Ok(None)) {
            faults.push(("phone", "a contact has a phone or an e-mail address".to_owned()));
        }
        let priority = read_priority(&self.priority).map_err(|remark| faults.push(("priority", remark)));
        let tags = read_tags(&self.tags).map_err(|remark| faults.push(("tags", remark)));
        let note = read_note(&self.note).map_err(|remark| faults.push(("note", remark)));
        match (name, phone, email, priority, tags, note) {
            (Ok(name), Ok(phone), Ok(email), Ok(priority), Ok(tags), Ok(note)) if faults.is_empty() => {
                Ok(Contact { name, phone, email, priority, tags, note })
            }
            _ => Err(faults),
        }
    }
}

fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

fn in_words(error: &AddressError) -> String {
    match error {
        AddressError::NoCountry => "this phone number has no country code: write it as +44 7700 900123".to_owned(),
        other => other.to_string(),
    }
}

fn read_name(text: &str) -> Result<String, String> {
    let name = tidy(text);
    if name.is_empty() {
        return Err("a contact has a name".to_owned());
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(format!("a name has at most {LONGEST_NAME} characters"));
    }
    if name.chars().any(char::is_control) {
        return Err("a name is one line without control characters".to_owned());
    }
    name_fault(&name).map_or(Ok(name), |(what, hint)| Err(format!("the name {what}; {hint}")))
}

fn read_priority(text: &str) -> Result<u32, String> {
    let Some(text) = given(text) else { return Ok(USUAL_PRIORITY) };
    let priority = text.parse().ok().filter(|priority| (1..=LAST_PRIORITY).contains(priority));
    priority.ok_or_else(|| format!("a priority is a number from 1, invited first, to {LAST_PRIORITY}"))
}

fn read_tags(text: &str) -> Result<Vec<String>, String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in text.split(',').map(tidy).filter(|tag| !tag.is_empty()) {
        if tag.chars().count() > LONGEST_TAG || tag.chars().any(char::is_control) {
            return Err(format!("a tag is one line of at most {LONGEST_TAG} characters; commas stand between tags"));
        }
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    if tags.len() > MOST_TAGS { Err(format!("a contact has at most {MOST_TAGS} tags")) } else { Ok(tags) }
}

fn read_note(text: &str) -> Result<String, String> {
    let note = text.trim().replace("\r\n", "\n");
    if note.chars().count() > LONGEST_NOTE {
        Err(format!("a note has at most {LONGEST_NOTE} characters"))
    } else if note.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        Err("a note has no control characters".to_owned())
    } else {
        Ok(note)
    }
}

/// A stretch of the contacts within a reach whose name, address or tags hold the words sought, and how many there are.
pub fn search(
    tx: &Tx<'_>,
    reach: Reach,
    sought: &str,
    (from, most): (usize, usize),
) -> Result<(Vec<(ContactId, Contact)>, usize), StoreError> {
    let sought = sought.trim().to_lowercase();
    let mut found = tx.contacts(reach)?;
    found.retain(|(_, contact)| holds(contact, &sought));
    found.sort_by_cached_key(|(_, contact)| contact.name.to_lowercase());
    let all = found.len();
    Ok((found.into_iter().skip(from).take(most).collect(), all))
}

fn holds(contact: &Contact, sought: &str) -> bool {
    let Contact { name, phone, email, tags, .. } = contact;
    let is_in = |text: &str| text.to_lowercase().contains(sought);
    sought.is_empty()
        || is_in(name)
        || phone.as_ref().is_some_and(|phone| is_in(phone.expose()))
        || email.as_ref().is_some_and(|email| is_in(email.expose()))
        || tags.iter().any(|tag| is_in(tag))
}

/// At most so many contacts within a reach that were added after one, in the order they were added.
pub fn after(tx: &Tx<'_>, reach: Reach, after: ContactId, most: u32) -> Result<Vec<(ContactId, Contact)>, StoreError> {
    tx.contacts_after(reach, after, most)
}

/// All contacts of a hand, or of all hands, that hold the words sought; each with the account it is of, if any.
pub fn all(
    tx: &Tx<'_>,
    sought: &str,
    account: Option<&str>,
) -> Result<Vec<(ContactId, Contact, Option<String>)>, AccountError> {
    let mut found = Vec::new();
    for (owner, reach) in accounts::hands(tx, account)? {
        let (theirs, _) = search(tx, reach, sought, (0, usize::MAX))?;
        found.extend(theirs.into_iter().map(|(id, contact)| (id, contact, owner.clone())));
    }
    Ok(found)
}

/// A contact as the command line has found it.
#[derive(Debug)]
pub struct Found {
    /// Its row.
    pub id: Owned<ContactId>,
    /// As it is.
    pub contact: Contact,
    /// Which of its revisions that is.
    pub revision: i64,
}

/// The contacts of a hand, or of all hands, that are called so or, where none is, have this number.
pub fn named(tx: &Tx<'_>, name: &str, account: Option<&str>) -> Result<Vec<Found>, AccountError> {
    let name = tidy(name).to_lowercase();
    let (mut called, mut numbered) = (Vec::new(), Vec::new());
    for (_, reach) in accounts::hands(tx, account)? {
        for (id, contact) in tx.contacts(reach)? {
            let is_called = contact.name.to_lowercase() == name;
            if (is_called || id.0.to_string() == name)
                && let Some(id) = accounts::authorize(tx, reach, id)?
                && let Some((contact, revision)) = get(tx, id)?
            {
                if is_called { &mut called } else { &mut numbered }.push(Found { id, contact, revision });
            }
        }
    }
    Ok(if called.is_empty() { numbered } else { called })
}

/// Adds a contact to those of whoever reaches so far.
pub fn add(tx: &Tx<'_>, reach: Reach, contact: &Contact, now: jiff::Timestamp) -> Result<ContactId, StoreError> {
    let added = tx.insert_contacts(reach.owner(), std::slice::from_ref(contact), now)?;
    added.first().copied().ok_or_else(|| StoreError::damaged("contact", "it was not kept"))
}

/// A contact, and its revision, by which whoever changes it says what they have seen.
pub fn get(tx: &Tx<'_>, id: Owned<ContactId>) -> Result<Option<(Contact, i64)>, StoreError> {
    tx.contact(id.id())
}

/// Writes a contact down anew, if it is still of this revision; `false` where somebody else was faster.
pub fn change(tx: &Tx<'_>, id: Owned<ContactId>, contact: &Contact, revision: i64) -> Result<bool, StoreError> {
    let is_changed = tx.update_contact(id.id(), contact, revision)?;
    if is_changed {
        // Whoever is invited is reached at their new address from now on.
        tx.follow_contact(id.id())?;
    }
    Ok(is_changed)
}

/// What keeps a contact from being reached in one way or in all; empty where nothing does.
pub fn out_of_reach(tx: &Tx<'_>, contact: &Contact) -> Result<&'static str, StoreError> {
    let has_stopped = contact.phone.as_ref().map(|phone| tx.is_opted_out(phone)).transpose()?;
    let refuses_mail = contact.email.as_ref().map(|email| tx.has_opted_out_of_mail(email)).transpose()?;
    Ok(match (has_stopped, refuses_mail) {
        (Some(true), Some(false)) => "has said STOP: by e-mail only",
        (Some(true), None) => "has said STOP: out of reach",
        (Some(true), Some(true)) => "has said STOP, and wants no e-mail: out of reach",
        (Some(false), Some(true)) => "wants no e-mail: by text only",
        (None, Some(true)) => "wants no e-mail: out of reach",
        (_, None | Some(false)) => "",
    })
}
