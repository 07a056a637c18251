//! What is promised, and by when; what leaves late, at night, or never; what becomes of it when the event moves.

use super::providers::{Providers, numbers};
use super::*;
use crate::store::{OutboxState, Recipient};

/// How often each of these was queued, in their order.
fn count(world: &World, kinds: &[&str]) -> Vec<usize> {
    let queued = world.queued();
    kinds.iter().map(|kind| queued.iter().filter(|row| row.kind == *kind).count()).collect()
}

// D19 D9: MAYBE is offered what is left for as long as the message says, also once it has left.
#[test]
fn maybe_keeps_what_was_offered_for_the_time_that_was_promised() {
    let world = World::with(&["Ada", "Ben"]);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    world.leave(true);
    world.text(0, "maybe");
    world.leave(true);
    // Nobody else is left now, and Ada reads it in a message.
    world.text(1, "no");
    assert_eq!(world.kinds_to("Ada"), ["invited", "offered"]);
    let promised = world.guest(event, "Ada").invitation.lapses_at.expect("open");
    world.leave(true);
    let lapses_at = world.guest(event, "Ada").invitation.lapses_at.expect("open");
    assert!(lapses_at >= promised, "{lapses_at} instead of {promised}");
    world.pass(hours(23));
    assert!(world.text(0, "yes").expect("words").starts_with("You are in"));
}

// D7 D19: who learns in the answer to their own that a seat is free has their time from then on, and no longer.
#[test]
fn an_offer_that_was_an_answer_lapses() {
    let world = World::with(&["Ada"]);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    world.leave(true);
    assert!(world.text(0, "maybe").expect("words").starts_with("There is room at Dinner just now"));
    assert_eq!(world.kinds_to("Ada"), ["invited"]);
    world.pass(hours(25));
    assert_eq!(world.states(event), [("Ada", State::Lapsed)]);
}

// D19 X10: what a mail at night says is what holds.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_at_night_leaves_the_time_that_it_names() {
    let (world, providers) = (World::with(&["Ada"]), Providers::new().await);
    world.give_mail(0, "ada@example.org");
    world.stop(0);
    world.set_clock("2027-01-15T22:00:00Z");
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    providers.drain(&world).await;
    let mails = providers.smtp.mails();
    let lapses_at = world.guest(event, "Ada").invitation.lapses_at.expect("open");
    let until = crate::conversation::event::when_in_words(lapses_at, "Europe/London");
    let source = mails[0].source.replace("=\r\n", "");
    assert!(source.contains(&format!("Please answer by {until}")), "{until}: {source}");
    let least: Timestamp = "2027-01-16T22:00:00Z".parse().expect("a time");
    assert!(lapses_at >= least, "{lapses_at}");
}

// D7 X23: what has not left cannot lapse; whoever serves a day later asks those who come first, with all their time.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_never_asked_is_not_silent() {
    for (more, lapse) in [("", "24h"), ("\n[messaging]\ndaily_segments = 2\n", "2h")] {
        let (world, providers) = (World::with_more(&["Ada", "Ben", "Cleo"], more), Providers::new().await);
        let event = world.event(&Typed { lapse: lapse.to_owned(), ..world.typed("2") });
        world.act(event, &Act::Deal);
        // By Ada's invitation, where it leaves today, the day's bound is used up.
        if !more.is_empty() {
            providers.step(&world).await;
            world.text(0, "yes");
        }
        world.site.clock.advance(hours(25));
        let later = world.now();
        providers.step(&world).await;
        providers.step(&world).await;
        assert_eq!(providers.texted(), numbers(&[0, 1]), "{lapse}");
        let ben = world.guest(event, "Ben").invitation;
        assert_eq!(ben.state, State::Open, "{lapse}");
        let length = ben.lapses_at.expect("open").duration_since(later);
        let whole = if more.is_empty() { hours(24) } else { hours(2) };
        assert!(length >= whole && length < whole + hours(1), "{lapse}: {length}");
        world.pass(whole + hours(1));
        assert_eq!(world.guest(event, "Ben").invitation.state, State::Lapsed, "{lapse}");
    }
}

