//! All exchanges of whoever is signed in, and a new one.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;

use super::{Failed, Fields, Frame, Page, page};
use crate::app::exchange::details::{self, Details};
use crate::app::overview::Overview;
use crate::clock::local;
use crate::error_chain::sentence;
use crate::web::Shared;
use crate::web::session::Visitor;

#[derive(Template)]
#[template(path = "exchanges.html")]
struct Exchanges {
    frame: Frame,
    zone: String,
    overview: Overview,
}

impl Exchanges {
    fn time(&self, at: &Timestamp) -> String {
        local(*at, &self.zone)
    }
}

/// `GET /exchanges`
pub(in crate::web) async fn list(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
) -> Result<Page<impl Template>, Failed> {
    let (site, reach) = (&shared.listener.exchanges, visitor.who.reach);
    let overview = site.store.run_reading(move |tx| Overview::of(tx, reach)).await?;
    let frame = Frame::of(&shared, &visitor, "Exchanges");
    Ok(page(Exchanges { frame, zone: site.timezone().to_owned(), overview }))
}

#[derive(Template)]
#[template(path = "exchange_new.html")]
struct NewExchange {
    frame: Frame,
    typed: Details,
    zone: String,
    problems: Vec<String>,
}

fn form(shared: &Shared, visitor: &Visitor, typed: Details, remarks: &[String]) -> Page<impl Template + use<>> {
    let status = if remarks.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let frame = Frame { here: "Exchanges", ..Frame::of(shared, visitor, "New exchange") };
    let problems = remarks.iter().map(|remark| sentence(remark)).collect();
    Page(status, NewExchange { frame, typed, zone: shared.listener.exchanges.timezone().to_owned(), problems })
}

/// `GET /exchanges/new`
pub(in crate::web) async fn new(State(shared): State<Arc<Shared>>, visitor: Visitor) -> Page<impl Template> {
    form(&shared, &visitor, Details::default(), &[])
}

/// `POST /exchanges`
pub(in crate::web) async fn add(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Failed> {
    let typed = Details {
        name: fields.text("name").to_owned(),
        date: fields.text("date").to_owned(),
        timezone: fields.text("timezone").to_owned(),
        budget: fields.text("budget").to_owned(),
        keyword: fields.text("keyword").to_owned(),
        country: fields.text("country").to_owned(),
        ..Details::default()
    };
    let (site, reach, given) = (shared.listener.exchanges.clone(), visitor.who.reach, typed.clone());
    let made = tokio::task::spawn_blocking(move || details::make(&site, reach, &given)).await;
    match made.map_err(|_stopped| Failed::Here)? {
        Ok(kept) => {
            let path = format!("/exchanges/{}/people", kept.topic.id.0);
            Ok(Redirect::to(&visitor.door.to(&path)).into_response())
        }
        Err(remarks) => Ok(form(&shared, &visitor, typed, &remarks).into_response()),
    }
}
