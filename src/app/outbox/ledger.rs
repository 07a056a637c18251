//! The outbox as people see it: what is in it, and what can be done about an entry. Relayed texts are not in it: who asks
//! whom, when and how that fares is nobody's to see.

use jiff::Timestamp;

use super::held::ClosedLine;
use super::meaning_of;
use super::reach::{FIRST_TEXT, WITH_AN_ANSWER};
use crate::app::exchanges::Exchanges;
use crate::app::site::Site;
use crate::model::Settings;
use crate::store::{Channel, OutboxId, OutboxRow, OutboxState, Reach, Recipient, Store, StoreError, Tx};

/// A message as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The number to retry or cancel it by.
    pub id: i64,
    pub kind: String,
    /// Who it is for: a name or a role.
    pub to: String,
    /// `sms`, `email` or `either`.
    pub channel: &'static str,
    pub state: &'static str,
    /// How often it was tried.
    pub attempts: u32,
    pub queued_at: Timestamp,
    /// When it is looked at next, while it waits.
    pub next_at: Option<Timestamp>,
    pub code: Option<u32>,
    /// Why it waits, or what ended it.
    pub problem: Option<String>,
}

impl Entry {
    /// How it travels.
    pub fn channel_in_words(&self) -> &'static str {
        match self.channel {
            "sms" => "text",
            "email" => "e-mail",
            _ => "text or e-mail",
        }
    }

    /// Why it waits or ended. The far end of a long chain of causes is a library's talk to its engineers.
    pub fn why(&self) -> String {
        const LONGEST: usize = 100;
        let code = self.code.and_then(meaning_of).map(str::to_owned);
        let why = code.or_else(|| self.problem.clone()).unwrap_or_default();
        let known = why.split(": ").take(2).collect::<Vec<_>>().join(": ");
        if known.chars().count() > LONGEST { known.chars().take(LONGEST).chain(['…']).collect() } else { known }
    }
}

/// Why a message is neither queued again nor cancelled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    #[error("there is no message {0}")]
    Unknown(i64),
    /// To be queued again it must have failed, lapsed, been cancelled or only rehearsed.
    #[error("{}", not_again(*id, *state))]
    NotEnded { id: i64, state: OutboxState },
    /// To be cancelled it must be waiting.
    #[error("{}", not_cancelled(*id, *state))]
    NotWaiting { id: i64, state: OutboxState },
    #[error("the outbox cannot be changed")]
    Store(#[from] StoreError),
}

fn not_again(id: i64, state: OutboxState) -> String {
    match state {
        OutboxState::Sent => format!("Message {id} has already been sent."),
        OutboxState::Waiting => format!("Message {id} already waits to be sent."),
        other => format!("Message {id} is {}, so it is not queued again.", other.word()),
    }
}

fn not_cancelled(id: i64, state: OutboxState) -> String {
    match state {
        OutboxState::Sent => format!("Message {id} has already been sent."),
        OutboxState::Cancelled => format!("Message {id} is cancelled already."),
        other => format!("Message {id} is {}, so it cannot be cancelled.", other.word()),
    }
}

/// The messages of some topics of a site.
#[derive(Debug, Clone, Copy)]
pub enum Ledger<'a> {
    /// Of this exchange.
    Exchange(&'a Site),
    /// Of this exchange, and of all topics of other kinds.
    AtHand(&'a Site),
    /// Of all topics.
    Site(&'a Exchanges),
}

impl Ledger<'_> {
    fn parts(&self) -> (&Store, &Settings, Timestamp) {
        match self {
            Self::Exchange(site) | Self::AtHand(site) => (&site.store, &site.settings, site.clock.now()),
            Self::Site(site) => (&site.store, &site.settings, site.clock.now()),
        }
    }

    /// The time zone that times are said in.
    pub fn timezone(&self) -> &str {
        match self {
            Self::Exchange(site) | Self::AtHand(site) => &site.exchange.timezone,
            Self::Site(site) => site.timezone(),
        }
    }

    /// The lines that are closed now.
    pub fn closed_lines(&self) -> Result<Vec<ClosedLine>, StoreError> {
        let (store, settings, now) = self.parts();
        store.read(|tx| ClosedLine::all(tx, settings, now))
    }

    /// At most `limit` messages above number `after`, in the order they were queued.
    pub fn list(&self, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let (store, settings, now) = self.parts();
        store.read(|tx| {
            let after = Some(OutboxId::numbered(after));
            let rows = match self {
                Self::Site(_) => tx.messages_of_all(after, limit)?,
                Self::AtHand(site) => tx.messages_beside(site.topic(tx)?.map(|topic| topic.id), after, limit)?,
                Self::Exchange(site) => match site.topic(tx)? {
                    Some(topic) => tx.messages_of(topic.id, after, limit)?,
                    None => Vec::new(),
                },
            };
            let closed = ClosedLine::all(tx, settings, now)?;
            rows.into_iter().map(|row| entry(tx, row, &closed)).collect()
        })
    }

    /// Queues a message again that has failed, lapsed, been cancelled or only rehearsed. One that may have been taken all
    /// the same is looked up first.
    pub fn retry(&self, id: i64) -> Result<(), ChangeError> {
        let (store, _, now) = self.parts();
        store.write(|tx| {
            let state = self.changeable(tx, id)?;
            again(tx, OutboxId::numbered(id), state, now)
        })
    }

    /// Cancels a message that waits.
    pub fn cancel(&self, id: i64) -> Result<(), ChangeError> {
        let (store, _, now) = self.parts();
        store.write(|tx| {
            let state = self.changeable(tx, id)?;
            cancelled(tx, OutboxId::numbered(id), state, now)
        })
    }

    fn changeable(&self, tx: &Tx<'_>, id: i64) -> Result<OutboxState, ChangeError> {
        let (topic, is_exchange) = tx.topic_of_message(OutboxId::numbered(id))?.ok_or(ChangeError::Unknown(id))?;
        let is_theirs = |site: &Site| Ok::<_, StoreError>(site.topic(tx)?.is_some_and(|own| own.id == topic));
        let is_here = match self {
            Self::Exchange(site) => is_theirs(site)?,
            Self::AtHand(site) => !is_exchange || is_theirs(site)?,
            Self::Site(_) => true,
        };
        let row = tx.message(topic, OutboxId::numbered(id))?.filter(|_| is_here);
        Ok(row.ok_or(ChangeError::Unknown(id))?.state)
    }
}

/// The newest messages of the topics within a reach, newest first; none to a role.
pub fn newest(tx: &Tx<'_>, reach: Reach, limit: u32, closed: &[ClosedLine]) -> Result<Vec<Entry>, StoreError> {
    tx.newest_messages_within(reach, limit)?.into_iter().map(|row| entry(tx, row, closed)).collect()
}

/// A stretch of the messages of the topics within a reach, in the order they were queued; none to a role.
pub fn within(
    tx: &Tx<'_>,
    reach: Reach,
    (after, limit): (OutboxId, u32),
    closed: &[ClosedLine],
) -> Result<Vec<Entry>, StoreError> {
    tx.messages_within(reach, after, limit)?.into_iter().map(|row| entry(tx, row, closed)).collect()
}

/// What somebody wants to become of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// That it is queued again.
    Again,
    /// That it does not go out.
    Cancelled,
}

