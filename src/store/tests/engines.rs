//! One text for both engines: the same schema, the same statements, the same rows after the same work.
//!
//! Without `XCHANGE_TEST_POSTGRES` each test starts a server of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::path::Path;

use proptest::prelude::*;

use super::super::testing::{schema_for, server_at};
use super::postgres::LocalPostgres;
use super::*;
use crate::model::TopicId;

/// A database of each engine.
pub(super) struct Both {
    pub(super) sqlite: Store,
    pub(super) postgres: Store,
    _folder: tempfile::TempDir,
    _server: Option<LocalPostgres>,
}

pub(super) fn both() -> Option<Both> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("exchange.db");
    let (server, own) = match schema_for(&path) {
        Some(shared) => (shared, None),
        None => {
            let own = LocalPostgres::start()?;
            (server_at(&own.socket().to_string_lossy(), own.port), Some(own))
        }
    };
    let postgres = Store::open(&DatabaseSettings::Server(server)).expect("a database");
    Some(Both { sqlite: Store::of_file(&path), postgres, _folder: folder, _server: own })
}

fn source(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store").join(folder);
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let files = files.filter(|path| path.is_file()).map(|path| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).expect("readable"))
    });
    let mut files: Vec<_> = files.collect();
    files.sort();
    files
}

// G11
#[test]
fn every_migration_stands_beside_one_of_the_other_engine() {
    let names = |folder| source(folder).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let sqlite = names("migrations/sqlite");
    assert_eq!(sqlite, names("migrations/postgres"), "write the other one, of the same name");
    assert_eq!(sqlite.len(), engine::MIGRATIONS.len(), "and name both in engine.rs");
    for (number, name) in (1..).zip(sqlite) {
        assert!(name.starts_with(&format!("{number:04}_")), "{name}");
    }
}

/// Whether the word of a type is what the other engine calls its own.
fn column_type(sqlite: &str) -> &'static str {
    match sqlite {
        // As a table made from another one says it.
        "INTEGER" | "INT" => "bigint",
        "TEXT" => "text C",
        "BLOB" => "bytea",
        other => panic!("{other} is no type of ours"),
    }
}

// G11
#[test]
fn both_engines_have_the_same_tables_columns_and_keys() {
    let Some(both) = both() else { return };
    let list = |store: &Store, sql| -> Vec<(String, String, String)> { store.read(|tx| tx.all(sql, &[])).expect(sql) };
    let columns = |store, sql| list(store, sql).into_iter().map(|(t, c, kind)| ((t, c), kind)).collect();
    let sqlite: BTreeMap<(String, String), String> = columns(
        &both.sqlite,
        "SELECT t.name, c.name, c.type || CASE WHEN c.\"notnull\" + c.pk > 0 THEN ' NOT NULL' ELSE '' END \
         FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table' AND t.name <> 'sqlite_sequence'",
    );
    let sqlite: BTreeMap<_, _> = sqlite
        .into_iter()
        .map(|(column, kind)| match kind.split_once(' ') {
            Some((kind, null)) => (column, format!("{} {null}", column_type(kind))),
            None => (column, column_type(&kind).to_owned()),
        })
        .collect();
    let postgres: BTreeMap<(String, String), String> = columns(
        &both.postgres,
        "SELECT table_name::text, column_name::text, data_type || coalesce(' ' || collation_name, '') \
         || CASE WHEN is_nullable = 'NO' THEN ' NOT NULL' ELSE '' END FROM information_schema.columns \
         WHERE table_schema = current_schema() AND table_name <> 'migration'",
    );
    assert_eq!(sqlite, postgres);
    let keys = |store, sql| list(store, sql).into_iter().collect::<BTreeSet<_>>();
    let sqlite = keys(
        &both.sqlite,
        "SELECT t.name, 'refers to ' || f.\"table\", f.\"from\" FROM sqlite_schema AS t, \
         pragma_foreign_key_list(t.name) AS f \
         UNION SELECT t.name, CASE WHEN i.\"unique\" = 1 THEN 'unique' ELSE 'index' END, \
         (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) \
         FROM sqlite_schema AS t, pragma_index_list(t.name) AS i WHERE t.type = 'table' \
         UNION SELECT t.name, 'unique', c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c \
         WHERE c.pk = 1 AND NOT EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE pk = 2)",
    );
    let postgres = keys(
        &both.postgres,
        "SELECT conrelid::regclass::text, 'refers to ' || confrelid::regclass, attname::text FROM pg_constraint \
         JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey) \
         WHERE contype = 'f' AND connamespace = current_schema()::regnamespace \
         UNION SELECT indrelid::regclass::text, CASE WHEN indisunique THEN 'unique' ELSE 'index' END, \
         (SELECT string_agg(attname::text, ', ' ORDER BY array_position(indkey::int2[], attnum)) FROM pg_attribute \
         WHERE attrelid = indrelid AND attnum = ANY (indkey)) FROM pg_index \
         WHERE (SELECT relnamespace FROM pg_class WHERE oid = indrelid) = current_schema()::regnamespace \
         AND indrelid <> 'migration'::regclass",
    );
    assert_eq!(sqlite, postgres);
}

