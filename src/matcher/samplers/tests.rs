//! Every sampler against the full list of valid draws: chi-square with fixed seeds, acceptance against permanent and
//! bound, and mutants that must fail.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::circles_first::CirclesFirst;
use super::filtered::Filtered;
use super::groups::Groups;
use super::huber::Weighing;
use super::huber::receivers::Limits;
use super::k_rounds::KRounds;
use super::one_group::OneGroup;
use super::rejection::{Rejection, RoundsRejection};
use super::scaled::Scaled;
use super::subsets;
use super::{Choice, Rounds, Sampler};
use crate::matcher::possible::matching::Matching;
use crate::matcher::question::board::{Board, Csr, number};
use crate::matcher::question::circle_rule::CircleRule;
use crate::matcher::question::scaling::Scaling;
use crate::matcher::random::{Purpose, Stream};

/// A small board and its name.
struct Roster {
    name: &'static str,
    board: Arc<Board>,
}

/// Households by person, and one-way exclusions.
fn roster(name: &'static str, households: &[u32], exclusions: &[(u32, u32)]) -> Roster {
    let board = Board::new(households.to_vec(), households.to_vec(), exclusions.iter().copied());
    Roster { name, board: Arc::new(board) }
}

/// A board whose rows and columns are not the same people, as in a block of a larger board.
fn block(name: &'static str, rows: &[u32], cols: &[u32], cells: &[(u32, u32)]) -> Roster {
    Roster { name, board: Arc::new(Board::new(rows.to_vec(), cols.to_vec(), cells.iter().copied())) }
}

/// The small rosters every method is held against.
fn rosters() -> Vec<Roster> {
    let ring: Vec<(u32, u32)> = (0..6).flat_map(|giver| [(giver, (giver + 4) % 6), (giver, (giver + 5) % 6)]).collect();
    let hub: Vec<(u32, u32)> = (1..6).map(|giver| (giver, 0)).collect();
    let one_draw: Vec<(u32, u32)> = (0..5)
        .flat_map(|giver| (0..5).map(move |receiver| (giver, receiver)))
        .filter(|&(giver, receiver)| receiver > giver + 1 || (receiver < giver && (giver, receiver) != (4, 0)))
        .collect();
    let chain: Vec<(u32, u32)> = (0..7).map(|giver| (giver, giver + 1)).collect();
    vec![
        roster("alone", &[0, 1, 2, 3, 4], &[]),
        roster("two couples and a one-way", &[0, 0, 1, 1, 2, 3], &[(0, 4)]),
        roster("no rule but oneself", &[0, 1, 2, 3, 4, 5], &[]),
        roster(
            "nasty one-ways",
            &[0, 1, 2, 3, 4, 5, 6],
            &[(0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4), (2, 3), (2, 5), (3, 6), (4, 5), (5, 0)],
        ),
        roster("hub", &[0, 1, 2, 3, 4, 5, 6], &hub),
        roster("family of three", &[0, 0, 0, 1, 2, 3, 4], &[]),
        roster("four couples", &[0, 0, 1, 1, 2, 2, 3, 3], &[]),
        roster("families of 3, 3 and 2", &[0, 0, 0, 1, 1, 1, 2, 2], &[]),
        roster(
            "couples and last year",
            &[0, 0, 1, 1, 2, 2, 3, 3],
            &[(0, 2), (2, 4), (4, 6), (6, 0), (1, 3), (3, 5), (5, 7), (7, 1)],
        ),
        roster("ring of the next three", &[0, 1, 2, 3, 4, 5], &ring),
        roster("a family of half", &[0, 0, 0, 1, 2, 3], &[]),
        roster("one draw only", &[0, 1, 2, 3, 4], &one_draw),
        roster("chain", &[0, 1, 2, 3, 4, 5, 6, 7], &chain),
        block("block of other people", &[0, 0, 1, 2, 3], &[0, 1, 1, 4, 5], &[(4, 0), (2, 3)]),
        block("nothing forbidden", &[0, 1, 2, 3], &[4, 5, 6, 7], &[]),
    ]
}

/// Every valid draw, in lexicographic order.
fn enumerate(board: &Board) -> Vec<Vec<u32>> {
    fn extend(board: &Board, draw: &mut Vec<u32>, all: &mut Vec<Vec<u32>>) {
        let row = number(draw.len());
        if row == board.size() {
            all.push(draw.clone());
            return;
        }
        for col in 0..board.size() {
            if !draw.contains(&col) && board.allows(row, col) {
                draw.push(col);
                extend(board, draw, all);
                draw.pop();
            }
        }
    }
    let mut all = Vec::new();
    extend(board, &mut Vec::new(), &mut all);
    all
}

