//! Calendar time: one value passed down, so that a whole site can be shown another day. How long the network may take is
//! real time and not asked here.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// A time in a zone, as people write it.
#[must_use]
pub fn local(at: Timestamp, timezone: &str) -> String {
    match at.in_tz(timezone) {
        Ok(zoned) => zoned.strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_unknown_zone) => at.to_string(),
    }
}

/// What the calendar says. Cheap to clone; clones of a moved clock move together.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// How far it is ahead of the machine's clock, in nanoseconds: moved to a moment, it has reached it.
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// The present moment.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    pub fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_nanos(self.ahead.load(Ordering::Relaxed));
        Timestamp::now().saturating_add(ahead).unwrap_or(Timestamp::MAX)
    }

    /// Moves the clock, and every clone of it: for a rehearsal, and for tests.
    pub fn advance(&self, by: SignedDuration) {
        let by = i64::try_from(by.as_nanos()).unwrap_or(i64::MAX);
        self.ahead.fetch_add(by, Ordering::Relaxed);
    }
}
