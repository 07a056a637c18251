//! `update` from outside: the README's section as a script, killed in the middle, and against a listener under way.

use std::process::Stdio;
use std::time::Instant;

use crate::support::house::{House, PATIENCE};

/// The commands of the README's section.
fn script() -> Vec<String> {
    let readme = include_str!("../../README.md");
    let (_, section) = readme.split_once("\n## When something changes after the draw\n").expect("the section");
    let (_, block) = section.split_once("```sh\n").expect("a block");
    let block = block.split("```").next().expect("its end");
    block.lines().map(|line| line.split("  #").next().unwrap_or("").trim().to_owned()).collect()
}

/// The words of a command, of which some stand in quotes.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('"').enumerate();
    let split = parts.flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    split.skip(1).collect()
}

// X22 H11 G10
#[test]
fn the_readmes_section_runs_as_it_stands_and_each_command_names_the_next() {
    let house = House::with(&crate::support::house::family("Hill family 2026", "[messaging]\nmode = \"files\"\n"));
    house.run(&["draw"]).expect(0);
    let script = script();
    assert!((2..=7).contains(&script.len()), "{script:?}");
    let mut next: Option<String> = None;
    for command in &script {
        if let Some(next) = &next {
            assert!(next.contains("Next: ") && next.contains(&format!("`{command}`")), "{command} is not next: {next}");
        }
        let mut words = words(command);
        if ["update", "send"].contains(&&*words[0]) && words.len() == 1 {
            words.push("--yes".to_owned());
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        next = Some(house.run(&words).expect(0).stderr);
    }
    let status = house.run(&["status", "--json"]).expect(0).json();
    assert_eq!((&status["draw"], status["people"].as_array().map(Vec::len)), (&2.into(), Some(7)));
    house.run(&["verify"]).expect(0);
    let again = house.run(&["update", "--json"]).expect(0).json();
    assert_eq!((&again["changes"], &again["draw"]), (&serde_json::json!([]), &serde_json::Value::Null));
}

// X22 X24: it shows, asks, and changes nothing without a yes.
#[test]
fn nothing_is_brought_in_without_a_yes() {
    let house = House::family();
    assert!(house.run(&["update"]).expect(1).stderr.contains("has not been drawn yet"));
    house.run(&["draw"]).expect(0);
    let roster = std::fs::read_to_string(house.path("exchange.toml")).expect("a file");
    house.write("exchange.toml", &roster.replacen("+4477009001", "+4477009008", 1));
    let shown = house.run(&["update", "--dry-run", "--json"]).expect(0).json();
    let change = &shown["changes"][0];
    assert_eq!(
        (&shown["draw"], &shown["told"], &change["kind"]),
        (&serde_json::Value::Null, &1.into(), &"phone".into())
    );
    assert!(!shown.to_string().contains("77009"), "addresses are masked: {shown}");
    let refused = house.run(&["update"]).expect(2);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    let status = house.run(&["status"]).expect(0);
    assert!(status.stderr.contains("xchange update"), "{}", status.stderr);
    house.run(&["update", "--yes"]).expect(0);
    house.run(&["verify"]).expect(0);
    let status = house.run(&["status"]).expect(0);
    assert!(!status.stderr.contains("xchange update"), "{}", status.stderr);
}

/// Starts an update and kills it the moment a file is there.
fn killed_when_there(house: &House, file: &str) {
    let mut child = house
        .command(&["update", "--yes"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let started = Instant::now();
    while !house.path(file).exists() && child.try_wait().expect("it can be asked").is_none() {
        assert!(started.elapsed() < PATIENCE, "it never came to {file}");
        std::thread::yield_now();
    }
    let _may_have_ended = child.kill();
    child.wait().expect("it ends");
}

// H11 X22 H15: killed at any instant it is there as a whole or not at all, and the next one sees it through.
#[test]
fn a_killed_update_is_seen_through_or_was_never_there() {
    for file in ["sealed/hill-family/draw-0002.age", "sealed/hill-family/draw-0002.json", "sealed/hill-family/openings"]
    {
        let house = House::family();
        house.run(&["draw"]).expect(0);
        let roster = std::fs::read_to_string(house.path("exchange.toml")).expect("a file");
        let joined = "[[people]]\nname = \"Hugo Hill\"\nphone = \"+447700900150\"\n";
        house.write("exchange.toml", &format!("{}{joined}", roster.replacen("+4477009001", "+4477009008", 1)));
        killed_when_there(&house, file);
        let draw = house.run(&["status", "--json"]).expect(0).json()["draw"].clone();
        assert!(draw == 1 || draw == 2, "{file}: {draw}");
        house.run(&["update", "--yes"]).expect(0);
        assert_eq!(house.run(&["status", "--json"]).expect(0).json()["draw"], 2, "{file}");
        let history = house.run(&["history", "--json"]).expect(0).json();
        assert_eq!(history["draws"].as_array().map(Vec::len), Some(2), "{file}");
        let entries = std::fs::read_dir(house.path("sealed/hill-family/openings")).expect("entries");
        // What a kill leaves half written has a name of its own.
        let entries = entries
            .filter(|it| it.as_ref().is_ok_and(|it| !it.file_name().as_encoded_bytes().starts_with(b".")))
            .count();
        assert_eq!(entries, 1, "{file}");
        house.run(&["verify"]).expect(0);
    }
}
