//! A backup as a file: sealed, whole or none, brought back on either engine.

use jiff::SignedDuration;

use super::regular::Regular;
use super::*;
use crate::app::exchange::status::differences_since_draw;
use crate::app::exchange::tests::world::{PEOPLE, World};
use crate::app::exchange::update;
use crate::model::DatabaseSettings;
use crate::seal::Identity;

fn back_up(world: &World, name: &str) -> Result<Summary, BackupFailure> {
    let site = world.site();
    make(&site.settings, &site.keys, &world.path(name), world.clock.now())
}

async fn restored(world: &World, from: &Path, reason: Option<&str>) -> Result<BroughtBack, BackupFailure> {
    bring_back(&Exchanges::around(world.site()), from, reason).await
}

// H18 G11
#[tokio::test]
async fn a_site_moves_to_another_engine_and_back_and_answers_the_same() {
    let world = World::drawn().await;
    world.audit(PEOPLE[0]).await.expect("opened");
    let pairings = world.pairings(1);
    let made = back_up(&world, "first").expect("a backup");
    // A file of SQLite's, whatever the test's own engine.
    let between = world.without_database();
    let mut site = between.site();
    let mut settings = (*site.settings).clone();
    settings.database = DatabaseSettings::File(between.path("other.db"));
    site.store = Store::open(&settings.database).expect("a database");
    let back = bring_back(&Exchanges::around(site.clone()), &world.path("first"), None).await.expect("brought back");
    assert_eq!((back.summary, back.taken_up), (made, vec![]));
    make(&settings, &site.keys, &between.path("second"), world.clock.now()).expect("a backup");
    let last = world.without_database();
    restored(&last, &between.path("second"), None).await.expect("brought back");
    assert_eq!(last.pairings(1), pairings);
    assert_eq!(last.failed().await, []);
    let again = restored(&last, &world.path("first"), None).await;
    assert!(matches!(again, Err(BackupFailure::Inside(BackupError::NotEmpty { .. }))), "{again:?}");
}

// H18
#[tokio::test]
async fn a_backup_tells_nothing_without_a_key() {
    let mut world = World::new();
    let auditor = Identity::generate();
    let more = format!("[seal]\nauditors = [\"{}\"]\n", auditor.public_key());
    world.write("exchange.toml", &crate::app::exchange::tests::world::roster_of("Hills 2026", "Hills", &more));
    world.draw().await.expect("drawn");
    back_up(&world, "backup").expect("a backup");
    let bytes = std::fs::read(world.path("backup")).expect("there");
    for name in PEOPLE.into_iter().chain(["Hills", "series", "+4477"]) {
        assert!(!bytes.windows(name.len()).any(|window| window == name.as_bytes()), "{name}");
    }
    assert!(bytes.starts_with(b"age-encryption.org/v1"));
    assert!(seal::open_stream(&bytes[..], &Identity::generate()).is_err());
    let mut inside = String::new();
    let mut opened = seal::open_stream(&bytes[..], &auditor).expect("an auditor reads it");
    std::io::Read::read_to_string(&mut opened, &mut inside).expect("whole");
    assert!(inside.contains(PEOPLE[0]));
    // Neither the key nor anything of it.
    let key = std::fs::read_to_string(world.path("exchange.key")).expect("there");
    let secret = key.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).expect("a key");
    assert!(!inside.contains(secret));
    world = world.without_database();
    std::fs::remove_file(world.path("exchange.key")).expect("removed");
    Identity::generate().save_new(&world.path("exchange.key"), None).expect("another key");
    std::fs::write(world.path("backup"), &bytes).expect("copied");
    let refused = restored(&world, &world.path("backup"), None).await;
    assert!(matches!(refused, Err(BackupFailure::Seal(SealError::WrongKey))), "{refused:?}");
}

// H18
#[tokio::test]
async fn a_backup_is_whole_or_not_there_and_never_over_another() {
    let world = World::drawn().await;
    back_up(&world, "backup").expect("a backup");
    let whole = std::fs::read(world.path("backup")).expect("there");
    let refused = back_up(&world, "backup").expect_err("taken");
    assert!(matches!(refused, BackupFailure::Exists(_)), "{refused}");
    assert_eq!(std::fs::read(world.path("backup")).expect("there"), whole);
    let other = world.without_database();
    let site = other.site();
    // Cut off anywhere, or changed, nothing of it comes back.
    for cut in [0, 100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(other.path("cut"), &whole[..cut]).expect("written");
        assert!(restored(&other, &other.path("cut"), None).await.is_err(), "{cut}");
    }
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    std::fs::write(other.path("cut"), &changed).expect("written");
    assert!(restored(&other, &other.path("cut"), None).await.is_err());
    assert_eq!(site.store.number("SELECT count(*) FROM series"), 0);
    restored(&other, &world.path("backup"), None).await.expect("brought back");
}

/// Drawn, backed up, and then drawn again, opened, and changed.
async fn moved_on() -> World {
    let world = World::drawn().await;
    back_up(&world, "backup").expect("a backup");
    world.draw().await.expect("drawn again");
    world.audit(PEOPLE[0]).await.expect("opened");
    let roster = std::fs::read_to_string(world.path("exchange.toml")).expect("there");
    world.write("exchange.toml", &roster.replace("+447700900102", "+447700900177"));
    update::update(&world.site(), None).await.expect("an archive").expect("a change");
    world
}

