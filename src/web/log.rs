//! One log line a request: route, status, time. Never a body, a number or a signature.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::Shared;
use super::metrics::Outcome;
use super::texts::try_again;

/// Runs a request with a bound on its time, then logs and measures it.
pub(super) async fn around(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let route = path.as_ref().map_or("other", MatchedPath::as_str);
    let is_text = matches!(route, "/" | "/sms");
    let response = match tokio::time::timeout(shared.patience, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => {
            if is_text {
                shared.listener.metrics.count(Outcome::Unanswered);
            }
            try_again()
        }
    };
    let took = started.elapsed();
    if is_text {
        shared.listener.metrics.took(took);
    }
    tracing::info!(%method, route, status = response.status().as_u16(), micros = took.as_micros(), "request");
    response
}
