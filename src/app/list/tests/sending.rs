//! Broadcasts on their way: two workers, a provider with faults, kills, opt-outs in between.

use std::process::{Command, Stdio};

use super::*;
use crate::app::list::trial;
use crate::app::outbox::tests::twilio::{self, ACCOUNT, LocalTwilio, Mishap, TOKEN};
use crate::app::outbox::tests::world::mailing;
use crate::messaging::smtp::local_server::LocalSmtp;
use crate::messaging::twilio::{Credentials, Origin, Texting, Twilio};
use crate::store::Recipient;

const FOLDER: &str = "XCHANGE_TEST_LIST_FOLDER";
const TWILIO: &str = "XCHANGE_TEST_LIST_TWILIO";
const SMTP: &str = "XCHANGE_TEST_LIST_SMTP";
/// How many a broadcast of the test goes to. The whole of it: `XCHANGE_TEST_BROADCAST=10000 cargo test --release --lib
/// everybody_gets_it_once`; on PostgreSQL with `XCHANGE_TEST_POSTGRES` as all tests.
const SIZE: &str = "XCHANGE_TEST_BROADCAST";

fn pace() -> Pace {
    Pace {
        backoff: Backoff { first: Duration::from_millis(2), longest: Duration::from_millis(20), attempts: 12 },
        lease: Duration::from_secs(14),
        request: Duration::from_secs(6),
        look_again: Duration::from_millis(50),
        blocked: Duration::from_millis(50),
        certain_after: Duration::from_millis(5),
        ..Pace::default()
    }
}

pub(super) fn outbox(site: &Exchanges, base: &url::Url) -> Arc<Outbox> {
    outbox_with(site, base, None)
}

pub(super) fn outbox_with(site: &Exchanges, base: &url::Url, mail: Option<u16>) -> Arc<Outbox> {
    let credentials = Credentials::new(ACCOUNT, TOKEN.into()).expect("a sound account");
    let number = Phone::from_provider("+447700900999").expect("a number");
    let twilio = Twilio::new(base, credentials).expect("a client");
    let texting = Texting::new(twilio, Origin::Number(number), "https://hill.example.org/sms/status".parse().ok());
    let sender = Sender::live(Some(texting), mail.map(mailing));
    let topics: Arc<dyn Topics<dyn MessageTopic>> = Arc::new(ListKind::new(site.clone()));
    Outbox::new(site.store.clone(), sender, topics, &site.settings, site.clock.clone(), pace())
}

/// A worker in a process of its own; a test only by name.
#[test]
#[ignore = "run by the test below, in a process that it kills"]
fn child_worker() {
    let read = |name| std::env::var(name).ok();
    let (Some(folder), Some(base)) = (read(FOLDER), read(TWILIO)) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let site = open(Path::new(&folder), Clock::system());
        let port = read(SMTP).and_then(|port| port.parse().ok());
        let outbox = outbox_with(&site, &base.parse().expect("an address"), port);
        loop {
            let now = site.clock.now();
            let _busy = site.store.run(move |tx| broadcasts::move_some(tx, now)).await;
            let _busy = outbox.pass().await;
        }
    });
}

fn worker(world: &World, twilio: &LocalTwilio) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args(["--exact", "app::list::tests::sending::child_worker", "--ignored"]);
    command.env(FOLDER, world.folder.path()).env(TWILIO, twilio.base().as_str());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Runs two workers until so many texts have arrived, and kills them.
async fn two_are_killed(world: &World, twilio: &LocalTwilio, after: u32) {
    let mut workers = [(); 2].map(|()| worker(world, twilio).spawn().expect("a child"));
    let some = tokio::time::timeout(Duration::from_secs(60), async {
        for _ in 0..after {
            twilio.next_arrival().await;
        }
    });
    assert!(some.await.is_ok(), "the workers send");
    for worker in &mut workers {
        worker.kill().expect("killed");
        worker.wait().expect("gone");
    }
}

