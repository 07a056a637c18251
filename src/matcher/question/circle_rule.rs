//! What the circles of a draw have to be: everybody gives to the next on theirs.

use super::complement::NOBODY;
use super::problem::Problem;

/// A rule about circles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CircleRule {
    /// One circle through everybody.
    One,
    /// Circles of three or more: no two people draw each other.
    NoMutual,
}

impl CircleRule {
    /// The rule of a question, if it has one.
    pub(crate) fn of(problem: &Problem) -> Option<Self> {
        // A single circle of three or more has no mutual pair anyway; of two people it is one.
        match (problem.one_circle, problem.mutual) {
            (false, true) => None,
            (true, mutual) if problem.people > 2 || mutual => Some(Self::One),
            _ => Some(Self::NoMutual),
        }
    }

    /// Whether rounds keep the rule: one circle is meant of each round, "no two draw each other" across rounds.
    pub(crate) fn holds(self, rounds: &[Vec<u32>]) -> bool {
        match self {
            Self::One => rounds.iter().all(|round| circles(round).1 <= 1),
            Self::NoMutual => {
                let back = |receiver: u32, giver| rounds.iter().any(|other| other[receiver as usize] == giver);
                !rounds.iter().any(|round| round.iter().zip(0..).any(|(&receiver, giver)| back(receiver, giver)))
            }
        }
    }
}

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
