//! A participant's own page. Its link is all it takes, so following one changes nothing and shows no name: mail scanners and
//! previews follow it, too. Every button posts, and its answer is rendered there and then: never redirected to, never kept.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::door::Door;
use super::pages::{Failed, Fields, Page};
use crate::app::exchange::own_page::{Answered, Leads, OwnPage, Press, Pressed};
use crate::app::limits::{Limit, client_name, seconds_until};
use crate::conversation::exchange::{GiftReport, MAX_RELAY, Verb};
use crate::model::MAX_WISH_CHARS;

/// How many links that lead nowhere a client may follow.
const GUESSES: Limit = Limit::new("me", 30, 60);

#[derive(Template)]
#[template(path = "me.html")]
struct MePage {
    base: String,
    path: String,
    page: OwnPage,
    answered: Option<Answered>,
    /// What tells this form from another, so that one sent twice counts once.
    once: String,
}

impl MePage {
    /// What came of a question or an answer.
    fn held_back(&self) -> Option<(&'static str, &str)> {
        let (verb, text) = self.answered.as_ref()?.held_back.as_ref()?;
        Some((verb.word(), text))
    }

    fn wishes(&self) -> Option<&[String]> {
        self.answered.as_ref()?.wishes.as_deref()
    }
}

#[derive(Template)]
#[template(path = "me_ended.html")]
struct EndedPage {
    base: String,
    path: String,
    /// Whether another has been asked for.
    mailed: bool,
    /// Whether it is the draw that is not ready.
    waits: bool,
}

/// `GET /me/{token}`
pub(super) async fn show(door: Door, Path(token): Path<String>) -> Result<Response, Failed> {
    let (served, sought) = (Arc::clone(&door.shared.listener.served), token.clone());
    let store = &door.site().store;
    Ok(match store.run_reading(move |tx| served.own_page(tx, &sought)).await? {
        None => return guessed(&door).await,
        Some(Leads::Page(page)) => shown(&door, &token, page, None),
        Some(Leads::Ended) => ended(&door, &token, (false, false)),
        Some(Leads::NotReady) => ended(&door, &token, (false, true)),
    })
}

/// `POST /me/{token}`, with what was pressed in `press`
pub(super) async fn press(door: Door, Path(token): Path<String>, fields: Fields) -> Result<Response, Failed> {
    let press = read(&fields).ok_or(Failed::Form)?;
    let (served, sought) = (Arc::clone(&door.shared.listener.served), token.clone());
    let now = door.site().clock.now();
    let store = &door.site().store;
    Ok(match store.run(move |tx| served.press(tx, &sought, &press, now)).await? {
        None => return guessed(&door).await,
        Some(Pressed::Done(page, answered)) => shown(&door, &token, page, Some(answered)),
        Some(Pressed::Mailed) => ended(&door, &token, (true, false)),
        Some(Pressed::Ended) => ended(&door, &token, (false, false)),
        Some(Pressed::NotReady) => ended(&door, &token, (false, true)),
        Some(Pressed::TooMany(until)) => too_many(&door, until),
    })
}

fn read(fields: &Fields) -> Option<Press> {
    let text = |name| fields.text(name).to_owned();
    let relay = |verb| {
        let once = fields.text("once").chars().take(64).collect();
        Press::Relay { verb, text: text("text"), insist: !fields.text("insist").is_empty(), once }
    };
    Some(match fields.text("press") {
        "show" => Press::Show,
        "proof" => Press::Proof,
        "bought" => Press::Report(GiftReport::Bought),
        "sent" => Press::Report(GiftReport::Sent),
        "got" => Press::Report(GiftReport::Got),
        "wishes" => Press::Wishes,
        "wish" => Press::Wish(text("text")),
        "unwish" => Press::Unwish(text("text")),
        "up" => Press::Up(text("text")),
        "ask" => relay(Verb::Ask),
        "tell" => relay(Verb::Tell),
        "quiet" => Press::Quiet,
        "mail" => Press::MailAgain,
        "renew" => Press::Renew,
        _ => return None,
    })
}

fn shown(door: &Door, token: &str, page: OwnPage, answered: Option<Answered>) -> Response {
    let refused = answered.as_ref().is_some_and(|answered| answered.refused);
    let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (base, path) = (door.base.clone(), door.to(&format!("/me/{token}")));
    let once = format!("{:032x}", rand::random::<u128>());
    Page(status, MePage { base, path, page, answered, once }).into_response()
}

fn ended(door: &Door, token: &str, (mailed, waits): (bool, bool)) -> Response {
    let status = match (mailed, waits) {
        (true, _) => StatusCode::OK,
        (_, true) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::GONE,
    };
    let (base, path) = (door.base.clone(), door.to(&format!("/me/{token}")));
    Page(status, EndedPage { base, path, mailed, waits }).into_response()
}

async fn guessed(door: &Door) -> Result<Response, Failed> {
    let (now, client) = (door.site().clock.now(), client_name(door.client));
    let until = door.site().store.run(move |tx| GUESSES.count(tx, &client, now)).await?;
    until.map_or(Err(Failed::NotFound), |until| Ok(too_many(door, until)))
}

fn too_many(door: &Door, until: Timestamp) -> Response {
    let seconds = seconds_until(until, door.site().clock.now());
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds)], "Please try again later.").into_response()
}
