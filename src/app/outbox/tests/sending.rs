//! Retries, opt-outs, pace, quiet hours, lapsing, reports.

use std::time::Duration;

use jiff::{Timestamp, ToSpan};

use super::super::{ChangeError, cancel, delivery, retry};
use super::twilio::{LocalTwilio, Mishap};
use super::world::{ADA, BEN, DEE, World, by_twilio, finish, phone, phone_of, plain, quick};
use crate::app::outbox::{Message, Outbox};
use crate::messaging::inbox::Inbox;
use crate::messaging::sender::Sender;
use crate::store::{Channel, OutboxState, Recipient};

async fn one_message(mishap: Mishap) -> (World, LocalTwilio, crate::store::OutboxRow) {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written([phone(1)]);
    let id = world.queue_to("test:1", &phone(1), "Merry Christmas");
    twilio.plan([mishap]);
    world.outbox(by_twilio(&twilio.base())).drain(|_| {}).await.expect("a database");
    let row = world.row(id);
    (world, twilio, row)
}

#[tokio::test]
async fn a_number_that_is_bad_for_good_is_not_tried_again() {
    for code in [21211, 21614] {
        let (_world, twilio, row) = one_message(Mishap::Refuse(400, code)).await;
        assert_eq!((row.state, row.provider_code, row.attempts), (OutboxState::Failed, Some(code), 1));
        assert_eq!(twilio.times().len(), 1);
        // X11: Twilio's words repeat the number; ours do not.
        let problem = row.problem.expect("a reason");
        assert!(problem.contains("cannot be texted") && !problem.contains("5005550001"), "{problem}");
    }
}

// H3
#[tokio::test]
async fn code_21610_counts_as_stop() {
    let (world, twilio, row) = one_message(Mishap::Refuse(400, 21610)).await;
    assert_eq!((row.state, row.provider_code), (OutboxState::Cancelled, Some(21610)));
    assert!(world.store.read(|tx| tx.is_opted_out(&phone(1))).expect("a read"));
    let second = world.queue_to("test:2", &phone(1), "Hello?");
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    assert_eq!(world.row(second).state, OutboxState::Cancelled);
    assert!(twilio.taken().is_empty());
}

// H3
#[tokio::test]
async fn an_opt_out_between_queueing_and_sending_is_heeded_and_start_ends_it() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written([phone(1)]);
    let first = world.queue_to("test:1", &phone(1), "Hello");
    world.write(|tx| tx.opt_out(&phone(1), Timestamp::now()));
    let outbox = world.outbox(by_twilio(&twilio.base()));
    finish(&outbox).await;
    assert_eq!(world.row(first).state, OutboxState::Cancelled);
    world.write(|tx| tx.opt_in(&phone(1)));
    retry(&world.store, &world.exchange, first.number(), Timestamp::now()).expect("cancelled, so queued again");
    finish(&outbox).await;
    assert_eq!((world.row(first).state, twilio.taken().len()), (OutboxState::Sent, 1));
}

// X10
#[tokio::test]
async fn nobody_is_texted_who_has_not_written_except_by_invitation() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    let waiting = world.queue_to("test:1", &phone(1), "Hello");
    let invitation = Message::Plain { subject: None, text: "You are invited".to_owned(), begins: true };
    let invited = world.queue("test:2", Recipient::Phone(phone(2)), Channel::Sms, &invitation, None);
    let outbox = world.outbox(by_twilio(&twilio.base()));
    outbox.drain(|_| {}).await.expect("a database");
    let row = world.row(waiting);
    assert_eq!((row.state, row.problem.as_deref()), (OutboxState::Waiting, Some("the phone has not written yet")));
    assert_eq!(world.row(invited).state, OutboxState::Sent);
    assert_eq!(twilio.count_by_phone().len(), 1);
}

#[tokio::test]
async fn retry_after_closes_the_line_for_everybody() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written([phone(1), phone(2)]);
    world.queue_to("test:1", &phone(1), "One");
    twilio.plan([Mishap::Throttle(120)]);
    let mut pace = quick();
    pace.backoff.longest = Duration::from_secs(600);
    let outbox = world.outbox(by_twilio(&twilio.base())).with_pace(pace);
    outbox.drain(|_| {}).await.expect("a database");
    world.queue_to("test:2", &phone(2), "Two");
    outbox.drain(|_| {}).await.expect("a database");
    assert_eq!(twilio.times().len(), 1);
    let next = outbox.next_look().expect("a database").expect("two wait");
    let wait = next.duration_since(Timestamp::now()).as_secs();
    assert!((100..=120).contains(&wait), "{wait} seconds");
}

