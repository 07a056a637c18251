//! The outbox: every outgoing message, its state, and who is sending it.
//!
//! A worker claims rows in the transaction that finds them due, so no two workers have one row. Everything a worker
//! writes about a row afterwards holds only while the claim is still its own.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::{DrawId, StoreError, Tx, millis, timestamp};
use crate::model::{Email, PersonId, Phone};

mod progress;

pub use progress::{Attempt, Report};

/// A message's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxId(i64);

impl OutboxId {
    /// The row of a number shown earlier.
    #[must_use]
    pub fn numbered(number: i64) -> Self {
        Self(number)
    }

    /// The number people see.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}

/// Who a message is for. Roles are resolved with the open draw at the moment of sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A person of the draw.
    Person(PersonId),
    /// Whoever receives from this person.
    ReceiverOf(PersonId),
    /// Whoever gives to this person.
    GiverOf(PersonId),
    /// Somebody outside any draw, by phone.
    Phone(Phone),
    /// Somebody outside any draw, by e-mail.
    Email(Email),
}

impl Recipient {
    /// Whether knowing who it is would show a pairing.
    #[must_use]
    pub fn is_role(&self) -> bool {
        matches!(self, Self::ReceiverOf(_) | Self::GiverOf(_))
    }
}

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

impl Channel {
    /// The word stored and shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Either => "either",
        }
    }

    fn from_word(word: &str) -> Result<Self, StoreError> {
        [Self::Sms, Self::Email, Self::Either]
            .into_iter()
            .find(|channel| channel.word() == word)
            .ok_or_else(|| StoreError::damaged("message's channel", word))
    }
}

/// How a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl OutboxState {
    /// The word stored and shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Claimed => "claimed",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Lapsed => "lapsed",
            Self::Cancelled => "cancelled",
        }
    }

    fn from_word(word: &str) -> Result<Self, StoreError> {
        [Self::Waiting, Self::Claimed, Self::Sent, Self::Delivered, Self::Failed, Self::Lapsed, Self::Cancelled]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| StoreError::damaged("message's state", word))
    }
}

/// A message to be queued.
#[derive(Debug)]
pub struct NewMessage<'a> {
    /// Why there is a message, such as `opening:family:3`; the same cause never makes two.
    pub cause: &'a str,
    /// What kind of message.
    pub kind: &'a str,
    /// The intent, JSON. Never words that show a pairing.
    pub parameters: &'a str,
    /// The draw whose roster the recipient is counted in; `None` for a recipient outside any draw.
    pub draw: Option<DrawId>,
    /// Who it is for.
    pub recipient: Recipient,
    /// How it travels.
    pub channel: Channel,
    /// When it is queued.
    pub at: Timestamp,
    /// Not before this.
    pub due: Timestamp,
    /// Not after this.
    pub not_after: Option<Timestamp>,
}

/// A message as stored.
#[derive(Debug, Clone)]
pub struct OutboxRow {
    /// The row.
    pub id: OutboxId,
    /// Why there is a message.
    pub cause: String,
    /// What kind of message.
    pub kind: String,
    /// The intent, JSON.
    pub parameters: String,
    /// The draw whose roster the recipient is counted in.
    pub draw: Option<DrawId>,
    /// Who it is for.
    pub recipient: Recipient,
    /// How it travels.
    pub channel: Channel,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// Not before this.
    pub due: Timestamp,
    /// Not after this.
    pub not_after: Option<Timestamp>,
    /// How it stands.
    pub state: OutboxState,
    /// How often a worker has tried.
    pub attempts: u32,
    /// When a worker looks at it next.
    pub next_at: Timestamp,
    /// When a sending began of which nobody knows how it ended.
    pub unsure_since: Option<Timestamp>,
    /// The provider's error code.
    pub provider_code: Option<u32>,
    /// Why it waits, or what ended it.
    pub problem: Option<String>,
    /// When it came to its end.
    pub settled_at: Option<Timestamp>,
}

impl OutboxRow {
    /// Whether a worker should look at it now.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        matches!(self.state, OutboxState::Waiting | OutboxState::Claimed) && self.next_at <= now
    }
}

const COLUMNS: &str = "id, cause, kind, parameters, draw, role, person, address, channel, queued_at, due, not_after, \
                       state, attempts, next_at, unsure_since, provider_code, problem, settled_at";

