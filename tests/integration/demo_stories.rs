//! The first page of the demo and the stories it leads to, each played in headless Chromium: a dinner dealt, a visitor received,
//! a list written to.

use fantoccini::Locator;
use serde_json::json;

use crate::demo_page::{SOON, find, words};
use crate::support::browser::Browser;
use crate::support::demo::Demo;
use crate::support::house::House;

/// The demo as a newcomer starts it, and a browser at its first page; `None` where there is none, which is a failure in CI.
struct Visit {
    demo: Demo,
    browser: Browser,
    _house: House,
}

impl Visit {
    async fn begin() -> Option<Self> {
        let house = House::family();
        let demo = Demo::start(&house, &["--port", "0"]);
        let Some(browser) = Browser::start().await else {
            assert!(std::env::var_os("CI").is_none(), "CI has a browser");
            return None;
        };
        browser.look_like(1280, 900, "light").await;
        let visit = Self { demo, browser, _house: house };
        visit.open("/").await;
        Some(visit)
    }

    async fn open(&self, path: &str) {
        let url = if path.starts_with('/') { format!("http://{}{path}", self.demo.address) } else { path.to_owned() };
        self.browser.client.goto(&url).await.expect("a page");
    }

    /// Presses what has this name, as soon as it is there.
    async fn press(&self, name: &str) {
        let path = format!("//*[self::a or self::button][normalize-space(.)={}]", json!(name));
        self.browser.click(Locator::XPath(&path)).await;
    }

    /// Presses a quick text of a phone.
    async fn say(&self, phone: usize, text: &str) {
        let path = format!("//*[@id='phone-{phone}']//button[normalize-space(.)='{text}']");
        self.browser.click(Locator::XPath(&path)).await;
    }

    /// Waits until something on the page says this.
    async fn shows(&self, selector: &str, words: &str) {
        let all = format!(
            "return [...document.querySelectorAll('{selector}')].some((e) => e.textContent.replace(/\\s+/g, ' ').includes({}))",
            json!(words)
        );
        let begun = std::time::Instant::now();
        while self.browser.run(&all).await != json!(true) {
            if begun.elapsed() > SOON {
                panic!("{words:?} is not in {selector}:\n{}", self.browser.client.source().await.unwrap_or_default());
            }
            tokio::task::yield_now().await;
        }
    }

    /// The address behind the first link that something holds.
    async fn link(&self, selector: &str) -> String {
        find(&self.browser, selector).await.prop("href").await.expect("a property").expect("a link")
    }

    async fn fill(&self, fields: &[(&str, &str)]) {
        for (selector, text) in fields {
            find(&self.browser, selector).await.send_keys(text).await.expect("typed");
        }
    }

    /// How many messages and answers a phone shows.
    async fn heard(&self, phone: usize) -> u64 {
        let count = format!("return document.querySelectorAll('#phone-{phone} :is(.theirs, .mail)').length");
        self.browser.run(&count).await.as_u64().expect("a number")
    }

    /// Nothing is wrong with the page at any width, in light and dark.
    async fn fits(&self) {
        for (width, height) in [(320, 640), (768, 1024), (1280, 900)] {
            for scheme in ["light", "dark"] {
                self.browser.look_like(width, height, scheme).await;
                assert_eq!(self.browser.faults().await, json!([]), "{width}x{height} {scheme}");
            }
        }
        assert_eq!(self.browser.violations().await, json!([]));
        self.browser.look_like(1280, 900, "light").await;
    }

    async fn end(self) {
        assert_eq!(self.browser.complaints().await, Vec::<String>::new());
        self.browser.close().await;
    }
}

