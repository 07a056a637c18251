//! Backups: killed while they are made, beside a listener, and from one engine to the other.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::support::house::{House, PATIENCE, PEOPLE, family};
use crate::support::postgres::LocalPostgres;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.parent().expect("inside a folder")).expect("made");
    std::fs::copy(from, to).expect("copied");
}

/// Another machine with the same key and the same archive.
fn elsewhere(house: &House, more: &str) -> House {
    let other = House::with(&family("Hill family 2026", more));
    for (name, bytes) in house.files() {
        let name = name.strip_prefix(house.path("")).map(Path::to_owned).unwrap_or(name);
        if name.starts_with("sealed") || name.as_os_str() == "exchange.key" {
            let to = other.path(&name.to_string_lossy());
            std::fs::create_dir_all(to.parent().expect("inside a folder")).expect("made");
            std::fs::write(to, bytes).expect("copied");
        }
    }
    other
}

/// What everybody is told, and what is known of the log.
fn answers(house: &House) -> Vec<String> {
    let serving = house.serve();
    let told = PEOPLE.iter().map(|person| serving.text(person, "christmas"));
    let told: Vec<String> = told.chain([serving.text(PEOPLE[0], "PROOF"), serving.text(PEOPLE[1], "WISHES")]).collect();
    serving.stop();
    // When somebody was last told is another time at every look.
    told.into_iter().map(|words| words.split("\nName last sent").next().unwrap_or_default().to_owned()).collect()
}

fn brought(house: &House, backup: &str) -> serde_json::Value {
    house.run(&["restore", "--from", backup, "--json"]).expect(0).json()
}

// H18 G11 H16
#[test]
fn a_site_moves_to_a_server_and_back_and_answers_the_same() {
    let Some(server) = LocalPostgres::with("-c listen_addresses=127.0.0.1", |_| {}) else { return };
    let first = House::family();
    first.run(&["draw"]).expect(0);
    first.run(&["audit", "--giver", "Ada Hill", "--reason", "two parcels", "--yes"]).expect(0);
    let serving = first.serve();
    serving.text(PEOPLE[1], "WISH a kite");
    serving.text_from("+447700900100", "STOP");
    serving.text_from("+447700900100", "START");
    serving.stop();
    let before = answers(&first);
    assert!(before.iter().any(|answer| answer.contains("a kite")), "{before:?}");
    first.run(&["backup", "moving.backup"]).expect(0);

    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port);
    let second = elsewhere(&first, &format!("[store]\nurl = \"{url}\"\n"));
    copy(&first.path("moving.backup"), &second.path("moving.backup"));
    brought(&second, "moving.backup");
    assert_eq!(server.ask("SELECT count(*) FROM draw"), "1");
    second.run(&["verify"]).expect(0);
    assert_eq!(answers(&second), before);
    // Into a database with something in it nothing comes.
    let refused = second.run(&["restore", "--from", "moving.backup"]).expect(2);
    assert!(refused.stderr.contains("not empty"), "{}", refused.stderr);

    second.run(&["backup", "back.backup"]).expect(0);
    let third = elsewhere(&second, "");
    copy(&second.path("back.backup"), &third.path("back.backup"));
    brought(&third, "back.backup");
    third.run(&["verify"]).expect(0);
    assert_eq!(answers(&third), before);
    let texts = Connection::open(third.path("exchange.db")).expect("a database");
    let kept: i64 = texts.query_row("SELECT count(*) FROM text", [], |row| row.get(0)).expect("a count");
    assert!(kept >= 3 * i64::try_from(before.len()).expect("few"), "{kept}");
}

