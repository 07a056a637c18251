//! The routes as Twilio, a forger, a monitor and a browser meet them.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tower::ServiceExt;
use url::form_urlencoded::Serializer;

use super::server::{Patience, serve_with};
use super::*;
use crate::app::answer::{Answer, Call, Health, NoAnswer};
use crate::messaging::inbox::Inbox;

const TOKEN: &str = "an auth token";
const PUBLIC: &str = "https://xmas.example.org/hill";
const TEXT: [(&str, &str); 4] =
    [("MessageSid", "SM1"), ("From", "+447700900001"), ("To", "+447700900000"), ("Body", "Merry Christmas!")];

const SOON: Duration = Duration::from_millis(50);
const PATIENT: Patience = Patience { headers: Duration::from_secs(60), last_words: Duration::from_secs(60) };

// X14
#[test]
fn the_address_twilio_calls_is_the_public_one_and_its_path() {
    for (public, url) in [
        ("https://xmas.example.org", "https://xmas.example.org/sms"),
        ("https://example.org/hill/", "https://example.org/hill/sms"),
    ] {
        assert_eq!(signature::webhook_url(&public.parse().expect("a URL"), "/sms"), url);
    }
}

/// A switchboard that tells each text apart: it answers "(body) from (number)", keeps silent on "hush", fails on
/// "fail", and never answers "wait".
fn switchboard(health: Health) -> Switchboard {
    let (calls, mut asked) = mpsc::channel(8);
    tokio::spawn(async move {
        let mut waiting = Vec::new();
        while let Some(call) = asked.recv().await {
            match call {
                Call::Text(text, reply) if text.body == "wait" => waiting.push(reply),
                Call::Text(text, reply) => {
                    let _gone = reply.send(match text.body.as_str() {
                        "hush" => Ok(Answer::Silence),
                        "fail" => Err(NoAnswer::NotRecorded),
                        body => Ok(Answer::Words(format!("{body} from {}", text.from.expose()))),
                    });
                }
                Call::Health(reply) => drop(reply.send(health)),
            }
        }
    });
    Switchboard::new(calls)
}

fn listener(health: Health) -> (Listener, mpsc::Receiver<Reported>) {
    let (on_status, statuses) = mpsc::channel(8);
    let listener = Listener {
        switchboard: switchboard(health),
        auth_tokens: vec![TOKEN.into()],
        public_url: PUBLIC.parse().expect("a URL"),
        metrics: Metrics::default(),
        metrics_open: false,
        on_status,
        phones: None,
    };
    (listener, statuses)
}

fn live() -> Router {
    router(listener(Health::Live).0)
}

