//! Signing in and out.

use askama::Template;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::{Failed, Fields, Frame, Refusal, page};
use crate::app::accounts;
use crate::model::SignInSettings;
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
    fn of(door: &Door, email: String, problem: Option<String>) -> Self {
        let elsewhere = door.site().settings.sign_in.as_ref().map(SignInSettings::host);
        Self { frame: Frame::outside(door, "Sign in"), email, problem, elsewhere }
    }
}

/// The form once more, with why nobody was signed in.
pub(super) fn refused(door: &Door, email: String, refusal: Refusal) -> Response {
    refusal.page(|problem| SignIn::of(door, email, Some(problem)))
}

/// `GET /sign-in`
pub(in crate::web) async fn form(door: Door, visitor: Result<Visitor, Response>) -> Response {
    if visitor.is_ok() {
        return door.go("/");
    }
    page(SignIn::of(&door, String::new(), None)).into_response()
}

/// `POST /sign-in`
pub(in crate::web) async fn sign_in(door: Door, headers: HeaderMap, fields: Fields) -> Result<Response, Failed> {
    let email = fields.text("email").to_owned();
    let typed = (email.as_str(), fields.secret("password"));
    let before = presented(&headers, &door);
    match accounts::sign_in(door.site(), typed, door.client, before.as_deref()).await {
        Ok(secret) => Ok(redirect_with(&door, Some(&secret), "/")),
        Err(error) => {
            let refusal = Refusal::of(&door, error)?;
            Ok(refused(&door, email, refusal))
        }
    }
}

/// `POST /sign-out`: here, or with `everywhere` wherever the account is signed in.
pub(in crate::web) async fn sign_out(visitor: Visitor, fields: Fields) -> Result<Response, Failed> {
    let store = &visitor.site().store;
    match fields.text("everywhere") {
        "" => accounts::sign_out(store, &visitor.who).await?,
        _ => accounts::sign_out_everywhere(store, &visitor.who).await?,
    }
    Ok(redirect_with(&visitor.door, None, "/sign-in"))
}