// A10 A12 H3 H15
#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_between_two_kills_gets_nothing_and_pause_and_cancel_hold_through_them() {
    const SIZE: u32 = 400;
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.crowd(SIZE);
    let id = world.broadcast("Hello");
    assert!(world.act(id, Act::Send).expect("sent"));
    let people = world.read(|tx| people::all(tx, world.list.id, SIZE));
    let number =
        |person| people.iter().find(|who| who.id == person).and_then(|who| who.phone.clone()).expect("a phone");
    let mut left = Vec::new();
    for _ in 0..3 {
        two_are_killed(&world, &twilio, 8).await;
        // Somebody whose text nobody has begun.
        let fresh = |row: &OutboxRow| row.state == OutboxState::Waiting && row.unsure_since.is_none();
        let row = world.rows().into_iter().rev().find(fresh).expect("not all have gone");
        let Recipient::Person(person) = row.recipient else { panic!("a person") };
        assert_eq!(world.text(&number(person), "STOP"), Answer::Silence);
        left.push(number(person).expose().to_owned());
    }
    let outbox = outbox(&world.site, &twilio.base());
    let look_on = async || {
        for _ in 0..20 {
            world.site.clock.advance(SignedDuration::from_secs(1));
            outbox.pass().await.expect("a pass");
        }
    };
    assert!(world.act(id, Act::Pause).expect("paused"));
    look_on().await;
    let told = twilio.taken().len();
    look_on().await;
    assert_eq!(twilio.taken().len(), told, "nothing goes while it is paused, unsure or not");
    assert!(world.act(id, Act::Send).expect("goes on"));
    outbox.pass().await.expect("a pass");
    assert!(world.act(id, Act::Cancel).expect("cancelled"));
    look_on().await;
    let counts = twilio.count_by_phone();
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    assert!(counts.len() > told && left.iter().all(|phone| !counts.contains_key(phone)), "{left:?} {counts:?}");
    let (sent, cancelled) = (counts.len() as u64, u64::from(SIZE) - counts.len() as u64);
    assert_eq!(world.counts(id), [("cancelled".to_owned(), cancelled), ("sent".to_owned(), sent)]);
}

// A3 A9 H15
#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_it_once_through_kills_faults_and_two_workers() {
    let size: u32 = std::env::var(SIZE).ok().and_then(|size| size.parse().ok()).unwrap_or(120);
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.crowd(size);
    let id = world.broadcast("Hello {first_name|there}");
    assert!(world.site.store.write(|tx| broadcasts::act(tx, id, Act::Send, world.site.clock.now())).expect("sent"));
    twilio.plan((0..size / 10).map(|n| match n % 3 {
        0 => Mishap::Refuse(500, 20500),
        1 => Mishap::Throttle(0),
        _ => Mishap::Refuse(400, 30001),
    }));
    for _ in 0..4 {
        two_are_killed(&world, &twilio, rand::random_range(1..=size / 8)).await;
    }
    // What was claimed is taken over when its claim has run out.
    world.site.clock.advance(SignedDuration::from_secs(20));
    let outbox = outbox(&world.site, &twilio.base());
    let until = std::time::Instant::now() + Duration::from_secs(120);
    while world.counts(id) != [("sent".to_owned(), u64::from(size))] {
        assert!(std::time::Instant::now() < until, "{:?}", world.counts(id));
        let now = world.site.clock.now();
        world.write(|tx| Ok(broadcasts::move_some(tx, now)?));
        outbox.pass().await.expect("a pass");
        world.site.clock.advance(SignedDuration::from_millis(100));
    }
    assert_eq!(world.state(id), BroadcastState::Done);
    let counts = twilio.count_by_phone();
    assert_eq!(counts.len(), size as usize);
    let twice: Vec<_> = counts.iter().filter(|(_, count)| **count != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    twilio.assert_well_behaved();
}

