//! Broadcasts: one text to a list, the plan of who reads which words, and what became of each.

use jiff::Timestamp;

use super::{Channel, OutboxState, Row, StoreError, Tx, Value, values};
use crate::model::{PersonId, TopicId};

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
    /// On its way, or all of it gone.
    Sending,
    /// Nothing goes out until it goes on.
    Paused,
    /// The same, for a reason that is the same for everybody.
    Stopped,
    /// Nothing goes out any more.
    Cancelled,
}

impl BroadcastState {
    /// The word stored and shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Planned => "planned",
            Self::Sending => "sending",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Cancelled => "cancelled",
        }
    }

    fn from_word(word: &str) -> Result<Self, StoreError> {
        [Self::Draft, Self::Planned, Self::Sending, Self::Paused, Self::Stopped, Self::Cancelled]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| StoreError::damaged("broadcast's state", word))
    }
}

/// A broadcast as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broadcast {
    /// Its row.
    pub id: BroadcastId,
    /// To which list.
    pub list: TopicId,
    /// With fields in braces.
    pub text: String,
    /// Of the e-mails.
    pub subject: String,
    /// `either`, `sms`, `email` or `both`.
    pub ways: String,
    /// Only those with one of these; everybody where there are none.
    pub tags: Vec<String>,
    /// How it stands.
    pub state: BroadcastState,
    /// What stopped it.
    pub why: Option<String>,
    /// How many messages are planned.
    pub messages: u64,
    /// How many segments they take.
    pub segments: u64,
    /// When it was planned.
    pub planned_at: Option<Timestamp>,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
}

/// One line of a plan, to be kept.
#[derive(Debug)]
pub struct NewRecipient<'a> {
    /// Who.
    pub person: PersonId,
    /// How.
    pub channel: Channel,
    /// What they read.
    pub words: &'a str,
    /// How many segments that takes.
    pub segments: u64,
    /// Why they get nothing.
    pub left_out: Option<&'a str>,
}

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

const BROADCAST: &str = "SELECT id, list, text, subject, ways, tags, state, why, messages, segments, planned_at, sent_at \
                         FROM broadcast";

/// The cause of the message of a line of a plan: one line, one message.
const CAUSE: &str = "'broadcast:' || CAST(broadcast_recipient.broadcast AS TEXT) || ':' || \
                     CAST(broadcast_recipient.person AS TEXT) || ':' || broadcast_recipient.channel";

/// The messages of a broadcast, by `$1`.
const ITS_MESSAGES: &str = "id IN (SELECT outbox FROM broadcast_recipient WHERE broadcast = $1)";

/// How many lines one statement writes.
const AT_ONCE: usize = 40;

