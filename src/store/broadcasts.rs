//! Broadcasts: one text to a list, the plan of who reads which words, and what became of each.

use jiff::Timestamp;

use super::accounts::OWNED;
use super::{Channel, Reach, StoreError, Tx, from_row, values};
use crate::model::{Email, PersonId, Phone, TopicId, words};

mod moving;
mod planning;
mod results;

pub use moving::{CANCELLED, PAUSED, STOPPED};
pub use planning::{NewRecipient, PlanTotals, Planning};
pub use results::{Outcome, Reply};

/// A broadcast's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BroadcastId(pub i64);

/// How a broadcast stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BroadcastState {
    /// Written, for nobody yet.
    Draft,
    /// Who reads which words is fixed.
    Planned,
    /// On its way.
    Sending,
    /// Nothing goes out until it goes on.
    Paused,
    /// The same, for a reason that is the same for everybody.
    Stopped,
    /// Nothing goes out any more.
    Cancelled,
    /// All of it has come to an end. Read off its messages and kept nowhere, so that it goes on as soon as one of them is tried
    /// once more, whoever has that done.
    Done,
}

words!(BroadcastState {
    Draft "draft" Planned "planned" Sending "sending" Paused "paused" Stopped "stopped" Cancelled "cancelled"
    Done "done"
});

/// A broadcast as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broadcast {
    pub id: BroadcastId,
    pub list: TopicId,
    /// With fields in braces.
    pub text: String,
    /// Of the e-mails.
    pub subject: String,
    /// `either`, `sms`, `email` or `both`.
    pub ways: String,
    /// Only those with one of these; everybody where there are none.
    pub tags: Vec<String>,
    /// Only these; everybody where there are none.
    pub only: Vec<PersonId>,
    pub state: BroadcastState,
    /// What stopped it.
    pub why: Option<String>,
    pub messages: u64,
    pub segments: u64,
    /// How much of the plan is for which time zones, JSON.
    pub zones: String,
    pub planned_at: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
}

/// One that goes out, or is held, is done where every line is in the outbox and no message of it is open.
pub(super) const BROADCAST: &str = "SELECT id, list, text, subject, ways, tags, CASE \
                                    WHEN state IN ('sending', 'paused') AND moved_to >= coalesce((SELECT max(recipient.id) \
                                    FROM broadcast_recipient AS recipient WHERE recipient.broadcast = broadcast.id), 0) \
                                    AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.topic = broadcast.list AND bulk = 1 \
                                    AND outbox.state IN ('waiting', 'claimed') \
                                    AND cause >= 'broadcast:' || CAST(broadcast.id AS TEXT) || ':' \
                                    AND cause < 'broadcast:' || CAST(broadcast.id AS TEXT) || ';') \
                                    THEN 'done' ELSE state END AS stands, \
                                    why, messages, segments, planned_at, sent_at, picked, zones FROM broadcast";
from_row!(
    Broadcast: id, list, text, subject, ways, tags, state, why, messages, segments, planned_at, sent_at, only by picked, zones
);