/// How far counts are from equal, as a standard normal deviate (Wilson and Hilferty's cube root of chi-square).
fn deviation(counts: &[u32]) -> f64 {
    let cells = counts.len() as f64;
    if counts.len() < 2 {
        return 0.0;
    }
    let expected = f64::from(counts.iter().sum::<u32>()) / cells;
    let square: f64 = counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
    let freedom = cells - 1.0;
    ((square / freedom).cbrt() - (1.0 - 2.0 / (9.0 * freedom))) / (2.0 / (9.0 * freedom)).sqrt()
}

/// Draws often enough for a chi-square over `valid`, and gives its deviation. Panics on an invalid draw.
fn deviation_of<T: Ord>(name: &str, valid: &[T], draw: impl FnMut() -> T) -> f64 {
    deviation_after((valid.len() * 12).max(3_000), name, valid, draw)
}

/// The same for a given number of draws.
fn deviation_after<T: Ord>(draws: usize, name: &str, valid: &[T], mut draw: impl FnMut() -> T) -> f64 {
    let place: BTreeMap<&T, usize> = valid.iter().zip(0..).collect();
    let mut counts = vec![0_u32; valid.len()];
    for _ in 0..draws {
        let drawn = draw();
        let Some(&at) = place.get(&drawn) else { panic!("{name}: an invalid draw") };
        counts[at] += 1;
    }
    deviation(&counts)
}

/// Attempts that are enough for any draw of these tests.
const PLENTY: u64 = 1_000_000;

/// Holds a sampler against enumeration on every roster: uniform, and accepting as often as its bound says, which shows a wrong
/// weight even where the draws look right.
fn prove<S: Sampler>(seed: u8, of: impl Fn(&Arc<Board>) -> Option<S>) {
    for Roster { name, board } in rosters() {
        if let Some(sampler) = of(&board) {
            let valid: Vec<Rounds> = enumerate(&board).into_iter().map(|draw| vec![draw]).collect();
            prove_on(name, seed, &valid, &sampler);
        }
    }
}

fn prove_on(name: &str, seed: u8, valid: &[Rounds], sampler: &impl Sampler) {
    let method = sampler.label().0;
    let mut stream = Stream::new(&[seed; 32], Purpose::Draw, 0);
    if valid.is_empty() {
        assert_eq!(sampler.draw(&mut stream, &mut 10_000), None, "{method}, {name}");
        return;
    }
    let (mut draws, mut left) = (0_u32, PLENTY * 1000);
    let z = deviation_of(name, valid, || {
        draws += 1;
        sampler.draw(&mut stream, &mut left).expect("there are valid draws")
    });
    let tries = (PLENTY * 1000 - left) as f64;
    let (observed, expected) = (f64::from(draws) / tries, valid.len() as f64 / sampler.ln_bound().exp());
    let error = (expected * (1.0 - expected).max(0.0) / tries).sqrt();
    println!("{method:16} {name:28} {:5} draws  z = {z:5.2}, accepted {observed:.4} of {expected:.4}", valid.len());
    assert!(z < 4.0 && (z > -4.0 || valid.len() < 10), "{method}, {name}: z = {z}");
    assert!((observed - expected).abs() < 4.5 * error + 1e-9, "{method}, {name}: {observed} for {expected}");
    assert!(!sampler.always() || expected > 1.0 - 1e-9, "{method}, {name}");
}

// X2, G3: the lists are what the other tests rest on.
#[test]
fn the_number_of_valid_draws_is_known() {
    let counts: Vec<usize> = rosters().iter().map(|roster| enumerate(&roster.board).len()).collect();
    println!("{counts:?}");
    assert_eq!(counts[0], 44); // derangements of 5
    assert_eq!(counts[1], 92);
    assert_eq!(counts[2], 265); // derangements of 6
    assert_eq!(counts[5], 432);
    assert_eq!(counts[6], 4752);
    assert_eq!(counts[7], 1728);
    assert_eq!(counts[11], 1);
    assert_eq!(counts[14], 24);
}

#[test]
fn subsets_are_uniform() {
    prove(10, |board| Some(subsets::sampler(board)));
}

#[test]
fn rejection_is_uniform() {
    prove(11, |board| Some(Rejection::new(board)));
}

#[test]
fn huber_is_uniform() {
    prove(12, KRounds::one);
}

/// One round by Huber's bound as it stands.
fn weighed(weighing: Weighing) -> KRounds {
    KRounds::weighed(weighing, 1)
}

