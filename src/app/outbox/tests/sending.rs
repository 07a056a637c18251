//! Retries, opt-outs, pace, quiet hours, lapsing, reports.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, ToSpan};

use super::super::{ChangeError, ClosedLine, DeliveryStatus, Ledger, Outbox, Pace, held_back};
use super::twilio::{LocalTwilio, Mishap};
use super::world::{
    ADA, BEN, CY, DEE, World, ZONE, by_both, by_twilio, finish, mailing, number, outbox_of, phone, phone_of, quick,
    ring, site_in, soon,
};
use crate::app::exchange::ServedExchanges;
use crate::app::exchange::archiver::Archiver;
use crate::app::exchanges::Exchanges;
use crate::messaging::envelope::Body;
use crate::messaging::inbox::Inbox;
use crate::messaging::length::measure;
use crate::messaging::sender::Sender;
use crate::messaging::smtp::local_server::LocalSmtp;
use crate::model::Email;
use crate::store::{Channel, OutboxId, OutboxRow, OutboxState};

/// The notice of an opening to Ben, who has a phone and nothing else, and what became of it.
async fn one_message(mishap: Mishap) -> (World, LocalTwilio, OutboxRow) {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[BEN]).await;
    let id = world.notice(BEN, "two parcels").await;
    twilio.plan([mishap]);
    drain(&world.outbox(by_twilio(&twilio.base()))).await;
    let row = world.row(id);
    (world, twilio, row)
}

async fn drain(outbox: &Arc<Outbox>) {
    outbox.drain(|_| {}).await.expect("a database");
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
    assert!(world.is_opted_out(BEN));
    let second = world.notice(BEN, "one more parcel").await;
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    assert_eq!(world.row(second).state, OutboxState::Cancelled);
    assert!(twilio.taken().is_empty());
}

// H3
#[tokio::test]
async fn an_opt_out_between_queueing_and_sending_is_heeded_and_start_ends_it() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[BEN]).await;
    let id = world.notice(BEN, "two parcels").await;
    world.text(BEN, "STOP").await;
    let outbox = world.outbox(by_twilio(&twilio.base()));
    finish(&outbox).await;
    assert_eq!((world.row(id).state, twilio.times().len()), (OutboxState::Cancelled, 0));
    world.text(BEN, "START").await;
    Ledger::Exchange(&world.site).retry(id.number()).expect("cancelled, so queued again");
    finish(&outbox).await;
    assert_eq!((world.row(id).state, twilio.taken().len()), (OutboxState::Sent, 1));
}

// H15
#[tokio::test]
async fn what_a_clock_a_year_ahead_has_put_off_goes_out_today() {
    let year = SignedDuration::from_hours(24 * 365);
    let (world, twilio, smtp) = (World::new().await, LocalTwilio::start().await, LocalSmtp::start(None).await);
    world.have_written(&[BEN, ADA]).await;
    let outbox = world.outbox_with(by_both(&twilio.base(), smtp.port()), |settings| {
        settings.twilio.as_mut().expect("a section").per_second = 1.0;
    });
    world.site.clock.advance(year);
    let sent = world.notice(BEN, "two parcels").await;
    outbox.pass().await.expect("a database");
    let queued_then = world.notice(BEN, "one more").await;
    assert_eq!(world.row(sent).state, OutboxState::Sent);
    world.site.clock.advance(-year);
    let queued_today = world.notice(ADA, "a third").await;
    // The line has been closed until next year, and one row is due then.
    outbox.pass().await.expect("a database");
    let states = || [queued_then, queued_today].map(|id| world.row(id).state);
    assert_eq!(states(), [OutboxState::Waiting, OutboxState::Waiting]);
    outbox.step(&|| false).await.expect("a database");
    let today = world.site.clock.now();
    finish(&outbox).await;
    assert_eq!(states(), [OutboxState::Sent, OutboxState::Sent]);
    assert_eq!(twilio.taken().len(), 3);
    let waited = world.site.clock.now().duration_since(today);
    assert!(waited < SignedDuration::from_hours(1), "{waited}");
}

// X10
#[tokio::test]
async fn nobody_is_texted_who_has_not_written() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[BEN]).await;
    let waiting = world.notice(CY, "two parcels").await;
    // The list says so before a worker has looked, and names no time.
    let listed = Ledger::Exchange(&world.site).list(0, 9).expect("a database").pop().expect("one");
    assert_eq!((listed.why().as_str(), listed.next_at), ("waits until this person texts for the first time", None));
    let sent = world.notice(BEN, "two parcels").await;
    let outbox = world.outbox(by_twilio(&twilio.base()));
    drain(&outbox).await;
    let row = world.row(waiting);
    assert_eq!(
        (row.state, row.problem.as_deref()),
        (OutboxState::Waiting, Some("waits until this person texts for the first time"))
    );
    assert_eq!(world.row(sent).state, OutboxState::Sent);
    world.have_written(&[CY]).await;
    finish(&outbox).await;
    assert_eq!(world.row(waiting).state, OutboxState::Sent);
}

