//! What goes out: how many messages stand how, and the newest of them.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;

use super::watched::Watched;
use super::{Failed, Ids};
use crate::app::outbox::{self, ChangeError, ClosedLine, Entry, Wish};
use crate::app::overview::Overview;
use crate::clock::local;
use crate::store::{OutboxId, OutboxState};
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

    async fn now(visitor: &Visitor) -> Result<Self, Failed> {
        let site = visitor.site();
        let (settings, now) = (Arc::clone(&site.settings), site.clock.now());
        let found = visitor.read(move |tx, reach| {
            let closed = ClosedLine::all(tx, &settings, now)?;
            Ok((Overview::of(tx, reach)?, outbox::newest(tx, reach, SHOWN, &closed)?))
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
pub(in crate::web) async fn act(visitor: Visitor, Ids((id, act)): Ids<(i64, String)>) -> Result<Response, Failed> {
    let wish = match act.as_str() {
        "retry" => Wish::Again,
        "cancel" => Wish::Cancelled,
        _ => return Err(Failed::NotFound),
    };
    let (id, now) = (OutboxId::numbered(id), visitor.site().clock.now());
    match visitor.write(move |tx, reach| outbox::become_so(tx, reach, id, wish, now)).await {
        Err(ChangeError::Unknown(_)) => Err(Failed::NotFound),
        Err(ChangeError::Store(error)) => Err(error.into()),
        Ok(()) | Err(_) => Ok(visitor.go("/outbox")),
    }
}
