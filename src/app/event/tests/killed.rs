//! Killed at any step: what was not acknowledged is not there, what was is, and nothing is sent twice.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::world::{outbox_of, phone, site_in, topics_of};
use super::*;
use crate::app::outbox::fault;
use crate::app::outbox::tests::twilio::LocalTwilio;
use crate::app::outbox::tests::world::{by_both, finish};
use crate::app::responder;
use crate::clock::Clock;

const FOLDER: &str = "XCHANGE_TEST_FOLDER";
const TWILIO: &str = "XCHANGE_TEST_TWILIO";
const AWAKE: &str = "\n[messaging]\nquiet = \"never\"\n";

/// Runs a child of this file until it is killed at a step.
fn kill(child: &str, folder: &Path, step: &str, twilio: Option<&LocalTwilio>) {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args(["--exact", &format!("app::event::tests::killed::{child}"), "--ignored"]);
    command.env(FOLDER, folder).env(fault::VARIABLE, step);
    command.envs(twilio.map(|twilio| (TWILIO, twilio.base().to_string())));
    let ended = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("a child");
    assert_eq!(ended.signal(), Some(9), "not killed at {step:?} but ended with {ended}");
}

/// Takes one text in; a test only by name.
#[test]
#[ignore = "run by the test below, in a process that it kills"]
fn child_listener() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let site = site_in(Path::new(&folder), Clock::system());
    responder::decide((&site.store, &site.clock), topics_of(&site), ("SM1", phone(0), "no"));
    fault::point("acknowledged");
}

// P8 H15 H2
#[test]
fn an_answer_that_is_cut_off_anywhere_counts_once_when_it_comes_again() {
    for (step, is_kept) in
        [("answer kept", false), ("answer taken", false), ("seat dealt", false), ("acknowledged", true)]
    {
        let world = World::with_more(&["Ada", "Ben"], AWAKE);
        world.take_real_time();
        let event = world.dinner(1, "1");
        world.act(event, &Act::Deal);
        kill("child_listener", world.folder.path(), step, None);
        let after = [("Ada", State::Declined), ("Ben", State::Open)];
        let expected = if is_kept { &after[..] } else { &[("Ada", State::Open)] };
        assert_eq!((world.states(event), world.queued().len()), (expected.to_vec(), expected.len()), "{step}");
        // The provider asks again.
        let words = world.deliver("SM1", 0, "no").expect("words");
        assert!(words.starts_with("Noted, and thank you"), "{step}: {words}");
        assert_eq!((world.states(event), world.queued().len()), (after.to_vec(), 2), "{step}");
        assert_eq!(world.seats(event), (1, 0, 1), "{step}");
        assert_eq!(world.store().number("SELECT count(*) FROM answer"), 1, "{step}");
    }
}

/// The worker; a test only by name.
#[test]
#[ignore = "run by the test below, in a process that it kills"]
fn child_worker() {
    let (Ok(folder), Ok(twilio)) = (std::env::var(FOLDER), std::env::var(TWILIO)) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let site = site_in(Path::new(&folder), Clock::system());
        finish(&outbox_of(&site, by_both(&twilio.parse().expect("an address"), 9))).await;
    });
}

// P8 H15 I7
#[tokio::test(flavor = "multi_thread")]
async fn killed_between_any_two_steps_an_invitation_goes_once() {
    for (step, left) in [("claimed", 0..=0), ("sent", 1..=3), ("recorded", 1..=3)] {
        let (world, twilio) = (World::with_more(&["Ada", "Ben", "Cleo"], AWAKE), LocalTwilio::start().await);
        world.take_real_time();
        let event = world.dinner(3, "3");
        world.act(event, &Act::Deal);
        tokio::task::block_in_place(|| kill("child_worker", world.folder.path(), step, Some(&twilio)));
        assert!(left.contains(&twilio.taken().len()), "{step}: {:?}", twilio.taken());
        finish(&world.outbox(by_both(&twilio.base(), 9))).await;
        let counts = twilio.count_by_phone();
        assert_eq!((counts.len(), counts.values().max()), (3, Some(&1)), "{step}: {counts:?}");
        assert_eq!(world.seats(event), (3, 0, 3), "{step}");
        assert!(world.shown(event).rows.iter().all(|row| row.sent_at.is_some()), "{step}");
        twilio.assert_well_behaved();
    }
}
