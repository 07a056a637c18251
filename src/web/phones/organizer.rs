//! The organizer's screen: what `xchange status` says, and one pairing opened as `xchange audit` does.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use super::{Refusal, Scene, Wall, fresh};
use crate::app::exchange::audit::{self, Opened, Wanted};
use crate::app::exchange::status;
use crate::seal::By;

/// What stands in the log of openings as the reason.
const REASON: &str = "somebody asked to see it, on the page of the phones";

#[derive(Serialize)]
struct Screen {
    fingerprint: String,
    people: Vec<Row>,
    archive: &'static str,
    openings: u64,
}

#[derive(Serialize)]
struct Row {
    name: String,
    asked: usize,
    mailed: bool,
}

/// `GET /phones/organizer`: the live draw's fingerprint, who has asked, the archive's state, how many openings.
pub(super) async fn screen(State(wall): State<Arc<Wall>>) -> Result<Response, Refusal> {
    let site = wall.site().await;
    let status = tokio::task::spawn_blocking(move || status::status(&site)).await;
    let status = status.map_err(|e| crate::store::StoreError::Abandoned(e.into()))??;
    let nothing = || (String::new(), Vec::new(), "none");
    let drawn = status.draw.map(|draw| (draw.fingerprint, draw.people, draw.archive.state.word()));
    let (fingerprint, people, archive) = drawn.unwrap_or_else(nothing);
    let row = |person: status::PersonStatus| Row { name: person.name, asked: person.asked, mailed: person.mailed };
    let people = people.into_iter().map(row).collect();
    Ok(fresh(Json(Screen { fingerprint, people, archive, openings: status.openings })))
}

#[derive(Serialize)]
struct Pairing {
    number: u64,
    giver: String,
    receiver: String,
}

/// `POST /phones/{id}/open`: opens the pairings of a phone's person, each with its trace.
pub(super) async fn open(State(wall): State<Arc<Wall>>, Path(id): Path<usize>) -> Result<Response, Refusal> {
    let (site, person) = (wall.site().await, wall.person(Scene::Exchange, id).await?);
    let found = audit::find(&site, Wanted { by: By::Giver, name: &person.name, draw: None }).await?;
    let opened = audit::open(&site, found, REASON).await?;
    let pairing = |Opened { giver, receiver, opening, .. }| Pairing { number: opening.number, giver, receiver };
    Ok(fresh(Json(opened.into_iter().map(pairing).collect::<Vec<_>>())))
}
