//! The proof that there is no draw: a few people who together can give to, or receive from, too few.
//!
//! From a giver left over by a largest matching, follow alternating paths: the givers reached see only receivers whose
//! givers were reached too, one fewer than they are (Hall). That set is minimal: a smaller crowded set within it would have
//! to hold the giver left over and be closed under the same paths. Every giver left over is tried, and every
//! receiver left over from the other side, and the smallest set is shown.

use super::blocks;
use super::matching::{Matching, reached};
use crate::matcher::answer::{Clash, Impossible, RuleRef};
use crate::matcher::question::board::{Board, number};
use crate::matcher::question::complement::{Complement, NOBODY};
use crate::matcher::question::problem::{Problem, Repeats};

/// Most searches from either side; the people left over in one crowd mostly share one witness.
const MOST_ROOTS: usize = 64;

/// Why a board has no perfect matching, given a largest one. Ways out are not looked for here.
pub(crate) fn of_matching(problem: &Problem, board: &Board, matching: &Matching, with_history: bool) -> Impossible {
    let giving = smallest(&Complement::of_givers(board), matching, &matching.free_rows());
    let turned = matching.turned_round();
    let receiving = smallest(&Complement::of_receivers(board), &turned, &matching.free_cols());
    let (clash, (crowd, seen)) =
        if giving.0.len() <= receiving.0.len() { (Clash::Givers, giving) } else { (Clash::Receivers, receiving) };
    let room = seen.len() as u64;
    let found = of_crowd(problem, board, clash, (crowd, seen), room, with_history);
    Impossible { needed: room + 1, must_go: fewest_cells(board, matching), ..found }
}

/// A crowd that has more gifts to give (or receive) than `room`, and whom it sees.
pub(crate) fn of_crowd(
    problem: &Problem,
    board: &Board,
    clash: Clash,
    (crowd, seen): (Vec<u32>, Vec<u32>),
    room: u64,
    with_history: bool,
) -> Impossible {
    let needed = crowd.len() as u64 * u64::from(problem.gifts_each);
    let must_go = u32::try_from(needed.saturating_sub(room)).unwrap_or(u32::MAX);
    let (givers, receivers) =
        if matches!(clash, Clash::Receivers | Clash::ClosedReceivers) { (seen, crowd) } else { (crowd, seen) };
    let rules = rules(problem, board, clash, &givers, &receivers, with_history);
    Impossible { must_go, ..unmended(clash, (givers, receivers), rules, needed, room) }
}

/// People whom no single circle leaves or enters, or everybody when all was gone through.
pub(crate) fn of_circles(problem: &Problem, board: &Board, clash: Clash, people: Vec<u32>) -> Impossible {
    let with_history = problem.repeats == Repeats::Never;
    let mut rules = if clash == Clash::Exhausted {
        all_rules(problem, with_history)
    } else {
        rules(problem, board, clash, &people, &people, with_history)
    };
    rules.push(if problem.one_circle { RuleRef::OneCircle } else { RuleRef::NoMutual });
    if problem.one_circle && !problem.mutual && problem.people == 2 {
        rules.push(RuleRef::NoMutual);
    }
    let needed = people.len() as u64;
    unmended(clash, (people.clone(), people), rules, needed, 0)
}

fn unmended(
    clash: Clash,
    (givers, receivers): (Vec<u32>, Vec<u32>),
    rules: Vec<RuleRef>,
    needed: u64,
    room: u64,
) -> Impossible {
    Impossible { clash, givers, receivers, rules, repairs: Vec::new(), all_tried: true, must_go: 0, needed, room }
}

/// Somebody who may deal with too few people to give to some and receive from as many others; `None` if nobody is.
///
/// With k gifts each and no mutual pairs, everybody deals with 2k different people.
pub(crate) fn too_few_partners(problem: &Problem, board: &Board) -> Option<Impossible> {
    let needed = 2 * u64::from(problem.gifts_each);
    let partners = |person: u32| {
        let apart = board.extra(person).iter().filter(|&&other| board.extra_by_col(person).contains(&other)).count();
        u64::from(board.size()) - (board.rows_of(board.row_group(person)).len() + apart) as u64
    };
    let (room, person) = (0..board.size()).map(|person| (partners(person), person)).min()?;
    if room >= needed {
        return None;
    }
    let apart = |other: u32| !board.allows(person, other) && !board.allows(other, person);
    let household = problem.households[person as usize].filter(|_| board.rows_of(board.row_group(person)).len() > 1);
    let mut rules: Vec<RuleRef> = household.map(RuleRef::Household).into_iter().collect();
    let concerned = |giver, receiver| (giver == person && apart(receiver)) || (receiver == person && apart(giver));
    let exclusions = problem.exclusions.iter().filter(|cell| concerned(cell.giver, cell.receiver));
    rules.extend(exclusions.map(|cell| RuleRef::Exclusion(cell.rule)));
    if problem.repeats == Repeats::Never {
        let old = |earlier: &[(u32, u32)]| earlier.iter().any(|&(giver, receiver)| concerned(giver, receiver));
        rules.extend(
            (0..).zip(&problem.history).filter(|(_, earlier)| old(earlier)).map(|(at, _)| RuleRef::History(at)),
        );
    }
    rules.push(RuleRef::NoMutual);
    rules.sort_unstable();
    rules.dedup();
    Some(unmended(Clash::Partners, (vec![person], Vec::new()), rules, needed, room))
}

