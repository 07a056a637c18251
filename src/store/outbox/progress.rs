//! What becomes of a message: claimed, sent, put off, ended, reported on.

use data_encoding::HEXLOWER;
use jiff::{Timestamp, ToSpan};
use sha2::{Digest, Sha256};

use super::{OutboxId, OutboxRow, OutboxState, SELECT};
use crate::model::{PersonId, TopicId};
use crate::store::{StoreError, Tx, values};

/// How an attempt ended, to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// The provider took it and gave it this id, or none.
    Sent { provider_id: Option<String> },
    /// It was rehearsed, and waits to be sent for real.
    Rehearsed {
        /// What the rehearsal met.
        problem: Option<String>,
    },
    /// It waits for another look.
    Later {
        /// When.
        next_at: Timestamp,
        problem: Option<String>,
        code: Option<u32>,
        /// Whether the provider may have taken it all the same.
        unsure: bool,
        /// Whether it was looked for there since, in vain.
        looked_for: bool,
        /// Whether this counts as an attempt.
        counts: bool,
    },
    /// It has come to its end unsent.
    Ended {
        /// Failed, lapsed or cancelled.
        state: OutboxState,
        problem: Option<String>,
        code: Option<u32>,
    },
}

/// What a provider reports of a message that it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryReport {
    /// It arrived.
    Delivered,
    /// It did not arrive, for the reason of this code.
    Failed(Option<u32>),
}