// D7: nor do its words speak of a time that is past.
#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_leaves_late_says_until_when_it_is_open_then() {
    let (world, providers) = (World::with(&["Ada"]), Providers::new().await);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    world.site.clock.advance(hours(25));
    providers.step(&world).await;
    let lapses_at = world.guest(event, "Ada").invitation.lapses_at.expect("open");
    let until = crate::conversation::event::when_in_words(lapses_at, "Europe/London");
    assert!(providers.twilio.taken()[0].body.contains(&until), "{until}: {}", providers.twilio.taken()[0].body);
}

// D7 I10: what could not leave while there was time for an answer counts as undelivered, and keeps no seat.
#[test]
fn an_invitation_that_cannot_leave_in_time_frees_its_seat() {
    let world = World::with(&["Ada"]);
    let starts_at = (world.now() + hours(30)).to_string();
    let event = world.event(&Typed { starts_at, seats: "1".to_owned(), ..world.typed("1") });
    world.act(event, &Act::Deal);
    world.pass(hours(27));
    world.leave(false);
    assert_eq!(world.states(event), [("Ada", State::Open)]);
    world.pass(hours(1) + SignedDuration::from_mins(30));
    world.leave(false);
    assert_eq!((world.states(event), world.seats(event)), (vec![("Ada", State::Skipped)], (1, 0, 0)));
}

// X23 D15: a rehearsal is for nobody: whoever was only rehearsed is asked for real, whenever that is.
#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_lets_no_invitation_lapse() {
    let (world, providers) = (World::with(&["Ada", "Ben"]), Providers::new().await);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    let folder = tempfile::tempdir().expect("a folder");
    let rehearsing = world.outbox(crate::messaging::sender::Sender::files(folder.path()));
    rehearsing.step(&|| false).await.expect("a database");
    world.site.clock.advance(hours(50));
    rehearsing.step(&|| false).await.expect("a database");
    assert_eq!(world.states(event), [("Ada", State::Open)]);
    providers.step(&world).await;
    assert_eq!(providers.texted(), numbers(&[0]));
}

// D10 D16: whoever could not be reached is asked again when the organizer says so, before all others.
#[test]
fn who_is_named_is_asked_again_after_a_message_did_not_arrive() {
    let world = World::with(&["Ada", "Ben"]);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    world.fail(&world.queued()[0]);
    assert_eq!(world.states(event), [("Ada", State::Skipped), ("Ben", State::Open)]);
    let ada = world.guest(event, "Ada").contact;
    let named: Result<(), ActError> =
        world.store().write(|tx| world.events.invite_first(tx, World::owned(tx, event), &[ada]));
    named.unwrap_or_else(|e| panic!("{e}"));
    world.text(1, "no");
    assert_eq!(world.states(event), [("Ada", State::Open), ("Ben", State::Declined)]);
    assert_eq!(world.kinds_to("Ada"), ["invited", "invited"]);
    // A number that does not arrive again is not tried for ever.
    let again = world.queued().into_iter().rfind(|row| row.kind == "invited").expect("a second one");
    world.fail(&again);
    assert_eq!(world.states(event)[0], ("Ada", State::Skipped));
}

