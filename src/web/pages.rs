//! The pages, a file a screen, and what they share: the frame around them, how a form is read, how a page fails.
//!
//! A screen is a template of its fields and its handlers: take the request apart, ask `app`, render. Everything works
//! without script. Templates stand in `templates/` and escape what they are given.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::Shared;
use super::door::Door;
use super::form::Form;
use super::session::Visitor;
use crate::app::accounts::AccountError;
use crate::app::limits::seconds_until;
use crate::error_chain::{in_full, sentence};
use crate::store::StoreError;

pub(super) mod account;
pub(super) mod contacts;
pub(super) mod desks;
pub(super) mod event;
pub(super) mod events;
pub(super) mod exchange;
pub(super) mod exchanges;
pub(super) mod files;
pub(super) mod health;
pub(super) mod home;
pub(super) mod lists;
pub(super) mod openid;
pub(super) mod outbox;
pub(super) mod password;
mod sheet;
pub(super) mod sign_in;
mod stretch;
pub(super) mod watched;

/// What stands around every page.
pub(super) struct Frame {
    /// What stands before every path in a link.
    pub(super) base: String,
    /// What the site is called.
    pub(super) site: String,
    /// What the page is called.
    pub(super) title: &'static str,
    /// What the page of the navigation is called that it belongs to.
    pub(super) here: &'static str,
    /// Who is signed in.
    pub(super) email: Option<String>,
}

/// The pages of the navigation. A room of a topic adds its own.
const PAGES: [(&str, &str); 9] = [
    ("Home", "/"),
    ("Exchanges", "/exchanges"),
    ("Events", "/events"),
    ("Desks", "/desks"),
    ("Lists", "/lists"),
    ("Contacts", "/contacts"),
    ("Outbox", "/outbox"),
    ("Health", "/health"),
    ("Account", "/account"),
];

impl Frame {
    fn pages(&self) -> &'static [(&'static str, &'static str)] {
        &PAGES
    }

    /// Around a page that is shown to anybody.
    fn outside(door: &Door, title: &'static str) -> Self {
        // Not the exchange's name: that is not for everybody who finds the sign-in.
        let name = door.site().settings.site.name.as_deref().unwrap_or("xchange");
        Self { base: door.base.clone(), site: name.to_owned(), title, here: title, email: None }
    }
}

impl Visitor {
    /// What stands around a page of theirs.
    fn frame(&self, title: &'static str) -> Frame {
        Frame { email: Some(self.who.email.clone()), ..Frame::outside(&self.door, title) }
    }
}

/// A page, with its status.
pub(super) struct Page<T>(pub(super) StatusCode, pub(super) T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.1.render() {
            Ok(html) => (self.0, Html(html)).into_response(),
            Err(error) => {
                tracing::error!(problem = in_full(&error), "a page could not be rendered");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// What is said where a new password was not typed twice alike.
const NOT_THE_SAME: &str = "The two passwords are not the same.";

/// A page as asked for.
pub(super) fn page<T>(template: T) -> Page<T> {
    Page(StatusCode::OK, template)
}

/// Why there is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failed {
    /// There is no such thing, or it is another's.
    NotFound,
    /// Another site's page has sent this.
    OtherSite,
    /// No form of ours.
    Form,
    /// The database or something else here.
    Here,
}

impl Failed {
    fn words(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NotFound => {
                (StatusCode::NOT_FOUND, "There is nothing here", "It may have been removed, or is somebody else's.")
            }
            Self::OtherSite => {
                (StatusCode::FORBIDDEN, "Not from here", "Another site has sent this form. Nothing was changed.")
            }
            Self::Form => {
                (StatusCode::BAD_REQUEST, "That was no form", "What arrived could not be read. Nothing was changed.")
            }
            Self::Here => {
                (StatusCode::SERVICE_UNAVAILABLE, "Not now", "Something went wrong here. Please try again in a moment.")
            }
        }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        tracing::error!(problem = in_full(&error), "a page was not answered");
        Self::Here
    }
}

impl IntoResponse for Failed {
    /// The status alone; the words come with [`explained`], where it is known how links begin.
    fn into_response(self) -> Response {
        let mut response = self.words().0.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "failed.html")]
struct FailedPage<'a> {
    base: &'a str,
    title: &'a str,
    words: &'a str,
}

