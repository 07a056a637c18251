//! How fast the outbox empties with the rate limit off, and what 100,000 waiting messages cost in memory.
//!
//! `cargo bench --bench outbox`. The same local Twilio takes the same texts from a bare `reqwest` client, one after the
//! other and many at once, and from the outbox: claimed, sent, recorded, committed as against a power cut. Client and
//! server share the machine, so only the ratios say something.
#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::task::JoinSet;
use xchange::app::outbox::{Message, Outbox, Pace};
use xchange::messaging::sender::Sender;
use xchange::messaging::twilio::{Credentials, Origin, Texting, Twilio};
use xchange::model::Phone;
use xchange::roster::{self, Roster};
use xchange::store::{Channel, Durability, NewMessage, Recipient, Store, StoreError};

#[path = "../tests/integration/support/twilio.rs"]
#[allow(dead_code, reason = "shared with the tests, which need more of it")]
mod twilio;

use twilio::{ACCOUNT, LocalTwilio, TOKEN};

const MESSAGES: u32 = 2_000;
const PASSES: usize = 5;
const MANY: u32 = 100_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        throughput().await;
        memory().await;
    });
}

async fn throughput() {
    let mut results: Vec<[f64; 3]> = Vec::new();
    // The first pass warms up and is not counted.
    for pass in 0..=PASSES {
        let one_by_one = timed(bare(1)).await;
        let at_once = timed(bare(Pace::default().at_once)).await;
        let ours = timed(outbox()).await;
        if pass > 0 {
            results.push([one_by_one, at_once, ours]);
        }
    }
    let median = |column: usize| {
        let mut values: Vec<f64> = results.iter().map(|row| row[column]).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let (one_by_one, at_once, ours) = (median(0), median(1), median(2));
    println!("bare reqwest, one after the other   {one_by_one:>8.0} texts/s");
    println!("bare reqwest, {:>2} at once            {at_once:>8.0} texts/s", Pace::default().at_once);
    println!("the outbox                          {ours:>8.0} texts/s");
    println!("the outbox against the loop         {:>8.2}  (at least 0.70)", ours / one_by_one);
    println!("the outbox against many at once     {:>8.2}", ours / at_once);
}

/// Texts a second.
async fn timed(work: impl Future<Output = Duration>) -> f64 {
    f64::from(MESSAGES) / work.await.as_secs_f64()
}

fn phone(n: u32) -> Phone {
    Phone::from_provider(&format!("+4477{n:08}")).expect("a phone")
}

fn texting(twilio: &LocalTwilio) -> Texting {
    let credentials = Credentials::new(ACCOUNT, SecretString::from(TOKEN)).expect("an account");
    let client = Twilio::new(&twilio.base(), credentials).expect("a client");
    Texting::new(client, Origin::Number(phone(0)), None)
}

/// The least that sends the same texts: one client, no database.
async fn bare(at_once: usize) -> Duration {
    let twilio = LocalTwilio::start().await;
    let url = format!("{}2010-04-01/Accounts/{ACCOUNT}/Messages.json", twilio.base());
    let client = twilio::client();
    let send = move |n: u32| {
        let (client, url) = (client.clone(), url.clone());
        async move {
            let form =
                [("To", phone(n).expose().to_owned()), ("From", phone(0).expose().to_owned()), ("Body", text(n))];
            let request = client.post(url).basic_auth(ACCOUNT, Some(TOKEN)).form(&form);
            let answer = request.send().await.expect("an answer").error_for_status().expect("taken");
            answer.json::<serde_json::Value>().await.expect("JSON");
        }
    };
    let begin = Instant::now();
    let mut under_way = JoinSet::new();
    for n in 1..=MESSAGES {
        if under_way.len() == at_once {
            under_way.join_next().await;
        }
        under_way.spawn(send(n));
    }
    under_way.join_all().await;
    let took = begin.elapsed();
    assert_eq!(twilio.taken().len(), MESSAGES as usize);
    took
}

async fn outbox() -> Duration {
    let folder = tempfile::tempdir().expect("a folder");
    let twilio = LocalTwilio::start().await;
    let (store, outbox) = prepared(folder.path(), Sender::live(Some(texting(&twilio)), None));
    queue(&store, MESSAGES);
    let begin = Instant::now();
    outbox.drain(|_| {}).await.expect("a database");
    let took = begin.elapsed();
    assert_eq!(twilio.taken().len(), MESSAGES as usize);
    took
}

fn prepared(folder: &Path, sender: Sender) -> (Arc<Store>, Outbox) {
    let path = folder.join("exchange.toml");
    let people = "[[people]]\nname = \"Ada\"\nphone = \"+447700900001\"\n[[people]]\nname = \"Ben\"\nphone = \"+447700900002\"\n";
    let twilio = "[twilio]\nfrom = \"+447700900000\"\n\n";
    std::fs::write(&path, format!("[exchange]\nname = \"Bench\"\nkeyword = \"christmas\"\n{people}{twilio}"))
        .expect("a file");
    let Roster { exchange, mut settings, .. } = roster::load(&path).expect("a roster");
    settings.twilio.as_mut().expect("a section").per_second = 0.0;
    let store = Arc::new(Store::open(&folder.join("exchange.db"), Durability::PowerCut).expect("a database"));
    let outbox = Outbox::new(Arc::clone(&store), sender, &exchange, &settings, Box::new(|| None));
    (store, outbox)
}

fn queue(store: &Store, count: u32) {
    let now = Timestamp::now();
    let queued = store.write(|tx| {
        for n in 1..=count {
            let message = Message::Plain { subject: None, text: text(n), begins: true };
            let (kind, parameters) = message.stored()?;
            tx.enqueue(&NewMessage {
                cause: &format!("bench:{n}"),
                kind: &kind,
                parameters: &parameters,
                draw: None,
                recipient: Recipient::Phone(phone(n)),
                channel: Channel::Sms,
                at: now,
                due: now,
                not_after: None,
            })?;
        }
        Ok::<_, StoreError>(())
    });
    queued.expect("queued");
}

fn text(n: u32) -> String {
    format!("Merry Christmas, number {n}")
}

async fn memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let twilio = LocalTwilio::start().await;
    let (store, outbox) = prepared(folder.path(), Sender::live(Some(texting(&twilio)), None));
    queue(&store, 1);
    outbox.pass().await.expect("a database");
    let before = resident();
    queue(&store, MANY);
    let queued = resident();
    let begin = Instant::now();
    outbox.pass().await.expect("a database");
    let took = begin.elapsed();
    println!("memory, 1 message                   {before:>8} KiB");
    println!("memory, {MANY} waiting            {queued:>8} KiB");
    println!("memory, after a pass over them      {:>8} KiB  (the pass took {} ms)", resident(), took.as_millis());
}

/// Resident memory in KiB, from `/proc/self/status`; 0 where there is none.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
