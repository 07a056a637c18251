//! What is done to a broadcast: planned, tried, sent, held, cancelled, sent again where it failed.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BroadcastShown, one, theirs};
use crate::app::list::broadcasts::{self, Act};
use crate::app::list::planning::{self, Forecast};
use crate::app::list::trial;
use crate::broadcast::Dearest;
use crate::store::Outcome;
use crate::web::api::caller::Caller;
use crate::web::api::given::{Body, Ids};
use crate::web::api::problem::Problem;

/// What a plan comes to.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct BroadcastPlan {
    broadcast: String,
    texts: u64,
    emails: u64,
    segments: u64,
    #[schema(required)]
    price: Option<f64>,
    /// To how many it is night now; their texts wait for the morning.
    asleep: u64,
    /// The longest text, and the character that makes it dear.
    #[schema(required)]
    dearest: Option<String>,
    /// What the first of all reads.
    example: String,
    /// When the texts go out.
    time: Vec<StretchShown>,
    /// Who gets nothing, and why.
    left_out: Vec<LeftOut>,
}

/// A time during which texts go out.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct StretchShown {
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    segments: u64,
}

/// Somebody who gets nothing.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct LeftOut {
    name: String,
    channel: String,
    why: String,
}

/// Fixes who reads which words; says what it costs and who is left out
#[utoipa::path(post, path = "/broadcasts/{id}/plan", tag = "broadcasts", params(("id" = String, Path)),
    responses((status = 200, body = BroadcastPlan), (status = 409, description = "It has been sent."), (status = 422, description = "Nobody would get it.")))]
pub(in crate::web::api) async fn plan(caller: Caller, Ids(id): Ids<i64>) -> Result<Json<BroadcastPlan>, Problem> {
    let planned = caller.waiting(move |site, reach| {
        let (_, broadcast) = site.store.read(|tx| theirs(tx, reach, id))?;
        Ok(planning::plan(site, broadcast.id)?)
    });
    let Forecast { texts, mails, segments, price, dearest, left_out, asleep, time, example } = planned.await?;
    let left_out = left_out.into_iter().map(|Outcome { name, channel, problem, .. }| LeftOut {
        name,
        channel,
        why: problem.unwrap_or_default(),
    });
    let time = time.into_iter().map(|it| StretchShown { from: it.from, until: it.until, segments: it.segments });
    Ok(Json(BroadcastPlan {
        broadcast: id.to_string(),
        texts,
        emails: mails,
        segments,
        price,
        asleep,
        dearest: dearest.as_ref().map(Dearest::words),
        example,
        time: time.collect(),
        left_out: left_out.collect(),
    }))
}

async fn done(caller: &Caller, id: i64, act: Act) -> Result<Json<BroadcastShown>, Problem> {
    let now = caller.site.clock.now();
    caller.write(move |tx, reach| Ok(broadcasts::act(tx, theirs(tx, reach, id)?.1.id, act, now)?)).await?;
    one(caller, id).await.map(Json)
}

/// Sends a plan, once; what is paused or has stopped goes on
#[utoipa::path(post, path = "/broadcasts/{id}/send", tag = "broadcasts", params(("id" = String, Path)),
    responses((status = 200, body = BroadcastShown), (status = 409, description = "There is no plan, or it was cancelled.")))]
pub(in crate::web::api) async fn send(caller: Caller, Ids(id): Ids<i64>) -> Result<Json<BroadcastShown>, Problem> {
    done(&caller, id, Act::Send).await
}

/// Sends nothing more for now
#[utoipa::path(post, path = "/broadcasts/{id}/pause", tag = "broadcasts", params(("id" = String, Path)),
    responses((status = 200, body = BroadcastShown), (status = 409, description = "Nothing of it is on its way.")))]
pub(in crate::web::api) async fn pause(caller: Caller, Ids(id): Ids<i64>) -> Result<Json<BroadcastShown>, Problem> {
    done(&caller, id, Act::Pause).await
}

/// Sends nothing more
#[utoipa::path(post, path = "/broadcasts/{id}/cancel", tag = "broadcasts", params(("id" = String, Path)),
    responses((status = 200, body = BroadcastShown)))]
pub(in crate::web::api) async fn cancel(caller: Caller, Ids(id): Ids<i64>) -> Result<Json<BroadcastShown>, Problem> {
    done(&caller, id, Act::Cancel).await
}

/// Sends what failed for a reason that may have passed once more
#[utoipa::path(post, path = "/broadcasts/{id}/retry", tag = "broadcasts", params(("id" = String, Path)),
    responses((status = 200, body = BroadcastShown)))]
pub(in crate::web::api) async fn retry(caller: Caller, Ids(id): Ids<i64>) -> Result<Json<BroadcastShown>, Problem> {
    let retried = caller.waiting(move |site, reach| {
        let broadcast = site.store.read(|tx| theirs(tx, reach, id))?.1.id;
        Ok(broadcasts::retry(site, broadcast)?)
    });
    retried.await?;
    one(&caller, id).await.map(Json)
}

/// Whom to try it on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web::api) struct TrialNew {
    /// One's own e-mail address, or a phone that has texted this number.
    address: String,
}

/// Sends it to oneself, as the first of its readers gets it
#[utoipa::path(post, path = "/broadcasts/{id}/test", tag = "broadcasts", params(("id" = String, Path)), request_body = TrialNew,
    responses((status = 200, body = BroadcastShown), (status = 409, description = "There is no plan, or that phone has never texted.")))]
pub(in crate::web::api) async fn test(
    caller: Caller,
    Ids(id): Ids<i64>,
    Body(TrialNew { address }): Body<TrialNew>,
) -> Result<Json<BroadcastShown>, Problem> {
    let site = caller.site.clone();
    let tried = caller.write(move |tx, reach| {
        let (_, broadcast) = theirs(tx, reach, id)?;
        Ok(trial::send(tx, &site, (broadcast.id, &address), site.clock.now())?)
    });
    tried.await?;
    one(&caller, id).await.map(Json)
}
