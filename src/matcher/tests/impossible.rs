//! X16, H5: an impossible roster is proved impossible, and the ways out are ways out.

use proptest::prelude::*;

use super::super::*;
use super::{allowed, enumerate, question, seed};
use crate::matcher::possible::witness;
use crate::matcher::question::board;

/// A small question with random rules, dense enough to be impossible now and then.
fn small() -> impl Strategy<Value = Problem> {
    (1_u32..8).prop_flat_map(|people| {
        let household = prop::option::weighted(0.6, 0_u32..3);
        let pair = (0..people, 0..people);
        (
            prop::collection::vec(household, people as usize),
            prop::collection::vec((pair.clone(), 0_u32..12), 0..14),
            prop::collection::vec(prop::collection::vec(pair, 0..8), 0..3),
            any::<bool>(),
        )
            .prop_map(move |(households, cells, history, never)| Problem {
                households,
                exclusions: cells
                    .into_iter()
                    .map(|((giver, receiver), rule)| Exclusion { giver, receiver, rule })
                    .collect(),
                history,
                repeats: if never { Repeats::Never } else { Repeats::Avoid },
                ..Problem::of(people)
            })
    })
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Checks the proof by Hall's definition: the crowd sees only the others named, and they are too few.
fn assert_crowded(problem: &Problem, found: &Impossible) {
    let (crowd, seen) = match found.clash {
        Clash::Givers => (&found.givers, &found.receivers),
        _ => (&found.receivers, &found.givers),
    };
    assert!(crowd.len() > seen.len());
    let may = |one: u32, other: u32| {
        let (giver, receiver) = if found.clash == Clash::Givers { (one, other) } else { (other, one) };
        allowed(problem, giver as usize, receiver as usize)
    };
    // Without any one of them the others are not crowded.
    for &left_out in crowd {
        let rest = || crowd.iter().filter(|&&one| one != left_out);
        let seen_by_rest = seen.iter().filter(|&&other| rest().any(|&one| may(one, other))).count();
        assert!(seen_by_rest >= rest().count());
    }
    for &one in crowd {
        for other in (0..problem.people).filter(|other| !seen.contains(other)) {
            assert!(!may(one, other), "{one} may deal with {other}");
        }
    }
}

/// The fewest forbidden pairings in any draw without self-gifts, by trying them all; 0 for one person.
fn fewest_forbidden(problem: &Problem) -> u32 {
    let broken = |draw: &Vec<u32>| {
        let cells = draw.iter().enumerate().filter(|&(giver, &receiver)| !allowed(problem, giver, receiver as usize));
        board::number(cells.count())
    };
    enumerate(&Problem::of(problem.people)).iter().map(broken).min().unwrap_or(0)
}

fn assert_repaired(problem: &Problem, found: &Impossible) {
    for repair in &found.repairs {
        let mended = match repair {
            Repair::Drop(rule) => repair::without(problem, &[*rule]),
            Repair::DropAll { rules, fewest } => {
                if *fewest {
                    assert_no_fewer(problem, rules.len());
                }
                repair::without(problem, rules)
            }
            Repair::Guests(guests) => {
                let mut invited = problem.clone();
                invited.people += guests;
                invited.households.resize(invited.people as usize, None);
                invited
            }
            Repair::Gifts(gifts) => Problem { gifts_each: *gifts, ..problem.clone() },
            Repair::Inside { household, pairings, .. } => {
                assert_inside(problem, *household, *pairings);
                continue;
            }
        };
        assert!(Ready::of(&mended).is_ok(), "{repair:?} does not help");
    }
}

/// No set of fewer rules makes a draw possible when dropped.
fn assert_no_fewer(problem: &Problem, rules: usize) {
    let pool = witness::all_rules(problem, problem.repeats == Repeats::Never);
    for set in 0..1_u32 << pool.len() {
        if (set.count_ones() as usize) < rules {
            let dropped: Vec<RuleRef> =
                (0..).zip(&pool).filter(|(at, _)| set >> at & 1 == 1).map(|(_, &r)| r).collect();
            assert!(!repair::is_possible(&repair::without(problem, &dropped)), "{dropped:?} are fewer");
        }
    }
}

/// Some draw breaks nothing but the household's rule, and that so many times.
fn assert_inside(problem: &Problem, household: u32, pairings: u32) {
    if problem.people > 8 {
        return;
    }
    let open = repair::without(problem, &[RuleRef::Household(household)]);
    let inside = |draw: &Vec<u32>| {
        let within = |&(giver, &receiver): &(usize, &u32)| {
            problem.households[giver] == Some(household) && problem.households[receiver as usize] == Some(household)
        };
        board::number(draw.iter().enumerate().filter(within).count())
    };
    let open = Problem { repeats: Repeats::Avoid, history: Vec::new(), ..open };
    let kept = |draw: &&Vec<u32>| {
        problem.repeats == Repeats::Avoid
            || !(0..).zip(draw.iter().copied()).any(|pair| problem.history.iter().flatten().any(|&old| old == pair))
    };
    assert!(enumerate(&open).iter().filter(kept).any(|draw| inside(draw) == pairings), "{pairings} are not enough");
}

proptest! {
    #![proptest_config(cases(600))]

    // A draw exactly when there is one by trying everything; valid; proofs and repairs hold.
    #[test]
    fn possible_or_not_agrees_with_trying_everything(problem in small(), number in any::<u64>()) {
        let all = enumerate(&problem);
        match draw(&problem, &seed(number)) {
            Ok(drawn) => {
                prop_assert!(all.contains(&drawn.rounds[0]));
                prop_assert_eq!(drawn.uniformity, Uniformity::Exact);
            }
            Err(NoDraw::Impossible(found)) => {
                prop_assert!(all.is_empty());
                // The household and exclusion rules alone are to blame unless repeats are forbidden for good.
                assert_crowded(&problem, &found);
                assert_repaired(&problem, &found);
                prop_assert!(!found.rules.is_empty());
                prop_assert_eq!(found.must_go, fewest_forbidden(&problem));
                for line in explain(&found, &|person| format!("P{person}"), &|rule| format!("{rule:?}")) {
                    prop_assert!(line.ends_with('.') && !line.contains("  "));
                }
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    // Counts and chances are those of trying everything.
    #[test]
    fn surveys_agree_with_trying_everything(problem in small(), one in any::<bool>(), mutual in any::<bool>()) {
        let problem = Problem { one_circle: one, mutual, ..problem };
        let all = enumerate(&problem);
        let surveyed = survey(&problem).expect("well formed");
        prop_assert_eq!(surveyed.count.exact, Some(all.len().to_string()));
        prop_assert_eq!(surveyed.impossible.is_some(), all.is_empty());
        let mut guessable = Vec::new();
        for giver in 0..problem.people {
            for receiver in 0..problem.people {
                let times = all.iter().filter(|draw| draw[giver as usize] == receiver).count();
                if 2 * times > all.len() {
                    guessable.push((giver, receiver, times as f64 / all.len() as f64));
                }
            }
        }
        let mut said: Vec<_> = surveyed.guessable.iter().map(|one| (one.giver, one.receiver, one.probability)).collect();
        said.sort_by_key(|&(giver, ..)| giver);
        prop_assert_eq!(said.len(), guessable.len());
        for (said, known) in said.iter().zip(&guessable) {
            prop_assert_eq!((said.0, said.1), (known.0, known.1));
            prop_assert!((said.2 - known.2).abs() < 1e-12);
        }
    }

    // Numbering people differently changes neither the count nor whether there is a draw.
    #[test]
    fn relabelling_changes_nothing(problem in small(), one_circle in any::<bool>(), shift in 0_u32..8) {
        let problem = Problem { one_circle, ..problem };
        let people = problem.people;
        let name = |person: u32| (person + shift) % people;
        let mut relabelled = problem.clone();
        for person in 0..people {
            relabelled.households[name(person) as usize] = problem.households[person as usize];
        }
        for cell in &mut relabelled.exclusions {
            (cell.giver, cell.receiver) = (name(cell.giver), name(cell.receiver));
        }
        for pair in relabelled.history.iter_mut().flatten() {
            *pair = (name(pair.0), name(pair.1));
        }
        let (before, after) = (survey(&problem).expect("well formed"), survey(&relabelled).expect("well formed"));
        prop_assert_eq!(&before.count.exact, &after.count.exact);
        prop_assert_eq!(before.guessable.len(), after.guessable.len());
        let must_go = |survey: &Survey| survey.impossible.as_ref().map(|found| found.must_go);
        prop_assert_eq!(must_go(&before), must_go(&after));
    }

    // Several gifts are possible exactly when as many rounds fit.
    #[test]
    fn several_gifts_agree_with_trying_everything(problem in small(), gifts in 2_u32..5) {
        let problem = Problem { gifts_each: gifts, history: Vec::new(), ..problem };
        prop_assume!(problem.people < 6);
        let all = super::enumerate_rounds(&problem);
        match draw(&problem, &[4; 32]) {
            Ok(drawn) => prop_assert!(all.contains(&drawn.rounds.concat())),
            Err(NoDraw::Impossible(found)) => {
                prop_assert!(all.is_empty());
                prop_assert!(found.needed > found.room);
                assert_repaired(&problem, &found);
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

fn said(problem: &Problem) -> Vec<String> {
    let Err(NoDraw::Impossible(found)) = draw(problem, &[0; 32]) else { panic!("there is no draw") };
    let names = ["Ann", "Bob", "Cy", "Dee", "Eli", "Flo", "Gus"];
    let rules = |rule: &RuleRef| match rule {
        RuleRef::SelfRule => "nobody gives to themselves".to_owned(),
        RuleRef::Household(household) => format!("household {household}"),
        RuleRef::Exclusion(rule) => format!("the exclusion at line {}", rule + 10),
        RuleRef::History(tier) => format!("the draw {} back", tier + 1),
        RuleRef::OneCircle => "one circle".to_owned(),
        RuleRef::NoMutual => "no two draw each other".to_owned(),
    };
    explain(
        &found,
        &|person| names.get(person as usize).map_or_else(|| format!("P{person}"), |name| (*name).to_owned()),
        &rules,
    )
}

#[test]
fn clashes_are_said_in_people_and_rules() {
    // Ann, Bob and Cy are a household and may not give to Flo either: Dee and Eli are left.
    let crowded = question(&[1, 1, 1, 0, 0, 0], &[(0, 5), (1, 5), (2, 5)], &[]);
    assert_eq!(
        said(&crowded),
        [
            "Ann, Bob and Cy can give only to Dee or Eli: household 1, the exclusion at line 10, the exclusion at line 11 \
             and the exclusion at line 12.",
            "dropping any one of these makes a draw possible: household 1, the exclusion at line 10, the exclusion at \
             line 11 or the exclusion at line 12.",
            "inviting 1 more person from elsewhere makes a draw possible.",
        ]
    );
    assert_eq!(
        said(&question(&[1, 1, 1, 1, 1, 0, 0], &[], &[])),
        [
            "household 1 is 5 of 7 people, and none of them may give to another: it can be at most half of everybody, 3 here.",
            "dropping household 1 makes a draw possible.",
            "at least 3 forbidden pairings have to be allowed.",
            "allowing 3 pairings in spite of household 1 makes a draw possible.",
            "inviting 3 more people from elsewhere makes a draw possible.",
        ]
    );
    assert_eq!(
        said(&question(&[0], &[], &[])),
        [
            "Ann can give to nobody: nobody gives to themselves.",
            "inviting 1 more person from elsewhere makes a draw possible.",
        ]
    );
    let apart = question(&[0; 6], &[(0, 3), (0, 4), (0, 5), (1, 3), (1, 4), (1, 5), (2, 3), (2, 4), (2, 5)], &[]);
    let one_circle = said(&Problem { one_circle: true, ..apart });
    assert!(
        one_circle[0].starts_with("Ann, Bob and Cy can give only among themselves, so no single circle leaves them")
    );
    let pair = Problem { mutual: false, ..question(&[0; 2], &[], &[]) };
    assert_eq!(
        said(&pair),
        [
            "every possibility was gone through and none is allowed: no two draw each other.",
            "dropping no two draw each other makes a draw possible.",
        ]
    );
    let gifts = said(&Problem { gifts_each: 4, ..question(&[1, 1, 0, 0, 0], &[], &[]) });
    assert_eq!(gifts[0], "Ann would give 4 gifts, but can give only 3: household 1.");
}

// H5: ways out under a rule about circles are tried out above 16 people too.
#[test]
fn a_circle_of_thirty_is_repaired() {
    // Two halves; from the first a pairing leads across only against exclusion 7, and one leads back.
    let across = |giver: u32, receiver: u32| (giver < 15) != (receiver < 15);
    let exclusions = (0..30)
        .flat_map(|giver| (0..30).map(move |receiver| (giver, receiver)))
        .filter(|&(giver, receiver)| across(giver, receiver) && (giver, receiver) != (16, 1))
        .map(|(giver, receiver)| Exclusion { giver, receiver, rule: if (giver, receiver) == (0, 15) { 7 } else { 3 } });
    let problem = Problem { exclusions: exclusions.collect(), one_circle: true, ..Problem::of(30) };
    let Err(NoDraw::Impossible(found)) = draw(&problem, &[0; 32]) else { panic!("there is no draw") };
    assert_eq!(found.clash, Clash::ClosedGivers);
    assert!(found.repairs.contains(&Repair::Drop(RuleRef::Exclusion(7))), "{:?}", found.repairs);
    assert!(found.repairs.contains(&Repair::Drop(RuleRef::OneCircle)));
    assert_repaired(&problem, &found);
}

// X16: recognised at once, also where a million people are concerned.
#[test]
fn a_large_impossible_roster_is_recognised_at_once() {
    let people = 100_000;
    let mut problem = Problem::of(people);
    for person in 0..50_003 {
        problem.households[person] = Some(7);
    }
    let Err(NoDraw::Impossible(found)) = draw(&problem, &[0; 32]) else { panic!("there is no draw") };
    assert_eq!(found.must_go, 6);
    assert_eq!(found.rules, [RuleRef::SelfRule, RuleRef::Household(7)]);
    assert!(found.repairs.contains(&Repair::Guests(6)));
    assert!(found.repairs.contains(&Repair::Inside { household: 7, members: 50_003, people: 100_000, pairings: 6 }));
}

#[test]
fn what_a_caller_gets_wrong_is_an_error() {
    let mut problem = question(&[0; 3], &[(0, 3)], &[]);
    assert_eq!(survey(&problem).expect_err("person 3 does not exist"), Malformed::Exclusion);
    problem.exclusions.clear();
    problem.history = vec![vec![(7, 0)]];
    assert_eq!(draw(&problem, &[0; 32]).expect_err("person 7 does not exist"), NoDraw::Malformed(Malformed::History));
    problem.history.clear();
    problem.gifts_each = 0;
    assert!(matches!(draw(&problem, &[0; 32]), Err(NoDraw::Malformed(Malformed::NoGifts))));
    problem.households.pop();
    assert!(matches!(draw(&problem, &[0; 32]), Err(NoDraw::Malformed(Malformed::Households { .. }))));
}

#[test]
fn nobody_at_all_has_one_empty_draw() {
    for (one_circle, mutual) in [(false, true), (true, true), (false, false)] {
        let nobody = Problem { one_circle, mutual, ..Problem::of(0) };
        assert_eq!(draw(&nobody, &[0; 32]).expect("an empty draw").rounds, [[] as [u32; 0]]);
        assert_eq!(survey(&nobody).expect("well formed").count.exact.as_deref(), Some("1"));
    }
}

fn proof(problem: &Problem) -> Impossible {
    let Err(NoDraw::Impossible(found)) = draw(problem, &[0; 32]) else { panic!("there is no draw") };
    *found
}

// H5: who may give to one person only can give to one, even if nobody may give to them.
#[test]
fn room_is_counted_on_the_side_that_clashes() {
    let cells: Vec<(u32, u32)> = (2..6).map(|to| (0, to)).chain((1..6).map(|from| (from, 0))).collect();
    let found = proof(&Problem { gifts_each: 2, ..question(&[0; 6], &cells, &[]) });
    assert_eq!((found.clash, found.needed, found.room), (Clash::Givers, 2, 1));
}

// H5: pairings inside a household are suggested only where no other rule keeps its members apart as well.
#[test]
fn a_household_kept_apart_twice_is_not_told_to_allow_pairings() {
    let cells: Vec<(u32, u32)> =
        (0..3).flat_map(|one| (0..3).map(move |other| (one, other))).filter(|(one, other)| one != other).collect();
    let twice = proof(&question(&[1, 1, 1, 0, 0], &cells, &[]));
    assert!(!twice.repairs.iter().any(|repair| matches!(repair, Repair::Inside { .. })), "{:?}", twice.repairs);
    // One pairing of the three is left open: that one is enough.
    let once = proof(&question(&[1, 1, 1, 0, 0], &cells[..5], &[]));
    assert!(
        once.repairs.iter().any(|repair| matches!(repair, Repair::Inside { pairings: 1, .. })),
        "{:?}",
        once.repairs
    );
    assert_repaired(&question(&[1, 1, 1, 0, 0], &cells[..5], &[]), &once);
}

// H5: the one rule that helps is found among any number of rules.
#[test]
fn one_helpful_rule_among_hundreds() {
    let people = 402;
    let cells: Vec<(u32, u32)> =
        (1..people).map(|to| (0, to)).chain((1..people - 1).map(|from| (from, people - 1))).collect();
    let found = proof(&question(&vec![0; people as usize], &cells, &[]));
    let last = RuleRef::Exclusion(people - 2);
    assert_eq!(
        found.repairs.iter().filter(|repair| matches!(repair, Repair::Drop(_))).collect::<Vec<_>>(),
        [&Repair::Drop(last)]
    );
    assert!(found.all_tried);
}

// H5: two people who can give to nobody need two rules dropped, and it is said that no fewer will do.
#[test]
fn the_fewest_rules_are_dropped() {
    let cells: Vec<(u32, u32)> =
        (0..2).flat_map(|giver| (0..6).map(move |to| (giver, to))).filter(|(a, b)| a != b).collect();
    let problem = question(&[0; 6], &cells, &[]);
    let found = proof(&problem);
    assert!(
        found
            .repairs
            .iter()
            .any(|repair| matches!(repair, Repair::DropAll { rules, fewest: true } if rules.len() == 2))
    );
    assert_repaired(&problem, &found);
}

// X16: with no mutual pairs everybody needs twice as many partners as gifts; seen at once.
#[test]
fn too_few_partners_are_seen_at_once() {
    for (people, gifts) in [(3, 2), (4, 2), (5, 3), (6, 3), (8, 4), (12, 6), (30, 15), (40, 20)] {
        let problem = Problem { gifts_each: gifts, mutual: false, ..Problem::of(people) };
        let found = proof(&problem);
        assert_eq!(
            (found.needed, found.room),
            (2 * u64::from(gifts), u64::from(people) - 1),
            "{people} people, {gifts} gifts"
        );
        assert!(survey(&problem).expect("well formed").impossible.is_some());
    }
    let gifts = said(&Problem { gifts_each: 2, mutual: false, ..question(&[1, 1, 0, 0, 0], &[], &[]) });
    assert_eq!(
        gifts[0],
        "Ann would give to 2 people and receive from 2 others, but may deal with only 3: household 1 and no two draw each other."
    );
    assert!(gifts[1..].contains(&"dropping no two draw each other makes a draw possible.".to_owned()), "{gifts:?}");
}
