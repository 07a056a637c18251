//! How an exchange stands: who has asked, what waits, what was sent. Kept up to date while it is looked at.

use askama::Template;
use axum::extract::{Query, RawQuery};
use axum::response::Response;
use jiff::Timestamp;

use super::{Head, Mine, Said};
use crate::app::exchange::status::{self, PersonStatus, Status, Waiting};
use crate::app::exchange::words::fairness;
use crate::clock::local;
use crate::store::{OutboxState, StoreError};
use crate::web::live;
use crate::web::pages::stretch::{SHOWN, Sought, Stretch};
use crate::web::pages::{Failed, Frame, Page, page};

#[derive(Template)]
#[template(path = "progress.html")]
struct Progress {
    frame: Frame,
    head: Head,
    now: Now,
}

impl Progress {
    fn stretch(&self) -> &Stretch {
        &self.now.stretch
    }
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
    /// How many know their name, of all.
    asked: (usize, usize),
    waiting: Vec<Waiting>,
    stretch: Stretch,
}

impl Now {
    fn time(&self, at: &Timestamp) -> String {
        local(*at, &self.zone)
    }

    fn fairness(&self, uniformity: &str) -> String {
        fairness(uniformity)
    }

    /// What somebody waits for who has not been told.
    fn why(&self, person: &PersonStatus) -> &str {
        self.waiting.iter().find(|waiting| waiting.name == person.name).map_or("", |waiting| waiting.why.as_str())
    }
}

async fn now(mine: &Mine, sought: Sought) -> Result<Now, Failed> {
    let looked = mine.look(|site| {
        let waiting = status::waiting(site)?.map(|(_, _, waiting)| waiting).unwrap_or_default();
        Ok::<_, StoreError>((status::status(site)?, waiting))
    });
    let (mut status, waiting) = looked.await??;
    let people = status.draw.as_mut().map(|draw| std::mem::take(&mut draw.people)).unwrap_or_default();
    let asked = (people.iter().filter(|person| person.asked > 0).count(), people.len());
    let found = people.into_iter().filter(|person| sought.is_in(std::iter::once(&*person.name))).collect();
    let (stretch, shown) = Stretch::of(mine.at(""), sought, found, SHOWN);
    if let Some(draw) = &mut status.draw {
        draw.people = shown;
    }
    let exchange = &mine.site.exchange;
    let reminders = if exchange.date.is_some() { &mine.site.settings.reminders[..] } else { &[] };
    Ok(Now {
        at: mine.at(""),
        zone: exchange.timezone.clone(),
        people: exchange.people.len(),
        reminders: reminders.iter().map(|before| format!("{before:#}")).collect(),
        status,
        asked,
        waiting,
        stretch,
    })
}

/// `GET /exchanges/{id}?q=&from=`
pub(in crate::web) async fn show(
    mine: Mine,
    Query(sought): Query<Sought>,
    RawQuery(query): RawQuery,
) -> Result<Page<impl Template>, Failed> {
    let head = Head { said: Said::done(query.as_deref()), ..mine.head().await? };
    Ok(page(Progress { frame: mine.frame("Progress"), head, now: now(&mine, sought).await? }))
}

/// `GET /exchanges/{id}/fragment?q=&from=`
pub(in crate::web) async fn fragment(mine: Mine, Query(sought): Query<Sought>) -> Result<Page<impl Template>, Failed> {
    Ok(page(now(&mine, sought).await?))
}

/// `GET /exchanges/{id}/live`
pub(in crate::web) async fn stream(mine: Mine) -> Response {
    live::stream(mine.visitor).await
}
