//! The desks of the API.

use super::*;

/// Makes a desk with two hosts, one of whom has a visitor; gives its path.
pub(super) async fn furnished(script: &mut Script, name: &str) -> String {
    let desk = json!({"name": name, "address": "1 Mill Lane", "timezone": "Europe/London"});
    let path = posted(script, "/api/v1/desks", &desk).await.0;
    for (name, phone) in [("Ada Hill", "+44 7700 900123"), ("Ben Hill", "+44 7700 900124")] {
        posted(script, &format!("{path}/hosts"), &json!({"name": name, "phone": phone})).await;
    }
    let visit = json!({"name": "Cleo Marsh", "email": "cleo@example.org", "until": "PT45M", "consent": true});
    posted(script, &format!("{path}/visits"), &visit).await;
    path
}

/// Makes something; gives its path, and what it is.
async fn posted(script: &mut Script, path: &str, new: &Value) -> (String, Value) {
    let made = script.call("POST", path, Some(new)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{path}: {}", made.body);
    (made.header(header::LOCATION).replace("/hill", ""), made.json())
}

// G6, V10, V7
#[tokio::test]
async fn a_desk_and_its_hosts_are_made_changed_and_removed() {
    let (_world, mut ada) = adas().await;
    let new = json!({"name": "Reception", "address": "1 Mill Lane", "opens": "09:00", "keep": "soon"});
    let refused = ada.call("POST", "/api/v1/desks", Some(&new)).await.problem(422);
    assert_eq!(refused["errors"][0]["pointer"], "/keep");
    let new = json!({"name": "Reception", "address": "1 Mill Lane", "opens": "09:00", "timezone": "Nowhere/Land"});
    let refused = ada.call("POST", "/api/v1/desks", Some(&new)).await.problem(422);
    let pointers: Vec<&Value> = refused["errors"].as_array().expect("flaws").iter().map(|it| &it["pointer"]).collect();
    assert_eq!(pointers, ["/timezone", "/opens"], "everything at once");

    let new = json!({"name": "Reception", "address": "1 Mill Lane", "messages": {"goodbye": "Bye {visitor}!"}});
    let (path, desk) = posted(&mut ada, "/api/v1/desks", &new).await;
    assert_eq!((&desk["slug"], &desk["keep"]), (&json!("reception"), &json!("P30D")));
    let texts = ada.get(&format!("{path}/messages?limit=1000")).await;
    let texts = texts["items"].as_array().expect("texts");
    assert!(texts.iter().any(|text| text["id"] == "goodbye" && text["text"] == "Bye {visitor}!"), "{texts:?}");
    let tag = ada.call("GET", &path, None).await.header(header::ETAG).to_owned();
    let change = json!({"opens": "09:00", "closes": "17:30", "keep": "P7D", "messages": {"goodbye": null}});
    let changed = ada.call_with("PATCH", &path, Some(&change), &[("if-match", &tag)]).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    let now = changed.json();
    assert_eq!(
        (&now["opens"], &now["keep"], &now["messages"], &now["address"]),
        (&json!("09:00"), &json!("P7D"), &json!({}), &json!("1 Mill Lane"))
    );
    ada.call_with("PATCH", &path, Some(&json!({"name": "Door"})), &[("if-match", &tag)]).await.problem(412);

    let pair = format!("{path}/pair");
    let link = ada.call("POST", &pair, Some(&json!({}))).await.json()["kiosk"].clone();
    assert!(link.as_str().is_some_and(|link| link.contains("/desk/reception/")), "{link}");
    assert_eq!(ada.call("POST", &pair, Some(&json!({}))).await.json()["kiosk"], link, "the same again");
    assert_ne!(ada.call("POST", &pair, Some(&json!({"anew": true}))).await.json()["kiosk"], link);

    let new = json!({"name": "Ben Hill", "phone": "+44 7700 900124", "room": "2.14"});
    let (host, ben) = posted(&mut ada, &format!("{path}/hosts"), &new).await;
    assert!(host.starts_with("/api/v1/hosts/"), "{host}");
    assert_eq!((&ben["phone"], &ben["away"]), (&json!("+447700900124"), &json!([])));
    let refused = ada.call("PATCH", &host, Some(&json!({"phone": "12"}))).await.problem(422);
    assert_eq!(refused["errors"][0]["pointer"], "/phone");
    let away = ada.call("POST", &format!("{host}/away"), Some(&json!({}))).await;
    assert_eq!(away.json()["state"], "away", "{}", away.body);
    assert_eq!(away.json()["away"][0]["to"], Value::Null, "until they are back");
    let past = json!({"to": "2020-01-01T00:00:00Z"});
    ada.call("POST", &format!("{host}/away"), Some(&past)).await.problem(422);
    for _ in 0..2 {
        assert_eq!(ada.call("DELETE", &format!("{host}/away"), None).await.status, StatusCode::NO_CONTENT);
    }
    assert_ne!(ada.get(&host).await["state"], "away");
    assert_eq!(ada.call("DELETE", &host, None).await.status, StatusCode::NO_CONTENT);
    ada.call("GET", &host, None).await.problem(404);
    assert_eq!(ada.call("DELETE", &path, None).await.status, StatusCode::NO_CONTENT);
    ada.call("GET", &path, None).await.problem(404);
    assert_eq!(ada.get("/api/v1/desks").await["items"], json!([]));
}

// G6, V1, V4, V5, V6, V9: every state once
#[tokio::test]
async fn visitors_check_in_stay_longer_and_leave() {
    let (world, mut ada) = adas().await;
    let path = furnished(&mut ada, "Reception").await;
    let (visits, until) = (format!("{path}/visits"), json!({"until": "PT2H"}));
    let cleo = json!({"name": "Cleo Marsh", "email": "cleo@example.org", "until": "PT45M", "consent": true});
    let again = ada.call("POST", &visits, Some(&cleo)).await;
    assert_eq!((again.status, &again.json()["host"]), (StatusCode::OK, &json!("Ada Hill")), "the same twice is one");
    let wrong = json!({"name": "", "phone": "12", "until": "yesterday", "consent": false});
    let refused = ada.call("POST", &visits, Some(&wrong)).await.problem(422);
    let pointers: Vec<&Value> = refused["errors"].as_array().expect("flaws").iter().map(|it| &it["pointer"]).collect();
    assert_eq!(pointers, ["/name", "/phone", "/until", "/consent"]);
    let dora = json!({"name": "Dora Pike", "host": "Ben Hill", "until": "PT45M", "consent": true});
    let (visit, shown) = posted(&mut ada, &visits, &dora).await;
    assert_eq!(
        (&shown["host"], &shown["state"], &shown["texted"]),
        (&json!("Ben Hill"), &json!("inside"), &json!(false))
    );
    assert_eq!(shown["token"].as_str().map(str::len), Some(26));
    let edda = json!({"name": "Edda Vale", "until": "PT45M", "consent": true});
    let busy = ada.call("POST", &visits, Some(&edda)).await.problem(409);
    assert_eq!(busy["nearest"]["host"], "Ada Hill", "{busy}");
    assert!(busy["nearest"]["at"].as_str().is_some_and(|at| at.parse::<jiff::Timestamp>().is_ok()), "{busy}");
    let ben = shown["host_id"].as_str().expect("an id");
    ada.call("DELETE", &format!("/api/v1/hosts/{ben}"), None).await.problem(409);
    ada.call("DELETE", &path, None).await.problem(409);

    let desk = ada.get(&path).await;
    assert_eq!(desk["inside"].as_array().map(Vec::len), Some(2));
    assert_eq!(desk["hosts"][1]["state"], "with a visitor");
    let waiting: Vec<&Value> = desk["waiting"].as_array().expect("rows").iter().map(|row| &row["kind"]).collect();
    assert_eq!(waiting, ["visit_arrived", "visit_arrived", "visit_leave"]);
    let longer = ada.call("POST", &format!("{visit}/extend"), Some(&until)).await;
    assert!(longer.json()["due"].as_str() > shown["due"].as_str(), "{}", longer.body);
    for _ in 0..2 {
        let left = ada.call("POST", &format!("{visit}/leave"), None).await;
        assert_eq!((left.status, &left.json()["state"]), (StatusCode::OK, &json!("early")));
    }
    ada.call("POST", &format!("{visit}/extend"), Some(&until)).await.problem(409);
    ada.call("POST", &format!("{visit}/cancel"), None).await.problem(409);
    let (visit, _) = posted(&mut ada, &visits, &edda).await;
    for _ in 0..2 {
        let cancelled = ada.call("POST", &format!("{visit}/cancel"), None).await;
        assert_eq!(cancelled.json()["state"], "cancelled", "{}", cancelled.body);
    }
    // What the clock has closed is on the list until it is put right.
    world.site.clock.advance(jiff::SignedDuration::from_mins(90));
    let (visit, _) =
        posted(&mut ada, &visits, &json!({"name": "Cy", "host": "Ada Hill", "until": "PT45M", "consent": true})).await;
    let first = ada.get(&format!("{visits}?limit=1")).await;
    assert!(first["next"].is_string(), "{first}");
    assert_eq!(
        (&first["items"][0]["visitor"], &first["items"][0]["state"]),
        (&json!("Cleo Marsh"), &json!("unconfirmed"))
    );
    let cleos = format!("/api/v1/visits/{}", first["items"][0]["id"].as_str().expect("an id"));
    assert_eq!(ada.call("POST", &format!("{cleos}/leave"), None).await.json()["state"], "left");
    let inside = ada.get(&path).await["inside"].clone();
    assert_eq!(inside.as_array().map(Vec::len), Some(1), "{inside}");
    assert_eq!(ada.get(&visit).await["id"], inside[0]["id"]);
}
