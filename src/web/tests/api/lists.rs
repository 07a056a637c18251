//! Lists and broadcasts by the API.

use super::*;
use crate::store::{Agreed, Channel, Consent, NewSubscriber, Tx};

/// Somebody on every list that has nobody yet, who has agreed to e-mails.
pub(super) fn subscribe(world: &World) {
    let now = world.site.clock.now();
    let all = |tx: &Tx<'_>| {
        for list in tx.lists()? {
            if tx.subscribers(list.id, None, 1)?.is_empty() {
                let email = crate::model::Email::parse("zoe@example.org").expect("an address");
                let (first_name, last_name) = ("Zoë", "O'Brien");
                let new = NewSubscriber {
                    first_name,
                    last_name,
                    phone: None,
                    email: Some(&email),
                    tags: "choir",
                    zone: None,
                    contact: None,
                };
                let zoe = tx.insert_subscriber(list.id, &new, now)?;
                let consent = Consent {
                    channel: Channel::Email,
                    act: Agreed::Confirmed,
                    at: now,
                    wording: Some(list.wording_hash),
                    source: "import".to_owned(),
                    evidence: "paper".to_owned(),
                };
                tx.add_consent(zoe, &consent)?;
            }
        }
        Ok::<_, crate::store::StoreError>(())
    };
    world.site.store.write(all).expect("a sound database");
}

