//! What the database promises whoever opens it, and what its schema refuses.
#![expect(clippy::redundant_closure_for_method_calls, reason = "a method of `Tx` by its path is bound to one lifetime")]

use std::os::unix::fs::PermissionsExt;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use super::*;
use crate::model::{PersonId, Phone};

mod backup;
#[path = "../../tests/integration/support/cable.rs"]
mod cable;
#[path = "../../tests/integration/support/certificates.rs"]
#[allow(dead_code, reason = "shared with the integration tests, each of which needs a part")]
mod certificates;
mod engines;
#[path = "../../tests/integration/support/postgres.rs"]
#[allow(dead_code, reason = "shared with the integration tests, each of which needs a part")]
pub(super) mod postgres;
mod server;

struct Opened {
    folder: tempfile::TempDir,
    store: Store,
}

fn opened() -> Opened {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::of_test(&folder.path().join("exchange.db"));
    Opened { folder, store }
}

impl Opened {
    fn write<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>) -> T {
        self.store.write(work).expect("a sound database")
    }

    /// One of SQLite, where a test is about the file.
    fn file() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::of_file(&folder.path().join("exchange.db"));
        Self { folder, store }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("exchange.db")
    }

    fn draw(&self, number: u32) -> DrawId {
        self.draw_for("Hill family 2026", number).expect("a free number")
    }

    fn draw_for(&self, exchange: &str, number: u32) -> Result<DrawId, StoreError> {
        self.store.write(|tx| {
            let topic = tx.enter_exchange("Hill family", exchange)?;
            let draw = NewDraw {
                topic,
                exchange,
                number,
                drawn_at: at(0),
                header: "{}",
                roster: "{}",
                people: &[],
                sealed: b"sealed",
                archive_location: "sealed/draw.age",
            };
            tx.insert_draw(&draw)
        })
    }

    fn series(&self) -> SeriesId {
        self.write(|tx| tx.enter_exchange("Hill family", "Hill family 2026")).series
    }

    /// So many people of a topic of its own.
    fn people(&self, count: usize) -> Vec<PersonId> {
        self.write(|tx| {
            let topic = tx.enter_exchange("Hill family", "Hill family 2026")?.id;
            let names: Vec<String> = (0..count).map(|n| format!("Person {n}")).collect();
            let people: Vec<_> = names.iter().map(|name| NewPerson { name, phone: None, email: None }).collect();
            tx.insert_persons(topic, &people)
        })
    }

    /// What the schema says to a statement that the tool never makes.
    fn refusal(&self, statement: &str) -> String {
        crate::error_chain::in_full(&self.store.try_sql(statement).expect_err(statement))
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

// X1
#[test]
fn of_many_who_open_a_new_database_at_once_everybody_gets_in() {
    for _ in 0..8 {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("exchange.db");
        std::thread::scope(|scope| {
            let openers: Vec<_> = (0..8).map(|_| scope.spawn(|| Store::of_test(&path))).collect();
            for opener in openers {
                opener.join().expect("opened");
            }
        });
        Store::of_test(&path).read(|tx| tx.check_integrity()).expect("whole");
    }
}

#[test]
fn a_database_of_a_newer_version_is_refused_and_left_as_it_is() {
    let opened = Opened::file();
    let database = Connection::open(opened.path()).expect("opens");
    database.pragma_update(None, "user_version", 1000).expect("set");
    let error = Store::open(&DatabaseSettings::File(opened.path())).expect_err("newer");
    assert!(
        matches!(&error, StoreError::Newer { place } if *place == opened.path().display().to_string()),
        "{error:?}"
    );
    let version: i64 = database.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("read");
    assert_eq!(version, 1000);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("exchange.db");
    let text = "not a database, but somebody's letter. ".repeat(100);
    std::fs::write(&path, &text).expect("written");
    let error = Store::open(&DatabaseSettings::File(path.clone())).expect_err("no database");
    assert!(matches!(&error, StoreError::NotADatabase { path: named } if *named == path), "{error:?}");
    assert_eq!(std::fs::read_to_string(&path).expect("there"), text);
}

#[test]
fn a_folder_in_its_place_or_none_around_it_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for path in [folder.path().to_owned(), folder.path().join("missing/exchange.db")] {
        let error = Store::open(&DatabaseSettings::File(path)).expect_err("cannot be opened");
        assert!(matches!(&error, StoreError::Open { .. } | StoreError::NotADatabase { .. }), "{error:?}");
    }
}