#[tokio::test]
async fn retry_after_closes_the_line_for_everybody() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[BEN, CY]).await;
    world.notice(BEN, "two parcels").await;
    twilio.plan([Mishap::Throttle(120)]);
    let mut pace = quick();
    pace.backoff.longest = Duration::from_secs(600);
    let outbox = world.outbox_at(pace, by_twilio(&twilio.base()), |_| {});
    let before = world.clock.now();
    drain(&outbox).await;
    world.notice(CY, "two parcels").await;
    drain(&outbox).await;
    assert_eq!(twilio.times().len(), 1);
    let next = outbox.next_look().await.expect("a database").expect("two wait");
    // Behind the closed line Cy waits for what Ben met, and until then.
    let held = held_back(Ledger::Exchange(&world.site), world.site.clock.now()).expect("a database");
    assert!(matches!(&held[..], [both] if both.count == 2 && both.until == next), "{held:?} {next}");
    let listed = Ledger::Exchange(&world.site).list(0, 9).expect("a database");
    assert!(listed.iter().all(|entry| entry.next_at == Some(next) && entry.why() == held[0].why), "{listed:?}");
    let settings = std::sync::Arc::clone(&world.site.settings);
    let closed = world.read(|tx| ClosedLine::all(tx, &settings, world.clock.now()));
    assert_eq!(closed[0].reason(), held[0].why);
    assert!((120..=240).contains(&next.duration_since(before).as_secs()), "{next} {before}");
    finish(&outbox).await;
    assert_eq!(twilio.taken().len(), 2);
}

// H15: what waits behind a closed line is not waited for, however soon something else is looked at.
#[tokio::test]
async fn a_line_that_is_closed_for_long_ends_the_sending() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[BEN]).await;
    world.notice(BEN, "two parcels").await;
    world.notice(CY, "he has not written").await;
    twilio.plan([Mishap::Refuse(401, 20003)]);
    let outbox =
        world.outbox_at(Pace { look_again: Duration::from_secs(30), ..quick() }, by_twilio(&twilio.base()), |_| {});
    drain(&outbox).await;
    world.notice(BEN, "one more").await;
    tokio::time::timeout(Duration::from_secs(15), drain(&outbox)).await.expect("it ends");
}

// V8: whoever can only be mailed waits for the mail server, and holds no text up.
#[tokio::test]
async fn a_notice_that_goes_by_mail_waits_for_that_line_alone() {
    let (world, twilio, smtp) = (World::new().await, LocalTwilio::start().await, LocalSmtp::start(None).await);
    world.have_written(&[BEN]).await;
    let by_mail = world.notice(DEE, "two parcels").await;
    let by_text = world.notice(BEN, "two parcels").await;
    let until = world.clock.now().checked_add(5.minutes()).expect("a time");
    world.site.store.write(|tx| tx.close_line("email", until, Some("the server is gone"))).expect("a database");
    let outbox = world.outbox(by_both(&twilio.base(), smtp.port()));
    tokio::time::timeout(Duration::from_secs(15), drain(&outbox)).await.expect("it ends");
    assert_eq!((world.row(by_text).state, twilio.taken().len()), (OutboxState::Sent, 1));
    let row = world.row(by_mail);
    assert_eq!((row.next_at.as_second(), row.problem.as_deref()), (until.as_second(), Some("the server is gone")));
    finish(&outbox).await;
    assert_eq!((world.row(by_mail).state, smtp.mails().len()), (OutboxState::Sent, 1));
}

// G10: what waited only for a mail server goes as soon as there is one.
#[tokio::test]
async fn a_means_that_is_there_now_is_used_at_once() {
    let (world, twilio, smtp) = (World::new().await, LocalTwilio::start().await, LocalSmtp::start(None).await);
    let without = world.outbox(by_twilio(&twilio.base()));
    without.queue_what_is_missing().await.expect("a database");
    drain(&without).await;
    let held = held_back(Ledger::Exchange(&world.site), world.site.clock.now()).expect("a database");
    assert!(matches!(&held[..], [one] if one.count == 1 && !one.is_meant && one.why.contains("e-mails")), "{held:?}");
    let with = world.outbox(by_both(&twilio.base(), smtp.port()));
    assert_eq!(with.rehearse().await.expect("a plan").emails, 1);
    drain(&with).await;
    assert_eq!(
        (smtp.mails().len(), held_back(Ledger::Exchange(&world.site), world.site.clock.now()).expect("a database")),
        (1, Vec::new())
    );
}

#[tokio::test]
async fn a_wrong_token_closes_the_line_and_costs_no_attempt() {
    let (world, twilio, row) = one_message(Mishap::Refuse(401, 20003)).await;
    assert_eq!((row.state, row.attempts, row.provider_code), (OutboxState::Waiting, 0, Some(20003)));
    let outbox = world.outbox(by_twilio(&twilio.base()));
    world.have_written(&[CY]).await;
    world.notice(CY, "two parcels").await;
    drain(&outbox).await;
    assert_eq!(twilio.times().len(), 1);
}

