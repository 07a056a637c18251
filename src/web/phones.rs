//! The demo's simulated phones: a page with one phone a person, whose texts take the very road that real ones take.
//!
//! A text typed on the page becomes the form Twilio would send, is signed as Twilio signs, and is posted over HTTP to
//! the listener's own `/sms`. The page shows each answer on the phone that asked, and nowhere else. Beside the phones
//! stands what the organizer sees.

mod line;
mod organizer;
mod page;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use super::signature;
use crate::app::exchange::audit::AuditError;
use crate::app::responder::Answer;
use crate::app::site::Site;
use crate::conversation::{CarrierWord, carrier_word};
use crate::error_chain::in_full;
use crate::messaging::inbox::Inbox;
use crate::model::Phone;
use crate::store::StoreError;

pub(super) use page::nothing;

/// The longest text, in characters: Twilio's own bound.
const TEXT_LIMIT: usize = 1600;

/// What the page needs.
#[derive(Debug)]
pub struct Phones {
    /// The names and phones of those who have one, in the order of the roster.
    pub people: Vec<(String, Phone)>,
    /// Who is drawn as well and has an e-mail address only.
    pub mailed: Vec<String>,
    /// Whether all of them are made up.
    pub invented: bool,
    /// What the exchange is called.
    pub exchange: String,
    /// The word people text.
    pub keyword: String,
    /// The draw's fingerprint.
    pub fingerprint: String,
    /// Where messages to the phones arrive.
    pub inbox: Inbox,
    /// Signs texts; one of the listener's auth tokens.
    pub token: SecretString,
    /// Where the listener listens.
    pub own_address: SocketAddr,
}

/// What the handlers share.
struct Wall {
    phones: Phones,
    site: Site,
    sms_url: String,
    /// Which phones have been answered, so that a page loaded anew still knows.
    texted: Mutex<BTreeSet<usize>>,
}

/// The routes under `/phones`, and a way there from `/`.
pub(super) fn routes(phones: Phones, public_url: &Url, site: Site) -> Router {
    let sms_url = signature::webhook_url(public_url, "/sms");
    let wall = Arc::new(Wall { phones, site, sms_url, texted: Mutex::default() });
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/phones") }))
        .route("/phones", get(page::html))
        .route("/phones/", get(|| async { Redirect::temporary("/phones") }))
        .route("/phones/people", get(people))
        .route("/phones/arrivals", get(arrivals))
        .route("/phones/organizer", get(organizer::screen))
        .route("/phones/{file}", get(page::file))
        .route("/phones/{id}/text", post(text))
        .route("/phones/{id}/open", post(organizer::open))
        .route_layer(axum::middleware::from_fn_with_state(Arc::clone(&wall), only_here))
        .with_state(wall)
}

#[derive(Serialize)]
struct Everybody<'a> {
    exchange: &'a str,
    keyword: &'a str,
    fingerprint: &'a str,
    invented: bool,
    mailed: &'a [String],
    people: Vec<Owner<'a>>,
}

#[derive(Serialize)]
struct Owner<'a> {
    id: usize,
    name: &'a str,
    number: String,
    texted: bool,
}

/// `GET /phones/people`: whose phones there are.
async fn people(State(wall): State<Arc<Wall>>) -> Response {
    let Phones { people, mailed, invented, exchange, keyword, fingerprint, .. } = &wall.phones;
    let texted = wall.texted.lock().unwrap_or_else(PoisonError::into_inner);
    let owner = |(id, (name, phone))| {
        let (number, texted) = (Phone::to_string(phone), texted.contains(&id));
        Owner { id, name, number, texted }
    };
    let people = people.iter().map(|(name, phone)| (name.as_str(), phone)).enumerate().map(owner).collect();
    fresh(Json(Everybody { exchange, keyword, fingerprint, invented: *invented, mailed, people }))
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

/// What has happened since; another fingerprint is another demo.
#[derive(Serialize)]
struct News<'a> {
    fingerprint: &'a str,
    arrivals: Vec<Arrived>,
}

#[derive(Serialize)]
struct Arrived {
    number: u64,
    people: Vec<usize>,
    body: String,
}

