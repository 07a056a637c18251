//! What became of a broadcast: how each of its recipients fared, and what they wrote back.

use jiff::Timestamp;

use super::BroadcastId;
use crate::model::{PersonId, TopicId};
use crate::store::{OutboxState, Row, StoreError, Tx, values};

/// What became of one line of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its row.
    pub id: i64,
    /// Who.
    pub name: String,
    /// Where they are texted.
    pub phone: Option<String>,
    /// Where they are written to.
    pub email: Option<String>,
    /// How.
    pub channel: String,
    /// The message's word, `planned` before there is one, `left out` where there never is one.
    pub state: String,
    /// The provider's code.
    pub code: Option<u32>,
    /// Why it waits, what ended it, or why they were left out.
    pub problem: Option<String>,
    /// When it came to its end.
    pub at: Option<Timestamp>,
    /// How many segments.
    pub segments: u64,
}

/// What somebody wrote back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Who.
    pub name: String,
    /// What.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

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
            values![id.0],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// At most `limit` lines of a plan behind one of them, and what became of each.
    pub fn results(&self, id: BroadcastId, after: i64, limit: u32) -> Result<Vec<Outcome>, StoreError> {
        let sql = format!("{RESULT} AND broadcast_recipient.id > $2 ORDER BY broadcast_recipient.id LIMIT $3");
        self.all(&sql, values![id.0, after, limit], read_result)
    }

    /// At most `limit` of those who are left out of a plan, and why.
    pub fn left_out(&self, id: BroadcastId, limit: u32) -> Result<Vec<Outcome>, StoreError> {
        let sql = format!("{RESULT} AND left_out IS NOT NULL ORDER BY broadcast_recipient.id LIMIT $2");
        self.all(&sql, values![id.0, limit], read_result)
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
        self.execute(sql, values![list, person, broadcast, text, at]).map(drop)
    }

    /// What people of a list wrote back to one broadcast or, without one, to none of them; newest first.
    pub fn replies(&self, list: TopicId, to: Option<BroadcastId>, limit: u32) -> Result<Vec<Reply>, StoreError> {
        self.all(
            "SELECT name, text, at FROM reply JOIN person ON person.id = reply.person \
             WHERE list = $1 AND coalesce(broadcast, 0) = $2 ORDER BY reply.id DESC LIMIT $3",
            values![list, to.map_or(0, |id| id.0), limit],
            |row| Ok(Reply { name: row.get(0)?, text: row.get(1)?, at: row.get(2)? }),
        )
    }
}

fn read_result(row: &Row<'_>) -> Result<Outcome, StoreError> {
    let (left_out, state): (Option<String>, Option<String>) = (row.get(5)?, row.get(6)?);
    let (state, problem) = match (left_out, state) {
        (Some(why), _) => ("left out".to_owned(), Some(why)),
        (None, None) if row.get::<String>(11)? == "cancelled" => ("cancelled".to_owned(), None),
        (None, None) => ("planned".to_owned(), None),
        (None, Some(state)) => (OutboxState::from_word(&state)?.word().to_owned(), row.get(8)?),
    };
    Ok(Outcome {
        id: row.get(0)?,
        name: row.get(1)?,
        phone: row.get(2)?,
        email: row.get(3)?,
        channel: row.get(4)?,
        state,
        code: row.get(7)?,
        problem,
        at: row.get(9)?,
        segments: row.get(10)?,
    })
}