// A3 A9 H15 G10: a mail server cannot be asked what it took, so whatever was in its hands at a kill is handed over once more,
// under the Message-ID by which mail programs know it as one
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_goes_out_at_most_once_more_a_kill_and_under_one_name() {
    const KILLS: usize = 3;
    const SIZE: usize = 150;
    let (world, twilio, smtp) = (World::new(), LocalTwilio::start().await, LocalSmtp::start(None).await);
    let rows: String = (0..SIZE).map(|n| format!("P{n},p{n}@example.org,signed in May\n")).collect();
    world.import(&format!("First name,Email,Consent\n{rows}"));
    let id = world.broadcast("Hello {first_name|there}");
    assert!(world.site.store.write(|tx| broadcasts::act(tx, id, Act::Send, world.site.clock.now())).expect("sent"));
    for kill in 1..=KILLS {
        let mut worker = worker(&world, &twilio).env(SMTP, smtp.port().to_string()).spawn().expect("a child");
        let (seen, until) = (smtp.mails().len(), std::time::Instant::now() + Duration::from_secs(60));
        while smtp.mails().len() <= seen + SIZE / 10 {
            assert!(std::time::Instant::now() < until, "worker {kill} sends");
            tokio::task::yield_now().await;
        }
        worker.kill().expect("killed");
        worker.wait().expect("gone");
    }
    world.site.clock.advance(SignedDuration::from_secs(20));
    let outbox = outbox_with(&world.site, &twilio.base(), Some(smtp.port()));
    let until = std::time::Instant::now() + Duration::from_secs(120);
    while world.counts(id) != [("sent".to_owned(), SIZE as u64)] {
        assert!(std::time::Instant::now() < until, "{:?}", world.counts(id));
        outbox.pass().await.expect("a pass");
        world.site.clock.advance(SignedDuration::from_millis(100));
    }
    let mut by_reader: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    for mail in smtp.mails() {
        by_reader.entry(mail.to.join(",")).or_default().push(mail.header("Message-ID").expect("a name"));
    }
    assert_eq!(by_reader.len(), SIZE);
    for (reader, names) in &by_reader {
        assert!(names.len() <= 1 + KILLS && names.iter().all(|name| name == &names[0]), "{reader}: {names:?}");
    }
    let mut names: Vec<&String> = by_reader.values().map(|names| &names[0]).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), SIZE, "a mail of its own to each");
}

// A2 X10: to oneself first
#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_is_tried_on_oneself_before_anybody_reads_it() {
    let (world, twilio, smtp) = (World::new(), LocalTwilio::start().await, LocalSmtp::start(None).await);
    world.crowd(2);
    let now = world.site.clock.now();
    let try_on = |id, address: &str| world.site.store.write(|tx| trial::send(tx, &world.site, (id, address), now));
    let draft =
        Draft { text: "Hello".to_owned(), subject: String::new(), ways: Ways::Either, tags: vec![], only: vec![] };
    let unplanned = world.write(|tx| broadcasts::draft(tx, &world.list, &draft, now));
    assert!(matches!(try_on(unplanned, "ada@example.org"), Err(ListError::NotNow(_))), "there is nothing to try yet");
    let id = world.broadcast("Hello {first_name}");
    assert!(matches!(try_on(id, "07700 900777"), Err(ListError::NotNow(why)) if why.contains("never texted")));
    let mine = Phone::from_provider("+447700900777").expect("a number");
    world.text(&mine, "hello");
    for address in ["07700 900777", "ada@example.org", "ada@example.org"] {
        try_on(id, address).expect("queued");
    }
    outbox_with(&world.site, &twilio.base(), Some(smtp.port())).drain(|_| {}).await.expect("drained");
    let texts: Vec<_> = twilio.taken().into_iter().map(|taken| taken.to).collect();
    assert_eq!(texts, [mine.expose()]);
    assert_eq!(smtp.mails()[0].to, ["ada@example.org"]);
    assert!(smtp.mails()[0].source.contains("Hello P0"), "as the first of its readers gets it");
    assert_eq!(world.counts(id), [("planned".to_owned(), 2)], "nothing of it has gone");
    assert_eq!(world.people().len(), 2, "whoever tries it is not on the list");
    assert!(world.act(id, Act::Send).expect("sent"));
    assert_eq!(world.counts(id), [("waiting".to_owned(), 2)]);
}

// A8 H19: whoever types somebody's address says nothing to them in the site's name
#[tokio::test(flavor = "multi_thread")]
async fn a_confirming_mail_holds_no_word_of_whoever_typed_the_address() {
    let (world, twilio, smtp) = (World::new(), LocalTwilio::start().await, LocalSmtp::start(None).await);
    let form = Form { phone: String::new(), ..form("You have won: www.evil.example", 1) };
    assert_eq!(world.join(&Form { last_name: "Claim now".to_owned(), ..form }), Joined::Taken);
    outbox_with(&world.site, &twilio.base(), Some(smtp.port())).drain(|_| {}).await.expect("drained");
    let mail = smtp.mails().remove(0);
    assert_eq!(mail.to, ["p1@example.org"]);
    assert!(mail.source.contains("/confirm/"), "{}", mail.source);
    assert!(
        !["evil.example", "You have won", "Claim now"].iter().any(|word| mail.source.contains(word)),
        "{}",
        mail.source
    );
}

