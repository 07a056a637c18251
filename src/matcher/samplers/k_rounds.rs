//! Several gifts each: rounds that share no pairing.
//!
//! # The argument
//!
//! Wanted: uniform among the ordered tuples of valid draws of which no two share a pairing. Round t is drawn on the board A
//! less the pairings of the rounds before it, in *one attempt* of Huber's sampler ([`super::huber`]); if any attempt fails,
//! everything starts over. Whatever the rounds before were, each gave every receiver exactly one giver, so every count
//! c(j) at the start of round t is that of A less t: the bound u(A, t) does not depend on the rounds before. Hence every valid
//! tuple has the same probability, the product of the 1/u(A, t). The same holds for circles ([`super::hamiltonian`]).
//!
//! Repeating only a failed later round until it succeeds would be wrong: its chance of success does depend on the rounds
//! before, and those that leave few continuations would come too often.
//!
//! Uniform is meant over rounds in order: "who gives to whom in which round".
//!
//! Rounds that have to use certain pairings (where repeats cannot be avoided) are thrown away whole unless they do.
//!
//! For few rules and rounds there is also plain rejection ([`super::rejection::RoundsRejection`]), exact.

use std::sync::Arc;

use super::hamiltonian;
use super::huber::Weighing;
use super::{Rounds, Sampler, attempts};
use crate::matcher::answer::Uniformity;
use crate::matcher::possible::matching::Matching;
use crate::matcher::question::board::{Board, Csr};
use crate::matcher::question::circle_rule::CircleRule;
use crate::matcher::random::Stream;

/// What all attempts on one board share.
pub(crate) struct KRounds {
    weighing: Weighing,
    /// Where every round's walk starts, if it is to be one circle.
    start: Option<u32>,
    rule: Option<CircleRule>,
    rounds: u32,
    must: Csr,
}

impl KRounds {
    /// Prepares so many rounds that use all of `must`; `None` for more rounds than people, no circle, and more listed cells than
    /// are kept count of (2²⁸).
    pub(crate) fn new(board: &Arc<Board>, rule: Option<CircleRule>, rounds: u32, must: &Csr) -> Option<Self> {
        if rounds > board.size().max(1) {
            return None;
        }
        let weighing = Weighing::new(board)?;
        let start = if rule == Some(CircleRule::One) { Some(hamiltonian::start(board, &weighing)?) } else { None };
        Some(Self { weighing, start, rule, rounds, must: must.clone() })
    }

    /// One round without further rules.
    pub(crate) fn one(board: &Arc<Board>) -> Option<Self> {
        Self::new(board, None, 1, &Csr::default())
    }

    /// So many rounds weighed in a given way.
    #[cfg(test)]
    pub(crate) fn weighed(weighing: Weighing, rounds: u32) -> Self {
        Self { weighing, start: None, rule: None, rounds, must: Csr::default() }
    }

    fn one_round(&self, before: &[Matching], stream: &mut Stream) -> Option<Vec<u32>> {
        match self.start {
            Some(start) => hamiltonian::attempt(&self.weighing, start, before, stream),
            None => self.weighing.attempt(before, stream),
        }
    }

    fn attempt(&self, stream: &mut Stream) -> Option<Rounds> {
        let mut drawn: Vec<Matching> = Vec::with_capacity(self.rounds as usize);
        let last = loop {
            let round = self.one_round(&drawn, stream)?;
            // Turned round or not, a pair that draws each other is one.
            let mutual = |giver, to: u32| {
                round[to as usize] == giver || drawn.iter().any(|other| other.col_of[to as usize] == giver)
            };
            if self.rule == Some(CircleRule::NoMutual) && (0..).zip(&round).any(|(giver, &to)| mutual(giver, to)) {
                return None;
            }
            if drawn.len() + 1 == self.rounds as usize {
                break round;
            }
            drawn.push(Matching::of_draw(round));
        };
        let drawn = drawn.into_iter().map(|round| round.col_of).chain([last]);
        let drawn: Rounds = drawn.map(|round| self.weighing.straighten(round)).collect();
        uses_all(&self.must, &drawn).then_some(drawn)
    }
}

/// Whether rounds use all the pairings they must.
pub(crate) fn uses_all(must: &Csr, rounds: &[Vec<u32>]) -> bool {
    must.pairs().all(|(giver, receiver)| rounds.iter().any(|round| round[giver as usize] == receiver))
}

impl Sampler for KRounds {
    fn label(&self) -> (&'static str, Uniformity) {
        ("Huber's bound", Uniformity::ExactTo1e9)
    }

    fn ln_bound(&self) -> f64 {
        (0..self.rounds).map(|before| self.weighing.ln_bound(before, self.start)).sum()
    }

    /// About 0.75 of the attempts at a round succeed.
    fn steps(&self) -> f64 {
        let one = self.weighing.steps() * if self.start.is_some() { 2.0 } else { 1.0 };
        (0..self.rounds).map(|round| one * libm::pow(0.75, f64::from(round))).sum()
    }

    fn draw(&self, stream: &mut Stream, left: &mut u64) -> Option<Rounds> {
        attempts(left, || self.attempt(stream))
    }
}
