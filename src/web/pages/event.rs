//! An event's own page: how it stands, a guest to be answered for, its details, who is invited before all others, and what
//! dealing would do.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::events::{EventNow, Sought};
use super::{Failed, Fields, Frame, Ids, Page, page};
use crate::app::accounts::{Owned, authorize};
use crate::app::event::{ActError, Events, Fault, Planning, Row, Typed, planned_in_words};
use crate::dealing::Planned;
use crate::error_chain::sentence;
use crate::model::{Phase, TopicId, Word};
use crate::store::{Event, Reach, Tx};
use crate::web::session::Visitor;

/// How much of a plan a page shows.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "event.html")]
struct EventPage {
    frame: Frame,
    typed: Typed,
    faults: Vec<Fault>,
    /// Of one that is there.
    kept: Option<Kept>,
    /// Who was to be invited first, as it was typed.
    who: String,
    /// Whether somebody else has changed it meanwhile.
    is_stale: bool,
}

/// What is shown of an event that is there.
struct Kept {
    event: Event,
    /// Who comes before all others, by name.
    first: Vec<String>,
    /// The tags that contacts have.
    tags: Vec<String>,
    plan: Planning,
    /// What of it changes by itself.
    now: EventNow,
    /// Who of the guests is to be answered for, or taken back.
    guest: Option<Row>,
    /// What tells it as it is shown from what it may be by then.
    mark: String,
}

impl EventPage {
    fn of(visitor: &Visitor, kept: Option<Kept>) -> Self {
        let title = if kept.is_some() { "An event" } else { "Make an event" };
        let typed = kept.as_ref().map(|kept| Typed::from(&kept.event)).unwrap_or_default();
        let frame = Frame { here: "Events", ..visitor.frame(title) };
        Self { frame, typed, faults: Vec::new(), kept, who: String::new(), is_stale: false }
    }

    /// What is wrong with a field.
    fn fault(&self, field: &str) -> Option<String> {
        self.faults.iter().find(|(of, _)| *of == field).map(|(_, remark)| sentence(remark))
    }

    /// A time as a browser's own field for it takes it; one that the zone's clock shows twice has a plain field.
    fn time(&self, text: &str) -> (&'static str, String) {
        let kind = if text.ends_with('Z') { "text" } else { "datetime-local" };
        (kind, text.replacen(' ', "T", 1))
    }

    /// Whether there is anything to type: no more of one that was called off.
    fn is_on(&self) -> bool {
        self.kept.as_ref().is_none_or(|kept| kept.event.terms.phase != Phase::Cancelled)
    }

    /// As much of the plan as a page shows.
    fn shown<'k>(&self, kept: &'k Kept) -> &'k [(String, &'static str, Planned)] {
        kept.plan.people.get(..SHOWN).unwrap_or(&kept.plan.people)
    }

    fn planned(&self, kept: &Kept, planned: &Planned) -> String {
        planned_in_words(planned, &kept.event.timezone)
    }

    /// The form once more, with what was typed and what is wrong with it.
    fn again(self) -> Response {
        let status = if self.is_stale { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
        Page(status, self).into_response()
    }
}

fn typed(fields: &Fields) -> Typed {
    let text = |name| fields.text(name).to_owned();
    Typed {
        name: text("name"),
        description: text("description"),
        place: text("place"),
        starts_at: text("starts_at"),
        timezone: text("timezone"),
        seats: text("seats"),
        at_once: text("at_once"),
        lapse: text("lapse"),
        cut_off: text("cut_off"),
        overbook: text("overbook"),
        size: text("size"),
        tags: text("tags"),
    }
}

fn theirs(tx: &Tx<'_>, reach: Reach, id: TopicId) -> Result<Owned<TopicId>, ActError> {
    authorize(tx, reach, id)?.ok_or(ActError::Gone)
}

