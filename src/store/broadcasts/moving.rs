//! A broadcast on its way: its lines become messages, and these follow what becomes of it. Both are done so many at a time
//! that no text waits for them, and as often as one likes.

use jiff::{SignedDuration, Timestamp};

use super::{Broadcast, BroadcastId, BroadcastState};
use crate::model::TopicId;
use crate::store::{OutboxId, StoreError, Tx, Value, values};

/// The cause of the message of a line of a plan: one line, one message.
const CAUSE: &str = "'broadcast:' || CAST(broadcast_recipient.broadcast AS TEXT) || ':' || \
                     CAST(broadcast_recipient.person AS TEXT) || ':' || broadcast_recipient.channel";

/// The messages of a broadcast, by what their causes begin with: [`causes`] as `$1` and `$2`.
const ITS_MESSAGES: &str = "cause >= $1 AND cause < $2";

/// Those of them that wait, found where the workers find them; `$3` is the list.
const WAITING: &str =
    "topic = $3 AND channel IN ('sms', 'email') AND bulk = 1 AND state IN ('waiting', 'claimed') AND state = 'waiting'";

/// Counts a message that was refused before the provider took it; one that was taken has been counted. `$2` is its row.
const NOT_TAKEN: &str = "(SELECT CASE WHEN provider_id IS NULL THEN 1 ELSE 0 END FROM outbox WHERE id = $2)";

/// Why the messages wait of a broadcast that is paused.
pub const PAUSED: &str = "the broadcast is paused";

/// Why they wait of one that has stopped.
pub const STOPPED: &str = "the broadcast has stopped";

/// Why they have come to their end of one that was cancelled.
pub const CANCELLED: &str = "the broadcast was cancelled";

/// How long what is held is put off, and when that is done anew: before a day is over.
const HELD: SignedDuration = SignedDuration::from_hours(24);
const HELD_ANEW: SignedDuration = SignedDuration::from_hours(12);

/// Between which two causes all those of a broadcast stand: behind `:` comes `;`.
fn causes(id: BroadcastId) -> (String, String) {
    (format!("broadcast:{}:", id.0), format!("broadcast:{};", id.0))
}

