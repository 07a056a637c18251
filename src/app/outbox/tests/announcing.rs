//! What the organizer tells everybody, and a pairing that was lost.

use jiff::SignedDuration;

use super::twilio::LocalTwilio;
use super::world::{ADA, BEN, CY, DEE, Member, World, by_both, by_twilio, finish, mailing, phone, phone_of, ring};
use crate::app::exchange::announcement::{announce, audience};
use crate::app::exchange::mail_again::{self, LostError};
use crate::app::exchange::ways::Reachable;
use crate::messaging::sender::Sender;
use crate::messaging::smtp::local_server::LocalSmtp;
use crate::model::{MessagingMode, ToldBy};
use crate::store::OutboxState;

const NEWS: &str = "Dear {first_name}, we meet at six.";

/// How the news reads behind an answer.
fn to_cy() -> &'static str {
    "\n\nHill family, from the organizer: Dear Cy, we meet at six."
}

// G16
#[tokio::test]
async fn everybody_is_told_once_by_text_by_mail_or_behind_their_first_answer() {
    let (world, twilio, smtp) = (World::new().await, LocalTwilio::start().await, LocalSmtp::start(None).await);
    world.have_written(&[BEN]).await;
    let would = audience(&world.site, NEWS).expect("a database");
    assert!(world.rows().is_empty(), "asking queues nothing");
    let audience = announce(&world.site, NEWS).expect("a database");
    assert_eq!(would.people, audience.people);
    assert_eq!(audience.reached(Reachable::ByText), [BEN]);
    assert_eq!(audience.reached(Reachable::ByMail), [ADA, DEE]);
    assert_eq!(audience.reached(Reachable::OnceTheyText), [CY]);
    let again = announce(&world.site, NEWS).expect("a database");
    assert_eq!((again.people.len(), again.told_before, world.rows().len()), (0, 4, 4));

    let outbox = world.outbox(by_both(&twilio.base(), smtp.port()));
    outbox.drain(|_| {}).await.expect("a database");
    let taken: Vec<_> = twilio.taken().into_iter().map(|taken| (taken.to, taken.body)).collect();
    let to_ben = "Hill family, from the organizer: Dear Ben, we meet at six.".to_owned();
    assert_eq!(taken, [(phone_of(BEN).expose().to_owned(), to_ben)]);
    let mails = smtp.mails();
    assert!(mails.len() == 2 && mails.iter().all(|mail| mail.source.contains("we meet at six.")));

    // Cy reads it with the first answer and never again; the same text delivered again is answered the same.
    for said in [format!("You have Dee Hill.{}", to_cy()), format!("You have Dee Hill.{}", to_cy())] {
        assert_eq!(world.deliver("SM1", &phone_of(CY), "christmas").await, Some(said));
    }
    assert_eq!(world.text(CY, "christmas").await.as_deref(), Some("You have Dee Hill."));
    finish(&outbox).await;
    assert_eq!((twilio.taken().len(), smtp.mails().len()), (1, 2));
    assert!(world.rows().iter().all(|row| row.state == OutboxState::Sent));
    twilio.assert_well_behaved();
}

// H19
#[tokio::test]
async fn announcements_beyond_the_days_segments_wait_for_tomorrow_and_say_so() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[BEN, CY]).await;
    announce(&world.site, &"x".repeat(200)).expect("a database");
    // Two segments each: the second would be the third and fourth.
    let outbox = world.outbox_with(by_twilio(&twilio.base()), |settings| settings.messaging.daily_segments = 3);
    let plan = outbox.plan(world.clock.now()).expect("a plan");
    let why = "today's `daily_segments` of [messaging] are used up";
    let skipped: Vec<_> = plan.skipped.iter().filter(|skipped| skipped.why == why).collect();
    assert_eq!((plan.segments, skipped.len()), (2, 1));
    outbox.drain(|_| {}).await.expect("a database");
    assert_eq!(twilio.taken().len(), 1);
    let waiting: Vec<_> = world.rows().into_iter().filter(|row| row.problem.as_deref() == Some(why)).collect();
    let midnight = waiting[0].next_at.strftime("%H:%M:%S").to_string();
    assert_eq!((waiting.len(), midnight.as_str()), (1, "00:00:00"));
    // What is no announcement does not wait.
    world.notice(BEN, "two parcels").await;
    outbox.drain(|_| {}).await.expect("a database");
    assert_eq!(twilio.taken().len(), 2);
    world.clock.advance(SignedDuration::from_hours(24));
    outbox.drain(|_| {}).await.expect("a database");
    assert_eq!(twilio.taken().len(), 3);
}

// G16: who said STOP hears nothing; what does not fit behind an answer comes as a message of its own.
#[tokio::test]
async fn an_announcement_that_does_not_fit_behind_an_answer_follows_it() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.text(BEN, "STOP").await;
    let long = "x".repeat(1_500);
    let audience = announce(&world.site, &long).expect("a database");
    assert_eq!(audience.reached(Reachable::Never), [BEN]);
    assert_eq!(audience.longest, 1_500 + "Hill family, from the organizer: ".len());
    let menu = world.text(CY, "MENU").await.expect("an answer");
    assert!(!menu.contains('x'), "{menu}");
    world.clock.advance(SignedDuration::from_hours(24));
    let outbox = world.outbox(by_twilio(&twilio.base()));
    outbox.drain(|_| {}).await.expect("a database");
    let taken: Vec<String> = twilio.taken().into_iter().map(|taken| taken.to).collect();
    assert_eq!(taken, [phone_of(CY).expose()]);
    world.text(BEN, "START").await;
    assert_eq!(world.text(BEN, "christmas").await.as_deref(), Some("You have Cy Hill."));
}

