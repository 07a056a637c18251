//! How often something may be tried, counted in the database: over all listeners, and across restarts.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::store::{StoreError, Tx};

/// A bound on tries within a stretch of time.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    name: &'static str,
    most: u32,
    within: SignedDuration,
}

impl Limit {
    /// At most so many within so many minutes of the first; the name keeps its counts apart from others'.
    #[must_use]
    pub const fn new(name: &'static str, most: u32, minutes: i64) -> Self {
        Self { name, most, within: SignedDuration::from_mins(minutes) }
    }

    /// Counts a try of somebody's, and gives the time until which there are too many. The count is part of the
    /// transaction: an error that rolls it back would forget the try.
    pub fn count(&self, tx: &Tx<'_>, whose: &str, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let until = now.saturating_add(self.within).unwrap_or(Timestamp::MAX);
        let (tries, until) = tx.count_attempt(&self.key(whose), now, until)?;
        Ok((tries > self.most).then_some(until))
    }

    /// Forgets somebody's tries.
    pub fn forget(&self, tx: &Tx<'_>, whose: &str) -> Result<(), StoreError> {
        tx.forget_attempts(&self.key(whose))
    }

    fn key(&self, whose: &str) -> [u8; 32] {
        Sha256::digest(format!("{}\0{whose}", self.name)).into()
    }
}

/// Whom a client's tries are counted for. Of IPv6 a client has a whole /64 to itself, so that is one client.
#[must_use]
pub fn client_name(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// How many seconds there are until then, and at least one: what `Retry-After` says.
#[must_use]
pub fn seconds_until(until: Timestamp, now: Timestamp) -> i64 {
    until.duration_since(now).as_secs().saturating_add(1).max(1)
}
