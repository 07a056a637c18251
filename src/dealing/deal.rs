//! The one function that reserves, gives and offers seats.

use jiff::Timestamp;

use super::{Candidate, FRESH, Invitation, Phase, REMINDED, Seats, State, Terms, View, earlier, has_lapsed, later};
use crate::model::{ContactId, InvitationId};

/// What is to be done. Each is done once: [`deal`] does not ask for it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Somebody was silent for too long; their seats are free.
    Lapse(InvitationId),
    /// Somebody in line gets seats.
    Seat(InvitationId),
    /// Somebody who answered before is offered seats until then.
    Offer {
        /// Whose invitation.
        id: InvitationId,
        /// How many.
        size: u32,
        /// Until when.
        lapses_at: Timestamp,
    },
    /// Somebody is invited.
    Invite {
        /// Who.
        contact: ContactId,
        /// For how many.
        size: u32,
        /// How many of these seats are theirs if they say yes in time; fewer than all only where more is offered than there is.
        seats: u32,
        /// Until when.
        lapses_at: Timestamp,
    },
    /// Somebody cannot be reached, and why.
    Skip(ContactId, &'static str),
    /// Somebody who said PROBABLY is asked whether they come.
    AskAgain(InvitationId),
    /// Somebody who holds seats is told where and when.
    Remind(InvitationId),
}

impl Action {
    /// What it makes of an invitation that there is.
    pub fn apply(&self, to: &mut Invitation, now: Timestamp) {
        match *self {
            Self::Lapse(_) => (to.state, to.seats, to.lapses_at) = (State::Lapsed, 0, None),
            Self::Seat(_) => (to.state, to.seats, to.size, to.lined_at) = (State::Held, to.wants, to.wants, None),
            Self::Offer { size, lapses_at, .. } => {
                *to = Invitation {
                    state: State::Open,
                    size,
                    seats: size,
                    round: to.round + 1,
                    dealt_at: now,
                    waits: true,
                    lapses_at: Some(lapses_at),
                    lined_at: None,
                    ..to.clone()
                }
            }
            Self::AskAgain(_) => to.asked_again = true,
            Self::Remind(_) => to.reminded = true,
            Self::Invite { .. } | Self::Skip(..) => {}
        }
    }

    /// The invitation that it is about, if there is one already.
    #[cfg(test)]
    pub(super) fn of(&self) -> Option<InvitationId> {
        match *self {
            Self::Lapse(id) | Self::Seat(id) | Self::AskAgain(id) | Self::Remind(id) | Self::Offer { id, .. } => {
                Some(id)
            }
            Self::Invite { .. } | Self::Skip(..) => None,
        }
    }
}

/// Seats and invitations as they are counted while seats are dealt.
struct Dealing<'a> {
    view: &'a View,
    now: Timestamp,
    seats: Seats,
    /// Invitations that are open.
    open: u32,
    /// Seats of open invitations that are nobody's yet, for more is offered than there is.
    promised: u32,
    actions: Vec<Action>,
}

/// Says what is to be done about an event now. Done at once, it leaves nothing to do until some time has come or somebody
/// does something; an answer that came in time is taken in before.
#[must_use]
pub fn deal(view: &View, now: Timestamp) -> Vec<Action> {
    let is_on = matches!(view.terms.phase, Phase::Dealing | Phase::Closed);
    if now >= view.terms.starts_at || !(is_on || view.terms.phase == Phase::Paused) {
        return Vec::new();
    }
    let mut dealing = Dealing { view, now, seats: view.seats(), open: 0, promised: 0, actions: Vec::new() };
    dealing.lapse();
    if is_on {
        let is_line_served = dealing.serve_line();
        if view.terms.phase == Phase::Dealing && now < view.terms.cut_off && is_line_served && dealing.invite() {
            dealing.offer_to_maybes();
        }
        dealing.remind();
    }
    dealing.actions
}

