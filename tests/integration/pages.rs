//! The organizers' pages in a real browser: by keyboard, without script, live, and at every width.

use std::time::Duration;

use fantoccini::Locator;
use serde_json::json;

use crate::support::browser::Browser;
use crate::support::house::{House, Serving};

const SOON: Duration = Duration::from_secs(20);
const PASSWORD: &str = "correct horse battery";

/// A site with an account that waits for its link, and a browser; `None` where there is none, which is a failure in CI.
struct Visit {
    house: House,
    serving: Serving,
    link: String,
    browser: Browser,
}

impl Visit {
    async fn begin() -> Option<Self> {
        let house = House::family();
        let link = house.run(&["account", "add", "ada@example.org"]).expect(0).stdout.trim().to_owned();
        house.run(&["list", "new", "Club news", "--sender", "Hill Club"]).expect(0);
        house.write("members.csv", "First name,Phone,Consent\nZoë,+447700900777,paper form\n");
        house.run(&["list", "import", "members.csv"]).expect(0);
        let Some(browser) = Browser::start().await else {
            assert!(std::env::var_os("CI").is_none(), "CI has a browser");
            return None;
        };
        let serving = house.serve();
        browser.look_like(1280, 900, "light").await;
        Some(Self { house, serving, link, browser })
    }

    async fn open(&self, path: &str) {
        self.browser.client.goto(&format!("http://{}{path}", self.serving.address)).await.expect("a page");
    }

    async fn find(&self, selector: &str) -> fantoccini::elements::Element {
        self.browser.client.wait().at_most(SOON).for_element(Locator::Css(selector)).await.expect(selector)
    }

    async fn fill(&self, fields: &[(&str, &str)]) {
        for (selector, text) in fields {
            self.find(selector).await.send_keys(text).await.expect("typed");
        }
    }

    async fn press(&self, selector: &str) {
        self.browser.click(Locator::Css(selector)).await;
    }

