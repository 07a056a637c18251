//! The dealing of seats: an event as it stands, and the time, in; what to do, out. Pure: no I/O, no clock, no words.
//!
//! [`answer`] says what an answer makes of an invitation, [`undelivered`] what a message that cannot arrive does, and
//! [`deal()`] is the only code that reserves, gives or offers a seat of itself. `app` runs it at the end of every transaction
//! that can free or take one, and writes down what it says.
//!
//! An open invitation owns its seats, so that a YES in its time is never refused (unless overbooking was asked for). Nobody
//! is invited twice, nobody in line is passed by somebody behind, and no seat is left over while somebody could have it.
//! What does not belong here: who can be reached how, what is said, when a message leaves.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::model::{ContactId, InvitationId};
pub use crate::model::{Invitation, Phase, State, Terms, Word};

mod answering;
mod deal;
mod plan;
mod why;

pub use answering::{Outcome, answer, most, undelivered};
#[cfg(test)]
use deal::next_at;
pub use deal::{Action, deal};
pub use plan::{Planned, plan};
pub use why::{Why, why};

/// An invitation leaves at least so long for an answer, or is not made.
const SHORTEST_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// How long a seat is kept for somebody who waited for it and is offered it.
const OFFER: SignedDuration = SignedDuration::from_hours(6);

/// Who said yes so recently need not be asked whether they still can.
const FRESH: SignedDuration = SignedDuration::from_hours(7 * 24);

/// No offer reaches into the last hour before the event, nor does a reminder go to whoever answered in its last day.
const LAST_HOUR: SignedDuration = SignedDuration::from_hours(1);

/// When those who hold seats are reminded, before the event.
const REMINDED: SignedDuration = SignedDuration::from_hours(24);

/// Somebody who may be invited yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub contact: ContactId,
    /// Why they cannot be reached, if so.
    pub unreachable: Option<&'static str>,
    /// When a message to them leaves at the earliest, where that is not at once.
    pub asleep_until: Option<Timestamp>,
}

/// An event as it stands.
#[derive(Debug, Clone)]
pub struct View {
    /// How its seats are dealt.
    pub terms: Terms,
    /// Its invitations, as far as they matter still: whatever is declined, lapsed, skipped or withdrawn may be left out.
    pub invitations: BTreeMap<InvitationId, Invitation>,
    /// Who may be invited yet, in their order; or the first of them, where the rest is seen another time.
    pub candidates: Vec<Candidate>,
    /// Whether there is such a rest.
    pub has_more: bool,
    /// Who of those in line, or who may come, is asleep: when a message to them leaves at the earliest.
    pub asleep: BTreeMap<InvitationId, Timestamp>,
}

/// Seats, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seats {
    /// All of them.
    pub total: u32,
    /// Of those who hold one.
    pub taken: u32,
    /// Of open invitations.
    pub reserved: u32,
    /// Of nobody.
    pub free: u32,
}

impl View {
    /// Its seats, counted.
    #[must_use]
    pub fn seats(&self) -> Seats {
        let of = |state| self.all(state).map(|(_, invitation)| invitation.seats).sum::<u32>();
        let (taken, reserved) = (of(State::Held), of(State::Open));
        let total = self.terms.seats;
        Seats { total, taken, reserved, free: total.saturating_sub(taken + reserved) }
    }

    /// How many may be invited now, at most.
    #[must_use]
    pub fn openings(&self, now: Timestamp) -> u32 {
        let mut room = self.seats().free + self.terms.overbook;
        let mut at_once = self.terms.at_once;
        for (_, open) in self.all(State::Open) {
            if has_lapsed(open, now) {
                room += open.seats;
            } else {
                at_once = at_once.saturating_sub(1);
            }
        }
        at_once.min(room)
    }

    /// The invitations of a state.
    fn all(&self, state: State) -> impl Iterator<Item = (InvitationId, &Invitation)> {
        self.invitations.iter().filter(move |(_, found)| found.state == state).map(|(id, found)| (*id, found))
    }

