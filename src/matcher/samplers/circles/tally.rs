//! What the tables count with: a number of ways, or the lowest cost and the number of ways at that cost.

/// What a table counts with.
pub(crate) trait Tally: Copy + Send + Sync + 'static {
    /// No way at all.
    const NONE: Self;
    /// One way, nothing broken.
    const ONE: Self;
    /// Either of two.
    fn or(self, other: Self) -> Self;
    /// One after the other.
    fn then(self, other: Self) -> Self;
    /// One pairing more, which breaks these repeats.
    fn breaking(self, repeats: u64) -> Self;
    /// How many ways.
    fn ways(self) -> u64;
    /// The repeats broken in each of these ways.
    fn broken(self) -> u64;
}

impl Tally for u64 {
    const NONE: Self = 0;
    const ONE: Self = 1;
    fn or(self, other: Self) -> Self {
        self + other
    }
    fn then(self, other: Self) -> Self {
        self * other
    }
    fn breaking(self, _: u64) -> Self {
        self
    }
    fn ways(self) -> u64 {
        self
    }
    fn broken(self) -> u64 {
        0
    }
}

/// The fewest broken repeats, and in how many ways.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fewest {
    broken: u64,
    ways: u64,
}

impl Tally for Fewest {
    const NONE: Self = Self { broken: u64::MAX, ways: 0 };
    const ONE: Self = Self { broken: 0, ways: 1 };
    fn or(self, other: Self) -> Self {
        match self.broken.cmp(&other.broken) {
            std::cmp::Ordering::Less => self,
            std::cmp::Ordering::Greater => other,
            std::cmp::Ordering::Equal => Self { broken: self.broken, ways: self.ways + other.ways },
        }
    }
    fn then(self, other: Self) -> Self {
        Self { broken: self.broken.saturating_add(other.broken), ways: self.ways * other.ways }
    }
    fn breaking(self, repeats: u64) -> Self {
        Self { broken: self.broken.saturating_add(repeats), ways: self.ways }
    }
    fn ways(self) -> u64 {
        self.ways
    }
    fn broken(self) -> u64 {
        self.broken
    }
}
