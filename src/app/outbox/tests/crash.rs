//! Killed at any instant, nobody gets a message twice and nobody gets none. What is under way are the messages of a
//! whole season: news of two new draws, an opening, reminders, relayed texts, a pairing by e-mail.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use super::super::{Outbox, Pace, Pass, fault};
use super::twilio::{LocalTwilio, Mishap};
use super::world::{Member, World, by_both, finish, outbox_of, phone, quick, ring, site_in, soon};
use crate::app::backup::{self, BroughtBack};
use crate::app::exchanges::Exchanges;
use crate::clock::Clock;
use crate::messaging::sender::Sender;
use crate::messaging::smtp::local_server::LocalSmtp;
use crate::model::Settings;
use crate::store::OutboxState;
use crate::store::testing::{LocalPostgres, database};

const FOLDER: &str = "XCHANGE_TEST_FOLDER";
const TWILIO: &str = "XCHANGE_TEST_TWILIO";
const SMTP: &str = "XCHANGE_TEST_SMTP";
const REHEARSAL: &str = "XCHANGE_TEST_REHEARSAL";

/// Everybody gives to the next; the last has no phone.
const PEOPLE: [Member<'_>; 5] = [
    ("Ada Hill", Some(0), None),
    ("Ben Hill", Some(1), None),
    ("Cy Hill", Some(2), None),
    ("Dee Hill", Some(3), None),
    ("Eve Hill", None, Some("eve@example.org")),
];

/// How many of the messages in the outbox are texts; one more is a mail.
const TEXTS: usize = 10;

/// How many texts are relayed besides.
const RELAYED: usize = 3;

/// The worker in a process of its own; a test only by name.
#[test]
#[ignore = "run by the tests below, in a process that they kill"]
fn child_worker() {
    let read = |name| std::env::var(name).ok();
    let (Some(folder), Some(twilio), Some(smtp)) = (read(FOLDER), read(TWILIO), read(SMTP)) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let folder = PathBuf::from(folder);
        let site = site_in(&folder, "exchange.toml", Clock::system());
        let sender = match read(REHEARSAL) {
            Some(_) => Sender::files(&folder.join("outbox")),
            None => by_both(&twilio.parse().expect("an address"), smtp.parse().expect("a port")),
        };
        finish(&outbox_of(&[&site], sender, quick())).await;
    });
}

/// A season whose messages all wait to be sent.
struct Season {
    world: World,
    twilio: LocalTwilio,
    smtp: LocalSmtp,
}

impl Season {
    async fn new() -> Self {
        Self::with("").await
    }

    /// With more in its file.
    async fn with(more: &str) -> Self {
        let roster = ring(&PEOPLE, &soon()) + more;
        let (world, twilio) = (World::of(&roster).await, LocalTwilio::start().await);
        let smtp = LocalSmtp::start(None).await;
        for (name, ..) in PEOPLE.iter().take(4) {
            world.text(name, "christmas").await;
        }
        // Whoever asks before each of two new draws hears of both, in the same words: two messages to one phone.
        world.redraw("Finn moved away").await;
        world.text("Ada Hill", "christmas").await;
        world.redraw("Finn moved away").await;
        world.notice("Ben Hill", "two parcels").await;
        world.text("Ben Hill", "ASK What size are your socks?").await;
        // Told twice, an answer is two messages of the same words as well, and to a role.
        for _ in 0..2 {
            world.text("Ben Hill", "TELL Eleven").await;
        }
        let season = Self { world, twilio, smtp };
        assert_eq!(season.outbox().queue_what_is_missing().await.expect("a database"), 5);
        assert_eq!(season.world.rows().len(), TEXTS + 1);
        season
    }

    /// The local Twilio dates by the machine's clock, which the world's runs ahead of from look to look; a message is looked for
    /// as far back as clocks may differ. Every ten minutes a look, and a relayed text's second sending would not be found.
    fn outbox(&self) -> Arc<Outbox> {
        let pace = Pace { look_again: std::time::Duration::from_secs(70), ..quick() };
        self.world.outbox_at(pace, by_both(&self.twilio.base(), self.smtp.port()), |_| {})
    }

