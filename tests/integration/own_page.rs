//! A participant's own page, from the mail with its link, in a real browser; and nothing of it anywhere else.

use std::path::Path;
use std::time::{Duration, Instant};

use fantoccini::Locator;
use serde_json::json;

use crate::support::browser::Browser;
use crate::support::house::{House, PATIENCE, PEOPLE, PUBLIC_URL, Serving, family};
use crate::support::smtp::LocalSmtp;

const GIL: &str = "Gil Marsh";
const SOON: Duration = Duration::from_secs(20);

/// The family, with Gil, who has no phone and is told by e-mail.
struct Mailed {
    house: House,
    smtp: LocalSmtp,
    serving: Serving,
}

impl Mailed {
    async fn begin() -> Self {
        let smtp = LocalSmtp::start(None).await;
        let more = format!(
            "[[people]]\nname = \"{GIL}\"\nemail = \"gil@example.org\"\nwishes = [\"wool socks\"]\n\n\
             [smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"xmas@example.org\"\n",
            smtp.port()
        );
        let text = family("Hill family 2026", &more)
            .replace("reply = \"{receiver}\"\n", "date = 2099-12-24\nbudget = \"25 GBP\"\n");
        let house = House::with(&text);
        house.run(&["draw"]).expect(0);
        let serving = house.serve_with(&["-vv"]);
        Self { house, smtp, serving }
    }

    /// The path of the link in the newest of so many mails.
    async fn link_in(&self, number: usize) -> String {
        let started = Instant::now();
        loop {
            let links: Vec<String> = self.smtp.mails().iter().filter_map(|mail| link(&mail.source)).collect();
            if links.len() >= number {
                return links[number - 1].clone();
            }
            assert!(started.elapsed() < PATIENCE, "no {number} mails with a link");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn receiver(&self) -> String {
        let pairings = self.house.pairings(1);
        pairings.into_iter().find(|(giver, _)| giver == GIL).expect("a pairing").1
    }
}

/// The path of the first link to a page in some words, or in the source of a mail.
fn link(words: &str) -> Option<String> {
    let words = words.replace("=\r\n", "");
    let at = words.find(&format!("{PUBLIC_URL}/me/"))? + PUBLIC_URL.len();
    Some(words[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect())
}

async fn press(browser: &Browser, what: &str) {
    browser.click(Locator::Css(&format!("button[value={what}]"))).await;
}

async fn shows(browser: &Browser, words: &str) {
    let path = format!("//main[contains(., {})]", json!(words));
    let found = browser.client.wait().at_most(SOON).for_element(Locator::XPath(&path)).await;
    assert!(found.is_ok(), "{words:?} is not in\n{}", browser.client.source().await.unwrap_or_default());
}

/// Looks at the page that is open as phones and desks do, light and dark; keeps pictures where `XCHANGE_PICTURES` says.
async fn judge(browser: &Browser, name: &str, has_script: bool) {
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": false })).await;
    for (width, height) in [(320, 640), (768, 1024), (1280, 900)] {
        for scheme in ["light", "dark"] {
            browser.look_like(width, height, scheme).await;
            assert_eq!(browser.faults().await, json!([]), "{name} at {width}, {scheme}");
            assert_eq!(browser.violations().await, json!([]), "{name} at {width}, {scheme}");
            if let Some(folder) = std::env::var_os("XCHANGE_PICTURES") {
                let png = browser.client.screenshot().await.expect("a picture");
                let file = Path::new(&folder).join(format!("me-{name}-{width}-{scheme}.png"));
                std::fs::write(file, png).expect("kept");
            }
        }
    }
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !has_script })).await;
}

