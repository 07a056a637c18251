//! What an answer makes of an invitation, and what a message that cannot arrive does.

use jiff::{SignedDuration, Timestamp};

use super::{Invitation, Phase, State, Terms, View, Word, later};
use crate::model::InvitationId;

/// What came of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The invitation stands like this from now on.
    Stands(Invitation),
    /// Nothing changes: the event has begun.
    Over,
    /// Nothing changes: it does not take place.
    Cancelled,
    /// Nothing changes: the invitation was taken back.
    Withdrawn,
}

/// For how many somebody may answer, at most: a seat that was offered is for as many as the offer says.
#[must_use]
pub fn most(terms: &Terms, before: &Invitation) -> u32 {
    if before.state == State::Open { before.size } else { terms.size.max(before.size) }
}

/// What an answer for so many makes of an invitation. Who wants more than an invitation is for gets as many as it is for; who
/// answers when no seat is free comes into the line, where [`super::deal()`] finds them.
#[must_use]
pub fn answer(
    view: &View,
    (id, before): (InvitationId, &Invitation),
    (word, many): (Word, u32),
    now: Timestamp,
) -> Outcome {
    match (view.terms.phase, before.state) {
        (Phase::Cancelled, _) => return Outcome::Cancelled,
        _ if now >= view.terms.starts_at => return Outcome::Over,
        (_, State::Withdrawn) => return Outcome::Withdrawn,
        _ => {}
    }
    let mut stands =
        Invitation { answered_at: Some(now), is_certain: word == Word::Yes, lapses_at: None, ..before.clone() };
    if word.takes_seats() {
        take(view, (id, before), &mut stands, many.clamp(1, most(&view.terms, before)), now);
    } else {
        stands.state = if word == Word::Maybe { State::Maybe } else { State::Declined };
        (stands.seats, stands.lined_at) = (0, None);
    }
    Outcome::Stands(stands)
}

/// Takes seats: those that are one's own, and what is free where nobody waits for it.
fn take(view: &View, (id, before): (InvitationId, &Invitation), stands: &mut Invitation, many: u32, now: Timestamp) {
    let own = before.seats;
    let free = if view.is_line_empty(id, now) { view.seats().free } else { 0 };
    let more = many.saturating_sub(own);
    let is_enough = own > 0 || free >= more;
    stands.wants = many;
    if is_enough {
        stands.state = State::Held;
        stands.seats = many.min(own + free);
        (stands.size, stands.lined_at) = (stands.size.max(stands.seats), None);
    } else {
        // Two of one millisecond stand behind each other as they answered, for each is told the place.
        let last = view.all(State::Line).filter_map(|(_, waiting)| waiting.lined_at).max();
        let last = last.map_or(now, |last| now.max(later(last, SignedDuration::from_millis(1))));
        // Who was offered a seat and comes second is first in line: nobody stood there when it was offered.
        let since = if before.state == State::Open { before.dealt_at } else { last };
        stands.state = State::Line;
        (stands.seats, stands.lined_at) = (0, before.lined_at.or(Some(since)));
    }
}

/// What becomes of an invitation whose message cannot arrive: it is tried another way once, where there is one and a message
/// leaves then, and its seats are free otherwise. `None` where nothing changes.
#[must_use]
pub fn undelivered(
    view: &View,
    before: &Invitation,
    other_way: Option<Timestamp>,
    now: Timestamp,
) -> Option<Invitation> {
    if before.state != State::Open || matches!(view.terms.phase, Phase::Cancelled) {
        return None;
    }
    let lapses_at = |leaves| match super::is_offer(before) {
        true => view.terms.offer_lapses_at(leaves),
        false => view.terms.lapses_at(leaves),
    };
    Some(match other_way.and_then(lapses_at) {
        Some(lapses_at) => Invitation { dealt_at: now, waits: true, lapses_at: Some(lapses_at), ..before.clone() },
        None => Invitation { state: State::Skipped, seats: 0, lapses_at: None, ..before.clone() },
    })
}
