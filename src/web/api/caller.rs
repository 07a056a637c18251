//! Who calls: by a token, or by the session of the pages; what they may do, and how often.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::runtime::Handle;

use super::PREFIX;
use super::problem::Problem;
use crate::app::accounts::{self, Bearer, Ownable, Owned, authorize};
use crate::app::exchanges::Exchanges;
use crate::app::limits::{Limit, Meter, seconds_until};
use crate::app::site::Site;
use crate::model::TopicId;
use crate::store::{Reach, Scope, StoreError, Tx};
use crate::web::Shared;
use crate::web::door::Door;
use crate::web::session::presented;

/// Calls of one account: twenty a second for a minute.
const CALLS: Limit = Limit::new("calls of the API", 1_200, 1);

/// What counts them.
pub(in crate::web) fn meter() -> Meter {
    Meter::new(CALLS)
}

/// Somebody known, and what they act upon. A handler that asks for one is reached by nobody else.
#[derive(Clone)]
pub(in crate::web) struct Caller {
    /// The site.
    pub(super) site: Exchanges,
    /// What is theirs.
    pub(super) reach: Reach,
    /// What they may do.
    scope: Scope,
    /// The path that was called, as a link to it is written.
    pub(super) path: String,
}

impl FromRequestParts<Arc<Shared>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _shared: &Arc<Shared>) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or(Problem::NOBODY)
    }
}

impl Caller {
    /// Refuses whoever may not open pairings: that takes a token made for it.
    pub(super) fn needs_audit(&self) -> Result<(), Problem> {
        if self.scope >= Scope::Audit { Ok(()) } else { Err(without(Scope::Audit)) }
    }

    /// Looks.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>, Reach) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let reach = self.reach;
        self.site.store.run_reading(move |tx| work(tx, reach)).await
    }

    /// Changes.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>, Reach) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let reach = self.reach;
        self.site.store.run(move |tx| work(tx, reach)).await
    }
}

impl Caller {
    /// Works on the site, on a thread that may wait. Whoever goes away meanwhile does not end it.
    pub(super) async fn waiting<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Exchanges, Reach) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (site, reach) = (self.site.clone(), self.reach);
        let done = tokio::task::spawn_blocking(move || work(&site, reach)).await;
        done.map_err(|error| Problem::from(StoreError::Abandoned(error.into())))?
    }

    /// Works on an exchange of theirs, as its roster is now, on a thread that may wait.
    pub(super) async fn on<T: Send + 'static>(
        &self,
        id: TopicId,
        work: impl FnOnce(&Site) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.waiting(move |site, reach| {
            let (_, exchange) = site.owned(reach, id)?.ok_or(Problem::NOT_FOUND)?;
            work(&exchange)
        })
        .await
    }
}

/// Waits for something of the network, on a thread that may.
pub(super) fn wait<F: Future>(what: F) -> F::Output {
    Handle::current().block_on(what)
}

/// What is within a reach; anything else is not there.
pub(super) fn owned<I: Ownable>(tx: &Tx<'_>, reach: Reach, id: I) -> Result<Owned<I>, Problem> {
    authorize(tx, reach, id)?.ok_or(Problem::NOT_FOUND)
}

/// Lets a request through to a resource if it is known who calls, and they may.
pub(super) async fn recognise(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let (site, door) = (&shared.listener.exchanges, Door::of(&parts, &shared));
    let bearer = match who_calls(site, &parts.headers, &door).await {
        Ok(Some(bearer)) => bearer,
        Ok(None) => return Problem::NOBODY.into_response(),
        Err(error) => return Problem::from(error).into_response(),
    };
    let now = site.clock.now();
    let left = match shared.meter.count(&site.store, bearer.reach, now).await {
        Ok(left) => left,
        Err(error) => return Problem::from(error).into_response(),
    };
    let seconds = seconds_until(left.until, now);
    let needs = if parts.method.is_safe() { Scope::Read } else { Scope::Write };
    let mut answer = if left.is_over {
        let words = format!("That were too many calls; please go on in {seconds} seconds.");
        let refused = Problem::new(StatusCode::TOO_MANY_REQUESTS, &words);
        ([(header::RETRY_AFTER, seconds.to_string())], refused).into_response()
    } else if bearer.scope < needs {
        without(needs).into_response()
    } else {
        let path = door.to(&format!("{PREFIX}/v1{}", parts.uri.path()));
        parts.extensions.insert(Caller { site: site.clone(), reach: bearer.reach, scope: bearer.scope, path });
        next.run(Request::from_parts(parts, body)).await
    };
    for (name, value) in [
        ("ratelimit-limit", i64::from(left.most)),
        ("ratelimit-remaining", left.remaining.into()),
        ("ratelimit-reset", seconds),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from(value));
    }
    answer
}

/// Whoever shows a token or, where there is none, is signed in. Nobody opens a pairing by being signed in alone.
async fn who_calls(site: &Exchanges, headers: &HeaderMap, door: &Door) -> Result<Option<Bearer>, StoreError> {
    if let Some(shown) = headers.get(header::AUTHORIZATION) {
        let words = shown.to_str().ok().and_then(|shown| shown.trim().split_once(' '));
        let token = words.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        return match token {
            Some((_, token)) => accounts::bearer(site, token.trim()).await,
            None => Ok(None),
        };
    }
    let Some(session) = presented(headers, door) else { return Ok(None) };
    let who = accounts::who_is(site, &session).await?;
    Ok(who.map(|who| Bearer { reach: who.reach, scope: Scope::Write }))
}

fn without(scope: Scope) -> Problem {
    let words = format!("This takes a token of scope {}.", scope.word());
    Problem::new(StatusCode::FORBIDDEN, &words)
}
