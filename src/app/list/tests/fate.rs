//! What becomes known late: after a message was claimed, or while nobody knows whether it went. Nothing goes out that should
//! not by then.

use super::sending::{outbox, outbox_with, quiet};
use super::*;
use crate::app::outbox::tests::twilio::{LocalTwilio, Mishap};
use crate::messaging::smtp::local_server::LocalSmtp;

/// One reader, and a text to them that Twilio may have taken or not: it has not.
struct Unsure {
    world: World,
    twilio: LocalTwilio,
    id: BroadcastId,
    outbox: Arc<Outbox>,
}

impl Unsure {
    async fn with(file: &str) -> Self {
        let (world, twilio) = (World::with(file), LocalTwilio::start().await);
        world.crowd(1);
        let id = world.broadcast("Hello");
        world.act(id, Act::Send).expect("sent");
        twilio.plan([Mishap::Refuse(500, 20500)]);
        let outbox = outbox(&world.site, &twilio.base());
        outbox.pass().await.expect("a pass");
        assert!(world.rows()[0].unsure_since.is_some() && twilio.taken().is_empty());
        Self { world, twilio, id, outbox }
    }

    /// Has a worker look again and again, for a second of the calendar; gives how the message stands then.
    async fn look_on(&self) -> OutboxRow {
        for _ in 0..20 {
            self.world.site.clock.advance(SignedDuration::from_millis(50));
            self.outbox.pass().await.expect("a pass");
        }
        self.world.rows().remove(0)
    }
}

// A9 H15: and where nothing stands in the way it goes, once
#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_taken_goes_out_once() {
    let unsure = Unsure::with(FILE).await;
    let row = unsure.look_on().await;
    assert_eq!((row.state, unsure.twilio.taken().len(), unsure.twilio.searches()), (OutboxState::Sent, 1, 2));
}

// A8 A12: nothing to whoever has left, checked when it is sent
#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_while_a_text_is_unsure_does_not_get_it() {
    let unsure = Unsure::with(FILE).await;
    let (world, now) = (&unsure.world, unsure.world.site.clock.now());
    let token = world.token("leave", &world.people()[0]);
    world.write(|tx| Ok(sign_up::leave(tx, &token, "c", now)?));
    let row = unsure.look_on().await;
    assert_eq!((row.state, row.problem.as_deref()), (OutboxState::Cancelled, Some("they have left the list")));
    assert!(unsure.twilio.taken().is_empty());
}

// A10: to the last moment
#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_that_is_cancelled_while_a_text_is_unsure_does_not_send_it() {
    let unsure = Unsure::with(FILE).await;
    assert!(unsure.world.act(unsure.id, Act::Cancel).expect("cancelled"));
    let row = unsure.look_on().await;
    assert_eq!((row.state, row.problem.as_deref()), (OutboxState::Cancelled, Some("the broadcast was cancelled")));
    assert!(unsure.twilio.taken().is_empty());
}

// A10: refused just before the night, looked up in it
#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_unsure_as_the_night_begins_waits_for_the_morning() {
    let unsure = Unsure::with(&quiet(1, 4)).await;
    unsure.world.site.clock.advance(SignedDuration::from_mins(61));
    let row = unsure.look_on().await;
    assert_eq!((row.state, row.problem.as_deref()), (OutboxState::Waiting, Some("quiet hours")));
    assert!(unsure.twilio.taken().is_empty());
    unsure.world.site.clock.advance(row.next_at.duration_since(unsure.world.site.clock.now()));
    assert_eq!((unsure.look_on().await.state, unsure.twilio.taken().len()), (OutboxState::Sent, 1));
}

// H18 A10: brought back from a backup, what is paused stays so
#[tokio::test(flavor = "multi_thread")]
async fn a_paused_broadcast_that_comes_back_from_a_backup_waits_for_its_organizer() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.crowd(3);
    let id = world.broadcast("Hello");
    world.act(id, Act::Send).expect("sent");
    world.act(id, Act::Pause).expect("paused");
    let now = world.site.clock.now();
    world.write(|tx| Ok(tx.count_as_perhaps_sent(now, now)?));
    let outbox = outbox(&world.site, &twilio.base());
    let unsure = Unsure { world, twilio, id, outbox };
    unsure.look_on().await;
    for row in unsure.world.rows() {
        assert_eq!((row.state, row.problem.as_deref()), (OutboxState::Waiting, Some("the broadcast is paused")));
    }
    assert!(unsure.twilio.taken().is_empty());
    unsure.world.act(unsure.id, Act::Send).expect("goes on");
    unsure.look_on().await;
    assert_eq!(unsure.world.counts(unsure.id), [("sent".to_owned(), 3)]);
    assert_eq!(unsure.twilio.taken().len(), 3);
}

// A8 H18: nobody can look a mail up, so it goes again where the organizer wants it; not to whoever has left since
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_unsure_does_not_go_to_whoever_has_left() {
    let (world, twilio, smtp) = (World::new(), LocalTwilio::start().await, LocalSmtp::start(None).await);
    world.import("First name,Email,Consent\nAnn,ann@example.org,paper\nBen,ben@example.org,paper\n");
    let id = world.broadcast("Hello");
    world.act(id, Act::Send).expect("sent");
    let now = world.site.clock.now();
    world.write(|tx| Ok(tx.count_as_perhaps_sent(now, now)?));
    assert_eq!(world.counts(id), [("failed".to_owned(), 2)]);
    assert_eq!(broadcasts::retry(&world.site, id).expect("queued"), 2);
    let token = world.token("leave", &world.people()[0]);
    world.write(|tx| Ok(sign_up::leave(tx, &token, "c", now)?));
    outbox_with(&world.site, &twilio.base(), Some(smtp.port())).drain(|_| {}).await.expect("drained");
    assert_eq!(world.counts(id), [("cancelled".to_owned(), 1), ("sent".to_owned(), 1)]);
    assert_eq!(smtp.mails().iter().map(|mail| &mail.to[..]).collect::<Vec<_>>(), [["ben@example.org"]]);
}

