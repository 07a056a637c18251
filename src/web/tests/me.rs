//! A participant's own page: as its person meets it, with a phone and without, a mail scanner, whoever the link was shared
//! with, and somebody who guesses.

use axum::http::Method;
use jiff::SignedDuration;

use super::pages::{Answer, Browser};
use super::*;
use crate::app::exchange::update;
use crate::app::exchange::ways::Reachable;
use crate::app::links::link_hash;
use crate::messaging::envelope::Address;
use crate::store::StoreError;
use crate::store::testing::Table;

/// Ada gives to Brunhilda, she to Cyrano, he to Dorothea, she to Ada. Dorothea has no phone.
const PEOPLE: [(&str, &str); 4] = [
    ("Ada", "phone = \"+447700900001\""),
    ("Brunhilda", "phone = \"+447700900002\""),
    ("Cyrano", "phone = \"+447700900003\"\nemail = \"cyrano@example.org\""),
    ("Dorothea", "email = \"dora@example.org\"\nwishes = [\"a red kite\", \"wool socks\"]"),
];

fn roster(people: &[(&str, &str)]) -> String {
    let mut text =
        format!("[exchange]\nname = \"Hills\"\ndate = 2099-12-24\n\n[listener]\npublic_url = \"{PUBLIC}\"\n\n");
    for (name, address) in people {
        text += &format!("[[people]]\nname = \"{name}\"\n{address}\n\n");
    }
    for (place, (giver, _)) in people.iter().enumerate() {
        let others =
            people.iter().enumerate().filter(|(other, _)| ![place, (place + 1) % people.len()].contains(other));
        for (_, (receiver, _)) in others {
            text += &format!("[[exclusions]]\ngiver = \"{giver}\"\nreceiver = \"{receiver}\"\n\n");
        }
    }
    text
}

impl World {
    async fn ring() -> Self {
        let world = Self::of(&roster(&PEOPLE));
        world.draw().await;
        world
    }

    /// What goes out now: to whom, and the words.
    async fn going_out(&self) -> Vec<(String, String)> {
        let inbox = Inbox::default();
        let exchanges = Exchanges::around(self.site.clone());
        let served = Arc::new(ServedExchanges::enter(exchanges.clone()).expect("a sound database"));
        let Exchanges { store, settings, clock, .. } = exchanges;
        let outbox = Outbox::new(store, Sender::phones(inbox.clone()), served, &settings, clock, Pace::default());
        outbox.queue_what_is_missing().await.expect("a database");
        outbox.drain(|_| {}).await.expect("a database");
        let to = |to: &Address| match to {
            Address::Phone(phone) => phone.expose().to_owned(),
            Address::Email(email) => email.expose().to_owned(),
        };
        inbox.since(0).into_iter().map(|sent| (to(&sent.to), sent.body.text().to_owned())).collect()
    }

    /// The path of the link that is mailed to somebody now.
    async fn mailed(&self, to: &str) -> String {
        let sent = self.going_out().await;
        let (_, words) = sent.iter().find(|(whose, words)| whose == to && words.contains("/me/")).expect("a link");
        path_in(words)
    }

    /// The answer to a text.
    async fn text(&self, from: &str, sid: u8, body: &str) -> String {
        let sid = super::sid(sid);
        let (_, _, answer) =
            ask(&self.router(), signed("/sms", &[("MessageSid", &sid), ("From", from), ("Body", body)])).await;
        answer
    }

    /// Everything that is kept.
    fn tables(&self) -> Vec<Table> {
        self.site.store.tables()
    }

    /// Everything that is kept, as somebody reads it who looks for a word.
    fn everything(&self) -> String {
        format!("{:?}", self.tables().into_iter().map(|table| table.rows).collect::<Vec<_>>())
    }

    /// Another roster of the same exchange, brought in.
    async fn updated(&mut self, people: &[(&str, &str)]) {
        let clock = self.site.clock.clone();
        self.site = Self::site_of(&self.folder, &roster(people), clock);
        let updated = update::update(&self.site, None).await.expect("an archive").expect("something changed");
        assert_eq!(updated.waits, None);
    }
}

