//! `update` from outside: the README's section as a script, killed in the middle, and against a listener under way.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use crate::support::house::{House, PATIENCE, family};
use crate::support::readme;

// X22 H11 G10
#[test]
fn the_readmes_section_runs_as_it_stands_and_each_command_names_the_next() {
    let house = House::with(&family("Hill family 2026", "[messaging]\nmode = \"files\"\n"));
    house.run(&["draw"]).expect(0);
    let script = readme::script("When something changes after the draw");
    let mut next: Option<String> = None;
    for command in &script {
        if let Some(next) = &next {
            assert!(next.contains("Next: ") && next.contains(&format!("`{command}`")), "{command} is not next: {next}");
        }
        let mut words = readme::words(command);
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

/// Somebody's other phone in the roster, and a joiner if there is one.
fn change(house: &House, joined: bool) {
    let roster = std::fs::read_to_string(house.path("exchange.toml")).expect("a file");
    let joined = if joined { "[[people]]\nname = \"Hugo Hill\"\nphone = \"+447700900150\"\n" } else { "" };
    house.write("exchange.toml", &format!("{}{joined}", roster.replacen("+4477009001", "+4477009008", 1)));
}

/// Starts an update and kills it when it is time; `false`: it had ended by then.
fn killed_when(house: &House, mut is_time: impl FnMut() -> bool) -> bool {
    let mut child = house
        .command(&["update", "--yes"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let started = Instant::now();
    while !is_time() && child.try_wait().expect("it can be asked").is_none() {
        assert!(started.elapsed() < PATIENCE, "it never came to its end");
        std::thread::yield_now();
    }
    let _may_have_ended = child.kill();
    child.wait().expect("it ends").code().is_none()
}

/// Before or after, never between: then the next one sees it through, whatever was there.
fn is_seen_through(house: &House, joined: bool, when: &str) {
    let number = 1 + i64::from(joined);
    let draw = house.run(&["status", "--json"]).expect(0).json()["draw"].clone();
    assert!(draw == 1 || draw == number, "{when}: {draw}");
    house.run(&["update", "--yes"]).expect(0);
    assert_eq!(house.run(&["status", "--json"]).expect(0).json()["draw"], number, "{when}");
    let history = house.run(&["history", "--json"]).expect(0).json();
    assert_eq!(history["draws"].as_array().and_then(|draws| i64::try_from(draws.len()).ok()), Some(number), "{when}");
    let entries = std::fs::read_dir(house.path("sealed/hill-family/openings")).expect("entries");
    // What a kill leaves half written has a name of its own.
    let entries =
        entries.filter(|it| it.as_ref().is_ok_and(|it| !it.file_name().as_encoded_bytes().starts_with(b"."))).count();
    assert_eq!(entries, 1, "{when}");
    house.run(&["verify"]).expect(0);
}

// H11 X22 H15: killed at any step of what is seen from outside it is there as a whole or not at all.
#[test]
fn a_killed_update_is_seen_through_or_was_never_there() {
    for (joined, file) in [
        (true, "sealed/hill-family/draw-0002.age"),
        (true, "sealed/hill-family/draw-0002.json"),
        (true, "sealed/hill-family/openings"),
        (true, "sealed/hill-family/openings/000001.json"),
        (false, "sealed/hill-family/openings"),
        (false, "sealed/hill-family/openings/000001.json"),
    ] {
        let house = House::family();
        house.run(&["draw"]).expect(0);
        change(&house, joined);
        killed_when(&house, || house.path(file).exists());
        is_seen_through(&house, joined, file);
    }
}

// H11 X22 H15: the same at moments spread over the whole of it: read, planned, drawn, pending, copied, live, announced.
#[test]
fn an_update_killed_at_any_moment_is_seen_through_or_was_never_there() {
    const MOMENTS: u32 = 8;
    for joined in [true, false] {
        let house = House::family();
        house.run(&["draw"]).expect(0);
        change(&house, joined);
        let whole = Instant::now();
        house.run(&["update", "--yes"]).expect(0);
        let whole = whole.elapsed();
        let mut killed = 0;
        for moment in 1..=MOMENTS {
            let house = House::family();
            house.run(&["draw"]).expect(0);
            change(&house, joined);
            let started = Instant::now();
            killed += u32::from(killed_when(&house, || started.elapsed() >= whole * moment / (MOMENTS + 1)));
            is_seen_through(&house, joined, &format!("{moment} of {MOMENTS}"));
        }
        assert!(killed > MOMENTS / 3, "{killed} of {MOMENTS} were killed before their end");
    }
}

/// The name that an answer tells, if any.
fn told(words: &str) -> Option<&str> {
    let last = words.rsplit("\n\n").next().unwrap_or(words);
    let told = last.strip_prefix("It is now ").or_else(|| last.strip_prefix("Still ")).unwrap_or(last);
    told.split([' ', '.']).next().filter(|name| name.starts_with("Number"))
}

// X1 X22 H11: while everybody texts as fast as this machine answers, no answer comes from a replaced draw once the new one is live,
// and none to a number that is an old one by then.
#[test]
fn an_update_beside_a_flood_of_texts_shows_in_every_answer_after_it() {
    const TEXTERS: usize = 8;
    const PEOPLE: usize = 56;
    // One less than a number is answered in an hour.
    const TEXTS: usize = 19;
    let phone = |number: usize| format!("+447700900{number:03}");
    let person =
        |number: usize, phone: &str| format!("[[people]]\nname = \"Number{number:03}\"\nphone = \"{phone}\"\n");
    let roster = |first: &str, people: usize| {
        let people: String =
            (0..people).map(|n| person(n, &if n == 0 { first.to_owned() } else { phone(n) })).collect();
        let head = "[exchange]\nname = \"Hill family 2026\"\nseries = \"Hill family\"\nkeyword = \"christmas\"";
        format!("{head}\nreply = \"{{receiver}}\"\n{people}")
    };
    let house = House::with(&roster(&phone(0), PEOPLE));
    house.run(&["draw"]).expect(0);
    let serving = house.serve();
    // So many join that everybody's name is drawn anew.
    house.write("exchange.toml", &roster(&phone(900), PEOPLE + 30));
    let (live, count) = (AtomicBool::new(false), AtomicUsize::new(0));
    let texter = |texter: usize| {
        let mut heard = Vec::new();
        for turn in 0..TEXTS {
            for number in (texter..PEOPLE).step_by(TEXTERS) {
                // The last text of each comes after the update in any case.
                while turn + 1 == TEXTS && !live.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
                let is_after = live.load(Ordering::SeqCst);
                heard.push((number, is_after, serving.text_from(&phone(number), "christmas").words()));
                count.fetch_add(1, Ordering::SeqCst);
            }
        }
        heard
    };
    let (heard, took) = std::thread::scope(|scope| {
        let texters: Vec<_> = (0..TEXTERS).map(|number| scope.spawn(move || texter(number))).collect();
        let started = Instant::now();
        while count.load(Ordering::SeqCst) < PEOPLE * 2 {
            std::thread::yield_now();
        }
        let updated = house.run(&["update", "--yes"]);
        live.store(true, Ordering::SeqCst);
        updated.expect(0);
        let heard: Vec<_> = texters.into_iter().flat_map(|texter| texter.join().expect("answered")).collect();
        (heard, started.elapsed())
    });
    let receivers = [1, 2].map(|draw| house.pairings(draw).into_iter().collect::<BTreeMap<_, _>>());
    let name = |number: usize| format!("Number{number:03}");
    for (number, is_after, words) in &heard {
        let new = (*number > 0).then(|| &*receivers[1][&name(*number)]);
        let old = Some(&*receivers[0][&name(*number)]);
        assert!(told(words) == new || (!is_after && told(words) == old), "{number}, after: {is_after}: {words}");
    }
    let after = heard.iter().filter(|(_, is_after, _)| *is_after).count();
    println!("{} texts in {took:?}, {after} of them after the update", heard.len());
    assert!(after >= PEOPLE && after + PEOPLE < heard.len(), "{after} of {}", heard.len());
    assert_eq!(told(&serving.text_from(&phone(900), "christmas").words()), Some(&*receivers[1][&name(0)]));
    house.run(&["verify"]).expect(0);
}

// H11 X11: every byte that is printed of an update, before and after, is the same whatever the live draw is, but for the fingerprint.
#[test]
fn what_is_printed_of_an_update_is_the_same_whatever_the_live_draw_is() {
    let (mut printed, mut fates) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..8 {
        let house = House::with(&family("Hill family 2026", "[messaging]\nmode = \"files\"\n"));
        house.run(&["draw"]).expect(0);
        fates.insert(house.pairings(1));
        change(&house, true);
        let mut said = String::new();
        for args in [
            &["update", "--dry-run"][..],
            &["update", "--dry-run", "--json"],
            &["update", "--yes"],
            &["update", "--json"],
            &["send", "--dry-run"],
        ] {
            let run = house.run(args).expect(0);
            said += &format!("{args:?}\n{}\n{}\n", run.stdout, run.stderr);
        }
        let status = house.run(&["status", "--json"]).expect(0).json();
        said += &format!("{} {} {}", status["people"], status["outbox"], status["openings"]);
        let outbox = house.run(&["outbox", "--json"]).expect(0).json();
        let rows = outbox["messages"].as_array().expect("a list").iter();
        said += &rows.map(|row| format!("{} {} {}\n", row["kind"], row["to"], row["state"])).collect::<String>();
        let fingerprint = status["fingerprint"].as_str().expect("drawn").to_owned();
        assert!(said.contains(&fingerprint));
        printed.insert(said.replace(&fingerprint, "FINGERPRINT"));
    }
    assert!(fates.len() > 1, "the live draws differ");
    assert_eq!(printed.len(), 1, "{printed:#?}");
}
