//! Earlier draws of the series that are no longer what they were: found, named, and never drawn from.

use xchange::model::PersonIndex;
use xchange::seal::DrawDocument;

use crate::support::forger::Forged;
use crate::support::house::{House, family};

/// A draw of last year and one of today; another of today looks back at both.
fn drawn_twice() -> House {
    let house = House::with(&family("Hill family 2025", ""));
    house.run(&["draw"]).expect(0);
    Forged::age(&house, 1);
    house.write("exchange.toml", &family("Hill family 2026", ""));
    house.run(&["draw"]).expect(0);
    house
}

/// The same people one place further round than they were: still a draw, and not the one that was published.
fn moved_on(document: &DrawDocument) -> DrawDocument {
    let pairings: Vec<(PersonIndex, PersonIndex)> = document.all_pairings().collect();
    let receiver =
        |giver: PersonIndex| pairings.iter().find(|(other, _)| *other == giver).map(|(_, receiver)| *receiver);
    let inverse = pairings.iter().map(|(giver, receiver)| (*receiver, *giver)).collect::<Vec<_>>();
    let same = inverse.iter().all(|(giver, other)| receiver(*giver) == Some(*other));
    // Pairs who draw each other stay the same turned round; then everybody gives to the next in the list.
    let circle = (0..6).map(|n| (PersonIndex(n), PersonIndex((n + 1) % 6))).collect();
    let moved = if same { circle } else { inverse };
    DrawDocument::new(document.roster().clone(), document.about().clone(), moved).expect("a draw")
}

/// Another draw is refused for draw 1, and nothing is drawn.
#[track_caller]
fn refused_for_draw_1(house: &House, why: &str) {
    let refused = house.run(&["draw", "--redraw", "--yes", "--reason", "once more"]).expect(2);
    let said = &refused.stderr;
    assert!(said.contains("draw 1 of the series cannot be relied on"), "{said}");
    assert!(said.contains(why) && said.contains("xchange verify"), "{said}");
    let history = house.run(&["history", "--json"]).expect(0).json();
    assert_eq!(history["draws"].as_array().map(Vec::len), Some(2));
}

#[track_caller]
fn verify_names(house: &House, name: &str) {
    let verified = house.run(&["verify", "--json"]).expect(1).json();
    let checks = verified["checks"].as_array().expect("checks");
    assert!(checks.iter().any(|check| check["ok"] == false && check["name"] == name), "{verified}");
}

// G3 H6
#[test]
fn an_earlier_draw_that_was_not_published_is_named_and_not_drawn_from() {
    let house = drawn_twice();
    Forged::of(&house, 1, moved_on).without_header(&house);
    refused_for_draw_1(&house, "it is not the draw whose fingerprint was published");
    verify_names(&house, "draw 1: sealed file in the database");
}

// G3 H6: the draw after it was sealed with its fingerprint.
#[test]
fn an_earlier_draw_forged_together_with_its_header_is_named_and_not_drawn_from() {
    let house = drawn_twice();
    let forged = Forged::of(&house, 1, moved_on);
    forged.with_header(&house);
    forged.replace_in_archive(&house);
    refused_for_draw_1(&house, "another draw has been put in its place");
    verify_names(&house, "draw 2: the draw before it");
}

// G3 H6
#[test]
fn two_earlier_draws_that_changed_places_are_named_and_not_drawn_from() {
    let house = drawn_twice();
    let database = rusqlite::Connection::open(house.path("exchange.db")).expect("opens");
    for swap in ["10 + number", "13 - number"] {
        database.execute(&format!("UPDATE draw SET number = {swap}"), []).expect("runs");
    }
    let refused = house.run(&["draw", "--redraw", "--yes", "--reason", "once more"]).expect(2);
    assert!(refused.stderr.contains("another draw has been put in its place"), "{}", refused.stderr);
}
