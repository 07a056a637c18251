//! Signing in and out.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};

use super::{Failed, Fields, Frame, Refusal, page};
use crate::app::accounts;
use crate::model::SignInSettings;
use crate::web::Shared;
use crate::web::door::Door;
use crate::web::session::{Visitor, presented, redirect_with};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    frame: Frame,
    email: String,
    problem: Option<String>,
    /// The other site by which somebody may sign in.
    elsewhere: Option<String>,
}

impl SignIn {
    fn of(shared: &Shared, door: &Door, email: String, problem: Option<String>) -> Self {
        let elsewhere = shared.listener.exchanges.settings.sign_in.as_ref().map(SignInSettings::host);
        Self { frame: Frame::outside(shared, door, "Sign in"), email, problem, elsewhere }
    }
}

/// The form once more, with why nobody was signed in.
pub(super) fn refused(shared: &Shared, door: &Door, email: String, refusal: Refusal) -> Response {
    refusal.page(|problem| SignIn::of(shared, door, email, Some(problem)))
}

/// `GET /sign-in`
pub(in crate::web) async fn form(
    State(shared): State<Arc<Shared>>,
    door: Door,
    visitor: Result<Visitor, Response>,
) -> Response {
    if visitor.is_ok() {
        return Redirect::to(&door.to("/")).into_response();
    }
    page(SignIn::of(&shared, &door, String::new(), None)).into_response()
}

/// `POST /sign-in`
pub(in crate::web) async fn sign_in(
    State(shared): State<Arc<Shared>>,
    door: Door,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Failed> {
    let email = fields.text("email").to_owned();
    let typed = (email.as_str(), fields.secret("password"));
    let before = presented(&headers, &door);
    match accounts::sign_in(&shared.listener.exchanges, typed, door.client, before.as_deref()).await {
        Ok(secret) => Ok(redirect_with(&door, Some(&secret), "/")),
        Err(error) => {
            let refusal = Refusal::of(&shared, error)?;
            Ok(refused(&shared, &door, email, refusal))
        }
    }
}

/// `POST /sign-out`: here, or with `everywhere` wherever the account is signed in.
pub(in crate::web) async fn sign_out(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Failed> {
    let store = &shared.listener.exchanges.store;
    match fields.text("everywhere") {
        "" => accounts::sign_out(store, &visitor.who).await?,
        _ => accounts::sign_out_everywhere(store, &visitor.who).await?,
    }
    Ok(redirect_with(&visitor.door, None, "/sign-in"))
}
