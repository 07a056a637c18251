//! Who waits without a whole request, and since when: whoever has waited longest makes room first.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::sync::Notify;
use tokio::time::Instant;

/// All connections without a whole request, in the order in which they began to wait.
#[derive(Default)]
pub(super) struct Queue(Mutex<Line>);

#[derive(Default)]
struct Line {
    last: u64,
    waiting: BTreeMap<u64, (Instant, Arc<Notify>)>,
}

impl Queue {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the connection that has waited longest, once it has had its time of grace.
    pub(super) async fn dismiss_first(&self, grace: Duration) {
        loop {
            let since = self.line().waiting.first_key_value().map_or_else(Instant::now, |(_, (since, _))| *since);
            tokio::time::sleep_until(since + grace).await;
            // Its request may have become whole meanwhile; then the next is to blame.
            let mut line = self.line();
            if let Some(first) = line.waiting.first_entry().filter(|first| first.get().0 == since) {
                first.remove().1.notify_one();
                return;
            }
        }
    }
}

/// A connection, as the queue knows it; waits from the beginning.
pub(super) struct Waiting {
    queue: Arc<Queue>,
    /// Its number in the line while it waits, 0 otherwise.
    number: AtomicU64,
    dismissed: Arc<Notify>,
}

impl Waiting {
    pub(super) fn new(queue: &Arc<Queue>) -> Self {
        let waiting = Self { queue: Arc::clone(queue), number: AtomicU64::default(), dismissed: Arc::default() };
        waiting.begin();
        waiting
    }

    /// Begins to wait: for the first request, or for the next.
    pub(super) fn begin(&self) {
        self.end();
        let mut line = self.queue.line();
        line.last += 1;
        let number = line.last;
        line.waiting.insert(number, (Instant::now(), Arc::clone(&self.dismissed)));
        self.number.store(number, Ordering::Relaxed);
    }

    /// A request is whole: the connection is not dismissed before the answer.
    fn end(&self) {
        let number = self.number.swap(0, Ordering::Relaxed);
        if number > 0 {
            self.queue.line().waiting.remove(&number);
        }
    }

    /// Ready when the connection has to make room.
    pub(super) async fn dismissed(&self) {
        self.dismissed.notified().await;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.end();
    }
}

/// A request's body; its connection stops waiting when it has come to its end.
pub(super) struct Whole {
    body: Incoming,
    waiting: Arc<Waiting>,
}

impl Whole {
    pub(super) fn new(body: Incoming, waiting: &Arc<Waiting>) -> Self {
        if body.is_end_stream() {
            waiting.end();
        }
        Self { body, waiting: Arc::clone(waiting) }
    }
}

impl HttpBody for Whole {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(frame, Poll::Ready(None)) || self.body.is_end_stream() {
            self.waiting.end();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
