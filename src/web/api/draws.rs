//! `exchanges/{id}/draws`, `.../updates`, `.../history`: drawing, and what draws there are. None of it shows a pairing.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::caller::{Caller, wait};
use super::given::{Asked, Body, Ids, created};
use super::paging::{Listed, Paging};
use super::problem::{Flaw, Problem};
use crate::app::exchange::archive_copy::Copy;
use crate::app::exchange::check::{self, Earlier};
use crate::app::exchange::differences::Difference;
use crate::app::exchange::draw::{self, DrawError};
use crate::app::exchange::history::{self, PastDraw};
use crate::app::exchange::update::{self, Plan, Redrawn, UpdateError};
use crate::app::exchange::words::reason;
use crate::app::site::Site;
use crate::model::TopicId;

/// A sealed draw, as far as its clear header tells.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DrawShown {
    /// Its number, by which it is asked for.
    id: String,
    /// Its number in the series.
    draw: u32,
    /// The exchange as it was called then.
    exchange: String,
    #[schema(value_type = String, format = DateTime)]
    drawn_at: Timestamp,
    /// How many take part; none where the header cannot be read.
    #[schema(required)]
    people: Option<u64>,
    /// Safe to publish.
    #[schema(required)]
    fingerprint: Option<String>,
    /// How equally likely every valid draw was.
    #[schema(required)]
    uniformity: Option<String>,
    archive: CopyShown,
}

/// A draw's copy in the archive.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CopyShown {
    /// `pending`, `confirmed` or `occupied`; nothing is answered before it is confirmed.
    state: &'static str,
    location: String,
    #[schema(required)]
    problem: Option<String>,
}

/// A draw to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDraw {
    /// Why to draw again; left out of a first draw.
    reason: Option<String>,
}

/// What changed since the draw, to be brought in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUpdate {
    /// Only say what would be done.
    #[serde(default)]
    dry_run: bool,
    /// What the sealed draw says of why there is a new one.
    reason: Option<String>,
}

/// What an update does, or did.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UpdateShown {
    exchange: String,
    changes: Vec<ChangeShown>,
    /// Rules between people who stay, which take a new draw.
    left_out: Vec<ChangeShown>,
    /// Whether all is drawn anew.
    whole: bool,
    /// The new draw, where somebody joined or left and it is more than a dry run.
    #[schema(required)]
    draw: Option<Number>,
    /// How many people are told.
    told: usize,
}

/// A draw by its number.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Number {
    number: u32,
}

/// Something that is not as it was drawn; addresses are masked.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChangeShown {
    kind: String,
    #[schema(required)]
    person: Option<String>,
    #[schema(required)]
    from: Option<String>,
    #[schema(required)]
    to: Option<String>,
}

impl CopyShown {
    pub(super) fn of(copy: Copy) -> Self {
        Self { state: copy.state.word(), location: copy.location, problem: copy.problem }
    }
}

impl ChangeShown {
    pub(super) fn all(changes: Vec<Difference>) -> Vec<Self> {
        let shown = |Difference { kind, person, from, to }| Self { kind, person, from, to };
        changes.into_iter().map(shown).collect()
    }
}

fn shown(past: PastDraw) -> DrawShown {
    let (people, fingerprint, uniformity) = past.header.map_or((None, None, None), |header| {
        (Some(header.people as u64), Some(header.fingerprint.to_string()), Some(header.uniformity))
    });
    let PastDraw { number, exchange, drawn_at, archive, .. } = past;
    let archive = CopyShown::of(archive);
    DrawShown { id: number.to_string(), draw: number, exchange, drawn_at, people, fingerprint, uniformity, archive }
}

/// Why something of a draw is done, in words that the verbs take as well.
pub(super) fn reason_of(text: &str) -> Result<String, Problem> {
    reason(text).map_err(|remark| Problem::meaning(vec![Flaw::at("/reason", remark)]))
}

/// The draws of an exchange alone, or of its whole series.
fn draws(site: &Site, of: Option<TopicId>) -> Result<Vec<DrawShown>, Problem> {
    let all = history::history(site)?.into_iter();
    Ok(all.filter(|past| of.is_none_or(|topic| past.topic == topic)).map(shown).collect())
}

/// Why nothing was drawn. With the people and rules that clash, if that is why.
fn refused(site: &Site, error: DrawError) -> Problem {
    let words = error.to_string();
    match error {
        DrawError::Store(error) => error.into(),
        DrawError::Impossible { why } => {
            let checked = Earlier::of(site).ok().and_then(|earlier| check::check(&site.exchange, &earlier).ok());
            let clash = checked.and_then(|checked| checked.impossible).map(|clash| {
                json!({"givers": clash.givers, "receivers": clash.receivers, "rules": clash.rules, "repairs": clash.repairs})
            });
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, &why.join(" ")).with("impossible", clash)
        }
        DrawError::TooFew { .. } | DrawError::History | DrawError::NotFound { .. } | DrawError::Malformed(_) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, &words)
        }
        DrawError::AlreadyDrawn { .. }
        | DrawError::NothingToRedraw { .. }
        | DrawError::ArchiveAhead { .. }
        | DrawError::OtherSeries { .. }
        | DrawError::UpdateWaits
        | DrawError::Auditor(_)
        | DrawError::Raced => Problem::conflict(&words),
        other => Problem::broken(&other),
    }
}

