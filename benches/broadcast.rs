//! How fast a broadcast to 100,000 people is planned, sent and shown, and how long a text waits meanwhile.
//!
//! `cargo bench --bench broadcast`. The list is imported from five files; `broadcast plan` and `broadcast send` are the
//! program itself, started and ended. A listener runs beside them, to which somebody texts all the time. The bounds of the
//! night and of the day are off; of all that nothing is sent, for the listener knows no Twilio. Then a broadcast to 2,000 of
//! them is sent by `xchange send` to a local Twilio.
#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

mod support;
#[path = "../tests/integration/support/twilio.rs"]
#[allow(dead_code, reason = "shared with the tests, which need more of it")]
mod twilio;

use support::{Outcome, Serving, answer, milliseconds};
use twilio::{ACCOUNT, LocalTwilio, TOKEN};

const PEOPLE: usize = 100_000;
const FILES: usize = 5;
/// Those of the exchange beside it, who text: more than are told that they text too much.
const TEXTING: usize = 2_000;
/// Those to whom something is really sent.
const SENT: usize = 2_000;

fn roster(base: &str) -> String {
    let site = format!(
        "[site]\ncountry = \"GB\"\n\n[messaging]\nquiet = \"never\"\ndaily_segments = 1000000\n\n\
         [twilio]\nfrom = \"+447700900000\"\nper_second = 10000\nbase_url = \"{base}\"\n"
    );
    support::roster(TEXTING, &site)
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let twilio = LocalTwilio::start().await;
    std::fs::write(folder.join("exchange.toml"), roster(twilio.base().as_str()))?;
    support::xchange(folder, &["draw"])?;
    support::xchange(folder, &["list", "new", "Club"])?;
    let (import, _) = timed(|| (0..FILES).try_for_each(|file| import(folder, file)))?;
    println!("import of {PEOPLE} people      {:>8.0} ms", milliseconds(import));
    let link = support::account(folder)?;

    support::xchange(folder, &["broadcast", "new", "Hello {first_name|there}, we meet on Friday at eight."])?;
    let serving = Serving::start(folder)?;
    let at = serving.address;
    support::set_password(at, &link)?;
    let cookie = support::sign_in(at)?;
    let (_, lists) = answer(at, "GET", "/lists", &cookie, "")?;
    let list = lists.split("/lists/").nth(1).and_then(|rest| rest.split('"').next()).ok_or("no list")?.to_owned();
    let page = |what| -> Outcome<()> {
        let (path, mut times) = (format!("/lists/{list}/broadcasts/1"), Vec::new());
        for _ in 0..20 {
            times.push(milliseconds(timed(|| answer(at, "GET", &path, &cookie, "").map(drop))?.0));
        }
        println!("{what:<30} {:>8.0} ms   (aim: below 200)", support::median(times));
        Ok(())
    };
    let (plan, waited) = beside_texts(at, 0, || support::xchange(folder, &["broadcast", "plan"])).await?;
    say("plan", plan, waited, "2,000; texts 250");
    page("page of the plan")?;
    let from = TEXTING / 2;
    let (send, waited) = beside_texts(at, from, || support::xchange(folder, &["broadcast", "send", "--yes"])).await?;
    say("send, all of it in the outbox", send, waited, "5,000; texts 250");
    let (pause, _) = timed(|| support::xchange(folder, &["broadcast", "pause"]))?;
    println!("pause                          {:>8.0} ms", milliseconds(pause));

    page("results page")?;
    // The listener has all of them follow, a thousand at a time.
    let database = rusqlite::Connection::open(folder.join("exchange.db"))?;
    let turned = || database.query_row("SELECT max(turned) FROM broadcast", [], |row| row.get::<_, i64>(0));
    let followed = |what| -> Outcome<()> {
        let (took, ()) = timed(|| {
            while turned()? > 0 {
                std::thread::sleep(Duration::from_millis(50));
            }
            Ok(())
        })?;
        println!("{what:<30} {:>8.0} ms", milliseconds(took));
        Ok(())
    };
    followed("until all of it waits")?;
    support::xchange(folder, &["broadcast", "cancel", "--yes"])?;
    followed("until all of it is cancelled")?;
    serving.stop()?;
    really_sent(folder, &twilio).await
}

/// Sends something to those with a tag, and says how fast that goes.
async fn really_sent(folder: &Path, twilio: &LocalTwilio) -> Outcome<()> {
    for args in [
        &["broadcast", "new", "Hello {first_name|there}", "--tags", "first"][..],
        &["broadcast", "plan"],
        &["broadcast", "send", "--yes"],
    ] {
        support::xchange(folder, args)?;
    }
    let mut sending = support::command(folder, support::XCHANGE);
    sending.args(["send", "--yes"]).env("TWILIO_ACCOUNT_SID", ACCOUNT).env("TWILIO_AUTH_TOKEN", TOKEN);
    let begun = Instant::now();
    tokio::task::spawn_blocking(move || support::succeeded(&mut sending)).await??;
    let rate = SENT as f64 / begun.elapsed().as_secs_f64();
    println!("xchange send                   {rate:>8.0} texts/s   (aim: at least 100)");
    if twilio.taken().len() == SENT { Ok(()) } else { Err(format!("{} texts", twilio.taken().len()).into()) }
}

fn import(folder: &Path, file: usize) -> Outcome<()> {
    let mut rows = String::from("First name,Phone,Consent,Tags\n");
    for person in 0..PEOPLE / FILES {
        let number = 10_000_000 + file * (PEOPLE / FILES) + person;
        let tag = if file == 0 && person < SENT { "first" } else { "" };
        let _infallible = writeln!(rows, "P{number},{},signed in May,{tag}", support::phone(number));
    }
    std::fs::write(folder.join("people.csv"), rows)?;
    support::xchange(folder, &["list", "import", "people.csv"])
}

fn timed<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<(Duration, T)> {
    let started = Instant::now();
    let done = work()?;
    Ok((started.elapsed(), done))
}

/// How long something takes, and how long the texts waited that came meanwhile, one after the other.
async fn beside_texts(
    at: SocketAddr,
    from: usize,
    work: impl FnOnce() -> Outcome<()> + Send,
) -> Outcome<(Duration, Vec<Duration>)> {
    let done = Arc::new(AtomicBool::new(false));
    let over = Arc::clone(&done);
    let texting = tokio::spawn(async move {
        let mut waited = Vec::new();
        for person in from..from + TEXTING / 2 {
            waited.extend(support::talk(at, &[support::request(person, person)], 1).await?);
            if over.load(Ordering::Relaxed) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Outcome::Ok(waited)
    });
    let (took, ()) = tokio::task::block_in_place(|| timed(work))?;
    done.store(true, Ordering::Relaxed);
    Ok((took, texting.await??))
}

fn say(what: &str, took: Duration, mut waited: Vec<Duration>, aim: &str) {
    waited.sort_unstable();
    let longest = waited.last().copied().unwrap_or_default();
    let (took, texts) = (milliseconds(took), waited.len());
    println!(
        "{what:<30} {took:>8.0} ms   (aim: below {aim}); {texts} texts meanwhile, the longest waited {:.0} ms",
        milliseconds(longest)
    );
}
