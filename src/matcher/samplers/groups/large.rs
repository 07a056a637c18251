//! Positive numbers far beyond the range of an `f64`: 10000! has 35,660 digits.

/// mantissa · 2^exponent, the mantissa in [1, 2), or zero. Twelve bytes of what a big integer would need thousands for; only
/// sums and products of positive terms are taken, so nothing cancels and each operation is right to 2⁻⁵².
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Large {
    mantissa: f64,
    exponent: i32,
}

impl Large {
    pub(super) const ZERO: Self = Self { mantissa: 0.0, exponent: i32::MIN / 2 };
    pub(super) const ONE: Self = Self { mantissa: 1.0, exponent: 0 };

    pub(super) fn is_zero(self) -> bool {
        self.mantissa == 0.0
    }

    /// The number with its mantissa back in [1, 2).
    pub(super) fn normal(self) -> Self {
        if self.mantissa == 0.0 {
            return Self::ZERO;
        }
        let bits = self.mantissa.to_bits();
        let exponent = i32::try_from(bits >> 52).expect("positive, so 11 bits") - 1023;
        let mantissa = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
        Self { mantissa, exponent: self.exponent + exponent }
    }

    pub(super) fn times(self, factor: f64) -> Self {
        Self { mantissa: self.mantissa * factor, exponent: self.exponent }.normal()
    }

    /// The product, its mantissa below 4: to be summed or made normal.
    #[inline]
    pub(super) fn product(self, other: Self) -> Self {
        Self { mantissa: self.mantissa * other.mantissa, exponent: self.exponent + other.exponent }
    }

    /// Adds; the mantissa may grow with the number of terms until made normal.
    #[inline]
    pub(super) fn add(&mut self, term: Self) {
        if term.exponent <= self.exponent {
            self.mantissa += term.mantissa * power_of_two(term.exponent - self.exponent);
        } else {
            self.mantissa = term.mantissa + self.mantissa * power_of_two(self.exponent - term.exponent);
            self.exponent = term.exponent;
        }
    }

    /// self/other, as an `f64`: meant for shares.
    pub(super) fn over(self, other: Self) -> f64 {
        self.mantissa / other.mantissa
            * power_of_two((self.exponent - other.exponent).min(0))
            * if self.exponent > other.exponent { power_of_two(-1).recip() } else { 1.0 }
    }

    /// The natural logarithm.
    pub(super) fn ln(self) -> f64 {
        libm::log(self.mantissa) + f64::from(self.exponent) * std::f64::consts::LN_2
    }
}

/// 2^`exponent` for an exponent of at most 0; zero below the smallest normal number.
#[inline]
fn power_of_two(exponent: i32) -> f64 {
    let biased = (i64::from(exponent) + 1023).max(0);
    f64::from_bits(u64::try_from(biased).expect("not negative") << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_products_are_right() {
        let factorial = |n: u32| (2..=n).fold(Large::ONE, |product, k| product.times(f64::from(k)));
        assert!((factorial(20).ln() - 2_432_902_008_176_640_000_f64.ln()).abs() < 1e-13);
        assert!((factorial(10_000).ln() - 82_108.927_836_814_35).abs() < 1e-7);
        let mut sum = Large::ZERO;
        sum.add(Large::ONE);
        sum.add(Large::ONE.times(1e300));
        sum.add(Large::ONE.times(3.0));
        assert_eq!(sum.normal(), Large::ONE.times(1e300));
        assert!((Large::ONE.times(3.0).over(Large::ONE.times(4.0)) - 0.75).abs() < 1e-15);
    }
}
