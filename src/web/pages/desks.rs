//! The desks: who is inside, who is free, what waits to be sent; live.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;

use super::Failed;
use super::watched::Watched;
use crate::app::accounts::authorize;
use crate::app::desk::board::{self, Board};
use crate::app::desk::{self, Desk};
use crate::model::TopicId;
use crate::store::{Reach, StoreError, Tx};
use crate::web::Shared;
use crate::web::desk::inside_page;
use crate::web::session::Visitor;

pub(in crate::web) mod editing;
mod form;
pub(in crate::web) mod hosts;

/// Messages that are shown of those that wait.
const SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "desks.html")]
pub(in crate::web) struct Desks {
    base: String,
    now: Timestamp,
    desks: Vec<(Desk, Board)>,
}

impl Desks {
    fn time(&self, desk: &Desk, at: &Timestamp) -> String {
        desk.say(*at, self.now)
    }
}

impl Watched for Desks {
    const TITLE: &'static str = "Desks";
    const PATH: &'static str = "/desks";

    async fn now(shared: &Shared, visitor: &Visitor) -> Result<Self, Failed> {
        let (site, reach) = (&shared.listener.exchanges, visitor.who.reach);
        let now = site.clock.now();
        let desks = site.store.run_reading(move |tx| {
            let mut desks = Vec::new();
            for stored in tx.desks()? {
                if let Some(desk) = owned(tx, reach, stored.id)? {
                    let mut board = board::board(tx, &desk, now)?;
                    board.waiting.truncate(SHOWN);
                    desks.push((desk, board));
                }
            }
            Ok::<_, StoreError>(desks)
        });
        Ok(Self { base: visitor.door.base.clone(), now, desks: desks.await? })
    }
}

/// A desk, if it is theirs.
fn owned(tx: &Tx<'_>, reach: Reach, id: TopicId) -> Result<Option<Desk>, StoreError> {
    match authorize(tx, reach, id)? {
        Some(owned) => desk::get(tx, owned.id()),
        None => Ok(None),
    }
}

fn read_id(text: &str) -> Result<i64, Failed> {
    text.parse().map_err(|_no_number| Failed::NotFound)
}

/// `GET /desks/{id}/inside`, to be printed
pub(in crate::web) async fn inside(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let (site, reach, id) = (&shared.listener.exchanges, visitor.who.reach, TopicId(read_id(&id)?));
    let now = site.clock.now();
    let found = site.store.run_reading(move |tx| {
        let Some(desk) = owned(tx, reach, id)? else { return Ok(None) };
        let inside = board::inside(tx, &desk, now)?;
        Ok::<_, StoreError>(Some((desk, inside)))
    });
    let (desk, inside) = found.await?.ok_or(Failed::NotFound)?;
    let html = inside_page(&visitor.door.base, &desk, &inside, now).map_err(|_unrendered| Failed::Here)?;
    Ok(Html(html).into_response())
}

/// `POST /desks/{id}/visits/{visit}/leave`: somebody has left who has not said so.
pub(in crate::web) async fn leave(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path((id, visit)): Path<(String, String)>,
) -> Result<Redirect, Failed> {
    let (site, reach) = (&shared.listener.exchanges, visitor.who.reach);
    let (id, visit, now) = (TopicId(read_id(&id)?), read_id(&visit)?, site.clock.now());
    let left = site.store.run(move |tx| {
        let desk = owned(tx, reach, id)?.ok_or(Failed::NotFound)?;
        let visit = tx.visit(visit)?.filter(|visit| visit.desk == desk.id()).ok_or(Failed::NotFound)?;
        desk::leave(tx, &visit, now, now)?;
        Ok::<_, Failed>(())
    });
    left.await?;
    Ok(Redirect::to(&visitor.door.to("/desks")))
}
