//! Nothing shows a pairing: every byte of every output searched.

use crate::support::house::{House, PEOPLE, Run};
use crate::support::rows::{self, Somebody};
use crate::support::smtp::LocalSmtp;
use crate::support::twilio::{ACCOUNT, LocalTwilio};

/// Runs everything that runs in a season, with as much talk as there is, and returns all that could be read.
fn a_whole_season(house: &House) -> Vec<(String, Vec<u8>)> {
    let mut read: Vec<(String, Vec<u8>)> = Vec::new();
    let mut keep = |what: &str, run: Run| {
        read.push((format!("{what}, stdout"), run.stdout.into_bytes()));
        read.push((format!("{what}, stderr"), run.stderr.into_bytes()));
    };
    keep("check", house.run(&["check", "-vv"]));
    keep("draw", house.run(&["draw", "-vv"]).expect(0));
    let serving = house.serve_with(&["-vv"]);
    for person in PEOPLE {
        for text in ["christmas", "hello", "PROOF", "MENU"] {
            assert!(!serving.text(person, text).is_empty(), "{person}: {text}");
        }
    }
    serving.text("Ada Hill", "ASK do you like tea?");
    serving.text("Ada Hill", "TELL thank you so much");
    serving.text("Ada Hill", "BOUGHT");
    keep("draw again", house.run(&["draw", "-vv"]).expect(1));
    for verb in ["status", "verify", "history", "doctor", "check"] {
        keep(verb, house.run(&[verb, "-vv"]));
        keep(verb, house.run(&[verb, "-vv", "--json"]));
    }
    for path in ["/metrics", "/healthz", "/nowhere"] {
        read.push((format!("GET {path}"), format!("{:?}", serving.get(path)).into_bytes()));
    }
    // While it runs there is a write-ahead log beside the database.
    let files = house.files();
    assert!(files.iter().any(|(path, _)| path.ends_with("exchange.db-wal")), "the write-ahead log is read too");
    read.extend(files.into_iter().map(|(path, bytes)| (path.display().to_string(), bytes)));
    read.push(("log".to_owned(), serving.kill().into_bytes()));
    read.extend(house.files().into_iter().map(|(path, bytes)| (format!("{} later", path.display()), bytes)));
    read
}

