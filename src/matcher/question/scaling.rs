//! An estimate of how many valid draws a large board has, and of how likely each pairing is.
//!
//! Scale the 0/1 board to b = x * y on the open cells so that every row and column adds up to one (Sinkhorn and Knopp). If
//! all draws had independent pairings, b would be their chances; for spread-out boards it nearly is. The number of draws is
//! the product of all 1/x and 1/y times the permanent of b, and that is near n!/n^n (the least it can be, by van der
//! Waerden's bound) times exp((sum of b^2 - 1) / 2), which is right to first order for near-uniform b. An
//! order of magnitude is all that is promised: on boards of 16 down to three options each it is off by less than ten.
//!
//! Open cells are not listed: a row's sum is the sum of all columns less its group's and its own exclusions'.

use super::board::Board;

/// Most rounds of scaling, and most people looked at in all of them.
const ROUNDS: usize = 100;
const LOOKS: usize = 20_000_000;

/// A scaled board.
pub(crate) struct Scaling {
    rows: Vec<f64>,
    cols: Vec<f64>,
    /// ln of the product of all factors of rows and columns.
    pub(crate) ln_scales: f64,
    /// Natural logarithm of the estimated number of draws.
    pub(crate) ln_count: f64,
    /// Whether all rows and columns add up to one; otherwise the chances may be anything.
    pub(crate) converged: bool,
}

impl Scaling {
    /// Scales a board that has a draw through every open cell, as every block has.
    pub(crate) fn of(board: &Board) -> Self {
        let size = board.size();
        let people = f64::from(size);
        let mut rows = vec![1.0; size as usize];
        let mut cols = vec![1.0 / people; size as usize];
        let mut converged = false;
        for _ in 0..ROUNDS.min(LOOKS / (size as usize).max(1)).max(5) {
            let sums = row_sums(board, &cols);
            for (row, sum) in rows.iter_mut().zip(&sums) {
                *row = 1.0 / sum;
            }
            let sums = col_sums(board, &rows);
            let off = cols.iter().zip(&sums).map(|(col, sum)| (col * sum - 1.0).abs()).fold(0.0, f64::max);
            for (col, sum) in cols.iter_mut().zip(&sums) {
                *col = 1.0 / sum;
            }
            converged = off < 0.01;
            if off < 1e-9 {
                break;
            }
        }
        let squares: Vec<f64> = cols.iter().map(|col| col * col).collect();
        let spread: f64 = row_sums(board, &squares).iter().zip(&rows).map(|(sum, row)| sum * row * row).sum();
        let ln_scales: f64 = rows.iter().chain(&cols).map(|&scale| libm::log(scale)).sum();
        let estimate = ln_factorial(size) - people * libm::log(people) - ln_scales + (spread - 1.0) / 2.0;
        // Where scaling has not come to an end the estimate may be anything.
        let most = ln_most(board);
        let ln_count = if estimate.is_finite() { estimate.clamp(0.0, most.max(0.0)) } else { most };
        Self { rows, cols, ln_scales, ln_count, converged }
    }

    /// The estimated chance of an open cell.
    pub(crate) fn chance(&self, giver: u32, receiver: u32) -> f64 {
        self.rows[giver as usize] * self.cols[receiver as usize]
    }

    /// The likeliest receiver of every giver, with the estimated chance.
    pub(crate) fn likeliest(&self, board: &Board) -> Vec<(u32, f64)> {
        let mut order: Vec<u32> = (0..board.size()).collect();
        order.sort_by(|&one, &other| self.cols[other as usize].total_cmp(&self.cols[one as usize]));
        let best = |row: u32| order.iter().copied().find(|&col| board.allows(row, col)).unwrap_or(0);
        (0..board.size())
            .map(|row| {
                let col = best(row);
                (col, self.chance(row, col))
            })
            .collect()
    }
}

/// ln of a number that the number of draws does not exceed (Bregman 1973): the product of (d!)^(1/d) over the rows, or the
/// columns, with d open cells in each.
pub(crate) fn ln_most(board: &Board) -> f64 {
    let side = |forbidden: &dyn Fn(u32) -> u32| -> f64 {
        open_counts(board.size(), forbidden)
            .map(
                |(open, count)| {
                    if open == 0 { f64::NEG_INFINITY } else { ln_factorial(open) / f64::from(open) * count }
                },
            )
            .sum()
    };
    side(&|row| board.forbidden_count_row(row)).min(side(&|col| board.forbidden_count_col(col)))
}

/// ln of how many plain shuffles it takes until one is valid, about: every row, and every column, finds one of its open cells by
/// itself. The worse of both sides counts.
pub(crate) fn ln_shuffles(board: &Board) -> f64 {
    let size = f64::from(board.size());
    let side = |forbidden: &dyn Fn(u32) -> u32| -> f64 {
        open_counts(board.size(), forbidden).map(|(open, count)| count * libm::log(size / f64::from(open))).sum()
    };
    side(&|row| board.forbidden_count_row(row)).max(side(&|col| board.forbidden_count_col(col)))
}