impl Tx<'_> {
    /// Queues a message; `None` when there is one of the same cause already.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn enqueue(&self, message: &NewMessage<'_>) -> Result<Option<OutboxId>, StoreError> {
        let (role, person, address) = match &message.recipient {
            Recipient::Person(id) => ("person", Some(id.0), None),
            Recipient::ReceiverOf(id) => ("receiver", Some(id.0), None),
            Recipient::GiverOf(id) => ("giver", Some(id.0), None),
            Recipient::Phone(phone) => ("phone", None, Some(phone.expose())),
            Recipient::Email(email) => ("email", None, Some(email.expose())),
        };
        let inserted = self
            .0
            .prepare_cached(
                "INSERT INTO outbox (cause, kind, parameters, draw, role, person, address, channel, queued_at, due, \
                 not_after, next_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?10) \
                 ON CONFLICT (cause) DO NOTHING",
            )?
            .execute(params![
                message.cause,
                message.kind,
                message.parameters,
                message.draw.map(|draw| draw.0),
                role,
                person,
                address,
                message.channel.word(),
                millis(message.at),
                millis(message.due),
                message.not_after.map(millis)
            ])?;
        Ok((inserted > 0).then(|| OutboxId(self.0.last_insert_rowid())))
    }

    /// A message by its row.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn message(&self, id: OutboxId) -> Result<Option<OutboxRow>, StoreError> {
        self.0
            .prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE id = ?1"))?
            .query_row(params![id.0], |row| Ok(read_message(row)))
            .optional()?
            .transpose()
    }

    /// At most `limit` messages with a row above `after`, in the order they were queued.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn messages(&self, after: Option<OutboxId>, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let mut statement =
            self.0.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE id > ?1 ORDER BY id LIMIT ?2"))?;
        let rows = statement.query_map(params![after.map_or(0, |id| id.0), limit], |row| Ok(read_message(row)))?;
        rows.map(|row| row?).collect()
    }

    /// At most `limit` messages of a channel that a worker should look at now, the longest due first: waiting ones whose
    /// time has come, and claimed ones whose worker has not been heard of in time.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn due_messages(&self, channel: Channel, now: Timestamp, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let mut statement = self.0.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM outbox WHERE state IN ('waiting', 'claimed') AND channel = ?1 AND next_at <= ?2 \
             ORDER BY next_at, id LIMIT ?3"
        ))?;
        let rows = statement.query_map(params![channel.word(), millis(now), limit], |row| Ok(read_message(row)))?;
        rows.map(|row| row?).collect()
    }

    /// How many messages a worker should look at now.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn count_due_messages(&self, now: Timestamp) -> Result<u64, StoreError> {
        let count: i64 = self
            .0
            .prepare_cached("SELECT count(*) FROM outbox WHERE state IN ('waiting', 'claimed') AND next_at <= ?1")?
            .query_row(params![millis(now)], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// When a worker should look at a channel next; `None` when nothing waits.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn next_message_at(&self, channel: Channel) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> = self
            .0
            .prepare_cached("SELECT min(next_at) FROM outbox WHERE state IN ('waiting', 'claimed') AND channel = ?1")?
            .query_row(params![channel.word()], |row| row.get(0))?;
        next.map(timestamp).transpose()
    }

    /// How many messages stand how, by the word of the state. Those to a role are counted as `relayed` whatever became
    /// of them: how a question fared can tell who it went to.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn count_messages(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT CASE WHEN role IN ('receiver', 'giver') THEN 'relayed' ELSE state END AS word, count(*) \
             FROM outbox GROUP BY word ORDER BY word",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
        rows.map(|row| Ok(row?)).collect()
    }

    /// When a line may send its next segment.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn line_free_at(&self, line: &str) -> Result<Option<Timestamp>, StoreError> {
        let free: Option<i64> = self
            .0
            .prepare_cached("SELECT free_at FROM line WHERE name = ?1")?
            .query_row(params![line], |row| row.get(0))
            .optional()?;
        free.map(timestamp).transpose()
    }

    /// When a phone opted out; `None` when it has not.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn opted_out_at(&self, phone: &Phone) -> Result<Option<Timestamp>, StoreError> {
        let at: Option<Option<i64>> = self
            .0
            .prepare_cached("SELECT opted_out_at FROM phone WHERE number = ?1")?
            .query_row(params![phone.expose()], |row| row.get(0))
            .optional()?;
        at.flatten().map(timestamp).transpose()
    }

    /// Keeps a line busy until then.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn set_line_free_at(&self, line: &str, at: Timestamp) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "INSERT INTO line (name, free_at) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET free_at = ?2",
            )?
            .execute(params![line, millis(at)])?;
        Ok(())
    }
}

fn read_message(row: &Row<'_>) -> Result<OutboxRow, StoreError> {
    let time = |at: Option<i64>| at.map(timestamp).transpose();
    Ok(OutboxRow {
        id: OutboxId(row.get(0)?),
        cause: row.get(1)?,
        kind: row.get(2)?,
        parameters: row.get(3)?,
        draw: row.get::<_, Option<i64>>(4)?.map(DrawId),
        recipient: read_recipient(&row.get::<_, String>(5)?, row.get(6)?, row.get(7)?)?,
        channel: Channel::from_word(&row.get::<_, String>(8)?)?,
        queued_at: timestamp(row.get(9)?)?,
        due: timestamp(row.get(10)?)?,
        not_after: time(row.get(11)?)?,
        state: OutboxState::from_word(&row.get::<_, String>(12)?)?,
        attempts: row.get(13)?,
        next_at: timestamp(row.get(14)?)?,
        unsure_since: time(row.get(15)?)?,
        provider_code: row.get(16)?,
        problem: row.get(17)?,
        settled_at: time(row.get(18)?)?,
    })
}

fn read_recipient(role: &str, person: Option<u32>, address: Option<String>) -> Result<Recipient, StoreError> {
    let damaged = || StoreError::damaged("message's recipient", role.to_owned());
    match (role, person.map(PersonId), address) {
        ("person", Some(id), _) => Ok(Recipient::Person(id)),
        ("receiver", Some(id), _) => Ok(Recipient::ReceiverOf(id)),
        ("giver", Some(id), _) => Ok(Recipient::GiverOf(id)),
        ("phone", _, Some(text)) => Phone::from_provider(&text).map(Recipient::Phone).ok_or_else(damaged),
        ("email", _, Some(text)) => Email::parse(&text).map(Recipient::Email).map_err(|_address| damaged()),
        _ => Err(damaged()),
    }
}
