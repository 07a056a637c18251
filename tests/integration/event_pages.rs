//! A guest's page, and the organizer's of an event, in a real browser: pressed, without script, at every width, and printed.

use std::time::{Duration, Instant};

use fantoccini::Locator;
use serde_json::json;

use crate::support::browser::Browser;
use crate::support::house::{House, PATIENCE, PUBLIC_URL, Serving};

const SOON: Duration = Duration::from_secs(20);
const PASSWORD: &str = "correct horse battery";

const SITE: &str = "[site]\nname = \"Hill house\"\ntimezone = \"Europe/London\"\n\n[listener]\n\
                    public_url = \"https://xmas.example.org\"\n\n[messaging]\nmode = \"files\"\nquiet = \"never\"\n";

struct Visit {
    house: House,
    serving: Serving,
    browser: Browser,
    /// The guest's page.
    rsvp: String,
}

/// The guest's link, as the first invitation has it.
fn link(house: &House) -> String {
    let started = Instant::now();
    loop {
        let files = std::fs::read_dir(house.path("outbox")).into_iter().flatten();
        let texts = files.filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok());
        let found = texts.filter_map(|text| text.split(PUBLIC_URL).nth(1).map(str::to_owned));
        let mut paths =
            found.filter_map(|rest| rest.split(|c: char| c.is_whitespace() || c == '<').next().map(str::to_owned));
        if let Some(path) = paths.find(|path| path.starts_with("/rsvp/")) {
            return path;
        }
        assert!(started.elapsed() < PATIENCE, "no invitation came");
        std::thread::yield_now();
    }
}

impl Visit {
    async fn begin() -> Option<Self> {
        let house = House::with(SITE);
        let Some(browser) = Browser::start().await else {
            assert!(std::env::var_os("CI").is_none(), "CI has a browser");
            return None;
        };
        house.run(&["contact", "add", "Ada Hill", "--email", "ada@example.org", "--tags", "club"]).expect(0);
        let details =
            ["--seats", "6", "--size", "2", "--starts-at", "2099-12-04 19:00", "--place", "The old mill, Hill Lane 7"];
        let words = ["--description", "Bring nothing, and come hungry.\n\nThe door is open from half past six."];
        house.run(&[&["event", "new", "Summer dinner"][..], &details, &words].concat()).expect(0);
        house.run(&["event", "deal"]).expect(0);
        let serving = house.serve();
        browser.look_like(1280, 900, "light").await;
        let rsvp = link(&house);
        Some(Self { house, serving, browser, rsvp })
    }

    async fn open(&self, path: &str) {
        self.browser.client.goto(&format!("http://{}{path}", self.serving.address)).await.expect("a page");
    }

    async fn press(&self, selector: &str) {
        self.browser.click(Locator::Css(selector)).await;
    }

    async fn fill(&self, selector: &str, text: &str) {
        let found = self.browser.client.wait().at_most(SOON).for_element(Locator::Css(selector)).await;
        found.expect(selector).send_keys(text).await.expect("typed");
    }

    async fn shows(&self, words: &str) {
        let path = format!("//main[contains(., {})]", json!(words));
        let found = self.browser.client.wait().at_most(SOON).for_element(Locator::XPath(&path)).await;
        if found.is_err() {
            panic!("{words:?} is not in\n{}", self.browser.client.source().await.unwrap_or_default());
        }
    }