/// `GET /phones/arrivals?after=N`: messages that reached the phones since.
async fn arrivals(State(wall): State<Arc<Wall>>, Query(After { after }): Query<After>) -> Response {
    let owners = |phone: &Phone| {
        let people = wall.phones.people.iter().enumerate();
        people.filter(|(_, (_, theirs))| theirs == phone).map(|(id, _)| id).collect()
    };
    let arrived = wall.phones.inbox.since(after).into_iter();
    let arrivals = arrived.map(|a| Arrived { number: a.number, people: owners(&a.to), body: a.body }).collect();
    fresh(Json(News { fingerprint: &wall.phones.fingerprint, arrivals }))
}

#[derive(Deserialize)]
struct Typed {
    body: String,
}

#[derive(Serialize)]
struct Answered {
    /// `null` is silence.
    answer: Option<String>,
    /// What the silence means.
    why: Option<&'static str>,
}

/// `POST /phones/{id}/text`: sends a text from a phone and returns what comes back to it.
async fn text(
    State(wall): State<Arc<Wall>>,
    Path(id): Path<usize>,
    typed: Result<Json<Typed>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(Typed { body }) = typed.map_err(|_rejection| Refusal::NoText)?;
    if body.chars().count() > TEXT_LIMIT {
        return Err(Refusal::TooLong);
    }
    let (_, from) = wall.phones.people.get(id).ok_or(Refusal::NoPhone)?;
    let answer = line::send(&wall, from, &body).await?;
    wall.texted.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    Ok(fresh(Json(match answer {
        Answer::Words(words) => Answered { answer: Some(words), why: None },
        Answer::Silence => Answered { answer: None, why: Some(why_silent(&wall, from, &body).await?) },
    })))
}

/// What nothing coming back means: mostly that the phone's carrier would have answered.
async fn why_silent(wall: &Wall, from: &Phone, body: &str) -> Result<&'static str, Refusal> {
    let phone = from.clone();
    let has_stopped = wall.site.store.run_reading(move |tx| tx.is_opted_out(&phone)).await?;
    Ok(match carrier_word(body) {
        Some(CarrierWord::OptOut) => {
            "The carrier confirms this one. From now on this phone is sent nothing; START undoes it."
        }
        Some(CarrierWord::OptIn { .. }) => "The carrier confirms this one. This phone is answered again.",
        Some(CarrierWord::Help) => "The carrier answers this one, with a line that the organizer writes there.",
        None if has_stopped => "This phone has sent STOP, so nothing comes back. Text START first.",
        None => "Received. This one gets no answer.",
    })
}

/// Why a text typed on the page was not sent; shown on the page.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("Only the page itself may send texts from its phones.")]
    OtherSite,
    #[error("That text could not be read.")]
    NoText,
    #[error("A text has room for 1,600 characters.")]
    TooLong,
    #[error("There is no such phone here.")]
    NoPhone,
    #[error("The line is dead: the listener did not answer.")]
    Line(#[from] line::LineError),
    #[error("Nothing was opened: the log could not take it.")]
    Audit(#[from] AuditError),
    #[error("The database does not answer.")]
    Store(#[from] StoreError),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::OtherSite => StatusCode::FORBIDDEN,
            Self::NoText => StatusCode::BAD_REQUEST,
            Self::TooLong => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoPhone => StatusCode::NOT_FOUND,
            Self::Line(_) | Self::Audit(_) | Self::Store(_) => {
                tracing::error!(problem = in_full(&self), "the demo's page got no answer");
                StatusCode::BAD_GATEWAY
            }
        };
        (status, fresh(Json(serde_json::json!({ "error": self.to_string() })))).into_response()
    }
}

/// A response that no cache keeps: names may be in it.
fn fresh(response: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, "no-store"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], response).into_response()
}

/// Refuses who asks for these routes by another name than the demo's own: a name that its owner has pointed at this
/// machine would make another site's script the page's own (DNS rebinding). What does something is done for the page alone.
async fn only_here(State(wall): State<Arc<Wall>>, request: Request, next: Next) -> Response {
    let own = wall.phones.own_address;
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let is_own = host.is_some_and(|host| host == own.to_string() || host == format!("localhost:{}", own.port()));
    if !is_own {
        StatusCode::FORBIDDEN.into_response()
    } else if request.method() == Method::POST && !is_same_origin(request.headers()) {
        Refusal::OtherSite.into_response()
    } else {
        next.run(request).await
    }
}

/// Whether a request comes from the page itself, as browsers say it. A client that says neither is no browser, and so
/// cannot be tricked by another site.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let named = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = named("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    origin.is_some() && origin == named("host")
}