// A10 A12 H3: looked at when it is sent, not when it was planned
#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_to_whoever_has_left_since_the_plan() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.crowd(6);
    let id = world.broadcast("Hello");
    assert!(world.act(id, Act::Send).expect("sent"));
    world.text(&phone(0), "STOP");
    world.text(&phone(1), "please remove me from this list");
    let now = world.site.clock.now();
    let token = world.token("leave", &world.people()[2]);
    world.write(|tx| Ok(sign_up::leave(tx, &token, "c", now)?));
    outbox(&world.site, &twilio.base()).drain(|_| {}).await.expect("drained");
    let told: Vec<String> = twilio.taken().into_iter().map(|taken| taken.to).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!((0..3).all(|n| !told.contains(&phone(n).expose().to_owned())));
    assert_eq!(world.counts(id), [("cancelled".to_owned(), 3), ("sent".to_owned(), 3)]);
}

// A11 A3
#[tokio::test(flavor = "multi_thread")]
async fn one_bad_number_stops_nobody_and_a_number_that_is_not_registered_stops_all() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.crowd(5);
    let id = world.broadcast("Hello");
    world.act(id, Act::Send).expect("sent");
    twilio.plan([Mishap::Refuse(400, 21211)]);
    let outbox = outbox(&world.site, &twilio.base());
    outbox.drain(|_| {}).await.expect("drained");
    assert_eq!(world.counts(id), [("failed".to_owned(), 1), ("sent".to_owned(), 4)]);
    assert_eq!(broadcasts::retry(&world.site, id).expect("queued"), 0, "that number never gets a text");

    let taken = twilio.taken();
    outbox.record_delivery(failed(&taken[0], 30003)).await.expect("recorded");
    assert_eq!(world.state(id), BroadcastState::Done);
    assert_eq!(broadcasts::retry(&world.site, id).expect("queued"), 1, "that one may be on again");
    outbox.record_delivery(failed(&taken[1], 21610)).await.expect("recorded");
    let left: Vec<Subscriber> = world.people().into_iter().filter(|who| who.by_sms == Agreed::Withdrawn).collect();
    assert_eq!(left.len(), 1, "21610 is a STOP, and the record says so");
    outbox.record_delivery(failed(&taken[2], 30034)).await.expect("recorded");
    let stopped = world.read(|tx| tx.broadcast(id)).expect("it");
    assert_eq!(stopped.state, BroadcastState::Stopped);
    assert_eq!(stopped.why.as_deref(), Some("the number has not been registered with the carriers (code 30034)"));
    outbox.pass().await.expect("a pass");
    assert_eq!(twilio.taken().len(), 4, "nothing more goes out");
    // What stopped it is put right: what was refused goes out as well, when it goes on.
    assert_eq!(broadcasts::retry(&world.site, id).expect("queued"), 1);
    outbox.pass().await.expect("a pass");
    assert_eq!(twilio.taken().len(), 4, "not before");
    assert!(world.act(id, Act::Send).expect("goes on"));
    outbox.pass().await.expect("a pass");
    assert_eq!(twilio.taken().len(), 6, "the one that was off, and the one that was refused");
    assert_eq!(world.counts(id), [("failed".to_owned(), 2), ("sent".to_owned(), 3)]);
    let csv = world.read(|tx| broadcasts::csv(tx, id, Some(0.05)).map_err(|e| StoreError::damaged("csv", e)));
    assert!(csv.starts_with("Name,Phone,Email,Channel,State,Code,Meaning,Sent at,Segments,Price\r\n"), "{csv}");
    assert!(csv.contains("21211,the phone number is not valid"), "{csv}");
    let (rows, _) = subscribers_file::read(csv.as_bytes(), Path::new("r.csv"), Some("GB")).expect("read back");
    assert_eq!(rows.len(), 5);
}

