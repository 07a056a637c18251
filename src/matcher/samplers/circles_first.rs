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

use crate::matcher::board::{Board, number};
use crate::matcher::random::Stream;

/// Draws among the draws without circles shorter than `shortest` (at least 2); the label is exact. The board must be one
/// of the same people on both sides. `None` after `budget` attempts, and when there are too few people.
pub(crate) fn draw(board: &Board, stream: &mut Stream, shortest: u32, budget: u64) -> Option<Vec<u32>> {
    let people = board.size();
    let shortest = shortest.max(2);
    debug_assert!(board.forbids_self(), "circles need the same people on both sides");
    if people == 0 {
        return Some(Vec::new());
    }
    if people < shortest {
        return None;
    }
    let free = board.forbidden() == u64::from(people);
    if free && people - shortest < shortest {
        return Some(one_circle(people, stream));
    }
    let mut order: Vec<u32> = (0..people).collect();
    for _ in 0..budget {
        let circles = lengths(people, shortest, stream);
        let done = if free {
            stream.shuffle(&mut order);
            true
        } else {
            lay_out(board, &circles, &mut order, stream)
        };
        if done {
            return Some(receivers(&circles, &order));
        }
    }
    None
}

/// Steps expected per draw.
pub(crate) fn steps(board: &Board) -> f64 {
    let people = f64::from(board.size());
    let lambda = (board.lambda() - 1.0).max(0.0);
    people + if lambda < 1e-9 { people } else { people * libm::expm1(lambda) / lambda }
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
        let board = |people: u32| Board::new((0..people).collect(), (0..people).collect(), [].into_iter());
        assert_eq!(draw(&board(0), &mut stream, 2, 9), Some(vec![]));
        assert_eq!(draw(&board(1), &mut stream, 2, 9), None);
        assert_eq!(draw(&board(2), &mut stream, 2, 9), Some(vec![1, 0]));
        assert_eq!(draw(&board(2), &mut stream, 3, 9), None);
    }
}
