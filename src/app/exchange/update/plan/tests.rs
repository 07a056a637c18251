use std::path::Path;

use super::*;
use crate::roster;

fn exchange(people: &[&str], more: &str) -> Exchange {
    let person =
        |(number, name): (usize, &&str)| format!("[[people]]\nname = \"{name}\"\nphone = \"+4477009001{number:02}\"\n");
    let people: String = people.iter().enumerate().map(person).collect();
    let text = format!("[exchange]\nname = \"Hills 2026\"\n{people}{more}");
    roster::parse(&text, Path::new("exchange.toml")).unwrap_or_else(|e| panic!("{e:?}\n{text}")).exchange
}

const NEVER: &str = "[[exclusions]]\ngiver = \"Ada\"\nreceiver = \"Ben\"\n";

// H11
#[test]
fn rules_between_people_who_stay_are_not_brought_in_and_those_of_joiners_are() {
    let live = exchange(&["Ada", "Ben", "Cleo", "Dev", "Edith", "Finn"], NEVER);
    let more = "[[exclusions]]\ngiver = \"Cleo\"\nreceiver = [\"Dev\", \"Gus\"]\n[rules]\nmutual = false\n";
    let plan = Plan::of(&live, &exchange(&["Ada", "Ben", "Cleo", "Dev", "Edith", "Finn", "Gus"], more));
    assert_eq!((plan.joined.len(), plan.left.len(), plan.left_out.len()), (1, 0, 3));
    assert!(plan.roster.rules.mutual);
    let named = |rule: &Exclusion| {
        let name = |person: PersonIndex| plan.roster.person(person).name.as_str();
        (name(rule.giver).to_owned(), name(rule.receiver).to_owned())
    };
    let rules: Vec<_> = plan.roster.exclusions.iter().map(named).collect();
    assert_eq!(rules, [("Ada".to_owned(), "Ben".to_owned()), ("Cleo".to_owned(), "Gus".to_owned())]);
}

// H11: people keep their places in the draw where nobody joined or left, whatever the order of the file.
#[test]
fn the_order_of_the_file_is_no_change() {
    let live = exchange(&["Ada", "Ben", "Cleo"], NEVER);
    let mut written = live.clone();
    written.people.reverse();
    for rule in &mut written.exclusions {
        (rule.giver, rule.receiver) = (PersonIndex(2), PersonIndex(1));
    }
    let plan = Plan::of(&live, &written);
    assert!(plan.changes.is_empty() && plan.left_out.is_empty(), "{plan:?}");
    assert_eq!(plan.roster.people, live.people);
    assert_eq!(plan.redrawn, Redrawn::Nothing);
}

// H11
#[test]
fn fewest_changes_need_choices_on_both_sides_and_few_who_change() {
    let live = exchange(&["Ada", "Ben", "Cleo", "Dev", "Edith", "Finn"], "");
    let names = ["Ada", "Ben", "Cleo", "Dev", "Edith", "Finn", "Gus", "Hal", "Ida"];
    let how = |names: &[&str], more: &str| Plan::of(&live, &exchange(names, more)).redrawn;
    assert_eq!(how(&names[..8], ""), Redrawn::Fewest);
    assert!(matches!(how(&names, ""), Redrawn::Whole(_)), "three of six are more than a third");
    assert!(matches!(how(&names[..3], ""), Redrawn::Whole(_)));
    let from = |some: &str| format!("[[exclusions]]\ngiver = \"Gus\"\nreceiver = [{some}]\n");
    assert_eq!(how(&names[..7], &from("\"Ada\", \"Ben\", \"Cleo\"")), Redrawn::Fewest);
    assert!(matches!(how(&names[..7], &from("\"Ada\", \"Ben\", \"Cleo\", \"Dev\"")), Redrawn::Whole(_)));
    let to = |some: &str| format!("[[exclusions]]\ngiver = \"{some}\"\nreceiver = \"Gus\"\n");
    let four: String = names[..4].iter().map(|name| to(name)).collect();
    assert!(matches!(how(&names[..7], &four), Redrawn::Whole(_)));
}