/// The path of a link in some words.
fn path_in(words: &str) -> String {
    let at = words.find(&format!("{PUBLIC}/me/")).expect("a link");
    let link: String = words[at..].chars().take_while(|c| !c.is_whitespace() && *c != '<').collect();
    link.strip_prefix(PUBLIC).expect("ours").to_owned()
}

async fn press(browser: &mut Browser, path: &str, what: &str) -> Answer {
    browser.post(path, &[("press", what)]).await
}

// G17 G9 X11: what scanners, previews and prefetching do with a link.
#[tokio::test]
async fn following_a_link_shows_no_name_and_changes_nothing_and_pressing_tells() {
    let world = World::ring().await;
    let path = world.mailed("dora@example.org").await;
    let mut dora = Browser::outside(&world);
    let before = world.tables();
    for method in [Method::GET, Method::HEAD] {
        for hint in [None, Some(("sec-purpose", "prefetch")), Some(("purpose", "preview"))] {
            let mut request = get_request(&path);
            *request.method_mut() = method.clone();
            if let Some((name, value)) = hint {
                request.headers_mut().insert(name, value.parse().expect("a value"));
            }
            let answer = dora.send(request).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert!(!answer.body.contains("Ada") && !answer.body.contains("kite"), "{}", answer.body);
            assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
            assert_eq!(answer.header(header::REFERRER_POLICY), "no-referrer");
            assert!(!answer.headers.contains_key(header::ETAG) && !answer.headers.contains_key(header::LAST_MODIFIED));
        }
    }
    assert_eq!(world.tables(), before, "nothing was changed");

    let page = dora.get(&path).await.body;
    let css = dora.get("/assets/site.css").await.body;
    assert!(page.len() + css.len() < 25_000, "{} bytes", page.len() + css.len());
    assert!(!page.contains("<script") && page.contains("Hello Dorothea"), "{page}");
    assert!(page.contains("Last told</dt><dd>") && page.contains(", by mail</dd>"), "{page}");

    let shown = press(&mut dora, &path, "show").await;
    assert_eq!(shown.status, StatusCode::OK, "not redirected");
    assert!(shown.body.contains("You have Ada."), "{}", shown.body);
    assert_eq!(shown.header(header::CACHE_CONTROL), "no-store");
    assert!(!shown.headers.contains_key(header::LOCATION) && !shown.headers.contains_key(header::SET_COOKIE));
    assert!(dora.get(&path).await.body.contains(", on your page</dd>"), "it says when it was last shown");
    let proof = press(&mut dora, &path, "proof").await.body;
    assert!(proof.contains("Receipt: ") && proof.contains(", on your page"), "{proof}");
}

// G17 A7: another site's form, and one that says nothing.
#[tokio::test]
async fn no_other_site_presses_for_a_participant() {
    let world = World::ring().await;
    let path = world.mailed("dora@example.org").await;
    let before = world.tables();
    let mut dora = Browser::outside(&world);
    let mut forged = Request::post(&path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("press=show"))
        .expect("a request");
    forged.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("a value"));
    let answer = dora.send(forged).await;
    assert!(answer.status == StatusCode::FORBIDDEN && !answer.body.contains("You have"));
    assert_eq!(press(&mut dora, &path, "everything").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.tables(), before);
}