#[tokio::test]
async fn attempts_are_bounded() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[BEN]).await;
    let id = world.notice(BEN, "two parcels").await;
    twilio.plan(std::iter::repeat_n(Mishap::Refuse(400, 21611), 50));
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    let row = world.row(id);
    assert_eq!((row.state, row.attempts, twilio.times().len()), (OutboxState::Failed, 8, 8));
}

#[tokio::test]
async fn an_answer_by_twiml_with_the_same_words_is_not_taken_for_the_message() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[BEN]).await;
    let id = world.notice(BEN, "two parcels").await;
    let outbox = world.outbox(by_twilio(&twilio.base()));
    let words = words_of(&world, &outbox, id);
    twilio.put(phone_of(BEN).expose(), number().expose(), &words, "outbound-reply");
    twilio.plan([Mishap::Break]);
    finish(&outbox).await;
    let taken: Vec<String> = twilio.taken().into_iter().map(|taken| taken.body).collect();
    assert_eq!((twilio.searches(), taken), (2, vec![words.clone(), words]));
}

// H15
#[tokio::test]
async fn a_list_that_is_behind_makes_no_message_go_twice() {
    // The second sending, whose answer is lost as well, is looked for as often as the first.
    for (mishaps, behind) in [
        (vec![Mishap::TakeAndBreak], 1),
        (vec![Mishap::TakeAndHangUp], 1),
        (vec![Mishap::Break, Mishap::TakeAndBreak], 3),
    ] {
        let (world, twilio) = (World::new().await, LocalTwilio::start().await);
        world.have_written(&[BEN]).await;
        let id = world.notice(BEN, "two parcels").await;
        twilio.plan(mishaps);
        twilio.fall_behind(behind);
        finish(&world.outbox(by_twilio(&twilio.base()))).await;
        assert_eq!((world.row(id).state, twilio.taken().len()), (OutboxState::Sent, 1));
        assert_eq!(twilio.searches(), behind + 1);
    }
}

/// A text as it would be sent now.
fn words_of(world: &World, outbox: &Outbox, id: OutboxId) -> String {
    let row = world.row(id);
    let envelope = world.read(|tx| outbox.resolve(tx, &row, world.clock.now()));
    let Ok(Body::Text(words)) = envelope.map(|envelope| envelope.body) else { panic!("no text") };
    words
}

// H15
#[tokio::test(flavor = "multi_thread")]
async fn two_workers_together_keep_the_rate() {
    let (world, twilio) = (World::crowd(8).await, LocalTwilio::start().await);
    for n in 0..8 {
        world.text_from(&phone(n), "christmas").await;
    }
    // Two segments each.
    world.redraw(&"x".repeat(100)).await;
    let worker = || {
        let sender = by_twilio(&twilio.base());
        world.outbox_with(sender, |settings| settings.twilio.as_mut().expect("a section").per_second = 40.0)
    };
    let (one, other, begun) = (worker(), worker(), Instant::now());
    let (one, other) = tokio::join!(one.drain(|_| {}), other.drain(|_| {}));
    assert_eq!(one.expect("a database").sent + other.expect("a database").sent, 8);
    assert!(twilio.taken().iter().all(|taken| measure(&taken.body).segments == 2));
    // The last follows seven messages of two segments: 350 ms at 40 a second, less what whole milliseconds round off.
    let last = twilio.times().into_iter().max().expect("eight");
    assert!(last.duration_since(begun) > Duration::from_millis(340), "{:?}", last.duration_since(begun));
}

#[tokio::test]
async fn quiet_hours_hold_texts_back_and_let_mails_through() {
    let world = World::new().await;
    world.have_written(&[BEN]).await;
    let text = world.notice(BEN, "two parcels").await;
    let zone = jiff::tz::TimeZone::get(ZONE).expect("a zone");
    let now = world.clock.now().to_zoned(zone).time();
    let outbox = world.outbox_with(Sender::phones(Inbox::default()), |settings| {
        settings.messaging.quiet = Some((now.wrapping_sub(1.hour()), now.wrapping_add(2.hours())));
    });
    assert_eq!(outbox.queue_what_is_missing().await.expect("a database"), 1);
    let plan = outbox.plan(world.clock.now()).expect("a plan");
    assert_eq!((plan.texts, plan.emails, plan.skipped.len()), (0, 1, 1));
    drain(&outbox).await;
    let row = world.row(text);
    assert_eq!((row.state, row.problem.as_deref()), (OutboxState::Waiting, Some("quiet hours")));
    let wait = row.next_at.duration_since(world.clock.now());
    assert!((60..=120).contains(&wait.as_mins()), "{wait}");
    assert_eq!(world.rows_of("pairing")[0].state, OutboxState::Sent);
    finish(&outbox).await;
    assert_eq!(world.row(text).state, OutboxState::Sent);
}

#[tokio::test]
async fn a_message_past_its_time_lapses_and_says_so() {
    let (world, twilio) = (World::crowd(3).await, LocalTwilio::start().await);
    let outbox = world.outbox(by_twilio(&twilio.base()));
    assert_eq!(outbox.queue_what_is_missing().await.expect("a database"), 3);
    world.clock.advance(SignedDuration::from_hours(36));
    finish(&outbox).await;
    for row in world.rows() {
        assert_eq!((row.state, row.problem.as_deref()), (OutboxState::Lapsed, Some("its time is over")));
    }
    assert!(twilio.taken().is_empty());
}

