//! `desks/{id}/hosts` and `hosts/{id}`: who receives visitors, and when not.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use super::desks::desk_of;
use super::given::{Asked, Body, Change, Ids, Seen, created_among, revision_of, tagged};
use super::paging::{Listed, Paging};
use super::problem::Problem;
use crate::app::desk::Desk;
use crate::app::desk::board::HostLine;
use crate::app::desk::hosts::{self, TypedHost};
use crate::model::{Email, PersonId, TopicId};
use crate::store::{Reach, StoreError, StoredHost, Tx};

/// A host, and how they stand.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HostShown {
    id: String,
    name: String,
    phone: String,
    #[schema(required)]
    email: Option<String>,
    room: String,
    /// `free`, `with a visitor` or `away`.
    state: &'static str,
    /// When they can take a visitor, if all goes as it is written down; none where that is not soon.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    free_at: Option<Timestamp>,
    away: Vec<AwayShown>,
}

/// A time at which no visitor comes to a host.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AwayShown {
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// None: until they are back.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

/// What is known of a host.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewHost {
    name: String,
    /// Where they are texted.
    phone: String,
    /// Where they are written to besides.
    email: Option<String>,
    /// Where they receive visitors.
    #[serde(default)]
    room: String,
}

/// When a host is away. Times are RFC 3339, or of the desk's own clock: `2026-12-24 14:30`, or `14:30` of today.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Away {
    /// From now on where it is left out.
    from: Option<String>,
    /// Until they are back where it is left out.
    to: Option<String>,
}

impl NewHost {
    fn of(host: &StoredHost) -> Self {
        let StoredHost { name, phone, email, room, .. } = host.clone();
        let email = email.as_ref().map(|email| Email::expose(email).to_owned());
        Self { name, phone: phone.expose().to_owned(), email, room }
    }

    fn typed(self) -> TypedHost {
        let Self { name, phone, email, room } = self;
        TypedHost { name: Some(name), phone: Some(phone), email: Some(email.unwrap_or_default()), room: Some(room) }
    }
}

impl HostShown {
    /// The hosts of a desk, by name.
    pub(super) fn all(tx: &Tx<'_>, desk: &Desk, now: Timestamp) -> Result<Vec<Self>, StoreError> {
        let shown = |(row, host): (StoredHost, crate::desk::Host)| {
            let NewHost { phone, email, .. } = NewHost::of(&row);
            let HostLine { id, name, room, state, free_at } = HostLine::of(desk, row, &host, now);
            let away = host.away.iter().map(|(from, to)| AwayShown { from: *from, to: hosts::back_at(*to) }).collect();
            Self { id: id.to_string(), name, phone, email, room, state, free_at, away }
        };
        Ok(desk.hosts(tx, now)?.into_iter().map(shown).collect())
    }
}

/// A host of the caller's, and their desk.
fn host_of(tx: &Tx<'_>, reach: Reach, id: PersonId) -> Result<(Desk, StoredHost), Problem> {
    let (desk, host) = tx.host(id)?.ok_or(Problem::NOT_FOUND)?;
    Ok((desk_of(tx, reach, desk)?, host))
}

/// A host as they are now, with their revision.
fn shown(tx: &Tx<'_>, reach: Reach, id: PersonId, now: Timestamp) -> Result<(i64, HostShown), Problem> {
    let (desk, host) = host_of(tx, reach, id)?;
    let found = HostShown::all(tx, &desk, now)?.into_iter().find(|shown| shown.id == id.0.to_string());
    Ok((revision_of(&NewHost::of(&host)), found.ok_or(Problem::NOT_FOUND)?))
}

/// Lists the hosts of a desk, by name
#[utoipa::path(get, path = "/desks/{id}/hosts", tag = "desks", params(("id" = String, Path), Paging), responses((status = 200, body = Listed<HostShown>)))]
pub(super) async fn list(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Listed<HostShown>>, Problem> {
    let now = caller.site.clock.now();
    let all = caller.read(move |tx, reach| Ok(HostShown::all(tx, &desk_of(tx, reach, id)?, now)?)).await?;
    Ok(Json(Listed::cut(&caller, &paging, all, |row| &row.id)?))
}

/// Adds a host to a desk
#[utoipa::path(post, path = "/desks/{id}/hosts", tag = "desks", params(("id" = String, Path)), request_body = NewHost,
    responses((status = 201, body = HostShown)))]
