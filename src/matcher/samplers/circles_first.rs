//! The circles first, then the people on them: exact for "one circle through everybody" and for "no two people draw
//! each other" under sparse rules, at any size.
//!
//! # The argument
//!
//! A draw is a permutation of the people. In a uniform permutation of m people the circle of any one person has a length that
//! is uniform on 1..=m, and what is left is a uniform permutation of the rest. So lengths l1, l2, ... drawn that way
//! until nobody is left are those of a uniform permutation, met in the order of random representatives. Laying out all
//! people in a uniformly random order and cutting that row into circles of these lengths gives every permutation with
//! circle lengths a1..ak the probability
//!
//! sum over the orders of its circles of (prod of 1/(people left)) · (prod of ai ways to turn a circle)/n! = 1/n!,
//!
//! because prod ai / prod (suffix sums of the order) is the probability of that order when circles are picked one by one
//! with probability proportional to their length, and those add up to 1.
//!
//! Now throw the lengths away (all of them, and start over) until each is at least `shortest`: they are those of a
//! uniform permutation with no shorter circle, and the people on them still come in a uniform order. Lengths cost about
//! ln n words a try, so this is free: nobody draws themselves, and no short circles, at no loss. If `shortest` is more
//! than half of the people there is one circle and nothing to draw. What other rules forbid is refused at the first
//! pair met, and then lengths and people are *both* drawn again. Integers only: exact.
//!
//! With λ' forbidden cells per person besides "not oneself" about e^λ' attempts are needed.

use std::sync::Arc;

use super::rejection::steps_to_clash;
use super::{Rounds, Sampler, attempts};
use crate::matcher::answer::Uniformity;
use crate::matcher::question::board::{Board, number};
use crate::matcher::question::scaling::ln_factorial;
use crate::matcher::random::Stream;

/// A board of the same people on both sides, drawn without circles shorter than `shortest` (at least 2).
pub(crate) struct CirclesFirst {
    board: Arc<Board>,
    shortest: u32,
}

impl CirclesFirst {
    /// Prepares; `None` when there are too few people for any circle.
    pub(crate) fn new(board: &Arc<Board>, shortest: u32) -> Option<Self> {
        debug_assert!(board.forbids_self(), "circles need the same people on both sides");
        let shortest = shortest.max(2);
        (board.size() == 0 || board.size() >= shortest).then(|| Self { board: Arc::clone(board), shortest })
    }

    /// Clashes of an attempt, on average: "not oneself" is never met.
    pub(crate) fn clashes(&self) -> f64 {
        (self.board.lambda() - 1.0).max(0.0)
    }

    fn one(&self) -> bool {
        self.board.size() - self.shortest < self.shortest
    }
}

impl Sampler for CirclesFirst {
    fn label(&self) -> (&'static str, Uniformity) {
        ("circles laid out", Uniformity::Exact)
    }

    /// The permutations without shorter circles: with p(m) the share of these among those of m people, m·p(m) is the sum of
    /// p(m - l) over the lengths l of the first person's circle.
    fn ln_bound(&self) -> f64 {
        let people = self.board.size() as usize;
        if people == 0 || self.one() {
            return ln_factorial(self.board.size().saturating_sub(1));
        }
        let shortest = self.shortest as usize;
        let mut share = vec![1.0];
        let mut sum = 0.0;
        for m in 1..=people {
            sum += if m >= shortest { share[m - shortest] } else { 0.0 };
            share.push(sum / f64::from(number(m)));
        }
        ln_factorial(self.board.size()) + libm::log(share[people])
    }

    fn steps(&self) -> f64 {
        2.0 * steps_to_clash(f64::from(self.board.size()), self.clashes())
    }

    fn always(&self) -> bool {
        self.board.forbidden() == u64::from(self.board.size())
    }

