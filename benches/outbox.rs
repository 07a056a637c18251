//! How fast `xchange send` empties the outbox at the highest rate that a roster may ask for.
//!
//! `cargo bench --bench outbox`. 2,000 people text the listener; a new draw owes each of them a notice. The same local
//! Twilio takes as many texts from a bare `reqwest` client, one after the other and many at once, and the notices from
//! `xchange send`: the process started, the key and the draw opened, every message claimed, sent, and recorded as against a
//! power cut. Client and server share the machine. Twilio itself takes one to a hundred texts a second from one sender.
#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

mod support;
#[path = "../tests/integration/support/twilio.rs"]
#[allow(dead_code, reason = "shared with the tests, which need more of it")]
mod twilio;

use support::{Outcome, Serving, XCHANGE, median, milliseconds};
use twilio::{ACCOUNT, LocalTwilio, TOKEN};

const MESSAGES: usize = 2_000;
const PASSES: usize = 5;
/// As many as the outbox sends at once.
const AT_ONCE: usize = 16;
const CONNECTIONS: usize = 64;
const FROM: &str = "+447700900000";

#[tokio::main]
async fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let mut results: Vec<[f64; 4]> = Vec::new();
    // The first pass warms up and is not counted.
    for pass in 0..=PASSES {
        let one_by_one = bare(1).await?;
        let at_once = bare(AT_ONCE).await?;
        let twilio = LocalTwilio::start().await;
        owe_notices(folder.path(), &twilio, pass).await?;
        let ours = send(folder.path(), &twilio).await?;
        // Nothing is due any more: what is left is starting, opening and looking.
        let idle = send(folder.path(), &twilio).await?;
        if twilio.taken().len() != MESSAGES {
            return Err(format!("{} notices went out", twilio.taken().len()).into());
        }
        if pass > 0 {
            results.push([one_by_one, at_once, ours, idle].map(milliseconds));
        }
    }
    let middle = |measure: &dyn Fn(&[f64; 4]) -> f64| median(results.iter().map(measure).collect());
    let rate = |column: usize| middle(&|row| MESSAGES as f64 / row[column] * 1e3);
    println!("bare reqwest, one after the other   {:>8.0} texts/s", rate(0));
    println!("bare reqwest, {AT_ONCE:>2} at once            {:>8.0} texts/s", rate(1));
    println!("xchange send                        {:>8.0} texts/s  (aim: at least 100)", rate(2));
    println!("xchange send against the loop       {:>8.2}", middle(&|row| row[0] / row[2]));
    println!("xchange send against many at once   {:>8.2}", middle(&|row| row[1] / row[2]));
    println!("xchange send with nothing due       {:>8.0} ms", middle(&|row| row[3]));
    Ok(())
}

/// Has everybody text, and draws again: each of them is told. The listener is gone by then, or it would tell them.
async fn owe_notices(folder: &Path, twilio: &LocalTwilio, pass: usize) -> Outcome<()> {
    let section = format!("[twilio]\nfrom = \"{FROM}\"\nbase_url = \"{}\"\nper_second = 10000\n", twilio.base());
    std::fs::write(folder.join("exchange.toml"), support::roster(MESSAGES, &section))?;
    if pass == 0 {
        support::xchange(folder, &["draw"])?;
    }
    let serving = Serving::start(folder)?;
    let requests: Vec<Vec<u8>> =
        (0..MESSAGES).map(|person| support::request(person, pass * MESSAGES + person)).collect();
    support::talk(serving.address, &requests, CONNECTIONS).await?;
    serving.stop()?;
    support::xchange(folder, &["draw", "--redraw", "--reason", "bench", "--yes"])
}

async fn send(folder: &Path, twilio: &LocalTwilio) -> Outcome<Duration> {
    let mut command = support::command(folder, XCHANGE);
    command.args(["send", "--yes"]).env("TWILIO_ACCOUNT_SID", ACCOUNT).env("TWILIO_AUTH_TOKEN", TOKEN);
    let begin = Instant::now();
    tokio::task::spawn_blocking(move || support::succeeded(&mut command)).await??;
    let took = begin.elapsed();
    twilio.assert_well_behaved();
    Ok(took)
}

/// The least that sends the same texts: one client, no database.
async fn bare(at_once: usize) -> Outcome<Duration> {
    let twilio = LocalTwilio::start().await;
    let url = format!("{}2010-04-01/Accounts/{ACCOUNT}/Messages.json", twilio.base());
    let client = twilio::client();
    let send = move |n: usize| {
        let (client, url) = (client.clone(), url.clone());
        async move {
            let form =
                [("To", support::phone(n)), ("From", FROM.to_owned()), ("Body", format!("Merry Christmas, {n}"))];
            let request = client.post(url).basic_auth(ACCOUNT, Some(TOKEN)).form(&form);
            request.send().await?.error_for_status()?.json::<serde_json::Value>().await.map(drop)
        }
    };
    let begin = Instant::now();
    let mut under_way = JoinSet::new();
    for n in 0..MESSAGES {
        if under_way.len() == at_once {
            under_way.join_next().await.transpose()?.transpose()?;
        }
        under_way.spawn(send(n));
    }
    while let Some(sent) = under_way.join_next().await {
        sent??;
    }
    let took = begin.elapsed();
    if twilio.taken().len() == MESSAGES { Ok(took) } else { Err("a text is missing".into()) }
}
