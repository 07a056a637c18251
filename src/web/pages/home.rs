//! Everything of whoever is signed in: what there is, what waits, what went wrong.

use askama::Template;
use jiff::Timestamp;

use super::Failed;
use super::watched::Watched;
use crate::app::overview::Overview;
use crate::clock::local;
use crate::store::{ArchiveState, OutboxState};
use crate::web::session::Visitor;

#[derive(Template)]
#[template(path = "home.html")]
pub(in crate::web) struct Home {
    base: String,
    zone: String,
    overview: Overview,
}

impl Home {
    fn pending(&self) -> usize {
        self.overview.archived(ArchiveState::Pending).count()
    }

    fn occupied(&self) -> usize {
        self.overview.archived(ArchiveState::Occupied).count()
    }

    fn waiting(&self) -> u64 {
        self.overview.messages(OutboxState::Waiting) + self.overview.messages(OutboxState::Claimed)
    }

    fn failed(&self) -> u64 {
        self.overview.messages(OutboxState::Failed)
    }

    fn time(&self, at: &Timestamp) -> String {
        local(*at, &self.zone)
    }

    fn undrawn(&self) -> usize {
        self.overview.exchanges.iter().filter(|line| line.draw.is_none()).count()
    }
}

impl Watched for Home {
    const TITLE: &'static str = "Home";
    const PATH: &'static str = "";

    async fn now(visitor: &Visitor) -> Result<Self, Failed> {
        let overview = visitor.read(|tx, reach| Ok(Overview::of(tx, reach)?)).await?;
        Ok(Self { base: visitor.door.base.clone(), zone: visitor.site().timezone().to_owned(), overview })
    }
}
