//! A folder that the first release left behind: answered from, audited, verified, restored, drawn from again, and
//! nothing of it lost.

use std::path::Path;

use rusqlite::Connection;

use crate::support::house::{House, Serving};
use crate::support::twilio::{ACCOUNT, LocalTwilio};

const ADA: &str = "+447700900101";
const BEN: &str = "+447700900102";
const SHARED: &str = "+447700900103";

const STRANGER: &str = "+447700900199";

fn left_behind() -> House {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/first_release");
    let house = House::with("");
    copy(&fixture, &house.path(""));
    // The ids of its texts are shorter than Twilio's.
    let database = Connection::open(house.path("exchange.db")).expect("opens");
    for table in ["text", "relay"] {
        let longer = format!("UPDATE {table} SET sid = format('SMf%031d', substr(sid, 3))");
        database.execute(&longer, []).expect("runs");
    }
    house
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("copied");
        }
    }
}

fn sid(number: u8) -> String {
    format!("SMf{number:031}")
}

fn words(serving: &Serving, phone: &str, body: &str) -> String {
    serving.text_from(phone, body).words()
}

// X1 X7 H2 H3 G11
#[test]
fn everybody_is_answered_as_before_and_repeated_texts_too() {
    let house = left_behind();
    let serving = house.serve();
    serving.wait_for_health(200);
    assert_eq!(words(&serving, ADA, "christmas"), "Cleo Marsh");
    assert_eq!(words(&serving, SHARED, "christmas Dev"), "Ben Hill");
    let which = words(&serving, SHARED, "christmas");
    assert!(which.contains("CHRISTMAS Cleo or CHRISTMAS Dev"), "{which}");
    assert_eq!(words(&serving, ADA, "WISHES"), "Your wishes:\n1 a kite");
    assert_eq!(words(&serving, BEN, "christmas"), "", "an opt-out is kept");

    // Delivered once more by Twilio, long after: the same words, and nothing happens twice.
    for (number, phone, said) in [
        (21, ADA, "Cleo Marsh"),
        (23, SHARED, "Ben Hill"),
        (25, ADA, "Noted: you have bought it. Text SENT once it is on its way."),
        (26, ADA, "Noted and passed on, without your name. The answer comes to this phone."),
        (22, BEN, ""),
        (21, STRANGER, ""),
    ] {
        assert_eq!(serving.deliver(&sid(number), phone, "whatever").words(), said, "{number}");
    }
    let again = serving.deliver(&sid(30), STRANGER, "christmas").words();
    assert!(again.starts_with("Hello! This number is not on our list."), "{again}");
    let proof = words(&serving, ADA, "PROOF");
    assert!(proof.contains("PC81-D0E7-C0Z3-T739-Q0TS") && proof.contains("Opened so far: once"), "{proof}");
    serving.stop();
}

// G11 X11: what was a place or a name points to a row now, and nothing was left out.
#[test]
fn every_row_is_carried_over_and_points_to_a_person() {
    let house = left_behind();
    let before = Connection::open(house.path("exchange.db")).expect("opens");
    let tables = ["draw", "text", "told_by_mail", "wish", "report", "relay", "opening", "outbox", "phone"];
    let count = |database: &Connection, table: &str| -> i64 {
        database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).expect("a table")
    };
    let counts: Vec<i64> = tables.iter().map(|table| count(&before, table)).collect();
    drop(before);
    let status = house.run(&["status", "--json"]).expect(0).json();
    let asked: Vec<&str> = status["people"]
        .as_array()
        .expect("people")
        .iter()
        .filter(|person| person["asked"] != 0)
        .filter_map(|person| person["name"].as_str())
        .collect();
    assert_eq!(asked, ["Ada Hill", "Ben Hill", "Dev Marsh", "Eli Stone"]);
    // The first that has the key seals what was in the clear of a question and an answer.
    house.run(&["send", "--dry-run"]).expect(0);
    let after = Connection::open(house.path("exchange.db")).expect("opens");
    let sealed = |table: &str| if ["text", "outbox"].contains(&table) { 2 } else { 0 };
    let kept: Vec<i64> = tables.iter().map(|table| count(&after, table) + sealed(table)).collect();
    assert_eq!(kept, counts, "{tables:?}");
    assert_eq!(count(&after, "relay_in_clear") + count(&after, "outbox_in_clear"), 0);
    let broken: Vec<String> = {
        let mut statement = after.prepare("PRAGMA foreign_key_check").expect("sound");
        let rows = statement.query_map([], |row| row.get(0)).expect("runs");
        rows.collect::<Result<_, _>>().expect("rows")
    };
    assert!(broken.is_empty(), "{broken:?}");
    let named = |sql: &str| -> Vec<String> {
        let mut statement = after.prepare(sql).expect("sound");
        let rows = statement.query_map([], |row| row.get(0)).expect("runs");
        rows.collect::<Result<_, _>>().expect("rows")
    };
    assert_eq!(
        named("SELECT name || ': ' || body FROM wish JOIN person ON person.id = wish.person ORDER BY wish.id"),
        ["Ada Hill: a kite", "Dev Marsh: a book", "Ada Hill: wool socks"]
    );
    assert_eq!(
        named("SELECT name || ' ' || kind FROM report JOIN person ON person.id = person ORDER BY draw"),
        ["Ben Hill bought", "Ada Hill bought"]
    );
    assert_eq!(
        named("SELECT name || ' ' || kind FROM outbox JOIN person ON person.id = person WHERE kind = 'pairing'"),
        ["Eli Stone pairing", "Eli Stone pairing"]
    );
}

