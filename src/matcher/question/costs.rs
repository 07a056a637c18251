//! What a draw should not do more often than it must: repeat earlier pairings, or change a given draw.
//!
//! Costs come in tiers, the most important first: of all draws those that cost the least in the first tier are left, of these
//! those that cost the least in the second, and so on.

use super::board::{Board, Csr, number};
use super::complement::NOBODY;
use super::problem::Problem;

/// One tier of costs: every pairing costs 1 or nothing.
#[derive(Clone)]
pub(crate) enum Tier {
    /// Pairings of an earlier draw cost 1.
    Repeats(Csr),
    /// Pairings between people who stay cost 1, unless they are of the draw that is to be changed as little as can be.
    Changes {
        /// The pairings of that draw.
        before: Csr,
        /// Per person, whether they were part of it.
        stays: Vec<bool>,
    },
}

impl Tier {
    /// Whether a pairing costs anything.
    pub(crate) fn costs(&self, giver: u32, receiver: u32) -> bool {
        match self {
            Self::Repeats(earlier) => earlier.holds(giver, receiver),
            Self::Changes { before, stays } => {
                stays[giver as usize] && stays[receiver as usize] && !before.holds(giver, receiver)
            }
        }
    }

    /// Per giver the receiver in the draw that is to be changed, or [`NOBODY`]; nothing for other tiers.
    pub(crate) fn own(&self) -> Vec<u32> {
        match self {
            Self::Repeats(_) => Vec::new(),
            Self::Changes { before, .. } => {
                (0..number(before.keys())).map(|giver| before.list(giver).first().copied().unwrap_or(NOBODY)).collect()
            }
        }
    }

    /// What rounds cost.
    pub(crate) fn cost_of(&self, rounds: &[Vec<u32>]) -> u32 {
        let costly =
            |round: &Vec<u32>| (0..).zip(round).filter(|&(giver, &receiver)| self.costs(giver, receiver)).count();
        number(rounds.iter().map(costly).sum())
    }
}

/// The tiers of a question's history, the newest draw first.
pub(crate) fn of_history(problem: &Problem) -> Vec<Tier> {
    let people = problem.people as usize;
    problem.history.iter().map(|earlier| Tier::Repeats(Csr::from_pairs(people, earlier.iter().copied()))).collect()
}

/// What rounds cost, tier by tier.
pub(crate) fn of_rounds(tiers: &[Tier], rounds: &[Vec<u32>]) -> Vec<u32> {
    tiers.iter().map(|tier| tier.cost_of(rounds)).collect()
}

/// Most tiers, and highest cost in a tier, that [`packed`] keeps apart.
pub(crate) const MOST_PACKED: usize = 12;

/// What every pairing of a small board costs, 5 bits a tier, the most important highest, so that sums compare as tiers do. For at
/// most [`MOST_PACKED`] tiers and fewer than 32 people.
pub(crate) fn packed(board: &Board, tiers: &[Tier]) -> Vec<u64> {
    let people = board.size();
    let cost = |giver, receiver| {
        let bits = tiers.iter().rev().zip(0_u32..);
        bits.map(|(tier, at)| u64::from(tier.costs(giver, receiver)) << (5 * at)).sum()
    };
    (0..people).flat_map(|giver| (0..people).map(move |receiver| (giver, receiver))).map(|(g, r)| cost(g, r)).collect()
}
