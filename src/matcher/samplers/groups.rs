//! Departments: groups so large that a shuffle, or a bound that does not know them, would hardly ever succeed.
//!
//! Both methods draw uniformly from the permutations in which nobody takes a receiver of their own group, and leave all
//! other rules to early refusal with a restart of the whole; so what is left is uniform among the valid draws.
//!
//! - [`dominant`]: one large group and hardly anything else: two shuffles, integers only, exact.
//! - [`ways`]: many unequal groups: a dynamic program over groups whose terms are all positive, exact to 1e-9.

pub(crate) mod dominant;
mod large;
pub(crate) mod ways;

use crate::matcher::board::Board;

/// Other forbidden cells' expected number of clashes in a draw that keeps apart the largest group (a of n rows, b of n
/// columns): about e^(this) attempts are needed. A cell with one foot in the group is met with probability 1/(n-b) or
/// 1/(n-a), one outside with (n-a-b)/((n-a)(n-b)).
///
/// `within_groups` says whether the cells of the other groups count too (they do for [`dominant`], not for [`ways`]).
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
