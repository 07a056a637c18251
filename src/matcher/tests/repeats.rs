//! G3, H4: the fewest repeats where several gifts or circles make that hard, and honest words where it is not known.

use proptest::prelude::*;

use super::super::*;
use super::awkward::assert_valid;
use super::{enumerate_rounds, question, seed, z_of};
use crate::matcher::possible::cheapest::{Cheapest, cheapest};
use crate::matcher::possible::k_matching;
use crate::matcher::question::circle_rule::CircleRule;
use crate::matcher::question::{board, costs, rules};
use crate::matcher::samplers::k_rounds::KRounds;
use crate::matcher::samplers::{Sampler, mend};

/// How often a draw, round after round, repeats the pairings of each earlier draw.
fn repeats(problem: &Problem, rounds: &[u32]) -> Vec<u32> {
    let again = |earlier: &Vec<(u32, u32)>| {
        let pairs = rounds.chunks(problem.people as usize).flat_map(|round| (0..).zip(round.iter().copied()));
        board::number(pairs.filter(|pair| earlier.contains(pair)).count())
    };
    problem.history.iter().map(again).collect()
}

/// All tuples of rounds with the fewest repeats.
fn best_rounds(problem: &Problem) -> Vec<Vec<u32>> {
    let mut all = enumerate_rounds(&Problem { history: Vec::new(), ..problem.clone() });
    let least = all.iter().map(|rounds| repeats(problem, rounds)).min();
    all.retain(|rounds| Some(repeats(problem, rounds)) == least);
    all
}

/// A year in which everybody gave to somebody so many places further on.
fn year(people: u32, shifts: &[u32]) -> Vec<(u32, u32)> {
    shifts.iter().flat_map(|shift| (0..people).map(move |giver| (giver, (giver + shift) % people))).collect()
}

/// Questions of several gifts whose history cannot be avoided.
fn crowded() -> Vec<(&'static str, Problem)> {
    let with = |problem: Problem, history: Vec<Vec<(u32, u32)>>, gifts_each| Problem { history, gifts_each, ..problem };
    let five = question(&[0; 5], &[], &[]);
    let couples = question(&[1, 1, 2, 2, 3, 3], &[], &[]);
    // Person 0 may give to 1, 2 and 3 only, and gave to two of them.
    let hub = question(&[0; 6], &[(0, 4), (0, 5), (3, 1)], &[]);
    let early: Vec<(u32, u32)> = vec![(0, 1), (0, 2), (1, 0), (2, 4), (3, 5), (4, 3), (5, 1)];
    vec![
        ("five people, three pairings each are old", with(five.clone(), vec![year(5, &[1, 2]), year(5, &[3])], 2)),
        ("five people, nothing is new", with(five, vec![year(5, &[1]), year(5, &[2]), year(5, &[3, 4])], 2)),
        ("three couples", with(couples, vec![year(6, &[2, 3]), year(6, &[4])], 2)),
        ("a hub", with(hub.clone(), vec![early.clone()], 2)),
        ("a hub, three gifts", with(hub, vec![early, year(6, &[2])], 3)),
    ]
}

// G3, H4: the union of the rounds is a best set of pairings, and every such tuple of rounds is equally likely.
#[test]
fn several_gifts_repeat_least_and_are_equally_likely() {
    for (name, problem) in crowded() {
        let all = best_rounds(&problem);
        let ready = Ready::of(&problem).expect("there is a draw");
        let draws = (0..(all.len() as u64 * 20).max(2_000)).map(|number| {
            let drawn = ready.draw(&seed(number)).expect("there is a draw");
            assert!(drawn.fewest && drawn.uniformity != Uniformity::Approximate, "{name}: {drawn:?}");
            assert_eq!(drawn.repeats, repeats(&problem, &drawn.rounds.concat()));
            drawn.rounds.concat()
        });
        let z = z_of(&all, draws);
        println!("{name}: {} tuples, z = {z:.2}", all.len());
        assert!(z.abs() < 4.0, "{name}: z = {z:.2} over {} tuples", all.len());
    }
}

