//! Openings: reason, confirmation, trace, and what tampering looks like.

use rusqlite::Connection;
use serde_json::Value;

use crate::support::house::{House, Run, fresh_sid, phone_of};

fn drawn() -> House {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    house
}

fn audit(house: &House, end: &str, name: &str) -> Run {
    house.run(&["audit", end, name, "--reason", "two parcels for one", "--yes", "--json"])
}

// X13 H6 H7
#[test]
fn one_pairing_is_opened_by_giver_or_receiver_and_leaves_a_numbered_chained_trace() {
    let house = drawn();
    let serving = house.serve();
    let sid = fresh_sid();
    serving.deliver(&sid, &phone_of("Ada Hill"), "christmas");
    let (_, receiver) = house.pairings(1).into_iter().find(|(giver, _)| giver == "Ada Hill").expect("Ada gives");

    let by_giver = audit(&house, "--giver", "Ada Hill").expect(0).json();
    assert_eq!(by_giver["giver"], "Ada Hill");
    assert_eq!(by_giver["receiver"], receiver.as_str());
    assert_eq!(by_giver["told"][0]["sid"], sid.as_str());
    assert_eq!(by_giver["opening"]["number"], 1);
    assert_eq!(by_giver["archive_matches"], true);

    let by_receiver = audit(&house, "--receiver", &receiver).expect(0).json();
    assert_eq!(by_receiver["giver"], "Ada Hill");
    assert_eq!(by_receiver["receipt"], by_giver["receipt"]);
    assert_eq!(by_receiver["opening"]["number"], 2);

    let archived = |number: u32| -> Value {
        let path = house.path(&format!("sealed/hill-family/openings/{number:06}.json"));
        serde_json::from_slice(&std::fs::read(path).expect("archived")).expect("JSON")
    };
    assert_eq!(archived(1)["hash"], by_giver["opening"]["hash"]);
    assert_eq!(archived(2)["previous"], archived(1)["hash"]);
    assert_eq!(house.run(&["status", "--json"]).expect(0).json()["openings"], 2);

    let proof = serving.text("Cleo Marsh", "PROOF");
    assert!(proof.contains('2') || proof.to_lowercase().contains("twice"), "anyone may learn how often: {proof}");
    house.run(&["verify"]).expect(0);
}

// X13
#[test]
fn nothing_is_opened_without_reason_confirmation_and_a_known_name() {
    let house = drawn();
    house.run(&["audit", "--giver", "Ada Hill"]).expect(2);
    house.run(&["audit", "--giver", "Ada Hill", "--reason", "  ", "--yes"]).expect(2);
    house.run(&["audit", "--reason", "why", "--yes"]).expect(2);
    let unasked = house.run(&["audit", "--giver", "Ada Hill", "--reason", "why"]).expect(2);
    assert!(unasked.stderr.contains("--yes"), "{}", unasked.stderr);
    let unknown = audit(&house, "--giver", "Ada Hil").expect(2);
    assert!(unknown.stderr.contains("Ada Hill"), "near names are listed: {}", unknown.stderr);
    assert_eq!(house.run(&["status", "--json"]).expect(0).json()["openings"], 0);
}

// X13
#[test]
fn an_opening_that_cannot_be_archived_shows_nothing() {
    let house = drawn();
    let openings = house.path("sealed/hill-family/openings");
    std::fs::write(&openings, "a file where the folder should be").expect("written");
    let refused = audit(&house, "--giver", "Ada Hill").expect(2);
    assert_eq!(refused.json()["ok"], false);
    for (_, receiver) in house.pairings(1) {
        let said = format!("{}{}", refused.stdout, refused.stderr);
        assert!(!said.contains(&receiver) || receiver == "Ada Hill", "{said}");
    }
    std::fs::remove_file(&openings).expect("removed");
    assert_eq!(audit(&house, "--giver", "Ada Hill").expect(0).json()["opening"]["number"], 1, "no trace of nothing");
    house.run(&["verify"]).expect(0);
}

fn failed_checks(house: &House) -> String {
    let verified = house.run(&["verify", "--json"]).expect(1).json();
    assert_eq!(verified["ok"], false);
    let checks = verified["checks"].as_array().expect("checks");
    checks.iter().filter(|c| c["ok"] == false).map(|c| format!("{}: {}\n", c["name"], c["detail"])).collect()
}

// H7
#[test]
fn every_tampering_is_found_and_named() {
    type Tamper = fn(&House);
    let cases: [(&str, Tamper); 8] = [
        ("draw 1: sealed file in the database", |house| {
            sql(house, "UPDATE draw SET sealed = zeroblob(length(sealed))");
        }),
        ("draw 1: roster in the database", |house| {
            sql(house, "UPDATE draw SET roster = replace(roster, 'Ada Hill', 'Eve Hill')");
        }),
        ("draw 1: header", |house| {
            sql(house, "UPDATE draw SET header = replace(header, '\"people\": 6', '\"people\": 7')");
        }),
        ("opening 1", |house| sql(house, "UPDATE opening SET entry = replace(entry, 'two parcels', 'no parcels')")),
        ("opening 2 is not in the database", |house| sql(house, "DELETE FROM opening WHERE number = 2")),
        ("draw-0001.age differs", |house| flip(house, "sealed/hill-family/draw-0001.age")),
        ("draw-0001.json differs", |house| flip(house, "sealed/hill-family/draw-0001.json")),
        ("000001.json is missing", |house| {
            std::fs::remove_file(house.path("sealed/hill-family/openings/000001.json")).expect("removed");
        }),
    ];
    for (named, tamper) in cases {
        let house = drawn();
        audit(&house, "--giver", "Ada Hill").expect(0);
        audit(&house, "--giver", "Ben Hill").expect(0);
        house.run(&["verify"]).expect(0);
        tamper(&house);
        let failed = failed_checks(&house);
        assert!(failed.contains(named), "expected {named:?} among:\n{failed}");
    }
}

fn sql(house: &House, statement: &str) {
    let database = Connection::open(house.path("exchange.db")).expect("opens");
    assert_eq!(database.execute(statement, []).expect("runs"), if statement.contains("entry") { 2 } else { 1 });
}

fn flip(house: &House, name: &str) {
    let path = house.path(name);
    let mut bytes = std::fs::read(&path).expect("there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).expect("written");
}

// H6
#[test]
fn the_published_fingerprint_is_checked_and_a_mistyped_one_is_no_answer() {
    let house = House::family();
    let published = house.run(&["draw", "--json"]).expect(0).json()["fingerprint"].as_str().expect("a code").to_owned();
    house.run(&["verify", "--fingerprint", &published.to_lowercase().replace('-', " ")]).expect(0);
    house.run(&["draw", "--redraw", "--reason", "Gil cannot come", "--yes"]).expect(0);
    let differs = house.run(&["verify", "--fingerprint", &published]).expect(1);
    assert!(differs.stderr.contains("published fingerprint"), "{}", differs.stderr);
    house.run(&["verify", "--fingerprint", "R8ZC-8M0Q"]).expect(2);
}

// H7
#[test]
fn openings_of_earlier_draws_are_counted_apart() {
    let house = drawn();
    audit(&house, "--giver", "Ada Hill").expect(0);
    house.run(&["draw", "--redraw", "--reason", "Gil cannot come", "--yes"]).expect(0);
    audit(&house, "--giver", "Ada Hill").expect(0);
    audit(&house, "--giver", "Ben Hill").expect(0);
    let status = house.run(&["status"]).expect(0);
    assert!(status.stdout.contains("2 of this draw, 3 in all"), "{}", status.stdout);
}
