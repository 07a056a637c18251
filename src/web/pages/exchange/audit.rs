//! An audit. What it opens is in the answer to its form and nowhere else: never redirected to, never kept.

use askama::Template;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::rules::TOO_MANY_TO_CHOOSE;
use super::{Head, Mine, Said};
use crate::app::accounts::{self, AccountError};
use crate::app::exchange::audit::{self, AuditError, Opened, Wanted};
use crate::app::exchange::status;
use crate::app::exchange::words::reason;
use crate::clock::local;
use crate::seal::By;
use crate::web::pages::{Failed, Fields, Frame, Refusal, page};

#[derive(Template)]
#[template(path = "audit.html")]
struct Audit {
    frame: Frame,
    head: Head,
    /// Everybody of the live draw.
    names: Vec<String>,
    openings: u64,
    typed: Typed,
}

impl Audit {
    fn are_chosen(&self) -> bool {
        self.names.len() <= TOO_MANY_TO_CHOOSE
    }
}

/// What was typed, the password apart.
#[derive(Clone, Default)]
struct Typed {
    by_receiver: bool,
    name: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "audit_opened.html")]
struct Shown {
    frame: Frame,
    head: Head,
    zone: String,
    opened: Vec<Opened>,
}

impl Shown {
    fn time(&self, at: &Timestamp) -> String {
        local(*at, &self.zone)
    }
}

async fn screen(mine: &Mine, typed: Typed, refusal: Option<Refusal>) -> Result<Response, Failed> {
    let status = mine.look(status::status).await??;
    let names = status.draw.into_iter().flat_map(|draw| draw.people).map(|person| person.name).collect();
    let head = mine.head().await?;
    let mut audit = Audit { frame: mine.frame("Audit"), head, names, openings: status.openings, typed };
    Ok(match refusal {
        None => page(audit).into_response(),
        Some(refusal) => refusal.page(|words| {
            audit.head.said = Said { problems: vec![words], ..Said::default() };
            audit
        }),
    })
}

/// `GET /exchanges/{id}/audit`
pub(in crate::web) async fn show(mine: Mine) -> Result<Response, Failed> {
    screen(&mine, Typed::default(), None).await
}

/// `POST /exchanges/{id}/audit`, with the password once more: a desk left open opens nothing.
pub(in crate::web) async fn open(mine: Mine, fields: Fields) -> Result<Response, Failed> {
    let (name, why) = (fields.text("name").to_owned(), fields.text("reason").to_owned());
    let typed = Typed { by_receiver: fields.text("by") == "receiver", name, reason: why };
    let (site, who, password) = (mine.visitor.site(), &mine.visitor.who, fields.secret("password"));
    let confirmed = accounts::confirm(site, who, password, mine.visitor.door.client).await;
    let refusal = match (confirmed, reason(&typed.reason)) {
        (Err(AccountError::Wrong), _) => Refusal::of_words("This is not your password. Nothing was opened."),
        (Err(error), _) => Refusal::of(&mine.visitor.door, error)?,
        (Ok(()), Err(remark)) => Refusal::of_words(crate::error_chain::sentence(&remark)),
        (Ok(()), Ok(reason)) => match opened(&mine, typed.clone(), reason).await? {
            Ok(opened) => return answer(&mine, opened).await,
            Err(error) => Refusal::of_words(Said::of(&error).problems.concat()),
        },
    };
    screen(&mine, typed, Some(refusal)).await
}

async fn opened(mine: &Mine, typed: Typed, reason: String) -> Result<Result<Vec<Opened>, AuditError>, Failed> {
    let by = if typed.by_receiver { By::Receiver } else { By::Giver };
    mine.see_through(move |site| async move {
        let found = audit::find(&site, Wanted { by, name: &typed.name, draw: None }).await?;
        audit::open(&site, found, &reason).await
    })
    .await
}

async fn answer(mine: &Mine, opened: Vec<Opened>) -> Result<Response, Failed> {
    let (frame, head) = (mine.frame("Opened"), mine.head().await?);
    let zone = mine.site.exchange.timezone.clone();
    Ok(page(Shown { frame, head, zone, opened }).into_response())
}
