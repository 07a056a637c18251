//! What guests read of an event, and organizers of what they do.

use super::world::World;
use super::*;
use crate::store::OutboxRow;

/// The last message of a kind.
fn last(world: &World, kind: &str) -> OutboxRow {
    world.queued().into_iter().rfind(|row| row.kind == kind).expect("a message")
}

fn answer_for(world: &World, event: TopicId, name: &str, word: Word) -> Result<Answered, ActError> {
    let guest = world.guest(event, name);
    world.store().write(|tx| world.events.answer_for(tx, &guest, (word, None)))
}

// D8: whoever lands in line by the organizer's hand learns where.
#[test]
fn who_is_answered_for_reads_their_place_in_line() {
    let world = World::with(&["Ada", "Ben", "Cleo"]);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    world.text(0, "maybe");
    world.text(1, "maybe");
    world.text(2, "yes");
    for (name, place) in [("Ada", "You are number 1 in line"), ("Ben", "You are number 2 in line")] {
        let told = answer_for(&world, event, name, Word::Yes).expect("answered").words;
        assert!(told.contains(place), "{told}");
        let said = world.said(&last(&world, "noted")).expect("words");
        assert!(said.contains(place), "{said}");
    }
}

// D12: the words that a question suggests are understood.
#[test]
fn a_no_may_name_the_event() {
    let world = World::with(&["Ada", "Ben"]);
    let dinner = world.dinner(2, "2");
    let party = world.event(&Typed { name: "Garden party".to_owned(), ..world.typed("2") });
    world.act(dinner, &Act::Deal);
    world.act(party, &Act::Deal);
    assert_eq!(world.text(0, "NO").as_deref(), Some("Which one is it? Please text NO Dinner or NO Garden"));
    assert!(world.text(0, "NO Garden").expect("words").starts_with("Noted"));
    assert_eq!(world.states(dinner)[0], ("Ada", State::Open));
    assert_eq!(world.states(party)[0], ("Ada", State::Declined));
}

// X10: the first text says who writes and how to stop, however it is worded and whatever it is; the next one does not.
#[test]
fn the_first_text_says_who_writes_and_how_to_stop_by_itself() {
    let world = World::with(&["Ada", "Ben", "Cleo"]);
    let event = world.dinner(3, "3");
    let reworded = [("invited".to_owned(), "Come to {event}, {first_name}!".to_owned())];
    let done: Result<(), ActError> =
        world.store().write(|tx| world.events.reword(tx, World::owned(tx, event), &reworded));
    done.expect("sound words");
    world.act(event, &Act::Deal);
    let said = world.said(&world.queued()[0]).expect("words");
    assert_eq!(said, "Hill house: Come to Dinner, Ada!\nSTOP ends these texts.");
    // The organizer answers before the invitation has left.
    answer_for(&world, event, "Ada", Word::Yes).expect("answered");
    let noted = last(&world, "noted");
    let said = world.said(&noted).expect("words");
    assert!(said.starts_with("Hill house: You are in: 1 seat") && said.ends_with("\nSTOP ends these texts."), "{said}");
    world.take(&noted);
    answer_for(&world, event, "Ada", Word::Probably).expect("answered");
    let said = world.said(&last(&world, "noted")).expect("words");
    assert!(said.starts_with("Noted: we keep 1 seat") && !said.contains("STOP"), "{said}");
    // In our own words it is all there already.
    let supper = world.dinner(1, "1");
    world.act(supper, &Act::Deal);
    let said = world.said(&last(&world, "invited")).expect("words");
    assert!(said.starts_with("Hill house: Ada, you are invited") && said.matches("STOP").count() == 1, "{said}");
}

