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
        /// The provider's id. Kept apart from the row, as its digest, when the message is to a role.
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

/// Whether a row is to a role.
const ROLE: &str = "role IN ('receiver', 'giver')";

/// What a settled row keeps of its end, at the time of the fourth parameter. One to a role keeps nothing: a time would
/// be found again in the provider's list, or beside an opt-out, and lead to the phone.
const SETTLED: &str = "settled_at = CASE WHEN role IN ('receiver', 'giver') THEN NULL ELSE ?4 END, \
                       next_at = CASE WHEN role IN ('receiver', 'giver') THEN due ELSE next_at END";

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
                let changed = self
                    .0
                    .prepare_cached(&format!(
                        "UPDATE outbox SET state = 'sent', claimed_by = NULL, unsure_since = NULL, provider_code = NULL, \
                         problem = NULL, provider_id = CASE WHEN {ROLE} THEN NULL ELSE ?3 END, {SETTLED} \
                         WHERE id = ?1 AND state = 'claimed' AND claimed_by = ?2"
                    ))?
                    .execute(params![id.0, worker, provider_id, millis(now)])?;
                if let (1.., Some(provider_id)) = (changed, provider_id) {
                    self.keep_provider_id(id, provider_id, now)?;
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
                .prepare_cached(&format!(
                    "UPDATE outbox SET state = ?3, claimed_by = NULL, problem = ?5, \
                     provider_code = CASE WHEN {ROLE} THEN NULL ELSE ?6 END, {SETTLED} \
                     WHERE id = ?1 AND state = 'claimed' AND claimed_by = ?2"
                ))?
                .execute(params![id.0, worker, state.word(), millis(now), problem, code])?,
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
            .prepare_cached(&format!(
                "UPDATE outbox SET state = ?2, claimed_by = NULL, problem = ?3, {SETTLED} \
                 WHERE id = ?1 AND state IN ('waiting', 'claimed')"
            ))?
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
                 provider_id = NULL, \
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
        Ok(self.row_of_provider_id(id)?.is_some() || self.is_relayed(id)?)
    }

    /// Takes a provider's report of a message. Reports may come repeated, in any order, and before the id is recorded;
    /// the first final word stays. One of a message to a role changes nothing: it would tell how that one fared.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn report_delivery(&self, id: &str, report: Report, now: Timestamp) -> Result<(), StoreError> {
        if let Some(row) = self.row_of_provider_id(id)? {
            return self.apply_report(row, report, now);
        }
        if self.is_relayed(id)? {
            return Ok(());
        }
        let yesterday = now.checked_sub(24.hours()).unwrap_or(Timestamp::MIN);
        self.0.prepare_cached("DELETE FROM delivery WHERE at < ?1")?.execute(params![millis(yesterday)])?;
        let (delivered, code) = match report {
            Report::Delivered => (true, None),
            Report::Failed(code) => (false, code),
        };
        self.0
            .prepare_cached(
                "INSERT INTO delivery (provider_id, delivered, code, at) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (provider_id) DO NOTHING",
            )?
            .execute(params![id, delivered, code, millis(now)])?;
        Ok(())
    }

    fn row_of_provider_id(&self, id: &str) -> Result<Option<OutboxId>, StoreError> {
        let mut statement = self.0.prepare_cached("SELECT id FROM outbox WHERE provider_id = ?1")?;
        Ok(statement.query_row(params![id], |row| row.get(0)).optional()?.map(OutboxId))
    }

    fn is_relayed(&self, id: &str) -> Result<bool, StoreError> {
        let mut statement = self.0.prepare_cached("SELECT 1 FROM relayed WHERE provider_key = ?1")?;
        Ok(statement.exists(params![provider_key(id)])?)
    }

    /// Remembers the id of a message just recorded as sent, apart from its row when that is to a role, and takes the
    /// report that came before it.
    fn keep_provider_id(&self, id: OutboxId, provider_id: &str, now: Timestamp) -> Result<(), StoreError> {
        let early: Option<(bool, Option<u32>)> = self
            .0
            .prepare_cached("DELETE FROM delivery WHERE provider_id = ?1 RETURNING delivered, code")?
            .query_row(params![provider_id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let mut is_role = self.0.prepare_cached(&format!("SELECT 1 FROM outbox WHERE id = ?1 AND {ROLE}"))?;
        if is_role.exists(params![id.0])? {
            self.0
                .prepare_cached("INSERT OR IGNORE INTO relayed (provider_key) VALUES (?1)")?
                .execute(params![provider_key(provider_id)])?;
            return Ok(());
        }
        match early {
            Some((true, _)) => self.apply_report(id, Report::Delivered, now),
            Some((false, code)) => self.apply_report(id, Report::Failed(code), now),
            None => Ok(()),
        }
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
}

/// The key under which the id of a message to a role is known: SHA-256 in lower-case hex. It stands beside no row.
fn provider_key(id: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(id.as_bytes()))
}
