//! An event as the API shows it, and as a caller says it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::app::accounts::Owned;
use crate::app::event::{Events, Shown, Typed};
use crate::model::{ContactId, TopicId};
use crate::store::{Event, Reach, Tx};
use crate::web::api::caller::owned;
use crate::web::api::invitations::{InvitationShown, invitation};
use crate::web::api::problem::{Flaw, Problem};

/// What is said of an event.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web::api) struct NewEvent {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    place: String,
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    /// IANA name; the site's where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<String>,
    #[schema(minimum = 1, maximum = 100_000)]
    seats: u32,
    /// How many invitations are open at a time.
    #[serde(default = "three")]
    #[schema(minimum = 1, maximum = 10_000, default = 3)]
    at_once: u32,
    /// How long one stays open, such as `PT24H`.
    #[serde(default = "a_day")]
    #[schema(default = "PT24H")]
    lapse: String,
    /// From when on nobody new is asked; the beginning where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    cut_off: Option<Timestamp>,
    /// How many more seats are offered than there are.
    #[serde(default)]
    #[schema(maximum = 10_000, default = 0)]
    overbook: u32,
    /// For how many an invitation is, at most.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 100, default = 1)]
    size: u32,
    /// The ids of the contacts who are invited before all others, in this order.
    #[serde(default)]
    pub(super) first: Vec<String>,
    /// Only contacts with one of these are invited.
    #[serde(default)]
    tags: Vec<String>,
    /// Texts that it words differently, by name.
    #[serde(default)]
    pub(super) messages: BTreeMap<String, String>,
}

fn three() -> u32 {
    3
}

fn one() -> u32 {
    1
}

fn a_day() -> String {
    "PT24H".to_owned()
}

/// An event.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct EventShown {
    pub(super) id: String,
    /// What it is called.
    event: String,
    description: String,
    place: String,
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    timezone: String,
    seats: SeatsShown,
    at_once: u32,
    lapse: String,
    #[schema(value_type = String, format = DateTime)]
    cut_off: Timestamp,
    overbook: u32,
    size: u32,
    first: Vec<String>,
    tags: Vec<String>,
    messages: BTreeMap<String, String>,
    /// `draft`, `dealing`, `paused`, `closed` or `cancelled`.
    state: &'static str,
    /// Why nobody is invited at this moment.
    why: String,
    /// Of one event; a list of events says no more than the counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitations: Option<Vec<InvitationShown>>,
    /// Who is in line, by name; as the invitations.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<Vec<String>>,
}

/// Seats, counted: each is taken, reserved for an open invitation, or free.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct SeatsShown {
    total: u32,
    taken: u32,
    reserved: u32,
    free: u32,
}

impl NewEvent {
    pub(super) fn of(event: &Event, first: &[ContactId]) -> Self {
        let terms = &event.terms;
        Self {
            name: event.name.clone(),
            description: event.description.clone(),
            place: event.place.clone(),
            starts_at: terms.starts_at,
            timezone: Some(event.timezone.clone()),
            seats: terms.seats,
            at_once: terms.at_once,
            lapse: terms.lapse.to_string(),
            cut_off: Some(terms.cut_off).filter(|cut_off| *cut_off != terms.starts_at),
            overbook: terms.overbook,
            size: terms.size,
            first: first.iter().map(|contact| contact.0.to_string()).collect(),
            tags: event.tags.clone(),
            messages: event.wordings.iter().cloned().collect(),
        }
    }

    /// What tells it from what it was, or will be.
    pub(super) fn revision(&self) -> i64 {
        let digest = Sha256::digest(serde_json::to_vec(self).unwrap_or_default());
        digest.iter().take(7).fold(0, |number, byte| number << 8 | i64::from(*byte))
    }

    pub(super) fn typed(self) -> Result<Typed, Problem> {
        if self.tags.iter().any(|tag| tag.contains(',')) {
            return Err(Problem::meaning(vec![Flaw::at("/tags", "a tag has no comma in it")]));
        }
        Ok(Typed {
            name: self.name,
            description: self.description,
            place: self.place,
            starts_at: self.starts_at.to_string(),
            timezone: self.timezone.unwrap_or_default(),
            seats: self.seats.to_string(),
            at_once: self.at_once.to_string(),
            lapse: self.lapse,
            cut_off: self.cut_off.map(|at| at.to_string()).unwrap_or_default(),
            overbook: self.overbook.to_string(),
            size: self.size.to_string(),
            tags: self.tags.join(","),
        })
    }

    /// The contacts named, each within reach.
    pub(super) fn first(&self, tx: &Tx<'_>, reach: Reach) -> Result<Vec<ContactId>, Problem> {
        let one = |(place, id): (usize, &String)| {
            let unknown = || Problem::meaning(vec![Flaw::at(format!("/first/{place}"), "there is no such contact")]);
            let id = id.parse().map(ContactId).map_err(|_no_id| unknown())?;
            owned(tx, reach, id).map(Owned::id).map_err(|_foreign| unknown())
        };
        self.first.iter().enumerate().map(one).collect()
    }
}

/// An event as it stands, with its revision.
pub(super) fn event(tx: &Tx<'_>, events: &Events, id: TopicId) -> Result<(i64, EventShown), Problem> {
    let mut shown = events.show(tx, tx.event(id)?.ok_or(Problem::NOT_FOUND)?)?;
    let (rows, line) = (std::mem::take(&mut shown.rows), std::mem::take(&mut shown.line));
    let (revision, outline) = outlined(tx, shown)?;
    let invitations = rows.into_iter().map(|row| invitation(id, row)).collect();
    Ok((revision, EventShown { invitations: Some(invitations), line: Some(line), ..outline }))
}

/// An event as a list shows it.
pub(super) fn outline(tx: &Tx<'_>, events: &Events, event: Event) -> Result<EventShown, Problem> {
    Ok(outlined(tx, events.outline(tx, event)?)?.1)
}

fn outlined(tx: &Tx<'_>, shown: Shown) -> Result<(i64, EventShown), Problem> {
    let id = shown.event.topic;
    let first = tx.first_invited(id)?;
    let words = NewEvent::of(&shown.event, &first);
    let (revision, why) = (words.revision(), shown.why_in_words());
    let Shown { event: Event { terms, timezone, .. }, seats, .. } = shown;
    let seats = SeatsShown { total: seats.total, taken: seats.taken, reserved: seats.reserved, free: seats.free };
    let NewEvent { name, description, place, starts_at, at_once, lapse, overbook, size, first, tags, messages, .. } =
        words;
    let shown = EventShown {
        id: id.0.to_string(),
        event: name,
        description,
        place,
        starts_at,
        timezone,
        seats,
        at_once,
        lapse,
        cut_off: terms.cut_off,
        overbook,
        size,
        first,
        tags,
        messages,
        state: terms.phase.word(),
        why,
        invitations: None,
        line: None,
    };
    Ok((revision, shown))
}
