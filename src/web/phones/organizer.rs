//! The organizer's screen of a demo: what `xchange status` says, and one pairing opened as `xchange audit` does.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use super::{Refusal, Wall, fresh};
use crate::app::exchange::audit::{self, Opened, Wanted};
use crate::app::exchange::status;
use crate::seal::By;

/// What stands in the log of openings as the reason.
const REASON: &str = "somebody asked to see it, in a demo";

#[derive(Serialize)]
struct Screen {
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

/// `GET /phones/organizer`: who has asked, the archive's state, how many openings.
pub(super) async fn screen(State(wall): State<Arc<Wall>>) -> Result<Response, Refusal> {
    let site = wall.site.clone();
    let status = tokio::task::spawn_blocking(move || status::status(&site)).await;
    let status = status.map_err(|e| crate::store::StoreError::Abandoned(e.into()))??;
    let (people, archive) = status.draw.map_or((Vec::new(), "none"), |draw| (draw.people, draw.archive.state.word()));
    let row = |person: status::PersonStatus| Row { name: person.name, asked: person.asked, mailed: person.mailed };
    let people = people.into_iter().map(row).collect();
    Ok(fresh(Json(Screen { people, archive, openings: status.openings })))
}

#[derive(Serialize)]
struct Pairing {
    number: u64,
    giver: String,
    receiver: String,
}

/// `POST /phones/{id}/open`: opens the pairings of a phone's person, each with its trace.
pub(super) async fn open(State(wall): State<Arc<Wall>>, Path(id): Path<usize>) -> Result<Response, Refusal> {
    let (name, _) = wall.phones.people.get(id).ok_or(Refusal::NoPhone)?;
    let found = audit::find(&wall.site, Wanted { by: By::Giver, name, draw: None }).await?;
    let opened = audit::open(&wall.site, found, REASON).await?;
    let pairing = |Opened { giver, receiver, opening, .. }| Pairing { number: opening.number, giver, receiver };
    Ok(fresh(Json(opened.into_iter().map(pairing).collect::<Vec<_>>())))
}
