//! How large the organizers' pages are and how long they take, what a sign-in takes, and what live pages weigh.
//!
//! `cargo bench --bench pages`. The site has 102 exchanges, one of them with 1,000 people, and 1,000 contacts who are all
//! invited to an event; two listeners serve it. 200 streams are held open, half of them on each listener; every page is asked
//! for 50 times; and the streams once more, for the largest pages leave memory behind that is not given back.
#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rusqlite::Connection;

mod support;

use support::{Outcome, Serving, answer, milliseconds};

const EXCHANGES: usize = 100;
const STREAMS: usize = 200;
const TURNS: usize = 50;
const PAGES: [&str; 12] = [
    "/",
    "/exchanges",
    "/events",
    "/desks",
    "/lists",
    "/contacts",
    "/contacts?q=book",
    "/contacts/1",
    "/outbox",
    "/health",
    "/account",
    "/api/v1/contacts?limit=100",
];
/// The people of exchanges that have as many.
const HUNDRED: usize = 100;
const THOUSAND: usize = 1_000;
/// Those of the pages of an exchange that show everybody, or ask about everybody.
const OF_EXCHANGE: [&str; 9] =
    ["", "/people", "/rules", "/draw", "/update", "/announce", "/history", "/audit", "/people?q=&from=900"];
const CONTACTS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
    INSERT INTO contact (name, phone, email, tags, note, added_at)
    SELECT 'Somebody with a name ' || i, '+447700' || (100000 + i), 'somebody' || i || '@example.org', 'family,book club',
           'brings a cake', 0 FROM n";

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let (link, pages) = furnish(folder)?;
    let listeners = [Serving::start(folder)?, Serving::start(folder)?];
    let at = listeners[0].address;
    support::set_password(at, &link)?;

    let mut cookie = String::new();
    let sign_in = timed(10, || {
        cookie = support::sign_in(at)?;
        Ok(0)
    })?;
    println!("a sign-in {:>23.1} ms   (aim: 50 to 100)", milliseconds(sign_in.0));
    live(&listeners, &cookie, "(aim: below 60)")?;
    println!(
        "page                                        bytes    p50 ms    p99 ms   (aims: below 60,000 and 50; of the API 10)"
    );
    for page in PAGES.into_iter().chain(pages.iter().map(String::as_str)) {
        let (p50, p99, bytes) = timed(TURNS, || Ok(answer(at, "GET", page, &cookie, "")?.1.len()))?;
        println!("{page:<40} {bytes:>8} {:>9.1} {:>9.1}", milliseconds(p50), milliseconds(p99));
    }

    live(&listeners, &cookie, "after all these pages")?;
    listeners.into_iter().try_for_each(Serving::stop)
}

/// Holds streams open, half of them on each listener, and says what both listeners weigh then.
fn live(listeners: &[Serving; 2], cookie: &str, when: &str) -> Outcome<()> {
    let together = |of: fn(&Serving) -> Outcome<u64>| -> Outcome<u64> { Ok(of(&listeners[0])? + of(&listeners[1])?) };
    let before = together(Serving::resident)?;
    let mut streams = Vec::new();
    for listener in listeners {
        for _ in 0..STREAMS / 2 {
            let mut stream = TcpStream::connect(listener.address)?;
            write!(stream, "GET /live HTTP/1.1\r\nHost: {}\r\n{cookie}\r\n", listener.address)?;
            let mut status = [0; 15];
            stream.read_exact(&mut status)?;
            assert_eq!(&status, b"HTTP/1.1 200 OK", "a stream is open");
            streams.push(stream);
        }
    }
    std::thread::sleep(Duration::from_secs(3));
    let (after, once) = (together(Serving::resident)?, together(Serving::own_part)?);
    let megabytes = |kilobytes: u64| kilobytes as f64 / 1024.0;
    println!("{STREAMS} streams on two listeners: {:.1} MB more", megabytes(after.saturating_sub(before)));
    println!("both listeners: {:.1} MB {when}, the program counted twice {:.1} MB", megabytes(once), megabytes(after));
    Ok(())
}

/// Fills a folder; gives the link that sets the password of an account, and the pages of what it has made.
fn furnish(folder: &std::path::Path) -> Outcome<(String, Vec<String>)> {
    std::fs::write(folder.join("exchange.toml"), support::roster(10, ""))?;
    support::xchange(folder, &["draw"])?;
    for number in 1..EXCHANGES {
        let name = format!("An exchange of some office {number}");
        support::xchange(folder, &["exchange", "new", &name, "--from", "exchange.toml"])?;
        support::xchange(folder, &["draw", "-x", &name])?;
    }
    for (name, people) in [("A hundred people", HUNDRED), ("A thousand people", THOUSAND)] {
        std::fs::write(folder.join("many.toml"), support::roster(people, ""))?;
        support::xchange(folder, &["exchange", "new", name, "--from", "many.toml"])?;
    }
    support::xchange(folder, &["draw", "-x", "A thousand people"])?;
    let database = Connection::open(folder.join("exchange.db"))?;
    database.execute_batch(CONTACTS)?;
    let dinner = ["event", "new", "Dinner", "--starts-at", "2099-12-04 19:00", "--seats", "1000", "--at-once", "1000"];
    support::xchange(folder, &dinner)?;
    support::xchange(folder, &["event", "deal"])?;
    let link = support::account(folder)?;
    let id =
        |name: &str| database.query_row("SELECT id FROM topic WHERE name = ?1", [name], |row| row.get::<_, i64>(0));
    let (hundred, thousand, event) = (id("A hundred people")?, id("A thousand people")?, id("Dinner")?);
    let mut pages: Vec<String> = OF_EXCHANGE.iter().map(|page| format!("/exchanges/{thousand}{page}")).collect();
    pages.push(format!("/events/{event}"));
    pages.push(format!("/api/v1/exchanges/{hundred}/people?limit={HUNDRED}"));
    Ok((link, pages))
}

/// The median and nearly the longest of some turns, and what the last one gave.
fn timed(turns: usize, mut turn: impl FnMut() -> Outcome<usize>) -> Outcome<(Duration, Duration, usize)> {
    let mut times = Vec::new();
    let mut last = 0;
    for _ in 0..turns {
        let started = Instant::now();
        last = turn()?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    Ok((times[turns / 2], times[turns * 99 / 100], last))
}
