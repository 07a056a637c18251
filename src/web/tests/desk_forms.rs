//! Desks and hosts are made and changed on the pages.

use super::pages::{ADA, Answer, BEN, Browser, PASSWORD};
use super::*;

const DESK: [(&str, &str); 6] = [
    ("name", "Reception"),
    ("address", "1 Mill Lane"),
    ("timezone", "Europe/London"),
    ("opens", ""),
    ("closes", ""),
    ("keep", "30 days"),
];

fn with<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let is_other = |(name, _): &&(&str, &str)| !fields.iter().any(|(other, _)| name == other);
    DESK.iter().filter(is_other).copied().chain(fields.iter().copied()).collect()
}

fn goes_to(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.header(header::LOCATION).trim_start_matches("/hill").to_owned()
}

async fn organizer(world: &World, email: &str) -> Browser {
    world.account(email).await;
    let mut browser = Browser::outside(world);
    browser.sign_in(email, PASSWORD).await;
    browser
}

// V10 G13: everything that the verbs do, and what is wrong beside what was typed
#[tokio::test]
async fn a_desk_is_made_and_changed_on_the_pages() {
    let world = World::new();
    let mut ada = organizer(&world, ADA).await;
    assert!(ada.get("/desks").await.body.contains("/hill/desks/new"));
    assert!(ada.get("/desks/new").await.body.contains("30 days"), "what is usual stands there already");
    let faulty = [("name", "<b>Door</b>"), ("timezone", "Nowhere"), ("opens", "09:00"), ("keep", "a while")];
    let again = ada.post("/desks", &with(&faulty)).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in
        ["Nothing was kept yet.", "No time zone is called so", "a desk has both", "From 1 to 3650 days.", "a while"]
    {
        assert!(again.body.to_lowercase().contains(&words.to_lowercase()), "{words}: {}", again.body);
    }
    assert!(again.body.contains("1 Mill Lane") && !again.body.contains("<b>Door"), "{}", again.body);
    let desk = goes_to(&ada.post("/desks", &DESK).await);
    let page = ada.get(&desk).await.body;
    assert!(page.contains("No hosts yet") && page.contains("/desk/reception/"), "{page}");
    let doubled = ada.post("/desks", &DESK).await;
    assert_eq!(doubled.status, StatusCode::UNPROCESSABLE_ENTITY);

    assert_eq!(
        goes_to(&ada.post(&desk, &with(&[("opens", "9:00"), ("closes", "17:30"), ("keep", "1 week")])).await),
        "/desks"
    );
    let page = ada.get(&desk).await.body;
    assert!(page.contains("09:00") && page.contains("17:30") && page.contains("7 days"), "{page}");
    let empty = ada.post(&desk, &with(&[("name", " ")])).await;
    assert!(empty.body.contains("One line of at most") && empty.body.contains("Make the link anew"), "{}", empty.body);
    let link = |page: &str| page.split("/desk/reception/").nth(1).map(|rest| rest[..26].to_owned());
    assert_eq!(goes_to(&ada.post(&format!("{desk}/pair"), &[]).await), desk);
    assert_ne!(link(&ada.get(&desk).await.body), link(&page), "another link");
}

