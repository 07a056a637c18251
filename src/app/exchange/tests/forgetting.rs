//! People forgotten: what goes, what stays, and that answers and proofs go on without them.

use jiff::Timestamp;
use rusqlite::types::Value;

use super::several_world::{Several, Somebody, phone, toml};
use crate::app::exchange::forgetting::{self, Forgotten, NotForgotten};
use crate::app::exchange::{status, update, verify};
use crate::app::site::Site;

const FAMILY: [Somebody; 7] = [
    ("Zaphira", 1),
    ("Quillon", 2),
    ("Brunhilda", 3),
    ("Oswaldt", 4),
    ("Peregrine", 5),
    ("Xanthippe", 6),
    ("Gwendolyn", 7),
];

fn wait(several: &Several, days: i64) {
    several.clock.advance(jiff::SignedDuration::from_hours(24 * days));
}

fn write(several: &Several, people: &[Somebody]) {
    std::fs::write(several.path("exchange.toml"), toml("Hills 2026", "christmas", people)).expect("written");
}

fn in_file(several: &Several) -> Site {
    several.opened().in_file().expect("the file has one")
}

fn forget(site: &Site, name: &str) -> Result<Forgotten, NotForgotten> {
    site.store.write(|tx| forgetting::forget(tx, site, name, site.clock.now()))
}

fn expire(site: &Site, before: Timestamp) -> Option<Forgotten> {
    let expire = |tx: &crate::store::Tx<'_>| {
        let topic = site.topic(tx)?.expect("it has a row").id;
        forgetting::expire(tx, topic, before, site.clock.now())
    };
    site.store.write(expire).expect("a sound database")
}

/// Where somebody's name or number can be read, but for the headers of draws, which are archived as they are.
fn tables_with(site: &Site, (name, number): Somebody) -> Vec<String> {
    let phone = phone(number);
    let holds = |value: &Value| match value {
        Value::Text(text) => text.contains(name) || text.contains(phone.expose()),
        Value::Blob(bytes) => String::from_utf8_lossy(bytes).contains(name),
        _ => false,
    };
    let mut found = std::collections::BTreeSet::new();
    for table in site.store.tables() {
        let cells = table.rows.iter().flat_map(|row| table.columns.iter().zip(row));
        let held = cells.filter(|(column, value)| *column != "header" && holds(value));
        found.extend(held.map(|(column, _)| format!("{}.{column}", table.name)));
    }
    found.into_iter().collect()
}

async fn failed(site: &Site) -> Vec<verify::Check> {
    verify::verify(site, None).await.expect("sound").into_iter().filter(|check| !check.ok).collect()
}

// G5 H13 X1: not before the draw has settled, and not while the file names them; then whole, and all else goes on.
#[tokio::test]
async fn somebody_is_forgotten_once_the_draw_that_answers_has_settled() {
    let mut several = Several::with(&toml("Hills 2026", "christmas", &FAMILY));
    several.draw(&several.in_file(), None).await.expect("drawn");
    let listener = several.listener();
    assert!(several.text(&listener, 1, "WISH wool socks").is_some_and(|words| words.starts_with("Noted")));
    assert!(matches!(forget(&in_file(&several), "Zaphira"), Err(NotForgotten::InFile(_))));
    write(&several, &FAMILY[1..]);
    assert!(matches!(forget(&in_file(&several), "Nobody"), Err(NotForgotten::Unknown(_))));
    wait(&several, 59);
    let tables = in_file(&several).store.tables();
    assert!(matches!(forget(&in_file(&several), "zaphira"), Err(NotForgotten::Kept { .. })));
    assert!(in_file(&several).store.tables() == tables, "nothing has changed");
    wait(&several, 2);
    let site = in_file(&several);
    assert_eq!(
        tables_with(&site, FAMILY[0]),
        ["draw.roster", "person.name", "person.phone", "phone.number", "text.phone"].map(str::to_owned)
    );
    let giver = {
        let document = several.open(&site);
        let to = document.roster().find("Zaphira").expect("drawn");
        let of = document.givers_of(to).next().expect("somebody");
        document.roster().person(of).name.clone()
    };
    assert_eq!(forget(&site, "zaphira").expect("settled").people, 1);
    assert_eq!(tables_with(&site, FAMILY[0]), Vec::<String>::new());
    assert_eq!(failed(&site).await, [], "what is sealed is as it was");
    let number = FAMILY.iter().find(|(name, _)| *name == giver).expect("of the family").1;
    let words = several.text(&listener, number, "christmas").expect("an answer");
    assert!(words.contains("Zaphira"), "whoever gives to them is still told: {words}");
    let stranger = several.text(&listener, 1, "christmas");
    assert!(stranger.is_none_or(|words| !words.contains("You have")), "nobody is known by that number");
    let status = status::status(&site).expect("sound");
    assert_eq!(status.draw.expect("drawn").people.len(), 6);
    assert_eq!(status.differences, []);
    assert!(matches!(forget(&site, "zaphira"), Err(NotForgotten::Unknown(_))));
}

