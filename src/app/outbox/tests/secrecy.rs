//! Who a relayed text goes to is known to the open draw alone. Ada gives to Ben, Ben to Cy, Cy to Dee, Dee to Ada.

use super::super::{ChangeError, DeliveryStatus, Pass, cancel, list, retry};
use super::rows::{self, Somebody};
use super::twilio::{LocalTwilio, Mishap};
use super::world::{ADA, BEN, CY, DEE, World, by_twilio, finish, phone, phone_of};
use crate::messaging::inbox::Inbox;
use crate::messaging::sender::Sender;
use crate::model::{Email, Phone};
use crate::store::OutboxState;

const SOCKS: &str = "ASK What size are your socks?";

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

/// No row of any table joins a giver to their receiver.
fn assert_nobody_is_joined(world: &World) {
    let rows = rows::all(&world.database());
    let pairings = [(0, 1), (1, 2), (2, 3), (3, 0)];
    let people = everybody(world);
    assert!(rows.iter().any(|row| row.table == "outbox" && people.iter().any(|person| row.has_number(person.id))));
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
async fn neither_list_nor_database_tells_who_a_question_went_to_or_how_it_fared() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[ADA, BEN]).await;
    world.text(ADA, SOCKS).await;
    // Cy has not written, so Ben's question waits.
    world.text(BEN, "ASK Red or green?").await;
    let pass = world.outbox(by_twilio(&twilio.base())).drain(|_| {}).await.expect("a database");
    assert_eq!(pass, Pass::default());
    let states: Vec<OutboxState> = world.rows().iter().map(|row| row.state).collect();
    assert_eq!(states, [OutboxState::Sent, OutboxState::Waiting]);

    let site = &world.site;
    let listed = list(site, 0, 100).expect("a list");
    let [first, second] = listed.as_slice() else { panic!("two entries: {listed:?}") };
    assert_eq!(first.to, "the receiver of Ada Hill");
    assert_eq!(second.to, "the receiver of Ben Hill");
    for entry in &listed {
        assert_eq!((entry.state, entry.attempts, entry.next_at), (None, 0, None));
        assert_eq!((&entry.code, &entry.problem), (&None, &None));
        assert!(matches!(retry(site, entry.id), Err(ChangeError::Relayed(_))));
        assert!(matches!(cancel(site, entry.id), Err(ChangeError::Relayed(_))));
    }
    let counts = world.read(|tx| tx.count_messages(site.topic(tx)?.expect("entered").id));
    assert_eq!(counts, [("relayed".to_owned(), 2)]);

    let bytes = bytes_of_the_database(&world);
    assert!(!contains(&bytes, "socks") && !contains(&bytes, "Red or green"));
    assert!(!contains(&bytes, &twilio.taken()[0].sid), "the provider's id leads to the phone");
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
    assert_eq!(world.rows()[0].provider_code, None);
}

#[tokio::test]
async fn a_text_relayed_in_a_draw_that_no_longer_counts_is_not_passed_on() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[ADA, BEN, CY]).await;
    world.text(ADA, SOCKS).await;
    world.redraw("Finn moved away").await;
    finish(&world.outbox(by_twilio(&twilio.base()))).await;
    assert!(twilio.taken().is_empty());
    assert_eq!(world.rows()[0].state, OutboxState::Cancelled);
}

/// Everything that was sent into the folder.
fn files(world: &World) -> String {
    let folder = std::fs::read_dir(&world.site.settings.messaging.folder).expect("a folder");
    folder.map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("text")).collect()
}

fn into_files(world: &World) -> Sender {
    Sender::files(&world.site.settings.messaging.folder)
}

// X11, X17, G10
#[tokio::test]
async fn the_dry_run_shows_no_pairing() {
    let world = World::new().await;
    world.have_written(&[ADA, BEN]).await;
    world.text(ADA, SOCKS).await;
    let outbox = world.outbox(into_files(&world));
    assert_eq!(outbox.queue_what_is_missing().await.expect("a database"), 1);
    finish(&outbox).await;
    let files = files(&world);
    assert!(files.contains("To: Dee Hill") && files.contains("(not shown here)"), "{files}");
    // Dee gives to Ada; Ada, whose question it is, gives to Ben.
    assert!(files.contains("To: (not shown here)\nBy: SMS"), "{files}");
    assert!(!files.contains("Ben") && !files.contains("Ada") && !files.contains("socks"), "{files}");
    assert!(!files.contains("+4477"), "{files}");
    assert_nobody_is_joined(&world);
}