/// Every rule but those every roster has and those about circles.
pub(crate) fn all_rules(problem: &Problem, with_history: bool) -> Vec<RuleRef> {
    let households = problem.households.iter().flatten().map(|&household| RuleRef::Household(household));
    let exclusions = problem.exclusions.iter().map(|cell| RuleRef::Exclusion(cell.rule));
    let history = (0..).zip(&problem.history).filter(|(_, earlier)| with_history && !earlier.is_empty());
    let history = history.map(|(tier, _)| RuleRef::History(tier));
    let mut rules: Vec<RuleRef> = households.chain(exclusions).chain(history).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

/// How few forbidden cells have to be opened, if any but the diagonal may be: as many as givers are left over, for they can be
/// given the receivers left over. Only when one giver is left over, who sees nobody and whom nobody sees, is that
/// the diagonal; then two cells are needed. One person alone cannot be helped that way: 0.
fn fewest_cells(board: &Board, matching: &Matching) -> u32 {
    if board.size() == 1 {
        return 0;
    }
    let (rows, cols) = (matching.free_rows(), matching.free_cols());
    let alone = rows.len() == 1
        && rows == cols
        && reached(&Complement::of_givers(board), matching, &rows).len() == 1
        && reached(&Complement::of_receivers(board), &matching.turned_round(), &cols).len() == 1;
    number(rows.len()) + u32::from(alone)
}

/// The smallest crowded set reached from one of the roots, and all it sees.
fn smallest(cells: &Complement, matching: &Matching, roots: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let crowds = roots.iter().take(MOST_ROOTS).map(|&root| reached(cells, matching, &[root]));
    let crowd = crowds.min_by_key(Vec::len).unwrap_or_default();
    let mut seen: Vec<u32> =
        crowd.iter().map(|&row| matching.col_of[row as usize]).filter(|&col| col != NOBODY).collect();
    seen.sort_unstable();
    (crowd, seen)
}

/// The rules that keep the crowd from everybody it does not see. A cell forbidden by several is blamed on the first of:
/// self, household, exclusion, history.
fn rules(
    problem: &Problem,
    board: &Board,
    clash: Clash,
    givers: &[u32],
    receivers: &[u32],
    with_history: bool,
) -> Vec<RuleRef> {
    let size = board.size() as usize;
    let (mut gives, mut receives) = (vec![false; size], vec![false; size]);
    for &giver in givers {
        gives[giver as usize] = true;
    }
    for &receiver in receivers {
        receives[receiver as usize] = true;
    }
    // A forbidden cell counts when it leads from the crowd to somebody it does not see.
    let leaves = |giver: u32, receiver: u32| match clash {
        Clash::Receivers | Clash::ClosedReceivers => receives[receiver as usize] && !gives[giver as usize],
        _ => gives[giver as usize] && !receives[receiver as usize],
    };
    let mut rules = Vec::new();
    let crowd = if clash == Clash::Receivers || clash == Clash::ClosedReceivers { receivers } else { givers };
    if crowd.iter().any(|&person| leaves(person, person)) {
        rules.push(RuleRef::SelfRule);
    }
    rules.extend(households(problem, board, crowd, &leaves));
    let exclusions = problem.exclusions.iter().filter(|cell| leaves(cell.giver, cell.receiver));
    let exclusions = exclusions.filter(|cell| board.row_group(cell.giver) != board.col_group(cell.receiver));
    rules.extend(exclusions.map(|cell| RuleRef::Exclusion(cell.rule)));
    if with_history {
        let mut blamed: Vec<(u32, u32)> = problem.exclusions.iter().map(|cell| (cell.giver, cell.receiver)).collect();
        blamed.sort_unstable();
        for (earlier, tier) in problem.history.iter().zip(0..) {
            let new = |&&(giver, receiver): &&(u32, u32)| {
                leaves(giver, receiver)
                    && board.row_group(giver) != board.col_group(receiver)
                    && blamed.binary_search(&(giver, receiver)).is_err()
            };
            if earlier.iter().any(|pair| new(&pair)) {
                rules.push(RuleRef::History(tier));
            }
        }
    }
    rules.sort_unstable();
    rules.dedup();
    rules
}

fn households(problem: &Problem, board: &Board, crowd: &[u32], leaves: &impl Fn(u32, u32) -> bool) -> Vec<RuleRef> {
    let mut groups: Vec<(u32, u32)> = crowd
        .iter()
        .filter_map(|&person| Some((board.row_group(person), problem.households[person as usize]?)))
        .collect();
    groups.sort_unstable();
    groups.dedup();
    let keeps_apart = |&(group, _): &(u32, u32)| {
        let members = board.rows_of(group);
        let mut crowded = members.iter().filter(|person| crowd.binary_search(person).is_ok());
        let Some(&first) = crowded.next() else { return false };
        // Somebody else in the household is not seen by the first of the crowd, or only the first itself is not.
        let others = |one: u32| members.iter().any(|&other| other != one && (leaves(one, other) || leaves(other, one)));
        others(first) || crowded.next().is_some_and(|&second| others(second))
    };
    groups.iter().filter(|group| keeps_apart(group)).map(|&(_, household)| RuleRef::Household(household)).collect()
}

/// The fewest people who may give, or receive, only among themselves.
pub(crate) fn closed_company(board: &Board) -> Option<(Clash, Vec<u32>)> {
    let size = board.size();
    if size < 2 || blocks::clearly_one(board) {
        return None;
    }
    let oneself = Matching::of_draw((0..size).collect());
    let parts = blocks::of_matching(board, &oneself);
    if parts.count == 1 {
        return None;
    }
    let giving = reached(&Complement::of_givers(board), &oneself, &[parts.sink]);
    let receiving = reached(&Complement::of_receivers(board), &oneself, &[parts.source]);
    Some(if giving.len() <= receiving.len() {
        (Clash::ClosedGivers, giving)
    } else {
        (Clash::ClosedReceivers, receiving)
    })
}
