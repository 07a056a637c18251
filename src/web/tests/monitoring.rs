//! What machines see: health, metrics, the log; and what nobody does.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::Method;

use super::*;

async fn assert_health(world: &World, status: StatusCode, word: &str) {
    let router = world.router();
    for (method, body) in [(Method::GET, word), (Method::HEAD, "")] {
        let request = Request::builder().method(method).uri("/healthz").body(Body::empty()).expect("a request");
        let (answered, _, said) = ask(&router, request).await;
        assert_eq!((answered, said.as_str()), (status, body));
    }
}

// G12
#[tokio::test]
async fn health_says_whether_names_can_be_told() {
    let world = World::new();
    assert_health(&world, StatusCode::SERVICE_UNAVAILABLE, "not drawn yet\n").await;
    // A file where the archive's folder belongs: the draw waits for its copy.
    let archive = world.folder.path().join("sealed");
    std::fs::write(&archive, "").expect("written");
    world.draw().await;
    assert_health(&world, StatusCode::SERVICE_UNAVAILABLE, "the archive copy is not confirmed yet\n").await;
    std::fs::remove_file(&archive).expect("removed");
    draw(&world.site, draw::Request::default()).await.expect_err("drawn already, and its copy made");
    assert_health(&world, StatusCode::OK, "ok").await;
    let router = world.router();
    world.lose("draw");
    let (status, _, word) = ask(&router, get_request("/healthz")).await;
    assert_eq!((status, word.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"));
}

#[tokio::test]
async fn anything_else_is_not_found() {
    let world = World::drawn().await;
    let router = world.router();
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
        assert_eq!(ask(&router, get_request(path)).await.0, StatusCode::NOT_FOUND, "{path}");
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

/// Runs work to its end; returns what it, and every thread it used, has logged at any level.
fn logged(work: impl Future<Output = ()>) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone());
    let dispatch = tracing::Dispatch::new(subscriber.finish());
    // With one subscriber alone, tracing asks the thread that reaches a line first whether anybody listens, and
    // remembers the answer for all: a test beside this one would silence it.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let of_threads = dispatch.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // For as long as the thread lives.
        .on_thread_start(move || std::mem::forget(tracing::dispatcher::set_default(&of_threads)))
        .build()
        .expect("a runtime");
    tracing::dispatcher::with_default(&dispatch, || runtime.block_on(work));
    drop(runtime);
    String::from_utf8(log.0.lock().expect("unpoisoned").clone()).expect("UTF-8")
}

// H1, X11: the log says which URL was checked, and nothing of what was in the request or went back
#[test]
fn the_log_names_the_url_that_was_checked_and_no_secret() {
    let answered = signed("/sms", &TEXT);
    let good = answered.headers()[signature::HEADER].to_str().expect("text").to_owned();
    let log = logged(async {
        let world = World::drawn().await;
        let router = world.router();
        assert!(ask(&router, answered).await.2.contains(RECEIVER));
        ask(&router, unsigned("/sms?x=1", form(&TEXT), "Zm9yZ2Vk")).await;
        world.lose("text");
        ask(&router, signed("/sms", &text(&sid(2), "lemon curd"))).await;
    });
    let lines = |word: &str| log.lines().filter(|line| line.contains(word)).count();
    assert_eq!(lines("https://xmas.example.org/hill/sms?x=1"), 1, "{log}");
    assert_eq!(lines("WARN"), 1, "{log}");
    assert_eq!(lines("route=\"/sms\" status=200"), 1, "{log}");
    assert_eq!(lines("route=\"/sms\" status=403"), 1, "{log}");
    assert_eq!(lines("route=\"/sms\" status=503"), 1, "{log}");
    assert!(lines("texts could not be recorded") > 0, "the responder's thread is heard: {log}");
    for secret in ["7700", "Merry", "lemon", "Zm9yZ2Vk", &good, TOKEN, RECEIVER] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

pub(super) fn metrics_from(peer: Option<&str>, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = get_request("/metrics");
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
    let world = World::new();
    let router = world.router();
    for (peer, headers, status) in [
        (Some("127.0.0.1:9"), &[][..], StatusCode::OK),
        (Some("[::1]:9"), &[][..], StatusCode::OK),
        (Some("[::ffff:127.0.0.1]:9"), &[][..], StatusCode::OK),
        (Some("192.0.2.7:9"), &[][..], StatusCode::NOT_FOUND),
        (None, &[][..], StatusCode::NOT_FOUND),
        // What a tunnel adds
        (Some("127.0.0.1:9"), &[("X-Forwarded-For", "192.0.2.7")][..], StatusCode::NOT_FOUND),
        (Some("127.0.0.1:9"), &[("Forwarded", "for=192.0.2.7")][..], StatusCode::NOT_FOUND),
        (Some("127.0.0.1:9"), &[("Via", "1.1 proxy")][..], StatusCode::NOT_FOUND),
        (Some("127.0.0.1:9"), &[("CF-Connecting-IP", "192.0.2.7")][..], StatusCode::NOT_FOUND),
        (Some("127.0.0.1:9"), &[("True-Client-IP", "192.0.2.7")][..], StatusCode::NOT_FOUND),
        // And one that adds nothing: the name it was called by
        (Some("127.0.0.1:9"), &[("Host", "xmas.example.org")][..], StatusCode::NOT_FOUND),
        (Some("127.0.0.1:9"), &[("Host", "localhost:5050")][..], StatusCode::OK),
        (Some("[::1]:9"), &[("Host", "[::1]:5050")][..], StatusCode::OK),
    ] {
        assert_eq!(ask(&router, metrics_from(peer, headers)).await.0, status, "{peer:?} {headers:?}");
    }
    let mut open = world.listener();
    open.metrics_open = true;
    assert_eq!(ask(&super::router(open), metrics_from(Some("192.0.2.7:9"), &[])).await.0, StatusCode::OK);
}

// X11, G12
#[tokio::test]
async fn metrics_count_outcomes_and_name_nobody() {
    let world = World::drawn().await;
    let router = world.router();
    ask(&router, signed("/sms", &text(&sid(1), "christmas"))).await;
    ask(&router, signed("/sms", &text(&sid(2), "menu"))).await;
    ask(&router, signed("/sms", &text(&sid(3), "STOP"))).await;
    ask(&router, unsigned("/sms", form(&TEXT), "")).await;
    ask(&router, signed("/sms", &TEXT[..1])).await;
    world.lose("text");
    ask(&router, signed("/sms", &text(&sid(4), "christmas"))).await;
    let (_, head, metrics) = ask(&router, metrics_from(Some("127.0.0.1:9"), &[])).await;
    assert!(head[header::CONTENT_TYPE].to_str().expect("text").starts_with("application/openmetrics-text"));
    for line in [
        "xchange_texts_total{outcome=\"answered\"} 2",
        "xchange_texts_total{outcome=\"silent\"} 1",
        "xchange_texts_total{outcome=\"unanswered\"} 1",
        "xchange_texts_total{outcome=\"refused\"} 1",
        "xchange_texts_total{outcome=\"malformed\"} 1",
        "xchange_answer_seconds_count 6",
        "xchange_send_seconds_count 0",
        "xchange_outbox_oldest_due_seconds 0",
        "xchange_draws_without_copy 0",
        "xchange_clock_seconds ",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    assert!(!metrics.contains("447700900") && !metrics.contains(RECEIVER), "{metrics}");
}

#[tokio::test]
async fn a_text_that_took_too_long_is_counted() {
    let world = World::drawn().await;
    let router = routes(world.listener(), SOON);
    let _lock = world.lock();
    ask(&router, signed("/sms", &TEXT)).await;
    let (_, _, metrics) = ask(&router, metrics_from(Some("127.0.0.1:9"), &[])).await;
    assert!(metrics.contains("xchange_texts_total{outcome=\"unanswered\"} 1"), "{metrics}");
}
