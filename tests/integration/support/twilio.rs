//! A local Twilio: real HTTP on a port of the system's choice.
//!
//! It checks every request's path, basic authentication and parameters against the fields and limits of Twilio's
//! published description of the Messages resource (<https://github.com/twilio/twilio-oai>, `CreateMessage` and
//! `ListMessage`), answers with Twilio's documented error documents, reports deliveries with real signatures, keeps
//! count of what it took, and fails on request.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use url::Url;

/// The account that it knows.
pub(crate) const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
/// The account's auth token.
pub(crate) const TOKEN: &str = "12345678901234567890123456789012";

/// The parameters of `CreateMessage`.
const PARAMETERS: [&str; 24] = [
    "To",
    "StatusCallback",
    "ApplicationSid",
    "MaxPrice",
    "ProvideFeedback",
    "Attempt",
    "ValidityPeriod",
    "ForceDelivery",
    "ContentRetention",
    "AddressRetention",
    "SmartEncoded",
    "PersistentAction",
    "TrafficType",
    "ShortenUrls",
    "ScheduleType",
    "SendAt",
    "SendAsMms",
    "ContentVariables",
    "RiskCheck",
    "From",
    "MessagingServiceSid",
    "Body",
    "MediaUrl",
    "ContentSid",
];

/// The parameters of `ListMessage`.
const FILTERS: [&str; 8] = ["To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page", "PageToken"];

/// Something that goes wrong with the next request that would create a message.
#[derive(Debug, Clone)]
pub(crate) enum Mishap {
    /// Answers with this status and this error code, and takes nothing.
    Refuse(u16, u32),
    /// Answers 429 with `Retry-After` in seconds, and takes nothing.
    Throttle(u64),
    /// Answers 500, and takes nothing.
    Break,
    /// Takes the message, then answers 500.
    TakeAndBreak,
    /// Closes the connection, and takes nothing.
    HangUp,
    /// Takes the message, then closes the connection.
    TakeAndHangUp,
    /// Takes the message, then never answers.
    TakeAndHold,
    /// Takes the message, and answers after this time.
    Slow(Duration),
}

/// A message that it took.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) sid: String,
    pub(crate) to: String,
    pub(crate) from: Option<String>,
    pub(crate) service: Option<String>,
    pub(crate) body: String,
    pub(crate) callback: Option<Url>,
    pub(crate) created: Timestamp,
    pub(crate) direction: &'static str,
    /// How many seconds it may wait in the provider's own queue.
    pub(crate) valid_for: Option<String>,
}

#[derive(Default)]
struct State {
    taken: Vec<Taken>,
    mishaps: VecDeque<Mishap>,
    searches: usize,
    /// How many searches more find nothing, for the list is behind.
    behind: usize,
    /// What no well-behaved client would have sent.
    complaints: Vec<String>,
    times: Vec<std::time::Instant>,
}

