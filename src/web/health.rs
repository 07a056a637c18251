//! What machines ask: whether the listener works, and what it has counted.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Shared;
use crate::app::responder::Health;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Headers that a tunnel or a proxy adds; a request with one of them did not start on this machine.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

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
    let text = shared.listener.metrics.text().map_err(|_fmt| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response())
}

/// Any other path.
pub(super) async fn not_found() -> StatusCode {
    StatusCode::NOT_FOUND
}

/// Whether a request started on this machine. Behind a tunnel every peer is a loopback address, hence the headers.
fn is_local(headers: &HeaderMap, extensions: &Extensions) -> bool {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.is_some_and(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback())
        && FORWARDED.iter().all(|name| !headers.contains_key(*name))
}
