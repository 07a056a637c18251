//! How many unused receivers there are for every number of forbidden givers.

use super::table::Table;
use crate::matcher::question::board::number;

/// Counts by f, the number of rows still to come that may not take a column. In eights, with a bit per eight that has
/// something in it: an unpopular person with f = 100,000 costs no more than one with f = 100.
///
/// A step takes the columns a row may not have out, weighs what is left, and puts them back with a smaller f: what is
/// added is therefore kept apart until the next weighing is done.
pub(super) struct Histogram {
    counts: Vec<i32>,
    added: Vec<i32>,
    /// Bit c of word w: the eight number 64w + c may be other than zero.
    eights: Vec<u64>,
}

impl Histogram {
    /// An empty one, for f up to `most`.
    pub(super) fn new(most: u32) -> Self {
        let eights = (most as usize / 8 + 1).next_multiple_of(64);
        Self { counts: vec![0; eights * 8], added: vec![0; eights * 8], eights: vec![0; eights / 64] }
    }

    /// Counts `count` more columns with f, from the next weighing on.
    #[inline]
    pub(super) fn add(&mut self, f: u32, count: i32) {
        self.added[f as usize] += count;
        self.eights[f as usize / 512] |= 1 << (f / 8 % 64);
    }

    /// Counts `count` fewer columns with f, from now on.
    #[inline]
    pub(super) fn remove(&mut self, f: u32, count: i32) {
        self.counts[f as usize] -= count;
    }

    /// Lets what was added count without weighing anything.
    pub(super) fn settle(&mut self) {
        self.counts.iter_mut().zip(&mut self.added).for_each(|(count, more)| *count += std::mem::take(more));
    }

    /// The sum of 1/h(left - f) over all counted columns, and an f that none of them exceeds. What was added counts
    /// afterwards.
    #[inline]
    pub(super) fn weigh(&mut self, table: &Table, left: u32) -> (f64, u32) {
        let (mut sum, mut top) = (0.0, 0);
        for (word, eights) in self.eights.iter_mut().enumerate() {
            let mut rest = *eights;
            while rest != 0 {
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                let first = word * 512 + bit as usize * 8;
                let f = number(first);
                let counts = &mut self.counts[first..first + 8];
                if f <= left && counts.iter().fold(0, |any, count| any | count) != 0 {
                    sum += dot(counts, table.eight_up_to(left - f));
                    top = (f + 7).min(left);
                }
                let added = &mut self.added[first..first + 8];
                let mut any = 0;
                for (count, more) in counts.iter_mut().zip(added) {
                    *count += std::mem::take(more);
                    any |= *count;
                }
                if any == 0 {
                    *eights &= !(1 << bit);
                }
            }
        }
        (sum, top)
    }
}

/// Counts by rising f against inverses by falling f. The order of additions is part of the draw's reproducibility.
#[inline]
fn dot(counts: &[i32], inverses: &[f64]) -> f64 {
    let mut pairs = counts.iter().zip(inverses.iter().rev()).map(|(&count, inverse)| f64::from(count) * inverse);
    let mut next = || pairs.next().unwrap_or(0.0);
    let (a, b, c, d) = (next(), next(), next(), next());
    let (e, f, g, h) = (next(), next(), next(), next());
    ((a + e) + (b + f)) + ((c + g) + (d + h))
}
