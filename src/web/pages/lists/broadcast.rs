//! One broadcast: what its plan comes to, how it goes, and what is done to it.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;

use super::{SHOWN, Sought, Written, their_broadcast, waiting};
use crate::app::list::broadcasts::{self, Act};
use crate::app::list::planning::{self, Forecast};
use crate::app::list::trial;
use crate::broadcast::{Dearest, Stretch};
use crate::clock::local;
use crate::error_chain::sentence;
use crate::store::{Broadcast, BroadcastState, List, Outcome, Reply};
use crate::web::pages::{Failed, Fields, Frame, Page, as_csv, page};
use crate::web::session::Visitor;

/// So many of the times at which a plan goes out are shown.
const TIMES: usize = 7;

#[derive(Template)]
#[template(path = "broadcast.html")]
struct BroadcastPage {
    frame: Frame,
    now: BroadcastNow,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "broadcast_now.html")]
struct BroadcastNow {
    base: String,
    zone: String,
    list: List,
    broadcast: Broadcast,
    counts: Vec<(String, u64)>,
    results: Vec<Outcome>,
    replies: Vec<Reply>,
    price: Option<f64>,
    per_segment: Option<f64>,
    /// Of a plan that has not been sent.
    forecast: Option<Forecast>,
}

impl BroadcastNow {
    fn meaning(&self, result: &Outcome) -> String {
        broadcasts::meaning(result).unwrap_or_default()
    }

    fn time(&self, result: &Outcome) -> String {
        result.at.map(|at| local(at, &self.zone)).unwrap_or_default()
    }

    fn segments(&self, result: &Outcome) -> String {
        broadcasts::segments(result)
    }

    fn costs(&self, result: &Outcome) -> String {
        broadcasts::price_of(result, self.per_segment)
    }

    fn path(&self) -> String {
        format!("{}/lists/{}/broadcasts/{}", self.base, self.list.id.0, self.broadcast.id.0)
    }

    fn is(&self, word: &str) -> bool {
        self.broadcast.state.word() == word
    }

    /// Which plan this is.
    fn plan(&self) -> i64 {
        self.broadcast.planned_at.map_or(0, Timestamp::as_millisecond)
    }

    fn can_send(&self) -> bool {
        matches!(self.broadcast.state, BroadcastState::Planned | BroadcastState::Paused | BroadcastState::Stopped)
    }

    fn can_retry(&self) -> bool {
        !self.is("cancelled") && self.counts.iter().any(|(word, _)| word == "failed")
    }

    fn dearest(&self, dearest: &Dearest) -> String {
        sentence(&dearest.words())
    }

    /// The first times of a plan, and when the last one ends where there are more.
    fn first<'a>(&self, plan: &'a Forecast) -> &'a [Stretch] {
        &plan.time[..plan.time.len().min(TIMES)]
    }

    fn last(&self, plan: &Forecast) -> Option<String> {
        plan.time.get(TIMES..)?.last().map(|last| local(last.until, &self.zone))
    }

    fn stretch(&self, stretch: &Stretch) -> String {
        let (from, until) = (local(stretch.from, &self.zone), local(stretch.until, &self.zone));
        let many = if stretch.segments == 1 { "" } else { "s" };
        format!("{from} to {until}: {} segment{many}", stretch.segments)
    }

    fn next(&self) -> Option<i64> {
        self.results.last().filter(|_| self.results.len() >= SHOWN as usize).map(|last| last.id)
    }
}

async fn broadcast_now(visitor: &Visitor, (id, number): (String, String), after: i64) -> Result<BroadcastNow, Failed> {
    let (reach, site) = (visitor.who.reach, visitor.site().clone());
    let base = visitor.door.base.clone();
    let found = visitor.site().store.run_reading(move |tx| {
        let (list, broadcast) = their_broadcast(tx, reach, (&id, &number))?;
        let (counts, results) = (tx.count_results(broadcast.id)?, tx.results(broadcast.id, after, SHOWN)?);
        let replies = tx.replies(list.id, Some(broadcast.id), SHOWN)?;
        let forecast = match broadcast.state {
            BroadcastState::Planned => Some(planning::forecast(tx, &site, &broadcast, (site.clock.now(), SHOWN))?),
            _ => None,
        };
        let (per_segment, zone) = (site.settings.messaging.price_per_segment, site.timezone().to_owned());
        #[expect(clippy::cast_precision_loss, reason = "no broadcast holds 2^52 segments")]
        let price = per_segment.map(|price| price * broadcast.segments as f64);
        Ok::<_, Failed>(BroadcastNow {
            base,
            zone,
            list,
            broadcast,
            counts,
            results,
            replies,
            price,
            per_segment,
            forecast,
        })
    });
    found.await
}

