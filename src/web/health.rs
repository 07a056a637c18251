//! What machines ask: whether the listener works, and what it has counted.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::uri::Authority;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::registry::Registry;

use super::Shared;
use super::gauges;
use crate::app::exchanges::Exchanges;
use crate::app::overview;
use crate::app::responder::Health;
use crate::model::is_this_machine;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Headers that a tunnel or a proxy adds; a request with one of them did not start on this machine.
pub(super) const FORWARDED: [&str; 7] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via", "cf-connecting-ip", "true-client-ip"];

/// `GET /healthz`: 200 when texts can be answered with names, 503 and why otherwise.
pub(super) async fn healthz(State(shared): State<Arc<Shared>>) -> (StatusCode, &'static str) {
    match shared.listener.responder.health().await {
        Health::Live => (StatusCode::OK, "ok"),
        Health::NotDrawn => (StatusCode::SERVICE_UNAVAILABLE, "not drawn yet\n"),
        Health::NotReady => (StatusCode::SERVICE_UNAVAILABLE, "the archive copy is not confirmed yet\n"),
        Health::Replaced => {
            (StatusCode::SERVICE_UNAVAILABLE, "database and archive disagree about the draw; see `xchange doctor`\n")
        }
        Health::Broken => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}

/// `GET /metrics`: for this machine only unless opened; to others the route does not exist.
pub(super) async fn metrics(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Response, StatusCode> {
    if !shared.listener.metrics_open && !is_local(&headers, &extensions) {
        return Err(StatusCode::NOT_FOUND);
    }
    let mut more = Registry::default();
    let sending = shared.listener.outbox.send_seconds();
    more.register("xchange_send_seconds", "Time that a provider took to take a message", sending);
    let Exchanges { store, clock, .. } = shared.listener.exchanges.clone();
    // What has been counted is worth having without it.
    let counting = store.run_reading(move |tx| overview::counts(tx, clock.now()));
    if let Ok(Ok(counts)) = tokio::time::timeout(shared.timeout / 2, counting).await {
        gauges::register(counts, &mut more);
    }
    let text = shared.listener.metrics.text(&more).map_err(|_fmt| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response())
}

/// Any other path.
pub(super) async fn not_found() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "There is nothing here.\n")
}

/// Whether a request started on this machine. Behind a tunnel every peer is a loopback address, hence the headers; one
/// that adds none still passes on the name it was called by.
pub(super) fn is_local(headers: &HeaderMap, extensions: &Extensions) -> bool {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    let is_own = |host: &HeaderValue| {
        let host = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
        host.is_some_and(|host| is_this_machine(host.host()))
    };
    peer.is_some_and(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback())
        && headers.get(header::HOST).is_none_or(is_own)
        && FORWARDED.iter().all(|name| !headers.contains_key(*name))
}
