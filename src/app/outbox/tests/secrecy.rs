//! Who a relayed text goes to is known to the open draw alone. Ada gives to Ben, Ben to Cy, Cy to Dee, Dee to Ada.

use jiff::Timestamp;

use super::super::{ChangeError, cancel, delivery, list, queue_pairing_mails, retry};
use super::twilio::LocalTwilio;
use super::world::{ADA, BEN, CY, World, by_twilio, finish, phone_of};
use crate::messaging::inbox::Inbox;
use crate::messaging::sender::Sender;
use crate::model::Email;
use crate::store::{Direction, OutboxState};

/// Every byte of the database and what is written beside it.
fn bytes_of_the_database(world: &World) -> Vec<u8> {
    let mut bytes = Vec::new();
    for name in ["exchange.db", "exchange.db-wal"] {
        bytes.extend(std::fs::read(world.folder.path().join(name)).unwrap_or_default());
    }
    bytes
}

fn contains(bytes: &[u8], wanted: &str) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted.as_bytes())
}

// H10
#[tokio::test]
async fn a_question_reaches_the_receiver_and_an_answer_the_giver() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written([phone_of(ADA), phone_of(BEN)]);
    world.relay(ADA, Direction::Ask, "What size are your socks?");
    world.relay(BEN, Direction::Tell, "Eleven");
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    let taken = twilio.taken();
    let to = |person| taken.iter().find(|t| t.to == phone_of(person).expose()).map(|t| t.body.clone());
    assert!(to(BEN).is_some_and(|body| body.contains("What size are your socks?") && !body.contains("Ada")));
    assert!(to(ADA).is_some_and(|body| body.contains("Eleven") && !body.contains("Ben")));
    assert_eq!(taken.len(), 2);
}

// X11, H10
#[tokio::test]
async fn neither_list_nor_database_tells_who_a_question_went_to_or_how_it_fared() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written([phone_of(ADA), phone_of(BEN)]);
    world.relay(ADA, Direction::Ask, "What size are your socks?");
    // Cy has not written, so Ben's question waits.
    world.relay(BEN, Direction::Ask, "Red or green?");
    let pass = world.outbox(by_twilio(&twilio.base())).drain(|_| {}).await.expect("a database");
    assert_eq!(pass, super::super::Pass::default());
    let states: Vec<OutboxState> = world.rows().iter().map(|row| row.state).collect();
    assert_eq!(states, [OutboxState::Sent, OutboxState::Waiting]);

    let listed = list(&world.store, &world.exchange, 0, 100).expect("a list");
    let [first, second] = listed.as_slice() else { panic!("two entries: {listed:?}") };
    assert_eq!(first.to, "the receiver of Ada Hill");
    assert_eq!(second.to, "the receiver of Ben Hill");
    for entry in &listed {
        assert_eq!((entry.state, entry.attempts, entry.next_at), (None, 0, None));
        assert_eq!((&entry.code, &entry.problem), (&None, &None));
        let now = Timestamp::now();
        assert!(matches!(retry(&world.store, &world.exchange, entry.id, now), Err(ChangeError::Relayed(_))));
        assert!(matches!(cancel(&world.store, &world.exchange, entry.id, now), Err(ChangeError::Relayed(_))));
    }
    let counts = world.store.read(|tx| super::super::counts(tx, &world.exchange)).expect("counts");
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [("relayed".to_owned(), 2)]);

    let bytes = bytes_of_the_database(&world);
    assert!(!contains(&bytes, "socks") && !contains(&bytes, "Red or green"));
    assert!(!contains(&bytes, &twilio.taken()[0].sid), "the provider's id leads to the phone");
}

// H10
#[tokio::test]
async fn whoever_asked_learns_only_that_no_answer_is_coming() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written([phone_of(ADA), phone_of(BEN)]);
    world.relay(ADA, Direction::Ask, "What size are your socks?");
    world.write(|tx| tx.opt_out(&phone_of(BEN), Timestamp::now()));
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    let taken = twilio.taken();
    let sent: Vec<(&str, &str)> = taken.iter().map(|t| (t.to.as_str(), t.body.as_str())).collect();
    assert_eq!(sent, [(phone_of(ADA).expose(), "No answer is coming to your question.")]);
}

// H10, H3
#[tokio::test]
async fn an_opt_out_that_only_twilio_knew_of_ends_the_question_the_same_way() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written([phone_of(ADA), phone_of(BEN)]);
    world.relay(ADA, Direction::Ask, "What size are your socks?");
    twilio.plan([super::twilio::Mishap::Refuse(400, 21610)]);
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    let bodies: Vec<String> = twilio.taken().into_iter().map(|t| t.body).collect();
    assert_eq!(bodies, ["No answer is coming to your question."]);
    assert_eq!(world.rows()[0].provider_code, None);
}

#[tokio::test]
async fn a_text_relayed_in_a_draw_that_no_longer_counts_is_not_passed_on() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written([phone_of(ADA), phone_of(BEN), phone_of(CY)]);
    world.relay(ADA, Direction::Ask, "What size are your socks?");
    world.redraw();
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    assert!(twilio.taken().is_empty());
    assert_eq!(world.rows()[0].state, OutboxState::Cancelled);
}

fn files(world: &World) -> String {
    let folder = std::fs::read_dir(&world.settings.messaging.folder).expect("a folder");
    folder.map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("text")).collect()
}

