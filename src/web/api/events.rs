//! `events`: made, changed, dealt, called off. Dealing, pausing and calling off are states that an event comes to, so asking
//! twice does nothing more.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::caller::{Caller, owned};
use super::given::{Asked, Body, Change, Ids, Seen, created, line, rewordings, tagged};
use super::paging::{Listed, Paging};
use super::problem::Problem;
use super::status::TextShown;
use crate::app::event::{Act, ActError, Events, texts};
use crate::model::TopicId;

mod shapes;

use shapes::{EventShown, NewEvent, event, outline};

/// Why it does not take place, for everybody to read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Cancelling {
    reason: Option<String>,
}

impl From<ActError> for Problem {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Phase { .. }
            | ActError::SeatsTaken { .. }
            | ActError::Untold
            | ActError::NotTaken(_)
            | ActError::Begun => Self::conflict(&error.to_string()),
            ActError::Faults(faults) => Self::faults(faults),
            ActError::Gone => Self::NOT_FOUND,
            ActError::Account(error) => error.into(),
            ActError::Store(error) => error.into(),
            ActError::Key(_) => Self::broken(&error),
        }
    }
}

/// Does something about an event of theirs, and shows it.
async fn act(caller: &Caller, id: TopicId, act: Act) -> Result<Response, Problem> {
    let (events, keys) = (Events::of(&caller.site), std::sync::Arc::clone(&caller.site.keys));
    let acted = caller.write(move |tx, reach| {
        let owned = owned(tx, reach, id)?;
        if act == Act::Deal {
            keys.identity_or_new(None).map_err(ActError::from)?;
        }
        events.act(tx, owned, &act)?;
        event(tx, &events, id)
    });
    let (revision, shown) = acted.await?;
    Ok(tagged(revision, shown))
}

/// Lists the events, in the order they were made, without their invitations
#[utoipa::path(get, path = "/events", tag = "events", params(Paging), responses((status = 200, body = Listed<EventShown>)))]
pub(super) async fn list(caller: Caller, Asked(paging): Asked<Paging>) -> Result<Json<Listed<EventShown>>, Problem> {
    let (after, limit) = (TopicId(paging.after()?), paging.limit()?);
    let events = Events::of(&caller.site);
    let found = caller.read(move |tx, reach| {
        let found = tx.events_within(reach)?.into_iter().filter(|event| event.topic > after);
        let shown = found.take(limit as usize).map(|event| outline(tx, &events, event));
        shown.collect::<Result<Vec<_>, _>>()
    });
    Ok(Json(Listed::of(&caller, &paging, found.await?, |row: &EventShown| &row.id)?))
}

/// Makes an event; nobody is invited yet
#[utoipa::path(post, path = "/events", tag = "events", request_body = NewEvent, responses((status = 201, body = EventShown)))]
pub(super) async fn add(caller: Caller, Body(new): Body<NewEvent>) -> Result<Response, Problem> {
    let events = Events::of(&caller.site);
    let made = caller.write(move |tx, reach| {
        let (first, messages) = (new.first(tx, reach)?, rewordings(&BTreeMap::new(), &new.messages));
        let id = events.create(tx, reach, &new.typed()?)?.topic;
        events.set_first_invited(tx, owned(tx, reach, id)?, &first)?;
        events.reword(tx, owned(tx, reach, id)?, &messages)?;
        event(tx, &events, id)
    });
    let (revision, made) = made.await?;
    Ok(created(&caller, made.id.clone(), tagged(revision, made)))
}

/// Shows an event
#[utoipa::path(get, path = "/events/{id}", tag = "events", params(("id" = String, Path)), responses((status = 200, body = EventShown)))]
pub(super) async fn show(caller: Caller, Ids(id): Ids<TopicId>) -> Result<Response, Problem> {
    let events = Events::of(&caller.site);
    let found = caller.read(move |tx, reach| event(tx, &events, owned(tx, reach, id)?.id()));
    let (revision, found) = found.await?;
    Ok(tagged(revision, found))
}

