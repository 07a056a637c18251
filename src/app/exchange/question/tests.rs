use std::path::Path;

use super::*;
use crate::roster;

fn exchange(people: &[(&str, &str)], more: &str) -> Exchange {
    let mut text = "[exchange]\nname = \"x\"\n".to_owned();
    for (name, household) in people {
        text += &format!("[[people]]\nname = \"{name}\"\nemail = \"{name}@example.org\"\nhousehold = {household}\n");
    }
    roster::parse(&(text + more), Path::new("exchange.toml")).unwrap_or_else(|why| panic!("{why:?}")).exchange
}

/// Who may not give to whom, households and exclusions alike.
fn forbidden(exchange: &Exchange) -> Vec<(u32, u32)> {
    let problem = problem(exchange, &[]);
    let people = problem.people;
    let together = |(giver, receiver): &(u32, u32)| {
        let group = |person: u32| problem.households[person as usize];
        group(*giver).is_some() && group(*giver) == group(*receiver)
            || problem.exclusions.iter().any(|cell| (cell.giver, cell.receiver) == (*giver, *receiver))
    };
    let pairs = (0..people).flat_map(|giver| (0..people).map(move |receiver| (giver, receiver)));
    pairs.filter(|(giver, receiver)| giver != receiver).filter(together).collect()
}

// X3
#[test]
fn every_household_of_somebody_excludes_its_pairs() {
    let people = [
        ("Ada", "[\"north\", \"choir\"]"),
        ("Ben", "\"north\""),
        ("Cy", "\"choir\""),
        ("Di", "[\"choir\", \"NORTH\"]"),
    ];
    let exchange = exchange(&people, "");
    // Ben and Cy alone have nothing in common.
    let expected: Vec<(u32, u32)> =
        [(0, 1), (0, 2), (0, 3), (1, 0), (1, 3), (2, 0), (2, 3), (3, 0), (3, 1), (3, 2)].into();
    assert_eq!(forbidden(&exchange), expected);
    let matrix = matcher::Matrix::of(&problem(&exchange, &[])).expect("sound");
    assert_eq!(matrix.options(0), (0, 0), "Ada may give to nobody");
    let words = |number| rule_in_words(&number, &exchange);
    let both = [words(matcher::RuleRef::Household(0)), words(matcher::RuleRef::Exclusion(1))];
    assert_eq!(both, ["the household \"choir\"", "the household \"north\""]);
}

// X3
#[test]
fn an_exclusion_of_several_is_one_rule() {
    let people = [("Ada", "\"a\""), ("Ben", "\"south\""), ("Cy", "\"south\""), ("Di", "\"d\""), ("Eve", "\"south\"")];
    let more = "[[exclusions]]\ngiver = \"Ada\"\nreceiver = [\"Di\", \"ben\"]\n\
                [[exclusions]]\ngiver = \"Eve\"\nhousehold = \"SOUTH\"\n\
                [[exclusions]]\ngiver = \"Di\"\nhousehold = \"south\"\nboth_ways = true\n";
    let exchange = exchange(&people, more);
    let problem = problem(&exchange, &[]);
    let of = |rule: u32| -> Vec<(u32, u32)> {
        let cells = problem.exclusions.iter().filter(|cell| cell.rule == rule);
        cells.map(|cell| (cell.giver, cell.receiver)).collect()
    };
    assert_eq!(of(0), [(0, 3), (0, 1)]);
    assert_eq!(of(2), [(4, 1), (4, 2)], "Eve herself lives in the south");
    assert_eq!(of(4), [(3, 1), (1, 3), (3, 2), (2, 3), (3, 4), (4, 3)]);
    assert_eq!(problem.exclusions.len(), 10);
    let line = rule_in_words(&matcher::RuleRef::Exclusion(2), &exchange);
    assert_eq!(line, "the exclusion Eve -> Ben and 1 more (line 26)");
}

// G3
#[test]
fn years_before_the_first_draw_are_avoided_behind_the_draws() {
    let people = [("Ada", "\"a\""), ("Ben", "\"b\""), ("Cy", "\"c\"")];
    let more = "[[past]]\nyear = 2023\npairings = [[\"ADA\", \"Cy\"], [\"Gone\", \"Ada\"]]\n\
                [[past]]\nyear = 2024\npairings = [[\"Ben\", \"Cy\"]]\n[rules]\navoid_repeats = 2\n";
    let exchange = exchange(&people, more);
    let history = |draws: &[Past]| problem(&exchange, draws).history;
    assert_eq!(history(&[]), [vec![(1, 2)], vec![(0, 2)]]);
    let draw = Past { number: 7, pairings: Zeroizing::new(vec![(2, 0)]) };
    assert_eq!(history(std::slice::from_ref(&draw)), [vec![(2, 0)], vec![(1, 2)]]);
    let words = |tier| rule_in_words(&matcher::RuleRef::History(tier), &exchange);
    assert_eq!(
        [words(0), words(1)],
        ["the pairings of 2024", "the pairings of 2023"],
        "of sealed draws nothing is explained"
    );
}

// G3: with no draw before, the roster's own past leaves one way.
#[test]
fn a_draw_keeps_clear_of_a_past_year() {
    let people = [("Ada", "\"a\""), ("Ben", "\"b\""), ("Cy", "\"c\"")];
    let past = "[[past]]\nyear = 2024\npairings = [[\"Ada\", \"Ben\"], [\"Ben\", \"Cy\"], [\"Cy\", \"Ada\"]]\n";
    let problem = problem(&exchange(&people, past), &[]);
    for seed in 0..20 {
        let drawn = matcher::draw(&problem, &[seed; 32]).expect("possible");
        assert_eq!(drawn.rounds, [vec![2, 0, 1]], "seed {seed}");
    }
}
