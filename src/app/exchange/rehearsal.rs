//! A season played through before the first real text: the moments worth turning the calendar to, and somebody who joins late.
//! All else of a rehearsal is what `serve` does, in a folder of its own (`cli/demo.rs`).

use std::sync::Arc;

use jiff::civil::{DateTime, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::messages::local;
use super::notices;
use super::update::{self, UpdateError};
use crate::app::site::Site;
use crate::messaging::quiet::Quiet;
use crate::model::{Exchange, Person, Phone};
use crate::roster;

/// Where the calendar can be turned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Turn {
    /// Ten o'clock of the next day, when reminders are due, or the end of quiet hours then.
    Day,
    /// The beginning of the next quiet hours.
    Night,
    /// When the next reminder is due.
    Reminder,
}

/// The day and the time of a site's clock, in the exchange's zone.
pub fn today(site: &Site) -> DateTime {
    local(&site.exchange, site.clock.now())
}

impl Turn {
    /// All of them, the nearest first as a rule.
    pub const ALL: [Self; 3] = [Self::Day, Self::Night, Self::Reminder];

    /// The moment it leads to; `None` where there is none.
    pub fn moment(self, site: &Site) -> Option<Timestamp> {
        let (exchange, now) = (&*site.exchange, site.clock.now());
        let quiet = Quiet::of(&site.settings.messaging, &exchange.timezone);
        match self {
            Self::Day => {
                let zone = TimeZone::get(&exchange.timezone).unwrap_or(TimeZone::UTC);
                let morning = today(site).date().checked_add(1.day()).ok()?.to_datetime(time(10, 0, 0, 0));
                let morning = morning.to_zoned(zone).ok()?.timestamp();
                Some(quiet.and_then(|quiet| quiet.end(morning)).unwrap_or(morning))
            }
            Self::Night => quiet?.begin(now),
            Self::Reminder => notices::next_reminder(exchange, &site.settings.reminders, now),
        }
    }
}

/// Why nobody joined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    #[error("that is no name that people can read")]
    NoName,
    #[error("there is somebody of this name already")]
    Taken,
    #[error("nobody more can join")]
    Full,
    /// The update.
    #[error(transparent)]
    Update(#[from] UpdateError),
    #[error("the update waits for its archive copy: {0}")]
    Waits(String),
}

/// Takes somebody in who joins after the draw, with an invented phone; gives the site with them in it.
/// Only [`JoinError::Waits`] leaves something behind.
pub async fn join(site: &Site, name: &str) -> Result<Site, JoinError> {
    let name = roster::tidy(name);
    let length = name.chars().count();
    if length == 0 || length > roster::LONGEST_NAME || roster::name_fault(&name).is_some() {
        return Err(JoinError::NoName);
    }
    let mut exchange = Exchange::clone(&site.exchange);
    if exchange.people.iter().any(|person| person.name.to_lowercase() == name.to_lowercase()) {
        return Err(JoinError::Taken);
    }
    let phone = Some(unused_phone(&exchange).ok_or(JoinError::Full)?);
    exchange.people.push(Person {
        id: None,
        name,
        phone,
        email: None,
        deliver: None,
        households: Vec::new(),
        wishes: Vec::new(),
        place: None,
    });
    let joined = Site { exchange: Arc::new(exchange), ..site.clone() };
    match update::update(&joined, None).await?.and_then(|updated| updated.waits) {
        Some(why) => Err(JoinError::Waits(why)),
        None => Ok(joined),
    }
}

/// A number of those that belong to nobody (07700 900000 to 900999, which Ofcom keeps for stories) and is not in the roster.
fn unused_phone(exchange: &Exchange) -> Option<Phone> {
    let mut numbers = (0..1000).filter_map(|number| Phone::from_provider(&format!("+447700900{number:03}")));
    numbers.find(|phone| exchange.people.iter().all(|person| person.phone.as_ref() != Some(phone)))
}