pub(super) async fn add(caller: Caller, Ids(id): Ids<TopicId>, Body(new): Body<NewHost>) -> Result<Response, Problem> {
    let (site, now) = (caller.site.clone(), caller.site.clock.now());
    let added = caller.write(move |tx, reach| {
        let added = hosts::put(tx, &site, &desk_of(tx, reach, id)?, None, &new.typed())?;
        Ok((added, shown(tx, reach, added, now)?))
    });
    let (id, (revision, host)) = added.await?;
    Ok(created_among(&caller, "hosts", id.0, tagged(revision, host)))
}

/// Shows a host
#[utoipa::path(get, path = "/hosts/{id}", tag = "desks", params(("id" = String, Path)), responses((status = 200, body = HostShown)))]
pub(super) async fn show(caller: Caller, Ids(id): Ids<PersonId>) -> Result<Response, Problem> {
    let now = caller.site.clock.now();
    let (revision, host) = caller.read(move |tx, reach| shown(tx, reach, id, now)).await?;
    Ok(tagged(revision, host))
}

/// Changes a host
#[utoipa::path(patch, path = "/hosts/{id}", tag = "desks", params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = NewHost, responses((status = 200, body = HostShown)))]
pub(super) async fn change(
    caller: Caller,
    Ids(id): Ids<PersonId>,
    seen: Seen,
    Body(change): Body<Change>,
) -> Result<Response, Problem> {
    let (site, now) = (caller.site.clone(), caller.site.clock.now());
    let changed = caller.write(move |tx, reach| {
        let (desk, host) = host_of(tx, reach, id)?;
        let is = NewHost::of(&host);
        let typed = change.of::<NewHost>(&is)?.typed();
        seen.is_still(revision_of(&is))?;
        hosts::put(tx, &site, &desk, Some(&host), &typed)?;
        shown(tx, reach, id, now)
    });
    let (revision, host) = changed.await?;
    Ok(tagged(revision, host))
}

/// Removes a host; their past visits stay
#[utoipa::path(delete, path = "/hosts/{id}", tag = "desks", params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 204), (status = 409, description = "They have a visitor.")))]
pub(super) async fn remove(caller: Caller, Ids(id): Ids<PersonId>, seen: Seen) -> Result<StatusCode, Problem> {
    let now = caller.site.clock.now();
    let removed = caller.write(move |tx, reach| {
        let (desk, host) = host_of(tx, reach, id)?;
        seen.is_still(revision_of(&NewHost::of(&host)))?;
        Ok(hosts::remove(tx, &desk, &host, now)?)
    });
    removed.await.map(|()| StatusCode::NO_CONTENT)
}

/// Says that a host is away
#[utoipa::path(post, path = "/hosts/{id}/away", tag = "desks", params(("id" = String, Path)), request_body = Away,
    responses((status = 200, body = HostShown)))]
pub(super) async fn away(caller: Caller, Ids(id): Ids<PersonId>, Body(away): Body<Away>) -> Result<Response, Problem> {
    let now = caller.site.clock.now();
    let done = caller.write(move |tx, reach| {
        let (desk, host) = host_of(tx, reach, id)?;
        hosts::away(tx, &desk, &host, (away.from.as_deref(), away.to.as_deref()), now)?;
        shown(tx, reach, id, now)
    });
    let (revision, host) = done.await?;
    Ok(tagged(revision, host))
}

/// Says that a host is back, now and later
#[utoipa::path(delete, path = "/hosts/{id}/away", tag = "desks", params(("id" = String, Path)), responses((status = 204)))]
pub(super) async fn back(caller: Caller, Ids(id): Ids<PersonId>) -> Result<StatusCode, Problem> {
    let now = caller.site.clock.now();
    let done = caller.write(move |tx, reach| {
        let (_, host) = host_of(tx, reach, id)?;
        Ok(hosts::back(tx, &host, now)?)
    });
    done.await.map(|_was_away| StatusCode::NO_CONTENT)
}
