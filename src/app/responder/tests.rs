//! Answering beneath the web: what each text does, once, and to whom the words go.

mod any_sequence;
mod several;
mod world;

use jiff::ToSpan as _;

use world::{ALONE, PEOPLE, SHARED, World, phone, roster};

use crate::store::{Recipient, Telling};

const NUDGE: &str = "MENU for everything else";

fn relayed_to(world: &World) -> Vec<Recipient> {
    world.relayed().into_iter().map(|row| row.recipient).collect()
}

// X18 H10
#[test]
fn on_a_shared_phone_a_question_is_passed_on_for_whoever_is_named_and_for_nobody_else() {
    let mut world = World::drawn();
    let asked = world.text(SHARED, "ASK do you like tea?").expect("words");
    assert!(asked.contains("Which of you") && asked.contains(PEOPLE[0]) && asked.contains(PEOPLE[1]), "{asked}");
    assert!(relayed_to(&world).is_empty());
    world.text(SHARED, &format!("ASK {}: do you like tea?", PEOPLE[1])).expect("words");
    world.text(SHARED, &format!("TELL {}: size 42", PEOPLE[0])).expect("words");
    let expected = [Recipient::ReceiverOf(world.person(1)), Recipient::GiverOf(world.person(0))];
    let relayed = relayed_to(&world);
    assert!(relayed.len() == 2 && expected.iter().all(|to| relayed.contains(to)), "{relayed:?}");
}

// X18
#[test]
fn on_a_shared_phone_each_is_told_their_own_name_and_a_text_without_a_name_tells_nothing() {
    let mut world = World::drawn();
    let which = world.text(SHARED, "christmas").expect("words");
    assert!(which.contains("Which of you"), "{which}");
    for (person, name) in PEOPLE.iter().enumerate().take(2) {
        let receiver = world.answer_to(person);
        assert_eq!(world.text(SHARED, &format!("christmas {name}")), Some(receiver));
    }
    assert_eq!(world.told(), 2, "the question who it is tells nobody anything");
}

// H10
#[test]
fn the_excess_of_a_minute_is_told_once_and_the_next_minute_is_a_new_one() {
    let mut world = World::drawn();
    for _ in 0..20 {
        assert!(world.text(ALONE, "christmas").is_some_and(|words| !words.contains("a lot of texts")));
    }
    assert!(world.text(ALONE, "christmas").is_some_and(|words| words.contains("a lot of texts")));
    for _ in 0..5 {
        assert_eq!(world.text(ALONE, "christmas"), None);
    }
    assert_eq!(world.told(), 20, "the excess tells nobody anything");
    assert!(world.text(ALONE + 1, "christmas").is_some(), "others are not concerned");
    world.pass_minutes(1);
    assert_eq!(world.text(ALONE, "christmas"), Some(world.answer_to(2)));
}

// H10: each listener counts what the others and its own predecessor have logged.
#[test]
fn the_limit_of_a_minute_holds_over_two_listeners_and_a_restart() {
    let mut world = World::drawn();
    for n in 0..20_usize {
        if n == 15 {
            world.restart(0);
        }
        let words = world.deliver(n % 2, &format!("SM{n}"), &phone(ALONE), "MENU").expect("words");
        assert!(!words.contains("a lot of texts"), "{n}: {words}");
    }
    world.restart(1);
    let excess = world.deliver(1, "SM20", &phone(ALONE), "MENU").expect("words");
    assert!(excess.contains("a lot of texts"), "{excess}");
    assert_eq!(world.deliver(0, "SM21", &phone(ALONE), "MENU"), None);
}

// H10: what is kept sealed is counted as well, by each listener and after a restart.
#[test]
fn questions_count_towards_the_limits_like_any_other_text() {
    let mut world = World::drawn();
    for n in 0..20_usize {
        if n == 15 {
            world.restart(0);
        }
        let body = if n % 3 == 0 { "MENU".to_owned() } else { format!("ASK which size, the {n}th time?") };
        let words = world.deliver(n % 2, &format!("SM{n}"), &phone(ALONE), &body).expect("words");
        assert!(!words.contains("a lot of texts"), "{n}: {words}");
    }
    let excess = world.deliver(1, "SM20", &phone(ALONE), "TELL eleven").expect("words");
    assert!(excess.contains("a lot of texts"), "{excess}");
    assert_eq!(world.deliver(0, "SM21", &phone(ALONE), "TELL eleven"), None);
    world.pass_minutes(1);
    assert!(world.text(ALONE, "TELL eleven").is_some_and(|words| !words.contains("a lot of texts")));
    assert!(world.text(ALONE + 1, "ASK which size?").is_some_and(|words| !words.contains("a lot of texts")));
}

