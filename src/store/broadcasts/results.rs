//! What became of a broadcast: how each of its recipients fared, and what they wrote back.

use jiff::Timestamp;

use super::BroadcastId;
use crate::model::{PersonId, TopicId};
use crate::store::{BroadcastState, FromRow, OutboxState, Row, StoreError, Tx, from_row, values};

/// What became of one line of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub id: i64,
    pub name: String,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub channel: String,
    /// The message's word, `planned` before there is one, `left out` where there never is one.
    pub state: String,
    pub code: Option<u32>,
    /// Why it waits, what ended it, or why they were left out.
    pub problem: Option<String>,
    /// When it came to its end.
    pub at: Option<Timestamp>,
    pub segments: u64,
}

/// What somebody wrote back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub name: String,
    pub text: String,
    pub at: Timestamp,
}
from_row!(Reply: name, text, at);

/// The lines of a plan; while one is being written there are none.
const RESULT: &str = "SELECT broadcast_recipient.id, name, phone, email, broadcast_recipient.channel, left_out, outbox.state, \
                      provider_code, outbox.problem, settled_at, broadcast_recipient.segments, broadcast.state \
                      FROM broadcast_recipient \
                      JOIN broadcast ON broadcast.id = broadcast_recipient.broadcast AND planned_at IS NOT NULL \
                      JOIN person ON person.id = broadcast_recipient.person \
                      LEFT JOIN outbox ON outbox.id = broadcast_recipient.outbox WHERE broadcast = $1";

impl Tx<'_> {
    /// How many of a broadcast stand how.
    pub fn count_results(&self, id: BroadcastId) -> Result<Vec<(String, u64)>, StoreError> {
        self.all(
            "SELECT CASE WHEN left_out IS NOT NULL THEN 'left out' WHEN outbox.state IS NOT NULL THEN outbox.state \
             WHEN (SELECT state FROM broadcast WHERE id = $1) = 'cancelled' THEN 'cancelled' ELSE 'planned' END AS word, \
             count(*) FROM broadcast_recipient LEFT JOIN outbox ON outbox.id = broadcast_recipient.outbox \
             WHERE broadcast = $1 AND (SELECT planned_at FROM broadcast WHERE id = $1) IS NOT NULL \
             GROUP BY word ORDER BY word",
            values![id])
    }

    /// At most `limit` lines of a plan behind one of them, and what became of each.
    pub fn results(&self, id: BroadcastId, after: i64, limit: u32) -> Result<Vec<Outcome>, StoreError> {
        let sql = format!("{RESULT} AND broadcast_recipient.id > $2 ORDER BY broadcast_recipient.id LIMIT $3");
        self.all(&sql, values![id, after, limit])
    }

    /// At most `limit` of those who are left out of a plan, and why.
    pub fn left_out(&self, id: BroadcastId, limit: u32) -> Result<Vec<Outcome>, StoreError> {
        let sql = format!("{RESULT} AND left_out IS NOT NULL ORDER BY broadcast_recipient.id LIMIT $2");
        self.all(&sql, values![id, limit])
    }

    /// Keeps what was written back from a phone of these people, behind what may have been sent there last, whoever of them it
    /// was to.
    pub fn insert_reply(
        &self,
        list: TopicId,
        people: &[PersonId],
        text: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut to: Option<(Option<i64>, PersonId)> = None;
        for person in people {
            let last: Option<i64> = self.only(
                "SELECT max(broadcast) FROM broadcast_recipient JOIN outbox ON outbox.id = broadcast_recipient.outbox \
                 WHERE broadcast_recipient.person = $1 AND broadcast_recipient.channel = 'sms' \
                 AND (attempts > 0 OR unsure_since IS NOT NULL OR outbox.state IN ('sent', 'delivered', 'failed'))",
                values![*person],
            )?;
            if to.is_none_or(|(broadcast, _)| broadcast < last) {
                to = Some((last, *person));
            }
        }
        let Some((broadcast, person)) = to else { return Ok(()) };
        let sql = "INSERT INTO reply (list, person, broadcast, text, at) VALUES ($1, $2, $3, $4, $5)";
        self.execute(sql, values![list, person, broadcast, text, at])
    }

    /// What people of a list wrote back to one broadcast or, without one, to none of them; newest first.
    pub fn replies(&self, list: TopicId, to: Option<BroadcastId>, limit: u32) -> Result<Vec<Reply>, StoreError> {
        self.all(
            "SELECT name, text, at FROM reply JOIN person ON person.id = reply.person \
             WHERE list = $1 AND coalesce(broadcast, 0) = $2 ORDER BY reply.id DESC LIMIT $3",
            values![list, to.map_or(0, |id| id.0), limit],
        )
    }
}

impl FromRow for Outcome {
    fn from_row(row: &mut Row<'_>) -> Result<Self, StoreError> {
        let (id, name, phone, email, channel) = row.take()?;
        let (left_out, state): (Option<String>, Option<OutboxState>) = row.take()?;
        let (code, problem, at, segments) = row.take()?;
        let broadcast: BroadcastState = row.take()?;
        let (state, problem) = match (left_out, state) {
            (Some(why), _) => ("left out", Some(why)),
            (None, Some(state)) => (state.word(), problem),
            (None, None) if broadcast == BroadcastState::Cancelled => ("cancelled", None),
            (None, None) => ("planned", None),
        };
        Ok(Self { id, name, phone, email, channel, state: state.to_owned(), code, problem, at, segments })
    }
}