// H18 H15
#[test]
fn killed_at_any_moment_there_is_a_whole_backup_or_none() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    let database = Connection::open(house.path("exchange.db")).expect("a database");
    let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) \
                INSERT INTO attempt (key, count, until) SELECT randomblob(32), 1, 1 FROM n";
    database.execute(rows, []).expect("written");
    drop(database);
    let started = Instant::now();
    house.run(&["backup", "whole.backup"]).expect(0);
    let took = started.elapsed();
    let whole = std::fs::metadata(house.path("whole.backup")).expect("there").len();
    let mut killed = 0;
    for part in 1..=12 {
        let name = format!("{part}.backup");
        let mut child =
            house.command(&["backup", &name]).stdout(std::process::Stdio::null()).spawn().expect("the binary runs");
        std::thread::sleep(took * part / 12);
        child.kill().expect("it can be killed");
        killed += usize::from(!child.wait().expect("it ends").success());
        match std::fs::metadata(house.path(&name)) {
            Ok(file) => assert!(file.len().abs_diff(whole) < 1000, "{name}: {} of {whole}", file.len()),
            Err(_none) => assert_eq!(house.run(&["backup", &name]).code, 0, "{name}"),
        }
    }
    assert!(killed > 3, "they ended too soon: {killed}");
    for part in [1, 6, 12] {
        let other = elsewhere(&house, "");
        copy(&house.path(&format!("{part}.backup")), &other.path("b"));
        brought(&other, "b");
        other.run(&["verify"]).expect(0);
    }
}

// H18
#[test]
fn a_listener_makes_backups_and_doctor_says_how_old_the_last_one_is() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    let found = |house: &House| {
        house.run(&["doctor"]).stdout.lines().find(|line| line.starts_with("backup")).map(str::to_owned)
    };
    assert!(found(&house).is_some_and(|line| line.contains("none has been made")));
    let wrong = house.command(&["serve", "--backup-every", "often"]).output().expect("the binary runs");
    assert_eq!(wrong.status.code(), Some(2));
    let serving = house.serve_with(&["--backup-every", "1d"]);
    let started = Instant::now();
    let made = || std::fs::read_dir(house.path("backups")).into_iter().flatten().flatten();
    let is_whole = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().ends_with("Z.backup");
    while made().filter_map(|entry| is_whole(entry).then_some(())).count() == 0 {
        assert!(started.elapsed() < PATIENCE, "no backup is made");
        std::thread::sleep(Duration::from_millis(20));
    }
    // Answers go on.
    assert!(
        PEOPLE.contains(&serving.text(PEOPLE[0], "christmas").trim_start_matches("You have ").trim_end_matches('.'))
    );
    serving.stop();
    assert!(found(&house).is_some_and(|line| line.contains("within the last hour")));
    // Begun again, it is not time yet.
    house.serve_with(&["--backup-every", "1d"]).stop();
    assert_eq!(made().count(), 1);
    let backup = made().next().expect("one").path();
    let other = elsewhere(&house, "");
    brought(&other, &backup.display().to_string());
    other.run(&["verify"]).expect(0);
}

// H18
#[test]
fn what_came_back_and_what_is_not_known_is_said() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    house.run(&["backup", "b"]).expect(0);
    let refused = house.run(&["backup", "b"]).expect(2);
    assert!(
        refused.stderr.contains("exists already") && refused.stderr.contains("never overwritten"),
        "{}",
        refused.stderr
    );
    house.run(&["draw", "--redraw", "--yes", "--reason", "Gil cannot come"]).expect(0);
    house.run(&["audit", "--giver", "Ada Hill", "--reason", "two parcels", "--yes"]).expect(0);
    let other = elsewhere(&house, "");
    copy(&house.path("b"), &other.path("b"));
    let back = other.run(&["restore", "--from", "b"]).expect(0);
    assert!(back.stdout.contains("draw 2 and 1 entry of the log of Hill family"), "{}", back.stdout);
    for said in ["21610", "sign in again", "xchange send"] {
        assert!(back.stderr.contains(said), "{said}: {}", back.stderr);
    }
    other.run(&["verify"]).expect(0);

    let without = House::family();
    for name in ["exchange.key", "b"] {
        copy(&house.path(name), &without.path(name));
    }
    let refused = without.run(&["restore", "--from", "b"]).expect(2);
    assert!(refused.stderr.contains("--reason"), "{}", refused.stderr);
    let back = without.run(&["restore", "--from", "b", "--reason", "the disk is gone"]).expect(0);
    assert!(back.stderr.contains("warning"), "{}", back.stderr);
}