// X11 H10
#[test]
fn what_is_sealed_of_a_text_has_one_length_whatever_it_says() {
    let mut world = World::drawn();
    let long = format!("ASK {}?", "\u{1F384}\"\\".repeat(500));
    for body in ["ASK x?", "TELL! Brunhilda says no", "TELL", "ASK", &long] {
        world.text(ALONE, body).expect("words");
    }
    let (key, texts) = (world.identity(), world.sealed_texts());
    let lengths = texts.iter().map(|sealed| crate::seal::open_note(sealed, &key).expect("opens").len());
    assert_eq!(lengths.collect::<Vec<_>>(), [10 << 10; 5]);
}

// H10
#[test]
fn the_excess_of_a_day_is_told_once_and_stays_silent_until_the_next_day() {
    let mut world = World::drawn();
    for _ in 0..20 {
        for _ in 0..10 {
            assert!(world.text(ALONE, "MENU").is_some());
        }
        world.pass_minutes(1);
    }
    assert!(world.text(ALONE, "MENU").is_some_and(|words| words.contains("a lot of texts")));
    world.pass_minutes(1);
    assert_eq!(world.text(ALONE, "MENU"), None, "a new minute is no new day");
    world.pass_minutes(24 * 60);
    assert!(world.text(ALONE, "MENU").is_some());
}

// H3
#[test]
fn an_opt_out_counts_even_among_too_many_texts() {
    let mut world = World::drawn();
    for _ in 0..30 {
        world.text(ALONE, "christmas");
    }
    assert_eq!(world.text(ALONE, "STOP"), None);
    world.pass_minutes(5);
    assert_eq!(world.text(ALONE, "christmas"), None);
    assert!(world.read(|tx| tx.is_opted_out(&phone(ALONE))));
    assert_eq!(world.text(ALONE, "START"), None);
    assert_eq!(world.text(ALONE, "christmas"), Some(world.answer_to(2)));
}

// H2
#[test]
fn wishes_are_kept_taken_back_and_limited() {
    let mut world = World::drawn();
    for number in 1..=50 {
        let words = world.text(ALONE, &format!("WISH kite number {number}")).expect("words");
        let expected = if number == 1 { "1 wish".to_owned() } else { format!("{number} wishes") };
        assert!(words.contains(&expected), "{words}");
        world.pass_minutes(1);
    }
    assert!(world.text(ALONE, "WISH one more").is_some_and(|words| words.contains("full")));
    assert!(world.text(ALONE, "UNWISH 51").is_some_and(|words| words.contains("50 wishes")));
    assert!(world.text(ALONE, "UNWISH 0").is_some_and(|words| words.contains("50 wishes")));
    assert!(world.text(ALONE, "UNWISH 2").is_some_and(|words| words.contains("49 wishes")));
    let list = world.text(ALONE, "WISHES").expect("words");
    assert!(list.contains("1 kite number 1\n2 kite number 3") && !list.contains("number 2\n"), "{list}");

    // Only whoever gives to them is shown the list, and finds it as it stands now.
    let giver = world.giver_of(2);
    let words = world.text_as(giver, "christmas").expect("words");
    assert!(
        words.starts_with(&world.answer_to(giver)) && words.contains("kite number 3") && !words.contains("number 2;"),
        "{words}"
    );
}

// H10
#[test]
fn a_question_that_names_its_sender_waits_until_they_insist() {
    let mut world = World::drawn();
    let held = world.text(ALONE, &format!("ASK it is {} here, which size?", PEOPLE[2])).expect("words");
    assert!(held.contains("Not passed on") && held.contains("ASK!"), "{held}");
    assert!(relayed_to(&world).is_empty());
    let passed = world.text(ALONE, &format!("ASK! it is {} here, which size?", PEOPLE[2])).expect("words");
    assert!(!passed.contains("Not passed on"), "{passed}");
    assert_eq!(relayed_to(&world), [Recipient::ReceiverOf(world.person(2))]);
}