    fn start_child(&self, fault: Option<&str>) -> Child {
        self.start_child_in(false, fault)
    }

    fn start_child_in(&self, rehearsal: bool, fault: Option<&str>) -> Child {
        let mut command = Command::new(std::env::current_exe().expect("this test"));
        command.args(["--exact", "app::outbox::tests::crash::child_worker", "--ignored"]);
        command.env(FOLDER, self.world.folder.path());
        command.env(TWILIO, self.twilio.base().as_str()).env(SMTP, self.smtp.port().to_string());
        command.envs(rehearsal.then_some((REHEARSAL, "yes")));
        if let Some(fault) = fault {
            command.env(fault::VARIABLE, fault);
        }
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a child")
    }

    /// Runs a worker until it is killed at a step.
    async fn killed_at(&self, step: &'static str) {
        self.killed_in(false, step).await;
    }

    async fn killed_in(&self, rehearsal: bool, step: &'static str) {
        use std::os::unix::process::ExitStatusExt;
        let mut child = self.start_child_in(rehearsal, Some(step));
        let status = tokio::task::spawn_blocking(move || child.wait()).await.expect("no panic").expect("an end");
        assert_eq!(status.signal(), Some(9), "the worker was not killed at {step:?} but ended with {status}");
    }

    fn states(&self) -> Vec<OutboxState> {
        self.world.rows().into_iter().map(|row| row.state).chain(self.world.relayed()).collect()
    }

    /// How many messages have left, and how many are recorded so.
    fn left_and_recorded(&self) -> (usize, usize) {
        let recorded = self.states().into_iter().filter(|state| *state == OutboxState::Sent).count();
        (self.twilio.taken().len() + self.smtp.mails().len(), recorded)
    }

    /// What everybody has got, by phone and the first words.
    fn got(&self) -> BTreeMap<(String, &'static str), usize> {
        const MARKS: [&str; 5] = [
            "Hill family has been drawn again",
            "The organizer has opened the sealed draw",
            "Whoever has you asks: What size",
            "From the person you have: Eleven",
            "Hill family is ",
        ];
        let mut got = BTreeMap::new();
        for taken in self.twilio.taken() {
            let mark = MARKS.into_iter().find(|mark| taken.body.starts_with(mark)).expect("words that are known");
            *got.entry((taken.to, mark)).or_default() += 1;
        }
        got
    }

    async fn assert_everybody_gets_theirs_once(&self) {
        finish(&self.outbox()).await;
        let mut expected = BTreeMap::new();
        for n in 0..4 {
            expected.insert((n, "Hill family has been drawn again"), if n == 0 { 2 } else { 1 });
            expected.insert((n, "Hill family is "), 1);
        }
        expected.insert((1, "The organizer has opened the sealed draw"), 1);
        expected.insert((2, "Whoever has you asks: What size"), 1);
        expected.insert((0, "From the person you have: Eleven"), 2);
        let expected = expected.into_iter().map(|((n, mark), count)| ((phone(n).expose().to_owned(), mark), count));
        assert_eq!(self.got(), expected.collect());
        assert_eq!(self.states(), [OutboxState::Sent; TEXTS + 1 + RELAYED]);
        self.twilio.assert_well_behaved();
        self.assert_the_pairing_went_as_one_mail();
    }

    /// A mail server cannot be asked what it took; a mail that goes again carries the same id, by which it is one mail.
    fn assert_the_pairing_went_as_one_mail(&self) {
        let mut ids: Vec<String> =
            self.smtp.mails().iter().map(|mail| mail.header("Message-ID").expect("an id")).collect();
        ids.dedup();
        let told: Vec<_> = self.world.tellings().into_iter().map(|told| (told.person, told.sid)).collect();
        let [id] = ids.as_slice() else { panic!("one mail: {ids:?}") };
        assert_eq!(told.len(), 1);
        assert!(told[0].0 == self.world.id("Eve Hill") && id.contains(&told[0].1), "{told:?} {id}");
    }
}

