//! How many unused receivers there are for every number of forbidden givers.

use super::table::Table;
use crate::matcher::board::number;

/// Counts by f, the number of rows still to come that may not take a column. In eights, with a bit per eight that has
/// something in it: an unpopular person with f = 100,000 costs no more than one with f = 3.
#[derive(Clone)]
pub(super) struct Histogram {
    /// Whole numbers; kept as floats because they are only ever multiplied by floats.
    counts: Vec<f64>,
    /// Bit c of word w: the eight number 64w + c may be other than zero.
    eights: Vec<u64>,
}

impl Histogram {
    /// An empty one, for f up to `most`.
    pub(super) fn new(most: u32) -> Self {
        let eights = most as usize / 8 + 1;
        Self { counts: vec![0.0; eights * 8], eights: vec![0; eights / 64 + 1] }
    }

    /// Counts `count` more columns with f.
    #[inline]
    pub(super) fn add(&mut self, f: u32, count: f64) {
        self.counts[f as usize] += count;
        self.eights[f as usize / 512] |= 1 << (f / 8 % 64);
    }

    /// Counts `count` fewer columns with f.
    #[inline]
    pub(super) fn remove(&mut self, f: u32, count: f64) {
        self.counts[f as usize] -= count;
    }

    /// The sum of 1/h(left - f) over all counted columns, and an f that none of them exceeds.
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
                let part =
                    if f <= left { dot(&self.counts[first..first + 8], table.eight_up_to(left - f)) } else { 0.0 };
                if part > 0.0 {
                    sum += part;
                    top = (f + 7).min(left);
                } else {
                    *eights &= !(1 << bit);
                }
            }
        }
        (sum, top)
    }
}

/// Counts by rising f against inverses by falling f. The order of additions is part of the draw's reproducibility.
#[inline]
fn dot(counts: &[f64], inverses: &[f64]) -> f64 {
    let mut pairs = counts.iter().zip(inverses.iter().rev()).map(|(count, inverse)| count * inverse);
    let mut next = || pairs.next().unwrap_or(0.0);
    let (a, b, c, d) = (next(), next(), next(), next());
    let (e, f, g, h) = (next(), next(), next(), next());
    ((a + e) + (b + f)) + ((c + g) + (d + h))
}