// H18 H8 X1
#[tokio::test]
async fn what_was_drawn_opened_and_changed_since_comes_from_the_archive() {
    let world = moved_on().await;
    let other = world.without_database();
    let roster = std::fs::read_to_string(world.path("exchange.toml")).expect("there");
    other.write("exchange.toml", &roster);
    let back = restored(&other, &world.path("backup"), None).await.expect("brought back");
    assert_eq!(back.taken_up, [TakenUp { series: "Hills".to_owned(), draws: vec![2], openings: 2 }]);
    assert_eq!(back.without_archive, None);
    assert_eq!(other.failed().await, []);
    for number in [1, 2] {
        assert_eq!(other.pairings(number), world.pairings(number));
    }
    // Reached where they are today, not where they were drawn.
    let reached = |world: &World, phone| {
        world.site().store.number(&format!("SELECT count(*) FROM person WHERE phone = '{phone}'"))
    };
    assert_eq!((reached(&other, "+447700900177"), reached(&other, "+447700900102")), (1, 0));
    assert!(differences_since_draw(&other.site()).expect("sound").is_empty());
    let health = other.health().await;
    assert_eq!(health, world.health().await);
    // Once is enough: the same archive has nothing more for a backup that is made now.
    back_up(&other, "later").expect("a backup");
    let last = other.without_database();
    assert_eq!(restored(&last, &other.path("later"), None).await.expect("brought back").taken_up, []);
}

// H18
#[tokio::test]
async fn without_its_archive_a_backup_comes_back_only_for_a_reason_which_is_kept() {
    let world = moved_on().await;
    for lost in [&["draw-0001.age"][..], &["openings/000001.json"], &[]] {
        let other = world.without_database();
        match lost {
            [] => std::fs::remove_dir_all(other.path("sealed")).expect("removed"),
            lost => other.lose(lost),
        }
        let refused = restored(&other, &world.path("backup"), None).await.expect_err("without an archive");
        assert!(matches!(refused, BackupFailure::Archive(_)), "{lost:?}: {refused:?}");
        assert_eq!(other.site().store.number("SELECT count(*) FROM series"), 0);
        let back = restored(&other, &world.path("backup"), Some("the bucket is gone")).await.expect("brought back");
        assert!(back.without_archive.is_some() && back.taken_up.is_empty(), "{lost:?}: {back:?}");
        let site = other.site();
        let series = site.store.read(|tx| tx.series_named("Hills")).expect("sound").expect("there");
        let log = site.store.read(|tx| tx.openings(series)).expect("sound");
        let [entry] = &log[..] else { panic!("one entry: {log:?}") };
        assert!(entry.entry.contains("\"restored\"") && entry.entry.contains("the bucket is gone"), "{entry:?}");
    }
}

// H18 G7
#[tokio::test]
async fn nobody_is_signed_in_and_no_link_lets_in_after_a_backup_came_back() {
    let world = World::drawn().await;
    world.sql("INSERT INTO account (id, email, added_at) VALUES (1, 'ann@example.org', 0)");
    world
        .site()
        .store
        .write(|tx| -> Result<(), StoreError> {
            let account = tx.keeper()?.expect("an account");
            tx.insert_session(&[1; 32], account, world.clock.now())?;
            tx.put_password_link(account, &[2; 32], world.clock.now())
        })
        .expect("kept");
    back_up(&world, "backup").expect("a backup");
    let other = world.without_database();
    restored(&other, &world.path("backup"), None).await.expect("brought back");
    let count = |table| other.site().store.number(&format!("SELECT count(*) FROM {table}"));
    assert_eq!((count("account"), count("session"), count("password_link")), (1, 0, 0));
}

// H18
#[tokio::test]
async fn a_listener_keeps_the_newest_seven_and_touches_nothing_else() {
    let world = World::drawn().await;
    let exchanges = Exchanges::around(world.site());
    let folder = world.path("backups");
    let every = SignedDuration::from_hours(24);
    let regular = Regular { folder: folder.clone(), name: "exchange".to_owned(), every };
    let names = || {
        let mut names: Vec<String> = std::fs::read_dir(&folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
            .collect();
        names.sort();
        names
    };
    let next = regular.step(&exchanges);
    let [first] = &names()[..] else { panic!("one: {:?}", names()) };
    // Not before its time, and by a file that says when it was made.
    assert_eq!(regular.step(&exchanges).duration_since(next).as_secs(), 0);
    assert_eq!(names().len(), 1);
    let others =
        ["exchange-2001-01-01.backup", "exchange-2001-01-01T00-00-00Z.backup.old", "other-2001-01-01T00-00-00Z.backup"];
    for other in others {
        std::fs::write(folder.join(other), "not ours").expect("written");
    }
    for _ in 0..9 {
        world.wait(1);
        regular.step(&exchanges);
    }
    let own: Vec<String> = names().into_iter().filter(|name| !others.contains(&name.as_str())).collect();
    assert_eq!((own.len(), names().len()), (7, 10));
    assert!(!own.contains(first), "{own:?}");
    let fresh = world.without_database();
    restored(&fresh, &folder.join(own.last().expect("seven")), None).await.expect("brought back");
    // What cannot be written is tried again soon, and what stands there stays.
    world.wait(1);
    std::fs::rename(world.path("exchange.key"), world.path("elsewhere.key")).expect("moved");
    let away = Exchanges::around(world.site());
    let again = regular.step(&away);
    assert!(again.duration_since(world.clock.now()) < SignedDuration::from_hours(1));
    assert_eq!(names().len(), 10);
}

// H18
#[tokio::test]
async fn how_old_the_last_backup_is_can_be_asked() {
    let world = World::drawn().await;
    let last = |world: &World| world.site().store.number("SELECT coalesce(max(made_at), 0) FROM last_backup");
    assert_eq!(last(&world), 0);
    let made = back_up(&world, "backup").expect("a backup").made_at.as_millisecond();
    assert_eq!(last(&world), made);
    let other = world.without_database();
    restored(&other, &world.path("backup"), None).await.expect("brought back");
    assert_eq!(last(&other), made);
}