/// `GET /lists/{id}/broadcasts/{number}`
pub(in crate::web) async fn show(
    visitor: Visitor,
    Path(which): Path<(String, String)>,
    Query(Sought { after, .. }): Query<Sought>,
) -> Result<Page<impl Template>, Failed> {
    whole(&visitor, which, (after, None)).await
}

async fn whole(
    visitor: &Visitor,
    which: (String, String),
    (after, problem): (i64, Option<String>),
) -> Result<Page<impl Template + use<>>, Failed> {
    let now = broadcast_now(visitor, which, after).await?;
    let frame = Frame { here: "Lists", ..visitor.frame("A broadcast") };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(Page(status, BroadcastPage { frame, now, problem }))
}

/// `GET /lists/{id}/broadcasts/{number}/fragment`
pub(in crate::web) async fn fragment(
    visitor: Visitor,
    Path(which): Path<(String, String)>,
) -> Result<Page<impl Template>, Failed> {
    Ok(page(broadcast_now(&visitor, which, 0).await?))
}

/// `GET /lists/{id}/broadcasts/{number}/results.csv`
pub(in crate::web) async fn csv(
    visitor: Visitor,
    Path((id, number)): Path<(String, String)>,
) -> Result<Response, Failed> {
    let (reach, price) = (visitor.who.reach, visitor.site().settings.messaging.price_per_segment);
    let csv = visitor.site().store.run_reading(move |tx| {
        let (_, broadcast) = their_broadcast(tx, reach, (&id, &number))?;
        Ok::<_, Failed>(broadcasts::csv(tx, broadcast.id, price)?)
    });
    Ok(as_csv("results.csv", csv.await?))
}

/// `POST /lists/{id}/broadcasts/{number}`, with what is to be done: `plan` of a draft, `send`, `pause`, `cancel`, `retry`, or
/// `test` for an e-mail to whoever presses it. Done before, it does nothing.
pub(in crate::web) async fn act(
    visitor: Visitor,
    Path(which): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Failed> {
    let (site, reach) = (visitor.site().clone(), visitor.who.reach);
    let (act, myself, (id, number)) = (fields.text("act").to_owned(), visitor.who.email.clone(), which.clone());
    let planned = fields.text("plan").parse().ok().and_then(|at| Timestamp::from_millisecond(at).ok());
    let done = waiting(move || {
        let (store, now) = (&site.store, site.clock.now());
        let of = store.read(|tx| their_broadcast(tx, reach, (&id, &number)))?.1.id;
        let turned = |act| store.write(|tx| broadcasts::act(tx, of, act, now)).map(drop);
        let done = match &*act {
            "plan" => planning::plan(&site, of).map(drop),
            "send" => store.write(|tx| broadcasts::send_as_shown(tx, of, planned, now)).map(drop),
            "pause" => turned(Act::Pause),
            "cancel" => turned(Act::Cancel),
            "retry" => broadcasts::retry(&site, of).map(drop),
            "test" => store.write(|tx| trial::send(tx, &site, (of, &myself), now)),
            _ => return Err(Failed::Form.into()),
        };
        done.map_err(Written::of)
    });
    match done.await? {
        Ok(()) => {
            let to = visitor.door.to(&format!("/lists/{}/broadcasts/{}", which.0, which.1));
            Ok(Redirect::to(&to).into_response())
        }
        Err(Written::Problem(problem)) => {
            Ok(whole(&visitor, which, (0, Some(sentence(&problem)))).await?.into_response())
        }
        Err(Written::Failed(failed)) => Err(failed),
    }
}
