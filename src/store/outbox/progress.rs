//! What becomes of a message: claimed, sent, put off, ended, reported on.

use data_encoding::HEXLOWER;
use jiff::{Timestamp, ToSpan};
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::{OutboxId, OutboxState};
use crate::store::{StoreError, Tx, millis};

/// How an attempt ended, to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// The provider took it and gave it this id, or none.
    Sent {
        /// The provider's id. Kept as its digest alone when the message is to a role.
        provider_id: Option<String>,
    },
    /// It waits for another look.
    Later {
        /// When.
        next_at: Timestamp,
        /// Why.
        problem: Option<String>,
        /// The provider's error code.
        code: Option<u32>,
        /// Whether the provider may have taken it all the same.
        unsure: bool,
        /// Whether this counts as an attempt.
        counts: bool,
    },
    /// It has come to its end unsent.
    Ended {
        /// Failed, lapsed or cancelled.
        state: OutboxState,
        /// Why.
        problem: Option<String>,
        /// The provider's error code.
        code: Option<u32>,
    },
}

/// What a provider reports of a message that it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// It arrived.
    Delivered,
    /// It did not arrive, for the reason of this code.
    Failed(Option<u32>),
}

impl Tx<'_> {
    /// Claims a message for a worker until then. From now on its fate is unsure until an outcome is recorded.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn claim_message(
        &self,
        id: OutboxId,
        worker: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "UPDATE outbox SET state = 'claimed', claimed_by = ?2, next_at = ?4, attempts = attempts + 1, \
                 unsure_since = coalesce(unsure_since, ?3) WHERE id = ?1 AND state IN ('waiting', 'claimed')",
            )?
            .execute(params![id.0, worker, millis(now), millis(until)])?;
        Ok(())
    }

    /// Records how a worker's attempt ended; `false` when the claim is not its own any more, and nothing is changed.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn record_attempt(
        &self,
        id: OutboxId,
        worker: &str,
        outcome: &Attempt,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let changed = match outcome {
            Attempt::Sent { provider_id } => {
                let key = provider_id.as_deref().map(provider_key);
                let changed = self
                    .0
                    .prepare_cached(
                        "UPDATE outbox SET state = 'sent', claimed_by = NULL, unsure_since = NULL, provider_key = ?5, \
                         provider_id = CASE WHEN role IN ('receiver', 'giver') THEN NULL ELSE ?3 END, provider_code = NULL, problem = NULL, settled_at = ?4 \
                         WHERE id = ?1 AND state = 'claimed' AND claimed_by = ?2",
                    )?
                    .execute(params![id.0, worker, provider_id, millis(now), key])?;
                if let (1.., Some(key)) = (changed, key) {
                    self.apply_early_report(id, &key, now)?;
                }
                changed
            }
            Attempt::Later { next_at, problem, code, unsure, counts } => self
                .0
                .prepare_cached(
                    "UPDATE outbox SET state = 'waiting', claimed_by = NULL, next_at = ?3, problem = ?4, \
                     provider_code = ?5, unsure_since = CASE WHEN ?6 THEN unsure_since END, attempts = attempts - ?7 \
                     WHERE id = ?1 AND state = 'claimed' AND claimed_by = ?2",
                )?
                .execute(params![id.0, worker, millis(*next_at), problem, code, unsure, i64::from(!counts)])?,
            Attempt::Ended { state, problem, code } => self
                .0
                .prepare_cached(
                    "UPDATE outbox SET state = ?3, claimed_by = NULL, problem = ?4, provider_code = ?5, \
                     settled_at = ?6 WHERE id = ?1 AND state = 'claimed' AND claimed_by = ?2",
                )?
                .execute(params![id.0, worker, state.word(), problem, code, millis(now)])?,
        };
        Ok(changed > 0)
    }

    /// Puts off a message that nobody is sending.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn put_off_message(&self, id: OutboxId, next_at: Timestamp, why: Option<&str>) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "UPDATE outbox SET state = 'waiting', claimed_by = NULL, next_at = ?2, problem = ?3 \
                 WHERE id = ?1 AND state IN ('waiting', 'claimed')",
            )?
            .execute(params![id.0, millis(next_at), why])?;
        Ok(())
    }

    /// Ends a message that has not been sent: failed, lapsed or cancelled. `false` when it has come to an end already.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn end_message(
        &self,
        id: OutboxId,
        state: OutboxState,
        why: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let changed = self
            .0
            .prepare_cached(
                "UPDATE outbox SET state = ?2, claimed_by = NULL, problem = ?3, settled_at = ?4 \
                 WHERE id = ?1 AND state IN ('waiting', 'claimed')",
            )?
            .execute(params![id.0, state.word(), why, millis(now)])?;
        Ok(changed > 0)
    }

    /// Queues a message again that has failed, lapsed or been cancelled; `false` for any other. One whose fate was
    /// unsure is still looked up first.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn requeue_message(&self, id: OutboxId, now: Timestamp) -> Result<bool, StoreError> {
        let changed = self
            .0
            .prepare_cached(
                "UPDATE outbox SET state = 'waiting', attempts = 0, next_at = max(due, ?2), settled_at = NULL, \
                 problem = NULL, provider_code = NULL, \
                 provider_id = NULL, provider_key = NULL, \
                 not_after = CASE WHEN not_after > ?2 THEN not_after END \
                 WHERE id = ?1 AND state IN ('failed', 'lapsed', 'cancelled')",
            )?
            .execute(params![id.0, millis(now)])?;
        Ok(changed > 0)
    }

    /// Whether a message of this provider's id is recorded as sent.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn knows_provider_id(&self, id: &str) -> Result<bool, StoreError> {
        let known: Option<i64> = self
            .0
            .prepare_cached("SELECT 1 FROM outbox WHERE provider_key = ?1")?
            .query_row(params![provider_key(id)], |row| row.get(0))
            .optional()?;
        Ok(known.is_some())
    }

    /// Takes a provider's report of a message. Reports may come repeated, in any order, and before the id is recorded;
    /// the first final word stays.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn report_delivery(&self, id: &str, report: Report, now: Timestamp) -> Result<(), StoreError> {
        let key = provider_key(id);
        let row: Option<i64> = self
            .0
            .prepare_cached("SELECT id FROM outbox WHERE provider_key = ?1")?
            .query_row(params![key], |row| row.get(0))
            .optional()?;
        if let Some(row) = row {
            return self.apply_report(OutboxId(row), report, now);
        }
        let yesterday = now.checked_sub(24.hours()).unwrap_or(Timestamp::MIN);
        self.0.prepare_cached("DELETE FROM delivery WHERE at < ?1")?.execute(params![millis(yesterday)])?;
        let (delivered, code) = match report {
            Report::Delivered => (true, None),
            Report::Failed(code) => (false, code),
        };
        self.0
            .prepare_cached(
                "INSERT INTO delivery (provider_key, delivered, code, at) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (provider_key) DO NOTHING",
            )?
            .execute(params![key, delivered, code, millis(now)])?;
        Ok(())
    }

    fn apply_report(&self, id: OutboxId, report: Report, now: Timestamp) -> Result<(), StoreError> {
        let (state, code) = match report {
            Report::Delivered => (OutboxState::Delivered, None),
            Report::Failed(code) => (OutboxState::Failed, code),
        };
        self.0
            .prepare_cached(
                "UPDATE outbox SET state = ?2, provider_code = ?3, settled_at = ?4 WHERE id = ?1 AND state = 'sent'",
            )?
            .execute(params![id.0, state.word(), code, millis(now)])?;
        Ok(())
    }

    /// A report that came before the id was recorded.
    fn apply_early_report(&self, id: OutboxId, key: &str, now: Timestamp) -> Result<(), StoreError> {
        let early: Option<(bool, Option<u32>)> = self
            .0
            .prepare_cached("DELETE FROM delivery WHERE provider_key = ?1 RETURNING delivered, code")?
            .query_row(params![key], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        match early {
            Some((true, _)) => self.apply_report(id, Report::Delivered, now),
            Some((false, code)) => self.apply_report(id, Report::Failed(code), now),
            None => Ok(()),
        }
    }
}

/// The key under which a provider's id is found again: SHA-256 in lower-case hex. An id of a message to a role would
/// lead, at the provider, to the phone it went to.
fn provider_key(id: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(id.as_bytes()))
}
