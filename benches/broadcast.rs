//! How fast a broadcast to 100,000 people is planned, sent and shown, and how long a text waits meanwhile.
//!
//! `cargo bench --bench broadcast`. The list is imported from five files; `broadcast plan` and `broadcast send` are the
//! program itself, started and ended. A listener runs beside them, to which somebody texts all the time. The bounds of the
//! night and of the day are off; nothing is sent, for there is no Twilio.
#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

mod support;

use support::{Outcome, Serving, milliseconds};

const PEOPLE: usize = 100_000;
const FILES: usize = 5;
/// Those of the exchange beside it, who text: more than are told that they text too much.
const TEXTING: usize = 2_000;
const SITE: &str = "[site]\ncountry = \"GB\"\n\n[messaging]\nquiet = \"never\"\ndaily_segments = 1000000\n\n\
                    [twilio]\nfrom = \"+447700900999\"\nbase_url = \"http://127.0.0.1:1\"\n";

#[tokio::main]
async fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    std::fs::write(folder.join("exchange.toml"), support::roster(TEXTING, SITE))?;
    support::xchange(folder, &["draw"])?;
    support::xchange(folder, &["list", "new", "Club"])?;
    let (import, _) = timed(|| (0..FILES).try_for_each(|file| import(folder, file)))?;
    println!("import of {PEOPLE} people      {:>8.0} ms", milliseconds(import));
    support::xchange(folder, &["account", "add", "ada@example.org"])?;
    let link = support::command(folder, support::XCHANGE).args(["account", "link", "ada@example.org"]).output()?.stdout;

    support::xchange(folder, &["broadcast", "new", "Hello {first_name|there}, we meet on Friday at eight."])?;
    let serving = Serving::start(folder)?;
    let at = serving.address;
    let (plan, waited) = beside_texts(at, 0, || support::xchange(folder, &["broadcast", "plan"])).await?;
    say("plan", plan, waited, "2,000");
    let from = TEXTING / 2;
    let (send, waited) = beside_texts(at, from, || support::xchange(folder, &["broadcast", "send", "--yes"])).await?;
    say("send, all of it in the outbox", send, waited, "5,000; texts 250");
    let (pause, _) = timed(|| support::xchange(folder, &["broadcast", "pause"]))?;
    println!("pause                          {:>8.0} ms", milliseconds(pause));

    let typed = "password=correct+horse+battery&again=correct+horse+battery";
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    answer(at, "POST", String::from_utf8(link)?.trim(), form, typed)?;
    let (head, _) = answer(at, "POST", "/sign-in", form, "email=ada%40example.org&password=correct+horse+battery")?;
    let set = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).ok_or("no cookie")?;
    let cookie = format!("Cookie: {}\r\n", set.split(';').next().unwrap_or_default());
    let (_, lists) = answer(at, "GET", "/lists", &cookie, "")?;
    let list = lists.split("/lists/").nth(1).and_then(|rest| rest.split('"').next()).ok_or("no list")?.to_owned();
    let page = format!("/lists/{list}/broadcasts/1");
    let mut times = Vec::new();
    for _ in 0..20 {
        times.push(milliseconds(timed(|| answer(at, "GET", &page, &cookie, "").map(drop))?.0));
    }
    println!("results page                   {:>8.0} ms   (aim: below 200)", support::median(times));
    serving.stop()
}

fn import(folder: &Path, file: usize) -> Outcome<()> {
    let mut rows = String::from("First name,Phone,Consent\n");
    for person in 0..PEOPLE / FILES {
        let number = 10_000_000 + file * (PEOPLE / FILES) + person;
        let _infallible = writeln!(rows, "P{number},{},signed in May", support::phone(number));
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

/// The head of an answer, and its page.
fn answer(at: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Outcome<(String, String)> {
    let mut stream = TcpStream::connect(at)?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, page) = text.split_once("\r\n\r\n").ok_or("no answer")?;
    if head.starts_with("HTTP/1.1 200") || head.starts_with("HTTP/1.1 303") {
        return Ok((head.to_owned(), page.to_owned()));
    }
    Err(format!("{method} {path}: {text}").into())
}