// D21 X10: a breakfast that is called off, or moved, in the evening before: whoever comes is told at once.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_called_off_the_evening_before_is_said_at_night() {
    for what in ["cancelled", "moved", "withdrawn"] {
        let world = World::with_more(&["Ada"], "\n[messaging]\ndaily_segments = 2\n");
        let providers = Providers::new().await;
        world.set_clock("2027-01-15T12:00:00Z");
        let starts_at = "2027-01-16 07:30".to_owned();
        let event = world.event(&Typed { starts_at, seats: "1".to_owned(), ..world.typed("1") });
        world.act(event, &Act::Deal);
        providers.drain(&world).await;
        world.text(0, "yes");
        world.set_clock("2027-01-15T21:30:00Z");
        match what {
            "cancelled" => world.act(event, &Act::Cancel("The cook is ill.".to_owned())),
            // The morning is early enough for the new time, but not for whoever sets out for the old one.
            "moved" => world.change(event, |typed| typed.starts_at = "2027-01-16 11:00".to_owned()),
            _ => {
                let guest = world.guest(event, "Ada");
                let done: Result<(), ActError> = world.store().write(|tx| world.events.withdraw(tx, &guest));
                done.unwrap_or_else(|e| panic!("{e}"));
            }
        }
        providers.drain(&world).await;
        assert_eq!(providers.texted(), numbers(&[0, 0]), "{what}");
    }
}

// A10: what can wait for the morning does, the same things among them.
#[test]
fn what_can_wait_for_the_morning_waits() {
    let world = World::with(&["Ada"]);
    world.set_clock("2027-01-13T12:00:00Z");
    let event =
        world.event(&Typed { starts_at: "2027-01-17 09:30".to_owned(), seats: "1".to_owned(), ..world.typed("1") });
    world.act(event, &Act::Deal);
    world.leave(true);
    world.text(0, "probably");
    world.pass(hours(46));
    world.change(event, |typed| typed.place = "The new hall".to_owned());
    world.pass(hours(26));
    world.act(event, &Act::Cancel(String::new()));
    let kinds = ["changed", "asked_again", "reminded", "event_cancelled"];
    assert_eq!(count(&world, &kinds), [1, 1, 1, 1]);
    for row in world.queued() {
        let night: Timestamp = "2027-01-14T22:00:00Z".parse().expect("a time");
        assert_eq!(world.quiet_until(&row, night), Some(night + hours(10)), "{}", row.kind);
        let last = night + hours(48);
        let waits = !["changed", "event_cancelled"].contains(&&*row.kind);
        // A day nearer to it: half past nine is an hour and a half behind the end of the night.
        assert!(world.quiet_until(&row, last).is_some(), "{}", row.kind);
        world.store().sql("UPDATE event SET starts_at = starts_at - 3600000, cut_off = cut_off - 3600000");
        assert_eq!(world.quiet_until(&row, last).is_some(), waits, "{}: less than an hour behind it", row.kind);
        world.store().sql("UPDATE event SET starts_at = starts_at + 3600000, cut_off = cut_off + 3600000");
    }
}

// D13 D20: what was not said in time is shown to the organizer.
#[test]
fn a_notice_that_could_not_leave_in_time_is_shown() {
    let world = World::with(&["Ada"]);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    world.leave(true);
    world.text(0, "yes");
    world.act(event, &Act::Cancel(String::new()));
    world.pass(hours(24 * 31));
    world.leave(false);
    let notice = world.queued().into_iter().find(|row| row.kind == "event_cancelled").expect("a notice");
    assert_eq!(notice.state, OutboxState::Lapsed);
    let reason = world.guest(event, "Ada").reason.unwrap_or_default();
    assert!(reason.contains("did not leave in time"), "{reason}");
}

// X10: whoever has not heard of an event is not told that it is off, has changed, or is not for them after all.
#[test]
fn only_who_has_heard_of_it_hears_more() {
    let world = World::with(&["Ada", "Ben", "Cleo"]);
    let event = world.dinner(3, "3");
    world.act(event, &Act::Deal);
    // The organizer knows that Ada comes; the others' invitations wait.
    world.text(0, "yes");
    world.change(event, |typed| typed.place = "The new hall".to_owned());
    let ben = world.guest(event, "Ben");
    let withdrawn: Result<(), ActError> = world.store().write(|tx| world.events.withdraw(tx, &ben));
    withdrawn.unwrap_or_else(|e| panic!("{e}"));
    world.act(event, &Act::Cancel(String::new()));
    assert_eq!(world.kinds_to("Ada"), ["invited", "changed", "event_cancelled"]);
    for name in ["Ben", "Cleo"] {
        assert_eq!(world.kinds_to(name), ["invited"], "{name}");
    }
    let waiting: Vec<String> =
        world.queued().into_iter().filter(|row| row.state == OutboxState::Waiting).map(|row| row.kind).collect();
    assert_eq!(waiting, ["event_cancelled"], "nothing else waits any more");
    world.leave(true);
    assert_eq!(world.queued().iter().filter(|row| row.state == OutboxState::Sent).count(), 1);
}

