//! A guest's own page: the event, the four answers, a calendar file, and the way out of e-mails. The link is all it takes, so what opens it without a
//! person behind (previews, mail scanners) changes nothing: only a button does.

use askama::Template;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::door::Door;
use super::pages::{Failed, Fields, page};
use crate::app::event::{Events, Rsvp, RsvpError, calendar};
use crate::app::limits::seconds_until;
use crate::model::Word;

/// Where the pages of guests are.
pub(super) const PATH: &str = "/rsvp/";

#[derive(Template)]
#[template(path = "rsvp.html")]
struct RsvpPage {
    base: String,
    path: String,
    rsvp: Rsvp,
}

impl RsvpPage {
    /// Whether this is the answer that stands.
    fn is_answer(&self, word: &Word) -> bool {
        self.rsvp.answer == Some(*word)
    }
}

/// `GET /rsvp/{token}`
pub(super) async fn show(door: Door, Path(token): Path<String>) -> Result<Response, Failed> {
    let rsvp = match find(&door, token.clone()).await {
        Ok(rsvp) => rsvp,
        Err(error) => return refused(&door, error),
    };
    let path = door.to(&format!("{PATH}{token}"));
    Ok(page(RsvpPage { base: door.base, path, rsvp }).into_response())
}

async fn find(door: &Door, token: String) -> Result<Rsvp, RsvpError> {
    let (events, client) = (Events::of(door.site()), door.client);
    let store = &door.site().store;
    let me = events.clone();
    match store.run_reading(move |tx| me.rsvp(tx, &token)).await? {
        Some(rsvp) => Ok(rsvp),
        None => Err(store.run(move |tx| events.guessed(tx, client)).await?),
    }
}

/// `POST /rsvp/{token}`, with `answer` and `size`
pub(super) async fn answer(door: Door, Path(token): Path<String>, fields: Fields) -> Result<Response, Failed> {
    let (events, client) = (Events::of(door.site()), door.client);
    let word = Word::from_word(fields.text("answer")).ok_or(Failed::Form)?;
    let size = fields.text("size").trim().parse().ok();
    let given = token.clone();
    let store = &door.site().store;
    match store.run(move |tx| events.rsvp_answer(tx, &given, client, (word, size))).await? {
        Ok(()) => Ok(door.go(&format!("{PATH}{token}"))),
        Err(error) => refused(&door, error),
    }
}

/// `GET /rsvp/{token}/event.ics`
pub(super) async fn ics(door: Door, Path(token): Path<String>) -> Result<Response, Failed> {
    let rsvp = match find(&door, token).await {
        Ok(rsvp) => rsvp,
        Err(error) => return refused(&door, error),
    };
    if rsvp.uid.is_empty() {
        return Err(Failed::Here);
    }
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"event.ics\""),
    ];
    Ok((headers, calendar(&rsvp, door.site().clock.now())).into_response())
}

#[derive(Template)]
#[template(path = "rsvp_leave.html")]
struct LeavePage {
    base: String,
    path: String,
    rsvp: Rsvp,
}

/// `GET /rsvp/{token}/leave`
pub(super) async fn leave_form(door: Door, Path(token): Path<String>) -> Result<Response, Failed> {
    leave_page(door, token).await
}

async fn leave_page(door: Door, token: String) -> Result<Response, Failed> {
    let rsvp = match find(&door, token.clone()).await {
        Ok(rsvp) => rsvp,
        Err(error) => return refused(&door, error),
    };
    let path = door.to(&format!("{PATH}{token}"));
    Ok(page(LeavePage { base: door.base, path, rsvp }).into_response())
}

/// `POST /rsvp/{token}/leave`, by the page's button, with `again` to take it back, or by a mail program's own (RFC 8058)
pub(super) async fn leave(
    door: Door,
    Path(token): Path<String>,
    // A mail program may send a form of either kind; what it says is always the same.
    fields: Result<Fields, Response>,
) -> Result<Response, Failed> {
    let (events, client) = (Events::of(door.site()), door.client);
    let (given, leaves) = (token.clone(), fields.map_or(true, |fields| fields.text("again").is_empty()));
    let store = &door.site().store;
    match store.run(move |tx| events.rsvp_leave(tx, &given, client, leaves)).await? {
        // A mail program follows no redirection.
        Ok(()) => leave_page(door, token).await,
        Err(error) => refused(&door, error),
    }
}

fn refused(door: &Door, error: RsvpError) -> Result<Response, Failed> {
    match error {
        RsvpError::Unknown => Err(Failed::NotFound),
        RsvpError::TooMany { until } => {
            let seconds = seconds_until(until, door.site().clock.now());
            Ok((StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds)], "Please try again later.")
                .into_response())
        }
        RsvpError::Store(error) => Err(error.into()),
    }
}