    fn draw(&self, stream: &mut Stream, left: &mut u64) -> Option<Rounds> {
        let people = self.board.size();
        if people == 0 {
            return Some(vec![Vec::new()]);
        }
        if self.always() && self.one() {
            return attempts(left, || Some(vec![one_circle(people, stream)]));
        }
        let mut order: Vec<u32> = (0..people).collect();
        attempts(left, || {
            let circles = lengths(people, self.shortest, stream);
            if self.always() {
                stream.shuffle(&mut order);
            } else if !lay_out(&self.board, &circles, &mut order, stream) {
                return None;
            }
            Some(vec![receivers(&circles, &order)])
        })
    }
}

/// One circle, no other rule: Sattolo's shuffle. Position i, from the last, swaps with a position strictly before it; every
/// circle comes from exactly one of the (n-1)! equally likely courses.
fn one_circle(people: u32, stream: &mut Stream) -> Vec<u32> {
    let mut receivers: Vec<u32> = (0..people).collect();
    for at in (1..people).rev() {
        receivers.swap(at as usize, stream.below(at) as usize);
    }
    receivers
}

/// Circle lengths of a uniform permutation of `people`, none below `shortest`.
fn lengths(people: u32, shortest: u32, stream: &mut Stream) -> Vec<u32> {
    if people - shortest < shortest {
        return vec![people];
    }
    loop {
        let mut circles = Vec::new();
        let mut left = people;
        while left >= shortest {
            let length = stream.below(left) + 1;
            if length < shortest {
                break;
            }
            circles.push(length);
            left -= length;
        }
        if left == 0 {
            return circles;
        }
    }
}

/// Puts the people on the circles in a uniform order, up to the first pair that is not allowed; whether there was none.
fn lay_out(board: &Board, circles: &[u32], order: &mut [u32], stream: &mut Stream) -> bool {
    let mut left = number(order.len());
    let mut at = 0;
    for &length in circles {
        let start = at;
        for _ in 0..length {
            order.swap(at, at + stream.below(left) as usize);
            left -= 1;
            if at > start && !board.allows(order[at - 1], order[at]) {
                return false;
            }
            at += 1;
        }
        if !board.allows(order[at - 1], order[start]) {
            return false;
        }
    }
    true
}

/// Everybody gives to the next on their circle.
fn receivers(circles: &[u32], order: &[u32]) -> Vec<u32> {
    let mut receivers = vec![0; order.len()];
    let mut rest = order;
    for &length in circles {
        let (circle, after) = rest.split_at(length as usize);
        for pair in circle.windows(2) {
            receivers[pair[0] as usize] = pair[1];
        }
        receivers[circle[circle.len() - 1] as usize] = circle[0];
        rest = after;
    }
    receivers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::random::Purpose;

    #[test]
    fn too_few_people_make_no_circle() {
        let mut stream = Stream::new(&[0; 32], Purpose::Draw, 0);
        let mut draw = |people: u32, shortest| {
            let board = Arc::new(Board::new((0..people).collect(), (0..people).collect(), [].into_iter()));
            CirclesFirst::new(&board, shortest)?.draw(&mut stream, &mut 9)
        };
        assert_eq!(draw(0, 2), Some(vec![vec![]]));
        assert_eq!(draw(1, 2), None);
        assert_eq!(draw(2, 2), Some(vec![vec![1, 0]]));
        assert_eq!(draw(2, 3), None);
    }

    // H5: permutations without circles of one or two people (OEIS A038205).
    #[test]
    fn permutations_without_short_circles_are_counted() {
        for (people, count) in [(3_u32, 2.0_f64), (4, 6.0), (5, 24.0), (6, 160.0), (7, 1140.0), (8, 8988.0)] {
            let board = Arc::new(Board::new((0..people).collect(), (0..people).collect(), [].into_iter()));
            let bound = CirclesFirst::new(&board, 3).expect("enough people").ln_bound();
            assert!((bound.exp() / count - 1.0).abs() < 1e-12, "{people}");
        }
    }
}
