//! Signed, deduplicated, logged answers per second, and how long the slowest take.
//!
//! `cargo bench --bench listener`. The same client sends the same kind of requests over 64 connections, in turns to
//! the listener (signature, switchboard, database, TwiML, a log line a request) and to a bare axum handler that returns
//! the same TwiML for nothing. Client and both servers share the machine, so only the ratios say something.
#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use axum::http::header;
use axum::routing::post;
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;
use url::form_urlencoded::Serializer;
use xchange::app::answer::Switchboard;
use xchange::app::{answer, draw};
use xchange::roster::{self, Roster};
use xchange::store::{Durability, Store};
use xchange::web::{self, Listener, Metrics, signature};

/// So many that nobody meets the limit of 20 texts a minute.
const PEOPLE: usize = 20_000;
const CONNECTIONS: usize = 64;
const PER_PASS: usize = 12_800;
const PASSES: usize = 15;
const TWIML: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Message>Person number 00001</Message></Response>";

fn main() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let log = File::create(folder.path().join("log"))?;
    // As the program logs where nobody looks on.
    let to_log = tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).with_writer(Mutex::new(log));
    to_log.with_ansi(false).with_target(false).init();
    let servers = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let listener = servers.block_on(listener(folder.path()))?;
    let bare = servers.block_on(bare())?;
    let client = tokio::runtime::Builder::new_current_thread().enable_all().build()?;

    let mut results = Vec::new();
    // The first pass warms up and is not counted.
    for pass in 0..=PASSES {
        let requests = requests(pass);
        let ours = client.block_on(pass_over(listener, &requests))?;
        let theirs = client.block_on(pass_over(bare, &requests))?;
        if pass > 0 {
            results.push((ours, theirs));
        }
    }
    report(&results);
    Ok(())
}

/// What one pass measured.
struct Pass {
    per_second: f64,
    p50: Duration,
    p99: Duration,
}