#[tokio::test]
async fn a_wrong_token_closes_the_line_and_costs_no_attempt() {
    let (world, twilio, row) = one_message(Mishap::Refuse(401, 20003)).await;
    assert_eq!((row.state, row.attempts, row.provider_code), (OutboxState::Waiting, 0, Some(20003)));
    let outbox = world.outbox(by_twilio(&twilio.base()));
    world.have_written([phone(2)]);
    world.queue_to("test:2", &phone(2), "Two");
    outbox.drain(|_| {}).await.expect("a database");
    assert_eq!(twilio.times().len(), 1);
}

#[tokio::test]
async fn attempts_are_bounded() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written([phone(1)]);
    let id = world.queue_to("test:1", &phone(1), "Hello");
    twilio.plan(std::iter::repeat_n(Mishap::Refuse(400, 21611), 50));
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    let row = world.row(id);
    assert_eq!((row.state, row.attempts, twilio.times().len()), (OutboxState::Failed, 8, 8));
}

#[tokio::test]
async fn an_answer_by_twiml_with_the_same_words_is_not_taken_for_the_message() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written([phone(1)]);
    twilio.put(phone(1).expose(), phone(99_999).expose(), "Hello", "outbound-reply");
    world.queue_to("test:1", &phone(1), "Hello");
    twilio.plan([Mishap::Break]);
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    assert_eq!((twilio.searches(), twilio.taken().len()), (1, 2));
}

fn at_rate(world: &World, twilio: &LocalTwilio, per_second: f64) -> Outbox {
    let mut settings = world.settings.clone();
    settings.twilio.as_mut().expect("a section").per_second = per_second;
    world.outbox_with(by_twilio(&twilio.base()), &settings)
}

// H15
#[tokio::test(flavor = "multi_thread")]
async fn two_workers_together_keep_the_rate() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written((0..8).map(phone));
    for n in 0..8 {
        // Two segments each.
        world.queue_to(&format!("test:{n}"), &phone(n), &"x".repeat(200));
    }
    let (one, other) = (at_rate(&world, &twilio, 40.0), at_rate(&world, &twilio, 40.0));
    tokio::join!(finish(&one), finish(&other));
    let times = twilio.times();
    assert_eq!(times.len(), 8);
    // Seven messages of two segments after the first: 350 ms at 40 a second, less the way of one request.
    assert!(times[7].duration_since(times[0]) > Duration::from_millis(300), "{:?}", times[7].duration_since(times[0]));
}

#[tokio::test]
async fn quiet_hours_hold_texts_back_and_let_mails_through() {
    let world = World::new();
    world.have_written([phone(1)]);
    let text = world.queue_to("test:1", &phone(1), "Hello");
    let mail = world.queue("test:2", Recipient::Person(DEE), Channel::Email, &plain("Hello"), None);
    let mut settings = world.settings.clone();
    let now = Timestamp::now().to_zoned(jiff::tz::TimeZone::get("Europe/London").expect("a zone")).time();
    settings.messaging.quiet = Some((now.wrapping_sub(1.hour()), now.wrapping_add(2.hours())));
    let outbox = world.outbox_with(Sender::phones(Inbox::default()), &settings);
    let plan = outbox.plan(Timestamp::now()).expect("a plan");
    assert_eq!((plan.texts, plan.emails, plan.skipped.len()), (0, 1, 1));
    outbox.drain(|_| {}).await.expect("a database");
    let row = world.row(text);
    assert_eq!((row.state, row.problem.as_deref()), (OutboxState::Waiting, Some("quiet hours")));
    let wait = row.next_at.duration_since(Timestamp::now());
    assert!((115..=120).contains(&wait.as_mins()), "{wait}");
    assert_eq!(world.row(mail).state, OutboxState::Sent);
}

#[tokio::test]
async fn a_message_past_its_time_lapses_and_says_so() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written([phone(1)]);
    let past = Timestamp::now() - 1.second();
    let id = world.queue("test:1", Recipient::Phone(phone(1)), Channel::Sms, &plain("Hello"), Some(past));
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    let row = world.row(id);
    assert_eq!((row.state, row.problem.as_deref()), (OutboxState::Lapsed, Some("its time is over")));
    assert!(twilio.taken().is_empty());
}