// G16 H10: when somebody first asked something stands nowhere, so nothing that had waited goes out at that moment.
#[tokio::test]
async fn an_announcement_does_not_tell_when_a_question_came() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    announce(&world.site, NEWS).expect("a database");
    let answer = world.text(CY, "ASK tea or coffee?").await.expect("an answer");
    assert!(!answer.contains("at six"), "{answer}");
    let to_cy = || twilio.taken().into_iter().filter(|taken| taken.to == phone_of(CY).expose()).count();
    let row = || world.rows_of("announcement").into_iter().find(|row| world.name(row.recipient) == CY).expect("a row");
    world.outbox(by_twilio(&twilio.base())).drain(|_| {}).await.expect("a database");
    assert_eq!((to_cy(), row().state, row().read_with), (0, OutboxState::Waiting, None));
    world.clock.advance(SignedDuration::from_hours(24));
    world.outbox(by_twilio(&twilio.base())).drain(|_| {}).await.expect("a database");
    assert_eq!((to_cy(), row().state), (1, OutboxState::Sent));
}

// G16 X18: the same words go to a phone once, whoever shares it.
#[tokio::test]
async fn those_who_share_a_phone_read_the_same_words_once() {
    let people: [Member<'_>; 3] = [(ADA, Some(1), None), (BEN, Some(1), None), (CY, Some(3), None)];
    let world = World::of(&ring(&people, "2099-12-24")).await;
    assert_eq!(announce(&world.site, "We meet at six.").expect("a database").people.len(), 2);
    assert_eq!(announce(&world.site, "{name}, bring a friend.").expect("a database").people.len(), 3);
    let answer = world.text_from(&phone(1), "MENU").await.expect("an answer");
    for (words, times) in [("We meet at six.", 1), ("Ada Hill, bring", 1), ("Ben Hill, bring", 1), ("Cy Hill", 0)] {
        assert_eq!(answer.matches(words).count(), times, "{words}: {answer}");
    }
}

// G16 X23: answers are real in a rehearsal, so what is only rehearsed does not come with them.
#[tokio::test]
async fn no_answer_carries_an_announcement_while_it_is_rehearsed() {
    let world = World::new().await.answering(|settings| settings.messaging.mode = MessagingMode::Files);
    announce(&world.site, NEWS).expect("a database");
    assert_eq!(world.text(CY, "christmas").await.as_deref(), Some("You have Dee Hill."));
    let world = world.answering(|_| {});
    assert_eq!(world.text(CY, "christmas").await, Some(format!("You have Dee Hill.{}", to_cy())));
}

// X27
#[tokio::test]
async fn a_lost_pairing_is_mailed_again_and_is_on_record() {
    let (world, smtp) = (World::new().await, LocalSmtp::start(None).await);
    let outbox = || world.outbox(Sender::live(None, Some(mailing(smtp.port()))));
    let dee = mail_again::find(&world.site, "dee hill").expect("found");
    assert_eq!((dee.name.as_str(), dee.last), (DEE, None));
    // Before the first mail has gone there is nothing to repeat.
    for _ in 0..2 {
        mail_again::queue(&world.site, &dee).expect("queued");
        assert_eq!(world.rows_of("pairing").len(), 1);
    }
    finish(&outbox()).await;
    let first = world.tellings();
    assert_eq!((smtp.mails().len(), first.len()), (1, 1));

    world.clock.advance(SignedDuration::from_hours(24));
    let dee = mail_again::find(&world.site, DEE).expect("found");
    assert_eq!(dee.last, Some(first[0].at));
    // Asked for twice at once, it goes once.
    for _ in 0..2 {
        mail_again::queue(&world.site, &dee).expect("queued");
    }
    finish(&outbox()).await;
    let mails = smtp.mails();
    assert_eq!((mails.len(), world.tellings().len(), world.rows_of("pairing").len()), (2, 2, 2));
    assert_ne!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
    let (draw, person) = (world.draw().id, world.id(DEE));
    let last = world.read(|tx| tx.last_telling(draw, person));
    assert_eq!(last, Some((world.tellings()[1].at, ToldBy::Mail)), "PROOF goes by it");
}

// X27
#[tokio::test]
async fn whoever_has_no_mail_to_lose_is_told_what_to_do() {
    let world = World::new().await;
    let found = |name| mail_again::find(&world.site, name);
    assert!(matches!(found(BEN), Err(LostError::NotMailed { keyword, .. }) if keyword == "CHRISTMAS"));
    // Ada has an address, and is told by text.
    assert!(matches!(found(ADA), Err(LostError::NotMailed { .. })));
    assert!(matches!(found("Dea Hill"), Err(LostError::Unknown(unknown)) if unknown.near.contains(&DEE.to_owned())));
}