// Groups kept as one number and receivers kept apart are for large rosters; here they are forced onto small ones.
#[test]
fn huber_is_uniform_with_wide_groups_and_heavy_receivers() {
    for (wide, heavy) in [(0, 0), (1, 8), (16, 1), (2, 2)] {
        prove(16, |board| Weighing::with(board, Limits { wide, heavy, calm: 0, scan: 0 }).map(weighed));
    }
}

// X2: the long beginning of a large draw, forced onto small boards, where alarms have to come nearly always.
#[test]
fn huber_is_uniform_with_an_opening() {
    for (rows, sure) in [(2, 0.4), (3, 0.25)] {
        prove(17, |board| {
            let widest =
                (0..board.size()).map(|at| board.forbidden_count_row(at).max(board.forbidden_count_col(at))).max()?;
            // Nobody may run out of columns, as nobody does on a large board.
            let opened = |weighing: Weighing| weighed(weighing.opened(rows, 40, sure));
            Weighing::new(board).filter(|_| widest + rows < board.size()).map(opened)
        });
    }
}

/// Whether nobody is reached again in fewer than `shortest` steps.
fn no_circle_below(draw: &[u32], shortest: u32) -> bool {
    (0..draw.len()).all(|start| {
        let mut at = start;
        (1..shortest).all(|_| {
            at = draw[at] as usize;
            at != start
        })
    })
}

/// Holds a sampler of draws without circles shorter than `shortest` against enumeration; 0 stands for one circle through all.
fn prove_circles<S: Sampler>(seed: u8, shortest: u32, of: impl Fn(&Arc<Board>) -> Option<S>) {
    for Roster { name, board } in rosters().into_iter().filter(|roster| roster.board.forbids_self()) {
        let shortest = if shortest == 0 { board.size() } else { shortest };
        let valid = enumerate(&board).into_iter().filter(|draw| no_circle_below(draw, shortest));
        if let Some(sampler) = of(&board) {
            prove_on(name, seed, &valid.map(|draw| vec![draw]).collect::<Vec<_>>(), &sampler);
        }
    }
}

#[test]
fn circles_first_is_uniform() {
    for shortest in [2_u8, 3, 4] {
        prove_circles(20 + shortest, shortest.into(), |board| CirclesFirst::new(board, shortest.into()));
    }
    prove_circles(25, 0, |board| CirclesFirst::new(board, board.size()));
}

#[test]
fn the_walk_is_uniform() {
    prove_circles(26, 0, |board| KRounds::new(board, Some(CircleRule::One), 1, &nothing(board)));
}

/// The whole board as one block that is drawn by Huber's bound.
fn filtered(board: &Arc<Board>, rule: CircleRule) -> Option<Filtered> {
    let everybody = || (0..board.size()).collect();
    let choice = Choice { sampler: Box::new(KRounds::one(board)?), attempts: 1 };
    Some(Filtered::new(vec![(everybody(), everybody(), choice)], rule, board.size() as usize))
}

#[test]
fn filtered_draws_are_uniform() {
    prove_circles(27, 3, |board| filtered(board, CircleRule::NoMutual));
    prove_circles(28, 0, |board| filtered(board, CircleRule::One));
}

// A family of half: two blocks that are drawn by themselves, and circles that go back and forth.
#[test]
fn blocks_are_filtered_as_a_whole() {
    let Roster { name, board } = roster("half and half", &[0, 0, 0, 0, 1, 1, 1, 1], &[(0, 4)]);
    let matching = crate::matcher::possible::matching::largest(&board);
    let blocks = crate::matcher::possible::blocks::split(&board, &matching).expect("two blocks");
    let blocks = blocks.into_iter().map(|block| {
        let sampler = Box::new(Rejection::new(&Arc::new(block.board)));
        (block.rows, block.cols, Choice { sampler, attempts: 1 })
    });
    let sampler = Filtered::new(blocks.collect(), CircleRule::One, 8);
    let valid = enumerate(&board).into_iter().filter(|draw| no_circle_below(draw, 8));
    prove_on(name, 29, &valid.map(|draw| vec![draw]).collect::<Vec<_>>(), &sampler);
}