/// Four readers of a broadcast; when a worker has claimed their texts something happens, and then it goes on.
async fn meanwhile(act: impl FnOnce(&Exchanges, BroadcastId, &[String]) + Send) -> (World, LocalTwilio) {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.crowd(4);
    let id = world.broadcast("Hello");
    world.act(id, Act::Send).expect("sent");
    let tokens: Vec<String> = world.people().iter().map(|who| world.token("leave", who)).collect();
    let (site, act) = (world.site.clone(), std::sync::Mutex::new(Some(act)));
    let outbox = outbox(&world.site, &twilio.base());
    // It is asked whether it is to stop once it has claimed, before it begins anything.
    let stop = || {
        if let Some(act) = act.lock().expect("no panic").take() {
            act(&site, id, &tokens);
        }
        false
    };
    outbox.step(&stop).await.expect("a pass");
    outbox.pass().await.expect("a pass");
    (world, twilio)
}

fn do_it(site: &Exchanges, work: impl FnOnce(&Tx<'_>, jiff::Timestamp) -> Result<(), ListError>) {
    site.store.write(|tx| work(tx, site.clock.now())).expect("done");
}

// H3 A8 A10: looked at once more right before it is sent
#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_after_a_text_was_claimed_is_heeded() {
    let (world, twilio) = meanwhile(|site, _, tokens| {
        do_it(site, |tx, now| {
            tx.opt_out(&phone(0), now)?;
            Ok(sign_up::leave(tx, &tokens[1], "c", now).map(drop)?)
        });
    })
    .await;
    let told: Vec<String> = twilio.taken().into_iter().map(|taken| taken.to).collect();
    assert!(told.len() == 2 && (2..4).all(|n| told.contains(&phone(n).expose().to_owned())), "{told:?}");
    let states: Vec<OutboxState> = world.rows().iter().map(|row| row.state).collect();
    let (cancelled, sent) = (OutboxState::Cancelled, OutboxState::Sent);
    assert_eq!(states, [cancelled, cancelled, sent, sent]);
}

// A10
#[tokio::test(flavor = "multi_thread")]
async fn pause_and_cancel_hold_what_was_claimed_already() {
    for (act, state, why) in [
        (Act::Pause, OutboxState::Waiting, "the broadcast is paused"),
        (Act::Cancel, OutboxState::Cancelled, "the broadcast was cancelled"),
    ] {
        let (world, twilio) =
            meanwhile(|site, id, _| do_it(site, |tx, now| broadcasts::act(tx, id, act, now).map(drop))).await;
        assert!(twilio.taken().is_empty(), "{why}");
        for row in world.rows() {
            assert_eq!((row.state, row.problem.as_deref()), (state, Some(why)));
        }
    }
}

// A10 V2: at one a second, three thousand texts would keep everybody else's waiting for an hour
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_waits_for_goes_before_a_broadcast_that_was_queued_earlier() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.crowd(200);
    let id = world.broadcast("Hello");
    world.act(id, Act::Send).expect("sent");
    world.site.clock.advance(SignedDuration::from_mins(1));
    // On the same list, and on another one.
    world.join(&Form { email: String::new(), ..form("Ann", 900) });
    let new = NewList { name: "Choir".to_owned(), sender: "Hill Choir".to_owned(), ..NewList::default() };
    let choir = make(&world.site, None, &new).expect("a list");
    let join = Form { email: String::new(), ..form("Ben", 901) };
    world.write(|tx| sign_up::join(tx, &world.site, (&choir, &join), "203.0.113.9", world.site.clock.now()));
    let outbox = outbox(&world.site, &twilio.base());
    outbox.pass().await.expect("a pass");
    let told: Vec<String> = twilio.taken().into_iter().map(|taken| taken.to).collect();
    // Sixteen are under way at once, in no order.
    let first = &told[..16];
    assert!([900, 901].iter().all(|n| first.contains(&phone(*n).expose().to_owned())), "{first:?}");
    for _ in 0..4 {
        outbox.pass().await.expect("a pass");
    }
    assert_eq!(world.counts(id), [("sent".to_owned(), 200)], "and they all follow");
}

// A10 H16: on either engine, a worker reads no more of a long outbox than it takes
#[test]
fn a_worker_finds_what_is_due_by_the_index_on_either_engine() {
    let world = World::new();
    world.crowd(2_000);
    let id = world.broadcast("Hello");
    world.act(id, Act::Send).expect("sent");
    // This table alone: on PostgreSQL the other tests' are in the same database.
    world.site.store.sql("ANALYZE outbox");
    let now = world.site.clock.now() + SignedDuration::from_secs(1);
    let (due, plans) = world.site.store.explained(|tx| {
        tx.next_message_at(world.list.id, Channel::Sms, false).expect("a time");
        tx.due_messages(world.list.id, (Channel::Sms, false), now, 64).expect("rows")
    });
    assert_eq!(due.len(), 64);
    for (sql, plan) in &plans {
        let halves = plan.lines().filter(|step| step.contains("outbox_open")).count();
        assert!(halves == 2 && !plan.contains("Seq Scan on outbox") && !plan.contains("SCAN outbox"), "{sql}\n{plan}");
        assert!(!plan.contains("USE TEMP B-TREE FOR ORDER BY"), "{sql}\n{plan}");
    }
}
