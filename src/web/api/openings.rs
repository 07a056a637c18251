//! `exchanges/{id}/openings`: the chained log, and an audit. The one answer of the API with a pairing in it is that of the
//! audit itself; it is not kept, and nothing leads back to it.

use axum::Json;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, wait};
use super::draws::reason_of;
use super::given::{Asked, Body, Ids, created};
use super::paging::{Listed, Paging};
use super::problem::{Flaw, Problem};
use crate::app::exchange::audit::{self, AuditError, Opened, Wanted};
use crate::app::site::Site;
use crate::model::TopicId;
use crate::seal::{By, Opening};

/// An entry of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OpeningShown {
    /// Its number in the chain, by which it is asked for.
    id: String,
    number: u64,
    /// `opening`, `refused` (history left no draw) or `address` (one changed after the draw).
    #[schema(value_type = String)]
    kind: crate::seal::EntryKind,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    exchange: String,
    draw: u32,
    reason: String,
    hash: String,
}

/// A pairing to be opened: that of a giver, or of a receiver, by name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOpening {
    giver: Option<String>,
    receiver: Option<String>,
    /// Stands in the log, and is told to the giver.
    reason: String,
}

/// What was opened.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OpenedShown {
    #[serde(flatten)]
    first: PairingShown,
    /// The person's other pairings, where everybody gives several gifts.
    others: Vec<PairingShown>,
}

/// One opened pairing, and the trace it left.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PairingShown {
    giver: String,
    receiver: String,
    draw: u32,
    receipt: String,
    told: Vec<ToldShown>,
    opening: OpeningShown,
    /// Whether the archive holds the same sealed draw as the database.
    archive_matches: bool,
}

/// One telling of the giver.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ToldShown {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    sid: String,
    status: &'static str,
}

fn entry(opening: Opening) -> OpeningShown {
    let Opening { number, kind, at, exchange, draw, reason, hash, .. } = opening;
    OpeningShown { id: number.to_string(), number, kind, at, exchange, draw, reason, hash: hash.to_string() }
}

fn pairing(opened: Opened) -> PairingShown {
    let told = opened.told.into_iter().map(|told| ToldShown { at: told.at, sid: told.sid, status: "answered" });
    PairingShown {
        told: told.collect(),
        opening: entry(opened.opening),
        giver: opened.giver,
        receiver: opened.receiver,
        draw: opened.draw,
        receipt: opened.receipt,
        archive_matches: opened.archive_matches,
    }
}

impl From<AuditError> for Problem {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::NoDraw | AuditError::Disagree(_) => Self::conflict(&error.to_string()),
            AuditError::NoReason => Self::meaning(vec![Flaw::at("/reason", error.to_string())]),
            AuditError::Store(error) => error.into(),
            other => Self::broken(&other),
        }
    }
}

fn log(site: &Site) -> Result<Vec<OpeningShown>, Problem> {
    Ok(audit::log(site)?.into_iter().map(entry).collect())
}

/// Lists the log of openings of an exchange's series
#[utoipa::path(get, path = "/exchanges/{id}/openings", tag = "openings", params(("id" = String, Path), Paging),
    responses((status = 200, body = Listed<OpeningShown>)))]
pub(super) async fn list(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Listed<OpeningShown>>, Problem> {
    let all = caller.on(id, log).await?;
    Ok(Json(Listed::cut(&caller, &paging, all, |row| &row.id)?))
}

/// Shows an entry of the log; never what was opened
#[utoipa::path(get, path = "/exchanges/{id}/openings/{opening}", tag = "openings", params(("id" = String, Path), ("opening" = String, Path)),
    responses((status = 200, body = OpeningShown)))]
pub(super) async fn show(
    caller: Caller,
    Ids((id, opening)): Ids<(TopicId, String)>,
) -> Result<Json<OpeningShown>, Problem> {
    let found =
        caller.on(id, move |site| log(site)?.into_iter().find(|known| known.id == opening).ok_or(Problem::NOT_FOUND));
    found.await.map(Json)
}

/// Opens one person's pairing: an audit, which leaves its trace first and is told to the giver
#[utoipa::path(post, path = "/exchanges/{id}/openings", tag = "openings", params(("id" = String, Path)), request_body = NewOpening,
    responses((status = 201, body = OpenedShown), (status = 403, description = "A token without the scope `audit`; nobody opens a pairing by being signed in."),
        (status = 409, description = "Not drawn yet, or database and archive disagree.")))]
pub(super) async fn open(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Body(new): Body<NewOpening>,
) -> Result<Response, Problem> {
    caller.needs_audit()?;
    let (by, at, name) = match (new.giver, new.receiver) {
        (Some(giver), None) => (By::Giver, "/giver", giver),
        (None, Some(receiver)) => (By::Receiver, "/receiver", receiver),
        _ => return Err(Problem::meaning(vec![Flaw::at("", "either giver or receiver is named")])),
    };
    let reason = reason_of(&new.reason)?;
    let opened = caller.on(id, move |site| {
        let found = wait(audit::find(site, Wanted { by, name: &name, draw: None })).map_err(|error| match error {
            AuditError::Unknown(unknown) => Problem::meaning(vec![Flaw::at(at, unknown.to_string())]),
            other => other.into(),
        })?;
        Ok(wait(audit::open(site, found, &reason))?)
    });
    let mut pairings = opened.await?.into_iter().map(pairing);
    let first = pairings.next().ok_or(Problem::NOT_FOUND)?;
    let (id, others) = (first.opening.id.clone(), pairings.collect());
    Ok(created(&caller, id, Json(OpenedShown { first, others }).into_response()))
}