/// Lists the draws of an exchange
#[utoipa::path(get, path = "/exchanges/{id}/draws", tag = "draws", params(("id" = String, Path), Paging), responses((status = 200, body = Listed<DrawShown>)))]
pub(super) async fn list(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Listed<DrawShown>>, Problem> {
    let all = caller.on(id, move |site| draws(site, Some(id))).await?;
    Ok(Json(Listed::cut(&caller, &paging, all, |row| &row.id)?))
}

/// Lists the draws of an exchange's whole series, oldest first
#[utoipa::path(get, path = "/exchanges/{id}/history", tag = "draws", params(("id" = String, Path), Paging), responses((status = 200, body = Listed<DrawShown>)))]
pub(super) async fn series(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Listed<DrawShown>>, Problem> {
    let all = caller.on(id, move |site| draws(site, None)).await?;
    Ok(Json(Listed::cut(&caller, &paging, all, |row| &row.id)?))
}

/// Shows a draw of an exchange
#[utoipa::path(get, path = "/exchanges/{id}/draws/{draw}", tag = "draws", params(("id" = String, Path), ("draw" = String, Path)),
    responses((status = 200, body = DrawShown)))]
pub(super) async fn show(caller: Caller, Ids((id, draw)): Ids<(TopicId, String)>) -> Result<Json<DrawShown>, Problem> {
    let found = caller.on(id, move |site| {
        draws(site, Some(id))?.into_iter().find(|known| known.id == draw).ok_or(Problem::NOT_FOUND)
    });
    found.await.map(Json)
}

/// Draws, seals and archives
#[utoipa::path(post, path = "/exchanges/{id}/draws", tag = "draws", params(("id" = String, Path)), request_body = NewDraw,
    responses((status = 201, body = DrawShown), (status = 409, description = "Drawn already, and no reason is given to draw again; or not now."),
        (status = 422, description = "No draw is possible; `impossible` names the people and rules that clash.")))]
pub(super) async fn make(caller: Caller, Ids(id): Ids<TopicId>, Body(new): Body<NewDraw>) -> Result<Response, Problem> {
    let redraw = new.reason.map(|reason| reason_of(&reason)).transpose()?;
    let made = caller.on(id, move |site| {
        let request = draw::Request { redraw, new_key_passphrase: None };
        let made = wait(draw::draw(site, request)).map_err(|error| refused(site, error))?;
        draws(site, None)?.into_iter().find(|draw| draw.draw == made.number).ok_or(Problem::NOT_FOUND)
    });
    let made = made.await?;
    Ok(created(&caller, made.id.clone(), Json(made).into_response()))
}

/// Brings what changed since the draw into the live exchange
#[utoipa::path(post, path = "/exchanges/{id}/updates", tag = "draws", params(("id" = String, Path)), request_body = NewUpdate,
    responses((status = 200, body = UpdateShown), (status = 409, description = "Not drawn yet, or an earlier one waits for the archive."),
        (status = 422, description = "No draw is possible.")))]
pub(super) async fn update(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Body(new): Body<NewUpdate>,
) -> Result<Json<UpdateShown>, Problem> {
    let reason = new.reason.map(|reason| reason_of(&reason)).transpose()?;
    let done = caller.on(id, move |site| {
        let plan = update::plan(site).map_err(|error| not_updated(site, error))?;
        if new.dry_run {
            return Ok(planned(site, plan, None));
        }
        let done = wait(update::update(site, reason)).map_err(|error| not_updated(site, error))?;
        let draw = done.and_then(|done| done.draw).map(|draw| Number { number: draw.number });
        Ok(planned(site, plan, draw))
    });
    done.await.map(Json)
}

fn planned(site: &Site, plan: Plan, draw: Option<Number>) -> UpdateShown {
    UpdateShown {
        exchange: site.exchange.name.clone(),
        told: plan.told(),
        whole: matches!(plan.redrawn, Redrawn::Whole(_)),
        changes: ChangeShown::all(plan.changes),
        left_out: ChangeShown::all(plan.left_out),
        draw,
    }
}

fn not_updated(site: &Site, error: UpdateError) -> Problem {
    match error {
        UpdateError::Draw(error) => refused(site, error),
        UpdateError::Store(error) => error.into(),
        UpdateError::Record(_) | UpdateError::Live(_) => Problem::broken(&error),
        other => Problem::conflict(&other.to_string()),
    }
}
