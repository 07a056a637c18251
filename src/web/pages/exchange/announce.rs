//! Telling everybody something: typed, looked at, sent.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::{Head, Mine, Said};
use crate::app::exchange::announcement::{self, Audience};
use crate::app::exchange::details::with_hint;
use crate::app::exchange::ways::Reachable;
use crate::web::pages::{Failed, Fields, Frame, Page};

#[derive(Template)]
#[template(path = "announce.html")]
struct Announce {
    frame: Frame,
    head: Head,
    typed: String,
    /// Whom it would reach, once that was asked.
    audience: Option<Audience>,
}

impl Announce {
    /// Who is reached in which way.
    fn groups(&self) -> Vec<(&'static str, String)> {
        let ways = [
            (Reachable::ByText, "By text"),
            (Reachable::ByMail, "By e-mail"),
            (Reachable::OnceTheyText, "With the answer to their first text"),
            (Reachable::Never, "Not at all, for they have said STOP and have no e-mail"),
        ];
        let reached =
            |how| self.audience.iter().flat_map(|audience| audience.reached(how)).collect::<Vec<_>>().join(", ");
        ways.into_iter().map(|(how, words)| (words, reached(how))).filter(|(_, names)| !names.is_empty()).collect()
    }
}

async fn screen(mine: &Mine, (typed, audience): (&str, Option<Audience>), said: Said) -> Result<Response, Failed> {
    let status = said.status();
    let head = Head { said, ..mine.head().await? };
    let frame = mine.frame("Announce");
    Ok(Page(status, Announce { frame, head, typed: typed.to_owned(), audience }).into_response())
}

/// `GET /exchanges/{id}/announce`
pub(in crate::web) async fn show(mine: Mine) -> Result<Response, Failed> {
    screen(&mine, ("", None), Said::default()).await
}

/// `POST /exchanges/{id}/announce`: first it says whom it would reach and how it reads, then, with `sure`, it is told.
pub(in crate::web) async fn announce(mine: Mine, fields: Fields) -> Result<Response, Failed> {
    let typed = fields.text("text");
    let text = match announcement::checked(typed) {
        Ok(text) => text,
        Err((remark, hint)) => {
            let said = Said::problems(&[with_hint(&remark, hint.as_deref())]);
            return screen(&mine, (typed, None), said).await;
        }
    };
    let asked = text.clone();
    let audience = mine.look(move |site| announcement::audience(site, &asked)).await??;
    let nobody = audience.people.is_empty().then(|| "everybody has been told this before".to_owned());
    if let Some(remark) = audience.too_long().or(nobody) {
        return screen(&mine, (typed, None), Said::problems(&[remark])).await;
    }
    if fields.text("sure").is_empty() {
        return screen(&mine, (typed, Some(audience)), Said::default()).await;
    }
    mine.look(move |site| announcement::announce(site, &text)).await??;
    Ok(mine.go("?done=announced"))
}
