//! Ways out of an impossible roster. Each is tried before it is suggested: the rule is dropped, the guests are invited,
//! and the question is asked again.

use super::answer::{Clash, Impossible, NoDraw, Repair, RuleRef};
use super::board::number;
use super::circular::{self, Circular, Rule};
use super::feasible::{self, Matching};
use super::joining::joined;
use super::problem::Problem;
use super::{circle, rules};

/// People, forbidden cells and counted sets that may be looked at while trying.
const EFFORT: usize = 200_000_000;

/// Most people for whom rules about circles are counted through; for more a draw is searched for.
const MOST_CIRCLED: u32 = circle::MOST_LONG;

/// Steps of such a search.
const SEARCH: usize = 4_000_000;

/// Finds ways out and writes them into the proof.
pub(super) fn suggest(problem: &Problem, found: &mut Impossible) {
    let mut tries = tries(problem);
    if found.clash == Clash::Exhausted && problem.people <= MOST_CIRCLED {
        blame_fewer(problem, found, &mut tries);
    }
    let mut repairs = Vec::new();
    for &rule in found.rules.iter().filter(|&&rule| rule != RuleRef::SelfRule) {
        if tries == 0 {
            break;
        }
        tries -= 1;
        if is_possible(&without(problem, &[rule])) {
            repairs.push(Repair::Drop(rule));
        }
    }
    let matched = matches!(found.clash, Clash::Givers | Clash::Receivers) && problem.gifts_each == 1;
    if matched {
        if repairs.is_empty() {
            repairs.extend(together(problem));
        }
        repairs.extend(inside(problem, found));
        repairs.extend(guests(problem));
    }
    repairs.extend(fewer_gifts(problem));
    found.repairs = repairs;
}

/// How often a question may be asked again.
fn tries(problem: &Problem) -> usize {
    let people = problem.people as usize;
    let cells = problem.exclusions.len() + problem.history.iter().map(Vec::len).sum::<usize>();
    let counting = match problem.people {
        _ if !problem.follows_circles() => 1,
        0..=MOST_CIRCLED => 3_usize.pow(problem.people),
        _ => SEARCH,
    };
    (EFFORT / (people + cells).max(counting).max(1)).clamp(4, 400)
}

/// Whether a question has a draw, as far as that is proved.
pub(super) fn is_possible(problem: &Problem) -> bool {
    if problem.gifts_each > 1 {
        let board = rules::board(problem, forbids_history(problem));
        return !problem.follows_circles() && joined(&board, problem.gifts_each).is_ok();
    }
    if problem.follows_circles() && problem.people <= MOST_CIRCLED {
        return !matches!(Circular::of(problem), Err(NoDraw::Impossible(_)));
    }
    let board = rules::board(problem, forbids_history(problem));
    if problem.follows_circles() {
        return circular::ruled_out(&board, Rule::of(problem), SEARCH as u64) == Some(false);
    }
    feasible::clearly_possible(&board) || feasible::largest(&board).free_rows().is_empty()
}

fn forbids_history(problem: &Problem) -> bool {
    problem.repeats == super::Repeats::Never
}

/// The question without some rules.
pub(super) fn without(problem: &Problem, dropped: &[RuleRef]) -> Problem {
    let mut problem = problem.clone();
    for &rule in dropped {
        match rule {
            RuleRef::SelfRule => {}
            RuleRef::Household(household) => {
                for home in problem.households.iter_mut().filter(|home| **home == Some(household)) {
                    *home = None;
                }
            }
            RuleRef::Exclusion(number) => problem.exclusions.retain(|cell| cell.rule != number),
            RuleRef::History(tier) => {
                if let Some(earlier) = problem.history.get_mut(tier as usize) {
                    earlier.clear();
                }
            }
            RuleRef::OneCircle => problem.one_circle = false,
            RuleRef::NoMutual => problem.mutual = true,
        }
    }
    problem
}

/// Leaves out rules as long as the rest is impossible by itself.
fn blame_fewer(problem: &Problem, found: &mut Impossible, tries: &mut usize) {
    let mut spared = Vec::new();
    let rules = std::mem::take(&mut found.rules);
    for &rule in &rules {
        if *tries == 0 {
            break;
        }
        *tries -= 1;
        spared.push(rule);
        if is_possible(&without(problem, &spared)) {
            spared.pop();
        }
    }
    found.rules = rules.into_iter().filter(|rule| !spared.contains(rule)).collect();
}

/// Rules that are enough when dropped together: those that keep the givers left over from the receivers left over.
fn together(problem: &Problem) -> Option<Repair> {
    let board = rules::board(problem, forbids_history(problem));
    let matching = feasible::largest(&board);
    let mut dropped = keeping_apart(problem, &matching)?;
    if dropped.len() > 40 || !is_possible(&without(problem, &dropped)) {
        return None;
    }
    let mut at = 0;
    while at < dropped.len() {
        let rule = dropped.remove(at);
        if !is_possible(&without(problem, &dropped)) {
            dropped.insert(at, rule);
            at += 1;
        }
    }
    (dropped.len() > 1).then_some(Repair::DropAll(dropped))
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

/// A household of more than half the people needs as many pairings within itself as it exceeds the others by. If that is
/// also how many givers are left over in all, then all of them, and all receivers left over, belong to it, and they can
/// be paired.
fn inside(problem: &Problem, found: &Impossible) -> Option<Repair> {
    let crowd = if found.clash == Clash::Givers { &found.givers } else { &found.receivers };
    let household = problem.households[*crowd.first()? as usize]?;
    let members = number(problem.households.iter().filter(|&&home| home == Some(household)).count());
    let people = problem.people;
    let pairings = members.checked_sub(people - members).filter(|&pairings| pairings == found.must_go)?;
    (members > 1 && pairings > 0).then_some(Repair::Inside { household, members, people, pairings })
}

/// As many guests as givers are left over: each receives from one of these and gives to one whom nobody gives to.
fn guests(problem: &Problem) -> Option<Repair> {
    let board = rules::board(problem, forbids_history(problem));
    let left_over = number(feasible::largest(&board).free_rows().len());
    let mut invited = problem.clone();
    invited.people = problem.people.checked_add(left_over)?;
    invited.households.resize(invited.people as usize, None);
    is_possible(&invited).then_some(Repair::Guests(left_over))
}

/// The most gifts each that are possible, if fewer than asked for.
fn fewer_gifts(problem: &Problem) -> Option<Repair> {
    let most = problem.gifts_each.min(problem.people).min(64);
    (1..most).rev().find(|&gifts| is_possible(&Problem { gifts_each: gifts, ..problem.clone() })).map(Repair::Gifts)
}
