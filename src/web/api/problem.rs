//! What is said where a request fails: `application/problem+json` (RFC 9457).

use std::borrow::Cow;
use std::error::Error;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app::accounts::AccountError;
use crate::app::exchanges::WhichExchange;
use crate::error_chain::{in_full, sentence};
use crate::store::StoreError;

/// The content type of every error.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request failed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::web) struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: Cow<'static, str>,
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong, and what to do.
    detail: Cow<'static, str>,
    /// Where the request is wrong, everything at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<Flaw>,
    /// What else there is to say, under names of its own.
    #[serde(flatten)]
    #[schema(ignore)]
    more: Option<Map<String, Value>>,
}

/// One thing that is wrong with a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::web) struct Flaw {
    /// Where in the body, as a JSON pointer; `?name` is a parameter of the query.
    pub(super) pointer: String,
    /// The row of a spreadsheet, as it numbers them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) row: Option<u32>,
    /// The column of a spreadsheet, by its heading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) column: Option<String>,
    /// The sheet, where the file may have several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sheet: Option<String>,
    /// What stands in the cell, addresses masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<String>,
    pub(super) detail: String,
    /// What would mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
}

impl Flaw {
    /// Something wrong with what stands here.
    pub(super) fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let (pointer, detail) = (pointer.into(), detail.into());
        Self { pointer, row: None, column: None, sheet: None, value: None, detail, hint: None }
    }
}

impl Problem {
    /// There is no such thing, or it is another's.
    pub(super) const NOT_FOUND: Self =
        Self::fixed(StatusCode::NOT_FOUND, "There is nothing here, or it is somebody else's.");
    /// Something known is asked for what it does not do.
    pub(super) const NO_METHOD: Self =
        Self::fixed(StatusCode::METHOD_NOT_ALLOWED, "This is not done here; the header Allow names what is.");
    /// Another site's page has sent this.
    pub(super) const OTHER_SITE: Self =
        Self::fixed(StatusCode::FORBIDDEN, "Another site's page has sent this. Nothing was changed.");
    /// Nobody says who they are.
    pub(super) const NOBODY: Self = Self::fixed(
        StatusCode::UNAUTHORIZED,
        "Send a token as `Authorization: Bearer ...`, or sign in; this one is missing or no longer works.",
    );
    /// Somebody else was faster.
    pub(super) const STALE: Self = Self::fixed(
        StatusCode::PRECONDITION_FAILED,
        "This has been changed since it was read. Nothing was changed; read it again.",
    );
    /// It took too long.
    pub(in crate::web) const SLOW: Self =
        Self::fixed(StatusCode::SERVICE_UNAVAILABLE, "This took too long. Please look what became of it.");
    const HERE: Self =
        Self::fixed(StatusCode::SERVICE_UNAVAILABLE, "Something went wrong here. Please try again in a moment.");

    const fn fixed(status: StatusCode, detail: &'static str) -> Self {
        Self {
            kind: "about:blank",
            title: Cow::Borrowed(""),
            status: status.as_u16(),
            detail: Cow::Borrowed(detail),
            errors: Vec::new(),
            more: None,
        }
    }

    /// A problem in words.
    pub(super) fn new(status: StatusCode, words: &str) -> Self {
        let words = if words.ends_with(['.', '?']) { words.to_owned() } else { sentence(words) };
        Self { detail: words.into(), ..Self::fixed(status, "") }
    }

    /// It cannot be done as things stand.
    pub(super) fn conflict(words: &str) -> Self {
        Self::new(StatusCode::CONFLICT, words)
    }

    /// A request that is well formed and means nothing that could be done.
    pub(super) fn meaning(errors: Vec<Flaw>) -> Self {
        let detail = "The request cannot be taken as it is. Nothing was changed.";
        Self { errors, ..Self::fixed(StatusCode::UNPROCESSABLE_ENTITY, detail) }
    }

    /// Fields that are wrong, each by its name and why.
    pub(super) fn faults(faults: Vec<(&'static str, String)>) -> Self {
        // One text is wrong, and which it is stands in the words.
        let named = |field| if field == "message" { "messages" } else { field };
        Self::meaning(faults.into_iter().map(|(field, why)| Flaw::at(format!("/{}", named(field)), why)).collect())
    }

    /// With something more to say, if there is, under a name of its own.
    pub(super) fn with(self, name: &str, said: Option<Value>) -> Self {
        Self { more: said.map(|said| Map::from_iter([(name.to_owned(), said)])), ..self }
    }

    /// A part of this site does not work, and which it is, is said: the caller looks after it.
    pub(super) fn broken(error: &dyn Error) -> Self {
        tracing::error!(problem = in_full(error), "a call of the API was not answered");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, &error.to_string())
    }

    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        let status = self.status();
        if self.title.is_empty() {
            self.title = status.canonical_reason().unwrap_or_default().into();
        }
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], Json(self)).into_response();
        let set = match status {
            StatusCode::UNAUTHORIZED => Some((header::WWW_AUTHENTICATE, "Bearer")),
            StatusCode::SERVICE_UNAVAILABLE => Some((header::RETRY_AFTER, "2")),
            _ => None,
        };
        if let Some((name, value)) = set {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// Puts a problem in the place of a bare status, with which a part of the listener refuses a request by itself.
pub(super) fn explained(response: Response) -> Response {
    let status = response.status();
    let is_problem = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON);
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let words = if status.is_client_error() { "The request cannot be read." } else { "Something went wrong here." };
    Problem::new(status, words).into_response()
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(problem = in_full(&error), "a call of the API was not answered");
        Self::HERE
    }
}

impl From<WhichExchange> for Problem {
    fn from(error: WhichExchange) -> Self {
        tracing::error!(problem = in_full(&error), "an exchange cannot be read");
        match error {
            WhichExchange::Roster(_) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "The roster cannot be read as it is now; `xchange check` says what is wrong with it.",
            ),
            _ => Self::HERE,
        }
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Store(error) => error.into(),
            other => Self::new(StatusCode::UNPROCESSABLE_ENTITY, &other.to_string()),
        }
    }
}
