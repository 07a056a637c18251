//! What goes out: how many messages stand how, and the newest of them.

use std::sync::Arc;

use askama::Template;
use jiff::Timestamp;

use super::Failed;
use super::watched::Watched;
use crate::app::outbox::{self, ClosedLine, Entry};
use crate::app::overview::Overview;
use crate::clock::local;
use crate::store::{OutboxState, StoreError};
use crate::web::Shared;
use crate::web::session::Visitor;

/// How many messages are shown.
const SHOWN: u32 = 100;

#[derive(Template)]
#[template(path = "outbox.html")]
pub(in crate::web) struct Outbox {
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
        Ok(Self { zone: site.timezone().to_owned(), now: site.clock.now(), counts: overview.messages, entries })
    }
}