impl Tx<'_> {
    /// Those that are being sent and not all in the outbox yet.
    pub fn broadcasts_to_move(&self) -> Result<Vec<BroadcastId>, StoreError> {
        let sql = "SELECT id FROM broadcast WHERE state = 'sending' AND moved_to < coalesce((SELECT max(recipient.id) \
                   FROM broadcast_recipient AS recipient WHERE recipient.broadcast = broadcast.id), 0) ORDER BY id";
        self.all(sql, &[])
    }

    /// Moves at most so many lines of a broadcast that is being sent into the outbox; gives how many it has looked at. The
    /// same line never makes two messages.
    pub fn move_broadcast(&self, id: BroadcastId, most: u64, now: Timestamp) -> Result<u64, StoreError> {
        let from: Option<i64> =
            self.one("SELECT moved_to FROM broadcast WHERE id = $1 AND state = 'sending'", values![id])?;
        let Some(from) = from else { return Ok(0) };
        let (lines, to): (u64, Option<i64>) = self
            .one(
                "SELECT count(*), max(id) FROM (SELECT id FROM broadcast_recipient WHERE broadcast = $1 AND id > $2 \
                 ORDER BY id LIMIT $3) AS chunk",
                values![id, from, most],
            )?
            .unwrap_or_default();
        let Some(to) = to else { return Ok(0) };
        self.execute(
            &format!(
                "INSERT INTO outbox (cause, topic, basis, kind, parameters, role, person, channel, queued_at, due, next_at, bulk) \
                 SELECT {CAUSE}, topic, CASE WHEN slug IS NULL THEN 'wrote' ELSE 'subscriber' END, 'broadcast', \
                 CAST(broadcast_recipient.id AS TEXT), 'person', person, channel, $4, $4, $4, 1 \
                 FROM broadcast_recipient JOIN broadcast ON broadcast.id = broadcast_recipient.broadcast \
                 JOIN list ON list.topic = broadcast.list WHERE broadcast = $1 AND broadcast_recipient.id > $2 \
                 AND broadcast_recipient.id <= $3 AND left_out IS NULL \
                 ORDER BY broadcast_recipient.id ON CONFLICT (cause) DO NOTHING"
            ),
            values![id, from, to, now],
        )?;
        self.execute(
            &format!(
                "UPDATE broadcast_recipient SET outbox = (SELECT outbox.id FROM outbox WHERE outbox.cause = {CAUSE}) \
                 WHERE broadcast = $1 AND id > $2 AND id <= $3 AND left_out IS NULL"
            ),
            values![id, from, to],
        )?;
        self.execute("UPDATE broadcast SET moved_to = $2 WHERE id = $1", values![id, to])?;
        Ok(lines)
    }

    /// Those whose messages have yet to follow how they stand.
    pub fn broadcasts_turned(&self) -> Result<Vec<Broadcast>, StoreError> {
        self.all(&format!("{} WHERE turned = 1 ORDER BY id", super::BROADCAST), &[])
    }

    /// Has the messages looked through again of whatever is held back in a list.
    pub fn hold_on(&self, list: TopicId) -> Result<(), StoreError> {
        let sql = "UPDATE broadcast SET turned = 1 WHERE list = $1 AND state IN ('paused', 'stopped')";
        self.execute(sql, values![list])
    }

    /// Has at most so many of a broadcast's messages that wait follow how it stands: held, free to go, or ended where they
    /// have certainly not gone out. Gives how many; none where all do.
    pub fn follow_broadcast(&self, broadcast: &Broadcast, most: u64, now: Timestamp) -> Result<u64, StoreError> {
        let later = |by| Value::from(now.saturating_add(by).unwrap_or(now));
        let held = |why: &'static str| {
            ("next_at = $5, problem = $6", "next_at < $7", vec![later(HELD), why.into(), later(HELD_ANEW)])
        };
        let (change, which, theirs) = match broadcast.state {
            BroadcastState::Paused => held(PAUSED),
            BroadcastState::Stopped => held(STOPPED),
            BroadcastState::Cancelled => {
                let change = "state = 'cancelled', settled_at = $5, problem = $6";
                (change, "unsure_since IS NULL", vec![now.into(), CANCELLED.into()])
            }
            _ => {
                let which = "next_at > $5 AND problem IN ($6, $7)";
                ("next_at = $5, problem = NULL", which, vec![now.into(), PAUSED.into(), STOPPED.into()])
            }
        };
        let (from, to) = causes(broadcast.id);
        let sql = format!(
            "UPDATE outbox SET {change} WHERE id IN (SELECT id FROM outbox WHERE {ITS_MESSAGES} AND {WAITING} \
             AND {which} LIMIT $4)"
        );
        let values = [&values![&from, &to, broadcast.list, most][..], &theirs].concat();
        let followed = self.changed(&sql, &values)?;
        if followed == 0 {
            self.execute("UPDATE broadcast SET turned = 0 WHERE id = $1", values![broadcast.id])?;
        }
        Ok(followed)
    }

    /// Counts every broadcast as perhaps sent since a backup was made: what was on its way is all in the outbox from now on,
    /// whose rows are looked up; of what was planned nobody can tell, so it is not sent any more.
    pub(in crate::store) fn count_broadcasts_as_perhaps_sent(&self, now: Timestamp) -> Result<(), StoreError> {
        for id in self.broadcasts_to_move()? {
            while self.move_broadcast(id, 1_000, now)? > 0 {}
        }
        self.execute(
            "UPDATE broadcast SET state = 'cancelled', why = 'it may have been sent before a backup was brought back' \
             WHERE state = 'planned' OR (state IN ('paused', 'stopped') AND moved_to < (SELECT max(recipient.id) \
             FROM broadcast_recipient AS recipient WHERE recipient.broadcast = broadcast.id))",
            &[],
        )
    }

    /// At most so many messages of a broadcast that failed, behind one of this cause: with their codes and causes.
    pub fn failed_of(
        &self,
        id: BroadcastId,
        after: &str,
        most: u64,
    ) -> Result<Vec<(OutboxId, Option<u32>, String)>, StoreError> {
        let (from, to) = causes(id);
        let sql = format!(
            "SELECT id, provider_code, cause FROM outbox WHERE state = 'failed' AND {ITS_MESSAGES} AND cause > $3 \
             ORDER BY cause LIMIT $4"
        );
        self.all(&sql, values![&from, &to, after, most])
    }

    /// Counts a text of a line of a plan as taken by the provider, since its broadcast was sent, or sent on.
    pub fn count_taken(&self, recipient: i64) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO broadcast_tally (broadcast, ended, refused) \
             SELECT broadcast, 1, 0 FROM broadcast_recipient WHERE id = $1 \
             ON CONFLICT (broadcast) DO UPDATE SET ended = broadcast_tally.ended + 1",
            values![recipient],
        )
    }

    /// Counts a message as refused for a reason that may be the same for many; gives how many have come to their end since the
    /// broadcast was sent, or sent on, and how many of these were refused so.
    pub fn count_refused(&self, id: BroadcastId, message: OutboxId) -> Result<(u64, u64), StoreError> {
        let sql = format!(
            "INSERT INTO broadcast_tally (broadcast, ended, refused) VALUES ($1, {NOT_TAKEN}, 1) \
             ON CONFLICT (broadcast) DO UPDATE SET ended = broadcast_tally.ended + {NOT_TAKEN}, \
             refused = broadcast_tally.refused + 1 RETURNING ended, refused"
        );
        self.one(&sql, values![id, message]).map(Option::unwrap_or_default)
    }
}
