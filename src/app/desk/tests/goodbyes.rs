//! Goodbyes go out at their time, once, by both ways, whatever happens to the worker, the clock and the providers.

use std::process::{Command, Stdio};

use jiff::SignedDuration;

use super::super::*;
use super::world::{World, outbox, site, visitor};
use crate::app::outbox::fault;
use crate::app::outbox::tests::twilio::{LocalTwilio, Mishap};
use crate::app::outbox::tests::world::{by_both, finish};
use crate::clock::Clock;
use crate::messaging::smtp::local_server::{LocalSmtp, Trouble};

const FOLDER: &str = "XCHANGE_TEST_FOLDER";
const TWILIO: &str = "XCHANGE_TEST_TWILIO";
const SMTP: &str = "XCHANGE_TEST_SMTP";

/// The worker in a process of its own; a test only by name.
#[test]
#[ignore = "run by the tests below, in a process that they kill"]
fn child_worker() {
    let read = |name| std::env::var(name).ok();
    let (Some(folder), Some(twilio), Some(smtp)) = (read(FOLDER), read(TWILIO), read(SMTP)) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let site = site(std::path::Path::new(&folder), Clock::system());
        let sender = by_both(&twilio.parse().expect("an address"), smtp.parse().expect("a port"));
        finish(&outbox(&site, sender)).await;
    });
}

struct Providers {
    twilio: LocalTwilio,
    smtp: LocalSmtp,
}

impl Providers {
    async fn new() -> Self {
        Self { twilio: LocalTwilio::start().await, smtp: LocalSmtp::start(None).await }
    }

    fn sender(&self) -> crate::messaging::sender::Sender {
        by_both(&self.twilio.base(), self.smtp.port())
    }

    /// How many texts and how many different mails have gone out that say this.
    fn count(&self, text: &str, subject: &str) -> (usize, usize) {
        let texts = self.twilio.taken().iter().filter(|taken| taken.body.contains(text)).count();
        let mails = self.smtp.mails();
        let mut ids: Vec<_> = mails
            .iter()
            .filter(|mail| mail.header("Subject").is_some_and(|it| it.contains(subject)))
            .map(|mail| mail.header("Message-ID"))
            .collect();
        ids.sort();
        ids.dedup();
        (texts, ids.len())
    }

    fn arrivals(&self) -> (usize, usize) {
        self.count("is here for you", "is here for you")
    }

    fn goodbyes(&self) -> (usize, usize) {
        self.count("is over", "Your visit to")
    }
}

/// A world three hours ago: the local Twilio dates by the machine's clock, by which a message is looked for.
fn three_hours_ago() -> World {
    let world = World::new();
    world.clock().advance(SignedDuration::from_hours(-3));
    world
}

async fn drain(world: &World, providers: &Providers) {
    world.outbox(providers.sender()).drain(|_| {}).await.expect("a database");
}

// V2 V3
#[tokio::test(flavor = "multi_thread")]
async fn the_host_hears_at_once_and_the_visitor_when_it_is_time_and_not_before() {
    let (world, providers) = (World::new(), Providers::new().await);
    world.check_in(&visitor(1)).expect("in");
    drain(&world, &providers).await;
    assert_eq!((providers.arrivals(), providers.goodbyes()), ((1, 1), (0, 0)));
    let text = &providers.twilio.taken()[0];
    assert_eq!(text.to, "+447700901001");
    assert!(text.body.contains("Phone +447700902001, e-mail visitor1@example.org. In "), "{}", text.body);
    world.clock().advance(SignedDuration::from_mins(59));
    drain(&world, &providers).await;
    assert_eq!(providers.goodbyes(), (0, 0));
    world.clock().advance(SignedDuration::from_mins(2));
    drain(&world, &providers).await;
    assert_eq!(providers.goodbyes(), (1, 1));
    // A restart, and hours.
    let anew = site(world.folder.path(), world.clock().clone());
    world.clock().advance(SignedDuration::from_hours(5));
    outbox(&anew, providers.sender()).drain(|_| {}).await.expect("a database");
    assert_eq!(providers.goodbyes(), (1, 1));
    providers.twilio.assert_well_behaved();
}