// D19: where more is offered than there is nobody is promised a seat: in the text, the mail and on the page.
#[test]
fn overbooked_invitations_promise_no_seat() {
    let world = World::with(&["Ada", "Ben", "Cleo"]);
    for who in [1, 2] {
        world.give_mail(who, &format!("guest{who}@example.org"));
    }
    let event = world.event(&Typed { seats: "1".to_owned(), overbook: "2".to_owned(), ..world.typed("3") });
    world.act(event, &Act::Deal);
    let page = |name: &str| {
        let guest = world.guest(event, name);
        let token = world.events.token(&guest).expect("a key");
        world.store().read(|tx| world.events.rsvp(tx, &token)).expect("sound").expect("a page").standing
    };
    assert!(page("Ada").contains("until then a seat is kept for you"), "{}", page("Ada"));
    assert!(page("Ben").contains("First come, first served") && !page("Ben").contains("kept"), "{}", page("Ben"));
    let said = world.said(&world.queued()[1]).expect("words");
    assert!(said.contains("First come, first served."), "{said}");
    let mail = world.mailed(&world.queued()[1]).text;
    assert!(mail.contains("First come, first served."), "{mail}");
    world.leave(true);
    for _ in 0..2 {
        world.pass(hours(25));
    }
    assert_eq!(world.states(event)[1], ("Ben", State::Lapsed));
    assert!(!page("Ben").contains("kept"), "{}", page("Ben"));
    assert!(page("Ben").contains("if a seat is free, it is yours"), "{}", page("Ben"));
}

// D21: who holds a seat gets an entry for the calendar, with or without a page; every site's are its own.
#[test]
fn an_entry_for_the_calendar_goes_with_a_held_seat() {
    let entry = |world: &World| {
        world.give_mail(0, "ada@example.org");
        world.stop(0);
        let event = world.dinner(1, "1");
        world.act(event, &Act::Deal);
        assert_eq!(world.mailed(&last(world, "invited")).calendar, None, "no seat is hers yet");
        answer_for(world, event, "Ada", Word::Yes).expect("answered");
        world.change(event, |typed| typed.place = "The new hall".to_owned());
        world.pass(hours(24 * 29 + 1));
        (event, world.mailed(&last(world, "reminded")).calendar.expect("an entry"))
    };
    let line = |entry: &str, name: &str| {
        entry.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned)).unwrap_or_default()
    };
    let (world, other) = (World::with(&["Ada"]), World::with(&["Ada"]));
    let ((event, here), (_, there)) = (entry(&world), entry(&other));
    assert_eq!((line(&here, "SEQUENCE:"), line(&here, "STATUS:")), ("2".to_owned(), "CONFIRMED".to_owned()), "{here}");
    assert!(here.contains("The new hall") && line(&here, "UID:").ends_with("@xchange"), "{here}");
    assert_ne!(line(&here, "UID:"), line(&there, "UID:"), "another house's event of the same number");
    world.act(event, &Act::Cancel(String::new()));
    let gone = world.mailed(&last(&world, "event_cancelled")).calendar.expect("an entry");
    assert_eq!((line(&gone, "SEQUENCE:"), line(&gone, "STATUS:")), ("3".to_owned(), "CANCELLED".to_owned()), "{gone}");
    assert_eq!(line(&gone, "UID:"), line(&here, "UID:"), "it takes the place of the one before");
}

// D13: an answer that is not taken is no answer, and nobody is told anything.
#[test]
fn an_answer_for_somebody_that_changes_nothing_is_refused() {
    let world = World::with(&["Ada", "Ben"]);
    let event = world.dinner(2, "2");
    world.act(event, &Act::Deal);
    world.leave(true);
    let ben = world.guest(event, "Ben");
    let withdrawn: Result<(), ActError> = world.store().write(|tx| world.events.withdraw(tx, &ben));
    withdrawn.expect("taken back");
    let rows = world.queued().len();
    let refused = answer_for(&world, event, "Ben", Word::Yes).expect_err("it was taken back").to_string();
    assert!(refused.contains("taken back"), "{refused}");
    world.act(event, &Act::Cancel(String::new()));
    let cancelled = world.queued().len();
    assert!(answer_for(&world, event, "Ada", Word::Yes).is_err(), "it does not take place");
    assert_eq!((world.queued().len(), cancelled), (rows + 1, rows + 1));
    let over = world.dinner(1, "1");
    world.act(over, &Act::Deal);
    world.pass(hours(24 * 31));
    assert!(answer_for(&world, over, "Ada", Word::Yes).expect_err("it is over").to_string().contains("over"));
    // It cannot be called off either: nobody would be told.
    let refused: Result<_, ActError> =
        world.store().write(|tx| world.events.act(tx, World::owned(tx, over), &Act::Cancel(String::new())));
    assert!(refused.expect_err("it is over").to_string().contains("begun"));
}

