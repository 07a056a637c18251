//! A message as the database keeps it.

use jiff::Timestamp;

use crate::model::{PersonId, TopicId, words};
use crate::store::{DrawId, FromRow, Row, StoreError};

/// A message's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxId(pub(in crate::store) i64);

impl OutboxId {
    /// The row of a number shown earlier.
    pub fn numbered(number: i64) -> Self {
        Self(number)
    }

    /// The number people see.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// Who a message is for. Roles are resolved with the open draw at the moment of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// This person.
    Person(PersonId),
    /// Whoever receives from this person.
    ReceiverOf(PersonId),
    /// Whoever gives to this person.
    GiverOf(PersonId),
}

impl Recipient {
    /// Whether knowing who it is would show a pairing.
    pub fn is_role(self) -> bool {
        matches!(self, Self::ReceiverOf(_) | Self::GiverOf(_))
    }

    pub(super) fn stored(self) -> (&'static str, PersonId) {
        match self {
            Self::Person(id) => ("person", id),
            Self::ReceiverOf(id) => ("receiver", id),
            Self::GiverOf(id) => ("giver", id),
        }
    }
}

impl FromRow for Recipient {
    fn from_row(row: &mut Row<'_>) -> Result<Self, StoreError> {
        let (role, id): (String, PersonId) = row.take()?;
        [Self::Person(id), Self::ReceiverOf(id), Self::GiverOf(id)]
            .into_iter()
            .find(|recipient| recipient.stored().0 == role)
            .ok_or_else(|| StoreError::damaged("message's recipient", role))
    }
}

/// Why a phone may be texted (X10): nobody is who neither wrote nor asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// They have written to us, and have not said STOP since.
    Wrote,
    /// They are invited (a).
    Invitation,
    /// They signed up and are asked to confirm it, once (b).
    Confirmation,
    /// They have agreed to it (c).
    Subscriber,
    /// They receive visitors at a desk.
    Host,
    /// They have typed the number at a desk, under a sentence that says what for.
    Visitor,
}

words!(Basis {
    Wrote "wrote" Invitation "invitation" Confirmation "confirmation" Subscriber "subscriber" Host "host" Visitor "visitor"
});

/// How a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// As a text.
    Sms,
    /// As an e-mail.
    Email,
    /// As a text to those who can be texted, otherwise as an e-mail; decided at the moment of sending.
    Either,
}

words!(Channel { Sms "sms" Email "email" Either "either" });

/// How a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    /// For its time, or for another attempt.
    Waiting,
    /// A worker is sending it.
    Claimed,
    /// The provider took it.
    Sent,
    /// The provider says that it arrived.
    Delivered,
    /// It will not be sent, or did not arrive.
    Failed,
    /// It was not sent in time.
    Lapsed,
    /// It is not to be sent any more.
    Cancelled,
}

words!(OutboxState {
    Waiting "waiting" Claimed "claimed" Sent "sent" Delivered "delivered" Failed "failed" Lapsed "lapsed" Cancelled "cancelled"
});

/// The word shown for a message that waits after a rehearsal.
pub(super) const REHEARSED: &str = "rehearsed";

/// A message as stored.
#[derive(Debug, Clone)]
pub struct OutboxRow {
    pub id: OutboxId,
    /// Why there is a message.
    pub cause: String,
    pub topic: TopicId,
    /// Why a phone may be texted.
    pub basis: Basis,
    pub kind: String,
    /// The intent, JSON.
    pub parameters: String,
    pub draw: Option<DrawId>,
    pub recipient: Recipient,
    pub channel: Channel,
    pub queued_at: Timestamp,
    pub due: Timestamp,
    pub not_after: Option<Timestamp>,
    pub state: OutboxState,
    /// Whether it was rehearsed. It waits all the same, to be sent for real.
    pub rehearsed: bool,
    pub attempts: u32,
    /// When a worker looks at it next.
    pub next_at: Timestamp,
    /// When a real sending began of which nobody knows how it ended.
    pub unsure_since: Option<Timestamp>,
    /// Whether it has been looked for since, in vain.
    pub looked_for: bool,
    pub provider_code: Option<u32>,
    /// Why it waits, or what ended it.
    pub problem: Option<String>,
    /// The text behind whose answer it was read, instead of being sent.
    pub read_with: Option<String>,
}

/// The kinds that go to many at once and that nobody waits for: they go out behind all others.
const BULK: [&str; 3] = ["announcement", "broadcast", "reminder"];

/// Whether a message of a kind goes out behind others.
pub(super) fn is_bulk(kind: &str) -> bool {
    BULK.contains(&kind)
}

impl OutboxRow {
    /// Whether it goes out behind those that somebody waits for.
    pub fn is_bulk(&self) -> bool {
        is_bulk(&self.kind)
    }

    /// Whether a worker should look at it now; one that rehearses, only if that has neither been done nor could meddle
    /// with a real sending.
    pub fn is_due(&self, now: Timestamp, rehearsal: bool) -> bool {
        matches!(self.state, OutboxState::Waiting | OutboxState::Claimed)
            && self.next_at <= now
            && !(rehearsal && (self.rehearsed || self.unsure_since.is_some()))
    }

    /// The word for how it stands.
    pub fn standing(&self) -> &'static str {
        if self.rehearsed && self.state == OutboxState::Waiting { REHEARSED } else { self.state.word() }
    }
}
