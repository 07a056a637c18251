//! Drawing, drawing again, and being killed while drawing.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Instant;

use crate::support::forger::Forged;
use crate::support::house::{House, PATIENCE, PEOPLE, family};
use crate::support::s3::{ACCESS_KEY, BUCKET, Fault, S3Server, SECRET_KEY};

// X2 X12 H6
#[test]
fn a_draw_is_sealed_archived_and_names_nobody() {
    let house = House::family();
    let drawn = house.run(&["draw", "--json"]).expect(0).json();
    assert_eq!(drawn["exchange"], "Hill family 2026");
    assert_eq!((&drawn["draw"], &drawn["people"]), (&1.into(), &6.into()));
    assert_eq!(drawn["uniformity"], "exact");
    assert_eq!(drawn["archive"]["state"], "confirmed");

    let pairings = house.pairings(1);
    let givers: BTreeSet<_> = pairings.iter().map(|(giver, _)| giver.as_str()).collect();
    let receivers: BTreeSet<_> = pairings.iter().map(|(_, receiver)| receiver.as_str()).collect();
    assert_eq!(givers, PEOPLE.into());
    assert_eq!(receivers, PEOPLE.into());
    assert!(pairings.iter().all(|(giver, receiver)| giver != receiver));

    assert_eq!(drawn["fingerprint"], house.open_draw(1).fingerprint().to_string());
    let database = rusqlite::Connection::open(house.path("exchange.db")).expect("opens");
    let stored: Vec<u8> = database.query_row("SELECT sealed FROM draw", [], |row| row.get(0)).expect("one draw");
    let archived = std::fs::read(house.path("sealed/hill-family/draw-0001.age")).expect("archived");
    assert_eq!(stored, archived, "the same bytes in database and archive");
}

// X12
#[test]
fn key_database_and_archive_are_their_owners_alone() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    for (name, mode) in [
        ("exchange.key", 0o600),
        ("exchange.db", 0o600),
        ("sealed", 0o700),
        ("sealed/hill-family", 0o700),
        ("sealed/hill-family/draw-0001.age", 0o600),
        ("sealed/hill-family/draw-0001.json", 0o600),
    ] {
        let found = std::fs::metadata(house.path(name)).expect(name).permissions().mode() & 0o777;
        assert_eq!(found, mode, "{name} has mode {found:o}");
    }
}

// X3
#[test]
fn exclusions_are_one_way_and_households_both_ways() {
    let rules = "[[exclusions]]\ngiver = \"Ada Hill\"\nreceiver = \"Cleo Marsh\"\n\n\
                 [[exclusions]]\ngiver = \"Dev Marsh\"\nreceiver = \"Edith Wood\"\nboth_ways = true\n";
    let roster = family("Hill family 2026", rules)
        .replace("name = \"Ada Hill\"", "name = \"Ada Hill\"\nhousehold = \"north\"")
        .replace("name = \"Ben Hill\"", "name = \"Ben Hill\"\nhousehold = \"north\"");
    let house = House::with(&roster);
    house.run(&["draw"]).expect(0);
    for round in 2..12_u32 {
        let forbidden = [
            ("Ada Hill", "Ben Hill"),
            ("Ben Hill", "Ada Hill"),
            ("Ada Hill", "Cleo Marsh"),
            ("Dev Marsh", "Edith Wood"),
            ("Edith Wood", "Dev Marsh"),
        ];
        for (giver, receiver) in house.pairings(round - 1) {
            assert!(!forbidden.contains(&(giver.as_str(), receiver.as_str())), "{giver} drew {receiver}");
        }
        house.run(&["draw", "--redraw", "--yes", "--reason", "again"]).expect(0);
    }
}

// G4
#[test]
fn a_second_draw_needs_a_reason_and_keeps_the_first() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    let first = house.pairings(1);

    let serving = house.serve();
    serving.text("Ada Hill", "christmas");
    serving.stop();

    let refused = house.run(&["draw"]).expect(1);
    assert!(refused.stderr.contains("Ada Hill has asked already"), "{}", refused.stderr);
    house.run(&["draw", "--redraw"]).expect(2);
    house.run(&["draw", "--redraw", "--yes", "--reason", " "]).expect(2);
    assert_eq!(house.run(&["history", "--json"]).expect(0).json()["draws"].as_array().map(Vec::len), Some(1));

    house.run(&["draw", "--redraw", "--yes", "--reason", "Gil cannot come"]).expect(0);
    let history = house.run(&["history", "--json"]).expect(0).json();
    assert_eq!(history["draws"].as_array().map(Vec::len), Some(2));
    assert_eq!(history["draws"][1]["reason"], "Gil cannot come");
    assert_eq!(house.pairings(1), first);
    house.run(&["verify"]).expect(0);
}

