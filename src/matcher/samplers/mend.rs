//! A draw mended until it keeps a rule about circles, for boards too large or too dense for the exact methods.
//!
//! Mutual pairs: walk at random, but never into a new mutual pair; every old one goes as soon as a step touches it. One circle:
//! two givers of different circles who swap receivers join their circles; look for such a swap until one circle is
//! left, shaking the draw when there is none. A walk that keeps the rule follows. Nothing is proved about how
//! likely each draw is: `approximate`.

use crate::matcher::board::{Board, Csr, number};
use crate::matcher::chain;
use crate::matcher::circular::Rule;
use crate::matcher::random::Stream;
use crate::matcher::sight::NOBODY;

/// Rounds of shaking and joining before giving up.
const ROUNDS: u32 = 200;

/// The circle of every giver, numbered by first giver, and how many circles there are.
pub(crate) fn circles(draw: &[u32]) -> (Vec<u32>, u32) {
    let mut circle_of = vec![NOBODY; draw.len()];
    let mut count = 0;
    for first in 0..draw.len() {
        if circle_of[first] != NOBODY {
            continue;
        }
        let mut at = first;
        while circle_of[at] == NOBODY {
            circle_of[at] = count;
            at = draw[at] as usize;
        }
        count += 1;
    }
    (circle_of, count)
}

/// Mends a valid draw; `None` if it did not work out.
pub(crate) fn mend(board: &Board, rule: Rule, mut draw: Vec<u32>, stream: &mut Stream) -> Option<Vec<u32>> {
    let steps = chain::steps(board.size());
    match rule {
        Rule::NoMutual => {
            let keeps = |draw: &[u32], givers: &[u32]| {
                let mutual = |&giver: &u32| draw[draw[giver as usize] as usize] == giver;
                chain::open(board, draw, givers) && !givers.iter().any(mutual)
            };
            chain::walk(&mut draw, steps, stream, keeps);
        }
        Rule::One => {
            join(board, &mut draw, stream)?;
            // Every step looks at the whole circle.
            let steps = steps.min(20_000_000 / u64::from(board.size().max(1)));
            chain::walk(&mut draw, steps, stream, |draw, givers| {
                chain::open(board, draw, givers) && circles(draw).1 == 1
            });
        }
    }
    rule.holds(&draw).then_some(draw)
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
            if chain::open(board, draw, &[one, other]) {
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
        let open = |draw: &[u32], givers: &[u32]| chain::open(board, draw, givers);
        chain::walk(draw, 4 * u64::from(size), stream, open);
    }
    None
}

/// Walks from rounds that share no pairing and use all they must to others, until the rule holds; `None` if it did not work
/// out.
pub(crate) fn mend_rounds(
    board: &Board,
    must: &Csr,
    rule: Option<Rule>,
    in_hand: &[Vec<u32>],
    stream: &mut Stream,
) -> Option<Vec<Vec<u32>>> {
    let mut rounds = in_hand.to_vec();
    let steps = chain::steps(board.size());
    for at in (0..rounds.len()).chain(0..rounds.len()) {
        let mut round = std::mem::take(&mut rounds[at]);
        let fresh = |draw: &[u32], givers: &[u32]| {
            chain::open(board, draw, givers)
                && givers.iter().all(|&giver| {
                    let receiver = draw[giver as usize];
                    let again = rounds.iter().any(|other| other.get(giver as usize) == Some(&receiver));
                    let back = |other: &[u32]| other.get(receiver as usize) == Some(&giver);
                    let mutual = rule == Some(Rule::NoMutual) && (back(draw) || rounds.iter().any(|other| back(other)));
                    let given =
                        |must| receiver == must || rounds.iter().any(|other| other.get(giver as usize) == Some(&must));
                    !again && !mutual && must.list(giver).iter().all(|&must| given(must))
                })
        };
        chain::walk(&mut round, steps, stream, fresh);
        rounds[at] = round;
    }
    let keeps = match rule {
        None => true,
        Some(Rule::One) => rounds.iter().all(|round| Rule::One.holds(round)),
        Some(Rule::NoMutual) => rounds.iter().all(|round| {
            let mutual = |receiver: u32, giver| rounds.iter().any(|other| other[receiver as usize] == giver);
            !round.iter().zip(0..).any(|(&receiver, giver)| mutual(receiver, giver))
        }),
    };
    keeps.then_some(rounds)
}
