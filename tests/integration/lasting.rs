//! What was acknowledged lasts: over kills, over two listeners, and while another program looks at the database.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};

use rusqlite::Connection;
use secrecy::SecretString;
use xchange::web::signature;

use crate::support::cable::{Cable, State};
use crate::support::house::{House, PATIENCE, PEOPLE, PUBLIC_URL, Serving, TOKEN};
use crate::support::postgres::LocalPostgres;

/// How many locks a process holds on a file, as the kernel tells.
fn locks(process: u32, file: &std::path::Path) -> usize {
    let inode = std::fs::metadata(file).expect("there").ino();
    let locks = std::fs::read_to_string("/proc/locks").expect("Linux tells its locks");
    let is_ours = |line: &&str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields.iter().any(|field| *field == process.to_string())
            && fields.iter().any(|field| field.rsplit(':').next() == Some(&inode.to_string()))
    };
    locks.lines().filter(is_ours).count()
}

/// What Debian's own SQLite answers; `None` where it is not installed.
fn other_sqlite(house: &House, statement: &str) -> Option<String> {
    let run = Command::new("sqlite3").arg(house.path("exchange.db")).arg(statement).output().ok()?;
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    Some(String::from_utf8_lossy(&run.stdout).trim().to_owned())
}

// H15 H3: POSIX drops all locks of a process on a file when any descriptor of it is closed; another program that then
// closes the database takes itself for the last one and deletes the write-ahead log under the listener.
#[test]
fn a_look_with_another_sqlite_loses_nothing_that_is_acknowledged_afterwards() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    let serving = house.serve();
    serving.wait_for_health(200);
    let mut acknowledged = 0;
    for round in 0..3 {
        for person in PEOPLE {
            serving.text(person, "WISHES");
            acknowledged += 1;
        }
        assert!(locks(serving.child.id(), &house.path("exchange.db")) > 0, "round {round}: no lock is held");
        match other_sqlite(&house, "SELECT count(*) FROM text") {
            Some(seen) => assert_eq!(seen, acknowledged.to_string(), "round {round}"),
            None => println!("skipped: sqlite3 is not installed"),
        }
        assert!(house.path("exchange.db-wal").exists(), "round {round}: the write-ahead log is gone");
    }
    serving.text_from("+447700900100", "STOP");
    acknowledged += 1;
    serving.kill();
    let database = Connection::open(house.path("exchange.db")).expect("opens");
    let count = |statement: &str| -> i64 { database.query_row(statement, [], |row| row.get(0)).expect("runs") };
    assert_eq!(count("SELECT count(*) FROM text"), acknowledged);
    assert_eq!(count("SELECT count(*) FROM phone WHERE opted_out_at IS NOT NULL"), 1);
}

/// Texts of one person, in this order: two wishes, the name, a report, the wishes.
const BODIES: [&str; 5] = ["WISH a kite", "WISH tea", "christmas", "BOUGHT", "WISHES"];

/// How many texts are sent; a long run is asked for by `XCHANGE_TEST_TEXTS=60000`.
fn texts() -> usize {
    std::env::var("XCHANGE_TEST_TEXTS").ok().and_then(|count| count.parse().ok()).unwrap_or(3_000)
}

fn phone(person: usize) -> String {
    format!("+4477{person:08}")
}

fn crowd(people: usize, more: &str) -> House {
    let people: String =
        (0..people).map(|n| format!("[[people]]\nname = \"Person {n}\"\nphone = \"{}\"\n", phone(n))).collect();
    let house = House::with(&format!("[exchange]\nname = \"Crowd\"\nseries = \"Hill family\"\n{people}{more}"));
    house.run(&["draw"]).expect(0);
    house
}

