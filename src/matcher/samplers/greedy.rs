//! A draw that never dead-ends, for boards no exact method can weigh.
//!
//! One valid draw is always in hand. Givers are dealt in random order; each takes a receiver at random, and one search for an
//! alternating path tells whether the draw in hand can be rearranged around that choice. If so it is, and the choice
//! stands; if not, the receiver is ruled out for this giver and another is tried. The receiver the giver has in hand always
//! passes, so it ends. Every valid draw can come out, but not equally often: the choice is uniform among the
//! receivers that leave a way on, not weighed by how many ways. Hence the label `approximate`, and the chain after it.

use crate::matcher::board::Board;
use crate::matcher::feasible::Matching;
use crate::matcher::random::Stream;
use crate::matcher::sight::{Sight, Unseen};

/// Tries at random before the open receivers are listed.
const PROBES: u32 = 32;

/// Rearranges a valid draw at random. O(people * (people + forbidden cells)) at worst, near O(people) when most is open.
pub(crate) fn rearrange(board: &Board, in_hand: Matching, stream: &mut Stream) -> Vec<u32> {
    let sight = Sight::of_givers(board, None);
    let mut order: Vec<u32> = (0..board.size()).collect();
    stream.shuffle(&mut order);
    let mut table = Table { in_hand, fixed: vec![false; board.size() as usize], sight };
    for &giver in &order {
        table.deal(board, giver, stream);
    }
    table.in_hand.col_of
}

struct Table<'a> {
    in_hand: Matching,
    /// Receivers whose giver has been dealt.
    fixed: Vec<bool>,
    sight: Sight<'a>,
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
        let size = self.sight.size();
        let mut unseen = Unseen::all(size);
        for (&fixed, receiver) in self.fixed.iter().zip(0..) {
            if fixed {
                self.sight.cross_out(receiver, &mut unseen);
            }
        }
        self.sight.cross_out(taken, &mut unseen);
        let mut via = vec![0; size as usize];
        let mut queue = vec![robbed];
        let mut head = 0;
        while let Some(&row) = queue.get(head) {
            head += 1;
            let mut cursor = self.sight.cursor(row);
            while let Some(col) = self.sight.next(row, &mut cursor, &mut unseen) {
                self.sight.cross_out(col, &mut unseen);
                via[col as usize] = row;
                if col == left {
                    self.turn_over(&via, robbed, left);
                    return true;
                }
                let owner = self.in_hand.row_of[col as usize];
                debug_assert_ne!(owner, giver, "the giver's own receiver is the one left over");
                queue.push(owner);
            }
        }
        false
    }

    fn turn_over(&mut self, via: &[u32], robbed: u32, left: u32) {
        let mut col = left;
        loop {
            let row = via[col as usize];
            let before = self.in_hand.col_of[row as usize];
            self.in_hand.pair(row, col);
            if row == robbed {
                return;
            }
            col = before;
        }
    }
}
