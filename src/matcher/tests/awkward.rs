//! Awkward but possible rosters end quickly, and say how sure their uniformity is.

use super::super::*;
use super::{question, seed, z_of};
use crate::matcher::possible::matching;
use crate::matcher::question::circle_rule::CircleRule;
use crate::matcher::question::rules;
use crate::matcher::samplers::{greedy, switch_chain};

/// A draw of each of some seeds, all valid.
fn draws(problem: &Problem, count: u64) -> Vec<Drawn> {
    let ready = Ready::of(problem).expect("there is a draw");
    let drawn = (0..count).map(|number| ready.draw(&seed(number)).expect("there is a draw"));
    drawn.inspect(|drawn| assert_valid(problem, drawn)).collect()
}

pub(super) fn assert_valid(problem: &Problem, drawn: &Drawn) {
    let never = problem.repeats == Repeats::Never;
    let board = rules::board(problem, if never { &problem.history } else { &[] });
    assert_eq!(drawn.rounds.len(), problem.gifts_each as usize);
    for (round, at) in drawn.rounds.iter().zip(0..) {
        assert!(board.admits(round));
        for other in &drawn.rounds[..at] {
            assert!(round.iter().zip(other).all(|(one, other)| one != other));
        }
    }
}

// Two households of 15: two halves that give to each other, no shuffle ever gets there.
#[test]
fn two_households_of_fifteen() {
    let households: Vec<u32> = (0..30).map(|person| 1 + person / 15).collect();
    let drawn = draws(&question(&households, &[], &[]), 20);
    assert!(drawn.iter().all(|drawn| drawn.uniformity == Uniformity::Exact));
    assert_eq!(
        survey(&question(&households, &[], &[])).expect("well formed").count.exact.expect("two blocks of 15"),
        (1_307_674_368_000_u128 * 1_307_674_368_000).to_string()
    );
}

#[test]
fn three_givers_locked_to_three_receivers_among_thirty() {
    let cells: Vec<(u32, u32)> = (0..3)
        .flat_map(|giver| (6..30).map(move |receiver| (giver, receiver)))
        .chain([(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)])
        .collect();
    let problem = question(&[0; 30], &cells, &[]);
    for drawn in draws(&problem, 20) {
        assert_eq!(drawn.uniformity, Uniformity::Exact);
        assert!(drawn.rounds[0][..3].iter().all(|receiver| (3..6).contains(receiver)));
    }
    assert!(survey(&problem).expect("well formed").guessable.is_empty());
}

#[test]
fn twelve_people_with_one_valid_draw() {
    // Person i may give to i + 1 and to anybody before; then only the last can give to the first.
    let cells: Vec<(u32, u32)> = (0..12_u32)
        .flat_map(|giver| (0..12).map(move |receiver| (giver, receiver)))
        .filter(|&(giver, receiver)| {
            receiver != (giver + 1) % 12 && (giver == 11 || receiver > giver + 1 || receiver + 3 < giver)
        })
        .filter(|&(giver, receiver)| giver != receiver)
        .chain((0..11).map(|giver| (giver, 0)))
        .chain((2..11).flat_map(|giver| (1..giver).map(move |receiver| (giver, receiver))))
        .collect();
    let problem = question(&[0; 12], &cells, &[]);
    let surveyed = survey(&problem).expect("well formed");
    assert_eq!(surveyed.count.exact.as_deref(), Some("1"));
    assert_eq!(surveyed.guessable.len(), 12);
    assert!(surveyed.guessable.iter().all(|sure| (sure.probability - 1.0).abs() < f64::EPSILON));
    for drawn in draws(&problem, 3) {
        assert_eq!(drawn.rounds[0], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0]);
    }
}

#[test]
fn two_hundred_people_with_a_department_of_a_hundred_and_one_of_ninety_nine() {
    let households: Vec<u32> = (0..200)
        .map(|person| {
            if person < 100 {
                1
            } else if person < 199 {
                2
            } else {
                0
            }
        })
        .collect();
    assert!(
        draws(&question(&households, &[], &[]), 10).iter().all(|drawn| drawn.uniformity != Uniformity::Approximate)
    );
}

