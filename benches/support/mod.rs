//! The real program in a folder, its listener, and signed texts to it.
#![allow(dead_code, reason = "each bench needs a part")]

use std::error::Error;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use url::Url;
use url::form_urlencoded::Serializer;
use xchange::web::signature;

pub(crate) const XCHANGE: &str = env!("CARGO_BIN_EXE_xchange");
const TOKEN: &str = "12345678901234567890123456789012";
const PUBLIC_URL: &str = "https://bench.example.org";
/// How long the listener may take to listen.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The program in a folder, with nothing of this shell's environment.
pub(crate) fn command(folder: &Path, program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env_clear().env("TWILIO_AUTH_TOKEN", TOKEN).stdin(Stdio::null());
    command
}

/// Runs `xchange` to a good end.
pub(crate) fn xchange(folder: &Path, args: &[&str]) -> Outcome<()> {
    succeeded(command(folder, XCHANGE).args(args))
}

/// Runs a command to a good end.
pub(crate) fn succeeded(command: &mut Command) -> Outcome<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}

/// A roster of people with phones, and more sections behind.
pub(crate) fn roster(people: usize, more: &str) -> String {
    let mut text = String::from("[exchange]\nname = \"Bench 2026\"\nkeyword = \"christmas\"\n");
    for person in 0..people {
        let phone = phone(person);
        let _infallible = write!(text, "[[people]]\nname = \"Person number {person:05}\"\nphone = \"{phone}\"\n");
    }
    text + more
}

pub(crate) fn phone(person: usize) -> String {
    format!("+4477{person:08}")
}

