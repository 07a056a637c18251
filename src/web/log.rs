//! What happens around every request: a bound on its time, a log line, a measurement. Never logged: bodies, phones,
//! headers, the query.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use tower::Service;

use super::Shared;
use super::metrics::Outcome;
use super::texts::try_again;

/// A service with a bound on the time of each request, which is then logged and measured.
#[derive(Clone)]
pub(super) struct Around<S> {
    pub(super) inner: S,
    pub(super) shared: Arc<Shared>,
}

impl<S> Service<Request> for Around<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let started = Instant::now();
        let shared = Arc::clone(&self.shared);
        let method = request.method().clone();
        let path = request.extensions().get::<MatchedPath>().cloned();
        let response = tokio::time::timeout(shared.patience, self.inner.call(request));
        Box::pin(async move {
            let route = path.as_ref().map_or("other", MatchedPath::as_str);
            let is_text = matches!(route, "/" | "/sms");
            let response = if let Ok(response) = response.await {
                response?
            } else {
                if is_text {
                    shared.listener.metrics.count(Outcome::Unanswered);
                }
                try_again()
            };
            let took = started.elapsed();
            if is_text {
                shared.listener.metrics.took(took);
            }
            tracing::info!(%method, route, status = response.status().as_u16(), micros = took.as_micros(), "request");
            Ok(response)
        })
    }
}