#[test]
fn a_ring_of_a_hundred_where_each_may_give_to_the_next_fifty() {
    let cells: Vec<(u32, u32)> =
        (0..100).flat_map(|giver| (51..100).map(move |step| (giver, (giver + step) % 100))).collect();
    assert!(draws(&question(&[0; 100], &cells, &[]), 3).iter().all(|drawn| drawn.uniformity == Uniformity::ExactTo1e9));
}

#[test]
fn every_method_gives_valid_draws() {
    let couples = |people: u32| (0..people).map(|person| 1 + person / 2).collect::<Vec<u32>>();
    let last: Vec<(u32, u32)> = (0..300).map(|giver| (giver, (giver + 7) % 300)).collect();
    let years: Vec<Vec<(u32, u32)>> =
        (0..8).map(|year| (0..300).map(|giver| (giver, (giver + 11 + year) % 300)).collect()).collect();
    let years: Vec<&[(u32, u32)]> = years.iter().map(Vec::as_slice).collect();
    let few = question(&couples(300), &[], &[&last]);
    let many = question(&couples(300), &[], &years);
    for (problem, method) in [(&few, "early refusal: 300"), (&many, "Huber's bound: 300")] {
        for drawn in draws(problem, 3) {
            assert_eq!(drawn.method, method);
            assert!(drawn.repeats.iter().all(|&repeats| repeats == 0));
        }
        for (one_circle, mutual) in [(true, true), (false, false), (true, false)] {
            let circled = Problem { one_circle, mutual, ..problem.clone() };
            for drawn in draws(&circled, 2) {
                assert_ne!(drawn.uniformity, Uniformity::Approximate);
                assert!(drawn.repeats.iter().all(|&repeats| repeats == 0));
                assert!(!one_circle || CircleRule::One.holds(&drawn.rounds));
                assert!(mutual || CircleRule::NoMutual.holds(&drawn.rounds));
            }
        }
        let gifts = Problem { gifts_each: 3, ..problem.clone() };
        assert!(draws(&gifts, 2).iter().all(|drawn| drawn.uniformity != Uniformity::Approximate));
    }
}

// What no exact method can weigh is still drawn, validly, and says so.
#[test]
fn hard_rosters_are_labelled_approximate() {
    // 200 people who may give to about 12 others each, at random.
    let mut stream = random::Stream::new(&[1; 32], random::Purpose::Search, 0);
    let mut cells = Vec::new();
    for giver in 0..200 {
        cells.extend((0..200).filter(|_| stream.below(100) >= 6).map(|receiver| (giver, receiver)));
    }
    let sparse = question(&[0; 200], &cells, &[]);
    assert!(draws(&sparse, 1).iter().all(|drawn| drawn.uniformity == Uniformity::Approximate));
}

// A history that cannot be avoided on a board too large to count: whoever has to, repeats; nobody else does.
#[test]
fn the_fewest_repeats_of_many_people() {
    let people = 60_u32;
    // The first three may give to 3, 4 and 5 only, and did so last year, each to each in three years.
    let cells: Vec<(u32, u32)> = (0..3)
        .flat_map(|giver| (6..people).map(move |receiver| (giver, receiver)))
        .chain([(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)])
        .collect();
    let year = |shift: u32| -> Vec<(u32, u32)> {
        (0..people)
            .map(|giver| (giver, if giver < 3 { 3 + (giver + shift) % 3 } else { (giver + 20 + shift) % people }))
            .collect()
    };
    let problem = question(&[0; 60], &cells, &[&year(0), &year(1), &year(2)]);
    let all = draws(&problem, 30);
    assert!(all.iter().all(|drawn| drawn.repeats == [0, 0, 3]), "only the oldest draw is repeated");
    assert!(all.iter().all(|drawn| drawn.rounds[0][..3] == [5, 3, 4]));
}