    /// Keeps a picture of the page, where `XCHANGE_PICTURES` names a folder for them.
    async fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("XCHANGE_PICTURES") {
            let png = self.browser.client.screenshot().await.expect("a picture");
            std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), png).expect("kept");
        }
    }

    /// Waits until the page shows some words.
    async fn shows(&self, words: &str) {
        let path = format!("//main[contains(., {})]", json!(words));
        let found = self.browser.client.wait().at_most(SOON).for_element(Locator::XPath(&path)).await;
        if found.is_err() {
            panic!("{words:?} is not in\n{}", self.browser.client.source().await.unwrap_or_default());
        }
    }

    /// Sets the password by the link, which leads to the home page.
    async fn enter(&self) {
        self.open(&self.link).await;
        self.fill(&[("#password", PASSWORD), ("#again", PASSWORD)]).await;
        self.press("main button").await;
        self.shows("What waits").await;
    }

    /// Everything that an organizer does, by forms alone.
    async fn all_the_forms(&self) {
        self.enter().await;
        self.open("/contacts/new").await;
        self.fill(&[("#name", "Cleo Marsh"), ("#tags", "family")]).await;
        self.press("form.stack button").await;
        self.shows("A contact has a phone or an e-mail address.").await;
        let kept = self.find("#name").await.prop("value").await.expect("a property");
        assert_eq!(kept.as_deref(), Some("Cleo Marsh"), "what was typed stands beside the error");
        self.fill(&[("#email", "cleo@example.org")]).await;
        self.press("form.stack button").await;
        self.shows("1 to 1 of 1").await;
        self.press("tbody th a").await;
        self.press("summary").await;
        self.press("details button").await;
        self.shows("No contacts yet").await;
        self.open("/account").await;
        self.fill(&[("#token-name", "backup"), ("#token-password", PASSWORD)]).await;
        self.press("form[action$='/account/tokens'] button").await;
        self.shows("it is not shown again").await;
        self.press("header form button").await;
        self.find("form[action$='/sign-in']").await;
        self.fill(&[("#email", "ada@example.org"), ("#password", "wrong wrong wrong")]).await;
        self.press("main button").await;
        self.shows("do not belong together").await;
        self.fill(&[("#password", PASSWORD)]).await;
        self.press("main button").await;
        self.shows("What waits").await;
    }

    /// Somebody signs up, and the organizer writes to all.
    async fn lists_and_broadcasts(&self) {
        self.open("/join/club-news").await;
        self.fill(&[("#first_name", "Ann <b>"), ("#email", "ann@example.org")]).await;
        self.press("#consent").await;
        self.press("main button").await;
        self.shows("Thank you. We have sent a message").await;
        self.open("/lists").await;
        self.press("tbody th a").await;
        self.shows("Ann <b>").await;
        self.fill(&[("#text", "Hello {fist_name}")]).await;
        self.press("form.stack button").await;
        self.shows("unknown placeholder {fist_name}").await;
        self.open("/lists").await;
        self.press("tbody th a").await;
        self.fill(&[("#text", "Hello {first_name|there}")]).await;
        self.press("form.stack button").await;
        self.shows("It is planned").await;
        self.shows("has not confirmed").await;
        self.shows("The longest text, to Zoë, takes 1 segment").await;
        self.press("button[value=test]").await;
        self.shows("It is planned").await;
        self.press("button[value=send]").await;
        self.shows("It is sending").await;
        self.press("button[value=pause]").await;
        self.shows("It is paused").await;
        self.press("button[value=cancel]").await;
        self.shows("It is cancelled").await;
        self.in_and_out_of_a_list().await;
        self.open("/lists").await;
        self.fill(&[("#name", "Choir"), ("#sender", "Hill Choir")]).await;
        self.press("form.stack button:not(.quiet)").await;
        self.shows("Nobody.").await;
        self.open("/lists").await;
        self.find("#of").await.select_by_label("the contacts").await.expect("chosen");
        self.press("form.stack button.quiet").await;
        self.shows("Contacts").await;
        self.shows("Write to all").await;
    }

    /// A spreadsheet is tried and taken over, somebody is looked for by their tag, taken out and forgotten.
    async fn in_and_out_of_a_list(&self) {
        self.open("/lists").await;
        self.press("tbody th a").await;
        self.house.write("more.csv", "First name,Phone,Consent,Tags\nEli,+447700900778,paper form,choir\n");
        let file = self.house.path("more.csv");
        for (button, said) in
            [("button[formaction]", "Would take 1 person"), ("button:not([formaction])", "Took 1 person")]
        {
            self.fill(&[("#file", file.to_str().expect("text"))]).await;
            self.press(&format!("form[action$='/import'] {button}")).await;
            self.shows(said).await;
        }
        self.fill(&[("#q", "choir")]).await;
        self.press("form[role=search] button").await;
        self.shows("1 of 1").await;
        self.press("tbody th a").await;
        self.shows("paper form (more.csv)").await;
        self.fill(&[("#reason", "asked at the door")]).await;
        self.press("form[action$='/opt-out'] button").await;
        self.shows("They get nothing more.").await;
        self.shows("asked at the door").await;
        self.press("main > details summary").await;
        self.press("form[action$='/forget'] button").await;
        self.shows("Write to all").await;
        assert!(!self.browser.client.source().await.expect("a page").contains("Eli"));
    }

    /// A whole exchange, from the sign-in to an audit; gives the path of its pages.
    async fn a_whole_exchange(&self) -> String {
        self.enter().await;
        self.open("/exchanges").await;
        self.press("a.button").await;
        self.fill(&[("#name", "Hill 2026"), ("#budget", "25 GBP"), ("#country", "GB")]).await;
        self.press("form.stack button").await;
        self.shows("Nobody yet").await;
        let people = self.browser.client.current_url().await.expect("a page").path().to_owned();
        let at = people.strip_suffix("/people").expect("its people").to_owned();
        for (name, phone) in
            [("Ada Hill", "07700 900123"), ("Ben Hill", "07700 900124"), ("Cleo Marsh", "07700 900125")]
        {
            self.press("a.button").await;
            self.fill(&[("#name", name), ("#phone", phone), ("#wishes", "tea")]).await;
            self.press("form.stack button").await;
            self.shows(name).await;
        }
        self.open(&format!("{at}/rules")).await;
        self.shows("2 valid draws").await;
        self.find("#receiver").await.select_by_label("Ben Hill").await.expect("chosen");
        self.press("form[action$='/exclusions'] button").await;
        self.shows("exactly 1 valid draw").await;
        self.press("form[action$='/exclusions/remove'] button").await;
        self.shows("2 valid draws").await;
        self.open(&format!("{at}/draw")).await;
        self.press("form[action$='/draw'] button").await;
        self.shows("It is drawn").await;
        self.shows("0 of 3 know their name").await;
        self.open(&format!("{at}/audit")).await;
        self.find("#name").await.select_by_label("Ada Hill").await.expect("chosen");
        self.fill(&[("#reason", "two parcels for one"), ("#password", PASSWORD)]).await;
        self.press("form[action$='/audit'] button").await;
        self.shows("Ada Hill gives to").await;
        self.press("main p a").await;
        self.shows("has been opened once").await;
        let shown = self.browser.client.source().await.expect("a page");
        assert!(!shown.contains(" gives to "), "{shown}");
        at
    }

    async fn end(self) {
        // A form that is refused says so by its status, which Chromium writes on its console.
        let complaints = self.browser.complaints().await;
        let complaints: Vec<_> = complaints.iter().filter(|c| !c.contains("status of 422")).collect();
        assert!(complaints.is_empty(), "{complaints:?}");
        self.browser.close().await;
        self.serving.stop();
    }
}