// G3 X11: how many pairings came again is not told, and that none is left only after an entry says that it was asked.
#[test]
fn what_history_leaves_is_told_in_one_sentence() {
    let three = "[exchange]\nname = \"Hill family 2024\"\nseries = \"Hill family\"\n[rules]\nrepeats = \"never\"\n\
        [[people]]\nname = \"Ada\"\nemail = \"a@example.org\"\n[[people]]\nname = \"Ben\"\nemail = \"b@example.org\"\n\
        [[people]]\nname = \"Cy\"\nemail = \"c@example.org\"\n";
    let house = House::with(three);
    for (number, year) in [(1, "2025"), (2, "2026")] {
        house.run(&["draw"]).expect(0);
        Forged::age(&house, number);
        house.write("exchange.toml", &three.replace("2024", year));
    }
    assert!(house.pairings(1).iter().all(|pairing| !house.pairings(2).contains(pairing)));
    let refused = house.run(&["draw"]).expect(1);
    assert!(refused.stderr.contains("\nHistory leaves no draw.\nhint: Lower avoid_repeats"), "{}", refused.stderr);
    let entry = std::fs::read_to_string(house.path("sealed/hill-family/openings/000001.json")).expect("archived");
    assert!(entry.contains("\"kind\": \"refused\""), "{entry}");
    house.write("exchange.toml", &three.replace("2024", "2026").replace("never", "avoid"));
    let drawn = house.run(&["draw", "--json"]).expect(0);
    assert!(!drawn.stdout.contains("repeat") && !drawn.stderr.contains(" again."), "{}{}", drawn.stdout, drawn.stderr);
}

/// Starts a draw and kills it the moment something is so; then there is no draw or exactly one, and a draw to be had.
/// Gives whether there was one.
#[track_caller]
fn killed_when(house: &House, moment: &str, mut is_so: impl FnMut() -> bool) -> bool {
    let mut child =
        house.command(&["draw"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs");
    let started = Instant::now();
    while !is_so() && child.try_wait().expect("it can be asked").is_none() {
        assert!(started.elapsed() < PATIENCE, "it never came to this: {moment}");
        std::thread::yield_now();
    }
    assert!(is_so(), "it ended before this: {moment}");
    let _may_have_ended = child.kill();
    child.wait().expect("it ends");

    let status = house.run(&["status", "--json"]).expect(0).json();
    let drawn = !status["draw"].is_null();
    if drawn {
        assert_eq!(status["draw"], 1, "{moment}");
    }
    house.run(&["draw"]).expect(if drawn { 1 } else { 0 });
    let history = house.run(&["history", "--json"]).expect(0).json();
    assert_eq!(history["draws"].as_array().map(Vec::len), Some(1), "{moment}");
    house.run(&["verify"]).expect(0);
    drawn
}

// X1 H15
#[test]
fn killed_at_any_instant_there_is_no_draw_or_exactly_one() {
    // A draw leaves these in this order. A kill may fall on either side of the commit, until the archive has a copy.
    for file in ["exchange.db", "exchange.key", "sealed", "sealed/hill-family"] {
        let house = House::family();
        killed_when(&house, file, || house.path(file).exists());
    }
    for file in ["sealed/hill-family/draw-0001.age", "sealed/hill-family/draw-0001.json"] {
        let house = House::family();
        assert!(killed_when(&house, file, || house.path(file).exists()), "what is archived has been drawn");
    }
}

// X1 H15
#[test]
fn killed_while_it_waits_for_the_archive_a_draw_is_there_once_it_is_being_copied() {
    // It asks for a list before it draws, and gives the copy after the commit; the last one arrives, its answer does not.
    for (method, fault, drawn) in [("GET", Fault::Hang, false), ("PUT", Fault::Hang, true), ("PUT", Fault::Stall, true)]
    {
        let server = S3Server::start();
        let archive = format!(
            "[archive]\nbucket = \"{BUCKET}\"\nregion = \"eu-west-2\"\nendpoint = \"{}\"\npath_style = true\n",
            server.endpoint()
        );
        let mut house = House::with(&family("Hill family 2026", &archive));
        house.set("AWS_ACCESS_KEY_ID", ACCESS_KEY);
        house.set("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
        server.fail(method, fault, 1);
        let is_asked = || server.requests().iter().any(|line| line.starts_with(method));
        assert_eq!(killed_when(&house, &format!("{method} {fault:?}"), is_asked), drawn);
    }
}

// X16
#[test]
fn an_impossible_roster_is_explained() {
    let house = House::with(include_str!("../../examples/impossible.toml"));
    // Recognised, not searched for: after a search it would say that none was found.
    let refused = house.run(&["draw"]).expect(1);
    assert!(refused.stderr.contains("No draw can follow these rules"), "{}", refused.stderr);
    assert!(house.run(&["status", "--json"]).expect(0).json()["draw"].is_null());
}

#[test]
fn the_key_can_be_protected_by_a_passphrase() {
    let mut house = House::family();
    house.run(&["draw", "--protect-key"]).expect(2);
    house.set("XCHANGE_PASSPHRASE", "correct horse battery staple");
    house.run(&["draw", "--protect-key"]).expect(0);
    let is_protected = |house: &House| {
        let key = std::fs::read_to_string(house.path("exchange.key")).expect("a key");
        key.starts_with("-----BEGIN AGE ENCRYPTED FILE-----")
    };
    assert!(is_protected(&house));
    house.run(&["verify"]).expect(0);

    // Whoever sets the variable need not say it twice.
    let mut unasked = House::family();
    unasked.set("XCHANGE_PASSPHRASE", "correct horse battery staple");
    unasked.run(&["draw"]).expect(0);
    assert!(is_protected(&unasked));
    let open = House::family();
    open.run(&["draw"]).expect(0);
    assert!(!is_protected(&open));

    house.set("XCHANGE_PASSPHRASE", "wrong");
    let refused = house.run(&["audit", "--giver", "Ada Hill", "--reason", "lost it", "--yes"]).expect(2);
    assert!(refused.stderr.contains("passphrase"), "{}", refused.stderr);
}
