//! One large group: first its members' receivers, from outside; then everybody else's, from all that is left.
//!
//! With a givers and b receivers in the group, of n: the n - b receivers outside are shuffled and the first a go to the
//! group; the others and the group's own are shuffled and go to the rest. Every permutation in which the group stays
//! apart comes out with probability 1/((n-b)(n-b-1)..(n-b-a+1) · (n-a)!), all the same. Every other rule is refused at the
//! first clash, and everything starts over. Integers only: exact.

use std::sync::Arc;

use super::rejection::steps_to_clash;
use super::{Rounds, Sampler, attempts};
use crate::matcher::answer::Uniformity;
use crate::matcher::question::board::{Board, number};
use crate::matcher::question::scaling::ln_factorial;
use crate::matcher::random::Stream;

/// A board with its largest group.
pub(crate) struct OneGroup {
    board: Arc<Board>,
    group: u32,
    clashes: f64,
}

impl OneGroup {
    /// Prepares; `None` when the group is too large for the rest.
    pub(crate) fn new(board: &Arc<Board>) -> Option<Self> {
        let group = largest(board)?;
        let fits = board.rows_of(group).len() + board.cols_of(group).len() <= board.size() as usize;
        fits.then(|| Self { board: Arc::clone(board), group, clashes: clashes(board, true) })
    }

    /// Whether the group is so large that keeping it apart saves clashes worth speaking of.
    pub(crate) fn matters(board: &Board) -> bool {
        let size = |group| board.rows_of(group).len() * board.cols_of(group).len();
        largest(board).is_some_and(|group| size(group) > board.size() as usize)
    }

    /// Clashes of an attempt, on average.
    pub(crate) fn clashes(&self) -> f64 {
        self.clashes
    }
}

impl Sampler for OneGroup {
    fn label(&self) -> (&'static str, Uniformity) {
        ("one large group", Uniformity::Exact)
    }

    fn ln_bound(&self) -> f64 {
        let (rows, cols) = (number(self.board.rows_of(self.group).len()), number(self.board.cols_of(self.group).len()));
        let outside = self.board.size() - cols;
        ln_factorial(outside) - ln_factorial(outside - rows) + ln_factorial(self.board.size() - rows)
    }

    fn steps(&self) -> f64 {
        // The group itself is dealt to before anybody else may clash.
        let group = number(self.board.rows_of(self.group).len());
        let people = f64::from(self.board.size());
        (steps_to_clash(people, self.clashes) + f64::from(group)).min(people)
    }

    fn draw(&self, stream: &mut Stream, left: &mut u64) -> Option<Rounds> {
        let board = &*self.board;
        let (givers, own) = (board.rows_of(self.group), board.cols_of(self.group));
        let others = without(board.size(), givers);
        let mut outside = without(board.size(), own);
        let extras = board.extra_total() > 0;
        let excluded = |row, col: u32| extras && board.extra(row).contains(&col);
        // What is left for the others stands at the end of the draw, behind or at where it will go.
        let mut draw = vec![0; board.size() as usize];
        attempts(left, || {
            if !deal(givers, &mut outside, stream, excluded) {
                return None;
            }
            let rest = &mut draw[givers.len()..];
            let (left, within) = rest.split_at_mut(outside.len() - givers.len());
            left.copy_from_slice(&outside[givers.len()..]);
            within.copy_from_slice(own);
            deal(&others, rest, stream, |row, col| in_group(board, row, col) || excluded(row, col)).then_some(())
        })?;
        others.iter().zip(givers.len()..).for_each(|(&row, from)| draw[row as usize] = draw[from]);
        givers.iter().zip(&outside).for_each(|(&row, &col)| draw[row as usize] = col);
        Some(vec![draw])
    }
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

/// Other forbidden cells' expected number of clashes in a draw that keeps apart the largest group (a of n rows, b of n
/// columns): about e^(this) attempts are needed. A cell with one foot in the group is met with probability 1/(n-b) or
/// 1/(n-a), one outside with (n-a-b)/((n-a)(n-b)).
///
/// `within_groups` says whether the cells of the other groups count too (they do here, not for [`super::groups`]).
pub(crate) fn clashes(board: &Board, within_groups: bool) -> f64 {
    let Some(largest) = largest(board) else { return 0.0 };
    let size = f64::from(board.size());
    let (rows, cols) = (board.rows_of(largest).len(), board.cols_of(largest).len());
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let (rows, cols) = (size - rows as f64, size - cols as f64);
    if rows < 1.0 || cols < 1.0 {
        return f64::INFINITY;
    }
    let outside = (rows + cols - size).max(0.0) / (rows * cols);
    let mut sum = 0.0;
    for row in 0..board.size() {
        let in_largest = board.row_group(row) == largest;
        for &col in board.extra(row) {
            sum += match (in_largest, board.col_group(col) == largest) {
                (true, _) => 1.0 / cols,
                (_, true) => 1.0 / rows,
                _ => outside,
            };
        }
    }
    if within_groups {
        let others = (0..board.groups()).filter(|&group| group != largest);
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let cells = others.map(|group| board.rows_of(group).len() as f64 * board.cols_of(group).len() as f64);
        sum += cells.sum::<f64>() * outside;
    }
    sum
}

/// The group with most rows and columns; the first of them.
pub(crate) fn largest(board: &Board) -> Option<u32> {
    (0..board.groups()).min_by_key(|&group| std::cmp::Reverse(board.rows_of(group).len() + board.cols_of(group).len()))
}