// G7, D1
#[tokio::test]
async fn ada_sets_her_password_and_uses_every_form() {
    let Some(visit) = Visit::begin().await else { return };
    visit.all_the_forms().await;
    visit.lists_and_broadcasts().await;
    visit.end().await;
}

// G7 A1: the same without script
#[tokio::test]
async fn everything_works_without_script() {
    let Some(visit) = Visit::begin().await else { return };
    visit.browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    visit.all_the_forms().await;
    visit.lists_and_broadcasts().await;
    visit.end().await;
}

// G13: a whole exchange in the pages, from the sign-in to an audit; every page of it at every width, light and dark
#[tokio::test]
async fn a_whole_exchange_is_run_in_the_pages() {
    let Some(visit) = Visit::begin().await else { return };
    let at = visit.a_whole_exchange().await;
    let pages = ["", "/people", "/person", "/rules", "/draw", "/update", "/announce", "/history", "/audit"];
    let own = pages.iter().map(|page| format!("{at}{page}"));
    for path in own.chain(["/exchanges".to_owned(), "/exchanges/new".to_owned()]) {
        visit.open(&path).await;
        for (width, scheme) in [(320, "light"), (768, "dark"), (1280, "light")] {
            visit.browser.look_like(width, 900, scheme).await;
            visit.picture(&format!("{}-{width}-{scheme}", path.replace('/', "-"))).await;
            assert_eq!(visit.browser.faults().await, json!([]), "{path} at {width}, {scheme}");
            assert_eq!(visit.browser.violations().await, json!([]), "{path} at {width}, {scheme}");
        }
    }
    visit.end().await;
}

// G13 V10: a desk made, its host away and back, and who is inside, live; every page of it at every width, light and dark
#[tokio::test]
async fn a_desk_is_kept_in_the_pages() {
    let Some(visit) = Visit::begin().await else { return };
    visit.enter().await;
    visit.open("/desks/new").await;
    visit.fill(&[("#name", "Reception"), ("#address", "1 Mill Lane"), ("#opens", "9 o'clock")]).await;
    visit.press("form.stack button").await;
    visit.shows("both an opening and a closing time").await;
    let opens = visit.find("#opens").await;
    assert_eq!(
        opens.prop("value").await.expect("a property").as_deref(),
        Some("9 o'clock"),
        "it stands beside the error"
    );
    opens.clear().await.expect("cleared");
    visit.press("form.stack button").await;
    visit.shows("No hosts yet").await;
    let desk = visit.browser.client.current_url().await.expect("somewhere").path().to_owned();
    visit.press("a[href$='/hosts/new']").await;
    visit.fill(&[("#name", "Ada Hill"), ("#phone", "+44 7700 900123"), ("#room", "2.14")]).await;
    visit.press("form.stack button").await;
    visit.shows("free").await;
    visit.press("tbody th a").await;
    let host = visit.browser.client.current_url().await.expect("somewhere").path().to_owned();
    visit.press("form[action$='/away'] button").await;
    visit.shows("until they are back").await;
    visit.press("form[action$='/back'] button").await;
    visit
        .browser
        .client
        .wait()
        .at_most(SOON)
        .for_element(Locator::XPath("//main[not(contains(., 'until they are back.'))]"))
        .await
        .expect("back");
    visit.open("/desks").await;
    visit.shows("Nobody is inside").await;
    visit.house.run(&["desk", "visit", "Cleo Marsh", "--until", "45 min", "--consent"]).expect(0);
    visit.shows("Cleo Marsh").await;
    for path in ["/desks", "/desks/new", &*desk, &*host, &*format!("{desk}/hosts/new"), &*format!("{desk}/inside")] {
        visit.open(path).await;
        for (width, scheme) in [(320, "light"), (768, "dark"), (1280, "light")] {
            visit.browser.look_like(width, 900, scheme).await;
            visit.picture(&format!("{}-{width}-{scheme}", path.replace('/', "-"))).await;
            assert_eq!(visit.browser.faults().await, json!([]), "{path} at {width}, {scheme}");
            assert_eq!(visit.browser.violations().await, json!([]), "{path} at {width}, {scheme}");
        }
    }
    visit.open("/desks").await;
    visit.press("form[action$='/leave'] button").await;
    visit.shows("Nobody is inside").await;
    visit.end().await;
}

