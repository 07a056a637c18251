//! The verbs' surface: exit codes, wrong usage, files that are not rosters.

use crate::support::house::House;

/// As `--help` lists them.
const VERBS: &[&str] = &[
    "init",
    "exchange",
    "people",
    "check",
    "draw",
    "serve",
    "update",
    "audit",
    "status",
    "verify",
    "backup",
    "restore",
    "archive",
    "send",
    "announce",
    "outbox",
    "history",
    "expire",
    "forget",
    "messages",
    "contact",
    "event",
    "desk",
    "list",
    "broadcast",
    "account",
    "token",
    "openapi",
    "doctor",
    "demo",
    "rehearse",
    "completions",
    "man",
];

#[test]
fn init_writes_a_roster_that_draws_and_never_overwrites() {
    let house = House::family();
    let refused = house.run(&["init"]).expect(2);
    assert!(refused.stderr.contains("stays as it is"), "{}", refused.stderr);
    house.run(&["init", "--file", "new.toml"]).expect(0);
    house.run(&["check", "--file", "new.toml"]).expect(0);
    house.run(&["draw", "--file", "new.toml"]).expect(0);
}

#[test]
fn wrong_usage_exits_2_and_says_what_to_type() {
    let house = House::family();
    for args in [&["drwa"][..], &["draw", "--sead", "1"], &["audit"], &["serve", "--bind", "nowhere"], &[]] {
        let run = house.run(args).expect(2);
        let says = run.stderr.contains("Usage") || run.stderr.contains("--help");
        assert!(run.stdout.is_empty() && says, "{args:?}: {}", run.stderr);
    }
    let port = house.run(&["demo", "--port", "fifty"]).expect(2);
    assert!(port.stderr.contains("a port is a number from 0 to 65535"), "{}", port.stderr);
    let typed = house.run(&["audit", "--giver", "Ada Hill", "--reason", "a\u{1b}[31mb"]).expect(2);
    assert!(!typed.stderr.contains('\u{1b}') && typed.stderr.contains("control characters"), "{:?}", typed.stderr);
    let help = house.run(&["--help"]).expect(0);
    for verb in VERBS {
        house.run(&[verb, "--help"]).expect(0);
    }
    let commands = help.stdout.split_once("Commands:").expect("a list of verbs").1.lines().skip(1);
    let listed = commands.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    let listed: Vec<&str> = listed.filter_map(|line| line.split_whitespace().next()).filter(|v| *v != "help").collect();
    assert_eq!(listed, VERBS, "a verb is listed there or here alone");
}

// X19
#[test]
fn what_is_no_roster_is_refused_in_one_clear_sentence() {
    let house = House::family();
    std::fs::create_dir(house.path("folder")).expect("made");
    house.write("empty.toml", "");
    house.write("picture.toml", &"\0".repeat(500_000));
    std::fs::write(house.path("latin1.toml"), b"[exchange]\nname = \"Jos\xe9\"\n").expect("written");
    house.write("alone.toml", "[exchange]\nname = \"x\"\n[[people]]\nname = \"Ada\"\nemail = \"a@example.org\"\n");
    for (file, says) in [
        ("missing.toml", "cannot find missing.toml in this folder"),
        ("folder", "is a folder"),
        ("empty.toml", "is empty\nhint: `xchange init"),
        ("picture.toml", "picture.toml:1:1: this is no plain text"),
        ("latin1.toml", "latin1.toml:2:12: this is not UTF-8"),
        ("alone.toml", "alone.toml:"),
    ] {
        for verb in ["check", "draw"] {
            let run = house.run(&[verb, "--file", file]);
            assert!(run.code == 2 || (verb == "check" && run.code == 1), "{verb} {file}: {run:?}");
            let said = format!("{}{}", run.stdout, run.stderr);
            assert_eq!(said.matches(says).count(), 1, "{verb} {file}: {said}");
            assert!(!said.contains("panicked") && !said.contains("os error"), "{said}");
        }
    }
}

#[test]
fn completions_and_the_manual_page_are_printed() {
    let house = House::family();
    assert!(house.run(&["completions", "bash"]).expect(0).stdout.contains("_xchange"));
    let page = house.run(&["man"]).expect(0).stdout;
    assert!(page.contains(".TH xchange") && page.contains("redraw"), "{page}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::process::Stdio;
    let house = House::family();
    let mut child =
        house.command(&["man"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("it ends");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}
