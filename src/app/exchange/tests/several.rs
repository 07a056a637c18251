use super::several_world::{Several, toml};
use crate::app::exchange::archiver::Archiver;
use crate::app::exchange::audit::{self, Wanted};
use crate::app::exchange::draw::DrawError;
use crate::app::exchange::kept::{self, KeepError};
use crate::app::exchange::{ServedExchanges, history, question, status, verify};
use crate::app::exchanges::{self, Exchanges, WhichExchange};
use crate::app::site::Site;
use crate::model::AccountId;
use crate::roster;
use crate::seal::By;
use crate::store::{ArchiveState, StoreError};

const PEOPLE: [(&str, u32); 4] = [("Ada", 1), ("Ben", 2), ("Cleo", 3), ("Dev", 4)];

async fn wrong(site: &Site) -> Vec<verify::Check> {
    let checks = verify::verify(site, None).await.expect("a sound database");
    checks.into_iter().filter(|check| !check.ok).collect()
}

fn drawn(site: &Site) -> Vec<u32> {
    history::history(site).expect("a sound database").iter().map(|draw| draw.number).collect()
}

fn openings(site: &Site) -> usize {
    let read = site.store.read(|tx| match site.series(tx)? {
        Some(series) => tx.openings(series),
        None => Ok(Vec::new()),
    });
    read.expect("a sound database").len()
}

fn account(several: &Several, email: &str) -> AccountId {
    let store = &several.exchanges.store;
    store.sql(&format!("INSERT INTO account (email, added_at) VALUES ('{email}', 0)"));
    AccountId(store.number("SELECT max(id) FROM account"))
}

// G8 G18: one name in the file, in the site's hand and in two accounts' hands; nothing of one is seen by another.
#[tokio::test]
async fn numbers_history_chain_and_archive_never_cross() {
    let text = toml("Hills 2026", "christmas", &PEOPLE);
    let several = Several::with(&text);
    let mine = several.make(&text);
    let Exchanges { store, settings, clock, .. } = &several.exchanges;
    let of = |email| kept::make(store, settings, &text, Some(account(&several, email)), clock.now()).expect("kept");
    let (first, second) = (of("a@example.org"), of("b@example.org"));
    let sites = [several.in_file(), several.site(&mine), several.site(&first), several.site(&second)];
    let folders: Vec<String> = sites.iter().map(Site::folder).collect();
    assert_eq!(folders[0], "hills");
    for (place, folder) in folders.iter().enumerate().skip(1) {
        assert!(folder.len() == "hills-".len() + 8 && folder.starts_with("hills-"), "{folder}");
        assert!(!folders[..place].contains(folder), "{folder}");
    }
    for (place, site) in sites.iter().enumerate() {
        for draw in 0..=place {
            let redraw = (draw > 0).then_some("somebody cannot come");
            let made = several.draw(site, redraw).await.expect("drawn");
            assert_eq!(
                (made.number, made.archive.state),
                (1 + u32::try_from(draw).expect("few"), ArchiveState::Confirmed)
            );
            assert!(several.path(&format!("sealed/{}/draw-{:04}.age", folders[place], draw + 1)).exists());
        }
    }
    for (place, site) in sites.iter().enumerate() {
        assert_eq!(drawn(site), (1..=u32::try_from(place + 1).expect("few")).collect::<Vec<_>>());
    }
    let found = audit::find(&sites[2], Wanted { by: By::Giver, name: "Ada", draw: None }).await.expect("found");
    audit::open(&sites[2], found, "two parcels").await.expect("opened");
    assert_eq!(sites.each_ref().map(openings), [0, 0, 1, 0]);
    for site in &sites {
        assert_eq!(wrong(site).await, []);
    }
    // What is lost in one place is missed by its own exchange.
    std::fs::remove_file(several.path(&format!("sealed/{}/draw-0001.age", folders[1]))).expect("removed");
    let mut missing = Vec::new();
    for site in &sites {
        missing.push(wrong(site).await.len());
    }
    assert_eq!(missing, [0, 1, 0, 0]);
}

// G8: the series goes on within one hand, and is the history of what is drawn next.
#[tokio::test]
async fn next_years_exchange_of_a_series_avoids_what_was_drawn() {
    let several = Several::with("[site]\n");
    let last = several.make(&toml("Office 2025", "office", &PEOPLE));
    let now = several.make(&toml("Office 2026", "office", &PEOPLE));
    let other = several.make(&toml("Club 2026", "club", &PEOPLE));
    assert_eq!(last.topic.series, now.topic.series);
    assert_ne!(last.topic.series, other.topic.series);
    several.draw(&several.site(&last), None).await.expect("drawn");
    assert_eq!(several.draw(&several.site(&now), None).await.expect("drawn").number, 2);
    assert_eq!(drawn(&several.site(&other)), [0_u32; 0]);
    assert_eq!(wrong(&several.site(&now)).await, []);
}