/// An event of theirs with what stands around it.
async fn find(visitor: &Visitor, id: TopicId, sought: Sought) -> Result<Kept, Failed> {
    let events = Events::of(visitor.site());
    let found = visitor.read(move |tx, reach| {
        let id = authorize(tx, reach, id)?.ok_or(Failed::NotFound)?;
        let event = events.get(tx, id)?.ok_or(Failed::NotFound)?;
        let contacts = tx.contacts(reach)?;
        let called = |id| contacts.iter().find(|(known, _)| *known == id).map(|(_, contact)| contact.name.clone());
        let first = tx.first_invited(event.topic)?.into_iter().filter_map(called).collect();
        let mut tags: Vec<String> = contacts.iter().flat_map(|(_, contact)| contact.tags.clone()).collect();
        tags.sort();
        tags.dedup();
        Ok((events.plan(tx, event.clone())?, events.show(tx, event.clone())?, event, first, tags))
    });
    let (plan, shown, event, first, tags) = found.await?;
    let now = EventNow::of(visitor, shown, sought.from);
    let (guest, mark) = (sought.guest.and_then(|id| now.guest(id)), Typed::from(&event).mark());
    Ok(Kept { event, first, tags, plan, now, guest, mark })
}

/// What somebody can mend, or the failure.
fn refused(error: ActError) -> Result<Vec<Fault>, Failed> {
    match error {
        ActError::Faults(faults) => Ok(faults),
        ActError::SeatsTaken { .. } => Ok(vec![("seats", error.to_string())]),
        ActError::Gone => Err(Failed::NotFound),
        ActError::Store(error) => Err(error.into()),
        _ => Err(Failed::Here),
    }
}

/// `GET /events/new`
pub(in crate::web) async fn new(visitor: Visitor) -> Page<impl Template> {
    page(EventPage::of(&visitor, None))
}

/// `POST /events`
pub(in crate::web) async fn make(visitor: Visitor, fields: Fields) -> Result<Response, Failed> {
    let (events, given) = (Events::of(visitor.site()), typed(&fields));
    let typed = given.clone();
    match visitor.write(move |tx, reach| events.create(tx, reach, &given)).await {
        Ok(event) => Ok(visitor.go(&format!("/events/{}", event.topic.0))),
        Err(error) => {
            let faults = refused(error)?;
            Ok(EventPage { typed, faults, ..EventPage::of(&visitor, None) }.again())
        }
    }
}

/// `GET /events/{id}?from=&guest=`
pub(in crate::web) async fn show(
    visitor: Visitor,
    Ids(id): Ids<TopicId>,
    Query(sought): Query<Sought>,
) -> Result<Page<impl Template>, Failed> {
    let kept = find(&visitor, id, sought).await?;
    Ok(page(EventPage::of(&visitor, Some(kept))))
}

/// `POST /events/{id}`, with the mark of what was shown: who comes second is shown their own words once more, and that somebody
/// was faster.
pub(in crate::web) async fn change(
    visitor: Visitor,
    Ids(id): Ids<TopicId>,
    fields: Fields,
) -> Result<Response, Failed> {
    let (events, given) = (Events::of(visitor.site()), typed(&fields));
    let (typed, seen) = (given.clone(), fields.text("mark").to_owned());
    let changed = visitor.write(move |tx, reach| {
        let id = theirs(tx, reach, id)?;
        let now = events.get(tx, id)?.ok_or(ActError::Gone)?;
        if Typed::from(&now).mark() != seen {
            return Ok(false);
        }
        events.change(tx, id, &given).map(|_| true)
    });
    let (faults, is_stale) = match changed.await {
        Ok(true) => return Ok(visitor.go(&format!("/events/{}", id.0))),
        Ok(false) => (Vec::new(), true),
        // Called off meanwhile.
        Err(ActError::Phase { .. }) => (Vec::new(), true),
        Err(error) => (refused(error)?, false),
    };
    let kept = find(&visitor, id, Sought::default()).await?;
    Ok(EventPage { typed, faults, is_stale, ..EventPage::of(&visitor, Some(kept)) }.again())
}

/// `POST /events/{id}/invite`, with the name of a contact, or with a tag
pub(in crate::web) async fn invite(
    visitor: Visitor,
    Ids(id): Ids<TopicId>,
    fields: Fields,
) -> Result<Response, Failed> {
    let events = Events::of(visitor.site());
    let (who, tag) = (fields.text("who").to_owned(), fields.text("tag").to_owned());
    let name = who.clone();
    let invited = visitor.write(move |tx, reach| {
        let id = theirs(tx, reach, id)?;
        events.invite_by(tx, reach, id, (&name, &tag))
    });
    match invited.await {
        Ok(()) => Ok(visitor.go(&format!("/events/{}", id.0))),
        Err(error) => {
            let (faults, kept) = (refused(error)?, find(&visitor, id, Sought::default()).await?);
            Ok(EventPage { who, faults, ..EventPage::of(&visitor, Some(kept)) }.again())
        }
    }
}
