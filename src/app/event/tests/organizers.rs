//! What an organizer reads and does while an event goes on, and what holds for guests then.

use super::providers::{Providers, numbers};
use super::world::phone;
use super::*;
use crate::dealing::Planned;

fn plan(world: &World, event: TopicId) -> Planning {
    let plan = world.store().read(|tx| world.events.plan(tx, tx.event(event)?.expect("an event")));
    plan.expect("a sound database")
}

fn planned(world: &World, event: TopicId) -> Vec<Planned> {
    plan(world, event).people.into_iter().map(|(_, _, planned)| planned).collect()
}

fn page(world: &World, event: TopicId, name: &str) -> Rsvp {
    let token = world.events.token(&world.guest(event, name)).expect("a key");
    world.store().read(|tx| world.events.rsvp(tx, &token)).expect("a sound database").expect("a page")
}

/// All were silent.
fn silent(world: &World, event: TopicId, waves: usize) {
    world.act(event, &Act::Deal);
    for _ in 0..waves {
        world.leave(true);
        world.pass(hours(25));
    }
}

// D17 D13: the plan of an event that goes on: nobody is asked at once while others are, or when all is full.
#[test]
fn the_plan_knows_who_is_asked_already() {
    let world = World::with(&["Ada", "Ben", "Cleo"]);
    let event = world.dinner(1, "1");
    assert_eq!(planned(&world, event)[0], Planned::Now);
    world.act(event, &Act::Deal);
    let waiting = planned(&world, event);
    assert!(matches!(waiting[..], [Planned::By(ben), Planned::By(cleo)] if ben < cleo), "{waiting:?}");
    world.text(0, "yes");
    assert_eq!(planned(&world, event), [Planned::OnlyIfOthersAnswer; 2], "every seat is held");
    world.act(event, &Act::Pause);
    world.text(0, "no");
    assert_eq!(planned(&world, event)[0], Planned::Now, "as soon as it goes on");
    world.act(event, &Act::Cancel(String::new()));
    assert_eq!(planned(&world, event), []);
}

// D17: texts are as long as the site's own address makes them.
#[test]
fn the_plan_counts_the_link_as_it_is() {
    let segments = |public: &str| {
        let mut world = World::with(&["Ada"]);
        Arc::make_mut(&mut world.site.settings).listener.public_url = Some(public.parse().expect("an address"));
        world.events = Events::of(&world.site);
        let event = world.dinner(1, "1");
        plan(&world, event).segments
    };
    let long = format!("https://{}.example.org/{}", "a".repeat(60), "b".repeat(90));
    assert_eq!((segments("https://hill.example.org"), segments(&long)), (2, 3));
}

// D20: somebody who has just been added is about to be asked; it is not too late for them.
#[test]
fn somebody_new_is_about_to_be_asked() {
    let mut world = World::with(&["Ada"]);
    let event = world.dinner(2, "1");
    world.act(event, &Act::Deal);
    world.text(0, "yes");
    assert_eq!(world.shown(event).why_in_words(), "nobody is left to invite; 1 seat is free");
    world.add_contact("Ben");
    world.stop(1);
    assert_eq!(world.shown(event).why_in_words(), "nobody is left to invite; 1 seat is free", "he cannot be asked");
    world.start(1);
    assert_eq!(world.shown(event).why_in_words(), "the next are about to be asked");
    world.pass(hours(0));
    assert!(world.shown(event).why_in_words().starts_with("waiting for 1 answer"));
}

// D13 D20: a pause holds what has not left, too, and going on lets it leave at once.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_while_it_is_paused() {
    let (world, providers) = (World::with(&["Ada", "Ben"]), Providers::new().await);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    world.act(event, &Act::Pause);
    providers.step(&world).await;
    providers.drain(&world).await;
    assert_eq!(providers.texted(), numbers(&[]));
    assert!(world.text(0, "maybe").is_some(), "answers are taken");
    assert_eq!(world.guest(event, "Ada").invitation.state, State::Maybe);
    world.text(0, "yes");
    world.change(event, |typed| typed.place = "The new hall".to_owned());
    providers.drain(&world).await;
    assert_eq!(providers.texted(), numbers(&[0]), "news is no invitation");
    world.text(0, "no");
    world.act(event, &Act::Resume);
    world.act(event, &Act::Pause);
    providers.step(&world).await;
    world.act(event, &Act::Resume);
    providers.step(&world).await;
    assert_eq!(providers.texted(), numbers(&[0, 1]), "not a minute later");
}

// D7 D8 I5: when it is too late to offer a seat to those in line, it is whose who asks for it.
#[test]
fn a_seat_that_nobody_in_line_can_be_offered_is_free() {
    let world = World::with(&["Ada", "Ben", "Cleo"]);
    let event = world.dinner(1, "1");
    silent(&world, event, 3);
    world.text(0, "yes");
    for who in [1, 2] {
        assert!(world.text(who, "yes").expect("words").contains("in line"));
    }
    let starts_at = world.shown(event).event.terms.starts_at;
    world.pass(starts_at.duration_since(world.now()) - SignedDuration::from_mins(90));
    world.text(0, "no");
    assert_eq!(world.seats(event), (1, 0, 0), "too late for an offer");
    assert!(world.text(2, "yes").expect("words").starts_with("You are in"));
    assert!(world.text(1, "yes").expect("words").contains("number 1 in line"));
}

