use std::path::Path;

use super::*;
use crate::app::exchange::agreement::{AGAIN, RESTORE};
use crate::app::exchange::tests::world::{World, roster_of};
use secrecy::SecretString;

fn credentials() -> Credentials {
    Credentials::new(&format!("AC{}", "0".repeat(32)), SecretString::from("1".repeat(32))).expect("an account")
}

async fn examined(world: &World, twilio: Option<Credentials>) -> Vec<Finding> {
    let accounts = Accounts { twilio, smtp_password: None };
    let roster = world.roster();
    examine((&roster.settings, Some(&roster)), accounts, Ok(()), Box::new(|| None), Clock::system()).await
}

async fn part(world: &World, part: &str) -> Finding {
    examined(world, None).await.into_iter().find(|finding| finding.part == part).expect("examined")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

// X17: looking makes nothing.
#[tokio::test]
async fn nothing_is_made_by_looking() {
    let world = World::new();
    let archive = part(&world, "archive").await;
    assert_eq!((archive.state, archive.todo), (State::NotSetUp, "the first draw makes it"));
    assert_eq!(names(&world.path("")), ["exchange.toml"]);
    world.draw().await.expect("drawn");
    let before = names(&world.path("sealed"));
    assert_eq!(part(&world, "archive").await, Finding::ok("archive", "holds draw 1, the same as in the database"));
    assert_eq!(names(&world.path("sealed")), before);
}

// X27: the stick is pulled, a file is lost, the database is an old one.
#[tokio::test]
async fn an_archive_that_lacks_the_draw_is_broken_and_the_advice_fits() {
    let world = World::drawn().await;
    let move_to = |from: &str, to: &str| std::fs::rename(world.path(from), world.path(to)).expect("moved");
    move_to("sealed", "away");
    let gone = part(&world, "archive").await;
    assert_eq!(gone.state, State::Broken);
    let draw = part(&world, "draw").await;
    assert_eq!(
        draw,
        Finding::ok("draw", "sealed and stored, and the key opens it"),
        "which says nothing of the archive"
    );
    assert!(gone.todo.contains("stick") && !world.path("sealed").exists(), "{gone:?}");
    move_to("away", "sealed");

    let backup = world.back_up();
    world.draw().await.expect("drawn again");
    world.put_database(&backup);
    let old = part(&world, "archive").await;
    assert_eq!((old.state, old.todo), (State::Broken, RESTORE));
    assert!(old.detail.contains("draw 2 is not in the database"), "{old:?}");

    let world = World::drawn().await;
    let sealed = std::fs::read(world.archived("draw-0001.age")).expect("there");
    world.lose(&["draw-0001.age"]);
    let lost = part(&world, "archive").await;
    assert_eq!((lost.state, lost.todo), (State::Broken, AGAIN));
    std::fs::write(world.archived("draw-0001.age"), &sealed[1..]).expect("written");
    assert!(part(&world, "archive").await.detail.contains("differs"));
}

// H15: a line that is closed for a reason is found; one that keeps its pace is not.
#[tokio::test]
async fn a_closed_line_is_found_with_its_reason() {
    let world = World::drawn().await;
    let until = Clock::system().now().checked_add(jiff::SignedDuration::from_mins(5)).expect("a time");
    let close = |why| world.site().store.write(|tx| tx.close_line("email", until, why)).expect("a database");
    close(None);
    assert!(examined(&world, None).await.iter().all(|finding| finding.part != "outbox"));
    close(Some("too many messages at once"));
    let outbox = part(&world, "outbox").await;
    assert_eq!(outbox.state, State::Broken);
    assert!(
        outbox.detail.starts_with("e-mails wait until ") && outbox.detail.ends_with("too many messages at once"),
        "{outbox:?}"
    );
}

// X12
#[tokio::test]
async fn an_occupied_place_gets_advice_that_helps() {
    let world = World::drawn().await;
    assert_eq!(world.sql("UPDATE archive_copy SET state = 'occupied', problem = 'something else is there'"), 1);
    let draw = part(&world, "draw").await;
    assert_eq!((draw.state, draw.todo), (State::Broken, OCCUPIED));
    assert!(draw.detail.contains("something else is there"), "{draw:?}");
}

// X21
#[tokio::test]
async fn a_roster_that_is_not_as_drawn_is_named() {
    let world = World::drawn().await;
    assert_eq!(part(&world, "roster").await, Finding::ok("roster", "6 people"));
    world.write("exchange.toml", &roster_of("Hills 2026", "Hills", "").replace("Quillon", "Quill"));
    let roster = part(&world, "roster").await;
    assert_eq!((roster.state, roster.todo), (State::Broken, differences::REMEDY));
    assert!(roster.detail.contains("Quill: name Quillon, now Quill"), "{roster:?}");
}

async fn twilio_part(sections: &str, account: Option<Credentials>) -> Finding {
    let world = World::new();
    world.write(
        "exchange.toml",
        &roster_of("Hills 2026", "Hills", &format!("[messaging]\nmode = \"live\"\n{sections}")),
    );
    examined(&world, account).await.into_iter().find(|finding| finding.part == "twilio").expect("examined")
}

// X17
#[tokio::test]
async fn what_twilio_lacks_is_told_apart() {
    // `.invalid` is no name anywhere (RFC 2606).
    let section = "[twilio]\nfrom = \"+447700900000\"\nbase_url = \"http://nowhere.invalid\"\n";
    let no_account = twilio_part(section, None).await;
    assert!(
        no_account.detail.contains("no account") && no_account.todo.contains("TWILIO_ACCOUNT_SID"),
        "{no_account:?}"
    );
    let no_section = twilio_part("", Some(credentials())).await;
    assert!(no_section.detail.contains("no [twilio] section") && no_section.todo.contains("from"), "{no_section:?}");
    let neither = twilio_part("", None).await;
    assert!(neither.detail.contains("and no account"), "{neither:?}");
    let unreachable = twilio_part(section, Some(credentials())).await;
    assert_eq!(unreachable.state, State::Broken);
    assert!(unreachable.todo.contains("network") && !unreachable.todo.contains("TOKEN"), "{unreachable:?}");
}

// X17 H19: https is somebody else's to speak, and so there is a proxy.
#[tokio::test]
async fn a_proxy_that_is_not_counted_is_found() {
    let found = async |url: &str, proxies: u32| {
        let world = World::new();
        let more = format!("[listener]\npublic_url = \"{url}\"\n[site]\ntrusted_proxies = {proxies}\n");
        world.write("exchange.toml", &roster_of("Hills 2026", "Hills", &more));
        examined(&world, None).await.into_iter().find(|finding| finding.part == "proxies")
    };
    let uncounted = found("https://nowhere.invalid", 0).await.expect("found");
    assert_eq!((uncounted.state, uncounted.detail.as_str()), (State::NotSetUp, UNCOUNTED));
    assert!(uncounted.todo.contains("trusted_proxies = 1") && uncounted.todo.contains("--ngrok"), "{uncounted:?}");
    assert_eq!(found("https://nowhere.invalid", 1).await, None);
    assert_eq!(found("http://nowhere.invalid", 0).await, None);
}

// X17
#[tokio::test]
async fn the_advice_about_a_key_fits() {
    let world = World::new();
    let passphrase = SecretString::from("correct horse");
    Identity::generate().save_new(&world.path("exchange.key"), Some(&passphrase)).expect("written");
    let key_part = async |ask: AskPassphrase| {
        let accounts = Accounts { twilio: None, smtp_password: None };
        let roster = world.roster();
        let findings = examine((&roster.settings, Some(&roster)), accounts, Ok(()), ask, Clock::system()).await;
        findings.into_iter().find(|finding| finding.part == "key").expect("examined")
    };
    assert!(key_part(Box::new(|| None)).await.todo.contains("XCHANGE_PASSPHRASE"));
    let wrong = key_part(Box::new(|| Some(SecretString::from("wrong")))).await;
    assert!(wrong.todo.contains("exactly as when"), "{wrong:?}");
    assert_eq!(key_part(Box::new(move || Some(passphrase.clone()))).await.state, State::Ok);
}

// G11 H16: what a server says of itself, how its clock is, and whether somebody shares it who does not share the archive.
#[tokio::test]
async fn a_server_is_asked_for_its_version_its_clock_and_who_else_is_there() {
    let world = World::drawn().await;
    let other = world.site().store;
    if other.is_sqlite() {
        return println!("skipped: the database is a file");
    }
    let database = part(&world, "database").await;
    assert_eq!((database.state, database.todo), (State::Ok, ""), "{database:?}");
    assert!(database.detail.contains(", PostgreSQL 1") && database.detail.ends_with(", no TLS"), "{database:?}");

    let name = "'xchange elsewher' || substr(current_setting('application_name'), 17)";
    other.sql(&format!("SELECT set_config('application_name', {name}, false)"));
    let shared = part(&world, "archive").await;
    assert_eq!(shared.state, State::Broken);
    assert!(shared.detail.starts_with("2 machines use the database"), "{shared:?}");

    let clock = Clock::system();
    clock.advance(jiff::SignedDuration::from_secs(-3));
    let roster = world.roster();
    let accounts = Accounts { twilio: None, smtp_password: None };
    let examined = examine((&roster.settings, Some(&roster)), accounts, Ok(()), Box::new(|| None), clock).await;
    let late = examined.into_iter().find(|finding| finding.part == "database").expect("examined");
    assert!(late.state == State::Broken && late.detail.contains("are 3.0 s apart"), "{late:?}");
}
