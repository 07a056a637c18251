//! What the database promises whoever opens it, and what its schema refuses.
#![expect(clippy::redundant_closure_for_method_calls, reason = "a method of `Tx` by its path is bound to one lifetime")]

use std::os::unix::fs::PermissionsExt;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use super::*;
use crate::model::{Person, PersonIndex, Phone};

struct Opened {
    folder: tempfile::TempDir,
    store: Store,
}

fn opened() -> Opened {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("exchange.db"), Durability::Kill).expect("opens");
    Opened { folder, store }
}

impl Opened {
    fn write<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>) -> T {
        self.store.write(work).expect("a sound database")
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("exchange.db")
    }

    fn draw(&self, number: u32) -> DrawId {
        self.write(|tx| tx.insert_draw(&draw_of("Hill family 2026", number)))
    }

    /// What the schema says to a statement that the tool never makes.
    fn refusal(&self, statement: &str) -> String {
        let database = Connection::open(self.path()).expect("opens");
        database.pragma_update(None, "foreign_keys", true).expect("set");
        database.execute(statement, []).expect_err(statement).to_string()
    }
}

fn draw_of(exchange: &str, number: u32) -> NewDraw<'_> {
    NewDraw {
        series: "Hill family",
        number,
        exchange,
        drawn_at: at(0),
        header: "{}",
        roster: "{}",
        sealed: b"sealed",
        archive_location: "sealed/draw.age",
    }
}

/// So many seconds after a day began.
fn at(seconds: i64) -> Timestamp {
    let day: Timestamp = "2026-12-01T00:00:00Z".parse().expect("a time");
    day.checked_add(SignedDuration::from_secs(seconds)).expect("a time")
}

fn ada() -> Phone {
    Phone::from_provider("+447700900101").expect("a phone")
}

fn person(wishes: &[&str]) -> Person {
    Person {
        name: "Ada".to_owned(),
        phone: Some(ada()),
        email: None,
        household: None,
        wishes: wishes.iter().map(|wish| (*wish).to_owned()).collect(),
        place: None,
    }
}

// X1
#[test]
fn of_many_who_open_a_new_database_at_once_everybody_gets_in() {
    for _ in 0..8 {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("exchange.db");
        std::thread::scope(|scope| {
            let openers: Vec<_> =
                (0..8).map(|_| scope.spawn(|| Store::open(&path, Durability::PowerCut).map(drop))).collect();
            for opener in openers {
                opener.join().expect("no panic").expect("opened");
            }
        });
        Store::open(&path, Durability::Kill).expect("opens").read(|tx| tx.check_integrity()).expect("whole");
    }
}

#[test]
fn a_database_of_a_newer_version_is_refused_and_left_as_it_is() {
    let opened = opened();
    let database = Connection::open(opened.path()).expect("opens");
    database.pragma_update(None, "user_version", 1000).expect("set");
    let error = Store::open(&opened.path(), Durability::Kill).expect_err("newer");
    assert!(matches!(&error, StoreError::Newer { path } if *path == opened.path()), "{error:?}");
    let version: i64 = database.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("read");
    assert_eq!(version, 1000);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("exchange.db");
    let text = "not a database, but somebody's letter. ".repeat(100);
    std::fs::write(&path, &text).expect("written");
    let error = Store::open(&path, Durability::Kill).expect_err("no database");
    assert!(matches!(&error, StoreError::NotADatabase { path: named } if *named == path), "{error:?}");
    assert_eq!(std::fs::read_to_string(&path).expect("there"), text);
}

#[test]
fn a_folder_in_its_place_or_none_around_it_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for path in [folder.path().to_owned(), folder.path().join("missing/exchange.db")] {
        let error = Store::open(&path, Durability::Kill).expect_err("cannot be opened");
        assert!(matches!(&error, StoreError::Open { .. } | StoreError::NotADatabase { .. }), "{error:?}");
    }
}

#[test]
fn looking_leaves_no_file_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("exchange.db");
    let store = Store::open_to_look(&path).expect("empty");
    assert_eq!(store.read(|tx| tx.draws("Hill family")).map(|draws| draws.len()).expect("reads"), 0);
    assert!(!path.exists());
}

