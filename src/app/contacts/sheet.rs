//! Contacts taken over from a spreadsheet, and written into one.

use std::collections::HashMap;
use std::path::Path;

use jiff::Timestamp;

use super::{Typed, change, get};
use crate::app::accounts::{authorize, reach_of_owner};
use crate::app::exchange::differences::Difference;
use crate::app::exchanges::Exchanges;
use crate::model::{ContactId, Email, Phone};
use crate::roster::contacts_file::{self, Made};
use crate::roster::{Diagnostic, tidy};
use crate::store::{Contact, Reach, StoreError, Tx};

/// A row that makes a contact.
struct Listed {
    contact: Contact,
    /// Its cells; an empty one says nothing of somebody who is known.
    typed: Typed,
}

/// What an import comes to.
#[derive(Debug, Default)]
pub struct Taken {
    /// Who is new, by name.
    pub added: Vec<String>,
    /// What changed of others; addresses are masked.
    pub changed: Vec<Difference>,
    /// How many were there as they are listed.
    pub same: usize,
    /// Who is new and has an address of somebody called otherwise.
    pub notes: Vec<String>,
}

/// Reads the contacts of a spreadsheet; `country` serves phones without a country code.
///
/// # Errors
/// Everything that is wrong with it; nothing of it is taken then.
fn read(bytes: &[u8], file: &Path, country: Option<&str>) -> Result<Made<Listed>, Vec<Diagnostic>> {
    let mut rows: HashMap<(String, String), u32> = HashMap::new();
    contacts_file::read(bytes, file, |row, cells| {
        let cell = |key| cells.text(key);
        let (name, phone, email) = (cell("name"), cell("phone"), cell("email"));
        let typed = Typed { name, phone, email, priority: cell("priority"), tags: cell("tags"), note: cell("note") };
        let contact = typed.read(country)?;
        for address in addresses(&contact) {
            if let Some(first) = rows.insert((folded(&contact.name), address), row) {
                return Err(vec![("name", format!("row {first} has the same name and address"))]);
            }
        }
        Ok(Listed { contact, typed })
    })
}

fn folded(name: &str) -> String {
    tidy(name).to_lowercase()
}

fn addresses(contact: &Contact) -> impl Iterator<Item = String> {
    let phone = contact.phone.as_ref().map(|phone| phone.expose().to_owned());
    phone.into_iter().chain(contact.email.as_ref().map(|email| email.expose().to_lowercase()))
}

/// Why a spreadsheet is not taken over.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the spreadsheet has to be mended first; nothing was taken")]
    Sheet(Vec<Diagnostic>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes a spreadsheet over, all of it or nothing; in a dry run it only says what would come of it. With what should be known
/// though it is accepted. Where it fails, nothing was taken.
pub fn import(
    site: &Exchanges,
    reach: Reach,
    (bytes, file): (&[u8], &Path),
    dry_run: bool,
) -> Result<(Taken, Vec<Diagnostic>), ImportError> {
    let (listed, warnings) = read(bytes, file, site.country()).map_err(ImportError::Sheet)?;
    let take = |tx: &Tx<'_>| take(tx, reach, &listed, site.clock.now());
    let taken = if dry_run { site.store.undone(take)? } else { site.store.write(take)? };
    Ok((taken, warnings))
}

/// Brings listed contacts into those of whoever reaches so far: adds and changes, removes nobody.
fn take(tx: &Tx<'_>, reach: Reach, listed: &[Listed], now: Timestamp) -> Result<Taken, StoreError> {
    // What is made is the owner's; who is known may as well be the other's of one hand.
    let (owner, reach) = (reach.owner(), reach_of_owner(tx, reach.owner())?);
    let known = tx.contacts(reach)?;
    let owners: HashMap<String, &str> =
        known.iter().flat_map(|(_, one)| addresses(one).map(|address| (address, &*one.name))).collect();
    let (mut taken, mut new) = (Taken::default(), Vec::new());
    for (one, place) in listed.iter().zip(matched(&known, listed)) {
        let Some((id, before)) = place.map(|place| &known[place]) else {
            let name = &one.contact.name;
            let other = addresses(&one.contact).find_map(|address| owners.get(&address));
            taken
                .notes
                .extend(other.map(|other| format!("{name} has an address of {other}, and is added beside them")));
            taken.added.push(name.clone());
            new.push(one.contact.clone());
            continue;
        };
        let now = one.over(before);
        let news = news(before, &now);
        taken.same += usize::from(news.is_empty());
        if !news.is_empty()
            && let Some(owned) = authorize(tx, reach, *id)?
            && let Some((_, revision)) = get(tx, owned)?
        {
            change(tx, owned, &now, revision)?;
            taken.changed.extend(news);
        }
    }
    tx.insert_contacts(owner, &new, now)?;
    Ok(taken)
}

/// Which contact each row is: that of the same name and an address; or the only one of the name, for the only such row.
fn matched(known: &[(ContactId, Contact)], listed: &[Listed]) -> Vec<Option<usize>> {
    let mut named: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, (_, contact)) in known.iter().enumerate() {
        named.entry(folded(&contact.name)).or_default().push(place);
    }
    let (mut free, mut left) = (vec![true; known.len()], HashMap::<String, Vec<usize>>::new());
    let mut found = vec![None; listed.len()];
    for (row, one) in listed.iter().enumerate() {
        let name = folded(&one.contact.name);
        let same = |place: &&usize| free[**place] && shares_address(&known[**place].1, &one.contact);
        match named.get(&name).and_then(|places| places.iter().find(same)).copied() {
            Some(place) => (found[row], free[place]) = (Some(place), false),
            None => left.entry(name).or_default().push(row),
        }
    }
    for (name, rows) in left {
        if let ([row], Some([place])) = (&rows[..], named.get(&name).map(|places| &places[..]))
            && free[*place]
        {
            found[*row] = Some(*place);
        }
    }
    found
}

