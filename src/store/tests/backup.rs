//! All rows written down and read back, on either engine.

use std::fmt::Write as _;
use std::io::Write;

use proptest::prelude::*;

use super::engines::{both, work};
use super::*;

fn written(store: &Store) -> String {
    let mut bytes = Vec::new();
    store.read(|tx| tx.write_backup(&mut bytes, at(0))).expect("a backup");
    String::from_utf8(bytes).expect("text")
}

fn read(store: &Store, backup: &str) -> Result<Summary, BackupError> {
    store.write(|tx| tx.read_backup(&mut backup.as_bytes()))
}

// H18 G11
#[test]
fn a_database_moves_from_one_engine_to_the_other_and_back() {
    let Some(both) = both() else { return };
    let any_work = proptest::collection::vec((any::<u8>(), any::<u8>(), any::<u8>()), 40..120);
    let config =
        ProptestConfig { cases: 6, max_shrink_iters: 20, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = proptest::test_runner::TestRunner::new(config).run(&any_work, |all| {
        both.sqlite.lose_rows();
        both.postgres.lose_rows();
        let begin: Vec<(u8, u8, u8)> = (0..3).flat_map(|n| [(0, n, n), (2, n, n), (4, n, n + 1), (21, n, n)]).collect();
        for (what, a, b) in begin.iter().chain(&all) {
            let _refused = both.sqlite.write(|tx| work(tx, *what, *a, *b));
        }
        let backup = written(&both.sqlite);
        let summary = read(&both.postgres, &backup).expect("restored");
        prop_assert_eq!(summary.made_at, at(0));
        prop_assert!(summary.rows >= 6, "{}", summary.rows);
        prop_assert_eq!(&written(&both.postgres), &backup);
        // What is numbered goes on behind what came back.
        for name in ["later", "later still"] {
            let entered = both.postgres.write(|tx| tx.enter_exchange(name, name)).expect("a free number");
            let same = both.sqlite.write(|tx| tx.enter_exchange(name, name)).expect("a free number");
            prop_assert_eq!(entered, same);
        }
        let later = written(&both.postgres);
        both.sqlite.lose_rows();
        read(&both.sqlite, &later).expect("restored");
        prop_assert_eq!(written(&both.sqlite), later);
        Ok(())
    });
    outcome.expect("the same");
}

/// A database with many rows and some bytes.
fn full() -> Opened {
    let opened = opened();
    opened.draw(1);
    opened.people(251);
    opened
}

// H18
#[test]
fn a_backup_that_was_changed_or_cut_off_leaves_the_database_empty() {
    let backup = written(&full().store);
    let fresh = opened();
    let empty = written(&fresh.store);
    let lines: Vec<&str> = backup.lines().collect();
    let row = lines.iter().position(|line| line.contains("Person 7\"")).expect("a row");
    let joined = |lines: &[&str]| {
        lines.iter().fold(String::new(), |mut all, line| {
            writeln!(all, "{line}").expect("written");
            all
        })
    };
    let with = |line: usize, other: &str| {
        let mut changed = lines.clone();
        changed[line] = other;
        joined(&changed)
    };
    let without = |line: usize| joined(&[&lines[..line], &lines[line + 1..]].concat());
    let another = lines[row].replace("Person 7\"", "Person X\"");
    let table = lines.iter().position(|line| line.contains("\"name\":\"person\"")).expect("a table");
    let renamed = lines[table].replace("\"person\"", "\"persons; DROP TABLE draw\"");
    let later = lines[0].replace("\"version\":1", "\"version\":2");
    for (changed, why) in [
        (with(row, &another), "their sum"),
        (without(row), "the rows of"),
        (with(row, "[1]"), "no row of this table"),
        (with(row, "[{}]"), "no row of this table"),
        (with(row, "{"), "cannot be read"),
        (with(table, &renamed), "not there as it should be"),
        (without(table), "cannot be read"),
        (with(0, &later), "a newer version"),
        (without(0), "does not begin like"),
        (joined(&lines[..row]), "ends too early"),
        (joined(&lines[..lines.len() - 1]), "ends too early"),
        (String::new(), "ends too early"),
        (format!("{backup}{{}}"), "follows the end"),
    ] {
        let refusal = crate::error_chain::in_full(&read(&fresh.store, &changed).expect_err(why));
        assert!(refusal.contains(why), "{why}: {refusal}");
        assert_eq!(written(&fresh.store), empty, "{why}");
    }
    read(&fresh.store, &backup).expect("restored");
    assert_eq!(written(&fresh.store), backup);
    let again = read(&fresh.store, &backup).expect_err("not empty");
    assert!(matches!(again, BackupError::NotEmpty { .. }), "{again}");
}

/// Writes into a database, between two rows of its backup.
struct Meddling<'a> {
    bytes: Vec<u8>,
    other: &'a Store,
    times: usize,
}

