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

use crate::matcher::board::Board;
use crate::matcher::random::Stream;

/// Givers are looked at in batches of this many: a shuffle of so many places, then so many comparisons, each a short
/// loop that keeps the processor busy; the steps wasted behind a clash do not matter.
const BATCH: u32 = 64;

/// Draws by early refusal; the label is exact. `None` after `budget` shuffles.
pub(crate) fn draw(board: &Board, stream: &mut Stream, budget: u64) -> Option<Vec<u32>> {
    let widest = (0..board.size()).map(|row| board.forbidden_count_row(row)).max().unwrap_or(0);
    match widest {
        0 | 1 => draw_listed::<1>(board, stream, budget),
        2 => draw_listed::<2>(board, stream, budget),
        3 => draw_listed::<3>(board, stream, budget),
        4 => draw_listed::<4>(board, stream, budget),
        5..=6 => draw_listed::<6>(board, stream, budget),
        7..=8 => draw_listed::<8>(board, stream, budget),
        _ => {
            let clash = |first: u32, some: &[u32]| (first..).zip(some).any(|(row, &col)| !board.allows(row, col));
            shuffles(board.size(), stream, budget, clash)
        }
    }
}

/// Where no row has more than a few forbidden columns they are written out side by side: the group of a receiver would have
/// to be looked up anywhere in memory.
fn draw_listed<const WIDTH: usize>(board: &Board, stream: &mut Stream, budget: u64) -> Option<Vec<u32>> {
    let extras = board.extra_total() > 0;
    let list = |row| {
        let extra = if extras { board.extra(row) } else { &[] };
        let mut cols = board.cols_of(board.row_group(row)).iter().chain(extra);
        std::array::from_fn(|_| cols.next().copied().unwrap_or(u32::MAX)) // u32::MAX is no column
    };
    let lists: Vec<[u32; WIDTH]> = (0..board.size()).map(list).collect();
    let clash = |first: u32, some: &[u32]| {
        let lists = lists[first as usize..].iter().zip(some);
        lists.fold(false, |clash, (list, to)| clash | list.iter().fold(false, |clash, col| clash | (col == to)))
    };
    shuffles(board.size(), stream, budget, clash)
}

/// Shuffles up to `budget` times, each up to the first batch with a clash (told the first giver and the receivers).
fn shuffles(size: u32, stream: &mut Stream, budget: u64, clash: impl Fn(u32, &[u32]) -> bool) -> Option<Vec<u32>> {
    let mut receivers: Vec<u32> = (0..size).collect();
    (0..budget).any(|_| shuffle(&mut receivers, stream, &clash)).then_some(receivers)
}

/// One shuffle; whether it came to its end.
fn shuffle(receivers: &mut [u32], stream: &mut Stream, clash: impl Fn(u32, &[u32]) -> bool) -> bool {
    let size = crate::matcher::board::number(receivers.len());
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

/// Draws `rounds` rounds that share no pairing, all by early refusal; the label is exact. `None` after `budget` attempts.
pub(crate) fn draw_rounds(board: &Board, stream: &mut Stream, rounds: u32, budget: u64) -> Option<Vec<Vec<u32>>> {
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
pub(crate) fn steps(board: &Board) -> f64 {
    let lambda = board.lambda();
    let people = f64::from(board.size());
    if lambda < 1e-9 { people } else { people * libm::expm1(lambda) / lambda }
}

/// Steps expected per draw of several rounds.
pub(crate) fn steps_of_rounds(board: &Board, rounds: u32) -> f64 {
    let rounds = f64::from(rounds);
    let lambda = rounds * board.lambda() + rounds * (rounds - 1.0) / 2.0;
    let people = rounds * f64::from(board.size());
    if lambda < 1e-9 { people } else { people * libm::expm1(lambda) / lambda }
}
