//! What the whole tool costs: starting it, listening at rest, and a draw of 100,000 people step by step.
//!
//! `cargo bench --bench house`. Commands are timed in turns with `/bin/true`; the steps of the draw run once each in this
//! process, then the whole draw as a command. Steps that wait for the disk are as slow as the disk.
#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use xchange::app::{archive_copy, rules};
use xchange::archive::Archive;
use xchange::matcher;
use xchange::model::PersonIndex;
use xchange::roster;
use xchange::seal::{self, Circumstances, DrawDocument, Identity, Seed};
use xchange::store::{Durability, NewDraw, Store};

const XCHANGE: &str = env!("CARGO_BIN_EXE_xchange");
const RUNS: usize = 41;
const PEOPLE: usize = 100_000;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("exchange.toml"), roster_of(12))?;
    commands(folder.path())?;
    let rest = memory_at_rest(folder.path())?;
    println!("listener at rest, 12 people drawn: {:.1} MB resident (target 30)\n", kilobytes_as_mb(rest));
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("exchange.toml"), roster_of(PEOPLE))?;
    steps(folder.path())?;
    for name in ["exchange.db", "exchange.key"] {
        std::fs::remove_file(folder.path().join(name))?;
    }
    std::fs::remove_dir_all(folder.path().join("sealed"))?;
    let whole = timed(|| run(folder.path(), &[XCHANGE, "draw"]))?;
    println!("{:>10.0} ms  all of it as `xchange draw`", milliseconds(whole));
    Ok(())
}

fn roster_of(people: usize) -> String {
    let mut text = "[exchange]\nname = \"Bench 2026\"\n".to_owned();
    for n in 0..people {
        let _infallible = write!(text, "[[people]]\nname = \"Person {n}\"\nemail = \"p{n}@example.org\"\n");
    }
    text
}

/// Medians of the commands, each run in turns with the others.
fn commands(folder: &Path) -> Outcome<()> {
    let lines: [&[&str]; 3] = [&["/bin/true"], &[XCHANGE, "--help"], &[XCHANGE, "check"]];
    let mut times: [Vec<Duration>; 3] = Default::default();
    for _ in 0..RUNS {
        for (line, times) in lines.iter().zip(&mut times) {
            times.push(timed(|| run(folder, line))?);
        }
    }
    let medians = times.map(|mut times| {
        times.sort_unstable();
        milliseconds(times[RUNS / 2])
    });
    let target = medians[0] * 3.0 + 10.0;
    for (line, median) in lines.iter().zip(medians) {
        let name = line.join(" ").replace(XCHANGE, "xchange");
        println!("{median:>10.2} ms  {name} ({:.1} times /bin/true; target {target:.1} ms)", median / medians[0]);
    }
    run(folder, &[XCHANGE, "draw"])?;
    Ok(())
}

fn run(folder: &Path, line: &[&str]) -> Outcome<()> {
    let mut command = Command::new(line[0]);
    command.args(&line[1..]).current_dir(folder).env_clear().stdin(Stdio::null());
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{line:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}

/// Kilobytes resident once the listener listens and its draw is open.
fn memory_at_rest(folder: &Path) -> Outcome<u64> {
    let mut command = Command::new(XCHANGE);
    command.args(["serve", "--bind", "127.0.0.1:0", "--public-url", "https://bench.example.org"]);
    command.current_dir(folder).env_clear().env("TWILIO_AUTH_TOKEN", "0123456789abcdef0123456789abcdef");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let stderr = child.stderr.take().ok_or("stderr is piped")?;
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    let listening = lines.find(|line| line.starts_with("Listening on ")).ok_or("it never listened")?;
    let address = listening["Listening on ".len()..].split_whitespace().next().unwrap_or_default();
    let opened =
        Command::new("curl").args(["-s", &format!("http://{}/healthz", address.trim_end_matches('.'))]).output();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    child.kill()?;
    child.wait()?;
    if !opened.is_ok_and(|answer| answer.stdout == b"ok") {
        println!("(curl is missing or the draw is not open: the figure is without it)");
    }
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(resident.trim().trim_end_matches(" kB").parse()?)
}

/// The steps of a draw as `app::draw` takes them.
fn steps(folder: &Path) -> Outcome<()> {
    println!("a draw of {PEOPLE} people, archived in a folder:");
    let (roster, _) = step("roster", || Ok(roster::load(&folder.join("exchange.toml"))?))?;
    let (exchange, settings) = (roster.exchange, roster.settings);
    let seed = Seed::random()?;
    let (drawn, _) = step("match", || {
        matcher::draw(&rules::problem(&exchange, &[]), seed.expose()).map_err(|reason| reason.to_string().into())
    })?;
    let about = Circumstances {
        draw: 1,
        drawn_at: Timestamp::now(),
        uniformity: drawn.uniformity.to_string(),
        method: drawn.method.clone(),
        seed,
        reason: None,
        previous: None,
    };
    let identity = Identity::generate();
    identity.save_new(&settings.seal.key_file, None)?;
    let pairs =
        drawn.rounds.iter().flat_map(|round| (0..).map(PersonIndex).zip(round.iter().copied().map(PersonIndex)));
    let ((header, sealed), sealing) = step("seal", || {
        let document = DrawDocument::new(exchange.clone(), about, pairs)?;
        Ok(seal::seal(&document, &identity.public_key(), &[])?)
    })?;
    let (store, storing) = step("store", || {
        let store = Store::open(&settings.database, Durability::PowerCut)?;
        let (text, json) = (serde_json::to_string(&exchange)?, String::from_utf8(header.to_json())?);
        store.write(|tx| {
            tx.insert_draw(&NewDraw {
                series: &exchange.series,
                number: 1,
                exchange: &exchange.name,
                drawn_at: Timestamp::now(),
                header: &json,
                roster: &text,
                sealed: &sealed,
                archive_location: "sealed",
            })
            .map(drop)
        })?;
        Ok(store)
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    step("archive", || {
        let archive = runtime.block_on(Archive::connect(&settings.archive))?;
        let draw = store.read(|tx| tx.draw_numbered(&exchange.series, 1))?.ok_or("kept")?;
        Ok(runtime.block_on(archive_copy::confirm_draw(&store, &archive, &draw, Timestamp::now()))?)
    })?;
    step("close the database", || {
        drop(store);
        Ok::<_, Box<dyn Error>>(())
    })?;
    println!("{:>10.0} ms  seal and store together (target 1000)", milliseconds(sealing + storing));
    Ok(())
}

fn step<T>(name: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<(T, Duration)> {
    let started = Instant::now();
    let done = work()?;
    let took = started.elapsed();
    println!("{:>10.0} ms  {name}", milliseconds(took));
    Ok((done, took))
}

fn timed(work: impl FnOnce() -> Outcome<()>) -> Outcome<Duration> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand kilobytes")]
fn kilobytes_as_mb(kilobytes: u64) -> f64 {
    kilobytes as f64 / 1024.0
}
