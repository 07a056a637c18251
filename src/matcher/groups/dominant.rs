//! One large group: first its members' receivers, from outside; then everybody else's, from all that is left.
//!
//! With a givers and b receivers in the group, of n: the n - b receivers outside are shuffled and the first a go to the
//! group; the others and the group's own are shuffled and go to the rest. Every permutation in which the group stays
//! apart comes out with probability 1/((n-b)(n-b-1)..(n-b-a+1) · (n-a)!), all the same. Every other rule is refused at the
//! first clash, and everything starts over. Integers only: exact.

use super::{clashes, largest};
use crate::matcher::board::{Board, number};
use crate::matcher::random::Stream;

/// Draws; the label is exact. `None` after `budget` attempts, and when the group is too large for the rest.
pub(in crate::matcher) fn draw(board: &Board, stream: &mut Stream, budget: u64) -> Option<Vec<u32>> {
    let Some(group) = largest(board) else { return Some(Vec::new()) };
    let givers = board.rows_of(group);
    let others: Vec<u32> = (0..board.size()).filter(|&row| board.row_group(row) != group).collect();
    let mut outside: Vec<u32> = (0..board.size()).filter(|&col| board.col_group(col) != group).collect();
    if outside.len() < givers.len() {
        return None;
    }
    let mut rest = Vec::with_capacity(others.len());
    for _ in 0..budget {
        if !deal(givers, &mut outside, stream, |row, col| !board.extra(row).contains(&col)) {
            continue;
        }
        rest.clear();
        rest.extend_from_slice(&outside[givers.len()..]);
        rest.extend_from_slice(board.cols_of(group));
        if deal(&others, &mut rest, stream, |row, col| board.allows(row, col)) {
            let mut draw = vec![0; board.size() as usize];
            let pairs = givers.iter().zip(&outside).chain(others.iter().zip(&rest));
            pairs.for_each(|(&row, &col)| draw[row as usize] = col);
            return Some(draw);
        }
    }
    None
}

/// Gives each row a column drawn from those left, up to the first that is not allowed; whether there was none.
#[inline]
fn deal(rows: &[u32], cols: &mut [u32], stream: &mut Stream, allowed: impl Fn(u32, u32) -> bool) -> bool {
    let mut left = number(cols.len());
    for (place, &row) in rows.iter().enumerate() {
        let at = place + stream.below(left) as usize;
        if !allowed(row, cols[at]) {
            return false;
        }
        cols.swap(place, at);
        left -= 1;
    }
    true
}

/// Steps expected per draw.
pub(in crate::matcher) fn steps(board: &Board) -> f64 {
    let lambda = clashes(board, true);
    let people = f64::from(board.size());
    if lambda < 1e-9 { people } else { people * libm::expm1(lambda) / lambda }
}
