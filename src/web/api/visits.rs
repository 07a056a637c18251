//! `desks/{id}/visits` and `visits/{id}`: visitors checked in, leaving, staying longer. Each is a state that a visit comes to,
//! so asking twice does nothing more.

use axum::Json;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use super::desks::desk_of;
use super::given::{Asked, Body, Ids, created_among};
use super::paging::{Listed, Paging};
use super::problem::Problem;
use crate::app::desk::{self, Desk, DeskError, Typed, board};
use crate::model::{Email, Phone, TopicId};
use crate::store::{Ended, Reach, StoredVisit, Tx};

/// A visit. The name and the addresses of the visitor are empty once they have been forgotten.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VisitShown {
    id: String,
    desk: String,
    visitor: String,
    #[schema(required)]
    phone: Option<String>,
    #[schema(required)]
    email: Option<String>,
    host: String,
    host_id: String,
    room: String,
    #[serde(rename = "in")]
    #[schema(value_type = String, format = DateTime)]
    came: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    due: Timestamp,
    /// `inside`, `overdue`, `unconfirmed` where only the clock has closed it, `left`, `early`, `cancelled`.
    state: &'static str,
    /// What the badge says.
    code: String,
    /// What the host has said: `ok`, `no`, or in how many minutes they come.
    #[schema(required)]
    answer: Option<String>,
    /// When it ended; where the clock had closed it, when they are known to have left.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    out: Option<Timestamp>,
}

impl VisitShown {
    pub(super) fn of(visit: StoredVisit, now: Timestamp) -> Self {
        let state = board::state(&visit, now);
        let out = visit.left_at.or(visit.ended.map(|(at, _)| at));
        let phone = visit.phone.as_ref().map(|phone| Phone::expose(phone).to_owned());
        let email = visit.email.as_ref().map(|email| Email::expose(email).to_owned());
        let StoredVisit { id, desk, name, host, host_name, room, in_at, out_due, code, answer, .. } = visit;
        Self {
            id: id.to_string(),
            desk: desk.0.to_string(),
            visitor: name,
            phone,
            email,
            host: host_name,
            host_id: host.0.to_string(),
            room,
            came: in_at,
            due: out_due,
            state,
            code,
            answer,
            out,
        }
    }
}

/// Somebody who comes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewVisit {
    name: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    email: String,
    /// A host's id or name; anybody where it is left out.
    #[serde(default)]
    host: String,
    /// When they leave: `14:30` of the desk's today, or a length such as `PT45M`.
    until: String,
    /// Whether they agree to the sentence `consent` of the desk's messages.
    consent: bool,
}

/// Somebody who has checked in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckedInShown {
    #[serde(flatten)]
    visit: VisitShown,
    /// What stands behind `/visit/` in the badge's link.
    token: String,
    /// Whether their phone is texted when it is time.
    texted: bool,
}

/// Another leaving time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Until {
    /// `14:30` of the desk's today, or a length from now such as `PT45M`.
    until: String,
}

/// A visit of the caller's, and its desk.
fn visit_of(tx: &Tx<'_>, reach: Reach, id: i64) -> Result<(Desk, StoredVisit), Problem> {
    let visit = tx.visit(id)?.ok_or(Problem::NOT_FOUND)?;
    Ok((desk_of(tx, reach, visit.desk)?, visit))
}

