//! The simulated phones of a demo or a rehearsal: a page with one phone or mail box a person. The texts take the very road
//! that real ones take.
//!
//! A text typed on the page becomes the form Twilio would send, is signed as Twilio signs, and is posted over HTTP to
//! the listener's own `/sms`. The page shows each answer on the phone that asked, and nowhere else. Beside the phones
//! stands what the organizer sees. In a rehearsal the page also turns the calendar and lets somebody join.

mod gate;
mod line;
mod organizer;
mod page;
mod season;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::sync::RwLock;
use url::Url;

use super::signature;
use crate::app::exchange::audit::AuditError;
use crate::app::exchange::rehearsal::JoinError;
use crate::app::responder::Answer;
use crate::app::site::Site;
use crate::conversation::{CarrierWord, carrier_word};
use crate::error_chain::in_full;
use crate::messaging::envelope::Address;
use crate::messaging::inbox::{Arrival, Inbox};
use crate::model::{Person, Phone};
use crate::store::StoreError;

pub(super) use page::nothing;

/// The longest text, in characters: Twilio's own bound.
const TEXT_LIMIT: usize = 1600;

/// What is played on the phones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Play {
    /// A demo with people who are made up.
    Invented,
    /// A demo with the people of a roster.
    Own,
    /// A season with them.
    Rehearsal,
}

impl Play {
    /// What it is called.
    #[must_use]
    pub fn word(self) -> &'static str {
        if self == Self::Rehearsal { "rehearsal" } else { "demo" }
    }
}

/// What the page needs.
#[derive(Debug)]
pub struct Phones {
    /// What is played.
    pub play: Play,
    /// Another one for everything that is begun anew.
    pub run: String,
    /// Where messages to phones and mail boxes arrive.
    pub inbox: Inbox,
    /// Signs texts; one of the listener's auth tokens.
    pub token: SecretString,
    /// Where the listener listens.
    pub own_address: SocketAddr,
}

/// What the handlers share.
struct Wall {
    phones: Phones,
    /// Written while somebody joins.
    site: RwLock<Site>,
    sms_url: String,
    /// Which phones have been answered, so that a page loaded anew still knows.
    texted: Mutex<BTreeSet<usize>>,
}

impl Wall {
    async fn site(&self) -> Site {
        self.site.read().await.clone()
    }

    async fn person(&self, id: usize) -> Result<Person, Refusal> {
        self.site.read().await.exchange.people.get(id).cloned().ok_or(Refusal::NoPhone)
    }
}

/// The routes under `/phones`, and a way there from `/`.
pub(super) fn routes(phones: Phones, public_url: &Url, site: Site) -> Router {
    let sms_url = signature::webhook_url(public_url, "/sms");
    let season = (phones.play == Play::Rehearsal).then(season::routes).unwrap_or_default();
    let wall = Arc::new(Wall { phones, site: RwLock::new(site), sms_url, texted: Mutex::default() });
    season
        .route("/", get(|| async { Redirect::temporary("/phones") }))
        .route("/phones", get(page::html))
        .route("/phones/", get(|| async { Redirect::temporary("/phones") }))
        .route("/phones/people", get(people))
        .route("/phones/arrivals", get(arrivals))
        .route("/phones/organizer", get(organizer::screen))
        .route("/phones/{file}", get(page::file))
        .route("/phones/{id}/text", post(text))
        .route("/phones/{id}/open", post(organizer::open))
        .route_layer(axum::middleware::from_fn_with_state(Arc::clone(&wall), gate::only_here))
        .with_state(wall)
}

#[derive(Serialize)]
struct Everybody<'a> {
    play: Play,
    run: &'a str,
    exchange: &'a str,
    keyword: &'a str,
    people: Vec<Owner<'a>>,
}

#[derive(Serialize)]
struct Owner<'a> {
    id: usize,
    name: &'a str,
    /// Where there is a phone; otherwise it is a mail box.
    number: Option<String>,
    email: Option<String>,
    texted: bool,
}

impl<'a> Owner<'a> {
    fn of(id: usize, person: &'a Person, texted: bool) -> Self {
        let number = person.phone.as_ref().map(ToString::to_string);
        let email = person.email.as_ref().map(ToString::to_string);
        Self { id, name: &person.name, number, email, texted }
    }
}

/// `GET /phones/people`: whose phones and mail boxes there are.
async fn people(State(wall): State<Arc<Wall>>) -> Response {
    let exchange = wall.site().await.exchange;
    let texted = wall.texted.lock().unwrap_or_else(PoisonError::into_inner);
    let people = (0..).zip(&exchange.people).map(|(id, person)| Owner::of(id, person, texted.contains(&id))).collect();
    let Phones { play, run, .. } = &wall.phones;
    fresh(Json(Everybody { play: *play, run, exchange: &exchange.name, keyword: &exchange.keyword, people }))
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

/// What has happened since.
#[derive(Serialize)]
struct News<'a> {
    run: &'a str,
    /// How many phones and mail boxes there are.
    people: usize,
    today: season::Today,
    arrivals: Vec<Arrived>,
}

#[derive(Serialize)]
struct Arrived {
    number: u64,
    people: Vec<usize>,
    /// An e-mail's.
    subject: Option<String>,
    body: String,
}

/// `GET /phones/arrivals?after=N`: messages that reached the phones and mail boxes since.
async fn arrivals(State(wall): State<Arc<Wall>>, Query(After { after }): Query<After>) -> Response {
    let site = wall.site().await;
    let everybody = &site.exchange.people;
    let is_theirs = |person: &Person, to: &Address| match to {
        Address::Phone(phone) => person.phone.as_ref() == Some(phone),
        Address::Email(email) => person.email.as_ref() == Some(email),
    };
    let arrived = |Arrival { number, to, body }| Arrived {
        number,
        people: (0..).zip(everybody).filter(|(_, person)| is_theirs(person, &to)).map(|(id, _)| id).collect(),
        subject: body.subject().map(str::to_owned),
        body: body.text().to_owned(),
    };
    let arrivals = wall.phones.inbox.since(after).into_iter().map(arrived).collect();
    let today = season::Today::of(&site);
    fresh(Json(News { run: &wall.phones.run, people: everybody.len(), today, arrivals }))
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
    let from = wall.person(id).await?.phone.ok_or(Refusal::NoPhone)?;
    let answer = line::send(&wall, &from, &body).await?;
    wall.texted.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    Ok(fresh(Json(match answer {
        Answer::Words(words) => Answered { answer: Some(words), why: None },
        Answer::Silence => Answered { answer: None, why: Some(why_silent(&wall, &from, &body).await?) },
    })))
}

/// What nothing coming back means: mostly that the phone's carrier would have answered.
async fn why_silent(wall: &Wall, from: &Phone, body: &str) -> Result<&'static str, Refusal> {
    let phone = from.clone();
    let has_stopped = wall.site().await.store.run_reading(move |tx| tx.is_opted_out(&phone)).await?;
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
    #[error("That day does not come.")]
    NoSuchDay,
    #[error("Nobody joined: {}.", in_full(.0))]
    Join(#[from] JoinError),
    #[error("The database does not answer.")]
    Store(#[from] StoreError),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::OtherSite => StatusCode::FORBIDDEN,
            Self::NoText => StatusCode::BAD_REQUEST,
            Self::TooLong | Self::NoSuchDay | Self::Join(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoPhone => StatusCode::NOT_FOUND,
            Self::Line(_) | Self::Audit(_) | Self::Store(_) => {
                tracing::error!(problem = in_full(&self), "the page of the phones got no answer");
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