/// Puts the page of a failure in the place of its bare status.
pub(super) fn explained(response: Response, door: &Door) -> Response {
    let Some(failed) = response.extensions().get::<Failed>() else { return response };
    let (status, title, words) = failed.words();
    Page(status, FailedPage { base: &door.base, title, words }).into_response()
}

#[derive(Template)]
#[template(path = "first_visit.html")]
struct FirstVisit<'a> {
    base: &'a str,
}

/// What to type before there is an account.
pub(super) fn first_visit(door: &Door) -> impl IntoResponse {
    page(FirstVisit { base: &door.base })
}

/// A spreadsheet to be kept.
fn as_csv(called: &str, csv: String) -> Response {
    let named = format!("attachment; filename=\"{called}\"");
    let headings = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, named)];
    (headings, csv).into_response()
}

/// The ids in a path. What is no id names nothing.
pub(super) struct Ids<T>(T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Shared>> for Ids<T> {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Failed> {
        let path = Path::<T>::from_request_parts(parts, shared).await;
        path.map(|Path(ids)| Self(ids)).map_err(|_no_id| Failed::NotFound)
    }
}

/// The fields of a form of ours.
pub(super) struct Fields(Form);

impl Fields {
    /// Those of a form that nobody has filled in yet.
    fn none() -> Self {
        Self(Form::parse(b""))
    }
}

impl FromRequest<Arc<Shared>> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Response> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response());
        }
        let body = Bytes::from_request(request, shared).await.map_err(IntoResponse::into_response)?;
        let form = Form::parse(&body);
        if form.fields().all(|(_, value)| is_typed(value)) { Ok(Self(form)) } else { Err(Failed::Form.into_response()) }
    }
}

/// Whether somebody can have typed it: text, without control characters but for the ends of lines.
fn is_typed(value: &[u8]) -> bool {
    std::str::from_utf8(value)
        .is_ok_and(|text| !text.chars().any(|c| c.is_control() && !matches!(c, '\r' | '\n' | '\t')))
}

impl Fields {
    /// A field as it was typed; empty where it is missing.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.text(name).ok().flatten().unwrap_or_default()
    }

    /// All that was ticked under one name.
    pub(super) fn ticked(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.0.fields().filter(move |(of, _)| *of == name.as_bytes());
        named.filter_map(|(_, value)| std::str::from_utf8(value).ok())
    }

    /// A field that is nobody's business.
    pub(super) fn secret(&self, name: &str) -> secrecy::SecretString {
        self.text(name).into()
    }
}

/// What is said about a form that was not taken.
struct Refusal {
    status: StatusCode,
    words: String,
    /// In how many seconds it may be sent again.
    retry_after: Option<i64>,
}

impl Refusal {
    /// A form that would be good with other words in it.
    fn of_words(words: impl Into<String>) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, words: words.into(), retry_after: None }
    }

    /// What is said about an error, if it is whoever sent the form that can do something about it.
    fn of(door: &Door, error: AccountError) -> Result<Self, Failed> {
        match error {
            AccountError::Store(error) => Err(error.into()),
            AccountError::Hash => Err(Failed::Here),
            AccountError::TooMany { until } => {
                let seconds = seconds_until(until, door.site().clock.now());
                let words = format!("That was tried too often. Please try again in {} minutes.", seconds / 60 + 1);
                Ok(Self { status: StatusCode::TOO_MANY_REQUESTS, words, retry_after: Some(seconds) })
            }
            other => Ok(Self::of_words(sentence(&other.to_string()))),
        }
    }

    /// The form once more, with the words beside it.
    fn page<T: Template>(self, form: impl FnOnce(String) -> T) -> Response {
        let mut response = Page(self.status, form(self.words)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
