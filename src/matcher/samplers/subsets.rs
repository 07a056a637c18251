//! Boards of up to 20 people, exactly, in whole numbers.
//!
//! Rows are dealt in order, so after `k` rows the state is the set of `k` columns in use. `ways[set]` counts the
//! completions from there: the sum of `ways[set + c]` over the open columns c of row `k`. The draw walks down from the
//! empty set, choosing each column with its share of the completions; the product of the shares telescopes to one over
//! the number of valid draws, whichever draw comes out. Counts stay below 20! < 2^62. No attempts, no rounding.

use std::sync::Arc;

use super::counted::{Counting, Table};
use crate::matcher::question::board::Board;
use crate::matcher::random::Stream;

/// The largest board: 2^20 counts of 8 bytes.
pub(crate) const MOST: u32 = 20;

/// The sampler of a board of at most [`MOST`] people.
pub(crate) fn sampler(board: &Arc<Board>) -> Counting<Subsets> {
    let (name, board) = (if board.size() == 1 { "forced" } else { "subsets" }, Arc::clone(board));
    Counting::new(name, board.size(), move || Subsets::count(&board))
}

/// The number of completions from every set of used columns.
pub(crate) struct Subsets {
    open: Vec<u32>,
    ways: Vec<u64>,
}

impl Subsets {
    /// Counts a board of at most [`MOST`] people. 2^n * n steps.
    pub(crate) fn count(board: &Board) -> Self {
        debug_assert!(board.size() <= MOST);
        let open = open_masks(board);
        let mut ways = vec![0_u64; 1 << open.len()];
        let full = ways.len() - 1;
        ways[full] = 1;
        for used in (0..full).rev() {
            let row = used.count_ones() as usize;
            ways[used] = columns(open[row] & !mask(used)).map(|col| ways[used | 1 << col]).sum();
        }
        Self { open, ways }
    }
}

impl Table for Subsets {
    fn total(&self) -> u64 {
        self.ways[0]
    }

    fn draw(&self, stream: &mut Stream) -> Option<Vec<u32>> {
        if self.total() == 0 {
            return None;
        }
        let mut used = 0_usize;
        let mut draw = Vec::with_capacity(self.open.len());
        for &open in &self.open {
            let mut ticket = stream.below_u128(u128::from(self.ways[used]));
            for col in columns(open & !mask(used)) {
                let share = u128::from(self.ways[used | 1 << col]);
                if ticket < share {
                    draw.push(col);
                    used |= 1 << col;
                    break;
                }
                ticket -= share;
            }
        }
        Some(draw)
    }

    fn uses(&self) -> Vec<u64> {
        let size = self.open.len();
        let mut uses = vec![0_u64; size * size];
        let mut before = vec![0_u64; self.ways.len()];
        before[0] = 1;
        for used in 0..self.ways.len() - 1 {
            let row = used.count_ones() as usize;
            if before[used] == 0 {
                continue;
            }
            for col in columns(self.open[row] & !mask(used)) {
                let next = used | 1 << col;
                before[next] += before[used];
                // At most the number of valid draws, so it fits.
                uses[row * size + col as usize] += before[used] * self.ways[next];
            }
        }
        uses
    }
}

/// The open columns of every row, as bits.
pub(crate) fn open_masks(board: &Board) -> Vec<u32> {
    let size = board.size();
    (0..size).map(|row| (0..size).filter(|&col| board.allows(row, col)).map(|col| 1 << col).sum()).collect()
}

/// The members of a set, ascending.
pub(crate) fn columns(mut set: u32) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let next = (set != 0).then(|| set.trailing_zeros());
        set &= set.wrapping_sub(1);
        next
    })
}

fn mask(set: usize) -> u32 {
    u32::try_from(set).expect("sets have at most 20 members")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::random::Purpose;

    fn singles(size: u32, cells: &[(u32, u32)]) -> Board {
        Board::new((0..size).collect(), (0..size).collect(), cells.iter().copied())
    }

    #[test]
    fn derangements_are_counted() {
        let known = [1, 0, 1, 2, 9, 44, 265, 1854, 14833];
        for (size, &count) in (0..).zip(&known) {
            assert_eq!(Subsets::count(&singles(size, &[])).total(), count);
        }
        // Four couples: 8 people, nobody gives to themselves or their partner.
        let couples = Board::new(vec![0, 0, 1, 1, 2, 2, 3, 3], vec![0, 0, 1, 1, 2, 2, 3, 3], [].into_iter());
        assert_eq!(Subsets::count(&couples).total(), 4752);
        // 20 people: the number of derangements of 20 (OEIS A000166).
        assert_eq!(Subsets::count(&singles(20, &[])).total(), 895_014_631_192_902_121);
    }

    #[test]
    fn uses_of_a_row_add_up_to_all_draws() {
        let board = singles(6, &[(0, 1), (2, 3), (4, 5)]);
        let counted = Subsets::count(&board);
        let uses = counted.uses();
        for row in 0..6 {
            assert_eq!(uses[row * 6..(row + 1) * 6].iter().sum::<u64>(), counted.total());
        }
        assert_eq!(uses[1], 0);
    }

    #[test]
    fn draws_are_valid_and_an_impossible_board_has_none() {
        let board = singles(5, &[(0, 1), (0, 2)]);
        let mut stream = Stream::new(&[7; 32], Purpose::Draw, 0);
        let counted = Subsets::count(&board);
        for _ in 0..50 {
            let draw = counted.draw(&mut stream).expect("there are draws");
            assert!(board.admits(&draw));
        }
        let lonely = singles(3, &[(0, 1), (0, 2)]);
        assert!(Subsets::count(&lonely).draw(&mut stream).is_none());
    }
}
