//! What dealing would do, said before the first message: in which order, who is left out, who is reached only if others answer.

use jiff::Timestamp;

use super::{Candidate, View, later};

/// What becomes of somebody who may be invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planned {
    /// Invited at once.
    Now,
    /// Invited later: by then at the latest if nobody before them takes the last seat.
    By(Timestamp),
    /// Reached only if others answer sooner than they have to.
    OnlyIfOthersAnswer,
    /// Left out, and why.
    Skipped(&'static str),
}

/// What becomes of everybody who may be invited, in their order, if nobody answered: each wave lapses before the next.
#[must_use]
pub fn plan(view: &View, now: Timestamp) -> Vec<Planned> {
    let terms = &view.terms;
    let room = view.seats().free + terms.overbook;
    let wave = terms.at_once.min(room.div_ceil(terms.size.max(1))).max(1);
    let mut invited = 0;
    let planned = |Candidate { unreachable, asleep_until, .. }: &Candidate| {
        if let Some(why) = unreachable {
            return Planned::Skipped(why);
        }
        let round = i32::try_from(invited / wave).unwrap_or(i32::MAX);
        let leaves = asleep_until.unwrap_or(now);
        let at = terms.lapse.checked_mul(round).map_or(Timestamp::MAX, |waited| later(leaves, waited));
        let lapses_at = terms.lapses_at(at);
        invited += u32::from(lapses_at.is_some());
        match (round, lapses_at) {
            (_, None) => Planned::OnlyIfOthersAnswer,
            (0, Some(_)) => Planned::Now,
            (_, Some(_)) => Planned::By(at),
        }
    };
    view.candidates.iter().map(planned).collect()
}