/// Where two names stand next to each other, in either order, with nobody else's name between them.
fn neighbours(bytes: &[u8]) -> Vec<(&'static str, &'static str)> {
    const REACH: usize = 400;
    let text = String::from_utf8_lossy(bytes);
    let mut places: Vec<(usize, &'static str)> = Vec::new();
    for person in PEOPLE {
        places.extend(text.match_indices(person).map(|(at, _)| (at, person)));
    }
    places.sort_unstable();
    let near = places.windows(2).filter(|pair| pair[1].0 - pair[0].0 < REACH && pair[0].1 != pair[1].1);
    near.map(|pair| (pair[0].1, pair[1].1)).collect()
}

/// Neighbours in the roster never give to each other, so that a list of people is no pairing.
fn roster() -> String {
    let mut exclusions = String::new();
    for (one, other) in PEOPLE.iter().zip(PEOPLE.iter().cycle().skip(1)) {
        exclusions += &format!("[[exclusions]]\ngiver = \"{one}\"\nreceiver = \"{other}\"\nboth_ways = true\n\n");
    }
    crate::support::house::family("Hill family 2026", &exclusions)
}

// X11
#[test]
fn no_output_log_metric_or_file_shows_who_gives_to_whom() {
    let house = House::with(&roster());
    let read = a_whole_season(&house);
    let pairings = house.pairings(1);
    for (what, bytes) in &read {
        for (one, other) in neighbours(bytes) {
            let shown = pairings.iter().any(|(g, r)| (g == one && r == other) || (g == other && r == one));
            assert!(!shown, "{what} shows {one} beside {other}");
        }
    }
    for (what, bytes) in &read {
        assert!(!contains(bytes, b"\"pairings\"") && !contains(bytes, b"\"salt\""), "{what} holds an open draw");
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Has everybody written down before the draw, and moves their rows far up, so that no row has a number by chance.
fn keep_rows_of_persons_distinct(house: &House) {
    house.serve().stop();
    let changed = database(house).execute("UPDATE person SET id = id + 7300000", []);
    assert!(changed.expect("runs") >= PEOPLE.len());
}

fn database(house: &House) -> rusqlite::Connection {
    rusqlite::Connection::open(house.path("exchange.db")).expect("opens")
}

/// Has everybody do everything that leaves a row, often enough that chance leaves no trace of a pairing.
fn everything_that_leaves_a_row(house: &House) {
    let serving = house.serve();
    for person in PEOPLE {
        for text in
            ["WISH warm socks", "UNWISH 1", "WISH tea", "ASK tea or coffee?", "ASK red or green?", "BOUGHT", "GOT"]
        {
            assert!(!serving.text(person, text).is_empty(), "{person}: {text}");
        }
        serving.text(person, "TELL thank you");
    }
    serving.stop();
    for person in PEOPLE {
        house.run(&["audit", "--giver", person, "--reason", "two parcels", "--yes"]).expect(0);
    }
    // Six notices wait for a way to send texts.
    house.run(&["send"]).expect(1);
}

/// Everybody by all that a row could know them by, in the order of the roster.
fn everybody(house: &House) -> Vec<Somebody> {
    let database = database(house);
    let ids: String =
        database.query_row("SELECT people FROM draw WHERE number = 1", [], |row| row.get(0)).expect("drawn");
    let ids: Vec<i64> = serde_json::from_str(&ids).expect("JSON");
    let document = house.open_draw(1);
    let people = document.roster().ids().zip(ids).map(|((place, person), id)| {
        let named = "SELECT name FROM person WHERE id = ?1";
        let name: String = database.query_row(named, [id], |row| row.get(0)).expect("a person");
        // In the order of the roster the list of everybody says nothing.
        assert_eq!(name, person.name);
        let phone = person.phone.as_ref().map(|phone| phone.expose().to_owned());
        let email = person.email.as_ref().map(|email| email.expose().to_owned());
        let words = [Some(name), phone, email].into_iter().flatten().collect();
        Somebody { words, id, place: i64::from(place.0) }
    });
    people.collect()
}

fn pairings_by_place(house: &House, draw: u32) -> Vec<(usize, usize)> {
    house.open_draw(draw).all_pairings().map(|(giver, receiver)| (giver.index(), receiver.index())).collect()
}

// X11
#[tokio::test(flavor = "multi_thread")]
async fn no_row_of_the_database_joins_a_giver_to_their_receiver() {
    let smtp = LocalSmtp::start(None).await;
    let mail = format!(
        "[[people]]\nname = \"Gil Marsh\"\nemail = \"gil@example.org\"\n\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"xmas@example.org\"\n",
        smtp.port()
    );
    let house = House::with(&format!("{}{mail}", roster()));
    keep_rows_of_persons_distinct(&house);
    let _read = a_whole_season(&house);
    everything_that_leaves_a_row(&house);
    let (people, first) = (everybody(&house), pairings_by_place(&house, 1));
    let found = rows::all(&database(&house));
    for table in ["draw", "text", "wish", "report", "relay", "outbox", "told_by_mail"] {
        assert!(found.iter().any(|row| row.table == table), "{table} is empty");
    }
    assert_eq!(rows::joins(&found, &people, &first), Vec::<String>::new());

    house.run(&["draw", "--redraw", "--reason", "Finn moved away", "--yes"]).expect(0);
    house.run(&["send"]).expect(1);
    let found = rows::all(&database(&house));
    assert!(found.iter().any(|row| row.has_word("redraw_notice")));
    for pairings in [first, pairings_by_place(&house, 2)] {
        assert_eq!(rows::joins(&found, &people, &pairings), Vec::<String>::new());
    }
}

/// Everything that the verbs show of what is going on.
fn screens(house: &House) -> Vec<String> {
    let verbs: [&[&str]; 9] = [
        &["status"],
        &["status", "--json"],
        &["outbox"],
        &["outbox", "--all"],
        &["outbox", "--json"],
        &["send", "--dry-run"],
        &["send", "--dry-run", "--json"],
        &["history", "--json"],
        &["verify", "--json"],
    ];
    verbs.iter().map(|args| house.run(args)).map(|run| format!("{}{}", run.stdout, run.stderr)).collect()
}

// X11, H10: all by itself a question and its answer, or where none could come, tell who belongs together.
#[tokio::test(flavor = "multi_thread")]
async fn no_screen_changes_by_a_question_or_an_answer() {
    let twilio = LocalTwilio::start().await;
    let section = format!("[twilio]\nfrom = \"+447700900000\"\nbase_url = \"{}\"\nper_second = 50\n", twilio.base());
    let mut house = House::with(&format!("{}{section}", roster()));
    house.set("TWILIO_ACCOUNT_SID", ACCOUNT);
    house.run(&["draw"]).expect(0);
    let serving = house.serve_with(&["-vv"]);
    // Finn has not written, and Edith has said STOP.
    for person in &PEOPLE[..5] {
        serving.text(person, "christmas");
    }
    serving.text("Edith Wood", "STOP");
    house.run(&["audit", "--giver", "Ada Hill", "--reason", "two parcels", "--yes"]).expect(0);
    twilio.next_arrival().await;
    let sent = || house.run(&["status", "--json"]).expect(0).json()["outbox"]["sent"] == 1;
    while !sent() {
        std::thread::yield_now();
    }
    let before = screens(&house);
    let reached = |asker: &str| {
        let receiver = house.pairings(1).into_iter().find(|(giver, _)| giver == asker).expect("drawn").1;
        PEOPLE[..4].contains(&receiver.as_str())
    };
    for person in &PEOPLE[..4] {
        serving.text(person, "ASK do you like tea?");
        if reached(person) {
            twilio.next_arrival().await;
        }
        serving.text(person, "TELL thank you so much");
    }
    assert_eq!(screens(&house), before);
    for change in ["retry", "cancel"] {
        let refused = house.run(&["outbox", change, "2"]).expect(2);
        assert!(refused.stderr.contains("there is no message 2"), "{}", refused.stderr);
    }
    let metrics = serving.get("/metrics").body;
    let log = serving.kill();
    for told in [metrics, log] {
        assert!(!told.contains("relay") && !told.contains("tea?") && !told.contains("message=2"), "{told}");
    }
}

// X11
#[test]
fn an_open_draw_prints_no_pairing_not_even_in_a_panic() {
    let house = House::with(&roster());
    house.run(&["draw"]).expect(0);
    let document = house.open_draw(1);
    let panicked = std::panic::catch_unwind(|| panic!("{document:?}")).expect_err("it panics");
    let message = panicked.downcast_ref::<String>().expect("a message");
    // Neither names nor places: what it is of, and nothing that is in it.
    assert_eq!(message, "DrawDocument { exchange: \"Hill family 2026\", draw: 1, people: 6, .. }");
}
