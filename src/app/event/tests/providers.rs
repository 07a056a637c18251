//! Providers that fail, are late, or say things twice; whom they may be asked to text, how much, and when.

use super::world::phone;
use super::*;
use crate::app::outbox::DeliveryStatus;
use crate::app::outbox::tests::twilio::{LocalTwilio, Mishap, Taken};
use crate::app::outbox::tests::world::by_both;
use crate::messaging::smtp::local_server::LocalSmtp;
use crate::store::OutboxState;

pub(super) struct Providers {
    pub(super) twilio: LocalTwilio,
    pub(super) smtp: LocalSmtp,
}

impl Providers {
    pub(super) async fn new() -> Self {
        Self { twilio: LocalTwilio::start().await, smtp: LocalSmtp::start(None).await }
    }

    pub(super) async fn drain(&self, world: &World) {
        let outbox = world.outbox(by_both(&self.twilio.base(), self.smtp.port()));
        outbox.drain(|_| {}).await.expect("a database");
    }

    /// As `serve` goes about it: what is due of itself first.
    pub(super) async fn step(&self, world: &World) {
        let outbox = world.outbox(by_both(&self.twilio.base(), self.smtp.port()));
        outbox.step(&|| false).await.expect("a database");
    }

    async fn report(&self, world: &World, taken: &Taken, status: &str, error_code: Option<u32>) {
        let outbox = world.outbox(by_both(&self.twilio.base(), self.smtp.port()));
        let status = DeliveryStatus {
            sid: taken.sid.clone(),
            status: status.to_owned(),
            error_code,
            to: crate::model::Phone::from_provider(&taken.to),
        };
        outbox.record_delivery(status).await.expect("a database");
    }

    /// Who was texted, many at a time in no order.
    pub(super) fn texted(&self) -> Vec<String> {
        let mut texted: Vec<String> = self.twilio.taken().into_iter().map(|taken| taken.to).collect();
        texted.sort();
        texted
    }
}

pub(super) fn numbers(of: &[usize]) -> Vec<String> {
    of.iter().map(|number| phone(*number).expose().to_owned()).collect()
}

// D10 V8 H15: a number that takes no texts; the mail goes instead, or the seat goes to the next.
#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_refused_for_good_goes_by_mail_or_frees_the_seat_at_once() {
    let (world, providers) = (World::with(&["Ada", "Ben", "Cleo"]), Providers::new().await);
    world.give_mail(0, "ada@example.org");
    let event = world.dinner(2, "2");
    world.act(event, &Act::Deal);
    providers.twilio.plan([Mishap::Refuse(400, 21211), Mishap::Refuse(400, 21211)]);
    for _ in 0..3 {
        providers.drain(&world).await;
    }
    assert_eq!(world.states(event), [("Ada", State::Open), ("Ben", State::Skipped), ("Cleo", State::Open)]);
    assert_eq!(providers.texted(), numbers(&[2]));
    let mails = providers.smtp.mails();
    assert_eq!((mails.len(), mails[0].to.as_slice()), (1, &["ada@example.org".to_owned()][..]));
    assert!(mails[0].header("Subject").is_some_and(|it| it == "Dinner: you are invited"), "{}", mails[0].source);
    assert!(world.shown(event).rows[1].reason.as_deref().is_some_and(|why| !why.is_empty()), "shown to the organizer");
    providers.twilio.assert_well_behaved();
}

// H15 I7: whatever becomes of the provider's answers, one text each.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_hangs_up_or_throttles_makes_nobody_get_two_or_none() {
    let (world, providers) = (
        World::with_more(&["Ada", "Ben", "Cleo", "Dora"], "\n[messaging]\nquiet = \"never\"\n"),
        Providers::new().await,
    );
    world.take_real_time();
    let event = world.dinner(4, "4");
    world.act(event, &Act::Deal);
    providers.twilio.plan([Mishap::TakeAndHangUp, Mishap::TakeAndBreak, Mishap::Throttle(0), Mishap::HangUp]);
    let outbox = world.outbox(by_both(&providers.twilio.base(), providers.smtp.port()));
    crate::app::outbox::tests::world::finish(&outbox).await;
    let counts = providers.twilio.count_by_phone();
    assert_eq!((counts.len(), counts.values().sum::<usize>()), (4, 4), "{counts:?}");
    assert_eq!(world.seats(event), (4, 0, 4));
}

// D7 D19: the hours for an answer count from when it left, however long the provider was out.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_provider_takes_nobody_their_time() {
    let (world, providers) = (World::with(&["Ada", "Ben"]), Providers::new().await);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    let asked = world.now();
    world.pass(hours(5));
    providers.drain(&world).await;
    let lapses_at = world.guest(event, "Ada").invitation.lapses_at.expect("open");
    assert!(lapses_at.duration_since(asked + hours(29)).abs() < SignedDuration::from_mins(2), "{lapses_at}");
    world.pass(hours(25));
    assert_eq!(world.states(event), [("Ada", State::Lapsed), ("Ben", State::Open)]);
    // Twilio is out for longer than an invitation is open, until the morning.
    world.site.clock.advance(hours(40));
    providers.drain(&world).await;
    assert_eq!(providers.texted(), numbers(&[0, 1]));
    let ben = world.guest(event, "Ben").invitation;
    assert!(ben.lapses_at.expect("open").duration_since(world.now() + hours(24)).abs() < SignedDuration::from_mins(2));
}

