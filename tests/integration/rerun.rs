//! Drawing again from the sealed seed: same or different, always logged, never a pairing.

use serde_json::Value;
use xchange::model::PersonIndex;
use xchange::seal::{DrawDocument, Seed};

use crate::support::forger::Forged;
use crate::support::house::{House, PEOPLE, family};

const RERUN: [&str; 5] = ["verify", "--rerun", "--reason", "was it drawn as it says?", "--yes"];

/// So many people that no two draws are alike by chance.
fn many_people(more: &str) -> String {
    let people: String =
        (0..40).map(|n| format!("[[people]]\nname = \"Person {n}\"\nemail = \"p{n}@example.org\"\n\n")).collect();
    format!("[exchange]\nname = \"Club 2026\"\nseries = \"Hill family\"\n\n{people}{more}")
}

fn rerun_check(verified: &Value) -> Value {
    let checks = verified["checks"].as_array().expect("checks");
    checks.iter().find(|c| c["name"].as_str().is_some_and(|n| n.contains("drawn again"))).expect("a rerun").clone()
}

// H4 H7 X11
#[test]
fn a_draw_is_the_one_its_seed_gives_and_the_look_leaves_a_trace() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    let run = house.run(&[&RERUN[..], &["--json"]].concat()).expect(0);
    assert_eq!(rerun_check(&run.json())["ok"], true, "{}", run.stdout);
    for (giver, receiver) in house.pairings(1) {
        assert!(!run.stdout.contains(&giver) && !run.stdout.contains(&receiver), "{}", run.stdout);
        assert!(!run.stderr.contains(&giver), "{}", run.stderr);
    }
    let entry = std::fs::read(house.path("sealed/hill-family/openings/000001.json")).expect("archived");
    let entry: Value = serde_json::from_slice(&entry).expect("JSON");
    assert_eq!((&entry["by"], &entry["number"]), (&"rerun".into(), &1.into()));
    assert!(entry.get("receipt").is_none());
    assert_eq!(house.run(&["status", "--json"]).expect(0).json()["openings"], 1);

    // An audit goes on with the same chain; anybody may learn how often there was a look.
    house.run(&["audit", "--giver", "Ada Hill", "--reason", "two parcels", "--yes"]).expect(0);
    house.run(&["verify"]).expect(0);
    let serving = house.serve();
    let proof = serving.text("Cleo Marsh", "PROOF");
    assert!(proof.contains("2 times"), "{proof}");
}

// H7
#[test]
fn without_a_reason_and_a_confirmation_nothing_is_drawn_again() {
    let house = House::family();
    house.run(&RERUN).expect(1);
    house.run(&["draw"]).expect(0);
    house.run(&["verify", "--rerun"]).expect(2);
    house.run(&["verify", "--rerun", "--reason", " ", "--yes"]).expect(2);
    house.run(&["verify", "--reason", "why"]).expect(2);
    let unasked = house.run(&["verify", "--rerun", "--reason", "why"]).expect(2);
    assert!(unasked.stderr.contains("--yes"), "{}", unasked.stderr);
    std::fs::write(house.path("sealed/hill-family/openings"), "in the way").expect("written");
    let untraced = house.run(&RERUN).expect(2);
    assert!(!untraced.stdout.contains("drawn again"), "{}", untraced.stdout);
}

// G3 H4: what was known when it was drawn, later draws not.
#[test]
fn earlier_draws_are_drawn_again_with_the_history_of_their_time() {
    let rules =
        "[rules]\navoid_repeats = 2\nmutual = false\n[[exclusions]]\ngiver = \"Ada Hill\"\nreceiver = \"Ben Hill\"\n";
    let house = House::with(&family("Hill family 2023", rules));
    for (number, year) in [(1, 2024), (2, 2025), (3, 2026)] {
        house.run(&["draw"]).expect(0);
        Forged::age(&house, number);
        house.write("exchange.toml", &family(&format!("Hill family {year}"), rules));
    }
    house.run(&["draw"]).expect(0);
    // Today's roster has nothing to do with it.
    house.write("exchange.toml", &family("Hill family 2026", "[rules]\navoid_repeats = 0\n").replace(PEOPLE[3], "Gil"));
    for draw in ["1", "2", "3", "4"] {
        house.run(&[&RERUN[..], &["--draw", draw]].concat()).expect(0);
    }
    house.run(&[&RERUN[..], &["--draw", "5"]].concat()).expect(1);
}

/// Puts another sealed draw in the place of draw 1, in the database and in the archive, header included.
fn forge(house: &House, change: impl FnOnce(&DrawDocument) -> DrawDocument) {
    let forged = Forged::of(house, 1, change);
    forged.with_header(house);
    forged.replace_in_archive(house);
}

fn found_different(house: &House) {
    // Nothing else can notice but the fingerprint that was published.
    house.run(&["verify"]).expect(0);
    let run = house.run(&[&RERUN[..], &["--json"]].concat()).expect(1);
    let check = rerun_check(&run.json());
    assert_eq!(check["ok"], false);
    assert!(check["detail"].as_str().is_some_and(|d| d.starts_with("different")), "{check}");
    assert!(!run.stdout.contains("Person") && !run.stderr.contains("Person"), "{}{}", run.stdout, run.stderr);
}

// H4 H6
#[test]
fn pairings_that_are_not_what_the_seed_gives_are_found() {
    let house = House::with(&many_people(""));
    house.run(&["draw"]).expect(0);
    house.run(&RERUN).expect(0);
    forge(&house, |document| {
        // Two givers change receivers, as somebody might who wants a certain one.
        let mut pairings: Vec<(PersonIndex, PersonIndex)> = document.all_pairings().collect();
        let other = (1..40).find(|n| pairings[*n].1.0 != 0 && pairings[0].1 != pairings[*n].0).expect("somebody");
        let (first, second) = (pairings[0].1, pairings[other].1);
        (pairings[0].1, pairings[other].1) = (second, first);
        DrawDocument::new(document.roster().clone(), document.about().clone(), pairings).expect("a draw")
    });
    found_different(&house);
}

// H4 H6
#[test]
fn a_seed_that_did_not_give_the_pairings_is_found() {
    let house = House::with(&many_people("[rules]\ngifts_each = 2\n"));
    house.run(&["draw"]).expect(0);
    house.run(&RERUN).expect(0);
    forge(&house, |document| {
        let mut about = document.about().clone();
        about.seed = Seed::from_bytes([7; 32]);
        DrawDocument::new(document.roster().clone(), about, document.all_pairings()).expect("a draw")
    });
    found_different(&house);
}
