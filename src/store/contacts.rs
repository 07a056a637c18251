//! Contacts: whom an account may invite or write to.

use jiff::Timestamp;

use super::accounts::OWNED;
use super::{Reach, StoreError, Tx, from_row, values};
use crate::model::{AccountId, ContactId, Email, Phone, TopicId};

/// Somebody to invite or to write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub name: String,
    pub phone: Option<Phone>,
    pub email: Option<Email>,
    /// 1 is invited first.
    pub priority: u32,
    /// In their order; none of them holds a comma.
    pub tags: Vec<String>,
    /// The owner's own words.
    pub note: String,
}

const CONTACT: &str = "SELECT id, name, phone, email, priority, tags, note FROM contact";
from_row!(Contact: name, phone, email, priority, tags, note);

impl Tx<'_> {
    /// Adds contacts, and gives their rows in the same order.
    pub fn insert_contacts(
        &self,
        owner: Option<AccountId>,
        contacts: &[Contact],
        at: Timestamp,
    ) -> Result<Vec<ContactId>, StoreError> {
        self.recognise_all(
            contacts.iter().map(|one| (one.phone.as_ref().map(Phone::expose), one.email.as_ref().map(Email::expose))),
        )?;
        let tags: Vec<String> = contacts.iter().map(|contact| contact.tags.join(",")).collect();
        let own = contacts.iter().zip(&tags).map(|(Contact { name, phone, email, priority, note, .. }, tags)| {
            values![name, phone.as_ref(), email.as_ref(), *priority, tags, note].to_vec()
        });
        let sql =
            "INSERT INTO contact (owner, added_at, name, phone, email, priority, tags, note) VALUES {} RETURNING id";
        self.insert_all(sql, values![owner, at], own)
    }

    /// The contacts within a reach, in the order of their names' characters.
    pub fn contacts(&self, reach: Reach) -> Result<Vec<(ContactId, Contact)>, StoreError> {
        let sql = format!("{CONTACT} WHERE {OWNED} ORDER BY name, id");
        self.all(&sql, values![reach.account, reach.sites_own])
    }

    /// At most so many contacts within a reach that were added after one, in the order they were added.
    pub fn contacts_after(
        &self,
        reach: Reach,
        after: ContactId,
        most: u32,
    ) -> Result<Vec<(ContactId, Contact)>, StoreError> {
        let sql = format!("{CONTACT} WHERE {OWNED} AND id > $3 ORDER BY id LIMIT $4");
        self.all(&sql, values![reach.account, reach.sites_own, after, most])
    }

    /// A contact, and its revision.
    pub fn contact(&self, id: ContactId) -> Result<Option<(Contact, i64)>, StoreError> {
        let sql = "SELECT name, phone, email, priority, tags, note, revision FROM contact WHERE id = $1";
        self.one(sql, values![id])
    }

    /// Writes a contact down anew, if it is still of this revision; `true` when that was so.
    pub fn update_contact(&self, id: ContactId, contact: &Contact, revision: i64) -> Result<bool, StoreError> {
        let Contact { name, phone, email, priority, tags, note } = contact;
        let email = email.as_ref().map(Email::expose);
        self.recognise(phone.as_ref().map(Phone::expose), email)?;
        self.changes(
            "UPDATE contact SET name = $2, phone = $3, email = $4, priority = $5, tags = $6, note = $7, \
             revision = revision + 1 WHERE id = $1 AND revision = $8",
            values![id, name, phone.as_ref(), email, *priority, &tags.join(","), note, revision],
        )
    }

    /// Removes a contact.
    pub fn remove_contact(&self, id: ContactId) -> Result<(), StoreError> {
        self.execute("DELETE FROM contact WHERE id = $1", values![id])
    }

    /// Whose a contact is; `None` when there is none.
    pub fn owner_of_contact(&self, id: ContactId) -> Result<Option<Option<AccountId>>, StoreError> {
        self.one("SELECT owner FROM contact WHERE id = $1", values![id])
    }

    /// Whose a topic is; `None` when there is none.
    pub fn owner_of_topic(&self, id: TopicId) -> Result<Option<Option<AccountId>>, StoreError> {
        self.one("SELECT owner FROM topic WHERE id = $1", values![id])
    }
}
