//! Connections: how many, how long they may dawdle, and how they end.
//!
//! Texts come as whole requests at once. Where all places are taken, the connection that has waited longest without a
//! whole request makes room, so that slow clients keep out each other and not the texts.

mod waiting;

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
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tower::Service;

use waiting::{Queue, Waiting};

/// Connections at one time: half of the file descriptors that a process commonly has.
const PLACES: usize = 512;

/// Clients that the operating system keeps waiting to be taken; it turns away, for a second or more, whoever comes beyond.
const BACKLOG: u32 = 4096;

/// What the listener bears with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Connections at one time.
    pub(super) places: usize,
    /// For a request's headers; also how long a connection may idle.
    pub(super) headers: Duration,
    /// For a whole request, where all places are taken and somebody waits.
    pub(super) grace: Duration,
    /// For requests in hand after the shutdown signal: longer than any request may take.
    pub(super) shutdown: Duration,
}

const BOUNDS: Bounds = Bounds {
    places: PLACES,
    headers: Duration::from_secs(5),
    grace: Duration::from_millis(250),
    shutdown: Duration::from_secs(12),
};

/// Listens on an address; has to be called on a runtime.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Or a listener could not be started again at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `shutdown` is ready, then finishes the requests in hand, for 12 seconds at most.
pub async fn serve(tcp: TcpListener, router: Router, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    serve_with(BOUNDS, tcp, router, shutdown).await
}

/// [`serve`] with other bounds.
pub(super) async fn serve_with(
    bounds: Bounds,
    tcp: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let graceful = GracefulShutdown::new();
    let (places, queue) = (Arc::new(Semaphore::new(bounds.places)), Arc::new(Queue::default()));
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&tcp, &places, &queue, bounds.grace) => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer, place)) => {
                let (watcher, router, queue) = (graceful.watcher(), router.clone(), Arc::clone(&queue));
                connections.spawn(async move {
                    serve_connection(stream, peer, router, watcher, &queue, bounds.headers).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                // Mostly for want of file descriptors.
                let _nobody = tokio::time::timeout(bounds.grace, queue.dismiss_first(bounds.grace)).await;
            }
        }
    }
    drop(tcp);
    if tokio::time::timeout(bounds.shutdown, graceful.shutdown()).await.is_err() {
        tracing::warn!(requests = connections.len(), "gave up waiting for the last requests");
    }
    connections.shutdown().await;
    Ok(())
}

/// Waits for a client, then for a place, for which the slowest has to go if need be.
async fn accept(
    tcp: &TcpListener,
    places: &Arc<Semaphore>,
    queue: &Queue,
    grace: Duration,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let (stream, peer) = tcp.accept().await?;
    // Only a matter of latency: an answer is one small write.
    let _unset = stream.set_nodelay(true);
    let mut place = pin!(Arc::clone(places).acquire_owned());
    let place = tokio::select! {
        biased;
        free = &mut place => free,
        // One is enough: its place comes free as soon as it has heard.
        () = queue.dismiss_first(grace) => place.await,
    };
    Ok((stream, peer, place.map_err(io::Error::other)?))
}

/// One connection, from its first request to its last.
async fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    watcher: Watcher,
    queue: &Arc<Queue>,
    idle: Duration,
) {
    let waiting = Arc::new(Waiting::new(queue));
    let service = service_fn(|request: Request<Incoming>| {
        let mut request = request.map(|body| Body::new(waiting::Whole::new(body, &waiting)));
        request.extensions_mut().insert(ConnectInfo(peer));
        let (mut router, waiting) = (router.clone(), Arc::clone(&waiting));
        async move {
            let response = router.call(request).await;
            waiting.begin();
            response
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(idle)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // A client that hangs up or speaks no HTTP is its own business.
        _ended = watcher.watch(connection) => {}
        () = waiting.dismissed() => {}
    }
}
