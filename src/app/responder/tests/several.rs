//! Several exchanges on one number: the file's and those of the database, with people in one, in both, and on one phone.

use std::sync::Arc;

use jiff::ToSpan as _;

use crate::app::exchange::ServedExchanges;
use crate::app::exchange::tests::several_world::{Several, phone, toml};
use crate::app::site::Site;
use crate::messaging::envelope::Address;
use crate::messaging::inbox::Inbox;
use crate::store::Tx;

/// In both: Ada. Alone in the family: Ben, and Cleo and Dev on one phone. Alone in the office: Eve and Finn.
async fn two() -> (Several, Site, Site, Arc<ServedExchanges>) {
    let several = Several::with(&toml("Hill family", "christmas", &[("Ada", 1), ("Ben", 2), ("Cleo", 3), ("Dev", 3)]));
    let family = several.in_file();
    several.draw(&family, None).await.expect("drawn");
    let office = several.make(&toml("Office party", "christmas", &[("Ada", 1), ("Eve", 5), ("Finn", 6), ("Gil", 3)]));
    let office = several.site(&office);
    several.draw(&office, None).await.expect("drawn");
    let listener = several.listener();
    (several, family, office, listener)
}

/// What somebody has on their list in an exchange.
fn wishes(site: &Site, name: &str) -> Vec<String> {
    let read = site.store.read(|tx| {
        let topic = site.topic(tx)?.expect("it has a row").id;
        let people = tx.persons(topic, |id, name, _, _| (name, id))?;
        let somebody = people.into_iter().find(|(other, _)| other == name).expect("somebody").1;
        tx.wishes(somebody, &[])
    });
    read.expect("a sound database")
}

fn told(site: &Site) -> usize {
    let read = site.store.read(|tx| {
        let draw = tx.newest_draw(site.topic(tx)?.expect("it has a row").id)?.expect("drawn").id;
        tx.tellings(draw)
    });
    read.expect("a sound database").len()
}

fn reported(site: &Site, kind: &str) -> usize {
    let read = site.store.read(|tx| {
        let draw = tx.newest_draw(site.topic(tx)?.expect("it has a row").id)?.expect("drawn").id;
        tx.reported(draw, kind)
    });
    read.expect("a sound database").len()
}

// G18 X4 X9: two exchanges with one keyword live on one number.
#[tokio::test]
async fn one_keyword_is_asked_about_only_where_it_is_not_certain() {
    let (mut several, family, office, listener) = two().await;
    assert_eq!(several.text(&listener, 2, "Christmas"), several.answer(&family, "Ben"));
    assert_eq!(several.text(&listener, 5, "Christmas"), several.answer(&office, "Eve"));
    let which = "Which one is it? Please text CHRISTMAS Hill or CHRISTMAS Office";
    assert_eq!(several.text(&listener, 1, "Merry Christmas").as_deref(), Some(which));
    assert_eq!(several.text(&listener, 1, "who do I have?").as_deref(), Some(which));
    assert_eq!((told(&family), told(&office)), (1, 1), "the question tells nobody anything");
    assert_eq!(several.text(&listener, 1, "CHRISTMAS Hill"), several.answer(&family, "Ada"));
    assert_eq!(several.text(&listener, 1, "Office, christmas!"), several.answer(&office, "Ada"));
    assert_eq!((told(&family), told(&office)), (2, 2));
    let stranger = several.text(&listener, 9, "christmas").expect("one line");
    assert!(stranger.contains("not on our list") && !stranger.contains("Office"), "{stranger}");
    assert_eq!(several.text(&listener, 9, "CHRISTMAS Office"), None);
    // Questions about others get a refusal, never a question back.
    for body in ["who has me", "who does Ben have", "CHRISTMAS Office who has me?"] {
        let words = several.text(&listener, 1, body).expect("words");
        assert!(words.starts_with("You can only ask who you have yourself"), "{body}: {words}");
    }
}

// G18: wishes, asks and reports, asked about once and then understood.
#[tokio::test]
async fn what_somebody_in_two_texts_goes_where_they_say() {
    let (mut several, family, office, listener) = two().await;
    let say = |several: &mut Several, body: &str| several.text(&listener, 1, body).expect("words");
    assert_eq!(say(&mut several, "WISH tea"), "Which one is it? Please text WISH Hill: ... or WISH Office: ...");
    assert!(wishes(&family, "Ada").is_empty() && wishes(&office, "Ada").is_empty());
    assert!(say(&mut several, "WISH OFFICE tea").starts_with("Noted"));
    assert!(say(&mut several, "wish hill family: an office chair").starts_with("Noted"));
    assert_eq!(
        (wishes(&office, "Ada"), wishes(&family, "Ada")),
        (vec!["tea".to_owned()], vec!["an office chair".to_owned()])
    );
    assert_eq!(say(&mut several, "WISHES office"), "Your wishes:\n1 tea");
    assert!(say(&mut several, "UNWISH office 1").starts_with("Taken off"));
    assert!(say(&mut several, "ASK Office do you like tea?").starts_with("Noted"));
    let kept = |site: &Site| {
        let count = site.store.read(|tx| tx.count_relays_since(site.topic(tx)?.expect("a row").id, 0));
        count.expect("a sound database")
    };
    assert_eq!((kept(&family), kept(&office)), (0, 1));
    assert_eq!(say(&mut several, "bought it!"), "Which one is it? Please text BOUGHT Hill or BOUGHT Office");
    assert!(say(&mut several, "BOUGHT Hill").starts_with("Noted: you have bought it"));
    assert_eq!((reported(&family, "bought"), reported(&office, "bought")), (1, 0));
    // The word alone, as whoever was asked by the keyword may answer.
    assert_eq!(Some(say(&mut several, "Office")), several.answer(&office, "Ada"));
    assert!(say(&mut several, "MENU").contains("who you have"));
}