// D8 H2: what is reported twice, and late.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_comes_twice_frees_a_seat_once_and_one_that_comes_late_takes_none() {
    let (world, providers) = (World::with(&["Ada", "Ben", "Cleo"]), Providers::new().await);
    let event = world.dinner(1, "1");
    world.act(event, &Act::Deal);
    providers.drain(&world).await;
    let first = providers.twilio.taken()[0].clone();
    for _ in 0..2 {
        providers.report(&world, &first, "undelivered", Some(30005)).await;
        assert_eq!(world.states(event), [("Ada", State::Skipped), ("Ben", State::Open)]);
    }
    providers.drain(&world).await;
    assert_eq!(providers.texted(), numbers(&[0, 1]));
    // Ben reads it all the same, and says yes before the report comes.
    assert!(world.text(1, "yes").expect("words").starts_with("You are in"));
    let second = providers.twilio.taken()[1].clone();
    providers.report(&world, &second, "undelivered", Some(30003)).await;
    assert_eq!(world.states(event), [("Ada", State::Skipped), ("Ben", State::Held)]);
    assert_eq!(world.seats(event), (1, 1, 0));
}

// D16 D17 H19: a country that is not texted.
#[test]
fn only_phones_of_the_named_countries_are_texted() {
    let world = World::with_more(&["Ada", "Ben"], "\n[messaging]\ncountries = [\"DE\"]\n");
    world.give_mail(1, "ben@example.org");
    let event = world.dinner(2, "2");
    let plan = world.store().read(|tx| world.events.plan(tx, tx.event(event)?.expect("an event"))).expect("sound");
    let skipped =
        crate::dealing::Planned::Skipped("phones of that country are not texted, and there is no e-mail address");
    assert_eq!((plan.people[0].2, plan.people[1].1, plan.segments), (skipped, "email", 0));
    world.act(event, &Act::Deal);
    assert_eq!(world.states(event), [("Ada", State::Skipped), ("Ben", State::Open)]);
    let rows = world.queued();
    assert_eq!((rows.len(), rows[0].channel), (1, crate::store::Channel::Email));
    world.change_contact(0, |contact| contact.phone = crate::model::Phone::from_provider("+4915112345678"));
    world.pass(hours(0));
    assert_eq!(world.states(event), [("Ada", State::Open), ("Ben", State::Open)]);
}

// H19: the day's bound.
#[tokio::test(flavor = "multi_thread")]
async fn no_more_segments_go_in_a_day_than_are_allowed() {
    let names = ["Ada", "Ben", "Cleo", "Dora"];
    let (world, providers) = (World::with_more(&names, "\n[messaging]\ndaily_segments = 5\n"), Providers::new().await);
    let event = world.dinner(4, "4");
    world.act(event, &Act::Deal);
    providers.drain(&world).await;
    assert_eq!(providers.texted(), numbers(&[0, 1]), "two segments each");
    let why = world.shown(event).why_in_words();
    assert!(why.contains("messages wait: today's `daily_segments`"), "{why}");
    // An answer is never held back, and the rest goes the next morning.
    assert!(world.text(0, "yes").is_some());
    world.pass(hours(21));
    providers.drain(&world).await;
    assert_eq!(providers.texted(), numbers(&[0, 1, 2, 3]));
}

// H18: nor does a text wait at the provider until the night, or longer than its invitation is open.
#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_good_until_the_night_or_its_lapse() {
    for (lapse, most) in [("24h", 9 * 3_600), ("2h", 2 * 3_600)] {
        let (world, providers) = (World::with(&["Ada"]), Providers::new().await);
        // Noon in winter, or one o'clock in summer, is at least eight hours before the night.
        let event = world.event(&Typed { lapse: lapse.to_owned(), seats: "1".to_owned(), ..world.typed("1") });
        world.act(event, &Act::Deal);
        providers.drain(&world).await;
        let valid: i64 = providers.twilio.taken()[0].valid_for.as_ref().expect("bounded").parse().expect("seconds");
        assert!((most - 3_700..=most).contains(&valid), "{lapse}: {valid}");
    }
}

// H18: at night nothing is begun, unless the site says it never sleeps.
#[tokio::test(flavor = "multi_thread")]
async fn invitations_wait_for_the_morning_unless_it_is_never_quiet() {
    for (more, at_night, in_the_morning) in [("", 0, 1), ("\n[messaging]\nquiet = \"never\"\n", 1, 1)] {
        let (world, providers) = (World::with_more(&["Ada"], more), Providers::new().await);
        let event = world.dinner(1, "1");
        world.pass(hours(11));
        world.act(event, &Act::Deal);
        providers.drain(&world).await;
        assert_eq!(providers.texted().len(), at_night, "{more}");
        world.pass(hours(10));
        providers.drain(&world).await;
        assert_eq!(providers.texted().len(), in_the_morning, "{more}");
        assert!(world.queued().iter().all(|row| row.state == OutboxState::Sent));
    }
}
