//! A real S3 server (`s3s` over a folder) on a free port, which can be told to misbehave.
//!
//! It runs on a thread of its own, so that it serves asynchronous tests and the built binary alike, and ends when dropped.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;

/// The credentials the server knows.
pub(crate) const ACCESS_KEY: &str = "AKIDXCHANGETEST";
/// Their secret.
pub(crate) const SECRET_KEY: &str = "correct-horse-battery-staple";
/// The bucket that exists from the start.
pub(crate) const BUCKET: &str = "family-xchange";

/// How one request is answered instead of properly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `503 SlowDown`, and nothing is done.
    SlowDown,
    /// Done, but answered with `500 InternalError`.
    LoseAnswer,
    /// Never answered.
    Hang,
    /// Answered properly, but the body ends never.
    Stall,
    /// Answered with another body of the same length.
    Corrupt,
    /// Announces a body of 1 TiB.
    Endless,
    /// `501 NotImplemented`, and nothing is done.
    NotImplemented,
    /// `409 ConditionalRequestConflict`, and nothing is done.
    Conflict,
    /// A web page.
    WebPage,
}

#[derive(Default)]
struct Script {
    /// Method, what is done, how many times yet.
    faults: VecDeque<(&'static str, Fault, usize)>,
    /// Method, path, and `If-None-Match` of every request, in order.
    log: Vec<String>,
}

impl Script {
    fn fault_for(&mut self, method: &str) -> Option<Fault> {
        let (at, (_, fault, left)) = self.faults.iter_mut().enumerate().find(|(_, (m, ..))| *m == method)?;
        let fault = *fault;
        *left -= 1;
        if *left == 0 {
            self.faults.remove(at);
        }
        Some(fault)
    }
}

/// The server. Dropping it ends it and removes its folder.
pub(crate) struct S3Server {
    address: SocketAddr,
    folder: tempfile::TempDir,
    script: Arc<Mutex<Script>>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl S3Server {
    /// Starts it; it is listening when this returns.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join(BUCKET)).expect("a bucket");
        let storage = s3s_fs::FileSystem::new(folder.path()).expect("storage");
        let mut service = S3ServiceBuilder::new(storage);
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let service = service.build();

        let script = Arc::new(Mutex::new(Script::default()));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("non-blocking");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let server = Server { service, root: folder.path().to_owned(), script: script.clone() };
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    () = serve(listener, server) => {}
                    _ = stopped => {}
                }
            });
            // Requests that hang are dropped with the runtime; nothing waits for them.
            runtime.shutdown_background();
        });
        Self { address, folder, script, stop: Some(stop), thread: Some(thread) }
    }

    /// `http://127.0.0.1:<port>`
    pub(crate) fn endpoint(&self) -> url::Url {
        format!("http://{}", self.address).parse().expect("a URL")
    }

    /// Answers the next `times` requests of a method by a fault, after those asked for earlier.
    pub(crate) fn fail(&self, method: &'static str, fault: Fault, times: usize) {
        self.script.lock().expect("not poisoned").faults.push_back((method, fault, times));
    }

    /// Answers properly from now on.
    pub(crate) fn recover(&self) {
        self.script.lock().expect("not poisoned").faults.clear();
    }

    /// Every request so far, as `PUT /bucket/key [*]`, the brackets holding `If-None-Match`.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.script.lock().expect("not poisoned").log.clone()
    }

    /// The file an object is kept in.
    pub(crate) fn object(&self, key: &str) -> PathBuf {
        self.folder.path().join(BUCKET).join(key)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended by a panic of its own, which joining shows.
            stop.send(()).ok();
        }
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the S3 server panicked");
        }
    }
}

/// What answers requests.
#[derive(Clone)]
struct Server {
    service: S3Service,
    root: PathBuf,
    script: Arc<Mutex<Script>>,
}

async fn serve(listener: TcpListener, server: Server) {
    loop {
        let Ok((stream, _peer)) = listener.accept().await else { continue };
        let server = server.clone();
        tokio::spawn(async move {
            let answer = service_fn(move |request| answer(request, server.clone()));
            // A client that hangs up ends its connection with an error, as it may.
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await.ok();
        });
    }
}

async fn answer(request: Request<Incoming>, server: Server) -> Result<Response<s3s::Body>, Infallible> {
    let Server { service, root, script } = server;
    let fault = {
        let mut script = script.lock().expect("not poisoned");
        let condition = request.headers().get("if-none-match").map_or("", |value| value.to_str().unwrap_or("?"));
        let line = format!("{} {} [{condition}]", request.method(), request.uri().path());
        script.log.push(line);
        script.fault_for(request.method().as_str())
    };
    let bucket = request.uri().path().split('/').nth(1).unwrap_or_default();
    if !root.join(bucket).is_dir() {
        // The storage would make the bucket when it is written to; S3 does not.
        return Ok(refused(404, "NoSuchBucket"));
    }
    let refusal = match fault {
        Some(Fault::SlowDown) => Some((503, "SlowDown")),
        Some(Fault::NotImplemented) => Some((501, "NotImplemented")),
        Some(Fault::Conflict) => Some((409, "ConditionalRequestConflict")),
        Some(Fault::WebPage) => {
            return Ok(Response::new(s3s::Body::from("<html><title>Welcome</title></html>".to_owned())));
        }
        Some(Fault::Hang) => std::future::pending().await,
        _ => None,
    };
    if let Some((status, code)) = refusal {
        return Ok(refused(status, code));
    }
    let response = match service.call(request.map(s3s::Body::from)).await {
        Ok(response) => response,
        Err(error) => panic!("the S3 service failed: {error:?}"),
    };
    if fault == Some(Fault::LoseAnswer) {
        return Ok(refused(500, "InternalError"));
    }
    Ok(if response.status() == StatusCode::OK { spoil(response, fault) } else { response })
}

fn refused(status: u16, code: &str) -> Response<s3s::Body> {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>as\nasked</Message></Error>");
    Response::builder()
        .status(status)
        .header("content-type", "application/xml")
        .body(s3s::Body::from(body))
        .expect("a response")
}

fn spoil(mut response: Response<s3s::Body>, fault: Option<Fault>) -> Response<s3s::Body> {
    let length = response.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
    match fault {
        Some(Fault::Corrupt) => *response.body_mut() = s3s::Body::from(vec![b'x'; length.unwrap_or(10)]),
        Some(Fault::Stall) => *response.body_mut() = s3s::Body::http_body(Stalling { begun: false }),
        Some(Fault::Endless) => {
            *response.body_mut() = s3s::Body::http_body(Stalling { begun: false });
            response.headers_mut().insert("content-length", "1099511627776".parse().expect("a header"));
        }
        _ => {}
    }
    response
}

/// A body of one byte and then nothing more, not even an end.
struct Stalling {
    begun: bool,
}

impl hyper::body::Body for Stalling {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if std::mem::replace(&mut self.begun, true) {
            return Poll::Pending;
        }
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"x")))))
    }
}
