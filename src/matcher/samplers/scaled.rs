//! Dense and irregular blocks of up to a few thousand people: Huber and Law's bound on the scaled board.
//!
//! # The argument
//!
//! Multiply row i of the 0/1 board by r(i) > 0 and column j by s(j) > 0 so that no entry b(i,j) exceeds 1. A valid draw then has
//! weight prod r · prod s, the same for all, so drawing in proportion to weight is drawing uniformly. With c(j) the sum of
//! column j over the rows to come, let the bound of a state be u = prod h(c(j))/e over the unused columns, with
//!
//! h(r) = r + ln(r)/2 + e - 1 for r >= 1, and 1 + (e-1)·r below (Huber and Law, SODA 2008).
//!
//! It satisfies ln h(c) - ln h(c - a) >= a/h(c - a) for 0 <= a <= 1, a <= c (checked on a grid by a test; the sharper
//! recursion of [`super::huber`] holds for entries 0 and 1 only). When row i takes column j, u becomes
//! b(i,j)·e/h(c(j)-b(i,j)) · prod over unused k of h(c(k)-b(i,k))/h(c(k)) times u; summed over j that is at most
//! S·e^(1-S) <= 1 with S = sum b(i,j)/h(c(j)-b(i,j)). So a child can be drawn with probability u(child)/u, and nothing
//! with what is missing to 1; every draw ends with probability (its weight)/u(start), equal for all, and a failure restarts
//! everything. An attempt succeeds with probability (weighted number of draws)/u(start).
//!
//! Which r and s is a matter of speed only. Sinkhorn's iteration ([`crate::matcher::question::scaling`]) makes all row and column sums equal, which brings the
//! bound close (a column that many rows avoid no longer counts as much as its few givers), then columns are raised until
//! their largest entry is 1. Both sides of the board are tried and the smaller bound is taken.
//!
//! The c(k) at row i are plain sums over the rows after it, whatever was drawn before, so all logarithms are taken once, and an
//! attempt is multiplications only.

use std::f64::consts::E;
use std::sync::Arc;

use super::{Rounds, Sampler, attempts};
use crate::matcher::answer::Uniformity;
use crate::matcher::question::board::Board;
use crate::matcher::question::scaling::Scaling;
use crate::matcher::random::Stream;

/// No larger boards: three tables of the board's size are kept.
const LARGEST: u32 = 2_000;

/// Operations of preparing; infinite where it is not done.
pub(crate) fn work(board: &Board) -> f64 {
    let size = f64::from(board.size());
    if board.size() > LARGEST { f64::INFINITY } else { 100.0 * size * size }
}

impl Sampler for Scaled {
    fn label(&self) -> (&'static str, Uniformity) {
        ("scaled bound", Uniformity::ExactTo1e9)
    }

    fn ln_bound(&self) -> f64 {
        self.scaled.log_bound
    }

    #[expect(clippy::cast_precision_loss, reason = "at most 2,000")]
    fn steps(&self) -> f64 {
        let size = self.scaled.rows.len() as f64;
        size * size / 2.0
    }

    fn draw(&self, stream: &mut Stream, left: &mut u64) -> Option<Rounds> {
        let mut unused = Vec::new();
        attempts(left, || self.attempt(&mut unused, stream)).map(|draw| vec![draw])
    }
}

/// A scaled board. Rows are in the order in which they are drawn: fewest choices first.
struct Side {
    rows: Vec<u32>,
    /// Entries, row by row.
    entries: Vec<f64>,
    /// Sums over the rows from the one at hand on; one more row of zeros at the end.
    sums: Vec<f64>,
    turned: bool,
    log_bound: f64,
}

impl Side {
    fn better(board: &Board, scaling: &Scaling) -> Option<Self> {
        if board.size() > LARGEST {
            return None;
        }
        let (straight, turned) = (Self::new(board, scaling, false)?, Self::new(board, scaling, true)?);
        Some(if turned.log_bound < straight.log_bound - 1e-9 { turned } else { straight })
    }

    fn new(board: &Board, scaling: &Scaling, turned: bool) -> Option<Self> {
        let size = board.size() as usize;
        let forbidden = |row: u32| if turned { board.forbidden_count_col(row) } else { board.forbidden_count_row(row) };
        let mut rows: Vec<u32> = (0..board.size()).collect();
        rows.sort_by_key(|&row| std::cmp::Reverse(forbidden(row)));
        let entry = |(giver, to)| if board.allows(giver, to) { scaling.chance(giver, to) } else { 0.0 };
        let cells = rows.iter().flat_map(|&row| (0..board.size()).map(move |col| (row, col)));
        let mut entries: Vec<f64> =
            cells.map(|(row, col)| entry(if turned { (col, row) } else { (row, col) })).collect();
        let log_scale = scaling.ln_scales + raise(&mut entries, size);
        let mut sums = vec![0.0; (size + 1) * size];
        for at in (0..size * size).rev() {
            sums[at] = sums[at + size] + entries[at];
        }
        let log_bound = sums[..size].iter().map(|&sum| ln_h(sum) - 1.0).sum::<f64>() - log_scale;
        log_bound.is_finite().then_some(Self { rows, entries, sums, turned, log_bound })
    }
}

