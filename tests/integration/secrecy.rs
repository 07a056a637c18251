//! Nothing shows a pairing: every byte of every output searched.

use crate::support::house::{House, PEOPLE, Run};

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

// X11
#[test]
fn no_row_of_the_database_joins_a_giver_to_their_receiver() {
    let house = House::with(&roster());
    let _read = a_whole_season(&house);
    let database = rusqlite::Connection::open(house.path("exchange.db")).expect("opens");
    let tables: Vec<String> = {
        let mut statement =
            database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'draw'").expect("sound");
        let names = statement.query_map([], |row| row.get(0)).expect("runs");
        names.collect::<Result<_, _>>().expect("names")
    };
    assert!(tables.contains(&"text".to_owned()) && tables.contains(&"told_by_mail".to_owned()), "{tables:?}");
    let pairings = house.pairings(1);
    for table in tables {
        let mut statement = database.prepare(&format!("SELECT * FROM \"{table}\"")).expect("sound");
        let columns = statement.column_count();
        let mut rows = statement.query([]).expect("runs");
        while let Some(row) = rows.next().expect("a row") {
            let cells: Vec<String> = (0..columns)
                .map(|column| match row.get_ref(column).expect("a cell") {
                    rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                    _ => String::new(),
                })
                .collect();
            let row = cells.join("\u{1}");
            for (giver, receiver) in &pairings {
                let phones = (crate::support::house::phone_of(giver), crate::support::house::phone_of(receiver));
                let has = |name: &str, phone: &str| row.contains(name) || row.contains(phone);
                assert!(!(has(giver, &phones.0) && has(receiver, &phones.1)), "{table}: {row:?}");
            }
        }
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
    for (one, other) in neighbours(message.as_bytes()) {
        assert!(!house.pairings(1).iter().any(|(g, r)| g == one && r == other), "{message}");
    }
    assert!(!message.contains("receiver"), "{message}");
}