// H10 G18: that somebody asked, and was asked back which exchange they mean, is not to be read either.
#[tokio::test]
async fn a_question_that_is_asked_back_about_leaves_no_row_in_the_clear() {
    let (several, family, _, listener) = two().await;
    let texts = || family.store.read(|tx: &Tx<'_>| tx.count_texts()).expect("a sound database");
    let before = texts();
    let which = "Which one is it? Please text ASK Hill: ... or ASK Office: ...";
    for _ in 0..2 {
        assert_eq!(several.deliver(&listener, "SMask", 1, "ASK do you like tea?").as_deref(), Some(which));
    }
    assert_eq!(texts(), before);
    assert!(several.deliver(&listener, "SMwish", 1, "WISH tea").is_some());
    assert_eq!(texts(), before + 1);
}

// H10 G18: a question to somebody in two says which it is about, and so the answer can; messages go out for all of them.
#[tokio::test]
async fn a_question_to_somebody_in_two_says_which_exchange_it_is_about() {
    let pair = [("Ada", 1), ("Ben", 2)];
    let mut several = Several::with(&toml("Hill family", "christmas", &pair));
    let family = several.in_file();
    several.draw(&family, None).await.expect("drawn");
    let made = several.make(&toml("Office party", "christmas", &[("Ada", 1), ("Ben", 2)]));
    let club = several.make(&toml("Club", "club", &[("Eve", 5), ("Finn", 6)]));
    for kept in [&made, &club] {
        several.draw(&several.site(kept), None).await.expect("drawn");
    }
    let (listener, inbox) = (several.listener(), Inbox::default());
    for from in [1, 2, 5, 6] {
        assert!(several.text(&listener, from, "menu").is_some());
    }
    assert!(several.text(&listener, 1, "ASK Office do you like tea?").is_some_and(|words| words.starts_with("Noted")));
    assert!(several.text(&listener, 5, "ASK do you like tea?").is_some_and(|words| words.starts_with("Noted")));
    let outbox = several.outbox(&listener, inbox.clone());
    for _ in 0..3 {
        outbox.step(&|| false).await.expect("a sound database");
        several.clock.advance(jiff::SignedDuration::from_mins(5));
    }
    let arrived = |number| {
        let all = inbox.since(0).into_iter().filter(|it| it.to == Address::Phone(phone(number)));
        all.map(|it| it.body.text().to_owned()).collect::<Vec<_>>()
    };
    let question = "Whoever has you asks: do you like tea?\nText TELL and your answer.";
    assert_eq!((arrived(2), arrived(6)), (vec![format!("Office party: {question}")], vec![question.to_owned()]));
    assert_eq!(inbox.since(0).len(), 2);
    assert!(several.text(&listener, 2, "TELL yes").is_some_and(|words| words.contains("TELL Office: ...")));
    assert!(several.text(&listener, 2, "TELL office: yes").is_some_and(|words| words.starts_with("Noted")));
}

// X18 G18: several people on one phone and in several exchanges.
#[tokio::test]
async fn a_shared_phone_in_two_exchanges_is_asked_for_both() {
    let (mut several, family, office, listener) = two().await;
    let say = |several: &mut Several, body: &str| several.text(&listener, 3, body);
    let which = "Which one is it? Please text CHRISTMAS Hill or CHRISTMAS Office";
    assert_eq!(say(&mut several, "christmas").as_deref(), Some(which));
    assert_eq!(
        say(&mut several, "christmas hill").as_deref(),
        Some("Which of you is it? Please text CHRISTMAS Hill Cleo or CHRISTMAS Hill Dev")
    );
    assert_eq!(say(&mut several, "CHRISTMAS Hill Dev"), several.answer(&family, "Dev"));
    assert_eq!(say(&mut several, "CHRISTMAS Office"), several.answer(&office, "Gil"));
    // Who is in one of them alone says by their name which it is.
    assert_eq!(say(&mut several, "CHRISTMAS Gil"), several.answer(&office, "Gil"));
    assert_eq!(say(&mut several, "CHRISTMAS Cleo"), several.answer(&family, "Cleo"));
    assert!(say(&mut several, "WISH Dev: a kite").is_some_and(|words| words.starts_with("Noted")));
    assert!(say(&mut several, "WISH Gil: a kite").is_some_and(|words| words.starts_with("Noted")));
    assert_eq!(
        (wishes(&family, "Dev"), wishes(&office, "Gil")),
        (vec!["a kite".to_owned()], vec!["a kite".to_owned()])
    );
}

// H2: what comes again is answered as before, the question as well.
#[tokio::test]
async fn a_text_that_comes_again_is_answered_as_before() {
    let (several, _, office, listener) = two().await;
    let other = several.listener();
    for (sid, from, body) in [
        ("SMa", 1, "christmas"),
        ("SMb", 1, "CHRISTMAS office"),
        ("SMc", 1, "WISH office a kite"),
        ("SMd", 3, "CHRISTMAS hill"),
    ] {
        let first = several.deliver(&listener, sid, from, body);
        assert!(first.is_some());
        assert_eq!(several.deliver(&other, sid, from, body), first, "{body}");
    }
    assert_eq!((told(&office), wishes(&office, "Ada").len()), (1, 1));
}

// G8: made, changed, drawn and removed while two listeners run, without a restart; then one begins anew.
#[tokio::test]
async fn listeners_take_up_what_is_made_and_changed_while_they_run() {
    let mut several = Several::with("[site]\nname = \"Hill house\"\n");
    let listeners = [several.listener(), several.listener()];
    assert!(several.text(&listeners[0], 1, "christmas").is_some_and(|words| words.contains("not on our list")));
    let kept = several.make(&toml("Club", "club", &[("Ada", 1), ("Ben", 2)]));
    for listener in &listeners {
        assert!(several.text(listener, 1, "club").is_some_and(|words| words.contains("not drawn yet")));
        assert!(!several.text(listener, 3, "club").is_some_and(|words| words.contains("not drawn yet")));
    }
    several.change(&kept, |_| toml("Club", "club", &[("Ada", 1), ("Ben", 2), ("Cleo", 3)])).expect("changed");
    assert!(several.text(&listeners[1], 3, "club").is_some_and(|words| words.contains("not drawn yet")));
    let site = several.site(&kept);
    several.draw(&site, None).await.expect("drawn");
    let restarted = several.listener();
    for listener in listeners.iter().chain([&restarted]) {
        assert_eq!(several.text(listener, 3, "club"), several.answer(&site, "Cleo"));
    }
    several.draw(&site, Some("somebody cannot come")).await.expect("drawn again");
    for listener in &listeners {
        assert_eq!(several.text(listener, 3, "club"), several.answer(&site, "Cleo"));
    }
}

// G18: the limits are a phone's, whatever it texts about; so is STOP.
#[tokio::test]
async fn limits_and_opt_outs_are_a_phones_whatever_it_texts_about() {
    let (mut several, _, _, listener) = two().await;
    several.clock.advance(jiff::SignedDuration::from_secs(86_400 - several.clock.now().as_second().rem_euclid(86_400)));
    for _ in 0..10 {
        assert!(several.text(&listener, 1, "CHRISTMAS Hill").is_some());
        assert!(several.text(&listener, 1, "CHRISTMAS Office").is_some());
    }
    assert!(several.text(&listener, 1, "CHRISTMAS Hill").is_some_and(|words| words.contains("a lot of texts")));
    assert_eq!(several.text(&listener, 1, "CHRISTMAS Office"), None);
    assert_eq!(several.text(&listener, 5, "STOP"), None);
    assert_eq!(several.text(&listener, 5, "christmas"), None);
    assert!(several.exchanges.store.read(|tx| tx.is_opted_out(&phone(5))).expect("sound"));
}

// G18: last year's is meant only by its name.
#[tokio::test]
async fn an_exchange_that_is_long_over_is_not_asked_about() {
    let mut several = Several::with("[site]\n");
    let people = [("Ada", 1), ("Ben", 2), ("Cleo", 3)];
    let today = several.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let dated = |name: &str, days: i32| {
        let day = today + days.days();
        toml(name, "christmas", &people).replace("keyword", &format!("date = {day}\nkeyword"))
    };
    let last = several.make(&dated("Hill 2025", -31));
    let now = several.make(&dated("Hill 2026", -30));
    let (last, now) = (several.site(&last), several.site(&now));
    for site in [&last, &now] {
        several.draw(site, None).await.expect("drawn");
    }
    let listener = several.listener();
    assert_eq!(several.text(&listener, 1, "christmas"), several.answer(&now, "Ada"));
    assert_eq!(several.text(&listener, 1, "CHRISTMAS 2025"), several.answer(&last, "Ada"));
}