// H2
#[tokio::test]
async fn reports_may_come_repeated_in_any_order_and_too_early() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written([phone(1), phone(2), phone(3)]);
    let ids = [1, 2, 3].map(|n| world.queue_to(&format!("test:{n}"), &phone(n), "Hello"));
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    let now = Timestamp::now();
    let sid = |n: u32| twilio.taken().iter().find(|t| t.to == phone(n).expose()).expect("taken").sid.clone();
    let report = |n: u32, status: &str, code| {
        delivery(&world.store, &sid(n), status, code, Some(&phone(n)), now).expect("recorded");
    };
    for status in ["delivered", "sent", "delivered", "queued", "failed"] {
        report(1, status, None);
    }
    report(2, "undelivered", Some(30003));
    report(2, "delivered", None);
    report(3, "failed", Some(21610));
    let states = ids.map(|id| (world.row(id).state, world.row(id).provider_code));
    assert_eq!(
        states,
        [(OutboxState::Delivered, None), (OutboxState::Failed, Some(30003)), (OutboxState::Failed, Some(21610))]
    );
    assert!(world.store.read(|tx| tx.is_opted_out(&phone(3))).expect("a read"));

    // Too early: the report comes before the id is recorded, here because the answer never arrived.
    let id = world.queue_to("test:4", &phone(1), "Once more");
    twilio.plan([Mishap::TakeAndBreak]);
    let outbox = world.outbox(by_twilio(&twilio.base()));
    outbox.pass().await.expect("a database");
    let sid = twilio.taken().last().expect("taken").sid.clone();
    delivery(&world.store, &sid, "delivered", None, None, now).expect("kept");
    finish(&outbox).await;
    assert_eq!(world.row(id).state, OutboxState::Delivered);
    twilio.assert_well_behaved();
}

#[tokio::test]
async fn the_same_cause_makes_one_message() {
    let world = World::new();
    let draw = world.stored_draw();
    world.write(|tx| {
        tx.insert_told_by_mail(
            world.draw,
            &crate::store::Told { person: ADA, at: Timestamp::now(), sid: "SM1".to_owned() },
        )
    });
    for _ in 0..3 {
        world.write(|tx| super::super::queue_redraw_notices(tx, &draw, "Ben moved away", Timestamp::now()));
        world.write(|tx| super::super::queue_pairing_mails(tx, &world.exchange, Timestamp::now()));
    }
    let kinds: Vec<(String, Recipient)> = world.rows().into_iter().map(|row| (row.kind, row.recipient)).collect();
    assert_eq!(
        kinds,
        [("redraw_notice".to_owned(), Recipient::Person(ADA)), ("pairing".to_owned(), Recipient::Person(DEE))]
    );
}

// H12
#[tokio::test]
async fn reminders_go_to_the_silent_only() {
    let world = World::new();
    let exchange = crate::model::Exchange { date: Some(jiff::civil::date(2099, 12, 24)), ..world.exchange.clone() };
    let before = [14.days(), 2.days()];
    let queue = |now: &str| {
        let now: Timestamp = now.parse().expect("a time");
        world.write(|tx| super::super::queue_reminders(tx, &exchange, &before, now))
    };
    world.have_written([phone_of(BEN), phone_of(super::world::CY)]);
    world.write(|tx| tx.add_report(world.draw, super::world::CY, "bought", Timestamp::now()));
    assert_eq!(queue("2099-12-10T09:59:00Z"), 0);
    // Ben by SMS, for he has written; Ada by e-mail, for she has not asked; Cy has bought; Dee cannot text.
    assert_eq!(queue("2099-12-10T10:00:00Z"), 2);
    assert_eq!(queue("2099-12-11T10:00:00Z"), 0);
    assert_eq!(queue("2099-12-15T10:00:00Z"), 0);
    let rows: Vec<_> = world.rows().into_iter().map(|row| (row.recipient, row.channel)).collect();
    assert_eq!(rows, [(Recipient::Person(ADA), Channel::Email), (Recipient::Person(BEN), Channel::Sms)]);

    // Before they are sent, Ben says BOUGHT.
    for row in world.rows() {
        world.write(|tx| tx.put_off_message(row.id, Timestamp::now() - 1.second(), None));
    }
    world.write(|tx| tx.add_report(world.draw, BEN, "bought", Timestamp::now()));
    world.outbox(Sender::phones(Inbox::default())).drain(|_| {}).await.expect("a database");
    let states: Vec<_> = world.rows().into_iter().map(|row| row.state).collect();
    assert_eq!(states, [OutboxState::Sent, OutboxState::Cancelled]);
    assert_eq!(queue("2099-12-22T10:00:00Z"), 1);
}

