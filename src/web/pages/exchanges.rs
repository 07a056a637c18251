//! All exchanges of whoever is signed in, and a new one.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::{Failed, Fields, Frame, Page, page};
use crate::app::exchange::details::{self, Details};
use crate::app::overview::Overview;
use crate::clock::local;
use crate::error_chain::sentence;
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
pub(in crate::web) async fn list(visitor: Visitor) -> Result<Page<impl Template>, Failed> {
    let overview = visitor.read(|tx, reach| Ok(Overview::of(tx, reach)?)).await?;
    let zone = visitor.site().timezone().to_owned();
    Ok(page(Exchanges { frame: visitor.frame("Exchanges"), zone, overview }))
}

#[derive(Template)]
#[template(path = "exchange_new.html")]
struct NewExchange {
    frame: Frame,
    typed: Details,
    zone: String,
    problems: Vec<String>,
}

fn form(visitor: &Visitor, typed: Details, remarks: &[String]) -> Page<impl Template + use<>> {
    let status = if remarks.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let frame = Frame { here: "Exchanges", ..visitor.frame("New exchange") };
    let problems = remarks.iter().map(|remark| sentence(remark)).collect();
    Page(status, NewExchange { frame, typed, zone: visitor.site().timezone().to_owned(), problems })
}

/// `GET /exchanges/new`
pub(in crate::web) async fn new(visitor: Visitor) -> Page<impl Template> {
    form(&visitor, Details::default(), &[])
}

/// `POST /exchanges`
pub(in crate::web) async fn add(visitor: Visitor, fields: Fields) -> Result<Response, Failed> {
    let typed = Details {
        name: fields.text("name").to_owned(),
        date: fields.text("date").to_owned(),
        timezone: fields.text("timezone").to_owned(),
        budget: fields.text("budget").to_owned(),
        keyword: fields.text("keyword").to_owned(),
        country: fields.text("country").to_owned(),
        ..Details::default()
    };
    let (site, reach, given) = (visitor.site().clone(), visitor.who.reach, typed.clone());
    let made = tokio::task::spawn_blocking(move || details::make(&site, reach, &given)).await;
    match made.map_err(|_stopped| Failed::Here)? {
        Ok(kept) => Ok(visitor.go(&format!("/exchanges/{}/people", kept.topic.id.0))),
        Err(remarks) => Ok(form(&visitor, typed, &remarks).into_response()),
    }
}
