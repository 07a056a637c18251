//! The front desk from outside: the README's section as a script, the list with no listener, and the kiosk in a real browser.

use serde_json::json;

use crate::support::browser::Browser;
use crate::support::house::House;
use crate::support::readme;

/// The verbs of a command, without what stands behind them.
fn verbs(words: &[String]) -> String {
    let count = if words[1] == "host" { 3 } else { 2 };
    words[..count.min(words.len())].join(" ")
}

/// An empty folder with a site that writes its messages into files.
fn empty_house() -> House {
    let house = House::family();
    std::fs::remove_file(house.path("exchange.toml")).expect("there");
    house
}

// V1 V6 V9 V10 V12
#[test]
fn the_readmes_section_runs_as_it_stands_and_each_command_names_the_next() {
    let house = empty_house();
    let script = readme::script("A front desk");
    let mut next: Option<String> = None;
    for command in &script {
        let words = readme::words(command);
        if let Some(next) = next.as_ref().filter(|next| !next.is_empty()) {
            let wanted = format!("`xchange {}", verbs(&words));
            assert!(next.contains("Next: ") && next.contains(&wanted), "{command} is not next: {next}");
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let run = house.run(&words).expect(0);
        if words[1] == "inside" {
            assert!(run.stdout.contains("Cleo Marsh") && run.stdout.contains("Ada Hill"), "{}", run.stdout);
        }
        next = Some(run.stderr);
    }
    let shown = house.run(&["desk", "show", "--json"]).expect(0).json();
    assert_eq!((&shown["desk"], &shown["inside"]), (&"Reception".into(), &json!([])));
    assert_eq!(shown["hosts"][0]["state"], "free");
    assert!(shown["kiosk"].as_str().is_some_and(|kiosk| kiosk.contains("/desk/")), "{shown}");
}

// V4 V5 V9 V12 V13 X24 G5
#[test]
fn what_the_verbs_refuse_they_say_and_they_overwrite_nothing() {
    let house = empty_house();
    house.run(&["init", "--site"]).expect(0);
    assert!(house.run(&["desk", "show"]).expect(2).stderr.contains("xchange desk new"));
    house.run(&["desk", "new", "Reception", "--address", "1 Mill Lane"]).expect(0);
    let faulty = house.run(&["desk", "host", "add", "Ada Hill"]).expect(2);
    assert!(faulty.stderr.contains("--phone: a host has a phone"), "{}", faulty.stderr);
    house.run(&["desk", "host", "add", "Ada Hill", "--phone", "+44 7700 900123"]).expect(0);
    let visit = ["desk", "visit", "Cleo Marsh", "--until", "45 min", "--consent", "--json"];
    let first = house.run(&visit).expect(0).json();
    assert_eq!(house.run(&visit).expect(0).json()["id"], first["id"], "the same twice is one visit");
    let busy = house.run(&["desk", "visit", "Dora Pike", "--until", "45 min", "--consent"]).expect(1);
    assert!(busy.stderr.contains("Nobody is free just now. Ada Hill is the next, at "), "{}", busy.stderr);
    let unwilling = house.run(&["desk", "visit", "Dora Pike", "--until", "yesterday"]).expect(2);
    assert!(unwilling.stderr.contains("--until: ") && unwilling.stderr.contains("--consent: "), "{}", unwilling.stderr);
    house.run(&["desk", "inside", "--print", "inside.html"]).expect(0);
    let page = std::fs::read_to_string(house.path("inside.html")).expect("a page");
    assert!(page.contains("Reception: 1 person") && page.contains("class=\"box\"") && !page.contains("/assets/"));
    assert!(house.run(&["desk", "inside", "--print", "inside.html"]).expect(2).stderr.contains("stays as it is"));
    let code = first["code"].as_str().expect("a code");
    house.run(&["desk", "extend", code, "--until", "2 hours"]).expect(0);
    let shown = house.run(&["desk", "show", "--json"]).expect(0).json();
    let waiting: Vec<&str> =
        shown["waiting"].as_array().expect("rows").iter().filter_map(|row| row["to"].as_str()).collect();
    assert_eq!(waiting, ["Ada Hill"], "the visitor left no address: {shown}");
    house.run(&["desk", "cancel", "Cleo Marsh"]).expect(0);
    assert!(house.run(&["desk", "leave", "Cleo Marsh"]).expect(2).stderr.contains("xchange desk inside"));
    let dry = house.run(&["desk", "forget", "Cleo Marsh"]).expect(2);
    assert!(dry.stderr.contains("from 1 past visit,") && dry.stderr.contains("--yes"), "{}", dry.stderr);
    house.run(&["desk", "forget", "Cleo Marsh", "--yes"]).expect(0);
    assert!(house.run(&["desk", "expire", "--before", "1 day"]).expect(0).stderr.contains("Nobody is kept"));
    let texts = house.run(&["desk", "messages", "--json"]).expect(0).json();
    assert_eq!(texts["desk"], "Reception");
    let wrong = house.run(&["desk", "change", "--message", "goodby=Bye"]).expect(2);
    assert!(wrong.stderr.contains("did you mean goodbye?"), "{}", wrong.stderr);
    house.run(&["desk", "change", "--message", "goodbye=Bye {visitor}!"]).expect(0);
    assert!(house.run(&["desk", "messages"]).expect(0).stdout.contains("in your own words"));
}

// V9: what another process does is seen
#[test]
fn a_desk_that_is_watched_shows_who_has_come() {
    use std::io::{BufRead, BufReader};
    let house = House::family();
    house.run(&["desk", "new", "Reception", "--address", "1 Mill Lane"]).expect(0);
    house.run(&["desk", "host", "add", "Ada Hill", "--phone", "+44 7700 900123"]).expect(0);
    let mut watch =
        house.command(&["desk", "show", "--watch"]).stdout(std::process::Stdio::piped()).spawn().expect("runs");
    let mut lines = BufReader::new(watch.stdout.take().expect("piped")).lines().map(|line| line.expect("text"));
    assert!(lines.any(|line| line.contains("Nobody is inside.")));
    house.run(&["desk", "visit", "Cleo Marsh", "--until", "45 min", "--consent"]).expect(0);
    assert!(lines.any(|line| line.contains("Cleo Marsh")), "it ended");
    house.run(&["desk", "leave", "Cleo Marsh"]).expect(0);
    assert!(lines.any(|line| line.contains("Nobody is inside.")), "it ended");
    watch.kill().expect("killed");
    watch.wait().expect("an end");
}

// V12 V3 H18: who was inside is on the list after a move, the tablet stays paired, badges lead where they led
#[test]
fn a_desk_comes_back_from_a_backup() {
    let house = House::family();
    house.run(&["desk", "new", "Reception", "--address", "1 Mill Lane"]).expect(0);
    house.run(&["desk", "host", "add", "Ada Hill", "--phone", "+44 7700 900123", "--room", "2.14"]).expect(0);
    let visit =
        ["desk", "visit", "Cleo Marsh", "--email", "cleo@example.org", "--until", "45 min", "--consent", "--json"];
    let visit = house.run(&visit).expect(0).json();
    let shown = |house: &House| {
        let mut shown = house.run(&["desk", "show", "--json"]).expect(0).json();
        // A host who is free is so from now on, whenever that is.
        for host in shown["hosts"].as_array_mut().expect("hosts") {
            host["free_at"].take();
        }
        shown
    };
    let before = shown(&house);
    house.run(&["backup", "desk.backup"]).expect(0);
    let other = House::family();
    for file in ["exchange.key", "desk.backup"] {
        std::fs::copy(house.path(file), other.path(file)).expect("copied");
    }
    other.run(&["restore", "--from", "desk.backup"]).expect(0);
    assert_eq!(shown(&other), before);
    let serving = other.serve();
    let badge = serving.get(&format!("/visit/{}", visit["token"].as_str().expect("a token")));
    assert!(badge.status == 200 && badge.body.contains("I am leaving"), "{badge:?}");
    let kiosk = before["kiosk"].as_str().expect("a link");
    let path = &kiosk[kiosk.find("/desk/").expect("a path")..];
    assert_eq!(serving.get(path).status, 303);
    serving.stop();
    other.run(&["desk", "leave", visit["code"].as_str().expect("a code")]).expect(0);
}

/// Looks at the page that is open as tablets and phones do, light and dark, and lets axe-core judge it; keeps pictures where
/// somebody wants to look at them.
async fn judge(browser: &Browser) {
    let client = &browser.client;
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": false })).await;
    for (width, height, scheme) in
        [(320, 640, "light"), (320, 640, "dark"), (768, 1024, "light"), (1024, 768, "dark"), (1280, 900, "light")]
    {
        browser.look_like(width, height, scheme).await;
        let url = client.current_url().await.expect("somewhere");
        assert_eq!(browser.faults().await, json!([]), "{url} at {width}, {scheme}");
        assert_eq!(browser.violations().await, json!([]), "{url} at {width}, {scheme}");
        if let Some(folder) = std::env::var_os("XCHANGE_SCREENSHOTS") {
            let name = format!("{}-{width}-{scheme}.png", url.path().split('/').nth(1).unwrap_or_default());
            let picture = client.screenshot().await.expect("a picture");
            let count = std::fs::read_dir(&folder).map_or(0, Iterator::count);
            std::fs::write(std::path::Path::new(&folder).join(format!("{count:02}-{name}")), picture).expect("kept");
        }
    }
    browser.look_like(1024, 1366, "light").await;
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
}

// V1 V11: a visitor at the tablet, by forms alone, with and without script; every width, light and dark
#[tokio::test]
async fn a_visitor_uses_the_kiosk_and_the_badge_without_script() {
    let house = House::family();
    house.run(&["desk", "new", "Reception", "--address", "1 Mill Lane"]).expect(0);
    house.run(&["desk", "host", "add", "Ada Hill", "--phone", "+44 7700 900123", "--room", "2.14"]).expect(0);
    let kiosk = house.run(&["desk", "show", "--json"]).expect(0).json()["kiosk"].as_str().expect("a link").to_owned();
    let Some(browser) = Browser::start().await else {
        assert!(std::env::var_os("CI").is_none(), "CI has a browser");
        return;
    };
    let serving = house.serve();
    let at = |path: &str| format!("http://{}{path}", serving.address);
    let path = kiosk.find("/desk/").map(|start| &kiosk[start..]).expect("a path");
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    let client = &browser.client;
    browser.look_like(1024, 1366, "light").await;
    client.goto(&at(path)).await.expect("a page");
    let find = |selector: &'static str| async move {
        let soon = client.wait().at_most(std::time::Duration::from_secs(20));
        soon.for_element(fantoccini::Locator::Css(selector)).await.expect(selector)
    };
    find("#name").await.send_keys("Cleo Marsh").await.expect("typed");
    find("#until").await.send_keys("45 min").await.expect("typed");
    find("#email").await.send_keys("cleo@example.org").await.expect("typed");
    find(".tick").await.click().await.expect("ticked");
    judge(&browser).await;
    find("form button").await.click().await.expect("pressed");
    let words = find("[role=status]").await.text().await.expect("words");
    assert_eq!(words, "Thank you, Cleo Marsh. Ada Hill has been told.");
    judge(&browser).await;
    find("a.button").await.click().await.expect("followed");
    find(".badge svg").await;
    judge(&browser).await;
    let badge = client.current_url().await.expect("somewhere");
    let token = badge.path().split('/').nth(4).expect("a token").to_owned();
    client.goto(&at(&format!("/visit/{token}"))).await.expect("a page");
    find("form button").await;
    judge(&browser).await;
    find("form:last-of-type button").await.click().await.expect("pressed");
    browser.click(fantoccini::Locator::Css("form button")).await;
    client
        .wait()
        .for_element(fantoccini::Locator::XPath("//main[contains(., 'This visit is over')]"))
        .await
        .expect("over");
    let inside = house.run(&["desk", "inside", "--json"]).expect(0).json();
    assert_eq!(inside["inside"], json!([]));
    house.run(&["desk", "visit", "Dora Pike", "--until", "45 min", "--consent"]).expect(0);
    house.run(&["desk", "inside", "--print", "inside.html"]).expect(0);
    client.goto(&format!("file://{}", house.path("inside.html").display())).await.expect("a file");
    judge(&browser).await;
    browser.close().await;
    serving.stop();
}
