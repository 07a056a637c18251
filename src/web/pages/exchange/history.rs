//! The sealed draws of the series. Opens none of them.

use askama::Template;
use jiff::Timestamp;

use super::{Head, Mine};
use crate::app::exchange::history::{self, PastDraw};
use crate::clock::local;
use crate::web::pages::{Failed, Frame, Page, page};

#[derive(Template)]
#[template(path = "history.html")]
struct History {
    frame: Frame,
    head: Head,
    series: String,
    zone: String,
    draws: Vec<PastDraw>,
}

impl History {
    fn time(&self, at: &Timestamp) -> String {
        local(*at, &self.zone)
    }
}

/// `GET /exchanges/{id}/history`
pub(in crate::web) async fn show(mine: Mine) -> Result<Page<impl Template>, Failed> {
    let (draws, exchange) = (mine.look(history::history).await??, &mine.site.exchange);
    let (series, zone) = (exchange.series.clone(), exchange.timezone.clone());
    Ok(page(History { frame: mine.frame("History"), head: mine.head().await?, series, zone, draws }))
}
