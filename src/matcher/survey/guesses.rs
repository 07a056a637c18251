//! Who can guess, and how many draws there are, where they are too many to count: some draws are made from fixed seeds and looked
//! at, the same ones whenever the roster is the same.

use super::tally::Tally;
use super::{Basis, Sureness};
use crate::matcher::possible::{blocks, search, witness};
use crate::matcher::question::board::{Board, number};
use crate::matcher::question::circle_rule::CircleRule;
use crate::matcher::question::scaling::{Scaling, ln_most};
use crate::matcher::random::{Purpose, Stream};
use crate::matcher::ready::Part;
use crate::matcher::samplers::groups::Groups;
use crate::matcher::samplers::{Choice, Rounds, Sampler};

/// Most draws that are looked at, and the fewest that say anything.
const MOST: u32 = 400;
const LEAST: u32 = 50;

/// Steps of a plain shuffle that may be spent on looking at a roster's draws, and pairings that may be kept in mind.
const STEPS: f64 = 1.2e8;
const PAIRINGS: u32 = 4_000_000;

/// Draws that came out, and what that tells of how many there are.
struct Looked {
    draws: Vec<Rounds>,
    /// ln of the estimated number of draws, where enough came out.
    ln_count: Option<f64>,
}

/// Counts a part of a question that is too large to count, and notes who can guess in it. `share` is its part of the whole.
pub(super) fn look(tally: &mut Tally, part: &Part, share: f64) {
    let looked = part.choices.first().map(|choice| draws(choice, part, share));
    let looked = looked.unwrap_or(Looked { draws: Vec::new(), ln_count: None });
    count(tally, part, &looked);
    note_always(tally, part, &looked.draws);
    let seen = number(looked.draws.len());
    if seen >= LEAST {
        for (row, col, share) in often(part, &looked.draws) {
            tally.note(part.rows[row as usize], part.cols[col as usize], share, Basis::Sampled { draws: seen });
        }
    } else if part.rule.is_none() && part.gifts == 1 {
        let scaling = Scaling::of(&part.board);
        for (row, (col, chance)) in (0_usize..).zip(scaling.likeliest(&part.board)).filter(|_| scaling.converged) {
            tally.note(part.rows[row], part.cols[col as usize], chance.min(1.0), Basis::Estimated);
        }
    }
}

/// Draws by the first sampler as long as there are steps left.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 10^9")]
fn draws(choice: &Choice, part: &Part, share: f64) -> Looked {
    let sampler = &choice.sampler;
    let all = (STEPS * share / sampler.steps().max(1.0)).min(1e9) as u64;
    let mut stream = Stream::new(&[0; 32], Purpose::Draw, part.board.size());
    let most = MOST.min(PAIRINGS / (part.board.size() * part.gifts).max(1)).max(8);
    let mut left = all;
    let drawn = std::iter::from_fn(|| sampler.draw(&mut stream, &mut left)).take(most as usize);
    let draws: Vec<Rounds> = drawn.collect();
    let attempts = (all - left) as f64;
    // With m draws in so many attempts (m - 1)/(attempts - 1) is an unbiased guess at how often one succeeds.
    let enough = draws.len() >= 8;
    let ln_count = enough.then(|| sampler.ln_bound() + libm::log((draws.len() - 1) as f64 / (attempts - 1.0).max(1.0)));
    Looked { draws, ln_count }
}

/// The number of draws of a part.
fn count(tally: &mut Tally, part: &Part, looked: &Looked) {
    if let Some(choice) = part.choices.first().filter(|choice| choice.sampler.always()) {
        return tally.add(Sureness::Weighed, choice.sampler.ln_bound());
    }
    let plain = part.rule.is_none() && part.gifts == 1;
    let groups = if plain { Groups::new(&part.board) } else { None };
    if let Some(groups) = groups.filter(|groups| groups.always() && groups.work() <= STEPS) {
        return tally.add(Sureness::Weighed, groups.ln_bound());
    }
    let most = f64::from(part.gifts) * ln_most(&part.board);
    match looked.ln_count {
        Some(seen) => {
            // Scaling is the closer estimate where it is not far off.
            let scaled = plain.then(|| Scaling::of(&part.board).ln_count).filter(|scaled| (scaled - seen).abs() < 1.5);
            tally.add(Sureness::Estimated, scaled.unwrap_or(seen).min(most));
        }
        None => tally.add(Sureness::AtMost, most),
    }
}

/// The pairings of more than half of the draws, with their share.
fn often(part: &Part, draws: &[Rounds]) -> Vec<(u32, u32, f64)> {
    let mut often = Vec::new();
    let seen = number(draws.len());
    for giver in 0..part.board.size() {
        let mut receivers: Vec<u32> = draws.iter().flatten().map(|round| round[giver as usize]).collect();
        receivers.sort_unstable();
        for same in receivers.chunk_by(|one, other| one == other) {
            let times = number(same.len());
            if 2 * times > seen {
                often.push((giver, same[0], f64::from(times) / f64::from(seen)));
            }
        }
    }
    often
}

/// How many pairings that all draws looked at have are searched for a draw without, and the steps of each search.
const SEARCHED: usize = 10;
const SEARCH: u64 = 4_000_000;

/// Notes pairings of every draw, as far as there is a quick proof.
fn note_always(tally: &mut Tally, part: &Part, draws: &[Rounds]) {
    let mut always: Vec<(u32, u32)> = part.must.pairs().collect();
    if part.gifts == 1 && part.rule.is_some() {
        always.extend(blocks::forced(&part.board));
    }
    if let (Some(rule), 1, Some(first)) = (part.rule, part.gifts, draws.first()) {
        let same = |&(giver, receiver): &(u32, u32)| draws.iter().all(|rounds| rounds[0][giver as usize] == receiver);
        let seen = (0..).zip(first[0].iter().copied()).filter(same).take(SEARCHED);
        always.extend(seen.filter(|&pair| none_without(&part.board, rule, pair)));
    }
    if part.gifts > 1 {
        // Whoever may give to as many people only as there are gifts gives to all of them.
        let open = |giver: u32| (0..part.board.size()).filter(move |&to| part.board.allows(giver, to));
        let tight = |&giver: &u32| part.board.size() - part.board.forbidden_count_row(giver) == part.gifts;
        always.extend((0..part.board.size()).filter(tight).flat_map(|giver| open(giver).map(move |to| (giver, to))));
    }
    for (giver, receiver) in always {
        tally.note(part.rows[giver as usize], part.cols[receiver as usize], 1.0, Basis::Counted);
    }
}

/// Whether it is proved that no draw keeps the rule without a pairing.
fn none_without(board: &Board, rule: CircleRule, pair: (u32, u32)) -> bool {
    let cells = board.extra.pairs().chain([pair]);
    let board = Board::new(board.row_groups.clone(), board.col_groups.clone(), cells);
    if rule == CircleRule::One && witness::closed_company(&board).is_some() {
        return true;
    }
    let mut stream = Stream::new(&[0; 32], Purpose::Search, 0);
    matches!(search::search(&board, rule, &mut stream, SEARCH), search::Outcome::Exhausted)
}