/// Delivers a text; `None` when it was not acknowledged.
fn deliver(address: &str, sid: &str, from: &str, body: &str) -> Option<String> {
    let fields = [("MessageSid", sid), ("From", from), ("To", "+447700900000"), ("Body", body)];
    let signed = signature::sign(&SecretString::from(TOKEN.to_owned()), &format!("{PUBLIC_URL}/sms"), &fields);
    let form = serde_urlencoded::to_string(fields).expect("a form");
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let request = format!(
        "POST /sms HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         X-Twilio-Signature: {signed}\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    (answer.starts_with("HTTP/1.1 200") && answer.ends_with("</Response>") || answer.ends_with("<Response/>"))
        .then_some(answer)
}

/// Two listeners on one database, and who of them is killed when.
struct Pair {
    house: House,
    listeners: [RwLock<Option<Serving>>; 2],
    acknowledged: AtomicUsize,
}

impl Pair {
    fn address(&self, which: usize) -> Option<String> {
        self.listeners[which].read().expect("sound").as_ref().map(|serving| serving.address.clone())
    }

    /// Kills a listener without a word, and starts it anew.
    fn kill(&self, which: usize) {
        let killed = self.listeners[which].write().expect("sound").take();
        killed.expect("it runs").kill();
        let anew = self.house.serve();
        *self.listeners[which].write().expect("sound") = Some(anew);
    }

    /// Delivers a text until one of the two acknowledges it, as a provider would.
    fn deliver(&self, number: usize, sid: &str, from: &str, body: &str) -> String {
        for attempt in 0.. {
            let answer = self.address((number + attempt) % 2).and_then(|address| deliver(&address, sid, from, body));
            if let Some(answer) = answer {
                self.acknowledged.fetch_add(1, Ordering::SeqCst);
                return answer;
            }
        }
        unreachable!("it is delivered in the end")
    }
}

/// Two listeners of a crowd, to which `faults` happen under load; it is given what waits until so much of all texts is
/// acknowledged. Everything is answered once.
fn season(house: House, faults: impl FnOnce(&Pair, &dyn Fn(f64))) -> Pair {
    let pairings: HashMap<String, String> = house.pairings(1).into_iter().collect();
    let people = pairings.len();
    let listeners = [RwLock::new(Some(house.serve())), RwLock::new(Some(house.serve()))];
    let pair = Pair { house, listeners, acknowledged: AtomicUsize::new(0) };
    let total = people * BODIES.len();
    let said: Mutex<BTreeMap<String, String>> = Mutex::default();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let person = next.fetch_add(1, Ordering::SeqCst);
                    if person >= people {
                        return;
                    }
                    for (n, body) in BODIES.iter().enumerate() {
                        let sid = format!("SM{person:031}{n}");
                        let answer = pair.deliver(person + n, &sid, &phone(person), body);
                        said.lock().expect("sound").insert(sid, answer);
                    }
                }
            });
        }
        faults(&pair, &|part| {
            while (pair.acknowledged.load(Ordering::SeqCst) as f64) < total as f64 * part {
                std::thread::yield_now();
            }
        });
    });
    let said = said.into_inner().expect("sound");
    assert_eq!(said.len(), total);
    for person in 0..people {
        let receiver = &pairings[&format!("Person {person}")];
        let answer = &said[&format!("SM{person:031}2")];
        assert!(answer.contains(&format!("<Message>You have {receiver}.")), "{answer}");
        let wishes = &said[&format!("SM{person:031}4")];
        assert!(wishes.contains("1 a kite\n2 tea</Message>"), "each wish once: {wishes}");
    }
    pair
}

/// Every text, once, and what it did.
fn assert_all_is_kept(people: usize, count: impl Fn(&str) -> usize) {
    assert_eq!(count("SELECT count(*) FROM text"), people * BODIES.len(), "every text, once");
    assert_eq!(count("SELECT count(*) FROM wish"), people * 2);
    assert_eq!(count("SELECT count(*) FROM report"), people);
}

// H2 H15 X1
#[test]
fn over_two_listeners_each_killed_once_nothing_is_lost_and_nothing_is_done_twice() {
    let people = texts().div_ceil(BODIES.len());
    let pair = season(crowd(people, ""), |pair, wait_until| {
        // Each is killed once, in the middle of things.
        for (which, part) in [(0, 0.33), (1, 0.67)] {
            wait_until(part);
            pair.kill(which);
        }
    });
    let database = Connection::open(pair.house.path("exchange.db")).expect("opens");
    assert_all_is_kept(people, |statement| {
        let count: i64 = database.query_row(statement, [], |row| row.get(0)).expect("runs");
        usize::try_from(count).expect("a count")
    });
}

