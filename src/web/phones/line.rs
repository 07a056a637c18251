//! The line from a simulated phone to the listener: one signed HTTP request, as Twilio makes it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use url::form_urlencoded::Serializer;

use super::Wall;
use crate::app::responder::Answer;
use crate::model::Phone;
use crate::web::{BODY_LIMIT, signature, twiml};

/// How long Twilio waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The number that simulated texts are sent to: Twilio's own test number, which belongs to nobody.
const EXCHANGE_NUMBER: &str = "+15005550006";

/// Why a text got no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum LineError {
    /// Nobody listens.
    #[error("could not reach the listener")]
    Connect(#[source] std::io::Error),
    /// The connection broke.
    #[error("the request to the listener failed")]
    Request(#[source] hyper::Error),
    /// The answer broke off or was far too long.
    #[error("the listener's answer could not be read")]
    Body(#[source] axum::Error),
    /// No answer in the time Twilio gives.
    #[error("the listener took more than 15 seconds")]
    Slow,
    /// An answer, but not a good one.
    #[error("the listener answered with status {0}")]
    Status(StatusCode),
    /// 200, but no TwiML.
    #[error("the listener's answer is not TwiML")]
    NotTwiml,
}

/// Sends a text from a phone to the exchange; returns what comes back.
pub(super) async fn send(wall: &Wall, from: &Phone, body: &str) -> Result<Answer, LineError> {
    let sid = format!("SM{:032x}", rand::random::<u128>());
    let fields = [
        ("AccountSid", "AC00000000000000000000000000000000"),
        ("ApiVersion", "2010-04-01"),
        ("Body", body),
        ("From", from.expose()),
        ("MessageSid", &sid),
        ("NumMedia", "0"),
        ("SmsStatus", "received"),
        ("To", EXCHANGE_NUMBER),
    ];
    let address = reachable(wall.phones.own_address);
    let request = Request::post("/sms")
        .header(header::HOST, address.to_string())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(signature::HEADER, signature::sign(&wall.phones.token, &wall.sms_url, &fields))
        .body(Body::from(Serializer::new(String::new()).extend_pairs(fields).finish()))
        .expect("fixed names and base64 make a request");
    let answer = tokio::time::timeout(TIMEOUT, exchange(address, request));
    let document = answer.await.map_err(|_elapsed| LineError::Slow)??;
    twiml::read(&document).ok_or(LineError::NotTwiml)
}

/// One request on a connection of its own.
async fn exchange(address: SocketAddr, request: Request<Body>) -> Result<String, LineError> {
    let stream = TcpStream::connect(address).await.map_err(LineError::Connect)?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(LineError::Request)?;
    // Ends with the sender; its errors reach the caller through the sender too.
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(LineError::Request)?;
    if response.status() != StatusCode::OK {
        return Err(LineError::Status(response.status()));
    }
    let body = to_bytes(Body::new(response.into_body()), BODY_LIMIT).await.map_err(LineError::Body)?;
    String::from_utf8(body.into()).map_err(|_invalid| LineError::NotTwiml)
}

/// An address to call for one that is listened on: "everywhere" is called on this machine.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