fn report(results: &[(Pass, Pass)]) {
    let median = |measure: &dyn Fn(&(Pass, Pass)) -> f64| {
        let mut all: Vec<f64> = results.iter().map(measure).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    println!("{CONNECTIONS} connections, {PASSES} passes of {PER_PASS} texts each, medians");
    println!("                answers/s      p50 µs      p99 µs");
    println!(
        "listener     {:>12.0} {:>11.0} {:>11.0}",
        median(&|(ours, _)| ours.per_second),
        median(&|(ours, _)| micros(ours.p50)),
        median(&|(ours, _)| micros(ours.p99))
    );
    println!(
        "bare handler {:>12.0} {:>11.0} {:>11.0}",
        median(&|(_, theirs)| theirs.per_second),
        median(&|(_, theirs)| micros(theirs.p50)),
        median(&|(_, theirs)| micros(theirs.p99))
    );
    println!(
        "ratio        {:>12.2} {:>11.2} {:>11.2}   (aim: at least 0.5; p99 at most 4)",
        median(&|(ours, theirs)| ours.per_second / theirs.per_second),
        median(&|(ours, theirs)| micros(ours.p50) / micros(theirs.p50)),
        median(&|(ours, theirs)| micros(ours.p99) / micros(theirs.p99))
    );
}

// ---- the two servers ----

fn token() -> SecretString {
    SecretString::from("a token for the bench")
}

fn phone(person: usize) -> String {
    format!("+4477{person:08}")
}

/// A message id in no order, as Twilio's are.
fn sid(number: usize) -> String {
    let scattered = (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    format!("SM{scattered:032x}")
}

/// An exchange with its draw made, sealed and copied into a folder.
async fn exchange(folder: &Path) -> Roster {
    let mut text = String::from("[exchange]\nname = \"Bench 2026\"\nkeyword = \"christmas\"\n");
    for person in 0..PEOPLE {
        let name = format!("Person number {person:05}");
        write!(text, "[[people]]\nname = \"{name}\"\nphone = \"{}\"\n", phone(person)).expect("strings take all");
    }
    let roster = roster::parse(&text, &folder.join("exchange.toml")).expect("a sound roster");
    let store = Store::open(&roster.settings.database, Durability::PowerCut).expect("a database");
    let request = draw::Request { roster: &roster, redraw: None, new_key_passphrase: None, now: Timestamp::now() };
    draw::draw(&store, request, &|| None).await.expect("a draw");
    roster
}

async fn switchboard(folder: &Path) -> io::Result<Switchboard> {
    let Roster { exchange, settings, .. } = exchange(folder).await;
    let store = Store::open(&settings.database, Durability::Kill).expect("the same database");
    answer::start(store, exchange, settings, None).map(|(switchboard, _ended)| switchboard)
}

/// The real listener, as `serve` puts it together.
async fn listener(folder: &Path) -> io::Result<SocketAddr> {
    let tcp = TcpListener::bind("127.0.0.1:0").await?;
    let address = tcp.local_addr()?;
    let (on_status, _statuses) = mpsc::channel(1);
    let listener = Listener {
        switchboard: switchboard(folder).await?,
        auth_tokens: vec![token()],
        public_url: public_url(),
        metrics: Metrics::default(),
        metrics_open: false,
        on_status,
        phones: None,
    };
    tokio::spawn(web::serve(tcp, web::router(listener), std::future::pending()));
    Ok(address)
}

/// The least there can be: a route that returns a constant.
async fn bare() -> io::Result<SocketAddr> {
    let tcp = TcpListener::bind("127.0.0.1:0").await?;
    let address = tcp.local_addr()?;
    let handler = async || ([(header::CONTENT_TYPE, "application/xml")], TWIML);
    tokio::spawn(async move { axum::serve(tcp, axum::Router::new().route("/sms", post(handler))).await });
    Ok(address)
}

fn public_url() -> Url {
    "https://bench.example.org".parse().expect("a URL")
}

// ---- the client ----

/// A pass's requests, written and signed beforehand; every text is new and comes from another person.
fn requests(pass: usize) -> Vec<Vec<u8>> {
    let url = signature::webhook_url(&public_url(), "/sms");
    let request = |number: usize| {
        let number = pass * PER_PASS + number;
        let fields = [
            ("AccountSid", "AC0123456789abcdef0123456789abcdef".to_owned()),
            ("Body", "Merry Christmas!".to_owned()),
            ("From", phone(number % PEOPLE)),
            ("MessageSid", sid(number)),
            ("NumMedia", "0".to_owned()),
            ("To", "+447700900000".to_owned()),
        ];
        let signature = signature::sign(&token(), &url, &fields);
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        format!(
            "POST /sms HTTP/1.1\r\nHost: bench.example.org\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             X-Twilio-Signature: {signature}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    };
    (0..PER_PASS).map(request).collect()
}

/// Sends a pass's requests over all connections, each waiting for its answer before the next.
async fn pass_over(address: SocketAddr, requests: &[Vec<u8>]) -> io::Result<Pass> {
    let mut streams = Vec::new();
    for _ in 0..CONNECTIONS {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let shares = requests.chunks(requests.len().div_ceil(CONNECTIONS));
    let started = Instant::now();
    let mut talks = JoinSet::new();
    for (stream, share) in streams.into_iter().zip(shares) {
        talks.spawn(talk(stream, share.to_vec()));
    }
    let mut times: Vec<Duration> = Vec::with_capacity(requests.len());
    while let Some(talked) = talks.join_next().await {
        times.extend(talked.map_err(io::Error::other)??);
    }
    let took = started.elapsed();
    times.sort();
    let percentile = |p: usize| times[(times.len() - 1) * p / 100];
    Ok(Pass { per_second: times.len() as f64 / took.as_secs_f64(), p50: percentile(50), p99: percentile(99) })
}

/// One connection's share; gives the time of each answer.
async fn talk(mut stream: TcpStream, share: Vec<Vec<u8>>) -> io::Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(share.len());
    let mut answer = Vec::with_capacity(1024);
    for request in share {
        let asked = Instant::now();
        stream.write_all(&request).await?;
        answer.clear();
        while !answer.ends_with(b"</Response>") {
            if stream.read_buf(&mut answer).await? == 0 {
                return Err(io::Error::other(String::from_utf8_lossy(&answer).into_owned()));
            }
        }
        times.push(asked.elapsed());
        // An error, a silence or "too many texts" would be quicker than an answer.
        let is_answer = answer.starts_with(b"HTTP/1.1 200") && contains(&answer, b"<Message>Person number ");
        assert!(is_answer, "{}", String::from_utf8_lossy(&answer));
    }
    Ok(times)
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}