/// All that is done on a page, by forms alone.
async fn everything(mailed: &Mailed, browser: &Browser, has_script: bool) {
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !has_script })).await;
    let (path, receiver) = (mailed.link_in(1).await, mailed.receiver());
    let page = format!("http://{}{path}", mailed.serving.address);
    browser.client.goto(&page).await.expect("a page");
    shows(browser, "Hello Gil Marsh").await;
    let source = browser.client.source().await.expect("a page");
    assert!(PEOPLE.iter().all(|person| !source.contains(person)) && source.len() < 25_000, "{source}");
    judge(browser, "link", has_script).await;
    press(browser, "show").await;
    shows(browser, &format!("You have {receiver}.")).await;
    judge(browser, "shown", has_script).await;
    assert!(!browser.client.title().await.expect("a title").contains(&receiver), "it would stand in the history");
    press(browser, "wishes").await;
    shows(browser, "wool socks").await;
    assert!(!browser.client.source().await.expect("a page").contains(&receiver), "it was shown once");
    let type_into = async |selector: &str, words: &str| {
        let field = browser.client.wait().at_most(SOON).for_element(Locator::Css(selector)).await.expect(selector);
        field.send_keys(words).await.expect("typed");
    };
    type_into("#wish", "a <b>red</b> kite").await;
    press(browser, "wish").await;
    shows(browser, "a <b>red</b> kite").await;
    press(browser, "up").await;
    judge(browser, "wishes", has_script).await;
    type_into("#question", "Gil asks: tea?").await;
    press(browser, "ask").await;
    shows(browser, "it would tell who you are").await;
    judge(browser, "held", has_script).await;
    type_into("#answer", "Size 42").await;
    press(browser, "tell").await;
    shows(browser, "on its way to whoever has you").await;
    press(browser, "proof").await;
    shows(browser, "Receipt: ").await;
    judge(browser, "proof", has_script).await;
    // Back and forth: what was shown is nowhere kept.
    browser.client.goto(&format!("http://{}/healthz", mailed.serving.address)).await.expect("elsewhere");
    for _ in 0..2 {
        // What was not kept cannot be shown again, and the browser says so.
        let _not_kept = browser.client.back().await;
        assert!(!browser.client.source().await.unwrap_or_default().contains(&receiver));
    }
    // Called back: this link ends, and another is mailed.
    browser.client.goto(&page).await.expect("a page");
    press(browser, "renew").await;
    shows(browser, "on its way there").await;
    let other = mailed.link_in(2).await;
    assert_ne!(other, path);
    browser.client.goto(&page).await.expect("a page");
    shows(browser, "does not count any more").await;
    judge(browser, "ended", has_script).await;
}

// G17 G9 X11: with and without script, at every width; nothing of it in a log, a file, a list or a history
#[tokio::test(flavor = "multi_thread")]
async fn a_participants_page_is_theirs_alone() {
    for has_script in [true, false] {
        let mailed = Mailed::begin().await;
        let Some(browser) = Browser::start().await else {
            assert!(std::env::var_os("CI").is_none(), "CI has a browser");
            return;
        };
        everything(&mailed, &browser, has_script).await;
        browser.close().await;
        let Mailed { house, smtp, serving } = mailed;
        let texted = link(&serving.text("Ada Hill", "LINK")).expect("a link");
        let mut read: Vec<(String, Vec<u8>)> = Vec::new();
        for args in [&["outbox", "--json"][..], &["status", "--json"], &["messages"], &["check", "-vv"], &["verify"]] {
            let run = house.run(args);
            read.push((args.join(" "), [run.stdout, run.stderr].concat().into_bytes()));
        }
        read.push(("metrics".to_owned(), serving.get("/metrics").body.into_bytes()));
        read.extend(house.files().into_iter().map(|(path, bytes)| (path.display().to_string(), bytes)));
        read.push(("log".to_owned(), serving.stop().into_bytes()));
        let links: Vec<String> = smtp.mails().iter().filter_map(|mail| link(&mail.source)).chain([texted]).collect();
        assert!(links.len() >= 3, "{links:?}");
        for (what, bytes) in &read {
            for token in links.iter().filter_map(|link| link.strip_prefix("/me/")) {
                let shown = bytes.windows(token.len()).any(|window| window == token.as_bytes());
                assert!(!shown, "{what} shows a link");
            }
        }
        assert!(
            read.iter().any(|(what, bytes)| what == "log" && String::from_utf8_lossy(bytes).contains("/me/{token}"))
        );
    }
}
