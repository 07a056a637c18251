//! What the whole tool costs: starting it, listening at rest, a draw of 100,000 people, an import of 20,000, and an update of
//! 10,000 where 50 join and 50 leave.
//!
//! `cargo bench --bench house`. Commands are timed in turns with `/bin/true`; the steps of the draw that wait for no disk
//! run in this process, then the whole draw runs as a command, disk and all.
#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use xchange::matcher::{self, Problem};
use xchange::model::PersonIndex;
use xchange::roster;
use xchange::seal::{self, DrawDetails, DrawDocument, Identity, Seed};

mod support;

use support::{Outcome, Serving, XCHANGE, median, milliseconds};

const RUNS: usize = 41;
const PEOPLE: u32 = 100_000;
const ROWS: usize = 20_000;
const DRAWS: usize = 5;
const UPDATED: u32 = 10_000;
const JOINERS: u32 = 50;

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("exchange.toml"), roster_of(12))?;
    commands(folder.path())?;
    support::xchange(folder.path(), &["draw"])?;
    println!("{:>10.1} MB  listener at rest, 12 people drawn (aim: below 30)", at_rest(folder.path())?);
    let roster = roster_of(PEOPLE);
    std::fs::write(folder.path().join("exchange.toml"), &roster)?;
    println!("a draw of {PEOPLE} people without the disk:");
    steps(&folder.path().join("exchange.toml"))?;
    let mut draws = Vec::new();
    for _ in 0..DRAWS {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("exchange.toml"), &roster)?;
        draws.push(milliseconds(timed(|| support::xchange(folder.path(), &["draw"]))?.1));
    }
    println!("{:>10.0} ms  all of it as `xchange draw`, archived in a folder (aim: below 1000)", median(draws));
    println!("{:>10.0} ms  {ROWS} rows of CSV as `xchange people import` (aim: below 2000)", imports("people")?);
    println!("{:>10.0} ms  the same as `xchange contact import` (aim: below 2000)", imports("contact")?);
    println!(
        "{:>10.0} ms  {UPDATED} people, {JOINERS} join and {JOINERS} leave, as `xchange update` (aim: below 2000)",
        updates()?
    );
    Ok(())
}

/// The median of taking people over from a spreadsheet, into a roster that has none yet, or contacts into an empty address book.
fn imports(into: &str) -> Outcome<f64> {
    let mut rows = "Name,Phone,Email,Team,Wishes\n".to_owned();
    for n in 0..ROWS {
        let _infallible = writeln!(rows, "Person {n},+44770{n:07},p{n}@example.org,team {},socks; tea {n}", n % 500);
    }
    let mut times = Vec::new();
    for _ in 0..DRAWS {
        let folder = tempfile::tempdir()?;
        // Other verbs than those of people want a sound roster.
        std::fs::write(folder.path().join("exchange.toml"), roster_of(if into == "people" { 0 } else { 12 }))?;
        std::fs::write(folder.path().join("staff.csv"), &rows)?;
        let import = || support::xchange(folder.path(), &[into, "import", "staff.csv"]);
        times.push(milliseconds(timed(import)?.1));
    }
    Ok(median(times))
}

/// The median of bringing in who joined and who left.
fn updates() -> Outcome<f64> {
    let mut times = Vec::new();
    for _ in 0..DRAWS {
        let folder = tempfile::tempdir()?;
        let write = |people| std::fs::write(folder.path().join("exchange.toml"), roster_from(people));
        write(0..UPDATED)?;
        support::xchange(folder.path(), &["draw"])?;
        write(JOINERS..UPDATED + JOINERS)?;
        times.push(milliseconds(timed(|| support::xchange(folder.path(), &["update", "--yes"]))?.1));
    }
    Ok(median(times))
}

fn roster_of(people: u32) -> String {
    roster_from(0..people)
}

fn roster_from(people: Range<u32>) -> String {
    let mut text = "[exchange]\nname = \"Bench 2026\"\n".to_owned();
    for n in people {
        let _infallible = write!(text, "[[people]]\nname = \"Person {n}\"\nemail = \"p{n}@example.org\"\n");
    }
    text
}

/// Medians of the commands, each run in turns with the others.
fn commands(folder: &Path) -> Outcome<()> {
    let lines: [&[&str]; 3] = [&["/bin/true"], &[XCHANGE, "--help"], &[XCHANGE, "check"]];
    let mut times: [Vec<f64>; 3] = Default::default();
    for _ in 0..RUNS {
        for (line, times) in lines.iter().zip(&mut times) {
            let mut command = support::command(folder, line[0]);
            let (_, took) = timed(|| support::succeeded(command.args(&line[1..])))?;
            times.push(milliseconds(took));
        }
    }
    let aims = ["", " (aim: below 5)", " (12 people; aim: below 5)"];
    for ((line, times), aim) in lines.iter().zip(times).zip(aims) {
        println!("{:>10.2} ms  {}{aim}", median(times), line.join(" ").replace(XCHANGE, "xchange"));
    }
    Ok(())
}

/// Megabytes resident once the listener listens and its draw is open.
#[expect(clippy::cast_precision_loss, reason = "a few thousand kilobytes")]
fn at_rest(folder: &Path) -> Outcome<f64> {
    let serving = Serving::start(folder)?;
    let mut stream = TcpStream::connect(serving.address)?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if !answer.ends_with("ok") {
        return Err(format!("the draw is not open: {answer}").into());
    }
    let resident = serving.resident()?;
    serving.stop()?;
    Ok(resident as f64 / 1024.0)
}

/// The steps of a draw as `xchange draw` takes them, up to the bytes that are kept.
fn steps(file: &Path) -> Outcome<()> {
    let exchange = step("roster", || Ok(roster::load(file)?.exchange))?;
    let seed = Seed::random()?;
    let drawn = step("match", || {
        matcher::draw(&Problem::of(PEOPLE), seed.expose()).map_err(|reason| reason.to_string().into())
    })?;
    let about = DrawDetails {
        draw: 1,
        drawn_at: "2026-12-01T12:00:00Z".parse()?,
        uniformity: drawn.uniformity.to_string(),
        method: drawn.method.clone(),
        seed,
        reason: None,
        previous: None,
        avoided: None,
        updates: None,
    };
    let identity = Identity::generate();
    let round = drawn.rounds.first().ok_or("a round")?;
    let pairs = (0..).map(PersonIndex).zip(round.iter().copied().map(PersonIndex));
    let document = step("receipts and fingerprint", || {
        let document = DrawDocument::new(exchange, about, pairs)?;
        black_box(document.fingerprint());
        Ok(document)
    })?;
    let sealed = step("seal", || Ok(seal::seal(&document, &identity.public_key(), &[])?))?;
    step("open again", || Ok(seal::open(&sealed.1, &identity)?))?;
    Ok(())
}

fn step<T>(name: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let (done, took) = timed(work)?;
    println!("{:>10.0} ms  {name}", milliseconds(took));
    Ok(done)
}

fn timed<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<(T, Duration)> {
    let started = Instant::now();
    let done = work()?;
    Ok((done, started.elapsed()))
}
