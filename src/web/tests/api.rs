//! The API as scripts, strangers, other accounts and testers meet it; what is asked of every operation is asked of the
//! document, so that a new resource is tested by being in it.

use axum::http::Method;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::pages::{ADA, Answer, BEN, Browser, Ids, PASSWORD};
use super::*;
use crate::app::accounts;
use crate::app::exchange::kept::{self, KeepError};
use crate::model::{Organizers, TopicId};
use crate::roster::Setting;
use crate::store::{Reach, Scope};

mod desks;
mod lists;
mod schema;

use schema::Schemas;

const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// A script with the token that it has, if any.
struct Script {
    browser: Browser,
    token: Option<String>,
}

impl Script {
    fn of(world: &World, reach: Reach, scope: Scope) -> Self {
        let name = format!("script {}", rand::random::<u32>());
        let made = world.site.store.write(|tx| accounts::make_token(tx, reach, (&name, scope), world.site.clock.now()));
        let token = Some(made.expect("made").expose_secret().to_owned());
        Self { browser: Browser::outside(world), token }
    }

    async fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.call_with(method, path, body, &[]).await
    }

    async fn call_with(&mut self, method: &str, path: &str, body: Option<&Value>, more: &[(&str, &str)]) -> Answer {
        let method: Method = method.to_uppercase().parse().expect("a method");
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() && !more.iter().any(|(name, _)| *name == "content-type") {
            request = request.header(header::CONTENT_TYPE, JSON);
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let body = body.map(|body| body.as_str().map_or_else(|| body.to_string(), str::to_owned));
        self.browser.send(request.body(body.map_or_else(Body::empty, Body::from)).expect("a request")).await
    }

    async fn get(&mut self, path: &str) -> Value {
        let answer = self.call("GET", path, None).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.json()
    }
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// A problem of this status, as the RFC has it.
    fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.header(header::CONTENT_TYPE), PROBLEM, "{}", self.body);
        let problem = self.json();
        assert_eq!((&problem["status"], &problem["type"]), (&json!(status), &json!("about:blank")));
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
        problem
    }
}

/// Ada's script, which may do everything of hers.
async fn adas() -> (World, Script) {
    let world = World::new();
    let ada = world.account(ADA).await;
    let script = Script::of(&world, ada.reach, Scope::Audit);
    (world, script)
}

// G6
#[tokio::test]
async fn contacts_are_made_listed_changed_and_removed() {
    let (_world, mut ada) = adas().await;
    let new = json!({"name": "Cleo Marsh", "phone": "+44 7700 900123", "tags": ["club"], "priority": 2});
    let made = ada.call("POST", "/api/v1/contacts", Some(&new)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let cleo = made.json();
    assert_eq!(cleo["phone"], "+447700900123");
    let path = format!("/api/v1/contacts/{}", cleo["id"].as_str().expect("a string"));
    assert_eq!(made.header(header::LOCATION), format!("/hill{path}"));
    assert_eq!(ada.get(&path).await, cleo);

    // What is not named stays, and null takes away.
    let change = json!({"email": "cleo@example.org", "phone": null});
    let changed = ada.call("PATCH", &path, Some(&change)).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    let now = changed.json();
    assert_eq!(
        (&now["phone"], &now["email"], &now["tags"]),
        (&Value::Null, &json!("cleo@example.org"), &json!(["club"]))
    );
    let refused = ada.call("PATCH", &path, Some(&json!({"email": null}))).await.problem(422);
    assert_eq!(refused["errors"][0]["pointer"], "/phone");
    assert_eq!(ada.call("DELETE", &path, None).await.status, StatusCode::NO_CONTENT);
    ada.call("GET", &path, None).await.problem(404);
    ada.call("DELETE", &path, None).await.problem(404);
}

// G6: of two edits at once, the second is refused
#[tokio::test]
async fn what_has_changed_since_it_was_read_is_not_changed_again() {
    let (_world, mut ada) = adas().await;
    let made = ada.call("POST", "/api/v1/contacts", Some(&json!({"name": "Cy", "email": "cy@example.org"}))).await;
    let (tag, path) = (made.header(header::ETAG).to_owned(), made.header(header::LOCATION).replace("/hill", ""));
    let patch = json!({"note": "first"});
    let first = ada.call_with("PATCH", &path, Some(&patch), &[("if-match", &tag)]).await;
    assert_eq!(first.status, StatusCode::OK);
    for (method, body) in [("PATCH", Some(json!({"note": "second"}))), ("DELETE", None)] {
        for stale in [tag.as_str(), "\"nonsense\"", "W/\"2\"", "\u{e9}"] {
            ada.call_with(method, &path, body.as_ref(), &[("if-match", stale)]).await.problem(412);
        }
    }
    let shown = ada.call("GET", &path, None).await;
    assert_eq!(shown.json()["note"], "first");
    let current = format!("\"0\", {}", shown.header(header::ETAG));
    assert_eq!(ada.call_with("DELETE", &path, None, &[("if-match", &current)]).await.status, StatusCode::NO_CONTENT);
}

// G6
#[tokio::test]
async fn a_list_is_read_a_stretch_at_a_time() {
    let (world, mut ada) = adas().await;
    for person in 0..25 {
        world.contact(Reach::SITE, &format!("Contact {person:02}"));
    }
    let mut path = "/api/v1/contacts?limit=10".to_owned();
    let mut names = Vec::new();
    for expected in [10, 10, 5] {
        let page = ada.get(&path).await;
        let items = page["items"].as_array().expect("items");
        assert_eq!(items.len(), expected);
        names.extend(items.iter().map(|item| item["name"].as_str().expect("a name").to_owned()));
        path = page["next"].as_str().unwrap_or_default().replace("/hill", "");
    }
    assert_eq!((path.as_str(), names.len()), ("", 25));
    assert!(names.is_sorted());
    for wrong in ["limit=0", "limit=1001", "limit=", "limit=x", "after=x", "limt=3", "limit=1&limit=2"] {
        let refused = ada.call("GET", &format!("/api/v1/contacts?{wrong}"), None).await.problem(422);
        assert_eq!(refused["errors"].as_array().map(Vec::len), Some(1), "{refused}");
    }
}

// G6: where a body is wrong is told, everything at once where it can be
#[tokio::test]
async fn a_wrong_body_is_told_where_it_is_wrong() {
    let (_world, mut ada) = adas().await;
    let path = "/api/v1/contacts";
    let wrong = json!({"name": "Cy", "phone": "12", "email": "nobody", "priority": 500});
    let refused = ada.call("POST", path, Some(&wrong)).await.problem(422);
    let pointers: Vec<&Value> = refused["errors"].as_array().expect("errors").iter().map(|e| &e["pointer"]).collect();
    assert_eq!(pointers, ["/phone", "/email", "/priority"]);
    for (body, pointer) in [
        (json!({"name": "Cy", "nam": 1}), "/nam"),
        (json!({"name": 4}), "/name"),
        (json!({"name": "Cy", "tags": ["a", 5]}), "/tags/1"),
        (json!({"name": "Cy", "email": "c@example.org", "tags": ["a,b"]}), "/tags"),
        (json!({}), ""),
        (json!([]), ""),
    ] {
        let refused = ada.call("POST", path, Some(&body)).await.problem(422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}: {refused}");
    }
    for broken in ["", "{", "{\"name\": \"\\ud800\"}", "\u{1}"] {
        ada.call("POST", path, Some(&json!(broken))).await.problem(400);
    }
    let good = json!({"name": "Cy", "email": "c@example.org"});
    for kind in ["text/plain", "application/x-www-form-urlencoded", "nonsense", ""] {
        ada.call_with("POST", path, Some(&good), &[("content-type", kind)]).await.problem(415);
    }
    let large = json!({"name": "x".repeat(BODY_LIMIT)});
    ada.call("POST", path, Some(&large)).await.problem(413);
    assert_eq!(ada.get(path).await["items"], json!([]), "nothing was added");
}

// G6, A7: a token, its scope, a session, another site's page
#[tokio::test]
async fn who_may_call_is_asked_before_anything_else() {
    let (world, mut ada) = adas().await;
    let (path, new) = ("/api/v1/contacts", json!({"name": "Cy", "email": "c@example.org"}));
    let mut reading = Script::of(&world, Reach::SITE, Scope::Read);
    assert_eq!(reading.call("GET", path, None).await.status, StatusCode::OK);
    let refused = reading.call("POST", path, Some(&new)).await.problem(403);
    assert!(refused["detail"].as_str().is_some_and(|words| words.contains("write")), "{refused}");

    let mut nobody = Script { browser: Browser::outside(&world), token: None };
    for shown in ["", "Bearer", "Bearer ", "Bearer nonsense", "Basic YTpi", "bearer\u{a0}x"] {
        let refused = nobody.call_with("GET", path, None, &[("authorization", shown)]).await;
        refused.problem(401);
        assert_eq!(refused.header(header::WWW_AUTHENTICATE), "Bearer");
    }
    nobody.call("GET", path, None).await.problem(401);

    let mut signed_in = Script { browser: Browser::outside(&world), token: None };
    signed_in.browser.sign_in(ADA, PASSWORD).await;
    assert_eq!(signed_in.call("GET", path, None).await.status, StatusCode::OK);
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        signed_in.call_with("POST", path, Some(&new), &[(name, value)]).await.problem(403);
    }
    let own = [("sec-fetch-site", "same-origin")];
    assert_eq!(signed_in.call_with("POST", path, Some(&new), &own).await.status, StatusCode::CREATED);
    // A token that no longer works does not fall back on the session.
    signed_in.call_with("GET", path, None, &[("authorization", "Bearer gone")]).await.problem(401);

    ada.call("GET", "/api/v1/contact", None).await.problem(404);
    ada.call("GET", "/api/nothing", None).await.problem(404);
    let refused = ada.call("PUT", path, Some(&new)).await;
    refused.problem(405);
    assert_eq!(refused.header(header::ALLOW), "GET,HEAD,POST");
}

