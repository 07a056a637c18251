//! An event as its organizer sees it: who was asked, what they said, who waits, and why nothing goes out.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Events;
use super::dealing::{MORE, Table};
use crate::app::exchange::wordings;
use crate::clock::local;
use crate::conversation::event::{Kind, Reader, listed, message, when_in_words};
use crate::dealing::{self, Planned, Seats, Why};
use crate::messaging::length::measure;
use crate::model::{ContactId, Invitation, InvitationId, Phase, State};
use crate::store::{Channel, Event, Guest, StoreError, Tx};

/// An invitation as it is shown: the name prints, addresses do not.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its number.
    pub id: InvitationId,
    /// Whom it was made for.
    pub contact: ContactId,
    /// Who.
    pub name: String,
    /// How it travels, in a word.
    pub channel: &'static str,
    /// As it stands.
    pub invitation: Invitation,
    /// When it was last sent.
    pub sent_at: Option<Timestamp>,
    /// Why it was skipped, or what did not arrive.
    pub reason: Option<String>,
}

/// An event as it is shown.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The event.
    pub event: Event,
    /// Its seats, counted.
    pub seats: Seats,
    /// Why nobody is invited at this moment.
    pub why: Why,
    /// What holds its messages back.
    pub blocked: Option<String>,
    /// All invitations, in the order they were made; none where they were not asked for.
    pub rows: Vec<Row>,
    /// Those in line, in their order.
    pub line: Vec<String>,
}

/// What dealing would do.
#[derive(Debug, Clone)]
pub struct Planning {
    /// Everybody who may be invited, in their order: name, way, what becomes of them.
    pub people: Vec<(String, &'static str, Planned)>,
    /// SMS segments of the invitations that would be texts.
    pub segments: usize,
    /// What these cost, where the price is known.
    pub price: Option<f64>,
}

impl Events {
    /// An event as it stands.
    pub fn show(&self, tx: &Tx<'_>, event: Event) -> Result<Shown, StoreError> {
        let rows = tx.guests(event.topic, true)?.into_iter().map(Row::from).collect();
        Ok(Shown { rows, ..self.outline(tx, event)? })
    }

    /// The same without its invitations.
    pub fn outline(&self, tx: &Tx<'_>, event: Event) -> Result<Shown, StoreError> {
        let now = self.now();
        let mut table = self.table(tx, event, now)?;
        if matches!(dealing::why(&table.view, now), Why::NobodyLeft(_)) {
            self.look(tx, &mut table, MORE, now)?;
        }
        let Table { view, guests, event, .. } = table;
        let line = view.line().into_iter().filter_map(|(id, _)| guests.get(&id)).map(|guest| guest.name.clone());
        let (seats, why) = (view.seats(), dealing::why(&view, now));
        let blocked = tx.waits_because(event.topic)?;
        Ok(Shown { seats, why, blocked, rows: Vec::new(), line: line.collect(), event })
    }

