//! Every sampler against the full list of valid draws: chi-square with fixed seeds, acceptance against permanent and
//! bound, and mutants that must fail.

use std::collections::BTreeMap;

use super::board::Board;
use super::cycles;
use super::groups::{self, dominant, ways};
use super::huber::{self, Weighing, receivers::Limits};
use super::random::{Purpose, Stream};
use super::rejection;
use super::{kfold, sinkhorn, walk};

mod openings;

/// A small board and its name.
struct Roster {
    name: &'static str,
    board: Board,
}

/// Households by person, and one-way exclusions.
fn roster(name: &'static str, households: &[u32], exclusions: &[(u32, u32)]) -> Roster {
    Roster { name, board: Board::new(households.to_vec(), households.to_vec(), exclusions.iter().copied()) }
}

/// A board whose rows and columns are not the same people, as in a block of a larger board.
fn block(name: &'static str, rows: &[u32], cols: &[u32], cells: &[(u32, u32)]) -> Roster {
    Roster { name, board: Board::new(rows.to_vec(), cols.to_vec(), cells.iter().copied()) }
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
        let row = super::board::number(draw.len());
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

/// Holds a sampler against enumeration on every roster.
fn prove(method: &str, seed: u8, draw: impl Fn(&Board, &mut Stream) -> Option<Vec<u32>>) {
    for roster in rosters() {
        prove_on(&roster, method, seed, |stream| draw(&roster.board, stream));
    }
}

fn prove_on(roster: &Roster, method: &str, seed: u8, mut draw: impl FnMut(&mut Stream) -> Option<Vec<u32>>) {
    let (name, valid) = (roster.name, enumerate(&roster.board));
    let mut stream = Stream::new(&[seed; 32], Purpose::Draw, 0);
    let z = deviation_of(name, &valid, || draw(&mut stream).expect("there are valid draws"));
    println!("{method:12} {name:28} {:5} draws  z = {z:5.2}", valid.len());
    assert!(z < 4.0 && (z > -4.0 || valid.len() < 10), "{method}, {name}: z = {z}");
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
fn rejection_is_uniform() {
    prove("rejection", 11, |board, stream| rejection::draw(board, stream, 100_000));
}

fn huber_with(board: &Board, stream: &mut Stream, tail: u32, limits: Limits) -> Option<Vec<u32>> {
    let weighing = Weighing::with(board, 1, Some(tail), limits).expect("a small board");
    (0..1_000_000).find_map(|_| weighing.attempt(weighing.receivers(&[]), stream)).map(|draw| weighing.straighten(draw))
}

#[test]
fn huber_is_uniform_without_a_tail() {
    prove("huber", 12, |board, stream| huber_with(board, stream, 0, Limits::USUAL));
}

#[test]
fn huber_is_uniform_with_a_tail() {
    prove("huber tail", 13, |board, stream| huber_with(board, stream, 4, Limits::USUAL));
    prove("huber own", 14, |board, stream| huber::draw(board, stream, 1_000_000));
}

// Groups kept as one number and receivers kept apart are for large rosters; here they are forced onto small ones.
#[test]
fn huber_is_uniform_with_wide_groups_and_heavy_receivers() {
    for (wide, heavy) in [(0, 0), (1, 8), (16, 1), (2, 2)] {
        prove("huber forms", 16, |board, stream| {
            huber_with(board, stream, 3, Limits { wide, heavy, calm: 0, scan: 0 })
        });
    }
}

// An attempt succeeds with probability (number of valid draws)/bound: a wrong weight shows here even where the draws
// look right.
#[test]
fn huber_accepts_as_often_as_the_bound_says() {
    accept_as_often_as_the_bound(|board, stream| {
        let weighing = Weighing::with(board, 1, Some(0), Limits::USUAL).expect("a small board");
        weighing.attempt(weighing.receivers(&[]), stream).is_some()
    });
}

fn accept_as_often_as_the_bound(attempt: impl Fn(&Board, &mut Stream) -> bool) {
    for Roster { name, board } in rosters() {
        let mut stream = Stream::new(&[15; 32], Purpose::Draw, 0);
        let tries = 20_000;
        let accepted = (0..tries).filter(|_| attempt(&board, &mut stream)).count();
        let expected = enumerate(&board).len() as f64 / huber::log_bound(&board).exp();
        let error = (expected * (1.0 - expected) / f64::from(tries)).sqrt();
        let observed = accepted as f64 / f64::from(tries);
        println!("{name:28} accepted {observed:.4}, expected {expected:.4}");
        assert!((observed - expected).abs() < 4.5 * error + 1e-9, "{name}: {observed} for {expected}");
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

/// Holds a sampler of draws without short circles against enumeration; `shortest` 0 stands for one circle through all.
fn prove_circles(method: &str, seed: u8, shortest: u32, mut draw: impl FnMut(&Board, &mut Stream) -> Option<Vec<u32>>) {
    for Roster { name, board } in rosters().into_iter().filter(|roster| roster.board.forbids_self()) {
        let shortest = if shortest == 0 { board.size() } else { shortest };
        let mut valid = enumerate(&board);
        valid.retain(|draw| no_circle_below(draw, shortest));
        let mut stream = Stream::new(&[seed; 32], Purpose::Draw, 0);
        if valid.is_empty() {
            assert_eq!(draw(&board, &mut stream), None, "{method}, {name}");
            continue;
        }
        let z = deviation_of(name, &valid, || draw(&board, &mut stream).expect("there are valid draws"));
        println!("{method:12} {name:28} {:5} draws  z = {z:5.2}", valid.len());
        assert!(z < 4.0 && (z > -4.0 || valid.len() < 10), "{method}, {name}: z = {z}");
    }
}

#[test]
fn circles_first_is_uniform() {
    prove_circles("cycles 2", 21, 2, |board, stream| cycles::draw(board, stream, 2, 10_000));
    prove_circles("cycles 3", 22, 3, |board, stream| cycles::draw(board, stream, 3, 10_000));
    prove_circles("cycles 4", 23, 4, |board, stream| cycles::draw(board, stream, 4, 10_000));
    prove_circles("cycles one", 24, 0, |board, stream| cycles::draw(board, stream, board.size(), 10_000));
}

#[test]
fn the_walk_is_uniform() {
    prove_circles("walk", 25, 0, |board, stream| walk::draw(board, stream, 10_000));
}

#[test]
fn huber_with_a_filter_is_uniform() {
    prove_circles("huber, no 2", 26, 3, |board, stream| {
        huber::draw_if(board, stream, 10_000, |draw| no_circle_below(draw, 3))
    });
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

type Tuple = Option<Vec<Vec<u32>>>;

fn prove_rounds(
    method: &str,
    seed: u8,
    most_gifts: u32,
    keep: impl Fn(&Board, &[u32]) -> bool,
    mut draw: impl FnMut(&Board, u32, &mut Stream) -> Tuple,
) {
    for (Roster { name, board }, rounds) in tuple_rosters().into_iter().filter(|&(_, rounds)| rounds <= most_gifts) {
        let draws: Vec<Vec<u32>> = enumerate(&board).into_iter().filter(|draw| keep(&board, draw)).collect();
        let valid = tuples(&draws, rounds);
        let mut stream = Stream::new(&[seed; 32], Purpose::Draw, 0);
        if valid.is_empty() {
            assert_eq!(draw(&board, rounds, &mut stream), None, "{method}, {name}");
            continue;
        }
        let z = deviation_of(name, &valid, || draw(&board, rounds, &mut stream).expect("there are valid draws"));
        println!("{method:12} {name:28} {:5} tuples z = {z:5.2}", valid.len());
        assert!(z.abs() < 4.0, "{method}, {name}: z = {z}");
    }
}

#[test]
fn several_rounds_are_uniform() {
    prove_rounds(
        "kfold",
        31,
        3,
        |_, _| true,
        |board, rounds, stream| kfold::draw(board, stream, rounds, 100_000, |_| true, |_| true),
    );
    prove_rounds(
        "rejection",
        32,
        2,
        |_, _| true,
        |board, rounds, stream| rejection::draw_rounds(board, stream, rounds, 100_000),
    );
}

#[test]
fn several_circles_are_uniform() {
    let one = |board: &Board, draw: &[u32]| board.forbids_self() && no_circle_below(draw, board.size());
    prove_rounds("circles", 33, 3, one, |board, rounds, stream| {
        if board.forbids_self() { kfold::draw_circles(board, stream, rounds, 10_000, |_| true) } else { None }
    });
}

fn around_the_largest(board: &Board, stream: &mut Stream, budget: u64) -> Option<Vec<u32>> {
    dominant::draw(board, groups::largest(board).expect("no board is empty"), stream, budget)
}

#[test]
fn a_dominant_group_is_drawn_uniformly() {
    prove("dominant", 41, |board, stream| around_the_largest(board, stream, 100_000));
}

#[test]
fn groups_are_drawn_uniformly() {
    prove("groups", 42, |board, stream| ways::draw(board, stream, 100_000));
}

// G3: the groups' table counts what enumeration counts, where groups are the only rules.
#[test]
fn groups_are_counted() {
    for Roster { name, board } in rosters().into_iter().filter(|roster| roster.board.extra_total() == 0) {
        let count = ways::log_count(&board).expect("few states").exp();
        assert!((count / enumerate(&board).len() as f64 - 1.0).abs() < 1e-12, "{name}: {count}");
    }
    let too_large = roster("four of six", &[0, 0, 0, 0, 1, 2], &[]);
    assert_eq!(ways::log_count(&too_large.board), Some(f64::NEG_INFINITY));
    let mut stream = Stream::new(&[43; 32], Purpose::Draw, 0);
    assert_eq!(ways::draw(&too_large.board, &mut stream, 10), None);
    assert_eq!(around_the_largest(&too_large.board, &mut stream, 10), None);
}

#[test]
fn the_scaled_bound_is_uniform() {
    for roster in rosters() {
        let weighing = sinkhorn::Weighing::new(&roster.board).expect("nobody is stuck");
        prove_on(&roster, "sinkhorn", 51, |stream| {
            (0..1_000_000).find_map(|_| weighing.attempt(&mut Vec::new(), stream))
        });
    }
}

#[test]
fn the_scaled_bound_accepts_as_often_as_it_says() {
    for Roster { name, board } in rosters() {
        let mut stream = Stream::new(&[52; 32], Purpose::Draw, 0);
        let tries = 4_000;
        let weighing = sinkhorn::Weighing::new(&board).expect("nobody is stuck");
        let accepted = (0..tries).filter(|_| weighing.attempt(&mut Vec::new(), &mut stream).is_some()).count();
        let expected = enumerate(&board).len() as f64 / sinkhorn::log_bound(&board).expect("nobody is stuck").exp();
        let error = (expected * (1.0 - expected).max(0.0) / f64::from(tries)).sqrt();
        let observed = accepted as f64 / f64::from(tries);
        println!("{name:28} accepted {observed:.4}, expected {expected:.4}");
        assert!((observed - expected).abs() < 4.5 * error + 1e-9, "{name}: {observed} for {expected}");
    }
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
fn weigh_without_rejecting(board: &Board, stream: &mut Stream) -> Option<Vec<u32>> {
    let weighing = Weighing::with(board, 1, Some(0), Limits::USUAL)?;
    'attempt: loop {
        let mut receivers = weighing.receivers(&[]);
        receivers.start(stream);
        let mut draw = vec![0; board.size() as usize];
        for row in 0..board.size() {
            let Some(step) = receivers.step(row, board.size() - 1 - row, &weighing.table, stream) else {
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
fn redrawing_only_the_second_gift_is_found_out() {
    let board = roster("two couples and two", &[0, 0, 1, 1, 2, 3], &[(4, 0)]).board;
    let weighing = Weighing::new(&board, 2).expect("a small board");
    let mut stream = Stream::new(&[63; 32], Purpose::Draw, 0);
    let z = deviation_after(150_000, "second gift", &tuples(&enumerate(&board), 2), || {
        loop {
            let Some(first) = weighing.attempt(weighing.receivers(&[]), &mut stream) else { continue };
            let before = [first];
            let second = (0..200).find_map(|_| weighing.attempt(weighing.receivers(&before), &mut stream));
            if let Some(second) = second {
                let [first] = before;
                return vec![weighing.straighten(first), weighing.straighten(second)];
            }
        }
    });
    assert!(z > 6.0, "z = {z}");
}
