//! The demo page, in headless Chromium: used by keyboard, looked at on a phone and on a desk, in light and dark.

use std::time::Duration;

use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::support::browser::{Browser, is_gone};
use crate::support::demo::Demo;
use crate::support::house::House;

const PEOPLE: [&str; 6] = ["Ada Hill", "Ben Hill", "Cy O’Brien", "Zoë", "Dee <script>alert(1)</script>", "Eli"];
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A roster of [`PEOPLE`] with a single draw: each gives to the next.
fn roster() -> String {
    let mut text = "[exchange]\nname = \"Hill family 2026\"\nkeyword = \"christmas\"\n".to_owned();
    for (number, name) in PEOPLE.iter().enumerate() {
        text += &format!("[[people]]\nname = \"{name}\"\nphone = \"+4477009001{number:02}\"\n");
    }
    for (giver, from) in PEOPLE.iter().enumerate() {
        for (receiver, to) in PEOPLE.iter().enumerate() {
            if receiver != giver && receiver != (giver + 1) % PEOPLE.len() {
                text += &format!("[[exclusions]]\ngiver = \"{from}\"\nreceiver = \"{to}\"\n");
            }
        }
    }
    text
}

/// A demo of that roster, and its house.
fn demo() -> (House, Demo) {
    let house = House::with(&roster());
    let demo = Demo::start(&house, &["--file", "exchange.toml", "--port", "0"]);
    (house, demo)
}

/// A browser on the demo's page; `None` where there is no browser, which is a failure in CI.
pub(crate) async fn visit(demo: &Demo) -> Option<Browser> {
    let Some(browser) = Browser::start().await else {
        assert!(std::env::var_os("CI").is_none(), "CI has a browser");
        return None;
    };
    browser.look_like(1440, 900, "light").await;
    browser.client.goto(&demo.page()).await.expect("the page");
    find(&browser, "#phone-5").await;
    Some(browser)
}

pub(crate) async fn find(browser: &Browser, selector: &str) -> fantoccini::elements::Element {
    browser.client.wait().at_most(SOON).for_element(Locator::Css(selector)).await.expect(selector)
}

/// All of an element's words, those for screen readers included.
pub(crate) async fn words(browser: &Browser, selector: &str) -> String {
    loop {
        match find(browser, selector).await.prop("textContent").await {
            Err(error) if is_gone(&error) => {}
            found => return found.expect("a property").unwrap_or_default(),
        }
    }
}

/// The accessible name of what has the focus.
async fn focused(browser: &Browser) -> String {
    let script = "const e = document.activeElement; return e.getAttribute('aria-label') ?? e.textContent.trim()";
    browser.run(script).await.as_str().unwrap_or_default().to_owned()
}

