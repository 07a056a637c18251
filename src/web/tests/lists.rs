//! Lists and broadcasts by the pages' forms.

use std::path::Path;

use super::pages::{ADA, BEN, Browser, PASSWORD};
use super::*;
use crate::app::event::{Events, Typed};
use crate::app::exchanges::Exchanges;
use crate::app::list::broadcasts::{self, Draft};
use crate::app::list::{people, planning};
use crate::broadcast::Ways;
use crate::model::TopicId;
use crate::roster::subscribers_file;
use crate::store::{BroadcastId, Reach};

/// The path of the page that a form has led to.
fn led_to(answer: &super::pages::Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.header(header::LOCATION).strip_prefix("/hill").expect("behind the prefix").to_owned()
}

impl World {
    fn import(&self, list: TopicId, csv: &str) {
        let site = Exchanges::around(self.site.clone());
        let (rows, _) = subscribers_file::read(csv.as_bytes(), Path::new("m.csv"), Some("GB")).expect("sound rows");
        let done = site.store.write(|tx| {
            let list = tx.list(list)?.expect("a list");
            people::import(tx, &site, (&list, &rows), "m.csv", site.clock.now())
        });
        done.unwrap_or_else(|e| panic!("{e}"));
    }

    /// A list of Ada's with its page, and where its pages are.
    async fn list(ada: &mut Browser, name: &str) -> (TopicId, String) {
        let at = led_to(&ada.post("/lists", &[("name", name), ("sender", "Hill Club")]).await);
        (TopicId(at.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id")), at)
    }
}

/// Which plan a page shows.
fn plan_on(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"plan\" value=\"").expect("a plan");
    rest.split('"').next().expect("its end").to_owned()
}

fn number_of(path: &str) -> BroadcastId {
    BroadcastId(path.rsplit('/').next().and_then(|number| number.parse().ok()).expect("a number"))
}

// A2 A5 G13: a list, the address book, an event's guests, an exchange's people; nobody else's
#[tokio::test]
async fn whom_to_write_to_is_made_on_the_page_of_lists() {
    let (world, mut ada) = World::with_ada().await;
    let empty = ada.get("/lists").await.body;
    assert!(empty.contains("No list yet") && empty.contains("<option value=\"contacts\">"), "{empty}");
    let refused = ada.post("/lists", &[("name", " ")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("role=\"alert\">Name: a list has a name."), "{}", refused.body);
    let (_, at) = World::list(&mut ada, "Club <news>").await;
    let page = ada.get(&at).await.body;
    assert!(page.contains("Nobody.") && page.contains("Club &#60;news&#62;"), "{page}");
    let taken = ada.post("/lists", &[("name", "CLUB <news>")]).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(taken.body.contains("Another list&#39;s page is /join/club"), "{}", taken.body);

    world.contact(Reach::SITE, "Cleo");
    let exchange = world.exchange(Reach::SITE, "Office 2026");
    let now = world.site.clock.now();
    let typed = Typed {
        name: "Tea".to_owned(),
        starts_at: (now + jiff::SignedDuration::from_hours(720)).to_string(),
        seats: "2".to_owned(),
        ..Typed::default()
    };
    let events = Events::of(&Exchanges::around(world.site.clone()));
    let tea = world.site.store.write(|tx| events.create(tx, Reach::SITE, &typed)).unwrap_or_else(|e| panic!("{e}"));
    let offered = ada.get("/lists").await.body;
    let (tea, office) = (tea.topic.0.to_string(), format!("exchange-{}", exchange.0));
    for (of, called, whom) in [
        ("contacts", "Contacts", "the contacts"),
        (&*tea, "Guests of Tea", "the guests of Tea"),
        (&*office, "People of Office 2026", "the people of Office 2026"),
    ] {
        assert!(offered.contains(&format!("<option value=\"{of}\">{whom}</option>")), "{offered}");
        let (first, again) = (ada.post("/lists", &[("of", of)]).await, ada.post("/lists", &[("of", of)]).await);
        assert_eq!(led_to(&first), led_to(&again), "one list stands for them");
        let page = ada.get(&led_to(&first)).await.body;
        assert!(page.contains(&format!("<h1>{called}</h1>")), "{page}");
        assert_eq!(page.contains("Cleo"), of == "contacts", "{page}");
    }
    world.account(BEN).await;
    let mut ben = Browser::outside(&world);
    ben.sign_in(BEN, PASSWORD).await;
    for of in [&*tea, &*office, "exchange-", "exchange-x", "4711"] {
        assert_eq!(ben.post("/lists", &[("of", of)]).await.status, StatusCode::NOT_FOUND, "{of}");
    }
}

// A4 A9 G13: what a plan comes to stands on its page, and it is tried on whoever presses the button
#[tokio::test]
async fn a_plan_shows_its_price_its_time_and_who_is_left_out_and_is_tried_first() {
    let priced = "\n[messaging]\nprice_per_segment = 0.05\nquiet = \"00:00-23:59\"\n";
    let world =
        World::of(&ROSTER.replace("name = \"Hill family 2026\"", "name = \"Hill\"\ncountry = \"GB\"").replacen(
            "\n[[people]]",
            &format!("{priced}\n[[people]]"),
            1,
        ));
    world.account(ADA).await;
    let mut ada = Browser::outside(&world);
    ada.sign_in(ADA, PASSWORD).await;
    let (list, at) = World::list(&mut ada, "Club").await;
    world.import(
        list,
        "First name,Phone,Email,Consent\nAnn,07700 900001,,paper\nBen,07700 900002,,paper\n<Cy>,07700 900003,,no\n\
         Dora,,dora@example.org,paper\n",
    );
    let text = [("text", "Zoë: {first_name|there}, we meet on Friday"), ("by", "either")];
    let plan = led_to(&ada.post(&format!("{at}/broadcasts"), &text).await);
    let page = ada.get(&plan).await.body;
    for shown in [
        "It is <strong>planned</strong>",
        "SMS segments: 2, 0.10 at your price",
        "Texts: 2, e-mails: 1.",
        "It is night now where 2 of them are",
        "The longest text, to Ann, takes 1 segment; &#39;ë&#39; makes it dear (write e).",
        "Sent now, the texts go out, in UTC time:",
        ": 2 segments</li>",
        "Hill Club: Zoë: Ann, we meet on Friday",
        "<h2>Left out</h2>",
        "<b>&#60;Cy&#62;</b> has not confirmed",
        "<td data-of=\"Segments\">1</td><td data-of=\"Price\">0.0500</td>",
    ] {
        assert!(page.contains(shown), "{shown} is not in {page}");
    }
    assert!(ada.get(&format!("{plan}/fragment")).await.body.contains("makes it dear"), "live, too");
    assert_eq!(led_to(&ada.post(&plan, &[("act", "test")]).await), plan);
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method alone holds for one lifetime only")]
    let trials = || {
        let rows = world.site.store.read(|tx| tx.messages()).expect("rows");
        let trials = rows.into_iter().filter(|row| row.kind == "trial");
        trials.map(|row| row.channel.word().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(trials(), ["email"], "by e-mail to whoever pressed it, and to nobody else");
    assert!(ada.get(&plan).await.body.contains("<b>3</b> planned"), "that is no result");
    // Somebody else plans it anew meanwhile: that plan has not been looked at.
    world.site.clock.advance(jiff::SignedDuration::from_secs(1));
    planning::plan(&Exchanges::around(world.site.clone()), number_of(&plan)).unwrap_or_else(|e| panic!("{e}"));
    let unseen = ada.post(&plan, &[("act", "send"), ("plan", &plan_on(&page))]).await;
    assert_eq!(unseen.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unseen.body.contains("has been planned anew since; look at that plan first."), "{}", unseen.body);
    assert_eq!(led_to(&ada.post(&plan, &[("act", "send"), ("plan", &plan_on(&unseen.body))]).await), plan);
    let sent = ada.get(&plan).await.body;
    assert!(sent.contains("It is <strong>sending</strong>") && !sent.contains("Sent now"), "{sent}");
    assert_eq!(ada.post(&plan, &[("act", "fly")]).await.status, StatusCode::BAD_REQUEST);
}

// A5 A9: a draft, as a planning that was killed leaves it, is planned on its page, or says why it is not
#[tokio::test]
async fn a_draft_is_planned_on_its_page_and_what_cannot_be_planned_is_not_kept() {
    let (world, mut ada) = World::with_ada().await;
    let (list, at) = World::list(&mut ada, "Club").await;
    let refused = ada.post(&format!("{at}/broadcasts"), &[("text", "Hello"), ("by", "either")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("Nobody would get it: there is nobody on it."), "{}", refused.body);
    assert!(
        refused.body.contains("\nHello</textarea>") && !refused.body.contains("Written so far"),
        "{}",
        refused.body
    );
    let draft = Draft { text: "Hello".to_owned(), subject: String::new(), ways: Ways::Sms, tags: vec![], only: vec![] };
    let now = world.site.clock.now();
    let BroadcastId(number) = world
        .site
        .store
        .write(|tx| broadcasts::draft(tx, &tx.list(list)?.expect("a list"), &draft, now))
        .unwrap_or_else(|e| panic!("{e}"));
    let of = format!("{at}/broadcasts/{number}");
    assert!(ada.get(&of).await.body.contains("value=\"plan\""));
    for (act, said) in
        [("plan", "Nobody would get it"), ("test", "has no plan yet"), ("send", "is draft; plan it first")]
    {
        let refused = ada.post(&of, &[("act", act)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{act}");
        assert!(refused.body.contains("role=\"alert\"") && refused.body.contains(said), "{}", refused.body);
    }
    world.import(list, "First name,Phone,Consent\nAnn,07700 900001,paper\n");
    assert_eq!(led_to(&ada.post(&of, &[("act", "plan")]).await), of);
    let page = ada.get(&of).await.body;
    assert!(page.contains("It is <strong>planned</strong>") && !page.contains("value=\"plan\""), "{page}");
}

// A11: what is written back before anything was sent, or long behind it
#[tokio::test]
async fn what_answers_no_broadcast_stands_on_the_page_of_its_list() {
    let (world, mut ada) = World::with_ada().await;
    let (list, at) = World::list(&mut ada, "Club").await;
    world.import(list, "First name,Phone,Consent\nAnn,07700 900001,paper\n");
    assert!(!ada.get(&at).await.body.contains("Written back"));
    let now = world.site.clock.now();
    let wrote = world.site.store.write(|tx| {
        let ann = tx.subscribers(list, None, 1)?.remove(0);
        tx.insert_reply(list, &[ann.id], "Is there <b>parking?", now)
    });
    wrote.expect("kept");
    let page = ada.get(&at).await.body;
    assert!(page.contains("<h2>Written back, to no broadcast</h2>"), "{page}");
    assert!(page.contains("<b>Ann</b> Is there &#60;b&#62;parking?"), "{page}");
}
