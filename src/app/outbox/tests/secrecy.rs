//! Who a relayed text goes to is known to the open draw alone. Ada gives to Ben, Ben to Cy, Cy to Dee, Dee to Ada.

use jiff::SignedDuration;
use rusqlite::types::Value;

use super::super::{ChangeError, DeliveryStatus, Ledger, Pass};
use super::rows::{self, Somebody};
use super::twilio::{LocalTwilio, Mishap};
use super::world::{ADA, BEN, CY, World, by_twilio, finish, phone, phone_of};
use crate::messaging::envelope::Address;
use crate::messaging::inbox::Inbox;
use crate::messaging::sender::Sender;
use crate::model::{Email, Phone, Settings};
use crate::store::OutboxState;

const SOCKS: &str = "ASK What size are your socks?";

/// Every byte of the database and what is written beside it; of a server's, which keeps its files to itself, every cell.
fn bytes_of_the_database(world: &World) -> Vec<u8> {
    let mut bytes = Vec::new();
    for cell in world.site.store.tables().into_iter().flat_map(|table| table.rows).flatten() {
        match cell {
            Value::Text(text) => bytes.extend(text.into_bytes()),
            Value::Blob(blob) => bytes.extend(blob),
            _ => {}
        }
    }
    for name in ["exchange.db", "exchange.db-wal"] {
        bytes.extend(std::fs::read(world.folder.path().join(name)).unwrap_or_default());
    }
    bytes
}

fn contains(bytes: &[u8], wanted: &str) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted.as_bytes())
}

/// The family in the order of the roster, by all that a row could know them by.
fn everybody(world: &World) -> Vec<Somebody> {
    let people = world.site.exchange.ids().map(|(place, person)| {
        let phone = person.phone.as_ref().map(|phone| phone.expose().to_owned());
        let email = person.email.as_ref().map(|email| email.expose().to_owned());
        let words = [Some(person.name.clone()), phone, email].into_iter().flatten().collect();
        Somebody { words, id: world.id(&person.name).0, place: i64::from(place.0) }
    });
    people.collect()
}

fn rows_of(world: &World) -> Vec<rows::Row> {
    world
        .site
        .store
        .tables()
        .iter()
        .flat_map(|t| t.rows.iter().map(|row| rows::row(&t.name, &t.columns, row)))
        .collect()
}

/// No row of any table joins a giver to their receiver.
fn assert_nobody_is_joined(world: &World) {
    let rows = rows_of(world);
    let pairings = [(0, 1), (1, 2), (2, 3), (3, 0)];
    let people = everybody(world);
    assert!(rows.iter().any(|row| row.table == "text" && people.iter().any(|person| row.has_number(person.id))));
    let joined: Vec<_> = rows
        .iter()
        .filter(|row| pairings.iter().any(|(g, r)| row.mentions(&people[*g]) && row.mentions(&people[*r])))
        .collect();
    assert!(joined.is_empty(), "{joined:?}");
}

// H10
#[tokio::test]
async fn a_question_reaches_the_receiver_and_an_answer_the_giver() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[ADA, BEN]).await;
    world.text(ADA, SOCKS).await;
    world.text(BEN, "TELL Eleven").await;
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    let taken = twilio.taken();
    let to = |person| taken.iter().find(|t| t.to == phone_of(person).expose()).map(|t| t.body.clone());
    assert!(to(BEN).is_some_and(|body| body.contains("What size are your socks?") && !body.contains("Ada")));
    assert!(to(ADA).is_some_and(|body| body.contains("Eleven") && !body.contains("Ben")));
    assert_eq!(taken.len(), 2);
    assert_nobody_is_joined(&world);
}

// X11, H10
#[tokio::test]
async fn neither_list_nor_database_tells_that_there_was_a_question() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[ADA, BEN]).await;
    world.text(ADA, SOCKS).await;
    // Cy has not written, so Ben's question waits.
    world.text(BEN, "ASK Red or green?").await;
    let outbox = world.outbox(by_twilio(&twilio.base()));
    let plan = outbox.plan(world.clock.now()).expect("a plan");
    assert_eq!(plan.messages(), 0);
    let pass = outbox.drain(|_| {}).await.expect("a database");
    assert_eq!(pass, Pass::default());
    let states = world.relayed();
    assert!(states.len() == 2 && states.contains(&OutboxState::Sent) && states.contains(&OutboxState::Waiting));

    let site = &world.site;
    assert_eq!(Ledger::Exchange(site).list(0, 100).expect("a list"), []);
    for id in 0..3 {
        assert!(matches!(Ledger::Exchange(site).retry(id), Err(ChangeError::Unknown(_))));
        assert!(matches!(Ledger::Exchange(site).cancel(id), Err(ChangeError::Unknown(_))));
    }
    assert!(world.read(|tx| tx.count_messages(site.topic(tx)?.expect("entered").id)).is_empty());

    let bytes = bytes_of_the_database(&world);
    for secret in ["socks", "Red or green", "{\"relayed\"", "\"ask\"", &twilio.taken()[0].sid] {
        assert!(!contains(&bytes, secret), "{secret}");
    }
    assert_nobody_is_joined(&world);
}

