//! The desk over a real database, its messages against a local Twilio and a local mail server.

mod at_once;
mod goodbyes;
mod plans;
mod world;

use jiff::{SignedDuration, ToSpan};
use world::{ADA, BEN, CLEO, World, visitor};

use super::*;
use crate::store::{Ended, OutboxState};

// V1 V2 V4 V10
#[test]
fn a_visitor_gets_the_host_who_was_idle_longest_and_both_are_written_to() {
    let world = World::new();
    let first = world.check_in(&visitor(1)).expect("in");
    assert_eq!(first.visit.host_name, ADA, "by name, for none has had a visitor yet");
    assert!(first.texted && !first.again);
    assert_eq!(
        world.causes(),
        [
            "visit:1:arrived:sms waiting host",
            "visit:1:arrived:email waiting host",
            "visit:1:leave:1:sms waiting visitor",
            "visit:1:leave:1:email waiting visitor",
        ]
    );
    let second = world.check_in(&visitor(2)).expect("in");
    assert_eq!(second.visit.host_name, BEN);
    world.leave(&first);
    let third = world.check_in(&visitor(3)).expect("in");
    assert_eq!(third.visit.host_name, CLEO, "Ada has just had somebody");
    world.leave(&third);
    world.clock().advance(SignedDuration::from_secs(1));
    assert_eq!(world.check_in(&visitor(4)).expect("in").visit.host_name, ADA, "idle for longer than Cleo");
    assert_eq!(world.site.store.number("SELECT count(*) FROM visit WHERE out_at IS NULL"), 2);
    let doubled = world.site.store.try_sql(
        "INSERT INTO visit (desk, host, visitor, in_at, out_due, code, consent) \
         SELECT desk, host, visitor, in_at, out_due, 'X', '' FROM visit WHERE out_at IS NULL",
    );
    doubled.expect_err("two visitors of one host");
}

// V1 V7
#[test]
fn everything_wrong_with_a_form_is_said_at_once_and_nothing_is_kept() {
    let world = World::new();
    let typed = Typed {
        name: " ".to_owned(),
        phone: "12".to_owned(),
        email: "x".to_owned(),
        host: "Nobody".to_owned(),
        until: "soon".to_owned(),
        consent: false,
    };
    let Err(DeskError::Refused { faults, is_malformed }) = world.check_in(&typed) else { panic!("taken") };
    let fields: Vec<&str> = faults.iter().map(|(field, _)| *field).collect();
    assert_eq!(fields, ["name", "phone", "email", "host", "until", "consent"]);
    assert!(is_malformed);
    for until in ["-5 min", "17 hours", "1 min"] {
        let refused = world.check_in(&Typed { until: until.to_owned(), ..visitor(1) }).expect_err("refused");
        assert!(matches!(refused, DeskError::Refused { is_malformed: false, .. }), "{until}: {refused}");
    }
    assert_eq!(world.site.store.number("SELECT count(*) FROM visit"), 0);
    assert_eq!(world.site.store.number("SELECT count(*) FROM outbox"), 0);
    assert_eq!(world.site.store.number("SELECT count(*) FROM person"), 3, "the hosts");
}

// V5
#[test]
fn who_finds_nobody_free_hears_when_somebody_is() {
    let world = World::new();
    world.set_clock("2026-11-20T10:00:00Z");
    for (number, until) in [(1, "60 min"), (2, "30 min"), (3, "90 min")] {
        world.check_in(&Typed { until: until.to_owned(), ..visitor(number) }).expect("in");
    }
    let refused = world.check_in(&visitor(4)).expect_err("nobody is free");
    let DeskError::Busy { words, nearest } = &refused else { panic!("{refused}") };
    // Kolkata is five and a half hours ahead.
    assert_eq!(words, "Nobody is free just now. Ben is the next, at 16:00.");
    assert_eq!(nearest.as_ref().map(|nearest| nearest.name.as_str()), Some(BEN));
    let chosen = Typed { host: "ada".to_owned(), ..visitor(4) };
    assert_eq!(
        world.check_in(&chosen).expect_err("busy").to_string(),
        "Ada is not free until 16:30. Nobody else is free either."
    );
    world.clock().advance(SignedDuration::from_mins(31));
    assert_eq!(
        world.check_in(&visitor(4)).expect_err("Ben's is late").to_string(),
        "Nobody is free just now. Ben is the next, any minute now."
    );
    let away = world.host("Ben");
    world.write(|tx| hosts::away(tx, &world.desk, &away, (None, None), world.now())).expect("away");
    assert_eq!(
        world.check_in(&visitor(4)).expect_err("Ben is away").to_string(),
        "Nobody is free just now. Ada is the next, at 16:30."
    );
}

