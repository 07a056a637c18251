//! Events as their organizer watches them: all of them with their counts, and one with who was asked, what they said, why
//! nothing goes out; and what moves one on.

use std::sync::Arc;

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Failed, Fields, Frame, Ids, Page, page};
use crate::app::accounts::authorize;
use crate::app::event::{self, Act, ActError, Row, Shown};
use crate::clock::local;
use crate::dealing::Why;
use crate::model::{InvitationId, Phase, TopicId, Word};
use crate::store::{InvitedBy, StoreError, Tx};
use crate::web::session::Visitor;

/// Events on one page.
const EVENTS: usize = 20;

/// Guests on one page.
pub(super) const GUESTS: usize = 100;

/// How many of those in line are named.
const IN_LINE: usize = 20;

#[derive(Template)]
#[template(path = "events.html")]
struct EventsPage {
    frame: Frame,
    now: EventsNow,
}

/// What of it changes by itself.
#[derive(Template)]
#[template(path = "events_now.html")]
pub(in crate::web) struct EventsNow {
    base: String,
    events: Vec<Shown>,
    /// Where the list begins, from 0.
    from: usize,
    is_last: bool,
}

impl EventsNow {
    fn time(&self, shown: &Shown, at: &Timestamp) -> String {
        local(*at, &shown.event.timezone)
    }

    fn acts(&self, shown: &Shown) -> &'static [(&'static str, &'static str)] {
        acts(shown)
    }

    /// Where the stretch before this one begins.
    fn before(&self) -> usize {
        self.from.saturating_sub(EVENTS)
    }
}

/// Which stretch of a list is shown, and who of it more closely.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Sought {
    #[serde(default)]
    pub(super) from: usize,
    #[serde(default)]
    pub(super) guest: Option<i64>,
}

async fn stretch(visitor: &Visitor, from: usize) -> Result<EventsNow, Failed> {
    let events = event::Events::of(visitor.site());
    let found = visitor.read(move |tx, reach| {
        let all = tx.events_within(reach)?;
        let is_last = all.len() <= from.saturating_add(EVENTS);
        let some = all.into_iter().rev().skip(from).take(EVENTS);
        let shown = some.map(|event| events.outline(tx, event)).collect::<Result<Vec<_>, StoreError>>()?;
        Ok((shown, is_last))
    });
    let (events, is_last) = found.await?;
    Ok(EventsNow { base: visitor.door.base.clone(), events, from, is_last })
}

/// `GET /events?from=`, the newest first
pub(in crate::web) async fn list(
    visitor: Visitor,
    Query(sought): Query<Sought>,
) -> Result<Page<impl Template>, Failed> {
    let frame = visitor.frame("Events");
    Ok(page(EventsPage { frame, now: stretch(&visitor, sought.from).await? }))
}

/// `GET /events/fragment`
pub(in crate::web) async fn list_fragment(visitor: Visitor) -> Result<Page<impl Template>, Failed> {
    Ok(page(stretch(&visitor, 0).await?))
}

/// What of one event changes by itself.
#[derive(Template)]
#[template(path = "event_now.html")]
pub(super) struct EventNow {
    /// Where its pages are.
    at: String,
    shown: Shown,
    /// Where the guests shown begin, from 0.
    pub(super) from: usize,
}

impl EventNow {
    /// An event as it stands.
    pub(super) fn of(visitor: &Visitor, shown: Shown, from: usize) -> Self {
        Self { at: visitor.door.to(&format!("/events/{}", shown.event.topic.0)), shown, from }
    }

    fn time(&self, at: &Timestamp) -> String {
        local(*at, &self.shown.event.timezone)
    }

    /// When somebody answered, or was asked.
    fn since(&self, row: &Row) -> String {
        row.invitation.answered_at.or(row.sent_at).map(|at| self.time(&at)).unwrap_or_default()
    }

    /// Until when a seat is kept, or why somebody was skipped.
    fn remark(&self, row: &Row) -> String {
        let until = row.invitation.lapses_at.map(|at| format!("until {}", self.time(&at)));
        row.reason.clone().or(until).unwrap_or_default()
    }

    fn acts(&self) -> &'static [(&'static str, &'static str)] {
        acts(&self.shown)
    }

    /// The guests of this stretch.
    fn rows(&self) -> &[Row] {
        let rows = self.shown.rows.get(self.from..).unwrap_or_default();
        rows.get(..GUESTS).unwrap_or(rows)
    }

    fn next(&self) -> Option<usize> {
        Some(self.from.saturating_add(GUESTS)).filter(|next| *next < self.shown.rows.len())
    }

    fn before(&self) -> usize {
        self.from.saturating_sub(GUESTS)
    }

    /// The first of those in line, and how many more there are.
    fn line(&self) -> (String, usize) {
        let line = &self.shown.line;
        (line.get(..IN_LINE).unwrap_or(line).join(", "), line.len().saturating_sub(IN_LINE))
    }

    /// A guest of the event.
    pub(super) fn guest(&self, id: i64) -> Option<Row> {
        self.shown.rows.iter().find(|row| row.id.0 == id).cloned()
    }
}

