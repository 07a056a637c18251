//! The page behind the code on a badge: two buttons, and the badge itself. Looking at either changes nothing.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use qrcode::QrCode;
use qrcode::render::svg;

use super::visit_of;
use crate::app::desk::{self, Desk, DeskError};
use crate::error_chain::sentence;
use crate::store::StoredVisit;
use crate::web::door::Door;
use crate::web::pages::{Failed, Fields, Page, page};
use crate::web::signature::webhook_url;

#[derive(Template)]
#[template(path = "visit.html")]
struct Visit {
    base: String,
    token: String,
    desk: Desk,
    visit: StoredVisit,
    /// What the host has said.
    says: Option<String>,
    until: String,
    problem: Option<String>,
}

fn shown(door: &Door, token: String, (desk, visit): (Desk, StoredVisit)) -> Visit {
    let now = door.site().clock.now();
    let says = visit.answer.as_deref().map(|answer| desk.place.host_says(Some(answer), &visit.name, &visit.host_name));
    let until = desk.say(visit.out_due, now);
    Visit { base: door.base.clone(), token, desk, visit, says, until, problem: None }
}

/// `GET /visit/{token}`
pub(in crate::web) async fn show(door: Door, Path(token): Path<String>) -> Result<Page<impl Template>, Failed> {
    let found = visit_of(&door, &token).await?;
    Ok(page(shown(&door, token, found)))
}

/// `POST /visit/{token}`: `action=leave`, or `action=longer` with a time.
pub(in crate::web) async fn act(door: Door, Path(token): Path<String>, fields: Fields) -> Result<Response, Failed> {
    let (desk, visit) = visit_of(&door, &token).await?;
    let (site, until) = (door.site().clone(), fields.text("until").to_owned());
    let (store, at, of) = (site.store.clone(), desk.clone(), visit.clone());
    let done = match fields.text("action") {
        "leave" => {
            let now = site.clock.now();
            store.run(move |tx| desk::leave(tx, &of, now, now)).await?;
            Ok(())
        }
        "longer" => store.run(move |tx| desk::extend(tx, &site, &at, &of, &until)).await.map(drop),
        _ => return Err(Failed::Form),
    };
    let (status, problem) = match done {
        Ok(()) => return Ok(door.go(&format!("/visit/{token}"))),
        Err(DeskError::Store(error)) => return Err(error.into()),
        Err(DeskError::Refused { faults, is_malformed }) => {
            let words = faults.into_iter().map(|(_, remark)| sentence(&remark)).collect::<Vec<_>>().join(" ");
            (if is_malformed { StatusCode::BAD_REQUEST } else { StatusCode::UNPROCESSABLE_ENTITY }, words)
        }
        Err(other) => (StatusCode::CONFLICT, sentence(&other.to_string())),
    };
    let page = Visit { problem: Some(problem), ..shown(&door, token, (desk, visit)) };
    Ok(Page(status, page).into_response())
}

#[derive(Template)]
#[template(path = "badge.html")]
struct Badge {
    base: String,
    desk: Desk,
    visit: StoredVisit,
    day: String,
    qr: String,
}

/// `GET /visit/{token}/badge`
pub(in crate::web) async fn badge(door: Door, Path(token): Path<String>) -> Result<Page<impl Template>, Failed> {
    let (desk, visit) = visit_of(&door, &token).await?;
    let link = webhook_url(&door.shared.listener.public_url, &format!("/visit/{token}"));
    let code = QrCode::new(link.as_bytes()).map_err(|error| {
        tracing::error!(%error, "a badge has no room for its link");
        Failed::Here
    })?;
    let qr = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    // Nothing in front of the element: it stands within a page.
    let qr = qr.split_once("?>").map_or(qr.clone(), |(_, element)| element.to_owned());
    let day = desk.local(visit.in_at).strftime("%-d %B %Y").to_string();
    Ok(page(Badge { base: door.base, desk, visit, day, qr }))
}
