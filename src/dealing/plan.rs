//! What dealing would do, said before the first message: in which order, who is left out, who is reached only if others answer.

use jiff::Timestamp;

use super::{Action, Candidate, Phase, Terms, View, deal, later};

/// What becomes of somebody who may be invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planned {
    /// Invited at once.
    Now,
    /// Invited later: by then at the latest if nobody before them takes the last seat.
    By(Timestamp),
    /// Reached only if others answer sooner than they have to, or give a seat back.
    OnlyIfOthersAnswer,
    /// Left out, and why.
    Skipped(&'static str),
}

/// What becomes of everybody who may be invited, in their order, if it were dealt now and nobody answered: each wave lapses
/// before the next.
#[must_use]
pub fn plan(view: &View, now: Timestamp) -> Vec<Planned> {
    let terms = &view.terms;
    let dealt = View { terms: Terms { phase: Phase::Dealing, ..terms.clone() }, ..view.clone() };
    let invited = |action| match action {
        Action::Invite { contact, .. } => Some(contact),
        _ => None,
    };
    let mut at_once = deal(&dealt, now).into_iter().filter_map(invited).peekable();
    let room = terms.seats.saturating_sub(view.seats().taken) + terms.overbook;
    let wave = i32::try_from(terms.at_once.min(room.div_ceil(terms.size.max(1)))).unwrap_or(i32::MAX);
    let mut behind = 0_i32;
    let planned = |Candidate { contact, unreachable, asleep_until }: &Candidate| {
        if let Some(why) = unreachable {
            return Planned::Skipped(why);
        }
        if at_once.next_if_eq(contact).is_some() {
            return Planned::Now;
        }
        let Some(round) = behind.checked_div(wave) else { return Planned::OnlyIfOthersAnswer };
        let leaves = asleep_until.unwrap_or(now);
        let at = terms.lapse.checked_mul(round + 1).map_or(Timestamp::MAX, |waited| later(leaves, waited));
        let is_in_time = terms.lapses_at(at).is_some();
        behind += i32::from(is_in_time);
        if is_in_time { Planned::By(at) } else { Planned::OnlyIfOthersAnswer }
    };
    view.candidates.iter().map(planned).collect()
}