// G5: whoever was taken out by an update is forgotten at once; who stays is not.
#[tokio::test]
async fn who_has_left_by_an_update_can_be_forgotten_at_once() {
    let several = Several::with(&toml("Hills 2026", "christmas", &FAMILY));
    several.draw(&several.in_file(), None).await.expect("drawn");
    let _listener = several.listener();
    write(&several, &FAMILY[1..]);
    let site = in_file(&several);
    update::update(&site, None).await.expect("an archive").expect("somebody left");
    assert!(matches!(forget(&site, "Quillon"), Err(NotForgotten::InFile(_))));
    site.store.sql(
        "INSERT INTO outbox (cause, topic, basis, kind, parameters, role, person, channel, queued_at, due, next_at) \
         SELECT 'x', topic, 'wrote', 'address_notice', '{\"number\":1,\"at\":\"2026-01-01T00:00:00Z\",\"phone\":\"+447700900101\"}', \
         'person', id, 'sms', 0, 0, 0 FROM person WHERE name = 'Zaphira'",
    );
    assert!(
        matches!(forget(&site, "Zaphira"), Err(NotForgotten::Kept { .. })),
        "still to be told of a changed address"
    );
    site.store.sql("UPDATE outbox SET state = 'sent', claimed_by = NULL");
    forget(&site, "Zaphira").expect("no draw that answers has them");
    assert_eq!(tables_with(&site, FAMILY[0]), Vec::<String>::new());
    assert_eq!(failed(&site).await, []);
}

// G5: all of an old draw, and nobody of a young one; draws and their number stay.
#[tokio::test]
async fn people_of_old_draws_expire() {
    let several = Several::with(&toml("Hills 2026", "christmas", &FAMILY));
    let kept = several.make(&toml("Office 2026", "office", &FAMILY));
    several.draw(&several.in_file(), None).await.expect("drawn");
    wait(&several, 100);
    several.draw(&several.site(&kept), None).await.expect("drawn");
    let (old, young) = (in_file(&several), several.site(&kept));
    let day = several.clock.now() - jiff::SignedDuration::from_hours(24 * 50);
    assert_eq!(expire(&young, day), None, "drawn later than that");
    let now = several.clock.now() + jiff::SignedDuration::from_hours(1);
    assert_eq!(expire(&young, now).map(|it| (it.people, it.kept.len())), Some((0, 7)), "not before it has settled");
    assert_eq!(expire(&old, day).map(|it| (it.people, it.kept.len())), Some((7, 0)));
    assert_eq!(expire(&old, day), None, "once");
    for somebody in FAMILY {
        let left = tables_with(&old, somebody);
        assert!(
            left.iter().all(|at| ["draw.roster", "person.name", "person.phone", "roster.toml"].contains(&at.as_str())),
            "{left:?}: the office's"
        );
    }
    assert_eq!((failed(&old).await, failed(&young).await), (vec![], vec![]));
    let draws = old.store.read(|tx| tx.draws(old.series(tx)?.expect("drawn"))).expect("sound");
    assert!(draws[0].roster.contains("(forgotten)") && !draws[0].roster.contains("Zaphira"));
    several.draw(&young, Some("somebody cannot come")).await.expect("drawn again");
}

// G5 G8: in the database the roster goes with them, or all stays.
#[tokio::test]
async fn the_roster_in_the_database_forgets_them_too() {
    let several = Several::with("[site]\n");
    let kept = several.make(&toml("Office 2026", "office", &FAMILY));
    forget(&several.site(&kept), "Zaphira").expect("never drawn");
    assert_eq!(tables_with(&several.site(&kept), FAMILY[0]), Vec::<String>::new());
    several.draw(&several.site(&kept), None).await.expect("drawn");
    let before = several.site(&kept).store.tables();
    assert!(matches!(forget(&several.site(&kept), "Quillon"), Err(NotForgotten::Kept { .. })));
    assert!(several.site(&kept).store.tables() == before, "the roster still has them");
    wait(&several, 61);
    forget(&several.site(&kept), "Quillon").expect("settled");
    assert_eq!(tables_with(&several.site(&kept), FAMILY[1]), Vec::<String>::new());
    assert_eq!(several.site(&kept).exchange.people.len(), 5);
}
