//! Proofs through the public door.

mod awkward;
mod circles;
mod counts;
mod impossible;
mod pinned;
mod repeats;
mod update;

use super::*;
use crate::matcher::question::board;

/// Every valid draw of a question, by trying them all: the definition, spelled out.
pub(super) fn enumerate(problem: &Problem) -> Vec<Vec<u32>> {
    fn deal(problem: &Problem, draw: &mut Vec<u32>, found: &mut Vec<Vec<u32>>) {
        let giver = draw.len();
        if giver == problem.people as usize {
            if circles_hold(problem, draw) {
                found.push(draw.clone());
            }
            return;
        }
        for receiver in 0..problem.people {
            if !draw.contains(&receiver) && allowed(problem, giver, receiver as usize) {
                draw.push(receiver);
                deal(problem, draw, found);
                draw.pop();
            }
        }
    }
    let mut found = Vec::new();
    deal(problem, &mut Vec::new(), &mut found);
    if problem.repeats == Repeats::Avoid {
        let broken = |draw: &Vec<u32>| -> Vec<usize> {
            let again = |earlier: &Vec<(u32, u32)>| {
                (0..problem.people).zip(draw).filter(|&(giver, &receiver)| earlier.contains(&(giver, receiver))).count()
            };
            problem.history.iter().map(again).collect()
        };
        let least = found.iter().map(broken).min();
        found.retain(|draw| Some(broken(draw)) == least);
    }
    found
}

fn allowed(problem: &Problem, giver: usize, receiver: usize) -> bool {
    let pair = (board::number(giver), board::number(receiver));
    giver != receiver
        && (problem.households[giver].is_none() || problem.households[giver] != problem.households[receiver])
        && !problem.exclusions.iter().any(|cell| (cell.giver, cell.receiver) == pair)
        && (problem.repeats == Repeats::Avoid || !problem.history.iter().flatten().any(|&earlier| earlier == pair))
}

fn circles_hold(problem: &Problem, draw: &[u32]) -> bool {
    let mutual = (0..draw.len()).any(|giver| draw[draw[giver] as usize] as usize == giver);
    let mut at = 0;
    let mut length = 0;
    loop {
        at = draw[at] as usize;
        length += 1;
        if at == 0 {
            break;
        }
    }
    (problem.mutual || !mutual) && (!problem.one_circle || length == draw.len())
}

/// A question from households, one-way exclusions and earlier draws.
pub(super) fn question(households: &[u32], cells: &[(u32, u32)], history: &[&[(u32, u32)]]) -> Problem {
    let mut problem = Problem::of(board::number(households.len()));
    // Household 0 means none.
    problem.households = households.iter().map(|&household| (household > 0).then_some(household)).collect();
    problem.exclusions =
        (0..).zip(cells).map(|(rule, &(giver, receiver))| Exclusion { giver, receiver, rule }).collect();
    problem.history = history.iter().map(|earlier| earlier.to_vec()).collect();
    problem
}

/// A seed of its own for every number.
pub(super) fn seed(number: u64) -> [u8; 32] {
    let mut seed = [0x5a; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    seed
}

/// Chi-square of draws against a uniform choice among `all`, as a standard normal (Wilson and Hilferty).
pub(super) fn z_of(all: &[Vec<u32>], draws: impl Iterator<Item = Vec<u32>>) -> f64 {
    let mut counts = vec![0_u32; all.len()];
    let mut sorted: Vec<&Vec<u32>> = all.iter().collect();
    sorted.sort();
    let mut drawn = 0.0;
    for draw in draws {
        let at = sorted.binary_search(&&draw).expect("every draw is valid");
        counts[at] += 1;
        drawn += 1.0;
    }
    if all.len() == 1 {
        return 0.0;
    }
    let expected = drawn / all.len() as f64;
    let chi: f64 = counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
    let freedom = all.len() as f64 - 1.0;
    let spread = 2.0 / (9.0 * freedom);
    ((chi / freedom).cbrt() - (1.0 - spread)) / spread.sqrt()
}

/// Draws until each valid draw is expected 30 times, and checks that none is favoured.
fn assert_fair(name: &str, problem: &Problem) {
    let all = enumerate(problem);
    assert!(!all.is_empty(), "{name} has draws");
    let draws = (all.len() as u64 * 30).max(200);
    let ready = Ready::of(problem).expect("there is a draw");
    let z = z_of(&all, (0..draws).map(|number| ready.draw(&seed(number)).expect("there is a draw").rounds.remove(0)));
    assert!(z.abs() < 4.0, "{name}: z = {z:.2} over {} valid draws", all.len());
}

// H4, X2, X3: every valid draw is equally likely.
#[test]
fn every_valid_draw_is_equally_likely() {
    assert_fair("six people", &question(&[0; 6], &[], &[]));
    assert_fair("three couples", &question(&[1, 1, 2, 2, 3, 3], &[], &[]));
    assert_fair("two couples and a one-way exclusion", &question(&[1, 1, 2, 2, 0, 0], &[(4, 5)], &[]));
    assert_fair("a chain", &question(&[0; 6], &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)], &[]));
    assert_fair("a hub nobody gives to but two", &question(&[0; 7], &[(1, 0), (2, 0), (3, 0), (4, 0)], &[]));
    assert_fair("families of 3, 3 and 2", &question(&[1, 1, 1, 2, 2, 2, 3, 3], &[], &[]));
    assert_fair("half and half", &question(&[1, 1, 1, 0, 0, 0], &[], &[]));
    assert_fair(
        "nearly impossible",
        &question(&[0; 6], &[(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (1, 4), (2, 0), (2, 3), (5, 0)], &[]),
    );
    assert_fair("one valid draw only", &question(&[0; 3], &[(0, 1)], &[]));
}