// H2 H10
#[test]
fn the_same_wish_or_question_is_kept_once_and_acknowledged_each_time() {
    let mut world = World::drawn();
    let first = world.text(ALONE, "WISH a red kite");
    assert!(first.as_deref().is_some_and(|words| words.starts_with("Noted") && words.contains("1 wish")), "{first:?}");
    assert_eq!(world.text(ALONE, "I wish for A RED kite!"), first);
    assert_eq!(world.text(ALONE, "WISHES").as_deref(), Some("Your wishes:\n1 a red kite"));

    let first = world.text(ALONE, "ASK do you have a teapot?");
    assert!(first.as_deref().is_some_and(|words| words.starts_with("Noted")), "{first:?}");
    assert_eq!(world.text(ALONE, "ask Do you have a teapot"), first);
    assert_eq!(relayed_to(&world).len(), 1);
    assert_eq!(world.text(ALONE, "ASK do you have two teapots?"), first);
    // Whose receiver may be the one who has texted already.
    let another = world.text(ALONE + 1, "ASK do you have a teapot?");
    assert!(
        another.as_deref().is_some_and(|words| words.starts_with("Noted")),
        "another may ask the same: {another:?}"
    );
    assert_eq!(relayed_to(&world).len(), 3);
    // The same answer may belong to another question.
    world.text(ALONE, "TELL yes");
    world.text(ALONE, "TELL yes");
    assert_eq!(relayed_to(&world).len(), 5);
    world.draw();
    world.text(ALONE, "ASK do you have a teapot?");
    assert_eq!(relayed_to(&world).len(), 6, "another receiver, asked anew");
}

// X25
#[test]
fn nobody_is_told_their_own_receiver_for_a_question_about_another() {
    let mut world = World::drawn();
    let other = PEOPLE[4];
    for body in [
        "who has me".to_owned(),
        "who is my secret santa?".to_owned(),
        format!("WHO {other}"),
        format!("CHRISTMAS {other}"),
        format!("Who is {other} giving to?"),
        format!("who does {other} have"),
    ] {
        let words = world.text(ALONE, &body).expect("words");
        assert!(PEOPLE.iter().all(|person| !words.contains(person)) && words.contains("CHRISTMAS"), "{body}: {words}");
    }
    assert_eq!(world.told(), 0);
    for body in ["who do I have?".to_owned(), "xmas".to_owned(), format!("who does {} have", PEOPLE[2])] {
        assert_eq!(world.text(ALONE, &body), Some(world.answer_to(2)), "{body}");
    }
    for (person, name) in PEOPLE.iter().enumerate().take(2) {
        assert_eq!(world.text(SHARED, &format!("who does {name} have?")), Some(world.answer_to(person)));
    }
}

// H2 X8
#[test]
fn a_wish_is_taken_back_by_its_words() {
    let mut world = World::drawn();
    for wish in ["a red kite", "2 blue kites", "wool socks"] {
        world.text(ALONE, &format!("WISH {wish}"));
    }
    assert!(world.text(ALONE, "UNWISH kite").is_some_and(|words| words.contains("2 wishes")));
    assert!(world.text(ALONE, "UNWISH slippers").is_some_and(|words| words.starts_with("Your list has 2 wishes")));
    assert!(world.text(ALONE, "UNWISH 2").is_some_and(|words| words.contains("1 wish ")));
    assert_eq!(world.text(ALONE, "wish list").as_deref(), Some("Your wishes:\n1 2 blue kites"));
}

// H7
#[test]
fn proof_says_when_the_own_name_was_last_told_in_the_exchanges_zone() {
    let zoned = roster(&PEOPLE).replacen("\n\n", "\ntimezone = \"Asia/Kathmandu\"\n\n", 1);
    let mut world = World::of(&zoned);
    world.draw();
    let proof = |world: &mut World| world.text(ALONE, "RECEIPT").expect("words");
    assert!(proof(&mut world).ends_with("Name last sent: never"));
    world.text(ALONE + 1, "christmas").expect("words");
    assert!(proof(&mut world).ends_with("Name last sent: never"), "that was another");
    world.text(ALONE, "christmas").expect("words");
    let today = world.site.clock.now().to_zoned(jiff::tz::TimeZone::UTC).strftime("%-d %B %Y").to_string();
    let words = proof(&mut world);
    assert!(words.ends_with(&format!("Name last sent: {today}, 05:45, by text")), "{words}");
    let (draw, telling) = (
        world.newest().expect("drawn").id,
        Telling { person: world.person(2), at: world.site.clock.now() + 15.minutes(), sid: "a mail".to_owned() },
    );
    world.site.store.write(|tx| tx.insert_told_by_mail(draw, &telling)).expect("kept");
    let words = proof(&mut world);
    assert!(words.ends_with(&format!("Name last sent: {today}, 06:00, by mail")), "{words}");
}

