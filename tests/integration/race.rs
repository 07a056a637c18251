//! Several processes on one folder at the same moment.

use std::process::{Child, Stdio};

use crate::support::house::{House, PEOPLE};

fn start(house: &House, args: &[&str]) -> Child {
    house.command(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary runs")
}

/// Exit codes in order, and all that was said.
fn ended(children: Vec<Child>) -> (Vec<i32>, String) {
    let mut said = String::new();
    let mut codes: Vec<i32> = children
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().expect("it ends");
            said += &String::from_utf8_lossy(&output.stderr);
            output.status.code().unwrap_or(-1)
        })
        .collect();
    codes.sort_unstable();
    (codes, said)
}

fn draws(house: &House) -> usize {
    let history = house.run(&["history", "--json"]).expect(0).json();
    history["draws"].as_array().map_or(0, Vec::len)
}

// X1
#[test]
fn of_draws_at_the_same_moment_exactly_one_is_made() {
    for _ in 0..6 {
        let house = House::family();
        let (codes, said) = ended((0..3).map(|_| start(&house, &["draw"])).collect());
        assert_eq!(codes, [0, 1, 1], "{said}");
        assert_eq!(draws(&house), 1);
        house.run(&["verify"]).expect(0);
        let serving = house.serve();
        for (giver, receiver) in house.pairings(1) {
            assert_eq!(serving.text(&giver, "christmas"), receiver);
        }
    }
}

// X1 G4
#[test]
fn of_redraws_at_the_same_moment_at_least_one_is_made_and_each_that_says_so_is_kept() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    let again = ["draw", "--redraw", "--yes", "--reason", "Gil cannot come"];
    let (codes, said) = ended((0..3).map(|_| start(&house, &again)).collect());
    let made = codes.iter().filter(|code| **code == 0).count();
    assert!(made >= 1 && codes.iter().all(|code| [0, 1].contains(code)), "{codes:?}: {said}");
    assert_eq!(draws(&house), 1 + made);
    house.run(&["verify"]).expect(0);
}

// H11: one makes the new draw; the others find nothing left to do, or say that they came second.
#[test]
fn of_updates_at_the_same_moment_exactly_one_is_made() {
    for _ in 0..4 {
        let house = House::family();
        house.run(&["draw"]).expect(0);
        let roster = std::fs::read_to_string(house.path("exchange.toml")).expect("a file");
        let joined = "[[people]]\nname = \"Hugo Hill\"\nphone = \"+447700900150\"\n";
        house.write("exchange.toml", &format!("{}{joined}", roster.replacen("+4477009001", "+4477009008", 1)));
        let (codes, said) = ended((0..3).map(|_| start(&house, &["update", "--yes"])).collect());
        assert!(codes.contains(&0) && codes.iter().all(|code| [0, 1].contains(code)), "{codes:?}: {said}");
        let says = |words: &str| said.matches(words).count();
        let second = ["Nothing to bring in", "at the same moment", "still waits for its archive copy"].map(says);
        assert_eq!(says("Publish the new fingerprint"), 1, "{codes:?}: {said}");
        assert!(second.iter().sum::<usize>() >= 2, "{codes:?}: {said}");
        assert_eq!(draws(&house), 2);
        assert_eq!(std::fs::read_dir(house.path("sealed/hill-family/openings")).expect("entries").count(), 1);
        house.run(&["verify"]).expect(0);
    }
}

// H7
#[test]
fn openings_at_the_same_moment_are_numbered_one_after_the_other() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    let audits =
        PEOPLE.iter().map(|person| start(&house, &["audit", "--giver", person, "--reason", "all at once", "--yes"]));
    let (codes, said) = ended(audits.collect());
    assert_eq!(codes, [0; 6], "{said}");
    assert_eq!(house.run(&["status", "--json"]).expect(0).json()["openings"], 6);
    house.run(&["verify"]).expect(0);
}

// X1
#[test]
fn a_new_database_may_be_opened_by_many_at_once() {
    for _ in 0..4 {
        let house = House::family();
        let (codes, said) = ended((0..8).map(|_| start(&house, &["status"])).collect());
        assert_eq!(codes, [0; 8], "{said}");
    }
}

// G3
#[test]
fn a_history_under_another_key_is_an_error_that_says_so() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    let stranger = House::family();
    stranger.run(&["draw"]).expect(0);
    std::fs::copy(stranger.path("exchange.key"), house.path("exchange.key")).expect("copied");
    let refused = house.run(&["draw", "--redraw", "--yes", "--reason", "again"]).expect(2);
    assert!(refused.stderr.contains("draw 1 of the series cannot be relied on"), "{}", refused.stderr);
    assert!(refused.stderr.contains("Put the key that sealed it"), "what to do: {}", refused.stderr);
    assert_eq!(draws(&house), 1);

    std::fs::remove_file(house.path("exchange.key")).expect("removed");
    let refused = house.run(&["draw", "--redraw", "--yes", "--reason", "again"]).expect(2);
    assert!(refused.stderr.contains("exchange.key"), "{}", refused.stderr);
    assert!(!house.path("exchange.key").exists(), "no other key takes its place");
}

// X1 X4
#[test]
fn a_key_that_comes_back_is_noticed_without_a_restart() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    std::fs::rename(house.path("exchange.key"), house.path("elsewhere")).expect("moved");
    let serving = house.serve();
    assert!(serving.text("Ada Hill", "christmas").contains("not ready yet"));
    assert_eq!(serving.get("/healthz").status, 503);
    std::fs::rename(house.path("elsewhere"), house.path("exchange.key")).expect("moved");
    assert_eq!(serving.get("/healthz").status, 200);
    for (giver, receiver) in house.pairings(1) {
        assert_eq!(serving.text(&giver, "christmas"), receiver);
    }
}
