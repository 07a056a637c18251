//! The numbers h(r) of Huber's bound, as their inverses.

use std::f64::consts::E;

use crate::matcher::board::number;

/// 1/h(c) for a column with c givers left.
///
/// The bound of a state is the product of h(c)/e over its unused columns. Two things are asked of h:
/// 1. h(r) = h(r-1)·exp(1/h(r-1)) wherever a column may go from r to r - 1, which makes a step's weights add up exactly
///    (see the parent module);
/// 2. h(c)/e is at least a column's share of the permanent where the walk stops. If it walks to the end, h(0) = 1 does:
///    an empty board has one draw, and a column without givers has none. If it stops with some rows left, Bregman's
///    theorem, per(A) <= prod (c!)^(1/c), asks for h(c) >= e·(c!)^(1/c) for every c that occurs there.
///
/// Starting the recursion at Bregman's value for the smallest c that can occur keeps 2. for all larger c: by induction
/// h grows faster than Bregman's bound (a test checks it to c = 64, more than any tail has).
pub(in crate::matcher) struct Table {
    /// Padding, then 1/h(0), 1/h(1), ... Entries below the first that occurs repeat that one, and so bound it.
    inverse: Vec<f64>,
}

impl Table {
    /// Entries before 1/h(0), so that a chunk of neighbours can be read near the start.
    pub(super) const PADDING: usize = 8;

    /// A table that ends here or later tells what comes after it, too: see [`Self::anywhere`].
    pub(super) const LEAST: u32 = 1024;

    /// The table up to h(`last`), starting from `first`, the smallest count that occurs; 0 when columns are followed
    /// to their end.
    pub(super) fn new(first: u32, last: u32) -> Self {
        let mut x = 1.0 / if first == 0 { 1.0 } else { bregman(first) };
        let mut inverse = vec![x; Self::PADDING + last as usize + 1];
        for slot in inverse.iter_mut().skip(Self::PADDING + first as usize) {
            *slot = x;
            x = next(x);
        }
        Self { inverse }
    }

    /// 1/h(c).
    #[inline]
    pub(super) fn inverse(&self, count: u32) -> f64 {
        self.inverse[Self::PADDING + count as usize]
    }

    /// 1/h(c) for a c that need not be in the table.
    ///
    /// A(h) = h - ln(h)/2 + 1/(6h) + 1/(16h²) + 19/(540h³) + .. grows by exactly 1 with each step of the recursion; for h above
    /// 1,000 what is left out is below rounding. So h is where A is so much larger than at the table's end.
    pub(super) fn anywhere(&self, count: u32) -> f64 {
        let last = number(self.inverse.len() - Self::PADDING - 1);
        if count <= last {
            return self.inverse(count);
        }
        debug_assert!(last >= Self::LEAST);
        let target = grows_by_one(1.0 / self.inverse(last)) + f64::from(count - last);
        let mut h = target + 0.5 * libm::log(target);
        for _ in 0..3 {
            h -= (grows_by_one(h) - target) / (1.0 - 0.5 / h);
        }
        1.0 / h
    }

    /// The eight entries 1/h(c - 7) ..= 1/h(c).
    #[inline]
    pub(super) fn eight_up_to(&self, count: u32) -> &[f64] {
        let last = Self::PADDING + count as usize;
        &self.inverse[last - 7..=last]
    }

    /// ln h(c), for any c.
    pub(super) fn ln(&self, count: u32) -> f64 {
        -libm::log(self.anywhere(count))
    }
}

fn grows_by_one(h: f64) -> f64 {
    let x = 1.0 / h;
    h - 0.5 * libm::log(h) + x * (1.0 / 6.0 + x * (1.0 / 16.0 + x * (19.0 / 540.0)))
}

/// 1/(h·exp(1/h)) = x·exp(-x), given x = 1/h. For small x the series to x⁶, whose error is below rounding, is free of a
/// call.
#[inline]
fn next(x: f64) -> f64 {
    if x > 0.004 {
        return x * libm::exp(-x);
    }
    let square = x * x;
    x - square * ((1.0 - x * 0.5) + square * ((1.0 / 6.0 - x * (1.0 / 24.0)) + square * (1.0 / 120.0)))
}

/// e·(c!)^(1/c): e times a column's share in Bregman's theorem.
fn bregman(count: u32) -> f64 {
    let ln_factorial: f64 = (2..=count).map(|k| libm::log(f64::from(k))).sum();
    E * libm::exp(ln_factorial / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recursion_starts_where_it_must() {
        let table = Table::new(0, 3);
        assert!((table.inverse(0) - 1.0).abs() < 1e-15);
        assert!((table.inverse(1) - 1.0 / E).abs() < 1e-15, "a column with one giver has factor h(1)/e = 1");
        assert!((bregman(1) - E).abs() < 1e-15);
    }

    // X2: the bound where the tail is counted must be a bound: h(c) >= e (c!)^(1/c) for every start and every c.
    #[test]
    fn h_is_never_below_bregman() {
        for first in 0..=16 {
            let table = Table::new(first, 64);
            for count in first.max(1)..=64 {
                assert!(1.0 / table.inverse(count) >= bregman(count) * (1.0 - 1e-14), "start {first}, count {count}");
            }
        }
    }

    // X2: beyond the table's end the expansion goes on where the recursion would have come.
    #[test]
    fn the_expansion_is_the_recursion() {
        for first in [0, 3, 16] {
            let (short, long) = (Table::new(first, Table::LEAST), Table::new(first, 50_000));
            for count in (Table::LEAST..2 * Table::LEAST).chain([5_000, 50_000]) {
                assert!((short.anywhere(count) / long.inverse(count) - 1.0).abs() < 2e-14, "start {first}, {count}");
            }
        }
    }

    // X2: what the beginning of a large draw rests on: r + 1 <= h(r) <= r + 2 + ln(r+1)/2.
    #[test]
    fn h_is_a_little_more_than_its_number() {
        for first in 0..=16 {
            let table = Table::new(first, 5_000);
            for count in first.max(1)..=5_000 {
                let (h, r) = (1.0 / table.inverse(count), f64::from(count));
                assert!(r + 1.0 <= h && h <= r + 2.0 + (r + 1.0).ln() / 2.0, "start {first}, count {count}");
            }
        }
    }

    // X2: h(r) = h(r-1) exp(1/h(r-1)), also where the series takes over.
    #[test]
    fn the_series_is_the_recursion() {
        let table = Table::new(0, 2000);
        for count in 1..=2000 {
            let before = 1.0 / table.inverse(count - 1);
            let after = 1.0 / table.inverse(count);
            assert!((before * libm::exp(1.0 / before) / after - 1.0).abs() < 1e-14, "{count}");
        }
    }
}
