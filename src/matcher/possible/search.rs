//! The last resort for rules about circles: a search that either finds a draw, or goes through everything, or says that it
//! did not get that far.
//!
//! The giver with the fewest receivers left is dealt next, their receivers tried in random order. After each choice the
//! search looks ahead: the receivers left must still match the givers left, and for one circle every person must be
//! reachable from the first and the first from every person. Only choices that pass are followed. When all have been
//! followed without success, there is no draw; that is a proof.

use super::matching::{Matching, grow};
use crate::matcher::question::board::{Board, number};
use crate::matcher::question::circle_rule::CircleRule;
use crate::matcher::question::complement::{NOBODY, OpenCells, Unseen};
use crate::matcher::random::Stream;

/// Work units (machine words looked at) a search is given.
pub(crate) const BUDGET: u64 = 400_000_000;

/// Largest board that is searched.
pub(crate) const MOST: u32 = 600;

/// How a search ended.
pub(crate) enum Outcome {
    /// A draw; which one says nothing about how likely it was.
    Found(Vec<u32>),
    /// There is none.
    Exhausted,
    /// The budget was spent, or the board is too large to search.
    Unknown,
}

/// Searches a board.
pub(crate) fn search(board: &Board, rule: CircleRule, stream: &mut Stream, budget: u64) -> Outcome {
    if board.size() > MOST {
        return Outcome::Unknown;
    }
    if board.size() == 0 {
        return Outcome::Found(Vec::new());
    }
    let mut search = Search { rule, left: budget };
    // One frame per giver dealt: the state before, the giver, and the receivers still to be tried.
    let mut frames = Vec::new();
    let mut state = State::of(board);
    loop {
        let Some(giver) = state.tightest() else {
            return Outcome::Found(state.receiver_of);
        };
        let mut choices: Vec<u32> = ones(state.row(giver)).collect();
        stream.shuffle(&mut choices);
        frames.push((state, giver, choices));
        state = loop {
            let Some((before, giver, choices)) = frames.last_mut() else {
                return Outcome::Exhausted;
            };
            if search.left == 0 {
                return Outcome::Unknown;
            }
            let Some(receiver) = choices.pop() else {
                frames.pop();
                continue;
            };
            if let Some(after) = search.follow(before, *giver, receiver) {
                break after;
            }
        };
    }
}

struct Search {
    rule: CircleRule,
    left: u64,
}

impl Search {
    /// The state after a choice, if there may be a way on.
    fn follow(&mut self, before: &State, giver: u32, receiver: u32) -> Option<State> {
        let mut state = before.clone();
        state.deal(giver, receiver, self.rule);
        let work = state.open.len() as u64 * if self.rule == CircleRule::One { 4 } else { 2 };
        self.left = self.left.saturating_sub(work);
        (state.matches() && (self.rule != CircleRule::One || state.connected())).then_some(state)
    }
}

#[derive(Clone)]
struct State {
    people: usize,
    words: usize,
    /// Per giver the receivers left to them, as bits.
    open: Vec<u64>,
    receiver_of: Vec<u32>,
    giver_of: Vec<u32>,
    /// A matching of the givers left, kept from the state before.
    in_hand: Matching,
}

impl State {
    fn of(board: &Board) -> Self {
        let people = board.size() as usize;
        let words = people.div_ceil(64);
        let mut open = vec![0; people * words];
        for giver in 0..board.size() {
            for receiver in (0..board.size()).filter(|&receiver| board.allows(giver, receiver)) {
                open[giver as usize * words + receiver as usize / 64] |= 1 << (receiver % 64);
            }
        }
        let nobody = vec![NOBODY; people];
        Self {
            people,
            words,
            open,
            receiver_of: nobody.clone(),
            giver_of: nobody,
            in_hand: Matching::empty(board.size()),
        }
    }

    fn row(&self, giver: u32) -> &[u64] {
        &self.open[giver as usize * self.words..][..self.words]
    }

    fn close(&mut self, giver: u32, receiver: u32) {
        self.open[giver as usize * self.words + receiver as usize / 64] &= !(1 << (receiver % 64));
    }

    /// The giver with the fewest receivers left; `None` when everybody is dealt.
    fn tightest(&self) -> Option<u32> {
        let choices = |giver: &u32| self.row(*giver).iter().map(|word| word.count_ones()).sum::<u32>();
        (0..).take(self.people).filter(|&giver| self.receiver_of[giver as usize] == NOBODY).min_by_key(choices)
    }