#[test]
fn looking_leaves_no_file_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("exchange.db");
    let store = Store::open_to_look(&DatabaseSettings::File(path.clone())).expect("empty");
    assert_eq!(store.read(|tx| tx.series_named("Hill family")).expect("reads"), None);
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
        let error = Store::open(&DatabaseSettings::File(closed.join("exchange.db"))).expect_err("closed");
        assert!(matches!(&error, StoreError::Open { .. }), "{error:?}");
    }
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).expect("set");
}

// X12
#[test]
fn a_database_is_its_owners_alone() {
    let opened = Opened::file();
    let mode = std::fs::metadata(opened.path()).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
}

// H15
#[test]
fn a_transaction_is_kept_as_a_whole_or_not_at_all() {
    let opened = opened();
    let failed: Result<(), StoreError> = opened.store.write(|tx| {
        tx.enter_exchange("Hill family", "Hill family 2026")?;
        Err(StoreError::damaged("something", "on purpose"))
    });
    failed.expect_err("refused");
    assert_eq!(opened.write(|tx| tx.series_named("Hill family")), None);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        opened.store.write(|tx| -> Result<(), StoreError> {
            tx.enter_exchange("Hill family", "Hill family 2026")?;
            panic!("on purpose")
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(opened.write(|tx| tx.series_named("Hill family")), None, "and the database can still be used");
}

// X1 G4
#[test]
fn a_number_is_drawn_once_in_a_series_and_every_draw_is_kept() {
    let opened = opened();
    let first = opened.draw(1);
    opened.draw_for("Hill family 2027", 1).expect_err("the number is taken");
    let second = opened.draw(2);
    let third = opened.draw_for("Hill family 2027", 3).expect("free");
    let series = opened.series();
    let numbers: Vec<u32> = opened.write(|tx| tx.draws(series)).iter().map(|draw| draw.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    let newest = |exchange| {
        let topic = opened.write(|tx| tx.exchange_named("Hill family", exchange));
        topic.and_then(|topic| opened.write(|tx| tx.newest_draw_state(topic.id))).map(|newest| newest.id)
    };
    assert_eq!((newest("Hill family 2026"), newest("Hill family 2027")), (Some(second), Some(third)));
    assert_eq!(newest("Hill family 2028"), None);
    assert_eq!(opened.write(|tx| tx.draw(first)).map(|draw| draw.number), Some(1));
}

#[test]
fn an_exchange_is_one_row_however_often_it_is_entered_and_another_in_another_series() {
    let opened = opened();
    let enter = |series, name| opened.write(|tx| tx.enter_exchange(series, name));
    let family = enter("Hill family", "Christmas");
    assert_eq!(enter("Hill family", "Christmas"), family);
    let office = enter("Office", "Christmas");
    assert!(office.id != family.id && office.series != family.series);
    assert_eq!(enter("Hill family", "Easter").series, family.series);
}

// H15
#[test]
fn people_written_down_together_get_their_rows_in_their_order() {
    let opened = opened();
    let ids = opened.people(250);
    let topic = opened.write(|tx| tx.exchange_named("Hill family", "Hill family 2026")).expect("entered");
    let rows = opened.write(|tx| tx.persons(topic.id, |id, name, _, _| (id, name)));
    assert_eq!(rows.len(), 250);
    for (place, id) in ids.iter().enumerate() {
        assert!(rows.contains(&(*id, format!("Person {place}"))), "{place}");
    }
}

// X12
#[test]
fn what_the_archive_says_is_kept_with_the_draw() {
    let opened = opened();
    let (first, second) = (opened.draw(1), opened.draw(2));
    let series = opened.series();
    let waiting = || -> Vec<u32> { opened.write(|tx| tx.unconfirmed_draws(series)).iter().map(|d| d.number).collect() };
    assert_eq!(waiting(), [2, 1], "newest first");
    opened.write(|tx| tx.set_archive_state(first, ArchiveState::Pending, Some("it is away"), at(1)));
    assert_eq!(opened.write(|tx| tx.draw(first)).and_then(|draw| draw.archive_problem).as_deref(), Some("it is away"));
    opened.write(|tx| tx.set_archive_state(first, ArchiveState::Confirmed, None, at(2)));
    opened.write(|tx| tx.set_archive_state(second, ArchiveState::Occupied, Some("something else"), at(2)));
    assert_eq!(waiting(), [2], "an occupied place is looked at again");
    let state = |id| opened.write(|tx| tx.draw(id)).map(|draw| draw.archive_state);
    assert_eq!((state(first), state(second)), (Some(ArchiveState::Confirmed), Some(ArchiveState::Occupied)));
    opened.write(|tx| tx.set_archive_state(first, ArchiveState::Pending, Some("too late"), at(3)));
    assert_eq!(state(first), Some(ArchiveState::Confirmed), "confirmed stays confirmed");
}

fn text_of(draw: DrawId, person: PersonId, told: bool) -> StoredText {
    StoredText { topic: None, person: Some(person), draw: Some(draw), told, outcome: "\"menu\"".to_owned() }
}

// H2
#[test]
fn a_text_is_logged_once_with_its_outcome_and_remembers_its_phone() {
    let opened = opened();
    let (draw, person) = (opened.draw(1), opened.people(1)[0]);
    let text = text_of(draw, person, false);
    let other = Phone::from_provider("+447700900102").expect("a phone");
    opened.write(|tx| tx.insert_text("SM1", &ada(), at(0), &text));
    opened.store.write(|tx| tx.insert_text("SM1", &other, at(1), &text)).expect_err("its id is taken");
    assert_eq!(opened.write(|tx| tx.text("SM1", &ada())), Some((text.clone(), true)));
    assert_eq!(opened.write(|tx| tx.text("SM1", &other)), Some((text, false)));
    assert_eq!(opened.write(|tx| tx.text("SM2", &ada())), None);
    assert_eq!(opened.write(|tx| tx.count_texts()), 1);
}

// H10
#[test]
fn texts_are_counted_by_phone_from_a_time_on_and_no_further_than_asked() {
    let opened = opened();
    let (draw, person) = (opened.draw(1), opened.people(1)[0]);
    let other = Phone::from_provider("+447700900102").expect("a phone");
    for n in 0..5 {
        let text = text_of(draw, person, false);
        opened.write(|tx| tx.insert_text(&format!("SM{n}"), &ada(), at(n), &text));
        opened.write(|tx| tx.insert_text(&format!("SMother{n}"), &other, at(n), &text));
    }
    let count = |seconds, most| opened.write(|tx| tx.count_texts_of(&ada(), at(seconds), most));
    assert_eq!((count(0, 99), count(2, 99), count(5, 99), count(0, 4)), (5, 3, 0, 4));
}

// H2
#[test]
fn tellings_by_text_and_by_mail_are_kept_by_draw_and_a_mail_counts_once() {
    let opened = opened();
    let (first, second) = (opened.draw(1), opened.draw(2));
    let people = opened.people(2);
    let told = |sid: &str, seconds| Telling { person: people[0], at: at(seconds), sid: sid.to_owned() };
    opened.write(|tx| tx.insert_text("SM2", &ada(), at(60), &text_of(first, people[0], true)));
    opened.write(|tx| tx.insert_text("SM3", &ada(), at(61), &text_of(first, people[0], false)));
    opened.write(|tx| tx.insert_told_by_mail(first, &told("mail", 30)));
    opened.write(|tx| tx.insert_told_by_mail(first, &told("mail", 90)));
    assert_eq!(opened.write(|tx| tx.tellings(first)), [told("mail", 30), told("SM2", 60)]);
    assert!(opened.write(|tx| tx.tellings(second)).is_empty());
    let was_told = |draw, person| opened.write(|tx| tx.was_told(draw, person));
    assert!(was_told(first, people[0]));
    assert!(!was_told(first, people[1]) && !was_told(second, people[0]));
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
    let people = opened.people(2);
    let written = ["socks".to_owned(), "a kite".to_owned()];
    let wishes = || opened.write(|tx| tx.wishes(people[0], &written));
    let withdraw = |wish: &str| opened.write(|tx| tx.withdraw_wish(people[0], wish, at(0)));
    opened.write(|tx| tx.add_wish(people[0], "tea", at(0)));
    opened.write(|tx| tx.add_wish(people[1], "coffee", at(0)));
    assert_eq!(wishes(), ["socks", "a kite", "tea"]);
    withdraw("tea");
    withdraw("socks");
    assert_eq!(wishes(), ["a kite"]);
    withdraw("socks");
    opened.write(|tx| tx.add_wish(people[0], "tea", at(0)));
    assert_eq!(wishes(), ["a kite", "tea"], "wished for again");
}

// H12
#[test]
fn a_report_counts_once_and_for_its_draw_alone() {
    let opened = opened();
    let (first, second) = (opened.draw(1), opened.draw(2));
    let person = opened.people(4)[3];
    for _ in 0..2 {
        opened.write(|tx| tx.add_report(first, person, "bought", at(0)));
    }
    opened.store.write(|tx| tx.add_report(first, person, "eaten", at(0))).expect_err("no such report");
    assert_eq!(opened.write(|tx| tx.reported(first, "bought")), [person]);
    assert!(opened.write(|tx| tx.reported(second, "bought")).is_empty());
    assert!(opened.write(|tx| tx.reported(first, "eaten")).is_empty());
}

// H7
#[test]
fn openings_are_numbered_once_and_stay_until_they_are_archived() {
    let opened = opened();
    let family = opened.series();
    let other = opened.write(|tx| tx.enter_exchange("Book club", "Book club")).series;
    let append = |series, number, entry: &str| opened.store.write(|tx| tx.append_opening(series, number, at(0), entry));
    append(family, 1, "{\"draw\":1}").expect("free");
    append(family, 1, "{\"draw\":1}").expect_err("the number is taken");
    append(family, 2, "{\"draw\":2}").expect("free");
    append(other, 1, "{}").expect("free");
    opened.write(|tx| tx.opening_archived(family, 1, at(1)));
    let log: Vec<_> = opened.write(|tx| tx.openings(family)).iter().map(|o| (o.number, o.archived)).collect();
    assert_eq!(log, [(1, true), (2, false)]);
    let count = |draw| opened.write(|tx| tx.count_openings(family, draw));
    assert_eq!((count(1), count(2), count(3)), (1, 1, 0));
    append(family, 3, "{\"draw\":").expect("free");
    assert_eq!((count(1), count(2), count(3)), (2, 2, 1), "an unreadable entry makes no opening disappear");
}

#[test]
fn the_schema_refuses_what_no_row_may_be() {
    let opened = opened();
    opened.draw(1);
    let draw = "INSERT INTO draw (topic, series, number, drawn_at, header, roster, people, sealed, archive_location)";
    let text = "INSERT INTO text (sid, received_at, phone, draw, told, outcome)";
    let is_sqlite = opened.store.is_sqlite();
    let none = if is_sqlite { "x''" } else { "''" };
    let in_words = |why: &'static str| match why {
        _ if is_sqlite => why,
        "CHECK" => "violates check constraint",
        "UNIQUE" => "violates unique constraint",
        "FOREIGN KEY" => "violates foreign key constraint",
        "NOT NULL" => "violates not-null constraint",
        _ => "invalid input syntax for type bigint",
    };
    for (statement, why) in [
        (format!("{draw} VALUES (1, 1, 0, 0, '', '', '', {none}, '')"), "CHECK"),
        (format!("{draw} VALUES (1, 1, 1, 0, '', '', '', {none}, '')"), "UNIQUE"),
        (format!("{draw} VALUES (7, 1, 2, 0, '', '', '', {none}, '')"), "FOREIGN KEY"),
        (format!("{draw} VALUES (1, 1, 'one', 0, '', '', '', {none}, '')"), "cannot store TEXT"),
        (format!("{draw} VALUES (1, 1, 2, NULL, '', '', '', {none}, '')"), "NOT NULL"),
        ("INSERT INTO archive_copy (draw, state) VALUES (1, 'lost')".to_owned(), "CHECK"),
        ("INSERT INTO archive_copy (draw, state) VALUES (7, 'pending')".to_owned(), "FOREIGN KEY"),
        ("INSERT INTO told_by_mail (draw, person, message, at) VALUES (7, 0, 'SM1', 0)".to_owned(), "FOREIGN KEY"),
        (format!("{text} VALUES ('SM1', 0, '', 7, 0, '')"), "FOREIGN KEY"),
        (format!("{text} VALUES ('SM1', 0, '', 1, 2, '')"), "CHECK"),
        ("INSERT INTO wish (person, body, at) VALUES (7, '', 0)".to_owned(), "FOREIGN KEY"),
        ("INSERT INTO report (draw, person, kind, at) VALUES (1, 0, 'eaten', 0)".to_owned(), "CHECK"),
        ("INSERT INTO opening (series, number, at, entry) VALUES (1, 0, 0, '')".to_owned(), "CHECK"),
    ] {
        let refusal = opened.refusal(&statement);
        assert!(refusal.contains(in_words(why)), "{statement}: {refusal}");
    }
}

// X11
#[test]
fn no_table_has_columns_for_both_ends_of_a_pairing() {
    let tables = opened().store.tables();
    let columns = tables.iter().flat_map(|table| table.columns.iter().map(|column| (&table.name, column)));
    let columns: Vec<_> = columns.collect();
    assert!(columns.len() > 30, "{columns:?}");
    for (table, column) in columns {
        assert!(!column.contains("receiver") && !column.contains("giver"), "{table}.{column}");
    }
}