/// `GET /events/{id}/fragment`
pub(in crate::web) async fn fragment(visitor: Visitor, Ids(id): Ids<TopicId>) -> Result<Page<impl Template>, Failed> {
    let events = event::Events::of(visitor.site());
    let shown = visitor.read(move |tx, reach| {
        let id = authorize(tx, reach, id)?.ok_or(Failed::NotFound)?;
        let event = events.get(tx, id)?.ok_or(Failed::NotFound)?;
        Ok(events.show(tx, event)?)
    });
    Ok(page(EventNow::of(&visitor, shown.await?, 0)))
}

/// What may be done with an event: the path, and the button.
fn acts(shown: &Shown) -> &'static [(&'static str, &'static str)] {
    match shown.event.terms.phase {
        _ if shown.why == Why::Over => &[],
        Phase::Draft => &[("deal", "Deal the seats")],
        Phase::Dealing => &[("pause", "Pause"), ("close", "Invite nobody new")],
        Phase::Paused => &[("resume", "Go on"), ("close", "Invite nobody new")],
        Phase::Closed => &[("deal", "Go on"), ("pause", "Pause")],
        Phase::Cancelled => &[],
    }
}

/// `POST /events/{id}/deal`, `pause`, `resume`, `close`, `cancel` with a reason
pub(in crate::web) async fn act(
    visitor: Visitor,
    Ids((id, act)): Ids<(TopicId, String)>,
    fields: Fields,
) -> Result<Response, Failed> {
    let act = match act.as_str() {
        "deal" => Act::Deal,
        "pause" => Act::Pause,
        "resume" => Act::Resume,
        "close" => Act::Close,
        "cancel" => Act::Cancel(fields.text("reason").split_whitespace().collect::<Vec<_>>().join(" ")),
        _ => return Err(Failed::NotFound),
    };
    let site = visitor.site();
    let (events, keys) = (event::Events::of(site), Arc::clone(&site.keys));
    let done = visitor.write(move |tx, reach| {
        let owned = authorize(tx, reach, id)?.ok_or(ActError::Gone)?;
        if act == Act::Deal {
            keys.identity_or_new(None)?;
        }
        events.act(tx, owned, &act)
    });
    settled(done.await.map(drop), &visitor, id)
}

/// `POST /events/{id}/answer`, with `guest`, `answer` and, where it matters, `size`
pub(in crate::web) async fn answer(
    visitor: Visitor,
    Ids(id): Ids<TopicId>,
    fields: Fields,
) -> Result<Response, Failed> {
    let (word, size) = (Word::from_word(fields.text("answer")), fields.text("size").trim());
    // Nothing is as many as before, or as the invitation is for.
    let many = (!size.is_empty()).then(|| size.parse().unwrap_or(0));
    let given = word.filter(|_| many.is_none_or(|many| (1..=100).contains(&many)));
    about_guest(&visitor, id, &fields, move |tx, events, guest| {
        let word = given.ok_or(ActError::Faults(Vec::new()))?;
        events.answer_for(tx, guest, (word, many)).map(drop)
    })
    .await
}

/// `POST /events/{id}/withdraw`, with `guest`
pub(in crate::web) async fn withdraw(
    visitor: Visitor,
    Ids(id): Ids<TopicId>,
    fields: Fields,
) -> Result<Response, Failed> {
    about_guest(&visitor, id, &fields, |tx, events, guest| events.withdraw(tx, guest)).await
}

/// Does something about a guest of an event of theirs.
async fn about_guest<F>(visitor: &Visitor, id: TopicId, fields: &Fields, work: F) -> Result<Response, Failed>
where
    F: FnOnce(&Tx<'_>, &event::Events, &crate::store::Guest) -> Result<(), ActError> + Send + 'static,
{
    let guest = fields.text("guest").parse().ok().map(InvitationId);
    let events = event::Events::of(visitor.site());
    let done = visitor.write(move |tx, reach| {
        let owned = authorize(tx, reach, id)?.ok_or(ActError::Gone)?;
        // Not before it is known whose the event is.
        let guest = guest.ok_or(ActError::Faults(Vec::new()))?;
        let guest = tx.guest(InvitedBy::Id(guest))?.filter(|guest| guest.event == owned.id());
        work(tx, &events, &guest.ok_or(ActError::Gone)?)
    });
    settled(done.await, visitor, id)
}

/// Back to the event. What was not to be done any more is seen there as it stands.
fn settled(done: Result<(), ActError>, visitor: &Visitor, id: TopicId) -> Result<Response, Failed> {
    match done {
        Ok(()) | Err(ActError::Phase { .. } | ActError::NotTaken(_) | ActError::Begun) => {
            Ok(visitor.go(&format!("/events/{}", id.0)))
        }
        Err(ActError::Gone) => Err(Failed::NotFound),
        Err(ActError::Faults(_)) => Err(Failed::Form),
        Err(ActError::Store(error)) => Err(error.into()),
        Err(_) => Err(Failed::Here),
    }
}