fn form(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A request as Twilio sends it to a path.
fn signed(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let signature = signature::sign(&TOKEN.into(), &format!("{PUBLIC}{path}"), fields);
    unsigned(path, form(fields), &signature)
}

fn unsigned(path: &str, body: impl Into<Body>, signature: &str) -> Request<Body> {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(signature::HEADER, signature)
        .body(body.into())
        .expect("a request")
}

async fn ask(router: &Router, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let response = router.clone().oneshot(request).await.expect("infallible");
    let (head, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    (head.status, head.headers, String::from_utf8(body.to_vec()).expect("UTF-8"))
}

// H1, X4: both paths, each signed over its own URL
#[tokio::test]
async fn a_signed_text_is_answered_as_twiml() {
    let router = live();
    for path in ["/sms", "/", "/sms?from=console"] {
        let (status, head, body) = ask(&router, signed(path, &TEXT)).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert_eq!(head[header::CONTENT_TYPE], "application/xml");
        assert_eq!(
            body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Message>Merry Christmas! from \
             +447700900001</Message></Response>"
        );
    }
    let (status, _, body) =
        ask(&router, signed("/sms", &[("MessageSid", "SM2"), ("From", "+447700900001"), ("Body", "hush")])).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>"));
}

// H1
#[tokio::test]
async fn a_forged_webhook_learns_nothing() {
    let router = live();
    let right = signature::sign(&TOKEN.into(), &format!("{PUBLIC}/sms"), &TEXT);
    let other_token = signature::sign(&"another".into(), &format!("{PUBLIC}/sms"), &TEXT);
    let other_path = signature::sign(&TOKEN.into(), &format!("{PUBLIC}/sms/status"), &TEXT);
    let other_body = form(&TEXT).replace("900001", "900002");
    for (path, body, signature) in [
        ("/sms", form(&TEXT), ""),
        ("/sms", form(&TEXT), other_token.as_str()),
        ("/sms", form(&TEXT), other_path.as_str()),
        ("/sms", other_body, right.as_str()),
        ("/", form(&TEXT), right.as_str()),
        ("/sms?x=1", form(&TEXT), right.as_str()),
        ("/sms/status", form(&TEXT), right.as_str()),
        ("/sms", "Body=%ff".to_owned(), ""),
        ("/sms", String::new(), ""),
    ] {
        let (status, _, answer) = ask(&router, unsigned(path, body.clone(), signature)).await;
        assert_eq!((status, answer.as_str()), (StatusCode::FORBIDDEN, "not signed by Twilio\n"), "{path} {body}");
    }
    let mut twice = signed("/sms", &TEXT);
    twice.headers_mut().append(signature::HEADER, "AAAA".parse().expect("a value"));
    assert_eq!(ask(&router, twice).await.0, StatusCode::FORBIDDEN);
    let mut none = signed("/sms", &TEXT);
    none.headers_mut().remove(signature::HEADER);
    assert_eq!(ask(&router, none).await.0, StatusCode::FORBIDDEN);
}

// H1: without a token nobody comes in
#[tokio::test]
async fn without_a_token_everything_is_refused() {
    let (mut listener, _statuses) = listener(Health::Live);
    listener.auth_tokens.clear();
    assert_eq!(ask(&router(listener), signed("/sms", &TEXT)).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_body_over_64_kib_is_refused_before_anything_is_checked() {
    let router = live();
    let over = unsigned("/sms", "x".repeat(BODY_LIMIT + 1), "");
    assert_eq!(ask(&router, over).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let just = unsigned("/sms", "x".repeat(BODY_LIMIT), "");
    assert_eq!(ask(&router, just).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_form_without_its_fields_is_malformed() {
    let router = live();
    for missing in ["MessageSid", "From", "Body"] {
        let fields: Vec<_> = TEXT.into_iter().filter(|(name, _)| *name != missing).collect();
        assert_eq!(ask(&router, signed("/sms", &fields)).await.0, StatusCode::BAD_REQUEST, "{missing}");
    }
    let empty_sid = [("MessageSid", ""), TEXT[1], TEXT[3]];
    assert_eq!(ask(&router, signed("/sms", &empty_sid)).await.0, StatusCode::BAD_REQUEST);
    let fields = [(b"MessageSid".as_slice(), b"SM1".as_slice()), (b"From", b"+447700900001"), (b"Body", b"\xff\xfe")];
    let signature = signature::sign(&TOKEN.into(), &format!("{PUBLIC}/sms"), &fields);
    let not_utf8 = unsigned("/sms", "MessageSid=SM1&From=%2B447700900001&Body=%ff%fe", &signature);
    assert_eq!(ask(&router, not_utf8).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_empty_text_an_old_id_and_a_sender_without_a_number_are_no_errors() {
    let router = live();
    let (status, _, body) = ask(&router, signed("/sms", &[("SmsSid", "SM1"), TEXT[1], ("Body", "")])).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains("<Message> from +447700900001</Message>"), "{body}");
    for sender in ["whatsapp:+447700900001", "HillFamily", ""] {
        let (status, _, body) = ask(&router, signed("/sms", &[TEXT[0], ("From", sender), TEXT[3]])).await;
        assert_eq!(status, StatusCode::OK, "{sender}");
        assert!(body.ends_with("<Response/>"), "{sender}");
    }
}

// H15: what could not be recorded is not acknowledged
#[tokio::test]
async fn a_text_that_could_not_be_recorded_is_asked_for_again() {
    let router = live();
    let (status, head, body) = ask(&router, signed("/sms", &[TEXT[0], TEXT[1], ("Body", "fail")])).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(head[header::RETRY_AFTER], "2");
    assert!(!body.contains("fail"));
}

#[tokio::test]
async fn a_switchboard_that_hangs_does_not_hold_twilio_up() {
    let router = routes(listener(Health::Live).0, SOON);
    let (status, head, _) = ask(&router, signed("/sms", &[TEXT[0], TEXT[1], ("Body", "wait")])).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(head.contains_key(header::RETRY_AFTER));
}

// H3
#[tokio::test]
async fn delivery_statuses_are_passed_on() {
    let (listener, mut statuses) = listener(Health::Live);
    let router = router(listener);
    let (taken, mut passed_on) = mpsc::unbounded_channel();
    let recording = tokio::spawn(async move {
        while let Some(Reported { status, recorded }) = statuses.recv().await {
            // What cannot be recorded is not acknowledged.
            if status.sid == "SM9" {
                continue;
            }
            taken.send(status).expect("the test looks");
            recorded.send(()).expect("the handler waits");
        }
    });
    let unrecorded = [("MessageSid", "SM9"), ("MessageStatus", "delivered")];
    assert_eq!(ask(&router, signed("/sms/status", &unrecorded)).await.0, StatusCode::SERVICE_UNAVAILABLE);
    let fields = [("MessageSid", "SM7"), ("MessageStatus", "undelivered"), ("ErrorCode", "21610"), TEXT[2]];
    assert_eq!(ask(&router, signed("/sms/status", &fields)).await.0, StatusCode::NO_CONTENT);
    let fields = [("SmsSid", "SM8"), ("SmsStatus", "delivered"), ("ErrorCode", ""), ("To", "client:ada")];
    assert_eq!(ask(&router, signed("/sms/status", &fields)).await.0, StatusCode::NO_CONTENT);
    assert_eq!(ask(&router, signed("/sms/status", &fields[..1])).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(ask(&router, unsigned("/sms/status", form(&fields), "")).await.0, StatusCode::FORBIDDEN);
    let first = passed_on.recv().await.expect("a status");
    assert_eq!((first.sid.as_str(), first.status.as_str(), first.error_code), ("SM7", "undelivered", Some(21610)));
    assert_eq!(first.to, Phone::from_provider("+447700900000"));
    let second = passed_on.recv().await.expect("a status");
    assert_eq!((second.sid.as_str(), second.error_code, second.to), ("SM8", None, None));
    recording.abort();
    assert!(recording.await.is_err_and(|error| error.is_cancelled()));
    assert_eq!(ask(&router, signed("/sms/status", &fields)).await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn health_says_whether_names_can_be_told() {
    for (health, status, word) in [
        (Health::Live, StatusCode::OK, "ok"),
        (Health::NotDrawn, StatusCode::SERVICE_UNAVAILABLE, "not drawn yet\n"),
        (Health::NotReady, StatusCode::SERVICE_UNAVAILABLE, "the archive copy is not confirmed yet\n"),
        (Health::Broken, StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    ] {
        let router = router(listener(health).0);
        let request =
            |method| Request::builder().method(method).uri("/healthz").body(Body::empty()).expect("a request");
        let (answered, _, body) = ask(&router, request(Method::GET)).await;
        assert_eq!((answered, body.as_str()), (status, word));
        let (answered, _, body) = ask(&router, request(Method::HEAD)).await;
        assert_eq!((answered, body.as_str()), (status, ""));
    }
}

#[tokio::test]
async fn anything_else_is_not_found() {
    let router = live();
    for path in [
        "/",
        "/sms",
        "/sms/",
        "/sms/status",
        "/phones",
        "/phones/people",
        "/phones/0/text",
        "/favicon.ico",
        "/..%2f..%2fetc/passwd",
    ] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        assert_eq!(ask(&router, request).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(ask(&router, signed("/healthz", &TEXT)).await.0, StatusCode::NOT_FOUND, "nor any other method");
}

/// What a log is written into.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("unpoisoned").extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

// H1, X11: the log says which URL was checked, and nothing of what was in the request
#[tokio::test]
async fn the_log_names_the_url_that_was_checked_and_no_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _until_the_end = tracing::subscriber::set_default(subscriber);
    let router = live();
    let answered = signed("/sms", &TEXT);
    let good = answered.headers()[signature::HEADER].to_str().expect("text").to_owned();
    ask(&router, answered).await;
    ask(&router, unsigned("/sms?x=1", form(&TEXT), "Zm9yZ2Vk")).await;
    ask(&router, signed("/sms", &[TEXT[0], TEXT[1], ("Body", "fail")])).await;
    let log = String::from_utf8(log.0.lock().expect("unpoisoned").clone()).expect("UTF-8");
    let lines = |word: &str| log.lines().filter(|line| line.contains(word)).count();
    assert_eq!(lines("https://xmas.example.org/hill/sms?x=1"), 1, "{log}");
    assert_eq!(lines("WARN"), 1, "{log}");
    assert_eq!(lines("route=\"/sms\" status=200"), 1, "{log}");
    assert_eq!(lines("route=\"/sms\" status=403"), 1, "{log}");
    assert_eq!(lines("route=\"/sms\" status=503"), 1, "{log}");
    for secret in ["7700", "Merry", "fail", "Zm9yZ2Vk", &good, TOKEN] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

fn metrics_from(peer: Option<&str>, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::get("/metrics").body(Body::empty()).expect("a request");
    if let Some(peer) = peer {
        request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().expect("an address")));
    }
    for (name, value) in headers {
        request
            .headers_mut()
            .insert(header::HeaderName::from_bytes(name.as_bytes()).expect("a name"), value.parse().expect("a value"));
    }
    request
}

#[tokio::test]
async fn metrics_are_for_this_machine_unless_opened() {
    let router = live();
    for (peer, headers, status) in [
        (Some("127.0.0.1:9"), &[][..], StatusCode::OK),
        (Some("[::1]:9"), &[][..], StatusCode::OK),
        (Some("[::ffff:127.0.0.1]:9"), &[][..], StatusCode::OK),
        (Some("192.0.2.7:9"), &[][..], StatusCode::NOT_FOUND),
        (None, &[][..], StatusCode::NOT_FOUND),
        // What a tunnel adds
        (Some("127.0.0.1:9"), &[("X-Forwarded-For", "192.0.2.7")][..], StatusCode::NOT_FOUND),
        (Some("127.0.0.1:9"), &[("Forwarded", "for=192.0.2.7")][..], StatusCode::NOT_FOUND),
    ] {
        assert_eq!(ask(&router, metrics_from(peer, headers)).await.0, status, "{peer:?} {headers:?}");
    }
    let (mut open, _statuses) = listener(Health::Live);
    open.metrics_open = true;
    assert_eq!(ask(&super::router(open), metrics_from(Some("192.0.2.7:9"), &[])).await.0, StatusCode::OK);
}

// X11, G12
#[tokio::test]
async fn metrics_count_outcomes_and_name_nobody() {
    let router = live();
    for (body, signature_is_right) in [("hi", true), ("hi", true), ("hush", true), ("fail", true), ("hi", false)] {
        let mut request = signed("/sms", &[TEXT[0], TEXT[1], ("Body", body)]);
        if !signature_is_right {
            request.headers_mut().remove(signature::HEADER);
        }
        ask(&router, request).await;
    }
    ask(&router, signed("/sms", &TEXT[..1])).await;
    let (_, head, text) = ask(&router, metrics_from(Some("127.0.0.1:9"), &[])).await;
    assert!(head[header::CONTENT_TYPE].to_str().expect("text").starts_with("application/openmetrics-text"));
    for line in [
        "xchange_texts_total{outcome=\"answered\"} 2",
        "xchange_texts_total{outcome=\"silent\"} 1",
        "xchange_texts_total{outcome=\"unanswered\"} 1",
        "xchange_texts_total{outcome=\"refused\"} 1",
        "xchange_texts_total{outcome=\"malformed\"} 1",
        "xchange_answer_seconds_count 6",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(!text.contains("7700"), "{text}");
}

// ---- connections ----

/// A listener on a free port; sending (or dropping) the returned sender shuts it down.
async fn serving(
    patience: Patience,
) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<std::io::Result<()>>) {
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = tcp.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel();
    let router = routes(listener(Health::Live).0, patience.headers);
    let served = tokio::spawn(serve_with(patience, tcp, router, async {
        let _dropped = stopped.await;
    }));
    (address, stop, served)
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
    let (address, _stop, _served) = serving(PATIENT).await;
    let mut stream = TcpStream::connect(address).await.expect("a listener");
    for number in 0..3 {
        let body = format!("text {number}");
        stream.write_all(wire("/sms", &[TEXT[0], TEXT[1], ("Body", &body)]).as_bytes()).await.expect("sent");
        let answer = read_until(&mut stream, "</Response>").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains(&body), "{answer}");
    }
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sent");
    assert!(read_until(&mut stream, "# EOF").await.starts_with("HTTP/1.1 200 OK"), "the peer is known to the routes");
}

#[tokio::test]
async fn a_body_over_64_kib_is_refused_on_the_wire_too() {
    let (address, _stop, _served) = serving(PATIENT).await;
    let mut stream = TcpStream::connect(address).await.expect("a listener");
    let head = format!("POST /sms HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", 10 << 20);
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream.write_all(&[b'x'; BODY_LIMIT + 1]).await.expect("sent");
    assert!(read_until(&mut stream, "\r\n\r\n").await.starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn a_client_that_dawdles_over_its_headers_or_body_is_let_go() {
    let (address, _stop, _served) = serving(Patience { headers: SOON, ..PATIENT }).await;
    let mut dawdler = TcpStream::connect(address).await.expect("a listener");
    dawdler.write_all(b"POST /sms HTTP/1.1\r\nHost:").await.expect("sent");
    let mut rest = Vec::new();
    dawdler.read_to_end(&mut rest).await.expect("closed in order");
    assert_eq!(String::from_utf8_lossy(&rest), "", "no request, no answer");
    let mut dawdler = TcpStream::connect(address).await.expect("a listener");
    dawdler.write_all(b"POST /sms HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nFrom=").await.expect("sent");
    assert!(read_until(&mut dawdler, "\r\n\r\n").await.starts_with("HTTP/1.1 503"));
}

#[tokio::test]
async fn shutdown_finishes_the_requests_in_hand() {
    let (address, stop, served) = serving(PATIENT).await;
    let mut idle = TcpStream::connect(address).await.expect("a listener");
    idle.write_all(wire("/sms", &TEXT).as_bytes()).await.expect("sent");
    read_until(&mut idle, "</Response>").await;
    // Headers are in, the body is not: a request in hand.
    let mut busy = TcpStream::connect(address).await.expect("a listener");
    let request = wire("/sms", &[TEXT[0], TEXT[1], ("Body", "last words")]).replacen(
        "Host: x",
        "Host: x\r\nExpect: 100-continue",
        1,
    );
    let (head, body) = request.split_once("\r\n\r\n").expect("a request");
    busy.write_all(format!("{head}\r\n\r\n").as_bytes()).await.expect("sent");
    read_until(&mut busy, "100 Continue").await;
    stop.send(()).expect("serving");
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).await.expect("the idle connection is closed");
    assert!(TcpStream::connect(address).await.is_err(), "nobody new is let in");
    busy.write_all(body.as_bytes()).await.expect("sent");
    let answer = read_until(&mut busy, "</Response>").await;
    assert!(answer.contains("200 OK") && answer.contains("last words"), "{answer}");
    tokio::time::timeout(Duration::from_secs(5), served)
        .await
        .expect("ends at once")
        .expect("no panic")
        .expect("no error");
}

#[tokio::test]
async fn shutdown_does_not_wait_for_ever() {
    let (address, stop, served) = serving(Patience { last_words: SOON, ..PATIENT }).await;
    let mut busy = TcpStream::connect(address).await.expect("a listener");
    let head = wire("/sms", &TEXT).replacen("Host: x", "Host: x\r\nExpect: 100-continue", 1);
    busy.write_all(head.split_once("\r\n\r\n").expect("a request").0.as_bytes()).await.expect("sent");
    busy.write_all(b"\r\n\r\n").await.expect("sent");
    read_until(&mut busy, "100 Continue").await;
    drop(stop);
    served.await.expect("no panic").expect("no error");
}

// ---- the simulated phones ----

/// The routes of a listener with phones, and the name a browser calls it by.
struct Wall {
    routes: Router,
    host: String,
}

/// Asks as a browser does, unless the request names a host itself.
async fn browse(wall: &Wall, mut request: Request<Body>) -> (StatusCode, axum::http::HeaderMap, String) {
    let host = wall.host.parse().expect("a value");
    request.headers_mut().entry(header::HOST).or_insert(host);
    ask(&wall.routes, request).await
}

/// A listener with phones on a free port; returns its address, its routes and the phones' inbox.
async fn with_phones() -> (Wall, Inbox, oneshot::Sender<()>) {
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let (mut listener, _statuses) = listener(Health::Live);
    let inbox = Inbox::default();
    let phone = |n: u8| Phone::from_provider(&format!("+44770090000{n}")).expect("a phone");
    listener.phones = Some(Phones {
        people: vec![("Ada".into(), phone(1)), ("Ben".into(), phone(2)), ("Cy & Co".into(), phone(2))],
        exchange: "Hill family 2026".into(),
        keyword: "christmas".into(),
        fingerprint: "abcd-efgh".into(),
        inbox: inbox.clone(),
        token: TOKEN.into(),
        own_address: tcp.local_addr().expect("an address"),
    });
    let host = tcp.local_addr().expect("an address").to_string();
    let router = router(listener);
    let (stop, stopped) = oneshot::channel();
    tokio::spawn(serve(tcp, router.clone(), async {
        let _dropped = stopped.await;
    }));
    (Wall { routes: router, host }, inbox, stop)
}

fn typed(id: usize, body: &str) -> Request<Body> {
    Request::post(format!("/phones/{id}/text"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(serde_json::json!({ "body": body }).to_string()))
        .expect("a request")
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("JSON")
}

// H14: the same road as a real text, signature and all
#[tokio::test]
async fn a_simulated_phone_texts_by_the_signed_route() {
    let (router, _inbox, _stop) = with_phones().await;
    let (status, _, body) = browse(&router, typed(1, "Zoë & <b> 🎁")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(json(&body), serde_json::json!({ "answer": "Zoë & <b> 🎁 from +447700900002" }));
    let (_, _, body) = browse(&router, typed(0, "hush")).await;
    assert_eq!(json(&body), serde_json::json!({ "answer": null }));
    let (_, _, metrics) = browse(&router, metrics_from(Some("127.0.0.1:9"), &[])).await;
    assert!(metrics.contains("{outcome=\"answered\"} 1"), "{metrics}");
}

#[tokio::test]
async fn a_phone_says_kindly_what_went_wrong() {
    let (router, _inbox, stop) = with_phones().await;
    for (request, status, words) in [
        (typed(0, "fail"), StatusCode::BAD_GATEWAY, "did not answer"),
        (typed(9, "hi"), StatusCode::NOT_FOUND, "no such phone"),
        (typed(0, &"x".repeat(1601)), StatusCode::UNPROCESSABLE_ENTITY, "1,600 characters"),
        (
            Request::post("/phones/0/text").body(Body::from("{\"body\":\"hi\"}")).expect("a request"),
            StatusCode::BAD_REQUEST,
            "could not be read",
        ),
    ] {
        let (answered, _, body) = browse(&router, request).await;
        assert_eq!(answered, status);
        assert!(json(&body)["error"].as_str().is_some_and(|error| error.contains(words)), "{body}");
    }
    assert_eq!(browse(&router, typed(0, &"x".repeat(1600))).await.0, StatusCode::OK);
    drop(stop);
}

// A7
#[tokio::test]
async fn another_site_cannot_text_from_the_phones() {
    let (router, _inbox, _stop) = with_phones().await;
    let (host, origin) = (router.host.clone(), format!("http://{}", router.host));
    for (headers, allowed) in [
        (&[("sec-fetch-site", "same-origin")][..], true),
        (&[("sec-fetch-site", "cross-site")], false),
        (&[("sec-fetch-site", "same-site")], false),
        (&[("origin", origin.as_str()), ("host", host.as_str())], true),
        (&[("origin", "https://evil.example"), ("host", host.as_str())], false),
        (&[("origin", "null"), ("host", host.as_str())], false),
        (&[], true),
    ] {
        let mut request = typed(0, "hi");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a value"));
        }
        let expected = if allowed { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(browse(&router, request).await.0, expected, "{headers:?}");
    }
}

// X11: the page is told numbers masked, and no pairing
#[tokio::test]
async fn the_wall_lists_people_and_arrivals() {
    let (router, inbox, _stop) = with_phones().await;
    let get = |path: &str| Request::get(path).body(Body::empty()).expect("a request");
    let (status, head, body) = browse(&router, get("/phones/people")).await;
    assert_eq!((status, head[header::CACHE_CONTROL].to_str().expect("text")), (StatusCode::OK, "no-store"));
    let people = json(&body);
    let ada = serde_json::json!({ "id": 0, "name": "Ada", "number": "+44…01", "texted": false });
    assert_eq!(people["people"][0], ada);
    assert_eq!(people["fingerprint"], "abcd-efgh");
    assert!(!body.contains("7700"), "{body}");
    for (number, words) in [(1, "for Ada"), (2, "for Ben and Cy"), (9, "for nobody here")] {
        inbox.deliver(Phone::from_provider(&format!("+44770090000{number}")).expect("a phone"), words.into());
    }
    assert_eq!(browse(&router, typed(1, "hi")).await.0, StatusCode::OK);
    let people = json(&browse(&router, get("/phones/people")).await.2);
    assert_eq!([0, 1].map(|id| people["people"][id]["texted"].clone()), [false, true], "a page loaded anew knows it");
    let (_, _, body) = browse(&router, get("/phones/arrivals?after=1")).await;
    let expected = serde_json::json!([
        { "number": 2, "people": [1, 2], "body": "for Ben and Cy" },
        { "number": 3, "people": [], "body": "for nobody here" },
    ]);
    assert_eq!(json(&body), expected);
    assert_eq!(json(&browse(&router, get("/phones/arrivals")).await.2).as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn the_page_brings_everything_along_and_nothing_else() {
    let (router, _inbox, _stop) = with_phones().await;
    let get = |path: &str| Request::get(path).body(Body::empty()).expect("a request");
    let (status, head, html) = browse(&router, get("/phones")).await;
    assert_eq!(status, StatusCode::OK);
    let policy = head[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(!html.contains("http://") && !html.contains("https://"), "nothing from elsewhere");
    assert!(!html.contains("style=") && !html.contains("onclick"), "nothing inline");
    for (path, media_type) in [
        ("/phones/page.css", "text/css"),
        ("/phones/page.js", "text/javascript"),
        ("/phones/icon.svg", "image/svg+xml"),
    ] {
        let (status, head, body) = browse(&router, get(path)).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(head[header::CONTENT_TYPE].to_str().expect("text").starts_with(media_type), "{path}");
        assert!(html.contains(path) && !body.is_empty(), "{path} is used by the page");
    }
    let (_, _, css) = browse(&router, get("/phones/page.css")).await;
    assert!(css.contains("/phones/tick.svg"));
    assert_eq!(browse(&router, get("/phones/tick.svg")).await.0, StatusCode::OK);
    let (status, head, _) = browse(&router, get("/")).await;
    assert_eq!((status, head[header::LOCATION].to_str().expect("text")), (StatusCode::TEMPORARY_REDIRECT, "/phones"));
    assert_eq!(browse(&router, signed("/", &TEXT)).await.0, StatusCode::OK, "texts still come in there");
}

// X11: a name that leads here makes no other site the page's own
#[tokio::test]
async fn the_wall_answers_to_its_own_names_only() {
    let (wall, _inbox, _stop) = with_phones().await;
    let port = wall.host.rsplit(':').next().expect("a port");
    for path in ["/", "/phones", "/phones/page.js", "/phones/people", "/phones/arrivals"] {
        for (host, allowed) in [
            (wall.host.clone(), true),
            (format!("localhost:{port}"), true),
            (format!("evil.example:{port}"), false),
            ("localhost".to_owned(), false),
        ] {
            let request = Request::get(path).header(header::HOST, &host).body(Body::empty()).expect("a request");
            let refused = browse(&wall, request).await.0 == StatusCode::FORBIDDEN;
            assert_eq!(refused, !allowed, "{path} {host}");
        }
    }
    let mut request = typed(0, "hi");
    request.headers_mut().insert(header::HOST, "evil.example".parse().expect("a value"));
    assert_eq!(browse(&wall, request).await.0, StatusCode::FORBIDDEN);
    assert_eq!(ask(&wall.routes, typed(0, "hi")).await.0, StatusCode::FORBIDDEN);
}
