//! The outbox: every outgoing message, its state, and who is sending it.
//!
//! A worker claims rows in the transaction that finds them due, so no two workers have one row. Everything a worker
//! writes about a row afterwards holds only while the claim is still its own.

use jiff::Timestamp;

use super::accounts::OWNED;
use super::{DrawId, Reach, StoreError, Tx, from_row, values};
use crate::model::{PersonId, TopicId};

mod message;
mod progress;

pub use message::{Basis, Channel, OutboxId, OutboxRow, OutboxState, Recipient};
pub use progress::{Attempt, DeliveryReport};

/// A message to be queued.
#[derive(Debug)]
pub struct NewMessage<'a> {
    /// Why there is a message, such as `opening:2:3`; the same cause never makes two.
    pub cause: &'a str,
    /// What it is about: whose wording, quiet hours, sender and zone it has.
    pub topic: TopicId,
    /// Why a phone may be texted.
    pub basis: Basis,
    pub kind: &'a str,
    /// The intent, JSON. Never words that show a pairing.
    pub parameters: &'a str,
    pub draw: Option<DrawId>,
    pub recipient: Recipient,
    pub channel: Channel,
    pub at: Timestamp,
    pub due: Timestamp,
    pub not_after: Option<Timestamp>,
}

const SELECT: &str = "SELECT id, cause, topic, basis, kind, parameters, draw, role, person, channel, queued_at, due, \
                      not_after, state, rehearsed, attempts, next_at, unsure_since, provider_code, problem, looked_for, read_with \
                      FROM outbox WHERE";
from_row!(
    OutboxRow: id, cause, topic, basis, kind, parameters, draw, recipient, channel, queued_at, due, not_after, state, rehearsed,
    attempts, next_at, unsure_since, provider_code, problem, looked_for, read_with
);

/// What a worker still has to do with.
const OPEN: &str = "state IN ('waiting', 'claimed')";

/// What a worker looks at, where `$3` says whether it rehearses; see [`OutboxRow::is_due`].
const FOR_WORKER: &str = "state IN ('waiting', 'claimed') AND ($3 = 0 OR (rehearsed = 0 AND unsure_since IS NULL))";

