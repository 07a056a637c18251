//! `outbox`: every outgoing message of one's own topics. Sending again and cancelling are states that a message comes to, so
//! asking twice does nothing more.

use std::sync::Arc;

use axum::Json;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::given::{Asked, Ids};
use super::paging::{Listed, Paging};
use super::problem::Problem;
use crate::app::outbox::{self, ChangeError, ClosedLine, Entry, Wish};
use crate::store::OutboxId;

/// A message. Relayed texts are none of them, nor anything else whose recipient would show a pairing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MessageShown {
    id: String,
    kind: String,
    /// Who it is for, by name.
    to: String,
    /// `sms`, `email` or `either`.
    channel: &'static str,
    state: &'static str,
    attempts: u32,
    #[schema(value_type = String, format = DateTime)]
    queued_at: Timestamp,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    next_at: Option<Timestamp>,
    /// The provider's error code.
    #[schema(required)]
    code: Option<u32>,
    /// Why it waits, or what ended it.
    #[schema(required)]
    problem: Option<String>,
}

fn shown(entry: Entry) -> MessageShown {
    let problem = Some(entry.why()).filter(|why| !why.is_empty());
    let Entry { id, kind, to, channel, state, attempts, queued_at, next_at, code, .. } = entry;
    MessageShown { id: id.to_string(), kind, to, channel, state, attempts, queued_at, next_at, code, problem }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Unknown(_) => Self::NOT_FOUND,
            ChangeError::Store(error) => error.into(),
            other => Self::conflict(&other.to_string()),
        }
    }
}

async fn some(caller: &Caller, after: i64, limit: u32) -> Result<Vec<MessageShown>, Problem> {
    let (settings, now) = (Arc::clone(&caller.site.settings), caller.site.clock.now());
    let found = caller.read(move |tx, reach| {
        let closed = ClosedLine::all(tx, &settings, now)?;
        Ok(outbox::within(tx, reach, (OutboxId::numbered(after), limit), &closed)?)
    });
    Ok(found.await?.into_iter().map(shown).collect())
}

async fn one(caller: &Caller, id: i64) -> Result<Json<MessageShown>, Problem> {
    let found = some(caller, id.saturating_sub(1), 1).await?.pop();
    found.filter(|found| found.id == id.to_string()).map(Json).ok_or(Problem::NOT_FOUND)
}

/// Lists the messages, in the order they were queued
#[utoipa::path(get, path = "/outbox", tag = "outbox", params(Paging), responses((status = 200, body = Listed<MessageShown>)))]
pub(super) async fn list(caller: Caller, Asked(paging): Asked<Paging>) -> Result<Json<Listed<MessageShown>>, Problem> {
    let rows = some(&caller, paging.after()?, paging.limit()?).await?;
    Ok(Json(Listed::of(&caller, &paging, rows, |row| &row.id)?))
}

/// Shows a message
#[utoipa::path(get, path = "/outbox/{id}", tag = "outbox", params(("id" = String, Path)), responses((status = 200, body = MessageShown)))]
pub(super) async fn show(caller: Caller, Ids(id): Ids<i64>) -> Result<Json<MessageShown>, Problem> {
    one(&caller, id).await
}

/// Queues a message again that has failed, lapsed or been cancelled
#[utoipa::path(post, path = "/outbox/{id}/retry", tag = "outbox", params(("id" = String, Path)),
    responses((status = 200, body = MessageShown), (status = 409, description = "It has been sent.")))]
pub(super) async fn retry(caller: Caller, Ids(id): Ids<i64>) -> Result<Json<MessageShown>, Problem> {
    become_so(&caller, id, Wish::Again).await
}

/// Cancels a message that waits
#[utoipa::path(post, path = "/outbox/{id}/cancel", tag = "outbox", params(("id" = String, Path)),
    responses((status = 200, body = MessageShown), (status = 409, description = "It has been sent, or has ended otherwise.")))]
pub(super) async fn cancel(caller: Caller, Ids(id): Ids<i64>) -> Result<Json<MessageShown>, Problem> {
    become_so(&caller, id, Wish::Cancelled).await
}

async fn become_so(caller: &Caller, id: i64, wish: Wish) -> Result<Json<MessageShown>, Problem> {
    let now = caller.site.clock.now();
    caller.write(move |tx, reach| Ok(outbox::become_so(tx, reach, OutboxId::numbered(id), wish, now)?)).await?;
    one(caller, id).await
}