// D11 D12: what is over or off is said as that, on the page and to any text.
#[test]
fn what_is_over_asks_for_nothing_any_more() {
    let world = World::with(&["Ada", "Ben", "Cleo"]);
    let event = world.dinner(2, "3");
    world.act(event, &Act::Deal);
    world.text(0, "yes");
    world.pass(hours(24 * 31));
    for name in ["Ada", "Ben"] {
        let shown = page(&world, event, name);
        assert_eq!(
            (&*shown.standing, shown.is_open),
            ("Dinner has begun or is over, so answers change nothing any more.", false)
        );
    }
    assert!(world.text(0, "How was it?").expect("words").contains("has begun or is over"));
    let world = World::with(&["Ada"]);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    world.act(event, &Act::Cancel(String::new()));
    assert!(page(&world, event, "Ada").standing.ends_with("does not take place."));
    assert!(world.text(0, "hello").expect("words").ends_with("does not take place."));
}

// D12 D18: the number of a party is not lost where it is asked who, or what, is meant; nor that there is room for fewer.
#[test]
fn a_party_is_as_many_as_its_text_says() {
    let mut world = World::with(&["Ada"]);
    world.add_contact("Ben");
    world.change_contact(1, |contact| contact.phone = Some(phone(0)));
    let party = Typed { size: "3".to_owned(), seats: "6".to_owned(), ..world.typed("3") };
    let dinner = world.event(&party);
    world.act(dinner, &Act::Deal);
    assert_eq!(world.text(0, "YES 2").as_deref(), Some("Which of you is it? Please text YES 2 Ada or YES 2 Ben"));
    assert!(world.text(0, "YES 2 Ada").expect("words").starts_with("You are in: 2 seats"));
    let many = world.text(0, "yes Ben 5").expect("words");
    assert!(many.starts_with("There is no room for 5. You are in: 3 seats"), "{many}");
    let other = World::with(&["Ada"]);
    for name in ["Dinner", "Garden party"] {
        let event = other.event(&Typed { name: name.to_owned(), ..party.clone() });
        other.act(event, &Act::Deal);
    }
    let which = other.text(0, "yes 2").expect("words");
    assert_eq!(which, "Which one is it? Please text YES 2 Dinner or YES 2 Garden");
    assert!(other.text(0, "YES 2 Garden").expect("words").starts_with("You are in: 2 seats for Garden party"));
}

// D18 D11: an offer is for as many as it says, on the page as well.
#[test]
fn the_page_of_an_offer_asks_for_no_more_than_is_offered() {
    let world = World::with(&["Ada", "Ben", "Cleo"]);
    let event = world.event(&Typed { size: "2".to_owned(), seats: "2".to_owned(), ..world.typed("1") });
    silent(&world, event, 3);
    world.text(0, "yes 2");
    world.text(1, "yes 2");
    world.text(0, "yes 1");
    let offered = world.guest(event, "Ben").invitation;
    assert_eq!((offered.state, offered.size), (State::Open, 1));
    assert_eq!((page(&world, event, "Ben").most, page(&world, event, "Ada").most), (1, 2));
}

// D2 D16 D18: whoever is asked once more reads the same, and has the same time.
#[test]
fn who_is_taken_up_again_is_asked_as_any_other() {
    let mut world = World::with(&["Ada"]);
    let event = world.event(&Typed { size: "2".to_owned(), ..world.typed("1") });
    world.act(event, &Act::Deal);
    world.leave(true);
    world.text(0, "maybe");
    assert_eq!(world.guest(event, "Ada").invitation.state, State::Open, "what is left is offered to her");
    world.text(0, "maybe");
    world.add_contact("Ben");
    world.pass(hours(0));
    world.fail(world.queued().last().expect("Ben's"));
    assert_eq!(world.guest(event, "Ben").invitation.state, State::Skipped);
    world.change_phone(1, 7);
    world.pass(hours(0));
    let ben = world.guest(event, "Ben").invitation;
    assert_eq!((ben.state, ben.round), (State::Open, 2));
    let said = world.said(world.queued().last().expect("Ben's")).expect("words");
    assert!(said.contains("It is for up to 2"), "{said}");
}

// D2: what is off is not changed any more; nobody would be told.
#[test]
fn what_is_called_off_is_not_changed() {
    let world = World::with(&["Ada"]);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    world.leave(true);
    world.act(event, &Act::Cancel(String::new()));
    let refused = world.try_change(event, |typed| typed.place = "The new hall".to_owned()).expect_err("it is off");
    assert_eq!(refused.to_string(), "the event is cancelled, so it cannot be changed");
    assert_eq!(world.kinds_to("Ada"), ["invited", "event_cancelled"]);
}

// D2: midnight is not meant where only the day is said.
#[test]
fn a_day_without_a_time_is_asked_for_one() {
    let world = World::with(&[]);
    let read = |starts_at: &str| {
        let typed = Typed { starts_at: starts_at.to_owned(), ..world.typed("1") };
        typed.read(None, "UTC", "2026-01-01T00:00:00Z".parse().expect("a time")).map(|event| event.terms.starts_at)
    };
    for day in ["2026-12-04", "20261204"] {
        let faults = read(day).expect_err("no time");
        assert_eq!((faults.len(), faults[0].0), (1, "starts_at"), "{faults:?}");
    }
    for time in ["2026-12-04 19:00", "2026-12-04T19:00", "2026-12-04T19:00:00Z"] {
        assert_eq!(read(time).expect("a time").to_string(), "2026-12-04T19:00:00Z", "{time}");
    }
}

// D2: what cannot be done is said in a sentence.
#[test]
fn an_act_out_of_turn_is_refused_in_words() {
    let world = World::with(&["Ada"]);
    let event = world.dinner(1, "1");
    for (act, words) in [
        (Act::Pause, "the event is draft, so it cannot be paused"),
        (Act::Resume, "the event is draft, so it cannot be resumed"),
    ] {
        let refused: Result<_, ActError> =
            world.store().write(|tx| world.events.act(tx, World::owned(tx, event), &act));
        assert_eq!(refused.expect_err("it is a draft").to_string(), words);
    }
}
