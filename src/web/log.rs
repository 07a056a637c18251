//! What happens around every request: a bound on its time, a log line, a measurement. Never logged: bodies, phones,
//! headers, the query.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::api::{Failure, PREFIX};
use super::metrics::TextResult;
use super::texts::try_again;

/// Answers a request within a bound of time, then logs and measures it.
pub(super) async fn around(
    State(shared): State<Arc<Shared>>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = path.as_ref().map_or("other", MatchedPath::as_str);
    let is_call = request.uri().path().starts_with(PREFIX);
    let is_text = method == Method::POST && matches!(route, "/" | "/sms");
    let answered = tokio::time::timeout(shared.timeout, next.run(request)).await;
    let response = answered.unwrap_or_else(|_elapsed| {
        if is_text {
            shared.listener.metrics.count(TextResult::Unanswered);
        }
        if is_call { Failure::SLOW.into_response() } else { try_again() }
    });
    let took = started.elapsed();
    if is_text {
        shared.listener.metrics.took(took);
    }
    tracing::info!(%method, route, status = response.status().as_u16(), micros = took.as_micros(), "request");
    response
}