/// Twilio's report of the last message to somebody's phone.
async fn report(world: &World, twilio: &LocalTwilio, name: &str, status: &str, error_code: Option<u32>) {
    let sid = twilio.taken().iter().rfind(|taken| taken.to == phone_of(name).expose()).expect("taken").sid.clone();
    report_of(world, sid, name, status, error_code).await;
}

async fn report_of(world: &World, sid: String, name: &str, status: &str, error_code: Option<u32>) {
    let status = DeliveryStatus { sid, status: status.to_owned(), error_code, to: Some(phone_of(name)) };
    let outbox = world.outbox(Sender::phones(Inbox::default()));
    outbox.record_delivery(status).await.expect("recorded");
}

// H2
#[tokio::test]
async fn reports_may_come_repeated_in_any_order_and_too_early() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[ADA, BEN, CY]).await;
    let mut ids = Vec::new();
    for name in [ADA, BEN, CY] {
        ids.push(world.notice(name, "two parcels").await);
    }
    let outbox = world.outbox(by_twilio(&twilio.base()));
    finish(&outbox).await;
    for status in ["delivered", "sent", "delivered", "queued", "failed"] {
        report(&world, &twilio, ADA, status, None).await;
    }
    report(&world, &twilio, BEN, "undelivered", Some(30003)).await;
    report(&world, &twilio, BEN, "delivered", None).await;
    report(&world, &twilio, CY, "failed", Some(21610)).await;
    let states: Vec<_> = ids.iter().map(|id| (world.row(*id).state, world.row(*id).provider_code)).collect();
    assert_eq!(
        states,
        [(OutboxState::Delivered, None), (OutboxState::Failed, Some(30003)), (OutboxState::Failed, Some(21610))]
    );
    assert!(world.is_opted_out(CY) && !world.is_opted_out(BEN));

    // Too early: the report comes before the id is recorded, here because the answer never arrived.
    let id = world.notice(ADA, "one more parcel").await;
    twilio.plan([Mishap::TakeAndBreak]);
    outbox.pass().await.expect("a database");
    report(&world, &twilio, ADA, "delivered", None).await;
    assert_eq!(world.row(id).state, OutboxState::Waiting);
    finish(&outbox).await;
    assert_eq!(world.row(id).state, OutboxState::Delivered);
    twilio.assert_well_behaved();
}

// H15, V8
#[tokio::test]
async fn what_did_not_arrive_for_a_reason_that_passes_is_sent_once_more_as_the_same_row() {
    for code in [30001, 30022, 30023, 30036] {
        let (world, twilio, row) = one_message(Mishap::Slow(Duration::ZERO)).await;
        let outbox = world.outbox(by_twilio(&twilio.base()));
        let first = twilio.taken()[0].sid.clone();
        report(&world, &twilio, BEN, "undelivered", Some(code)).await;
        let again = world.row(row.id);
        assert_eq!((again.state, again.provider_code), (OutboxState::Waiting, Some(code)), "{code}");
        assert!(again.problem.is_some_and(|problem| !problem.is_empty()));
        // Repeated, late and contradicting reports of the first sending are not of the second.
        for (status, code) in [("undelivered", Some(code)), ("failed", Some(30005)), ("delivered", None)] {
            report_of(&world, first.clone(), BEN, status, code).await;
        }
        assert_eq!(world.row(row.id).state, OutboxState::Waiting);
        let wait = world.row(row.id).next_at.duration_since(world.clock.now());
        assert_eq!(wait > SignedDuration::from_secs(1), code == 30023, "{wait}");
        assert!(wait <= SignedDuration::from_hours(25), "{wait}");
        finish(&outbox).await;
        assert_eq!((world.row(row.id).state, twilio.taken().len()), (OutboxState::Sent, 2), "{code}");
        report_of(&world, first, BEN, "undelivered", Some(code)).await;
        assert_eq!(world.row(row.id).state, OutboxState::Sent);
        report(&world, &twilio, BEN, "delivered", None).await;
        report(&world, &twilio, BEN, "undelivered", Some(code)).await;
        finish(&outbox).await;
        assert_eq!((world.row(row.id).state, twilio.taken().len()), (OutboxState::Delivered, 2), "{code}");
        assert_eq!(world.rows().len(), 1);
        twilio.assert_well_behaved();
    }
}

#[tokio::test]
async fn what_did_not_arrive_for_good_is_not_sent_again() {
    for code in [None, Some(30003), Some(30005), Some(30006), Some(30007), Some(30008), Some(30034)] {
        let (world, twilio, row) = one_message(Mishap::Slow(Duration::ZERO)).await;
        report(&world, &twilio, BEN, "undelivered", code).await;
        report(&world, &twilio, BEN, "undelivered", Some(30001)).await;
        finish(&world.outbox(by_twilio(&twilio.base()))).await;
        let row = world.row(row.id);
        assert_eq!((row.state, row.provider_code, twilio.taken().len()), (OutboxState::Failed, code, 1));
    }
}

