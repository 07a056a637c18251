//! Signing in by an issuer of OpenID Connect: a real one, over HTTP, with keys that it exchanges, and one that lies.

use std::collections::HashMap;
use std::sync::Mutex;

use axum::extract::{Form, State};
use axum::{Json, routing};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use openidconnect::core::CoreEdDsaPrivateSigningKey;
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::*;
use crate::app::accounts;
use crate::model::SignInSettings;

const ADA: &str = "ada@example.org";
const CLIENT: &str = "our site";
const SECRET: &str = "between us";

/// What the issuer gives for a code.
struct Granted {
    challenge: String,
    claims: Value,
}

/// An issuer: the keys it shows, the one it signs with, and what it gives for which code.
struct Issuer {
    url: String,
    shown: Mutex<Vec<CoreEdDsaPrivateSigningKey>>,
    /// One that it does not show and signs with.
    hidden: Mutex<Option<CoreEdDsaPrivateSigningKey>>,
    granted: Mutex<HashMap<String, Granted>>,
}

fn new_key(name: &str) -> CoreEdDsaPrivateSigningKey {
    // RFC 8410, section 7: a key of Ed25519 as PKCS #8.
    let head = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    let der = [&head[..], &rand::random::<[u8; 32]>()].concat();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64.encode(&der));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(name.to_owned()))).expect("a key")
}

fn signed_by(key: &CoreEdDsaPrivateSigningKey, claims: &Value) -> String {
    let kid = serde_json::to_value(key.as_verification_key()).expect("a key")["kid"].clone();
    let head = json!({"alg": "EdDSA", "kid": kid, "typ": "JWT"});
    let encoded = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let text = format!("{}.{}", encoded(&head), encoded(claims));
    let signature = key.sign(&openidconnect::core::CoreJwsSigningAlgorithm::EdDsa, text.as_bytes()).expect("signed");
    format!("{text}.{}", BASE64URL_NOPAD.encode(&signature))
}

impl Issuer {
    async fn start() -> Arc<Self> {
        let tcp = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", tcp.local_addr().expect("an address"));
        let issuer = Arc::new(Self {
            url,
            shown: Mutex::new(vec![new_key("first")]),
            hidden: Mutex::default(),
            granted: Mutex::default(),
        });
        let routes = Router::new()
            .route("/.well-known/openid-configuration", routing::get(Self::configuration))
            .route("/keys", routing::get(Self::keys))
            .route("/token", routing::post(Self::token))
            .with_state(Arc::clone(&issuer));
        tokio::spawn(async move { axum::serve(tcp, routes).await });
        issuer
    }

    async fn configuration(State(issuer): State<Arc<Self>>) -> Json<Value> {
        let at = |path: &str| format!("{}{path}", issuer.url);
        Json(json!({
            "issuer": issuer.url, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
            "jwks_uri": at("/keys"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["EdDSA"],
        }))
    }

    async fn keys(State(issuer): State<Arc<Self>>) -> Json<Value> {
        let keys = issuer.shown.lock().expect("unpoisoned");
        Json(json!({"keys": keys.iter().map(PrivateSigningKey::as_verification_key).collect::<Vec<_>>()}))
    }

    async fn token(
        State(issuer): State<Arc<Self>>,
        headers: HeaderMap,
        Form(asked): Form<HashMap<String, String>>,
    ) -> (StatusCode, Json<Value>) {
        let known = format!("Basic {}", BASE64.encode(b"our+site:between+us"));
        let granted = issuer.granted.lock().expect("unpoisoned").remove(&asked["code"]);
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(&asked["code_verifier"]));
        match granted {
            Some(granted) if granted.challenge == challenge && headers[header::AUTHORIZATION] == *known => {
                let (shown, hidden) =
                    (issuer.shown.lock().expect("unpoisoned"), issuer.hidden.lock().expect("unpoisoned"));
                let token = signed_by(hidden.as_ref().unwrap_or(&shown[0]), &granted.claims);
                (StatusCode::OK, Json(json!({"access_token": "x", "token_type": "bearer", "id_token": token})))
            }
            _ => (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))),
        }
    }
}

/// A site that trusts the issuer, and a browser with every cookie that it was given.
struct Visit {
    router: Router,
    site: Exchanges,
    issuer: Arc<Issuer>,
    cookies: HashMap<String, String>,
}