// X4, X7, A6: what a newcomer does first, without a mouse
#[tokio::test]
async fn ada_texts_by_keyboard_and_is_answered() {
    let (_house, demo) = demo();
    let Some(browser) = visit(&demo).await else { return println!("skipped: no chromium") };

    let mut order = Vec::new();
    while order.last().is_none_or(|last| last != "Send from Ada Hill’s phone") {
        browser.press(Key::Tab.into()).await;
        order.push(focused(&browser).await);
        assert!(order.len() < 30, "{order:?}");
    }
    let first = ["Skip to the phones", "Text from Ada Hill’s phone", "What the organizer sees", "AHAda Hill’s phone"];
    assert_eq!(order[..4], first);
    let last = order.len() - 3;
    assert_eq!(order[last..], ["Merry Christmas!", "Text from Ada Hill’s phone", "Send from Ada Hill’s phone"]);

    browser.click(Locator::Css("#start")).await;
    assert_eq!(focused(&browser).await, "Text from Ada Hill’s phone");
    let input = find(&browser, "#phone-0 input").await;
    assert_eq!(input.prop("value").await.expect("a property").as_deref(), Some("Merry Christmas!"), "only to be sent");
    input.clear().await.expect("cleared");
    input.send_keys("merry CHRISTMAS, all!").await.expect("typed");
    browser.press(Key::Enter.into()).await;
    assert_eq!(words(&browser, "#phone-0 .theirs").await, "Answer: You have Ben Hill.");
    assert_eq!(words(&browser, "#phone-0 .mine").await, "Ada Hill wrote: merry CHRISTMAS, all!");
    assert_eq!(focused(&browser).await, "Text from Ada Hill’s phone", "ready for the next text");
    let progress = words(&browser, "#progress").await;
    assert!(progress.starts_with("1 of 6 has texted"), "{progress}");
    assert_eq!(
        browser.run("return document.querySelectorAll('#phone-1 .bubble').length").await,
        json!(0),
        "nobody else heard"
    );

    // A quick text, reached with the arrows
    browser.run("document.querySelector('#phone-3 .chips button').focus()").await;
    browser.press(Key::Right.into()).await;
    assert_eq!(focused(&browser).await, "MENU");
    browser.press(Key::Enter.into()).await;
    let menu = words(&browser, "#phone-3 .theirs").await;
    assert!(menu.starts_with("Answer: CHRISTMAS: who you have\nWISH socks"), "{menu}");

    // Names and texts are shown literally
    browser.click(Locator::Css("#phone-3 .chips .lead")).await;
    assert_eq!(words(&browser, "#phone-3 .theirs:has(.name)").await, "Answer: You have Dee <script>alert(1)</script>.");

    // Loaded anew, the page still has the texts and knows who wrote any.
    browser.client.goto(&demo.page()).await.expect("the page");
    assert_eq!(words(&browser, "#phone-0 .theirs").await, "Answer: You have Ben Hill.");
    let progress = words(&browser, "#progress").await;
    assert!(progress.starts_with("2 of 6 have texted"), "{progress}");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

// H10: a message that comes by itself, silence, and a failure
#[tokio::test]
async fn phones_show_arrivals_silence_and_trouble() {
    let (house, mut demo) = demo();
    let Some(browser) = visit(&demo).await else { return println!("skipped: no chromium") };
    // A phone that has texted can be asked by its giver.
    browser.click(Locator::Css("#phone-1 .chips .lead")).await;
    assert_eq!(words(&browser, "#phone-1 .theirs").await, "Answer: You have Cy O’Brien.");
    let asking = find(&browser, "#phone-0 input").await;
    asking.send_keys("ASK What size are your feet?\u{e007}").await.expect("typed");
    let arrived = words(&browser, "#phone-1 .theirs ~ .theirs").await;
    assert!(arrived.starts_with("Answer: Whoever has you asks: What size are your feet?"), "{arrived}");

    let input = find(&browser, "#phone-2 input").await;
    input.send_keys("STOP\u{e007}").await.expect("typed");
    let hint = words(&browser, "#phone-2 .hint").await;
    assert_eq!(hint, "The carrier confirms this one. From now on this phone is sent nothing; START undoes it.");
    assert_eq!(browser.complaints().await, Vec::<String>::new());

    // A database that takes no more texts.
    let folder = std::fs::read_dir(house.path("tmp")).expect("a folder").next().expect("the demo's").expect("an entry");
    let database = rusqlite::Connection::open(folder.path().join("exchange.db")).expect("opens");
    database.execute_batch("ALTER TABLE text RENAME TO lost").expect("renamed");
    drop(database);
    input.send_keys("MENU\u{e007}").await.expect("typed");
    let hint = words(&browser, "#phone-2 .hint.bad").await;
    assert_eq!(hint, "Not sent. The line is dead: the listener did not answer.");
    let kept = input.prop("value").await.expect("a property");
    assert_eq!(kept.as_deref(), Some("MENU"), "the words are not lost");

    demo.stop();
    assert_eq!(std::fs::read_dir(house.path("tmp")).expect("a folder").count(), 0, "everything is thrown away");
    let trouble = words(&browser, "#trouble:not([hidden])").await;
    assert!(trouble.starts_with("The demo has stopped."), "{trouble}");
    browser.close().await;
}

/// Types into a phone of the page, and sends.
pub(crate) async fn text(browser: &Browser, id: usize, body: &str) {
    let input = find(browser, &format!("#phone-{id} input")).await;
    input.send_keys(&format!("{body}\u{e007}")).await.expect("typed");
}

async fn height(browser: &Browser) -> Value {
    browser.run("return document.documentElement.scrollHeight").await
}

// Nobody is told in a demo that they text too much; and what is said to screen readers alone takes no room.
#[tokio::test]
async fn many_texts_are_all_answered_and_the_page_does_not_grow() {
    let (_house, demo) = demo();
    let Some(browser) = visit(&demo).await else { return println!("skipped: no chromium") };
    let before = height(&browser).await;
    for _ in 0..25 {
        text(&browser, 4, "MENU").await;
    }
    let last = words(&browser, "#phone-4 .bubble:nth-child(50)").await;
    assert!(last.starts_with("Answer: CHRISTMAS: who you have"), "{last}");
    assert_eq!(height(&browser).await, before);
    browser.close().await;
}

#[tokio::test]
async fn a_face_in_the_strip_leads_straight_to_writing() {
    let (_house, demo) = demo();
    let Some(browser) = visit(&demo).await else { return println!("skipped: no chromium") };
    browser.click(Locator::Css("#strip li:nth-child(6) a")).await;
    assert_eq!(focused(&browser).await, "Text from Eli’s phone");
    browser.run("document.querySelector('#strip li:nth-child(4) a').focus()").await;
    browser.press(Key::Enter.into()).await;
    assert_eq!(focused(&browser).await, "Text from Zoë’s phone");
    let shown =
        "const box = document.activeElement.getBoundingClientRect(); return box.top > 60 && box.bottom < innerHeight";
    assert_eq!(browser.run(shown).await, json!(true));
    browser.close().await;
}

// H7: one pairing opened, and everybody can see that it was
#[tokio::test]
async fn the_organizer_opens_one_pairing_and_proof_says_so() {
    let (_house, demo) = demo();
    let Some(browser) = visit(&demo).await else { return println!("skipped: no chromium") };
    text(&browser, 1, "christmas").await;
    find(&browser, "#phone-1 .theirs").await;
    browser.click(Locator::Css("#giver option:nth-child(2)")).await;
    browser.click(Locator::Css("#audit button")).await;
    let opened = words(&browser, "#opened:not(:empty)").await;
    assert!(opened.starts_with("Opening 1: Ben Hill gives to Cy O’Brien."), "{opened}");
    let notice = words(&browser, "#phone-1 .theirs ~ .theirs").await;
    assert!(notice.contains("The organizer has opened the sealed draw"), "{notice}");
    text(&browser, 3, "PROOF").await;
    let proof = words(&browser, "#phone-3 .theirs").await;
    assert!(proof.contains("Opened so far: once"), "{proof}");
    let screen = words(&browser, "#status").await + &words(&browser, "#facts").await;
    assert!(
        screen.contains("Ben Hillonce") && screen.contains("Zoënot yet") && screen.ends_with("openings1"),
        "{screen}"
    );
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
async fn a_demo_started_anew_is_shown_anew() {
    let (_house, mut demo) = demo();
    let Some(browser) = visit(&demo).await else { return println!("skipped: no chromium") };
    text(&browser, 0, "christmas").await;
    find(&browser, "#phone-0 .theirs").await;
    let before = words(&browser, "#fingerprint").await;
    demo.stop();
    find(&browser, "#trouble:not([hidden])").await;
    let port = demo.address.rsplit(':').next().expect("a port");
    let other = House::with(&roster());
    let _anew = Demo::start(&other, &["--file", "exchange.toml", "--port", port]);
    find(&browser, "#phone-0 .empty").await;
    assert_ne!(words(&browser, "#fingerprint").await, before);
    assert_eq!(words(&browser, "#progress").await, "Nobody has texted yet.");
    browser.close().await;
}

#[tokio::test]
async fn the_page_fits_phones_and_desks_in_light_and_dark() {
    let (_house, demo) = demo();
    let Some(browser) = visit(&demo).await else { return println!("skipped: no chromium") };
    for number in [0, 1, 3] {
        browser.click(Locator::Css(&format!("#phone-{number} .chips .lead"))).await;
        find(&browser, &format!("#phone-{number} .theirs")).await;
    }
    let input = find(&browser, "#phone-0 input").await;
    input
        .send_keys(&format!("{} https://example.org/{}\u{e007}", "long ".repeat(40), "x".repeat(90)))
        .await
        .expect("typed");
    find(&browser, "#phone-0 .theirs:not(:has(.name))").await;
    input.send_keys("stop\u{e007}").await.expect("typed");
    find(&browser, "#phone-0 .hint").await;
    for (width, height) in [(390, 844), (320, 640), (820, 1180), (1440, 900)] {
        for scheme in ["light", "dark"] {
            browser.look_like(width, height, scheme).await;
            assert_eq!(browser.faults().await, json!([]), "{width}x{height} {scheme}");
            let apart = "const left = (s) => document.querySelector(s).getBoundingClientRect().left;
                         return Math.abs(left('.strip .face') - left('.device'))";
            assert!(browser.run(apart).await.as_f64() <= Some(1.0), "the strip stands where the phones do");
        }
    }
    let columns =
        "return new Set([...document.querySelectorAll('.phone')].map((e) => e.getBoundingClientRect().left)).size";
    assert!(browser.run(columns).await.as_u64() >= Some(3), "a wall on a desk");
    browser.look_like(390, 844, "light").await;
    assert_eq!(browser.run(columns).await, Value::from(1), "one column on a phone");
    let moving = "return document.getAnimations().length";
    assert_eq!(browser.run(moving).await, json!(0), "nothing moves where no motion is wanted");
    browser.close().await;
}