// G8: renamed after its draw it keeps answering, and the next draw has the new name.
#[tokio::test]
async fn an_exchange_renamed_after_its_draw_loses_nothing() {
    let mut several = Several::with("[site]\n");
    let text = toml("Office 2026", "office", &PEOPLE).replacen("keyword", "series = \"Office\"\nkeyword", 1);
    let kept = several.make(&text);
    let site = several.site(&kept);
    several.draw(&site, None).await.expect("drawn");
    let answer = several.answer(&site, "Ada");
    let renamed = several.change(&kept, |toml| toml.replace("Office 2026", "Work 2026")).expect("changed");
    assert_eq!((renamed.name.as_str(), renamed.revision), ("Work 2026", 2));
    let site = several.site(&renamed);
    assert_eq!(wrong(&site).await, []);
    let listener = several.listener();
    assert_eq!(several.text(&listener, 1, "office"), answer);
    several.draw(&site, Some("somebody cannot come")).await.expect("drawn again");
    assert_eq!(wrong(&site).await, []);
    let names: Vec<String> = history::history(&site).expect("sound").into_iter().map(|draw| draw.exchange).collect();
    assert_eq!(names, ["Office 2026", "Work 2026"]);
    assert_eq!(several.text(&listener, 1, "office"), several.answer(&site, "Ada"));
}

// G19: what `export` prints is the same exchange in a file, and asks the matcher the same question.
#[test]
fn an_exported_roster_is_the_same_exchange_in_a_file() {
    let several = Several::with("[site]\ncountry = \"GB\"\ntimezone = \"Europe/London\"\n");
    let more = "[rules]\nmutual = false\navoid_repeats = 1\n\n[[exclusions]]\ngiver = \"Ada\"\nreceiver = \"Ben\"\n\n[messages]\nor = \"oder\"\n";
    let text = format!("# ours\n{}{more}", toml("Office 2026", "office", &PEOPLE))
        .replace("name = \"Cleo\"\n", "name = \"Cleo\"\nhousehold = \"south\"\nwishes = [\"tea\"]\n");
    let kept = several.make(&text);
    assert_eq!(kept.toml, text, "comments and all");
    let site = several.site(&kept);
    let exported = roster::exchange_part(&kept.toml);
    let in_file = roster::parse(&exported, std::path::Path::new("office.toml")).expect("a sound file");
    assert_eq!(question::problem(&in_file.exchange, &[]), question::problem(&site.exchange, &[]));
    assert_eq!(in_file.exchange.people, site.exchange.people);
    assert_eq!(in_file.exchange.messages, site.exchange.messages);
    // Back again, from a file that says more than that.
    let whole = format!("{exported}\n[listener]\nbind = \"127.0.0.1:0\"\n\n[seal]\nkey_file = \"other.key\"\n");
    assert_eq!(roster::exchange_part(&whole).trim_end(), exported.trim_end());
}

// G8: one at a time, and never half a change.
#[tokio::test]
async fn a_change_is_refused_as_a_whole_or_kept_as_a_whole() {
    let several = Several::with("[site]\n");
    let kept = several.make(&toml("Office 2026", "office", &PEOPLE));
    let Exchanges { store, settings, clock, .. } = &several.exchanges;
    let id = kept.topic.id;
    let change = |revision, text: &str| {
        kept::change(store, settings, id, revision, |_| Ok::<_, KeepError>(text.to_owned()), clock.now())
    };
    let other = toml("Office 2026", "work", &PEOPLE[..3]);
    assert_eq!(change(Some(1), &other).expect("changed").revision, 2);
    assert!(matches!(change(Some(1), &toml("Office 2026", "third", &PEOPLE)), Err(KeepError::Stale { .. })));
    for refused in [
        toml("Office 2026", "stop", &PEOPLE),
        format!("{other}[listener]\nbind = \"127.0.0.1:5050\"\n"),
        other.replace("keyword", "reply = \"{nobody}\"\nkeyword"),
        String::new(),
    ] {
        assert!(matches!(change(None, &refused), Err(KeepError::Roster(_))), "{refused}");
    }
    several.make(&toml("Office 2027", "office", &[("Eve", 5), ("Finn", 6)]));
    assert!(matches!(change(None, &other.replace("2026", "2027")), Err(KeepError::NameTaken { .. })));
    let now = store.read(|tx| tx.kept_exchange(id)).expect("sound").expect("kept");
    assert_eq!((now.toml, now.revision), (other.clone(), 2));
    // Its people are those of the roster, whoever is not in it any more may not text.
    let mut several = several;
    let listener = several.listener();
    assert!(several.text(&listener, 3, "wish tea").is_some_and(|words| words.starts_with("Noted")));
    assert!(several.text(&listener, 4, "wish tea").is_some_and(|words| words.contains("not on our list")));

    let site = several.site(&kept);
    several.draw(&site, None).await.expect("drawn");
    assert!(matches!(several.change(&kept, |toml| toml.replace("Office", "Work")), Err(KeepError::SeriesStays { .. })));
    let joined = several.change(&kept, |_| toml("Office 2026", "work", &PEOPLE)).expect("changed");
    let differences = status::differences_since_draw(&several.site(&joined)).expect("sound");
    assert_eq!(
        differences.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["Dev is in the file and was not drawn"]
    );
    assert!(
        several.text(&listener, 4, "work").is_none(),
        "nothing answers before it is brought in, and one line a day"
    );
}