impl Visit {
    async fn begin() -> Self {
        let world = World::new();
        let issuer = Issuer::start().await;
        let mut listener = world.listener();
        let settings = Arc::make_mut(&mut listener.exchanges.settings);
        settings.sign_in = Some(SignInSettings {
            issuer: issuer.url.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(SECRET.into()),
        });
        let site = listener.exchanges.clone();
        site.store.write(|tx| accounts::add(tx, ADA, site.clock.now())).expect("added");
        // Its folder stays until the test's process ends.
        std::mem::forget(world);
        Self { router: router(listener), site, issuer, cookies: HashMap::new() }
    }

    async fn get(&mut self, path: &str) -> (StatusCode, HeaderMap, String) {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request =
            Request::get(path).header(header::HOST, "xmas.example.org").header(header::COOKIE, cookies.join("; "));
        let answer = ask(&self.router, request.body(Body::empty()).expect("a request")).await;
        for set in answer.1.get_all(header::SET_COOKIE) {
            let set = set.to_str().expect("printable");
            let (name, value) = set.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            match value {
                "" => self.cookies.remove(name),
                _ => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }

    /// Goes to the issuer; gives what the address there carries.
    async fn depart(&mut self) -> HashMap<String, String> {
        let (status, headers, _) = self.get("/sign-in/openid").await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let to: Url = headers[header::LOCATION].to_str().expect("text").parse().expect("a URL");
        assert!(to.as_str().starts_with(&format!("{}/authorize?", self.issuer.url)), "{to}");
        to.query_pairs().into_owned().collect()
    }

    /// What the issuer says of Ada, for this sign-in.
    fn claims(&self, carried: &HashMap<String, String>) -> Value {
        let now = self.site.clock.now().as_second();
        json!({
            "iss": self.issuer.url, "aud": CLIENT, "sub": "4711", "nonce": carried["nonce"], "iat": now,
            "exp": now + 300, "email": "Ada@Example.org", "email_verified": true,
        })
    }

    /// Comes back with a code for these claims.
    async fn come_back(&mut self, carried: &HashMap<String, String>, claims: Value) -> (StatusCode, HeaderMap, String) {
        let challenge = carried["code_challenge"].clone();
        self.issuer.granted.lock().expect("unpoisoned").insert("code".to_owned(), Granted { challenge, claims });
        self.get(&back(&carried["state"], "code")).await
    }

    async fn is_signed_in(&mut self) -> bool {
        self.get("/").await.0 == StatusCode::OK
    }
}

fn back(state: &str, code: &str) -> String {
    let query = Serializer::new(String::new()).append_pair("state", state).append_pair("code", code).finish();
    format!("/sign-in/openid/back?{query}")
}

// D14
#[tokio::test]
async fn an_issuer_lets_in_whom_the_site_has_added() {
    let mut visit = Visit::begin().await;
    let page = visit.get("/sign-in").await.2;
    assert!(page.contains("Sign in with 127.0.0.1"), "{page}");
    let carried = visit.depart().await;
    assert_eq!(carried["redirect_uri"], format!("{PUBLIC}/sign-in/openid/back"));
    assert_eq!((&*carried["code_challenge_method"], &*carried["response_type"]), ("S256", "code"));
    let claims = visit.claims(&carried);
    let (status, headers, _) = visit.come_back(&carried, claims).await;
    assert_eq!((status, headers[header::LOCATION].to_str().ok()), (StatusCode::SEE_OTHER, Some("/hill/")));
    assert!(visit.is_signed_in().await && visit.get("/account").await.2.contains(ADA));

    // From then on the subject counts, whatever its address; and the keys may be others.
    visit.cookies.clear();
    *visit.issuer.shown.lock().expect("unpoisoned") = vec![new_key("second"), new_key("first")];
    let carried = visit.depart().await;
    let mut claims = visit.claims(&carried);
    claims["email"] = "ada@elsewhere.example".into();
    visit.come_back(&carried, claims).await;
    assert!(visit.is_signed_in().await);

    // Whoever has her address there now is somebody else.
    visit.cookies.clear();
    let carried = visit.depart().await;
    let mut claims = visit.claims(&carried);
    claims["sub"] = "4712".into();
    let (status, _, page) = visit.come_back(&carried, claims).await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("Nobody has added your address"), "{page}");
    assert!(!visit.is_signed_in().await);
}

// D14
#[tokio::test]
async fn what_an_issuer_did_not_say_to_us_and_now_lets_nobody_in() {
    let mut visit = Visit::begin().await;
    type Lie = fn(&mut Value);
    let lies: [(&str, Lie); 8] = [
        ("for another site", |claims| claims["aud"] = "another site".into()),
        ("by another issuer", |claims| claims["iss"] = "https://accounts.example".into()),
        ("too late", |claims| claims["exp"] = json!(claims["iat"].as_i64().expect("a time") - 60)),
        ("for another sign-in", |claims| claims["nonce"] = "another".into()),
        ("for no sign-in", |claims| drop(claims.as_object_mut().expect("claims").remove("nonce"))),
        ("of an address that is not verified", |claims| claims["email_verified"] = false.into()),
        ("of no address", |claims| drop(claims.as_object_mut().expect("claims").remove("email"))),
        ("of somebody else", |claims| claims["email"] = "ben@example.org".into()),
    ];
    for (what, lie) in lies {
        let carried = visit.depart().await;
        let mut claims = visit.claims(&carried);
        lie(&mut claims);
        let (status, _, page) = visit.come_back(&carried, claims).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{what}: {page}");
        assert!(!visit.is_signed_in().await, "{what}");
    }
    // Signed with a key that the issuer does not show, under the name of one that it does.
    *visit.issuer.hidden.lock().expect("unpoisoned") = Some(new_key("first"));
    let carried = visit.depart().await;
    let claims = visit.claims(&carried);
    assert_eq!(visit.come_back(&carried, claims).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!visit.is_signed_in().await, "forged");
    *visit.issuer.hidden.lock().expect("unpoisoned") = None;
    let carried = visit.depart().await;
    let claims = visit.claims(&carried);
    visit.come_back(&carried, claims).await;
    assert!(visit.is_signed_in().await, "nothing else was in the way");
}

// D14 H19: an office behind one address signs in as often as it likes; who does not come back is counted.
#[tokio::test]
async fn whom_the_issuer_lets_in_does_not_count_as_a_try() {
    let mut visit = Visit::begin().await;
    for round in 0..40 {
        visit.cookies.clear();
        let carried = visit.depart().await;
        let claims = visit.claims(&carried);
        visit.come_back(&carried, claims).await;
        assert!(visit.is_signed_in().await, "{round}");
    }
    visit.cookies.clear();
    for _ in 0..30 {
        visit.depart().await;
    }
    assert_eq!(visit.get("/sign-in/openid").await.0, StatusCode::TOO_MANY_REQUESTS);
}

// D14: a state works once, in the browser that went, and within its time.
#[tokio::test]
async fn a_return_counts_once_and_in_the_browser_that_left() {
    let mut visit = Visit::begin().await;
    let carried = visit.depart().await;
    let kept = visit.cookies.clone();
    let claims = visit.claims(&carried);
    visit.come_back(&carried, claims.clone()).await;
    assert!(visit.is_signed_in().await);
    visit.cookies = kept;
    let (status, _, page) = visit.come_back(&carried, claims).await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("begin again"), "{page}");
    assert!(!visit.is_signed_in().await, "replayed");

