//! How large the organizers' pages are where there is much to show.

use super::pages::{Answer, Browser};
use super::*;
use crate::app::event::{Act, Events, Typed};
use crate::app::exchange::kept;
use crate::app::{accounts, contacts::sheet, list::audience};
use crate::store::Reach;

/// The largest page, in bytes.
const LARGEST: usize = 60_000;

const MANY: usize = 1_000;

fn people(many: usize) -> String {
    let person =
        |n: usize| format!("[[people]]\nname = \"Somebody Longname {n}\"\nphone = \"+447700{:06}\"\n", 100_000 + n);
    (0..many).map(person).collect()
}

/// Makes an exchange of the site.
fn exchange(world: &World, name: &str, more: &str) -> i64 {
    let toml = format!("[exchange]\nname = \"{name}\"\n{more}");
    let Site { store, settings, clock, .. } = &world.site;
    kept::make(store, settings, &toml, None, clock.now()).expect("kept").topic.id.0
}

/// As many contacts, all of them asked to an event and on a list; gives where both are.
fn guests(world: &World) -> [String; 2] {
    let site = Exchanges::around(world.site.clone());
    let row = |n: usize| format!("Somebody Longname {n},+447700{:06},\"family,book club\"\n", 100_000 + n);
    let csv: String = std::iter::once("Name,Phone,Tags\n".to_owned()).chain((0..MANY).map(row)).collect();
    sheet::import(&site, Reach::SITE, (csv.as_bytes(), "c.csv".as_ref()), false).expect("taken over");
    site.keys.identity_or_new(None).expect("a key");
    let (events, now) = (Events::of(&site), site.clock.now());
    let typed = Typed {
        name: "Dinner".to_owned(),
        starts_at: (now + jiff::SignedDuration::from_hours(720)).to_string(),
        seats: MANY.to_string(),
        at_once: "500".to_owned(),
        ..Typed::default()
    };
    let made = site.store.write(|tx| {
        let event = events.create(tx, Reach::SITE, &typed)?;
        let id = accounts::authorize(tx, Reach::SITE, event.topic)?.expect("the site's");
        events.act(tx, id, &Act::Deal)
    });
    let event = made.expect("dealt").topic.0;
    let list = site.store.write(|tx| audience::of_contacts(tx, &site, Reach::SITE, now)).expect("a list").id.0;
    [format!("/events/{event}"), format!("/lists/{list}")]
}

async fn shown(ada: &mut Browser, page: &str) -> Answer {
    let shown = ada.get(page).await;
    assert_eq!(shown.status, StatusCode::OK, "{page}");
    assert!(shown.body.len() < LARGEST, "{page}: {} bytes", shown.body.len());
    shown
}

// G8 G13: with a thousand people and a hundred exchanges
#[tokio::test]
async fn no_page_grows_with_what_it_is_about() {
    let (world, mut ada) = World::with_ada().await;
    let large = exchange(&world, "A thousand 2026", &people(MANY));
    let others: Vec<String> = (0..150).map(|n| format!("\"Somebody Longname {}\"", n + 10)).collect();
    let rule = format!("[[exclusions]]\ngiver = \"Somebody Longname 1\"\nreceiver = [{}]\n", others.join(", "));
    let ruled = exchange(&world, "Ruled 2026", &format!("{}{rule}", people(MANY)));
    for n in 0..98 {
        exchange(&world, &format!("A gift exchange of the office {n}"), &people(3));
    }
    let site = Exchanges::around(world.site.clone());
    let reach = world.site.store.read(|tx| accounts::reach_of_owner(tx, None)).expect("sound");
    let (_, large_site) = site.owned(reach, crate::model::TopicId(large)).expect("sound").expect("theirs");
    draw(&large_site, draw::Request::default()).await.expect("drawn");
    let [event, list] = guests(&world);

    let at = format!("/exchanges/{large}");
    for page in ["", "/fragment", "/people", "/rules", "/draw", "/update", "/announce", "/history", "/audit"] {
        shown(&mut ada, &format!("{at}{page}")).await;
    }
    for page in [&*event, &list, &format!("/exchanges/{ruled}/rules"), &format!("/exchanges/{ruled}/draw")] {
        shown(&mut ada, page).await;
    }
    for page in ["/", "/exchanges", "/contacts", "/desks", "/lists", "/outbox", "/health", "/account"] {
        shown(&mut ada, page).await;
    }

    // What is on no first page is found, and comes by and by.
    for page in ["", "/people"] {
        let first = shown(&mut ada, &format!("{at}{page}")).await.body;
        assert!(first.contains("1 to 100 of 1000") && !first.contains("Longname 977<"), "{page}");
        let second = shown(&mut ada, &format!("{at}{page}?q=&from=900")).await.body;
        assert!(second.contains("901 to 1000 of 1000") && second.contains("Longname 977<"), "{page}");
        let found = shown(&mut ada, &format!("{at}{page}?q=LONGNAME+977")).await.body;
        assert!(found.contains("Longname 977<") && !found.contains("Longname 976<"), "{page}");
    }
    let rules = shown(&mut ada, &format!("/exchanges/{ruled}/rules?q=&from=100")).await.body;
    assert!(rules.contains("101 to 150 of 150"), "{rules}");
    let typed = [("giver", "Somebody Longname 2"), ("receiver", "Somebody Longname 3")];
    assert_eq!(ada.post(&format!("/exchanges/{ruled}/exclusions"), &typed).await.status, StatusCode::SEE_OTHER);
}
