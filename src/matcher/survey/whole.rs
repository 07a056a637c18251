//! Whole numbers without a limit: just enough to multiply counts and write them out.

/// A whole number in base 10^9, lowest limb first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whole(Vec<u32>);

const BASE: u64 = 1_000_000_000;

impl Whole {
    /// One.
    pub(crate) fn one() -> Self {
        Self(vec![1])
    }

    /// This number times another.
    pub(crate) fn times(mut self, factor: u64) -> Self {
        let mut carry = 0_u128;
        for limb in &mut self.0 {
            let product = u128::from(*limb) * u128::from(factor) + carry;
            *limb = low(product);
            carry = product / u128::from(BASE);
        }
        while carry > 0 {
            self.0.push(low(carry));
            carry /= u128::from(BASE);
        }
        self
    }

    /// Its decimal digits.
    pub(crate) fn digits(&self) -> String {
        let highest = self.0.iter().rposition(|&limb| limb > 0).unwrap_or(0);
        let first = self.0.get(highest).copied().unwrap_or(0).to_string();
        self.0[..highest].iter().rev().fold(first, |digits, limb| format!("{digits}{limb:09}"))
    }
}

fn low(product: u128) -> u32 {
    u32::try_from(product % u128::from(BASE)).expect("a remainder by 10^9 fits 32 bits")
}

#[cfg(test)]
mod tests {
    use super::Whole;

    #[test]
    fn factorials_are_written_out() {
        let factorial = |n: u64| (1..=n).fold(Whole::one(), Whole::times);
        assert_eq!(factorial(0).digits(), "1");
        assert_eq!(factorial(12).digits(), "479001600");
        assert_eq!(factorial(25).digits(), "15511210043330985984000000");
        assert_eq!(factorial(30).digits(), "265252859812191058636308480000000");
        assert_eq!(factorial(30).times(0).digits(), "0");
        assert_eq!(Whole::one().times(u64::MAX).digits(), u64::MAX.to_string());
    }
}