#[test]
fn a_folder_that_may_not_be_written_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let closed = folder.path().join("closed");
    std::fs::create_dir(&closed).expect("made");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o500)).expect("set");
    // Root may write anywhere; there is nothing to refuse then.
    if std::fs::write(closed.join("probe"), "").is_err() {
        let error = Store::open(&closed.join("exchange.db"), Durability::Kill).expect_err("closed");
        assert!(matches!(&error, StoreError::Open { .. }), "{error:?}");
    }
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).expect("set");
}

// X12
#[test]
fn a_database_is_its_owners_alone() {
    let opened = opened();
    let mode = std::fs::metadata(opened.path()).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
}

// H15
#[test]
fn a_transaction_is_kept_as_a_whole_or_not_at_all() {
    let opened = opened();
    let failed: Result<(), StoreError> = opened.store.write(|tx| {
        tx.insert_draw(&draw_of("Hill family 2026", 1))?;
        Err(StoreError::damaged("something", "on purpose"))
    });
    failed.expect_err("refused");
    assert!(opened.write(|tx| tx.draws("Hill family")).is_empty());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        opened.store.write(|tx| -> Result<(), StoreError> {
            tx.insert_draw(&draw_of("Hill family 2026", 1))?;
            panic!("on purpose")
        })
    }));
    assert!(panicked.is_err());
    assert!(opened.write(|tx| tx.draws("Hill family")).is_empty(), "and the database can still be used");
}

