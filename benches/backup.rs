//! How long a backup of 100,000 people with 1,000,000 texts takes, how long it holds up the texts that come meanwhile, and
//! how long bringing it back takes.
//!
//! `cargo bench --bench backup`. A text comes every ten milliseconds all the while, to the listener whose database is backed
//! up: first SQLite's, then, if it is installed, that of a PostgreSQL of this machine into which the backup was brought back.
#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

#[path = "../tests/integration/support/postgres.rs"]
#[allow(dead_code, reason = "shared with the tests, each of which needs a part")]
mod postgres;
mod support;

use postgres::LocalPostgres;
use support::{Outcome, Serving, median, milliseconds};

const PEOPLE: usize = 100_000;
const RUNS: usize = 3;
const EVERY: Duration = Duration::from_millis(10);
/// As the first one, which was real.
const TEXTS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
    INSERT INTO text (sid, received_at, phone, topic, person, draw, told, outcome)
    SELECT 'SM' || lower(hex(randomblob(16))), first.received_at + i, person.phone, first.topic, person.id, first.draw,
           first.told, first.outcome
    FROM n JOIN person ON person.id = (SELECT min(id) FROM person) + i % 100000
    JOIN (SELECT * FROM text LIMIT 1) AS first";

/// No two texts of a run have the same id.
static NUMBER: AtomicUsize = AtomicUsize::new(0);

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let roster = folder.join("exchange.toml");
    std::fs::write(&roster, support::roster(PEOPLE, ""))?;
    support::xchange(folder, &["draw"])?;
    let serving = Serving::start(folder)?;
    tokio::runtime::Runtime::new()?.block_on(text(serving.address))?;
    serving.stop()?;
    Connection::open(folder.join("exchange.db"))?.execute(TEXTS, [])?;
    println!("{PEOPLE} people, 1000000 texts, a text every {} ms", EVERY.as_millis());
    println!("              backup s   longest answer ms   without a backup ms   (aim: below 10; below 250)");
    measure("SQLite", folder)?;
    let size = |name: &str| std::fs::metadata(folder.join(name)).map(|file| file.len() as f64 / 1e6);
    println!("the database has {:.0} MB, the backup {:.0} MB", size("exchange.db")?, size("SQLite-0.backup")?);

    let Some(server) = LocalPostgres::start() else { return Ok(()) };
    let url = format!("postgres:///postgres?host={}&port={}&user=postgres", server.socket().display(), server.port);
    std::fs::write(&roster, support::roster(PEOPLE, &format!("[store]\nurl = \"{url}\"\n")))?;
    let started = Instant::now();
    support::xchange(folder, &["restore", "--from", "SQLite-0.backup"])?;
    println!("brought back into PostgreSQL in {:.1} s", started.elapsed().as_secs_f64());
    measure("PostgreSQL", folder)?;
    let bytes: f64 = server.ask("SELECT pg_database_size(current_database())").parse()?;
    println!("the database has {:.0} MB", bytes / 1e6);
    Ok(())
}

fn measure(engine: &str, folder: &Path) -> Outcome<()> {
    let serving = Serving::start(folder)?;
    let (mut took, mut longest, mut before) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..RUNS {
        before.push(milliseconds(longest_while(serving.address, || {
            std::thread::sleep(Duration::from_secs(5));
            Ok(())
        })?));
        let started = Instant::now();
        let backup = || support::xchange(folder, &["backup", &format!("{engine}-{run}.backup")]);
        longest.push(milliseconds(longest_while(serving.address, backup)?));
        took.push(started.elapsed().as_secs_f64());
    }
    println!("{engine:<12} {:>9.1} {:>19.1} {:>21.1}", median(took), median(longest), median(before));
    serving.stop()
}

/// The longest that a text waited for its answer while something was done.
fn longest_while(address: SocketAddr, work: impl FnOnce() -> Outcome<()>) -> Outcome<Duration> {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let texting = scope.spawn(|| {
            let client = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            client.block_on(text_until(address, &is_over))
        });
        let worked = work();
        is_over.store(true, Ordering::Relaxed);
        let longest = texting.join().map_err(|_panicked| "the texts ended by a defect")?;
        worked.and(longest)
    })
}

async fn text_until(address: SocketAddr, is_over: &AtomicBool) -> Outcome<Duration> {
    let mut texts = tokio::task::JoinSet::new();
    let mut due = tokio::time::interval(EVERY);
    let mut longest = Duration::ZERO;
    while !is_over.load(Ordering::Relaxed) {
        due.tick().await;
        texts.spawn(text(address));
        while let Some(answered) = texts.try_join_next() {
            longest = longest.max(answered??);
        }
    }
    while let Some(answered) = texts.join_next().await {
        longest = longest.max(answered??);
    }
    Ok(longest)
}

async fn text(address: SocketAddr) -> Outcome<Duration> {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let times = support::talk(address, &[support::request(number % PEOPLE, number)], 1).await?;
    times.into_iter().max().ok_or_else(|| "no answer".into())
}