// X10 H15: an invitation that is under way may have been read.
#[test]
fn whoever_may_have_heard_of_it_is_told() {
    let world = World::with(&["Ada"]);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    let row = world.queued().remove(0);
    let until = world.now() + hours(1);
    world.store().write(|tx| tx.claim_message(row.id, ("somebody", false), world.now(), until)).expect("sound");
    world.act(event, &Act::Cancel(String::new()));
    assert_eq!(world.kinds_to("Ada"), ["invited", "event_cancelled"]);
}

// D21 D5: who says PROBABLY in the last two days has just been asked.
#[test]
fn a_late_probably_is_not_asked_again_at_once() {
    let world = World::with(&["Ada"]);
    let starts_at = (world.now() + hours(40)).to_string();
    let event = world.event(&Typed { starts_at, seats: "1".to_owned(), ..world.typed("1") });
    world.act(event, &Act::Deal);
    world.text(0, "probably");
    world.pass(hours(1));
    assert_eq!(world.kinds_to("Ada"), ["invited"]);
}

// D21: another date is told to all who hold a seat or were asked, and they are reminded before that one, too.
#[test]
fn an_event_that_is_put_off_reminds_before_its_new_date() {
    let world = World::with(&["Ada", "Ben", "Cleo"]);
    let starts_at = (world.now() + hours(24 * 6)).to_string();
    let event = world.event(&Typed { starts_at, seats: "3".to_owned(), ..world.typed("3") });
    world.act(event, &Act::Deal);
    world.leave(true);
    world.text(0, "yes");
    world.text(1, "probably");
    world.text(2, "no");
    world.pass(hours(24 * 5 + 1));
    let before = ["invited", "asked_again", "reminded"];
    assert_eq!((world.kinds_to("Ada"), world.kinds_to("Ben")), (strings(&["invited", "reminded"]), strings(&before)));
    let week_later = (world.now() + hours(24 * 7)).to_string();
    world.change(event, |typed| typed.starts_at = week_later);
    assert_eq!(count(&world, &["changed", "asked_again", "reminded"]), [3, 1, 2], "and nothing else yet");
    world.pass(hours(24 * 5 + 1));
    assert_eq!(count(&world, &["changed", "asked_again", "reminded"]), [3, 2, 2]);
    world.pass(hours(24));
    world.pass(hours(1));
    assert_eq!(count(&world, &["changed", "asked_again", "reminded"]), [3, 2, 4]);
    // To a day that is nearer than a reminder nobody needs one beside the news.
    let tonight = (world.now() + hours(10)).to_string();
    world.change(event, |typed| typed.starts_at = tonight);
    world.pass(hours(1));
    assert_eq!(count(&world, &["changed", "reminded"]), [6, 4]);
}

fn strings(of: &[&str]) -> Vec<String> {
    of.iter().map(|text| (*text).to_owned()).collect()
}