impl Tx<'_> {
    /// Claims a message for a worker until then. From now on its fate is unsure until an outcome is recorded; not so in
    /// a rehearsal, which sends nobody anything.
    pub fn claim_message(
        &self,
        id: OutboxId,
        (worker, rehearsal): (&str, bool),
        now: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(
            "UPDATE outbox SET state = 'claimed', claimed_by = $2, next_at = $4, attempts = attempts + 1, \
             unsure_since = CASE WHEN $5 = 1 THEN unsure_since ELSE coalesce(unsure_since, $3) END, \
             rehearsed = CASE WHEN $5 = 1 THEN rehearsed ELSE 0 END WHERE id = $1 AND state IN ('waiting', 'claimed')",
            values![id, worker, now, until, rehearsal],
        )
    }

    /// Marks a message that nobody is sending as rehearsed.
    pub fn message_rehearsed(&self, id: OutboxId, why: Option<&str>, now: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "UPDATE outbox SET state = 'waiting', claimed_by = NULL, rehearsed = 1, next_at = $2, problem = $3, \
             attempts = 0 WHERE id = $1 AND state IN ('waiting', 'claimed')",
            values![id, now, why],
        )
    }

    /// Records how a worker's attempt ended; `false` when the claim is not its own any more, and nothing is changed.
    pub fn record_attempt(
        &self,
        id: OutboxId,
        worker: &str,
        outcome: &Attempt,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        match outcome {
            Attempt::Sent { provider_id } => self.changes(
                "UPDATE outbox SET state = 'sent', claimed_by = NULL, unsure_since = NULL, looked_for = 0, \
                 provider_code = NULL, problem = NULL, provider_id = $3, settled_at = $4 \
                 WHERE id = $1 AND state = 'claimed' AND claimed_by = $2",
                values![id, worker, provider_id.as_ref(), now],
            ),
            Attempt::Rehearsed { problem } => self.changes(
                "UPDATE outbox SET state = 'waiting', claimed_by = NULL, rehearsed = 1, next_at = $3, problem = $4, \
                 provider_code = NULL, attempts = 0 WHERE id = $1 AND state = 'claimed' AND claimed_by = $2",
                values![id, worker, now, problem.as_ref()],
            ),
            Attempt::Later { next_at, problem, code, unsure, looked_for, counts } => self.changes(
                "UPDATE outbox SET state = 'waiting', claimed_by = NULL, next_at = $3, problem = $4, \
                 provider_code = $5, unsure_since = CASE WHEN $6 = 1 THEN unsure_since END, attempts = attempts - $7, looked_for = $8 \
                 WHERE id = $1 AND state = 'claimed' AND claimed_by = $2",
                values![id, worker, *next_at, problem.as_ref(), *code, *unsure, !counts, *looked_for],
            ),
            Attempt::Ended { state, problem, code } => self.changes(
                "UPDATE outbox SET state = $3, claimed_by = NULL, problem = $5, provider_code = $6, settled_at = $4 \
                 WHERE id = $1 AND state = 'claimed' AND claimed_by = $2",
                values![id, worker, *state, now, problem.as_ref(), *code],
            ),
        }
    }

    /// Puts off a message that nobody is sending.
    pub fn put_off_message(&self, id: OutboxId, next_at: Timestamp, why: Option<&str>) -> Result<(), StoreError> {
        self.execute(
            "UPDATE outbox SET state = 'waiting', claimed_by = NULL, next_at = $2, problem = $3 \
             WHERE id = $1 AND state IN ('waiting', 'claimed')",
            values![id, next_at, why],
        )
    }

    /// Ends a message that has not been sent: failed, lapsed or cancelled. `false` when it has come to an end already.
    pub fn end_message(
        &self,
        id: OutboxId,
        state: OutboxState,
        why: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.changes(
            "UPDATE outbox SET state = $2, claimed_by = NULL, problem = $3, settled_at = $4 \
             WHERE id = $1 AND state IN ('waiting', 'claimed')",
            values![id, state, why, now],
        )
    }

    /// Cancels whatever waits of a topic, or of one person in it, and has never been begun.
    pub fn end_waiting(
        &self,
        topic: TopicId,
        person: Option<PersonId>,
        why: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(
            "UPDATE outbox SET state = 'cancelled', problem = $3, settled_at = $4 WHERE topic = $1 \
             AND (person = $2 OR CAST($2 AS BIGINT) IS NULL) AND state = 'waiting' AND unsure_since IS NULL",
            values![topic, person, why, now],
        )
    }

    /// Says anew until when the messages of a topic and a kind may leave that have not.
    pub fn put_not_after(&self, topic: TopicId, kind: &str, at: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "UPDATE outbox SET not_after = $3 WHERE topic = $1 AND kind = $2 AND state IN ('waiting', 'claimed')",
            values![topic, kind, at],
        )
    }

    /// Ends a message that waits as read behind the answer to a text.
    pub fn message_read_with(&self, id: OutboxId, sid: &str, now: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "UPDATE outbox SET state = 'sent', read_with = $2, settled_at = $3, problem = 'behind the answer to a text' \
             WHERE id = $1 AND state = 'waiting'",
            values![id, sid, now],
        )
    }

    /// Queues a message again that has failed, lapsed, been cancelled or only rehearsed; `false` for any other. One whose
    /// fate was unsure is still looked up first.
    pub fn requeue_message(&self, id: OutboxId, now: Timestamp) -> Result<bool, StoreError> {
        self.spend_id_of(id)?;
        self.changes(
            "UPDATE outbox SET state = 'waiting', rehearsed = 0, attempts = 0, settled_at = NULL, problem = NULL, looked_for = 0, \
             next_at = CASE WHEN due > $2 THEN due ELSE $2 END, provider_code = NULL, provider_id = NULL, \
             not_after = CASE WHEN not_after > $2 THEN not_after END \
             WHERE id = $1 AND (state IN ('failed', 'lapsed', 'cancelled') OR (state = 'waiting' AND rehearsed = 1))",
            values![id, now],
        )
    }

    /// Counts whatever waits and is due as perhaps sent since then: a text is looked up before it is sent, and what may have
    /// gone by e-mail, which nobody can look up, ends until it is queued again. Says how many of each. What is due later
    /// cannot have gone, and waits on.
    pub fn count_as_perhaps_sent(&self, since: Timestamp, now: Timestamp) -> Result<(u64, u64), StoreError> {
        self.count_broadcasts_as_perhaps_sent(now)?;
        let held = self.changed(
            "UPDATE outbox SET state = 'failed', claimed_by = NULL, settled_at = $1, unsure_since = coalesce(unsure_since, $2), \
             problem = 'it may have been sent before a backup was brought back' \
             WHERE state IN ('waiting', 'claimed') AND due <= $1 AND (channel = 'email' OR (channel = 'either' \
             AND person IN (SELECT id FROM person WHERE email IS NOT NULL)))",
            values![now, since],
        )?;
        let unsure = self.changed(
            "UPDATE outbox SET state = 'waiting', claimed_by = NULL, next_at = $2, rehearsed = 0, looked_for = 0, \
             unsure_since = coalesce(unsure_since, $1) WHERE state IN ('waiting', 'claimed') AND due <= $2",
            values![since, now],
        )?;
        // Pairings by e-mail that had yet to be queued are sent by hand as well.
        self.execute("DELETE FROM mails_due", &[])?;
        Ok((unsure, held))
    }

    /// Whether a message of this provider's id is recorded as sent, or was.
    pub fn knows_provider_id(&self, id: &str) -> Result<bool, StoreError> {
        let row: Option<i64> = self.one("SELECT 1 FROM outbox WHERE provider_id = $1", values![id])?;
        Ok(row.is_some() || self.is_spent(id)?)
    }

    /// The message that is recorded as sent under a provider's id.
    pub fn message_of_provider_id(&self, id: &str) -> Result<Option<OutboxRow>, StoreError> {
        self.one(&format!("{SELECT} provider_id = $1"), values![id])
    }

    /// Keeps a report of a message whose id is not recorded yet, for a day; the first one stays. One of a message that has
    /// been sent again since is not kept.
    pub fn keep_early_report(&self, id: &str, report: DeliveryReport, now: Timestamp) -> Result<(), StoreError> {
        if self.is_spent(id)? {
            return Ok(());
        }
        let yesterday = now.checked_sub(24.hours()).unwrap_or(Timestamp::MIN);
        self.execute("DELETE FROM delivery WHERE at < $1", values![yesterday])?;
        let (delivered, code) = match report {
            DeliveryReport::Delivered => (true, None),
            DeliveryReport::Failed(code) => (false, code),
        };
        self.execute(
            "INSERT INTO delivery (provider_id, delivered, code, at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (provider_id) DO NOTHING",
            values![id, delivered, code, now],
        )
    }

    /// The report that came before a provider's id was recorded; it is given once.
    pub fn take_early_report(&self, id: &str) -> Result<Option<DeliveryReport>, StoreError> {
        let sql = "DELETE FROM delivery WHERE provider_id = $1 RETURNING delivered, code";
        let taken: Option<(bool, Option<u32>)> = self.one(sql, values![id])?;
        Ok(taken.map(|(arrived, code)| if arrived { DeliveryReport::Delivered } else { DeliveryReport::Failed(code) }))
    }

    /// Ends a message that was sent as its report says. The first final word stays.
    pub fn settle_message(&self, id: OutboxId, report: DeliveryReport, now: Timestamp) -> Result<(), StoreError> {
        let (state, code) = match report {
            DeliveryReport::Delivered => (OutboxState::Delivered, None),
            DeliveryReport::Failed(code) => (OutboxState::Failed, code),
        };
        self.execute(
            "UPDATE outbox SET state = $2, provider_code = $3, settled_at = $4 WHERE id = $1 AND state = 'sent'",
            values![id, state, code, now],
        )
    }

    /// Has a message wait again that was sent and, for this reason, did not arrive.
    pub fn send_message_again(&self, id: OutboxId, next_at: Timestamp, code: u32, why: &str) -> Result<(), StoreError> {
        self.spend_id_of(id)?;
        self.execute(
            "UPDATE outbox SET state = 'waiting', provider_id = NULL, next_at = $2, provider_code = $3, problem = $4, \
             settled_at = NULL WHERE id = $1 AND state = 'sent'",
            values![id, next_at, code, why],
        )
    }

    fn spend_id_of(&self, id: OutboxId) -> Result<(), StoreError> {
        let spent: Option<Option<String>> = self.one("SELECT provider_id FROM outbox WHERE id = $1", values![id])?;
        spent.flatten().map_or(Ok(()), |spent| self.spend_provider_id(&spent))
    }

    /// Remembers the provider's id of a message that is to be sent once more: it is no longer the message's.
    pub fn spend_provider_id(&self, provider_id: &str) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO spent (provider_key) VALUES ($1) ON CONFLICT (provider_key) DO NOTHING",
            values![&provider_key(provider_id)],
        )
    }

    fn is_spent(&self, id: &str) -> Result<bool, StoreError> {
        let key = provider_key(id);
        self.exists("SELECT 1 FROM spent WHERE provider_key = $1", values![&key])
    }
}

/// The key under which an id is known that stands beside no row: SHA-256 in lower-case hex.
fn provider_key(id: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(id.as_bytes()))
}