    /// Nothing sticks out, and nobody is left out, at any width, light and dark; a picture of each where
    /// `XCHANGE_PICTURES` names a folder for them, and one of it printed.
    async fn fits(&self, name: &str) {
        for (width, scheme) in [(320, "light"), (320, "dark"), (768, "light"), (1280, "light"), (1280, "dark")] {
            self.browser.look_like(width, 900, scheme).await;
            assert_eq!(self.browser.faults().await, json!([]), "{name} at {width}, {scheme}");
            assert_eq!(self.browser.violations().await, json!([]), "{name} at {width}, {scheme}");
            self.picture(&format!("{name}-{width}-{scheme}")).await;
        }
        self.browser.devtools("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
        self.picture(&format!("{name}-print")).await;
        self.browser.devtools("Emulation.setEmulatedMedia", json!({ "media": "" })).await;
        self.browser.look_like(1280, 900, "light").await;
    }

    async fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("XCHANGE_PICTURES") {
            let png = self.browser.client.screenshot().await.expect("a picture");
            std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), png).expect("kept");
        }
    }

    /// What a guest does, from the first look to a change of mind.
    async fn answers(&self) {
        self.open(&self.rsvp).await;
        self.shows("a seat is kept for you").await;
        self.fits("rsvp-asked").await;
        self.press("button[value=yes]").await;
        self.shows("You are in: 2 seats").await;
        self.shows("I did not mean that").await;
        let current = self.browser.run("return document.querySelector('[aria-current]').value").await;
        assert_eq!(current, json!("yes"));
        self.fits("rsvp-held").await;
        // Nobody else is there to be asked, so whoever may come is offered what is left.
        self.press("button[value=maybe]").await;
        self.shows("a seat is kept for you").await;
        self.press("button[value=no]").await;
        self.shows("thank you for telling us").await;
        let shown = self.house.run(&["event", "show", "--json"]).expect(0).json();
        assert_eq!(shown["invitations"][0]["state"], "declined");
    }

    async fn end(self) {
        // A form that is refused comes back with a status that a browser notes.
        let complaints = self.browser.complaints().await;
        assert!(complaints.iter().all(|it| it.contains("422")), "{complaints:?}");
        self.browser.close().await;
        self.serving.stop();
    }
}

// D10 D11
#[tokio::test]
async fn a_guest_answers_in_a_browser() {
    let Some(visit) = Visit::begin().await else { return };
    visit.answers().await;
    visit.end().await;
}

// D11: the same without script
#[tokio::test]
async fn a_guest_needs_no_script() {
    let Some(visit) = Visit::begin().await else { return };
    visit.open(&visit.rsvp).await;
    assert_eq!(visit.browser.run("return document.scripts.length").await, json!(0), "there is none to begin with");
    visit.browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    visit.open(&visit.rsvp).await;
    visit.press("button[value=probably]").await;
    visit.shows("we keep 2 seats for you").await;
    visit.press("button[value=no]").await;
    visit.shows("thank you for telling us").await;
    visit.end().await;
}

// D2 D13 D17 D20: an organizer makes an event, invites, and reads what dealing would do.
#[tokio::test]
async fn an_organizer_makes_an_event_in_a_browser() {
    let Some(visit) = Visit::begin().await else { return };
    let link = visit.house.run(&["account", "add", "you@example.org"]).expect(0).stdout.trim().to_owned();
    visit.open(link.split_once(PUBLIC_URL).map_or(&*link, |(_, path)| path)).await;
    for field in ["#password", "#again"] {
        visit.fill(field, PASSWORD).await;
    }
    visit.press("main button").await;
    visit.shows("What waits").await;
    visit.open("/events/new").await;
    visit.fits("event-new").await;
    visit.fill("#name", "Garden party").await;
    visit.fill("#seats", "4").await;
    visit.browser.run("document.getElementById('starts_at').value = '2099-06-04T15:00'").await;
    visit.fill("#lapse", "soon").await;
    visit.press("form.stack button").await;
    visit.shows("Give a length from 5 minutes").await;
    let kept = visit
        .browser
        .run("return document.getElementById('name').value + document.getElementById('starts_at').value")
        .await;
    assert_eq!(kept, json!("Garden party2099-06-04T15:00"), "what was typed stands beside the error");
    visit.browser.run("document.getElementById('lapse').value = ''").await;
    visit.press("form.stack button").await;
    visit.shows("What dealing would do").await;
    visit.fill("#who", "Ada Hill").await;
    visit.press("form[action$='/invite'] button").await;
    visit.shows("In this order: Ada Hill").await;
    visit.fits("event-change").await;
    visit.open("/events").await;
    visit.shows("nothing is sent before you deal").await;
    visit.fits("events").await;
    visit.press("form[action$='/deal'] button").await;
    visit.shows("waiting for 1 answer").await;
    visit.press("tbody th a").await;
    visit.shows("Ada Hill: ").await;
    visit.fits("event-guest").await;
    visit.fill("#many", "1").await;
    visit.press("form[action$='/answer'] button").await;
    visit.shows("1 held").await;
    visit.end().await;
}
