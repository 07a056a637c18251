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

use std::sync::Arc;

use super::huber::receivers::Receivers;
use super::huber::{Weighing, share};
use crate::matcher::possible::matching::Matching;
use crate::matcher::question::board::Board;
use crate::matcher::random::Stream;

/// What all attempts on one board share.
pub(crate) struct Hamiltonian {
    weighing: Weighing,
    start: u32,
    people: u32,
}

impl Hamiltonian {
    /// Prepares a board of the same people on both sides; `None` for fewer than two people, or more listed cells than are kept
    /// count of (2²⁸).
    pub(crate) fn new(board: &Arc<Board>) -> Option<Self> {
        debug_assert!(board.forbids_self(), "circles need the same people on both sides");
        if board.size() < 2 {
            return None;
        }
        let weighing = Weighing::new(board)?;
        // Whether the walk may close is only seen at its end: best at somebody whom nearly everybody may give to.
        let start = (0..board.size()).min_by_key(|&person| weighing.side().forbidden_in_col(person))?;
        Some(Self { weighing, start, people: board.size() })
    }

    /// ln of the bound of a round after so many others.
    pub(crate) fn ln_bound_after(&self, before: u32) -> f64 {
        self.weighing.ln_bound(before, Some(self.start))
    }

    /// One attempt at a round after others (as the weighing's side sees them); per row of that side the column it takes.
    pub(crate) fn attempt(&self, before: &[Matching], stream: &mut Stream) -> Option<Vec<u32>> {
        let mut receivers: Receivers<'_> = self.weighing.receivers(before);
        receivers.set_aside(self.start);
        let limit = stream.unit();
        let mut acceptance = 1.0;
        let mut draw = vec![0; self.people as usize];
        let mut giver = self.start;
        for left in (1..self.people).rev() {
            let step = receivers.step(giver, left, self.weighing.table(), stream)?;
            acceptance *= share(step.sum);
            if acceptance <= limit {
                return None;
            }
            draw[giver as usize] = step.col;
            giver = step.col;
        }
        draw[giver as usize] = self.start;
        receivers.side.allows(giver, self.start).then_some(draw)
    }

    /// A draw of the weighing's side as receivers by giver.
    pub(crate) fn straighten(&self, draw: Vec<u32>) -> Vec<u32> {
        self.weighing.straighten(draw)
    }

    /// About the cost of an attempt, in steps of a plain shuffle.
    pub(crate) fn steps(&self) -> f64 {
        2.0 * self.weighing.steps()
    }
}