impl Tx<'_> {
    /// Queues a message; `None` when there is one of the same cause already.
    pub fn enqueue(&self, message: &NewMessage<'_>) -> Result<Option<OutboxId>, StoreError> {
        let (role, person) = message.recipient.stored();
        let id = self.one(
            "INSERT INTO outbox (cause, topic, basis, kind, parameters, draw, role, person, channel, queued_at, due, \
             not_after, next_at, bulk) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11, $13) \
             ON CONFLICT (cause) DO NOTHING RETURNING id",
            values![
                message.cause,
                message.topic,
                message.basis,
                message.kind,
                message.parameters,
                message.draw,
                role,
                person,
                message.channel,
                message.at,
                message.due,
                message.not_after,
                message::is_bulk(message.kind),
            ],
        )?;
        Ok(id.map(OutboxId))
    }

    /// A message of a topic by its row.
    pub fn message(&self, topic: TopicId, id: OutboxId) -> Result<Option<OutboxRow>, StoreError> {
        self.one(&format!("{SELECT} id = $1 AND topic = $2"), values![id, topic])
    }

    /// At most `limit` messages of a topic with a row above `after`, in the order they were queued.
    pub fn messages_of(
        &self,
        topic: TopicId,
        after: Option<OutboxId>,
        limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let after = after.map_or(0, |id| id.0);
        let sql = format!("{SELECT} topic = $1 AND id > $2 ORDER BY id LIMIT $3");
        self.all(&sql, values![topic, after, limit])
    }

    /// At most `limit` messages of all topics with a row above `after`, in the order they were queued; none to a role.
    pub fn messages_of_all(&self, after: Option<OutboxId>, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let sql = format!("{SELECT} id > $1 AND role = 'person' ORDER BY id LIMIT $2");
        self.all(&sql, values![after.map_or(0, |id| id.0), limit])
    }

    /// At most `limit` messages of an exchange and of all topics of other kinds with a row above `after`, in the order
    /// they were queued; none to a role.
    pub fn messages_beside(
        &self,
        exchange: Option<TopicId>,
        after: Option<OutboxId>,
        limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let here = "topic IN (SELECT topic.id FROM topic WHERE topic.id = $1 OR kind <> 'exchange')";
        let sql = format!("{SELECT} id > $2 AND {here} AND role = 'person' ORDER BY id LIMIT $3");
        self.all(&sql, values![exchange, after.map_or(0, |id| id.0), limit])
    }

    /// The topic of a message and whether that is an exchange; `None` for one to a role.
    pub fn topic_of_message(&self, id: OutboxId) -> Result<Option<(TopicId, bool)>, StoreError> {
        let sql = "SELECT topic.id, topic.kind = 'exchange' FROM outbox JOIN topic ON topic.id = outbox.topic \
                   WHERE outbox.id = $1 AND role = 'person'";
        self.one(sql, values![id])
    }

    /// Somebody's messages of a kind, in the order they were queued.
    pub fn messages_to(&self, person: PersonId, kind: &str) -> Result<Vec<OutboxRow>, StoreError> {
        let sql = format!("{SELECT} person = $1 AND role = 'person' AND kind = $2 ORDER BY id");
        self.all(&sql, values![person, kind])
    }

    /// Whether a text went to somebody before this message.
    pub fn was_texted(&self, person: PersonId, before: OutboxId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM outbox WHERE person = $1 AND id < $2 AND channel = 'sms' AND state IN ('sent', 'delivered') \
                   LIMIT 1";
        self.exists(sql, values![person, before])
    }

    /// The notices of changed addresses that wait, in the order they were queued.
    pub fn owed_messages(&self) -> Result<Vec<OutboxRow>, StoreError> {
        let waits = "kind = 'address_notice' AND state = 'waiting' AND unsure_since IS NULL ORDER BY id";
        self.all(&format!("{SELECT} {waits}"), &[])
    }

    /// The messages read with the answer to a text.
    pub fn messages_read_with(&self, sid: &str) -> Result<Vec<OutboxRow>, StoreError> {
        self.all(&format!("{SELECT} read_with = $1 ORDER BY id"), values![sid])
    }

    /// To whom of a topic a message of one of these kinds has yet to go, in their order.
    pub fn people_waiting(&self, topic: TopicId, (one, other): (&str, &str)) -> Result<Vec<PersonId>, StoreError> {
        let sql = "SELECT DISTINCT person FROM outbox WHERE topic = $1 AND kind IN ($2, $3) \
                   AND state IN ('waiting', 'claimed') ORDER BY person";
        self.all(sql, values![topic, one, other])
    }

    /// To whom of a topic a message has gone, or may have.
    pub fn people_reached(&self, topic: TopicId) -> Result<Vec<PersonId>, StoreError> {
        self.all(
            "SELECT DISTINCT person FROM outbox WHERE topic = $1 AND role = 'person' \
             AND (state IN ('claimed', 'sent', 'delivered') OR unsure_since IS NOT NULL) ORDER BY person",
            values![topic],
        )
    }

    /// Who has a message of a kind in a draw.
    pub fn people_with_message(&self, draw: DrawId, kind: &str) -> Result<Vec<PersonId>, StoreError> {
        self.all("SELECT person FROM outbox WHERE draw = $1 AND kind = $2", values![draw, kind])
    }

    /// The messages of every topic.
    #[cfg(test)]
    pub(crate) fn messages(&self) -> Result<Vec<OutboxRow>, StoreError> {
        self.all(&format!("{SELECT} id > 0 ORDER BY id"), &[])
    }

    /// The messages of a topic and a channel that a worker should look at now, in no order: of those that somebody waits for at
    /// most `limit`, the longest due first, and of the others as many. They are waiting ones whose time has come, and claimed
    /// ones whose worker has not been heard of in time.
    pub fn due_messages(
        &self,
        topic: TopicId,
        (channel, rehearsal): (Channel, bool),
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        // Either half is read off the index in its order; asked for both at once, an engine sorts all that is due.
        let sql = format!(
            "SELECT * FROM ({SELECT} topic = $1 AND channel = $2 AND bulk = 0 AND {FOR_WORKER} AND next_at <= $4 \
             ORDER BY next_at, id LIMIT $5) AS awaited UNION ALL \
             SELECT * FROM ({SELECT} topic = $1 AND channel = $2 AND bulk = 1 AND {FOR_WORKER} AND next_at <= $4 \
             ORDER BY next_at, id LIMIT $5) AS others"
        );
        self.all(&sql, values![topic, channel, rehearsal, now, limit])
    }

    /// When a worker should look at a channel of a topic next; `None` when nothing waits.
    pub fn next_message_at(
        &self,
        topic: TopicId,
        channel: Channel,
        rehearsal: bool,
    ) -> Result<Option<Timestamp>, StoreError> {
        let sql = format!(
            "SELECT min(next_at) FROM (SELECT min(next_at) AS next_at FROM outbox \
             WHERE topic = $1 AND channel = $2 AND bulk = 0 AND {FOR_WORKER} UNION ALL SELECT min(next_at) FROM outbox \
             WHERE topic = $1 AND channel = $2 AND bulk = 1 AND {FOR_WORKER}) AS halves"
        );
        self.only(&sql, values![topic, channel, rehearsal])
    }

    /// How many messages of a topic stand how, by the word of the state.
    pub fn count_messages(&self, topic: TopicId) -> Result<Vec<(String, u64)>, StoreError> {
        self.all(
            "SELECT CASE WHEN state = 'waiting' AND rehearsed = 1 THEN $2 ELSE state END AS word, count(*) \
             FROM outbox WHERE topic = $1 GROUP BY word ORDER BY word",
            values![topic, message::REHEARSED],
        )
    }

    /// How many messages of the topics within a reach stand how, by the word of the state; none to a role.
    pub fn count_messages_within(&self, reach: Reach) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = format!(
            "SELECT CASE WHEN state = 'waiting' AND rehearsed = 1 THEN $3 ELSE state END AS word, count(*) \
             FROM outbox JOIN topic ON topic.id = outbox.topic WHERE {OWNED} AND role = 'person' \
             GROUP BY word ORDER BY word"
        );
        self.all(&sql, values![reach.account, reach.sites_own, message::REHEARSED])
    }

    /// The newest messages of the topics within a reach, newest first; none to a role.
    pub fn newest_messages_within(&self, reach: Reach, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let sql = format!(
            "{SELECT} topic IN (SELECT topic.id FROM topic WHERE {OWNED}) AND role = 'person' ORDER BY id DESC LIMIT $3"
        );
        self.all(&sql, values![reach.account, reach.sites_own, limit])
    }

    /// At most `limit` messages of the topics within a reach with a row above `after`, in the order they were queued; none to
    /// a role.
    pub fn messages_within(&self, reach: Reach, after: OutboxId, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let sql = format!(
            "{SELECT} topic IN (SELECT topic.id FROM topic WHERE {OWNED}) AND role = 'person' AND id > $3 \
             ORDER BY id LIMIT $4"
        );
        self.all(&sql, values![reach.account, reach.sites_own, after, limit])
    }

    /// Takes up again what was put off by a clock that was ahead, and opens the lines it closed: claims and lines that
    /// end later than `closed_until`, and waits that end later than `waits_until`, are none of today's making. Gives how
    /// many rows and lines that were.
    pub fn take_up_again(
        &self,
        topic: TopicId,
        now: Timestamp,
        closed_until: Timestamp,
        waits_until: Timestamp,
    ) -> Result<u64, StoreError> {
        let rows = self.changed(
            &format!(
                "UPDATE outbox SET next_at = $2, due = CASE WHEN queued_at > $4 THEN $2 ELSE due END \
                 WHERE topic = $1 AND {OPEN} AND ((state = 'claimed' AND next_at > $3) \
                 OR (next_at > $4 AND (due <= $2 OR queued_at > $4)))"
            ),
            values![topic, now, closed_until, waits_until],
        )?;
        let lines = self.changed("UPDATE line SET free_at = $1 WHERE free_at > $2", values![now, closed_until])?;
        Ok(rows + lines)
    }

    /// Has looked at anew what was only put off, for somebody or something that was not there, and never tried.
    pub fn look_anew(&self, topic: TopicId, now: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "UPDATE outbox SET next_at = $2 WHERE topic = $1 AND state = 'waiting' AND rehearsed = 0 AND attempts = 0 \
             AND unsure_since IS NULL AND provider_code IS NULL AND problem IS NOT NULL AND due <= $2 AND next_at > $2",
            values![topic, now],
        )
    }

    /// Why the first message of a topic that is put off waits, if any is.
    pub fn waits_because(&self, topic: TopicId) -> Result<Option<String>, StoreError> {
        self.one(
            "SELECT problem FROM outbox WHERE topic = $1 AND state = 'waiting' AND problem IS NOT NULL ORDER BY id LIMIT 1",
            values![topic])
    }

    /// When a line may send its next segment, and what closed it until then, if anything did.
    pub fn line(&self, line: &str) -> Result<Option<(Timestamp, Option<String>)>, StoreError> {
        self.one("SELECT free_at, problem FROM line WHERE name = $1", values![line])
    }

    /// Keeps a line busy until then, for its pace or for a reason.
    pub fn close_line(&self, line: &str, until: Timestamp, why: Option<&str>) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO line (name, free_at, problem) VALUES ($1, $2, $3) \
             ON CONFLICT (name) DO UPDATE SET free_at = $2, problem = $3",
            values![line, until, why],
        )
    }

    /// How many segments that count against the day's bound were begun on a day; days are counted from 1970.
    pub fn segments_sent(&self, day: i64) -> Result<u64, StoreError> {
        let sent: Option<i64> = self.one("SELECT segments FROM segments_sent WHERE day = $1", values![day])?;
        Ok(sent.and_then(|sent| u64::try_from(sent).ok()).unwrap_or(0))
    }

    /// Counts segments that are begun on a day; earlier days are forgotten.
    pub fn add_segments_sent(&self, day: i64, segments: u32) -> Result<(), StoreError> {
        self.execute("DELETE FROM segments_sent WHERE day < $1", values![day])?;
        self.execute(
            "INSERT INTO segments_sent (day, segments) VALUES ($1, $2) \
             ON CONFLICT (day) DO UPDATE SET segments = segments_sent.segments + $2",
            values![day, segments],
        )
    }
}