    // Somebody else's link: signing them in as the attacker is refused, and used up.
    let carried = visit.depart().await;
    let attackers = std::mem::take(&mut visit.cookies);
    let claims = visit.claims(&carried);
    assert_eq!(visit.come_back(&carried, claims.clone()).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    visit.cookies = attackers;
    assert_eq!(visit.come_back(&carried, claims).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    for path in [back("", ""), back("x", "code"), "/sign-in/openid/back".to_owned()] {
        assert_eq!(visit.get(&path).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
    // Somebody says no there.
    let carried = visit.depart().await;
    let (_, _, page) = visit.get(&format!("/sign-in/openid/back?state={}&error=access_denied", carried["state"])).await;
    assert!(page.contains("was not completed"), "{page}");
}

// D14: nothing of it without the section, and from another name of ours the browser goes to the public one first.
#[tokio::test]
async fn it_begins_at_the_public_address_and_not_without_an_issuer() {
    let mut visit = Visit::begin().await;
    let request = Request::get("/sign-in/openid").header(header::HOST, "127.0.0.1:5050").body(Body::empty());
    let (_, headers, _) = ask(&visit.router, request.expect("a request")).await;
    assert_eq!(headers[header::LOCATION], format!("{PUBLIC}/sign-in/openid"));
    let world = World::new();
    let now = world.site.clock.now();
    world.site.store.write(|tx| accounts::add(tx, ADA, now)).expect("added");
    visit.router = world.router();
    assert_eq!(visit.get("/sign-in/openid").await.0, StatusCode::NOT_FOUND);
    assert!(!visit.get("/sign-in").await.2.contains("Sign in with"));
}