/// All ordered tuples of `rounds` disjoint draws out of `valid`.
fn tuples(valid: &[Vec<u32>], rounds: u32) -> Vec<Vec<Vec<u32>>> {
    let disjoint = |a: &[u32], b: &[u32]| a.iter().zip(b).all(|(x, y)| x != y);
    (1..rounds).fold(valid.iter().map(|draw| vec![draw.clone()]).collect(), |tuples: Vec<Vec<Vec<u32>>>, _| {
        let extended = tuples.iter().flat_map(|tuple| {
            let next = valid.iter().filter(|draw| tuple.iter().all(|before| disjoint(before, draw)));
            next.map(|draw| [tuple.as_slice(), std::slice::from_ref(draw)].concat())
        });
        extended.collect()
    })
}

/// The rosters small enough to list tuples, with their number of rounds.
fn tuple_rosters() -> Vec<(Roster, u32)> {
    let five = [0, 1, 2, 3, 4];
    vec![
        (roster("alone", &five, &[]), 2),
        (roster("alone, three gifts", &five, &[]), 3),
        (roster("three one-ways", &five, &[(0, 1), (1, 0), (2, 4)]), 2),
        (roster("two couples and two", &[0, 0, 1, 1, 2, 3], &[(4, 0)]), 2),
        (roster("three couples", &[0, 0, 1, 1, 2, 2], &[]), 3),
        (block("block of other people", &[0, 0, 1, 2, 3], &[0, 1, 1, 4, 5], &[(4, 0), (2, 3)]), 2),
    ]
}

fn nothing(board: &Board) -> Csr {
    Csr::from_pairs(board.size() as usize, [].into_iter())
}

fn prove_rounds<S: Sampler>(
    seed: u8,
    most_gifts: u32,
    rule: Option<CircleRule>,
    of: impl Fn(&Arc<Board>, u32) -> Option<S>,
) {
    for (Roster { name, board }, rounds) in tuple_rosters().into_iter().filter(|&(_, rounds)| rounds <= most_gifts) {
        if rule.is_some() && !board.forbids_self() {
            continue;
        }
        let mut valid = tuples(&enumerate(&board), rounds);
        valid.retain(|rounds| rule.is_none_or(|rule| rule.holds(rounds)));
        prove_on(name, seed, &valid, &of(&board, rounds).expect("few rounds"));
    }
}

#[test]
fn several_rounds_are_uniform() {
    prove_rounds(31, 3, None, |board, rounds| KRounds::new(board, None, rounds, &nothing(board)));
    prove_rounds(32, 2, None, |board, rounds| Some(RoundsRejection { board: Arc::clone(board), rounds }));
}

/// Several rounds, each with a beginning like that of a large draw.
#[test]
fn several_rounds_with_an_opening_are_uniform() {
    prove_rounds(34, 2, None, |board, rounds| Some(KRounds::weighed(Weighing::new(board)?.opened(2, 40, 0.2), rounds)));
}

#[test]
fn several_rounds_under_a_rule_are_uniform() {
    for rule in [CircleRule::One, CircleRule::NoMutual] {
        prove_rounds(33, 3, Some(rule), |board, rounds| KRounds::new(board, Some(rule), rounds, &nothing(board)));
    }
}

#[test]
fn one_large_group_is_drawn_uniformly() {
    prove(41, OneGroup::new);
}

#[test]
fn groups_are_drawn_uniformly() {
    prove(42, Groups::new);
}

#[test]
fn groups_too_large_for_the_rest_have_no_draw() {
    let too_large = roster("four of six", &[0, 0, 0, 0, 1, 2], &[]).board;
    let groups = Groups::new(&too_large).expect("few states");
    assert!(groups.ln_bound() == f64::NEG_INFINITY && OneGroup::new(&too_large).is_none());
    assert_eq!(groups.draw(&mut Stream::new(&[43; 32], Purpose::Draw, 0), &mut 10), None);
}

// X2: two, or three, without a place in a given draw; whoever has one keeps it or takes one of theirs.
#[test]
fn insertion_is_uniform() {
    for (name, people, few, excluded) in
        [("one of five", 5, 1, &[][..]), ("two of six", 6, 2, &[(0, 4), (5, 4)]), ("three of seven", 7, 3, &[(6, 2)])]
    {
        let stays = people - few;
        let own: Vec<u32> = (0..people)
            .map(|row| if row < stays { (row + 1) % stays } else { crate::matcher::question::complement::NOBODY })
            .collect();
        let kept = |row: u32, col: u32| row >= stays || col >= stays || own[row as usize] == col;
        let cells = (0..people).flat_map(|row| (0..people).map(move |col| (row, col)));
        let closed: Vec<(u32, u32)> = cells.filter(|&(row, col)| !kept(row, col)).collect();
        let cells = closed.iter().chain(excluded).copied();
        let board = Arc::new(Board::new((0..people).collect(), (0..people).collect(), cells));
        let sampler =
            super::insertion::Insertion::new(&board, &own).expect("whoever stays keeps theirs or takes a new one");
        let valid: Vec<Rounds> = enumerate(&board).into_iter().map(|draw| vec![draw]).collect();
        prove_on(name, 55, &valid, &sampler);
    }
}

