//! The outbox: every outgoing message, its state, and who is sending it.
//!
//! A worker claims rows in the transaction that finds them due, so no two workers have one row. Everything a worker
//! writes about a row afterwards holds only while the claim is still its own.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::{DrawId, StoreError, Tx, millis, timestamp};
use crate::model::{Email, Exchange, PersonIndex, Phone};

mod message;
mod progress;

pub use message::{Channel, OutboxId, OutboxRow, OutboxState, Recipient};
pub use progress::{Attempt, Report};

/// A message to be queued.
#[derive(Debug)]
pub struct NewMessage<'a> {
    /// Why there is a message, such as `opening:family:3`; the same cause never makes two.
    pub cause: &'a str,
    /// What kind of message.
    pub kind: &'a str,
    /// The intent, JSON. Never words that show a pairing.
    pub parameters: &'a str,
    /// The draw whose roster the recipient is counted in; `None` for a recipient outside any draw,
    /// whose message is sent by whichever exchange's worker comes first.
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

/// The named parameters of a statement with [`OWN`] in it.
macro_rules! own {
    ($exchange:expr $(, $name:literal: $value:expr)*) => {
        rusqlite::named_params! { ":series": $exchange.series, ":exchange": $exchange.name $(, $name: $value)* }
    };
}

const COLUMNS: &str = "id, cause, kind, parameters, draw, role, person, address, channel, queued_at, due, not_after, \
                       state, attempts, next_at, unsure_since, provider_code, problem, settled_at";

/// Whether a row is the exchange's: one database may hold several, each with a worker, an account and a key of its own.
/// A row outside any draw is anybody's.
const OWN: &str = "(draw IS NULL OR draw IN (SELECT id FROM draw WHERE series = :series AND exchange = :exchange))";

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
            Recipient::Illegible => return Err(StoreError::damaged("message's recipient", "nobody")),
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

    /// A message of an exchange by its row.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn message(&self, exchange: &Exchange, id: OutboxId) -> Result<Option<OutboxRow>, StoreError> {
        self.0
            .prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE id = :id AND {OWN}"))?
            .query_row(own!(exchange, ":id": id.0), |row| Ok(read_message(row)))
            .optional()?
            .transpose()
    }

    /// At most `limit` messages of an exchange with a row above `after`, in the order they were queued.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn messages_of(
        &self,
        exchange: &Exchange,
        after: Option<OutboxId>,
        limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let mut statement = self.0.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM outbox WHERE id > :after AND {OWN} ORDER BY id LIMIT :limit"
        ))?;
        let after = after.map_or(0, |id| id.0);
        let rows =
            statement.query_map(own!(exchange, ":after": after, ":limit": limit), |row| Ok(read_message(row)))?;
        rows.map(|row| row?).collect()
    }

    /// The messages of every exchange.
    #[cfg(test)]
    pub(crate) fn messages(&self, after: Option<OutboxId>, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let mut statement =
            self.0.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE id > ?1 ORDER BY id LIMIT ?2"))?;
        let rows = statement.query_map(params![after.map_or(0, |id| id.0), limit], |row| Ok(read_message(row)))?;
        rows.map(|row| row?).collect()
    }

    /// At most `limit` messages of an exchange and a channel that a worker should look at now, the longest due first: waiting ones whose
    /// time has come, and claimed ones whose worker has not been heard of in time.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn due_messages(
        &self,
        exchange: &Exchange,
        channel: Channel,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let mut statement = self.0.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM outbox WHERE state IN ('waiting', 'claimed') AND channel = :channel \
             AND next_at <= :now AND {OWN} ORDER BY next_at, id LIMIT :limit"
        ))?;
        let rows = statement
            .query_map(own!(exchange, ":channel": channel.word(), ":now": millis(now), ":limit": limit), |row| {
                Ok(read_message(row))
            })?;
        rows.map(|row| row?).collect()
    }

    /// How many messages of an exchange a worker should look at now.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn count_due_messages(&self, exchange: &Exchange, now: Timestamp) -> Result<u64, StoreError> {
        let count: i64 = self
            .0
            .prepare_cached(&format!(
                "SELECT count(*) FROM outbox WHERE state IN ('waiting', 'claimed') AND next_at <= :now AND {OWN}"
            ))?
            .query_row(own!(exchange, ":now": millis(now)), |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// When a worker of an exchange should look at a channel next; `None` when nothing waits.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn next_message_at(&self, exchange: &Exchange, channel: Channel) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> = self
            .0
            .prepare_cached(&format!(
                "SELECT min(next_at) FROM outbox WHERE state IN ('waiting', 'claimed') AND channel = :channel AND {OWN}"
            ))?
            .query_row(own!(exchange, ":channel": channel.word()), |row| row.get(0))?;
        next.map(timestamp).transpose()
    }

    /// How many messages of an exchange stand how, by the word of the state. Those to a role are counted as `relayed` whatever became
    /// of them: how a question fared can tell who it went to.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn count_messages(&self, exchange: &Exchange) -> Result<Vec<(String, u64)>, StoreError> {
        let mut statement = self.0.prepare_cached(&format!(
            "SELECT CASE WHEN role IN ('receiver', 'giver') THEN 'relayed' ELSE state END AS word, count(*) \
             FROM outbox WHERE {OWN} GROUP BY word ORDER BY word",
        ))?;
        let rows =
            statement.query_map(own!(exchange), |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
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
        recipient: read_recipient(&row.get::<_, String>(5)?, row.get(6)?, row.get(7)?),
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

/// One damaged address must not keep all other rows from being read.
fn read_recipient(role: &str, person: Option<u32>, address: Option<String>) -> Recipient {
    let recipient = match (role, person.map(PersonIndex), address) {
        ("person", Some(id), _) => Some(Recipient::Person(id)),
        ("receiver", Some(id), _) => Some(Recipient::ReceiverOf(id)),
        ("giver", Some(id), _) => Some(Recipient::GiverOf(id)),
        ("phone", _, Some(text)) => Phone::from_provider(&text).map(Recipient::Phone),
        ("email", _, Some(text)) => Email::parse(&text).map(Recipient::Email).ok(),
        _ => None,
    };
    recipient.unwrap_or(Recipient::Illegible)
}
