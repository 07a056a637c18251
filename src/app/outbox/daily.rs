//! The day's bound on what many at once, or strangers, make the site send (H19). Answers are never held back by it.

use jiff::Timestamp;

use super::{Outbox, day};
use crate::store::{OutboxRow, StoreError, Tx};

/// Why a message waits for tomorrow.
pub(super) const WHY: &str = "today's `daily_segments` of [messaging] are used up";

const DAY: i64 = 86_400;

impl Outbox {
    /// Whether a row counts against the day's bound.
    pub(super) fn is_bounded(&self, tx: &Tx<'_>, row: &OutboxRow) -> Result<bool, StoreError> {
        Ok(self.topic_of(tx, row)?.is_some_and(|topic| topic.is_bounded(row)))
    }

    /// Whether so many segments more would go beyond today's bound, `planned` being begun already. A text longer than a
    /// whole day's bound goes as the day's first, for it would never go otherwise.
    pub(super) fn exceeds(
        &self,
        tx: &Tx<'_>,
        planned: usize,
        segments: usize,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let begun = tx.segments_sent(day(now))? + planned as u64;
        Ok(begun > 0 && begun + segments as u64 > u64::from(self.daily_segments))
    }

    /// When a row can be begun that today's bound holds back; one that it does not is counted. A rehearsal sends nothing.
    pub(super) fn bounded_until(
        &self,
        tx: &Tx<'_>,
        row: &OutboxRow,
        segments: usize,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        if self.is_rehearsal() || !self.is_bounded(tx, row)? {
            return Ok(None);
        }
        if self.exceeds(tx, 0, segments, now)? {
            return Ok(Some(Timestamp::from_second((day(now) + 1) * DAY).unwrap_or(Timestamp::MAX)));
        }
        tx.add_segments_sent(day(now), u32::try_from(segments).unwrap_or(u32::MAX))?;
        Ok(None)
    }
}
