//! Front door 2: the listener. Twilio's webhooks, health, metrics, and in a demo the simulated phones.
//!
//! A handler takes the request apart, asks `app`, and writes the answer down; it decides nothing. No route shows a
//! pairing to anyone but the phone it belongs to.

mod form;
pub(crate) mod fuzzing;
mod health;
mod log;
mod metrics;
pub(crate) mod phones;
mod server;
pub mod signature;
#[cfg(test)]
mod tests;
mod texts;
mod twiml;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use secrecy::SecretString;
use url::Url;

use crate::app::exchanges::Exchanges;
use crate::app::outbox::Outbox;
use crate::app::responder::Responder;

pub use metrics::Metrics;
pub use phones::Phones;
pub use server::{bind, serve};

/// The largest request body, in bytes. A text of Twilio's greatest length with all its fields stays below 16 KiB.
pub const BODY_LIMIT: usize = 64 * 1024;

/// How long a request may take from its headers to its answer. Twilio gives up after 15 seconds.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Everything the routes need.
pub struct Listener {
    /// Who answers texts.
    pub responder: Responder,
    /// What it runs on.
    pub exchanges: Exchanges,
    /// Where what became of sent messages is recorded.
    pub outbox: Arc<Outbox>,
    /// Twilio's auth tokens; more than one while they are being exchanged. With none, every webhook is refused.
    pub auth_tokens: Vec<SecretString>,
    /// What Twilio calls; signatures are checked against it. A path in it is a prefix that a proxy takes away.
    pub public_url: Url,
    /// What is counted.
    pub metrics: Metrics,
    /// Whether `/metrics` answers others than this machine.
    pub metrics_open: bool,
    /// The simulated phones of a demo.
    pub phones: Option<Phones>,
}

/// What the handlers share.
struct Shared {
    listener: Listener,
    signatures: signature::SignatureCheck,
    timeout: Duration,
}

/// All routes.
pub fn router(listener: Listener) -> Router {
    routes(listener, REQUEST_TIMEOUT)
}

/// All routes, with a bound on the time of each request.
fn routes(mut listener: Listener, timeout: Duration) -> Router {
    let signatures = signature::SignatureCheck::new(&std::mem::take(&mut listener.auth_tokens), &listener.public_url);
    let shown = listener.phones.take().zip(listener.exchanges.in_file());
    let phones = shown.map(|(phones, site)| phones::routes(phones, &listener.public_url, site));
    let shared = Arc::new(Shared { listener, signatures, timeout });
    let routes = Router::new()
        .route("/", post(texts::incoming))
        .route("/sms", post(texts::incoming))
        .route("/sms/status", post(texts::status))
        .route("/healthz", get(health::healthz))
        .route("/metrics", get(health::metrics))
        .with_state(Arc::clone(&shared));
    let routes = match phones {
        Some(phones) => routes.merge(phones).fallback(phones::nothing),
        None => routes.fallback(health::not_found),
    };
    routes
        .method_not_allowed_fallback(health::not_found)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(shared, log::around))
}
