//! What large rosters do, on rosters small enough to try everything.

use proptest::prelude::*;

use super::super::*;
use super::{enumerate, question, seed, z_of};
use crate::matcher::possible::search;
use crate::matcher::question::circle_rule::CircleRule;
use crate::matcher::question::costs;
use crate::matcher::question::rules;
use crate::matcher::random::{Purpose, Stream};
use crate::matcher::samplers::circles::Circles;
use crate::matcher::samplers::counted::Table;

/// All draws that keep the rule, with the fewest repeats.
fn best(problem: &Problem) -> Vec<Vec<u32>> {
    let mut all = enumerate(&Problem { history: Vec::new(), ..problem.clone() });
    let repeats = |draw: &Vec<u32>| costs::of_rounds(&costs::of_history(problem), std::slice::from_ref(draw));
    let least = all.iter().map(repeats).min();
    all.retain(|draw| Some(repeats(draw)) == least);
    all
}

fn small() -> impl Strategy<Value = Problem> {
    (3_u32..8).prop_flat_map(|people| {
        let pair = (0..people, 0..people);
        let cells = prop::collection::vec(pair.clone(), 0..16);
        let history = prop::collection::vec(prop::collection::vec(pair, 0..14), 0..4);
        (cells, history, any::<bool>()).prop_map(move |(cells, history, one_circle)| Problem {
            exclusions: cells.into_iter().map(|(giver, receiver)| Exclusion { giver, receiver, rule: 0 }).collect(),
            history,
            one_circle,
            mutual: one_circle,
            ..Problem::of(people)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    // G3: a draw exactly when there is one; and its repeats are the fewest when it says so.
    #[test]
    fn fewest_repeats_are_only_claimed_when_proved(problem in small(), number in any::<u64>()) {
        let best = best(&problem);
        match Ready::uncounted(&problem).and_then(|ready| ready.draw(&seed(number))) {
            Ok(drawn) => {
                let least = costs::of_rounds(&costs::of_history(&problem), &best[..1]);
                prop_assert!(CircleRule::of(&problem).expect("there is one").holds(&drawn.rounds));
                prop_assert!(drawn.repeats >= least);
                prop_assert!(!drawn.fewest || drawn.repeats == least);
                prop_assert!(drawn.fewest || drawn.repeats.iter().any(|&again| again > 0));
            }
            Err(NoDraw::Impossible(_)) => prop_assert!(best.is_empty()),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    // H5: what a search says of a board is so.
    #[test]
    fn boards_are_ruled_out_rightly(problem in small()) {
        let board = rules::board(&problem, &problem.history);
        for rule in [CircleRule::One, CircleRule::NoMutual] {
            let circles = match rule {
                CircleRule::One => Circles::<u64>::one(&board, Vec::new()),
                CircleRule::NoMutual => Circles::<u64>::long(&board, Vec::new(), 3),
            };
            let mut stream = Stream::new(&[0; 32], Purpose::Search, 0);
            let none = matches!(search::search(&board, rule, &mut stream, 1_000_000), search::Outcome::Exhausted);
            prop_assert_eq!(none, circles.total() == 0);
        }
    }
}

// G3, H4: draws with the fewest repeats are equally likely, whether the rule costs no repeat of its own or some.
#[test]
fn the_fewest_repeats_are_equally_likely() {
    let year = |people: u32, shift: u32| (0..people).map(|giver| (giver, (giver + shift) % people)).collect();
    let six = question(&[0; 6], &[(0, 3), (1, 4)], &[]);
    let history: Vec<Vec<(u32, u32)>> = vec![year(6, 1), year(6, 2), year(6, 5)];
    // Everybody's first two choices are used up, and the third makes pairs.
    let pairs = question(&[0; 6], &[], &[]);
    let left_pairs: Vec<Vec<(u32, u32)>> = vec![year(6, 1), year(6, 2), year(6, 4), year(6, 5)];
    for (name, problem) in [
        ("a circle, three years", Problem { one_circle: true, history: history.clone(), ..six.clone() }),
        ("no mutual pairs, three years", Problem { mutual: false, history, ..six }),
        ("a circle, pairs left", Problem { one_circle: true, history: left_pairs.clone(), ..pairs.clone() }),
        ("no mutual pairs, pairs left", Problem { mutual: false, history: left_pairs, ..pairs }),
    ] {
        let all = best(&problem);
        let circular = Ready::uncounted(&problem).expect("there is a draw");
        let mut fewest = 0;
        let draws: Vec<Vec<u32>> = (0..(all.len() as u64 * 25).max(30))
            .map(|number| circular.draw(&seed(number)).expect("there is a draw"))
            .inspect(|drawn| fewest += u32::from(drawn.fewest))
            .map(|mut drawn| drawn.rounds.remove(0))
            .filter(|draw| all.contains(draw))
            .collect();
        let z = z_of(&all, draws.iter().cloned());
        println!("{name}: {} draws of {} best ones, proved {fewest} times, z = {z:.2}", draws.len(), all.len());
        assert!(z.abs() < 4.0 && draws.len() > all.len() * 20, "{name}: z = {z:.2}");
    }
}