/// The pairings of the best rounds, those that must be used, and such rounds.
fn reduced(problem: &Problem) -> Cheapest {
    let board = rules::board(problem, &[]);
    let rounds = k_matching::joined(&board, problem.gifts_each).unwrap_or_else(|_| panic!("there are rounds"));
    cheapest(&board, &costs::of_history(problem), &rounds)
}

// H4: drawing over the pairings left, and again unless all are used that must be, is uniform; without asking for these it
// would not be.
#[test]
fn rounds_that_must_use_some_pairings_are_equally_likely() {
    let mut found_out = 0;
    for (name, problem) in crowded() {
        let all = best_rounds(&problem);
        let best = reduced(&problem);
        let board = std::sync::Arc::new(best.board);
        let mut stream = random::Stream::new(&[7; 32], random::Purpose::Draw, 0);
        let nothing = board::Csr::from_pairs(problem.people as usize, [].into_iter());
        let careful = KRounds::new(&board, None, problem.gifts_each, &best.must).expect("few rounds");
        let careless = KRounds::new(&board, None, problem.gifts_each, &nothing).expect("few rounds");
        let mut draw = |sampler: &KRounds| sampler.draw(&mut stream, &mut 100_000).expect("rounds").concat();
        let z = z_of(&all, (0..all.len() * 20).map(|_| draw(&careful)));
        assert!(z.abs() < 4.0, "{name}: z = {z:.2} over {} tuples", all.len());
        let wrong = (0..1000).filter(|_| !all.contains(&draw(&careless))).count();
        found_out += usize::from(wrong > 0);
    }
    assert!(found_out > 0, "some roster needs it");
}

// The walk from rounds in hand keeps to the best rounds.
#[test]
fn walking_keeps_the_fewest_repeats() {
    for (name, problem) in crowded() {
        let all = best_rounds(&problem);
        let best = reduced(&problem);
        for number in 0..20 {
            let mut stream = random::Stream::new(&seed(number), random::Purpose::Search, 0);
            let rounds = mend::mend_rounds(&best.board, &best.must, None, &best.rounds, &mut stream).expect("rounds");
            assert!(all.contains(&rounds.concat()), "{name}");
        }
    }
}

fn gifts() -> impl Strategy<Value = Problem> {
    (2_u32..4, 4_u32..6).prop_flat_map(|(gifts_each, people)| {
        let pair = (0..people, 0..people);
        let cells = prop::collection::vec(pair.clone(), 0..6);
        let history = prop::collection::vec(prop::collection::vec(pair, 0..14), 1..4);
        (cells, history, any::<bool>(), any::<bool>()).prop_map(move |(cells, history, one_circle, mutual)| Problem {
            exclusions: cells.into_iter().map(|(giver, receiver)| Exclusion { giver, receiver, rule: 0 }).collect(),
            history,
            gifts_each,
            one_circle,
            mutual,
            ..Problem::of(people)
        })
    })
}

/// Whether rounds keep the question's rule about circles.
fn keep_rule(problem: &Problem, rounds: &[u32]) -> bool {
    let rounds: Vec<Vec<u32>> = rounds.chunks(problem.people as usize).map(<[u32]>::to_vec).collect();
    CircleRule::of(problem).is_none_or(|rule| rule.holds(&rounds))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    // G3, H5: without a rule about circles the repeats are the fewest and the count is right; with one, they are when
    // the draw says so.
    #[test]
    fn fewest_means_fewest(problem in gifts()) {
        let plain = Problem { one_circle: false, mutual: true, ..problem.clone() };
        let all = best_rounds(&plain);
        let counted = survey(&plain).expect("well formed");
        let near = counted.count.log10 - (all.len() as f64).log10();
        prop_assert_eq!(counted.verdict == Verdict::Found, !all.is_empty());
        prop_assert!(all.is_empty() || near.abs() < 1.0 || counted.count.at_most.is_some(), "{:?} for {}", counted.count, all.len());
        if let Ok(drawn) = draw(&plain, &[3; 32]) {
            prop_assert!(drawn.fewest && all.contains(&drawn.rounds.concat()));
        }
        let mut ruled = enumerate_rounds(&Problem { history: Vec::new(), one_circle: false, mutual: true, ..problem.clone() });
        ruled.retain(|rounds| keep_rule(&problem, rounds));
        if let Ok(drawn) = draw(&problem, &[3; 32]) {
            let least = ruled.iter().map(|rounds| repeats(&problem, rounds)).min();
            prop_assert!(ruled.contains(&drawn.rounds.concat()));
            prop_assert!(!drawn.fewest || Some(&drawn.repeats) == least.as_ref());
        }
    }
}