// H10
#[tokio::test]
async fn whoever_asked_learns_only_that_no_answer_is_coming() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[ADA, BEN]).await;
    world.text(ADA, SOCKS).await;
    world.text(BEN, "STOP").await;
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    let taken = twilio.taken();
    let sent: Vec<(&str, &str)> = taken.iter().map(|t| (t.to.as_str(), t.body.as_str())).collect();
    assert_eq!(sent, [(phone_of(ADA).expose(), "No answer is coming to your question.")]);
}

// H10, H3
#[tokio::test]
async fn an_opt_out_that_only_twilio_knew_of_ends_the_question_the_same_way() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[ADA, BEN]).await;
    world.text(ADA, SOCKS).await;
    twilio.plan([Mishap::Refuse(400, 21610)]);
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    let bodies: Vec<String> = twilio.taken().into_iter().map(|t| t.body).collect();
    assert_eq!(bodies, ["No answer is coming to your question."]);
}

#[tokio::test]
async fn a_text_relayed_in_a_draw_that_no_longer_counts_is_not_passed_on() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[ADA, BEN, CY]).await;
    world.text(ADA, SOCKS).await;
    world.redraw("Finn moved away").await;
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    assert!(twilio.taken().is_empty());
    assert_eq!(world.relayed(), [OutboxState::Cancelled]);
}

/// Everything that was sent into the folder.
fn files(world: &World) -> String {
    let folder = std::fs::read_dir(&world.site.settings.messaging.folder).expect("a folder");
    folder.map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("text")).collect()
}

fn into_files(world: &World) -> Sender {
    Sender::files(&world.site.settings.messaging.folder)
}

/// Everybody has a page of their own.
fn with_pages(settings: &mut Settings) {
    settings.listener.public_url = Some("https://xmas.example.org".parse().expect("a URL"));
}

// X11, X17, X23, G10, G17
#[tokio::test]
async fn a_rehearsal_shows_no_pairing_and_passes_no_question_on() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[ADA, BEN, CY]).await;
    // To somebody who can be texted, to somebody with an e-mail address only, to a giver who never wrote.
    for (name, text) in [(ADA, SOCKS), (CY, "ASK Tea?"), (CY, "TELL Eleven")] {
        world.text(name, text).await;
    }
    let outbox = world.outbox_with(into_files(&world), with_pages);
    assert_eq!(outbox.queue_what_is_missing().await.expect("a database"), 1);
    finish(&outbox).await;
    let files = files(&world);
    assert!(files.contains("[link hidden]") && !files.contains("/me/"), "{files}");
    assert!(files.contains("To: Dee Hill") && files.contains("(not shown here)"), "{files}");
    assert_eq!(files.matches("Queued:").count(), 1, "{files}");
    assert!(!files.contains("Ada") && !files.contains("+4477"), "{files}");
    assert_nobody_is_joined(&world);
    // For real it goes.
    world.outbox(by_twilio(&twilio.base())).drain(|_| {}).await.expect("a database");
    assert!(twilio.taken().iter().any(|taken| taken.to == phone_of(BEN).expose()));
}

// D15, X11, G17
#[tokio::test]
async fn with_an_override_everything_goes_to_one_address_and_shows_no_pairing() {
    let (world, inbox) = (World::new().await, Inbox::default());
    world.have_written(&[ADA, BEN]).await;
    world.text(ADA, SOCKS).await;
    let tester = phone(77);
    let outbox = world.outbox_with(Sender::phones(inbox.clone()), |settings| {
        settings.messaging.override_phone = Some(tester.clone());
        with_pages(settings);
    });
    assert_eq!(outbox.queue_what_is_missing().await.expect("a database"), 1);
    finish(&outbox).await;
    let arrivals = inbox.since(0);
    let [arrival] = arrivals.as_slice() else { panic!("one text: {}", arrivals.len()) };
    assert_eq!(arrival.to, Address::Phone(tester));
    let words = arrival.body.text();
    assert!(words.contains("[for Dee Hill]") && !words.contains("Ada"), "{words}");
    assert!(words.contains("[link hidden]") && !words.contains("/me/"), "{words}");
}

