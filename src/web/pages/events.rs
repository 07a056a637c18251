//! Events as their organizer watches them: who was asked, what they said, why nothing goes out; and what moves one on.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Redirect;
use jiff::Timestamp;

use super::watched::Watched;
use super::{Failed, Fields};
use crate::app::accounts::authorize;
use crate::app::event::{self, Act, ActError, Row, Shown};
use crate::clock::local;
use crate::model::{InvitationId, Phase, TopicId, Word};
use crate::store::{InvitedBy, StoreError};
use crate::web::Shared;
use crate::web::session::Visitor;

#[derive(Template)]
#[template(path = "events.html")]
pub(in crate::web) struct Events {
    base: String,
    events: Vec<Shown>,
}

impl Events {
    fn time(&self, shown: &Shown, at: &Timestamp) -> String {
        local(*at, &shown.event.timezone)
    }

    /// When somebody answered, or was asked.
    fn since(&self, shown: &Shown, row: &Row) -> String {
        row.invitation.answered_at.or(row.sent_at).map(|at| self.time(shown, &at)).unwrap_or_default()
    }

    /// Until when a seat is kept, or why somebody was skipped.
    fn remark(&self, shown: &Shown, row: &Row) -> String {
        let until = row.invitation.lapses_at.map(|at| format!("until {}", self.time(shown, &at)));
        row.reason.clone().or(until).unwrap_or_default()
    }

    /// What may be done with it: the path, and the button.
    fn acts(&self, shown: &Shown) -> &'static [(&'static str, &'static str)] {
        match shown.event.terms.phase {
            Phase::Draft => &[("deal", "Deal the seats")],
            Phase::Dealing => &[("pause", "Pause"), ("close", "Invite nobody new")],
            Phase::Paused => &[("resume", "Go on"), ("close", "Invite nobody new")],
            Phase::Closed => &[("deal", "Go on"), ("pause", "Pause")],
            Phase::Cancelled => &[],
        }
    }
}

impl Watched for Events {
    const TITLE: &'static str = "Events";
    const PATH: &'static str = "/events";

    async fn now(shared: &Shared, visitor: &Visitor) -> Result<Self, Failed> {
        let (site, reach) = (&shared.listener.exchanges, visitor.who.reach);
        let events = event::Events::of(site);
        let all = site.store.run_reading(move |tx| {
            let all = tx.events_within(reach)?;
            all.into_iter().rev().map(|event| events.show(tx, event)).collect::<Result<Vec<_>, StoreError>>()
        });
        Ok(Self { base: visitor.door.base.clone(), events: all.await? })
    }
}

/// `POST /events/{id}/deal`, `pause`, `resume`, `close`, `cancel` with a reason
pub(in crate::web) async fn act(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path((id, act)): Path<(String, String)>,
    fields: Fields,
) -> Result<Redirect, Failed> {
    let act = match act.as_str() {
        "deal" => Act::Deal,
        "pause" => Act::Pause,
        "resume" => Act::Resume,
        "close" => Act::Close,
        "cancel" => Act::Cancel(fields.text("reason").split_whitespace().collect::<Vec<_>>().join(" ")),
        _ => return Err(Failed::NotFound),
    };
    let (site, reach) = (&shared.listener.exchanges, visitor.who.reach);
    let (events, keys) = (event::Events::of(site), Arc::clone(&site.keys));
    let id = id.parse().map(TopicId).map_err(|_no_number| Failed::NotFound)?;
    let done = site.store.run(move |tx| {
        let owned = authorize(tx, reach, id)?.ok_or(ActError::Gone)?;
        if act == Act::Deal {
            keys.identity_or_new(None)?;
        }
        events.act(tx, owned, &act)
    });
    settled(done.await.map(drop), &visitor)
}

/// `POST /events/{id}/answer`, with `guest` and `answer`
pub(in crate::web) async fn answer(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Redirect, Failed> {
    let given = Word::from_word(fields.text("answer")).zip(fields.text("guest").parse().ok().map(InvitationId));
    let id = id.parse().map(TopicId).map_err(|_no_number| Failed::NotFound)?;
    let (site, reach) = (&shared.listener.exchanges, visitor.who.reach);
    let events = event::Events::of(site);
    let done = site.store.run(move |tx| {
        let owned = authorize(tx, reach, id)?.ok_or(ActError::Gone)?;
        // Not before it is known whose the event is.
        let (word, guest) = given.ok_or(ActError::Faults(Vec::new()))?;
        let guest = tx.guest(InvitedBy::Id(guest))?.filter(|guest| guest.event == owned.id());
        events.answer_for(tx, &guest.ok_or(ActError::Gone)?, (word, None)).map(drop)
    });
    settled(done.await, &visitor)
}

/// Back to the events. What was not to be done any more is seen there as it stands.
fn settled(done: Result<(), ActError>, visitor: &Visitor) -> Result<Redirect, Failed> {
    match done {
        Ok(()) | Err(ActError::Phase { .. }) => Ok(Redirect::to(&visitor.door.to("/events"))),
        Err(ActError::Gone) => Err(Failed::NotFound),
        Err(ActError::Faults(_)) => Err(Failed::Form),
        Err(ActError::Store(error)) => Err(error.into()),
        Err(_) => Err(Failed::Here),
    }
}
