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

use super::board::Board;
use super::random::Stream;

/// Draws by early refusal; the label is exact. `None` after `budget` shuffles.
pub(super) fn draw(board: &Board, stream: &mut Stream, budget: u64) -> Option<Vec<u32>> {
    let ranges = Ranges::of(board);
    let mut receivers: Vec<u32> = (0..board.size()).collect();
    (0..budget)
        .any(|_| attempt(&mut receivers, stream, |giver, to| ranges.allows(board, giver, to)))
        .then_some(receivers)
}

/// One shuffle, stopped at the first pair that is not allowed; whether it came to its end.
fn attempt(receivers: &mut [u32], stream: &mut Stream, allowed: impl Fn(u32, u32) -> bool) -> bool {
    let mut left = super::board::number(receivers.len());
    for giver in 0..left {
        let at = (giver + stream.below(left)) as usize;
        let to = receivers[at];
        if !allowed(giver, to) {
            return false;
        }
        receivers.swap(giver as usize, at);
        left -= 1;
    }
    true
}

/// Draws `rounds` rounds that share no pairing, all by early refusal; the label is exact. `None` after `budget` attempts.
pub(super) fn draw_rounds(board: &Board, stream: &mut Stream, rounds: u32, budget: u64) -> Option<Vec<Vec<u32>>> {
    let mut drawn: Vec<Vec<u32>> = (0..rounds).map(|_| (0..board.size()).collect()).collect();
    (0..budget).any(|_| attempt_rounds(board, &mut drawn, stream)).then_some(drawn)
}

fn attempt_rounds(board: &Board, drawn: &mut [Vec<u32>], stream: &mut Stream) -> bool {
    for giver in 0..board.size() {
        for round in 0..drawn.len() {
            let at = (giver + stream.below(board.size() - giver)) as usize;
            let to = drawn[round][at];
            if !board.allows(giver, to) || drawn[..round].iter().any(|before| before[giver as usize] == to) {
                return false;
            }
            drawn[round].swap(giver as usize, at);
        }
    }
    true
}

/// Steps expected per draw, counting one for every receiver looked at.
pub(super) fn steps(board: &Board) -> f64 {
    let lambda = board.lambda();
    let people = f64::from(board.size());
    if lambda < 1e-9 { people } else { people * libm::expm1(lambda) / lambda }
}

/// Steps expected per draw of several rounds.
pub(super) fn steps_of_rounds(board: &Board, rounds: u32) -> f64 {
    let rounds = f64::from(rounds);
    let lambda = rounds * board.lambda() + rounds * (rounds - 1.0) / 2.0;
    let people = rounds * f64::from(board.size());
    if lambda < 1e-9 { people } else { people * libm::expm1(lambda) / lambda }
}

/// The columns of every row's group as one range, where they stand side by side: then a clash is seen without looking
/// up the group of a receiver anywhere in memory.
struct Ranges(Vec<(u32, u32)>);

impl Ranges {
    /// Empty when some group's columns are scattered.
    fn of(board: &Board) -> Self {
        let side_by_side = (0..board.groups()).all(|group| {
            let cols = board.cols_of(group);
            cols.first().zip(cols.last()).is_none_or(|(first, last)| (last - first) as usize + 1 == cols.len())
        });
        if !side_by_side {
            return Self(Vec::new());
        }
        let range = |row| board.cols_of(board.row_group(row)).first().zip(board.cols_of(board.row_group(row)).last());
        Self((0..board.size()).map(|row| range(row).map_or((0, 0), |(first, last)| (*first, last + 1))).collect())
    }

    #[inline]
    fn allows(&self, board: &Board, row: u32, col: u32) -> bool {
        match self.0.get(row as usize) {
            Some(&(from, to)) => !(from..to).contains(&col) && !board.extra(row).contains(&col),
            None => board.allows(row, col),
        }
    }
}
