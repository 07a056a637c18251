//! Killed at any instant, nobody gets a message twice and nobody gets none.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::super::fault;
use super::twilio::{LocalTwilio, Mishap};
use super::world::{World, by_twilio, finish, outbox_in, phone};
use crate::store::OutboxState;

const FOLDER: &str = "XCHANGE_TEST_FOLDER";
const TWILIO: &str = "XCHANGE_TEST_TWILIO";
const MESSAGES: u32 = 6;

/// The worker in a process of its own; a test only by name.
#[test]
#[ignore = "run by the tests below, in a process that they kill"]
fn child_worker() {
    let (Ok(folder), Ok(base)) = (std::env::var(FOLDER), std::env::var(TWILIO)) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let outbox = outbox_in(&PathBuf::from(folder), &base.parse().expect("an address"));
    runtime.block_on(finish(&outbox));
}

fn start_child(world: &World, twilio: &LocalTwilio, fault: Option<&str>) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args(["--exact", "app::outbox::tests::crash::child_worker", "--ignored"]);
    command.env(FOLDER, world.folder.path()).env(TWILIO, twilio.base().as_str());
    if let Some(fault) = fault {
        command.env(fault::VARIABLE, fault);
    }
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a child")
}

/// Runs a worker until it is killed at a step.
async fn killed_at(world: &World, twilio: &LocalTwilio, step: &'static str) {
    use std::os::unix::process::ExitStatusExt;
    let mut child = start_child(world, twilio, Some(step));
    let status = tokio::task::spawn_blocking(move || child.wait()).await.expect("no panic").expect("an end");
    assert_eq!(status.signal(), Some(9), "the worker was not killed at {step:?} but ended with {status}");
}

fn queued() -> World {
    let world = World::new();
    world.have_written((0..MESSAGES).map(phone));
    for n in 0..MESSAGES {
        // All the same words: telling them apart is part of the job.
        world.queue_to(&format!("test:{n}"), &phone(n), "Merry Christmas");
    }
    // Two messages of the same words to one phone are two messages.
    world.queue_to("test:again", &phone(0), "Merry Christmas");
    world
}

async fn assert_everybody_got_theirs_once(world: &World, twilio: &LocalTwilio) {
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    let counts = twilio.count_by_phone();
    for n in 0..MESSAGES {
        let expected = if n == 0 { 2 } else { 1 };
        assert_eq!(counts.get(phone(n).expose()), Some(&expected), "phone {n}");
    }
    assert!(world.rows().iter().all(|row| row.state == OutboxState::Sent));
    twilio.assert_well_behaved();
}

// H15
#[tokio::test(flavor = "multi_thread")]
async fn killed_between_any_two_steps_nobody_gets_a_message_twice_or_none() {
    for step in ["claimed", "sent", "recorded"] {
        let (world, twilio) = (queued(), LocalTwilio::start().await);
        killed_at(&world, &twilio, step).await;
        assert_everybody_got_theirs_once(&world, &twilio).await;
    }
}

// H15
#[tokio::test(flavor = "multi_thread")]
async fn killed_again_while_looking_up_nobody_gets_a_message_twice_or_none() {
    let (world, twilio) = (queued(), LocalTwilio::start().await);
    killed_at(&world, &twilio, "claimed").await;
    // The second worker waits for the first one's claims to run out, looks up, finds nothing, and dies.
    killed_at(&world, &twilio, "looked up").await;
    assert!(twilio.searches() > 0);
    assert_everybody_got_theirs_once(&world, &twilio).await;
}

// H15
#[tokio::test(flavor = "multi_thread")]
async fn killed_while_twilio_has_the_message_and_has_not_answered_nobody_gets_it_twice() {
    let (world, twilio) = (queued(), LocalTwilio::start().await);
    twilio.plan([Mishap::TakeAndHold]);
    let mut child = start_child(&world, &twilio, None);
    twilio.next_arrival().await;
    child.kill().expect("killed");
    tokio::task::spawn_blocking(move || child.wait()).await.expect("no panic").expect("an end");
    assert_everybody_got_theirs_once(&world, &twilio).await;
}

// H15
#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_the_answers_nobody_gets_a_message_twice_or_none() {
    use rand::RngExt;
    for _ in 0..12 {
        let (world, twilio) = (queued(), LocalTwilio::start().await);
        let mishaps = (0..10).map(|_| match rand::rng().random_range(0..7) {
            0 => Mishap::Break,
            1 => Mishap::TakeAndBreak,
            2 => Mishap::HangUp,
            3 => Mishap::TakeAndHangUp,
            4 => Mishap::Throttle(0),
            5 => Mishap::Refuse(400, 21611),
            _ => Mishap::Slow(std::time::Duration::from_millis(5)),
        });
        twilio.plan(mishaps);
        assert_everybody_got_theirs_once(&world, &twilio).await;
    }
}

// H15, A3
#[tokio::test(flavor = "multi_thread")]
async fn two_workers_on_one_database_never_send_the_same_message() {
    let world = World::new();
    world.have_written((0..60).map(phone));
    for n in 0..60 {
        world.queue_to(&format!("test:{n}"), &phone(n), &format!("Number {n}"));
    }
    let twilio = LocalTwilio::start().await;
    let (one, other) = (world.outbox(by_twilio(&twilio.base())), world.outbox(by_twilio(&twilio.base())));
    tokio::join!(finish(&one), finish(&other));
    let counts = twilio.count_by_phone();
    assert_eq!((counts.len(), counts.values().sum::<usize>()), (60, 60));
    assert_eq!(twilio.searches(), 0);
}