impl Dealing<'_> {
    fn lapse(&mut self) {
        for (id, open) in self.view.all(State::Open) {
            if has_lapsed(open, self.now) {
                self.seats.reserved -= open.seats;
                self.seats.free += open.seats;
                self.actions.push(Action::Lapse(id));
            } else {
                self.open += 1;
                self.promised += open.size - open.seats;
            }
        }
    }

    /// Gives what is free to those in line, in their order; `true` when nobody is left there who could be told.
    fn serve_line(&mut self) -> bool {
        let terms = &self.view.terms;
        for (id, waiting) in self.view.line() {
            if !waiting.is_reachable {
                continue;
            }
            if self.seats.free == 0 {
                return false;
            }
            let is_fresh = waiting.answered_at.is_some_and(|at| later(at, FRESH) > self.now)
                && later(self.now, terms.ask_again) < terms.starts_at;
            let size = waiting.wants.min(self.seats.free);
            if size == waiting.wants && is_fresh {
                self.seats.free -= size;
                self.seats.taken += size;
                self.actions.push(Action::Seat(id));
                continue;
            }
            // Who could not be offered it in time is passed like who cannot be told.
            let Some(lapses_at) = self.view.offer_lapses_at(id, self.now) else { continue };
            // Who wants more than there is gets all there is: nobody behind jumps ahead.
            self.offer(id, size, lapses_at);
        }
        true
    }

    fn offer(&mut self, id: InvitationId, size: u32, lapses_at: Timestamp) {
        self.seats.free -= size;
        self.seats.reserved += size;
        self.open += 1;
        self.actions.push(Action::Offer { id, size, lapses_at });
    }

    /// How many seats may be offered yet.
    fn room(&self) -> u32 {
        (self.seats.free + self.view.terms.overbook).saturating_sub(self.promised)
    }

    fn has_room(&self) -> bool {
        self.open < self.view.terms.at_once && self.room() > 0
    }

    /// Invites whoever comes next; `true` when everybody has been.
    fn invite(&mut self) -> bool {
        let terms = &self.view.terms;
        for Candidate { contact, unreachable, asleep_until } in &self.view.candidates {
            if !self.has_room() {
                return false;
            }
            if let Some(why) = unreachable {
                self.actions.push(Action::Skip(*contact, why));
                continue;
            }
            // Too late for whoever is asleep until too late; others may be awake.
            let Some(lapses_at) = terms.lapses_at(asleep_until.unwrap_or(self.now)) else { continue };
            let size = terms.size.min(self.room());
            let seats = size.min(self.seats.free);
            self.seats.free -= seats;
            self.seats.reserved += seats;
            self.promised += size - seats;
            self.open += 1;
            self.actions.push(Action::Invite { contact: *contact, size, seats, lapses_at });
        }
        !self.view.has_more
    }

    /// Offers what is left to those who said MAYBE to their first invitation, each once.
    fn offer_to_maybes(&mut self) {
        let mut maybes: Vec<_> =
            self.view.all(State::Maybe).filter(|(_, maybe)| maybe.is_reachable && maybe.round == 1).collect();
        maybes.sort_by_key(|(id, maybe)| (maybe.answered_at, *id));
        for (id, maybe) in maybes {
            if !self.has_room() || self.seats.free == 0 {
                return;
            }
            let Some(lapses_at) = self.view.offer_lapses_at(id, self.now) else { continue };
            self.offer(id, maybe.size.min(self.seats.free), lapses_at);
        }
    }

    fn remind(&mut self) {
        let terms = &self.view.terms;
        for (id, held) in self.view.all(State::Held).filter(|(_, held)| held.is_reachable) {
            if wants_asking(held, terms) && earlier(terms.starts_at, terms.ask_again) <= self.now {
                self.actions.push(Action::AskAgain(id));
            }
            if wants_reminding(held, terms.starts_at) && earlier(terms.starts_at, REMINDED) <= self.now {
                self.actions.push(Action::Remind(id));
            }
        }
    }
}

/// Whoever says PROBABLY when it is time to ask has just been asked.
fn wants_asking(held: &Invitation, terms: &Terms) -> bool {
    let asked_at = earlier(terms.starts_at, terms.ask_again);
    !held.is_certain && !held.asked_again && held.answered_at.is_none_or(|at| at < asked_at)
}

/// Whoever answers on the last day has just read where and when.
fn wants_reminding(held: &Invitation, starts_at: Timestamp) -> bool {
    !held.reminded && held.answered_at.is_none_or(|at| at < earlier(starts_at, REMINDED))
}

/// When there is something to do again if nobody does anything; `None` when there is nothing. A running site looks every
/// minute instead, which comes to the same.
#[cfg(test)]
pub(super) fn next_at(view: &View, now: Timestamp) -> Option<Timestamp> {
    let terms = &view.terms;
    if now >= terms.starts_at || matches!(terms.phase, Phase::Draft | Phase::Cancelled) {
        return None;
    }
    let lapses = view.all(State::Open).filter_map(|(_, open)| match open.waits {
        false => open.lapses_at,
        true => Some(terms.leaves_until(super::is_offer(open))),
    });
    let held = || view.all(State::Held).filter(|(_, held)| held.is_reachable).map(|(_, held)| held);
    let is_on = terms.phase != Phase::Paused;
    let asks =
        (is_on && held().any(|held| wants_asking(held, terms))).then(|| earlier(terms.starts_at, terms.ask_again));
    let reminds = (is_on && held().any(|held| wants_reminding(held, terms.starts_at)))
        .then(|| earlier(terms.starts_at, REMINDED));
    // Who waits in line may be given a seat one day and asked first the next.
    let turns = [
        terms.cut_off,
        earlier(terms.starts_at, terms.ask_again),
        earlier(terms.starts_at, super::LAST_HOUR + super::SHORTEST_WINDOW),
    ];
    let turns = turns.into_iter().filter(|_| is_on && view.all(State::Line).next().is_some());
    lapses.chain(asks).chain(reminds).chain(turns).filter(|at| *at > now).min()
}