#[tokio::test]
async fn with_an_override_by_mail_texts_become_mails() {
    let world = World::new().await;
    world.have_written(&[BEN]).await;
    world.notice(BEN, "two parcels").await;
    let outbox = world.outbox_with(into_files(&world), |settings| {
        settings.messaging.override_email = Some(Email::parse("tester@example.org").expect("an address"));
    });
    finish(&outbox).await;
    let files = files(&world);
    assert!(files.contains("By: e-mail") && files.contains("[for Ben Hill]"), "{files}");
}

// X11, H3: an opt-out, a report and Twilio's list of messages lead to a phone; nothing may lead from there to a row.
#[tokio::test]
async fn nothing_joins_a_relayed_text_to_the_phone_it_went_to() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[ADA, BEN, CY]).await;
    // The first report comes after the id is recorded, the second before.
    let outbox = world.outbox(by_twilio(&twilio.base()));
    world.text(ADA, SOCKS).await;
    outbox.pass().await.expect("a database");
    twilio.plan([Mishap::TakeAndBreak]);
    world.text(BEN, "ASK Red or green?").await;
    outbox.pass().await.expect("a database");
    assert_eq!(twilio.taken().len(), 2);
    for taken in twilio.taken() {
        let error_code = Some(if taken.to == phone_of(BEN).expose() { 21610 } else { 30003 });
        let to = Phone::from_provider(&taken.to);
        let status = DeliveryStatus { sid: taken.sid, status: "undelivered".to_owned(), error_code, to };
        outbox.record_delivery(status).await.expect("recorded");
    }
    finish(&outbox).await;
    assert_eq!(world.relayed(), [OutboxState::Sent; 2]);
    assert!(world.is_opted_out(BEN));
    let rows = rows_of(&world);
    for table in ["outbox", "delivery", "spent", "line", "relay_in_clear", "outbox_in_clear"] {
        assert!(!rows.iter().any(|row| row.table == table), "{table}");
    }
    for taken in twilio.taken() {
        assert!(!rows.iter().any(|row| row.has_word(&taken.sid)));
    }
    assert_nobody_is_joined(&world);
}

// H10, X11
#[tokio::test]
async fn questions_of_a_day_that_reach_nobody_end_together() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[BEN]).await;
    let into_day = world.clock.now().as_second().rem_euclid(86_400);
    world.clock.advance(SignedDuration::from_secs(86_400 - into_day));
    // Cy never writes.
    world.text(BEN, "ASK Red or green?").await;
    world.clock.advance(SignedDuration::from_hours(20));
    world.text(BEN, "ASK Tea or coffee?").await;
    let outbox = world.outbox(by_twilio(&twilio.base()));
    for (hours, state) in [(0, OutboxState::Waiting), (59 * 24 + 3, OutboxState::Waiting), (1, OutboxState::Lapsed)] {
        world.clock.advance(SignedDuration::from_hours(hours));
        outbox.pass().await.expect("a database");
        assert_eq!(world.relayed(), [state; 2], "{hours}");
    }
    // After that day nobody looks after them any more.
    world.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(outbox.next_look().await.expect("a database"), None);
    assert!(twilio.taken().is_empty());
}

// H15: a question whose sending failed for a passing reason is asked again, once.
#[tokio::test]
async fn a_question_that_did_not_arrive_for_a_reason_that_passes_is_asked_once_more() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[ADA, BEN]).await;
    world.text(ADA, SOCKS).await;
    let outbox = world.outbox(by_twilio(&twilio.base()));
    finish(&outbox).await;
    let report = async |nth: usize, status: &str, error_code| {
        let (sid, status) = (twilio.taken()[nth].sid.clone(), status.to_owned());
        let to = Some(phone_of(BEN));
        outbox.record_delivery(DeliveryStatus { sid, status, error_code, to }).await.expect("recorded");
    };
    for _ in 0..2 {
        report(0, "undelivered", Some(30001)).await;
    }
    assert_eq!(world.relayed(), [OutboxState::Waiting]);
    finish(&outbox).await;
    report(0, "undelivered", Some(30001)).await;
    report(1, "delivered", None).await;
    report(1, "undelivered", Some(30001)).await;
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    finish(&outbox).await;
    assert_eq!(twilio.taken().len(), 2);
    assert_eq!(twilio.taken()[0].body, twilio.taken()[1].body);
    twilio.assert_well_behaved();
}