#[tokio::test]
async fn sendings_that_do_not_arrive_are_bounded_by_number_and_by_time() {
    let (world, twilio, row) = one_message(Mishap::Slow(Duration::ZERO)).await;
    let outbox = world.outbox(by_twilio(&twilio.base()));
    for _ in 0..20 {
        report(&world, &twilio, BEN, "undelivered", Some(30001)).await;
        finish(&outbox).await;
    }
    assert_eq!((world.row(row.id).state, twilio.taken().len()), (OutboxState::Failed, 8));

    // A reminder is worth sending for a day and a half, in which the carriers' day begins twice at the most.
    let (world, twilio) = (World::crowd(2).await, LocalTwilio::start().await);
    let outbox = world.outbox(by_twilio(&twilio.base()));
    outbox.queue_what_is_missing().await.expect("a database");
    let to_guest = || twilio.taken().into_iter().filter(|taken| taken.to == phone(0).expose()).collect::<Vec<_>>();
    for _ in 0..3 {
        finish(&outbox).await;
        let sid = to_guest().pop().expect("taken").sid;
        report_of(&world, sid, ADA, "undelivered", Some(30023)).await;
    }
    finish(&outbox).await;
    let states: Vec<OutboxState> = world.rows().iter().map(|row| row.state).collect();
    assert_eq!(states, [OutboxState::Lapsed, OutboxState::Sent]);
    assert!((1..=3).contains(&to_guest().len()), "{}", to_guest().len());
}

// H15
#[tokio::test]
async fn a_sending_that_did_not_arrive_is_not_taken_for_the_one_after_it() {
    let (world, twilio, row) = one_message(Mishap::Slow(Duration::ZERO)).await;
    report(&world, &twilio, BEN, "undelivered", Some(30001)).await;
    // The second sending ends in an answer that tells nothing; then the first one's words are found in the list.
    twilio.plan([Mishap::Break]);
    let outbox = world.outbox(by_twilio(&twilio.base()));
    finish(&outbox).await;
    assert_eq!((world.row(row.id).state, twilio.taken().len()), (OutboxState::Sent, 2));
    assert!(twilio.searches() > 0);
    // Too early: the report comes before the id is recorded.
    report(&world, &twilio, BEN, "undelivered", Some(30001)).await;
    twilio.plan([Mishap::TakeAndBreak]);
    world.clock.advance(SignedDuration::from_secs(1));
    outbox.pass().await.expect("a database");
    report(&world, &twilio, BEN, "undelivered", Some(30036)).await;
    finish(&outbox).await;
    assert_eq!((world.row(row.id).state, twilio.taken().len()), (OutboxState::Sent, 4));
}

#[tokio::test]
async fn the_same_cause_makes_one_message() {
    let world = World::new().await;
    for _ in 0..2 {
        world.text(ADA, "christmas").await;
    }
    world.redraw("Ben moved away").await;
    let outbox = world.outbox(Sender::phones(Inbox::default()));
    for new in [1, 0, 0] {
        assert_eq!(outbox.queue_what_is_missing().await.expect("a database"), new);
    }
    let rows: Vec<_> = world.rows().into_iter().map(|row| (row.kind, world.name(row.recipient))).collect();
    assert_eq!(rows, [("redraw_notice".to_owned(), ADA.to_owned()), ("pairing".to_owned(), DEE.to_owned())]);
}

// H12
#[tokio::test]
async fn reminders_go_to_the_silent_only() {
    let world = World::new().await;
    world.have_written(&[BEN, CY]).await;
    assert!(world.text(CY, "BOUGHT").await.is_some_and(|answer| answer.contains("you have bought it")));
    let outbox = world.outbox(Sender::phones(Inbox::default()));
    // The pairing by e-mail to Dee.
    assert_eq!(outbox.queue_what_is_missing().await.expect("a database"), 1);
    // Ten in the morning, two weeks before.
    world.wait_until("2099-12-10T09:59:00+05:30");
    assert_eq!(outbox.queue_what_is_missing().await.expect("a database"), 0);
    world.wait_until("2099-12-10T10:00:01+05:30");
    // Ben by SMS, for he has written; Ada by e-mail, for she has not asked; Cy has bought; Dee cannot text.
    assert_eq!(outbox.queue_what_is_missing().await.expect("a database"), 2);
    world.wait_until("2099-12-11T10:00:00+05:30");
    assert_eq!(outbox.queue_what_is_missing().await.expect("a database"), 0);
    let reminders = || world.rows_of("reminder");
    let rows: Vec<_> = reminders().into_iter().map(|row| (world.name(row.recipient), row.channel)).collect();
    assert_eq!(rows, [(ADA.to_owned(), Channel::Email), (BEN.to_owned(), Channel::Sms)]);

    // Before they are sent, Ben says SENT. That a present for Ada has come says nothing of hers.
    world.text(BEN, "SENT").await;
    world.text(ADA, "GOT").await;
    drain(&outbox).await;
    let states: Vec<_> = reminders().into_iter().map(|row| row.state).collect();
    assert_eq!(states, [OutboxState::Sent, OutboxState::Cancelled]);
    world.wait_until("2099-12-15T10:00:00+05:30");
    assert_eq!(outbox.queue_what_is_missing().await.expect("a database"), 0);
    // Two days before it is Ada, and Dee, who has her mail by now; a worker that goes on by itself thinks of them.
    world.wait_until("2099-12-22T10:00:01+05:30");
    outbox.step(&|| false).await.expect("a database");
    let rows: Vec<_> = reminders().into_iter().map(|row| (world.name(row.recipient), row.state)).collect();
    assert_eq!(rows[2..], [(ADA.to_owned(), OutboxState::Sent), (DEE.to_owned(), OutboxState::Sent)]);
}