/// How many rows or columns there are of every number of open cells.
fn open_counts(size: u32, forbidden: &dyn Fn(u32) -> u32) -> impl Iterator<Item = (u32, f64)> {
    let mut counts: Vec<u32> = Vec::new();
    for at in 0..size {
        let closed = forbidden(at) as usize;
        if closed >= counts.len() {
            counts.resize(closed + 1, 0);
        }
        counts[closed] += 1;
    }
    let some = counts.into_iter().zip(0_u32..).filter(|&(count, _)| count > 0);
    some.map(move |(count, closed)| (size.saturating_sub(closed), f64::from(count)))
}

fn row_sums(board: &Board, cols: &[f64]) -> Vec<f64> {
    let of_group = |group| board.cols_of(group).iter().map(|&col| cols[col as usize]).sum::<f64>();
    let groups: Vec<f64> = (0..board.groups()).map(of_group).collect();
    let all: f64 = groups.iter().sum();
    let sum = |row: u32| {
        let closed: f64 = board.extra(row).iter().map(|&col| cols[col as usize]).sum();
        (all - groups[board.row_group(row) as usize] - closed).max(all * 1e-12)
    };
    (0..board.size()).map(sum).collect()
}

fn col_sums(board: &Board, rows: &[f64]) -> Vec<f64> {
    let of_group = |group| board.rows_of(group).iter().map(|&row| rows[row as usize]).sum::<f64>();
    let groups: Vec<f64> = (0..board.groups()).map(of_group).collect();
    let all: f64 = groups.iter().sum();
    let sum = |col: u32| {
        let closed: f64 = board.extra_by_col(col).iter().map(|&row| rows[row as usize]).sum();
        (all - groups[board.col_group(col) as usize] - closed).max(all * 1e-12)
    };
    (0..board.size()).map(sum).collect()
}

/// ln n!, added up to 256 and by Stirling's series above (error below 1e-12).
pub(crate) fn ln_factorial(n: u32) -> f64 {
    if n <= 256 {
        return (2..=n).map(|factor| libm::log(f64::from(factor))).sum();
    }
    let n = f64::from(n);
    let half_ln_two_pi = 0.918_938_533_204_672_8;
    (n + 0.5) * libm::log(n) - n + half_ln_two_pi + 1.0 / (12.0 * n) - 1.0 / (360.0 * n * n * n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::samplers::counted::Table;
    use crate::matcher::samplers::subsets::Subsets;

    #[test]
    fn estimates_are_near_the_count() {
        let couples: Vec<u32> = (0..16).map(|person| person / 2).collect();
        let boards = [
            Board::new((0..16).collect(), (0..16).collect(), [].into_iter()),
            Board::new(couples.clone(), couples, [].into_iter()),
            // Everybody may give to the next 3 of 16, or to the next 8.
            Board::new(
                (0..16).collect(),
                (0..16).collect(),
                (0..16).flat_map(|row| (4..16).map(move |step| (row, (row + step) % 16))),
            ),
            Board::new(
                (0..16).collect(),
                (0..16).collect(),
                (0..16).flat_map(|row| (9..16).map(move |step| (row, (row + step) % 16))),
            ),
        ];
        for board in &boards {
            let exact = (Subsets::count(board).total() as f64).ln();
            let estimate = Scaling::of(board).ln_count;
            assert!((estimate - exact).abs() < std::f64::consts::LN_10, "{estimate} is not near {exact}");
        }
    }

    // H5: boards on which scaling does not come to an end are not said to have more draws than there can be.
    #[test]
    fn uneven_boards_are_not_overestimated() {
        let singles = |people: u32, open: fn(u32, u32) -> bool| {
            let cells = (0..people).flat_map(move |row| (0..people).map(move |col| (row, col)));
            Board::new((0..people).collect(), (0..people).collect(), cells.filter(move |&(row, col)| !open(row, col)))
        };
        for people in [25, 30, 200] {
            let stairs = singles(people, |row, col| col <= row + 1);
            let estimate = Scaling::of(&stairs).ln_count;
            assert!(estimate <= ln_most(&stairs) && estimate <= ln_factorial(people), "{people}: {estimate}");
        }
        let line = singles(30, |row, col| row.abs_diff(col) == 1);
        assert!(Scaling::of(&line).ln_count <= 15.0 * std::f64::consts::LN_2);
    }

    #[test]
    fn factorials_meet_where_the_series_takes_over() {
        assert!((ln_factorial(257) - ln_factorial(256) - 257_f64.ln()).abs() < 1e-9);
    }
}
