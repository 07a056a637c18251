//! What a caller gives: a body, a query, the ids of a path, the revision they have seen.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_path_to_error::Segment;

use super::caller::Caller;
use super::problem::{Flaw, Problem};
use crate::app::links::link_hash;
use crate::web::Shared;

/// The longest line in a caller's own words, in characters.
const LONGEST_LINE: usize = 500;

/// The ids in a path. What is no id names nothing.
pub(super) struct Ids<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Shared>> for Ids<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let path = Path::<T>::from_request_parts(parts, shared).await;
        path.map(|Path(ids)| Self(ids)).map_err(|_no_id| Problem::NOT_FOUND)
    }
}

/// The parameters of a query; unknown ones are refused, for they would be misspelt ones.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Arc<Shared>> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _shared: &Arc<Shared>) -> Result<Self, Problem> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        query.map(|Query(asked)| Self(asked)).map_err(|error| {
            let words = error.body_text();
            let words = words.split_once("query string: ").map_or(&*words, |(_, words)| words);
            let (name, words) = words.split_once(": ").unwrap_or(("", words));
            Problem::meaning(vec![Flaw::at(format!("?{name}"), words)])
        })
    }
}

/// A body of JSON.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Shared>> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Problem> {
        if content_type(request.headers()) != "application/json" {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body has to be application/json."));
        }
        let bytes = whole(request, shared).await?;
        let value = serde_json::from_slice(&bytes).map_err(|error| {
            let at = format!("line {}, column {}", error.line(), error.column());
            Problem::new(StatusCode::BAD_REQUEST, &format!("The body is no JSON: {at}."))
        })?;
        read(value).map(Self)
    }
}

/// All of a body.
pub(super) async fn whole(request: Request, shared: &Arc<Shared>) -> Result<Bytes, Problem> {
    Bytes::from_request(request, shared).await.map_err(|refused| match refused.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."),
        _ => Problem::new(StatusCode::BAD_REQUEST, "The body did not arrive whole."),
    })
}

/// The content type of a body, without its parameters.
pub(super) fn content_type(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A line in the caller's own words, such as a reason: something, of at most 500 characters, and all of it printable.
pub(super) fn line(pointer: &str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let wrong = |words: &str| Err(Problem::meaning(vec![Flaw::at(pointer, words)]));
    match text {
        "" => wrong("this has to say something"),
        long if long.chars().count() > LONGEST_LINE => wrong("this has at most 500 characters"),
        odd if odd.chars().any(char::is_control) => wrong("this is one line without control characters"),
        line => Ok(line.to_owned()),
    }
}

/// Reads a body as what is wanted; what is wrong with it is told where it stands.
fn read<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let steps = error.path().iter().filter_map(|step| match step {
            Segment::Unknown => None,
            Segment::Seq { index } => Some(format!("/{index}")),
            other => Some(format!("/{}", other.to_string().replace('~', "~0").replace('/', "~1"))),
        });
        Problem::meaning(vec![Flaw::at(steps.collect::<String>(), error.inner().to_string())])
    })
}

/// A change of something: what is given takes the place of what is there, `null` takes it away, and what is not named
/// stays (RFC 7396).
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Change(Value);

impl Change {
    /// What becomes of something as it is now.
    pub(super) fn of<T: Serialize + DeserializeOwned>(self, now: &T) -> Result<T, Problem> {
        let mut merged = serde_json::to_value(now).unwrap_or_default();
        if !self.0.is_object() {
            return Err(Problem::meaning(vec![Flaw::at("", "a change is an object")]));
        }
        merge(&mut merged, self.0);
        read(merged)
    }
}

fn merge(into: &mut Value, change: Value) {
    let Value::Object(change) = change else {
        *into = change;
        return;
    };
    if !into.is_object() {
        *into = Value::Object(serde_json::Map::new());
    }
    let Some(into) = into.as_object_mut() else { return };
    for (key, value) in change {
        if value.is_null() {
            // An unknown name stays, so that it is refused.
            if into.remove(&key).is_none() {
                into.insert(key, value);
            }
        } else {
            merge(into.entry(key).or_insert(Value::Null), value);
        }
    }
}

/// What has to be worded anew so that the texts worded `now`, by name, become these: an empty text is the usual one.
pub(super) fn rewordings(now: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let gone = now.keys().filter(|name| !new.contains_key(*name)).map(|name| (name.clone(), String::new()));
    gone.chain(new.clone()).collect()
}

/// The revisions that a caller has seen: `If-Match`.
pub(super) struct Seen(Vec<String>);

impl FromRequestParts<Arc<Shared>> for Seen {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _shared: &Arc<Shared>) -> Result<Self, Infallible> {
        let lines = parts.headers.get_all(header::IF_MATCH).iter().map(|line| line.to_str().unwrap_or("unreadable"));
        Ok(Self(lines.flat_map(|line| line.split(',')).map(|tag| tag.trim().to_owned()).collect()))
    }
}

impl Seen {
    /// Refuses a change of something that is of another revision now. Who says none takes it as it is.
    pub(super) fn is_still(&self, revision: i64) -> Result<(), Problem> {
        let now = tag(revision);
        let holds = self.0.is_empty() || self.0.iter().any(|seen| *seen == now || seen == "*");
        if holds { Ok(()) } else { Err(Problem::STALE) }
    }
}

fn tag(revision: i64) -> String {
    format!("\"{revision}\"")
}

/// A thing with its revision.
pub(super) fn tagged<T: Serialize>(revision: i64, thing: T) -> Response {
    ([(header::ETAG, tag(revision))], Json(thing)).into_response()
}

/// The revision of something that does not count its own: another one once any of it has changed.
pub(super) fn revision_of<T: Serialize>(thing: &T) -> i64 {
    let hash = link_hash(&serde_json::to_string(thing).unwrap_or_default());
    hash.iter().take(7).fold(0, |number, byte| number << 8 | i64::from(*byte))
}

/// A thing that was made and stands elsewhere than below the path that was called: among all of its kind.
pub(super) fn created_among(caller: &Caller, kind: &str, id: i64, answer: Response) -> Response {
    let root = caller.path.split_once("/v1/").map_or("", |(root, _)| root);
    (StatusCode::CREATED, [(header::LOCATION, format!("{root}/v1/{kind}/{id}"))], answer).into_response()
}

/// A thing that was made below the path that was called.
pub(super) fn created(caller: &Caller, id: impl std::fmt::Display, answer: Response) -> Response {
    (StatusCode::CREATED, [(header::LOCATION, format!("{}/{id}", caller.path))], answer).into_response()
}