// D4 D5 D9 D10 D13: six seats, dealt while one watches
#[tokio::test]
async fn the_dinner_fills_while_one_watches() {
    let Some(visit) = Visit::begin().await else { return println!("skipped: no chromium") };
    visit.fits().await;
    visit.press("Deal the seats").await;
    visit.shows("#panel", "nothing is sent before you deal").await;
    visit.press("Deal the seats").await;
    visit.shows("#panel", "0 held").await;
    for guest in 0..3 {
        visit.shows(&format!("#phone-{guest} .theirs"), "you are invited to Dinner for six").await;
    }
    assert_eq!(visit.heard(3).await, 0, "three are asked at a time");
    visit.say(0, "YES").await;
    visit.say(1, "NO").await;
    visit.say(2, "PROBABLY").await;
    visit.shows("#phone-1 .theirs", "thank you for telling us").await;
    visit.shows("#panel", "2 held").await;
    visit.shows("#phone-3 .mail", "you are invited").await;
    visit.shows("#phone-5 .theirs", "you are invited").await;
    visit.fits().await;

    // Paul has no phone, and answers by the link in his mail.
    visit.open(&visit.link("#phone-3 .mail a").await).await;
    visit.press("Yes").await;
    visit.shows("main", "You are in").await;
    visit.open("/phones/dinner").await;
    visit.shows("#phone-0 .theirs", "You are in").await;
    visit.say(4, "YES").await;
    visit.say(5, "YES").await;
    visit.shows("#phone-6 .theirs", "you are invited").await;
    visit.say(6, "YES").await;
    visit.shows("#panel", "6 held").await;
    visit.shows("#panel", "0 free").await;
    assert_eq!((visit.heard(7).await, visit.heard(8).await), (0, 0), "the table is full");
    assert_eq!(words(&visit.browser, "#phone-8 .empty").await, "Not invited yet.");
    visit.end().await;
}

// V1 V2 V6 V9: a visitor checks in, a host's phone rings, the visitor leaves
#[tokio::test]
async fn the_reception_receives_a_visitor() {
    let Some(visit) = Visit::begin().await else { return println!("skipped: no chromium") };
    visit.press("Meet the hosts").await;
    visit.shows("#panel", "Nobody is inside").await;
    let kiosk = visit.link(".steps a").await;
    visit.open(&kiosk).await;
    visit.fill(&[("#name", "Vera Quist"), ("#until", "30 min"), ("#phone", "07700 900309")]).await;
    visit.browser.click(Locator::Css("#host option:nth-child(2)")).await;
    visit.browser.click(Locator::Css("#consent")).await;
    visit.press("Check in").await;
    visit.shows("main", "Imani Wells").await;
    visit.open("/phones/reception").await;
    visit.shows("#phone-0 .theirs", "Vera Quist").await;
    visit.shows("#phone-0 .mail", "Vera Quist").await;
    visit.say(0, "OK").await;
    visit.shows("#panel", "Vera Quist").await;
    visit.fits().await;
    visit.press("Has left").await;
    visit.shows("#panel", "Nobody is inside").await;
    visit.end().await;
}

// A1 A8 A9 H3: somebody signs up, everybody is written to, and whoever said STOP meanwhile gets nothing
#[tokio::test]
async fn the_list_is_written_to_and_stop_holds() {
    let Some(visit) = Visit::begin().await else { return println!("skipped: no chromium") };
    visit.press("The sign-up page").await;
    visit.fill(&[("#first_name", "Gwen"), ("#phone", "07700 900409")]).await;
    visit.browser.click(Locator::Css("#consent")).await;
    visit.press("Sign up").await;
    visit.shows("main", "Thank you").await;
    visit.open("/phones/list").await;
    visit.shows("#phone-5 .theirs", "reply YES").await;
    visit.say(5, "YES").await;
    visit.shows("#phone-5", "YES").await;
    visit.open("/").await;
    visit.press("Write to all").await;
    visit.fill(&[("#text", "Hello {first_name|there}, the gate is painted.")]).await;
    visit.press("Plan it").await;
    visit.shows("main", "It is planned").await;
    visit.open("/phones/list").await;
    visit.shows("#panel", "It is planned").await;
    visit.say(1, "STOP").await;
    visit.shows("#phone-1 .hint", "is sent nothing").await;
    visit.fits().await;
    visit.press("Send it").await;
    for (phone, name) in [(0, "Ann"), (3, "Dina"), (5, "Gwen")] {
        visit.shows(&format!("#phone-{phone} .theirs"), &format!("Hello {name}, the gate is painted.")).await;
    }
    visit.shows("#phone-2 .mail", "Hello Carl").await;
    assert_eq!(visit.heard(1).await, 0, "Bea has said STOP after the plan was made");
    visit.open("/phones/mail").await;
    visit.shows(".mail", "Hello Carl").await;
    visit.fits().await;
    visit.end().await;
}
