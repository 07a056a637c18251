//! People forgotten: what goes, what stays, and that answers and proofs go on without them.

use jiff::Timestamp;
use rusqlite::types::Value;

use super::several_world::{Several, Somebody, phone, toml};
use crate::app::contacts;
use crate::app::exchange::forgetting::{self, Forgotten, NotForgotten};
use crate::app::exchange::{status, update, verify};
use crate::app::site::Site;
use crate::model::Email;
use crate::store::{Contact, Reach, StoreError};

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
        forgetting::expire(tx, &site.settings, topic, before, site.clock.now())
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

/// Everything that a database and a backup of it hold, in small letters, where a text stands.
fn all_that_is_kept(site: &Site) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for table in site.store.tables() {
        let cells = table.rows.into_iter().flat_map(|row| table.columns.iter().zip(row).collect::<Vec<_>>());
        found.extend(cells.filter_map(|(column, value)| {
            let text = match value {
                Value::Text(text) => text,
                Value::Blob(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                _ => return None,
            };
            Some((format!("{}.{column}", table.name), text.to_lowercase()))
        }));
    }
    let mut backup = Vec::new();
    site.store.read(|tx| tx.write_backup(&mut backup, site.clock.now())).expect("written");
    found.push(("backup".to_owned(), String::from_utf8_lossy(&backup).to_lowercase()));
    found
}

fn kept_of(site: &Site, (name, number): Somebody) -> Vec<String> {
    let (phone, email) = (phone(number), format!("{}@example.org", name.to_lowercase()));
    let all = all_that_is_kept(site).into_iter();
    let held = all.filter(|(_, text)| text.contains(phone.expose()) || text.contains(&email));
    held.map(|(at, _)| at).collect()
}

/// A roster of the family in which everybody has an e-mail address as well.
fn with_mail() -> String {
    let mail = |line: &str| match line.strip_prefix("name = \"") {
        Some(name) if !line.contains("Office") => {
            format!("{line}\nemail = \"{}@Example.org\"\n", name.trim_end_matches('"'))
        }
        _ => format!("{line}\n"),
    };
    toml("Office 2026", "office", &FAMILY).lines().map(mail).collect()
}

/// An exchange in the database whose people were drawn, asked, and wanted no more, each in one way.
async fn two_who_left(several: &mut Several) -> Site {
    let kept = several.make(&with_mail());
    several.draw(&several.site(&kept), None).await.expect("drawn");
    let listener = several.listener();
    assert!(several.text(&listener, 1, "WISH wool socks").is_some());
    assert_eq!(several.text(&listener, 1, "STOP"), None);
    let quillon = Email::parse("Quillon@Example.org").expect("an address");
    let site = several.site(&kept);
    site.store.write(|tx| tx.set_mail_opt_out(&quillon, true, site.clock.now())).expect("sound");
    wait(several, 61);
    several.site(&kept)
}

fn contact((name, number): Somebody) -> Contact {
    Contact {
        name: name.to_owned(),
        phone: Some(phone(number)),
        email: Email::parse(&format!("{name}@example.org")).ok(),
        priority: 5,
        tags: Vec::new(),
        note: String::new(),
    }
}

fn wants_no_more(site: &Site, (name, number): Somebody) -> (bool, bool) {
    let email = Email::parse(&format!("{name}@example.org")).expect("an address");
    let asked = site
        .store
        .read(|tx| Ok::<_, StoreError>((tx.is_opted_out(&phone(number))?, tx.has_opted_out_of_mail(&email)?)));
    asked.expect("sound")
}

