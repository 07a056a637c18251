//! The outbox as people see it: what is in it, in words that show no pairing, and what can be done about an entry.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::app::stored::roster_of;
use crate::model::{Exchange, PersonIndex};
use crate::store::{DrawId, OutboxId, OutboxRow, OutboxState, Recipient, Store, StoreError, Tx};

/// A message as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The number to retry or cancel it by.
    pub id: i64,
    /// What kind of message.
    pub kind: String,
    /// Who it is for: a name, a role, a masked address.
    pub to: String,
    /// `sms`, `email` or `either`.
    pub channel: &'static str,
    /// How it stands; `None` where that could tell who it goes to.
    pub state: Option<OutboxState>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// When it is looked at next, while it waits.
    pub next_at: Option<Timestamp>,
    /// The provider's error code.
    pub code: Option<u32>,
    /// Why it waits, or what ended it.
    pub problem: Option<String>,
}

/// Why a message is neither queued again nor cancelled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// There is no such message.
    #[error("there is no message {0}")]
    Unknown(i64),
    /// To be queued again it must have failed, lapsed or been cancelled.
    #[error("message {id} is {}, so it is not queued again", state.word())]
    NotEnded {
        /// The message.
        id: i64,
        /// How it stands.
        state: OutboxState,
    },
    /// To be cancelled it must be waiting.
    #[error("message {id} is {}, so it cannot be cancelled", state.word())]
    NotWaiting {
        /// The message.
        id: i64,
        /// How it stands.
        state: OutboxState,
    },
    /// Whether it could be changed would tell who it goes to.
    #[error("message {0} is a relayed text, which only its sender knows about")]
    Relayed(i64),
    /// The database.
    #[error("the outbox cannot be changed")]
    Store(#[from] StoreError),
}

/// At most `limit` messages of an exchange above number `after`, in the order they were queued.
///
/// # Errors
/// [`StoreError`].
pub fn list(store: &Store, exchange: &Exchange, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
    store.read(|tx| {
        let rows = tx.messages_of(exchange, Some(OutboxId::numbered(after)), limit)?;
        let mut names = Names::default();
        rows.into_iter().map(|row| entry(tx, &mut names, row)).collect()
    })
}

/// How many messages of an exchange stand how. Relayed texts are one number, whatever became of them.
///
/// # Errors
/// [`StoreError`].
pub fn counts(tx: &Tx<'_>, exchange: &Exchange) -> Result<std::collections::BTreeMap<String, u64>, StoreError> {
    Ok(tx.count_messages(exchange)?.into_iter().collect())
}

/// Queues a message of an exchange again that has failed, lapsed or been cancelled. One that may have been taken all the same is looked
/// up first.
///
/// # Errors
/// [`ChangeError`].
pub fn retry(store: &Store, exchange: &Exchange, id: i64, now: Timestamp) -> Result<(), ChangeError> {
    store.write(|tx| {
        let state = changeable(tx, exchange, id)?;
        if tx.requeue_message(OutboxId::numbered(id), now)? { Ok(()) } else { Err(ChangeError::NotEnded { id, state }) }
    })
}

/// Cancels a message of an exchange that waits.
///
/// # Errors
/// [`ChangeError`].
pub fn cancel(store: &Store, exchange: &Exchange, id: i64, now: Timestamp) -> Result<(), ChangeError> {
    store.write(|tx| {
        let state = changeable(tx, exchange, id)?;
        if state != OutboxState::Waiting {
            return Err(ChangeError::NotWaiting { id, state });
        }
        tx.end_message(OutboxId::numbered(id), OutboxState::Cancelled, Some("cancelled by the organizer"), now)?;
        Ok(())
    })
}

fn changeable(tx: &Tx<'_>, exchange: &Exchange, id: i64) -> Result<OutboxState, ChangeError> {
    let row = tx.message(exchange, OutboxId::numbered(id))?.ok_or(ChangeError::Unknown(id))?;
    if row.recipient.is_role() { Err(ChangeError::Relayed(id)) } else { Ok(row.state) }
}

/// The rosters of the draws that rows refer to, each read once.
#[derive(Default)]
pub(super) struct Names(HashMap<DrawId, Option<Exchange>>);

impl Names {
    /// Who a row is for: a name, a role, a masked address.
    pub(super) fn recipient(&mut self, tx: &Tx<'_>, row: &OutboxRow) -> Result<String, StoreError> {
        Ok(match &row.recipient {
            Recipient::Person(id) => self.person(tx, row, *id)?,
            Recipient::ReceiverOf(id) => format!("the receiver of {}", self.person(tx, row, *id)?),
            Recipient::GiverOf(id) => format!("the giver of {}", self.person(tx, row, *id)?),
            Recipient::Phone(phone) => phone.to_string(),
            Recipient::Email(email) => email.to_string(),
            Recipient::Illegible => "somebody whose address cannot be read".to_owned(),
        })
    }

    fn person(&mut self, tx: &Tx<'_>, row: &OutboxRow, id: PersonIndex) -> Result<String, StoreError> {
        let unknown = || format!("person {}", id.0 + 1);
        let Some(draw) = row.draw else { return Ok(unknown()) };
        let roster = match self.0.entry(draw) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(free) => {
                // A damaged roster must not keep the rest from being listed; `verify` tells of it.
                free.insert(tx.draw(draw)?.and_then(|stored| roster_of(&stored).ok()))
            }
        };
        let person = roster.as_ref().and_then(|roster| roster.people.get(id.index()));
        Ok(person.map_or_else(unknown, |person| person.name.clone()))
    }
}

fn entry(tx: &Tx<'_>, names: &mut Names, row: OutboxRow) -> Result<Entry, StoreError> {
    let to = names.recipient(tx, &row)?;
    let is_role = row.recipient.is_role();
    Ok(Entry {
        id: row.id.number(),
        kind: row.kind,
        to,
        channel: row.channel.word(),
        state: (!is_role).then_some(row.state),
        attempts: if is_role { 0 } else { row.attempts },
        queued_at: row.queued_at,
        next_at: (!is_role && row.state == OutboxState::Waiting).then_some(row.next_at),
        code: row.provider_code.filter(|_| !is_role),
        problem: row.problem.filter(|_| !is_role),
    })
}
