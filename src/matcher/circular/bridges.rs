//! Pairings that every single circle has.
//!
//! A circle through everybody is a way from everybody to everybody. If some people cannot be reached from others without one
//! pairing, or the others cannot be matched without it, every circle has it. Found by leaving pairings out, one at a time.

use super::{Rule, closed_company};
use crate::matcher::board::Board;
use crate::matcher::sight::{Sight, Unseen};
use crate::matcher::{blocks, feasible};

/// The board with everything closed that pairings which every circle has leave no room for; `None` if there are no such
/// pairings, or too many cells to look at.
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

/// The pairings without which some people could not be reached from others: every single circle has them.
///
/// Such a pairing is on every way from the first person to somebody, or from somebody to the first person; so it is
/// enough to try those of one tree of ways out, and of one of ways back.
pub(super) fn of(board: &Board) -> Vec<(u32, u32)> {
    /// Forbidden cells that may be looked at in all.
    const CELLS: u64 = 50_000_000;
    let (rows, cols) = feasible::least_open(board);
    if board.size() < 2 || rows + cols > board.size() + 2 {
        return Vec::new(); // Everybody is reached in two steps, whichever pairing is left out.
    }
    if (board.extra_total() + u64::from(board.size())) * u64::from(board.size()) * 2 > CELLS {
        return Vec::new();
    }
    if clearly_none(board, Rule::One) {
        return Vec::new();
    }
    let out = tree(&Sight::of_givers(board, None));
    let back = tree(&Sight::of_receivers(board, None)).into_iter().map(|(receiver, giver)| (giver, receiver));
    let mut pairs: Vec<(u32, u32)> = out.into_iter().chain(back).chain(blocks::forced(board)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs.retain(|&pair| clearly_none(&without(board, pair), Rule::One));
    pairs
}

/// A tree of ways from the first person to all who can be reached.
fn tree(sight: &Sight) -> Vec<(u32, u32)> {
    let mut unseen = Unseen::all(sight.size());
    let mut arrows = Vec::new();
    let mut queue = vec![0];
    sight.cross_out(0, &mut unseen);
    let mut head = 0;
    while let Some(&person) = queue.get(head) {
        head += 1;
        let mut cursor = sight.cursor(person);
        while let Some(other) = sight.next(person, &mut cursor, &mut unseen) {
            sight.cross_out(other, &mut unseen);
            arrows.push((person, other));
            queue.push(other);
        }
    }
    arrows
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
