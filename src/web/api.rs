//! The API, a file a resource, and what the resources share: who calls, how a body is read, how a list is paged, how a
//! request fails. One registration gives a route and its part of the document.
//!
//! Everything is behind two layers that a resource cannot forget. `front` asks whether there is an API at all and puts
//! headers and problems in order; `recognise` asks who calls, what they may do, and how often. A handler takes its
//! [`caller::Caller`], asks `app`, and writes the answer down; every error is a [`problem::Problem`].

mod broadcasts;
mod caller;
mod contacts;
mod desks;
mod docs;
mod document;
mod draws;
mod events;
mod exchanges;
mod exclusions;
mod given;
mod hosts;
mod imports;
mod invitations;
mod lists;
mod openings;
mod outbox;
mod paging;
mod people;
mod problem;
mod status;
mod visits;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Shared;
use super::door::Door;
use super::gate::{Open, is_cross_site, is_open};
use super::health::not_found;
use crate::roster::LARGEST_SHEET;
pub(super) use caller::meter;
pub use document::document;
use problem::Problem;
pub(super) use problem::Problem as Failure;

/// What every path begins with.
pub(super) const PREFIX: &str = "/api";

/// Every resource, below `/api/v1`.
fn resources() -> OpenApiRouter<Arc<Shared>> {
    let largest = usize::try_from(LARGEST_SHEET).unwrap_or(usize::MAX);
    OpenApiRouter::new()
        .routes(routes!(contacts::list, contacts::add))
        .routes(routes!(contacts::show, contacts::change, contacts::remove))
        .routes(routes!(exchanges::list, exchanges::add))
        .routes(routes!(exchanges::show, exchanges::change, exchanges::remove))
        .routes(routes!(people::list, people::add))
        .routes(routes!(people::show, people::change, people::remove))
        .routes(routes!(exclusions::list, exclusions::add))
        .routes(routes!(exclusions::remove))
        .routes(routes!(draws::list, draws::make))
        .routes(routes!(draws::show))
        .routes(routes!(draws::update))
        .routes(routes!(draws::series))
        .routes(routes!(openings::list, openings::open))
        .routes(routes!(openings::show))
        .routes(routes!(status::show))
        .routes(routes!(status::messages))
        .routes(routes!(outbox::list))
        .routes(routes!(outbox::show))
        .routes(routes!(outbox::retry))
        .routes(routes!(outbox::cancel))
        .routes(routes!(lists::all, lists::make))
        .routes(routes!(lists::show, lists::change, lists::remove))
        .routes(routes!(lists::subscribers))
        .routes(routes!(lists::see_one, lists::change_subscriber, lists::forget))
        .routes(routes!(lists::opt_out))
        .routes(routes!(broadcasts::list, broadcasts::write))
        .routes(routes!(broadcasts::show, broadcasts::change, broadcasts::remove))
        .routes(routes!(broadcasts::recipients))
        .routes(routes!(broadcasts::csv))
        .routes(routes!(broadcasts::acts::plan))
        .routes(routes!(broadcasts::acts::send))
        .routes(routes!(broadcasts::acts::pause))
        .routes(routes!(broadcasts::acts::cancel))
        .routes(routes!(broadcasts::acts::retry))
        .routes(routes!(broadcasts::acts::test))
        .merge(gatherings())
        .merge(OpenApiRouter::new().routes(routes!(imports::make)).layer(DefaultBodyLimit::max(largest)))
}

/// Desks and events: where people come.
fn gatherings() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(desks::list, desks::add))
        .routes(routes!(desks::show, desks::change, desks::remove))
        .routes(routes!(desks::pair))
        .routes(routes!(desks::messages))
        .routes(routes!(hosts::list, hosts::add))
        .routes(routes!(hosts::show, hosts::change, hosts::remove))
        .routes(routes!(hosts::away, hosts::back))
        .routes(routes!(visits::list, visits::check_in))
        .routes(routes!(visits::show))
        .routes(routes!(visits::leave))
        .routes(routes!(visits::extend))
        .routes(routes!(visits::cancel))
        .routes(routes!(events::list, events::add))
        .routes(routes!(events::show, events::change, events::remove))
        .routes(routes!(events::deal))
        .routes(routes!(events::pause))
        .routes(routes!(events::resume))
        .routes(routes!(events::close))
        .routes(routes!(events::cancel))
        .routes(routes!(events::messages))
        .routes(routes!(invitations::plan))
        .routes(routes!(invitations::list))
        .routes(routes!(invitations::every))
        .routes(routes!(invitations::answer))
        .routes(routes!(invitations::withdraw))
}

/// All routes, to stand below [`PREFIX`].
pub(super) fn routes(shared: &Arc<Shared>) -> Router {
    let (resources, _) = resources().split_for_parts();
    let known = middleware::from_fn_with_state(Arc::clone(shared), caller::recognise);
    Router::new()
        .nest("/v1", resources.route_layer(known))
        .route("/openapi.json", get(document::show))
        .route("/docs", get(docs::index))
        .route("/docs/{file}", get(docs::file))
        .fallback(async || Problem::NOT_FOUND)
        .method_not_allowed_fallback(async || Problem::NO_METHOD)
        .layer(middleware::from_fn_with_state(Arc::clone(shared), front))
        .with_state(Arc::clone(shared))
}

/// Lets a request through to the API, or not, and completes the answer.
async fn front(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let door = Door::of(&parts, &shared);
    let answer = match is_open(&shared, &door).await {
        Ok(Open::Yes | Open::NoAccount)
            if is_cross_site(&parts.method, &parts.headers, &shared.listener.public_url) =>
        {
            Problem::OTHER_SITE.into_response()
        }
        // On this machine the site's own token is good before there is an account.
        Ok(Open::Yes | Open::NoAccount) => next.run(Request::from_parts(parts, body)).await,
        Ok(Open::No) => return not_found().await.into_response(),
        Err(error) => Problem::from(error).into_response(),
    };
    let mut answer = problem::explained(answer);
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    answer
}
