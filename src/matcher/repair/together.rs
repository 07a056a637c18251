//! Rules that make a draw possible when they are dropped together.

use std::collections::BTreeMap;

use super::{forbids_history, is_possible, without};
use crate::matcher::answer::{Impossible, Repair, RuleRef};
use crate::matcher::possible::matching::Matching;
use crate::matcher::possible::witness::all_rules;
use crate::matcher::question::problem::Problem;

/// Most rules that are suggested to be dropped together.
const MOST_TOGETHER: usize = 40;

/// Rules that are enough when dropped together: those that keep the givers left over from the receivers left over, or
/// fewer where trying shows that fewer will do.
pub(super) fn together(problem: &Problem, found: &Impossible, matching: &Matching, mut tries: usize) -> Option<Repair> {
    let mut rules = keeping_apart(problem, matching)?;
    if rules.len() > MOST_TOGETHER || !is_possible(&without(problem, &rules)) {
        return None;
    }
    let mut at = 0;
    while at < rules.len() {
        let rule = rules.remove(at);
        if !is_possible(&without(problem, &rules)) {
            rules.insert(at, rule);
            at += 1;
        }
    }
    if let [only] = rules[..] {
        return Some(Repair::Drop(only));
    }
    // Where all rules that could help alone were tried, one is not enough.
    let least = fewest_with_cells(problem, found.must_go).max(if found.all_tried { 2 } else { 1 });
    let pool = all_rules(problem, forbids_history(problem));
    let mut fewest = true;
    for size in least..rules.len() {
        let sets = sets_of(&pool, size, tries);
        let Some(sets) = sets else {
            fewest = false;
            break;
        };
        tries -= sets.len();
        if let Some(fewer) = sets.into_iter().find(|set| is_possible(&without(problem, set))) {
            rules = fewer;
            break;
        }
    }
    Some(Repair::DropAll { rules, fewest })
}

/// How many rules forbid so many cells at the least.
fn fewest_with_cells(problem: &Problem, cells: u32) -> usize {
    let mut counts: BTreeMap<RuleRef, u64> = BTreeMap::new();
    for cell in &problem.exclusions {
        *counts.entry(RuleRef::Exclusion(cell.rule)).or_default() += 1;
    }
    for household in problem.households.iter().flatten() {
        *counts.entry(RuleRef::Household(*household)).or_default() += 1;
    }
    if forbids_history(problem) {
        let tiers = (0..).zip(&problem.history);
        counts.extend(tiers.map(|(tier, earlier)| (RuleRef::History(tier), earlier.len() as u64)));
    }
    let of = |(rule, count): (RuleRef, u64)| match rule {
        RuleRef::Household(_) => count * count.saturating_sub(1),
        _ => count,
    };
    let mut counts: Vec<u64> = counts.into_iter().map(of).collect();
    counts.sort_unstable_by(|one, other| other.cmp(one));
    let mut sum = 0;
    1 + counts
        .iter()
        .take_while(|&&count| {
            sum += count;
            sum < u64::from(cells)
        })
        .count()
}

/// All sets of so many rules; `None` if they are more than `most`.
fn sets_of(pool: &[RuleRef], size: usize, most: usize) -> Option<Vec<Vec<RuleRef>>> {
    let mut sets: Vec<(Vec<RuleRef>, usize)> = vec![(Vec::new(), 0)];
    for _ in 0..size {
        let longer = sets
            .iter()
            .flat_map(|(set, from)| (*from..pool.len()).map(move |at| ([&set[..], &pool[at..=at]].concat(), at + 1)));
        sets = longer.take(most + 1).collect();
        if sets.len() > most {
            return None;
        }
    }
    Some(sets.into_iter().map(|(set, _)| set).collect())
}

fn keeping_apart(problem: &Problem, matching: &Matching) -> Option<Vec<RuleRef>> {
    let (givers, mut receivers) = (matching.free_rows(), matching.free_cols());
    let meets_self = |receivers: &[u32]| givers.iter().zip(receivers).any(|(giver, receiver)| giver == receiver);
    // Nobody may be asked to give to themselves: turn one list until nobody is.
    let turn = (0..receivers.len()).find(|_| {
        receivers.rotate_left(1);
        !meets_self(&receivers)
    });
    turn?;
    let mut pairs: Vec<(u32, u32)> = givers.into_iter().zip(receivers).collect();
    pairs.sort_unstable();
    let concerned = |pair: (u32, u32)| pairs.binary_search(&pair).is_ok();
    let households = pairs.iter().filter_map(|&(giver, receiver)| {
        let household = problem.households[giver as usize]?;
        (problem.households[receiver as usize] == Some(household)).then_some(RuleRef::Household(household))
    });
    let mut dropped: Vec<RuleRef> = households.collect();
    let exclusions = problem.exclusions.iter().filter(|cell| concerned((cell.giver, cell.receiver)));
    dropped.extend(exclusions.map(|cell| RuleRef::Exclusion(cell.rule)));
    if forbids_history(problem) {
        let history = (0..).zip(&problem.history).filter(|(_, earlier)| earlier.iter().any(|&pair| concerned(pair)));
        dropped.extend(history.map(|(tier, _)| RuleRef::History(tier)));
    }
    dropped.sort_unstable();
    dropped.dedup();
    Some(dropped)
}