// G13: the README's commands, one after the other, as they stand there
#[test]
fn the_readmes_commands_open_the_pages() {
    let section = include_str!("../../README.md").split("## In the browser").nth(1).expect("a section");
    let script = section.split("```").nth(1).expect("its commands");
    let house = House::with("");
    std::fs::remove_file(house.path("exchange.toml")).expect("an empty folder");
    let mut link = String::new();
    for line in script.lines().skip(1).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
        if words == ["xchange", "serve"] {
            let serving = house.serve();
            let page = serving.get(&link);
            assert!(page.status == 200 && page.body.contains("you@example.org"), "{page:?}");
            serving.stop();
            return;
        }
        let said = house.run(words.strip_prefix(&["xchange"][..]).expect("a command of ours")).expect(0).stdout;
        link = said.lines().find(|line| line.contains("/password/")).map_or(link, |line| line.trim().to_owned());
    }
    panic!("the script ends with the listener");
}

// G13: the same without script
#[tokio::test]
async fn a_whole_exchange_needs_no_script() {
    let Some(visit) = Visit::begin().await else { return };
    visit.browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    visit.a_whole_exchange().await;
    visit.end().await;
}

// G7: a page that is looked at keeps up, and the listener stops all the same
#[tokio::test]
async fn the_home_page_shows_what_another_process_has_done() {
    let Some(visit) = Visit::begin().await else { return };
    visit.enter().await;
    visit.shows("1 exchange is not drawn yet").await;
    visit.house.run(&["draw"]).expect(0);
    visit.shows("0 of 6").await;
    visit.shows("6 people have not been told a name yet").await;
    visit.end().await;
}

// G7: from a small phone to a wide desk nothing sticks out, light and dark; the keyboard comes to the content first
#[tokio::test]
async fn pages_fit_every_width_and_the_keyboard_leads_in() {
    let Some(visit) = Visit::begin().await else { return };
    visit.enter().await;
    visit.house.run(&["draw"]).expect(0);
    visit.house.run(&["broadcast", "new", "Hello"]).expect(0);
    visit.house.run(&["broadcast", "plan"]).expect(0);
    let lists = visit.house.run(&["list", "show", "--json"]).expect(0).json();
    let list = format!("/lists/{}", lists["lists"][0]["id"].as_str().expect("an id"));
    visit.open(&list).await;
    let zoe = visit.find("tbody th a").await.attr("href").await.expect("an attribute").expect("a link");
    let of_lists = ["/join/club-news", "/lists", &*list, &*zoe, &*format!("{list}/broadcasts/1")].map(str::to_owned);
    let others = ["/", "/contacts", "/contacts/new", "/outbox", "/health", "/account", "/sign-in", "/password/used"];
    for path in others.map(str::to_owned).iter().chain(&of_lists) {
        visit.open(path).await;
        for (width, scheme) in [(320, "light"), (320, "dark"), (768, "light"), (1280, "dark"), (2200, "light")] {
            visit.browser.look_like(width, 900, scheme).await;
            assert_eq!(visit.browser.faults().await, json!([]), "{path} at {width}, {scheme}");
            if let Some(folder) = std::env::var_os("XCHANGE_TEST_SCREENSHOTS").filter(|_| width < 2_000) {
                // All of it.
                visit.browser.look_like(width, 2_600, scheme).await;
                let name = format!("{}-{width}-{scheme}.png", path.replace('/', "_"));
                let shot = visit.browser.client.screenshot().await.expect("a picture");
                std::fs::write(std::path::Path::new(&folder).join(name), shot).expect("written");
            }
            if width != 768 {
                assert_eq!(visit.browser.violations().await, json!([]), "{path} at {width}, {scheme}");
            }
        }
    }
    visit.open("/contacts/new").await;
    let pressed_twice = "const form = document.querySelector('main form'), button = form.querySelector('button'); \
                         let stopped = 0; addEventListener('submit', (event) => { stopped += event.defaultPrevented; }); \
                         form.noValidate = true; form.requestSubmit(button); const busy = button.ariaBusy; \
                         form.requestSubmit(button); return [busy, stopped];";
    assert_eq!(visit.browser.run(pressed_twice).await, json!(["true", 1]), "what is under way is shown, and sent once");
    visit.open("/").await;
    visit.browser.run("document.body.focus()").await;
    visit.browser.press('\u{e004}').await;
    assert_eq!(visit.browser.run("return document.activeElement.textContent").await, json!("To the content"));
    visit.browser.press('\u{e007}').await;
    assert_eq!(visit.browser.run("return document.activeElement.id").await, json!("main"));
    visit.browser.close().await;
    visit.serving.stop();
}