#[tokio::test]
async fn entries_are_retried_and_cancelled_only_where_that_makes_sense() {
    let (world, twilio, row) = one_message(Mishap::Refuse(400, 21614)).await;
    let now = Timestamp::now();
    assert!(matches!(cancel(&world.store, &world.exchange, row.id.number(), now), Err(ChangeError::NotWaiting { .. })));
    retry(&world.store, &world.exchange, row.id.number(), now).expect("failed, so queued again");
    assert!(matches!(retry(&world.store, &world.exchange, row.id.number(), now), Err(ChangeError::NotEnded { .. })));
    cancel(&world.store, &world.exchange, row.id.number(), now).expect("waiting");
    assert!(matches!(retry(&world.store, &world.exchange, 4711, now), Err(ChangeError::Unknown(4711))));
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    assert!(twilio.taken().is_empty());
}

#[tokio::test]
async fn a_plan_counts_without_sending() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written([phone(1), phone(2)]);
    world.queue_to("test:1", &phone(1), &"x".repeat(161));
    world.queue_to("test:2", &phone(2), "Na zdrowie, \u{141}ukasz");
    world.queue_to("test:3", &phone(3), "Hello");
    world.queue("test:4", Recipient::Person(DEE), Channel::Either, &plain("Hello"), None);
    let mut settings = world.settings.clone();
    settings.messaging.price_per_segment = Some(0.04);
    settings.twilio.as_mut().expect("a section").per_second = 1.0;
    let sender = by_twilio(&twilio.base());
    let plan = world.outbox_with(sender, &settings).plan(Timestamp::now()).expect("a plan");
    assert_eq!((plan.texts, plan.segments, plan.emails), (2, 3, 0));
    assert_eq!((plan.time, plan.dear.map(|(_, c)| c)), (Duration::from_secs(3), Some('\u{141}')));
    assert!((plan.price.expect("a price") - 0.12).abs() < 1e-9);
    let skipped: Vec<(&str, &str)> = plan.skipped.iter().map(|s| (s.to.as_str(), s.why)).collect();
    assert_eq!(
        skipped,
        [("+44…03", "the phone has not written yet"), ("Dee Hill", "no way to send e-mails is set up")]
    );
    assert!(twilio.times().is_empty());
    assert!(world.rows().iter().all(|row| row.state == OutboxState::Waiting));
}

// Two rosters may name one database.
#[tokio::test]
async fn an_exchange_leaves_the_messages_of_another_alone() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written([phone_of(ADA)]);
    let id = world.queue("test:1", Recipient::Person(ADA), Channel::Sms, &plain("Hello"), None);
    let other = crate::model::Exchange { name: "Office 2026".to_owned(), ..world.exchange.clone() };
    let outbox = Outbox::new(
        std::sync::Arc::clone(&world.store),
        by_twilio(&twilio.base()),
        &other,
        &world.settings,
        Box::new(|| None),
    );
    assert_eq!(outbox.plan(Timestamp::now()).expect("a plan").messages(), 0);
    finish(&outbox).await;
    assert!(twilio.taken().is_empty());
    assert_eq!(world.row(id).state, OutboxState::Waiting);
    let now = Timestamp::now();
    assert!(super::super::list(&world.store, &other, 0, 10).expect("a list").is_empty());
    assert!(world.store.read(|tx| super::super::counts(tx, &other)).expect("counts").is_empty());
    let refused = cancel(&world.store, &other, id.number(), now);
    assert!(matches!(refused, Err(ChangeError::Unknown(_))));
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    assert_eq!(world.row(id).state, OutboxState::Sent);
}

#[tokio::test]
async fn one_bad_row_stops_no_other() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written([phone(1)]);
    let bad = world.queue_to("test:1", &phone(1), "Hello");
    let unknown = world.queue_to("test:2", &phone(1), "Hello");
    let good = world.queue_to("test:3", &phone(1), "Hello");
    let db = rusqlite::Connection::open(world.folder.path().join("exchange.db")).expect("a database");
    for (sql, id) in [
        ("UPDATE outbox SET address = 'no phone' WHERE id = ?1", bad),
        ("UPDATE outbox SET kind = 'later' WHERE id = ?1", unknown),
    ] {
        db.execute(sql, [id.number()]).expect("damaged");
    }
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    let states = [bad, unknown, good].map(|id| world.row(id).state);
    assert_eq!(states, [OutboxState::Failed, OutboxState::Failed, OutboxState::Sent]);
    let listed = super::super::list(&world.store, &world.exchange, 0, 10).expect("a list");
    assert_eq!(listed[0].to, "somebody whose address cannot be read");
    assert_eq!(listed.len(), 3);
}

