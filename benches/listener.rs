//! Signed, deduplicated, logged answers per second, and how long the slowest take.
//!
//! `cargo bench --bench listener`. The same client sends the same kind of requests over 64 connections, in turns to
//! `xchange serve` (signature, database, TwiML, a log line a request, every answer after a commit that survives a power
//! cut) and to a bare axum handler that returns the same TwiML for nothing. Client and both servers share the machine.
//! Beside it stands what the disk needs to keep 4 KiB: no answer can be faster than one of these.
//!
//! Then the same texts to two listeners on one PostgreSQL of this machine, if it is installed.
#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

use std::fs::File;
use std::io::{Seek, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use axum::http::header;
use axum::routing::post;
use tokio::net::TcpListener;

#[path = "../tests/integration/support/postgres.rs"]
#[allow(dead_code, reason = "shared with the tests, each of which needs a part")]
mod postgres;
mod support;

use postgres::LocalPostgres;
use support::{Outcome, Serving, median, milliseconds};

/// So many that nobody meets the limit of 20 texts a minute.
const PEOPLE: usize = 20_000;
const CONNECTIONS: usize = 64;
const PER_PASS: usize = 12_800;
const PASSES: usize = 11;
const TWIML: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Message>You have Person number 00001.</Message></Response>";

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("exchange.toml"), support::roster(PEOPLE, ""))?;
    support::xchange(folder.path(), &["draw"])?;
    let serving = Serving::start(folder.path())?;
    let servers = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let bare = servers.block_on(bare())?;
    let client = tokio::runtime::Builder::new_current_thread().enable_all().build()?;

    let mut results = Vec::new();
    // The first pass warms up and is not counted.
    for pass in 0..=PASSES {
        let requests: Vec<Vec<u8>> =
            (pass * PER_PASS..(pass + 1) * PER_PASS).map(|n| support::request(n % PEOPLE, n)).collect();
        let ours = client.block_on(pass_over(serving.address, &requests))?;
        let theirs = client.block_on(pass_over(bare, &requests))?;
        if pass > 0 {
            results.push((ours, theirs, disk(folder.path())?));
        }
    }
    report(&results);
    println!("the listener afterwards: {} MB resident", serving.resident()? / 1024);
    serving.stop()?;
    on_a_server(&client)
}

/// Two listeners on one server, each with half of the connections.
fn on_a_server(client: &tokio::runtime::Runtime) -> Outcome<()> {
    let Some(server) = LocalPostgres::start() else { return Ok(()) };
    let url = format!("postgres:///postgres?host={}&port={}&user=postgres", server.socket().display(), server.port);
    let folder = tempfile::tempdir()?;
    std::fs::write(
        folder.path().join("exchange.toml"),
        support::roster(PEOPLE, &format!("[store]\nurl = \"{url}\"\n")),
    )?;
    support::xchange(folder.path(), &["draw"])?;
    let one = Serving::start(folder.path())?;
    std::fs::rename(folder.path().join("serve.log"), folder.path().join("first.log"))?;
    let other = Serving::start(folder.path())?;
    let mut passes = Vec::new();
    for pass in 0..=PASSES {
        let requests: Vec<Vec<u8>> =
            (pass * PER_PASS..(pass + 1) * PER_PASS).map(|n| support::request(n % PEOPLE, n)).collect();
        let (first, second) = requests.split_at(PER_PASS / 2);
        let started = Instant::now();
        let talk = |address, requests| support::talk(address, requests, CONNECTIONS / 2);
        let times =
            client.block_on(async { tokio::try_join!(talk(one.address, first), talk(other.address, second)) })?;
        if pass > 0 {
            passes.push(pass_of([times.0, times.1].concat(), started.elapsed()));
        }
    }
    let middle = |measure: &dyn Fn(&Pass) -> f64| median(passes.iter().map(measure).collect());
    println!(
        "two on PostgreSQL {:>7.0} {:>11.2} {:>11.2}   (aim: at least 1,000; p99 at most 100)",
        middle(&|pass| pass.per_second),
        middle(&|pass| milliseconds(pass.p50)),
        middle(&|pass| milliseconds(pass.p99))
    );
    one.stop()?;
    other.stop()
}

/// What one pass measured.
struct Pass {
    per_second: f64,
    p50: Duration,
    p99: Duration,
}

fn report(results: &[(Pass, Pass, Duration)]) {
    let middle = |measure: &dyn Fn(&(Pass, Pass, Duration)) -> f64| median(results.iter().map(measure).collect());
    println!("{CONNECTIONS} connections, {PASSES} passes of {PER_PASS} texts each, medians");
    println!("                answers/s      p50 ms      p99 ms");
    println!(
        "listener     {:>12.0} {:>11.2} {:>11.2}   (aim: at least 10,000; p99 at most 20)",
        middle(&|(ours, ..)| ours.per_second),
        middle(&|(ours, ..)| milliseconds(ours.p50)),
        middle(&|(ours, ..)| milliseconds(ours.p99))
    );
    println!(
        "bare handler {:>12.0} {:>11.2} {:>11.2}",
        middle(&|(_, theirs, _)| theirs.per_second),
        middle(&|(_, theirs, _)| milliseconds(theirs.p50)),
        middle(&|(_, theirs, _)| milliseconds(theirs.p99))
    );
    println!(
        "ratio        {:>12.2} {:>11.2} {:>11.2}",
        middle(&|(ours, theirs, _)| ours.per_second / theirs.per_second),
        middle(&|(ours, theirs, _)| milliseconds(ours.p50) / milliseconds(theirs.p50)),
        middle(&|(ours, theirs, _)| milliseconds(ours.p99) / milliseconds(theirs.p99))
    );
    println!("the disk keeps 4 KiB in {:.2} ms", middle(&|(.., disk)| milliseconds(*disk)));
}

/// The least there can be: a route that returns a constant.
async fn bare() -> Outcome<SocketAddr> {
    let tcp = TcpListener::bind("127.0.0.1:0").await?;
    let address = tcp.local_addr()?;
    let handler = async || ([(header::CONTENT_TYPE, "application/xml")], TWIML);
    tokio::spawn(async move { axum::serve(tcp, axum::Router::new().route("/sms", post(handler))).await });
    Ok(address)
}

async fn pass_over(address: SocketAddr, requests: &[Vec<u8>]) -> Outcome<Pass> {
    let started = Instant::now();
    let times = support::talk(address, requests, CONNECTIONS).await?;
    Ok(pass_of(times, started.elapsed()))
}

fn pass_of(mut times: Vec<Duration>, took: Duration) -> Pass {
    times.sort_unstable();
    let percentile = |p: usize| times[(times.len() - 1) * p / 100];
    Pass { per_second: times.len() as f64 / took.as_secs_f64(), p50: percentile(50), p99: percentile(99) }
}

/// The median of 200 times writing 4 KiB over the same 4 KiB and waiting for the disk (`fdatasync`).
fn disk(folder: &Path) -> Outcome<Duration> {
    let mut file = File::create(folder.join("block"))?;
    let mut times = Vec::new();
    for byte in 0..200 {
        let started = Instant::now();
        file.rewind()?;
        file.write_all(&[byte; 4096])?;
        file.sync_data()?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}