// H15
#[tokio::test(flavor = "multi_thread")]
async fn killed_between_any_two_steps_nobody_gets_a_message_twice_or_none() {
    const MESSAGES: usize = TEXTS + 1;
    const ALL: usize = MESSAGES + RELAYED;
    for (step, expected_left, expected_recorded) in [
        ("claimed", 0..=0, 0..=0),
        ("sent", 1..=MESSAGES, 0..=0),
        ("recorded", 1..=MESSAGES, 1..=MESSAGES),
        ("relays claimed", MESSAGES..=MESSAGES, MESSAGES..=MESSAGES),
        ("relays sent", MESSAGES + 1..=ALL, MESSAGES..=MESSAGES),
        ("relays recorded", ALL..=ALL, ALL..=ALL),
    ] {
        let season = Season::new().await;
        season.killed_at(step).await;
        let (left, recorded) = season.left_and_recorded();
        assert!(expected_left.contains(&left) && expected_recorded.contains(&recorded), "{step}: {left} {recorded}");
        season.assert_everybody_gets_theirs_once().await;
    }
}

// X23, H15
#[tokio::test(flavor = "multi_thread")]
async fn killed_in_a_rehearsal_or_before_one_nobody_gets_a_message_twice_or_none() {
    for step in ["claimed", "sent", "recorded"] {
        let season = Season::new().await;
        season.killed_in(true, step).await;
        assert_eq!(season.left_and_recorded(), (0, 0), "{step}");
        season.assert_everybody_gets_theirs_once().await;
        assert_eq!(season.twilio.searches(), 0, "{step}: nothing was sent of which the fate could be unsure");
    }
    // What was sent for real and not recorded is not rehearsed, and looked up when it is live again.
    let season = Season::new().await;
    season.killed_at("sent").await;
    let into_files = || season.world.outbox(Sender::files(&season.world.folder.path().join("outbox")));
    season.world.clock.advance(jiff::SignedDuration::from_secs(60));
    assert_eq!(into_files().drain(|_| {}).await.expect("a database"), Pass::default());
    season.assert_everybody_gets_theirs_once().await;
}

// H15
#[tokio::test(flavor = "multi_thread")]
async fn killed_again_while_looking_up_nobody_gets_a_message_twice_or_none() {
    let season = Season::new().await;
    season.killed_at("claimed").await;
    // The second worker takes over when the first one's claims have run out, looks up, finds nothing, and dies.
    season.killed_at("looked up").await;
    // What is relayed had not been claimed, and has gone meanwhile.
    assert!(season.left_and_recorded().0 <= RELAYED && season.twilio.searches() <= 1);
    season.assert_everybody_gets_theirs_once().await;
    assert!(season.twilio.searches() >= TEXTS);
}

// H15
#[tokio::test(flavor = "multi_thread")]
async fn killed_while_twilio_has_the_message_and_has_not_answered_nobody_gets_it_twice() {
    let season = Season::new().await;
    season.twilio.plan([Mishap::TakeAndHold]);
    let mut child = season.start_child(None);
    season.twilio.next_arrival().await;
    child.kill().expect("killed");
    tokio::task::spawn_blocking(move || child.wait()).await.expect("no panic").expect("an end");
    season.assert_everybody_gets_theirs_once().await;
}

// H15
#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_the_answers_nobody_gets_a_message_twice_or_none() {
    use rand::RngExt;
    for _ in 0..8 {
        let season = Season::new().await;
        let mishaps = (0..18).map(|_| match rand::rng().random_range(0..7) {
            0 => Mishap::Break,
            1 => Mishap::TakeAndBreak,
            2 => Mishap::HangUp,
            3 => Mishap::TakeAndHangUp,
            4 => Mishap::Throttle(0),
            5 => Mishap::Refuse(400, 21611),
            _ => Mishap::Slow(std::time::Duration::from_millis(5)),
        });
        season.twilio.plan(mishaps);
        season.assert_everybody_gets_theirs_once().await;
    }
}

