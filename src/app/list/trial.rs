//! A planned broadcast to oneself first, in the words that its first reader gets. It counts for nothing else: no result, no
//! window, no second way.

use jiff::{SignedDuration, Timestamp};

use super::{ListError, broadcasts, people};
use crate::app::exchanges::Exchanges;
use crate::model::{Email, Phone};
use crate::store::{Basis, BroadcastId, Channel, NewMessage, NewPerson, OutboxRow, Recipient, StoreError, Tx};

/// What its row is called in the outbox.
pub(super) const KIND: &str = "trial";

/// What whoever tries it is called.
const ONESELF: &str = "yourself";

/// After so long it is of no use any more.
const USEFUL: SignedDuration = SignedDuration::from_hours(1);

/// Sends it to one address: to any e-mail address, and to a phone that has texted this number.
pub fn send(
    tx: &Tx<'_>,
    site: &Exchanges,
    (id, address): (BroadcastId, &str),
    now: Timestamp,
) -> Result<(), ListError> {
    let (list, _) = broadcasts::get(tx, id)?;
    let (phone, email) = people::read_address(address, site.country())?;
    let channel = if phone.is_some() { Channel::Sms } else { Channel::Email };
    if tx.first_words(id, Some(channel))?.is_none() {
        return Err(ListError::NotNow(format!("broadcast {} has no plan yet; plan it first", id.0)));
    }
    if let Some(phone) = &phone
        && !tx.has_written(phone)?
    {
        let why = "that phone has never texted this number; text it once, anything will do";
        return Err(ListError::NotNow(why.to_owned()));
    }
    let person = match tx.person_at(list.id, phone.as_ref(), email.as_ref())? {
        Some(known) => known,
        None => {
            let (phone, email) = (phone.as_ref().map(Phone::expose), email.as_ref().map(Email::expose));
            let new = NewPerson { name: ONESELF, phone, email };
            let made = tx.insert_persons(list.id, &[new])?;
            *made.first().ok_or_else(|| StoreError::damaged("person", "it was not kept"))?
        }
    };
    tx.enqueue(&NewMessage {
        cause: &format!("{KIND}:{}:{}:{}", id.0, person.0, now.as_millisecond()),
        topic: list.id,
        basis: Basis::Wrote,
        kind: KIND,
        parameters: &id.0.to_string(),
        draw: None,
        recipient: Recipient::Person(person),
        channel,
        at: now,
        due: now,
        not_after: now.checked_add(USEFUL).ok(),
    })?;
    Ok(())
}

/// The subject and the words of a row, as the plan has them now.
pub(super) fn words(tx: &Tx<'_>, row: &OutboxRow) -> Result<Option<(String, String)>, StoreError> {
    let id = BroadcastId(broadcasts::recipient_of(row)?);
    let Some(broadcast) = tx.broadcast(id)? else { return Ok(None) };
    Ok(tx.first_words(id, Some(row.channel))?.map(|words| (broadcast.subject, words)))
}