// G6, G7: like the pages, off the public address until somebody may sign in
#[tokio::test]
async fn there_is_no_api_where_there_are_no_pages() {
    let mut world = World::new();
    let mut outside = Script::of(&world, Reach::SITE, Scope::Read);
    let mut here = Script { browser: Browser::here(&world), token: outside.token.clone() };
    for path in ["/api/v1/contacts", "/api/openapi.json", "/api/docs", "/api/nothing"] {
        let answer = outside.call("GET", path, None).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::NOT_FOUND, "There is nothing here.\n"),
            "{path}"
        );
    }
    assert_eq!(here.call("GET", "/api/v1/contacts", None).await.status, StatusCode::OK, "the site's own token, here");
    world.account(ADA).await;
    world.organizers(Organizers::Off);
    for mut browser in [Browser::outside(&world), Browser::here(&world)] {
        assert_eq!(browser.get("/api/openapi.json").await.status, StatusCode::NOT_FOUND);
    }
}

// G6, H19: told with every answer, held over all listeners, and over in a minute
#[tokio::test]
async fn calls_are_counted_for_an_account_and_that_is_said() {
    let (world, mut ada) = adas().await;
    let path = "/api/v1/contacts?limit=1";
    let first = ada.call("GET", path, None).await;
    assert_eq!((first.header("ratelimit-limit"), first.header("ratelimit-remaining")), ("1200", "1199"));
    // Another listener on the same database.
    let mut other = Script { browser: Browser::outside(&world), token: ada.token.clone() };
    assert_eq!(other.call("GET", path, None).await.header("ratelimit-remaining"), "1179");
    let mut calls = 2;
    let refused = loop {
        let answer =
            if calls % 2 == 0 { ada.call("GET", path, None).await } else { other.call("GET", path, None).await };
        calls += 1;
        if answer.status != StatusCode::OK {
            break answer;
        }
    };
    assert!((1_180..=1_201).contains(&calls), "{calls}");
    refused.problem(429);
    let wait: i64 = refused.header(header::RETRY_AFTER).parse().expect("a number");
    assert!((1..=61).contains(&wait) && refused.header("ratelimit-remaining") == "0", "{wait}");
    let ben = world.account(BEN).await;
    assert_eq!(Script::of(&world, ben.reach, Scope::Read).call("GET", path, None).await.status, StatusCode::OK);
    world.site.clock.advance(jiff::SignedDuration::from_secs(wait));
    assert_eq!(ada.call("GET", path, None).await.status, StatusCode::OK);
}

// G6: everything from here, under a policy of its own
#[tokio::test]
async fn the_document_and_its_page_are_served() {
    let (world, _) = adas().await;
    let mut anybody = Browser::outside(&world);
    let shown = anybody.get("/api/openapi.json").await;
    let document: Value = serde_json::from_str(&shown.body).expect("JSON");
    assert_eq!((&document["openapi"], &document["servers"][0]["url"]), (&json!("3.1.0"), &json!("/hill/")));
    assert_eq!(document["paths"], document_of_the_verb()["paths"]);
    let moved = anybody.get("/api/docs").await;
    assert_eq!(moved.header(header::LOCATION), "/hill/api/docs/index.html");
    let page = anybody.get("/api/docs/index.html").await;
    assert!(page.status == StatusCode::OK && page.body.contains("swagger-ui-bundle.js"), "{}", page.body);
    assert!(!page.body.contains("http://") && !page.body.contains("https://"), "nothing is fetched from elsewhere");
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(anybody.get("/api/docs/swagger-initializer.js").await.body.contains("/hill/api/openapi.json"));
    assert_eq!(anybody.get("/api/docs/nothing.js").await.status, StatusCode::NOT_FOUND);
}

fn document_of_the_verb() -> Value {
    crate::web::document()
}

/// An operation of the document.
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    about: &'a Value,
    document: &'a Value,
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let each = paths.flat_map(|(path, item)| {
        item.as_object().into_iter().flatten().map(move |(method, about)| (path, method, about))
    });
    each.map(|(path, method, about)| Operation { method, path, about, document }).collect()
}

