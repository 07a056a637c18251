//! How fast seats are dealt among 100,000 contacts: the pure function, a wave of invitations, and answers by text.
//!
//! `cargo bench --bench dealing`. Two events share a listener with an exchange: a dinner of 60 seats, all offered, and a fair of
//! 5,000, dealt in waves of 1,000 by `event deal`, which is the program itself, started and ended; beside it a verb that
//! asks the database next to nothing. Whoever texts does so one after another. An answer to the dinner is held against a
//! text to the exchange; a NO to the fair frees a seat and invites whoever is next of all contacts, which is a step. Nothing
//! is sent, for there is no Twilio.
#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::ops::Range;
use std::path::Path;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use xchange::internals::{Candidate, View, deal};
use xchange::model::{ContactId, Invitation, InvitationId, Phase, State, Terms};

mod support;

use support::{Outcome, Serving, median, milliseconds};

const CONTACTS: i64 = 100_000;
const SEATS: u32 = 5_000;
const WAVE: u32 = 1_000;
const DINNER: i64 = 60;
/// Those of the exchange, and behind them the contacts.
const PEOPLE: i64 = 100;
const TURNS: usize = 21;
const SITE: &str = "[site]\nname = \"Bench\"\ncountry = \"GB\"\n\n[messaging]\ndaily_segments = 1000000\n";
/// A time far from now.
const LATER: &str = "2099-12-04 19:00";

#[tokio::main]
async fn main() -> Outcome<()> {
    told("deal, with all contacts in its view", pure(), "aim: below 50");
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    std::fs::write(folder.join("exchange.toml"), support::roster(usize::try_from(PEOPLE)?, SITE))?;
    support::xchange(folder, &["draw"])?;
    support::xchange(folder, &["contact", "list"])?;
    let database = Connection::open(folder.join("exchange.db"))?;
    let event = |name, seats: String, at_once: String| {
        let typed = ["event", "new", name, "--seats", &seats, "--at-once", &at_once, "--starts-at", LATER];
        support::xchange(folder, &typed)
    };
    // Those of the dinner are the last whom the fair would ask.
    fill(&database, 0..DINNER, 9)?;
    event("Dinner", DINNER.to_string(), DINNER.to_string())?;
    support::xchange(folder, &["event", "deal", "Dinner"])?;
    fill(&database, DINNER..CONTACTS, 5)?;
    event("Fair", SEATS.to_string(), WAVE.to_string())?;
    for wave in 1..=4 {
        let start = median(times(TURNS, || support::xchange(folder, &["desk", "list"]))?);
        let took = times(1, || support::xchange(folder, &["event", "deal", "Fair"]))?[0];
        assert_eq!(open(&database)?, i64::from(WAVE), "invited");
        let aim = format!("aim: below 200; the start of the program is {start:.1} more");
        told(&format!("wave {wave} of {WAVE} invitations, queued"), vec![took - start], &aim);
        if wave < 4 {
            hold(&database)?;
        }
    }

    let listener = Serving::start(folder)?;
    answers(folder, &database, &listener).await?;
    listener.stop()
}

/// Answers by text, and what each takes.
async fn answers(folder: &Path, database: &Connection, listener: &Serving) -> Outcome<()> {
    let texts = |of: Range<i64>, words: &str| -> Vec<Vec<u8>> {
        of.filter_map(|person| usize::try_from(person).ok())
            .map(|person| support::text(person, person, words))
            .collect()
    };
    let at = listener.address;
    let christmas = "Merry Christmas!";
    support::talk(at, &texts(0..PEOPLE - DINNER, christmas), 1).await?;
    let plain = support::talk(at, &texts(PEOPLE - DINNER..PEOPLE, christmas), 1).await?;
    let yes = texts(PEOPLE..PEOPLE + DINNER, "YES");
    let dinner = support::talk_of("You are in: 1 seat for Dinner", at, &yes, 1).await?;
    let [plain, dinner] = [plain, dinner].map(|all| all.into_iter().map(milliseconds).collect::<Vec<_>>());
    let ratio = median(dinner.clone()) / median(plain.clone());
    told("a text to the exchange", plain, "what any text takes");
    told("an answer to the dinner", dinner, &format!("{ratio:.1} times that"));
    let asked = open(database)?;
    let mut statement = database.prepare(&format!(
        "SELECT substr(person.phone, 6) FROM invitation JOIN person ON person.id = person JOIN topic ON topic.id = event \
         WHERE state = 'open' AND topic.name = 'Fair' ORDER BY invitation.id LIMIT {TURNS}"
    ))?;
    let phones = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let no: Vec<Vec<u8>> = phones
        .iter()
        .map(|phone| phone.parse().map(|person| support::text(person, person, "NO")))
        .collect::<Result<_, _>>()?;
    let steps = support::talk_of("Noted, and thank you", at, &no, 1).await?;
    assert_eq!(open(database)?, asked, "for each who declined another was asked in {}", folder.display());
    told("a step of the fair, by text", steps.into_iter().map(milliseconds).collect(), "aim: below 50");
    Ok(())
}

