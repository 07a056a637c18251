//! What goes out, and why: rows queued in the transaction of their cause.

use jiff::Timestamp;

use super::answer::OpenDraw;
use crate::model::{Exchange, PersonId};
use crate::seal::Opening;
use crate::store::{Direction, StoreError, StoredDraw, Tx};

/// Queues a relayed text; the row names its sender alone.
pub(super) fn queue_relay(
    _tx: &Tx<'_>,
    _open: &OpenDraw,
    _sender: PersonId,
    _direction: Direction,
    _relay: i64,
    _now: Timestamp,
) -> Result<(), StoreError> {
    Ok(())
}

/// Queues the notice to the giver whose pairing was opened.
pub(super) fn queue_opening_notice(
    _tx: &Tx<'_>,
    _draw: &StoredDraw,
    _roster: &Exchange,
    _giver: PersonId,
    _opening: &Opening,
    _now: Timestamp,
) -> Result<(), StoreError> {
    Ok(())
}