// G15
#[tokio::test]
async fn whoever_chose_mail_gets_everything_by_mail_and_may_text_all_the_same() {
    let people = [(ADA, Some(1), Some("ada@example.org!")), (BEN, Some(2), Some("ben@example.org"))];
    let world = World::of(&ring(&people, &soon())).await;
    let (twilio, smtp) = (LocalTwilio::start().await, LocalSmtp::start(None).await);
    world.have_written(&[ADA, BEN]).await;
    let outbox = || world.outbox(by_both(&twilio.base(), smtp.port()));
    world.text(ADA, "ASK tea or coffee?").await;
    world.text(BEN, "ASK red or green?").await;
    // A worker that goes on by itself mails the pairing, and reminds Ben by text; Ada only once she was told.
    outbox().step(&|| false).await.expect("a database");
    finish(&outbox()).await;
    let to: Vec<String> = smtp.mails().into_iter().flat_map(|mail| mail.to).collect();
    assert_eq!(to, ["ada@example.org", "ada@example.org"], "her pairing, and Ben's question");
    assert_eq!(world.tellings().iter().map(|told| told.person).collect::<Vec<_>>(), [world.id(ADA)]);
    assert!(twilio.taken().iter().all(|taken| taken.to == phone_of(BEN).expose()));
    assert_eq!(twilio.taken().len(), 2, "her question, and a reminder");

    world.notice(ADA, "two parcels").await;
    assert_eq!(outbox().queue_what_is_missing().await.expect("a database"), 1);
    finish(&outbox()).await;
    let later = smtp.mails().split_off(2);
    let mut subjects: Vec<_> = later.iter().map(|mail| mail.header("Subject").expect("a subject")).collect();
    subjects.sort();
    assert!(subjects.len() == 2 && subjects[0].starts_with("Hill family is "), "{subjects:?}");
    assert_eq!(subjects[1], "Hill family: please read");
    assert!(later.iter().any(|mail| mail.source.contains("stands in an earlier e-mail")));
    assert_eq!(twilio.taken().len(), 2);
    assert_eq!(world.text(ADA, "christmas").await.as_deref(), Some("You have Ben Hill."));
}

// G10 G15: the draw is enough; nobody has to think of `send`.
#[tokio::test]
async fn a_worker_mails_the_pairings_of_a_draw_by_itself_but_not_of_one_that_was_restored() {
    let (world, smtp) = (World::new().await, LocalSmtp::start(None).await);
    let outbox = || world.outbox(Sender::live(None, Some(mailing(smtp.port()))));
    let unmailed = || crate::app::exchange::notices::unmailed(&world.site).expect("a database");
    assert_eq!((world.rows().len(), unmailed()), (0, 0));
    outbox().step(&|| false).await.expect("a database");
    assert_eq!((smtp.mails().len(), world.rows_of("pairing").len(), unmailed()), (1, 1, 0));

    // Restored, it is not known who was told before.
    world.site.store.lose_rows();
    let fresh = site_in(world.folder.path(), "exchange.toml", world.clock.clone());
    crate::app::exchange::restore::restore(&fresh).await.expect("restored");
    let worker = outbox_of(&[&fresh], Sender::live(None, Some(mailing(smtp.port()))), quick());
    worker.step(&|| false).await.expect("a database");
    assert_eq!((smtp.mails().len(), crate::app::exchange::notices::unmailed(&fresh).expect("a database")), (1, 1));
    worker.queue_what_is_missing().await.expect("a database");
    finish(&worker).await;
    assert_eq!(smtp.mails().len(), 2, "`send` does it");
}

#[tokio::test]
async fn entries_are_retried_and_cancelled_only_where_that_makes_sense() {
    let (world, twilio, row) = one_message(Mishap::Refuse(400, 21614)).await;
    let (site, id) = (&world.site, row.id.number());
    assert!(matches!(Ledger::Exchange(site).cancel(id), Err(ChangeError::NotWaiting { .. })));
    Ledger::Exchange(site).retry(id).expect("failed, so queued again");
    assert!(matches!(Ledger::Exchange(site).retry(id), Err(ChangeError::NotEnded { .. })));
    Ledger::Exchange(site).cancel(id).expect("waiting");
    let twice = Ledger::Exchange(site).cancel(id).expect_err("it is cancelled");
    assert_eq!(twice.to_string(), format!("Message {id} is cancelled already."));
    assert!(matches!(Ledger::Exchange(site).retry(4711), Err(ChangeError::Unknown(4711))));
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    assert!(twilio.taken().is_empty());
}

