//! The tables themselves: see the parent module.

use super::tally::Tally;
use crate::matcher::question::board::Board;
use crate::matcher::random::Stream;
use crate::matcher::samplers::counted::Table;
use crate::matcher::samplers::subsets::{columns, open_masks};

/// All draws of a small board whose circles are long enough.
pub(crate) struct Circles<T> {
    size: usize,
    open: Vec<u32>,
    repeats: Vec<u64>,
    /// Whether only sets with person 0 are kept, as one circle needs no others.
    one: bool,
    paths: Vec<T>,
    draws: Vec<T>,
    least: u32,
}

impl<T: Tally> Circles<T> {
    /// Tables for one circle through everybody. `repeats` holds n * n packed repeats, or nothing.
    pub(crate) fn one(board: &Board, repeats: Vec<u64>) -> Self {
        Self::laid_out(board, repeats, true, 0)
    }

    /// Tables for circles of at least `least` people each.
    pub(crate) fn long(board: &Board, repeats: Vec<u64>, least: u32) -> Self {
        Self::laid_out(board, repeats, false, least)
    }

    fn fill(&mut self) {
        let full = full_set(self.size);
        if full == 0 {
            self.draws = vec![T::ONE];
            return;
        }
        self.fill_paths();
        if self.one {
            self.draws = vec![if self.size == 1 { T::NONE } else { self.closed(full) }];
            return;
        }
        self.draws = vec![T::NONE; full as usize + 1];
        self.draws[0] = T::ONE;
        let closed: Vec<T> = (0..=full).map(|set| if set == 0 { T::NONE } else { self.closed(set) }).collect();
        for set in 1..=full {
            let sum = self.first_circles(set).fold(T::NONE, |sum, circle| {
                sum.or(closed[circle as usize].then(self.draws[(set & !circle) as usize]))
            });
            self.draws[set as usize] = sum;
        }
    }

    fn laid_out(board: &Board, repeats: Vec<u64>, one: bool, least: u32) -> Self {
        let size = board.size() as usize;
        debug_assert!(board.size() <= super::MOST_ONE);
        let (paths, draws) = (Vec::new(), Vec::new());
        let mut circles = Self { size, open: open_masks(board), repeats, one, paths, draws, least };
        circles.fill();
        circles
    }

    fn fill_paths(&mut self) {
        let full = full_set(self.size);
        let sets = if self.one { full / 2 + 1 } else { full + 1 };
        self.paths = vec![T::NONE; sets as usize * self.size];
        let step = if self.one { 2 } else { 1 };
        for set in (1..=full).step_by(step) {
            let first = set.trailing_zeros();
            if set == 1 << first {
                let at = self.at(set, first);
                self.paths[at] = T::ONE;
                continue;
            }
            for last in columns(set & (set - 1)) {
                let rest = set & !(1 << last);
                let sum = columns(rest).fold(T::NONE, |sum, before| sum.or(self.stepped(rest, before, last)));
                let at = self.at(set, last);
                self.paths[at] = sum;
            }
        }
    }

    fn at(&self, set: u32, last: u32) -> usize {
        let set = if self.one { set >> 1 } else { set };
        set as usize * self.size + last as usize
    }

    /// Walks through a set ending at `before`, going on to `next`.
    fn stepped(&self, set: u32, before: u32, next: u32) -> T {
        if self.open[before as usize] >> next & 1 == 0 {
            return T::NONE;
        }
        self.paths[self.at(set, before)].breaking(self.repeats_of(before, next))
    }

    fn repeats_of(&self, giver: u32, receiver: u32) -> u64 {
        self.repeats.get(giver as usize * self.size + receiver as usize).copied().unwrap_or(0)
    }

    /// The circles on a set that is not empty.
    fn closed(&self, set: u32) -> T {
        let first = set.trailing_zeros();
        columns(set).fold(T::NONE, |sum, last| sum.or(self.stepped(set, last, first)))
    }

    /// The subsets of a set that have its first member and are long enough for a circle.
    fn first_circles(&self, set: u32) -> impl Iterator<Item = u32> + use<T> {
        let first = set & set.wrapping_neg();
        let others = set & !first;
        let least = self.least;
        let mut next = Some(others);
        std::iter::from_fn(move || {
            let this = next?;
            next = (this != 0).then(|| (this - 1) & others);
            Some(this | first)
        })
        .filter(move |circle| circle.count_ones() >= least)
    }

    /// The valid draws: how many, and what each of them breaks.
    pub(crate) fn best(&self) -> T {
        self.draws.last().copied().unwrap_or(T::NONE)
    }

    /// The draws of those left when a circle of so many people is closed.
    fn rest_of(&self, left: u32, closed: u32) -> T {
        match (self.one, left) {
            (true, 0) if self.size > 1 => T::ONE,
            (true, _) => T::NONE,
            (false, _) if closed < self.least => T::NONE,
            (false, _) => self.draws[left as usize],
        }
    }

    fn draw_circle(&self, circle: u32, receiver_of: &mut [u32], stream: &mut Stream) {
        let mut set = circle;
        let mut next = circle.trailing_zeros();
        let mut sum = self.closed(circle);
        while set != 0 {
            let last = pick(sum, columns(set), |last| self.stepped(set, last, next), stream);
            receiver_of[last as usize] = next;
            sum = self.paths[self.at(set, last)];
            set &= !(1 << last);
            next = last;
        }
    }
}