fn shares_address(one: &Contact, other: &Contact) -> bool {
    addresses(one).any(|address| addresses(other).any(|it| it == address))
}

impl Listed {
    /// Somebody who is known, with what the row says of them.
    fn over(&self, known: &Contact) -> Contact {
        let Contact { phone, email, priority, tags, note, .. } = self.contact.clone();
        let says = |cell: &str| !cell.trim().is_empty();
        // In whichever spelling.
        let is_same = |email: &Email| {
            known.email.as_ref().is_some_and(|known| known.expose().eq_ignore_ascii_case(email.expose()))
        };
        Contact {
            name: known.name.clone(),
            phone: phone.or_else(|| known.phone.clone()),
            email: email.filter(|email| !is_same(email)).or_else(|| known.email.clone()),
            priority: if says(&self.typed.priority) { priority } else { known.priority },
            tags: if says(&self.typed.tags) { tags } else { known.tags.clone() },
            note: if says(&self.typed.note) { note } else { known.note.clone() },
        }
    }
}

/// What is another; addresses are compared as they are and told masked.
fn news(before: &Contact, now: &Contact) -> Vec<Difference> {
    let masked = |contact: &Contact| {
        (contact.phone.as_ref().map(Phone::to_string), contact.email.as_ref().map(Email::to_string))
    };
    let ((old_phone, old_email), (phone, email)) = (masked(before), masked(now));
    let tags = |contact: &Contact| Some(contact.tags.join(", ")).filter(|tags| !tags.is_empty());
    let priority = |contact: &Contact| Some(contact.priority.to_string());
    let all = [
        (before.phone != now.phone, "phone", old_phone, phone),
        (before.email != now.email, "e-mail", old_email, email),
        (before.priority != now.priority, "priority", priority(before), priority(now)),
        (before.tags != now.tags, "tags", tags(before), tags(now)),
        (before.note != now.note, "note", None, None),
    ];
    let person = Some(now.name.clone());
    let news = all.into_iter().filter(|(differs, ..)| *differs);
    news.map(|(_, kind, from, to)| Difference { kind: kind.to_owned(), person: person.clone(), from, to }).collect()
}

/// Contacts as CSV, which can be taken over again.
pub fn export<'c>(contacts: impl Iterator<Item = &'c Contact>) -> String {
    contacts_file::export(contacts.map(|contact| {
        let Typed { name, phone, email, priority, note, .. } = Typed::from(contact);
        [name, phone, email, priority, contacts_file::in_one_cell(&contact.tags), note]
    }))
}