    fn deal(&mut self, giver: u32, receiver: u32, rule: CircleRule) {
        for other in (0..).take(self.people) {
            self.close(other, receiver);
        }
        let from = giver as usize * self.words;
        self.open[from..from + self.words].fill(0);
        self.receiver_of[giver as usize] = receiver;
        self.giver_of[receiver as usize] = giver;
        self.in_hand.part(giver);
        if self.in_hand.row_of[receiver as usize] != NOBODY {
            self.in_hand.part(self.in_hand.row_of[receiver as usize]);
        }
        self.in_hand.pair(giver, receiver);
        match rule {
            CircleRule::NoMutual => self.close(receiver, giver),
            CircleRule::One => {
                // The walk this pairing is part of may close only when it holds everybody.
                let (mut first, mut last, mut length) = (giver, receiver, 2);
                while first != last && self.giver_of[first as usize] != NOBODY {
                    first = self.giver_of[first as usize];
                    length += 1;
                }
                while self.receiver_of[last as usize] != NOBODY && last != first {
                    last = self.receiver_of[last as usize];
                    length += 1;
                }
                if length < self.people {
                    self.close(last, first);
                }
            }
        }
    }

    /// Whether the givers left can still be matched with the receivers left.
    fn matches(&mut self) -> bool {
        for giver in (0..).take(self.people).filter(|&giver| self.receiver_of[giver as usize] == NOBODY) {
            let held = self.in_hand.col_of[giver as usize];
            if held != NOBODY && self.row(giver)[held as usize / 64] >> (held % 64) & 1 == 0 {
                self.in_hand.part(giver);
            }
        }
        let cells = BitRows { people: number(self.people), words: self.words, open: &self.open };
        grow(&cells, &mut self.in_hand).is_empty()
    }

    /// Whether everybody can be reached from the first person, and the first person from everybody.
    fn connected(&self) -> bool {
        let forward = |giver: u32| -> Vec<u32> {
            match self.receiver_of[giver as usize] {
                NOBODY => ones(self.row(giver)).collect(),
                receiver => vec![receiver],
            }
        };
        let mut turned = vec![Vec::new(); self.people];
        for giver in (0..).take(self.people) {
            for receiver in forward(giver) {
                turned[receiver as usize].push(giver);
            }
        }
        self.reaches_all(forward) && self.reaches_all(|receiver| turned[receiver as usize].clone())
    }

    fn reaches_all(&self, next: impl Fn(u32) -> Vec<u32>) -> bool {
        let mut known = vec![false; self.people];
        known[0] = true;
        let mut stack = vec![0];
        let mut count = 1;
        while let Some(person) = stack.pop() {
            for other in next(person) {
                if !std::mem::replace(&mut known[other as usize], true) {
                    count += 1;
                    stack.push(other);
                }
            }
        }
        count == self.people
    }
}

/// Open cells as bits, row after row.
struct BitRows<'a> {
    people: u32,
    words: usize,
    open: &'a [u64],
}

impl OpenCells for BitRows<'_> {
    fn size(&self) -> u32 {
        self.people
    }

    fn next(&self, row: u32, cursor: &mut u32, unseen: &mut Unseen) -> Option<u32> {
        let row = &self.open[row as usize * self.words..][..self.words];
        while *cursor < self.people {
            let rest = row[*cursor as usize / 64] >> (*cursor % 64);
            if rest == 0 {
                *cursor = (*cursor / 64 + 1) * 64;
                continue;
            }
            let col = *cursor + rest.trailing_zeros();
            *cursor = col + 1;
            if unseen.holds(col) {
                return Some(col);
            }
        }
        None
    }

    fn place(&self, col: u32) -> u32 {
        col
    }
}

/// The places of the one bits, ascending.
fn ones(words: &[u64]) -> impl Iterator<Item = u32> + '_ {
    words.iter().zip((0_u32..).step_by(64)).flat_map(|(&word, base)| {
        let mut word = word;
        std::iter::from_fn(move || {
            let next = (word != 0).then(|| base + word.trailing_zeros());
            word &= word.wrapping_sub(1);
            next
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::random::Purpose;
    use crate::matcher::samplers::circles::Circles;
    use crate::matcher::samplers::counted::Table;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        // The search says "none" exactly when counting says 0, and what it finds is valid.
        #[test]
        fn the_search_agrees_with_counting(size in 2_u32..9, cells in prop::collection::vec((0_u32..9, 0_u32..9), 0..60)) {
            let cells = cells.into_iter().filter(|&(row, col)| row < size && col < size).collect::<Vec<_>>();
            let board = Board::new((0..size).collect(), (0..size).collect(), cells.iter().copied());
            let mut stream = Stream::new(&[1; 32], Purpose::Search, 0);
            for rule in [CircleRule::One, CircleRule::NoMutual] {
                let count = match rule {
                    CircleRule::One => Circles::<u64>::one(&board, Vec::new()).total(),
                    CircleRule::NoMutual => Circles::<u64>::long(&board, Vec::new(), 3).total(),
                };
                match search(&board, rule, &mut stream, BUDGET) {
                    Outcome::Found(draw) => prop_assert!(count > 0 && board.admits(&draw) && rule.holds(&[draw])),
                    Outcome::Exhausted => prop_assert_eq!(count, 0),
                    Outcome::Unknown => prop_assert!(false, "small boards are searched through"),
                }
            }
        }
    }
}
