//! The whole tool with its archive in a real S3 server: confirmed, refused, recovered, restored.

use std::collections::BTreeMap;

use crate::support::house::{House, PEOPLE, family};
use crate::support::s3::{ACCESS_KEY, BUCKET, Fault, S3Server, SECRET_KEY};

const SEALED: &str = "xchange/hill-family/draw-0001.age";
const HEADER: &str = "xchange/hill-family/draw-0001.json";
const FOR_EVER: usize = usize::MAX;

fn roster(server: &S3Server, bucket: &str) -> String {
    let archive = format!(
        "[archive]\nbucket = \"{bucket}\"\nprefix = \"xchange/\"\nregion = \"eu-west-2\"\nendpoint = \"{}\"\n\
         path_style = true\n",
        server.endpoint()
    );
    family("Hill family 2026", &archive)
}

fn house_at(server: &S3Server) -> House {
    with_secret(House::with(&roster(server, BUCKET)), SECRET_KEY)
}

fn with_secret(mut house: House, secret: &str) -> House {
    house.set("AWS_ACCESS_KEY_ID", ACCESS_KEY);
    house.set("AWS_SECRET_ACCESS_KEY", secret);
    house
}

/// Who gives to whom, read from the sealed draw in the bucket.
fn receivers(house: &House, server: &S3Server) -> BTreeMap<String, String> {
    let sealed = std::fs::read(server.object(SEALED)).expect("archived");
    let identity = xchange::seal::Identity::load(&house.path("exchange.key"), || None).expect("a key").identity;
    let document = xchange::seal::open(&sealed, &identity).expect("opens");
    let name = |id| document.roster().person(id).name.clone();
    document.all_pairings().map(|(giver, receiver)| (name(giver), name(receiver))).collect()
}

fn state(house: &House) -> String {
    let status = house.run(&["status", "--json"]).expect(0).json();
    status["archive"]["state"].as_str().unwrap_or("no draw").to_owned()
}

fn failed_checks(house: &House) -> String {
    let verified = house.run(&["verify", "--json"]).expect(1).json();
    let checks = verified["checks"].as_array().expect("checks");
    checks.iter().filter(|c| c["ok"] == false).map(|c| format!("{}: {}\n", c["name"], c["detail"])).collect()
}

// X12
#[test]
fn a_draw_stands_in_the_bucket_before_anybody_is_answered() {
    let server = S3Server::start();
    let house = house_at(&server);
    let drawn = house.run(&["draw", "--json"]).expect(0).json();
    assert_eq!(drawn["archive"]["state"], "confirmed");
    assert_eq!(drawn["archive"]["location"], format!("s3://{BUCKET}/{SEALED}"));

    let database = rusqlite::Connection::open(house.path("exchange.db")).expect("opens");
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?));
    let (sealed, header) = database.query_row("SELECT sealed, header FROM draw", [], row).expect("one draw");
    assert_eq!(std::fs::read(server.object(SEALED)).expect("archived"), sealed);
    assert_eq!(std::fs::read(server.object(HEADER)).expect("archived"), header.as_bytes());
    let writes: Vec<String> = server.requests().into_iter().filter(|line| line.starts_with("PUT")).collect();
    assert_eq!(writes.len(), 2);
    assert!(writes.iter().all(|line| line.ends_with("[*]")), "nothing can be overwritten: {writes:?}");

    let receivers = receivers(&house, &server);
    let serving = house.serve();
    for person in PEOPLE {
        assert_eq!(serving.text(person, "christmas"), receivers[person]);
    }
    house.run(&["verify"]).expect(0);
}

// X12 X1
#[test]
fn a_bucket_that_refuses_holds_the_answers_back_until_it_recovers() {
    let server = S3Server::start();
    server.fail("PUT", Fault::SlowDown, FOR_EVER);
    let house = house_at(&server);
    let drawn = house.run(&["draw"]).expect(1);
    assert!(drawn.stderr.contains("kept") && drawn.stderr.contains("SlowDown"), "{}", drawn.stderr);
    assert_eq!(state(&house), "pending");

    let serving = house.serve();
    assert_eq!(serving.get("/healthz").status, 503);
    let early = serving.text("Ada Hill", "christmas");
    assert!(early.contains("not ready yet"), "{early}");
    assert!(PEOPLE.iter().all(|person| !early.contains(person)), "{early}");
    assert!(!server.object(SEALED).exists());

    server.recover();
    serving.wait_for_health(200);
    let receivers = receivers(&house, &server);
    for person in PEOPLE {
        assert_eq!(serving.text(person, "christmas"), receivers[person]);
    }
    assert_eq!(state(&house), "confirmed");
    house.run(&["verify"]).expect(0);
}

