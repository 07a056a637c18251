//! One large group: first its members' receivers, from outside; then everybody else's, from all that is left.
//!
//! With a givers and b receivers in the group, of n: the n - b receivers outside are shuffled and the first a go to the
//! group; the others and the group's own are shuffled and go to the rest. Every permutation in which the group stays
//! apart comes out with probability 1/((n-b)(n-b-1)..(n-b-a+1) · (n-a)!), all the same. Every other rule is refused at the
//! first clash, and everything starts over. Integers only: exact.

use crate::matcher::board::{Board, number};
use crate::matcher::random::Stream;

/// Draws, keeping `group` apart; the label is exact. `None` after `budget` attempts, and when the group is too large for the
/// rest.
pub(in crate::matcher) fn draw(board: &Board, group: u32, stream: &mut Stream, budget: u64) -> Option<Vec<u32>> {
    let (givers, own) = (board.rows_of(group), board.cols_of(group));
    let others = without(board.size(), givers);
    let mut outside = without(board.size(), own);
    if outside.len() < givers.len() {
        return None;
    }
    let extras = board.extra_total() > 0;
    // What is left for the others stands at the end of the draw, behind or at where it will go.
    let mut draw = vec![0; board.size() as usize];
    for _ in 0..budget {
        let dealt = if extras {
            deal(givers, &mut outside, stream, |row, col| board.extra(row).contains(&col))
        } else {
            deal(givers, &mut outside, stream, |_, _| false)
        };
        if !dealt {
            continue;
        }
        let rest = &mut draw[givers.len()..];
        let (left, within) = rest.split_at_mut(outside.len() - givers.len());
        left.copy_from_slice(&outside[givers.len()..]);
        within.copy_from_slice(own);
        let dealt = if extras {
            deal(&others, rest, stream, |row, col| in_group(board, row, col) || board.extra(row).contains(&col))
        } else {
            deal(&others, rest, stream, |row, col| in_group(board, row, col))
        };
        if dealt {
            others.iter().zip(givers.len()..).for_each(|(&row, from)| draw[row as usize] = draw[from]);
            givers.iter().zip(&outside).for_each(|(&row, &col)| draw[row as usize] = col);
            return Some(draw);
        }
    }
    None
}

/// The numbers below `size` that are not among the sorted `members`.
fn without(size: u32, members: &[u32]) -> Vec<u32> {
    let mut rest = Vec::with_capacity(size as usize - members.len());
    let mut from = 0;
    for &member in members {
        if from < member {
            rest.extend(from..member);
        }
        from = member + 1;
    }
    rest.extend(from..size);
    rest
}

/// Rows are dealt to in batches of this many, and then looked at.
const BATCH: usize = 64;

/// Gives each row a column drawn from those left, up to the first batch with a clash; whether there was none.
#[inline]
fn deal(rows: &[u32], cols: &mut [u32], stream: &mut Stream, clash: impl Fn(u32, u32) -> bool) -> bool {
    let count = number(cols.len());
    let mut place = 0;
    for batch in rows.chunks(BATCH) {
        let end = place + number(batch.len());
        for place in place..end {
            cols.swap(place as usize, (place + stream.below(count - place)) as usize);
        }
        if batch.iter().zip(&cols[place as usize..end as usize]).any(|(&row, &col)| clash(row, col)) {
            return false;
        }
        place = end;
    }
    true
}

/// Whether a column is of a row's group. The few columns of a small group are compared where they stand, beside those of the
/// next row: cheaper than looking up the column's group, which is anywhere in memory.
#[inline]
fn in_group(board: &Board, row: u32, col: u32) -> bool {
    let group = board.row_group(row);
    let cols = board.cols_of(group);
    if cols.len() <= 8 { cols.contains(&col) } else { board.col_group(col) == group }
}

/// Steps expected per draw that meets `lambda` clashes in a shuffle.
pub(in crate::matcher) fn steps(board: &Board, lambda: f64) -> f64 {
    let people = f64::from(board.size());
    if lambda < 1e-9 { people } else { people * libm::expm1(lambda) / lambda }
}