// G17 X7 H13: by text, for one's own phone alone; each is the end of the one before.
#[tokio::test]
async fn texting_link_gives_a_page_and_ends_the_one_before() {
    let world = World::ring().await;
    let first = world.text("+447700900001", 1, "Link please").await;
    let path = path_in(&first);
    let mut ada = Browser::outside(&world);
    assert!(press(&mut ada, &path, "show").await.body.contains("You have Brunhilda."));
    assert_eq!(world.text("+447700900001", 1, "Link please").await, first, "a repeated delivery renews nothing");
    let second = world.text("+447700900001", 2, "LINK").await;
    let other = path_in(&second);
    assert_ne!(other, path);
    let ended = ada.get(&path).await;
    assert_eq!(ended.status, StatusCode::GONE);
    assert!(ended.body.contains("does not count any more") && !ended.body.contains("Ada"), "{}", ended.body);
    let pressed = press(&mut ada, &path, "show").await;
    assert!(pressed.status == StatusCode::GONE && !pressed.body.contains("Brunhilda"));
    assert!(press(&mut ada, &other, "show").await.body.contains("You have Brunhilda."));
    // A stranger, and somebody else's phone.
    assert!(!world.text("+447700900009", 3, "LINK").await.contains("/me/"));
    let brunhildas = world.text("+447700900002", 4, "LINK").await;
    assert!(press(&mut ada, &path_in(&brunhildas), "show").await.body.contains("You have Cyrano."));
    for token in [path, other].map(|path| path.trim_start_matches("/me/").to_owned()) {
        assert!(!world.everything().contains(&token), "links are nowhere kept");
    }
}

// G17 H12 G16: pressing is asking.
#[tokio::test]
async fn who_has_pressed_has_asked() {
    let world = World::ring().await;
    let path = path_in(&world.text("+447700900001", 1, "LINK").await);
    let asked = || {
        let newest = world.site.store.read(|tx| tx.newest_draw(world.site.topic(tx)?.expect("a row").id));
        let draw = newest.expect("a sound database").expect("drawn");
        world.site.store.read(|tx| crate::app::exchange::status::asked_names(tx, draw)).expect("a sound database")
    };
    assert_eq!(asked(), [""; 0], "having a link is not having asked");
    press(&mut Browser::outside(&world), &path, "show").await;
    assert_eq!(asked(), ["Ada"]);
    press(&mut Browser::outside(&world), &path, "bought").await;
    let draw = |tx: &crate::store::Tx<'_>| tx.newest_draw(world.site.topic(tx)?.expect("a row").id);
    let reported = world.site.store.read(|tx| tx.reported(draw(tx)?.expect("drawn").id, "bought"));
    assert_eq!(reported.expect("a sound database").len(), 1);
}

// G17 X22: what ends with a changed address and with a new draw, for old holders and for new ones.
#[tokio::test]
async fn an_entry_and_a_new_draw_end_a_link_and_only_the_known_address_gets_another() {
    let mut world = World::ring().await;
    let path = world.mailed("dora@example.org").await;
    let texted = path_in(&world.text("+447700900003", 1, "LINK").await);
    let mut people = PEOPLE;
    people[3].1 = "email = \"dorothea@example.net\"";
    world.updated(&people).await;
    let mut browser = Browser::outside(&world);
    assert_eq!(browser.get(&texted).await.status, StatusCode::OK, "somebody else's stays");
    assert_eq!(browser.get(&path).await.status, StatusCode::GONE);
    let told = world.going_out().await;
    assert!(told.iter().all(|(_, words)| !words.contains("/me/")), "the notice has none: {told:?}");
    let pressed = press(&mut browser, &path, "renew").await;
    assert!(pressed.status == StatusCode::OK && !pressed.body.contains("example"), "{}", pressed.body);
    let sent = world.going_out().await;
    assert_eq!(sent.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(), ["dorothea@example.net"]);
    let renewed = path_in(&sent[0].1);
    assert!(press(&mut browser, &renewed, "show").await.body.contains("You have Ada."));
    // Asked for again by whoever has the old one, it is the same: nobody else ends it.
    press(&mut browser, &path, "renew").await;
    assert_eq!(world.mailed("dorothea@example.net").await, renewed);

    // A new draw ends all of them, and its mail has the new one.
    let request = draw::Request { redraw: Some("somebody is ill".to_owned()), ..draw::Request::default() };
    draw(&world.site, request).await.expect("drawn");
    let mut browser = Browser::outside(&world);
    for path in [&path, &renewed, &texted] {
        assert_eq!(browser.get(path).await.status, StatusCode::GONE);
        assert!(!press(&mut browser, path, "show").await.body.contains("You have"));
    }
    let of_the_new = world.mailed("dorothea@example.net").await;
    assert!(press(&mut browser, &of_the_new, "show").await.body.contains("You have Ada."));
}

