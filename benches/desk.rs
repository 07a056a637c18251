//! What a front desk takes with years behind it: a check-in through HTTP, the list of who is inside, and the search for
//! goodbyes that are due.
//!
//! `cargo bench --bench desk`. The database holds 100,000 past visits and 100,000 goodbyes that wait. 100 visitors check in by
//! the kiosk and leave by their badge, one after another; the two verbs are run 20 times each, from the start of the program
//! to its end, and beside them one that asks the database nothing. Sending goes into files; nothing is due but what the
//! visitors made.
#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

mod support;

use support::{Outcome, Serving, milliseconds};

const VISITORS: usize = 100;
const TURNS: usize = 20;
const NUMBERS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)";

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    support::xchange(folder, &["init", "--site"])?;
    support::xchange(folder, &["desk", "new", "Reception", "--address", "1 Mill Lane"])?;
    for number in 0..3 {
        let phone = support::phone(number);
        support::xchange(folder, &["desk", "host", "add", &format!("Host {number}"), "--phone", &phone])?;
    }
    let database = Connection::open(folder.join("exchange.db"))?;
    fill(&database)?;
    let shown = support::command(folder, support::XCHANGE).args(["desk", "show"]).output()?.stdout;
    let shown = String::from_utf8(shown)?;
    let link = shown.split_whitespace().find(|word| word.contains("/desk/")).ok_or("no kiosk")?;
    let link = &link[link.find("/desk/").unwrap_or_default()..];
    let kiosk = link.rsplit_once('/').map_or(link, |(kiosk, _)| kiosk);

    let listener = Serving::start(folder)?;
    let at = listener.address;
    let paired = answer(at, "GET", link, "", "")?;
    let cookie = format!("Cookie: {}\r\n", header(&paired, "set-cookie")?.split(';').next().unwrap_or_default());
    let mut times = Vec::new();
    for number in 0..VISITORS {
        let form = format!("name=Visitor+{number}&email=v{number}%40example.org&until=1+hour&consent=on");
        let started = Instant::now();
        let page = header(&answer(at, "POST", kiosk, &cookie, &form)?, "location")?;
        times.push(started.elapsed());
        let token = page.rsplit('/').next().unwrap_or_default().to_owned();
        answer(at, "POST", &format!("/visit/{token}"), "", "action=leave")?;
        // A kiosk takes sixty an hour.
        database.execute("DELETE FROM attempt", [])?;
    }
    told("a check-in through HTTP", times, "aim: p99 below 30");
    listener.stop()?;
    support::xchange(folder, &["desk", "visit", "Cleo Marsh", "--until", "45 min", "--consent"])?;
    told("xchange desk inside", verb(folder, &["desk", "inside"])?, "aim: below 50");
    told("xchange desk list", verb(folder, &["desk", "list"])?, "of which so much is the program's start");
    told("the worker's search", search(&database)?, "aim: below 10");
    Ok(())
}

/// Puts the past into a database.
fn fill(database: &Connection) -> Outcome<()> {
    let desk: i64 = database.query_row("SELECT topic FROM desk", [], |row| row.get(0))?;
    let host: i64 = database.query_row("SELECT min(person) FROM host", [], |row| row.get(0))?;
    let now: i64 = database.query_row("SELECT unixepoch() * 1000", [], |row| row.get(0))?;
    database.execute_batch(&format!(
        "BEGIN;
         {NUMBERS} INSERT INTO person (topic, name, phone) SELECT {desk}, 'Past ' || i, '+4477' || (10000000 + i) FROM n;
         INSERT INTO visit (desk, host, visitor, in_at, out_due, out_at, ended, code, consent)
         SELECT {desk}, {host}, id, {now} - 90000000000 + id * 100000, {now} - 80000000000 + id * 100000,
                {now} - 80000000000 + id * 100000, 'left', 'X', '' FROM person WHERE name LIKE 'Past %';
         INSERT INTO outbox (cause, topic, basis, kind, parameters, role, person, channel, queued_at, due, next_at)
         SELECT 'past:' || id, {desk}, 'visitor', 'visit_leave', '{{}}', 'person', id, 'sms', {now}, {now} + 100000000 + id,
                {now} + 100000000 + id FROM person WHERE name LIKE 'Past %';
         COMMIT;"
    ))?;
    Ok(())
}

/// How long a verb takes, in turns.
fn verb(folder: &Path, args: &[&str]) -> Outcome<Vec<Duration>> {
    let turn = |_| {
        let started = Instant::now();
        support::xchange(folder, args)?;
        Ok(started.elapsed())
    };
    (0..TURNS).map(turn).collect()
}

/// How long the question takes that the worker asks at every step, with its answers read: the host's text of each visit.
fn search(database: &Connection) -> Outcome<Vec<Duration>> {
    let sql = "SELECT id, cause, parameters FROM outbox WHERE topic = (SELECT topic FROM desk) AND channel = 'sms' \
               AND state IN ('waiting', 'claimed') AND next_at <= unixepoch() * 1000 + 1000 ORDER BY next_at, id LIMIT 100";
    let turn = |_| {
        let started = Instant::now();
        let mut statement = database.prepare(sql)?;
        let rows = statement.query_map([], |row| row.get::<_, i64>(0))?.collect::<Result<Vec<_>, _>>()?;
        assert!(!rows.is_empty(), "something is due");
        Ok(started.elapsed())
    };
    (0..TURNS).map(turn).collect()
}

fn told(what: &str, mut times: Vec<Duration>, aim: &str) {
    times.sort_unstable();
    let (p50, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!("{what:<26} p50 {:>6.1} ms, p99 {:>6.1} ms   ({aim})", milliseconds(p50), milliseconds(p99));
}

/// The head of an answer that goes on elsewhere.
fn answer(at: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Outcome<String> {
    let mut stream = TcpStream::connect(at)?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n{headers}Content-Type: \
         application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    if text.starts_with("HTTP/1.1 303") { Ok(text) } else { Err(format!("{method} {path}: {text}").into()) }
}

fn header(answer: &str, name: &str) -> Outcome<String> {
    let found = answer.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    Ok(found.ok_or_else(|| format!("no {name}: {answer}"))?.to_owned())
}