/// Draws that break more than need be are not counted.
impl<T: Tally> Table for Circles<T> {
    fn total(&self) -> u64 {
        self.best().ways()
    }

    /// The tables are gone through once more from their end: `onward` holds, for a walk that has come so far, the ways to
    /// walk on, close the circle and draw the rest. A pairing's uses are the walks up to it times the ways on from it.
    fn uses(&self) -> Vec<u64> {
        let full = full_set(self.size);
        let mut uses = vec![0; self.size * self.size];
        let mut onward = vec![T::NONE; self.paths.len()];
        let step = if self.one { 2 } else { 1 };
        for set in (1..=full).rev().step_by(step) {
            let first = set.trailing_zeros();
            let after = self.rest_of(full & !set, set.count_ones());
            for last in columns(set) {
                let here = self.at(set, last);
                let walked = self.paths[here];
                if walked.ways() == 0 {
                    continue; // Nobody walks on from here.
                }
                let mut use_cell = |next: u32, beyond: T| {
                    if self.open[last as usize] >> next & 1 == 0 {
                        return T::NONE;
                    }
                    let on = beyond.breaking(self.repeats_of(last, next));
                    let whole = walked.then(on);
                    if whole.broken() == self.best().broken() {
                        uses[last as usize * self.size + next as usize] += whole.ways();
                    }
                    on
                };
                let mut sum = use_cell(first, after);
                for next in columns(full & !set & !((1 << first) - 1)) {
                    sum = sum.or(use_cell(next, onward[self.at(set | 1 << next, next)]));
                }
                onward[here] = sum;
            }
        }
        uses
    }

    fn draw(&self, stream: &mut Stream) -> Option<Vec<u32>> {
        if self.best().ways() == 0 {
            return None;
        }
        let mut receiver_of = vec![0; self.size];
        let mut left = full_set(self.size);
        while left != 0 {
            let circle = if self.one {
                left
            } else {
                let weighed = |circle: u32| self.closed(circle).then(self.draws[(left & !circle) as usize]);
                pick(self.draws[left as usize], self.first_circles(left), weighed, stream)
            };
            self.draw_circle(circle, &mut receiver_of, stream);
            left &= !circle;
        }
        Some(receiver_of)
    }
}

fn full_set(size: usize) -> u32 {
    (1 << size) - 1
}

/// One of the options, with its share of the best ways.
fn pick<T: Tally>(sum: T, options: impl Iterator<Item = u32>, weigh: impl Fn(u32) -> T, stream: &mut Stream) -> u32 {
    let mut ticket = stream.below_u128(u128::from(sum.ways()));
    let mut chosen = 0;
    for option in options {
        let weight = weigh(option);
        let share = if weight.broken() == sum.broken() { u128::from(weight.ways()) } else { 0 };
        if share > 0 {
            chosen = option;
            if ticket < share {
                break;
            }
            ticket -= share;
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::super::tally::Fewest;
    use super::*;
    use crate::matcher::random::Purpose;

    fn singles(size: u32, cells: &[(u32, u32)]) -> Board {
        Board::new((0..size).collect(), (0..size).collect(), cells.iter().copied())
    }

    #[test]
    fn circles_are_counted() {
        for (size, count) in [(1, 0), (2, 1), (3, 2), (4, 6), (7, 720), (11, 3_628_800)] {
            assert_eq!(Circles::<u64>::one(&singles(size, &[]), Vec::new()).total(), count);
        }
        // Permutations without circles of one or two people (OEIS A038205).
        for (size, count) in [(0, 1), (1, 0), (2, 0), (3, 2), (4, 6), (5, 24), (6, 160), (7, 1140), (8, 8988)] {
            assert_eq!(Circles::<u64>::long(&singles(size, &[]), Vec::new(), 3).total(), count);
        }
    }

    #[test]
    fn draws_obey_the_rule() {
        let board = singles(7, &[(0, 1), (3, 2), (6, 5)]);
        let mut stream = Stream::new(&[3; 32], Purpose::Draw, 0);
        let one = Circles::<u64>::one(&board, Vec::new());
        let long = Circles::<u64>::long(&board, Vec::new(), 3);
        for _ in 0..100 {
            let draw = one.draw(&mut stream).expect("there are circles");
            assert!(board.admits(&draw));
            let mut at = 0;
            for _ in 0..6 {
                at = draw[at] as usize;
                assert_ne!(at, 0);
            }
            let draw = long.draw(&mut stream).expect("there are draws");
            assert!(board.admits(&draw));
            assert!((0..7).all(|giver| draw[draw[giver] as usize] as usize != giver));
        }
    }

    #[test]
    fn the_fewest_repeats_are_broken() {
        // Three people have two circles; last year's was 0 -> 1 -> 2 -> 0, the year before broke one pair of the other.
        let board = singles(3, &[]);
        let mut repeats = vec![0; 9];
        for (giver, receiver) in [(0, 1), (1, 2), (2, 0)] {
            repeats[giver * 3 + receiver] = 1 << 5;
        }
        repeats[2] = 1;
        let circles = Circles::<Fewest>::one(&board, repeats);
        assert_eq!((circles.best().broken(), circles.best().ways()), (1, 1));
        let mut stream = Stream::new(&[3; 32], Purpose::Draw, 0);
        assert_eq!(circles.draw(&mut stream), Some(vec![2, 0, 1]));
    }
}
