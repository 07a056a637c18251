//! What became of the messages that a provider took, as it reports. Reports may come repeated, in any order, and before the
//! message's id is recorded; the first final word stays. Where it did not arrive for a reason that passes, the same row
//! waits again.

use std::sync::Arc;

use jiff::civil::Time;
use jiff::{Timestamp, ToSpan};
use rand::RngExt;

use super::Outbox;
use crate::messaging::twilio::{OPTED_OUT, Passing, meaning_of, passing};
use crate::model::Phone;
use crate::store::{DeliveryReport, OutboxRow, OutboxState, StoreError, Tx};

/// Where the carriers' day ends at midnight.
const CARRIERS_ZONE: &str = "America/Los_Angeles";

/// What became of a message that was sent earlier, as Twilio tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryStatus {
    /// The provider's id of the message.
    pub sid: String,
    /// Twilio's word for it: `queued`, `sent`, `delivered`, `undelivered`, `failed` and so on.
    pub status: String,
    /// Twilio's error code, where delivery failed.
    pub error_code: Option<u32>,
    /// Whom it was meant for.
    pub to: Option<Phone>,
}

impl Outbox {
    /// Takes what Twilio reports of a message. Code 21610 is an opt-out of the phone it was to.
    /// Where it fails, Twilio may report it again.
    pub async fn record_delivery(self: &Arc<Self>, status: DeliveryStatus) -> Result<(), StoreError> {
        let report = match status.status.as_str() {
            "delivered" | "read" => DeliveryReport::Delivered,
            "undelivered" | "failed" | "canceled" => DeliveryReport::Failed(status.error_code),
            // On its way: queued, sending, sent.
            _ => return Ok(()),
        };
        let (me, now) = (Arc::clone(self), self.clock.now());
        let record = move |tx: &Tx<'_>| {
            if let (Some(OPTED_OUT), Some(phone)) = (status.error_code, &status.to) {
                tx.opt_out(phone, now)?;
            }
            match tx.message_of_provider_id(&status.sid)? {
                Some(row) => me.apply_report(tx, &row, report, now),
                None if me.relay_reported(tx, &status.sid, report, now)? => Ok(()),
                None => tx.keep_early_report(&status.sid, report, now),
            }
        };
        self.store.run(record).await
    }

    /// Applies what was reported of a message recorded as sent.
    pub(super) fn apply_report(
        &self,
        tx: &Tx<'_>,
        row: &OutboxRow,
        report: DeliveryReport,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match self.again(report, row.attempts, now) {
            Some((code, at)) => tx.send_message_again(row.id, at, code, meaning_of(code).unwrap_or_default()),
            None => {
                tx.settle_message(row.id, report, now)?;
                // A report that comes again finds the row settled.
                match (row.state, report) {
                    (OutboxState::Sent, DeliveryReport::Failed(_)) => self.ended(tx, row, now),
                    _ => Ok(()),
                }
            }
        }
    }

    /// When a message is sent again that was tried so often and of which this was reported, and the code of it; `None`:
    /// it is not.
    pub(super) fn again(&self, report: DeliveryReport, attempts: u32, now: Timestamp) -> Option<(u32, Timestamp)> {
        let DeliveryReport::Failed(Some(code)) = report else { return None };
        if attempts >= self.pace.backoff.attempts {
            return None;
        }
        let at = match passing(code)? {
            Passing::Soon => {
                now.checked_add(self.pace.backoff.wait(attempts, None, rand::rng().random_range(0.0..=1.0))).ok()?
            }
            Passing::NextDay => next_day_of_carriers(now)?,
        };
        Some((code, at))
    }
}

fn next_day_of_carriers(now: Timestamp) -> Option<Timestamp> {
    let today = now.in_tz(CARRIERS_ZONE).ok()?;
    Some(today.checked_add(1.day()).ok()?.with().time(Time::midnight()).build().ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_carriers_day_ends_at_midnight_pacific_time() {
        for (now, then) in [
            ("2026-12-01T07:59:59Z", "2026-12-01T08:00:00Z"),
            ("2026-12-01T08:00:00Z", "2026-12-02T08:00:00Z"),
            ("2026-11-01T07:30:00Z", "2026-11-02T08:00:00Z"),
        ] {
            assert_eq!(next_day_of_carriers(now.parse().expect("a time")), then.parse().ok(), "{now}");
        }
    }
}