/// Thirty people, four of whom may give only to the four after them; `old` of their pairings have been used up, newest first.
fn locked(old: &[Vec<(u32, u32)>]) -> Problem {
    let cells: Vec<(u32, u32)> =
        (0..4).flat_map(|giver| (8..30).chain(0..4).map(move |receiver| (giver, receiver))).collect();
    let history: Vec<&[(u32, u32)]> = old.iter().map(Vec::as_slice).collect();
    question(&[0; 30], &cells, &history)
}

fn among_four(shifts: &[u32]) -> Vec<(u32, u32)> {
    shifts.iter().flat_map(|shift| (0..4).map(move |giver| (giver, 4 + (giver + shift) % 4))).collect()
}

// G3: on rosters too large to count, a rule about circles costs no repeat that the others do not cost already.
#[test]
fn many_people_under_a_rule_about_circles_repeat_least() {
    let problem = locked(&[among_four(&[0, 1]), among_four(&[2]), among_four(&[3])]);
    for (one_circle, mutual) in [(true, true), (false, false)] {
        let problem = Problem { one_circle, mutual, ..problem.clone() };
        let ready = Ready::of(&problem).expect("there is a draw");
        for number in 0..5 {
            let drawn = ready.draw(&seed(number)).expect("there is a draw");
            assert_valid(&problem, &drawn);
            assert_eq!(drawn.repeats, [0, 0, 4], "all of the oldest draw's, none of the newer ones'");
            assert!(drawn.fewest && drawn.uniformity != Uniformity::Approximate, "{drawn:?}");
        }
    }
}

// G3: where the circle itself forces a repeat beyond what matching needs, that is either proved or said not to be known.
#[test]
fn a_repeat_that_only_the_circle_forces() {
    // Two halves of 15; last year nobody gave across but 0 -> 15 and 15 -> 0, and nobody else may.
    let across = |giver: u32, receiver: u32| (giver < 15) != (receiver < 15);
    let cells: Vec<(u32, u32)> = (0..30)
        .flat_map(|giver| (0..30).map(move |receiver| (giver, receiver)))
        .filter(|&(giver, receiver)| {
            across(giver, receiver) && ![(0, 15), (15, 0), (1, 16)].contains(&(giver, receiver))
        })
        .collect();
    let last: &[(u32, u32)] = &[(0, 15), (1, 16)];
    let problem = Problem { one_circle: true, ..question(&[0; 30], &cells, &[last]) };
    let ready = Ready::of(&problem).expect("there is a draw");
    for number in 0..5 {
        let drawn = ready.draw(&seed(number)).expect("there is a draw");
        assert!(CircleRule::One.holds(&drawn.rounds));
        assert_eq!(drawn.repeats, [1]);
        assert!(drawn.fewest, "no circle crosses over without one of them");
    }
}

// Above 2,000 people whole earlier draws are let go, and the draw says that it may be too many.
#[test]
fn what_is_not_known_to_be_the_fewest_is_said() {
    let people = 2_100;
    // Person 0 may give to 1, 2 and 3; gave to 1 and 2 last year, and to 3 the year before.
    let cells: Vec<(u32, u32)> = (4..people).map(|receiver| (0, receiver)).collect();
    let last: &[(u32, u32)] = &[(0, 1), (0, 2), (5, 6)];
    let before: &[(u32, u32)] = &[(0, 3), (7, 8)];
    let problem = Problem { gifts_each: 2, ..question(&vec![0; people as usize], &cells, &[last, before]) };
    let drawn = draw(&problem, &seed(1)).expect("there is a draw");
    assert_valid(&problem, &drawn);
    assert!(!drawn.fewest);
    let smaller = Problem { gifts_each: 2, ..question(&[0; 60], &cells[..56], &[last, before]) };
    let drawn = draw(&smaller, &seed(1)).expect("there is a draw");
    assert!(drawn.fewest && drawn.repeats == [1, 1], "{drawn:?}");
}
