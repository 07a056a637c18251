//! Drawing, and drawing again. Shows no pairing.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::rules::{Judged, judge};
use super::{Head, Mine, Said};
use crate::app::exchange::draw::{self, DrawError, DrawReport, Request};
use crate::app::exchange::status;
use crate::app::exchange::words::reason;
use crate::store::{ArchiveState, StoreError};
use crate::web::pages::{Failed, Fields, Frame, Page};

#[derive(Template)]
#[template(path = "draw.html")]
struct Draw {
    frame: Frame,
    head: Head,
    people: usize,
    verdict: Judged,
    /// The number of the draw there is, and who has asked already.
    before: Option<(u32, Vec<String>)>,
    typed: String,
}

async fn screen(mine: &Mine, typed: &str, said: Said) -> Result<Response, Failed> {
    let looked = mine.look(|site| Ok::<_, StoreError>((judge(site)?, status::status(site)?.draw)));
    let ((verdict, drawn), code) = (looked.await??, said.status());
    let before = drawn.map(|draw| {
        let asked = draw.people.into_iter().filter(|person| person.asked > 0).map(|person| person.name);
        (draw.number, asked.collect())
    });
    let head = Head { said, ..mine.head().await? };
    let people = mine.site.exchange.people.len();
    let frame = mine.frame("Draw");
    Ok(Page(code, Draw { frame, head, people, verdict, before, typed: typed.to_owned() }).into_response())
}

/// `GET /exchanges/{id}/draw`
pub(in crate::web) async fn show(mine: Mine) -> Result<Response, Failed> {
    screen(&mine, "", Said::default()).await
}

fn what_was_done(made: &DrawReport) -> &'static str {
    match made {
        DrawReport { archive, .. } if archive.state != ArchiveState::Confirmed => "?done=waits",
        DrawReport { new_key: true, .. } => "?done=first",
        _ => "?done=drawn",
    }
}

/// `POST /exchanges/{id}/draw`, with the number of the draw that it takes the place of: pressed twice, it draws once.
pub(in crate::web) async fn draw(mine: Mine, fields: Fields) -> Result<Response, Failed> {
    let (seen, typed) = (fields.text("draw").parse::<u32>().ok(), fields.text("reason"));
    let redraw = match seen.map(|_| reason(typed)).transpose() {
        Ok(redraw) => redraw,
        Err(remark) => return screen(&mine, typed, Said::problems(&[remark])).await,
    };
    let newest = mine.look(|site| status::status(site).map(|status| status.draw.map(|draw| draw.number)));
    if newest.await?? != seen {
        let remark = "it has been drawn meanwhile; nothing was drawn now".to_owned();
        return screen(&mine, typed, Said::problems(&[remark])).await;
    }
    let request = Request { redraw, new_key_passphrase: None };
    match mine.see_through(|site| async move { draw::draw(&site, request).await }).await? {
        Ok(made) => Ok(mine.go(what_was_done(&made))),
        Err(DrawError::Impossible { why }) => screen(&mine, typed, Said::problems(&why)).await,
        Err(error) => screen(&mine, typed, Said::of(&error)).await,
    }
}