/// Raises every column until its largest entry is 1. The logarithm of the factor by which every draw's weight grew; infinite
/// when a column is empty.
fn raise(entries: &mut [f64], size: usize) -> f64 {
    let mut largest = vec![0.0_f64; size];
    for row in entries.chunks(size) {
        largest.iter_mut().zip(row).for_each(|(largest, &entry)| *largest = largest.max(entry));
    }
    let factors: Vec<f64> = largest.iter().map(|largest| 1.0 / largest).collect();
    for row in entries.chunks_mut(size) {
        row.iter_mut().zip(&factors).for_each(|(entry, factor)| *entry = (*entry * factor).min(1.0));
    }
    factors.iter().map(|&factor| libm::log(factor)).sum()
}

/// ln h(r).
fn ln_h(sum: f64) -> f64 {
    libm::log(if sum >= 1.0 { sum + 0.5 * libm::log(sum) + (E - 1.0) } else { 1.0 + (E - 1.0) * sum })
}

/// What all attempts share.
pub(crate) struct Scaled {
    scaled: Side,
    /// Per row and column, h after the row over h before, and entry·e/h after the row.
    factors: Vec<(f64, f64)>,
}

impl Scaled {
    /// Takes all logarithms; `None` when a row or column has nothing allowed, and for more than [`LARGEST`] people.
    pub(crate) fn new(board: &Arc<Board>, scaling: &Scaling) -> Option<Self> {
        let mut scaled = Side::better(board, scaling)?;
        let size = board.size() as usize;
        let sums = std::mem::take(&mut scaled.sums);
        let ln: Vec<f64> = sums.iter().map(|&sum| ln_h(sum)).collect();
        let entries = std::mem::take(&mut scaled.entries);
        let factors = |(at, entry)| (libm::exp(ln[at + size] - ln[at]), entry * libm::exp(1.0 - ln[at + size]));
        let factors = (0..).zip(entries).map(factors).collect();
        Some(Self { scaled, factors })
    }

    /// One attempt; `unused` is scratch space.
    pub(crate) fn attempt(&self, unused: &mut Vec<u32>, stream: &mut Stream) -> Option<Vec<u32>> {
        let size = self.scaled.rows.len();
        unused.clear();
        unused.extend(self.scaled.rows.iter());
        unused.sort_unstable();
        let limit = stream.unit();
        let mut acceptance = 1.0;
        let mut draw = vec![0; size];
        for (&row, at) in self.scaled.rows.iter().zip(0..) {
            let factors = &self.factors[at * size..(at + 1) * size];
            // Four at a time, for one product would have to wait for the other.
            let mut fours = [(1.0, 0.0); 4];
            for cols in unused.chunks(4) {
                for (four, &col) in fours.iter_mut().zip(cols) {
                    let (shrink, weight) = factors[col as usize];
                    *four = (four.0 * shrink, four.1 + weight);
                }
            }
            let (all, sum) = fours.iter().fold((1.0, 0.0), |(all, sum), four| (all * four.0, sum + four.1));
            acceptance *= all * sum;
            if acceptance <= limit {
                return None;
            }
            let place = pick(unused, factors, stream.unit() * sum);
            let col = unused.remove(place); // Kept ascending: memory is read in order.
            if self.scaled.turned {
                draw[col as usize] = row;
            } else {
                draw[row as usize] = col;
            }
        }
        Some(draw)
    }
}

/// The place of the column at which the running sum of weights passes `target`; the last one with any weight if rounding
/// lets none.
fn pick(unused: &[u32], factors: &[(f64, f64)], mut target: f64) -> usize {
    let mut last = 0;
    for (place, &col) in unused.iter().enumerate() {
        let (_, weight) = factors[col as usize];
        if weight > 0.0 {
            last = place;
            target -= weight;
            if target < 0.0 {
                break;
            }
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    // X2: the step's inequality, on a grid.
    #[test]
    fn h_grows_fast_enough_for_entries_between_0_and_1() {
        for c in 1..=1_000 {
            let c = f64::from(c) / 50.0;
            for a in 1..=50 {
                let a = f64::from(a) / 50.0;
                if a <= c {
                    let before = ln_h(c - a);
                    assert!(ln_h(c) - before >= a / libm::exp(before) - 1e-12, "c = {c}, a = {a}");
                }
            }
        }
    }
}
