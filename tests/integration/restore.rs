//! From key and archive back to the same answers.

use crate::support::house::{House, PEOPLE, family};

fn copy(from: &House, to: &House, name: &str) {
    let target = to.path(name);
    std::fs::create_dir_all(target.parent().expect("inside the folder")).expect("made");
    std::fs::copy(from.path(name), target).expect("copied");
}

// H8
#[test]
fn key_and_archive_give_the_same_answers_and_the_same_log() {
    let old = House::family();
    old.run(&["draw"]).expect(0);
    old.run(&["draw", "--redraw", "--reason", "Gil cannot come"]).expect(0);
    old.run(&["audit", "--giver", "Ada Hill", "--reason", "two parcels", "--yes"]).expect(0);
    let serving = old.serve();
    let told: Vec<String> = PEOPLE.iter().map(|person| serving.text(person, "christmas")).collect();
    let proof = serving.text("Ada Hill", "PROOF");
    serving.stop();

    let new = House::family();
    for name in [
        "exchange.key",
        "sealed/hill-family/draw-0001.age",
        "sealed/hill-family/draw-0001.json",
        "sealed/hill-family/draw-0002.age",
        "sealed/hill-family/draw-0002.json",
        "sealed/hill-family/openings/000001.json",
    ] {
        copy(&old, &new, name);
    }
    let restored = new.run(&["restore", "--json"]).expect(0).json();
    assert_eq!(restored["draws"], serde_json::json!([1, 2]));
    assert_eq!(restored["openings"], 1);
    new.run(&["verify"]).expect(0);
    let serving = new.serve();
    for (person, expected) in PEOPLE.iter().zip(&told) {
        assert_eq!(serving.text(person, "christmas"), *expected);
    }
    assert_eq!(serving.text("Ada Hill", "PROOF"), proof);
    assert_eq!(new.run(&["status", "--json"]).expect(0).json()["openings"], 1);
    new.run(&["restore"]).expect(1);
}

// H8
#[test]
fn a_damaged_or_foreign_archive_restores_nothing() {
    let house = House::family();
    let empty = house.run(&["restore"]).expect(2);
    assert!(empty.stderr.contains("key"), "{}", empty.stderr);
    house.run(&["draw"]).expect(0);

    let new = House::family();
    copy(&house, &new, "exchange.key");
    let nothing = new.run(&["restore"]).expect(1);
    assert!(nothing.stderr.contains("holds no draw"), "{}", nothing.stderr);

    copy(&house, &new, "sealed/hill-family/draw-0001.age");
    let missing = new.run(&["restore"]).expect(2);
    assert!(missing.stderr.contains("draw-0001.json is missing"), "{}", missing.stderr);

    copy(&house, &new, "sealed/hill-family/draw-0001.json");
    let sealed = new.path("sealed/hill-family/draw-0001.age");
    let mut bytes = std::fs::read(&sealed).expect("there");
    *bytes.last_mut().expect("not empty") ^= 1;
    std::fs::write(&sealed, &bytes).expect("written");
    let damaged = new.run(&["restore"]).expect(2);
    assert!(damaged.stderr.contains("draw-0001.age"), "{}", damaged.stderr);
    assert!(new.run(&["status", "--json"]).expect(0).json()["draw"].is_null());

    let stranger = House::family();
    stranger.run(&["draw"]).expect(0);
    let thief = House::family();
    copy(&stranger, &thief, "exchange.key");
    copy(&house, &thief, "sealed/hill-family/draw-0001.age");
    copy(&house, &thief, "sealed/hill-family/draw-0001.json");
    let refused = thief.run(&["restore"]).expect(2);
    assert!(refused.stderr.contains("key does not open"), "{}", refused.stderr);
}

// X12
#[test]
fn a_database_that_lost_its_draws_does_not_draw_over_the_archive() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    std::fs::remove_file(house.path("exchange.db")).expect("removed");
    let before = std::fs::read(house.path("sealed/hill-family/draw-0001.age")).expect("there");
    let refused = house.run(&["draw"]).expect(1);
    assert!(refused.stderr.contains("restore"), "{}", refused.stderr);
    assert_eq!(std::fs::read(house.path("sealed/hill-family/draw-0001.age")).expect("there"), before);
    house.run(&["restore"]).expect(0);
    house.write("exchange.toml", &family("Hill family 2027", ""));
    assert_eq!(house.run(&["draw", "--json"]).expect(0).json()["draw"], 2);
}
