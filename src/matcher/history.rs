//! The fewest repeats: which draws break no more of the history than they must, newest draw first.
//!
//! One earlier draw at a time, the newest first. Give every cell the cost 1 if it repeats a pairing of that draw and 0
//! otherwise, and look for a perfect matching of least cost. Linear programming gives numbers u (rows) and v (columns) with
//! u + v <= cost on every open cell, and by complementary slackness the matchings of least cost are exactly
//! the perfect matchings of the *tight* cells, those with u + v = cost. So the next draw of the history asks the same
//! question of the tight cells only, and in the end the whole set of best draws is again the set of draws
//! of a board, which the exact methods draw from uniformly.
//!
//! The numbers are whole and are found by the primal-dual method: grow a matching over tight cells; when it is stuck, raise
//! u by one on the rows reached and lower v by one on their columns, which keeps matched cells tight and no cell
//! below its cost (a cell from a row reached to a column not reached has slack of at least one). Nothing is listed: a
//! cell that repeats nothing is tight when v = -u, so the columns fall into classes by v and a row sees one class; only the
//! repeating cells are looked at one by one.

use std::collections::BTreeMap;

use super::board::{Board, Csr, number};
use super::feasible::{Matching, grow};
use super::sight::{Classes, NOBODY, Sight};

/// The draws that break the fewest repeats.
pub(super) struct Fewest {
    /// Which cells they use, over the board with the whole history forbidden.
    pub(super) classes: Classes,
    /// One of them.
    pub(super) matching: Matching,
}

/// Reduces a board to the draws with the fewest repeats. `strict` is the board with the whole history forbidden, `rules`
/// the same board without it, on which there has to be a draw.
pub(super) fn fewest(rules: &Board, strict: &Board, history: &[Vec<(u32, u32)>], matching: Matching) -> Fewest {
    let size = rules.size();
    let repeats = history.iter().flatten().copied().filter(|&(giver, receiver)| rules.allows(giver, receiver));
    let also = Csr::from_pairs(size as usize, repeats);
    let mut fewest =
        Fewest { classes: Classes { want: vec![0; size as usize], class: vec![0; size as usize], also }, matching };
    for earlier in history {
        let earlier = Csr::from_pairs(size as usize, earlier.iter().copied());
        fewest.avoid(strict, &earlier);
    }
    fewest
}

impl Fewest {
    /// Keeps the draws that repeat least of one earlier draw.
    fn avoid(&mut self, strict: &Board, earlier: &Csr) {
        let size = strict.size() as usize;
        let (mut raised, mut lowered) = (vec![0_i32; size], vec![0_i32; size]);
        loop {
            let tight = tighten(&self.classes, earlier, &raised, &lowered);
            let sight = Sight::of_givers(strict, Some(&tight));
            self.matching.drop_closed(&sight);
            let stuck = grow(&sight, &mut self.matching);
            if stuck.is_empty() {
                self.classes = tight;
                return;
            }
            for row in stuck {
                raised[row as usize] += 1;
                let col = self.matching.col_of[row as usize];
                if col != NOBODY {
                    lowered[col as usize] -= 1;
                }
            }
        }
    }
}

/// The cells with u + v = cost.
fn tighten(classes: &Classes, earlier: &Csr, raised: &[i32], lowered: &[i32]) -> Classes {
    let mut names = BTreeMap::new();
    let mut name = |class: u32, value: i32| {
        let next = number(names.len());
        *names.entry((class, value)).or_insert(next)
    };
    let class = classes.class.iter().zip(lowered).map(|(&class, &value)| name(class, value)).collect();
    let want = classes.want.iter().zip(raised).map(|(&want, &value)| name(want, -value)).collect();
    let is_tight =
        |&(row, col): &(u32, u32)| raised[row as usize] + lowered[col as usize] == i32::from(earlier.holds(row, col));
    let also = Csr::from_pairs(classes.want.len(), classes.also.pairs().filter(is_tight));
    Classes { want, class, also }
}

/// How many pairings of each earlier draw a draw repeats.
pub(super) fn repeats(draw: &[u32], history: &[Vec<(u32, u32)>]) -> Vec<u32> {
    let again = |earlier: &Vec<(u32, u32)>| {
        let mut pairs: Vec<_> = earlier.iter().filter(|&&(giver, receiver)| draw[giver as usize] == receiver).collect();
        pairs.sort_unstable();
        pairs.dedup();
        number(pairs.len())
    };
    history.iter().map(again).collect()
}
