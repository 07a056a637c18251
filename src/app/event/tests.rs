//! Events through the database: texts in, messages out, seats as rows.

use jiff::SignedDuration;

use super::*;
use crate::app::event::{Act, Typed, Via};
use crate::model::{State, Word};
use crate::store::Reach;

mod at_once;
mod killed;
mod organizers;
mod played;
mod providers;
mod times;
mod words;
mod world;
mod zones;

use world::World;

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

// D2 D3 D4 X10
#[test]
fn nothing_is_queued_before_the_word_and_then_a_few_at_a_time_in_their_order() {
    let world = World::with(&["Ada", "Ben", "Cleo", "Dora"]);
    let event = world.dinner(3, "2");
    assert!(world.queued().is_empty());
    assert_eq!(world.shown(event).why_in_words(), "nothing is sent before you deal");
    world.act(event, &Act::Deal);
    assert_eq!(world.states(event), [("Ada", State::Open), ("Ben", State::Open)]);
    let rows = world.queued();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row.basis == crate::store::Basis::Invitation && row.kind == "invited"));
    assert_eq!(rows[0].cause, "invitation:1:1:invited");
    // Once more changes nothing.
    world.act(event, &Act::Deal);
    assert_eq!(world.queued().len(), 2);
}

// D4 G7: the site's things and its keeper's are one hand's; those of anybody else stay apart.
#[test]
fn an_event_of_the_site_or_its_keeper_invites_the_contacts_of_both() {
    let mut world = World::with(&["Ada", "Ben"]);
    let account = |email: &str| {
        let added = world.store().write(|tx| tx.insert_account(email, world.now()));
        added.expect("a sound database").expect("a new one")
    };
    let (keeper, other) = (account("keeper@example.org"), account("other@example.org"));
    let (keepers, others) = (Reach::of(keeper, true), Reach::of(other, false));
    world.add_contact_of(keepers, "Cleo", 1);
    world.add_contact_of(others, "Dora", 1);
    let asked = |whose| {
        let event = world.event_of(whose, &world.typed("9"));
        world.act(event, &Act::Deal);
        world.states(event).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(asked(keepers), ["Cleo", "Ada"], "two seats, and by priority whoever's they are");
    assert_eq!(asked(Reach::SITE), ["Cleo", "Ada"]);
    assert_eq!(asked(others), ["Dora"]);
}

// D5 D9 D12 D20
#[test]
fn texts_answer_and_the_deal_goes_on() {
    let world = World::with(&["Ada", "Ben", "Cleo", "Dora"]);
    let event = world.dinner(2, "2");
    world.act(event, &Act::Deal);
    let yes = world.text(0, "YES").expect("an answer");
    assert!(yes.starts_with("You are in: 1 seat for Dinner, "), "{yes}");
    let maybe = world.text(1, "maybe").expect("an answer");
    assert!(maybe.starts_with("Noted. A seat for Dinner is not guaranteed"), "{maybe}");
    assert_eq!(world.states(event), [("Ada", State::Held), ("Ben", State::Maybe), ("Cleo", State::Open)]);
    let probably = world.text(2, "Probably!").expect("an answer");
    assert!(probably.starts_with("Noted: we keep 1 seat"), "{probably}");
    assert_eq!(world.shown(event).why_in_words(), "full, 1 of them by people who said PROBABLY");
    let late = world.text(1, "yes").expect("an answer");
    assert!(late.contains("You are number 1 in line"), "{late}");
    // Whoever drops out is replaced at once, and told.
    assert!(world.text(0, "no, sorry").expect("an answer").starts_with("Noted"), "said politely");
    assert_eq!(world.states(event)[1], ("Ben", State::Held));
    assert_eq!(world.kinds_to("Ben"), ["invited", "seated"]);
    assert!(world.text(3, "YES").is_none(), "nobody has asked Dora anything");
}

// H2 D8: a repeated webhook.
#[test]
fn a_text_that_comes_again_has_its_effect_once() {
    let world = World::with(&["Ada", "Ben"]);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    let first = world.deliver("SM1", 0, "no");
    let rows = world.queued().len();
    assert_eq!(world.deliver("SM1", 0, "no"), first);
    assert_eq!((world.queued().len(), world.states(event)[1]), (rows, ("Ben", State::Open)));
}

// D7 D8
#[test]
fn silence_lapses_and_late_answers_are_met() {
    let world = World::with(&["Ada", "Ben", "Cleo"]);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    for _ in 0..3 {
        world.leave(true);
        world.pass(hours(25));
    }
    assert_eq!(world.states(event), [("Ada", State::Lapsed), ("Ben", State::Lapsed), ("Cleo", State::Lapsed)]);
    assert_eq!(world.shown(event).why_in_words(), "nobody is left to invite; 1 seat is free");
    assert!(world.text(2, "yes").expect("words").starts_with("You are in"));
    assert!(world.text(0, "yes").expect("words").contains("number 1 in line"));
    assert!(world.text(1, "yes").expect("words").contains("number 2 in line"));
    world.text(2, "no");
    assert_eq!(world.states(event), [("Ada", State::Held), ("Ben", State::Line), ("Cleo", State::Declined)]);
}

// D18
#[test]
fn parties_get_what_their_invitation_is_for() {
    let world = World::with(&["Ada", "Ben"]);
    let event = world.event(&Typed { size: "2".to_owned(), seats: "3".to_owned(), ..world.typed("2") });
    world.act(event, &Act::Deal);
    let ada = world.text(0, "YES 4").expect("words");
    assert!(ada.starts_with("There is no room for 4. You are in: 2 seats"), "{ada}");
    assert_eq!(world.seats(event), (3, 2, 1));
    let ben = world.text(1, "yes 2").expect("words");
    assert!(ben.starts_with("There is no room for 2. You are in: 1 seat"), "one was left for him: {ben}");
}

// D12: several on one phone.
#[test]
fn a_phone_with_several_open_invitations_is_asked_which() {
    let world = World::with(&["Ada", "Ben"]);
    let dinner = world.dinner(2, "2");
    let party = world.event(&Typed { name: "Garden party".to_owned(), ..world.typed("2") });
    world.act(dinner, &Act::Deal);
    world.act(party, &Act::Deal);
    assert_eq!(world.text(0, "YES").as_deref(), Some("Which one is it? Please text YES Dinner or YES Garden"));
    assert!(world.text(0, "yes garden").expect("words").contains("Garden party"));
    assert_eq!(world.states(dinner)[0], ("Ada", State::Open));
    assert!(world.text(0, "YES").expect("words").contains("for Dinner"), "only one is open now");
}

// D16 H3: whoever said STOP.
#[test]
fn who_cannot_be_reached_is_skipped_and_taken_up_when_they_can() {
    let world = World::with(&["Ada", "Ben"]);
    world.text(0, "STOP");
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    assert_eq!(world.states(event), [("Ada", State::Skipped), ("Ben", State::Open)]);
    assert!(world.shown(event).rows[0].reason.as_deref().is_some_and(|why| why.contains("STOP")));
    world.text(0, "START");
    world.text(1, "no");
    assert_eq!(world.states(event), [("Ada", State::Open), ("Ben", State::Declined)]);
}

// D9 D16: MAYBE comes after everybody who can be asked, however many cannot.
#[test]
fn maybe_waits_until_everybody_has_been_looked_at() {
    let mut world = World::with(&["Ada"]);
    for place in 1..=30 {
        world.add_contact(&format!("Guest {place}"));
        world.stop(place);
    }
    world.add_contact("Ben");
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    world.text(0, "maybe");
    assert_eq!(world.guest(event, "Ada").invitation.state, State::Maybe);
    assert_eq!(world.guest(event, "Ben").invitation.state, State::Open);
}

// D8: two answers of one millisecond, each told the place that it has.
#[test]
fn two_who_answer_at_once_are_told_different_places() {
    let world = World::with(&["Ada", "Ben", "Cleo"]);
    let event = world.dinner(1, "3");
    world.act(event, &Act::Deal);
    for _ in 0..3 {
        world.leave(true);
        world.pass(hours(25));
    }
    let now = world.now();
    let say_yes = |name| {
        let guest = world.guest(event, name);
        let answered = world.store().write(|tx| world.events.answer(tx, &guest, (Word::Yes, None), Via::Text, now));
        answered.expect("a sound database").words
    };
    assert!(say_yes("Cleo").starts_with("You are in"));
    assert!(say_yes("Ben").contains("You are number 1 in line"));
    assert!(say_yes("Ada").contains("You are number 2 in line"));
    assert_eq!(world.shown(event).line, ["Ben", "Ada"]);
}

// D12 D16 H3: STOP is no NO, and the YES that ends it is an answer where one is awaited.
#[test]
fn stop_keeps_the_seat_and_a_yes_that_opts_in_answers() {
    let world = World::with(&["Ada", "Ben"]);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    world.text(0, "STOP");
    assert_eq!(world.states(event), [("Ada", State::Open)], "she may still answer on her page");
    let yes = world.text(0, "YES").expect("an answer");
    assert!(yes.contains("You are in: 1 seat for Dinner"), "{yes}");
    world.text(0, "STOP");
    assert_eq!((world.states(event), world.seats(event)), (vec![("Ada", State::Held)], (1, 1, 0)));
    // What there is to say goes by mail from now on.
    world.give_mail(0, "ada@example.org");
    world.change(event, |typed| typed.place = "The new hall".to_owned());
    let rows = world.queued();
    let last = rows.last().expect("a notice");
    assert_eq!((last.kind.as_str(), last.channel), ("changed", crate::store::Channel::Email));
}

// D10 P8: a message that cannot arrive frees the seat, after the other way.
#[test]
fn a_message_that_does_not_arrive_goes_the_other_way_once_and_then_frees_the_seat() {
    let world = World::with(&["Ada", "Ben"]);
    world.give_mail(0, "ada@example.org");
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    world.fail(&world.queued()[0]);
    let rows = world.queued();
    assert_eq!(rows[1].cause, "invitation:1:1:invited:email");
    assert_eq!(world.states(event), [("Ada", State::Open)]);
    world.fail(&rows[1]);
    assert_eq!(world.states(event), [("Ada", State::Skipped), ("Ben", State::Open)]);
    assert_eq!(world.seats(event), (1, 0, 1));
}

// D2: a contact's new address is where its invitation goes.
#[test]
fn an_invitation_follows_its_contact() {
    let world = World::with(&["Ada"]);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    world.change_phone(0, 7);
    assert!(world.text(0, "yes").is_none(), "the old phone is nobody's");
    assert!(world.text(7, "yes").expect("words").starts_with("You are in"));
    assert_eq!(world.states(event), [("Ada", State::Held)]);
}

// D19 I7: nothing but the notice goes out after it was cancelled.
#[test]
fn a_cancelled_event_says_so_to_all_it_asked_and_no_more() {
    let world = World::with(&["Ada", "Ben", "Cleo"]);
    let event = world.dinner(2, "2");
    world.act(event, &Act::Deal);
    world.leave(true);
    world.text(0, "yes");
    world.act(event, &Act::Cancel("The cook is ill.".to_owned()));
    let cancelled: Vec<String> =
        world.queued().into_iter().map(|row| row.kind).filter(|kind| kind == "event_cancelled").collect();
    assert_eq!(cancelled.len(), 2);
    assert!(world.said(&world.queued()[0]).is_none(), "the invitation that waits is needless");
    let notice = world.queued().into_iter().find(|row| row.kind == "event_cancelled").expect("a notice");
    assert!(world.said(&notice).expect("words").contains("does not take place. The cook is ill."));
    assert!(world.text(1, "yes").expect("words").ends_with("does not take place."));
    world.pass(hours(24 * 40));
    assert_eq!(world.seats(event), (2, 1, 1), "nothing moves");
}

// D21: reminders, each once, and a changed place.
#[test]
fn those_who_hold_seats_are_reminded_and_told_of_changes() {
    let world = World::with(&["Ada", "Ben"]);
    let event = world.dinner(2, "2");
    world.act(event, &Act::Deal);
    world.text(0, "yes");
    world.text(1, "probably");
    world.change(event, |typed| typed.place = "The new hall".to_owned());
    assert_eq!(world.kinds_to("Ada"), ["invited", "changed"]);
    world.pass(hours(24 * 29 - 20));
    world.pass(hours(1));
    assert_eq!(world.kinds_to("Ada"), ["invited", "changed"]);
    assert_eq!(world.kinds_to("Ben"), ["invited", "changed", "asked_again"]);
    world.pass(hours(24));
    world.pass(hours(1));
    assert_eq!(world.kinds_to("Ada"), ["invited", "changed", "reminded"]);
    let row = world.queued().into_iter().find(|row| row.kind == "changed").expect("a notice");
    assert!(world.said(&row).expect("words").contains("The new hall"));
}

// D21: a change is told to all who were asked, also to those who were silent or could not come; each is told what is true last.
#[test]
fn a_change_is_told_to_all_who_were_asked_and_once() {
    let world = World::with(&["Ada", "Ben", "Cleo", "Dora"]);
    let event = world.dinner(3, "3");
    world.act(event, &Act::Deal);
    world.leave(true);
    world.text(0, "no");
    world.leave(true);
    world.text(1, "yes");
    world.pass(hours(25));
    assert_eq!(world.states(event)[2], ("Cleo", State::Lapsed));
    for place in ["The new hall", "The barn"] {
        world.change(event, |typed| typed.place = place.to_owned());
    }
    for name in ["Ada", "Ben", "Cleo", "Dora"] {
        assert_eq!(world.kinds_to(name)[1..], ["changed", "changed"], "{name}");
    }
    let said: Vec<String> =
        world.queued().iter().filter(|row| row.kind == "changed").filter_map(|row| world.said(row)).collect();
    assert!(said.len() == 4 && said.iter().all(|words| words.contains("The barn")), "{said:?}");
    // Who could not come then can now.
    assert!(world.text(0, "yes").expect("words").starts_with("You are in"));
}

// D2: seats come and go, but never those that are somebody's.
#[test]
fn seats_that_are_somebodys_are_not_taken_away() {
    let world = World::with(&["Ada", "Ben"]);
    let event = world.dinner(2, "2");
    world.act(event, &Act::Deal);
    world.text(0, "yes");
    let refused = world.try_change(event, |typed| typed.seats = "1".to_owned()).expect_err("two are somebody's");
    assert_eq!(refused.to_string(), "only 0 of its seats are free; withdraw an invitation first");
    assert_eq!(world.seats(event), (2, 1, 1));
    world.change(event, |typed| typed.seats = "4".to_owned());
    assert_eq!(world.seats(event).0, 4);
    world.change(event, |typed| typed.seats = "2".to_owned());
    assert_eq!(world.seats(event).0, 2);
}

// D2: what is wrong is said by its name.
#[test]
fn every_field_that_is_wrong_is_named() {
    let world = World::with(&[]);
    let typed = Typed {
        seats: "0".to_owned(),
        at_once: "many".to_owned(),
        lapse: "soon".to_owned(),
        starts_at: "2020-01-01 10:00".to_owned(),
        timezone: "Mars".to_owned(),
        ..Typed::default()
    };
    let faults = typed.read(None, "UTC", world.now()).expect_err("all wrong");
    let named: Vec<&str> = faults.iter().map(|(field, _)| *field).collect();
    assert_eq!(named, ["name", "timezone", "starts_at", "seats", "at_once", "lapse"]);
    // P11: a time that clocks skip, or have twice.
    for text in ["2027-03-28 01:30", "2026-10-25 01:30"] {
        let typed = Typed { starts_at: text.to_owned(), timezone: "Europe/London".to_owned(), ..world.typed("1") };
        let now = "2026-01-01T00:00:00Z".parse().expect("a time");
        let faults = typed.read(None, "UTC", now).expect_err("no such time");
        assert!(faults[0].1.contains("clocks change"), "{faults:?}");
    }
}

// H15 P8: what fails half-way leaves nothing behind.
#[test]
fn a_transaction_that_does_not_end_changes_nothing() {
    let world = World::with(&["Ada", "Ben"]);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    let before = (world.states(event), world.queued().len());
    let guest = world.guest(event, "Ada");
    let ended: Result<(), StoreError> = world.store().write(|tx| {
        world.events.answer(tx, &guest, (Word::No, None), Via::Page, world.now())?;
        Err(StoreError::damaged("test", "the power went"))
    });
    assert!(ended.is_err());
    assert_eq!((world.states(event), world.queued().len()), before);
}
