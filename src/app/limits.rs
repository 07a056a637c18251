//! How often something may be tried, counted in the database: over all listeners, and across restarts.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::store::{Reach, Store, StoreError, Tx};

/// A bound on tries within a stretch of time.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    name: &'static str,
    most: u32,
    within: SignedDuration,
}

impl Limit {
    /// At most so many within so many minutes of the first; the name keeps its counts apart from others'.
    pub const fn new(name: &'static str, most: u32, minutes: i64) -> Self {
        Self { name, most, within: SignedDuration::from_mins(minutes) }
    }

    /// Counts a try of somebody's, and gives the time until which there are too many. The count is part of the
    /// transaction: an error that rolls it back would forget the try.
    pub fn count(&self, tx: &Tx<'_>, whose: &str, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let (tries, until) = self.take(tx, whose, 1, now)?;
        Ok((tries > self.most).then_some(until))
    }

    /// When a try of somebody's has its turn, where as many as the bound says have theirs in each stretch of time however many
    /// there are: now, or in the first stretch to come that has room.
    pub fn turn(&self, tx: &Tx<'_>, whose: &str, now: Timestamp) -> Result<Timestamp, StoreError> {
        let (tries, until) = self.take(tx, whose, 1, now)?;
        let is_first = tries > 1 && (tries - 1).is_multiple_of(self.most);
        let (begins, ends) = match is_first {
            true => (until, until.saturating_add(self.within).unwrap_or(Timestamp::MAX)),
            false => (until.saturating_sub(self.within).unwrap_or(now), until),
        };
        if is_first {
            // Or those who wait for that stretch would be forgotten before it begins.
            tx.count_attempts_until(&self.key(whose), ends)?;
        }
        Ok(begins.max(now))
    }

    /// Counts several tries at once; gives how many there are now, and until when they count.
    fn take(&self, tx: &Tx<'_>, whose: &str, tries: u32, now: Timestamp) -> Result<(u32, Timestamp), StoreError> {
        let until = now.saturating_add(self.within).unwrap_or(Timestamp::MAX);
        tx.count_attempts(&self.key(whose), tries, (now, until))
    }

    /// Takes one of somebody's tries back: it was none that should count.
    pub fn take_back(&self, tx: &Tx<'_>, whose: &str) -> Result<(), StoreError> {
        tx.take_back_attempt(&self.key(whose))
    }

    /// Forgets somebody's tries.
    pub fn forget(&self, tx: &Tx<'_>, whose: &str) -> Result<(), StoreError> {
        tx.forget_attempts(&self.key(whose))
    }

    fn key(&self, whose: &str) -> [u8; 32] {
        Sha256::digest(format!("{}\0{whose}", self.name)).into()
    }
}

/// How many calls a [`Meter`] takes at once.
const AT_ONCE: u32 = 20;

/// A bound on what is too frequent to be written down call by call. Each listener takes calls from the database by the
/// score, so that the bound holds over all of them, and writes at every twentieth.
#[derive(Debug)]
pub struct Meter {
    limit: Limit,
    in_hand: Mutex<HashMap<Reach, Left>>,
}

/// What is left of a bound after a call.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    /// How many calls there may be.
    pub most: u32,
    /// How many more there may be.
    pub remaining: u32,
    pub until: Timestamp,
    /// Whether this call was one too many.
    pub is_over: bool,
    /// How many of them are in this listener's hand.
    in_hand: u32,
}

impl Meter {
    /// Nothing counted yet. The bound is a multiple of twenty.
    pub fn new(limit: Limit) -> Self {
        Self { limit, in_hand: Mutex::default() }
    }

    /// Counts a call of somebody's.
    pub async fn count(&self, store: &Store, whose: Reach, now: Timestamp) -> Result<Left, StoreError> {
        if let Some(left) = self.in_hand(whose, now) {
            return Ok(left);
        }
        let (limit, name) = (self.limit, format!("{:?}", whose.owner()));
        let (taken, until) = store.run(move |tx| limit.take(tx, &name, AT_ONCE, now)).await?;
        let (most, is_over) = (limit.most, taken > limit.most);
        let left = match is_over {
            true => Left { most, remaining: 0, until, is_over, in_hand: 0 },
            false => Left { most, remaining: most - taken + AT_ONCE - 1, until, is_over, in_hand: AT_ONCE - 1 },
        };
        let mut all = self.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, left| left.until > now);
        all.insert(whose, left);
        Ok(left)
    }

    fn in_hand(&self, whose: Reach, now: Timestamp) -> Option<Left> {
        let mut all = self.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        let left = all.get_mut(&whose).filter(|left| left.until > now && (left.is_over || left.in_hand > 0))?;
        left.in_hand = left.in_hand.saturating_sub(1);
        left.remaining = left.remaining.saturating_sub(1);
        Some(*left)
    }
}

/// Whom a client's tries are counted for. Of IPv6 a client has a whole /64 to itself, so that is one client.
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
pub fn seconds_until(until: Timestamp, now: Timestamp) -> i64 {
    until.duration_since(now).as_secs().saturating_add(1).max(1)
}