// V6 V10
#[test]
fn leaving_staying_longer_and_cancelling_free_the_host_and_move_the_goodbye() {
    let world = World::new();
    let early = world.check_in(&visitor(1)).expect("in");
    assert_eq!(world.leave(&early), Left::Now);
    assert_eq!(world.leave(&early), Left::Before, "pressed twice");
    assert_eq!(world.ended(&early), Some(Ended::Early));
    let expected: Vec<String> = ["arrived:sms", "arrived:email"]
        .map(|what| format!("visit:1:{what} cancelled host"))
        .into_iter()
        .chain(["leave:1:sms", "leave:1:email"].map(|what| format!("visit:1:{what} cancelled visitor")))
        .collect();
    assert_eq!(world.causes(), expected);

    let longer = world.check_in(&visitor(2)).expect("in");
    let moved = world.write(|tx| extend(tx, &world.site, &world.desk, &longer.visit, "3 hours")).expect("moved");
    assert_eq!(moved.revision, 2);
    let same = world.local(moved.out_due);
    let again = world.write(|tx| extend(tx, &world.site, &world.desk, &longer.visit, &same));
    // To the minute the wall clock says another time than "3 hours" did; said once more it is the same.
    let again = again.expect("moved");
    let third = world.write(|tx| extend(tx, &world.site, &world.desk, &longer.visit, &same)).expect("the same");
    assert_eq!((third.revision, third.out_due), (again.revision, again.out_due));
    let waiting: Vec<String> =
        world.causes().into_iter().filter(|it| it.contains(":2:leave") || it.starts_with("visit:2:leave")).collect();
    let (ended, open): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|it| it.contains("cancelled"));
    assert_eq!(ended.len(), 2 * usize::try_from(third.revision - 1).expect("small"), "{ended:?}");
    assert_eq!(open.len(), 2, "{open:?}");
    assert!(open.iter().all(|it| it.contains(&format!("leave:{}:", third.revision))), "{open:?}");

    assert!(world.write(|tx| Ok::<_, DeskError>(cancel(tx, &longer.visit, world.now())?)).expect("cancelled"));
    assert!(!world.write(|tx| Ok::<_, DeskError>(cancel(tx, &longer.visit, world.now())?)).expect("again"));
    assert!(world.causes().iter().all(|it| it.contains("cancelled")), "{:?}", world.causes());
    let over = world.write(|tx| extend(tx, &world.site, &world.desk, &longer.visit, "2 hours"));
    assert!(matches!(over, Err(DeskError::Over)));
    assert_eq!(world.read(|tx| world.desk.hosts(tx, world.now())).iter().filter(|(_, it)| it.due.is_some()).count(), 0);
}

