//! How many draws of up to 20 people have only long circles (no two people draw each other), where the table of
//! [`super::circle`], which also draws, would take too long.
//!
//! People are added from the last to the first. With person f the draws of a set are those of one circle through f and
//! a draw of the rest: draws(f + S) = sum over T in S of circles(f + T) * draws(S - T), a subset convolution. Sets are sorted
//! by their size and summed over their subsets, so that the convolution becomes a product of polynomials in the size
//! (Bjorklund, Husfeldt, Kaski and Koivisto, STOC 2007): n^2 2^n steps in all instead of 3^n. Sums and products are taken
//! modulo 2^64, which is exact, for no count reaches 20!.

use super::board::{Board, number};
use super::subset::{columns, open_masks};

/// Most people.
pub(super) const MOST: u32 = 20;

/// How many draws have no circle shorter than `least`.
pub(super) fn count(board: &Board, least: u32) -> u64 {
    debug_assert!(board.size() <= MOST);
    let open = open_masks(board);
    // Per subset of the people added so far, the first of them the lowest bit.
    let mut draws = vec![1_u64];
    for first in (0..open.len()).rev() {
        let circles = circles_with(&open[first..], first, least);
        if first == 0 {
            return circles.iter().zip(draws.iter().rev()).map(|(circles, draws)| circles * draws).sum();
        }
        let with = convolved(&circles, &draws);
        draws = draws.iter().zip(&with).flat_map(|(&without, &with)| [without, with]).collect();
    }
    1
}

/// Per subset of the people after `first`, the circles through it and `first`; `open` begins with the row of `first`.
fn circles_with(open: &[u32], first: usize, least: u32) -> Vec<u64> {
    let people = open.len();
    let open: Vec<u32> = open.iter().map(|row| row >> first).collect();
    let mut walks = vec![0_u64; people << (people - 1)];
    walks[0] = 1;
    let mut circles = vec![0; 1 << (people - 1)];
    for set in 0..1_usize << (people - 1) {
        // Person i of the set is person i + 1 of the rows.
        let members = number(set) << 1;
        for last in columns(members) {
            let rest = members & !(1 << last);
            let from = if rest == 0 { 1 } else { rest };
            let at = (rest >> 1) as usize * people;
            let steps = columns(from).filter(|&before| open[before as usize] >> last & 1 == 1);
            walks[set * people + last as usize] = steps.map(|before| walks[at + before as usize]).sum();
        }
        if members.count_ones() + 1 >= least {
            let ends = if members == 0 { 1 } else { members };
            let closing = columns(ends).filter(|&last| open[last as usize] & 1 == 1);
            circles[set] = closing.map(|last| walks[set * people + last as usize]).sum();
        }
    }
    circles
}

/// Per set, the sum over its subsets of one times the other of what is left.
fn convolved(one: &[u64], other: &[u64]) -> Vec<u64> {
    let ranks = one.len().ilog2() as usize + 1;
    let mut sums = by_size(one, ranks);
    let others = by_size(other, ranks);
    let mut product = vec![0_u64; ranks];
    for (sums, others) in sums.chunks_mut(ranks).zip(others.chunks(ranks)) {
        for (size, product) in product.iter_mut().enumerate() {
            let terms = sums[..=size].iter().zip(others[..=size].iter().rev());
            *product = terms.fold(0, |sum: u64, (one, other)| sum.wrapping_add(one.wrapping_mul(*other)));
        }
        sums.copy_from_slice(&product);
    }
    over_subsets(&mut sums, ranks, u64::wrapping_sub);
    sums.chunks(ranks).zip(0_u32..).map(|(sizes, set)| sizes[set.count_ones() as usize]).collect()
}

/// Values by set as polynomials in the set's size, each summed over the subsets.
fn by_size(values: &[u64], ranks: usize) -> Vec<u64> {
    let mut sums = vec![0; values.len() * ranks];
    for ((sizes, value), set) in sums.chunks_mut(ranks).zip(values).zip(0_u32..) {
        sizes[set.count_ones() as usize] = *value;
    }
    over_subsets(&mut sums, ranks, u64::wrapping_add);
    sums
}

/// Adds to every set's values those of its subsets, or takes them away again.
fn over_subsets(values: &mut [u64], ranks: usize, join: impl Fn(u64, u64) -> u64) {
    let mut half = ranks;
    while half < values.len() {
        for pair in values.chunks_mut(2 * half) {
            let (without, with) = pair.split_at_mut(half);
            with.iter_mut().zip(without).for_each(|(with, without)| *with = join(*with, *without));
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::circle::Circles;
    use proptest::prelude::*;

    fn singles(size: u32, cells: &[(u32, u32)]) -> Board {
        Board::new((0..size).collect(), (0..size).collect(), cells.iter().copied())
    }

    // Permutations without circles of one or two people (OEIS A038205).
    #[test]
    fn draws_without_mutual_pairs_are_counted() {
        for (size, count) in [(0, 1), (1, 0), (2, 0), (3, 2), (4, 6), (5, 24), (6, 160), (7, 1140), (8, 8988)] {
            assert_eq!(super::count(&singles(size, &[]), 3), count);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

        // H5: the two ways of counting agree.
        #[test]
        fn both_tables_count_alike(
            size in 1_u32..10,
            least in 2_u32..5,
            cells in prop::collection::vec((0_u32..10, 0_u32..10), 0..40),
        ) {
            let cells: Vec<_> = cells.into_iter().filter(|&(row, col)| row < size && col < size).collect();
            let board = singles(size, &cells);
            prop_assert_eq!(count(&board, least), Circles::<u64>::long(&board, Vec::new(), least).total());
        }
    }
}