// G17 H18: what a database that is brought back believes to be good may have ended since.
#[tokio::test]
#[expect(clippy::redundant_closure_for_method_calls, reason = "the method alone has one lifetime")]
async fn a_database_that_is_brought_back_opens_no_page() {
    let world = World::ring().await;
    let path = world.mailed("dora@example.org").await;
    world.site.store.write(|tx| tx.end_what_lets_in()).expect("a sound database");
    let mut dora = Browser::outside(&world);
    assert_eq!(dora.get(&path).await.status, StatusCode::GONE);
    press(&mut dora, &path, "renew").await;
    let renewed = world.mailed("dora@example.org").await;
    assert_ne!(renewed, path);
    assert_eq!(dora.get(&renewed).await.status, StatusCode::OK);
}

// G17 X11: whoever writes into the database, and has no key.
#[tokio::test]
async fn a_link_that_was_only_written_down_leads_nowhere() {
    let world = World::ring().await;
    let path = path_in(&world.text("+447700900001", 1, "LINK").await);
    let hash = |path: &str| link_hash(path.trim_start_matches("/me/"));
    let made = world.site.store.read(|tx| tx.own_link(&hash(&path))).expect("a sound database").expect("a row");
    let forged = format!("/me/{}", "a".repeat(26));
    world.site.store.write(|tx| tx.put_own_link(&hash(&forged), &made)).expect("a sound database");
    let mut organizer = Browser::outside(&world);
    assert_eq!(organizer.get(&forged).await.status, StatusCode::NOT_FOUND);
    assert_eq!(press(&mut organizer, &forged, "show").await.status, StatusCode::NOT_FOUND);
    // An old link that was made to count again, for it says by itself what it is of.
    world.site.store.sql("UPDATE own_link SET changes = 1");
    assert_eq!(organizer.get(&path).await.status, StatusCode::NOT_FOUND);
}

