//! Setting a password by the link that the command line printed. Looking at the page uses nothing up.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Failed, Fields, Frame, NOT_THE_SAME, Refusal, page};
use crate::app::accounts::{self, AccountError, SHORTEST};
use crate::web::door::Door;
use crate::web::session::redirect_with;

#[derive(Template)]
#[template(path = "password.html")]
struct SetPassword {
    frame: Frame,
    link: String,
    /// Whose it is; `None` where the link works no more.
    email: Option<String>,
    shortest: usize,
    problem: Option<String>,
}

impl SetPassword {
    fn new(door: &Door, link: &str, email: Option<String>, problem: Option<String>) -> Self {
        let frame = Frame::outside(door, "Set a password");
        Self { frame, link: link.to_owned(), email, shortest: SHORTEST, problem }
    }
}

/// `GET /password/{link}`
pub(in crate::web) async fn form(door: Door, Path(link): Path<String>) -> Result<Response, Failed> {
    match accounts::link_holder(door.site(), &link, door.client).await {
        Ok(email) => Ok(page(SetPassword::new(&door, &link, Some(email), None)).into_response()),
        Err(error) => unusable(&door, error),
    }
}

/// `POST /password/{link}`
pub(in crate::web) async fn set(door: Door, Path(link): Path<String>, fields: Fields) -> Result<Response, Failed> {
    let site = door.site();
    let holder = match accounts::link_holder(site, &link, door.client).await {
        Ok(holder) => holder,
        Err(error) => return unusable(&door, error),
    };
    let again = |refusal: Refusal| {
        Ok(refusal.page(|problem| SetPassword::new(&door, &link, Some(holder.clone()), Some(problem))))
    };
    if fields.text("password") != fields.text("again") {
        return again(Refusal::of_words(NOT_THE_SAME));
    }
    match accounts::set_password(site, &link, fields.secret("password"), door.client).await {
        Ok(secret) => Ok(redirect_with(&door, Some(&secret), "/")),
        Err(error @ AccountError::Password(_)) => again(Refusal::of(&door, error)?),
        Err(error) => unusable(&door, error),
    }
}

/// The page of a link that works no more, or that was guessed at too often.
fn unusable(door: &Door, error: AccountError) -> Result<Response, Failed> {
    let is_link = matches!(error, AccountError::Link);
    let refusal = Refusal::of(door, error)?;
    let status = if is_link { StatusCode::NOT_FOUND } else { refusal.status };
    let refusal = Refusal { status, ..refusal };
    Ok(refusal.page(|problem| SetPassword::new(door, "", None, Some(problem))))
}
