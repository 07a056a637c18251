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
//! every c(j) of the next round drops by exactly one whatever the circle was, and so does its bound; see [`super::kfold`].

use crate::matcher::board::Board;
use crate::matcher::huber::receivers::{Limits, Receivers};
use crate::matcher::huber::{Weighing, share};
use crate::matcher::random::Stream;

/// Draws one circle; exact to 1e-9. The board must be one of the same people on both sides. `None` after `budget` attempts.
pub(crate) fn draw(board: &Board, stream: &mut Stream, budget: u64) -> Option<Vec<u32>> {
    let walk = Walk::new(board)?;
    (0..budget).find_map(|_| walk.attempt(walk.receivers(&[]), stream)).map(|draw| walk.straighten(draw))
}

/// Cost expected of one draw, in steps of a plain shuffle.
pub(crate) fn steps(board: &Board) -> f64 {
    2.0 * crate::matcher::huber::steps(board)
}

/// What all attempts on one board share.
pub(crate) struct Walk<'b> {
    weighing: Weighing<'b>,
    start: u32,
}

impl<'b> Walk<'b> {
    /// Prepares; `None` for fewer than two people, or more listed cells than are kept count of (2²⁸).
    pub(crate) fn new(board: &'b Board) -> Option<Self> {
        debug_assert!(board.forbids_self(), "circles need the same people on both sides");
        if board.size() < 2 {
            return None;
        }
        let weighing = Weighing::with(board, 1, Some(0), Limits::USUAL)?;
        // Whether the walk may close is only seen at its end: best at somebody whom nearly everybody may give to.
        let start = (0..board.size()).min_by_key(|&person| weighing.side.forbidden_in_col(person))?;
        Some(Self { weighing, start })
    }

    /// The start of every attempt: nobody reached but the first.
    pub(crate) fn receivers<'r>(&self, before: &'r [Vec<u32>]) -> Receivers<'r>
    where
        'b: 'r,
    {
        let mut receivers = self.weighing.receivers(before);
        receivers.set_aside(self.start);
        receivers
    }

    /// One attempt; per row of the weighing's side the column it takes.
    pub(crate) fn attempt(&self, mut receivers: Receivers<'_>, stream: &mut Stream) -> Option<Vec<u32>> {
        let people = self.weighing.side.size();
        let limit = stream.unit();
        let mut acceptance = 1.0;
        let mut draw = vec![0; people as usize];
        let mut giver = self.start;
        receivers.start(stream);
        for left in (1..people).rev() {
            let step = receivers.step(giver, left, &self.weighing.table, stream)?;
            acceptance *= share(step.sum);
            if acceptance <= limit {
                return None;
            }
            draw[giver as usize] = step.col;
            giver = step.col;
        }
        draw[giver as usize] = self.start;
        receivers.allows(giver, self.start).then_some(draw)
    }

    /// A draw of the weighing's side as receivers by giver.
    pub(crate) fn straighten(&self, draw: Vec<u32>) -> Vec<u32> {
        self.weighing.straighten(draw)
    }
}
