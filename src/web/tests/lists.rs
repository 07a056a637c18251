//! Lists and broadcasts by the pages' forms.

use std::path::Path;

use super::exchange_pages::upload;
use super::pages::{ADA, BEN, Browser, PASSWORD};
use super::*;
use crate::app::event::{Events, Typed};
use crate::app::exchanges::Exchanges;
use crate::app::list::broadcasts::{self, Draft};
use crate::app::list::{planning, sheet};
use crate::broadcast::Ways;
use crate::model::TopicId;
use crate::store::{BroadcastId, Reach};

/// The path of the page that a form has led to.
fn led_to(answer: &super::pages::Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.header(header::LOCATION).strip_prefix("/hill").expect("behind the prefix").to_owned()
}

impl World {
    fn import(&self, list: TopicId, csv: &str) {
        let site = Exchanges::around(self.site.clone());
        let list = site.store.read(|tx| tx.list(list)).expect("read").expect("a list");
        let done = sheet::import(&site, &list, (csv.as_bytes(), Path::new("m.csv")), false);
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
    assert!(taken.body.contains("value=\"CLUB &#60;news&#62;\""), "what was typed stands there: {}", taken.body);

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
    world.import(list, "First name,Phone,Consent\nAnn,+447700900001,paper\n");
    assert_eq!(led_to(&ada.post(&of, &[("act", "plan")]).await), of);
    let page = ada.get(&of).await.body;
    assert!(page.contains("It is <strong>planned</strong>") && !page.contains("value=\"plan\""), "{page}");
}

// A11: what is written back before anything was sent, or long behind it
#[tokio::test]
async fn what_answers_no_broadcast_stands_on_the_page_of_its_list() {
    let (world, mut ada) = World::with_ada().await;
    let (list, at) = World::list(&mut ada, "Club").await;
    world.import(list, "First name,Phone,Consent\nAnn,+447700900001,paper\n");
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

const MEMBERS: &str = "First name,Last name,Phone,Email,Consent,Tags\nZoë,O'Brien,07700 900001,zoe@example.org,paper form 3 May,\"choir,cake\"\n\
                       <b>Eli</b>,,07700 900002,,,choir\n=cmd(),X,07700 900003,,no,\n";

/// With a list of Ada's in a country, and its page.
async fn with_a_list() -> (World, Browser, TopicId, String) {
    let world = World::of(&ROSTER.replace("name = \"Hill family 2026\"", "name = \"Hill\"\ncountry = \"GB\""));
    world.account(ADA).await;
    let mut ada = Browser::outside(&world);
    ada.sign_in(ADA, PASSWORD).await;
    let (list, at) = World::list(&mut ada, "Club").await;
    (world, ada, list, at)
}

// A8 A6 A11 G2: tried, then taken over, with the evidence of each; a fault is told by its cell, and nothing is taken
#[tokio::test]
async fn subscribers_come_from_a_spreadsheet_and_go_into_one() {
    let (world, mut ada, _, at) = with_a_list().await;
    let import = format!("{at}/import");
    let tried = ada.send(upload(&format!("{import}?dry_run=true"), MEMBERS)).await;
    let comes_to = "3 people: 3 new, 0 known. Have agreed: 1, are asked first: 2, want nothing and stay out: 0.";
    assert!(tried.status == StatusCode::OK && tried.body.contains(&format!("Would take {comes_to}")), "{}", tried.body);
    assert!(ada.get(&at).await.body.contains("Nobody."));
    let faulty = ada.send(upload(&import, &format!("{MEMBERS}Dora,,12,nowhere,,\n"))).await;
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY);
    for shown in ["Nothing was taken over", "row 5, column C (Phone)", "row 5, column D (Email)", "Nobody."] {
        assert!(faulty.body.contains(shown), "{shown} is not in {}", faulty.body);
    }
    let taken = ada.send(upload(&import, MEMBERS)).await;
    assert!(taken.body.contains(&format!("Took {comes_to}")) && !taken.body.contains("<b>Eli"), "{}", taken.body);
    assert!(taken.body.contains("<td data-of=\"Tags\">choir, cake</td>"), "{}", taken.body);
    for (sought, found) in [("choir", "2 of 2"), ("cake", "1 of 1"), ("900003", "1 of 1")] {
        let page = ada.get(&format!("{at}?q={sought}")).await.body;
        assert!(page.contains(&format!("<caption>{found}</caption>")), "{page}");
    }
    assert!(ada.get(&format!("{at}?q=%3Cscript%3E")).await.body.contains("Nobody matches."));
    let csv = ada.get(&format!("{at}/subscribers.csv")).await;
    assert!(csv.header(header::CONTENT_DISPOSITION).contains("subscribers.csv"));
    assert!(csv.body.contains("'=cmd()") && csv.body.contains("paper form 3 May (people.csv)"), "{}", csv.body);
    let (_, other) = World::list(&mut ada, "Choir").await;
    let again = ada.send(upload(&format!("{other}/import"), &csv.body)).await;
    assert!(again.body.contains("3 new") && again.body.contains("Have agreed: 1"), "{}", again.body);
    for body in ["", "Shoe\n42\n", "PK\u{3}\u{4}", "\0\0\0"] {
        let refused = ada.send(upload(&import, body)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body:?}");
    }
    let mut foreign = upload(&import, MEMBERS);
    foreign.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("a value"));
    assert_eq!(ada.send(foreign).await.status, StatusCode::FORBIDDEN);
    // Contacts have a spreadsheet of their own.
    world.contact(Reach::SITE, "Cleo");
    let contacts = led_to(&ada.post("/lists", &[("of", "contacts")]).await);
    assert!(!ada.get(&contacts).await.body.contains("By spreadsheet"));
    let elsewhere = ada.send(upload(&format!("{contacts}/import"), MEMBERS)).await;
    assert_eq!(elsewhere.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(elsewhere.body.contains("kept elsewhere"), "{}", elsewhere.body);
}

// A8 A12: who agreed to what stands on the page of each, where they are taken out in the words of whoever asked, or forgotten
#[tokio::test]
async fn somebody_is_taken_out_with_a_reason_and_forgotten_on_their_page() {
    let (world, mut ada, list, at) = with_a_list().await;
    world.import(list, MEMBERS);
    let id = world.site.store.read(|tx| tx.subscribers(list, None, 1)).expect("read")[0].id.0;
    let who = format!("{at}/subscribers/{id}");
    assert!(ada.get(&at).await.body.contains(&format!("href=\"/hill{who}\">Zoë O&#39;Brien</a>")));
    let page = ada.get(&who).await.body;
    assert!(page.contains("paper form 3 May (m.csv)") && page.contains("<dd>choir, cake</dd>"), "{page}");
    let out = format!("{who}/opt-out");
    let refused = ada.post(&out, &[("by", "email"), ("reason", " ")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("role=\"alert\">Say in a few words why."), "{}", refused.body);
    let long = "<i>".repeat(101);
    let refused = ada.post(&out, &[("by", "email"), ("reason", &long)]).await;
    assert!(refused.body.contains(&format!("value=\"{}\"", "&#60;i&#62;".repeat(101))), "{}", refused.body);
    assert_eq!(ada.post(&out, &[("by", "pigeon"), ("reason", "no")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(led_to(&ada.post(&out, &[("by", "email"), ("reason", "asked <b>at</b> the door")]).await), who);
    let page = ada.get(&who).await.body;
    assert!(page.contains("asked &#60;b&#62;at&#60;/b&#62; the door") && page.contains("organizer"), "{page}");
    assert!(page.contains("<option value=\"sms\">") && !page.contains("<option value=\"email\">"), "{page}");
    assert_eq!(led_to(&ada.post(&out, &[("by", "sms"), ("reason", "rang us")]).await), who);
    assert!(ada.get(&who).await.body.contains("They get nothing more."));
    let phone = Phone::parse("+447700900001", None).expect("one");
    assert!(world.site.store.read(|tx| tx.is_opted_out(&phone)).expect("read"), "from this number");

    assert_eq!(led_to(&ada.post(&format!("{who}/forget"), &[]).await), at);
    assert!(!ada.get(&at).await.body.contains("Brien"));
    for (method, path) in [("GET", &who), ("POST", &out)] {
        let gone = if method == "GET" { ada.get(path).await } else { ada.post(path, &[("reason", "x")]).await };
        assert_eq!(gone.status, StatusCode::NOT_FOUND, "{path}");
    }
    let elsewhere = World::list(&mut ada, "Choir").await.1;
    let next = id + 1;
    assert_eq!(ada.get(&format!("{at}/subscribers/{next}")).await.status, StatusCode::OK);
    for foreign in [format!("{elsewhere}/subscribers/{next}"), format!("{at}/subscribers/x")] {
        assert_eq!(ada.get(&foreign).await.status, StatusCode::NOT_FOUND, "{foreign}");
    }
}

// A5 A2: whatever was chosen stands beside the error, also of those who were looked for
#[tokio::test]
async fn what_was_typed_of_a_broadcast_stands_beside_the_error() {
    let (world, mut ada, list, at) = with_a_list().await;
    let rows: String = (0..250).map(|n| format!("P{n},0770090{n:04},paper\n")).collect();
    world.import(list, &format!("First name,Phone,Consent\n{rows}"));
    let page = ada.get(&at).await.body;
    assert!(page.contains("<caption>100 of 250</caption>"), "{page}");
    let after = page.split("&#38;after=").nth(1).or_else(|| page.split("&after=").nth(1)).expect("more of them");
    let after: String = after.chars().take_while(char::is_ascii_digit).collect();
    let more = ada.get(&format!("{at}?q=&after={after}")).await.body;
    assert!(more.contains(">P100</a>") && !more.contains(">P99</a>"), "{more}");
    let last = ada.get(&format!("{at}?q=P249")).await.body;
    let id = last.split("name=\"only\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an id");
    let typed = [
        ("q", "P249"),
        ("text", "Hello {fist_name}"),
        ("subject", "Cake"),
        ("by", "sms"),
        ("to", "ticked"),
        ("tags", "choir"),
        ("only", id),
    ];
    let refused = ada.post(&format!("{at}/broadcasts"), &typed).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for kept in [
        "\nHello {fist_name}</textarea>",
        "name=\"subject\" value=\"Cake\"",
        "<option value=\"sms\" selected>",
        "<option value=\"ticked\" selected>",
        "name=\"tags\" value=\"choir\"",
        &format!("value=\"{id}\" checked"),
    ] {
        assert!(refused.body.contains(kept), "{kept} is not in {}", refused.body);
    }
}

// A11 A9 G12: on its page, in its live part, among the others, by the API and for a dashboard
#[tokio::test]
async fn a_broadcast_that_is_done_says_so_at_every_door() {
    let (world, mut ada, list, at) = with_a_list().await;
    world.import(list, "First name,Phone,Consent\nAnn,07700 900001,paper\nBen,07700 900002,paper\n");
    let plan = led_to(&ada.post(&format!("{at}/broadcasts"), &[("text", "Hello"), ("by", "sms")]).await);
    let shown = ada.get(&plan).await.body;
    ada.post(&plan, &[("act", "send"), ("plan", &plan_on(&shown))]).await;
    broadcasts::move_all(&world.site.store, world.site.clock.now()).expect("moved");
    let going = ada.get(&plan).await.body;
    assert!(going.contains("It is <strong>sending</strong>") && going.contains("value=\"pause\""), "{going}");
    assert!(!going.contains("value=\"retry\""), "nothing has failed: {going}");
    world.site.store.sql("UPDATE outbox SET state = 'delivered' WHERE kind = 'broadcast'");
    world
        .site
        .store
        .sql("UPDATE outbox SET state = 'failed', provider_code = 30003 WHERE kind = 'broadcast' AND id % 2 = 0");
    for page in [ada.get(&plan).await.body, ada.get(&format!("{plan}/fragment")).await.body] {
        assert!(page.contains("It is <strong>done</strong>") && page.contains("value=\"retry\""), "{page}");
        assert!(!page.contains("value=\"pause\"") && !page.contains("value=\"cancel\""), "{page}");
    }
    assert!(ada.get(&at).await.body.contains("<span class=\"soft\">done</span>"));
    let shown = ada.get(&format!("/api/v1/broadcasts/{}", number_of(&plan).0)).await;
    assert!(shown.body.contains("\"state\":\"done\""), "{}", shown.body);
    let (_, _, metrics) = ask(&world.router(), super::monitoring::metrics_from(Some("127.0.0.1:9"), &[])).await;
    assert!(metrics.contains("xchange_broadcasts{state=\"done\"} 1"), "{metrics}");
    let refused = ada.post(&plan, &[("act", "pause")]).await;
    assert!(refused.body.contains("is done; nothing of it is on its way."), "{}", refused.body);
    assert_eq!(led_to(&ada.post(&plan, &[("act", "retry")]).await), plan);
    assert!(ada.get(&plan).await.body.contains("It is <strong>sending</strong>"));
}