    /// What dealing would do, who would be left out, and what it costs if everybody is asked.
    pub fn plan(&self, tx: &Tx<'_>, event: Event) -> Result<Planning, StoreError> {
        let now = self.now();
        let mut table = self.table(tx, event, now)?;
        if table.event.terms.phase != Phase::Cancelled {
            self.look(tx, &mut table, u32::MAX >> 1, now)?;
        }
        let about = self.about(&table.event);
        let mut planning = Planning { people: Vec::new(), segments: 0, price: None };
        let link = self.link_to("00000000000000000000000000");
        for (who, planned) in table.invitees.iter().zip(dealing::plan(&table.view, now)) {
            let channel = self.way_to_invite(who);
            if channel == Channel::Sms && !matches!(planned, Planned::Skipped(_)) {
                let terms = &table.event.terms;
                let invitation = Invitation {
                    state: State::Open,
                    size: terms.size,
                    // What is offered beyond what there is says so.
                    seats: if terms.overbook > 0 { 0 } else { terms.size },
                    lapses_at: Some(terms.cut_off),
                    ..Invitation::blank(now)
                };
                let (name, invitation) = (&who.name, &invitation);
                let reader = Reader { about: &about, name, invitation, link: &link, place: 0, is_first: true };
                planning.segments += measure(&message(&reader, Kind::Invited, "").0).segments;
            }
            planning.people.push((who.name.clone(), channel.word(), planned));
        }
        #[expect(clippy::cast_precision_loss, reason = "no event has 2^52 segments")]
        let price = self.settings.messaging.price_per_segment.map(|price| price * planning.segments as f64);
        planning.price = price;
        Ok(planning)
    }
}

impl From<Guest> for Row {
    fn from(guest: Guest) -> Self {
        let Guest { id, contact, name, channel, invitation, sent_at, reason, .. } = guest;
        Self { id, contact, name, channel: channel.word(), invitation, sent_at, reason }
    }
}

impl Row {
    /// How it stands, in words.
    #[must_use]
    pub fn standing(&self) -> &'static str {
        let Invitation { state, is_certain, asked_again, .. } = self.invitation;
        match (state, is_certain) {
            (State::Open, _) if self.sent_at.is_none() => "to be sent",
            (State::Open, _) => "asked",
            (State::Held, true) => "comes",
            (State::Held, false) if asked_again => "unconfirmed",
            (State::Held, false) => "probably comes",
            (State::Line, _) => "in line",
            (State::Maybe, _) => "maybe",
            (State::Declined, _) => "does not come",
            (State::Lapsed, _) => "silent",
            (State::Skipped, _) => "skipped",
            (State::Withdrawn, _) => "taken back",
        }
    }
}

impl Shown {
    /// Why nobody is invited at this moment, in words.
    #[must_use]
    pub fn why_in_words(&self) -> String {
        let until = self.why.until().map(|at| format!(" (until {})", when_in_words(at, &self.event.timezone)));
        let blocked = self.blocked.as_ref().map(|why| format!("; messages wait: {why}"));
        format!("{}{}{}", self.why, until.unwrap_or_default(), blocked.unwrap_or_default())
    }

    /// As a script reads it.
    #[must_use]
    pub fn as_json(&self) -> Value {
        let Seats { total, taken, reserved, free } = self.seats;
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                let Invitation { state, size, wants, round, lapses_at, answered_at, .. } = row.invitation;
                json!({
                    "id": row.id.0.to_string(), "contact": {"id": row.contact.0.to_string(), "name": row.name},
                    "channel": row.channel, "state": state.word(), "size": size, "wants": wants, "round": round, "sent_at": row.sent_at, "lapses_at": lapses_at,
                    "answered_at": answered_at, "reason": row.reason,
                })
            })
            .collect();
        let event = &self.event;
        json!({
            "id": event.topic.0.to_string(), "event": event.name, "description": event.description, "place": event.place,
            "starts_at": event.terms.starts_at, "timezone": event.timezone, "cut_off": event.terms.cut_off,
            "seats": {"total": total, "taken": taken, "reserved": reserved, "free": free},
            "state": event.terms.phase.word(), "why": self.why_in_words(), "invitations": rows, "line": self.line,
        })
    }
}

/// What becomes of somebody who may be invited, for the organizer.
#[must_use]
pub fn planned_in_words(planned: &Planned, timezone: &str) -> String {
    match planned {
        Planned::Now => "at once".to_owned(),
        Planned::By(at) => format!("by {}, if a seat is left", local(*at, timezone)),
        Planned::OnlyIfOthersAnswer => "only if those before answer in time, or give a seat back".to_owned(),
        Planned::Skipped(why) => format!("skipped: {why}"),
    }
}

/// Every text that guests of an event read, with its length.
#[must_use]
pub fn texts(event: &Event) -> Vec<wordings::Shown> {
    wordings::shown(listed(&event.wordings))
}