    /// Those in line, in their order.
    #[must_use]
    pub fn line(&self) -> Vec<(InvitationId, &Invitation)> {
        let mut line: Vec<_> = self.all(State::Line).collect();
        line.sort_by_key(|(id, waiting)| (waiting.lined_at, *id));
        line
    }

    /// Whether nobody is in line who could be offered a seat that is free now, this one aside.
    fn is_line_empty(&self, but_for: InvitationId, now: Timestamp) -> bool {
        !self
            .all(State::Line)
            .any(|(id, waiting)| id != but_for && waiting.is_reachable && self.offer_lapses_at(id, now).is_some())
    }

    /// When the offer of a seat that is free now lapses that is made to somebody; `None` where they would read it too late.
    fn offer_lapses_at(&self, id: InvitationId, now: Timestamp) -> Option<Timestamp> {
        self.terms.offer_lapses_at(self.asleep.get(&id).copied().unwrap_or(now))
    }
}

/// Whether an open invitation offers a seat that came free: that goes to whoever has answered before.
#[must_use]
pub fn is_offer(open: &Invitation) -> bool {
    open.answered_at.is_some()
}

/// Whether an open invitation has had its time. One that waits to leave has it before it.
fn has_lapsed(open: &Invitation, now: Timestamp) -> bool {
    !open.waits && open.lapses_at.is_some_and(|at| at <= now)
}

/// Whether somebody may have set out by then for what they think begins at a time.
#[must_use]
pub fn may_have_set_out(begins: Timestamp, by: Timestamp) -> bool {
    later(by, LAST_HOUR) >= begins
}

/// A time so much later.
fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// A time so much earlier.
fn earlier(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_sub(by).unwrap_or(Timestamp::MIN)
}

impl Terms {
    /// When an invitation lapses that leaves then; `None` where that leaves too little time to answer.
    #[must_use]
    pub fn lapses_at(&self, leaves: Timestamp) -> Option<Timestamp> {
        self.within(leaves, false)
    }

    /// When the offer of a seat that came free lapses that leaves then.
    fn offer_lapses_at(&self, leaves: Timestamp) -> Option<Timestamp> {
        self.within(leaves, true)
    }

    fn within(&self, leaves: Timestamp, is_offer: bool) -> Option<Timestamp> {
        let (length, limit) = self.window(is_offer);
        (leaves < self.leaves_until(is_offer)).then(|| later(leaves, length).min(limit))
    }

    /// How long an invitation stays open, or the offer of a seat that came free, and until when at most.
    fn window(&self, is_offer: bool) -> (SignedDuration, Timestamp) {
        let (length, limit) =
            if is_offer { (self.lapse.min(OFFER), self.starts_at) } else { (self.lapse, self.cut_off) };
        (length, limit.min(earlier(self.starts_at, LAST_HOUR)))
    }

    /// From when on it is too late for an invitation to leave, or for the offer of a seat that came free.
    #[must_use]
    pub fn leaves_until(&self, is_offer: bool) -> Timestamp {
        let (length, limit) = self.window(is_offer);
        later(earlier(limit, SHORTEST_WINDOW.min(length)), SignedDuration::from_millis(1))
    }

    /// An invitation to an event that has got this time instead of another: asked and reminded anew, and open no longer than can
    /// be.
    #[must_use]
    pub fn moved(&self, before: &Invitation, now: Timestamp) -> Invitation {
        let (_, limit) = self.window(is_offer(before));
        Invitation {
            lapses_at: before.lapses_at.map(|at| at.min(limit)),
            asked_again: before.asked_again && earlier(self.starts_at, self.ask_again) <= now,
            // Whoever hears of it on the last day reads when and where by that.
            reminded: earlier(self.starts_at, REMINDED) <= now,
            ..before.clone()
        }
    }

    /// When an open invitation lapses that has left then, however late that was: never before it was said to.
    #[must_use]
    pub fn lapses_once_sent(&self, open: &Invitation, sent_at: Timestamp) -> Timestamp {
        let (length, limit) = self.window(is_offer(open));
        let at = later(sent_at, length).min(limit);
        open.lapses_at.map_or(at, |promised| promised.max(at))
    }
}

#[cfg(test)]
pub(crate) mod tests;