// V3: a goodbye the next morning is noise.
#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_sent_for_two_hours_lapses_and_is_shown() {
    let (world, providers) = (World::new(), Providers::new().await);
    world.check_in(&visitor(1)).expect("in");
    drain(&world, &providers).await;
    world.clock().advance(SignedDuration::from_mins(60 + 121));
    drain(&world, &providers).await;
    assert_eq!(providers.goodbyes(), (0, 0));
    assert_eq!(world.causes().iter().filter(|it| it.contains(":leave:") && it.contains(" lapsed ")).count(), 2);
}

// V3 V10: closed by the clock while the listener was down, the goodbye is still sent, within its time.
#[tokio::test(flavor = "multi_thread")]
async fn a_visit_that_the_clock_has_closed_still_has_its_goodbye() {
    let (world, providers) = (World::new(), Providers::new().await);
    world.check_in(&visitor(1)).expect("in");
    drain(&world, &providers).await;
    world.clock().advance(SignedDuration::from_mins(60 + 45));
    assert_eq!(world.close(), 1);
    drain(&world, &providers).await;
    assert_eq!(providers.goodbyes(), (1, 1));
}

// V8
#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_fails_does_not_stop_the_other() {
    let (world, providers) = (World::new(), Providers::new().await);
    providers.twilio.plan([Mishap::Refuse(400, 21211)]);
    world.check_in(&visitor(1)).expect("in");
    drain(&world, &providers).await;
    assert_eq!(providers.arrivals(), (0, 1), "the text was refused for good");
    world.clock().advance(SignedDuration::from_mins(61));
    providers.smtp.plan([Trouble::RefuseRecipient(550)]);
    drain(&world, &providers).await;
    assert_eq!(providers.goodbyes(), (1, 0), "the mail was");
    let states: Vec<String> =
        world.causes().iter().map(|it| it.split(' ').nth(1).unwrap_or_default().to_owned()).collect();
    assert_eq!(states, ["failed", "sent", "sent", "failed"], "{:?}", world.causes());
}

// V6: a goodbye that is out is followed by another only for a later time.
#[tokio::test(flavor = "multi_thread")]
async fn who_stays_longer_after_the_goodbye_hears_again_then() {
    let (world, providers) = (World::new(), Providers::new().await);
    let visit = world.check_in(&visitor(1)).expect("in");
    world.clock().advance(SignedDuration::from_mins(61));
    drain(&world, &providers).await;
    assert_eq!(providers.goodbyes(), (1, 1));
    world.write(|tx| extend(tx, &world.site, &world.desk, &visit.visit, "30 min")).expect("moved");
    world.clock().advance(SignedDuration::from_mins(31));
    drain(&world, &providers).await;
    assert_eq!(providers.goodbyes(), (2, 2));
    world.leave(&visit);
    world.clock().advance(SignedDuration::from_hours(1));
    drain(&world, &providers).await;
    assert_eq!(providers.goodbyes(), (2, 2));
}

// V3 H15
#[tokio::test(flavor = "multi_thread")]
async fn killed_between_any_two_steps_a_goodbye_goes_once_by_each_way() {
    use std::os::unix::process::ExitStatusExt;
    for step in ["claimed", "sent", "recorded"] {
        let (world, providers) = (three_hours_ago(), Providers::new().await);
        let visits: Vec<_> = (1..=3)
            .map(|number| world.check_in(&Typed { until: "175 min".to_owned(), ..visitor(number) }).expect("in"))
            .collect();
        drain(&world, &providers).await;
        assert_eq!((providers.arrivals(), providers.goodbyes()), ((3, 3), (0, 0)));
        world.clock().advance(SignedDuration::from_hours(3));
        let mut command = Command::new(std::env::current_exe().expect("this test"));
        command.args(["--exact", "app::desk::tests::goodbyes::child_worker", "--ignored"]);
        command.env(FOLDER, world.folder.path()).env(fault::VARIABLE, step);
        command.env(TWILIO, providers.twilio.base().as_str()).env(SMTP, providers.smtp.port().to_string());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a child");
        let status = tokio::task::spawn_blocking(move || child.wait()).await.expect("no panic").expect("an end");
        assert_eq!(status.signal(), Some(9), "the worker was not killed at {step:?} but ended with {status}");
        finish(&world.outbox(providers.sender())).await;
        assert_eq!(providers.goodbyes(), (3, 3), "{step}");
        assert!(world.causes().iter().all(|it| it.contains(" sent ")), "{step}: {:?}", world.causes());
        for visit in &visits {
            assert_eq!(world.leave(visit), Left::Now);
        }
    }
}