// A few forced repeats among many people cost nobody else their exact draw.
#[test]
fn a_forced_repeat_among_many_people() {
    let people = 1_500_u32;
    let cells: Vec<(u32, u32)> = (0..2)
        .flat_map(|giver| (4..people).map(move |receiver| (giver, receiver)))
        .chain([(0, 1), (1, 0), (0, 3), (1, 3)])
        .collect();
    // Person 0 may give only to 2, as last year; person 1 then only to 3.
    let last: Vec<(u32, u32)> =
        (0..people).filter(|&giver| giver != 1).map(|giver| (giver, (giver + 2) % people)).collect();
    let problem = question(&vec![0; people as usize], &cells[..cells.len() - 1], &[&last]);
    for drawn in draws(&problem, 3) {
        assert_eq!(drawn.repeats, [1]);
        assert_eq!(drawn.uniformity, Uniformity::Exact);
    }
}

#[test]
fn rearranging_reaches_every_draw() {
    // The look-ahead may favour some draws, but it must reach all.
    let problem = question(&[0; 5], &[(0, 1), (1, 3)], &[]);
    let all = super::enumerate(&problem);
    let board = rules::board(&problem, &[]);
    let mut stream = random::Stream::new(&[1; 32], random::Purpose::Chain, 0);
    let drawn: Vec<Vec<u32>> =
        (0..all.len() * 40).map(|_| greedy::rearrange(&board, matching::largest(&board), &mut stream)).collect();
    assert!(all.iter().all(|draw| drawn.contains(draw)));
    // And after the walk even the frequencies are hard to tell from uniform here.
    let walked = drawn.into_iter().map(|mut draw| {
        switch_chain::walk(&mut draw, 400, &mut stream, |draw, givers| switch_chain::open(&board, draw, givers));
        draw
    });
    assert!(z_of(&all, walked).abs() < 4.0);
}

// H5: large counts are of the right size.
#[test]
fn large_counts_are_of_the_right_size() {
    let count = |households: &[u32]| survey(&question(households, &[], &[])).expect("well formed").count;
    // Nobody to themselves: n!/e, and 100! = 9.33e157.
    let free = count(&[0; 100]);
    assert!((free.log10 - 157.535_7).abs() < 0.01 && free.exact.is_none(), "{free:?}");
    // Two departments of 30 that give to each other only: 30! squared, counted as two blocks.
    let halves: Vec<u32> = (0..60).map(|person| 1 + person / 30).collect();
    let halves = count(&halves);
    assert!((halves.log10 - 2.0 * 32.423_66).abs() < 0.01, "{halves:?}");
    // Departments of 90, 50, 30 and 30: the number is known to nine digits from the groups alone.
    let departments: Vec<u32> = (0..200)
        .map(|person| {
            if person < 90 {
                1
            } else if person < 140 {
                2
            } else {
                3 + (person - 140) / 30
            }
        })
        .collect();
    let departments = count(&departments);
    assert_eq!(departments.method, "counted by groups, to nine digits");
    assert!(departments.log10 > 320.0 && departments.log10 < 345.0, "{departments:?}");
}

// H4: a roster is drawn exactly or it is not; its label does not depend on the seed.
#[test]
fn a_roster_has_one_label() {
    let departments: Vec<u32> = (0..500).map(|person| if person < 498 { 1 + person / 249 } else { 0 }).collect();
    let circle = Problem { one_circle: true, ..question(&[0; 21], &[(0, 1), (4, 2)], &[]) };
    let gifts = Problem { gifts_each: 2, ..question(&[0; 40], &[(0, 1), (4, 2)], &[]) };
    for problem in [question(&departments, &[], &[]), circle, gifts] {
        let all = draws(&problem, 40);
        assert!(all.iter().all(|drawn| drawn.uniformity == all[0].uniformity && drawn.method == all[0].method));
    }
}