/// A string literal of a source file, and the constant or variable that it becomes, if it does.
struct Literal {
    name: Option<String>,
    is_constant: bool,
    /// Whether other files have it too.
    is_shared: bool,
    text: String,
}

fn literals(source: &str) -> Vec<Literal> {
    let lines = source.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
    let code = lines.collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    let mut rest = code.as_str();
    while let Some((before, after)) = rest.split_once('"') {
        let (text, length) = unescaped(after);
        let statement = before.rsplit([';', '{', '}']).next().unwrap_or_default().trim();
        let (is_shared, statement) = match statement.strip_prefix("pub(super) ") {
            Some(statement) => (true, statement),
            None => (false, statement),
        };
        let (is_constant, named) = match statement.strip_prefix("const ") {
            Some(named) => (true, named.split_once(": &str =")),
            None => (false, statement.strip_prefix("let ").and_then(|named| named.split_once(" ="))),
        };
        let name = named.filter(|(_, rest)| matches!(rest.trim(), "" | "format!(" | "&format!("));
        found.push(Literal { name: name.map(|(name, _)| name.to_owned()), is_constant, is_shared, text });
        rest = &after[length..];
    }
    found
}

/// What stands from here to the closing quote, and how long that is.
fn unescaped(code: &str) -> (String, usize) {
    let mut text = String::new();
    let mut letters = code.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match (letter, letters.peek().map(|(_, next)| *next)) {
            ('"', _) => return (text, at + 1),
            ('\\', Some('\n')) => while letters.next_if(|(_, next)| next.is_whitespace()).is_some() {},
            ('\\', Some(escaped)) => {
                text.push(escaped);
                letters.next();
            }
            _ => text.push(letter),
        }
    }
    panic!("a literal without an end");
}

/// Every statement of this room, with its constants and other parts put in.
fn statements() -> Vec<String> {
    let files = ["", "outbox", "desks"].into_iter().flat_map(source);
    // What backups are asked with names every table as its engine does.
    let files = files.filter(|(name, _)| !matches!(name.as_str(), "tests.rs" | "testing.rs" | "backup.rs"));
    let files: Vec<_> = files.map(|(name, source)| (name, literals(&source))).collect();
    let shared = files.iter().flat_map(|(_, literals)| literals).filter(|part| part.is_shared);
    let mut statements = Vec::new();
    for (name, literals) in &files {
        let parts = literals.iter().chain(shared.clone());
        let parts: Vec<_> = parts.filter_map(|part| Some((part.name.as_ref()?, &part.text))).collect();
        for literal in literals.iter().filter(|literal| !literal.is_constant) {
            let columns = literal.text.split([')']).next().unwrap_or_default().matches(',').count() + 1;
            let row: Vec<String> = (1..=columns).map(|n| format!("${n}")).collect();
            let mut sql = literal.text.replace("VALUES {}", &format!("VALUES ({})", row.join(", ")));
            for (name, part) in parts.iter().chain(&parts) {
                sql = sql.replace(&format!("{{{name}}}"), part);
            }
            if ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "].iter().any(|verb| sql.starts_with(verb)) {
                assert!(
                    !sql.contains(['{', '}']),
                    "{name}: put the part into a constant, so that it can be tested: {sql}"
                );
                statements.push(sql);
            }
        }
    }
    statements
}

