//! The season of a rehearsal: which day it is, the calendar turned, somebody who joins late.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Refusal, Wall, fresh};
use crate::app::exchange::rehearsal::{self, Turn};
use crate::app::site::Site;

/// The routes that a demo has not.
pub(super) fn routes() -> Router<Arc<Wall>> {
    Router::new().route("/phones/calendar", post(turn)).route("/phones/joiner", post(join))
}

/// What the calendar says.
#[derive(Serialize)]
pub(super) struct Today {
    day: String,
    time: String,
    /// How many days are left.
    left: Option<i32>,
    /// Where it can be turned to.
    turns: Vec<Turn>,
}

impl Today {
    pub(super) fn of(site: &Site) -> Self {
        let now = rehearsal::today(site);
        let left = site.exchange.date.and_then(|day| day.since(now.date()).ok()).map(|left| left.get_days());
        Self {
            day: now.strftime("%a %-d %b %Y").to_string(),
            time: now.strftime("%H:%M").to_string(),
            left,
            turns: Turn::ALL.into_iter().filter(|turn| turn.moment(site).is_some()).collect(),
        }
    }
}

#[derive(Deserialize)]
struct Turned {
    to: Turn,
}

/// `POST /phones/calendar`: turns the clock of the whole site forward.
async fn turn(State(wall): State<Arc<Wall>>, turned: Result<Json<Turned>, JsonRejection>) -> Result<Response, Refusal> {
    let Json(Turned { to }) = turned.map_err(|_rejection| Refusal::NoText)?;
    let site = wall.site().await;
    let moment = to.moment(&site).ok_or(Refusal::NoSuchDay)?;
    // A second later, so that what is due then is due.
    site.clock.advance(moment.duration_since(site.clock.now()) + SignedDuration::from_secs(1));
    Ok(fresh(Json(Today::of(&site))))
}

#[derive(Deserialize)]
struct Joiner {
    name: String,
}

/// `POST /phones/joiner`: takes somebody in, as a changed roster and `xchange update` do.
async fn join(State(wall): State<Arc<Wall>>, joiner: Result<Json<Joiner>, JsonRejection>) -> Result<Response, Refusal> {
    let Json(Joiner { name }) = joiner.map_err(|_rejection| Refusal::NoText)?;
    let mut site = wall.site.write().await;
    *site = rehearsal::join(&site, &name).await?;
    Ok(fresh(Json(Today::of(&site))))
}
