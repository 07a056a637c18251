//! The simulated phones: the page, what it may ask, and the road of its texts.

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::monitoring::metrics_from;
use super::*;
use crate::messaging::envelope::{Address, Body as Words};
use crate::messaging::inbox::Inbox;

/// A listener with phones on a free port, and the name a browser calls it by.
struct Demo {
    world: World,
    routes: Router,
    host: String,
    inbox: Inbox,
    /// Ends it when dropped.
    _stop: oneshot::Sender<()>,
}

impl Demo {
    async fn new() -> Self {
        Self::of(World::drawn().await, Play::Own).await
    }

    async fn of(world: World, play: Play) -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let own_address = tcp.local_addr().expect("an address");
        let inbox = Inbox::default();
        let phones =
            Phones { play, run: "abcd".into(), inbox: inbox.clone(), token: TOKEN.into(), own_address, stage: None };
        let routes = router(Listener { phones: Some(phones), ..world.listener() });
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(serve(tcp, routes.clone(), async {
            let _dropped = stopped.await;
        }));
        Self { world, routes, host: own_address.to_string(), inbox, _stop: stop }
    }

    /// Asks as a browser does, unless the request names a host itself.
    async fn browse(&self, mut request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let host = self.host.parse().expect("a value");
        request.headers_mut().entry(header::HOST).or_insert(host);
        ask(&self.routes, request).await
    }

    /// What a phone shows after a text: words, or `null` for silence.
    async fn answer(&self, id: usize, body: &str) -> serde_json::Value {
        self.answered(id, body).await["answer"].clone()
    }

    async fn answered(&self, id: usize, body: &str) -> serde_json::Value {
        let (status, _, body) = self.browse(typed(id, body)).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        json(&body)
    }
}