// G4
#[tokio::test]
async fn news_of_a_redraw_waits_until_the_new_draw_is_live() {
    let world = World::new();
    world.have_written([phone_of(ADA)]);
    let notice = Message::RedrawNotice { reason: "Ben moved away".to_owned() };
    let id = world.queue("test:1", Recipient::Person(ADA), Channel::Sms, &notice, None);
    let next = world.redraw();
    let archived = |state| world.write(|tx| tx.set_archive_state(next, state, None, Timestamp::now()));
    // As it is while the archive is down.
    let db = rusqlite::Connection::open(world.folder.path().join("exchange.db")).expect("a database");
    db.execute("DELETE FROM archive_copy WHERE draw = (SELECT id FROM draw WHERE number = 2)", []).expect("pending");
    let outbox = world.outbox(Sender::phones(Inbox::default()));
    outbox.drain(|_| {}).await.expect("a database");
    let row = world.row(id);
    assert_eq!((row.state, row.problem.as_deref()), (OutboxState::Waiting, Some("the new draw is not live yet")));
    archived(crate::store::ArchiveState::Confirmed);
    world.write(|tx| tx.put_off_message(id, Timestamp::now(), None));
    outbox.drain(|_| {}).await.expect("a database");
    assert_eq!(world.row(id).state, OutboxState::Sent);
}

// H15: a mail server may be quick with each answer and slow with all of them
#[tokio::test]
async fn a_sending_ends_before_its_claim_does() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written([phone(1)]);
    let id = world.queue_to("test:1", &phone(1), "Hello");
    twilio.plan([Mishap::TakeAndHold]);
    let pace = crate::app::outbox::Pace { request: Duration::from_millis(200), ..quick() };
    world.outbox(by_twilio(&twilio.base())).with_pace(pace).pass().await.expect("a database");
    let row = world.row(id);
    assert_eq!((row.state, row.unsure_since.is_some()), (OutboxState::Waiting, true));
    assert!(row.problem.is_some_and(|problem| problem.contains("too long")));
}

// G4, G10
#[tokio::test]
async fn whoever_got_their_pairing_by_mail_has_been_told() {
    let smtp = crate::messaging::smtp::local_server::LocalSmtp::start(None).await;
    let settings = crate::model::SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: smtp.port(),
        security: crate::model::SmtpSecurity::None,
        user: None,
        from: crate::model::Email::parse("xmas@example.org").expect("an address"),
    };
    let mail = || Sender::live(None, Some(crate::messaging::smtp::Smtp::new(&settings, None).expect("a server")));
    let told = |world: &World| world.store.read(|tx| tx.told(world.draw)).expect("a read");
    let queue =
        |world: &World| world.write(|tx| super::super::queue_pairing_mails(tx, &world.exchange, Timestamp::now()));
    let world = World::new();
    queue(&world);
    finish(&world.outbox(mail())).await;
    let [dee] = told(&world).try_into().expect("one");
    assert_eq!(dee.person, DEE);
    assert!(smtp.mails()[0].source.contains(&dee.sid), "{}", dee.sid);

    // A mail that went to the tester, without the name, tells Dee nothing.
    let world = World::new();
    queue(&world);
    let mut overridden = world.settings.clone();
    overridden.messaging.override_email = Some(settings.from.clone());
    finish(&world.outbox_with(mail(), &overridden)).await;
    assert!(told(&world).is_empty() && smtp.mails().len() == 2);
}

// H15
#[tokio::test]
async fn a_worker_that_is_to_stop_begins_nothing_more() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written((0..40).map(phone));
    for n in 0..40 {
        world.queue_to(&format!("test:{n}"), &phone(n), "Hello");
    }
    let outbox = world.outbox(by_twilio(&twilio.base()));
    let pass = outbox.pass_unless(&|| !twilio.times().is_empty()).await.expect("a database");
    let rows = world.rows();
    let waiting = rows.iter().filter(|row| row.state == OutboxState::Waiting).collect::<Vec<_>>();
    assert_eq!((waiting.len() + pass.sent, twilio.taken().len()), (40, pass.sent));
    assert!(waiting.len() >= 20, "{} wait", waiting.len());
    assert!(waiting.iter().all(|row| row.unsure_since.is_none() && row.attempts == 0));
}