impl Operation<'_> {
    /// A path to something that is there, as far as there is any.
    async fn path_to_some(&self, owner: &mut Script, random: &mut ChaCha8Rng) -> (String, bool) {
        path_to_some(self.document, self.path, owner, random).await
    }

    fn body(&self) -> Option<&Value> {
        self.about.pointer("/requestBody/content/application~1json/schema")
    }

    /// A query of its parameters; whether it is one that has to be refused.
    fn query(&self, schemas: &Schemas<'_>, random: &mut ChaCha8Rng) -> (String, bool) {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let mut is_wrong = false;
        for parameter in self.about["parameters"].as_array().into_iter().flatten() {
            let required = parameter["required"] == true;
            if parameter["in"] != "query" || !(required || random.random_bool(0.3)) {
                continue;
            }
            let value = match random.random_range(0..4) {
                0 => json!("nonsense"),
                1 => json!(-5),
                _ => schemas.valid(&parameter["schema"], random),
            };
            if value.is_null() {
                continue;
            }
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let read = serde_json::from_str(&text).unwrap_or_default();
            is_wrong |= [json!(text), read].iter().all(|value| schemas.fault(&parameter["schema"], value).is_some());
            query.append_pair(parameter["name"].as_str().expect("a name"), &text);
        }
        (query.finish(), is_wrong)
    }

    /// Holds an answer against what the document says of it.
    fn check(&self, schemas: &Schemas<'_>, answer: &Answer, asked: &str) {
        let status = answer.status.as_u16();
        let said: String = answer.body.chars().take(600).collect();
        let told = format!("{} {} ({asked}) -> {status} {said}", self.method, self.path);
        assert!(status < 500, "{told}");
        let documented = &self.about["responses"][status.to_string()];
        assert!(documented.is_object(), "not documented: {told}");
        let kind = answer.header(header::CONTENT_TYPE).split(';').next().unwrap_or_default();
        match documented["content"].as_object() {
            None => assert_eq!((kind, answer.body.as_str()), ("", ""), "{told}"),
            Some(content) => {
                let schema = content.get(kind).unwrap_or_else(|| panic!("{kind:?} is not documented: {told}"));
                if kind.ends_with("json") {
                    let fault = schemas.fault(&schema["schema"], &answer.json());
                    assert_eq!(fault, None, "{told}");
                }
            }
        }
        assert!(!answer.header("ratelimit-limit").is_empty(), "{told}");
    }
}

/// A path of the document's to something that is there, as far as there is any: each id out of the list that stands before
/// it or, where there is none, out of one of that name below something else.
async fn path_to_some(document: &Value, template: &str, owner: &mut Script, random: &mut ChaCha8Rng) -> (String, bool) {
    let (mut path, mut is_there) = (String::new(), true);
    let parts: Vec<&str> = template.split('/').skip(1).collect();
    for (at, part) in parts.iter().enumerate() {
        if !part.starts_with('{') {
            path += &format!("/{part}");
            continue;
        }
        let (before, of) = (format!("/{}", parts[..at].join("/")), format!("/{}", parts[at - 1]));
        let elsewhere = document["paths"].as_object().into_iter().flatten().map(|(path, _)| path);
        let elsewhere =
            elsewhere.filter(|path| path.ends_with(&of)).find(|_| document["paths"][&before]["get"].is_null());
        let list = match elsewhere {
            Some(elsewhere) => Box::pin(path_to_some(document, elsewhere, owner, random)).await.0,
            None => path.clone(),
        };
        let listed = owner.call("GET", &format!("{list}?limit=50"), None).await;
        let items = serde_json::from_str::<Value>(&listed.body).ok().and_then(|page| page["items"].as_array().cloned());
        let ids: Vec<String> =
            items.into_iter().flatten().filter_map(|item| item["id"].as_str().map(str::to_owned)).collect();
        is_there &= !ids.is_empty();
        let id = ids.get(random.random_range(0..ids.len().max(1))).map_or("4711", |id| id);
        path += &format!("/{id}");
    }
    (path, is_there)
}

/// Rounds over every operation.
const ROUNDS: usize = 30;

// G6: whatever is sent, the answer is one that the document knows, and what is not of the schema is refused
#[tokio::test]
async fn every_operation_answers_as_its_document_says() {
    let (world, mut ada) = adas().await;
    let document = document_of_the_verb();
    let schemas = Schemas(&document);
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let operations = operations(&document);
    assert!(operations.len() > 25);
    for round in 0..ROUNDS {
        if round % 10 == 0 {
            furnished(&mut ada, &format!("Office {round}")).await;
            desks::furnished(&mut ada, &format!("Reception {round}")).await;
            lists::subscribe(&world);
        }
        world.contact(Reach::SITE, &format!("Contact {round}"));
        for operation in &operations {
            let (path, _) = operation.path_to_some(&mut ada, &mut random).await;
            let (query, mut is_wrong) = operation.query(&schemas, &mut random);
            let body = operation.body().map(|schema| {
                let wrong = random.random_bool(0.4).then(|| schemas.invalid(schema, &mut random)).flatten();
                is_wrong |= wrong.is_some();
                wrong.unwrap_or_else(|| schemas.valid(schema, &mut random))
            });
            let asked = format!("{path}?{query}");
            // Spreadsheets have a test of their own.
            let is_sheet = operation.path.ends_with("/imports");
            let answer = ada.call(operation.method, &asked, body.as_ref()).await;
            let told = format!("{asked} {}", body.unwrap_or_default());
            operation.check(&schemas, &answer, &told);
            assert!(
                !(is_wrong || is_sheet) || answer.status.is_client_error(),
                "bad input was taken: {} {told}",
                operation.method
            );
        }
        // A minute later nothing of the calls counts any more.
        world.site.clock.advance(jiff::SignedDuration::from_mins(2));
    }
}