#[tokio::test]
async fn a_plan_counts_without_sending() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[ADA, BEN]).await;
    world.notice(ADA, &"x".repeat(200)).await;
    let dear = world.notice(BEN, "a parcel for \u{141}ukasz").await;
    world.notice(CY, "two parcels").await;
    world.notice(DEE, "two parcels").await;
    let outbox = world.outbox_with(by_twilio(&twilio.base()), |settings| {
        settings.messaging.price_per_segment = Some(0.04);
        settings.twilio.as_mut().expect("a section").per_second = 4.0;
    });
    let plan = outbox.rehearse().await.expect("a plan");
    let skipped: Vec<(&str, &str, &str)> =
        plan.skipped.iter().map(|skipped| (skipped.kind.as_str(), skipped.to.as_str(), skipped.why)).collect();
    assert_eq!(
        skipped,
        [
            ("opening_notice", CY, "waits until this person texts for the first time"),
            ("opening_notice", DEE, "no way to send e-mails is set up"),
            ("pairing", DEE, "no way to send e-mails is set up")
        ]
    );
    assert!(twilio.times().is_empty() && world.rows().len() == 4);
    assert!(world.rows().iter().all(|row| row.state == OutboxState::Waiting));

    // And what it says comes true.
    assert_eq!(plan.dear, Some((dear.number(), '\u{141}')));
    assert_eq!((plan.texts, plan.emails, plan.messages()), (2, 0, 2));
    drain(&outbox).await;
    let segments: usize = twilio.taken().iter().map(|taken| measure(&taken.body).segments).sum();
    assert!(twilio.taken().len() == 2 && segments >= 5, "{segments}");
    assert_eq!((plan.segments, plan.time), (segments, Duration::from_millis(250 * segments as u64)));
    assert!((plan.price.expect("a price") - 0.04 * segments as f64).abs() < 1e-9);
}

/// A second exchange, in the same database as a world's.
async fn office(world: &World) -> crate::app::site::Site {
    let roster = "[exchange]\nname = \"Office\"\nkeyword = \"office\"\n\n[archive]\nfolder = \"office\"\n\n\
                  [[people]]\nname = \"Ada Hill\"\nphone = \"+447700900001\"\n\n\
                  [[people]]\nname = \"Bo Wood\"\nphone = \"+447700900002\"\n";
    std::fs::write(world.folder.path().join("office.toml"), roster).expect("written");
    site_in(world.folder.path(), "office.toml", world.clock.clone())
}

// Two rosters may name one database.
#[tokio::test]
async fn an_exchange_leaves_the_messages_of_another_alone() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[ADA]).await;
    let id = world.notice(ADA, "two parcels").await;
    let other = office(&world).await;
    let outbox = outbox_of(&[&other], by_twilio(&twilio.base()), quick());
    assert_eq!(outbox.plan(world.clock.now()).expect("a plan").messages(), 0);
    finish(&outbox).await;
    assert!(twilio.taken().is_empty());
    assert_eq!(world.row(id).state, OutboxState::Waiting);
    assert!(Ledger::Exchange(&other).list(0, 10).expect("a list").is_empty());
    let counts = world.read(|tx| tx.count_messages(other.topic(tx)?.expect("entered").id));
    assert!(counts.is_empty(), "{counts:?}");
    for refused in [Ledger::Exchange(&other).cancel(id.number()), Ledger::Exchange(&other).retry(id.number())] {
        assert!(matches!(refused, Err(ChangeError::Unknown(_))));
    }
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    assert_eq!(world.row(id).state, OutboxState::Sent);
}

#[tokio::test]
async fn each_message_is_in_the_words_of_its_own_exchange() {
    use crate::app::exchange::audit::{self, Wanted};
    use crate::app::exchange::draw::{self, Request};
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[ADA]).await;
    world.notice(ADA, "two parcels").await;
    let other = office(&world).await;
    draw::draw(&other, Request::default()).await.expect("drawn");
    let wanted = Wanted { by: crate::seal::By::Giver, name: ADA, draw: None };
    let found = audit::find(&other, wanted).await.expect("found");
    audit::open(&other, found, "no parcel").await.expect("opened");
    finish(&outbox_of(&[&world.site, &other], by_twilio(&twilio.base()), quick())).await;
    let bodies: Vec<String> = twilio.taken().into_iter().map(|taken| taken.body).collect();
    assert_eq!(bodies.len(), 2);
    for (name, reason) in [("Hill family", "two parcels"), ("Office", "no parcel")] {
        let of = format!("sealed draw of {name} to see");
        assert!(bodies.iter().any(|body| body.contains(&of) && body.ends_with(reason)), "{bodies:?}");
    }
}

