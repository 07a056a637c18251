//! How many rounds there are, and who can guess.

use std::borrow::Cow;

use super::{Pairings, Rounds};
use crate::matcher::answer::NoDraw;
use crate::matcher::board::Board;
use crate::matcher::circular::Rule;
use crate::matcher::problem::Problem;
use crate::matcher::sampled;
use crate::matcher::scaling::{Scaled, ln_factorial};
use crate::matcher::survey::{Basis, Survey, Tally};
use crate::matcher::tuples::{self, Tuples};
use crate::matcher::{factor, kfold};

/// Starts of a draw that is only made to be looked at.
const STARTS: u64 = sampled::ATTEMPTS;

/// Surveys a question of several gifts each. Rounds in another order count as others.
pub(in crate::matcher) fn survey(problem: &Problem) -> Result<Survey, NoDraw> {
    let rounds = Rounds::of(problem)?;
    let (pairings, rule) = (&rounds.best, rounds.rule);
    let (people, gifts) = (problem.people, problem.gifts_each);
    let mut tally = Tally::default();
    if rule.is_none() && tuples::fits(people, gifts) {
        let count = || Tuples::count(&pairings.board, &pairings.must, gifts);
        let counted = pairings.table.as_ref().map_or_else(|| Cow::Owned(count()), Cow::Borrowed);
        tally.add_exact(counted.total());
        tally.note_uses(people, &counted.uses(), counted.total());
        return Ok(tally.survey());
    }
    tally.add_estimate(estimate(&pairings.board, gifts, rule) - pairings.rarity());
    note_always(&mut tally, pairings);
    if sampled::affordable(people, gifts, 2.0 * kfold::steps(&pairings.board, gifts)) {
        let often = sampled::often(people, |stream| Some(pairings.weighed(rule, STARTS, stream)?.0));
        often
            .into_iter()
            .flatten()
            .for_each(|(giver, receiver, share)| tally.note(giver, receiver, share, Basis::Sampled));
    }
    Ok(tally.survey())
}

/// Pairings in every set of rounds, as far as they are so without a rule about circles.
fn note_always(tally: &mut Tally, pairings: &Pairings) {
    if pairings.board.size() <= factor::MOST {
        let settled = factor::fewest(&pairings.board, &[], &pairings.in_hand);
        for (giver, receiver) in settled.must.pairs().chain(pairings.must.pairs()) {
            tally.note(giver, receiver, 1.0, Basis::Counted);
        }
    }
}

/// A round more meets each pairing of the rounds before with the chance it has anyway: with w open cells a row, that thins the
/// draws by (1 - 1/w) per person and earlier round, to first order.
pub(in crate::matcher) fn estimate(board: &Board, gifts: u32, rule: Option<Rule>) -> f64 {
    let scaled = Scaled::of(board);
    let people = f64::from(board.size());
    let open = people - board.lambda();
    let one = scaled.ln_count;
    // Where there are only as many options as rounds, the last of them is the one that is left.
    let left = |before: u32| (1.0 - f64::from(before) / open).max(1.0 / people);
    let thinning: f64 = (1..gifts).map(|before| people * libm::log(left(before))).sum();
    let mutual = scaled.mutual_pairs(board);
    let count = f64::from(gifts);
    let ruled = match rule {
        None => 0.0,
        Some(Rule::NoMutual) => -mutual * count * count,
        Some(Rule::One) => count * (1.0 - libm::log(people)),
    };
    // There is one set of rounds at least, in any order.
    (count * one + thinning + ruled).max(ln_factorial(gifts))
}