// X12 X1
#[test]
fn a_draw_made_while_the_listener_runs_is_answered_once_its_copy_is_confirmed() {
    let server = S3Server::start();
    let house = house_at(&server);
    let serving = house.serve();
    assert!(serving.text("Ada Hill", "christmas").contains("not drawn yet"));
    server.fail("PUT", Fault::SlowDown, FOR_EVER);
    house.run(&["draw"]).expect(1);
    assert!(serving.text("Ada Hill", "christmas").contains("not ready yet"));
    server.recover();
    serving.wait_for_health(200);
    assert_eq!(serving.text("Ada Hill", "christmas"), receivers(&house, &server)["Ada Hill"]);
}

// X12
#[test]
fn a_store_that_cannot_be_reached_keeps_the_draw_and_the_next_try_finds_it() {
    let gone = S3Server::start();
    let house = house_at(&gone);
    drop(gone);
    let drawn = house.run(&["draw", "--json"]).expect(1);
    assert_eq!(drawn.json()["archive"]["state"], "pending");
    assert!(drawn.stderr.contains("cannot be reached"), "{}", drawn.stderr);
    let fingerprint = drawn.json()["fingerprint"].clone();

    let server = S3Server::start();
    house.write("exchange.toml", &roster(&server, BUCKET));
    house.run(&["draw"]).expect(1);
    assert_eq!(state(&house), "confirmed");
    let history = house.run(&["history", "--json"]).expect(0).json();
    assert_eq!(history["draws"].as_array().map(Vec::len), Some(1), "tried again, not drawn again");
    assert_eq!(history["draws"][0]["fingerprint"], fingerprint);
    house.run(&["verify"]).expect(0);
}

// X12
#[test]
fn a_bucket_that_does_not_exist_and_credentials_that_do_not_fit_are_named() {
    let server = S3Server::start();
    let house = with_secret(House::with(&roster(&server, "no-such-bucket")), SECRET_KEY);
    let drawn = house.run(&["draw"]).expect(1);
    assert!(drawn.stderr.contains("no bucket \"no-such-bucket\""), "{}", drawn.stderr);
    assert_eq!(state(&house), "pending");
    house.write("exchange.toml", &roster(&server, BUCKET));
    house.run(&["draw"]).expect(1);
    assert_eq!(state(&house), "confirmed");

    let house = with_secret(House::with(&roster(&server, BUCKET).replace("xchange/", "other/")), "wrong");
    let drawn = house.run(&["draw"]).expect(1);
    assert!(drawn.stderr.contains("denies access"), "{}", drawn.stderr);
    assert!(!drawn.stderr.contains("wrong") && !drawn.stderr.contains(SECRET_KEY), "{}", drawn.stderr);
}

// X12: nothing is ever overwritten, and nobody is answered from a draw that has no copy.
#[test]
fn something_else_in_the_draws_place_stays_there() {
    let server = S3Server::start();
    for object in [SEALED, HEADER] {
        let house = house_at(&server);
        let place = server.object(object);
        std::fs::create_dir_all(place.parent().expect("a folder")).expect("made");
        std::fs::write(&place, "somebody's own").expect("written");

        let refused = house.run(&["draw"]).expect(1);
        assert!(refused.stderr.contains("restore"), "{}", refused.stderr);
        assert_eq!(state(&house), "no draw");

        // Even where the listing does not show it in time.
        server.fail("GET", Fault::SlowDown, 3);
        let occupied = house.run(&["draw"]).expect(1);
        assert!(occupied.stderr.contains("something else stands at"), "{}", occupied.stderr);
        assert_eq!(state(&house), "occupied");
        let serving = house.serve();
        assert!(serving.text("Ada Hill", "christmas").contains("not ready yet"));
        assert_eq!(serving.get("/healthz").status, 503);
        assert_eq!(std::fs::read(&place).expect("there"), b"somebody's own");
        for object in [SEALED, HEADER] {
            std::fs::remove_file(server.object(object)).ok();
        }
    }
}

// X12
#[test]
fn a_wrong_read_back_is_no_confirmation() {
    let server = S3Server::start();
    let house = house_at(&server);
    server.fail("GET", Fault::Corrupt, FOR_EVER);
    let drawn = house.run(&["draw"]).expect(1);
    assert!(drawn.stderr.contains("not what was written"), "{}", drawn.stderr);
    assert_eq!(state(&house), "pending");
    server.recover();
    house.run(&["draw"]).expect(1);
    assert_eq!(state(&house), "confirmed");
    house.run(&["verify"]).expect(0);
}