#[tokio::test]
async fn one_bad_row_stops_no_other() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[BEN]).await;
    let damage = [
        "parameters = 'no JSON'",
        "kind = 'later'",
        "kind = 'relay', parameters = '{\"relay\":1,\"nth\":0}'",
        "role = 'receiver'",
        "person = 4711",
        "draw = 4711",
        "draw = NULL",
    ];
    let mut bad = Vec::new();
    for sql in damage {
        bad.push(world.notice(BEN, "two parcels").await);
        let row = bad.last().expect("one").number();
        // As long as it checks references, the database takes some of this from nobody.
        world.site.store.sql_unchecked(&format!("UPDATE outbox SET {sql} WHERE id = {row}"));
    }
    let good = world.notice(BEN, "two parcels").await;
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    for (id, damage) in bad.iter().zip(damage) {
        assert_eq!(world.row(*id).state, OutboxState::Failed, "{damage}");
    }
    assert_eq!(world.row(good).state, OutboxState::Sent);
    let listed = Ledger::Exchange(&world.site).list(0, 10).expect("a list");
    let to: Vec<&str> = listed.iter().map(|entry| entry.to.as_str()).collect();
    assert_eq!(to, [BEN, BEN, BEN, "Ben Hill", "somebody", BEN, BEN, BEN]);
}

// G4
#[tokio::test]
async fn news_of_a_redraw_waits_until_the_new_draw_is_live() {
    let world = World::new().await;
    world.text(BEN, "christmas").await;
    // The archive is down while the new draw is made.
    let archive = |name: &str| world.folder.path().join(name);
    std::fs::rename(archive("sealed"), archive("away")).expect("moved");
    std::fs::write(archive("sealed"), "in the way").expect("written");
    world.redraw("Ben moved away").await;
    let [notice] = world.rows().try_into().expect("one notice");
    let outbox = world.outbox(Sender::phones(Inbox::default()));
    drain(&outbox).await;
    let row = world.row(notice.id);
    assert_eq!((row.state, row.problem.as_deref()), (OutboxState::Waiting, Some("the new draw is not live yet")));

    std::fs::remove_file(archive("sealed")).expect("removed");
    std::fs::rename(archive("away"), archive("sealed")).expect("moved");
    let exchanges = ServedExchanges::enter(Exchanges::around(world.site.clone())).expect("entered");
    Archiver::new(Arc::new(exchanges)).step().await;
    finish(&outbox).await;
    assert_eq!(world.row(notice.id).state, OutboxState::Sent);
}

// H15: a mail server may be quick with each answer and slow with all of them
#[tokio::test]
async fn a_sending_ends_before_its_claim_does() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[BEN]).await;
    let id = world.notice(BEN, "two parcels").await;
    twilio.plan([Mishap::TakeAndHold]);
    let pace = crate::app::outbox::Pace { request: Duration::from_millis(200), ..quick() };
    world.outbox_at(pace, by_twilio(&twilio.base()), |_| {}).pass().await.expect("a database");
    let row = world.row(id);
    assert_eq!((row.state, row.unsure_since.is_some()), (OutboxState::Waiting, true));
    assert!(row.problem.is_some_and(|problem| problem.contains("too long")));
}

// G4, G10
#[tokio::test]
async fn whoever_got_their_pairing_by_mail_has_been_told() {
    let smtp = LocalSmtp::start(None).await;
    let mail = || Sender::live(None, Some(mailing(smtp.port())));
    let world = World::new().await;
    let outbox = world.outbox(mail());
    outbox.queue_what_is_missing().await.expect("a database");
    finish(&outbox).await;
    let [dee] = world.tellings().try_into().expect("one");
    assert_eq!(dee.person, world.id(DEE));
    assert!(smtp.mails()[0].source.contains(&dee.sid), "{}", dee.sid);
    // So a new draw is news for her.
    world.redraw("Ben moved away").await;
    assert_eq!(world.rows_of("redraw_notice").len(), 1);

    // A mail that went to the tester, without the name, tells Dee nothing.
    let world = World::new().await;
    let outbox = world.outbox_with(mail(), |settings| {
        settings.messaging.override_email = Some(Email::parse("tester@example.org").expect("an address"));
    });
    outbox.queue_what_is_missing().await.expect("a database");
    finish(&outbox).await;
    assert!(world.tellings().is_empty() && smtp.mails().len() == 2);
    world.redraw("Ben moved away").await;
    assert!(world.rows_of("redraw_notice").is_empty());
}

// H15
#[tokio::test]
async fn a_worker_that_is_to_stop_begins_nothing_more() {
    let (world, twilio) = (World::crowd(40).await, LocalTwilio::start().await);
    let outbox = world.outbox(by_twilio(&twilio.base()));
    assert_eq!(outbox.queue_what_is_missing().await.expect("a database"), 40);
    let pass = outbox.pass_unless(&|| !twilio.times().is_empty()).await.expect("a database");
    let rows = world.rows();
    let waiting = rows.iter().filter(|row| row.state == OutboxState::Waiting).collect::<Vec<_>>();
    assert_eq!((waiting.len() + pass.sent, twilio.taken().len()), (40, pass.sent));
    assert!(waiting.len() >= 20, "{} wait", waiting.len());
    assert!(waiting.iter().all(|row| row.unsure_since.is_none() && row.attempts == 0));
}
