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
    old.run(&["draw", "--redraw", "--yes", "--reason", "Gil cannot come"]).expect(0);
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

// H8 X1: what is left in the archive is the draw that was replaced.
#[test]
fn an_archive_that_lost_the_newest_draw_restores_nothing() {
    let old = House::family();
    old.run(&["draw"]).expect(0);
    old.run(&["draw", "--redraw", "--reason", "Gil cannot come", "--yes"]).expect(0);
    let new = House::family();
    for name in ["exchange.key", "sealed/hill-family/draw-0001.age", "sealed/hill-family/draw-0001.json"] {
        copy(&old, &new, name);
    }
    copy(&old, &new, "sealed/hill-family/draw-0002.json");
    let refused = new.run(&["restore"]).expect(2);
    assert!(refused.stderr.contains("draw-0002.age is missing from the archive"), "{}", refused.stderr);
    assert!(refused.stderr.contains("another copy of the archive"), "{}", refused.stderr);
    assert!(new.run(&["status", "--json"]).expect(0).json()["draw"].is_null());
    copy(&old, &new, "sealed/hill-family/draw-0002.age");
    let restored = new.run(&["restore"]).expect(0);
    assert!(restored.stderr.contains("21610"), "{}", restored.stderr);
}

// X1 H8: the database is a backup of before the redraw.
#[test]
fn nobody_is_told_a_replaced_name_from_an_older_database() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    std::fs::copy(house.path("exchange.db"), house.path("backup.db")).expect("copied");
    house.run(&["draw", "--redraw", "--reason", "Gil cannot come", "--yes"]).expect(0);
    std::fs::copy(house.path("backup.db"), house.path("exchange.db")).expect("copied");

    let serving = house.serve();
    serving.wait_for_health(503);
    assert!(serving.get("/healthz").body.contains("disagree"));
    for person in PEOPLE {
        let told = serving.text(person, "christmas");
        assert!(PEOPLE.iter().all(|name| !told.contains(name)), "{told}");
    }
    let log = serving.stop();
    assert!(log.contains("draw 2 is not in the database"), "{log}");

    let doctor = house.run(&["doctor"]).expect(1);
    assert!(doctor.stdout.contains("draw 2 is not in the database"), "{}", doctor.stdout);
    assert!(doctor.stdout.contains("xchange restore"), "{}", doctor.stdout);
    let refused = house.run(&["audit", "--giver", "Ada Hill", "--reason", "two parcels", "--yes"]).expect(2);
    assert!(refused.stderr.contains("xchange restore"), "{}", refused.stderr);

    std::fs::rename(house.path("exchange.db"), house.path("aside.db")).expect("moved");
    house.run(&["restore"]).expect(0);
    house.run(&["verify"]).expect(0);
    house.serve().wait_for_health(200);
}

// X27
#[test]
fn a_lost_archive_copy_is_put_back() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    let place = house.path("sealed/hill-family/draw-0001.age");
    let sealed = std::fs::read(&place).expect("there");
    std::fs::remove_file(&place).expect("removed");
    let verified = house.run(&["verify"]).expect(1);
    assert!(verified.stderr.contains("xchange archive --again"), "{}", verified.stderr);
    assert!(!verified.stderr.contains("xchange restore"), "{}", verified.stderr);

    house.run(&["archive"]).expect(2);
    let again = house.run(&["archive", "--again"]).expect(0);
    assert!(again.stdout.contains("Put back") && again.stdout.contains("draw-0001.age"), "{}", again.stdout);
    assert!(again.stderr.contains("archive copy put back"), "{}", again.stderr);
    assert_eq!(std::fs::read(&place).expect("there"), sealed);
    house.run(&["verify"]).expect(0);
    let again = house.run(&["archive", "--again", "--json"]).expect(0).json();
    assert!(again["copies"].as_array().is_some_and(|copies| copies.iter().all(|copy| copy["state"] == "there")));
}

// X21
#[test]
fn what_was_edited_after_the_draw_is_named_by_the_verbs_that_look() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    let plain = house.run(&["check"]).expect(0);
    assert!(!plain.stderr.contains("when it was drawn"), "{}", plain.stderr);
    let edited = family("Hill family 2026", "").replace("0900101", "0900177").replace("\"Cleo Marsh", "\"Clea Marsh");
    house.write("exchange.toml", &edited);
    let told = |said: &str| {
        for words in ["Ben Hill: phone", "Clea Marsh: name Cleo Marsh", "xchange draw --redraw"] {
            assert!(said.contains(words), "{words} in {said}");
        }
        assert!(!said.contains("0900177"), "masked: {said}");
    };
    told(&house.run(&["check"]).expect(0).stderr);
    told(&house.run(&["status"]).expect(0).stderr);
    told(&house.run(&["doctor"]).expect(1).stdout);
    let serving = house.serve();
    serving.wait_for_health(200);
    told(&serving.stop());
    let kinds = |verb: &str| -> Vec<String> {
        let document = house.run(&[verb, "--json"]).expect(0).json();
        let found = document["differences"].as_array().expect("a list").clone();
        found.iter().map(|it| it["kind"].as_str().expect("a word").to_owned()).collect()
    };
    assert_eq!(
        (kinds("check"), kinds("status")),
        (vec!["phone".into(), "name".into()], vec!["phone".into(), "name".into()])
    );
}
