//! The desks: who is inside, who is free, what waits to be sent; live.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;

use super::watched::Watched;
use super::{Failed, Ids};
use crate::app::accounts::authorize;
use crate::app::desk::board::{self, Board};
use crate::app::desk::{self, Desk};
use crate::model::TopicId;
use crate::store::{Reach, StoreError, Tx};
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

    async fn now(visitor: &Visitor) -> Result<Self, Failed> {
        let now = visitor.site().clock.now();
        let desks = visitor.read(move |tx, reach| {
            let mut desks = Vec::new();
            for stored in tx.desks()? {
                if let Some(desk) = owned(tx, reach, stored.id)? {
                    let mut board = board::board(tx, &desk, now)?;
                    board.waiting.truncate(SHOWN);
                    desks.push((desk, board));
                }
            }
            Ok(desks)
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

/// `GET /desks/{id}/inside`, to be printed
pub(in crate::web) async fn inside(visitor: Visitor, Ids(id): Ids<TopicId>) -> Result<Response, Failed> {
    let now = visitor.site().clock.now();
    let found = visitor.read(move |tx, reach| {
        let desk = owned(tx, reach, id)?.ok_or(Failed::NotFound)?;
        let inside = board::inside(tx, &desk, now)?;
        Ok((desk, inside))
    });
    let (desk, inside) = found.await?;
    let html = inside_page(&visitor.door.base, &desk, &inside, now).map_err(|_unrendered| Failed::Here)?;
    Ok(Html(html).into_response())
}

/// `POST /desks/{id}/visits/{visit}/leave`: somebody has left who has not said so.
pub(in crate::web) async fn leave(visitor: Visitor, Ids((id, visit)): Ids<(TopicId, i64)>) -> Result<Response, Failed> {
    let now = visitor.site().clock.now();
    let left = visitor.write(move |tx, reach| {
        let desk = owned(tx, reach, id)?.ok_or(Failed::NotFound)?;
        let visit = tx.visit(visit)?.filter(|visit| visit.desk == desk.id()).ok_or(Failed::NotFound)?;
        desk::leave(tx, &visit, now, now)?;
        Ok::<_, Failed>(())
    });
    left.await?;
    Ok(visitor.go("/desks"))
}
