//! Shuffle, and give up at the first clash: exact for sparse rules at any size.
//!
//! Givers are taken in order and each gets a receiver drawn uniformly from those left, which is Fisher and Yates'
//! shuffle; at the first forbidden pair the whole shuffle is thrown away. Every permutation has probability 1/n! in one
//! attempt, so conditioned on being valid all valid ones are equally likely. Only integers are involved: the result is
//! exact. Stopping early changes nothing but the time, because an attempt with a clash is lost whatever follows.
//!
//! The receivers need not be put back in order between attempts: a uniform shuffle of any starting order is uniform.
//!
//! With λ forbidden cells per row about e^λ attempts are needed, and since clashes come early, about (e^λ - 1)/λ steps per
//! person in all (for the self rule alone this is Merlini, Sprugnoli and Verri's "early refusal", 2007).
//!
//! Several rounds at once ("gifts each"): giver by giver, one receiver in each round's own shuffle, refused as well when
//! it is the receiver of an earlier round. All tuples of shuffles are equally likely, so again all valid ones are; with k
//! rounds λ becomes kλ + k(k-1)/2.

use std::sync::Arc;

use super::{Rounds, Sampler, attempts};
use crate::matcher::answer::Uniformity;
use crate::matcher::question::board::{Board, number};
use crate::matcher::question::scaling::ln_factorial;
use crate::matcher::random::Stream;

/// Givers are looked at in batches of this many: a shuffle of so many places, then so many comparisons, each a short
/// loop that keeps the processor busy; the steps wasted behind a clash do not matter.
const BATCH: u32 = 64;

/// Whether some givers, from the first on, clash with the receivers they got.
type Clash = Box<dyn Fn(u32, &[u32]) -> bool + Send + Sync>;

/// One round, shuffled.
pub(crate) struct Rejection {
    board: Arc<Board>,
    clash: Clash,
}

impl Rejection {
    /// Prepares.
    pub(crate) fn new(board: &Arc<Board>) -> Self {
        let widest = (0..board.size()).map(|row| board.forbidden_count_row(row)).max().unwrap_or(0);
        let clash = match widest {
            0 | 1 => listed::<1>(board),
            2 => listed::<2>(board),
            3 => listed::<3>(board),
            4 => listed::<4>(board),
            5..=8 => listed::<8>(board),
            _ => {
                let board = Arc::clone(board);
                Box::new(move |first, some: &[u32]| (first..).zip(some).any(|(row, &col)| !board.allows(row, col)))
            }
        };
        Self { board: Arc::clone(board), clash }
    }
}

impl Sampler for Rejection {
    fn label(&self) -> (&'static str, Uniformity) {
        ("early refusal", Uniformity::Exact)
    }

    fn ln_bound(&self) -> f64 {
        ln_factorial(self.board.size())
    }

    fn steps(&self) -> f64 {
        let people = f64::from(self.board.size());
        // A batch is shuffled to its end.
        (steps_to_clash(people, self.board.lambda()) + f64::from(BATCH)).min(people)
    }

    fn always(&self) -> bool {
        self.board.forbidden() == 0
    }

    fn draw(&self, stream: &mut Stream, left: &mut u64) -> Option<Rounds> {
        let mut receivers: Vec<u32> = (0..self.board.size()).collect();
        attempts(left, || shuffle(&mut receivers, stream, &self.clash).then_some(()))?;
        Some(vec![receivers])
    }
}

/// Where no row has more than a few forbidden columns they are written out side by side: the group of a receiver would have
/// to be looked up anywhere in memory.
fn listed<const WIDTH: usize>(board: &Board) -> Clash {
    let list = |row| {
        let mut cols = board.cols_of(board.row_group(row)).iter().chain(board.extra(row));
        std::array::from_fn(|_| cols.next().copied().unwrap_or(u32::MAX)) // u32::MAX is no column
    };
    let lists: Vec<[u32; WIDTH]> = (0..board.size()).map(list).collect();
    Box::new(move |first, some| {
        let lists = lists[first as usize..].iter().zip(some);
        lists.fold(false, |clash, (list, to)| clash | list.iter().fold(false, |clash, col| clash | (col == to)))
    })
}

/// One shuffle, up to the first batch with a clash; whether it came to its end.
fn shuffle(receivers: &mut [u32], stream: &mut Stream, clash: &Clash) -> bool {
    let size = number(receivers.len());
    for first in (0..size).step_by(BATCH as usize) {
        let end = size.min(first + BATCH);
        for giver in first..end {
            receivers.swap(giver as usize, (giver + stream.below(size - giver)) as usize);
        }
        if clash(first, &receivers[first as usize..end as usize]) {
            return false;
        }
    }
    true
}

/// Steps up to the first clash or the end, when a whole shuffle of so many has `lambda` clashes on average.
pub(crate) fn steps_to_clash(people: f64, lambda: f64) -> f64 {
    if lambda < 1e-9 { people } else { people * -libm::expm1(-lambda) / lambda }
}

/// Several rounds that share no pairing, shuffled at once.
pub(crate) struct RoundsRejection {
    /// The board.
    pub(crate) board: Arc<Board>,
    /// How many rounds.
    pub(crate) rounds: u32,
}

impl Sampler for RoundsRejection {
    fn label(&self) -> (&'static str, Uniformity) {
        ("early refusal", Uniformity::Exact)
    }

    fn ln_bound(&self) -> f64 {
        f64::from(self.rounds) * ln_factorial(self.board.size())
    }

    fn steps(&self) -> f64 {
        let rounds = f64::from(self.rounds);
        let lambda = rounds * self.board.lambda() + rounds * (rounds - 1.0) / 2.0;
        steps_to_clash(rounds * f64::from(self.board.size()), lambda)
    }

    fn draw(&self, stream: &mut Stream, left: &mut u64) -> Option<Rounds> {
        let mut drawn: Rounds = (0..self.rounds).map(|_| (0..self.board.size()).collect()).collect();
        attempts(left, || self.attempt(&mut drawn, stream).then_some(()))?;
        Some(drawn)
    }
}

impl RoundsRejection {
    fn attempt(&self, drawn: &mut [Vec<u32>], stream: &mut Stream) -> bool {
        let size = self.board.size();
        for giver in 0..size {
            for round in 0..drawn.len() {
                let at = (giver + stream.below(size - giver)) as usize;
                let to = drawn[round][at];
                if !self.board.allows(giver, to) || drawn[..round].iter().any(|before| before[giver as usize] == to) {
                    return false;
                }
                drawn[round].swap(giver as usize, at);
            }
        }
        true
    }
}