// V10 G13
#[tokio::test]
async fn a_host_is_added_changed_away_back_and_removed_on_the_pages() {
    let world = World::new();
    let mut ada = organizer(&world, ADA).await;
    let desk = goes_to(&ada.post("/desks", &DESK).await);
    let hosts = format!("{desk}/hosts");
    let no_phone = ada.post(&hosts, &[("name", "Dora Pike"), ("phone", "12"), ("room", "2.14")]).await;
    assert_eq!(no_phone.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(no_phone.body.contains("Dora Pike") && no_phone.body.contains("2.14"), "{}", no_phone.body);
    let added = ada.post(&hosts, &[("name", "Dora Pike"), ("phone", "+44 7700 900777"), ("room", "2.14")]).await;
    assert_eq!(goes_to(&added), desk);
    let id = world.site.store.number("SELECT person FROM host");
    let host = format!("{hosts}/{id}");
    assert!(ada.get(&desk).await.body.contains(&format!("/hill{host}")));
    assert_eq!(
        goes_to(&ada.post(&host, &[("name", "Dora Pike"), ("phone", "+44 7700 900777"), ("room", "3.1")]).await),
        desk
    );
    assert!(ada.get(&host).await.body.contains("3.1"));
    assert_eq!(goes_to(&ada.post(&format!("{host}/away"), &[("from", ""), ("to", "")]).await), host);
    assert!(ada.get(&host).await.body.contains("until they are back"));
    assert!(ada.get("/desks").await.body.contains("away"));
    let past = ada.post(&format!("{host}/away"), &[("from", ""), ("to", "2020-01-01")]).await;
    assert_eq!(past.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(past.body.contains("2020-01-01") && past.body.contains("or past"), "{}", past.body);
    assert_eq!(goes_to(&ada.post(&format!("{host}/back"), &[]).await), host);
    assert!(!ada.get(&host).await.body.contains("is away"));

    // With a visitor neither the host nor the desk goes.
    world.site.store.sql(&format!(
        "INSERT INTO visit (desk, host, visitor, in_at, out_due, code, consent) SELECT topic, {id}, {id}, 1, 9000000000000, 'X', '' \
         FROM desk"
    ));
    let busy = ada.post(&format!("{host}/remove"), &[]).await;
    assert_eq!(busy.status, StatusCode::CONFLICT);
    assert!(busy.body.contains("has a visitor now; end that visit first."), "{}", busy.body);
    assert_eq!(ada.post(&format!("{desk}/remove"), &[]).await.status, StatusCode::CONFLICT);
    world.site.store.sql("DELETE FROM visit");
    assert_eq!(goes_to(&ada.post(&format!("{host}/remove"), &[]).await), desk);
    assert_eq!(ada.get(&host).await.status, StatusCode::NOT_FOUND);
    assert_eq!(goes_to(&ada.post(&format!("{desk}/remove"), &[]).await), "/desks");
    assert_eq!(ada.get(&desk).await.status, StatusCode::NOT_FOUND);
}

// G7 A7
#[tokio::test]
async fn nobody_else_sees_or_changes_a_desk() {
    let world = World::new();
    let mut ada = organizer(&world, ADA).await;
    let mut ben = organizer(&world, BEN).await;
    let desk = goes_to(&ben.post("/desks", &DESK).await);
    ben.post(&format!("{desk}/hosts"), &[("name", "Dora Pike"), ("phone", "+44 7700 900777")]).await;
    let other = goes_to(&ada.post("/desks", &with(&[("name", "Door")])).await);
    let host = world.site.store.number("SELECT person FROM host");
    let before = world.site.store.tables();
    let fields = [("name", "Mallory"), ("phone", "+44 7700 900999")];
    for page in
        [desk.clone(), format!("{desk}/hosts/new"), format!("{desk}/hosts/{host}"), format!("{other}/hosts/{host}")]
    {
        assert_eq!(ada.get(&page).await.status, StatusCode::NOT_FOUND, "{page}");
    }
    for page in [
        format!("{desk}/pair"),
        format!("{desk}/remove"),
        format!("{desk}/hosts"),
        format!("{desk}/hosts/{host}"),
        format!("{desk}/hosts/{host}/away"),
        format!("{desk}/hosts/{host}/back"),
        format!("{desk}/hosts/{host}/remove"),
        format!("{other}/hosts/{host}/remove"),
    ] {
        assert_eq!(ada.post(&page, &fields).await.status, StatusCode::NOT_FOUND, "{page}");
    }
    assert_eq!(ada.post(&desk, &DESK).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.site.store.tables(), before);
}
