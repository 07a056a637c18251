//! What is recorded of an attempt, and when there is another.

use std::sync::Arc;

use jiff::Timestamp;
use rand::RngExt;

use super::{Claimed, Fate, Pass};
use crate::app::outbox::{Outbox, meaning_of};
use crate::error_chain::in_full;
use crate::messaging::envelope::Address;
use crate::messaging::sender::{SendError, Verdict};
use crate::store::{Attempt, OutboxRow, OutboxState, StoreError, Tx};

impl Outbox {
    pub(super) async fn record(
        self: &Arc<Self>,
        done: Vec<(Claimed, Fate)>,
        pass: &mut Pass,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let me = Arc::clone(self);
        let recorded = self.store.run(move |tx| {
            let mut recorded = Pass::default();
            for (claimed, fate) in &done {
                me.record_one(tx, claimed, fate, now, &mut recorded)?;
            }
            Ok::<_, StoreError>((recorded, done))
        });
        let (recorded, done) = recorded.await?;
        pass.add(recorded);
        for (claimed, fate) in &done {
            log(&claimed.row, fate, self.is_rehearsal());
        }
        Ok(())
    }

    fn record_one(
        &self,
        tx: &Tx<'_>,
        claimed: &Claimed,
        fate: &Fate,
        now: Timestamp,
        pass: &mut Pass,
    ) -> Result<(), StoreError> {
        let attempt = self.attempt(tx, claimed, fate, now)?;
        let attempt = if self.is_rehearsal() { rehearsed(attempt) } else { attempt };
        pass.blocked |= matches!(fate, Fate::Failed(error) if error.verdict() == Verdict::Blocked);
        if !tx.record_attempt(claimed.row.id, &self.worker, &attempt, now)? {
            // The claim had run out, and another worker looks after the row.
            return Ok(());
        }
        if let (Attempt::Sent { provider_id: Some(id) }, Some(topic)) = (&attempt, self.topic_of(tx, &claimed.row)?) {
            topic.sent(tx, &claimed.row, id, now)?;
        }
        if let Attempt::Sent { provider_id: Some(id) } = &attempt
            && let Some(report) = tx.take_early_report(id)?
            && let Some(row) = tx.message_of_provider_id(id)?
        {
            self.apply_report(tx, &row, report, now)?;
        }
        match attempt {
            Attempt::Sent { .. } => pass.sent += 1,
            Attempt::Rehearsed { .. } => pass.rehearsed += 1,
            Attempt::Later { .. } => pass.put_off += 1,
            Attempt::Ended { .. } => {
                pass.ended += 1;
                self.ended(tx, &claimed.row, now)?;
            }
        }
        Ok(())
    }

    /// What is recorded of a fate.
    pub(in crate::app::outbox) fn attempt(
        &self,
        tx: &Tx<'_>,
        claimed: &Claimed,
        fate: &Fate,
        now: Timestamp,
    ) -> Result<Attempt, StoreError> {
        let row = &claimed.row;
        let later = |next_at, unsure, looked_for| Attempt::Later {
            next_at,
            problem: None,
            code: None,
            unsure,
            looked_for,
            counts: false,
        };
        Ok(match fate {
            Fate::Sent(id) => Attempt::Sent { provider_id: id.clone() },
            Fate::Found(id) if self.knows_provider_id(tx, id)? => later(now, true, row.looked_for),
            Fate::Found(id) => Attempt::Sent { provider_id: Some(id.clone()) },
            Fate::NotFound => later(now.checked_add(self.pace.certain_after).unwrap_or(Timestamp::MAX), true, true),
            Fate::NotTaken => later(now, false, false),
            Fate::NotBegun => {
                let unsure = row.unsure_since.is_some();
                later(now, unsure, row.looked_for && unsure)
            }
            Fate::Failed(error) => self.after_failure(tx, claimed, error, now)?,
        })
    }

    fn after_failure(
        &self,
        tx: &Tx<'_>,
        claimed: &Claimed,
        error: &SendError,
        now: Timestamp,
    ) -> Result<Attempt, StoreError> {
        let row = &claimed.row;
        // A relayed text closes no line: that would tell that it went out.
        let is_role = row.recipient.is_role();
        let (problem, code) = (Some(in_full(error)), error.code());
        let why = code.and_then(meaning_of).or(problem.as_deref());
        let was_unsure = row.unsure_since.is_some();
        let attempt = row.attempts + 1;
        let (asked, unsure, counts) = match error.verdict() {
            Verdict::OptedOut => {
                if let Address::Phone(phone) = &claimed.envelope.to {
                    tx.opt_out(phone, now)?;
                }
                if is_role {
                    // Whoever asked is told that no answer is coming, the next time this row is resolved.
                    // Not now, for that is when the phone opted out.
                    return Ok(Attempt::Later {
                        next_at: row.due,
                        problem,
                        code,
                        unsure: false,
                        looked_for: false,
                        counts: true,
                    });
                }
                return Ok(Attempt::Ended { state: OutboxState::Cancelled, problem, code });
            }
            Verdict::Never => return Ok(Attempt::Ended { state: OutboxState::Failed, problem, code }),
            Verdict::Blocked => {
                let until = now.checked_add(self.pace.blocked).unwrap_or(Timestamp::MAX);
                if !is_role {
                    tx.close_line(self.line(&claimed.envelope.to), until, why)?;
                }
                (None, was_unsure, false)
            }
            Verdict::Later { asked } => {
                if let Some(asked) = asked.filter(|_| !is_role) {
                    // The provider means the whole line, not this message alone.
                    let asked = asked.min(self.pace.backoff.longest);
                    let until = now.checked_add(asked).unwrap_or(Timestamp::MAX);
                    tx.close_line(self.line(&claimed.envelope.to), until, why)?;
                }
                (asked, was_unsure, true)
            }
            Verdict::Unsure => (Some(self.pace.certain_after), true, true),
        };
        if counts && attempt >= self.pace.backoff.attempts {
            return Ok(Attempt::Ended { state: OutboxState::Failed, problem, code });
        }
        let wait = self.pace.backoff.wait(attempt, asked, rand::rng().random_range(0.0..=1.0));
        let next_at = now.checked_add(wait).unwrap_or(Timestamp::MAX);
        // What was sent again since is looked for anew.
        let looked_for = row.looked_for && error.verdict() != Verdict::Unsure;
        Ok(Attempt::Later { next_at, problem, code, unsure, looked_for, counts })
    }
}

/// What an attempt comes to where nothing goes to its recipient: neither a success nor a refusal is theirs.
fn rehearsed(attempt: Attempt) -> Attempt {
    match attempt {
        Attempt::Sent { .. } => Attempt::Rehearsed { problem: None },
        Attempt::Ended { problem, .. } => Attempt::Rehearsed { problem },
        other => other,
    }
}

fn log(row: &OutboxRow, fate: &Fate, rehearsal: bool) {
    let message = row.id.number();
    match fate {
        Fate::Sent(_) if rehearsal => tracing::info!(message, kind = row.kind, "rehearsed"),
        Fate::Sent(_) => tracing::info!(message, kind = row.kind, "sent"),
        Fate::Found(_) => tracing::info!(message, kind = row.kind, "had been sent"),
        Fate::NotFound | Fate::NotTaken | Fate::NotBegun => {}
        Fate::Failed(error) => tracing::warn!(message, kind = row.kind, problem = in_full(error), "not sent"),
    }
}
