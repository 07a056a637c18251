//! Signing in by another site: there, and back.

use axum::extract::Query;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use cookie::{Cookie, SameSite};
use secrecy::ExposeSecret;
use serde::Deserialize;
use url::Url;

use super::sign_in::refused;
use super::{Failed, Refusal};
use crate::app::accounts::AccountError;
use crate::app::accounts::openid::{self, OpenIdError, Return};
use crate::web::door::{Door, host};
use crate::web::session::{cookie_named, presented, redirect_with};
use crate::web::signature::webhook_url;

/// What the browser keeps while it is away; for these two pages alone.
const COOKIE: &str = "xchange-away";

const AWAY: &str = "/sign-in/openid";
const BACK: &str = "/sign-in/openid/back";

/// Where the issuer sends the browser back to: the public address, whatever name it was called by.
fn back(door: &Door) -> Result<Url, Failed> {
    webhook_url(&door.shared.listener.public_url, BACK).parse().map_err(|_no_url| Failed::Here)
}

/// `GET /sign-in/openid`. A link and no form: our policy lets no form lead to another site.
pub(in crate::web) async fn away(door: Door, headers: HeaderMap) -> Result<Response, Failed> {
    let back = back(&door)?;
    // Elsewhere the browser would come back without its cookie.
    if host(&headers) != Some(&back[url::Position::BeforeHost..url::Position::AfterPort]) {
        return Ok(Redirect::to(&webhook_url(&door.shared.listener.public_url, AWAY)).into_response());
    }
    match openid::depart(door.site(), &back, door.client).await {
        Ok(departure) => {
            let cookie = away_cookie(&door, departure.cookie.expose_secret());
            Ok(with_cookie(Redirect::to(departure.to.as_str()).into_response(), &cookie))
        }
        Err(error) => explained(&door, error),
    }
}

/// What an issuer hands over in the address.
#[derive(Deserialize)]
pub(in crate::web) struct Handed {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
}

/// `GET /sign-in/openid/back`
pub(in crate::web) async fn back_again(
    door: Door,
    headers: HeaderMap,
    Query(Handed { state, code }): Query<Handed>,
) -> Result<Response, Failed> {
    let kept = cookie_named(&headers, COOKIE).unwrap_or_default();
    let returned = Return { state: &state, code: &code, cookie: &kept };
    let before = presented(&headers, &door);
    let whose = (door.client, before.as_deref());
    let arrived = openid::arrive(door.site(), &back(&door)?, returned, whose).await;
    let answer = match arrived {
        Ok(secret) => redirect_with(&door, Some(&secret), "/"),
        Err(error) => explained(&door, error)?,
    };
    Ok(with_cookie(answer, &away_cookie(&door, "")))
}

fn explained(door: &Door, error: OpenIdError) -> Result<Response, Failed> {
    let refusal = match error {
        OpenIdError::NotSetUp => return Err(Failed::NotFound),
        OpenIdError::Account(error @ (AccountError::TooMany { .. } | AccountError::Store(_))) => {
            Refusal::of(door, error)?
        }
        other => Refusal::of_words(crate::error_chain::sentence(&other.to_string())),
    };
    Ok(refused(door, String::new(), refusal))
}

fn away_cookie(door: &Door, value: &str) -> String {
    let cookie = Cookie::build((COOKIE, value)).path(door.to(AWAY)).http_only(true).secure(door.secure);
    let mut cookie = cookie.same_site(SameSite::Lax).max_age(cookie::time::Duration::minutes(10)).build();
    if value.is_empty() {
        cookie.make_removal();
    }
    cookie.to_string()
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