impl Write for Meddling<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.times < 50 {
            self.times += 1;
            let name = format!("meanwhile {}", self.times);
            self.other.write(|tx| tx.enter_exchange(&name, &name)).expect("not held up");
        }
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

// H18
#[test]
fn a_backup_is_of_one_moment_and_holds_nobody_up() {
    let full = full();
    let before = written(&full.store);
    let other = Store::of_test(&full.path());
    let mut meddling = Meddling { bytes: Vec::new(), other: &other, times: 0 };
    full.store.read(|tx| tx.write_backup(&mut meddling, at(0))).expect("a backup");
    assert_eq!(meddling.times, 50);
    assert_eq!(String::from_utf8(meddling.bytes).expect("text"), before);
    assert_ne!(written(&full.store), before);
}

// H18
#[test]
fn a_backup_that_cannot_be_written_to_the_end_is_an_error() {
    let full = full();
    let mut room = [0; 5000];
    let refusal = full.store.read(|tx| tx.write_backup(&mut &mut room[..], at(0))).expect_err("no room");
    assert!(matches!(refusal, BackupError::File(_)), "{refusal}");
    full.draw(2);
}

// H18
#[test]
fn what_waits_counts_as_perhaps_sent() {
    let opened = opened();
    let (draw, people) = (opened.draw(1), opened.people(5));
    for (cause, person, channel) in [
        ("a", people[0], Channel::Sms),
        ("b", people[1], Channel::Email),
        ("c", people[2], Channel::Either),
        ("d", people[3], Channel::Sms),
        ("e", people[4], Channel::Either),
        ("f", people[1], Channel::Email),
    ] {
        opened.write(|tx| {
            let topic = tx.enter_exchange("Hill family", "Hill family 2026")?.id;
            tx.put_mails_due(draw)?;
            tx.enqueue(&NewMessage {
                cause,
                topic,
                basis: Basis::Wrote,
                kind: "reminder",
                parameters: "{}",
                draw: Some(draw),
                recipient: Recipient::Person(person),
                channel,
                at: at(0),
                due: if cause == "f" { at(10) } else { at(0) },
                not_after: None,
            })
        });
    }
    // Whoever has an e-mail may have got what goes by either way as a mail.
    opened.store.sql(&format!("UPDATE person SET email = 'cy@example.org' WHERE id = {}", people[2].0));
    opened.write(|tx| tx.claim_message(OutboxId::numbered(4), ("worker", false), at(1), at(100)));
    let counted = opened.write(|tx| tx.count_as_perhaps_sent(at(5), at(9)));
    assert_eq!(counted, (3, 2));
    let rows = opened.store.read(|tx| tx.messages()).expect("sound");
    let state: Vec<_> = rows.iter().map(|row| (row.state, row.unsure_since)).collect();
    assert_eq!(
        state,
        [
            (OutboxState::Waiting, Some(at(5))),
            (OutboxState::Failed, Some(at(5))),
            (OutboxState::Failed, Some(at(5))),
            (OutboxState::Waiting, Some(at(1))),
            (OutboxState::Waiting, Some(at(5))),
            (OutboxState::Waiting, None),
        ],
        "what is due later has not gone"
    );
    assert_eq!(opened.store.number("SELECT count(*) FROM mails_due"), 0);
    assert!(opened.write(|tx| tx.requeue_message(OutboxId::numbered(2), at(10))));
}