/// The function alone, when somebody has declined: 5,000 seats, 4,000 of them held, and everybody else a candidate.
fn pure() -> Vec<f64> {
    let now = Timestamp::UNIX_EPOCH;
    let after = |hours| now + SignedDuration::from_hours(hours);
    let terms = Terms {
        phase: Phase::Dealing,
        seats: SEATS,
        at_once: WAVE,
        overbook: 0,
        size: 1,
        lapse: SignedDuration::from_hours(24),
        cut_off: after(1_000),
        starts_at: after(1_000),
        ask_again: SignedDuration::from_hours(48),
    };
    let invitation = |place: u32| match place {
        0 => Invitation { state: State::Declined, ..Invitation::blank(now) },
        1..WAVE => Invitation { state: State::Open, seats: 1, lapses_at: Some(after(24)), ..Invitation::blank(now) },
        _ => Invitation { state: State::Held, seats: 1, wants: 1, is_certain: true, ..Invitation::blank(now) },
    };
    let candidate = |id| Candidate { contact: ContactId(id), unreachable: None, asleep_until: None };
    let view = View {
        terms,
        invitations: (0..SEATS).map(|place| (InvitationId(i64::from(place)), invitation(place))).collect(),
        candidates: (0..CONTACTS).map(candidate).collect(),
        has_more: false,
        asleep: BTreeMap::new(),
    };
    let turn = || {
        assert_eq!(black_box(deal(&view, now)).len(), 1, "the next one is invited");
        Ok(())
    };
    times(TURNS, turn).unwrap_or_default()
}

/// Puts contacts of a priority into a database.
fn fill(database: &Connection, guests: Range<i64>, priority: i64) -> Outcome<()> {
    database.execute(
        "WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2) \
         INSERT INTO contact (name, phone, priority, added_at) \
         SELECT 'Guest ' || i, '+4477' || printf('%08d', i + ?3), ?4, 0 FROM n",
        (guests.start, guests.end, PEOPLE, priority),
    )?;
    Ok(())
}

/// Has everybody who was asked to the fair come.
fn hold(database: &Connection) -> Outcome<()> {
    database.execute_batch(
        "UPDATE seat SET taken = 1 WHERE invitation IS NOT NULL AND event = (SELECT id FROM topic WHERE name = 'Fair');
         UPDATE invitation SET state = 'held', wants = 1, certain = 1, lapses_at = NULL
         WHERE state = 'open' AND event = (SELECT id FROM topic WHERE name = 'Fair');",
    )?;
    Ok(())
}

/// How many are asked to the fair and have not answered.
fn open(database: &Connection) -> Outcome<i64> {
    let sql =
        "SELECT count(*) FROM invitation JOIN topic ON topic.id = event WHERE topic.name = 'Fair' AND state = 'open'";
    Ok(database.query_row(sql, [], |row| row.get(0))?)
}

/// How many milliseconds something takes, in turns.
fn times(turns: usize, mut work: impl FnMut() -> Outcome<()>) -> Outcome<Vec<f64>> {
    let turn = |_| {
        let started = Instant::now();
        work()?;
        Ok(milliseconds(started.elapsed()))
    };
    (0..turns).map(turn).collect()
}

fn told(what: &str, times: Vec<f64>, aim: &str) {
    println!("{what:<36} {:>8.1} ms   ({aim})", median(times));
}
