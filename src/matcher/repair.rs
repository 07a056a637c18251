//! Ways out of an impossible roster. Each is tried before it is suggested: the rule is dropped, the guests are invited,
//! and the question is asked again.

mod together;

use self::together::together;
use super::answer::{Clash, Impossible, Repair, RuleRef};
use super::possible::cheapest::{self, cheapest};
use super::possible::k_matching::joined;
use super::possible::matching::{self, Matching, largest, reached};
use super::question::board::{Csr, number};
use super::question::complement::Complement;
use super::question::costs::Tier;
use super::question::problem::{Problem, Repeats};
use super::question::rules;
use super::ready::Ready;
use super::samplers::circles::MOST_LONG;

/// People, forbidden cells and counted sets that may be looked at while trying.
const EFFORT: usize = 200_000_000;

/// Most people for whom rules about circles are counted through; for more a draw is searched for.
const MOST_CIRCLED: u32 = MOST_LONG;

/// Steps of such a search.
const SEARCH: usize = 4_000_000;

/// Finds ways out and writes them into the proof.
pub(super) fn suggest(problem: &Problem, found: &mut Impossible) {
    let mut tries = tries(problem);
    if found.clash == Clash::Exhausted && problem.people <= MOST_CIRCLED {
        blame_fewer(problem, found, &mut tries);
    }
    let matched = matches!(found.clash, Clash::Givers | Clash::Receivers) && problem.gifts_each == 1;
    let left_over = matched.then(|| LeftOver::of(problem));
    let mut repairs = Vec::new();
    let about_circles = |rule: &RuleRef| matches!(rule, RuleRef::OneCircle | RuleRef::NoMutual);
    // The rule about circles first: it helps most often, and is one try.
    let (first, others): (Vec<RuleRef>, Vec<RuleRef>) = found.rules.iter().partition(|rule| about_circles(rule));
    for rule in first.into_iter().chain(others).filter(|&rule| rule != RuleRef::SelfRule) {
        if left_over.as_ref().is_some_and(|left_over| !left_over.may_help(problem, rule)) {
            continue;
        }
        if tries == 0 {
            found.all_tried = false;
            break;
        }
        tries -= 1;
        if is_possible(&without(problem, &[rule])) {
            repairs.push(Repair::Drop(rule));
        }
    }
    if let Some(left_over) = left_over {
        if repairs.is_empty() {
            repairs.extend(together(problem, found, &left_over.matching, tries));
        }
        repairs.extend(inside(problem, found));
        repairs.extend(guests(problem));
    }
    repairs.extend(fewer_gifts(problem));
    found.repairs = repairs;
}

/// Whom a largest matching leaves over, and whom alternating paths lead to from there.
struct LeftOver {
    matching: Matching,
    /// Givers reached from those left over, and receivers from whom one leads to those left over.
    givers: Vec<u32>,
    receivers: Vec<u32>,
}

impl LeftOver {
    fn of(problem: &Problem) -> Self {
        let board = rules::board(problem, forbidden(problem));
        let matching = largest(&board);
        let givers = reached(&Complement::of_givers(&board), &matching, &matching.free_rows());
        let turned = matching.turned_round();
        let receivers = reached(&Complement::of_receivers(&board), &turned, &matching.free_cols());
        Self { matching, givers, receivers }
    }

    /// Whether a rule keeps a giver reached from somebody, and a receiver reached from somebody: a path from a giver to a
    /// receiver left over, with nothing but this rule in its way, leaves the former and enters the latter through it.
    fn may_help(&self, problem: &Problem, rule: RuleRef) -> bool {
        let gives = |giver: &u32| self.givers.binary_search(giver).is_ok();
        let receives = |receiver: &u32| self.receivers.binary_search(receiver).is_ok();
        match rule {
            RuleRef::Exclusion(number) => {
                let mut cells = problem.exclusions.iter().filter(|cell| cell.rule == number);
                cells.clone().any(|cell| gives(&cell.giver)) && cells.any(|cell| receives(&cell.receiver))
            }
            RuleRef::History(tier) => problem.history.get(tier as usize).is_some_and(|earlier| {
                earlier.iter().any(|(giver, _)| gives(giver)) && earlier.iter().any(|(_, to)| receives(to))
            }),
            _ => true,
        }
    }
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
    let most = if problem.follows_circles() && problem.people > MOST_CIRCLED { 10 } else { 400 };
    (EFFORT / (people + cells).max(counting).max(1)).clamp(4, most)
}

/// Whether a question has a draw, as far as that is proved.
pub(super) fn is_possible(problem: &Problem) -> bool {
    let board = || rules::board(problem, forbidden(problem));
    if problem.gifts_each > 1 {
        return !problem.follows_circles() && joined(&board(), problem.gifts_each).is_ok();
    }
    if problem.follows_circles() {
        let free = Problem { history: Vec::new(), ..problem.clone() };
        let problem = if forbids_history(problem) { problem } else { &free };
        return Ready::new(problem).is_ok_and(|ready| ready.draw_within(&[0; 32], SEARCH as u64).is_ok());
    }
    let board = board();
    matching::clearly_possible(&board) || largest(&board).free_rows().is_empty()
}

/// The earlier draws that may never come again.
fn forbidden(problem: &Problem) -> &[Vec<(u32, u32)>] {
    if forbids_history(problem) { &problem.history } else { &[] }
}

fn forbids_history(problem: &Problem) -> bool {
    problem.repeats == Repeats::Never
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

/// A household of more than half the people needs as many pairings within itself as it exceeds the others by. If that is
/// also how many givers are left over in all, then all of them, and all receivers left over, belong to it, and they can
/// be paired, unless other rules keep them apart too: then a draw with no more such pairings is looked for.
fn inside(problem: &Problem, found: &Impossible) -> Option<Repair> {
    let crowd = if found.clash == Clash::Givers { &found.givers } else { &found.receivers };
    let household = problem.households[*crowd.first()? as usize]?;
    let is_member = |person: u32| problem.households[person as usize] == Some(household);
    let people = problem.people;
    let members = number((0..people).filter(|&person| is_member(person)).count());
    let pairings = members.checked_sub(people - members).filter(|&pairings| pairings == found.must_go)?;
    if members < 2 || pairings == 0 {
        return None;
    }
    let repair = Repair::Inside { household, members, people, pairings };
    let never = forbids_history(problem);
    let within = |pair: &(u32, u32)| pair.0 != pair.1 && is_member(pair.0) && is_member(pair.1);
    let excluded = problem.exclusions.iter().any(|cell| within(&(cell.giver, cell.receiver)));
    let repeated = never && problem.history.iter().flatten().any(within);
    if !excluded && !repeated {
        return Some(repair);
    }
    let board = rules::board(&without(problem, &[RuleRef::Household(household)]), forbidden(problem));
    if people > cheapest::MOST {
        return None;
    }
    let rounds = joined(&board, 1).ok()?;
    let everybody = (0..people).flat_map(|giver| (0..people).map(move |receiver| (giver, receiver)));
    let cells: Vec<(u32, u32)> = everybody.filter(within).collect();
    let tier = Tier::Repeats(Csr::from_pairs(people as usize, cells.iter().copied()));
    let best = cheapest(&board, &[tier], &rounds);
    let used = (0..).zip(best.rounds[0].iter().copied()).filter(within).count();
    (number(used) == pairings).then_some(repair)
}

/// As many guests as givers are left over: each receives from one of these and gives to one whom nobody gives to.
fn guests(problem: &Problem) -> Option<Repair> {
    let board = rules::board(problem, forbidden(problem));
    let left_over = number(largest(&board).free_rows().len());
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