// V10 V12
#[test]
fn a_visit_that_nobody_ends_is_closed_and_marked_and_stays_on_the_list_and_can_be_put_right() {
    let world = World::new();
    let forgotten = world.check_in(&visitor(1)).expect("in");
    world.clock().advance(SignedDuration::from_mins(60 + 29));
    assert_eq!(world.inside(), [("Visitor 1".to_owned(), "overdue")]);
    assert_eq!(world.close(), 0);
    world.clock().advance(SignedDuration::from_mins(2));
    // Free before anybody has closed it, for whoever only looks.
    assert!(world.read(|tx| world.desk.hosts(tx, world.now())).iter().all(|(_, host)| host.due.is_none()));
    assert_eq!(world.close(), 1);
    assert_eq!(world.ended(&forgotten), Some(Ended::Auto));
    assert_eq!(world.inside(), [("Visitor 1".to_owned(), "unconfirmed")]);
    world.clock().advance(SignedDuration::from_mins(12 * 60 - 2));
    assert_eq!(world.inside(), [("Visitor 1".to_owned(), "unconfirmed")], "nobody is dropped because a clock ran out");
    world.clock().advance(SignedDuration::from_mins(2));
    assert_eq!(world.inside(), []);
    world.clock().advance(SignedDuration::from_mins(-10));
    assert_eq!(world.leave(&forgotten), Left::Corrected);
    assert_eq!(world.leave(&forgotten), Left::Before);
    assert_eq!(world.inside(), []);
    let visit = world.visit(&forgotten);
    assert!(visit.left_at.is_some() && visit.ended.is_some_and(|(at, _)| at == visit.out_due), "both times stay");
}

// V1: the same form twice is one visit.
#[test]
fn a_button_pressed_twice_makes_one_visit() {
    let world = World::new();
    let first = world.check_in(&visitor(1)).expect("in");
    let again = world.check_in(&visitor(1)).expect("in");
    assert!(again.again && again.visit.id == first.visit.id && again.token == first.token);
    let nameless = Typed { phone: String::new(), email: String::new(), ..visitor(2) };
    let one = world.check_in(&nameless).expect("in");
    assert!(!one.texted);
    assert_eq!(world.check_in(&nameless).expect("in").visit.id, one.visit.id);
    world.clock().advance(SignedDuration::from_mins(3));
    assert_ne!(world.check_in(&nameless).expect("in").visit.id, one.visit.id, "another of that name");
}