// G6 A1 A2 A9 A12
#[tokio::test]
async fn a_list_is_made_and_written_to_once() {
    let (world, mut ada) = adas().await;
    let made = ada.call("POST", "/api/v1/lists", Some(&json!({"name": "Club news", "sender": "Hill Club"}))).await;
    assert_eq!((made.status, &made.json()["slug"]), (StatusCode::CREATED, &json!("club-news")), "{}", made.body);
    let (list, tag) = (made.json()["id"].as_str().expect("an id").to_owned(), made.header(header::ETAG));
    ada.call("POST", "/api/v1/lists", Some(&json!({"name": "club news"}))).await.problem(409);
    let at = format!("/api/v1/lists/{list}");
    let (new, seen) = (json!({"sender": "The Hill Club"}), [("if-match", tag)]);
    let changed = ada.call_with("PATCH", &at, Some(&new), &seen).await;
    assert_eq!(changed.json()["sender"], "The Hill Club", "{}", changed.body);
    ada.call_with("PATCH", &at, Some(&new), &seen).await.problem(412);
    ada.call("PATCH", &at, Some(&json!({"slug": "other"}))).await.problem(422);
    subscribe(&world);
    let who = ada.get(&format!("{at}/subscribers")).await["items"][0].clone();
    assert_eq!((&who["by_email"], &who["tags"]), (&json!("confirmed"), &json!(["choir"])));

    for (body, pointer) in [
        (json!({"list": list, "text": "Hi {fist_name}"}), "/text"),
        (json!({"list": list, "text": " "}), "/text"),
        (json!({"list": list, "text": "a".repeat(1_601)}), "/text"),
        (json!({"list": "4711", "text": "Hi"}), "/list"),
        (json!({"event": "4711", "text": "Hi"}), "/event"),
        (json!({"text": "Hi"}), ""),
    ] {
        let refused = ada.call("POST", "/api/v1/broadcasts", Some(&body)).await.problem(422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
    }
    let new = json!({"list": list, "text": "Hello {first_name|there}", "people": [who["id"]]});
    let written = ada.call("POST", "/api/v1/broadcasts", Some(&new)).await;
    assert_eq!((written.status, &written.json()["state"]), (StatusCode::CREATED, &json!("draft")));
    let at = format!("/api/v1/broadcasts/{}", written.json()["id"].as_str().expect("an id"));
    ada.call("POST", &format!("{at}/send"), None).await.problem(409);
    a_broadcast_is_worded_anew_until_it_is_sent(&mut ada, &at, &new).await;
    let plan = ada.call("POST", &format!("{at}/plan"), None).await.json();
    assert_eq!((&plan["emails"], &plan["example"]), (&json!(1), &json!("Hello Zoë")), "{plan}");
    let tried = ada.call("POST", &format!("{at}/test"), Some(&json!({"address": "ada@example.org"}))).await;
    assert_eq!(tried.json()["counts"], json!({"planned": 1}), "{}", tried.body);
    for _ in 0..2 {
        let sent = ada.call("POST", &format!("{at}/send"), None).await;
        assert_eq!((sent.status, &sent.json()["state"]), (StatusCode::OK, &json!("sending")), "{}", sent.body);
    }
    ada.call("POST", &format!("{at}/plan"), None).await.problem(409);
    ada.call("PATCH", &at, Some(&json!({"text": "Too late"}))).await.problem(409);
    let csv = ada.call("GET", &format!("{at}/results.csv"), None).await;
    assert!(csv.body.contains("Zoë O'Brien,,zoe@example.org,email,"), "{}", csv.body);
    for (act, state) in [("pause", "paused"), ("send", "sending"), ("cancel", "cancelled"), ("cancel", "cancelled")] {
        let done = ada.call("POST", &format!("{at}/{act}"), None).await;
        assert_eq!(done.json()["state"], state, "{}", done.body);
    }
    assert_eq!(ada.get(&format!("{at}/recipients")).await["items"][0]["state"], "cancelled");

    let out = json!({"address": "zoe@example.org", "reason": "asked at the door"});
    let at = format!("/api/v1/lists/{list}");
    assert_eq!(ada.call("POST", &format!("{at}/opt-outs"), Some(&out)).await.json()["people"], 1);
    assert_eq!(ada.get(&format!("{at}/subscribers")).await["items"][0]["by_email"], "withdrawn");
    let one = format!("{at}/subscribers/{}", who["id"].as_str().expect("an id"));
    somebody_is_called_otherwise(&mut ada, &one).await;
    assert_eq!(ada.call("DELETE", &one, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ada.get(&format!("{at}/subscribers")).await["items"], json!([]));
    ada.call("DELETE", &at, None).await.problem(409);
    let empty = ada.call("POST", "/api/v1/lists", Some(&json!({"name": "Empty"}))).await;
    let empty = empty.header(header::LOCATION).replace("/hill", "");
    assert_eq!(ada.call("DELETE", &empty, None).await.status, StatusCode::NO_CONTENT);
}

/// Says something else in a draft and in a plan, which is a draft again; what was never planned can be removed.
async fn a_broadcast_is_worded_anew_until_it_is_sent(ada: &mut Script, at: &str, new: &Value) {
    let text = new["text"].clone();
    let read = ada.call("GET", at, None).await;
    let tag = read.header(header::ETAG).to_owned();
    assert_eq!(ada.call("PATCH", at, Some(&json!({}))).await.body, read.body, "what is changed is shown as it is read");
    let changed =
        ada.call_with("PATCH", at, Some(&json!({"text": "Hi {first_name|you}"})), &[("if-match", &tag)]).await;
    assert_eq!((changed.status, &changed.json()["text"]), (StatusCode::OK, &json!("Hi {first_name|you}")));
    ada.call_with("PATCH", at, Some(&json!({"text": "Hello"})), &[("if-match", &tag)]).await.problem(412);
    let refused = ada.call("PATCH", at, Some(&json!({"text": "Hi {fist_name}"}))).await.problem(422);
    assert_eq!(refused["errors"][0]["pointer"], "/text");
    assert_eq!(ada.call("POST", &format!("{at}/plan"), None).await.json()["example"], "Hi Zoë");
    ada.call("DELETE", at, None).await.problem(409);
    let again = ada.call("PATCH", at, Some(&json!({"text": text, "channels": ["email"]}))).await.json();
    assert_eq!((&again["state"], &again["planned_at"]), (&json!("draft"), &Value::Null));
    ada.call("POST", &format!("{at}/send"), None).await.problem(409);
    let other = ada.call("POST", "/api/v1/broadcasts", Some(new)).await.json()["id"].clone();
    let other = format!("/api/v1/broadcasts/{}", other.as_str().expect("an id"));
    assert_eq!(ada.call("DELETE", &other, None).await.status, StatusCode::NO_CONTENT);
    ada.call("GET", &other, None).await.problem(404);
}

/// Tags somebody, names them and says where they are; what is wrong is told where it stands, and changes nothing.
async fn somebody_is_called_otherwise(ada: &mut Script, one: &str) {
    let change = json!({"first_name": " Zoe ", "tags": ["choir", "board"], "timezone": "Europe/London"});
    let read = ada.call("GET", one, None).await;
    let seen = read.header(header::ETAG).to_owned();
    assert_eq!((read.status, &read.json()["tags"]), (StatusCode::OK, &json!(["choir"])));
    let changed = ada.call_with("PATCH", one, Some(&change), &[("if-match", &seen)]).await;
    ada.call_with("PATCH", one, Some(&change), &[("if-match", &seen)]).await.problem(412);
    let (tag, who) = (changed.header(header::ETAG).to_owned(), changed.json());
    assert_eq!((changed.status, &who["first_name"], &who["tags"]), (StatusCode::OK, &json!("Zoe"), &change["tags"]));
    assert_eq!((&who["timezone"], &who["by_email"]), (&json!("Europe/London"), &json!("withdrawn")));
    for (wrong, pointer) in [
        (json!({"first_name": "", "last_name": null}), "/first_name"),
        (json!({"tags": ["a".repeat(200)]}), "/tags"),
        (json!({"timezone": "Mars/Base"}), "/timezone"),
        (json!({"email": "zoe@example.org"}), "/email"),
    ] {
        let refused = ada.call("PATCH", one, Some(&wrong)).await.problem(422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
    }
    let change = json!({"tags": null, "timezone": null});
    let changed = ada.call_with("PATCH", one, Some(&change), &[("if-match", &tag)]).await.json();
    assert_eq!((&changed["tags"], &changed["timezone"]), (&json!([]), &Value::Null));
    ada.call_with("PATCH", one, Some(&change), &[("if-match", &tag)]).await.problem(412);
}

// A2 G6
#[tokio::test]
async fn the_people_of_an_exchange_are_written_to() {
    let (_world, mut ada) = adas().await;
    let made = ada.call("POST", "/api/v1/exchanges", Some(&json!({"name": "Office"}))).await.json();
    let exchange = made["id"].as_str().expect("an id").to_owned();
    let new = json!({"name": "Cleo Marsh", "email": "cleo@example.org"});
    ada.call("POST", &format!("/api/v1/exchanges/{exchange}/people"), Some(&new)).await;
    for (body, pointer) in [
        (json!({"exchange": "4711", "text": "Hi"}), "/exchange"),
        (json!({"exchange": exchange, "contacts": true, "text": "Hi"}), ""),
    ] {
        let refused = ada.call("POST", "/api/v1/broadcasts", Some(&body)).await.problem(422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
    }
    let new = json!({"exchange": exchange, "text": "Hello {first_name}"});
    let at = ada.call("POST", "/api/v1/broadcasts", Some(&new)).await.header(header::LOCATION).replace("/hill", "");
    let plan = ada.call("POST", &format!("{at}/plan"), None).await.json();
    assert_eq!((&plan["emails"], &plan["example"]), (&json!(1), &json!("Hello Cleo")), "{plan}");
}

// A8 G6: with evidence they have agreed, without it they are asked; tried first, all of it or nothing
#[tokio::test]
async fn subscribers_come_from_a_spreadsheet_with_evidence_of_their_consent() {
    let (world, mut ada) = adas().await;
    let made = ada.call("POST", "/api/v1/lists", Some(&json!({"name": "Club news"}))).await.json();
    let list = made["id"].as_str().expect("an id").to_owned();
    let (path, csv) = (format!("/api/v1/imports?into=subscribers&list={list}"), [("content-type", "text/csv")]);
    let wrong = json!("First name,Email,Shoe\nAnn,ann@example.org,42\nBen,nowhere,43\n");
    let refused = ada.call_with("POST", &path, Some(&wrong), &csv).await.problem(422);
    let told = &refused["errors"][0];
    assert_eq!((&told["row"], &told["column"]), (&json!(3), &json!("Email")), "{refused}");
    let rows = json!(
        "first_name,last_name,email,consent,shoe\nAnn,Hill,ann@example.org,paper form 3 May,42\n<b>,,ben@example.org,no,43\n"
    );
    let subscribers = format!("/api/v1/lists/{list}/subscribers");
    for (dry, status, there) in [("&dry_run=true", 200, 0), ("", 201, 2)] {
        let answer = ada.call_with("POST", &format!("{path}{dry}"), Some(&rows), &csv).await;
        let said = answer.json();
        assert_eq!((answer.status.as_u16(), &said["added"]), (status, &json!(["Ann Hill", "<b>"])), "{said}");
        assert_eq!(said["consent"], json!({"confirmed": 1, "asked": 1, "withdrawn": 0}), "{said}");
        assert!(said["warnings"].to_string().contains("shoe"), "an unknown column is named: {said}");
        assert_eq!(ada.get(&subscribers).await["items"].as_array().map(Vec::len), Some(there));
    }
    let stands = ada.get(&subscribers).await;
    assert_eq!(
        (&stands["items"][0]["by_email"], &stands["items"][1]["by_email"]),
        (&json!("confirmed"), &json!("asked"))
    );
    let tables = world.site.store.tables();
    let record = tables.iter().find(|table| table.name == "consent").expect("a table");
    assert!(format!("{:?}", record.rows).contains("paper form 3 May (by the API)"), "{:?}", record.rows);
    let again = ada.call_with("POST", &path, Some(&rows), &csv).await.json();
    assert_eq!((&again["added"], &again["same"]), (&json!([]), &json!(2)), "{again}");
    for (query, pointer) in [
        ("into=subscribers", "/list"),
        ("into=subscribers&exchange=1", "/list"),
        ("into=contacts&list=1", "/list"),
        ("into=people&list=1", "/exchange"),
        ("into=people&exchange=1&list=1", "/list"),
        ("into=subscribers&exchange=1&list=1", "/exchange"),
    ] {
        let refused = ada.call_with("POST", &format!("/api/v1/imports?{query}"), Some(&rows), &csv).await.problem(422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{query}: {refused}");
    }
    ada.call_with("POST", "/api/v1/imports?into=subscribers&list=4711", Some(&rows), &csv).await.problem(404);
    let new = json!({"contacts": true, "text": "Hello"});
    let of =
        ada.call("POST", "/api/v1/broadcasts", Some(&new)).await.json()["list"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/imports?into=subscribers&list={of}");
    ada.call_with("POST", &path, Some(&rows), &csv).await.problem(409);
}

// A2 G6
#[tokio::test]
async fn contacts_are_written_to_without_a_list() {
    let (_world, mut ada) = adas().await;
    let new = json!({"name": "Cleo Marsh", "email": "cleo@example.org", "tags": ["club"]});
    ada.call("POST", "/api/v1/contacts", Some(&new)).await;
    let new = json!({"contacts": true, "text": "Hello {first_name}", "tags": ["club"], "channels": ["email"]});
    let at = ada.call("POST", "/api/v1/broadcasts", Some(&new)).await.header(header::LOCATION).replace("/hill", "");
    assert_eq!(ada.call("POST", &format!("{at}/plan"), None).await.json()["example"], "Hello Cleo");
    let listed = ada.get("/api/v1/lists").await;
    assert_eq!((&listed["items"][0]["name"], &listed["items"][0]["slug"]), (&json!("Contacts"), &json!(null)));
}
