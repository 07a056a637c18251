//! One circle through everybody under many rules: Huber's bound in the order of the walk.
//!
//! # The argument
//!
//! A circle through all is a walk from a fixed person s through everybody else and back. Givers are taken in the order
//! of the walk: the last person reached, t, chooses the next among those not reached, U. Let the rows be t and U (all who
//! still give, the last of them to s) and the columns U. c(j) counts the rows that may give to j; j's own row is one that may
//! not, so "not to oneself" is in the count. Bound of a state: u = prod over U of h(c(j))/e, as in [`super::huber`].
//!
//! When t takes v, row t and column v go. v becomes the giver and was a row all along, so *only* row t leaves, and every
//! other column t may give to loses one giver: the same step as there, with the same sum S of weights and total
//! S·e^(1-S) <= 1. Unlike there the rows are one more than the columns, but the step's inequality never used that, and
//! at the end, U empty, u = 1. So every walk through all has probability 1/u(start) in one attempt. The attempt is kept
//! if the last person may give to s, and otherwise thrown away whole: every valid circle is equally likely. With d
//! forbidden cells a row the probability of success is about 0.69 whatever d (drawing plain draws until one happens to be
//! one circle would cost a factor of n/e).
//!
//! For several rounds, each forbidding the pairs of those before: a finished circle gives every person exactly one giver, so
//! every c(j) of the next round drops by exactly one whatever the circle was, and so does its bound; see [`super::k_rounds`].

use super::huber::{Weighing, share};
use crate::matcher::possible::matching::Matching;
use crate::matcher::question::board::Board;
use crate::matcher::random::Stream;

/// Where the walk starts; `None` for fewer than two people. Whether it may close is only seen at its end: best at somebody
/// whom nearly everybody may give to.
pub(crate) fn start(board: &Board, weighing: &Weighing) -> Option<u32> {
    debug_assert!(board.forbids_self(), "circles need the same people on both sides");
    let people = 0..board.size();
    people.min_by_key(|&person| weighing.side().forbidden_in_col(person)).filter(|_| board.size() > 1)
}

/// One attempt at a round after others (as the weighing's side sees them); per row of that side the column it takes.
pub(crate) fn attempt(weighing: &Weighing, start: u32, before: &[Matching], stream: &mut Stream) -> Option<Vec<u32>> {
    let mut receivers = weighing.receivers(before);
    receivers.set_aside(start);
    let limit = stream.unit();
    let mut acceptance = 1.0;
    let people = weighing.side().size();
    let mut draw = vec![0; people as usize];
    let mut giver = start;
    for left in (1..people).rev() {
        let step = receivers.step(giver, left, weighing.table(), stream)?;
        acceptance *= share(step.sum);
        if acceptance <= limit {
            return None;
        }
        draw[giver as usize] = step.col;
        giver = step.col;
    }
    draw[giver as usize] = start;
    receivers.side.allows(giver, start).then_some(draw)
}