#[test]
fn the_scaled_bound_is_uniform() {
    prove(51, |board| Scaled::new(board, &Scaling::of(board)));
}

// The tests above can fail: samplers with the classical mistakes do not pass them.

/// Redraws only the receiver that clashes, from those left; starts over when none is left.
fn redraw_the_clashing(board: &Board, stream: &mut Stream) -> Option<Vec<u32>> {
    'attempt: loop {
        let mut draw: Vec<u32> = (0..board.size()).collect();
        for row in 0..board.size() {
            let here = row as usize;
            if !draw[here..].iter().any(|&col| board.allows(row, col)) {
                continue 'attempt;
            }
            loop {
                draw.swap(here, here + stream.below(board.size() - row) as usize);
                if board.allows(row, draw[here]) {
                    break;
                }
            }
        }
        return Some(draw);
    }
}

/// Chooses in proportion to Huber's weights, and never gives up a step for what is missing to 1.
fn weigh_without_rejecting(board: &Arc<Board>, stream: &mut Stream) -> Option<Vec<u32>> {
    let weighing = Weighing::new(board)?;
    'attempt: loop {
        let mut receivers = weighing.receivers(&[]);
        let mut draw = vec![0; board.size() as usize];
        for row in 0..board.size() {
            let Some(step) = receivers.step(row, board.size() - 1 - row, weighing.table(), stream) else {
                continue 'attempt;
            };
            draw[row as usize] = step.col;
        }
        return Some(weighing.straighten(draw));
    }
}

#[test]
fn redrawing_only_the_clashing_person_is_found_out() {
    let Roster { name, board } = rosters().remove(6);
    let mut stream = Stream::new(&[61; 32], Purpose::Draw, 0);
    let z =
        deviation_of(name, &enumerate(&board), || redraw_the_clashing(&board, &mut stream).expect("loops until done"));
    assert!(z > 6.0, "z = {z}");
}

#[test]
fn weights_not_renormalised_are_found_out() {
    let Roster { name, board } = rosters().remove(4);
    let mut stream = Stream::new(&[62; 32], Purpose::Draw, 0);
    let draw = || weigh_without_rejecting(&board, &mut stream).expect("loops until done");
    let z = deviation_of(name, &enumerate(&board), draw);
    assert!(z > 6.0, "z = {z}");
}

#[test]
fn an_opening_without_alarms_is_found_out() {
    let opened = |board: &Arc<Board>, coins, sure| {
        let sampler = weighed(Weighing::new(board).expect("a small board").opened(3, coins, sure));
        let mut stream = Stream::new(&[64; 32], Purpose::Draw, 0);
        let draw = || sampler.draw(&mut stream, &mut PLENTY.clone()).expect("there is one").remove(0);
        deviation_after(60_000, "opened", &enumerate(board), draw)
    };
    let late = [(4, 0), (5, 0), (6, 0), (4, 1), (5, 1), (6, 1)];
    let uneven = roster("two whom only the first give to", &[0, 1, 2, 3, 4, 5, 6], &late).board;
    assert!(opened(&uneven, 40, 0.25) < 4.0);
    assert!(opened(&uneven, 0, 0.25) > 6.0, "nobody is refused");
    let even = rosters().remove(0).board;
    assert!(opened(&even, 40, 0.25) < 4.0);
    assert!(opened(&even, 40, 1.0) > 6.0, "nothing is given up");
}

#[test]
fn redrawing_only_the_second_gift_is_found_out() {
    let board = roster("two couples and two", &[0, 0, 1, 1, 2, 3], &[(4, 0)]).board;
    let weighing = Weighing::new(&board).expect("a small board");
    let mut stream = Stream::new(&[63; 32], Purpose::Draw, 0);
    let z = deviation_after(150_000, "second gift", &tuples(&enumerate(&board), 2), || {
        loop {
            let Some(first) = weighing.attempt(&[], &mut stream) else { continue };
            let before = [Matching::of_draw(first)];
            let second = (0..200).find_map(|_| weighing.attempt(&before, &mut stream));
            if let Some(second) = second {
                let [first] = before;
                return vec![weighing.straighten(first.col_of), weighing.straighten(second)];
            }
        }
    });
    assert!(z > 6.0, "z = {z}");
}