// X1 G4
#[test]
fn a_number_is_drawn_once_in_a_series_and_every_draw_is_kept() {
    let opened = opened();
    let first = opened.draw(1);
    opened.store.write(|tx| tx.insert_draw(&draw_of("Hill family 2027", 1))).expect_err("the number is taken");
    let second = opened.draw(2);
    let third = opened.write(|tx| tx.insert_draw(&draw_of("Hill family 2027", 3)));
    let numbers: Vec<u32> = opened.write(|tx| tx.draws("Hill family")).iter().map(|draw| draw.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    let newest = |exchange| opened.write(|tx| tx.newest_draw_state("Hill family", exchange)).map(|(id, _)| id);
    assert_eq!((newest("Hill family 2026"), newest("Hill family 2027")), (Some(second), Some(third)));
    assert_eq!(newest("Hill family 2028"), None);
    assert_eq!(opened.write(|tx| tx.draw(first)).map(|draw| draw.number), Some(1));
}

// X12
#[test]
fn what_the_archive_says_is_kept_with_the_draw() {
    let opened = opened();
    let (first, second) = (opened.draw(1), opened.draw(2));
    let pending =
        || -> Vec<u32> { opened.write(|tx| tx.pending_draws("Hill family")).iter().map(|d| d.number).collect() };
    assert_eq!(pending(), [2, 1], "newest first");
    opened.write(|tx| tx.set_archive_state(first, ArchiveState::Pending, Some("it is away"), at(1)));
    assert_eq!(opened.write(|tx| tx.draw(first)).and_then(|draw| draw.archive_problem).as_deref(), Some("it is away"));
    opened.write(|tx| tx.set_archive_state(first, ArchiveState::Confirmed, None, at(2)));
    opened.write(|tx| tx.set_archive_state(second, ArchiveState::Occupied, Some("something else"), at(2)));
    assert!(pending().is_empty());
    let state = |id| opened.write(|tx| tx.draw(id)).map(|draw| draw.archive_state);
    assert_eq!((state(first), state(second)), (Some(ArchiveState::Confirmed), Some(ArchiveState::Occupied)));
    opened.write(|tx| tx.set_archive_state(first, ArchiveState::Pending, Some("too late"), at(3)));
    assert_eq!(state(first), Some(ArchiveState::Confirmed), "confirmed stays confirmed");
}

// H2
#[test]
fn a_text_is_logged_with_its_outcome_and_remembers_its_phone() {
    let opened = opened();
    let draw = opened.draw(1);
    let text =
        StoredText { draw: Some(draw), person: Some(PersonIndex(3)), told: false, outcome: "\"menu\"".to_owned() };
    let other = Phone::from_provider("+447700900102").expect("a phone");
    let first = opened.write(|tx| tx.insert_text("SM1", &ada(), at(0), &text));
    let second = opened.write(|tx| tx.insert_text("SM2", &other, at(1), &text));
    assert!(TextId::default() < first && first < second);
    assert_eq!(opened.write(|tx| tx.text(first, "SM1", &ada())), Some((text.clone(), true)));
    assert_eq!(opened.write(|tx| tx.text(first, "SM1", &other)), Some((text, false)));
    assert_eq!(opened.write(|tx| tx.text(first, "SM2", &ada())), None);
    assert_eq!(opened.write(|tx| tx.count_texts()), 2);
    let after = |id| {
        let mut seen = Vec::new();
        opened.write(|tx| tx.texts_after(id, |id, sid, phone, at| seen.push((id, sid.to_owned(), phone.clone(), at))));
        seen
    };
    let [one, two] = [(first, "SM1".to_owned(), ada(), at(0)), (second, "SM2".to_owned(), other, at(1))];
    assert_eq!(after(first), std::slice::from_ref(&two));
    assert_eq!(after(TextId::default()), [one, two]);
}

// H2
#[test]
fn tellings_by_text_and_by_mail_are_kept_by_draw_and_a_mail_counts_once() {
    let opened = opened();
    let (first, second) = (opened.draw(1), opened.draw(2));
    let told = |sid: &str, seconds| Told { person: PersonIndex(0), at: at(seconds), sid: sid.to_owned() };
    let text = |told| StoredText { draw: Some(first), person: Some(PersonIndex(0)), told, outcome: String::new() };
    opened.write(|tx| tx.insert_text("SM2", &ada(), at(60), &text(true)));
    opened.write(|tx| tx.insert_text("SM3", &ada(), at(61), &text(false)));
    opened.write(|tx| tx.insert_told_by_mail(first, &told("mail", 30)));
    opened.write(|tx| tx.insert_told_by_mail(first, &told("mail", 90)));
    assert_eq!(opened.write(|tx| tx.told(first)), [told("mail", 30), told("SM2", 60)]);
    assert!(opened.write(|tx| tx.told(second)).is_empty());
}

// X9
#[test]
fn a_stranger_is_greeted_once_a_day() {
    let opened = opened();
    opened.write(|tx| tx.hear_from(&ada(), at(0)));
    let greet = |seconds| opened.write(|tx| tx.greet_stranger(&ada(), at(seconds)));
    assert_eq!([greet(0), greet(1), greet(86_399), greet(86_400)], [true, false, false, true]);
}

// H3 X10
#[test]
fn an_opt_out_lasts_until_the_opt_in_and_is_no_text() {
    let opened = opened();
    let known = || opened.write(|tx| Ok((tx.is_opted_out(&ada())?, tx.has_written(&ada())?)));
    assert_eq!(known(), (false, false));
    opened.write(|tx| tx.opt_out(&ada(), at(0)));
    assert_eq!(known(), (true, false), "the carrier may tell of somebody who never wrote");
    assert!(opened.write(|tx| tx.hear_from(&ada(), at(1))), "it is told with the text");
    opened.write(|tx| tx.opt_out(&ada(), at(2)));
    assert_eq!(known(), (true, true));
    opened.write(|tx| tx.opt_in(&ada()));
    assert_eq!(known(), (false, true));
}

#[test]
fn wishes_of_the_roster_and_of_texts_are_one_list_and_can_be_taken_back() {
    let opened = opened();
    let ada = person(&["socks", "a kite"]);
    let wishes = || opened.write(|tx| tx.wishes("2026", &ada));
    let withdraw = |wish: &str| opened.write(|tx| tx.withdraw_wish("2026", "Ada", wish, at(0)));
    opened.write(|tx| tx.add_wish("2026", "Ada", "tea", at(0)));
    opened.write(|tx| tx.add_wish("2026", "Ben", "coffee", at(0)));
    opened.write(|tx| tx.add_wish("2027", "Ada", "cake", at(0)));
    assert_eq!(wishes(), ["socks", "a kite", "tea"]);
    withdraw("tea");
    withdraw("socks");
    assert_eq!(wishes(), ["a kite"]);
    withdraw("socks");
    opened.write(|tx| tx.add_wish("2026", "Ada", "tea", at(0)));
    assert_eq!(wishes(), ["a kite", "tea"], "wished for again");
}

// H12
#[test]
fn a_report_counts_once_and_for_its_draw_alone() {
    let opened = opened();
    let (first, second) = (opened.draw(1), opened.draw(2));
    for _ in 0..2 {
        opened.write(|tx| tx.add_report(first, PersonIndex(3), "bought", at(0)));
    }
    opened.store.write(|tx| tx.add_report(first, PersonIndex(3), "eaten", at(0))).map_err(drop).ok();
    assert_eq!(opened.write(|tx| tx.reported(first, "bought")), [PersonIndex(3)]);
    assert!(opened.write(|tx| tx.reported(second, "bought")).is_empty());
    assert!(opened.write(|tx| tx.reported(first, "eaten")).is_empty());
}

// H7
#[test]
fn openings_are_numbered_once_and_stay_until_they_are_archived() {
    let opened = opened();
    opened.write(|tx| tx.append_opening("Hill family", 1, at(0), "{\"draw\":1}"));
    opened
        .store
        .write(|tx| tx.append_opening("Hill family", 1, at(0), "{\"draw\":1}"))
        .expect_err("the number is taken");
    opened.write(|tx| tx.append_opening("Hill family", 2, at(0), "{\"draw\":2}"));
    opened.write(|tx| tx.append_opening("Book club", 1, at(0), "{}"));
    opened.write(|tx| tx.opening_archived("Hill family", 1, at(1)));
    let log: Vec<_> = opened.write(|tx| tx.openings("Hill family")).iter().map(|o| (o.number, o.archived)).collect();
    assert_eq!(log, [(1, true), (2, false)]);
    let count = |draw| opened.write(|tx| tx.count_openings("Hill family", draw));
    assert_eq!((count(1), count(2), count(3)), (1, 1, 0));
    opened.write(|tx| tx.append_opening("Hill family", 3, at(0), "{\"draw\":"));
    assert_eq!((count(1), count(2), count(3)), (2, 2, 1), "an unreadable entry makes no opening disappear");
}

#[test]
fn the_schema_refuses_what_no_row_may_be() {
    let opened = opened();
    let draw = "INSERT INTO draw (series, number, exchange, drawn_at, header, roster, sealed, archive_location)";
    for (statement, why) in [
        (format!("{draw} VALUES ('s', 0, 'e', 0, '', '', x'', '')"), "CHECK"),
        ("INSERT INTO archive_copy (draw, state) VALUES (1, 'lost')".to_owned(), "CHECK"),
        ("INSERT INTO archive_copy (draw, state) VALUES (7, 'pending')".to_owned(), "FOREIGN KEY"),
        (format!("{draw} VALUES ('s', 'one', 'e', 0, '', '', x'', '')"), "cannot store TEXT"),
        (format!("{draw} VALUES ('s', 1, NULL, 0, '', '', x'', '')"), "NOT NULL"),
        ("INSERT INTO told_by_mail (draw, person, message, at) VALUES (7, 0, 'SM1', 0)".to_owned(), "FOREIGN KEY"),
        (
            "INSERT INTO text (sid, received_at, phone, draw, told, outcome) VALUES ('SM1', 0, '', 7, 0, '')"
                .to_owned(),
            "FOREIGN KEY",
        ),
        ("INSERT INTO report (draw, person, kind, at) VALUES (1, 0, 'eaten', 0)".to_owned(), "CHECK"),
        ("INSERT INTO opening (series, number, at, entry) VALUES ('s', 0, 0, '')".to_owned(), "CHECK"),
    ] {
        let refusal = opened.refusal(&statement);
        assert!(refusal.contains(why), "{statement}: {refusal}");
    }
}

// X11
#[test]
fn no_table_has_columns_for_both_ends_of_a_pairing() {
    let opened = opened();
    let database = Connection::open(opened.path()).expect("opens");
    let mut statement = database
        .prepare("SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'")
        .expect("sound");
    let columns = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("runs");
    let columns: Vec<(String, String)> = columns.collect::<Result<_, _>>().expect("names");
    assert!(columns.len() > 30, "{columns:?}");
    for (table, column) in columns {
        assert!(!column.contains("receiver") && !column.contains("giver"), "{table}.{column}");
    }
}

// X1
#[test]
fn what_another_connection_commits_is_noticed() {
    let opened = opened();
    let counter = || opened.store.read(|tx| tx.change_counter()).expect("read");
    let before = counter();
    assert_eq!(counter(), before);
    let other = Store::open(&opened.path(), Durability::PowerCut).expect("opens");
    other.write(|tx| tx.insert_draw(&draw_of("Hill family 2026", 1))).expect("kept");
    assert_ne!(counter(), before);
}
