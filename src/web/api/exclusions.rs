//! `exchanges/{id}/exclusions`: who may not give to whom. An exclusion is known by what it says.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use super::exchanges::needs_database;
use super::given::{Asked, Body, Ids, created};
use super::paging::{Listed, Paging};
use super::people::edit;
use super::problem::Problem;
use crate::app::exchange::people::exclusion_id;
use crate::app::site::Site;
use crate::model::TopicId;
use crate::roster::{self, edit::Edit};

/// Somebody who may not give to somebody.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExclusionShown {
    id: String,
    giver: String,
    receiver: String,
    both_ways: bool,
}

/// Somebody who may not give to somebody, both by name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewExclusion {
    giver: String,
    receiver: String,
    /// Nor the other way round.
    #[serde(default)]
    both_ways: bool,
}

fn all(site: &Site) -> Vec<ExclusionShown> {
    let exchange = &site.exchange;
    let shown = exchange.exclusions.iter().map(|exclusion| {
        let name = |person| exchange.person(person).name.clone();
        let (giver, receiver, both_ways) = (name(exclusion.giver), name(exclusion.receiver), exclusion.both_ways);
        ExclusionShown { id: exclusion_id(&giver, &receiver, both_ways), giver, receiver, both_ways }
    });
    shown.collect()
}

/// Lists the exclusions of an exchange
#[utoipa::path(get, path = "/exchanges/{id}/exclusions", tag = "exclusions", params(("id" = String, Path), Paging),
    responses((status = 200, body = Listed<ExclusionShown>)))]
pub(super) async fn list(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Listed<ExclusionShown>>, Problem> {
    let all = caller.on(id, |site| Ok(all(site))).await?;
    Ok(Json(Listed::cut(&caller, &paging, all, |row| &row.id)?))
}

/// Adds an exclusion
#[utoipa::path(post, path = "/exchanges/{id}/exclusions", tag = "exclusions", params(("id" = String, Path)), request_body = NewExclusion,
    responses((status = 201, body = ExclusionShown), (status = 409, description = "Kept in the file, or there already.")))]
pub(super) async fn add(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Body(new): Body<NewExclusion>,
) -> Result<Response, Problem> {
    let added = caller.on(id, move |site| {
        needs_database(site)?;
        let NewExclusion { giver, receiver, both_ways } = new;
        let is_it = |known: &ExclusionShown| {
            roster::is_same_name(&known.giver, &giver)
                && roster::is_same_name(&known.receiver, &receiver)
                && known.both_ways == both_ways
        };
        if all(site).iter().any(is_it) {
            return Err(Problem::conflict("this exclusion is there already"));
        }
        let before: Vec<String> = all(site).into_iter().map(|exclusion| exclusion.id).collect();
        let (edited, _) = edit(site, id, None, Edit::Exclude { giver, receiver, both_ways })?;
        let now = Site { exchange: edited.after.exchange.into(), ..site.clone() };
        let added = all(&now).into_iter().find(|exclusion| !before.contains(&exclusion.id));
        added.ok_or(Problem::NOT_FOUND)
    });
    let added = added.await?;
    Ok(created(&caller, added.id.clone(), Json(added).into_response()))
}

/// Removes an exclusion
#[utoipa::path(delete, path = "/exchanges/{id}/exclusions/{exclusion}", tag = "exclusions",
    params(("id" = String, Path), ("exclusion" = String, Path)),
    responses((status = 204), (status = 409, description = "Kept in the file, or part of an exclusion of a household.")))]
pub(super) async fn remove(
    caller: Caller,
    Ids((id, exclusion)): Ids<(TopicId, String)>,
) -> Result<StatusCode, Problem> {
    let removed = caller.on(id, move |site| {
        let found = all(site).into_iter().find(|known| known.id == exclusion).ok_or(Problem::NOT_FOUND)?;
        needs_database(site)?;
        let ExclusionShown { giver, receiver, both_ways, .. } = found;
        let (edited, _) = edit(site, id, None, Edit::Allow { giver, receiver, both_ways })?;
        let now = Site { exchange: edited.after.exchange.into(), ..site.clone() };
        match all(&now).iter().any(|known| known.id == exclusion) {
            true => {
                Err(Problem::conflict("this is part of an exclusion of a whole household, which stands in the roster"))
            }
            false => Ok(StatusCode::NO_CONTENT),
        }
    });
    removed.await
}