// D2: what waits is named as what it is, and a reason has a length.
#[test]
fn what_is_refused_says_why() {
    let world = World::with(&["Ada"]);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    let long: Result<_, ActError> =
        world.store().write(|tx| world.events.act(tx, World::owned(tx, event), &Act::Cancel("It rains. ".repeat(60))));
    assert!(long.expect_err("too long").to_string().contains("reason"));
    world.site.clock.advance(hours(24 * 31));
    let removed: Result<(), ActError> = world.store().write(|tx| world.events.remove(tx, World::owned(tx, event)));
    let refused = removed.expect_err("its invitation waits").to_string();
    assert!(!refused.contains("does not take place") && refused.contains("to be sent"), "{refused}");
}

// D16: whoever wants no more e-mails gets none about an event, and is shown as skipped; a phone still serves.
#[test]
fn who_wants_no_mail_is_texted_or_skipped() {
    let world = World::with(&["Ada", "Ben", "Cleo"]);
    for (who, name) in [(0, "ada"), (1, "ben")] {
        world.give_mail(who, &format!("{name}@example.org"));
    }
    let wants = |name: &str, opts_out| {
        let email = crate::model::Email::parse(&format!("{name}@example.org")).expect("an address");
        world.store().write(|tx| tx.set_mail_opt_out(&email, opts_out, world.now())).expect("a sound database");
    };
    world.change_contact(0, |contact| contact.phone = None);
    wants("ada", true);
    wants("ben", true);
    let event = world.dinner(2, "2");
    world.act(event, &Act::Deal);
    assert_eq!(world.states(event), [("Ada", State::Skipped), ("Ben", State::Open), ("Cleo", State::Open)]);
    assert!(world.shown(event).rows[0].reason.as_deref().is_some_and(|why| why.contains("wants no more")));
    assert_eq!(world.queued()[0].channel, crate::store::Channel::Sms, "Ben is texted");
    // What was queued before they left is not sent, and takes the way that is left.
    wants("ada", false);
    world.text(1, "no");
    assert_eq!(world.states(event)[0], ("Ada", State::Open), "taken up again when she can be written to");
    let invited = last(&world, "invited");
    wants("ada", true);
    assert!(world.said(&invited).is_none());
    let supper = world.dinner(2, "2");
    world.stop(1);
    world.act(supper, &Act::Deal);
    let left_out = world.shown(supper);
    assert_eq!(
        left_out.rows.iter().filter(|row| row.invitation.state == State::Skipped).count(),
        2,
        "and no end of it"
    );
}

// D1 D4 G5: nobody who was asked to what is to come is removed, to be asked again under another number; the guests of what is
// over are forgotten with it.
#[test]
fn a_contact_who_was_asked_stays_and_guests_go_with_their_event() {
    let world = World::with(&["Ada", "Ben", "Cleo"]);
    let event = world.dinner(2, "2");
    world.act(event, &Act::Deal);
    world.text(1, "no");
    for who in [0, 1, 2] {
        let refused = world.remove_contact(who).expect_err("they were asked").to_string();
        assert!(refused.contains("\"Dinner\", which is still to come"), "{refused}");
    }
    world.pass(hours(24 * 31));
    world.remove_contact(0).expect("it is over");
    let known = || world.store().number("SELECT count(*) FROM person WHERE name <> '' OR phone IS NOT NULL");
    assert_eq!(known(), 3);
    let forgotten = world.store().write(|tx| {
        let over = tx.events_over(world.now())?;
        over.into_iter().map(|event| crate::app::contacts::forgetting::expire(tx, event)).collect::<Result<Vec<_>, _>>()
    });
    let forgotten: Result<Vec<_>, StoreError> = forgotten;
    assert_eq!(forgotten.expect("a sound database")[0].people, 3);
    assert_eq!(known(), 0);
    assert_eq!(world.store().read(|tx| tx.events_over(world.now())).map(|over: Vec<_>| over.len()).ok(), Some(0));
}
