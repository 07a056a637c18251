//! What large rosters do, on rosters small enough to try everything.

use proptest::prelude::*;

use super::*;
use crate::matcher::Exclusion;
use crate::matcher::tests::{enumerate, question, seed, z_of};

/// The question made ready as if it were too large to count.
fn uncounted(problem: &Problem) -> Option<Circular> {
    let (board, matching) = possible(problem, false).ok()?;
    let way = Way::Tried(Box::new(Tried::of(problem, board, matching)));
    Some(Circular { rule: Rule::of(problem), people: problem.people, problem: problem.clone(), way })
}

/// All draws that keep the rule, with the fewest repeats.
fn best(problem: &Problem) -> Vec<Vec<u32>> {
    let mut all = enumerate(&Problem { history: Vec::new(), ..problem.clone() });
    let least = all.iter().map(|draw| history::repeats(draw, &problem.history)).min();
    all.retain(|draw| Some(history::repeats(draw, &problem.history)) == least);
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
        match uncounted(&problem).map(|circular| circular.draw(&seed(number))) {
            Some(Ok(drawn)) => {
                let least = history::repeats(best.first().expect("there is a draw"), &problem.history);
                prop_assert!(Rule::of(&problem).holds(&drawn.rounds[0]));
                prop_assert!(drawn.repeats >= least);
                prop_assert!(!drawn.fewest || drawn.repeats == least);
                prop_assert!(drawn.fewest || drawn.repeats.iter().any(|&again| again > 0));
            }
            Some(Err(NoDraw::Impossible(_))) | None => prop_assert!(best.is_empty()),
            Some(Err(other)) => prop_assert!(false, "{other}"),
        }
    }

    // H4, H5: tightening loses no circle, and what every circle is said to have, it has.
    #[test]
    fn every_circle_has_its_bridges(problem in small()) {
        let board = rules::board(&problem, true);
        let circles = Circles::<u64>::one(&board, Vec::new());
        let uses = circles.uses();
        for (giver, receiver) in bridges::of(&board) {
            prop_assert_eq!(uses[(giver * board.size() + receiver) as usize], circles.total());
        }
        if let Some(tighter) = bridges::tightened(&board) {
            prop_assert_eq!(Circles::<u64>::one(&tighter, Vec::new()).total(), circles.total());
        }
        prop_assert!(circles.total() == 0 || !bridges::clearly_none(&board, Rule::One));
    }

    // H5: what a search says of a board is so.
    #[test]
    fn boards_are_ruled_out_rightly(problem in small()) {
        let board = rules::board(&problem, true);
        for rule in [Rule::One, Rule::NoMutual] {
            let total = counted::<u64>(&board, rule, Vec::new()).total();
            prop_assert_eq!(ruled_out(&board, rule, 1_000_000), Some(total == 0));
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
        let circular = uncounted(&problem).expect("there is a draw");
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
