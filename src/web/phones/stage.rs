//! What a demo shows besides its exchange: a dinner, a reception and a list, all real ones of its throwaway site. Each has
//! a page with the phones of its people beside the organizer's own screen, and the first page leads to all of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::app::accounts::{self, AccountError};
use crate::model::{Email, Person, Phone, TopicId};
use crate::store::StoreError;
use crate::web::Shared;
use crate::web::door::Door;
use crate::web::pages::{Failed, Fields, page};
use crate::web::session::{Visitor, presented, redirect_with};

/// Which page the phones stand on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scene {
    /// The exchange's.
    #[default]
    Exchange,
    /// Guests who are invited until the seats are full.
    Dinner,
    /// Hosts whose visitors check in at the kiosk.
    Reception,
    /// People who are written to all at once.
    List,
    /// The mail boxes of everybody.
    Mail,
}

/// Somebody with a simulated phone or mail box.
#[derive(Debug, Clone)]
pub struct Somebody {
    /// What they are called.
    pub name: String,
    /// Where there is a phone; otherwise it is a mail box.
    pub phone: Option<Phone>,
    /// Where they are written to.
    pub email: Option<Email>,
    /// With whom the phone exchanges texts.
    pub partner: &'static str,
    /// What the phone shows before anything has come.
    pub empty: String,
    /// Texts that a press sends.
    pub quick: &'static [&'static str],
}

impl From<&Person> for Somebody {
    fn from(person: &Person) -> Self {
        let Person { name, phone, email, .. } = person.clone();
        Self { name, phone, email, partner: "", empty: String::new(), quick: &[] }
    }
}

/// Everything there is besides the exchange.
#[derive(Debug)]
pub struct Stage {
    /// The account that it all belongs to.
    pub email: String,
    /// Its password, which is no secret: the page tells it.
    pub password: &'static str,
    /// The link that pairs a tablet with the reception.
    pub kiosk: String,
    /// The page where people sign up for the list.
    pub join: String,
    /// The list.
    pub list: TopicId,
    /// Whose phones stand where.
    pub cast: Vec<(Scene, Somebody)>,
}

impl Stage {
    /// Whose phones and mail boxes stand on a page besides the exchange's.
    pub(super) fn people(&self, scene: Scene) -> Vec<Somebody> {
        let boxes = || {
            let mut seen = BTreeSet::new();
            let with_mail = self.cast.iter().map(|(_, who)| who).filter(|who| who.email.is_some());
            let once = with_mail.filter(move |who| seen.insert(who.name.clone()));
            once.map(|who| Somebody { phone: None, ..who.clone() }).collect()
        };
        match scene {
            Scene::Mail => boxes(),
            _ => self.cast.iter().filter(|(of, _)| *of == scene).map(|(_, who)| who.clone()).collect(),
        }
    }

    /// The organizer's screen that a page shows, by the path of its fragment; for the list the newest broadcast, if any.
    pub(super) async fn screen(&self, shared: &Shared, scene: Scene) -> Result<Option<String>, StoreError> {
        let list = self.list;
        Ok(match scene {
            Scene::Exchange | Scene::Mail => None,
            Scene::Dinner => {
                let newest = shared.listener.exchanges.store.run_reading(|tx| Ok::<_, StoreError>(tx.events()?.pop()));
                newest.await?.map(|event| format!("/events/{}/fragment", event.0))
            }
            Scene::Reception => Some("/desks/fragment".to_owned()),
            Scene::List => {
                let written = shared.listener.exchanges.store.run_reading(move |tx| tx.broadcasts_of(list)).await?;
                let newest = written.into_iter().map(|broadcast| broadcast.id.0).max();
                newest.map(|number| format!("/lists/{}/broadcasts/{number}/fragment", list.0))
            }
        })
    }
}

/// The pages of a demo that has more than an exchange.
pub(super) fn routes() -> Router<Arc<Shared>> {
    let scene = |scene| get(move |State(shared): State<Arc<Shared>>| async move { show(&shared, scene) });
    Router::new()
        .route("/", get(front))
        .route("/phones/sign-in", post(sign_in))
        .route("/phones/dinner", scene(Scene::Dinner))
        .route("/phones/reception", scene(Scene::Reception))
        .route("/phones/list", scene(Scene::List))
        .route("/phones/mail", scene(Scene::Mail))
}

fn stage_of(shared: &Shared) -> Result<&Stage, Failed> {
    shared.stage.as_ref().ok_or(Failed::NotFound)
}

#[derive(Template)]
#[template(path = "demo.html")]
struct Front<'a> {
    stage: &'a Stage,
    exchange: String,
}

impl Front<'_> {
    /// Where the organizer writes to all of the list.
    fn write(&self) -> String {
        format!("/lists/{}", self.stage.list.0)
    }
}

/// `GET /`
async fn front(State(shared): State<Arc<Shared>>) -> Result<Response, Failed> {
    let exchange = shared.listener.exchanges.in_file().map(|site| site.exchange.name.clone()).unwrap_or_default();
    Ok(page(Front { stage: stage_of(&shared)?, exchange }).into_response())
}

#[derive(Template)]
#[template(path = "scene.html")]
struct ScenePage<'a> {
    stage: &'a Stage,
    scene: Scene,
}

impl ScenePage<'_> {
    fn title(&self) -> &'static str {
        match self.scene {
            Scene::Exchange => "A gift exchange",
            Scene::Dinner => "A dinner for six",
            Scene::Reception => "A reception",
            Scene::List => "A list",
            Scene::Mail => "The mail boxes",
        }
    }

    fn word(&self) -> &'static str {
        match self.scene {
            Scene::Exchange => "",
            Scene::Dinner => "dinner",
            Scene::Reception => "reception",
            Scene::List => "list",
            Scene::Mail => "mail",
        }
    }
}

fn show(shared: &Shared, scene: Scene) -> Result<Response, Failed> {
    Ok(page(ScenePage { stage: stage_of(shared)?, scene }).into_response())
}

/// `POST /phones/sign-in`: whoever sits at this machine is the demo's organizer from now on, and is led to the page that `to`
/// names.
async fn sign_in(
    State(shared): State<Arc<Shared>>,
    door: Door,
    headers: HeaderMap,
    visitor: Result<Visitor, Response>,
    fields: Fields,
) -> Result<Response, Failed> {
    let to = fields.text("to");
    // A page of our own, whatever was posted.
    let is_ours = to.starts_with('/') && to[1..].chars().all(|c| c.is_ascii_alphanumeric() || "-/".contains(c));
    if !is_ours || to.starts_with("//") {
        return Err(Failed::Form);
    }
    if visitor.is_ok() {
        return Ok(Redirect::to(&door.to(to)).into_response());
    }
    let Stage { email, password, .. } = stage_of(&shared)?;
    let before = presented(&headers, &door);
    let typed = (email.as_str(), (*password).into());
    match accounts::sign_in(&shared.listener.exchanges, typed, door.client, before.as_deref()).await {
        Ok(secret) => Ok(redirect_with(&door, Some(&secret), to)),
        Err(AccountError::Store(error)) => Err(error.into()),
        // Its password was changed, or it was removed: whoever did that knows better than this page.
        Err(_) => Ok(Redirect::to(&door.to("/sign-in")).into_response()),
    }
}