// G5 H3: after somebody is forgotten neither their number nor their e-mail address stands in any row or backup, and what they wanted no
// more of is known of them as soon as anybody brings either back, until they say START themselves.
#[tokio::test]
async fn whoever_left_and_was_forgotten_is_known_by_a_hash_alone() {
    let mut several = Several::with("[site]\n");
    let site = two_who_left(&mut several).await;
    for who in [FAMILY[0], FAMILY[1]] {
        assert!(kept_of(&site, who).len() > 3, "there is something to forget");
        forget(&site, who.0).expect("settled");
        assert_eq!(kept_of(&site, who), Vec::<String>::new());
    }
    assert!(!kept_of(&site, FAMILY[2]).is_empty(), "and of the others nothing is forgotten");
    assert_eq!(site.store.number("SELECT count(*) FROM opted_out"), 2);
    assert_eq!(
        [FAMILY[0], FAMILY[1], FAMILY[2]].map(|who| wants_no_more(&site, who)),
        [(true, false), (false, true), (false, false)]
    );
    // A backup brought back into another database says the same, as the key is the same.
    let mut backup = Vec::new();
    site.store.read(|tx| tx.write_backup(&mut backup, site.clock.now())).expect("written");
    let other = Several::with("[site]\n");
    std::fs::copy(several.path("exchange.key"), other.path("exchange.key")).expect("copied");
    other.exchanges.store.write(|tx| tx.read_backup(&mut &backup[..])).expect("brought back");
    assert!(other.exchanges.store.read(|tx| tx.is_opted_out(&phone(1))).expect("sound"));
    // Whoever brings them back sees it, and the statements that pick whom to write to find it.
    let now = site.clock.now();
    let two = [contact(FAMILY[0]), contact(FAMILY[1])];
    site.store.write(|tx| tx.insert_contacts(None, &two, now)).expect("kept");
    let shown = |who: usize| site.store.read(|tx| contacts::out_of_reach(tx, &two[who])).expect("sound");
    assert_eq!([shown(0), shown(1)], ["has said STOP: by e-mail only", "wants no e-mail: by text only"]);
    assert_eq!(site.store.number("SELECT count(*) FROM phone WHERE opted_out_at IS NOT NULL"), 1);
    assert_eq!(site.store.number("SELECT count(*) FROM mail_opt_out"), 1);
    assert_eq!(site.store.number("SELECT count(*) FROM opted_out"), 0);
    // Forgotten once more, and then heard of: silence until START.
    let rows = site.store.read(|tx| tx.contacts(Reach::SITE)).expect("sound");
    for (id, _) in rows {
        let forget = |tx: &crate::store::Tx<'_>| {
            let owned = crate::app::accounts::authorize(tx, Reach::SITE, id)?.expect("the site's");
            contacts::forgetting::forget(tx, owned, now)
        };
        site.store.write(forget).expect("nothing keeps them");
    }
    assert_eq!((kept_of(&site, FAMILY[0]), kept_of(&site, FAMILY[1])), (vec![], vec![]));
    let listener = several.listener();
    assert_eq!(several.text(&listener, 1, "christmas"), None, "a phone that said STOP hears nothing");
    assert_eq!(wants_no_more(&site, FAMILY[0]), (true, false));
    several.text(&listener, 1, "START");
    assert_eq!(wants_no_more(&site, FAMILY[0]), (false, false));
    assert!(several.text(&listener, 1, "office").is_some(), "a stranger is greeted");
}

// G5 H3: the same of a whole exchange; the roster that stands beside the draw in the database goes with its people.
#[tokio::test]
async fn an_expired_exchange_leaves_no_address_and_says_so() {
    let mut several = Several::with("[site]\n");
    let site = two_who_left(&mut several).await;
    let expired = expire(&site, site.clock.now()).expect("somebody");
    assert_eq!((expired.people, expired.in_roster), (7, false));
    for who in FAMILY {
        assert_eq!(kept_of(&site, who), Vec::<String>::new());
    }
    assert_eq!([FAMILY[0], FAMILY[1]].map(|who| wants_no_more(&site, who)), [(true, false), (false, true)]);
    assert_eq!(failed(&site).await, [], "what is sealed is as it was");
    let status = status::status(&site).expect("sound");
    let draw = status.draw.expect("drawn");
    assert_eq!((draw.forgotten_at.is_some(), draw.people.len(), status.differences), (true, 0, vec![]));
}

// G5: a roster that is somebody's work for another draw is not taken from them, and nobody of a file is called new.
#[tokio::test]
async fn what_is_not_as_it_was_drawn_stays_when_an_exchange_expires() {
    let several = Several::with(&toml("Hills 2026", "christmas", &FAMILY));
    let kept = several.make(&toml("Office 2026", "office", &FAMILY));
    several.draw(&several.in_file(), None).await.expect("drawn");
    several.draw(&several.site(&kept), None).await.expect("drawn");
    several.change(&kept, |toml| toml.replace("\"office\"", "\"bureau\"")).expect("changed");
    wait(&several, 61);
    let now = several.clock.now();
    let expired = expire(&several.site(&kept), now).expect("somebody");
    assert_eq!((expired.people, expired.in_roster, several.site(&kept).exchange.people.len()), (7, true, 7));
    let site = in_file(&several);
    assert!(status::status(&site).expect("sound").draw.expect("drawn").forgotten_at.is_none());
    expire(&site, now).expect("somebody");
    let status = status::status(&site).expect("sound");
    assert_eq!(status.differences, [], "the file names those whom it named");
    assert_eq!(status.draw.expect("drawn").forgotten_at.map(Timestamp::as_second), Some(now.as_second()));
}

// G5 X22: nor does the number stay that they texted from before theirs was changed.
#[tokio::test]
async fn a_former_number_is_forgotten_too() {
    let mut several = Several::with("[site]\n");
    let kept = several.make(&toml("Office 2026", "office", &FAMILY));
    several.draw(&several.site(&kept), None).await.expect("drawn");
    let listener = several.listener();
    assert!(several.text(&listener, 1, "WISH wool socks").is_some());
    several.change(&kept, |toml| toml.replace(phone(1).expose(), phone(31).expose())).expect("changed");
    update::update(&several.site(&kept), None).await.expect("an archive").expect("a change");
    several.site(&kept).store.sql("UPDATE outbox SET state = 'sent', claimed_by = NULL");
    wait(&several, 61);
    let site = several.site(&kept);
    assert!(tables_with(&site, FAMILY[0]).contains(&"phone.number".to_owned()), "it is known still");
    forget(&site, "Zaphira").expect("settled");
    assert_eq!(kept_of(&site, FAMILY[0]), Vec::<String>::new());
}