/// Does something to a visit, and shows it as it is then.
async fn done(
    caller: Caller,
    id: i64,
    work: impl FnOnce(&Tx<'_>, &Desk, &StoredVisit, Timestamp) -> Result<(), DeskError> + Send + 'static,
) -> Result<Json<VisitShown>, Problem> {
    let now = caller.site.clock.now();
    let done = caller.write(move |tx, reach| {
        let (desk, visit) = visit_of(tx, reach, id)?;
        work(tx, &desk, &visit, now)?;
        Ok(VisitShown::of(visit_of(tx, reach, id)?.1, now))
    });
    done.await.map(Json)
}

/// Lists the visits of a desk, in the order they were made
#[utoipa::path(get, path = "/desks/{id}/visits", tag = "desks", params(("id" = String, Path), Paging), responses((status = 200, body = Listed<VisitShown>)))]
pub(super) async fn list(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Listed<VisitShown>>, Problem> {
    let (after, limit, now) = (paging.after()?, paging.limit()?, caller.site.clock.now());
    let found = caller.read(move |tx, reach| Ok(tx.visits_after(desk_of(tx, reach, id)?.id(), after, limit)?));
    let rows = found.await?.into_iter().map(|visit| VisitShown::of(visit, now)).collect();
    Ok(Json(Listed::of(&caller, &paging, rows, |row: &VisitShown| &row.id)?))
}

/// Checks a visitor in; their host is told at once
#[utoipa::path(post, path = "/desks/{id}/visits", tag = "desks", params(("id" = String, Path)), request_body = NewVisit, responses(
    (status = 201, body = CheckedInShown), (status = 200, body = CheckedInShown, description = "They are checked in already."),
    (status = 409, description = "The host is not free; `nearest` says who is next, and when.")))]
pub(super) async fn check_in(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Body(new): Body<NewVisit>,
) -> Result<Response, Problem> {
    let NewVisit { name, phone, email, host, until, consent } = new;
    let typed = Typed { name, email, phone, host, until, consent };
    let (site, now) = (caller.site.clone(), caller.site.clock.now());
    let made = caller.write(move |tx, reach| {
        let desk = desk_of(tx, reach, id)?;
        Ok(desk::check_in(tx, &site, &desk, &typed, false)?)
    });
    let made = made.await?;
    let (id, again) = (made.visit.id, made.again);
    let visit = VisitShown::of(made.visit, now);
    let shown = Json(CheckedInShown { visit, token: made.token, texted: made.texted }).into_response();
    Ok(if again { shown } else { created_among(&caller, "visits", id, shown) })
}

/// Shows a visit
#[utoipa::path(get, path = "/visits/{id}", tag = "desks", params(("id" = String, Path)), responses((status = 200, body = VisitShown)))]
pub(super) async fn show(caller: Caller, Ids(id): Ids<i64>) -> Result<Json<VisitShown>, Problem> {
    let now = caller.site.clock.now();
    let found = caller.read(move |tx, reach| Ok(VisitShown::of(visit_of(tx, reach, id)?.1, now)));
    found.await.map(Json)
}

/// Says that a visitor leaves; of a visit that the clock has closed, that they have left
#[utoipa::path(post, path = "/visits/{id}/leave", tag = "desks", params(("id" = String, Path)), responses((status = 200, body = VisitShown)))]
pub(super) async fn leave(caller: Caller, Ids(id): Ids<i64>) -> Result<Json<VisitShown>, Problem> {
    done(caller, id, |tx, _, visit, now| Ok(desk::leave(tx, visit, now, now).map(drop)?)).await
}

/// Gives a visit another leaving time
#[utoipa::path(post, path = "/visits/{id}/extend", tag = "desks", params(("id" = String, Path)), request_body = Until,
    responses((status = 200, body = VisitShown), (status = 409, description = "It is over.")))]
pub(super) async fn extend(
    caller: Caller,
    Ids(id): Ids<i64>,
    Body(Until { until }): Body<Until>,
) -> Result<Json<VisitShown>, Problem> {
    let site = caller.site.clone();
    done(caller, id, move |tx, desk, visit, _| desk::extend(tx, &site, desk, visit, &until).map(drop)).await
}

/// Takes a visit back that does not take place
#[utoipa::path(post, path = "/visits/{id}/cancel", tag = "desks", params(("id" = String, Path)),
    responses((status = 200, body = VisitShown), (status = 409, description = "It is over.")))]
pub(super) async fn cancel(caller: Caller, Ids(id): Ids<i64>) -> Result<Json<VisitShown>, Problem> {
    let cancel = |tx: &Tx<'_>, _: &Desk, visit: &StoredVisit, now| {
        let is_cancelled = desk::cancel(tx, visit, now)? || matches!(visit.ended, Some((_, Ended::Cancelled)));
        if is_cancelled { Ok(()) } else { Err(DeskError::Over) }
    };
    done(caller, id, cancel).await
}
