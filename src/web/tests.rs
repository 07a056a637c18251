//! The routes as Twilio, a forger, a monitor and a browser meet them, in front of a real drawn exchange.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use tokio::sync::watch;
use tower::ServiceExt;
use url::form_urlencoded::Serializer;

use super::*;
use crate::app::exchange::ServedExchanges;
use crate::app::exchange::draw::{self, draw};
use crate::app::outbox::{MessageTopic, Pace};
use crate::app::site::Site;
use crate::app::topics::Topics;
use crate::clock::Clock;
use crate::messaging::inbox::Inbox;
use crate::messaging::sender::Sender;
use crate::model::Phone;
use crate::store::Store;

mod api;
mod connections;
mod contacts;
mod desk;
mod desk_forms;
mod exchange_pages;
mod lists;
mod me;
mod monitoring;
mod openid;
mod page_sizes;
mod pages;
mod phones;
mod rsvp;
mod webhooks;

const TOKEN: &str = "an auth token";
const PUBLIC: &str = "https://xmas.example.org/hill";

const SID: &str = "SM00000000000000000000000000000001";

/// A text of Ada's, who gives to [`RECEIVER`].
const TEXT: [(&str, &str); 4] =
    [("MessageSid", SID), ("From", "+447700900001"), ("To", "+447700900000"), ("Body", "Merry Christmas!")];
const RECEIVER: &str = "Brunhilda";

/// For a bound that is to be run into.
const SOON: Duration = Duration::from_millis(50);

/// Ada gives to Brunhilda, she to Cy, he to Ada; the two last share a phone.
const ROSTER: &str = r#"
[exchange]
name = "Hill family 2026"
reply = "You have {receiver}."

[[people]]
name = "Ada"
phone = "+447700900001"

[[people]]
name = "Brunhilda"
phone = "+447700900002"

[[people]]
name = "Cy & Co"
phone = "+447700900002"

[[exclusions]]
giver = "Ada"
receiver = "Cy & Co"
"#;

/// An exchange in a folder of its own.
struct World {
    folder: tempfile::TempDir,
    site: Site,
}

impl World {
    /// Not drawn yet.
    fn new() -> Self {
        Self::of(ROSTER)
    }

    /// With this roster.
    fn of(roster: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let site = Self::site_of(&folder, roster, Clock::system());
        Self { folder, site }
    }

    fn site_of(folder: &tempfile::TempDir, roster: &str, clock: Clock) -> Site {
        let roster = crate::roster::parse(roster, &folder.path().join("exchange.toml")).expect("a sound roster");
        Site::of_test(&roster, clock)
    }

    async fn drawn() -> Self {
        let world = Self::new();
        world.draw().await;
        world
    }

    async fn draw(&self) {
        draw(&self.site, draw::Request::default()).await.expect("drawn");
    }

    /// What the routes need, as `serve` puts it together, without phones.
    fn listener(&self) -> Listener {
        let exchanges = Exchanges::around(self.site.clone());
        let served = Arc::new(ServedExchanges::enter(exchanges.clone()).expect("a sound database"));
        let Exchanges { store, settings, clock, .. } = exchanges.clone();
        let topics: Arc<dyn Topics<dyn MessageTopic>> = Arc::<ServedExchanges>::clone(&served);
        let sender = Sender::phones(Inbox::default());
        let outbox = Outbox::new(store.clone(), sender, topics, &settings, clock.clone(), Pace::default());
        let (responder, _ended) = Responder::start(store, Arc::<ServedExchanges>::clone(&served), clock, true);
        Listener {
            responder,
            exchanges,
            served,
            outbox,
            changes: Changes::watch(self.site.store.clone(), watch::channel(false).1),
            auth_tokens: vec![TOKEN.into()],
            public_url: PUBLIC.parse().expect("a URL"),
            metrics: Metrics::default(),
            is_tunnelled: false,
            metrics_open: false,
            phones: None,
        }
    }

    fn router(&self) -> Router {
        router(self.listener())
    }

    /// Holds the write lock, as another program could, until this is dropped.
    fn lock(&self) -> impl Sized {
        Store::of_settings(&self.site.settings.database).held()
    }

    /// Takes a table out of the database, so that what needs it fails.
    fn lose(&self, table: &str) {
        self.site.store.sql(&format!("ALTER TABLE {table} RENAME TO lost_{table}"));
    }

    /// Puts it back.
    fn find(&self, table: &str) {
        self.site.store.sql(&format!("ALTER TABLE lost_{table} RENAME TO {table}"));
    }
}

fn phone(number: u8) -> Phone {
    Phone::from_provider(&format!("+44770090000{number}")).expect("a phone")
}

fn form(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The id of a message.
fn sid(number: u8) -> String {
    format!("SM{number:032x}")
}

/// A new text of Ada's.
fn text<'a>(sid: &'a str, body: &'a str) -> [(&'a str, &'a str); 3] {
    [("MessageSid", sid), TEXT[1], ("Body", body)]
}

/// A request as Twilio sends it to a path.
fn signed(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let signature = signature::sign(&TOKEN.into(), &format!("{PUBLIC}{path}"), fields);
    unsigned(path, form(fields), &signature)
}

fn unsigned(path: &str, body: impl Into<Body>, signature: &str) -> Request<Body> {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(signature::HEADER, signature)
        .body(body.into())
        .expect("a request")
}

fn get_request(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).expect("a request")
}

async fn ask(router: &Router, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let response = router.clone().oneshot(request).await.expect("infallible");
    let (head, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    (head.status, head.headers, String::from_utf8(body.to_vec()).expect("UTF-8"))
}
