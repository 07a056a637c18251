//! Connections: how many, how long they may dawdle, and how they end.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tower::Service;

/// Connections at one time; more wait in the operating system's queue.
const CONNECTIONS: usize = 1024;

/// How long the listener waits for slow clients.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts {
    /// For a request's headers; also how long a connection may idle.
    pub(super) headers: Duration,
    /// For requests in hand after the shutdown signal: longer than any request may take.
    pub(super) shutdown: Duration,
}

const TIMEOUTS: Timeouts = Timeouts { headers: Duration::from_secs(15), shutdown: Duration::from_secs(12) };

/// How long to wait when the operating system has no connection to give, for instance for want of file descriptors.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Serves until `shutdown` is ready, then finishes the requests in hand, for 12 seconds at most.
///
/// # Errors
/// None so far: a failed accept is logged and tried again.
pub async fn serve(tcp: TcpListener, router: Router, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    serve_with(TIMEOUTS, tcp, router, shutdown).await
}

/// [`serve`] with other bounds on time.
pub(super) async fn serve_with(
    timeouts: Timeouts,
    tcp: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&tcp, &slots) => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer, permit)) => {
                let (watcher, router) = (graceful.watcher(), router.clone());
                connections.spawn(async move {
                    serve_connection(stream, peer, router, watcher, timeouts.headers).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
    drop(tcp);
    if tokio::time::timeout(timeouts.shutdown, graceful.shutdown()).await.is_err() {
        tracing::warn!(requests = connections.len(), "gave up waiting for the last requests");
    }
    connections.shutdown().await;
    Ok(())
}

/// Waits for a free slot, then for a client.
async fn accept(
    tcp: &TcpListener,
    slots: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(slots).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = tcp.accept().await?;
    // Only a matter of latency: an answer is one small write.
    let _unset = stream.set_nodelay(true);
    Ok((stream, peer, permit))
}

/// One connection, from its first request to its last.
async fn serve_connection(stream: TcpStream, peer: SocketAddr, router: Router, watcher: Watcher, idle: Duration) {
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(idle)
        .serve_connection(TokioIo::new(stream), service);
    // A client that hangs up or speaks no HTTP is its own business.
    let _ended = watcher.watch(connection).await;
}
