//! What goes out: how many messages stand how, and the newest of them.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Redirect;
use jiff::Timestamp;

use super::Failed;
use super::watched::Watched;
use crate::app::outbox::{self, ChangeError, ClosedLine, Entry, Wish};
use crate::app::overview::Overview;
use crate::clock::local;
use crate::store::{OutboxId, OutboxState, StoreError};
use crate::web::Shared;
use crate::web::session::Visitor;

/// How many messages are shown.
const SHOWN: u32 = 100;

#[derive(Template)]
#[template(path = "outbox.html")]
pub(in crate::web) struct Outbox {
    base: String,
    zone: String,
    now: Timestamp,
    counts: Vec<(String, u64)>,
    entries: Vec<Entry>,
}

impl Outbox {
    fn time(&self, at: &Timestamp) -> String {
        local(*at, &self.zone)
    }

    fn kind(&self, entry: &Entry) -> String {
        entry.kind.replace('_', " ")
    }

    fn state(&self, entry: &Entry) -> String {
        let word = entry.state;
        match entry.next_at {
            // A time that is over says nothing: what it waits for is something else.
            Some(next) if next > self.now => format!("{word} until {}", self.time(&next)),
            _ => word.to_owned(),
        }
    }

    /// What can be done about a message, and the word for it; what is being sent or has arrived stays as it is.
    fn can_be(&self, entry: &Entry) -> Option<(&'static str, &'static str)> {
        let is = |state: OutboxState| entry.state == state.word();
        if is(OutboxState::Waiting) {
            return Some(("cancel", "Cancel"));
        }
        let has_ended = is(OutboxState::Failed) || is(OutboxState::Lapsed) || is(OutboxState::Cancelled);
        has_ended.then_some(("retry", "Send again"))
    }

    fn all(&self) -> u64 {
        self.counts.iter().map(|(_, count)| count).sum()
    }
}

impl Watched for Outbox {
    const TITLE: &'static str = "Outbox";
    const PATH: &'static str = "/outbox";

    async fn now(shared: &Shared, visitor: &Visitor) -> Result<Self, Failed> {
        let (site, reach) = (&shared.listener.exchanges, visitor.who.reach);
        let (settings, now) = (Arc::clone(&site.settings), site.clock.now());
        let found = site.store.run_reading(move |tx| {
            let closed = ClosedLine::all(tx, &settings, now)?;
            Ok::<_, StoreError>((Overview::of(tx, reach)?, outbox::newest(tx, reach, SHOWN, &closed)?))
        });
        let (overview, entries) = found.await?;
        Ok(Self {
            base: visitor.door.base.clone(),
            zone: site.timezone().to_owned(),
            now: site.clock.now(),
            counts: overview.messages,
            entries,
        })
    }
}

/// `POST /outbox/{id}/{act}`: `retry` or `cancel`. The page then shows how the message stands, also where it was too late.
pub(in crate::web) async fn act(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path((id, act)): Path<(String, String)>,
) -> Result<Redirect, Failed> {
    let wish = match act.as_str() {
        "retry" => Wish::Again,
        "cancel" => Wish::Cancelled,
        _ => return Err(Failed::NotFound),
    };
    let id = OutboxId::numbered(id.parse().map_err(|_no_number| Failed::NotFound)?);
    let (site, reach) = (&shared.listener.exchanges, visitor.who.reach);
    let now = site.clock.now();
    match site.store.run(move |tx| outbox::become_so(tx, reach, id, wish, now)).await {
        Err(ChangeError::Unknown(_)) => Err(Failed::NotFound),
        Err(ChangeError::Store(error)) => Err(error.into()),
        Ok(()) | Err(_) => Ok(Redirect::to(&visitor.door.to("/outbox"))),
    }
}
