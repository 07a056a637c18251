//! The last few rows, counted exactly.

use crate::matcher::random::Stream;

/// Number of ways to finish, for every set of columns already used: rows are taken in order, so the number of used
/// columns says which row is next. At most 20 rows, for 20! is the last factorial below 2⁶⁴.
pub(super) struct Tail {
    ways: Vec<u64>,
    /// Per row, the columns it may take, as bits.
    open: Vec<u32>,
}

impl Tail {
    /// Counts; `open` holds per row the columns (as bits, as many as rows) it may take. O(2^rows · rows).
    pub(super) fn count(open: Vec<u32>) -> Self {
        let full = (1_usize << open.len()) - 1;
        let mut ways = vec![0_u64; full + 1];
        ways[full] = 1;
        for used in (0..full).rev() {
            let mut free = open[used.count_ones() as usize] & !bits(used);
            let mut sum = 0;
            while free != 0 {
                sum += ways[used | 1 << free.trailing_zeros()];
                free &= free - 1;
            }
            ways[used] = sum;
        }
        Self { ways, open }
    }

    /// How many ways there are in all: the permanent of these rows.
    pub(super) fn total(&self) -> u64 {
        self.ways[0]
    }

    /// Draws one of the ways uniformly; per row the column it takes. There must be a way.
    pub(super) fn draw(&self, stream: &mut Stream) -> Vec<u32> {
        let mut used = 0_usize;
        let mut taken = Vec::with_capacity(self.open.len());
        for open in &self.open {
            let mut pick = stream.below_u128(u128::from(self.ways[used]));
            let mut free = open & !bits(used);
            loop {
                let col = free.trailing_zeros();
                let ways = u128::from(self.ways[used | 1 << col]);
                if pick < ways {
                    used |= 1 << col;
                    taken.push(col);
                    break;
                }
                pick -= ways;
                free &= free - 1;
            }
        }
        taken
    }
}

/// A set of columns as 32 bits.
fn bits(set: usize) -> u32 {
    u32::try_from(set).expect("a tail has at most 20 columns")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derangements_are_counted() {
        let open = |people: u32| (0..people).map(|row| ((1 << people) - 1) & !(1 << row)).collect::<Vec<u32>>();
        let counts: Vec<u64> = (1..=8).map(|people| Tail::count(open(people)).total()).collect();
        assert_eq!(counts, [0, 1, 2, 9, 44, 265, 1854, 14833]);
        assert_eq!(Tail::count(Vec::new()).total(), 1);
    }
}
