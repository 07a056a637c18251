//! How an exchange stands: who has asked, what waits, what was sent. Kept up to date while it is looked at.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use jiff::Timestamp;

use super::{Head, Mine, Said};
use crate::app::exchange::status::{self, PersonStatus, Status, Waiting};
use crate::app::exchange::words::fairness;
use crate::clock::local;
use crate::store::{OutboxState, StoreError};
use crate::web::pages::{Failed, Frame, Page, page};
use crate::web::{Shared, live};

#[derive(Template)]
#[template(path = "progress.html")]
struct Progress {
    frame: Frame,
    head: Head,
    now: Now,
}

#[derive(Template)]
#[template(path = "progress_now.html")]
struct Now {
    /// Where the pages of this exchange are.
    at: String,
    zone: String,
    people: usize,
    reminders: Vec<String>,
    status: Status,
    waiting: Vec<Waiting>,
}

impl Now {
    fn time(&self, at: &Timestamp) -> String {
        local(*at, &self.zone)
    }

    fn fairness(&self, uniformity: &str) -> String {
        fairness(uniformity)
    }

    fn asked(&self) -> usize {
        self.status.draw.iter().flat_map(|draw| &draw.people).filter(|person| person.asked > 0).count()
    }

    /// What somebody waits for who has not been told.
    fn why(&self, person: &PersonStatus) -> &str {
        self.waiting.iter().find(|waiting| waiting.name == person.name).map_or("", |waiting| waiting.why.as_str())
    }
}

async fn now(mine: &Mine) -> Result<Now, Failed> {
    let looked = mine.look(|site| {
        let waiting = status::waiting(site)?.map(|(_, _, waiting)| waiting).unwrap_or_default();
        Ok::<_, StoreError>((status::status(site)?, waiting))
    });
    let (status, waiting) = looked.await??;
    let exchange = &mine.site.exchange;
    let reminders = if exchange.date.is_some() { &mine.site.settings.reminders[..] } else { &[] };
    Ok(Now {
        at: mine.visitor.door.to(&format!("/exchanges/{}", mine.id.id().0)),
        zone: exchange.timezone.clone(),
        people: exchange.people.len(),
        reminders: reminders.iter().map(|before| format!("{before:#}")).collect(),
        status,
        waiting,
    })
}

/// `GET /exchanges/{id}`
pub(in crate::web) async fn show(
    State(shared): State<Arc<Shared>>,
    mine: Mine,
    RawQuery(query): RawQuery,
) -> Result<Page<impl Template>, Failed> {
    let head = Head { said: Said::done(query.as_deref()), ..mine.head().await? };
    Ok(page(Progress { frame: mine.frame(&shared, "Progress"), head, now: now(&mine).await? }))
}

/// `GET /exchanges/{id}/fragment`
pub(in crate::web) async fn fragment(mine: Mine) -> Result<Page<impl Template>, Failed> {
    Ok(page(now(&mine).await?))
}

/// `GET /exchanges/{id}/live`
pub(in crate::web) async fn stream(shared: State<Arc<Shared>>, mine: Mine) -> Response {
    live::stream(shared, mine.visitor).await
}