/// Brings a message within a reach, that is to nobody's role, to a state; one that is there already is left alone.
pub fn become_so(tx: &Tx<'_>, reach: Reach, id: OutboxId, wish: Wish, now: Timestamp) -> Result<(), ChangeError> {
    let before = OutboxId::numbered(id.number().saturating_sub(1));
    let row = tx.messages_within(reach, before, 1)?.into_iter().find(|row| row.id == id);
    let row = row.ok_or(ChangeError::Unknown(id.number()))?;
    match (wish, row.state) {
        (Wish::Again, OutboxState::Waiting) | (Wish::Cancelled, OutboxState::Cancelled) => Ok(()),
        (Wish::Again, state) => again(tx, id, state, now),
        (Wish::Cancelled, state) => cancelled(tx, id, state, now),
    }
}

fn again(tx: &Tx<'_>, id: OutboxId, state: OutboxState, now: Timestamp) -> Result<(), ChangeError> {
    let done = tx.requeue_message(id, now)?;
    if done { Ok(()) } else { Err(ChangeError::NotEnded { id: id.number(), state }) }
}

fn cancelled(tx: &Tx<'_>, id: OutboxId, state: OutboxState, now: Timestamp) -> Result<(), ChangeError> {
    if state != OutboxState::Waiting {
        return Err(ChangeError::NotWaiting { id: id.number(), state });
    }
    tx.end_message(id, OutboxState::Cancelled, Some("cancelled by the organizer"), now)?;
    Ok(())
}

/// Who a row is for, by name.
pub(super) fn recipient(tx: &Tx<'_>, row: &OutboxRow) -> Result<String, StoreError> {
    let (Recipient::Person(id) | Recipient::ReceiverOf(id) | Recipient::GiverOf(id)) = row.recipient;
    Ok(tx.person_name(id)?.unwrap_or_else(|| "somebody".to_owned()))
}

fn entry(tx: &Tx<'_>, row: OutboxRow, closed: &[ClosedLine]) -> Result<Entry, StoreError> {
    let to = recipient(tx, &row)?;
    let line = closed.iter().find(|line| line.holds(&row));
    let waits = row.state == OutboxState::Waiting;
    let for_a_text = waits
        && row
            .problem
            .as_deref()
            .map_or_else(|| awaits_a_text(tx, &row), |why| Ok([FIRST_TEXT, WITH_AN_ANSWER].contains(&why)))?;
    let state = row.standing();
    let (next_at, problem) = match (for_a_text, line) {
        // It waits for somebody, and for no time.
        (true, _) => (None, row.problem.or_else(|| Some(FIRST_TEXT.to_owned()))),
        (false, Some(line)) => (Some(line.until), row.problem.or_else(|| Some(line.reason().to_owned()))),
        (false, None) => (waits.then_some(row.next_at), row.problem),
    };
    Ok(Entry {
        id: row.id.number(),
        to,
        channel: row.channel.word(),
        state,
        kind: row.kind,
        attempts: row.attempts,
        queued_at: row.queued_at,
        next_at,
        code: row.provider_code,
        problem,
    })
}

/// Whether nothing but their first text lets a message go to somebody, though no worker has looked at it yet.
fn awaits_a_text(tx: &Tx<'_>, row: &OutboxRow) -> Result<bool, StoreError> {
    let Recipient::Person(id) = row.recipient else { return Ok(false) };
    let by_text = row.channel != Channel::Email && !row.rehearsed;
    Ok(by_text && tx.awaits_first_text(id, row.channel == Channel::Either)?)
}
