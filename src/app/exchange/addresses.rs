//! Addresses that change after a draw. Whoever points somebody's phone at their own would look unseen, so a change is an
//! entry of the chain, archived before it counts, and told at every address that person had before.
//!
//! The sealed draw keeps the addresses as drawn; those of today are these folded with the entries. An entry belongs to the draw
//! it changes, or to the new draw that is made with it.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::audit::AuditError;
use super::draw_record::roster_today;
use super::notices;
use super::refusal;
use crate::model::{Deliver, Email, Exchange, Person, PersonId, Phone};
use crate::seal::{self, Auditor, EntryKind, Identity, Opening, OpeningDetails, PublicKey, SealError};
use crate::store::{StoreError, StoredDraw, StoredOpening, Tx};

/// Where somebody is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Addresses {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) phone: Option<Phone>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<Email>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deliver: Option<Deliver>,
}

impl Addresses {
    /// Somebody's. What they chose counts only where it makes a difference.
    pub(super) fn of(person: &Person) -> Self {
        let deliver = person.is_mailed().then_some(Deliver::Email).filter(|_| person.phone.is_some());
        Self { phone: person.phone.clone(), email: person.email.clone(), deliver }
    }

    /// Has somebody reached here.
    fn give_to(self, person: &mut Person) {
        (person.phone, person.email, person.deliver) = (self.phone, self.email, self.deliver);
    }
}

/// What an entry seals.
#[derive(Serialize, Deserialize)]
struct Sealed {
    person: PersonId,
    from: Addresses,
    to: Addresses,
}

/// Somebody's addresses, to be changed.
pub(super) struct Change {
    /// As entries know them.
    person: PersonId,
    row: PersonId,
    from: Addresses,
    to: Addresses,
}

/// A change as the chain has it.
pub(super) struct Recorded {
    /// The draw it belongs to.
    pub(super) draw: u32,
    pub(super) at: Timestamp,
    /// Whose addresses.
    pub(super) person: PersonId,
    /// What they are since.
    pub(super) to: Addresses,
}

/// The keys an entry is sealed to.
pub(super) struct Readers<'a> {
    pub(super) own: &'a PublicKey,
    pub(super) auditors: &'a [Auditor],
}

/// What changes about somebody's addresses.
pub(super) fn change(person: PersonId, row: PersonId, before: &Person, now: &Person) -> Option<Change> {
    let (from, to) = (Addresses::of(before), Addresses::of(now));
    (from != to).then_some(Change { person, row, from, to })
}

/// Puts changes into the chain, and their notices into the outbox; gives the number of the last entry, 0 without one.
/// `number` is the draw they belong to, `draw` the one that counts until then.
pub(super) fn record(
    tx: &Tx<'_>,
    (draw, number): (&StoredDraw, u32),
    changes: &[Change],
    readers: &Readers<'_>,
    now: Timestamp,
) -> Result<u64, RecordError> {
    let mut last = 0;
    for Change { person, row, from, to } in changes {
        let sealed = Sealed { person: *person, from: from.clone(), to: to.clone() };
        let note = serde_json::to_vec(&sealed).unwrap_or_default();
        let sealed = Some(seal::seal_note(&note, readers.own, readers.auditors)?);
        let of = (&*draw.exchange, &*draw.series, number);
        let details = OpeningDetails::of(EntryKind::Address, of, "an address changed", now);
        let entry = refusal::append(tx, draw.series_id, OpeningDetails { sealed, ..details })?;
        notices::queue_address_notices(tx, draw, (*row, from), &entry, now).map_err(AuditError::from)?;
        last = entry.number;
    }
    Ok(last)
}

/// Why a change was not put into the chain.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The chain.
    #[error(transparent)]
    Chain(#[from] AuditError),
    #[error("the change of an address could not be sealed")]
    Seal(#[from] SealError),
}

/// The changes that the archive holds, oldest first; an entry that this key does not open changes nothing.
pub(super) fn recorded(entries: &[StoredOpening], identity: &Identity) -> Vec<Recorded> {
    let archived = entries.iter().filter(|entry| entry.archived);
    let read = archived.filter_map(|row| Opening::from_json(row.entry.as_bytes()).ok());
    read.filter_map(|entry| of_entry(&entry, identity)).collect()
}

/// The change that an entry seals.
pub(super) fn of_entry(entry: &Opening, identity: &Identity) -> Option<Recorded> {
    let note = seal::open_note(&entry.sealed_bytes()?, identity).ok()?;
    let Sealed { person, to, .. } = serde_json::from_slice(&note).ok()?;
    Some(Recorded { draw: entry.draw, at: entry.at, person, to })
}

/// By which id entries know somebody of a draw: the one that is sealed, for rows do not outlive their database. Draws of the
/// first release seal none.
pub(super) fn known_as(person: &Person, row: PersonId) -> PersonId {
    person.id.unwrap_or(row)
}

/// Has everybody of a draw reached where its entries say. `people` are their rows.
pub(super) fn fold(roster: &mut Exchange, people: &[PersonId], draw: u32, recorded: &[Recorded]) {
    for change in recorded.iter().filter(|change| change.draw == draw) {
        let mut both = roster.people.iter_mut().zip(people);
        let found = both.find(|(person, row)| known_as(person, **row) == change.person);
        if let Some((person, _)) = found.filter(|(person, _)| !person.is_forgotten()) {
            change.to.clone().give_to(person);
        }
    }
}

/// Who of a draw is reached elsewhere than draw and chain say, by name. `rows` are phone and e-mail as the database has them.
pub(super) fn astray(
    draw: &StoredDraw,
    sealed: &Exchange,
    recorded: &[Recorded],
    rows: &HashMap<PersonId, (Option<String>, Option<String>)>,
) -> Result<Vec<String>, StoreError> {
    let mut folded = sealed.clone();
    fold(&mut folded, &draw.people, draw.number, recorded);
    let today = roster_today(draw)?;
    let said = |person: &Person| {
        (person.phone.as_ref().map(|it| it.expose().to_owned()), person.email.as_ref().map(|it| it.expose().to_owned()))
    };
    let everybody = folded.people.iter().zip(&today.people).zip(&draw.people);
    let is_astray = |((folded, today), row): &((&Person, &Person), &PersonId)| {
        if today.is_forgotten() {
            return false;
        }
        Addresses::of(folded) != Addresses::of(today) || rows.get(row).is_some_and(|row| *row != said(folded))
    };
    Ok(everybody.filter(is_astray).map(|((_, today), _)| today.name.clone()).collect())
}