// G11 H16
#[test]
fn every_statement_can_be_prepared_by_both_engines() {
    let statements = statements();
    assert!(statements.len() > 60, "{statements:#?}");
    let Some(both) = both() else { return };
    for (engine, store) in [("SQLite", &both.sqlite), ("PostgreSQL", &both.postgres)] {
        for sql in &statements {
            let prepared = store.read(|tx| tx.0.prepare(sql));
            prepared.unwrap_or_else(|e| panic!("{engine}: {sql}: {}", crate::error_chain::in_full(&e)));
        }
    }
}

/// What a random piece of work is done by.
struct Piece {
    a: u8,
    b: u8,
    at: Timestamp,
    draw: DrawId,
    person: PersonId,
    topic: TopicId,
    series: SeriesId,
    phone: Phone,
    words: &'static str,
    sid: String,
}

impl Piece {
    fn new(a: u8, b: u8) -> Self {
        let few = i64::from(a % 4) + 1;
        Self {
            a,
            b,
            at: at(i64::from(b) * 40),
            draw: DrawId(few),
            person: PersonId(few),
            topic: TopicId(few),
            series: SeriesId(few),
            phone: Phone::from_provider(&format!("+44770090010{}", a % 4)).expect("a phone"),
            words: ["", "ä Z a", "it's \0 over\u{1f381}", "%_\\"][usize::from(b % 4)],
            sid: format!("SM{}", b % 8),
        }
    }

    /// Whether it is so, once in so many pieces.
    fn once_in(&self, many: u8) -> bool {
        self.b.is_multiple_of(many)
    }

    fn one_of<T: Copy>(&self, these: &[T]) -> T {
        these[usize::from(self.b) % these.len()]
    }
}

fn said(what: impl Debug) -> Result<String, StoreError> {
    Ok(format!("{what:?}"))
}

/// Does something by its number, and says what came of it.
pub(super) fn work(tx: &Tx<'_>, what: u8, a: u8, b: u8) -> Result<String, StoreError> {
    let piece = Piece::new(a, b);
    match what % 42 {
        0..=12 => keep(tx, what % 42, &piece),
        13..=20 => keep_texts(tx, what % 42, &piece),
        21..=36 => queue(tx, what % 42, &piece),
        _ => look(tx, what % 42, &piece),
    }
}

fn keep(tx: &Tx<'_>, what: u8, piece: &Piece) -> Result<String, StoreError> {
    let Piece { a, b, at, draw, person, topic, series, ref phone, words, .. } = *piece;
    match what {
        0 | 1 => said(tx.enter_exchange(["A", "b", "é"][usize::from(a % 3)], piece.one_of(&["x", "Y"]))?),
        2 | 3 => {
            let names = [words, "Ben", "Ada"];
            let people = names.map(|name| NewPerson { name, phone: Some(phone.expose()), email: None });
            said(tx.insert_persons(topic, &people[..usize::from(b % 3) + 1])?)
        }
        4 | 5 => said(tx.insert_draw(&NewDraw {
            topic: Topic { id: topic, series },
            exchange: "Hill family",
            number: u32::from(b % 4),
            drawn_at: at,
            header: words,
            roster: "{}",
            people: &[person],
            sealed: &[a, 0, b],
            archive_location: words,
        })?),
        6 => {
            let state = piece.one_of(&[ArchiveState::Pending, ArchiveState::Confirmed, ArchiveState::Occupied]);
            said(tx.set_archive_state(draw, state, (b > 99).then_some(words), at)?)
        }
        7 => said(tx.hear_from(phone, at)?),
        8 => said(tx.opt_out(phone, at)?),
        9 => said(tx.opt_in(phone)?),
        10 => said(tx.greet_stranger(phone, at)?),
        11 => said(tx.append_opening(series, u64::from(b % 4), at, "{\"draw\":1}")?),
        _ => said(tx.opening_archived(series, u64::from(b % 4), at)?),
    }
}

