//! Live pages: a stream of events that only say "changed". The page's script then fetches its fragment again, so that what
//! is shown passes the same questions as the page itself.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderName, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::session::Visitor;
use crate::app::changes::Changes;

/// Streams at one time; the pages beyond look again every few seconds instead.
const STREAMS: usize = 200;

/// After this a stream ends and the browser opens another one, which asks anew who is there.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// A comment so often keeps proxies from taking the stream for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The room for streams.
pub(super) fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(STREAMS))
}

/// `GET .../live`
pub(super) async fn stream(visitor: Visitor) -> Response {
    let shared = &visitor.door.shared;
    let Ok(permit) = Arc::clone(&shared.streams).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "60")]).into_response();
    };
    let state = Stream { changes: shared.listener.changes.clone(), ends: Instant::now() + LONGEST, _permit: permit };
    let events = stream::unfold(state, |mut state| async move {
        tokio::time::timeout_at(state.ends, state.changes.next()).await.ok()??;
        Some((Ok::<_, Infallible>(Event::default().data("changed")), state))
    });
    // Otherwise nginx collects events until it has a page full of them.
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), "no")];
    (unbuffered, Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))).into_response()
}

struct Stream {
    changes: Changes,
    ends: Instant,
    _permit: OwnedSemaphorePermit,
}
