//! Pairings that every single circle has.
//!
//! A circle through everybody is a way from everybody to everybody. If some people cannot be reached from others without one
//! pairing, or the others cannot be matched without it, every circle has it. Found by leaving pairings out, one at a time.

use super::{Rule, closed_company};
use crate::matcher::board::Board;
use crate::matcher::{blocks, feasible};

/// The board with everything closed that pairings which every circle has leave no room for; `None` if there are no such
/// pairings, or too many people to look at.
pub(super) fn tightened(board: &Board) -> Option<Board> {
    let mut tight: Option<Board> = None;
    let mut known = 0;
    loop {
        let board = tight.as_ref().unwrap_or(board);
        let pairs = of(board);
        if pairs.len() <= known {
            return tight;
        }
        known = pairs.len();
        let others = pairs.iter().flat_map(|&(giver, receiver)| {
            let everybody = 0..board.size();
            let of_giver = everybody.clone().filter(move |&other| other != receiver).map(move |other| (giver, other));
            of_giver.chain(everybody.filter(move |&other| other != giver).map(move |other| (other, receiver)))
        });
        let cells = board.extra_lists().pairs().chain(others);
        tight = Some(Board::new(board.row_groups().to_vec(), board.col_groups().to_vec(), cells));
    }
}

/// Most people whose ways are followed.
const MOST: u32 = 1000;

/// The pairings that every single circle has, as far as matching or connection shows it.
///
/// A pairing without which some cannot be reached is on every way from the first person to somebody, or from somebody to the
/// first person; so it is enough to try those of one tree of ways out, and of one of ways back.
pub(super) fn of(board: &Board) -> Vec<(u32, u32)> {
    let (rows, cols) = feasible::least_open(board);
    if !(2..=MOST).contains(&board.size()) || rows + cols > board.size() + 2 {
        return Vec::new(); // Or everybody is reached in two steps, whichever pairing is left out.
    }
    let out = Ways::of(board.size(), |from, to| board.allows(from, to));
    let back = Ways::of(board.size(), |from, to| board.allows(to, from));
    let turned = |(from, to): (u32, u32)| (to, from);
    let (tree, tree_back) = (out.tree(None), back.tree(None));
    if tree.len().min(tree_back.len()) + 1 < board.size() as usize {
        return Vec::new(); // There is no circle at all.
    }
    let mut pairs: Vec<(u32, u32)> = tree.into_iter().chain(tree_back.into_iter().map(turned)).collect();
    let all = board.size() as usize - 1;
    pairs.retain(|&pair| out.tree(Some(pair)).len() < all || back.tree(Some(turned(pair))).len() < all);
    pairs.extend(blocks::forced(board));
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// To whom everybody leads, as bits.
struct Ways {
    words: usize,
    bits: Vec<u64>,
}

impl Ways {
    fn of(people: u32, leads: impl Fn(u32, u32) -> bool) -> Self {
        let words = people.div_ceil(64) as usize;
        let mut bits = vec![0; people as usize * words];
        for (from, row) in (0..people).zip(bits.chunks_mut(words)) {
            for to in (0..people).filter(|&to| leads(from, to)) {
                row[to as usize / 64] |= 1 << (to % 64);
            }
        }
        Self { words, bits }
    }

    /// A tree of ways from the first person to all who can be reached, leaving out one arrow.
    fn tree(&self, without: Option<(u32, u32)>) -> Vec<(u32, u32)> {
        let mut unseen = vec![u64::MAX; self.words];
        unseen[0] &= !1;
        let mut arrows = Vec::new();
        let mut queue = vec![0];
        while let Some(person) = queue.pop() {
            let row = &self.bits[person as usize * self.words..][..self.words];
            for ((&row, unseen), base) in row.iter().zip(&mut unseen).zip((0_u32..).step_by(64)) {
                let mut fresh = row & *unseen;
                if let Some((_, to)) = without.filter(|&(from, to)| from == person && (base..base + 64).contains(&to)) {
                    fresh &= !(1 << (to - base));
                }
                *unseen &= !fresh;
                while fresh != 0 {
                    let other = base + fresh.trailing_zeros();
                    fresh &= fresh - 1;
                    arrows.push((person, other));
                    queue.push(other);
                }
            }
        }
        arrows
    }
}

/// The board with one cell more forbidden.
pub(super) fn without(board: &Board, pair: (u32, u32)) -> Board {
    let cells = board.extra_lists().pairs().chain([pair]);
    Board::new(board.row_groups().to_vec(), board.col_groups().to_vec(), cells)
}

/// Whether matching or closed company shows that no draw keeps the rule.
pub(super) fn clearly_none(board: &Board, rule: Rule) -> bool {
    let matched = feasible::clearly_possible(board) || feasible::largest(board).free_rows().is_empty();
    !matched || (rule == Rule::One && closed_company(board).is_some())
}
