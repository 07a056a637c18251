//! The numbers h(r) of Huber's bound, as their inverses.

/// 1/h(c) for a column with c givers left: h(0) = 1, for an empty board has one draw and a column without givers none, and
/// h(r) = h(r-1)·exp(1/h(r-1)), which makes a step's weights add up exactly (see the parent module).
pub(crate) struct Table {
    /// Padding, then 1/h(0), 1/h(1), ...
    inverse: Vec<f64>,
}

impl Table {
    /// Entries before 1/h(0), so that a chunk of neighbours can be read near the start.
    const PADDING: usize = 8;

    /// The table up to h(`last`).
    pub(crate) fn new(last: u32) -> Self {
        let mut x = 1.0;
        let mut inverse = vec![x; Self::PADDING + last as usize + 1];
        for slot in inverse.iter_mut().skip(Self::PADDING) {
            *slot = x;
            x = next(x);
        }
        Self { inverse }
    }

    /// 1/h(c).
    #[inline]
    pub(crate) fn inverse(&self, count: u32) -> f64 {
        self.inverse[Self::PADDING + count as usize]
    }

    /// The eight entries 1/h(c - 7) ..= 1/h(c).
    #[inline]
    pub(super) fn eight_up_to(&self, count: u32) -> &[f64] {
        let last = Self::PADDING + count as usize;
        &self.inverse[last - 7..=last]
    }

    /// ln h(c).
    pub(crate) fn ln(&self, count: u32) -> f64 {
        -libm::log(self.inverse(count))
    }
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

#[cfg(test)]
mod tests {
    use std::f64::consts::E;

    use super::*;

    #[test]
    fn the_recursion_starts_where_it_must() {
        let table = Table::new(3);
        assert!((table.inverse(0) - 1.0).abs() < 1e-15);
        assert!((table.inverse(1) - 1.0 / E).abs() < 1e-15, "a column with one giver has factor h(1)/e = 1");
    }

    // X2: h(r) = h(r-1) exp(1/h(r-1)), also where the series takes over.
    #[test]
    fn the_series_is_the_recursion() {
        let table = Table::new(2000);
        for count in 1..=2000 {
            let before = 1.0 / table.inverse(count - 1);
            let after = 1.0 / table.inverse(count);
            assert!((before * libm::exp(1.0 / before) / after - 1.0).abs() < 1e-14, "{count}");
        }
    }
}
