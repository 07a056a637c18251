//! An event as it is typed, at the command line or into a form, and all that may be wrong with it.

use data_encoding::HEXLOWER;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use sha2::{Digest, Sha256};

use crate::model::{Phase, Terms};
use crate::store::Event;

/// A field and what is wrong with it.
pub type Fault = (&'static str, String);

/// An event's fields as they are typed; what is empty is left to its default.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Where.
    pub place: String,
    /// When, in its zone.
    pub starts_at: String,
    /// Its zone.
    pub timezone: String,
    /// How many seats.
    pub seats: String,
    /// How many invitations are open at a time.
    pub at_once: String,
    /// How long one stays open.
    pub lapse: String,
    /// From when on nobody new is asked.
    pub cut_off: String,
    /// How many more seats may be offered than there are.
    pub overbook: String,
    /// For how many an invitation is.
    pub size: String,
    /// Only contacts with one of these.
    pub tags: String,
}

/// How long before the event those who said PROBABLY are asked again.
const ASK_AGAIN: SignedDuration = SignedDuration::from_hours(48);

const LONGEST_LINE: usize = 120;
const LONGEST_TEXT: usize = 2000;

impl From<&Event> for Typed {
    fn from(event: &Event) -> Self {
        let terms = &event.terms;
        let zone = TimeZone::get(&event.timezone).unwrap_or(TimeZone::UTC);
        // In its zone where that says it exactly; clocks may have shown the time twice.
        let local = |at: Timestamp| {
            let text = crate::clock::local(at, &event.timezone);
            let read = text.parse::<DateTime>().ok().map(|local| zone.to_ambiguous_timestamp(local).unambiguous().ok());
            if read.flatten() == Some(at) { text } else { at.to_string() }
        };
        Self {
            name: event.name.clone(),
            description: event.description.clone(),
            place: event.place.clone(),
            starts_at: local(terms.starts_at),
            timezone: event.timezone.clone(),
            seats: terms.seats.to_string(),
            at_once: terms.at_once.to_string(),
            lapse: format!("{:#}", terms.lapse),
            cut_off: if terms.cut_off == terms.starts_at { String::new() } else { local(terms.cut_off) },
            overbook: terms.overbook.to_string(),
            size: terms.size.to_string(),
            tags: event.tags.join(","),
        }
    }
}

impl Typed {
    /// What tells these words from others: who changes them says by it what they have seen.
    #[must_use]
    pub fn mark(&self) -> String {
        HEXLOWER.encode(&Sha256::digest(format!("{self:?}"))[..8])
    }

    /// Puts what is typed into an event, or says everything that is wrong; `usual` is the site's zone.
    pub fn read(&self, before: Option<&Event>, usual: &str, now: Timestamp) -> Result<Event, Vec<Fault>> {
        let mut faults = Faults(Vec::new());
        let name = faults.line("name", &self.name, true);
        let place = faults.line("place", &self.place, false);
        let description = faults.text("description", &self.description);
        let timezone = given(&self.timezone).unwrap_or(usual).to_owned();
        let zone = faults.take(
            "timezone",
            TimeZone::get(&timezone)
                .map_err(|_unknown| "there is no such time zone; write it as Europe/London".to_owned()),
        );
        let zone = zone.unwrap_or(TimeZone::UTC);
        let starts_at = faults.time("starts_at", &self.starts_at, &zone);
        let cut_off = given(&self.cut_off).map(|text| faults.time("cut_off", text, &zone)).unwrap_or(starts_at);
        let starts_at = starts_at.unwrap_or(Timestamp::MAX);
        let cut_off = cut_off.unwrap_or(starts_at);
        if starts_at <= now {
            faults.add("starts_at", "this time is past");
        } else if cut_off > starts_at {
            faults.add("cut_off", "nobody can be asked once the event has begun: give an earlier time");
        }
        let terms = Terms {
            phase: before.map_or(Phase::Draft, |event| event.terms.phase),
            seats: faults.number("seats", &self.seats, None, (1, 100_000)),
            at_once: faults.number("at_once", &self.at_once, Some(3), (1, 10_000)),
            overbook: faults.number("overbook", &self.overbook, Some(0), (0, 10_000)),
            size: faults.number("size", &self.size, Some(1), (1, 100)),
            lapse: faults.length("lapse", &self.lapse, SignedDuration::from_hours(24)),
            cut_off,
            starts_at,
            ask_again: ASK_AGAIN,
        };
        let tags = self.tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
        if !faults.0.is_empty() {
            return Err(faults.0);
        }
        Ok(Event {
            topic: before.map_or(crate::model::TopicId(0), |event| event.topic),
            name,
            description,
            place,
            timezone,
            terms,
            tags,
            wordings: before.map(|event| event.wordings.clone()).unwrap_or_default(),
            reason: String::new(),
            revision: before.map_or(1, |event| event.revision),
        })
    }
}

fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// What has been found wrong so far.
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, field: &'static str, what: impl Into<String>) {
        self.0.push((field, what.into()));
    }

    fn take<T>(&mut self, field: &'static str, read: Result<T, String>) -> Option<T> {
        read.map_err(|what| self.add(field, what)).ok()
    }

    fn line(&mut self, field: &'static str, text: &str, needed: bool) -> String {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if needed && text.is_empty() {
            self.add(field, "this is missing");
        } else if text.chars().count() > LONGEST_LINE || text.chars().any(char::is_control) {
            self.add(field, format!("give one line of at most {LONGEST_LINE} characters"));
        }
        text
    }

    fn text(&mut self, field: &'static str, text: &str) -> String {
        let text = text.trim().replace("\r\n", "\n");
        if text.chars().count() > LONGEST_TEXT || text.chars().any(|c| c.is_control() && c != '\n') {
            self.add(field, format!("give plain text of at most {LONGEST_TEXT} characters"));
        }
        text
    }

    fn number(&mut self, field: &'static str, text: &str, usual: Option<u32>, (least, most): (u32, u32)) -> u32 {
        match (given(text), usual) {
            (None, Some(usual)) => usual,
            (None, None) => {
                self.add(field, "this is missing");
                least
            }
            (Some(text), _) => {
                let number = text.parse().ok().filter(|number| (least..=most).contains(number));
                number.unwrap_or_else(|| {
                    self.add(field, format!("give a number from {least} to {most}"));
                    least
                })
            }
        }
    }

    fn length(&mut self, field: &'static str, text: &str, usual: SignedDuration) -> SignedDuration {
        let Some(text) = given(text) else { return usual };
        let span: Option<Span> = text.parse().ok();
        let length = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
        let bounds = SignedDuration::from_mins(5)..=SignedDuration::from_hours(24 * 60);
        length.filter(|length| bounds.contains(length)).unwrap_or_else(|| {
            self.add(field, "give a length from 5 minutes to 60 days, such as 24h or \"2 days\"");
            usual
        })
    }

    fn time(&mut self, field: &'static str, text: &str, zone: &TimeZone) -> Option<Timestamp> {
        let Some(text) = given(text) else {
            self.add(field, "this is missing");
            return None;
        };
        if let Ok(at) = text.parse() {
            return Some(at);
        }
        // A day alone would be its midnight.
        let Some(local) = text.parse::<DateTime>().ok().filter(|_| text.len() > "2026-12-04".len()) else {
            self.add(field, "give a day and a time, such as \"2026-12-04 19:00\"");
            return None;
        };
        let at = zone.to_ambiguous_timestamp(local);
        if at.is_ambiguous() {
            self.add(field, format!("clocks change at {local}: give a time that is there once"));
            return None;
        }
        at.unambiguous().ok()
    }
}
