//! Events: seats dealt to those who are invited, a few at a time, until the seats are full.
//!
//! Whatever frees or takes a seat is one transaction: it is applied, `dealing.rs` has the seats dealt by
//! [`crate::dealing::deal()`] and writes down what that says, and the messages are queued. Texts and messages of a running site
//! come by [`ServedEvents`]; the verbs and pages use [`Events`].

mod acts;
mod answering;
mod dealing;
mod rsvp;
mod served;
mod shown;
mod typed;

use std::sync::Arc;

use jiff::Timestamp;

use super::accounts::Owned;
use super::exchanges::Exchanges;
use super::links::Links;
use crate::broadcast::{Window, possible_zones};
use crate::clock::Clock;
use crate::conversation::event::About;
use crate::model::{Phone, Settings, TopicId};
use crate::seal::KeyError;
use crate::store::{Event, Guest, Reach, StoreError, Tx};

pub use acts::{Act, ActError};
pub use answering::{Answered, Via};
pub use rsvp::{Rsvp, RsvpError, calendar};
pub use served::ServedEvents;
pub use shown::{Planning, Row, Shown, planned_in_words, texts};
pub use typed::{Fault, Typed};

/// The events of a site; cheap to clone.
#[derive(Debug, Clone)]
pub struct Events {
    settings: Arc<Settings>,
    clock: Clock,
    links: Links,
    /// Who invites; empty where the site has no name.
    host: String,
    /// The site's zone.
    pub timezone: String,
}

impl Events {
    /// Those of a site.
    #[must_use]
    pub fn of(site: &Exchanges) -> Self {
        let settings = Arc::clone(&site.settings);
        let in_file = || site.in_file().map(|site| site.exchange.name.clone());
        let host = settings.site.name.clone().or_else(in_file).unwrap_or_default();
        let links = Links::new(Arc::clone(&site.keys));
        Self { settings, clock: site.clock.clone(), links, host, timezone: site.timezone().to_owned() }
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The events of a hand that are called so or, where none is, have this number; of all where nothing is named.
    pub fn named(&self, tx: &Tx<'_>, reach: Reach, name: Option<&str>) -> Result<Vec<Event>, StoreError> {
        let all = tx.events_within(reach)?;
        let Some(name) = name.map(|name| name.trim().to_lowercase()) else { return Ok(all) };
        let called: Vec<Event> = all.iter().filter(|event| event.name.to_lowercase() == name).cloned().collect();
        let numbered = || all.iter().filter(|event| event.topic.0.to_string() == name).cloned().collect();
        Ok(if called.is_empty() { numbered() } else { called })
    }

    /// An event.
    pub fn get(&self, tx: &Tx<'_>, id: Owned<TopicId>) -> Result<Option<Event>, StoreError> {
        tx.event(id.id())
    }

    /// What is said of an event in any message about it.
    fn about(&self, event: &Event) -> About {
        About {
            event: event.name.clone(),
            description: event.description.clone(),
            place: event.place.clone(),
            starts_at: event.terms.starts_at,
            timezone: event.timezone.clone(),
            host: self.host.clone(),
            wordings: event.wordings.clone(),
        }
    }

    /// When a phone may be texted about an event: by where its number may be, or else by where the event is; `None` where it
    /// is never quiet.
    fn window(&self, event: &Event, phone: Option<&Phone>) -> Option<Window> {
        Some(Window::among(self.settings.messaging.night()?, possible_zones(None, phone), &event.timezone))
    }

    /// Whether a phone can be texted, `is_opted_out` being whether it has said STOP. Its country counts where `countries`
    /// names some: the site's own bounds what strangers type, not whom an organizer invites.
    fn can_text(&self, phone: Option<&Phone>, is_opted_out: bool) -> bool {
        phone.is_some_and(|phone| !is_opted_out && self.settings.messaging.may_text(phone, None))
    }

    /// Whether invitations say who writes.
    #[must_use]
    pub fn has_name(&self) -> bool {
        !self.host.is_empty()
    }

    /// Where a guest can answer without texting; empty where the site has no public address.
    pub fn link(&self, guest: &Guest) -> Result<String, KeyError> {
        if self.has_public_address() { Ok(self.link_to(&self.token(guest)?)) } else { Ok(String::new()) }
    }

    fn link_to(&self, token: &str) -> String {
        let public = self.settings.listener.public_url.as_ref();
        public.map(|public| format!("{}/rsvp/{token}", public.as_str().trim_end_matches('/'))).unwrap_or_default()
    }

    /// What a guest's link ends in.
    pub fn token(&self, guest: &Guest) -> Result<String, KeyError> {
        self.links.token("rsvp", guest.id.0, guest.contact.0)
    }

    /// Whether guests can be given a link.
    #[must_use]
    pub fn has_public_address(&self) -> bool {
        self.settings.listener.public_url.is_some()
    }
}

#[cfg(test)]
mod tests;
