//! A guest's own page, found by its link.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use super::{Events, Via};
use crate::app::limits::{Limit, client_name};
use crate::app::links::link_hash;
use crate::conversation::event::when_in_words;
use crate::dealing::most;
use crate::model::{Invitation, Phase, State, Word};
use crate::store::{Guest, InvitedBy, StoreError, Tx};

/// How many links that lead nowhere a client may follow.
const GUESSES: Limit = Limit::new("rsvp", 30, 60);

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum RsvpError {
    /// The link leads nowhere.
    #[error("there is no such invitation")]
    Unknown,
    /// The client has followed too many that lead nowhere.
    #[error("too many links were tried")]
    TooMany {
        /// Until then.
        until: Timestamp,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a guest's page shows.
#[derive(Debug, Clone)]
pub struct Rsvp {
    /// What the event is called.
    pub event: String,
    /// What it is.
    pub description: String,
    /// Where.
    pub place: String,
    /// When, in words.
    pub when: String,
    /// When it begins.
    pub starts_at: Timestamp,
    /// What the guest is called.
    pub name: String,
    /// How they stand, in words.
    pub standing: String,
    /// The answer that stands, if any.
    pub answer: Option<Word>,
    /// For how many they may answer, at most.
    pub most: u32,
    /// For how many they have.
    pub size: u32,
    /// Whether an answer still changes anything.
    pub is_open: bool,
    /// Whether a seat is theirs.
    pub holds: bool,
    /// Whether their e-mail address wants no more; `None` where they have none.
    pub refuses_mail: Option<bool>,
    /// What tells the event from all others in a calendar, those of other sites too; empty where this machine has no key.
    pub uid: String,
    /// Counts what a calendar takes over: the changes of time and place, and that it does not take place.
    pub sequence: i64,
    /// Whether it does not take place.
    pub is_cancelled: bool,
}

impl Events {
    /// What a link shows. Following one changes nothing.
    pub fn rsvp(&self, tx: &Tx<'_>, token: &str) -> Result<Option<Rsvp>, StoreError> {
        let guest = tx.guest(InvitedBy::Link(&link_hash(token)))?;
        guest.map(|guest| self.page_of(tx, &guest)).transpose()
    }

    /// Takes an answer from a guest's page.
    pub fn rsvp_answer(
        &self,
        tx: &Tx<'_>,
        token: &str,
        client: IpAddr,
        answer: (Word, Option<u32>),
    ) -> Result<Result<(), RsvpError>, StoreError> {
        match tx.guest(InvitedBy::Link(&link_hash(token)))? {
            Some(guest) => self.answer(tx, &guest, answer, Via::Page, self.now()).map(|_| Ok(())),
            // The count is part of the transaction, so this is no error of it.
            None => Ok(Err(self.guessed(tx, client)?)),
        }
    }

    /// Notes whether a guest wants no more e-mails; their answer stands.
    pub fn rsvp_leave(
        &self,
        tx: &Tx<'_>,
        token: &str,
        client: IpAddr,
        leaves: bool,
    ) -> Result<Result<(), RsvpError>, StoreError> {
        match tx.guest(InvitedBy::Link(&link_hash(token)))? {
            Some(Guest { email: Some(email), .. }) => tx.set_mail_opt_out(&email, leaves, self.now()).map(Ok),
            Some(_) => Ok(Ok(())),
            None => Ok(Err(self.guessed(tx, client)?)),
        }
    }

    /// Counts a link that leads nowhere.
    pub fn guessed(&self, tx: &Tx<'_>, client: IpAddr) -> Result<RsvpError, StoreError> {
        let until = GUESSES.count(tx, &client_name(client), self.now())?;
        Ok(until.map_or(RsvpError::Unknown, |until| RsvpError::TooMany { until }))
    }

    pub(super) fn page_of(&self, tx: &Tx<'_>, guest: &Guest) -> Result<Rsvp, StoreError> {
        let gone = || StoreError::damaged("list of events", "this one has no row");
        let event = tx.event(guest.event)?.ok_or_else(gone)?;
        let Invitation { state, size, seats, wants, is_certain, .. } = guest.invitation;
        let answer = match state {
            State::Held | State::Line if is_certain => Some(Word::Yes),
            State::Held | State::Line => Some(Word::Probably),
            State::Maybe => Some(Word::Maybe),
            State::Declined => Some(Word::No),
            State::Open | State::Lapsed | State::Skipped | State::Withdrawn => None,
        };
        let until = guest.invitation.lapses_at.map(|at| when_in_words(at, &event.timezone));
        let ended = self.ended(&event);
        let is_cancelled = event.terms.phase == Phase::Cancelled;
        let standing = match (ended, state, until) {
            (Some(said), ..) => self.said(tx, guest.clone(), said, Via::Page)?.words,
            (_, State::Open, Some(until)) if seats < size => {
                format!(
                    "Please answer by {until}. First come, first served: a seat is yours if one is free when you answer."
                )
            }
            (_, State::Open, Some(until)) => format!("Please answer by {until}: until then a seat is kept for you."),
            (_, State::Lapsed, _) => {
                "The time for an answer is over. Answer all the same: if a seat is free, it is yours.".to_owned()
            }
            (_, State::Skipped, _) => "Please answer: if a seat is free, it is yours.".to_owned(),
            _ => self.standing(tx, guest, Via::Page)?.words,
        };
        Ok(Rsvp {
            when: format!("{} ({})", when_in_words(event.terms.starts_at, &event.timezone), event.timezone),
            starts_at: event.terms.starts_at,
            uid: self.links.token("calendar", event.topic.0, 0).unwrap_or_default(),
            sequence: event.revision + i64::from(is_cancelled),
            is_cancelled,
            refuses_mail: guest.email.as_ref().map(|_| guest.refuses_mail),
            event: event.name,
            description: event.description,
            place: event.place,
            name: guest.name.clone(),
            standing,
            answer,
            most: most(&event.terms, &guest.invitation),
            size: [seats, wants, size].into_iter().find(|many| *many > 0).unwrap_or(1),
            is_open: ended.is_none() && state != State::Withdrawn,
            holds: state == State::Held,
        })
    }
}

/// The longest line of a calendar file, in bytes (RFC 5545).
const LINE: usize = 73;

/// How long an event is in a calendar, since nobody says.
const LASTS: SignedDuration = SignedDuration::from_hours(3);

/// An event as a calendar file (RFC 5545), written at `now`.
#[must_use]
pub fn calendar(rsvp: &Rsvp, now: Timestamp) -> String {
    let utc = |at: Timestamp| at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let ends = rsvp.starts_at.checked_add(LASTS).unwrap_or(rsvp.starts_at);
    let status = match (rsvp.is_cancelled, rsvp.holds) {
        (true, _) => "CANCELLED",
        (false, true) => "CONFIRMED",
        (false, false) => "TENTATIVE",
    };
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//xchange//event//EN".to_owned(),
        "METHOD:PUBLISH".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}@xchange", rsvp.uid),
        format!("DTSTAMP:{}", utc(now)),
        format!("SEQUENCE:{}", rsvp.sequence),
        format!("DTSTART:{}", utc(rsvp.starts_at)),
        format!("DTEND:{}", utc(ends)),
        format!("SUMMARY:{}", escaped(&rsvp.event)),
        format!("LOCATION:{}", escaped(&rsvp.place)),
        format!("DESCRIPTION:{}", escaped(&rsvp.description)),
        format!("STATUS:{status}"),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    lines.iter().map(|line| folded(line)).collect()
}

fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,");
    text.replace('\n', "\\n")
}