fn keep_texts(tx: &Tx<'_>, what: u8, piece: &Piece) -> Result<String, StoreError> {
    let Piece { a, b, at, draw, person, topic, ref phone, words, ref sid, .. } = *piece;
    match what {
        13 | 14 => {
            let outcome = words.to_owned();
            let text =
                StoredText { topic: None, person: Some(person), draw: Some(draw), told: piece.once_in(3), outcome };
            said(tx.insert_text(sid, phone, at, &text)?)
        }
        15 => said(tx.insert_told_by_mail(draw, &Telling { person, at, sid: sid.clone() })?),
        16 | 17 => said(tx.add_wish(person, words, at)?),
        18 => said(tx.withdraw_wish(person, words, at)?),
        19 => said(tx.add_report(draw, person, piece.one_of(&["bought", "sent", "eaten"]), at)?),
        _ => {
            tx.insert_relay(sid, topic, i64::from(b % 4), &[a, b])?;
            said((tx.insert_relay_token(words)?, tx.put_relay_book(topic, &[b])?, tx.put_mails_due(draw)?))
        }
    }
}

fn queue(tx: &Tx<'_>, what: u8, piece: &Piece) -> Result<String, StoreError> {
    let Piece { a, b, at, draw, person, topic, words, ref sid, .. } = *piece;
    let (id, by) = (OutboxId::numbered(i64::from(a % 4) + 1), piece.one_of(&["one", "two"]));
    let attempt = match what {
        27 => Attempt::Sent { provider_id: (b > 50).then(|| sid.clone()) },
        28 => Attempt::Later {
            next_at: at,
            problem: Some(words.to_owned()),
            code: Some(b.into()),
            unsure: piece.once_in(2),
            looked_for: piece.once_in(5),
            counts: piece.once_in(3),
        },
        _ => Attempt::Ended { state: OutboxState::Failed, problem: None, code: Some(b.into()) },
    };
    match what {
        21..=24 => said(tx.enqueue(&NewMessage {
            cause: &format!("opening:{}:{}", a % 4 + 1, b % 8),
            topic,
            basis: Basis::Wrote,
            kind: "opening_notice",
            parameters: words,
            draw: piece.once_in(2).then_some(draw),
            recipient: piece.one_of(&[Recipient::Person(person), Recipient::ReceiverOf(person)]),
            channel: piece.one_of(&[Channel::Sms, Channel::Email, Channel::Either]),
            at,
            due: at,
            not_after: (b > 99).then_some(at),
        })?),
        25 | 26 => said(tx.claim_message(id, (by, piece.once_in(4)), at, at)?),
        27..=29 => said(tx.record_attempt(id, by, &attempt, at)?),
        30 if piece.once_in(2) => said(tx.message_rehearsed(id, (b > 99).then_some(words), at)?),
        30 => said(tx.put_off_message(id, at, (b > 99).then_some(words))?),
        31 => said(tx.end_message(id, OutboxState::Lapsed, Some(words), at)?),
        32 => said(tx.requeue_message(id, at)?),
        33 if piece.once_in(2) => said((tx.message_of_provider_id(sid)?, tx.take_early_report(sid)?)),
        33 => said(tx.keep_early_report(sid, DeliveryReport::Failed((b > 99).then_some(b.into())), at)?),
        34 if piece.once_in(2) => said(tx.settle_message(id, DeliveryReport::Delivered, at)?),
        34 => said(tx.send_message_again(id, at, b.into(), words)?),
        35 if piece.once_in(2) => said((tx.message_read_with(id, sid, at)?, tx.take_mails_due(topic)?)),
        35 => {
            said((tx.close_line(by, at, (b > 99).then_some(words))?, tx.add_segments_sent(i64::from(b % 4), a.into())?))
        }
        _ if piece.once_in(2) => said(tx.look_anew(topic, at)?),
        _ => said(tx.take_up_again(topic, at, at, at)?),
    }
}

