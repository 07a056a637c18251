//! A draw that never dead-ends, for boards no exact method can weigh.
//!
//! One valid draw is always in hand. Givers are dealt in random order; each takes a receiver at random, and one search for an
//! alternating path tells whether the draw in hand can be rearranged around that choice. If so it is, and the choice
//! stands; if not, the receiver is ruled out for this giver and another is tried. The receiver the giver has in hand always
//! passes, so it ends. Every valid draw can come out, but not equally often: the choice is uniform among the
//! receivers that leave a way on, not weighed by how many ways. Hence the label `approximate`, and the chain after it.

use crate::matcher::possible::augment::augment;
use crate::matcher::possible::matching::{Matching, Pairing};
use crate::matcher::question::board::Board;
use crate::matcher::question::complement::{Complement, NOBODY, OpenCells, Unseen};
use crate::matcher::random::Stream;

/// Tries at random before the open receivers are listed.
const PROBES: u32 = 32;

/// Rearranges a valid draw at random. O(people * (people + forbidden cells)) at worst, near O(people) when most is open.
pub(crate) fn rearrange(board: &Board, in_hand: Matching, stream: &mut Stream) -> Vec<u32> {
    let cells = Complement::of_givers(board);
    let mut order: Vec<u32> = (0..board.size()).collect();
    stream.shuffle(&mut order);
    let mut table = Table { in_hand, fixed: vec![false; board.size() as usize], cells };
    for &giver in &order {
        table.deal(board, giver, stream);
    }
    table.in_hand.col_of
}

struct Table<'a> {
    in_hand: Matching,
    /// Receivers whose giver has been dealt.
    fixed: Vec<bool>,
    cells: Complement<'a>,
}

impl Table<'_> {
    fn deal(&mut self, board: &Board, giver: u32, stream: &mut Stream) {
        let size = board.size();
        for _ in 0..PROBES {
            let receiver = stream.below(size);
            // A ruled-out receiver may come up again and is ruled out again: the odds stay even.
            if self.is_choice(board, giver, receiver) && self.take(board, giver, receiver) {
                return;
            }
        }
        let mut choices: Vec<u32> = (0..size).filter(|&receiver| self.is_choice(board, giver, receiver)).collect();
        stream.shuffle(&mut choices);
        for receiver in choices {
            if self.take(board, giver, receiver) {
                return;
            }
        }
    }

    fn is_choice(&self, board: &Board, giver: u32, receiver: u32) -> bool {
        !self.fixed[receiver as usize] && board.allows(giver, receiver)
    }

    /// Gives the receiver to the giver for good, if the others can be rearranged.
    fn take(&mut self, board: &Board, giver: u32, receiver: u32) -> bool {
        let left = self.in_hand.col_of[giver as usize];
        if left != receiver {
            let robbed = self.in_hand.row_of[receiver as usize];
            if board.allows(robbed, left) {
                self.in_hand.pair(robbed, left);
            } else if !self.rearranged(giver, robbed, receiver, left) {
                return false;
            }
            self.in_hand.pair(giver, receiver);
        }
        self.fixed[receiver as usize] = true;
        true
    }

    /// Leads the robbed giver to the receiver left over, over receivers that are not dealt yet.
    fn rearranged(&mut self, giver: u32, robbed: u32, taken: u32, left: u32) -> bool {
        let mut unseen = Unseen::all(self.cells.size());
        for (&fixed, receiver) in self.fixed.iter().zip(0..) {
            if fixed || receiver == taken {
                self.cells.cross_out(receiver, &mut unseen);
            }
        }
        self.in_hand.row_of[left as usize] = NOBODY;
        self.in_hand.col_of[robbed as usize] = NOBODY;
        let mut pairing = Pairing::new(&self.cells, &mut self.in_hand).over(unseen);
        if augment(&mut pairing, &[robbed]).found == 1 {
            return true;
        }
        self.in_hand.pair(robbed, taken);
        self.in_hand.pair(giver, left);
        false
    }
}