/// A file whose quiet hours begin and end so many hours from now.
pub(super) fn quiet(from: i64, until: i64) -> String {
    // Hours that pass, also in a night in which the clock is put forward or back.
    let at = |hours| {
        let then = Clock::system().now() + SignedDuration::from_hours(hours);
        then.in_tz("Europe/London").expect("a zone").strftime("%H:%M").to_string()
    };
    FILE.replace("\"never\"", &format!("\"{}-{}\"", at(from), at(until)))
}

// A10
#[tokio::test(flavor = "multi_thread")]
async fn at_night_nothing_goes_and_by_day_no_longer_than_the_day_lasts() {
    let night = World::with(&quiet(-1, 2));
    let twilio = LocalTwilio::start().await;
    night.crowd(2);
    let id = night.broadcast("Hello");
    night.act(id, Act::Send).expect("sent");
    outbox(&night.site, &twilio.base()).drain(|_| {}).await.expect("drained");
    assert_eq!(night.counts(id), [("waiting".to_owned(), 2)]);
    assert!(twilio.taken().is_empty());
    let day = World::with(&quiet(2, 12));
    day.crowd(2);
    let id = day.broadcast("Hello");
    day.act(id, Act::Send).expect("sent");
    outbox(&day.site, &twilio.base()).drain(|_| {}).await.expect("drained");
    assert_eq!(day.counts(id), [("sent".to_owned(), 2)]);
    for taken in twilio.taken() {
        let valid: u32 = taken.valid_for.expect("no longer than until the night").parse().expect("seconds");
        assert!((3_600..=7_260).contains(&valid), "{valid}");
    }
    assert_eq!(day.rows()[0].state, OutboxState::Sent);
}

// A10 X10: whoever has just signed up waits for the question; whoever was imported, or had to wait, sleeps
#[tokio::test(flavor = "multi_thread")]
async fn at_night_only_those_are_asked_who_have_just_signed_up() {
    let (world, twilio) = (World::with(&quiet(-1, 2)), LocalTwilio::start().await);
    world.import(&format!("First name,Phone\nAnn,{}\nBen,{}\n", phone(1).expose(), phone(2).expose()));
    world.join(&Form { email: String::new(), ..form("Cy", 3) });
    // He has signed up himself since, and waits for it.
    world.join(&Form { email: String::new(), ..form("Ben", 2) });
    let outbox = outbox(&world.site, &twilio.base());
    outbox.drain(|_| {}).await.expect("drained");
    let mut asked: Vec<String> = twilio.taken().into_iter().map(|taken| taken.to).collect();
    asked.sort();
    assert_eq!(asked, [phone(2).expose(), phone(3).expose()]);
    let ann = &world.rows()[0];
    assert_eq!((ann.state, ann.problem.as_deref()), (OutboxState::Waiting, Some("quiet hours")));
    world.site.clock.advance(SignedDuration::from_hours(3));
    outbox.drain(|_| {}).await.expect("drained");
    assert_eq!(world.rows()[0].state, OutboxState::Sent, "in the morning");
}

// H19 X10: two hundred an hour, however many are brought in at once
#[test]
fn confirmations_beyond_the_bound_go_out_in_the_hours_that_follow() {
    let world = World::new();
    let rows = |from: u32, to: u32| (from..to).map(|n| format!("P{n},p{n}@example.org\n")).collect::<String>();
    let begin = world.site.clock.now();
    world.import(&format!("First name,Email\n{}", rows(0, 1_000)));
    let hours = || {
        let mut hours = [0; 9];
        for row in world.rows() {
            let hour = row.due.duration_since(begin).as_secs() / 3_600;
            hours[usize::try_from(hour).expect("an hour to come")] += 1;
            let lasts = row.not_after.expect("it lapses").duration_since(row.due);
            assert_eq!(lasts, SignedDuration::from_hours(48), "counted from its turn");
        }
        hours
    };
    assert_eq!(hours(), [200, 200, 200, 200, 200, 0, 0, 0, 0]);
    world.site.clock.advance(SignedDuration::from_mins(150));
    world.import(&format!("First name,Email\n{}", rows(1_000, 1_300)));
    assert_eq!(hours(), [200, 200, 200, 200, 200, 200, 100, 0, 0], "behind those who wait already");
    world.site.clock.advance(SignedDuration::from_hours(6));
    world.import(&format!("First name,Email\n{}", rows(1_300, 1_301)));
    assert_eq!(hours(), [200, 200, 200, 200, 200, 200, 100, 0, 1], "at once, when nobody waits any more");
}

