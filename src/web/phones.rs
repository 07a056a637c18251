//! The simulated phones of a demo or a rehearsal: a page with one phone or mail box a person. The texts take the very road
//! that real ones take.
//!
//! A text typed on the page becomes the form Twilio would send, is signed as Twilio signs, and is posted over HTTP to
//! the listener's own `/sms`. The page shows each answer on the phone that asked, and nowhere else. Beside the phones
//! stands what the organizer sees. In a rehearsal the page also turns the calendar and lets somebody join; a demo has other
//! pages of phones beside it, for a dinner, a reception and a list.

mod gate;
mod line;
mod organizer;
mod page;
mod refusal;
mod season;
mod stage;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::sync::RwLock;

use super::{Shared, signature};
use crate::app::responder::Answer;
use crate::app::site::Site;
use crate::conversation::{CarrierWord, carrier_word};
use crate::messaging::envelope::Address;
use crate::messaging::inbox::{Arrival, Inbox};
use crate::model::Phone;

pub(super) use page::nothing;
use refusal::Refusal;
pub use stage::{Scene, Somebody, Stage};

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
    /// What there is besides the exchange.
    pub stage: Option<Stage>,
}

/// What the handlers share.
struct Wall {
    phones: Phones,
    shared: Arc<Shared>,
    /// Written while somebody joins.
    site: RwLock<Site>,
    sms_url: String,
    /// Which phones have been answered, so that a page loaded anew still knows.
    texted: Mutex<BTreeSet<(Scene, usize)>>,
}

impl Wall {
    async fn site(&self) -> Site {
        self.site.read().await.clone()
    }

    /// Whose phones and mail boxes stand on a page.
    async fn people(&self, scene: Scene) -> Vec<Somebody> {
        match (scene, &self.shared.stage) {
            (Scene::Exchange, _) => self.site.read().await.exchange.people.iter().map(Somebody::from).collect(),
            (_, stage) => stage.as_ref().map(|stage| stage.people(scene)).unwrap_or_default(),
        }
    }

    async fn person(&self, scene: Scene, id: usize) -> Result<Somebody, Refusal> {
        self.people(scene).await.into_iter().nth(id).ok_or(Refusal::NoPhone)
    }
}

/// Which page asks.
#[derive(Deserialize)]
struct On {
    #[serde(default)]
    scene: Scene,
}

/// The routes under `/phones`, and what leads there.
pub(super) fn routes(phones: Phones, shared: Arc<Shared>, site: Site) -> Router {
    let sms_url = signature::webhook_url(&shared.listener.public_url, "/sms");
    let season = (phones.play == Play::Rehearsal).then(season::routes).unwrap_or_default();
    let front = match shared.stage {
        Some(_) => stage::routes().route_layer(from_fn_with_state(Arc::clone(&shared), super::gate::public)),
        None => Router::new().route("/", get(|| async { Redirect::temporary("/phones") })),
    };
    let front = front.with_state(Arc::clone(&shared));
    let wall = Arc::new(Wall { phones, shared, site: RwLock::new(site), sms_url, texted: Mutex::default() });
    season
        .route("/phones", get(page::html))
        .route("/phones/", get(|| async { Redirect::temporary("/phones") }))
        .route("/phones/people", get(people))
        .route("/phones/arrivals", get(arrivals))
        .route("/phones/organizer", get(organizer::screen))
        .route("/phones/{file}", get(page::file))
        .route("/phones/{id}/text", post(text))
        .route("/phones/{id}/open", post(organizer::open))
        .with_state(Arc::clone(&wall))
        .merge(front)
        .route_layer(from_fn_with_state(wall, gate::only_here))
}

#[derive(Serialize)]
struct Everybody<'a> {
    play: Play,
    run: &'a str,
    exchange: &'a str,
    keyword: &'a str,
    people: Vec<Owner>,
}

#[derive(Serialize)]
struct Owner {
    id: usize,
    name: String,
    /// Where there is a phone; otherwise it is a mail box.
    number: Option<String>,
    email: Option<String>,
    texted: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    partner: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    empty: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    quick: &'static [&'static str],
}

impl Owner {
    fn of(id: usize, somebody: Somebody, texted: bool) -> Self {
        let Somebody { name, phone, email, partner, empty, quick } = somebody;
        let (number, email) = (phone.map(|it| it.to_string()), email.map(|it| it.to_string()));
        Self { id, name, number, email, texted, partner, empty, quick }
    }
}

/// `GET /phones/people`: whose phones and mail boxes there are.
async fn people(State(wall): State<Arc<Wall>>, Query(On { scene }): Query<On>) -> Response {
    let (exchange, people) = (wall.site().await.exchange, wall.people(scene).await);
    let texted = wall.texted.lock().unwrap_or_else(PoisonError::into_inner);
    let people = (0..).zip(people).map(|(id, who)| Owner::of(id, who, texted.contains(&(scene, id)))).collect();
    let Phones { play, run, .. } = &wall.phones;
    fresh(Json(Everybody { play: *play, run, exchange: &exchange.name, keyword: &exchange.keyword, people }))
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
    #[serde(default)]
    scene: Scene,
}

/// What has happened since.
#[derive(Serialize)]
struct News<'a> {
    run: &'a str,
    /// How many phones and mail boxes there are.
    people: usize,
    today: season::Today,
    arrivals: Vec<Arrived>,
    /// The fragment of the organizer's screen that stands beside the phones.
    #[serde(skip_serializing_if = "Option::is_none")]
    screen: Option<String>,
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
async fn arrivals(
    State(wall): State<Arc<Wall>>,
    Query(After { after, scene }): Query<After>,
) -> Result<Response, Refusal> {
    let everybody = wall.people(scene).await;
    let is_theirs = |who: &Somebody, to: &Address| match to {
        Address::Phone(phone) => who.phone.as_ref() == Some(phone),
        Address::Email(email) => who.email.as_ref() == Some(email),
    };
    let arrived = |Arrival { number, to, body }| Arrived {
        number,
        people: (0..).zip(&everybody).filter(|(_, who)| is_theirs(who, &to)).map(|(id, _)| id).collect(),
        subject: body.subject().map(str::to_owned),
        body: body.text().to_owned(),
    };
    let arrivals = wall.phones.inbox.since(after).into_iter().map(arrived).collect();
    let screen = match &wall.shared.stage {
        Some(stage) => stage.screen(&wall.shared, scene).await?,
        None => None,
    };
    let today = season::Today::of(&wall.site().await);
    Ok(fresh(Json(News { run: &wall.phones.run, people: everybody.len(), today, arrivals, screen })))
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
    Query(On { scene }): Query<On>,
    typed: Result<Json<Typed>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(Typed { body }) = typed.map_err(|_rejection| Refusal::NoText)?;
    if body.chars().count() > TEXT_LIMIT {
        return Err(Refusal::TooLong);
    }
    let from = wall.person(scene, id).await?.phone.ok_or(Refusal::NoPhone)?;
    let answer = line::send(&wall, &from, &body).await?;
    wall.texted.lock().unwrap_or_else(PoisonError::into_inner).insert((scene, id));
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

/// A response that no cache keeps: names may be in it.
fn fresh(response: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, "no-store"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], response).into_response()
}