/// A running `xchange serve`, its log in a file as where nobody looks on; killed when dropped.
pub(crate) struct Serving {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Serving {
    pub(crate) fn start(folder: &Path) -> Outcome<Self> {
        let log: PathBuf = folder.join("serve.log");
        let mut serve = command(folder, XCHANGE);
        serve.args(["serve", "--bind", "127.0.0.1:0", "--public-url", PUBLIC_URL]);
        let child = serve.stdout(Stdio::null()).stderr(File::create(&log)?).spawn()?;
        let mut serving = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let started = Instant::now();
        loop {
            let said = std::fs::read_to_string(&log)?;
            let listening = said.lines().find_map(|line| line.strip_prefix("Listening on "));
            if let Some(address) = listening.and_then(|line| line.split_once(". ")) {
                serving.address = address.0.parse()?;
                return Ok(serving);
            }
            if started.elapsed() > PATIENCE || serving.child.try_wait()?.is_some() {
                return Err(format!("it never listened: {said}").into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Kilobytes resident.
    pub(crate) fn resident(&self) -> Outcome<u64> {
        self.kilobytes("status", "VmRSS:")
    }

    /// Kilobytes resident, of what several processes share (the program itself) its own part only.
    pub(crate) fn own_part(&self) -> Outcome<u64> {
        self.kilobytes("smaps_rollup", "Pss:")
    }

    fn kilobytes(&self, file: &str, key: &str) -> Outcome<u64> {
        let told = std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))?;
        let kilobytes = told.lines().find_map(|line| line.strip_prefix(key)).ok_or(format!("no {key}"))?;
        Ok(kilobytes.trim().trim_end_matches(" kB").parse()?)
    }

    /// Ends it in good order.
    pub(crate) fn stop(mut self) -> Outcome<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        let ended = self.child.wait()?;
        if ended.success() { Ok(()) } else { Err(format!("the listener ended with {ended}").into()) }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A person's text asking for the name, written and signed; no two numbers make the same message.
pub(crate) fn request(person: usize, number: usize) -> Vec<u8> {
    text(person, number, "Merry Christmas!")
}

/// A person's text of these words.
pub(crate) fn text(person: usize, number: usize, words: &str) -> Vec<u8> {
    let public_url: Url = PUBLIC_URL.parse().expect("a URL");
    let fields = [
        ("AccountSid", "AC0123456789abcdef0123456789abcdef".to_owned()),
        ("Body", words.to_owned()),
        ("From", phone(person)),
        ("MessageSid", sid(number)),
        ("NumMedia", "0".to_owned()),
        ("To", "+447700900000".to_owned()),
    ];
    let token = SecretString::from(TOKEN);
    let signature = signature::sign(&token, &signature::webhook_url(&public_url, "/sms"), &fields);
    let body = Serializer::new(String::new()).extend_pairs(fields).finish();
    format!(
        "POST /sms HTTP/1.1\r\nHost: bench.example.org\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         X-Twilio-Signature: {signature}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A message id in no order, as Twilio's are.
fn sid(number: usize) -> String {
    let scattered = (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    format!("SM{scattered:032x}")
}

/// Sends requests over some connections, each waiting for its answer before the next; gives the time of each answer.
pub(crate) async fn talk(address: SocketAddr, requests: &[Vec<u8>], connections: usize) -> Outcome<Vec<Duration>> {
    talk_of("You have Person number ", address, requests, connections).await
}

/// The same with answers that begin with these words.
pub(crate) async fn talk_of(
    answers: &'static str,
    address: SocketAddr,
    requests: &[Vec<u8>],
    connections: usize,
) -> Outcome<Vec<Duration>> {
    let mut streams = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let shares = requests.chunks(requests.len().div_ceil(connections));
    let mut talks = JoinSet::new();
    for (stream, share) in streams.into_iter().zip(shares) {
        talks.spawn(one_after_another(answers, stream, share.to_vec()));
    }
    let mut times = Vec::with_capacity(requests.len());
    while let Some(talked) = talks.join_next().await {
        times.extend(talked??);
    }
    Ok(times)
}

/// One connection's share.
async fn one_after_another(answers: &str, mut stream: TcpStream, share: Vec<Vec<u8>>) -> Outcome<Vec<Duration>> {
    let expected = format!("<Message>{answers}");
    let mut times = Vec::with_capacity(share.len());
    let mut answer = Vec::with_capacity(1024);
    for request in share {
        let asked = Instant::now();
        stream.write_all(&request).await?;
        answer.clear();
        while !answer.ends_with(b"</Response>") {
            if stream.read_buf(&mut answer).await? == 0 {
                return Err(String::from_utf8_lossy(&answer).into_owned().into());
            }
        }
        times.push(asked.elapsed());
        // An error, a silence or "too many texts" would be quicker than an answer.
        let is_answer = answer.starts_with(b"HTTP/1.1 200") && contains(&answer, expected.as_bytes());
        assert!(is_answer, "{}", String::from_utf8_lossy(&answer));
    }
    Ok(times)
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

/// What stands before a form.
pub(crate) const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

/// The head of a page's answer, and the page.
pub(crate) fn answer(at: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Outcome<(String, String)> {
    let mut stream = std::net::TcpStream::connect(at)?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, page) = text.split_once("\r\n\r\n").ok_or("no answer")?;
    if head.starts_with("HTTP/1.1 200") || head.starts_with("HTTP/1.1 303") {
        return Ok((head.to_owned(), page.to_owned()));
    }
    Err(format!("{method} {path}: {text}").into())
}

/// Makes an account; gives the link that sets its password.
pub(crate) fn account(folder: &Path) -> Outcome<String> {
    xchange(folder, &["account", "add", "ada@example.org"])?;
    let link = command(folder, XCHANGE).args(["account", "link", "ada@example.org"]).output()?.stdout;
    Ok(String::from_utf8(link)?.trim().to_owned())
}

/// Sets the account's password by its link.
pub(crate) fn set_password(at: SocketAddr, link: &str) -> Outcome<()> {
    answer(at, "POST", link, FORM, "password=correct+horse+battery&again=correct+horse+battery").map(drop)
}

/// Signs the account in; gives the header that says so.
pub(crate) fn sign_in(at: SocketAddr) -> Outcome<String> {
    let typed = "email=ada%40example.org&password=correct+horse+battery";
    let (head, _) = answer(at, "POST", "/sign-in", FORM, typed)?;
    let set = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).ok_or("no cookie")?;
    Ok(format!("Cookie: {}\r\n", set.split(';').next().unwrap_or_default()))
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