// A10: what waited too long at the provider waits for the next window, as the same row
#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_gives_back_at_night_goes_in_the_morning() {
    let (world, twilio) = (World::with(&quiet(1, 4)), LocalTwilio::start().await);
    world.crowd(1);
    let id = world.broadcast("Hello");
    world.act(id, Act::Send).expect("sent");
    let outbox = outbox(&world.site, &twilio.base());
    outbox.drain(|_| {}).await.expect("drained");
    world.site.clock.advance(SignedDuration::from_mins(61));
    outbox.record_delivery(failed(&twilio.taken()[0], 30036)).await.expect("recorded");
    world.site.clock.advance(SignedDuration::from_secs(1));
    outbox.drain(|_| {}).await.expect("drained");
    let row = world.rows().remove(0);
    assert_eq!((row.state, row.problem.as_deref()), (OutboxState::Waiting, Some("quiet hours")));
    let waits = row.next_at.duration_since(world.site.clock.now());
    assert!((175..=180).contains(&waits.as_mins()), "until the window opens: {waits}");
    world.site.clock.advance(waits);
    outbox.drain(|_| {}).await.expect("drained");
    assert_eq!((world.counts(id), twilio.taken().len()), (vec![("sent".to_owned(), 1)], 2));
    assert_eq!(world.rows().len(), 1);
}

// A9 A11 H15: of whatever its messages have come to, on either engine; what is tried again, or comes back, has it go on
#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_is_done_when_all_of_it_has_come_to_an_end_and_goes_on_when_one_is_tried_again() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.crowd(3);
    let (held, id) = (world.broadcast("Later"), world.broadcast("Hello"));
    world.act(held, Act::Send).expect("sent");
    world.act(held, Act::Pause).expect("paused");
    world.act(id, Act::Send).expect("sent");
    assert_eq!((world.state(held), world.state(id)), (BroadcastState::Paused, BroadcastState::Sending));
    world.text(&phone(1), "STOP");
    twilio.plan([Mishap::Refuse(400, 21211)]);
    let outbox = outbox(&world.site, &twilio.base());
    outbox.pass().await.expect("a pass");
    assert_eq!(world.counts(id), [("cancelled", 1), ("failed", 1), ("sent", 1)].map(|(word, n)| (word.to_owned(), n)));
    assert_eq!((world.state(held), world.state(id)), (BroadcastState::Paused, BroadcastState::Done));
    let listed = world.read(|tx| tx.broadcasts_of(world.list.id));
    assert_eq!(listed.iter().map(|one| one.state.word()).collect::<Vec<_>>(), ["done", "paused"]);
    for act in [Act::Pause, Act::Cancel] {
        let refused = world.act(id, act).expect_err("nothing is left");
        assert_eq!(refused.to_string(), format!("broadcast {} is done; nothing of it is on its way", id.0));
    }
    assert!(!world.act(id, Act::Send).expect("a repetition"));

    let taken = twilio.taken().pop().expect("one");
    outbox.record_delivery(failed(&taken, 30036)).await.expect("recorded");
    assert_eq!(world.state(id), BroadcastState::Sending, "it was not delivered in time, and waits for the morning");
    world.act(id, Act::Pause).expect("paused");
    assert_eq!(world.state(id), BroadcastState::Paused);
    world.act(id, Act::Send).expect("goes on");
    outbox.drain(|_| {}).await.expect("drained");
    assert_eq!((world.state(id), twilio.taken().len()), (BroadcastState::Done, 2));
    let taken = twilio.taken().pop().expect("one");
    outbox.record_delivery(failed(&taken, 30003)).await.expect("recorded");
    assert_eq!(world.state(id), BroadcastState::Done);
    assert_eq!(broadcasts::retry(&world.site, id).expect("queued"), 1);
    assert_eq!(world.state(id), BroadcastState::Sending);
    world.act(id, Act::Cancel).expect("cancelled");
    assert_eq!(world.state(id), BroadcastState::Cancelled, "and stays so, with all at its end");
}