// G11 H10 H15
#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_waited_is_passed_on_and_what_was_passed_on_is_not_again() {
    let twilio = LocalTwilio::start().await;
    let mut house = left_behind();
    let roster = std::fs::read_to_string(house.path("exchange.toml")).expect("a roster");
    let section = format!("[twilio]\nbase_url = \"{}\"\nper_second = 50\n", twilio.base());
    house.write("exchange.toml", &roster.replace("[twilio]\n", &section));
    house.set("TWILIO_ACCOUNT_SID", ACCOUNT);
    let _later = house.run(&["send", "--yes"]);
    let asked: Vec<_> = twilio.taken().into_iter().filter(|taken| taken.body.contains("asks")).collect();
    assert_eq!(asked.iter().map(|taken| taken.to.as_str()).collect::<Vec<_>>(), [SHARED], "{asked:?}");
    assert!(!twilio.taken().iter().any(|taken| taken.body.contains("From the person you have")));
    let _later = house.run(&["send", "--yes"]);
    assert_eq!(twilio.taken().iter().filter(|taken| taken.body.contains("asks")).count(), 1);
    twilio.assert_well_behaved();
}

// X13 H6 H7
#[test]
fn it_is_verified_audited_and_drawn_from_again() {
    let house = left_behind();
    house.run(&["verify"]).expect(0);
    let audit = ["audit", "--giver", "Ada Hill", "--reason", "once more", "--yes", "--json"];
    let opened = house.run(&audit).expect(0).json();
    assert_eq!((opened["receiver"].as_str(), opened["opening"]["number"].as_u64()), (Some("Cleo Marsh"), Some(2)));
    assert_eq!(opened["told"][0]["sid"], sid(21));
    house.run(&["draw", "--redraw", "--yes", "--reason", "the year after", "--json"]).expect(0);
    house.run(&["verify"]).expect(0);
    let serving = house.serve();
    let receiver = house.pairings(3).into_iter().find(|(giver, _)| giver == "Ada Hill").expect("drawn").1;
    assert!(words(&serving, ADA, "christmas").starts_with(&format!("You have {receiver}.")));
    assert_eq!(words(&serving, ADA, "WISHES"), "Your wishes:\n1 a kite", "wishes follow the person");
    serving.stop();
}

// H8
#[test]
fn its_archive_is_restored_into_a_fresh_database() {
    let house = left_behind();
    std::fs::remove_file(house.path("exchange.db")).expect("gone");
    let restored = house.run(&["restore", "--json"]).expect(0).json();
    assert_eq!((&restored["draws"], &restored["openings"]), (&serde_json::json!([1, 2]), &serde_json::json!(1)));
    house.run(&["verify"]).expect(0);
    let serving = house.serve();
    assert!(words(&serving, ADA, "christmas").starts_with("Cleo Marsh"));
    assert!(words(&serving, SHARED, "christmas Dev").starts_with("Ben Hill"));
    serving.stop();
}

// G11: a mail that went out is not sent again because its row is named otherwise now.
#[test]
fn nothing_that_was_queued_is_queued_again() {
    let house = left_behind();
    let queued = |house: &House| house.run(&["outbox", "--json"]).expect(0).json()["messages"].as_array().map(Vec::len);
    let before = queued(&house);
    assert!(house.run(&["send", "--yes", "--json"]).code < 2, "what cannot be sent waits");
    assert_eq!(queued(&house), before);
}

// X23: a pairing that the first release had only rehearsed counted as sent, and nobody had been told by it.
#[test]
fn what_was_only_rehearsed_waits_to_be_sent() {
    let house = left_behind();
    let told = "DELETE FROM told_by_mail WHERE draw = 2";
    assert_eq!(Connection::open(house.path("exchange.db")).expect("opens").execute(told, []).expect("runs"), 1);
    let listed = house.run(&["outbox", "--json"]).expect(0).json();
    let pairings = listed["messages"].as_array().expect("a list").iter().filter(|message| message["kind"] == "pairing");
    assert_eq!(pairings.map(|message| &message["state"]).collect::<Vec<_>>(), ["sent", "rehearsed"]);
}