impl Tx<'_> {
    /// Writes a draft down.
    pub fn insert_broadcast(
        &self,
        list: TopicId,
        (text, subject, ways, tags): (&str, &str, &str, &str),
        at: Timestamp,
    ) -> Result<BroadcastId, StoreError> {
        let sql = "INSERT INTO broadcast (list, text, subject, ways, tags, made_at) VALUES ($1, $2, $3, $4, $5, $6) \
                   RETURNING id";
        self.only(sql, values![list, text, subject, ways, tags, at]).map(BroadcastId)
    }

    /// A broadcast.
    pub fn broadcast(&self, id: BroadcastId) -> Result<Option<Broadcast>, StoreError> {
        self.one(&format!("{BROADCAST} WHERE id = $1"), values![id.0], read_broadcast)
    }

    /// The broadcasts of a list, newest first.
    pub fn broadcasts_of(&self, list: TopicId) -> Result<Vec<Broadcast>, StoreError> {
        self.all(&format!("{BROADCAST} WHERE list = $1 ORDER BY id DESC"), values![list], read_broadcast)
    }

    /// Those of a list that are on their way into the outbox, or held.
    pub fn broadcasts_in_state(&self, list: TopicId, state: BroadcastState) -> Result<Vec<Broadcast>, StoreError> {
        let sql = format!("{BROADCAST} WHERE list = $1 AND state = $2 ORDER BY id");
        self.all(&sql, values![list, state.word()], read_broadcast)
    }

    /// Keeps a plan in the place of an earlier one; only of what has not been sent.
    pub fn put_plan(&self, id: BroadcastId, lines: &[NewRecipient<'_>], at: Timestamp) -> Result<bool, StoreError> {
        let planned = lines.iter().filter(|line| line.left_out.is_none());
        let (messages, segments) = planned.fold((0u64, 0), |(n, sum), line| (n + 1, sum + line.segments));
        let changed = self.execute(
            "UPDATE broadcast SET state = 'planned', planned_at = $2, messages = $3, segments = $4 \
             WHERE id = $1 AND state IN ('draft', 'planned')",
            values![id.0, at, messages, segments],
        )?;
        if changed == 0 {
            return Ok(false);
        }
        self.execute("DELETE FROM broadcast_recipient WHERE broadcast = $1", values![id.0])?;
        for some in lines.chunks(AT_ONCE) {
            let places = (0..some.len()).map(|n| {
                let at = |field: usize| 5 * n + field + 2;
                format!("($1, ${}, ${}, ${}, ${}, ${})", at(0), at(1), at(2), at(3), at(4))
            });
            let sql = format!(
                "INSERT INTO broadcast_recipient (broadcast, person, channel, words, segments, left_out) VALUES {}",
                places.collect::<Vec<_>>().join(", ")
            );
            let mut given = vec![Value::from(id.0)];
            for line in some {
                given.extend([
                    Value::from(line.person),
                    line.channel.word().into(),
                    line.words.into(),
                    line.segments.into(),
                    line.left_out.into(),
                ]);
            }
            self.execute(&sql, &given)?;
        }
        Ok(true)
    }

    /// Turns a broadcast from one of these states into another; `false` where it is in none of them.
    pub fn turn_broadcast(
        &self,
        id: BroadcastId,
        from: &[BroadcastState],
        to: BroadcastState,
        (why, now): (Option<&str>, Timestamp),
    ) -> Result<bool, StoreError> {
        let state = |n: usize| from.get(n).or(from.first()).map_or("", |state| state.word());
        let changed = self.execute(
            "UPDATE broadcast SET state = $2, why = $3, \
             sent_at = CASE WHEN $2 = 'sending' THEN coalesce(sent_at, $4) ELSE sent_at END \
             WHERE id = $1 AND state IN ($5, $6, $7, $8, $9)",
            values![id.0, to.word(), why, now, state(0), state(1), state(2), state(3), state(4)],
        )?;
        Ok(changed > 0)
    }

    /// Those that are being sent and not all in the outbox yet.
    pub fn broadcasts_to_move(&self) -> Result<Vec<BroadcastId>, StoreError> {
        let sql = "SELECT id FROM broadcast WHERE state = 'sending' AND moved_to < coalesce((SELECT max(recipient.id) \
                   FROM broadcast_recipient AS recipient WHERE recipient.broadcast = broadcast.id), 0) ORDER BY id";
        self.all(sql, &[], |row| Ok(BroadcastId(row.get(0)?)))
    }

    /// Moves at most so many lines of a broadcast that is being sent into the outbox; gives how many. The same line never
    /// makes two messages.
    pub fn move_broadcast(&self, id: BroadcastId, most: u32, now: Timestamp) -> Result<u64, StoreError> {
        let from: Option<i64> =
            self.value("SELECT moved_to FROM broadcast WHERE id = $1 AND state = 'sending'", values![id.0])?;
        let Some(from) = from else { return Ok(0) };
        let to: Option<Option<i64>> = self.value(
            "SELECT max(id) FROM (SELECT id FROM broadcast_recipient WHERE broadcast = $1 AND id > $2 \
             ORDER BY id LIMIT $3) AS chunk",
            values![id.0, from, most],
        )?;
        let Some(to) = to.flatten() else { return Ok(0) };
        let moved = self.execute(
            &format!(
                "INSERT INTO outbox (cause, topic, basis, kind, parameters, role, person, channel, queued_at, due, next_at) \
                 SELECT {CAUSE}, (SELECT list FROM broadcast WHERE broadcast.id = $1), 'subscriber', 'broadcast', \
                 CAST(id AS TEXT), 'person', person, channel, $4, $4, $4 \
                 FROM broadcast_recipient WHERE broadcast = $1 AND id > $2 AND id <= $3 AND left_out IS NULL \
                 ORDER BY id ON CONFLICT (cause) DO NOTHING"
            ),
            values![id.0, from, to, now],
        )?;
        self.execute(
            &format!(
                "UPDATE broadcast_recipient SET outbox = (SELECT outbox.id FROM outbox WHERE outbox.cause = {CAUSE}) \
                 WHERE broadcast = $1 AND id > $2 AND id <= $3 AND left_out IS NULL"
            ),
            values![id.0, from, to],
        )?;
        self.execute("UPDATE broadcast SET moved_to = $2 WHERE id = $1", values![id.0, to])?;
        Ok(moved)
    }

    /// Counts every broadcast as perhaps sent since a backup was made: what was on its way is all in the outbox from now on,
    /// whose rows are looked up; of what was planned nobody can tell, so it is not sent any more.
    pub(super) fn count_broadcasts_as_perhaps_sent(&self, now: Timestamp) -> Result<(), StoreError> {
        for id in self.broadcasts_to_move()? {
            while self.move_broadcast(id, 1_000, now)? > 0 {}
        }
        self.execute(
            "UPDATE broadcast SET state = 'cancelled', why = 'it may have been sent before a backup was brought back' \
             WHERE state = 'planned' OR (state IN ('paused', 'stopped') AND moved_to < (SELECT max(recipient.id) \
             FROM broadcast_recipient AS recipient WHERE recipient.broadcast = broadcast.id))",
            &[],
        )?;
        Ok(())
    }

    /// The broadcast of a line of a plan, and the words of it.
    pub fn recipient(&self, id: i64) -> Result<Option<(BroadcastId, String)>, StoreError> {
        let sql = "SELECT broadcast, words FROM broadcast_recipient WHERE id = $1";
        self.one(sql, values![id], |row| Ok((BroadcastId(row.get(0)?), row.get(1)?)))
    }

    /// Puts off everything of a broadcast that waits, until then.
    pub fn hold_broadcast(&self, id: BroadcastId, (until, why): (Timestamp, &str)) -> Result<u64, StoreError> {
        let sql = format!("UPDATE outbox SET next_at = $2, problem = $3 WHERE state = 'waiting' AND {ITS_MESSAGES}");
        self.execute(&sql, values![id.0, until, why])
    }

    /// Ends everything of a broadcast that waits and has certainly not gone out; gives how many that were.
    pub fn end_broadcast(&self, id: BroadcastId, why: &str, now: Timestamp) -> Result<u64, StoreError> {
        let sql = format!(
            "UPDATE outbox SET state = 'cancelled', problem = $3, settled_at = $2 \
             WHERE state = 'waiting' AND unsure_since IS NULL AND {ITS_MESSAGES}"
        );
        self.execute(&sql, values![id.0, now, why])
    }

    /// The messages of a broadcast that failed, with their codes.
    pub fn failed_of(&self, id: BroadcastId) -> Result<Vec<(super::OutboxId, Option<u32>)>, StoreError> {
        let sql = format!("SELECT id, provider_code FROM outbox WHERE state = 'failed' AND {ITS_MESSAGES} ORDER BY id");
        self.all(&sql, values![id.0], |row| Ok((super::OutboxId::numbered(row.get(0)?), row.get(1)?)))
    }

    /// How many of a broadcast came to their end, and how many of these with this code.
    pub fn ended_with(&self, id: BroadcastId, code: u32) -> Result<(u64, u64), StoreError> {
        let sql = format!(
            "SELECT count(*), coalesce(sum(CASE WHEN provider_code = $2 THEN 1 ELSE 0 END), 0) FROM outbox \
             WHERE state IN ('sent', 'delivered', 'failed') AND {ITS_MESSAGES}"
        );
        let counted = self.one(&sql, values![id.0, code], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(counted.unwrap_or_default())
    }

    /// How many of a broadcast stand how.
    pub fn count_results(&self, id: BroadcastId) -> Result<Vec<(String, u64)>, StoreError> {
        self.all(
            "SELECT CASE WHEN left_out IS NOT NULL THEN 'left out' ELSE coalesce(outbox.state, 'planned') END AS word, \
             count(*) FROM broadcast_recipient LEFT JOIN outbox ON outbox.id = broadcast_recipient.outbox \
             WHERE broadcast = $1 GROUP BY word ORDER BY word",
            values![id.0],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// At most `limit` lines of a plan behind one of them, and what became of each.
    pub fn results(&self, id: BroadcastId, after: i64, limit: u32) -> Result<Vec<Outcome>, StoreError> {
        self.all(
            "SELECT broadcast_recipient.id, name, phone, email, broadcast_recipient.channel, left_out, outbox.state, \
             provider_code, problem, settled_at, segments FROM broadcast_recipient \
             JOIN person ON person.id = broadcast_recipient.person \
             LEFT JOIN outbox ON outbox.id = broadcast_recipient.outbox \
             WHERE broadcast = $1 AND broadcast_recipient.id > $2 ORDER BY broadcast_recipient.id LIMIT $3",
            values![id.0, after, limit],
            read_result,
        )
    }

    /// Keeps what somebody wrote back, behind what was sent to them last.
    pub fn insert_reply(&self, list: TopicId, person: PersonId, text: &str, at: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO reply (list, person, broadcast, text, at) VALUES ($1, $2, (SELECT max(broadcast) \
             FROM broadcast_recipient JOIN outbox ON outbox.id = broadcast_recipient.outbox \
             WHERE broadcast_recipient.person = $2 AND outbox.state IN ('sent', 'delivered')), $3, $4)",
            values![list, person, text, at],
        )?;
        Ok(())
    }

    /// What people of a list wrote back, to one broadcast or at all, newest first.
    pub fn replies(&self, list: TopicId, to: Option<BroadcastId>, limit: u32) -> Result<Vec<Reply>, StoreError> {
        self.all(
            "SELECT name, text, at FROM reply JOIN person ON person.id = reply.person \
             WHERE list = $1 AND ($2 = 0 OR broadcast = $2) ORDER BY reply.id DESC LIMIT $3",
            values![list, to.map_or(0, |id| id.0), limit],
            |row| Ok(Reply { name: row.get(0)?, text: row.get(1)?, at: row.get(2)? }),
        )
    }
}

fn read_broadcast(row: &Row<'_>) -> Result<Broadcast, StoreError> {
    let tags: String = row.get(5)?;
    Ok(Broadcast {
        id: BroadcastId(row.get(0)?),
        list: row.get(1)?,
        text: row.get(2)?,
        subject: row.get(3)?,
        ways: row.get(4)?,
        tags: tags.split(',').filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
        state: BroadcastState::from_word(&row.get::<String>(6)?)?,
        why: row.get(7)?,
        messages: row.get(8)?,
        segments: row.get(9)?,
        planned_at: row.get(10)?,
        sent_at: row.get(11)?,
    })
}

fn read_result(row: &Row<'_>) -> Result<Outcome, StoreError> {
    let (left_out, state): (Option<String>, Option<String>) = (row.get(5)?, row.get(6)?);
    let (state, problem) = match (left_out, state) {
        (Some(why), _) => ("left out".to_owned(), Some(why)),
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