/// Makes an exchange of four with something of everything, drawn and opened once; gives its path.
async fn furnished(script: &mut Script, name: &str) -> String {
    let made = script.call("POST", "/api/v1/exchanges", Some(&json!({"name": name, "country": "GB"}))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let path = made.header(header::LOCATION).replace("/hill", "");
    for person in ["Dora", "Eli", "Fay", "Gus"] {
        let email = format!("{person}@example.org").to_lowercase();
        let new = json!({"name": person, "email": email, "households": [], "wishes": ["socks"]});
        let added = script.call("POST", &format!("{path}/people"), Some(&new)).await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.body);
    }
    for (of, body) in [
        ("exclusions", json!({"giver": "Dora", "receiver": "Eli"})),
        ("draws", json!({})),
        ("openings", json!({"giver": "Dora", "reason": "a test"})),
    ] {
        let made = script.call("POST", &format!("{path}/{of}"), Some(&body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{of}: {}", made.body);
    }
    let contact = json!({"name": "Hugo", "email": "hugo@example.org"});
    let contact = script.call("POST", "/api/v1/contacts", Some(&contact)).await.json();
    let event = json!({"name": "Dinner", "starts_at": "2099-12-04T19:00:00Z", "seats": 3, "first": [contact["id"]]});
    let made = script.call("POST", "/api/v1/events", Some(&event)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let dealt =
        script.call("POST", &format!("{}/deal", made.header(header::LOCATION).replace("/hill", "")), None).await;
    assert_eq!(dealt.status, StatusCode::OK, "{}", dealt.body);
    let made = script.call("POST", "/api/v1/lists", Some(&json!({"name": format!("News of {name}")}))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let list = made.json()["id"].clone();
    for _ in 0..2 {
        let new = json!({"list": list, "text": "Hello {first_name|there}"});
        let made = script.call("POST", "/api/v1/broadcasts", Some(&new)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    }
    path
}

// G6, G8
#[tokio::test]
async fn an_exchange_is_made_and_changed() {
    let (_world, mut ada) = adas().await;
    let new = json!({"name": "Office 2026", "rules": {"mutual": false}, "date": "2026-12-24"});
    let made = ada.call("POST", "/api/v1/exchanges", Some(&new)).await;
    let (path, office) = (made.header(header::LOCATION).replace("/hill", ""), made.json());
    assert_eq!(
        (&office["series"], &office["rules"]["mutual"], &office["kept"]),
        (&json!("Office"), &json!(false), &json!("database"))
    );
    ada.call("POST", "/api/v1/exchanges", Some(&new)).await.problem(409);
    let changed = ada
        .call(
            "PATCH",
            &path,
            Some(&json!({"budget": "25 GBP", "date": null, "auditors": null, "rules": {"mutual": true}})),
        )
        .await
        .json();
    assert_eq!(
        (&changed["budget"], &changed["date"], &changed["rules"]["mutual"]),
        (&json!("25 GBP"), &Value::Null, &json!(true))
    );
    let wrong = ada
        .call("PATCH", &path, Some(&json!({"timezone": "Mars/Base", "rules": {"gifts_each": 0}})))
        .await
        .problem(422);
    let mut pointers: Vec<&str> =
        wrong["errors"].as_array().expect("errors").iter().filter_map(|e| e["pointer"].as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/rules/gifts_each", "/timezone"], "{wrong}");
}

// G6: what a draw needs is told, and a draw is made once
#[tokio::test]
async fn an_exchange_is_filled_and_drawn() {
    let (_world, mut ada) = adas().await;
    let made = ada.call("POST", "/api/v1/exchanges", Some(&json!({"name": "Office 2026"}))).await;
    let path = made.header(header::LOCATION).replace("/hill", "");
    let draws = format!("{path}/draws");
    ada.call("POST", &draws, Some(&json!({}))).await.problem(422);
    let people = format!("{path}/people");
    for name in ["Dora", "Eli"] {
        let new = json!({"name": name, "email": format!("{name}@example.org")});
        assert_eq!(ada.call("POST", &people, Some(&new)).await.status, StatusCode::CREATED);
    }
    let refused = ada.call("POST", &people, Some(&json!({"name": "dora", "phone": "12"}))).await.problem(422);
    assert!(refused["errors"].as_array().is_some_and(|errors| errors.len() == 2), "{refused}");
    let excluded = ada
        .call(
            "POST",
            &format!("{path}/exclusions"),
            Some(&json!({"giver": "dora", "receiver": "Eli", "both_ways": true})),
        )
        .await;
    assert_eq!(excluded.json()["giver"], "Dora");
    ada.call(
        "POST",
        &format!("{path}/exclusions"),
        Some(&json!({"giver": "Dora", "receiver": "eli", "both_ways": true})),
    )
    .await
    .problem(409);
    let impossible = ada.call("POST", &draws, Some(&json!({}))).await.problem(422);
    assert_eq!(impossible["impossible"]["givers"], json!(["Dora"]), "{impossible}");
    let exclusion = excluded.header(header::LOCATION).replace("/hill", "");
    assert_eq!(ada.call("DELETE", &exclusion, None).await.status, StatusCode::NO_CONTENT);

    let drawn = ada.call("POST", &draws, Some(&json!({}))).await;
    assert_eq!(drawn.status, StatusCode::CREATED, "{}", drawn.body);
    assert_eq!(
        (&drawn.json()["draw"], &drawn.json()["people"], &drawn.json()["archive"]["state"]),
        (&json!(1), &json!(2), &json!("confirmed"))
    );
    ada.call("POST", &draws, Some(&json!({}))).await.problem(409);
    ada.call("DELETE", &path, None).await.problem(409);
}

// G6, X22
#[tokio::test]
async fn a_joiner_is_in_the_roster_and_in_nothing_that_answers_before_the_update() {
    let (_world, mut ada) = adas().await;
    let path = furnished(&mut ada, "Office").await;
    let new = json!({"name": "Hal", "email": "hal@example.org"});
    let joined = ada.call("POST", &format!("{path}/people"), Some(&new)).await;
    let hal = joined.header(header::LOCATION).replace("/hill", "");
    assert_eq!(ada.get(&hal).await["name"], "Hal");
    let updates = format!("{path}/updates");
    let plan = ada.call("POST", &updates, Some(&json!({"dry_run": true}))).await.json();
    assert_eq!(
        (&plan["changes"][0]["kind"], &plan["draw"], &plan["told"]),
        (&json!("joined"), &Value::Null, &json!(5))
    );
    assert_eq!(ada.get(&format!("{path}/status")).await["people"].as_array().map(Vec::len), Some(4));
    let updated = ada.call("POST", &updates, Some(&json!({}))).await;
    assert_eq!(updated.json()["draw"]["number"], 2, "{}", updated.body);
    assert_eq!(ada.get(&format!("{path}/history")).await["items"].as_array().map(Vec::len), Some(2));
    // Where nearly everybody has been taken out there is nothing to bring in.
    for person in ada.get(&format!("{path}/people")).await["items"].as_array().into_iter().flatten().skip(1) {
        let person = person["id"].as_str().expect("an id");
        ada.call("DELETE", &format!("{path}/people/{person}"), None).await;
    }
    for update in [json!({"dry_run": true}), json!({})] {
        let refused = ada.call("POST", &updates, Some(&update)).await.problem(422);
        assert!(refused["detail"].as_str().is_some_and(|words| words.contains("one person")), "{refused}");
    }
}

// G6, G9, X13: only a token made for it opens a pairing, and nothing but that answer shows it
#[tokio::test]
async fn a_pairing_is_opened_with_a_trace_by_a_token_made_for_it() {
    let (world, mut ada) = adas().await;
    let path = furnished(&mut ada, "Office").await;
    let openings = format!("{path}/openings");
    let audit = json!({"giver": "fay", "reason": "a dispute"});
    let mut writing = Script::of(&world, Reach::SITE, Scope::Write);
    writing.call("POST", &openings, Some(&audit)).await.problem(403);
    let mut signed_in = Script { browser: Browser::outside(&world), token: None };
    signed_in.browser.sign_in(ADA, PASSWORD).await;
    signed_in.call("POST", &openings, Some(&audit)).await.problem(403);
    for wrong in [
        json!({"reason": "x"}),
        json!({"giver": "Fay", "receiver": "Eli", "reason": "x"}),
        json!({"giver": "Zoe", "reason": "x"}),
        json!({"giver": "Fay", "reason": " "}),
        json!({"giver": "Fay", "reason": "x".repeat(301)}),
    ] {
        ada.call("POST", &openings, Some(&wrong)).await.problem(422);
    }
    assert_eq!(ada.get(&openings).await["items"].as_array().map(Vec::len), Some(1), "the one of before");
    let opened = ada.call("POST", &openings, Some(&audit)).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
    let opened_at = opened.header(header::LOCATION).replace("/hill", "");
    let opened = opened.json();
    assert_eq!(
        (&opened["giver"], &opened["opening"]["number"], &opened["archive_matches"]),
        (&json!("Fay"), &json!(2), &json!(true))
    );
    let entry = ada.get(&opened_at).await;
    assert_eq!((&entry["hash"], &entry["receiver"]), (&opened["opening"]["hash"], &Value::Null));
}

// G6, G2: the reader of the verbs, row and column told, and nothing half taken
#[tokio::test]
async fn people_come_from_a_spreadsheet() {
    let (_world, mut ada) = adas().await;
    let office = furnished(&mut ada, "Office").await;
    let id = office.rsplit('/').next().expect("an id").to_owned();
    let path = format!("/api/v1/imports?into=people&exchange={id}");
    let csv = [("content-type", "text/csv; charset=utf-8")];
    let wrong = json!("Name,Email,Shoe size\nHal,hal@example.org,42\nIda,nonsense,38\n");
    let refused = ada.call_with("POST", &path, Some(&wrong), &csv).await.problem(422);
    let told = &refused["errors"][0];
    assert_eq!((&told["row"], &told["column"]), (&json!(3), &json!("Email")), "{refused}");
    assert_eq!((&told["value"], &told["hint"]), (&json!("n…"), &json!("write it as name@example.org")), "{refused}");
    let good = json!("Name,Email,Team\nHal,hal@example.org,north\nDora,dora@example.net,\nEli,eli@example.org,\n");
    let count = async |ada: &mut Script| ada.get(&format!("{office}/people")).await["items"].as_array().map(Vec::len);
    for (dry, status, people) in [("&dry_run=true", 200, 4), ("&dry_run=false", 201, 5)] {
        let answer = ada.call_with("POST", &format!("{path}{dry}"), Some(&good), &csv).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
        let said = answer.json();
        assert_eq!(
            (&said["added"], &said["changed"][0]["person"], &said["same"]),
            (&json!(["Hal"]), &json!("Dora"), &json!(1))
        );
        assert_eq!(count(&mut ada).await, Some(people));
    }
    let xlsx = [("content-type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")];
    ada.call_with("POST", &path, Some(&json!("PK\u{3}\u{4} no zip")), &xlsx).await.problem(422);
    ada.call_with("POST", &path, Some(&good), &[("content-type", "text/html")]).await.problem(415);
    ada.call_with("POST", &path, Some(&json!("Name\n".to_owned() + &"x".repeat(5 << 20))), &csv).await.problem(413);
    ada.call_with("POST", "/api/v1/imports?into=people&exchange=4711", Some(&good), &csv).await.problem(404);
    for query in ["", "into=people", "into=shoes&exchange=1", "into=people&exchange=1&dry_run=perhaps"] {
        ada.call_with("POST", &format!("/api/v1/imports?{query}"), Some(&good), &csv).await.problem(422);
    }
}

// G6, G2, D1: contacts by the same road; they are of no exchange
#[tokio::test]
async fn contacts_come_from_a_spreadsheet() {
    let (_world, mut ada) = adas().await;
    let path = "/api/v1/imports?into=contacts";
    let csv = [("content-type", "text/csv")];
    let wrong = json!("Name,Email,Priority\nHal,hal@example.org,first\n");
    let refused = ada.call_with("POST", path, Some(&wrong), &csv).await.problem(422);
    let told = &refused["errors"][0];
    assert_eq!((&told["row"], &told["column"]), (&json!(2), &json!("Priority")), "{refused}");
    let good = json!("Name,Email,Tags\nHal,hal@example.org,north\nIda,ida@example.org,\n");
    for (dry, status, there) in [("&dry_run=true", 200, 0), ("", 201, 2)] {
        let answer = ada.call_with("POST", &format!("{path}{dry}"), Some(&good), &csv).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["added"]),
            (status, &json!(["Hal", "Ida"])),
            "{}",
            answer.body
        );
        assert_eq!(ada.get("/api/v1/contacts").await["items"].as_array().map(Vec::len), Some(there));
    }
    let again =
        ada.call_with("POST", path, Some(&json!("Name,Email,Tags\nHal,hal@example.org,south\n")), &csv).await.json();
    let changed = &again["changed"][0];
    assert_eq!((&changed["kind"], &changed["to"], &again["exchange"]), (&json!("tags"), &json!("south"), &json!(null)));
    ada.call_with("POST", "/api/v1/imports?into=contacts&exchange=1", Some(&good), &csv).await.problem(422);
}

// G6: sending is a state of a message
#[tokio::test]
async fn a_message_is_cancelled_and_queued_again_once() {
    let (_world, mut ada) = adas().await;
    furnished(&mut ada, "Office").await;
    let listed = ada.get("/api/v1/outbox").await;
    let id = listed["items"][0]["id"].as_str().expect("a message").to_owned();
    for (verb, state) in [("cancel", "cancelled"), ("cancel", "cancelled"), ("retry", "waiting"), ("retry", "waiting")]
    {
        let now = ada.call("POST", &format!("/api/v1/outbox/{id}/{verb}"), None).await;
        assert_eq!(now.status, StatusCode::OK, "{}", now.body);
        assert_eq!(now.json()["state"], state);
    }
    ada.call("POST", "/api/v1/outbox/4711/retry", None).await.problem(404);
}

// G6 G8 X21: by a call as on a page, it is the file of today that is shown, compared and drawn.
#[tokio::test]
async fn a_file_that_was_edited_since_is_drawn_as_it_is_now() {
    let world = World::new();
    let ada = world.account(ADA).await;
    let file = world.folder.path().join("exchange.toml");
    let write = |more: &str| std::fs::write(&file, format!("{ROSTER}{more}")).expect("written");
    write("");
    let site = crate::roster::load_site(&file).expect("a sound file");
    let exchanges = Exchanges::with(site, world.site.store.clone(), Box::new(|| None), world.site.clock.clone());
    let mut script = Script::of(&world, ada.reach, Scope::Write);
    script.browser.router = router(Listener { exchanges, ..world.listener() });
    let dev = "[[people]]\nname = \"Dev\"\nemail = \"dev@example.org\"\n";
    write(dev);
    let hill = script.get("/api/v1/exchanges").await["items"][0].clone();
    let path = format!("/api/v1/exchanges/{}", hill["id"].as_str().expect("an id"));
    assert_eq!((&hill["people"], &script.get(&path).await["people"]), (&json!(4), &json!(4)));
    write("[[people]]\n");
    let broken = script.call("POST", &format!("{path}/draws"), Some(&json!({}))).await;
    assert!(broken.problem(503)["detail"].as_str().is_some_and(|words| words.contains("roster")), "{}", broken.body);
    assert_eq!(script.get("/api/v1/exchanges").await["items"][0]["people"], 3, "the others can be listed meanwhile");
    write(dev);
    let drawn = script.call("POST", &format!("{path}/draws"), Some(&json!({}))).await;
    assert_eq!((drawn.status, &drawn.json()["people"]), (StatusCode::CREATED, &json!(4)), "{}", drawn.body);
    write("");
    assert_eq!(script.get(&format!("{path}/status")).await["differences"][0]["kind"], "left");
}

// G6: what is shown and the revision it is shown with are of one moment, or a change meanwhile would be undone unseen.
#[tokio::test]
async fn a_roster_is_shown_with_the_revision_it_was_read_at() {
    let (world, mut ada) = adas().await;
    let made = ada.call("POST", "/api/v1/exchanges", Some(&json!({"name": "Office", "budget": "0"}))).await;
    let path = made.header(header::LOCATION).replace("/hill", "");
    let id = TopicId(made.json()["id"].as_str().and_then(|id| id.parse().ok()).expect("an id"));
    let (site, stop) = (world.site.clone(), Arc::new(std::sync::atomic::AtomicBool::new(false)));
    let stopped = Arc::clone(&stop);
    // Every change is one of the budget, which so counts the revisions.
    let writer = std::thread::spawn(move || {
        for budget in (1..).take_while(|_| !stopped.load(std::sync::atomic::Ordering::Relaxed)) {
            let budget = [("exchange", "budget", Setting::Text(format!("{budget}")))];
            let edit = |toml: &str| Ok::<_, KeepError>(crate::roster::set(toml, &budget));
            kept::change(&site.store, &site.settings, id, None, edit, site.clock.now()).expect("changed");
        }
    });
    for _ in 0..300 {
        let shown = ada.call("GET", &path, None).await;
        let budget: i64 = shown.json()["budget"].as_str().and_then(|it| it.parse().ok()).expect("a number");
        assert_eq!(shown.header(header::ETAG), format!("\"{}\"", budget + 1), "{}", shown.body);
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    writer.join().expect("no panic");
}

// G6, G8: what the file keeps is changed in the file
#[tokio::test]
async fn the_exchange_of_the_file_is_shown_drawn_and_not_changed() {
    let (_world, mut ada) = adas().await;
    let hill = ada.get("/api/v1/exchanges").await["items"][0].clone();
    let path = format!("/api/v1/exchanges/{}", hill["id"].as_str().expect("an id"));
    assert_eq!(
        (&hill["name"], &hill["kept"], &hill["people"]),
        (&json!("Hill family 2026"), &json!("file"), &json!(3))
    );
    let person = ada.get(&format!("{path}/people")).await["items"][0]["id"].as_str().expect("an id").to_owned();
    let new = json!({"name": "Dora", "email": "d@example.org"});
    for (method, below, body) in [
        ("PATCH", String::new(), Some(json!({"name": "Hill"}))),
        ("DELETE", String::new(), None),
        ("POST", "/people".to_owned(), Some(new)),
        ("PATCH", format!("/people/{person}"), Some(json!({"wishes": []}))),
        ("DELETE", format!("/people/{person}"), None),
        ("POST", "/exclusions".to_owned(), Some(json!({"giver": "Ada", "receiver": "Brunhilda"}))),
    ] {
        let refused = ada.call(method, &format!("{path}{below}"), body.as_ref()).await.problem(409);
        assert!(refused["detail"].as_str().is_some_and(|words| words.contains("file")), "{refused}");
    }
    assert_eq!(ada.call("POST", &format!("{path}/draws"), Some(&json!({}))).await.status, StatusCode::CREATED);
}

// G6, G7, A7: without a token, with one of nobody, and with another account's
#[tokio::test]
async fn no_operation_works_without_its_token_or_for_another_account() {
    let world = World::new();
    let (ada, ben) = (world.account(ADA).await, world.account(BEN).await);
    let third = world.account("third@example.org").await;
    let mut thirds = Script::of(&world, third.reach, Scope::Audit);
    let mut bens = Script::of(&world, ben.reach, Scope::Audit);
    let mut keepers = Script::of(&world, ada.reach, Scope::Audit);
    let mut nobody = Script { browser: Browser::outside(&world), token: None };
    let mut guessing = Script { browser: Browser::outside(&world), token: Some("xchange_guessed".to_owned()) };
    let mut reading = Script::of(&world, third.reach, Scope::Read);
    let contact = world.contact(third.reach, "Third's own").0.to_string();
    let office = furnished(&mut thirds, "Third's office").await;
    let visits = desks::furnished(&mut thirds, "Third's reception").await + "/visits";
    let before = (thirds.get(&office).await, thirds.get(&visits).await);
    lists::subscribe(&world);
    let document = document_of_the_verb();
    let (schemas, mut random) = (Schemas(&document), ChaCha8Rng::seed_from_u64(7));
    for operation in operations(&document) {
        let (path, is_there) = operation.path_to_some(&mut thirds, &mut random).await;
        assert!(is_there, "there is nothing to try {} on", operation.path);
        let body = operation.body().map(|schema| schemas.valid(schema, &mut random));
        for stranger in [&mut nobody, &mut guessing] {
            stranger.call(operation.method, &path, body.as_ref()).await.problem(401);
        }
        if operation.method != "get" {
            reading.call(operation.method, &path, body.as_ref()).await.problem(403);
        }
        if operation.path.contains('{') {
            // What is another's and what is not there are the same.
            let nowhere = operation.path.replace("{id}", "4711").replace("{person}", "1").replace("{exclusion}", "1");
            let nowhere = nowhere.replace("{draw}", "1").replace("{opening}", "1").replace("{subscriber}", "1");
            for stranger in [&mut bens, &mut keepers] {
                let theirs = stranger.call(operation.method, &path, body.as_ref()).await;
                let none = stranger.call(operation.method, &nowhere, body.as_ref()).await;
                assert_eq!((theirs.status, &theirs.body), (none.status, &none.body), "{} {path}", operation.method);
                assert!(theirs.status == StatusCode::NOT_FOUND || body.is_some() && theirs.status == 422, "{path}");
            }
        }
        let undone = thirds.call("TRACE", &path, None).await;
        undone.problem(405);
        assert!(undone.header(header::ALLOW).contains(&operation.method.to_uppercase()), "{path}");
    }
    assert_eq!((thirds.get(&office).await, thirds.get(&visits).await), before);
    assert_eq!(thirds.get(&format!("/api/v1/contacts/{contact}")).await["name"], "Third's own");
    for list in ["contacts", "exchanges", "events", "invitations", "desks", "lists", "broadcasts", "outbox"] {
        assert_ne!(thirds.get(&format!("/api/v1/{list}")).await["items"], json!([]), "{list}");
        assert_eq!(bens.get(&format!("/api/v1/{list}")).await["items"], json!([]), "a list holds one's own");
    }
}

/// The id of the first thing of a list.
async fn first_id(script: &mut Script, list: &str) -> String {
    let listed = script.get(list).await;
    listed["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{list}: {listed}")).to_owned()
}

// G6, G7: nor what is another's below something of one's own, in the path, the query, the body or a form
#[tokio::test]
async fn what_is_anothers_is_not_reached_through_what_is_ones_own() {
    let world = World::new();
    let (_ada, ben) = (world.account(ADA).await, world.account(BEN).await);
    let third = world.account("third@example.org").await;
    let (mut thirds, mut bens) =
        (Script::of(&world, third.reach, Scope::Audit), Script::of(&world, ben.reach, Scope::Audit));
    let own = world.one_of_each(Some(BEN), "Ben's");
    let (office, reception) =
        (furnished(&mut thirds, "Third's").await, desks::furnished(&mut thirds, "Third's desk").await);
    lists::subscribe(&world);
    let theirs = ["contacts", "exchanges", "events", "invitations", "desks", "lists", "broadcasts"];
    let [_, other, dinner, guest, _, news, broadcast] = {
        let mut ids = Vec::new();
        for of in theirs {
            ids.push(first_id(&mut thirds, &format!("/api/v1/{of}")).await);
        }
        <[String; 7]>::try_from(ids).expect("seven")
    };
    let (host, visit) = (
        first_id(&mut thirds, &format!("{reception}/hosts")).await,
        first_id(&mut thirds, &format!("{reception}/visits")).await,
    );
    let before = world.site.store.tables();

    calls_reach_nothing_of_anothers((&mut thirds, &mut bens), own, (&office, [&other, &dinner, &news])).await;
    forms_reach_nothing_of_anothers(&world, own, [&guest, &broadcast, &host, &visit]).await;
    let kept = [
        "person",
        "topic",
        "roster",
        "subscriber",
        "consent",
        "broadcast",
        "host",
        "away",
        "visit",
        "invitation",
        "contact",
        "outbox",
    ];
    for (was, is) in before.into_iter().zip(world.site.store.tables()) {
        assert!(!kept.contains(&was.name.as_str()) || was.rows == is.rows, "{} was changed", was.name);
    }
}

/// Of another's exchange, event and list, by calls that name something of one's own besides.
async fn calls_reach_nothing_of_anothers(
    (thirds, bens): (&mut Script, &mut Script),
    own: Ids,
    (office, [other, dinner, news]): (&str, [&str; 3]),
) {
    let (exchange, list) = (own.exchange.0, own.list.0);
    let subscriber = first_id(thirds, &format!("/api/v1/lists/{news}/subscribers")).await;
    let words = json!({"first_name": "Mallory"});
    for (method, body) in [("GET", None), ("PATCH", Some(&words)), ("DELETE", None)] {
        bens.call(method, &format!("/api/v1/lists/{list}/subscribers/{subscriber}"), body).await.problem(404);
    }
    for of in ["people", "exclusions", "draws", "openings"] {
        let id = first_id(thirds, &format!("{office}/{of}")).await;
        let path = format!("/api/v1/exchanges/{exchange}/{of}/{id}");
        for method in ["GET", "DELETE"] {
            let refused = bens.call(method, &path, None).await.status.as_u16();
            assert!([404, 405].contains(&refused), "{method} {path}: {refused}");
        }
    }
    let sheet = json!("Name,Email\nMallory,m@example.org\n");
    for into in [format!("people&exchange={other}"), format!("subscribers&list={news}")] {
        let path = format!("/api/v1/imports?into={into}");
        bens.call_with("POST", &path, Some(&sheet), &[("content-type", "text/csv")]).await.problem(404);
    }
    for (of, id) in [("list", news), ("event", dinner), ("exchange", other)] {
        let refused =
            bens.call("POST", "/api/v1/broadcasts", Some(&json!({of: id, "text": "Hello"}))).await.problem(422);
        assert_eq!(refused["errors"][0]["pointer"], format!("/{of}"));
    }
}

/// The same on pages, of a guest, a broadcast, a host and a visit.
async fn forms_reach_nothing_of_anothers(world: &World, own: Ids, [guest, broadcast, host, visit]: [&str; 4]) {
    let (list, desk, event) = (own.list.0, own.desk.0, own.event.0);
    let mut pages = Browser::outside(world);
    pages.sign_in(BEN, PASSWORD).await;
    for path in [
        format!("/desks/{desk}/hosts/{host}"),
        format!("/lists/{list}/broadcasts/{broadcast}"),
        format!("/lists/{list}/broadcasts/{broadcast}/fragment"),
        format!("/lists/{list}/broadcasts/{broadcast}/results.csv"),
    ] {
        assert_eq!(pages.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let form =
        [("guest", guest), ("answer", "yes"), ("act", "cancel"), ("name", "Mallory"), ("phone", "+447700900199")];
    for path in [
        format!("/desks/{desk}/hosts/{host}"),
        format!("/desks/{desk}/hosts/{host}/away"),
        format!("/desks/{desk}/hosts/{host}/back"),
        format!("/desks/{desk}/hosts/{host}/remove"),
        format!("/desks/{desk}/visits/{visit}/leave"),
        format!("/lists/{list}/broadcasts/{broadcast}"),
        format!("/events/{event}/answer"),
        format!("/events/{event}/withdraw"),
    ] {
        assert_eq!(pages.post(&path, &form).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

// G6 D2 D3 D13 D17: an event from its making to its end.
#[tokio::test]
async fn an_event_is_made_dealt_answered_and_called_off() {
    let (_world, mut ada) = adas().await;
    let mut contacts = Vec::new();
    for name in ["cleo", "dora", "eli"] {
        let new = json!({"name": name, "email": format!("{name}@example.org")});
        contacts.push(ada.call("POST", "/api/v1/contacts", Some(&new)).await.json()["id"].clone());
    }
    let new = json!({"name": "Dinner", "starts_at": "2099-12-04T19:00:00Z", "timezone": "Europe/London", "seats": 1,
        "at_once": 1, "lapse": "PT48H", "first": [contacts[2]]});
    let made = ada.call("POST", "/api/v1/events", Some(&new)).await;
    let (path, event) = (made.header(header::LOCATION).replace("/hill", ""), made.json());
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(event["seats"], json!({"total": 1, "taken": 0, "reserved": 0, "free": 1}));
    assert_eq!((&event["state"], &event["why"]), (&json!("draft"), &json!("nothing is sent before you deal")));
    assert_eq!((&event["lapse"], &event["first"]), (&json!("PT48H"), &json!([contacts[2]])));
    assert_eq!(event["invitations"], json!([]), "nobody is asked yet");

    let plan = ada.get(&format!("{path}/plan")).await;
    assert_eq!((&plan["people"][0]["contact"], &plan["people"][0]["invited"]), (&json!("eli"), &json!("now")));
    assert_eq!(plan["people"][1]["invited"], "later");

    // Two who have read the same: the second is told so.
    let tag = made.header(header::ETAG).to_owned();
    let change = json!({"place": "The old mill", "cut_off": "2099-12-01T12:00:00Z"});
    let changed = ada.call_with("PATCH", &path, Some(&change), &[("if-match", &tag)]).await;
    assert_eq!((changed.status, &changed.json()["place"]), (StatusCode::OK, &json!("The old mill")));
    ada.call_with("PATCH", &path, Some(&json!({"seats": 9})), &[("if-match", &tag)]).await.problem(412);

    for _ in 0..2 {
        let dealt = ada.call("POST", &format!("{path}/deal"), None).await.json();
        assert_eq!((&dealt["state"], dealt["invitations"].as_array().map(Vec::len)), (&json!("dealing"), Some(1)));
    }
    let first = ada.get(&format!("{path}/invitations")).await["items"][0].clone();
    assert_eq!(first["contact"], json!({"id": contacts[2], "name": "eli"}));
    assert_eq!(
        [&first["state"], &first["channel"], &first["sent_at"]],
        [&json!("open"), &json!("email"), &Value::Null]
    );
    let of = format!("/api/v1/invitations/{}", first["id"].as_str().expect("an id"));
    let answered = ada.call("POST", &format!("{of}/answer"), Some(&json!({"answer": "yes"}))).await.json();
    assert_eq!((&answered["state"], &answered["seats"]), (&json!("held"), &json!(1)));
    ada.call("POST", &format!("{of}/answer"), Some(&json!({"answer": "perhaps"}))).await.problem(422);
    ada.call("PATCH", &path, Some(&json!({"seats": 0}))).await.problem(422);
    ada.call("DELETE", &path, None).await.problem(409);
    let back = ada.call("POST", &format!("{of}/withdraw"), None).await.json();
    assert_eq!((&back["state"], &back["seats"]), (&json!("withdrawn"), &json!(0)));
    let late = ada.call("POST", &format!("{of}/answer"), Some(&json!({"answer": "yes"}))).await.problem(409);
    assert!(late["detail"].as_str().is_some_and(|words| words.contains("taken back")), "{late}");
    let listed = ada.get("/api/v1/events").await["items"][0].clone();
    assert_eq!((&listed["event"], &listed["seats"]["total"]), (&json!("Dinner"), &json!(1)));
    assert!(listed.get("invitations").is_none() && listed.get("line").is_none(), "a list has the counts: {listed}");
    let stands = ada.get(&path).await;
    assert_eq!(stands["invitations"][1]["contact"]["name"], "cleo", "the seat went to the next");

    for (act, state) in [("pause", "paused"), ("resume", "dealing"), ("close", "closed")] {
        assert_eq!(ada.call("POST", &format!("{path}/{act}"), None).await.json()["state"], state);
    }
    ada.call("POST", &format!("{path}/resume"), None).await.problem(409);
    // Whoever knows of it is to be told.
    let next = format!("/api/v1/invitations/{}/answer", stands["invitations"][1]["id"].as_str().expect("an id"));
    ada.call("POST", &next, Some(&json!({"answer": "yes"}))).await;
    for _ in 0..2 {
        let off = ada.call("POST", &format!("{path}/cancel"), Some(&json!({"reason": "The cook is ill."}))).await;
        assert_eq!(off.json()["state"], "cancelled");
    }
    let refused = ada.call("DELETE", &path, None).await.problem(409);
    assert!(refused["detail"].as_str().is_some_and(|words| words.contains("still to be sent")), "{refused}");
}

// G6 D4: who is named together with a change is asked as it is then, and before all others.
#[tokio::test]
async fn who_is_named_with_a_change_is_asked_as_it_is_then() {
    let (_world, mut ada) = adas().await;
    let mut contacts = Vec::new();
    for name in ["cleo", "dora"] {
        let new = json!({"name": name, "email": format!("{name}@example.org")});
        contacts.push(ada.call("POST", "/api/v1/contacts", Some(&new)).await.json()["id"].clone());
    }
    let new =
        json!({"name": "Dinner", "starts_at": "2099-12-04T19:00:00Z", "seats": 2, "at_once": 2, "tags": ["none"]});
    let made = ada.call("POST", "/api/v1/events", Some(&new)).await;
    let path = made.header(header::LOCATION).replace("/hill", "");
    ada.call("POST", &format!("{path}/deal"), None).await;
    let change = json!({"size": 2, "first": [contacts[1], contacts[0]]});
    let changed = ada.call("PATCH", &path, Some(&change)).await.json();
    let asked =
        |place: usize| (&changed["invitations"][place]["contact"]["name"], &changed["invitations"][place]["size"]);
    assert_eq!(asked(0), (&json!("dora"), &json!(2)));
    assert_eq!(changed["invitations"].as_array().map(Vec::len), Some(1), "{changed}");
    // What is off is not changed.
    ada.call("POST", &format!("{path}/cancel"), Some(&json!({}))).await;
    ada.call("PATCH", &path, Some(&json!({"place": "The barn"}))).await.problem(409);
}

// G6 H20: the texts of an event, listed, said in other words, and as usual again.
#[tokio::test]
async fn the_texts_of_an_event_are_worded_by_the_api() {
    let (_world, mut ada) = adas().await;
    let new = json!({"name": "Dinner", "starts_at": "2099-12-04T19:00:00Z", "seats": 1, "messages": {"help": "Say {event}."}});
    let made = ada.call("POST", "/api/v1/events", Some(&new)).await;
    let path = made.header(header::LOCATION).replace("/hill", "");
    assert_eq!(made.json()["messages"], json!({"help": "Say {event}."}));
    let texts = ada.get(&format!("{path}/messages?limit=1000")).await;
    let help = texts["items"].as_array().expect("texts").iter().find(|text| text["id"] == "help").expect("listed");
    assert_eq!((&help["text"], &help["example"]), (&json!("Say {event}."), &json!("Say Summer dinner.")));
    assert_ne!(help["usual"], help["text"]);
    let changed = ada.call("PATCH", &path, Some(&json!({"messages": {"help": null, "declined": "Pity!"}}))).await;
    assert_eq!(changed.json()["messages"], json!({"declined": "Pity!"}));
    for (wrong, hint) in [
        (json!({"declind": "Pity!"}), "did you mean declined?"),
        (json!({"declined": "Pity, {evnt}!"}), "possible here: {event}"),
    ] {
        let refused = ada.call("PATCH", &path, Some(&json!({"messages": wrong}))).await.problem(422);
        assert_eq!(refused["errors"][0]["pointer"], "/messages", "{refused}");
        assert!(refused["errors"][0]["detail"].as_str().is_some_and(|it| it.contains(hint)), "{refused}");
    }
    assert_eq!(ada.get(&path).await["messages"], json!({"declined": "Pity!"}), "nothing was changed");
}

// G6: an event of which nobody was told anything goes at once.
#[tokio::test]
async fn an_event_that_was_never_dealt_is_removed() {
    let (_world, mut ada) = adas().await;
    let tea = json!({"name": "Tea", "starts_at": "2099-12-05T19:00:00Z", "seats": 1});
    let tea = ada.call("POST", "/api/v1/events", Some(&tea)).await.header(header::LOCATION).replace("/hill", "");
    assert_eq!(ada.call("DELETE", &tea, None).await.status, StatusCode::NO_CONTENT);
    ada.call("GET", &tea, None).await.problem(404);
    assert_eq!(ada.get("/api/v1/events").await["items"], json!([]));
}

// G6 D2: what is wrong with an event is told where it is wrong.
#[tokio::test]
async fn a_wrong_event_is_told_where_it_is_wrong() {
    let (world, mut ada) = adas().await;
    let ben = world.account(BEN).await;
    let bens = world.contact(ben.reach, "Ben's own").0.to_string();
    let good = json!({"name": "Dinner", "starts_at": "2099-12-04T19:00:00Z", "seats": 1});
    for (key, value, pointer) in [
        ("seats", json!(0), "/seats"),
        ("starts_at", json!("2020-12-04T19:00:00Z"), "/starts_at"),
        ("starts_at", json!("tomorrow"), "/starts_at"),
        ("timezone", json!("Mars"), "/timezone"),
        ("lapse", json!("soon"), "/lapse"),
        ("cut_off", json!("2099-12-04T20:00:00Z"), "/cut_off"),
        ("size", json!(1000), "/size"),
        ("tags", json!(["a,b"]), "/tags"),
        ("first", json!(["4711"]), "/first/0"),
        ("first", json!([bens]), "/first/0"),
        ("guests", json!(3), "/guests"),
    ] {
        let mut event = good.clone();
        event[key] = value;
        let refused = ada.call("POST", "/api/v1/events", Some(&event)).await.problem(422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{event}: {refused}");
    }
    assert_eq!(ada.get("/api/v1/events").await["items"], json!([]), "nothing was made");
}
