//! Who is signed in: the session's cookie, and the extractor that a page behind the sign-in asks for.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use cookie::{Cookie, SameSite};
use secrecy::{ExposeSecret, SecretString};

use super::Shared;
use super::door::Door;
use super::pages::Failed;
use crate::app::accounts::{self, SignedIn};
use crate::app::exchanges::Exchanges;
use crate::store::{Reach, StoreError, Tx};

/// Under https the name itself forbids that another host, or http, sets it.
const SECURE: &str = "__Host-xchange";
const PLAIN: &str = "xchange";

/// Somebody signed in, and the door they came by. A handler that asks for one is reached by nobody else: they are sent to
/// the sign-in.
pub(super) struct Visitor {
    pub(super) who: SignedIn,
    pub(super) door: Door,
}

impl FromRequestParts<Arc<Shared>> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Response> {
        let door = Door::of(parts, shared);
        let who = match presented(&parts.headers, &door) {
            Some(presented) => accounts::who_is(door.site(), &presented).await,
            None => Ok(None),
        };
        match who {
            Ok(Some(who)) => Ok(Self { who, door }),
            Ok(None) => Err(door.go("/sign-in")),
            Err(error) => Err(Failed::from(error).into_response()),
        }
    }
}

impl Visitor {
    /// The site that they are signed in to.
    pub(super) fn site(&self) -> &Exchanges {
        self.door.site()
    }

    /// To another page.
    pub(super) fn go(&self, path: &str) -> Response {
        self.door.go(path)
    }

    /// Looks, within their reach.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>, Reach) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, Failed> {
        let reach = self.who.reach;
        self.site().store.run_reading(move |tx| work(tx, reach)).await
    }

    /// Changes something within their reach.
    pub(super) async fn write<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>, Reach) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let reach = self.who.reach;
        self.site().store.run(move |tx| work(tx, reach)).await
    }
}

/// The session's secret that a request presents.
pub(super) fn presented(headers: &HeaderMap, door: &Door) -> Option<String> {
    cookie_named(headers, name(door))
}

/// A cookie's value.
pub(super) fn cookie_named(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut cookies = lines.flat_map(Cookie::split_parse).flatten();
    cookies.find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
}

/// A redirect that carries a new session's secret, or takes the old one away.
pub(super) fn redirect_with(door: &Door, secret: Option<&SecretString>, path: &str) -> Response {
    let mut redirect = door.go(path);
    if let Ok(value) = HeaderValue::from_str(&set_cookie(door, secret)) {
        redirect.headers_mut().insert(header::SET_COOKIE, value);
    }
    redirect
}

/// `Set-Cookie`. It lasts as long as the browser does; the session itself ends by the database.
fn set_cookie(door: &Door, secret: Option<&SecretString>) -> String {
    let value = secret.map_or("", |secret| secret.expose_secret());
    let cookie = Cookie::build((name(door), value)).path("/").http_only(true).secure(door.secure);
    let mut cookie = cookie.same_site(SameSite::Lax).build();
    if secret.is_none() {
        cookie.make_removal();
    }
    cookie.to_string()
}

fn name(door: &Door) -> &'static str {
    if door.secure { SECURE } else { PLAIN }
}
