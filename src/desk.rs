//! The front desk's reckoning: hosts, their visits and the time in; who is free, when the next one is, and which instant a
//! visitor means by "14:30" out. Pure: no I/O, no clock.
//!
//! A host is with one visitor at a time. That two visitors never get one host is the database's business, not this room's:
//! what is said here about who is free may be too old by the time it is acted on.

mod hours;
mod times;

use jiff::{SignedDuration, Timestamp};

use crate::model::PersonId;

pub use hours::Hours;
pub use times::{Refused, leaving};

/// A visit that nobody has ended is closed by the clock so long after its leaving time.
pub const GRACE: SignedDuration = SignedDuration::from_mins(30);

/// Somebody who receives visitors, as they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Who.
    pub id: PersonId,
    /// What they are called.
    pub name: String,
    /// When their visitor is to leave, if they have one.
    pub due: Option<Timestamp>,
    /// When their last visitor left; `None` when they have had none.
    pub idle_since: Option<Timestamp>,
    /// When they are away, in any order.
    pub away: Vec<(Timestamp, Timestamp)>,
}

impl Host {
    /// Whether they can take a visitor now.
    #[must_use]
    pub fn is_free(&self, now: Timestamp) -> bool {
        self.due.is_none() && self.away_until(now).is_none()
    }

    /// Until when they are away, if they are.
    #[must_use]
    pub fn away_until(&self, at: Timestamp) -> Option<Timestamp> {
        self.away.iter().filter(|(from, to)| *from <= at && at < *to).map(|(_, to)| *to).max()
    }

    /// When they can take a visitor, if all goes as it is written down.
    #[must_use]
    pub fn free_at(&self, hours: &Hours, now: Timestamp) -> Option<Timestamp> {
        let mut at = self.due.map_or(now, |due| due.max(now));
        // Each round leaves one stretch of being away or one night behind; a host with more of them is not soon free.
        for _ in 0..self.away.len() + 400 {
            let next = self.away_until(at).map_or_else(|| hours.next_open(at), Some)?;
            if next == at {
                return Some(at);
            }
            at = next;
        }
        None
    }

    /// Whether their visitor should have left.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.due.is_some_and(|due| due <= now)
    }
}

/// Who can take a visitor now: whoever has been idle for longest first, then by name.
#[must_use]
pub fn free(hosts: &[Host], now: Timestamp) -> Vec<&Host> {
    let mut free: Vec<&Host> = hosts.iter().filter(|host| host.is_free(now)).collect();
    free.sort_by_key(|host| (host.idle_since, &host.name, host.id));
    free
}

/// Who is free next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// Who.
    pub host: PersonId,
    /// What they are called.
    pub name: String,
    /// From when; no promise, for a visitor may stay longer.
    pub at: Timestamp,
    /// Whether it is any minute now, their visitor being late in leaving.
    pub is_overdue: bool,
}

/// Who of these hosts is free next; `None` where nobody will be. Among equals those whose visitor is late come last.
#[must_use]
pub fn nearest<'h>(hosts: impl IntoIterator<Item = &'h Host>, hours: &Hours, now: Timestamp) -> Option<Nearest> {
    let nearest = hosts.into_iter().filter_map(|host| Some((host.free_at(hours, now)?, host)));
    let nearest = nearest.min_by_key(|(at, host)| (*at, host.is_overdue(now), host.idle_since, &host.name, host.id));
    nearest.map(|(at, host)| Nearest {
        host: host.id,
        name: host.name.clone(),
        at,
        is_overdue: at == now && host.is_overdue(now),
    })
}

#[cfg(test)]
mod tests;
