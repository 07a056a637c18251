//! The real binary in a folder of its own, with an environment of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use secrecy::SecretString;
use tempfile::TempDir;
use xchange::web::signature;

/// The auth token that signs the texts of these tests.
pub(crate) const TOKEN: &str = "12345678901234567890123456789012";

/// What Twilio is said to call.
pub(crate) const PUBLIC_URL: &str = "https://xmas.example.org";

/// How long a test waits for something that should come at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with a roster, in which the binary is run.
pub(crate) struct House {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("no JSON: {e}\n{}\n{}", self.stdout, self.stderr))
    }
}

impl House {
    /// A folder with this roster.
    pub(crate) fn with(roster: &str) -> Self {
        let house = Self { folder: tempfile::tempdir().expect("a folder"), variables: Vec::new() };
        house.write("exchange.toml", roster);
        house
    }

    /// A folder with nothing in it.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), variables: Vec::new() }
    }

    /// Six people, nobody's neighbour in the list their receiver's only candidate, everything on this machine.
    pub(crate) fn family() -> Self {
        Self::with(&family("Hill family 2026", ""))
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a writable folder");
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xchange"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("TWILIO_AUTH_TOKEN", TOKEN)
            .envs(self.variables.iter().map(|(k, v)| (k, v)))
            .stdin(Stdio::null());
        command
    }

    #[must_use]
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        let Output { status, stdout, stderr } = self.command(args).output().expect("the binary runs");
        Run {
            code: status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }

    /// Starts the listener on a free port and waits until it says where it listens.
    pub(crate) fn serve(&self) -> Serving {
        self.serve_with(&[])
    }

    pub(crate) fn serve_with(&self, args: &[&str]) -> Serving {
        let fixed = ["serve", "--bind", "127.0.0.1:0", "--public-url", PUBLIC_URL];
        let mut child = self
            .command(&[&fixed, args].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let (lines, heard) = mpsc::channel();
        let stderr = child.stderr.take().expect("stderr is piped");
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if lines.send(line).is_err() {
                    break;
                }
            }
        });
        let mut log = Vec::new();
        let address = loop {
            let line = heard.recv_timeout(PATIENCE).unwrap_or_else(|e| panic!("the listener starts: {e}; {log:?}"));
            log.push(line.clone());
            if let Some(rest) = line.strip_prefix("Listening on ") {
                break rest.split(['.', ' ']).take(4).collect::<Vec<_>>().join(".");
            }
        };
        Serving { child, address, heard: Mutex::new(heard), log }
    }

    /// The open draw, read with this house's key.
    pub(crate) fn open_draw(&self, number: u32) -> xchange::seal::DrawDocument {
        let sealed = std::fs::read(self.path(&format!("sealed/hill-family/draw-{number:04}.age"))).expect("archived");
        let identity = xchange::seal::Identity::load(&self.path("exchange.key"), || None).expect("a key").identity;
        xchange::seal::open(&sealed, &identity).expect("opens")
    }

    /// Every pairing of a draw by name.
    pub(crate) fn pairings(&self, number: u32) -> Vec<(String, String)> {
        let document = self.open_draw(number);
        let name = |id| document.roster().person(id).name.clone();
        document.all_pairings().map(|(g, r)| (name(g), name(r))).collect()
    }

    /// Every file below the folder with its bytes.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        fn collect(folder: &Path, into: &mut Vec<(PathBuf, Vec<u8>)>) {
            for entry in std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()) {
                if entry.is_dir() {
                    collect(&entry, into);
                } else if let Ok(bytes) = std::fs::read(&entry) {
                    into.push((entry, bytes));
                }
            }
        }
        let mut files = Vec::new();
        collect(self.folder.path(), &mut files);
        files
    }
}

/// People of the tests, and the number each texts from.
pub(crate) const PEOPLE: [&str; 6] = ["Ada Hill", "Ben Hill", "Cleo Marsh", "Dev Marsh", "Edith Wood", "Finn O'Brien"];

pub(crate) fn phone_of(name: &str) -> String {
    let place = PEOPLE.iter().position(|p| *p == name).expect("a person of the tests");
    format!("+4477009001{place:02}")
}