// A11 H16: beside a hundred thousand that are held, say
#[test]
fn whether_a_broadcast_is_done_is_read_off_an_index_on_either_engine() {
    let world = World::new();
    world.crowd(1_500);
    let (held, id) = (world.broadcast("Later"), world.broadcast("Hello"));
    world.act(held, Act::Send).expect("sent");
    world.act(id, Act::Send).expect("sent");
    let done = format!("UPDATE outbox SET state = 'sent' WHERE cause LIKE 'broadcast:{}:%'", id.0);
    world.site.store.sql(&done);
    world.site.store.sql("ANALYZE outbox");
    let (found, plans) = world.site.store.explained(|tx| tx.broadcast(id).expect("read"));
    assert_eq!(found.expect("it").state, BroadcastState::Done);
    for (sql, plan) in &plans {
        assert!(plan.contains("outbox_of_broadcast") && plan.contains("recipient_of"), "{sql}\n{plan}");
    }
}

fn failed(taken: &twilio::Taken, code: u32) -> crate::app::outbox::DeliveryStatus {
    crate::app::outbox::DeliveryStatus {
        sid: taken.sid.clone(),
        status: "undelivered".to_owned(),
        error_code: Some(code),
        to: Phone::from_provider(&taken.to),
    }
}

// A3 A11: one number abroad, one filtered text are nobody else's; many of them are
#[tokio::test(flavor = "multi_thread")]
async fn what_one_in_twenty_is_refused_for_stops_all_and_says_so_and_going_on_counts_afresh() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.crowd(60);
    let id = world.broadcast("Hello");
    let state = || world.read(|tx| tx.broadcast(id)).expect("it");
    world.act(id, Act::Send).expect("sent");
    twilio.plan([Mishap::Refuse(400, 21408)]);
    let outbox = outbox(&world.site, &twilio.base());
    outbox.pass().await.expect("a pass");
    assert_eq!(twilio.taken().len(), 59);
    assert_eq!(state().state, BroadcastState::Done, "one of the first");
    let taken = twilio.taken();
    for (n, taken) in taken[..3].iter().enumerate() {
        assert_eq!(state().state, BroadcastState::Done, "one in twenty, {n}");
        outbox.record_delivery(failed(taken, 30007)).await.expect("recorded");
    }
    assert_eq!(state().state, BroadcastState::Stopped);
    assert_eq!(state().why.as_deref(), Some("the carrier filtered the message as unwanted (code 30007)"));
    assert!(world.act(id, Act::Send).expect("goes on"));
    for taken in &taken[3..23] {
        outbox.record_delivery(failed(taken, 30007)).await.expect("recorded");
        assert_eq!(state().state, BroadcastState::Done, "of what was sent before it went on");
    }
    assert_eq!(broadcasts::retry(&world.site, id).expect("queued"), 24, "the one abroad as well");
}

// A11: all of them in a country that the account may not text
#[tokio::test(flavor = "multi_thread")]
async fn a_country_that_may_not_be_texted_stops_a_broadcast_to_it() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.crowd(30);
    let id = world.broadcast("Hello");
    world.act(id, Act::Send).expect("sent");
    twilio.plan((0..30).map(|_| Mishap::Refuse(400, 21408)));
    outbox(&world.site, &twilio.base()).pass().await.expect("a pass");
    let stopped = world.read(|tx| tx.broadcast(id)).expect("it");
    assert_eq!(stopped.state, BroadcastState::Stopped);
    assert_eq!(stopped.why.as_deref(), Some("the Twilio account may not text that country (code 21408)"));
}

// A11: a thousand in a transaction, so that no text waits for it
#[tokio::test(flavor = "multi_thread")]
async fn a_retry_takes_a_thousand_at_a_time_and_each_once() {
    let world = World::new();
    world.crowd(2_500);
    let id = world.broadcast("Hello");
    world.act(id, Act::Send).expect("sent");
    world
        .site
        .store
        .sql("UPDATE outbox SET state = 'failed', provider_code = CASE WHEN id % 5 = 0 THEN 30005 ELSE 30003 END");
    let now = world.site.clock.now();
    let (first, behind) = world.write(|tx| broadcasts::retry_some(tx, id, "", now));
    assert!((700..=900).contains(&first) && behind.is_some(), "{first}");
    assert_eq!(first + broadcasts::retry(&world.site, id).expect("queued"), 2_000);
    assert_eq!(world.counts(id), [("failed".to_owned(), 500), ("waiting".to_owned(), 2_000)]);
}