/// A line with its end, broken so that no part is too long.
fn folded(line: &str) -> String {
    let mut folded = String::new();
    let mut length = 0;
    for c in line.chars() {
        if length + c.len_utf8() > LINE {
            folded.push_str("\r\n ");
            length = 1;
        }
        folded.push(c);
        length += c.len_utf8();
    }
    folded + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    // D21
    #[test]
    fn a_calendar_file_is_what_the_standard_says() {
        let rsvp = Rsvp {
            event: "Dinner; with, friends".to_owned(),
            description: "Bring \\ nothing.\nCome hungry, ".repeat(9),
            place: "Zoë's".to_owned(),
            when: String::new(),
            starts_at: "2026-12-04T19:00:00Z".parse().expect("a time"),
            name: String::new(),
            standing: String::new(),
            answer: None,
            most: 1,
            size: 1,
            is_open: true,
            holds: true,
            uid: "k7".to_owned(),
            sequence: 3,
            is_cancelled: false,
            refuses_mail: None,
        };
        let file = calendar(&rsvp, "2026-11-01T00:00:00Z".parse().expect("a time"));
        assert!(file.ends_with("END:VCALENDAR\r\n") && file.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"));
        assert!(file.contains("\r\nDTSTART:20261204T190000Z\r\nDTEND:20261204T220000Z\r\n"), "{file}");
        assert!(file.contains("SUMMARY:Dinner\\; with\\, friends\r\n"), "{file}");
        assert!(file.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')), "{file}");
        assert!(file.replace("\r\n ", "").contains("Bring \\\\ nothing.\\nCome hungry\\, Bring"), "{file}");
        // As another program reads it.
        let read: icalendar::Calendar = file.parse().unwrap_or_else(|e| panic!("{e}: {file}"));
        let event = read.components.iter().find_map(|part| part.as_event()).expect("an event");
        for (name, value) in [
            ("UID", "k7@xchange"),
            ("SEQUENCE", "3"),
            ("DTSTART", "20261204T190000Z"),
            ("DTEND", "20261204T220000Z"),
            ("SUMMARY", "Dinner; with, friends"),
            ("LOCATION", "Zoë's"),
            ("DESCRIPTION", &rsvp.description),
            ("STATUS", "CONFIRMED"),
        ] {
            assert_eq!(icalendar::Component::property_value(event, name), Some(value), "{name}");
        }
    }
}