// D15, X11
#[tokio::test]
async fn with_an_override_everything_goes_to_one_address_and_shows_no_pairing() {
    let (world, inbox) = (World::new().await, Inbox::default());
    world.have_written(&[ADA, BEN]).await;
    world.text(ADA, SOCKS).await;
    let tester = phone(77);
    let outbox = world.outbox_with(Sender::phones(inbox.clone()), |settings| {
        settings.messaging.override_phone = Some(tester.clone());
    });
    assert_eq!(outbox.queue_what_is_missing().await.expect("a database"), 1);
    finish(&outbox).await;
    let arrivals = inbox.since(0);
    assert!(arrivals.iter().all(|arrival| arrival.to == tester) && arrivals.len() == 2);
    let bodies: String = arrivals.into_iter().map(|arrival| arrival.body).collect();
    assert!(bodies.contains("[for Dee Hill]") && bodies.contains("[for (not shown here)]"), "{bodies}");
    assert!(!bodies.contains("Ben") && !bodies.contains("Ada") && !bodies.contains("socks"), "{bodies}");
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

/// Has the next messages and relayed texts begin at numbers that nothing else has, then takes these two away again.
async fn at_distinct_numbers(world: &World, what: impl Future<Output = ()>) {
    let database = world.database();
    let run = |sql: &str| assert_eq!(database.execute(sql, []).expect("runs"), 1, "{sql}");
    run(
        "INSERT INTO outbox (id, cause, topic, basis, kind, parameters, role, person, channel, queued_at, due, next_at) \
         SELECT 8100000, 'placeholder', topic, 'wrote', 'none', '{}', 'person', id, 'sms', 0, 0, 0 FROM person LIMIT 1",
    );
    run("INSERT INTO relay (id, sid, draw, sender, direction, body, at) \
         SELECT 8200000, 'placeholder', draw.id, person.id, 'ask', x'00', 0 FROM draw, person LIMIT 1");
    what.await;
    run("DELETE FROM outbox WHERE id = 8100000");
    run("DELETE FROM relay WHERE id = 8200000");
}

// X11, H3: an opt-out, a report and Twilio's list of messages lead to a phone; nothing may lead from there to a row.
#[tokio::test]
async fn nothing_joins_a_relayed_text_to_the_phone_it_went_to() {
    let (world, twilio) = (World::new().await, LocalTwilio::start().await);
    world.have_written(&[ADA, BEN, CY]).await;
    at_distinct_numbers(&world, async {
        world.text(ADA, SOCKS).await;
        world.text(BEN, "ASK Red or green?").await;
    })
    .await;
    // The first report comes after the id is recorded, the second before.
    let outbox = world.outbox(by_twilio(&twilio.base()));
    twilio.plan([Mishap::Slow(std::time::Duration::ZERO), Mishap::TakeAndBreak]);
    outbox.pass().await.expect("a database");
    for taken in twilio.taken() {
        let error_code = Some(if taken.to == phone_of(BEN).expose() { 21610 } else { 30003 });
        let to = Phone::from_provider(&taken.to);
        let status = DeliveryStatus { sid: taken.sid, status: "undelivered".to_owned(), error_code, to };
        outbox.record_delivery(status).await.expect("recorded");
    }
    finish(&outbox).await;
    for row in world.rows() {
        assert_eq!((row.state, row.provider_code, row.settled_at), (OutboxState::Sent, None, None));
        assert_eq!((row.next_at, row.unsure_since), (row.due, None));
    }
    let database = world.database();
    let count = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a count");
    assert_eq!(count("SELECT count(provider_id) FROM outbox"), 0);
    assert_eq!(count("SELECT count(*) FROM delivery"), 0);
    assert_eq!(count("SELECT count(*) FROM relayed"), 2);
    assert!(world.is_opted_out(BEN));

    let (people, taken) = (everybody(&world), twilio.taken());
    let rows = rows::all(&database);
    for (nth, to) in [(1, BEN), (2, CY)] {
        let receiver = &people[world.site.exchange.find(to).expect("one of them").index()];
        let sid = &taken.iter().find(|taken| taken.to == phone_of(to).expose()).expect("taken").sid;
        let about: Vec<_> =
            rows.iter().filter(|row| row.has_number(8_100_000 + nth) || row.has_number(8_200_000 + nth)).collect();
        assert_eq!(about.iter().map(|row| row.table.as_str()).collect::<Vec<_>>(), ["outbox", "relay"]);
        for row in about {
            assert!(!row.mentions(receiver) && !row.has_word(sid), "{row:?}");
        }
    }
    assert_nobody_is_joined(&world);
}

// X11, X17: neither the way a text takes nor whether it could be sent shows in a file
#[tokio::test]
async fn in_files_mode_every_relayed_text_looks_the_same() {
    // Ada's receiver opted out after she asked; Cy's can only be reached by e-mail; Cy has a giver who never wrote.
    let opted_out = looks_of(&[(ADA, "ASK Socks?"), (BEN, "STOP")]).await;
    let by_mail = looks_of(&[(CY, "ASK Tea?")]).await;
    let never_wrote = looks_of(&[(CY, "TELL Eleven")]).await;
    assert!(opted_out.contains("(not shown here)"), "{opted_out}");
    assert_eq!(opted_out, by_mail);
    assert_eq!(opted_out, never_wrote);
}

/// How the file looks that comes of these texts.
async fn looks_of(texts: &[(&str, &str)]) -> String {
    let world = World::new().await;
    world.have_written(&[ADA, CY]).await;
    for (name, text) in texts {
        world.text(name, text).await;
    }
    finish(&world.outbox(into_files(&world))).await;
    let files = files(&world);
    assert!(!files.contains(DEE));
    files.lines().filter(|line| !line.starts_with("Queued:")).collect::<Vec<_>>().join("\n")
}
