//! A visit ends, is moved or does not take place; its goodbye goes with it.

use jiff::Timestamp;

use super::{Desk, DeskError, before, messages};
use crate::app::exchanges::Exchanges;
use crate::desk::{self, Refused};
use crate::store::{Ended, StoreError, StoredVisit, Tx};

/// What came of somebody's leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// They have left now.
    Now,
    /// The clock had closed the visit; now it is known when they left.
    Corrected,
    /// It had ended before.
    Before,
}

/// Ends a visit at a time that is not later than now, frees the host, and drops the goodbye that waits.
pub fn leave(tx: &Tx<'_>, visit: &StoredVisit, at: Timestamp, now: Timestamp) -> Result<Left, StoreError> {
    let ended = if at < visit.out_due { Ended::Early } else { Ended::Left };
    let at = at.clamp(visit.in_at, now.max(visit.in_at));
    if tx.end_visit(visit.id, at, ended)? {
        messages::drop_waiting(tx, visit, "they have left", now)?;
        return Ok(Left::Now);
    }
    if tx.correct_visit(visit.id, at)? { Ok(Left::Corrected) } else { Ok(Left::Before) }
}

/// Takes a visit back that does not take place; `false` when it has ended before.
pub fn cancel(tx: &Tx<'_>, visit: &StoredVisit, now: Timestamp) -> Result<bool, StoreError> {
    let ended = tx.end_visit(visit.id, now, Ended::Cancelled)?;
    if ended {
        messages::drop_waiting(tx, visit, "the visit was cancelled", now)?;
    }
    Ok(ended)
}

/// Gives a visit another leaving time, and its goodbye with it; gives the visit as it is then. The same time again changes
/// nothing.
///
/// # Errors
/// [`DeskError`], of a time as at the check-in.
pub fn extend(
    tx: &Tx<'_>,
    site: &Exchanges,
    desk: &Desk,
    visit: &StoredVisit,
    until: &str,
) -> Result<StoredVisit, DeskError> {
    let now = site.clock.now();
    let due = desk::leaving(until, &desk.hours, now).map_err(|refused| DeskError::Refused {
        faults: vec![("until", refused.to_string())],
        is_malformed: refused == Refused::Malformed,
    })?;
    let current = tx.visit(visit.id)?.filter(|visit| visit.ended.is_none()).ok_or(DeskError::Over)?;
    if current.out_due == due {
        return Ok(current);
    }
    if !tx.extend_visit(visit.id, due)? {
        return Err(DeskError::Over);
    }
    let moved = tx.visit(visit.id)?.ok_or(DeskError::Over)?;
    messages::move_leave(tx, site, &current, &moved, now)?;
    Ok(moved)
}

/// Closes the visits of a desk that nobody has ended for half an hour: their hosts are free, and they are marked. Gives how
/// many. Their goodbyes are left as they are: one that has not gone out yet is still true.
pub(super) fn close_overdue(tx: &Tx<'_>, desk: &Desk, now: Timestamp) -> Result<usize, StoreError> {
    let overdue = tx.overdue_visits(desk.id(), before(now, desk::GRACE))?;
    for visit in &overdue {
        tx.end_visit(visit.id, visit.out_due, Ended::Auto)?;
    }
    Ok(overdue.len())
}