// G3: a draw that never was answered from is still the history of the next.
#[test]
fn a_redraw_brings_the_copies_of_earlier_draws_with_it() {
    let server = S3Server::start();
    let house = house_at(&server);
    server.fail("PUT", Fault::SlowDown, FOR_EVER);
    house.run(&["draw"]).expect(1);
    server.recover();
    house.run(&["draw", "--redraw", "--yes", "--reason", "Gil cannot come"]).expect(0);
    assert!(server.object(SEALED).exists());
    house.run(&["verify"]).expect(0);
}

// H8
#[test]
fn after_a_lost_laptop_key_and_bucket_give_the_same_answers_and_the_same_log() {
    let server = S3Server::start();
    let old = house_at(&server);
    old.run(&["draw"]).expect(0);
    old.run(&["audit", "--giver", "Ada Hill", "--reason", "two parcels", "--yes"]).expect(0);
    let serving = old.serve();
    let told: Vec<String> = PEOPLE.iter().map(|person| serving.text(person, "christmas")).collect();
    // When the name was last sent is not in the archive, and may be another minute by then.
    let proof = |said: String| said.split_once("\nName last sent").map(|(proof, _)| proof.to_owned());
    let before = proof(serving.text("Ada Hill", "PROOF"));
    drop(serving);

    let new = house_at(&server);
    std::fs::copy(old.path("exchange.key"), new.path("exchange.key")).expect("copied");
    drop(old);
    let restored = new.run(&["restore", "--json"]).expect(0).json();
    assert_eq!((&restored["draws"], &restored["openings"]), (&serde_json::json!([1]), &serde_json::json!(1)));
    new.run(&["verify"]).expect(0);
    let serving = new.serve();
    for (person, expected) in PEOPLE.iter().zip(&told) {
        assert_eq!(serving.text(person, "christmas"), *expected);
    }
    assert!(before.is_some());
    assert_eq!(proof(serving.text("Ada Hill", "PROOF")), before);
}

// H8: all of it or nothing.
#[test]
fn a_restore_that_breaks_off_leaves_the_database_empty() {
    let server = S3Server::start();
    let old = house_at(&server);
    old.run(&["draw"]).expect(0);
    let new = house_at(&server);
    std::fs::copy(old.path("exchange.key"), new.path("exchange.key")).expect("copied");
    server.fail("GET", Fault::SlowDown, FOR_EVER);
    let refused = new.run(&["restore"]).expect(2);
    assert!(refused.stderr.contains("busy or failing"), "{}", refused.stderr);
    assert_eq!(state(&new), "no draw");
    server.recover();
    new.run(&["restore"]).expect(0);
    assert_eq!(state(&new), "confirmed");
}

// H6 H7
#[test]
fn a_tampered_or_missing_object_is_found_and_named() {
    let server = S3Server::start();
    let house = house_at(&server);
    house.run(&["draw"]).expect(0);
    house.run(&["audit", "--giver", "Ada Hill", "--reason", "two parcels", "--yes"]).expect(0);
    house.run(&["verify"]).expect(0);

    let place = server.object(SEALED);
    let whole = std::fs::read(&place).expect("archived");
    let mut bytes = whole.clone();
    *bytes.last_mut().expect("not empty") ^= 1;
    std::fs::write(&place, &bytes).expect("written");
    assert!(failed_checks(&house).contains("draw-0001.age differs"));
    let audit = house.run(&["audit", "--giver", "Ben Hill", "--reason", "look", "--yes", "--json"]).expect(0).json();
    assert_eq!(audit["archive_matches"], false);
    std::fs::write(&place, &whole).expect("written");

    std::fs::remove_file(server.object("xchange/hill-family/openings/000001.json")).expect("removed");
    assert!(failed_checks(&house).contains("000001.json is missing"));
}

// H7 X13: a trace before an opening, in the bucket too.
#[test]
fn an_opening_that_the_bucket_does_not_take_shows_nothing() {
    let server = S3Server::start();
    let house = house_at(&server);
    house.run(&["draw"]).expect(0);
    let audit = || house.run(&["audit", "--giver", "Ada Hill", "--reason", "two parcels", "--yes"]);
    for method in ["GET", "PUT"] {
        server.fail(method, Fault::SlowDown, FOR_EVER);
        let refused = audit().expect(2);
        assert_eq!(refused.stdout, "", "{method}");
        let receiver = &receivers(&house, &server)["Ada Hill"];
        assert!(!refused.stderr.contains(receiver.as_str()), "{method}: {}", refused.stderr);
        server.recover();
    }
    // The attempt that got as far as the log stands there, and reaches the bucket with the next.
    audit().expect(0);
    assert_eq!(house.run(&["status", "--json"]).expect(0).json()["openings"], 2);
    house.run(&["verify"]).expect(0);
}
