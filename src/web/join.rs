//! Signing up, confirming and leaving: for anybody, without an account. Looking changes nothing; a button does.

use askama::Template;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::door::Door;
use super::pages::{Failed, Fields, Page, page};
use crate::app::contacts::Fault;
use crate::app::limits::{client_name, seconds_until};
use crate::app::list::sign_up::{self, Form, Joined};
use crate::error_chain::sentence;
use crate::store::{Agreed, List};

#[derive(Template)]
#[template(path = "join.html")]
struct JoinPage {
    base: String,
    list: List,
    form: Form,
    faults: Vec<Fault>,
    /// Whether it has been taken.
    taken: bool,
    too_many: bool,
}

impl JoinPage {
    fn new(door: &Door, list: List) -> Self {
        Self { base: door.base.clone(), list, form: Form::default(), faults: Vec::new(), taken: false, too_many: false }
    }

    /// What is wrong with a field.
    fn fault(&self, field: &str) -> Option<String> {
        self.faults.iter().find(|(of, _)| *of == field).map(|(_, remark)| sentence(remark))
    }
}

/// `GET /join/{slug}`
pub(super) async fn form(door: Door, Path(slug): Path<String>) -> Result<impl IntoResponse, Failed> {
    Ok(page(JoinPage::new(&door, list_of(&door, slug).await?)))
}

async fn list_of(door: &Door, slug: String) -> Result<List, Failed> {
    let found = door.site().store.run_reading(move |tx| tx.list_of_slug(&slug)).await?;
    found.ok_or(Failed::NotFound)
}

/// `POST /join/{slug}`
pub(super) async fn join(door: Door, Path(slug): Path<String>, fields: Fields) -> Result<Response, Failed> {
    let list = list_of(&door, slug).await?;
    let text = |name| fields.text(name).to_owned();
    let form = Form {
        first_name: text("first_name"),
        last_name: text("last_name"),
        email: text("email"),
        phone: text("phone"),
        consent: !fields.text("consent").is_empty(),
        wording: text("wording"),
        website: text("website"),
    };
    let (site, client) = (door.site().clone(), client_name(door.client));
    let now = site.clock.now();
    let (theirs, typed) = (list.clone(), form.clone());
    let joined = door.site().store.run(move |tx| sign_up::join(tx, &site, (&theirs, &typed), &client, now));
    let shown = JoinPage::new(&door, list);
    Ok(match joined.await.map_err(|error| failed(&error))? {
        Joined::Taken => page(JoinPage { taken: true, ..shown }).into_response(),
        Joined::Faults(faults) => {
            Page(StatusCode::UNPROCESSABLE_ENTITY, JoinPage { faults, form, ..shown }).into_response()
        }
        Joined::TooMany(until) => {
            let mut response =
                Page(StatusCode::TOO_MANY_REQUESTS, JoinPage { too_many: true, ..shown }).into_response();
            response.headers_mut().insert(header::RETRY_AFTER, seconds_until(until, now).into());
            response
        }
    })
}

fn failed(error: &crate::app::list::ListError) -> Failed {
    tracing::error!(problem = crate::error_chain::in_full(error), "a sign-up was not taken");
    Failed::Here
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct ButtonPage {
    base: String,
    list: List,
    /// `confirm` or `leave`.
    what: &'static str,
    token: String,
    /// What they agree to.
    wording: String,
    done: bool,
    has_left: bool,
}

impl ButtonPage {
    fn new(base: String, list: List, (what, token): (&'static str, String)) -> Self {
        Self { base, list, what, token, wording: String::new(), done: false, has_left: false }
    }
}

async fn button(door: Door, token: String, what: &'static str) -> Result<Page<ButtonPage>, Failed> {
    let (sought, base) = (token.clone(), door.base.clone());
    let found = door.site().store.run_reading(move |tx| {
        let (list, who) = sign_up::of_link(tx, &sought, what == "leave")?.ok_or(Failed::NotFound)?;
        let wording = sign_up::agreed_to(tx, &list, who.id)?;
        Ok::<_, Failed>(ButtonPage { wording, ..ButtonPage::new(base, list, (what, token)) })
    });
    Ok(page(found.await?))
}

/// `GET /confirm/{token}`
pub(super) async fn confirm_form(door: Door, Path(token): Path<String>) -> Result<impl IntoResponse, Failed> {
    button(door, token, "confirm").await
}

/// `GET /leave/{token}`
pub(super) async fn leave_form(door: Door, Path(token): Path<String>) -> Result<impl IntoResponse, Failed> {
    button(door, token, "leave").await
}

/// `POST /confirm/{token}`
pub(super) async fn confirm(
    door: Door,
    Path(token): Path<String>,
    _button: Fields,
) -> Result<impl IntoResponse, Failed> {
    let (now, client, theirs) = (door.site().clock.now(), client_name(door.client), token.clone());
    let done = door.site().store.run(move |tx| sign_up::confirm(tx, &theirs, &client, now));
    let (list, stands) = done.await?.ok_or(Failed::NotFound)?;
    let has_left = stands != Agreed::Confirmed;
    Ok(page(ButtonPage { done: true, has_left, ..ButtonPage::new(door.base, list, ("confirm", token)) }))
}

/// `POST /leave/{token}`, by the page's button or by a mail program's own (RFC 8058).
pub(super) async fn leave(door: Door, Path(token): Path<String>) -> Result<impl IntoResponse, Failed> {
    let (now, client, theirs) = (door.site().clock.now(), client_name(door.client), token.clone());
    let done = door.site().store.run(move |tx| sign_up::leave(tx, &theirs, &client, now));
    let list = done.await?.ok_or(Failed::NotFound)?;
    Ok(page(ButtonPage { done: true, ..ButtonPage::new(door.base, list, ("leave", token)) }))
}
