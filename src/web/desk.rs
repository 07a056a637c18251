//! What a visitor sees of a desk: the kiosk on its tablet, the page behind the code on a badge, the badge itself; and the list
//! of who is inside, on paper. Large type, no script, and nothing of any earlier visitor.

use askama::Template;
use jiff::Timestamp;

use super::door::Door;
use super::pages::Failed;
use crate::app::desk::board::Inside;
use crate::app::desk::{self, Desk};
use crate::app::links::link_hash;
use crate::store::{StoreError, StoredVisit};

pub(super) mod kiosk;
pub(super) mod visit;

/// The pages' styles, for a file that stands by itself.
const STYLES: &str =
    concat!(include_str!("assets/base.css"), include_str!("assets/site.css"), include_str!("assets/desk.css"));

/// Everybody who may be inside, to be printed: large, with a box to tick beside each.
#[derive(Template)]
#[template(path = "inside.html")]
struct InsideOnPaper<'a> {
    /// What stands before every path in a link; `None` in a file.
    base: Option<&'a str>,
    styles: &'static str,
    desk: &'a Desk,
    inside: &'a [Inside],
    now: Timestamp,
}

impl InsideOnPaper<'_> {
    fn people(&self) -> String {
        let count = self.inside.len();
        if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
    }

    fn printed(&self) -> String {
        self.desk.local(self.now).strftime("%-d %B %Y, %H:%M").to_string()
    }

    fn time(&self, at: &Timestamp) -> String {
        self.desk.say(*at, self.now)
    }

    fn phone<'v>(&self, visit: &'v StoredVisit) -> &'v str {
        visit.phone.as_ref().map(crate::model::Phone::expose).unwrap_or_default()
    }
}

/// The list as a file that needs nothing else, for when nothing else is there.
pub fn inside_on_paper(desk: &Desk, inside: &[Inside], now: Timestamp) -> Result<String, askama::Error> {
    InsideOnPaper { base: None, styles: STYLES, desk, inside, now }.render()
}

/// The same as a page.
pub(super) fn inside_page(base: &str, desk: &Desk, inside: &[Inside], now: Timestamp) -> Result<String, askama::Error> {
    InsideOnPaper { base: Some(base), styles: STYLES, desk, inside, now }.render()
}

/// The visit that a link is of, and its desk; a link that is of none is not there.
async fn visit_of(door: &Door, token: &str) -> Result<(Desk, StoredVisit), Failed> {
    let hash = link_hash(token);
    let found = door.site().store.run_reading(move |tx| {
        let Some(visit) = tx.visit_of_link(&hash)? else { return Ok(None) };
        Ok::<_, StoreError>(desk::get(tx, visit.desk)?.map(|desk| (desk, visit)))
    });
    found.await?.ok_or(Failed::NotFound)
}
