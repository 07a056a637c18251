//! Contacts by spreadsheet and forgotten on their pages, and messages sent again.

use super::exchange_pages::upload;
use super::pages::{ADA, BEN, Browser, PASSWORD};
use super::*;
use crate::store::Reach;

const FRIENDS: &str = "Name,Email,Phone,Tags\nDora,dora@example.org,+447700900150,club\n<b>Eli</b>,eli@example.org,,\n";

// D1 G2 A7 G7: tried, then taken over, then the same; a fault is told by its cell, and nothing is taken.
#[tokio::test]
async fn contacts_come_from_a_spreadsheet_and_go_into_one() {
    let (world, mut ada) = World::with_ada().await;
    let tried = ada.send(upload("/contacts/import?dry_run=true", FRIENDS)).await;
    assert!(tried.status == StatusCode::OK && tried.body.contains("Only tried: 2 would be added"), "{}", tried.body);
    assert!(ada.get("/contacts").await.body.contains("No contacts yet"));
    let faulty = ada.send(upload("/contacts/import", "Name,Email\nDora,nowhere\n")).await;
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        faulty.body.contains("row 2, column B (Email)") && faulty.body.contains("Nothing was taken over"),
        "{}",
        faulty.body
    );
    let taken = ada.send(upload("/contacts/import", FRIENDS)).await;
    assert!(taken.body.contains("Taken over: 2 added") && !taken.body.contains("<b>Eli"), "{}", taken.body);
    let again = ada.send(upload("/contacts/import", &FRIENDS.replace("club", "choir"))).await;
    assert!(again.body.contains("0 added, 1 of the others"), "{}", again.body);
    world
        .site
        .store
        .write(|tx| tx.opt_out(&Phone::parse("+447700900150", None).expect("one"), world.site.clock.now()))
        .expect("kept");
    assert!(ada.get("/contacts").await.body.contains("has said STOP: by e-mail only"));
    let csv = ada.get("/contacts/contacts.csv").await;
    assert!(
        csv.header(header::CONTENT_DISPOSITION).contains("contacts.csv") && csv.body.contains("Dora,\"+447700900150\""),
        "{}",
        csv.body
    );
    world.account(BEN).await;
    let mut ben = Browser::outside(&world);
    ben.sign_in(BEN, PASSWORD).await;
    assert!(!ben.get("/contacts/contacts.csv").await.body.contains("Dora"), "nobody else's");
    let mut foreign = upload("/contacts/import", FRIENDS);
    foreign.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("a value"));
    assert_eq!(ada.send(foreign).await.status, StatusCode::FORBIDDEN);
    for body in ["", "Shoe\n42\n", "PK\u{3}\u{4}", "\0\0\0"] {
        assert_eq!(
            ada.send(upload("/contacts/import", body)).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{body:?}"
        );
    }
}

// D1 G5 G7
#[tokio::test]
async fn a_contact_is_forgotten_by_its_owner() {
    let (world, mut ada) = World::with_ada().await;
    let id = world.contact(Reach::SITE, "Cleo");
    assert_eq!(ada.post(&format!("/contacts/{}/forget", id.0), &[]).await.status, StatusCode::SEE_OTHER);
    assert!(ada.get("/contacts").await.body.contains("No contacts yet"));
    assert_eq!(ada.post(&format!("/contacts/{}/forget", id.0), &[]).await.status, StatusCode::NOT_FOUND);
}

// A3 G7 G13: as the verb does, once however often it is pressed, and only one's own.
#[tokio::test]
async fn a_message_is_sent_again_or_cancelled_on_the_outbox_page() {
    let world = World::drawn().await;
    world.account(ADA).await;
    world.account(BEN).await;
    world.site.store.sql(
        "INSERT INTO outbox (cause, topic, basis, kind, parameters, role, person, channel, queued_at, due, next_at, state)
         SELECT 'a', id, 'wrote', 'reminder', '{}', 'person', (SELECT min(id) FROM person), 'sms', 0, 0, 0, 'failed' FROM topic",
    );
    let (mut ada, mut ben) = (Browser::outside(&world), Browser::outside(&world));
    ada.sign_in(ADA, PASSWORD).await;
    ben.sign_in(BEN, PASSWORD).await;
    let id = world.site.store.number("SELECT max(id) FROM outbox");
    let waiting =
        || world.site.store.number(&format!("SELECT count(*) FROM outbox WHERE id = {id} AND state = 'waiting'"));
    let (retry, cancel) = (format!("/outbox/{id}/retry"), format!("/outbox/{id}/cancel"));
    assert_eq!(ben.post(&retry, &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(waiting(), 0);
    assert!(ada.get("/outbox").await.body.contains(&format!("action=\"/hill{retry}\"")));
    for (path, waits) in [(&retry, 1), (&retry, 1), (&cancel, 0), (&cancel, 0), (&retry, 1)] {
        let done = ada.post(path, &[]).await;
        assert_eq!((done.status, done.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/hill/outbox"));
        assert_eq!(waiting(), waits, "{path}");
    }
    world.site.store.sql(&format!("UPDATE outbox SET state = 'sent' WHERE id = {id}"));
    assert_eq!(ada.post(&cancel, &[]).await.status, StatusCode::SEE_OTHER, "the page says that it was sent");
    assert!(!ada.get("/outbox").await.body.contains(&cancel));
    for path in [format!("/outbox/{id}/burn"), "/outbox/4711/retry".to_owned(), "/outbox/x/retry".to_owned()] {
        assert_eq!(ada.post(&path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