// D7 D19 D21: moved to an earlier day, nothing stays open beyond it, and what has not left goes by the new time.
#[test]
fn an_event_that_is_brought_forward_keeps_nothing_open_beyond_it() {
    let world = World::with(&["Ada", "Ben", "Cleo"]);
    let event = world.event(&Typed { lapse: "100h".to_owned(), ..world.typed("2") });
    world.act(event, &Act::Deal);
    world.leave(true);
    world.text(0, "no");
    let soon = world.now() + hours(50);
    world.change(event, |typed| typed.starts_at = soon.to_string());
    let lapses_at = world.guest(event, "Ben").invitation.lapses_at.expect("open");
    assert!(lapses_at <= soon - hours(1), "{lapses_at}");
    world.pass(hours(49));
    world.leave(true);
    assert_eq!(world.states(event)[1..], [("Ben", State::Lapsed), ("Cleo", State::Skipped)], "too late for Cleo");
}

// D13: saying twice for somebody what they have answered tells them once.
#[test]
fn an_answer_for_somebody_is_told_where_it_changes_something() {
    let world = World::with(&["Ada", "Ben", "Cleo"]);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    for _ in 0..3 {
        world.leave(true);
        world.pass(hours(25));
    }
    let say = |name: &str, word| {
        let guest = world.guest(event, name);
        let done: Result<_, ActError> = world.store().write(|tx| world.events.answer_for(tx, &guest, (word, None)));
        done.unwrap_or_else(|e| panic!("{e}"));
        world.pass(SignedDuration::from_secs(1));
    };
    say("Ada", Word::Yes);
    say("Ada", Word::Yes);
    assert_eq!(world.kinds_to("Ada"), ["invited", "noted"]);
    say("Ada", Word::Probably);
    assert_eq!(world.kinds_to("Ada"), ["invited", "noted", "noted"]);
}

// D6 D8: first come, first served, where more are asked than there are seats; the loser stands before everybody else.
#[test]
fn with_overbooking_the_second_yes_is_first_in_line() {
    let world = World::with(&["Ada", "Ben", "Cleo"]);
    let event = world.event(&Typed { seats: "1".to_owned(), overbook: "1".to_owned(), ..world.typed("2") });
    world.act(event, &Act::Deal);
    assert_eq!((world.states(event).len(), world.seats(event)), (2, (1, 0, 1)));
    let first_come = world.said(&world.queued()[1]).expect("words");
    assert!(first_come.contains("First come, first served."), "{first_come}");
    world.pass(hours(1));
    assert!(world.text(1, "yes").expect("words").contains("number 1 in line"), "the one seat is kept for Ada");
    assert!(world.text(0, "yes").expect("words").starts_with("You are in"));
    assert_eq!(world.seats(event), (1, 1, 0));
    world.text(0, "no");
    assert_eq!(world.states(event), [("Ada", State::Declined), ("Ben", State::Held), ("Cleo", State::Open)]);
}

// D20: there is somebody left, but no time for them.
#[test]
fn too_little_time_is_not_nobody_left() {
    let world = World::with(&["Ada", "Ben"]);
    world.set_clock("2027-01-15T20:00:00Z");
    let (starts_at, cut_off) = ("2027-01-16 19:00".to_owned(), "2027-01-16 08:30".to_owned());
    let event = world.event(&Typed { starts_at, cut_off, seats: "1".to_owned(), ..world.typed("1") });
    world.act(event, &Act::Deal);
    world.leave(true);
    world.set_clock("2027-01-15T22:00:00Z");
    world.text(0, "no");
    let why = world.shown(event).why_in_words();
    assert_eq!(why, "too little time is left before the cut-off to ask anybody new");
    world.set_clock("2027-01-16T09:00:00Z");
    world.pass(hours(0));
    assert_eq!(world.shown(event).why_in_words(), "past the cut-off: nobody new is invited");
}

// D8 I7: whoever gives a seat from the line back, and gets one again, is told again.
#[test]
fn who_is_seated_twice_is_told_twice() {
    let world = World::with(&["Ada", "Ben"]);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    for _ in 0..2 {
        world.leave(true);
        world.pass(hours(25));
    }
    for _ in 0..2 {
        world.text(0, "yes");
        world.text(1, "yes");
        world.text(0, "no");
        assert_eq!(world.guest(event, "Ben").invitation.state, State::Held);
        world.text(1, "no");
    }
    assert_eq!(world.kinds_to("Ben"), ["invited", "seated", "seated"]);
}