// X11, X17, G10
#[tokio::test]
async fn the_dry_run_shows_no_pairing() {
    let world = World::new();
    world.have_written([phone_of(ADA), phone_of(BEN)]);
    world.write(|tx| queue_pairing_mails(tx, &world.exchange, Timestamp::now()));
    world.relay(ADA, Direction::Ask, "What size are your socks?");
    let outbox = world.outbox(Sender::files(&world.settings.messaging.folder));
    finish(&outbox).await;
    let files = files(&world);
    assert!(files.contains("To: Dee Hill") && files.contains("(not shown here)"), "{files}");
    // Dee gives to Ada; Ada, whose question it is, gives to Ben.
    assert!(files.contains("To: (not shown here)\nBy: SMS"), "{files}");
    assert!(!files.contains("Ben") && !files.contains("Ada") && !files.contains("socks"), "{files}");
    assert!(!files.contains("+4477"), "{files}");
}

// D15, X11
#[tokio::test]
async fn with_an_override_everything_goes_to_one_address_and_shows_no_pairing() {
    let (world, inbox) = (World::new(), Inbox::default());
    world.have_written([phone_of(ADA), phone_of(BEN)]);
    world.write(|tx| queue_pairing_mails(tx, &world.exchange, Timestamp::now()));
    world.relay(ADA, Direction::Ask, "What size are your socks?");
    let mut settings = world.settings.clone();
    let tester = super::world::phone(77);
    settings.messaging.override_phone = Some(tester.clone());
    finish(&world.outbox_with(Sender::phones(inbox.clone()), &settings)).await;
    let arrivals = inbox.since(0);
    assert!(arrivals.iter().all(|arrival| arrival.to == tester) && arrivals.len() == 2);
    let bodies: String = arrivals.into_iter().map(|arrival| arrival.body).collect();
    assert!(bodies.contains("[for Dee Hill]") && bodies.contains("[for (not shown here)]"), "{bodies}");
    assert!(!bodies.contains("Ben") && !bodies.contains("Ada") && !bodies.contains("socks"), "{bodies}");
}

#[tokio::test]
async fn with_an_override_by_mail_texts_become_mails() {
    let world = World::new();
    world.have_written([phone_of(ADA)]);
    let mut settings = world.settings.clone();
    settings.messaging.override_email = Some(Email::parse("tester@example.org").expect("an address"));
    let text = super::world::plain("Hello");
    let recipient = crate::store::Recipient::Person(ADA);
    world.queue("test:1", recipient, crate::store::Channel::Sms, &text, None);
    let sender = Sender::files(&world.settings.messaging.folder);
    finish(&world.outbox_with(sender, &settings)).await;
    let files = files(&world);
    assert!(files.contains("By: e-mail") && files.contains("[for Ada Hill]"), "{files}");
}

// X11, H3: an opt-out, a report and Twilio's list of messages lead to a phone; nothing may lead from there to a row.
#[tokio::test]
async fn nothing_joins_a_relayed_text_to_the_phone_it_went_to() {
    let (world, twilio) = (World::new(), LocalTwilio::start().await);
    world.have_written([phone_of(ADA), phone_of(BEN), phone_of(CY)]);
    world.relay(ADA, Direction::Ask, "What size are your socks?");
    world.relay(BEN, Direction::Ask, "Red or green?");
    // The first report comes after the id is recorded, the second before.
    let outbox = world.outbox(by_twilio(&twilio.base()));
    twilio.plan([super::twilio::Mishap::Slow(std::time::Duration::ZERO), super::twilio::Mishap::TakeAndBreak]);
    outbox.pass().await.expect("a database");
    let now = Timestamp::now();
    for taken in twilio.taken() {
        let to = crate::model::Phone::from_provider(&taken.to);
        let code = if taken.to == phone_of(BEN).expose() { 21610 } else { 30003 };
        delivery(&world.store, &taken.sid, "undelivered", Some(code), to.as_ref(), now).expect("recorded");
    }
    finish(&outbox).await;
    for row in world.rows() {
        assert_eq!((row.state, row.provider_code, row.settled_at), (OutboxState::Sent, None, None));
        assert_eq!((row.next_at, row.unsure_since), (row.due, None));
    }
    let db = rusqlite::Connection::open(world.folder.path().join("exchange.db")).expect("a database");
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a count");
    assert_eq!(count("SELECT count(provider_id) FROM outbox"), 0);
    assert_eq!(count("SELECT count(*) FROM delivery"), 0);
    assert_eq!(count("SELECT count(*) FROM relayed"), 2);
    assert!(world.store.read(|tx| tx.is_opted_out(&phone_of(BEN))).expect("a read"));
}

// X11, X17: neither the way a text takes nor whether it could be sent shows in a file
#[tokio::test]
async fn in_files_mode_every_relayed_text_looks_the_same() {
    let looks = |prepare: fn(&World)| async move {
        let world = World::new();
        world.have_written([phone_of(ADA), phone_of(CY)]);
        prepare(&world);
        finish(&world.outbox(Sender::files(&world.settings.messaging.folder))).await;
        let files = files(&world);
        files.lines().filter(|line| !line.starts_with("Queued:")).collect::<Vec<_>>().join("\n")
    };
    // Ada's receiver opted out after she asked; Cy's can only be reached by e-mail; Dee has a giver who never wrote.
    let opted_out = looks(|world| {
        world.relay(ADA, Direction::Ask, "Socks?");
        world.write(|tx| tx.opt_out(&phone_of(BEN), Timestamp::now()));
    });
    let by_mail = looks(|world| world.relay(CY, Direction::Ask, "Tea?"));
    let never_wrote = looks(|world| world.relay(CY, Direction::Tell, "Eleven"));
    let (opted_out, by_mail, never_wrote) = (opted_out.await, by_mail.await, never_wrote.await);
    assert!(opted_out.contains("(not shown here)"), "{opted_out}");
    assert_eq!(opted_out, by_mail);
    assert_eq!(opted_out, never_wrote);
}