// G17: shared by mistake, and called back by its person.
#[tokio::test]
async fn a_link_in_the_wrong_hands_is_ended_by_having_another_mailed() {
    let world = World::ring().await;
    let path = world.mailed("dora@example.org").await;
    let mut somebody = Browser::outside(&world);
    let pressed = press(&mut somebody, &path, "renew").await;
    assert!(pressed.body.contains("a link is on its way") && !pressed.body.contains("/me/a"), "{}", pressed.body);
    assert_eq!(somebody.get(&path).await.status, StatusCode::GONE);
    let renewed = world.mailed("dora@example.org").await;
    assert!(press(&mut somebody, &renewed, "show").await.body.contains("You have Ada."));
    // Not without end.
    press(&mut somebody, &renewed, "renew").await;
    let third = world.mailed("dora@example.org").await;
    press(&mut somebody, &third, "renew").await;
    let fourth = world.mailed("dora@example.org").await;
    assert_eq!(press(&mut somebody, &fourth, "renew").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(somebody.get(&fourth).await.status, StatusCode::OK);
    world.site.clock.advance(SignedDuration::from_hours(25));
    assert_eq!(press(&mut somebody, &fourth, "renew").await.status, StatusCode::OK);
    // Without an address the link stays, and the page says what to do.
    let adas = path_in(&world.text("+447700900001", 1, "LINK").await);
    let answer = press(&mut somebody, &adas, "renew").await;
    assert!(answer.body.contains("Text LINK"), "{}", answer.body);
    assert_eq!(somebody.get(&adas).await.status, StatusCode::OK);
}

// G17 P10: who guesses learns nothing, and is soon told to wait.
#[tokio::test]
async fn guessed_links_to_pages_lead_nowhere_and_are_limited() {
    let world = World::ring().await;
    let path = world.mailed("dora@example.org").await;
    let mut somebody = Browser::outside(&world);
    let mut waits = 0;
    for guess in 0..100 {
        let path = format!("/me/{guess:026}");
        let answer =
            if guess % 2 == 0 { somebody.get(&path).await } else { press(&mut somebody, &path, "renew").await };
        assert!(!answer.body.contains("Hills"));
        waits += usize::from(answer.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(waits, 70, "thirty may be mistyped");
    assert_eq!(somebody.get(&path).await.status, StatusCode::OK, "a good link opens all the same");
    let pressed = press(&mut somebody, &path, "show").await;
    assert!(pressed.body.contains("You have Ada."), "{}", pressed.body);
    // A good one is not pressed without end either.
    for _ in 0..119 {
        somebody.post(&path, &[("press", "wishes")]).await;
    }
    assert_eq!(press(&mut somebody, &path, "show").await.status, StatusCode::TOO_MANY_REQUESTS);
}

// G17 G1: wishes in their order, also for who has no phone.
#[tokio::test]
async fn wishes_are_kept_put_in_order_and_taken_off() {
    let world = World::ring().await;
    let path = world.mailed("dora@example.org").await;
    let mut dora = Browser::outside(&world);
    let order = |body: &str, wishes: [&str; 3]| {
        let places: Vec<_> = wishes.iter().map(|wish| body.find(&format!("<li>{wish}\n"))).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{wishes:?} in {body}");
    };
    let kept = dora.post(&path, &[("press", "wish"), ("text", " a <b>  book ")]).await.body;
    order(&kept, ["a red kite", "wool socks", "a &#60;b&#62; book"]);
    let moved = dora.post(&path, &[("press", "up"), ("text", "a <b> book")]).await.body;
    order(&moved, ["a red kite", "a &#60;b&#62; book", "wool socks"]);
    let moved = dora.post(&path, &[("press", "up"), ("text", "a <b> book")]).await.body;
    order(&moved, ["a &#60;b&#62; book", "a red kite", "wool socks"]);
    let moved = dora.post(&path, &[("press", "up"), ("text", "a <b> book")]).await.body;
    order(&moved, ["a &#60;b&#62; book", "a red kite", "wool socks"]);
    let less = dora.post(&path, &[("press", "unwish"), ("text", "a red kite")]).await.body;
    assert!(!less.contains("kite") && less.contains("wool socks"), "{less}");
    // Whoever has her reads them in that order.
    let told = world.text("+447700900003", 1, "christmas").await;
    assert!(told.contains("You have Dorothea.\nWishes: a &lt;b&gt; book; wool socks"), "{told}");
    let long = dora.post(&path, &[("press", "wish"), ("text", &"x".repeat(2_000))]).await;
    assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(long.body.contains("too long"), "{}", long.body);
}

// G17 H10: both ways, without a phone, once, and sealed as a text is.
#[tokio::test]
async fn questions_and_answers_go_both_ways_from_a_page() {
    let world = World::ring().await;
    let path = world.mailed("dora@example.org").await;
    for (sid, from) in [(1, "+447700900001"), (2, "+447700900003")] {
        world.text(from, sid, "hello").await;
    }
    let mut dora = Browser::outside(&world);
    let question = [("press", "ask"), ("text", "What size are you?"), ("once", "a")];
    let asked = dora.post(&path, &question).await;
    assert!(asked.status == StatusCode::OK && asked.body.contains("Passed on, without your name"), "{}", asked.body);
    dora.post(&path, &question).await;
    let answer = [("press", "tell"), ("text", "Size 42"), ("once", "a")];
    assert!(dora.post(&path, &answer).await.body.contains("on its way to whoever has you"));
    dora.post(&path, &answer).await;
    let everything = world.everything();
    assert!(!everything.contains("What size") && !everything.contains("Size 42"), "kept sealed");
    let mut sent = world.going_out().await;
    sent.sort();
    let texts = [
        ("+447700900001", "Whoever has you asks: What size are you?\nText TELL and your answer."),
        ("+447700900003", "From the person you have: Size 42"),
    ];
    assert_eq!(sent, texts.map(|(to, words)| (to.to_owned(), words.to_owned())));

    // Her own name is held back until she means it.
    let named = dora.post(&path, &[("press", "ask"), ("text", "Dorothea asks"), ("once", "b")]).await;
    assert!(named.body.contains("it would tell who you are") && named.body.contains("all the same"), "{}", named.body);
    assert_eq!(world.going_out().await, []);
    dora.post(&path, &[("press", "ask"), ("text", "Dorothea asks"), ("insist", "yes"), ("once", "c")]).await;
    assert_eq!(world.going_out().await.len(), 1);
    let empty = dora.post(&path, &[("press", "tell"), ("text", " "), ("once", "d")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);

    // A question to her comes with the way to answer it.
    world.text("+447700900003", 3, "ASK do you like tea?").await;
    let sent = world.going_out().await;
    assert!(sent.len() == 1 && sent[0].0 == "dora@example.org" && !sent[0].1.contains("text TELL"), "{sent:?}");
    assert_eq!(path_in(&sent[0].1), path);
}

// G17 A12
#[tokio::test]
async fn who_wants_nothing_more_gets_nothing_more_but_what_they_ask_for() {
    let world = World::ring().await;
    let path = world.mailed("dora@example.org").await;
    let mut dora = Browser::outside(&world);
    assert!(press(&mut dora, &path, "quiet").await.body.contains("Nothing more is mailed to you"));
    let audience = crate::app::exchange::announcement::announce(&world.site, "We meet at six.").expect("sound");
    assert_eq!(audience.reached(Reachable::Never), ["Dorothea"]);
    let to: Vec<String> = world.going_out().await.into_iter().map(|(to, _)| to).collect();
    assert_eq!(to, ["cyrano@example.org"]);
    world.text("+447700900003", 1, "ASK do you like tea?").await;
    assert_eq!(world.going_out().await.iter().filter(|(to, _)| to.contains('@')).count(), 0);
    press(&mut dora, &path, "renew").await;
    let renewed = world.mailed("dora@example.org").await;
    let page = dora.get(&renewed).await.body;
    assert!(page.contains("Mail me again") && !page.contains("Send me nothing more"), "{page}");
    press(&mut dora, &renewed, "mail").await;
    assert!(dora.get(&renewed).await.body.contains("Send me nothing more"));
    // Of a phone it is what STOP is.
    let adas = path_in(&world.text("+447700900001", 2, "LINK").await);
    assert!(press(&mut dora, &adas, "quiet").await.body.contains("text START"));
    assert!(world.site.store.read(|tx| tx.is_opted_out(&phone(1))).expect("a sound database"));
    assert!(press(&mut dora, &adas, "show").await.body.contains("You have Brunhilda."), "the page stays");
}

// G17 X11 G6 G9: not for the organizer, by whatever door.
#[tokio::test]
async fn no_page_call_or_list_of_the_organizers_shows_a_link() {
    let world = World::ring().await;
    world.account("ada@example.org").await;
    let path = path_in(&world.text("+447700900001", 1, "LINK").await);
    let mailed = world.mailed("dora@example.org").await;
    let mut dora = Browser::outside(&world);
    press(&mut dora, &mailed, "renew").await;
    let mut organizer = Browser::outside(&world);
    assert_eq!(organizer.sign_in("ada@example.org", super::pages::PASSWORD).await.status, StatusCode::SEE_OTHER);
    let id =
        world.site.store.read(|tx| Ok::<_, StoreError>(world.site.topic(tx)?.expect("a row").id.0)).expect("sound");
    let mut pages = 0;
    for page in [
        "/".to_owned(),
        "/outbox".to_owned(),
        "/health".to_owned(),
        format!("/exchanges/{id}"),
        format!("/exchanges/{id}/people"),
        format!("/exchanges/{id}/history"),
        format!("/exchanges/{id}/announce"),
        "/api/v1/outbox".to_owned(),
        format!("/api/v1/exchanges/{id}/people"),
        format!("/api/v1/exchanges/{id}/status"),
        format!("/api/v1/exchanges/{id}/messages"),
        "/metrics".to_owned(),
    ] {
        let answer = organizer.get(&page).await;
        pages += usize::from(answer.status == StatusCode::OK);
        for token in [&path, &mailed] {
            assert!(!answer.body.contains(token.trim_start_matches("/me/")), "{page}");
        }
    }
    assert!(pages >= 10, "{pages}");
    let said = world.everything();
    assert!([&path, &mailed].iter().all(|path| !said.contains(path.trim_start_matches("/me/"))));
}