// D21: whoever answers on the last day has just read when and where.
#[test]
fn who_answers_on_the_last_day_is_not_reminded() {
    let world = World::with(&["Ada"]);
    let starts_at = (world.now() + hours(40)).to_string();
    let event = world.event(&Typed { starts_at, seats: "1".to_owned(), ..world.typed("1") });
    world.act(event, &Act::Deal);
    world.leave(true);
    world.pass(hours(22));
    world.text(0, "yes");
    world.pass(hours(1));
    assert_eq!((world.kinds_to("Ada"), world.seats(event)), (strings(&["invited"]), (1, 1, 0)));
}

// D21 I7: what waited and is not true any more is not said.
#[test]
fn a_reminder_that_is_not_true_any_more_is_not_sent() {
    let world = World::with(&["Ada", "Ben"]);
    let event = world.dinner(2, "2");
    world.act(event, &Act::Deal);
    world.leave(true);
    world.text(0, "probably");
    world.text(1, "yes");
    let last = |name: &str, kind: &str| {
        let person = Recipient::Person(world.guest(event, name).person);
        let mut rows = world.queued().into_iter().filter(|row| row.recipient == person && row.kind == kind);
        world.said(&rows.next_back().expect("a message"))
    };
    world.pass(hours(24 * 28 + 1));
    assert!(last("Ada", "asked_again").is_some());
    world.text(0, "yes");
    assert!(last("Ada", "asked_again").is_none(), "she has answered");
    world.pass(hours(24));
    assert!(last("Ben", "reminded").is_some());
    world.text(1, "no");
    assert!(last("Ben", "reminded").is_none() && last("Ada", "reminded").is_some(), "his seat is given back");
}

// D12 D21: of two questions to a phone, the one whether somebody still comes is one.
#[test]
fn who_is_asked_again_and_invited_elsewhere_is_asked_which_is_meant() {
    let world = World::with(&["Ada"]);
    let dinner = world.dinner(1, "1");
    world.act(dinner, &Act::Deal);
    world.leave(true);
    world.text(0, "probably");
    world.pass(hours(24 * 28 + 1));
    let party = world.event(&Typed { name: "Garden party".to_owned(), ..world.typed("1") });
    world.act(party, &Act::Deal);
    assert_eq!(world.text(0, "YES").as_deref(), Some("Which one is it? Please text YES Dinner or YES Garden"));
    assert!(world.text(0, "YES Dinner").expect("words").starts_with("You are in: 1 seat for Dinner"));
    assert!(world.text(0, "YES").expect("words").contains("for Garden party"), "only one is open now");
}

// D12: what is over asks nobody anything any more.
#[test]
fn a_yes_is_not_meant_for_what_is_over() {
    let world = World::with(&["Ada"]);
    let dinner = world.dinner(1, "1");
    world.act(dinner, &Act::Deal);
    world.leave(true);
    world.text(0, "probably");
    world.pass(hours(24 * 29));
    assert!(world.guest(dinner, "Ada").invitation.asked_again);
    world.pass(hours(48));
    let party = world.event(&Typed { name: "Garden party".to_owned(), ..world.typed("1") });
    world.act(party, &Act::Deal);
    assert!(world.text(0, "YES").expect("words").starts_with("You are in: 1 seat for Garden party"));
}

// D19: what leaves sooner than was thought takes nobody the time that their page has named.
#[test]
fn the_time_that_was_named_is_kept() {
    let world = World::with(&["Ada"]);
    world.set_clock("2027-01-15T22:00:00Z");
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    let named = world.guest(event, "Ada").invitation.lapses_at;
    world.take(&world.queued()[0]);
    assert_eq!(world.guest(event, "Ada").invitation.lapses_at, named);
}
