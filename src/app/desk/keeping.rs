//! How long visitors are kept. Nothing goes by itself: the organizer says so, and sees first what would go. Rows are emptied of
//! name and addresses; the visits stay, as counts.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use super::{Desk, DeskError, before};
use crate::roster::tidy;
use crate::store::{StoreError, Tx};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A length of time as people write it: `30d`, `30 days`, `P30D`. A day has 24 hours here.
pub fn length(text: &str) -> Option<SignedDuration> {
    let span: Span = text.trim().parse().ok()?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok().filter(SignedDuration::is_positive)
}

/// The same in whole days.
pub fn days(text: &str) -> Option<u32> {
    u32::try_from(length(text)?.as_hours() / 24).ok()
}

/// Before when a desk's visitors are to be gone.
pub fn limit(desk: &Desk, now: Timestamp) -> Timestamp {
    before(now, DAY * i32::try_from(desk.stored.keep_days).unwrap_or(i32::MAX))
}

/// How many visitors are known whose visits ended before this.
pub fn count_before(tx: &Tx<'_>, desk: &Desk, at: Timestamp) -> Result<u32, StoreError> {
    tx.count_visitors_before(desk.id(), at)
}

/// Empties the rows of visitors whose visits ended before this; gives how many.
pub fn expire(tx: &Tx<'_>, desk: &Desk, at: Timestamp) -> Result<u64, StoreError> {
    tx.empty_visitors_before(desk.id(), at)
}

/// Empties the rows of the past visits of everybody of this name; gives how many.
pub fn forget(tx: &Tx<'_>, desk: &Desk, name: &str, really: bool) -> Result<u64, DeskError> {
    let wanted = tidy(name).to_lowercase();
    let past = tx.past_visitors(desk.id())?.into_iter().filter(|(_, name)| name.to_lowercase() == wanted);
    let past: Vec<_> = past.map(|(id, _)| id).collect();
    if past.is_empty() {
        return Err(DeskError::Nobody { what: "past visitor", name: name.to_owned() });
    }
    if really {
        for id in &past {
            tx.empty_visitor(desk.id(), *id)?;
        }
    }
    Ok(past.len() as u64)
}

/// Desks that keep visitors longer than they say, each with how many.
pub fn kept_too_long(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<(String, u32)>, StoreError> {
    let mut late = Vec::new();
    for stored in tx.desks()? {
        let desk = Desk::of(stored)?;
        // A day of patience, so that whoever looks after it every day is never told off.
        let count = count_before(tx, &desk, before(limit(&desk, now), DAY))?;
        if count > 0 {
            late.push((desk.stored.name, count));
        }
    }
    Ok(late)
}
