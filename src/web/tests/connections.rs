//! Connections: kept, bounded, let go, and ended at shutdown.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::web::server::{Bounds, serve_with};

/// Bounds that nothing here runs into.
const LONG: Bounds = Bounds { places: 512, headers: LONG_TIME, grace: LONG_TIME, shutdown: LONG_TIME };
const LONG_TIME: Duration = Duration::from_secs(60);

/// A listener on a free port; sending to `stop`, or dropping it, shuts it down.
struct Served {
    world: World,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<std::io::Result<()>>,
}

impl Served {
    async fn with(bounds: Bounds) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.expect("a free port"), bounds).await
    }

    async fn on(tcp: TcpListener, bounds: Bounds) -> Self {
        let world = World::drawn().await;
        let address = tcp.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let router = routes(world.listener(), bounds.headers);
        let ended = tokio::spawn(serve_with(bounds, tcp, router, async {
            let _dropped = stopped.await;
        }));
        Self { world, address, stop, ended }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a listener")
    }
}

/// A request as bytes.
fn wire(path: &str, fields: &[(&str, &str)]) -> String {
    let body = form(fields);
    let signature = signature::sign(&TOKEN.into(), &format!("{PUBLIC}{path}"), fields);
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         X-Twilio-Signature: {signature}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends a request up to its body and waits until the handler asks for that: a request in hand. Returns the body.
async fn begin(stream: &mut TcpStream) -> String {
    let request = wire("/sms", &TEXT).replacen("Host: x", "Host: x\r\nExpect: 100-continue", 1);
    let (head, body) = request.split_once("\r\n\r\n").expect("a request");
    stream.write_all(format!("{head}\r\n\r\n").as_bytes()).await.expect("sent");
    read_until(stream, "100 Continue").await;
    body.to_owned()
}

/// Reads until what was read contains a word.
async fn read_until(stream: &mut TcpStream, word: &str) -> String {
    let (mut seen, mut chunk) = (String::new(), [0; 4096]);
    while !seen.contains(word) {
        let read = stream.read(&mut chunk).await.expect("a connection");
        assert!(read > 0, "closed before {word:?}: {seen}");
        seen.push_str(&String::from_utf8_lossy(&chunk[..read]));
    }
    seen
}

#[tokio::test]
async fn one_connection_carries_several_requests() {
    let served = Served::with(LONG).await;
    let mut stream = served.connect().await;
    for number in 1..4 {
        let (sid, body) = (sid(number), format!("WISH book {number}"));
        stream.write_all(wire("/sms", &text(&sid, &body)).as_bytes()).await.expect("sent");
        let answer = read_until(&mut stream, "</Response>").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.contains(&format!("Your list has {number} wish")), "{answer}");
    }
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    assert!(read_until(&mut stream, "# EOF").await.starts_with("HTTP/1.1 200 OK"), "the peer is known to the routes");
}

#[tokio::test]
async fn a_body_over_64_kib_is_refused_on_the_wire_too() {
    let served = Served::with(LONG).await;
    let mut stream = served.connect().await;
    let head = format!("POST /sms HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", 10 << 20);
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream.write_all(&[b'x'; BODY_LIMIT + 1]).await.expect("sent");
    assert!(read_until(&mut stream, "\r\n\r\n").await.starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn a_client_that_dawdles_over_its_headers_or_body_is_let_go() {
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = tcp.local_addr().expect("an address");
    // What they do say is said before the listener takes their connections, and so in time.
    let mut over_headers = TcpStream::connect(address).await.expect("a socket");
    over_headers.write_all(b"POST /sms HTTP/1.1\r\nHost:").await.expect("sent");
    let mut over_body = TcpStream::connect(address).await.expect("a socket");
    over_body.write_all(b"POST /sms HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nFrom=").await.expect("sent");
    let _served = Served::on(tcp, Bounds { headers: SOON, ..LONG }).await;
    let mut rest = Vec::new();
    over_headers.read_to_end(&mut rest).await.expect("closed in order");
    assert_eq!(String::from_utf8_lossy(&rest), "", "no request, no answer");
    assert!(read_until(&mut over_body, "\r\n\r\n").await.starts_with("HTTP/1.1 503"));
}

#[tokio::test]
async fn where_all_places_are_taken_the_one_that_waits_longest_makes_room() {
    let served = Served::with(Bounds { places: 3, grace: Duration::from_secs(1), ..LONG }).await;
    let lock = served.world.lock();
    // Whole, and waiting for the database: it keeps its place.
    let mut in_hand = served.connect().await;
    in_hand.write_all(wire("/sms", &TEXT).as_bytes()).await.expect("sent");
    let mut half = served.connect().await;
    let body = begin(&mut half).await;
    let mut silent = served.connect().await;
    let mut newcomer = served.connect().await;
    newcomer.write_all(b"GET /no HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sent");
    assert!(read_until(&mut newcomer, "nothing here").await.starts_with("HTTP/1.1 404"));
    assert_eq!(half.read(&mut [0]).await.unwrap_or(0), 0, "half a request, and the first of them");
    assert!(half.write_all(body.as_bytes()).await.is_err() || half.read(&mut [0]).await.unwrap_or(0) == 0);
    silent.write_all(b"GET /no HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sent");
    assert!(read_until(&mut silent, "nothing here").await.starts_with("HTTP/1.1 404"), "one alone had to go");
    drop(lock);
    assert!(read_until(&mut in_hand, "</Response>").await.contains(RECEIVER));
}

#[tokio::test]
async fn shutdown_finishes_the_requests_in_hand() {
    let served = Served::with(LONG).await;
    let mut idle = served.connect().await;
    idle.write_all(wire("/sms", &text(&sid(2), "menu")).as_bytes()).await.expect("sent");
    read_until(&mut idle, "</Response>").await;
    let mut busy = served.connect().await;
    let body = begin(&mut busy).await;
    served.stop.send(()).expect("serving");
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).await.expect("the idle connection is closed");
    assert!(TcpStream::connect(served.address).await.is_err(), "nobody new is let in");
    busy.write_all(body.as_bytes()).await.expect("sent");
    let answer = read_until(&mut busy, "</Response>").await;
    assert!(answer.contains("200 OK") && answer.contains(RECEIVER), "{answer}");
    served.ended.await.expect("no panic").expect("no error");
}

#[tokio::test]
async fn shutdown_does_not_wait_for_ever() {
    let served = Served::with(Bounds { shutdown: SOON, ..LONG }).await;
    let mut busy = served.connect().await;
    begin(&mut busy).await;
    drop(served.stop);
    served.ended.await.expect("no panic").expect("no error");
}