// H19
#[test]
fn check_ins_texts_and_countries_are_bounded() {
    let world = World::new();
    let mut counted = 0;
    let until = loop {
        let typed = Typed { name: format!("Somebody {counted}"), phone: String::new(), ..visitor(1) };
        match world.kiosk(&typed) {
            Ok(visit) => {
                counted += 1;
                assert_eq!(world.leave(&visit), Left::Now);
            }
            Err(DeskError::TooMany { until }) => break until,
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(counted, 60);
    assert!(until > world.now() && until <= world.now() + 1.hour());
    assert!(world.check_in(&visitor(1)).is_ok(), "the staff are not strangers");

    let world = World::new();
    for number in 1..=3 {
        let same = Typed { name: format!("Somebody {number}"), ..visitor(7) };
        assert!(world.check_in(&same).expect("in").texted, "{number}");
    }
    let host = world.read(|tx| Ok(tx.visits_inside(world.desk.id(), world.now())?[0].clone()));
    world.write(|tx| Ok::<_, DeskError>(leave(tx, &host, world.now(), world.now())?)).expect("left");
    // One has been dropped with its visit, so there is room for one more, and then for none.
    assert!(world.check_in(&Typed { name: "Somebody 4".to_owned(), ..visitor(7) }).expect("in").texted);
    let more = world.write(|tx| hosts::put(tx, &world.site, &world.desk, None, &world::host("Dora", 14)));
    more.expect("another host");
    let fifth = world.check_in(&Typed { name: "Somebody 5".to_owned(), ..visitor(7) }).expect("in");
    assert!(!fifth.texted, "a fourth text within the hour");

    let world = World::in_country("GB");
    let foreign = Typed { phone: "+49 1512 3456789".to_owned(), ..visitor(1) };
    let visit = world.check_in(&foreign).expect("may come in");
    assert!(!visit.texted && visit.visit.phone.is_some(), "not texted, but on the list");
    let mut site = world.site.clone();
    std::sync::Arc::make_mut(&mut site.settings).messaging.countries = vec!["GB".to_owned(), "DE".to_owned()];
    let allowed = Typed { name: "Another".to_owned(), ..foreign };
    assert!(world.write(|tx| check_in(tx, &site, &world.desk, &allowed, true)).expect("in").texted);
    let premium = Typed { name: "Third".to_owned(), phone: "+44 909 879 0000".to_owned(), ..visitor(1) };
    assert!(world.check_in(&premium).map_or(true, |visit| !visit.texted), "no number that costs its caller");
}

// V3 V6 H2
#[test]
fn hosts_and_visitors_text_and_the_same_text_again_changes_nothing() {
    let world = World::new();
    let visit = world.check_in(&visitor(1)).expect("in");
    let (host, guest) = (world.phone_of_host(1), visit.visit.phone.clone().expect("a phone"));
    assert_eq!(world.text("SM1", &host, "5").as_deref(), Some("Noted. The desk shows it to Visitor 1."));
    assert_eq!(world.visit(&visit).answer.as_deref(), Some("5"));
    assert_eq!(world.text("SM2", &host, "ok").as_deref(), Some("Noted. The desk shows it to Visitor 1."));
    assert_eq!(world.text("SM1", &host, "5").as_deref(), Some("Noted. The desk shows it to Visitor 1."));
    assert_eq!(world.visit(&visit).answer.as_deref(), Some("ok"), "a webhook delivered twice counts once");
    assert!(world.text("SM3", &host, "hello").expect("words").starts_with("When a visitor waits at Reception"));
    assert_eq!(world.text("SM4", &world.phone_of_host(2), "no").as_deref(), Some("Nobody waits for you at Reception."));
    assert_eq!(world.text("SM5", &guest, "hm").as_deref(), Some("Text OUT when you leave Reception."));
    assert_eq!(world.text("SM6", &guest, "out").as_deref(), Some("Noted: you have left Reception. Goodbye!"));
    assert_eq!(world.ended(&visit), Some(Ended::Early));
    assert_eq!(world.text("SM6", &guest, "out").as_deref(), Some("Noted: you have left Reception. Goodbye!"));
    assert_eq!(world.text("SM7", &guest, "OUT").as_deref(), Some("Noted: you had left Reception already. Goodbye!"));
    assert_eq!(world.text("SM8", &host, "no").as_deref(), Some("Nobody waits for you at Reception."));
    assert_eq!(world.text("SM9", &guest, "STOP"), None);
    assert_eq!(world.text("SM10", &guest, "OUT"), None, "said STOP");
}

// V13 V7: what is typed on the nights of both clock changes.
#[test]
fn goodbyes_are_due_when_the_clock_on_the_wall_says_so_also_when_it_changes() {
    let world = World::in_zone("Europe/London");
    for (now, until, due) in [
        ("2026-03-28T23:30:00Z", "23:50", "2026-03-28T23:50:00Z"),
        ("2026-03-29T00:10:00Z", "02:30", "2026-03-29T01:30:00Z"),
        ("2026-10-25T00:10:00Z", "01:30+01", "2026-10-25T00:30:00Z"),
        ("2026-10-25T00:40:00Z", "01:30", "2026-10-25T01:30:00Z"),
        ("2026-10-25T00:40:00Z", "90 min", "2026-10-25T02:10:00Z"),
    ] {
        world.set_clock(now);
        let visit = world.check_in(&Typed { until: until.to_owned(), ..visitor(1) }).expect(until);
        let due: Timestamp = due.parse().expect("a time");
        // The clock goes on between setting it and the check-in, from which a length counts.
        let late = visit.visit.out_due.duration_since(due);
        assert!(!late.is_negative() && late < SignedDuration::from_mins(1), "{now} {until}: {late}");
        let rows = world.read(|tx| tx.desk_waiting(world.desk.id()));
        assert!(rows.iter().filter(|(kind, ..)| kind == "visit_leave").all(|(.., at)| *at == visit.visit.out_due));
        world.leave(&visit);
    }
    world.set_clock("2026-03-29T00:10:00Z");
    let gap = world.check_in(&Typed { until: "01:30".to_owned(), ..visitor(1) }).expect_err("there is none");
    assert_eq!(gap.to_string(), "until: 01:30 does not exist today: the clocks are put forward over it");
    world.set_clock("2026-10-25T00:10:00Z");
    let fold = world.check_in(&Typed { until: "01:30".to_owned(), ..visitor(1) }).expect_err("there are two");
    assert!(fold.to_string().contains("write 01:30+01 for the first time"), "{fold}");
}

// V11
#[test]
fn the_staff_find_a_visit_by_its_code_or_by_name() {
    let world = World::new();
    let one = world.check_in(&visitor(1)).expect("in");
    let two = world.check_in(&Typed { name: "Visitor 1".to_owned(), ..visitor(2) }).expect("in");
    let find = |text: &str| world.site.store.read(|tx| board::find_visit(tx, &world.desk, text, world.now()));
    assert_eq!(find(&one.visit.code.to_lowercase()).expect("found").id, one.visit.id);
    assert!(matches!(find("visitor 1"), Err(DeskError::Several { .. })));
    world.leave(&two);
    assert_eq!(find(" visitor  1 ").expect("found").id, one.visit.id);
    assert!(matches!(find("nobody"), Err(DeskError::Nobody { .. })));
    assert_eq!(one.visit.code.len(), 6);
    assert!(!one.visit.code.contains(['0', 'O', '1', 'I', 'L', '5', 'S', '8', 'B', '2', 'Z', 'U', 'V']));
    let found = world.read(|tx| tx.visit_of_link(&link_hash(&one.token)));
    assert_eq!(found.map(|visit| visit.id), Some(one.visit.id));
    assert_eq!(one.token.len(), 26, "128 bits");
}

// G5
#[test]
fn visitors_are_forgotten_when_somebody_says_so_and_counts_stay() {
    let world = World::new();
    let (old, young) = (world.check_in(&visitor(1)).expect("in"), world.check_in(&visitor(2)).expect("in"));
    let phone = world.visit(&old).phone.expect("given");
    world.text("SM1", &phone, "hello");
    world.leave(&old);
    world.clock().advance(SignedDuration::from_hours(24 * 30 + 12));
    let limit = keeping::limit(&world.desk, world.now());
    assert_eq!(world.read(|tx| keeping::count_before(tx, &world.desk, limit)), 1, "one is still open");
    assert_eq!(world.read(|tx| keeping::kept_too_long(tx, world.now())), [], "a day of patience");
    world.clock().advance(SignedDuration::from_hours(24));
    assert_eq!(world.read(|tx| keeping::kept_too_long(tx, world.now())), [("Reception".to_owned(), 1)]);
    assert_eq!(world.site.store.write(|tx| keeping::expire(tx, &world.desk, limit)).expect("emptied"), 1);
    assert_eq!(world.site.store.write(|tx| keeping::expire(tx, &world.desk, limit)).expect("again"), 0);
    assert_eq!(world.read(|tx| keeping::kept_too_long(tx, world.now())), []);
    assert_eq!(world.site.store.number("SELECT count(*) FROM text WHERE phone <> ''"), 0, "nor in the log of texts");
    let emptied = world.visit(&old);
    assert!(emptied.name.is_empty() && emptied.phone.is_none() && emptied.email.is_none() && emptied.code.is_empty());
    assert_eq!(world.site.store.number("SELECT count(*) FROM visit"), 2);
    assert_eq!(world.visit(&young).name, "Visitor 2", "a visit that is open is no past one");
    world.close();
    let forget = |really| world.write(|tx| keeping::forget(tx, &world.desk, "visitor 2", really));
    assert_eq!(forget(false).expect("a dry run"), 1);
    assert_eq!(world.visit(&young).name, "Visitor 2");
    assert_eq!(forget(true).expect("done"), 1);
    assert!(world.visit(&young).name.is_empty());
    assert!(matches!(forget(true), Err(DeskError::Nobody { .. })));
    for state in world.rows().iter().map(|row| row.state) {
        assert!(matches!(state, OutboxState::Cancelled | OutboxState::Waiting), "{state:?}");
    }
}

// V10 H20
#[test]
fn desks_and_hosts_are_made_and_changed_and_what_is_wrong_is_said() {
    let world = World::new();
    let put = |old: Option<&str>, typed: hosts::TypedHost| {
        let old = old.map(|name| world.host(name));
        world.write(|tx| hosts::put(tx, &world.site, &world.desk, old.as_ref(), &typed))
    };
    let fields = |error: DeskError| match error {
        DeskError::Refused { faults, .. } => faults.into_iter().map(|(field, _)| field).collect::<Vec<_>>(),
        other => panic!("{other}"),
    };
    assert_eq!(fields(put(None, hosts::TypedHost::default()).expect_err("empty")), ["name", "phone"]);
    assert_eq!(fields(put(None, world::host("ADA", 9)).expect_err("taken")), ["name"]);
    let renamed = hosts::TypedHost { name: Some("Ada Hill".to_owned()), ..hosts::TypedHost::default() };
    put(Some("Ada"), renamed).expect("renamed");
    assert_eq!(world.host("ada hill").phone, world.phone_of_host(1));
    let visit = world.check_in(&Typed { host: "Ada Hill".to_owned(), ..visitor(1) }).expect("in");
    let ada = world.host("Ada Hill");
    let removed = world.write(|tx| hosts::remove(tx, &world.desk, &ada, world.now()));
    assert!(matches!(removed, Err(DeskError::HasVisitor(_))));
    world.leave(&visit);
    world.write(|tx| hosts::remove(tx, &world.desk, &ada, world.now())).expect("removed");
    assert_eq!(world.read(|tx| tx.hosts(world.desk.id())).len(), 2);

    let make = |typed: making::TypedDesk| world.write(|tx| making::make(tx, &world.site, &typed, None));
    let typed = |name: &str| making::TypedDesk {
        name: Some(name.to_owned()),
        address: Some("2 Mill Lane".to_owned()),
        ..making::TypedDesk::default()
    };
    assert_eq!(fields(make(typed("reception")).expect_err("taken")), ["name"]);
    let faulty = making::TypedDesk {
        timezone: Some("Mars/Olympus".to_owned()),
        opens: Some("9".to_owned()),
        keep_days: Some(0),
        messages: vec![("goodby".to_owned(), "x".to_owned()), ("goodbye".to_owned(), "{x}".to_owned())],
        ..making::TypedDesk::default()
    };
    assert_eq!(
        fields(make(faulty).expect_err("faulty")),
        ["name", "address", "timezone", "opens", "keep", "message", "message"]
    );
    let back = make(typed("Back  door")).expect("made");
    assert_eq!((back.stored.name.as_str(), back.stored.timezone.as_str()), ("Back door", "UTC"));
    let find = |name| world.site.store.read(|tx| find(tx, name));
    assert_eq!(find(Some("back door")).expect("found").id(), back.id());
    assert!(matches!(find(None), Err(DeskError::Which { .. })));
    let words = making::TypedDesk { messages: vec![("goodbye".to_owned(), "Bye!".to_owned())], ..typed("Back door") };
    let owned = world.read(|tx| crate::app::accounts::authorize(tx, crate::store::Reach::SITE, back.id()));
    let changed = world.write(|tx| making::change(tx, owned.expect("the site's"), &words)).expect("changed");
    assert_eq!(changed.place.messages["goodbye"], "Bye!");
    let links = links(&world.site);
    let token = changed.kiosk_token(&links).expect("a key");
    let anew = making::TypedDesk { new_link: true, ..making::TypedDesk::default() };
    let anew = world.write(|tx| making::change(tx, owned.expect("the site's"), &anew)).expect("changed");
    assert_ne!(anew.kiosk_token(&links).expect("a key"), token, "the tablets before are not paired any more");
}