// H16 H2 H15 X1
#[test]
fn over_two_listeners_on_one_server_nothing_is_lost_or_done_twice_whatever_dies() {
    let Some(server) = LocalPostgres::start() else { return };
    let cable = Cable::to(server.socket().join(format!(".s.PGSQL.{}", server.port)));
    let url = format!("postgres://postgres@{}/postgres", cable.address);
    let people = texts().div_ceil(BODIES.len());
    let house = crowd(people, &format!("[store]\nurl = \"{url}\"\n"));
    let is_answered = |pair: &Pair| {
        let address = pair.address(0).expect("it runs");
        deliver(&address, &format!("SM{:032}", 7), "+447700900199", "HELP").is_some()
    };
    let until_health_is = |pair: &Pair, status| {
        for listener in &pair.listeners {
            listener.read().expect("sound").as_ref().expect("it runs").wait_for_health(status);
        }
    };
    let pair = season(house, |pair, wait_until| {
        wait_until(0.15);
        pair.kill(0);
        wait_until(0.3);
        pair.kill(1);
        for (part, how) in [(0.45, "fast"), (0.6, "immediate")] {
            wait_until(part);
            server.end(how);
            until_health_is(pair, 503);
            assert!(!is_answered(pair), "nothing is acknowledged without the database");
            server.begin();
            until_health_is(pair, 200);
        }
        wait_until(0.75);
        cable.put(State::Cut);
        until_health_is(pair, 503);
        assert!(!is_answered(pair), "nothing is acknowledged without the network");
        cable.put(State::Whole);
        until_health_is(pair, 200);
        wait_until(0.85);
        cable.put(State::CutAfterCommit);
        while cable.state() != State::Cut {
            std::thread::yield_now();
        }
        cable.put(State::Whole);
    });
    assert_all_is_kept(people, |statement| server.ask(statement).parse().expect("a count"));
    for listener in &pair.listeners {
        let log = listener.write().expect("sound").take().expect("it runs").stop();
        assert!(!log.contains("panicked"), "{log}");
    }
}

// H16: the services of the compose file's cluster, as processes.
#[test]
fn the_compose_files_proxy_finds_the_listener_that_is_there() {
    const PROXY: &str = "/usr/sbin/haproxy";
    if !std::path::Path::new(PROXY).exists() {
        assert!(std::env::var_os("CI").is_none(), "HAProxy is not installed");
        return println!("skipped: HAProxy is not installed");
    }
    let Some(server) = LocalPostgres::start() else { return };
    let url = format!("postgres:///postgres?host={}&port={}&user=postgres", server.socket().display(), server.port);
    let house = crowd(3, &format!("[store]\nurl = \"{url}\"\n"));
    let pair = season(house, |_, _| {});
    let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").to_string();
    let (_, settings) = include_str!("../../compose.yaml").split_once("    content: |\n").expect("its settings");
    let settings = settings
        .replace("      ", "")
        .replace("listener-1:5050", &pair.address(0).expect("it runs"))
        .replace("listener-2:5050", &pair.address(1).expect("it runs"))
        .replace("bind :5050", &format!("bind {free}"));
    pair.house.write("haproxy.cfg", &settings);
    let mut proxy =
        Command::new(PROXY).arg("-db").arg("-f").arg(pair.house.path("haproxy.cfg")).spawn().expect("it runs");
    let answers = |sid: usize| deliver(&free, &format!("SM{sid:032}"), &phone(1), "WISHES").is_some();
    let started = std::time::Instant::now();
    while !answers(1) {
        assert!(started.elapsed() < PATIENCE, "nothing comes through");
    }
    // At once, before the proxy has found out by itself.
    let killed = pair.listeners[0].write().expect("sound").take();
    killed.expect("it runs").kill();
    assert!((2..6).all(answers), "the other one answers");
    proxy.kill().expect("it runs");
    proxy.wait().expect("it ends");
}