/// A local Twilio that runs until it is dropped.
pub(crate) struct LocalTwilio {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    /// One permit for every message taken.
    arrivals: Arc<Semaphore>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for LocalTwilio {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct Shared {
    state: Arc<Mutex<State>>,
    arrivals: Arc<Semaphore>,
}

impl LocalTwilio {
    /// Starts it.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State::default()));
        let arrivals = Arc::new(Semaphore::new(0));
        let shared = Arc::new(Shared { state: Arc::clone(&state), arrivals: Arc::clone(&arrivals) });
        let server = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                tokio::spawn(converse(stream, Arc::clone(&shared)));
            }
        });
        Self { address, state, arrivals, server }
    }

    /// What to put into `[twilio] base_url`.
    pub(crate) fn base(&self) -> Url {
        format!("http://{}", self.address).parse().expect("an address")
    }

    /// Lets the next requests go wrong, one after the other.
    pub(crate) fn plan(&self, mishaps: impl IntoIterator<Item = Mishap>) {
        self.state.lock().expect("unpoisoned").mishaps.extend(mishaps);
    }

    /// What it took, in order.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.state.lock().expect("unpoisoned").taken.clone()
    }

    /// How many it took, by the phone they went to.
    pub(crate) fn count_by_phone(&self) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for taken in self.taken() {
            *counts.entry(taken.to).or_default() += 1;
        }
        counts
    }

    /// When the messages were asked for.
    pub(crate) fn times(&self) -> Vec<std::time::Instant> {
        self.state.lock().expect("unpoisoned").times.clone()
    }

    /// How often its list was searched.
    pub(crate) fn searches(&self) -> usize {
        self.state.lock().expect("unpoisoned").searches
    }

    /// Lets the next searches find nothing, as where the list is behind.
    pub(crate) fn fall_behind(&self, searches: usize) {
        self.state.lock().expect("unpoisoned").behind = searches;
    }

    /// Puts a message into the list that the outbox did not send.
    pub(crate) fn put(&self, to: &str, from: &str, body: &str, direction: &'static str) {
        self.state.lock().expect("unpoisoned").taken.push(Taken {
            sid: sid(),
            to: to.to_owned(),
            from: Some(from.to_owned()),
            service: None,
            body: body.to_owned(),
            callback: None,
            created: now(),
            direction,
            valid_for: None,
        });
    }

    /// Waits until one more message has been taken.
    pub(crate) async fn next_arrival(&self) {
        self.arrivals.acquire().await.expect("open").forget();
    }

    /// Fails if a request was not as Twilio's description wants it.
    pub(crate) fn assert_well_behaved(&self) {
        let complaints = self.state.lock().expect("unpoisoned").complaints.clone();
        assert!(complaints.is_empty(), "{complaints:?}");
    }

    /// Reports a message's status to its callback, signed as Twilio signs, by way of a tunnel that ends at `address`;
    /// gives the answer's status.
    pub(crate) async fn report(&self, message: &Taken, status: &str, code: Option<u32>, address: &str) -> StatusCode {
        let callback = message.callback.clone().expect("a status callback");
        let mut fields = vec![
            ("AccountSid", ACCOUNT.to_owned()),
            ("ApiVersion", "2010-04-01".to_owned()),
            ("MessageSid", message.sid.clone()),
            ("MessageStatus", status.to_owned()),
            ("SmsSid", message.sid.clone()),
            ("SmsStatus", status.to_owned()),
            ("To", message.to.clone()),
        ];
        fields.extend(message.from.clone().map(|from| ("From", from)));
        fields.extend(code.map(|code| ("ErrorCode", code.to_string())));
        let answer = client()
            .post(format!("http://{address}{}", callback.path()))
            .header("X-Twilio-Signature", signature(callback.as_str(), &fields))
            .form(&fields)
            .send()
            .await
            .expect("an answer");
        answer.status()
    }
}