// H15, A3
#[tokio::test(flavor = "multi_thread")]
async fn two_workers_on_one_database_never_send_the_same_message() {
    let world = World::crowd(60).await;
    let twilio = LocalTwilio::start().await;
    let worker = || world.outbox(super::world::by_twilio(&twilio.base()));
    let (one, other) = (worker(), worker());
    assert_eq!(one.queue_what_is_missing().await.expect("a database"), 60);
    let (one, other) = tokio::join!(one.drain(|_| {}), other.drain(|_| {}));
    assert_eq!(one.expect("a database").sent + other.expect("a database").sent, 60);
    let counts = twilio.count_by_phone();
    assert_eq!((counts.len(), counts.values().sum::<usize>()), (60, 60));
    assert_eq!(twilio.searches(), 0);
}

// H15 H16
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_in_the_middle_of_sending_makes_nobody_get_a_message_twice_or_none() {
    let Some(server) = LocalPostgres::with("-c listen_addresses=127.0.0.1", |_| {}) else { return };
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port);
    let season = Season::with(&format!("[store]\nurl = \"{url}\"\n")).await;
    season.twilio.plan(vec![Mishap::Slow(std::time::Duration::from_millis(50)); TEXTS]);
    let outbox = season.outbox();
    let sending = tokio::spawn(async move {
        // What a listener does: after an error it goes on.
        while !matches!(outbox.drain(|_| {}).await, Ok(pass) if pass == Pass::default()) {}
    });
    for taken in [1, TEXTS / 2] {
        while season.twilio.taken().len() < taken {
            tokio::task::yield_now().await;
        }
        tokio::task::block_in_place(|| {
            server.end("immediate");
            server.begin();
        });
    }
    sending.await.expect("no panic");
    season.assert_everybody_gets_theirs_once().await;
}

/// Brings a backup back in the place of what is there.
async fn bring_back(season: &Season, path: &std::path::Path) -> BroughtBack {
    season.world.site.store.lose_rows();
    let exchanges = Exchanges::around(season.world.site.clone());
    backup::bring_back(&exchanges, path, None).await.expect("brought back")
}

fn back_up(season: &Season) -> PathBuf {
    let (site, path) = (&season.world.site, season.world.folder.path().join("backup"));
    let settings =
        Settings { database: database(&season.world.folder.path().join("exchange.db")), ..(*site.settings).clone() };
    backup::make(&settings, &site.keys, &path, season.world.clock.now()).expect("a backup");
    path
}

// H18: and nobody has to be told apart who was told already.
#[tokio::test(flavor = "multi_thread")]
async fn what_went_out_after_a_backup_does_not_go_out_again_when_it_comes_back() {
    let season = Season::new().await;
    let path = back_up(&season);
    season.assert_everybody_gets_theirs_once().await;
    let mails = season.smtp.mails().len();
    let back = bring_back(&season, &path).await;
    assert_eq!((back.unsure, back.held), (TEXTS as u64, 1));
    finish(&season.outbox()).await;
    assert_eq!(season.twilio.taken().len(), TEXTS + RELAYED);
    assert_eq!(season.smtp.mails().len(), mails);
    let states = season.states();
    assert_eq!(states.iter().filter(|state| **state == OutboxState::Sent).count(), TEXTS + RELAYED, "{states:?}");
    assert_eq!(states.iter().filter(|state| **state == OutboxState::Failed).count(), 1, "{states:?}");
}

// H18
#[tokio::test(flavor = "multi_thread")]
async fn what_had_not_gone_out_goes_out_once_when_a_backup_comes_back() {
    let season = Season::new().await;
    let path = back_up(&season);
    bring_back(&season, &path).await;
    let held = season.world.rows().into_iter().find(|row| row.state == OutboxState::Failed).expect("a mail");
    assert!(season.twilio.taken().is_empty() && season.smtp.mails().is_empty());
    super::super::Ledger::Exchange(&season.world.site).retry(held.id.number()).expect("queued again");
    season.assert_everybody_gets_theirs_once().await;
}
