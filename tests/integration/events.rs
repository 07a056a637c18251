//! `event` from outside: the README's section as a script, in an empty folder.

use crate::support::house::House;
use crate::support::readme;

// D2 D3 D17 D20
#[test]
fn the_readmes_section_runs_as_it_stands_and_each_command_names_the_next() {
    let house = House::with("");
    let script = readme::script("Invite people until the seats are full");
    assert!(script.len() <= 7, "{script:?}");
    let mut next: Option<String> = None;
    for command in &script {
        let words = readme::words(command);
        if let Some(next) = &next {
            // With arguments of its own the verb is what counts.
            let (_, named) =
                next.split_once("Next: ").unwrap_or_else(|| panic!("nothing is next before {command}: {next}"));
            let verb = if command.ends_with("--plan") {
                command.clone()
            } else {
                format!("xchange {} {}", words[0], words[1])
            };
            assert!(named.contains(&verb) || words[0] == "init", "{command} is not next: {next}");
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        next = Some(house.run(&words).expect(0).stderr);
    }
    let shown = house.run(&["event", "show", "--json"]).expect(0).json();
    assert_eq!(shown["seats"], serde_json::json!({"total": 6, "taken": 0, "reserved": 2, "free": 4}));
    assert_eq!(shown["invitations"][0]["contact"]["name"], "Ada Hill", "priority 1 comes first");
    house.run(&["event", "answer", "Ada Hill", "yes"]).expect(0);
    house.run(&["event", "withdraw", "Ben Hill"]).expect(0);
    let shown = house.run(&["event", "show"]).expect(0).stdout;
    assert!(shown.contains("6: 1 held, 0 offered, 5 free") && shown.contains("nobody is left to invite"), "{shown}");
    let refused = house.run(&["event", "answer", "Ben Hill", "yes"]).expect(1).stderr;
    assert!(refused.contains("taken back") && !refused.contains("is told"), "{refused}");
    let again = house.run(&["event", "resume"]).expect(0).stderr;
    assert!(again.contains("is being dealt"), "{again}");
    for many in ["0", "101", "two"] {
        house.run(&["event", "answer", "Ada Hill", "yes", many]).expect(2);
    }
    let invited = house.run(&["event", "invite", "Ada Hill"]).expect(0).stderr;
    assert!(invited.contains("To be invited before all others: Ada Hill."), "{invited}");
    house.run(&["event", "cancel", "--yes", "--reason", "The cook is ill."]).expect(0);
    let refused = house.run(&["event", "deal"]).expect(1).stderr;
    assert!(refused.contains("the event is cancelled"), "{refused}");
    let wrong = house.run(&["event", "new", "Tea", "--seats", "none"]).expect(2).stderr;
    assert!(wrong.contains("--seats: give a number") && wrong.contains("--starts-at: this is missing"), "{wrong}");
}

// D4: who is named together with a change is asked as it is then, and before all others.
#[test]
fn who_is_named_with_a_change_is_asked_as_it_is_then() {
    let house = House::family();
    for name in ["Ada Hill", "Ben Hill"] {
        house
            .run(&["contact", "add", name, "--email", &name.to_lowercase().replace(" hill", "@example.org")])
            .expect(0);
    }
    house
        .run(&["event", "new", "Dinner", "--seats", "2", "--tags", "none", "--starts-at", "2099-12-04 19:00"])
        .expect(0);
    house.run(&["event", "deal"]).expect(0);
    house.run(&["event", "change", "--size", "2", "--first", "Ben Hill"]).expect(0);
    let asked = house.run(&["event", "show", "--json"]).expect(0).json()["invitations"].clone();
    assert_eq!((&asked[0]["contact"]["name"], &asked[0]["size"]), (&"Ben Hill".into(), &2.into()), "{asked}");
}

// D13 D20: what another process does is seen
#[test]
fn an_event_that_is_watched_shows_who_has_answered() {
    use std::io::{BufRead, BufReader};
    let house = House::family();
    house.run(&["contact", "add", "Ada Hill", "--email", "ada@example.org"]).expect(0);
    house.run(&["event", "new", "Dinner", "--seats", "1", "--starts-at", "2099-12-04 19:00"]).expect(0);
    let mut watch =
        house.command(&["event", "show", "--watch"]).stdout(std::process::Stdio::piped()).spawn().expect("runs");
    let mut lines = BufReader::new(watch.stdout.take().expect("piped")).lines().map(|line| line.expect("text"));
    assert!(lines.any(|line| line.contains("nothing is sent before you deal")));
    house.run(&["event", "deal"]).expect(0);
    assert!(lines.any(|line| line.contains("waiting for 1 answer")), "it ended");
    house.run(&["event", "answer", "Ada Hill", "probably"]).expect(0);
    assert!(lines.any(|line| line.contains("full, 1 of them by people who said PROBABLY")), "it ended");
    assert!(lines.any(|line| line.contains("Ada Hill") && line.contains("probably comes")), "it ended");
    watch.kill().expect("killed");
    watch.wait().expect("an end");
}

// H20: the texts of an event, listed and said in other words.
#[test]
fn the_texts_of_an_event_are_worded_by_name() {
    let house = House::family();
    let typed = ["event", "new", "Dinner", "--seats", "1", "--starts-at", "2099-12-04 19:00"];
    let wrong = house.run(&[&typed[..], &["--message", "declind=Pity!"]].concat()).expect(2).stderr;
    assert!(wrong.contains("--message: declind: ") && wrong.contains("did you mean"), "{wrong}");
    house.run(&[&typed[..], &["--message", "declined=Pity!"]].concat()).expect(0);
    let text = |name: &str| {
        let listed = house.run(&["messages", "--event", "Dinner", "--json"]).expect(0).json();
        let texts = listed["messages"].as_array().expect("texts").clone();
        texts.into_iter().find(|text| text["name"] == name).expect("listed")
    };
    assert_eq!((&text("declined")["text"], &text("declined")["reworded"]), (&"Pity!".into(), &true.into()));
    house.run(&["event", "change", "--message", "declined="]).expect(0);
    assert_eq!(text("declined")["reworded"], false, "as usual again");
}