/// A bare HTTP client for this machine.
pub(crate) fn client() -> reqwest::Client {
    // The second to come finds a provider installed, which is the same one.
    let _already = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

/// Twilio's signature of a request (<https://www.twilio.com/docs/usage/security>).
pub(crate) fn signature(url: &str, fields: &[(&str, String)]) -> String {
    let mut sorted = fields.to_vec();
    sorted.sort();
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(TOKEN.as_bytes()).expect("any length");
    mac.update(url.as_bytes());
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    BASE64.encode(&mac.finalize().into_bytes())
}

async fn converse(stream: tokio::net::TcpStream, shared: Arc<Shared>) {
    let hang_up = Arc::new(Notify::new());
    let answer = service_fn(|request: Request<hyper::body::Incoming>| {
        let (shared, hang_up) = (Arc::clone(&shared), Arc::clone(&hang_up));
        async move { Ok::<_, Infallible>(answer(&shared, &hang_up, request.map(Body::new)).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
    tokio::select! {
        _ended = connection => {}
        () = hang_up.notified() => {}
    }
}

async fn answer(shared: &Shared, hang_up: &Notify, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    if !is_authorised(&head.headers) {
        return refusal(StatusCode::UNAUTHORIZED, 20003, "Authenticate");
    }
    let messages = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json");
    let account = format!("/2010-04-01/Accounts/{ACCOUNT}.json");
    match (&head.method, head.uri.path()) {
        (&Method::POST, path) if path == messages => {
            let form: Vec<(String, String)> = serde_urlencoded::from_bytes(&body).unwrap_or_default();
            create(shared, hang_up, &form).await
        }
        (&Method::GET, path) if path == messages => {
            let query = head.uri.query().unwrap_or_default();
            list(shared, &serde_urlencoded::from_str::<Vec<(String, String)>>(query).unwrap_or_default())
        }
        (&Method::GET, path) if path == account => {
            json(StatusCode::OK, &serde_json::json!({"sid": ACCOUNT, "status": "active", "type": "Full"}))
        }
        (_, path) => {
            complain(shared, format!("{} {path}", head.method));
            refusal(StatusCode::NOT_FOUND, 20404, "The requested resource was not found")
        }
    }
}

fn is_authorised(headers: &HeaderMap) -> bool {
    let wanted = format!("Basic {}", BASE64.encode(format!("{ACCOUNT}:{TOKEN}").as_bytes()));
    headers.get(header::AUTHORIZATION).is_some_and(|given| given.as_bytes() == wanted.as_bytes())
}

async fn create(shared: &Shared, hang_up: &Notify, form: &[(String, String)]) -> Response<Body> {
    let mishap = {
        let mut state = shared.state.lock().expect("unpoisoned");
        state.times.push(std::time::Instant::now());
        state.mishaps.pop_front()
    };
    match &mishap {
        Some(Mishap::Refuse(status, code)) => {
            let status = StatusCode::from_u16(*status).expect("a status");
            return refusal(status, *code, "The 'To' number +15005550001 cannot be texted");
        }
        Some(Mishap::Throttle(seconds)) => {
            let mut answer = refusal(StatusCode::TOO_MANY_REQUESTS, 20429, "Too Many Requests");
            answer.headers_mut().insert(header::RETRY_AFTER, (*seconds).into());
            return answer;
        }
        Some(Mishap::Break) => return refusal(StatusCode::INTERNAL_SERVER_ERROR, 20500, "Internal Server Error"),
        Some(Mishap::HangUp) => {
            hang_up.notify_one();
            return std::future::pending().await;
        }
        _ => {}
    }
    let taken = match check(shared, form) {
        Ok(taken) => taken,
        Err(refused) => return refused,
    };
    let answer = json(StatusCode::CREATED, &document(&taken));
    shared.state.lock().expect("unpoisoned").taken.push(taken);
    shared.arrivals.add_permits(1);
    match mishap {
        Some(Mishap::TakeAndBreak) => refusal(StatusCode::INTERNAL_SERVER_ERROR, 20500, "Internal Server Error"),
        Some(Mishap::TakeAndHangUp) => {
            hang_up.notify_one();
            std::future::pending().await
        }
        Some(Mishap::TakeAndHold) => std::future::pending().await,
        Some(Mishap::Slow(time)) => {
            tokio::time::sleep(time).await;
            answer
        }
        _ => answer,
    }
}

/// Checks a form against the description; what only a faulty client sends is complained about as well as refused.
fn check(shared: &Shared, form: &[(String, String)]) -> Result<Taken, Response<Body>> {
    let refuse = |code, message: &str| {
        complain(shared, format!("{code}: {message}"));
        Err(refusal(StatusCode::BAD_REQUEST, code, message))
    };
    for (name, _) in form {
        if !PARAMETERS.contains(&name.as_str()) {
            complain(shared, format!("no such parameter: {name}"));
        }
    }
    let value = |name: &str| {
        let mut values = form.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let first = values.next();
        if values.next().is_some() {
            complain(shared, format!("{name} twice"));
        }
        first
    };
    let Some(to) = value("To").filter(|to| !to.is_empty()) else {
        return refuse(21604, "A 'To' phone number is required.");
    };
    if !is_e164(to) {
        return refuse(21211, "The 'To' number is not a valid phone number.");
    }
    let (from, service) = (value("From"), value("MessagingServiceSid"));
    match (from, service) {
        (Some(from), None) if is_e164(from) => {}
        (None, Some(sid)) if is_sid(sid, "MG") => {}
        (None, None) => return refuse(21603, "A 'From' phone number is required."),
        (Some(_), Some(_)) => return refuse(21603, "Either 'From' or 'MessagingServiceSid', not both."),
        _ => return refuse(21212, "The 'From' number is not a valid phone number or the service is none."),
    }
    let body = value("Body").unwrap_or_default();
    if body.is_empty() {
        return refuse(21602, "Message body is required.");
    }
    if body.chars().count() > 1600 {
        return refuse(21617, "The concatenated message body exceeds the 1600 character limit.");
    }
    let callback = value("StatusCallback").map(Url::parse).transpose();
    let Ok(callback) = callback else {
        return refuse(21609, "The 'StatusCallback' URL is not a valid URL.");
    };
    Ok(Taken {
        sid: sid(),
        to: to.to_owned(),
        from: from.map(str::to_owned),
        service: service.map(str::to_owned),
        body: body.to_owned(),
        callback,
        created: now(),
        direction: "outbound-api",
        valid_for: value("ValidityPeriod").map(str::to_owned),
    })
}

fn list(shared: &Shared, query: &[(String, String)]) -> Response<Body> {
    for (name, _) in query {
        if !FILTERS.contains(&name.as_str()) {
            complain(shared, format!("no such filter: {name}"));
        }
    }
    let value = |name: &str| query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let size = value("PageSize").map_or(50, |size| size.parse().unwrap_or(0));
    if !(1..=1000).contains(&size) {
        complain(shared, format!("page size {size}"));
    }
    let page: usize = value("Page").and_then(|page| page.parse().ok()).unwrap_or(0);
    let mut state = shared.state.lock().expect("unpoisoned");
    state.searches += 1;
    let fits = |taken: &&Taken| {
        value("To").is_none_or(|to| to == taken.to)
            && value("From").is_none_or(|from| Some(from) == taken.from.as_deref())
    };
    let is_behind = state.behind > 0;
    state.behind = state.behind.saturating_sub(1);
    let found: Vec<&Taken> = state.taken.iter().rev().filter(fits).filter(|_| !is_behind).collect();
    let shown: Vec<serde_json::Value> =
        found.iter().skip(page * size).take(size).map(|taken| document(taken)).collect();
    let next = (found.len() > (page + 1) * size)
        .then(|| format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json?PageSize={size}&Page={}", page + 1));
    json(
        StatusCode::OK,
        &serde_json::json!({"messages": shown, "page": page, "page_size": size, "next_page_uri": next, "start": 0,
                            "end": shown.len(), "first_page_uri": "", "previous_page_uri": null, "uri": ""}),
    )
}

/// A Message resource.
fn document(taken: &Taken) -> serde_json::Value {
    let date = taken.created.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    serde_json::json!({
        "account_sid": ACCOUNT, "api_version": "2010-04-01", "body": taken.body, "date_created": date,
        "date_sent": null, "date_updated": date, "direction": taken.direction, "error_code": null,
        "error_message": null, "from": taken.from, "messaging_service_sid": taken.service, "num_media": "0",
        "num_segments": "1", "price": null, "price_unit": null, "sid": taken.sid, "status": "queued",
        "subresource_uris": {}, "to": taken.to, "uri": format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{}.json", taken.sid),
    })
}

fn complain(shared: &Shared, what: String) {
    shared.state.lock().expect("unpoisoned").complaints.push(what);
}

fn refusal(status: StatusCode, code: u32, message: &str) -> Response<Body> {
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    json(status, &serde_json::json!({"code": code, "message": message, "more_info": more, "status": status.as_u16()}))
}

fn json(status: StatusCode, value: &serde_json::Value) -> Response<Body> {
    let mut answer = Response::new(Body::from(value.to_string()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    answer
}

#[expect(clippy::disallowed_methods, reason = "Twilio goes by its own clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

fn sid() -> String {
    format!("SM{:032x}", rand::random::<u128>())
}

fn is_sid(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
    })
}