/// Changes an event; a changed time or place is told to everybody who was asked
#[utoipa::path(patch, path = "/events/{id}", tag = "events", params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = NewEvent, responses((status = 200, body = EventShown), (status = 409, description = "Seats that are somebody's are not taken away.")))]
pub(super) async fn change(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    seen: Seen,
    Body(change): Body<Change>,
) -> Result<Response, Problem> {
    let events = Events::of(&caller.site);
    let changed = caller.write(move |tx, reach| {
        let kept = || owned(tx, reach, id);
        let now = NewEvent::of(&tx.event(kept()?.id())?.ok_or(Problem::NOT_FOUND)?, &tx.first_invited(id)?);
        let new: NewEvent = change.of(&now)?;
        seen.is_still(now.revision())?;
        if new.first != now.first {
            events.set_first_invited(tx, kept()?, &new.first(tx, reach)?)?;
        }
        events.reword(tx, kept()?, &rewordings(&now.messages, &new.messages))?;
        events.change(tx, kept()?, &new.typed()?)?;
        event(tx, &events, id)
    });
    let (revision, changed) = changed.await?;
    Ok(tagged(revision, changed))
}

/// Removes an event that was never dealt, or does not take place
#[utoipa::path(delete, path = "/events/{id}", tag = "events", params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 204), (status = 409, description = "It is being dealt, or messages about it are still to be sent.")))]
pub(super) async fn remove(caller: Caller, Ids(id): Ids<TopicId>, seen: Seen) -> Result<StatusCode, Problem> {
    let events = Events::of(&caller.site);
    let removed = caller.write(move |tx, reach| {
        let owned = owned(tx, reach, id)?;
        let now = NewEvent::of(&tx.event(id)?.ok_or(Problem::NOT_FOUND)?, &tx.first_invited(id)?);
        seen.is_still(now.revision())?;
        Ok(events.remove(tx, owned)?)
    });
    removed.await.map(|()| StatusCode::NO_CONTENT)
}

/// Begins to deal the seats, or goes on
#[utoipa::path(post, path = "/events/{id}/deal", tag = "events", params(("id" = String, Path)),
    responses((status = 200, body = EventShown), (status = 409, description = "It was called off.")))]
pub(super) async fn deal(caller: Caller, Ids(id): Ids<TopicId>) -> Result<Response, Problem> {
    act(&caller, id, Act::Deal).await
}

/// Sends nothing more until it goes on; answers are taken
#[utoipa::path(post, path = "/events/{id}/pause", tag = "events", params(("id" = String, Path)),
    responses((status = 200, body = EventShown), (status = 409, description = "It is not being dealt.")))]
pub(super) async fn pause(caller: Caller, Ids(id): Ids<TopicId>) -> Result<Response, Problem> {
    act(&caller, id, Act::Pause).await
}

/// Goes on
#[utoipa::path(post, path = "/events/{id}/resume", tag = "events", params(("id" = String, Path)),
    responses((status = 200, body = EventShown), (status = 409, description = "It is not paused.")))]
pub(super) async fn resume(caller: Caller, Ids(id): Ids<TopicId>) -> Result<Response, Problem> {
    act(&caller, id, Act::Resume).await
}

/// Invites nobody new; a seat that comes free goes to those in line
#[utoipa::path(post, path = "/events/{id}/close", tag = "events", params(("id" = String, Path)),
    responses((status = 200, body = EventShown), (status = 409, description = "It is not being dealt.")))]
pub(super) async fn close(caller: Caller, Ids(id): Ids<TopicId>) -> Result<Response, Problem> {
    act(&caller, id, Act::Close).await
}

/// Calls an event off; everybody who may still come is told
#[utoipa::path(post, path = "/events/{id}/cancel", tag = "events", params(("id" = String, Path)), request_body = Cancelling,
    responses((status = 200, body = EventShown), (status = 409, description = "It has begun.")))]
pub(super) async fn cancel(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Body(cancelling): Body<Cancelling>,
) -> Result<Response, Problem> {
    let reason = cancelling.reason.map(|reason| line("/reason", &reason)).transpose()?;
    act(&caller, id, Act::Cancel(reason.unwrap_or_default())).await
}

/// Lists the texts that guests of an event read
#[utoipa::path(get, path = "/events/{id}/messages", tag = "events", params(("id" = String, Path), Paging), responses((status = 200, body = Listed<TextShown>)))]
pub(super) async fn messages(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Listed<TextShown>>, Problem> {
    let all = caller.read(move |tx, reach| {
        let event = tx.event(owned(tx, reach, id)?.id())?.ok_or(Problem::NOT_FOUND)?;
        Ok(texts(&event).into_iter().map(TextShown::of).collect())
    });
    Ok(Json(Listed::cut(&caller, &paging, all.await?, |row: &TextShown| &row.id)?))
}