// G8: what was drawn stays; what was not leaves no phone and no name behind.
#[tokio::test]
async fn only_what_was_never_drawn_can_be_removed() {
    let mut several = Several::with("[site]\n");
    let (drawn, undrawn) = (several.make(&toml("A 2026", "aa", &PEOPLE)), several.make(&toml("B 2026", "bb", &PEOPLE)));
    several.draw(&several.site(&drawn), None).await.expect("drawn");
    let listener = several.listener();
    assert!(several.text(&listener, 1, "WISH BB a kite").is_some_and(|words| words.starts_with("Noted")));
    let store = several.exchanges.store.clone();
    assert!(matches!(kept::remove(&store, drawn.topic.id), Err(KeepError::Drawn { .. })));
    kept::remove(&store, undrawn.topic.id).expect("removed");
    assert!(matches!(kept::remove(&store, undrawn.topic.id), Err(KeepError::Gone)));
    assert_eq!(several.exchanges.all().expect("sound").len(), 1);
    assert!(several.text(&listener, 1, "WISH tea").is_some_and(|words| words.starts_with("Noted")), "only one is left");
    let (texted, people) = store
        .read(|tx| {
            let people = tx.persons(undrawn.topic.id, |id, name, phone, email| (id, name, phone, email))?;
            let texted: Result<Vec<_>, _> = people.iter().map(|(id, ..)| tx.wishes(*id, &[])).collect();
            Ok::<_, StoreError>((texted?.concat(), people))
        })
        .expect("sound");
    assert!(
        texted.is_empty()
            && people.iter().all(|(_, name, phone, email)| { name.is_empty() && phone.is_none() && email.is_none() })
    );
    // The name is free again, and its row another one.
    assert!(several.make(&toml("B 2026", "bb", &PEOPLE)).topic.id > undrawn.topic.id);
}

// G8: fewer than two people are kept, and not drawn.
#[tokio::test]
async fn an_exchange_grows_before_it_is_drawn() {
    let several = Several::with("[site]\n");
    let kept = several.make("[exchange]\nname = \"Club\"\n");
    for (people, said) in [(0, "Club has nobody yet"), (1, "Club has one person")] {
        several.change(&kept, |_| toml("Club", "club", &PEOPLE[..people])).expect("changed");
        let refused = several.draw(&several.site(&kept), None).await.expect_err("too few");
        assert!(matches!(refused, DrawError::TooFew { .. }) && refused.to_string().starts_with(said), "{refused}");
    }
    several.change(&kept, |_| toml("Club", "club", &PEOPLE)).expect("changed");
    several.draw(&several.site(&kept), None).await.expect("drawn");
}

// G8: by name, by number where a name is in two hands, by itself where it is the only one.
#[test]
fn an_exchange_is_found_by_name_or_number_or_by_being_the_only_one() {
    let several = Several::with("[site]\n");
    let find = |named: Option<&str>| {
        let file = roster::load_site(&several.path("exchange.toml")).expect("a sound file");
        exchanges::find(file, &several.exchanges.store, named)
    };
    assert!(matches!(find(None), Err(WhichExchange::None)));
    let first = several.make(&toml("Office 2026", "office", &PEOPLE));
    assert_eq!(find(None).expect("the only one").kept, Some(first.topic.id));
    let Exchanges { store, settings, clock, .. } = &several.exchanges;
    let owner = Some(account(&several, "a@example.org"));
    let second =
        kept::make(store, settings, &toml("Office 2026", "office", &PEOPLE), owner, clock.now()).expect("kept");
    assert!(matches!(find(None), Err(WhichExchange::Several(all)) if all.len() == 2));
    assert!(matches!(find(Some("office 2026")), Err(WhichExchange::Ambiguous { found, .. }) if found.len() == 2));
    for kept in [&first, &second] {
        assert_eq!(find(Some(&kept.topic.id.0.to_string())).expect("by number").kept, Some(kept.topic.id));
    }
    assert!(matches!(find(Some("Ofice")), Err(WhichExchange::Unknown { others, .. }) if others.len() == 2));
}

// G8 X12: the listener copies for all of them what has no copy yet.
#[tokio::test]
async fn the_archiver_sees_to_every_exchange() {
    let several = Several::with(&toml("Hills", "christmas", &PEOPLE));
    let kept = several.make(&toml("Office", "office", &PEOPLE));
    for site in [several.in_file(), several.site(&kept)] {
        several.draw(&site, None).await.expect("drawn");
    }
    assert_eq!(several.exchanges.store.sql("UPDATE archive_copy SET state = 'pending'"), 2);
    std::fs::remove_dir_all(several.path("sealed")).expect("removed");
    std::fs::create_dir(several.path("sealed")).expect("made");
    let served = ServedExchanges::enter(several.opened()).expect("sound");
    Archiver::new(std::sync::Arc::new(served)).step().await;
    for site in [several.in_file(), several.site(&kept)] {
        assert!(several.path(&format!("sealed/{}/draw-0001.age", site.folder())).exists());
        assert_eq!(wrong(&site).await, []);
    }
}