fn look(tx: &Tx<'_>, what: u8, piece: &Piece) -> Result<String, StoreError> {
    let Piece { at, draw, person, topic, series, ref phone, ref sid, .. } = *piece;
    match what {
        37 => said((
            tx.messages_of(topic, None, 9)?,
            tx.due_messages(topic, (Channel::Sms, false), at, 9)?,
            tx.messages()?,
        )),
        38 => said((
            tx.count_messages(topic)?,
            tx.next_message_at(topic, Channel::Email, piece.once_in(2))?,
            tx.line("one")?,
            tx.awaits_first_text(person, piece.once_in(2))?,
            tx.segments_sent(1)?,
        )),
        39 => {
            said((tx.tellings(draw)?, tx.last_telling(draw, person)?, tx.was_told(draw, person)?, tx.text(sid, phone)?))
        }
        40 => {
            said((tx.draws(series)?, tx.unconfirmed_draws(series)?, tx.newest_draw_state(topic)?, tx.openings(series)?))
        }
        _ => said((
            tx.wishes(person, &[])?,
            tx.reported(draw, "sent")?,
            tx.other_series("A")?,
            tx.persons_of_phone(phone)?,
            tx.announced_openings(series)?,
            tx.count_texts_of(phone, at, 3)?,
            (tx.relay(sid)?, tx.relay_book(topic)?, tx.count_relays_since(topic, 1)?, tx.has_relay_token("")?),
            tx.persons(topic, |id, name, _, _| (id, name))?,
        )),
    }
}

// G11 H16
#[test]
fn the_same_work_leaves_the_same_rows_in_both_engines() {
    let any_work = proptest::collection::vec((any::<u8>(), any::<u8>(), any::<u8>()), 40..120);
    let config =
        ProptestConfig { cases: 12, max_shrink_iters: 20, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let Some(both) = both() else { return };
    let outcome = runner.run(&any_work, |all| {
        both.sqlite.lose_rows();
        both.postgres.lose_rows();
        let begin: Vec<(u8, u8, u8)> = (0..3).flat_map(|n| [(0, n, n), (2, n, n), (4, n, n + 1), (21, n, n)]).collect();
        for (what, a, b) in begin.iter().chain(&all) {
            let done = [&both.sqlite, &both.postgres]
                .map(|store| store.write(|tx| work(tx, *what, *a, *b)).map_err(|_refused| "refused"));
            // A text with a character that PostgreSQL does not have is kept without it, and so it is shown.
            let shown = done.map(|done| done.map(|said| said.replace("\\0", "\u{fffd}")));
            prop_assert_eq!(&shown[0], &shown[1], "{} {} {}", what, a, b);
            // PostgreSQL gives no number twice: of what was refused, was there already or is gone.
            if shown[0].is_err() || matches!(what % 42, 18 | 21..=24) {
                both.postgres.count_on();
            }
        }
        let plain = |store: &Store| format!("{:?}", store.tables()).replace("\\0", "\u{fffd}");
        prop_assert_eq!(plain(&both.sqlite), plain(&both.postgres));
        Ok(())
    });
    outcome.expect("the same");
}

/// The server's rows become visible in the order of their numbers, and of two who may have one seat one gets it.
// G11 H16
#[test]
fn writers_come_one_after_the_other() {
    let opened = opened();
    let path = opened.path();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let store = Store::of_test(path);
                for n in 0..25 {
                    let name = format!("{writer}-{n}");
                    let entered = store.write(|tx| {
                        let before: u64 = tx.only("SELECT count(*) FROM series", &[])?;
                        tx.execute("INSERT INTO series (name, kept) VALUES ($1, 'file')", values![&name])?;
                        let after: u64 = tx.only("SELECT count(*) FROM series", &[])?;
                        Ok::<_, StoreError>((before, after))
                    });
                    let (before, after) = entered.expect("kept");
                    assert_eq!(after, before + 1, "somebody else wrote in between");
                }
            });
        }
    });
    assert_eq!(opened.store.number("SELECT count(*) FROM series"), 100);
}

// H15: an error inside is an error of the whole, even for whoever does not look at it.
#[test]
fn nothing_is_acknowledged_of_a_transaction_in_which_a_statement_failed() {
    let opened = opened();
    let swallowed = opened.store.write(|tx| {
        tx.enter_exchange("Hill family", "Hill family 2026")?;
        let _overlooked = tx.append_opening(SeriesId(4711), 1, at(0), "{}");
        Ok::<_, StoreError>(())
    });
    let kept = opened.store.number("SELECT count(*) FROM series") == 1;
    assert_eq!(swallowed.is_ok(), kept);
}