// G8
#[test]
fn budget_and_day_are_told_to_whoever_asks_before_and_after_the_draw() {
    let said = roster(&PEOPLE).replacen("\n\n", "\nbudget = \"25 GBP\"\ndate = 2026-12-24\n\n", 1);
    let mut world = World::of(&said);
    for _ in 0..2 {
        assert_eq!(world.text(SHARED, "BUDGET").as_deref(), Some("The budget: 25 GBP"));
        assert_eq!(world.text(ALONE, "when is it?").as_deref(), Some("The day: 24 December 2026"));
        world.draw();
    }
}

// H2 G4: what was decided under another draw concerns people who have other places now.
#[test]
fn a_text_delivered_again_after_a_redraw_is_answered_without_a_name() {
    let mut world = World::drawn();
    for (sid, body) in [("SM1", "christmas"), ("SM2", "PROOF"), ("SM3", "ASK which size?")] {
        world.deliver(0, sid, &phone(ALONE), body).expect("words");
    }
    world.draw();
    let before = world.effects();
    for sid in ["SM1", "SM2", "SM3"] {
        let words = world.deliver(0, sid, &phone(ALONE), "christmas").expect("words");
        assert!(words.contains(NUDGE) && PEOPLE.iter().all(|person| !words.contains(person)), "{words}");
    }
    assert_eq!(world.effects(), before);
    assert_eq!(world.text(ALONE, "christmas"), Some(world.answer_to(2)));
}

// H2
#[test]
fn a_message_id_from_another_phone_gets_no_name() {
    let mut world = World::drawn();
    world.deliver(0, "SM1", &phone(ALONE), "christmas").expect("words");
    for other in [SHARED, ALONE + 1, 9] {
        assert_eq!(world.deliver(0, "SM1", &phone(other), "christmas"), None);
    }
}

// H2: before the first draw the roster may change under a stored text.
#[test]
fn a_text_delivered_again_after_a_phone_changed_hands_shows_nobody_elses_wishes() {
    let mut world = World::of(&roster(&PEOPLE));
    world.deliver(0, "SM1", &phone(ALONE), "WISHES").expect("words");
    let swapped =
        roster(&PEOPLE).replace(PEOPLE[2], "nobody").replace(PEOPLE[3], PEOPLE[2]).replace("nobody", PEOPLE[3]);
    world.rewrite(&swapped.replace("wishes = []", "wishes = [\"a diary\"]"));
    assert_eq!(world.deliver(0, "SM1", &phone(ALONE), "WISHES"), None);
}

// H2
#[test]
fn people_keep_their_wishes_when_the_file_is_put_into_another_order() {
    let mut world = World::of(&roster(&PEOPLE));
    world.text(ALONE, "WISH a kite").expect("words");
    let mut reversed = PEOPLE;
    reversed.reverse();
    world.rewrite(&roster(&reversed));
    assert!(world.text(ALONE, "WISHES").is_some_and(|words| words.contains("a kite")));
    world.draw();
    assert!(world.text(ALONE, "WISHES").is_some_and(|words| words.contains("a kite")));
}

// X4 X12
#[test]
fn a_draw_without_its_key_is_not_ready_until_the_key_is_back() {
    let mut world = World::drawn();
    let (key, elsewhere) = (world.file("exchange.key"), world.file("elsewhere"));
    std::fs::rename(&key, &elsewhere).expect("moved");
    world.restart(0);
    assert!(world.text(ALONE, "christmas").is_some_and(|words| words.contains("not ready yet")));
    assert_eq!(world.told(), 0);
    std::fs::rename(&elsewhere, &key).expect("moved");
    assert_eq!(world.text(ALONE, "christmas"), Some(world.answer_to(2)));
}

// H6: anybody who knows the public key can seal a draw; only the published one is answered from.
#[test]
fn a_draw_that_is_not_the_published_one_is_not_answered_from() {
    let mut world = World::drawn();
    let mut other = World::drawn();
    other.take_key_from(&world);
    let forged = other.sealed();
    world.put_sealed(&forged);
    world.restart(0);
    assert!(world.text(ALONE, "christmas").is_some_and(|words| words.contains("not ready yet")));
}

// X1 H2
#[test]
fn two_listeners_answer_alike_and_count_every_text_once() {
    let mut world = World::drawn();
    for n in 0..6_usize {
        let sid = format!("SM{n}");
        let first = world.deliver(n % 2, &sid, &phone(ALONE), "christmas");
        assert_eq!(first, Some(world.answer_to(2)));
        assert_eq!(world.deliver((n + 1) % 2, &sid, &phone(ALONE), "christmas"), first);
        if n == 3 {
            world.draw();
        }
    }
    assert_eq!(world.told(), 2, "of the newest draw");
}