/// A roster of [`PEOPLE`] under a name, with more sections behind. Its answer is the bare name, to be compared.
pub(crate) fn family(name: &str, more: &str) -> String {
    let people: String = PEOPLE
        .iter()
        .map(|person| format!("[[people]]\nname = \"{person}\"\nphone = \"{}\"\n\n", phone_of(person)))
        .collect();
    format!(
        "[exchange]\nname = \"{name}\"\nseries = \"Hill family\"\nkeyword = \"christmas\"\nreply = \"{{receiver}}\"\n\n{people}{more}"
    )
}

/// A running listener; ended when dropped.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) address: String,
    heard: Mutex<mpsc::Receiver<String>>,
    log: Vec<String>,
}

/// An HTTP answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    /// The words inside the TwiML, or nothing for an empty response.
    #[track_caller]
    pub(crate) fn words(&self) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        let inside = self.body.split_once("<Message>").and_then(|(_, rest)| rest.split_once("</Message>"));
        let text = inside.map_or("", |(text, _)| text);
        text.replace("&apos;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&amp;", "&")
    }
}

static SIDS: AtomicU64 = AtomicU64::new(1);

/// A message id no other text of this run has.
pub(crate) fn fresh_sid() -> String {
    format!("SM{:032x}", SIDS.fetch_add(1, Ordering::Relaxed))
}

impl Serving {
    /// Texts from a person's phone and returns the words that came back.
    #[track_caller]
    pub(crate) fn text(&self, person: &str, body: &str) -> String {
        self.text_from(&phone_of(person), body).words()
    }

    #[track_caller]
    pub(crate) fn text_from(&self, phone: &str, body: &str) -> Reply {
        self.deliver(&fresh_sid(), phone, body)
    }

    /// Delivers a message as Twilio does, signed.
    #[track_caller]
    pub(crate) fn deliver(&self, sid: &str, from: &str, body: &str) -> Reply {
        self.post("/sms", &[("MessageSid", sid), ("From", from), ("To", "+447700900000"), ("Body", body)], None)
    }

    /// Posts a form, signed over the public URL unless another signature is given.
    #[track_caller]
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)], signature: Option<&str>) -> Reply {
        let token = SecretString::from(TOKEN.to_owned());
        let signed = signature::sign(&token, &format!("{PUBLIC_URL}{path}"), fields);
        let form = serde_urlencoded::to_string(fields).expect("a form");
        self.raw("POST", path, &[("X-Twilio-Signature", signature.unwrap_or(&signed))], &form)
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.raw("GET", path, &[], "")
    }

    #[track_caller]
    pub(crate) fn raw(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut stream = TcpStream::connect(&self.address).expect("the listener listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n{headers}\r\n{body}",
            self.address,
            body.len()
        );
        // A listener that refuses early may close before it has read everything.
        let _refused = stream.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _reset = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        Reply { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// Asks `/healthz` until it answers so.
    #[track_caller]
    pub(crate) fn wait_for_health(&self, status: u16) {
        let started = std::time::Instant::now();
        while self.get("/healthz").status != status {
            assert!(started.elapsed() < PATIENCE, "health never became {status}");
            std::thread::yield_now();
        }
    }

    /// Tells it to stop (SIGTERM) and returns its whole log.
    pub(crate) fn stop(self) -> String {
        self.terminate();
        self.ended(0)
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        self.terminate_times(1);
    }

    /// Sends SIGTERM several times in one breath.
    pub(crate) fn terminate_times(&self, times: usize) {
        let ids = std::iter::repeat_n(self.child.id().to_string(), times);
        assert!(Command::new("kill").args(ids).status().expect("kill runs").success());
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it can be asked").is_some()
    }

    /// Waits for its end with this exit code, and returns its whole log.
    #[track_caller]
    pub(crate) fn ended(mut self, code: i32) -> String {
        let status = self.child.wait().expect("it ends");
        assert_eq!(status.code(), Some(code), "{status}");
        self.whole_log()
    }

    /// Waits until it takes no connections any more.
    #[track_caller]
    pub(crate) fn wait_until_closed(&self) {
        let started = std::time::Instant::now();
        while TcpStream::connect(&self.address).is_ok() {
            assert!(started.elapsed() < PATIENCE, "it still takes connections");
            std::thread::yield_now();
        }
    }

    /// Kills it at once, as a crash would, and returns its whole log.
    pub(crate) fn kill(mut self) -> String {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        self.whole_log()
    }

    fn whole_log(&mut self) -> String {
        let heard = self.heard.get_mut().expect("nobody panicked with it");
        self.log.extend(heard.iter());
        self.log.join("\n")
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
