//! A season rehearsed in headless Chromium: days pass, nights are quiet, a pairing is opened, somebody joins late.

use fantoccini::Locator;
use serde_json::json;

use crate::demo_page::{SOON, find, text, visit, words};
use crate::support::browser::Browser;
use crate::support::demo::Demo;
use crate::support::house::House;

/// Five phones and a mail box. What the file says of keys, archives and providers is of no use to anybody.
const ROSTER: &str = r#"[exchange]
name = "Hill family 2040"
keyword = "christmas"
date = 2040-12-24
timezone = "Europe/London"
reply = "Your one is {receiver}."

[messaging]
quiet = "21:00-08:00"

[reminders]
before = ["14 days", "13 days"]

[archive]
bucket = "nowhere"
endpoint = "http://127.0.0.1:9"

[twilio]
from = "+447700900199"
"#;

const PHONES: [&str; 5] = ["Ada Hill", "Ben Hill", "Cy Marsh", "Dee Marsh", "Eli"];

/// A folder in which everything but the roster is damaged, and what stands there.
fn house() -> (House, Vec<(&'static str, &'static str)>) {
    let person = |(number, name)| format!("[[people]]\nname = \"{name}\"\nphone = \"+4477009001{number:02}\"\n");
    let people: String = (0..).zip(PHONES).map(person).collect();
    let mailed = "[[people]]\nname = \"Uncle Björn\"\nemail = \"bjorn@example.org\"\n";
    let house = House::with(&format!("{ROSTER}{people}{mailed}"));
    let damaged = vec![("exchange.key", "no key"), ("exchange.db", "no database"), ("sealed", "no folder")];
    damaged.iter().for_each(|(name, text)| house.write(name, text));
    (house, damaged)
}

/// Waits for a bubble of a phone that holds these words.
async fn arrived(browser: &Browser, id: usize, words: &str) {
    there(browser, &format!("//*[@id='phone-{id}']//*[contains(@class, 'bubble')]"), words).await;
}

/// Waits until an element holds these words.
async fn there(browser: &Browser, path: &str, words: &str) {
    let path = format!("{path}[contains(., '{words}')]");
    browser.client.wait().at_most(SOON).for_element(Locator::XPath(&path)).await.expect(words);
}

async fn click(browser: &Browser, selector: &str) {
    browser.click(Locator::Css(selector)).await;
}

async fn open(browser: &Browser, giver: usize) {
    click(browser, &format!("#giver option:nth-child({})", giver + 1)).await;
    click(browser, "#audit button").await;
}

// H14 H11 H7: the file gives people, rules, wordings and reminders; its key, its draws and its archive are not touched.
#[tokio::test]
async fn a_season_passes_by_the_button() {
    let (house, damaged) = house();
    let mut demo = Demo::start_verb(&house, &["rehearse", "--port", "0"]);
    let Some(browser) = visit(&demo).await else { return println!("skipped: no chromium") };
    arrived(&browser, 5, "you have drawn").await;
    text(&browser, 0, "christmas").await;
    arrived(&browser, 0, "Your one is ").await;
    let fingerprint = words(&browser, "#fingerprint").await;

    // Each day's reminder, to whoever has written or has an e-mail.
    click(&browser, "#turns [value=reminder]").await;
    arrived(&browser, 0, "is in 14 days").await;
    arrived(&browser, 5, "is in 14 days").await;
    click(&browser, "#turns [value=day]").await;
    arrived(&browser, 0, "is in 13 days").await;
    assert!(words(&browser, "#today").await.starts_with("Tue 11 Dec 2040, 10:00 · 13 days to go"));
    assert_eq!(browser.run("return document.querySelectorAll('#phone-1 .bubble').length").await, json!(0));

    // At night mails go and texts do not.
    click(&browser, "#turns [value=night]").await;
    open(&browser, 0).await;
    there(&browser, "//*[@id='opened']", "Opening 1: Ada Hill").await;
    open(&browser, 5).await;
    arrived(&browser, 5, "has opened the sealed draw").await;
    let notices = "return document.querySelector('#phone-0').textContent.includes('has opened the sealed draw')";
    assert_eq!(browser.run(notices).await, json!(false), "it is quiet");
    click(&browser, "#turns [value=day]").await;
    arrived(&browser, 0, "has opened the sealed draw").await;
    text(&browser, 1, "PROOF").await;
    arrived(&browser, 1, "Opened so far: 2 times").await;

    // Somebody joins: a phone more, another fingerprint, and everybody who can be told is.
    find(&browser, "#name").await.send_keys("Hugo Hill").await.expect("typed");
    click(&browser, "#joiner button").await;
    find(&browser, "#phone-6").await;
    arrived(&browser, 0, "Hugo Hill joined.").await;
    arrived(&browser, 5, "Hugo Hill joined.").await;
    text(&browser, 6, "christmas").await;
    arrived(&browser, 6, "Your one is ").await;
    find(&browser, "#giver option:nth-child(7)").await;
    assert_ne!(words(&browser, "#fingerprint").await, fingerprint);
    assert_eq!(browser.complaints().await, Vec::<String>::new());

    for (width, height) in [(320, 640), (390, 844), (1440, 900)] {
        for scheme in ["light", "dark"] {
            browser.look_like(width, height, scheme).await;
            assert_eq!(browser.faults().await, json!([]), "{width}x{height} {scheme}");
            assert_eq!(browser.violations().await, json!([]), "{width}x{height} {scheme}");
        }
    }
    browser.close().await;
    demo.stop();
    assert_eq!(std::fs::read_dir(house.path("tmp")).expect("a folder").count(), 0, "everything is thrown away");
    for (name, text) in damaged {
        assert_eq!(std::fs::read_to_string(house.path(name)).expect("still there"), text, "{name}");
    }
}

// H14: what the page refuses, it refuses in words; a demo has no calendar.
#[test]
fn the_calendar_and_the_joiners_are_a_rehearsals_alone() {
    let (house, _damaged) = house();
    let rehearsal = Demo::start_verb(&house, &["rehearse", "--port", "0"]);
    assert!(rehearsal.said.contains("Hill family 2040 for 6 people"), "{}", rehearsal.said);
    for (path, body, said) in [
        ("/phones/calendar", r#"{"to":"yesterday"}"#, "could not be read"),
        ("/phones/joiner", r#"{"name":" "}"#, "no name that people can read"),
        ("/phones/joiner", r#"{"name":"ada  hill"}"#, "somebody of this name already"),
    ] {
        let answer = rehearsal.ask("POST", path, body);
        assert!(!answer.contains("200 OK") && answer.contains(said), "{body}: {answer}");
    }
    drop(rehearsal);
    std::fs::remove_dir_all(house.path("tmp")).expect("removed");
    let demo = Demo::start(&house, &["--file", "exchange.toml", "--port", "0"]);
    assert!(!demo.ask("POST", "/phones/calendar", r#"{"to":"day"}"#).contains("200 OK"));
    assert!(!demo.ask("POST", "/phones/joiner", r#"{"name":"Hugo"}"#).contains("200 OK"));
}