// Rules about circles, H4.
#[test]
fn draws_with_circle_rules_are_equally_likely() {
    let free = question(&[0; 6], &[], &[]);
    assert_fair("one circle", &Problem { one_circle: true, ..free.clone() });
    assert_fair("no mutual pairs", &Problem { mutual: false, ..free });
    let couples = question(&[1, 1, 2, 2, 3, 3, 0], &[(6, 0)], &[]);
    assert_fair("one circle, couples", &Problem { one_circle: true, ..couples.clone() });
    assert_fair("no mutual pairs, couples", &Problem { mutual: false, ..couples });
    let two = question(&[0; 2], &[], &[]);
    assert_fair("one circle of two", &Problem { one_circle: true, ..two });
}

// G3: the fewest repeats, newest first, and still every best draw equally likely.
#[test]
fn the_fewest_repeats_are_equally_likely() {
    let last: &[(u32, u32)] = &[(0, 2), (1, 3), (2, 4), (3, 5), (4, 0), (5, 1)];
    let before: &[(u32, u32)] = &[(0, 4), (1, 5), (2, 0), (3, 1), (4, 2), (5, 3)];
    let couples = [1, 1, 2, 2, 3, 3];
    assert_fair("all repeats avoided", &question(&couples, &[], &[last]));
    assert_fair("two years avoided", &question(&couples, &[], &[last, before]));
    // Four people, two of them a couple: few draws, so repeats have to come.
    let first: &[(u32, u32)] = &[(0, 2), (1, 3), (2, 0), (3, 1)];
    let second: &[(u32, u32)] = &[(0, 3), (1, 2), (2, 1), (3, 0)];
    let third: &[(u32, u32)] = &[(0, 2), (1, 3), (2, 1), (3, 0)];
    assert_fair("three years, four people", &question(&[1, 1, 0, 0], &[], &[first, second, third]));
    let cells = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (0, 3)];
    let walk: &[(u32, u32)] = &[(0, 2), (1, 3), (2, 4), (3, 0), (4, 1)];
    let other: &[(u32, u32)] = &[(0, 4), (1, 0), (2, 1), (3, 2), (4, 3)];
    assert_fair("five people, hardly a way", &question(&[0; 5], &cells, &[walk, other]));
    let circle = question(&[1, 1, 0, 0, 0], &[], &[walk, other]);
    assert_fair("one circle that repeats little", &Problem { one_circle: true, ..circle.clone() });
    assert_fair("no mutual pairs, repeating little", &Problem { mutual: false, ..circle });
    let never = question(&[0; 5], &[], &[walk]);
    assert_fair("never again", &Problem { repeats: Repeats::Never, ..never });
}

/// All tuples of rounds that share no pairing.
fn enumerate_rounds(problem: &Problem) -> Vec<Vec<u32>> {
    let single = enumerate(&Problem { gifts_each: 1, ..problem.clone() });
    let mut tuples: Vec<Vec<u32>> = vec![Vec::new()];
    for _ in 0..problem.gifts_each {
        let longer = tuples.iter().flat_map(|tuple| {
            let fits = |round: &&Vec<u32>| {
                tuple.chunks(round.len()).all(|other| !other.iter().zip(*round).any(|(a, b)| a == b))
            };
            single.iter().filter(fits).map(|round| [&tuple[..], &round[..]].concat()).collect::<Vec<_>>()
        });
        tuples = longer.collect();
    }
    tuples
}

// H4, several gifts each.
#[test]
fn several_gifts_are_equally_likely() {
    let questions = [
        ("two gifts", Problem { gifts_each: 2, ..question(&[0; 5], &[], &[]) }),
        ("two gifts, couples", Problem { gifts_each: 2, ..question(&[1, 1, 2, 2, 3, 3], &[(0, 2)], &[]) }),
        ("three gifts", Problem { gifts_each: 3, ..question(&[0; 5], &[], &[]) }),
        ("two circles", Problem { gifts_each: 2, one_circle: true, ..question(&[0; 5], &[], &[]) }),
    ];
    for (name, problem) in &questions {
        let all = enumerate_rounds(problem);
        let ready = Ready::of(problem).expect("there is a draw");
        let draws = (0..all.len() as u64 * 20).map(|number| {
            let drawn = ready.draw(&seed(number)).expect("there is a draw");
            assert_ne!(drawn.uniformity, Uniformity::Approximate);
            drawn.rounds.concat()
        });
        let z = z_of(&all, draws);
        assert!(z.abs() < 4.0, "{name}: z = {z:.2} over {} tuples", all.len());
    }
}

// The same question and seed give the same draw.
#[test]
fn a_draw_can_be_repeated() {
    let problem = question(&[1, 1, 2, 2, 3, 3, 0, 0], &[(6, 7)], &[]);
    let once = draw(&problem, &seed(9)).expect("there is a draw");
    assert!(once == draw(&problem, &seed(9)).expect("there is a draw"));
    assert_eq!(once.uniformity, Uniformity::Exact);
    assert_eq!(once.uniformity.to_string(), "exact");
}