fn typed(id: usize, body: &str) -> Request<Body> {
    Request::post(format!("/phones/{id}/text"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(serde_json::json!({ "body": body }).to_string()))
        .expect("a request")
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("JSON")
}

// H14: the same road as a real text, signature and all
#[tokio::test]
async fn a_simulated_phone_texts_by_the_signed_route() {
    let demo = Demo::new().await;
    assert_eq!(demo.answer(0, "christmas").await, "You have Brunhilda.", "Ada's phone");
    let which = demo.answer(1, "christmas").await.to_string();
    assert!(which.contains("Brunhilda") && which.contains("CHRISTMAS Cy"), "the phone they share: {which}");
    demo.answer(0, "WISH Zoë & <b> 🎁").await;
    let wishes = demo.answer(0, "wishes").await.to_string();
    assert!(wishes.contains("Zoë & <b> 🎁"), "{wishes}");
    assert_eq!(demo.answer(0, "STOP").await, serde_json::Value::Null);
    let (_, _, metrics) = demo.browse(metrics_from(Some("127.0.0.1:9"), &[])).await;
    assert!(metrics.contains("{outcome=\"answered\"} 4"), "{metrics}");
    assert!(metrics.contains("{outcome=\"silent\"} 1"), "{metrics}");
}

// H3
#[tokio::test]
async fn a_phone_says_why_nothing_comes_back() {
    let demo = Demo::new().await;
    for (text, why) in [
        ("HELP", "The carrier answers this one"),
        ("info", "The carrier answers this one"),
        ("STOP", "this phone is sent nothing"),
        ("christmas", "This phone has sent STOP"),
        ("START", "This phone is answered again"),
    ] {
        let answered = demo.answered(0, text).await;
        assert!(answered["why"].as_str().is_some_and(|said| said.contains(why)), "{text}: {answered}");
    }
    assert_eq!(demo.answered(0, "christmas").await["why"], serde_json::Value::Null);
}

// X11 H7: what the organizer sees, and an opening that everybody can ask for
#[tokio::test]
async fn the_organizer_sees_who_has_asked_and_opens_a_pairing_with_a_trace() {
    let demo = Demo::new().await;
    demo.answer(0, "christmas").await;
    let (_, head, screen) = demo.browse(get_request("/phones/organizer")).await;
    let ada = serde_json::json!({ "name": "Ada", "asked": 1, "mailed": false });
    assert_eq!((&json(&screen)["people"][0], head[header::CACHE_CONTROL].to_str().ok()), (&ada, Some("no-store")));
    assert_eq!((&json(&screen)["openings"], &json(&screen)["archive"]), (&0.into(), &"confirmed".into()));
    let proof = demo.answer(1, "PROOF Brunhilda").await.to_string();
    assert!(proof.contains("Opened so far: never"), "{proof}");
    let open = |id: usize| Request::post(format!("/phones/{id}/open")).body(Body::empty()).expect("a request");
    let mut elsewhere = open(0);
    elsewhere.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("a value"));
    assert_eq!(demo.browse(elsewhere).await.0, StatusCode::FORBIDDEN);
    assert_eq!(demo.browse(open(9)).await.0, StatusCode::NOT_FOUND);
    let (status, _, opened) = demo.browse(open(0)).await;
    assert_eq!((status, opened.as_str()), (StatusCode::OK, r#"[{"number":1,"giver":"Ada","receiver":"Brunhilda"}]"#));
    assert_eq!(json(&demo.browse(get_request("/phones/organizer")).await.2)["openings"], 1);
    let proof = demo.answer(1, "PROOF Brunhilda").await.to_string();
    assert!(proof.contains("Opened so far: once"), "{proof}");
}

#[tokio::test]
async fn a_path_that_leads_nowhere_says_so_in_words() {
    let demo = Demo::new().await;
    for path in ["/phones/nowhere", "/phones/0/text", "/nowhere", "/favicon.ico"] {
        let (status, _, page) = demo.browse(get_request(path)).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.contains("There is nothing here."), "{path}: {page}");
    }
    assert_eq!(demo.browse(get_request("/phones/")).await.0, StatusCode::TEMPORARY_REDIRECT);
}

#[tokio::test]
async fn a_phone_says_kindly_what_went_wrong() {
    let demo = Demo::new().await;
    assert_eq!(demo.browse(typed(0, &"x".repeat(1600))).await.0, StatusCode::OK);
    demo.world.lose("text");
    for (request, status, words) in [
        (typed(0, "hi"), StatusCode::BAD_GATEWAY, "did not answer"),
        (typed(9, "hi"), StatusCode::NOT_FOUND, "no such phone"),
        (typed(0, &"x".repeat(1601)), StatusCode::UNPROCESSABLE_ENTITY, "1,600 characters"),
        (
            Request::post("/phones/0/text").body(Body::from("{\"body\":\"hi\"}")).expect("a request"),
            StatusCode::BAD_REQUEST,
            "could not be read",
        ),
    ] {
        let (answered, _, body) = demo.browse(request).await;
        assert_eq!(answered, status);
        assert!(json(&body)["error"].as_str().is_some_and(|error| error.contains(words)), "{body}");
    }
}

// A7
#[tokio::test]
async fn another_site_cannot_text_from_the_phones() {
    let demo = Demo::new().await;
    let (host, origin) = (demo.host.clone(), format!("http://{}", demo.host));
    for (headers, allowed) in [
        (&[("sec-fetch-site", "same-origin")][..], true),
        (&[("sec-fetch-site", "cross-site")], false),
        (&[("sec-fetch-site", "same-site")], false),
        (&[("origin", origin.as_str()), ("host", host.as_str())], true),
        (&[("origin", "https://evil.example"), ("host", host.as_str())], false),
        (&[("origin", "null"), ("host", host.as_str())], false),
        (&[], true),
    ] {
        let mut request = typed(0, "hi");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a value"));
        }
        let expected = if allowed { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(demo.browse(request).await.0, expected, "{headers:?}");
    }
}

// X11: the page is told numbers masked, and no pairing
#[tokio::test]
async fn the_page_lists_people_and_arrivals() {
    let demo = Demo::new().await;
    let (status, head, body) = demo.browse(get_request("/phones/people")).await;
    assert_eq!((status, head[header::CACHE_CONTROL].to_str().expect("text")), (StatusCode::OK, "no-store"));
    let people = json(&body);
    let ada = serde_json::json!({ "id": 0, "name": "Ada", "number": "+44…01", "email": null, "texted": false });
    assert_eq!(people["people"][0], ada);
    assert_eq!((&people["run"], &people["play"]), (&"abcd".into(), &"own".into()));
    assert!(!body.contains("7700"), "{body}");
    for (number, words) in [(1, "for Ada"), (2, "for the two"), (9, "for nobody here")] {
        demo.inbox.deliver(Address::Phone(phone(number)), Words::Text(words.into()));
    }
    demo.answer(1, "hi").await;
    let people = json(&demo.browse(get_request("/phones/people")).await.2);
    assert_eq!([0, 1].map(|id| people["people"][id]["texted"].clone()), [false, true], "a page loaded anew knows it");
    let (_, _, body) = demo.browse(get_request("/phones/arrivals?after=1")).await;
    let expected = serde_json::json!([
        { "number": 2, "people": [1, 2], "subject": null, "body": "for the two" },
        { "number": 3, "people": [], "subject": null, "body": "for nobody here" },
    ]);
    assert_eq!(json(&body)["arrivals"], expected);
    let all = json(&demo.browse(get_request("/phones/arrivals")).await.2);
    assert_eq!((all["arrivals"].as_array().map(Vec::len), &all["run"]), (Some(3), &"abcd".into()));
}

#[tokio::test]
async fn the_page_brings_everything_along_and_nothing_else() {
    let demo = Demo::new().await;
    let (status, head, html) = demo.browse(get_request("/phones")).await;
    assert_eq!(status, StatusCode::OK);
    let policy = head[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(!html.contains("http://") && !html.contains("https://"), "nothing from elsewhere");
    assert!(!html.contains("style=") && !html.contains("onclick"), "nothing inline");
    let mut used = html;
    for (path, media_type) in [
        ("/phones/base.css", "text/css"),
        ("/phones/page.css", "text/css"),
        ("/phones/page.js", "text/javascript"),
        ("/phones/phone.js", "text/javascript"),
        ("/phones/organizer.js", "text/javascript"),
        ("/phones/season.js", "text/javascript"),
        ("/phones/icon.svg", "image/svg+xml"),
        ("/phones/tick.svg", "image/svg+xml"),
    ] {
        let (status, head, body) = demo.browse(get_request(path)).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(head[header::CONTENT_TYPE].to_str().expect("text").starts_with(media_type), "{path}");
        assert!(used.contains(path) && !body.is_empty(), "{path} is used by the page");
        used += &body;
    }
    let (status, head, _) = demo.browse(get_request("/")).await;
    assert_eq!((status, head[header::LOCATION].to_str().expect("text")), (StatusCode::TEMPORARY_REDIRECT, "/phones"));
    assert_eq!(demo.browse(signed("/", &TEXT)).await.0, StatusCode::OK, "texts still come in there");
}

// X11: a name that leads here makes no other site the page's own
#[tokio::test]
async fn the_page_answers_to_its_own_names_only() {
    let demo = Demo::new().await;
    let port = demo.host.rsplit(':').next().expect("a port");
    for path in ["/", "/phones", "/phones/page.js", "/phones/people", "/phones/arrivals"] {
        for (host, allowed) in [
            (demo.host.clone(), true),
            (format!("localhost:{port}"), true),
            (format!("evil.example:{port}"), false),
            ("localhost".to_owned(), false),
        ] {
            let request = Request::get(path).header(header::HOST, &host).body(Body::empty()).expect("a request");
            let refused = demo.browse(request).await.0 == StatusCode::FORBIDDEN;
            assert_eq!(refused, !allowed, "{path} {host}");
        }
    }
    let mut request = typed(0, "hi");
    request.headers_mut().insert(header::HOST, "evil.example".parse().expect("a value"));
    assert_eq!(demo.browse(request).await.0, StatusCode::FORBIDDEN);
    assert_eq!(ask(&demo.routes, typed(0, "hi")).await.0, StatusCode::FORBIDDEN);
}
