//! A draw mended until it keeps a rule about circles, for boards too large or too dense for the exact methods.
//!
//! Mutual pairs: walk at random, but never into a new mutual pair; every old one goes as soon as a step touches it. One circle:
//! two givers of different circles who swap receivers join their circles; look for such a swap until one circle is
//! left, shaking the draw when there is none. A walk that keeps the rule follows. Nothing is proved about how
//! likely each draw is: `approximate`.

use super::k_rounds::uses_all;
use super::switch_chain;
use crate::matcher::question::board::{Board, Csr, number};
use crate::matcher::question::circle_rule::{CircleRule, circles};
use crate::matcher::random::Stream;

/// Rounds of shaking and joining before giving up.
const ROUNDS: u32 = 200;

/// Mends a valid draw; `None` if it did not work out.
pub(crate) fn mend(board: &Board, rule: CircleRule, mut draw: Vec<u32>, stream: &mut Stream) -> Option<Vec<u32>> {
    let steps = switch_chain::steps(board.size());
    match rule {
        CircleRule::NoMutual => {
            let keeps = |draw: &[u32], givers: &[u32]| {
                let mutual = |&giver: &u32| draw[draw[giver as usize] as usize] == giver;
                switch_chain::open(board, draw, givers) && !givers.iter().any(mutual)
            };
            switch_chain::walk(&mut draw, steps, stream, keeps);
        }
        CircleRule::One => {
            join(board, &mut draw, stream)?;
            // Every step looks at the whole circle.
            let steps = steps.min(20_000_000 / u64::from(board.size().max(1)));
            switch_chain::walk(&mut draw, steps, stream, |draw, givers| {
                switch_chain::open(board, draw, givers) && circles(draw).1 == 1
            });
        }
    }
    rule.holds(std::slice::from_ref(&draw)).then_some(draw)
}

fn join(board: &Board, draw: &mut [u32], stream: &mut Stream) -> Option<()> {
    let size = number(draw.len());
    for _ in 0..ROUNDS {
        let (mut circle_of, mut count) = circles(draw);
        for _ in 0..64 * u64::from(size) {
            if count == 1 {
                return Some(());
            }
            let (one, other) = (stream.below(size), stream.below(size));
            let (from, to) = (circle_of[other as usize], circle_of[one as usize]);
            if from == to {
                continue;
            }
            draw.swap(one as usize, other as usize);
            if switch_chain::open(board, draw, &[one, other]) {
                for circle in circle_of.iter_mut().filter(|circle| **circle == from) {
                    *circle = to;
                }
                count -= 1;
            } else {
                draw.swap(one as usize, other as usize);
            }
        }
        if count == 1 {
            return Some(());
        }
        let open = |draw: &[u32], givers: &[u32]| switch_chain::open(board, draw, givers);
        switch_chain::walk(draw, 4 * u64::from(size), stream, open);
    }
    None
}

/// Walks from rounds that share no pairing and use all they must to others, until the rule holds; `None` if it did not work
/// out in so many tries as are soon made.
pub(crate) fn mend_rounds(
    board: &Board,
    must: &Csr,
    rule: Option<CircleRule>,
    in_hand: &[Vec<u32>],
    stream: &mut Stream,
) -> Option<Vec<Vec<u32>>> {
    let steps = switch_chain::steps(board.size()) * 2 * in_hand.len() as u64;
    let tries = (20_000_000 / steps.max(1)).clamp(1, 1000);
    (0..tries).find_map(|_| walk_rounds(board, must, rule, in_hand, stream))
}

fn walk_rounds(
    board: &Board,
    must: &Csr,
    rule: Option<CircleRule>,
    in_hand: &[Vec<u32>],
    stream: &mut Stream,
) -> Option<Vec<Vec<u32>>> {
    let mut rounds = in_hand.to_vec();
    let steps = switch_chain::steps(board.size());
    for at in (0..rounds.len()).chain(0..rounds.len()) {
        let mut round = std::mem::take(&mut rounds[at]);
        let fresh = |draw: &[u32], givers: &[u32]| {
            switch_chain::open(board, draw, givers)
                && givers.iter().all(|&giver| {
                    let receiver = draw[giver as usize];
                    let again = rounds.iter().any(|other| other.get(giver as usize) == Some(&receiver));
                    let back = |other: &[u32]| other.get(receiver as usize) == Some(&giver);
                    let mutual =
                        rule == Some(CircleRule::NoMutual) && (back(draw) || rounds.iter().any(|other| back(other)));
                    let given =
                        |must| receiver == must || rounds.iter().any(|other| other.get(giver as usize) == Some(&must));
                    !again && !mutual && must.list(giver).iter().all(|&must| given(must))
                })
        };
        switch_chain::walk(&mut round, steps, stream, fresh);
        rounds[at] = round;
    }
    let keeps = rule.is_none_or(|rule| rule.holds(&rounds)) && uses_all(must, &rounds);
    keeps.then_some(rounds)
}