impl Tx<'_> {
    /// Writes a draft down: its text, subject and ways; tags and people with commas between them.
    pub fn insert_broadcast(
        &self,
        list: TopicId,
        [text, subject, ways, tags, only]: [&str; 5],
        at: Timestamp,
    ) -> Result<BroadcastId, StoreError> {
        let sql = "INSERT INTO broadcast (list, text, subject, ways, tags, picked, made_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
        self.only(sql, values![list, text, subject, ways, tags, only, at]).map(BroadcastId)
    }

    /// A broadcast.
    pub fn broadcast(&self, id: BroadcastId) -> Result<Option<Broadcast>, StoreError> {
        self.one(&format!("{BROADCAST} WHERE id = $1"), values![id])
    }

    /// The broadcasts of a list, newest first.
    pub fn broadcasts_of(&self, list: TopicId) -> Result<Vec<Broadcast>, StoreError> {
        self.all(&format!("{BROADCAST} WHERE list = $1 ORDER BY id DESC"), values![list])
    }

    /// At most so many broadcasts within a reach behind one of them, in the order they were written.
    pub fn broadcasts_within(
        &self,
        reach: Reach,
        after: BroadcastId,
        limit: u32,
    ) -> Result<Vec<Broadcast>, StoreError> {
        let theirs = format!("list IN (SELECT id FROM topic WHERE {OWNED})");
        let sql = format!("{BROADCAST} WHERE {theirs} AND id > $3 ORDER BY id LIMIT $4");
        self.all(&sql, values![reach.account, reach.sites_own, after, limit])
    }

    /// Says something else in a draft or a plan, which is a draft again; `false` of one that was sent or cancelled.
    pub fn rewrite_broadcast(
        &self,
        id: BroadcastId,
        [text, subject, ways, tags, only]: [&str; 5],
    ) -> Result<bool, StoreError> {
        // Whoever is planning it meanwhile has lost their turn.
        let sql = "UPDATE broadcast SET text = $2, subject = $3, ways = $4, tags = $5, picked = $6, state = 'draft', \
                   planned_at = NULL, plan = plan + 1 WHERE id = $1 AND state IN ('draft', 'planned')";
        self.changes(sql, values![id, text, subject, ways, tags, only])
    }

    /// Removes a draft of which nothing was planned; `false` of any other.
    pub fn remove_draft(&self, id: BroadcastId) -> Result<bool, StoreError> {
        let sql = "DELETE FROM broadcast WHERE id = $1 AND state = 'draft' AND plan = 0";
        self.changes(sql, values![id])
    }

    /// Turns a broadcast from one of these states into another; `false` where it is in none of them. One that is sent, or sent
    /// on, is counted afresh.
    pub fn turn_broadcast(
        &self,
        id: BroadcastId,
        from: &[BroadcastState],
        to: BroadcastState,
        (why, now): (Option<&str>, Timestamp),
    ) -> Result<bool, StoreError> {
        let state = |n: usize| from.get(n).or(from.first()).copied();
        let changed = self.changed(
            "UPDATE broadcast SET state = $2, why = $3, turned = 1, \
             sent_at = CASE WHEN $2 = 'sending' THEN coalesce(sent_at, $4) ELSE sent_at END \
             WHERE id = $1 AND state IN ($5, $6, $7, $8, $9)",
            values![id, to.word(), why, now, state(0), state(1), state(2), state(3), state(4)],
        )?;
        if changed > 0 && to == BroadcastState::Sending {
            self.execute("DELETE FROM broadcast_tally WHERE broadcast = $1", values![id])?;
        }
        Ok(changed > 0)
    }

    /// The broadcast of a line of a plan, and the words of it.
    pub fn recipient(&self, id: i64) -> Result<Option<(BroadcastId, String)>, StoreError> {
        let sql = "SELECT broadcast, words FROM broadcast_recipient WHERE id = $1";
        self.one(sql, values![id])
    }

    /// What the first reader of a plan gets, of those on a channel if there are any; `None` where nothing is planned.
    pub fn first_words(&self, id: BroadcastId, channel: Option<Channel>) -> Result<Option<String>, StoreError> {
        let of = |channel: &str| {
            self.one(
                "SELECT words FROM broadcast_recipient WHERE broadcast = $1 AND left_out IS NULL \
                 AND (channel = $2 OR $2 = '') AND (SELECT planned_at FROM broadcast WHERE id = $1) IS NOT NULL \
                 ORDER BY id LIMIT 1",
                values![id, channel],
            )
        };
        let theirs = channel.map(|channel| of(channel.word())).transpose()?.flatten();
        theirs.map_or_else(|| of(""), |words| Ok(Some(words)))
    }

    /// Who reads the text of a plan that takes the most segments, and that.
    pub fn longest_words(&self, id: BroadcastId) -> Result<Option<(String, String)>, StoreError> {
        self.one(
            "SELECT name, words FROM (SELECT person, words FROM broadcast_recipient WHERE broadcast = $1 \
             AND left_out IS NULL AND channel = 'sms' ORDER BY segments DESC, id LIMIT 1) AS longest \
             JOIN person ON person.id = longest.person",
            values![id],
        )
    }

    /// Somebody of a topic with this phone or this e-mail address.
    pub fn person_at(
        &self,
        topic: TopicId,
        phone: Option<&Phone>,
        email: Option<&Email>,
    ) -> Result<Option<PersonId>, StoreError> {
        self.one(
            "SELECT min(id) FROM person WHERE topic = $1 AND (phone = $2 OR email = $3) HAVING min(id) IS NOT NULL",
            values![topic, phone, email],
        )
    }
}

fn picked(ids: &str) -> Result<Vec<PersonId>, StoreError> {
    Ok(ids.split(',').filter_map(|id| id.parse().ok()).map(PersonId).collect())
}
