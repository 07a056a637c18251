//! Answers taken in, whichever way they come.

use jiff::Timestamp;

use super::Events;
use super::dealing::Step;
use crate::app::outbox::fault;
use crate::conversation::event::{Kind, Reader, Said, words};
use crate::dealing::{self, Outcome};
use crate::model::{Invitation, Phase, Word};
use crate::store::{Event, Guest, InvitedBy, StoreError, Tx};

/// Which way an answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// As a text.
    Text,
    /// On the guest's own page.
    Page,
    /// By the organizer's hand.
    Organizer,
}

impl Via {
    fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Page => "page",
            Self::Organizer => "organizer",
        }
    }
}

/// How an answer was met.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The guest, as they stand now.
    pub guest: Guest,
    /// In words for the guest.
    pub words: String,
    /// Whether it counts: neither is the event over or cancelled, nor the invitation taken back.
    pub is_taken: bool,
}

impl Events {
    /// Takes an answer in, deals, and says in words how the guest stands then.
    pub fn answer(
        &self,
        tx: &Tx<'_>,
        guest: &Guest,
        (word, asked): (Word, Option<u32>),
        via: Via,
        now: Timestamp,
    ) -> Result<Answered, StoreError> {
        let gone = || StoreError::damaged("list of events", "this one has no row");
        let event = tx.event(guest.event)?.ok_or_else(gone)?;
        let table = self.table(tx, event.clone(), now)?;
        let Invitation { wants, size, .. } = guest.invitation;
        let many = asked.unwrap_or(if wants > 0 { wants } else { size });
        tx.insert_answer(guest.id, (word, many), via.word(), now)?;
        fault::point("answer kept");
        match dealing::answer(&table.view, (guest.id, &guest.invitation), (word, many), now) {
            Outcome::Stands(stands) => {
                let stands = Guest { invitation: stands, ..guest.clone() };
                self.stand(tx, table, (stands, None), Step { now, answered: Some(guest.id) })?;
                let answered = self.answered(tx, guest, (asked.unwrap_or(0), via))?;
                if via == Via::Organizer && is_news(&guest.invitation, &answered.guest.invitation) {
                    self.tell(tx, (&event, &answered.guest), Kind::Noted, Step { now, answered: None })?;
                }
                Ok(answered)
            }
            Outcome::Over => self.said(tx, guest.clone(), Said::Over, via),
            Outcome::Cancelled => self.said(tx, guest.clone(), Said::Cancelled, via),
            Outcome::Withdrawn => self.said(tx, guest.clone(), Said::TakenBack, via),
        }
    }

    /// How a guest stands now, in words for them; on their own page without its address.
    pub fn standing(&self, tx: &Tx<'_>, guest: &Guest, via: Via) -> Result<Answered, StoreError> {
        self.answered(tx, guest, (0, via))
    }

    /// The same to an answer for so many: whoever gets fewer seats reads that.
    fn answered(&self, tx: &Tx<'_>, guest: &Guest, (asked, via): (u32, Via)) -> Result<Answered, StoreError> {
        let guest = tx.guest(InvitedBy::Id(guest.id))?.unwrap_or_else(|| guest.clone());
        let wants = guest.invitation.wants;
        let asking = Guest { invitation: Invitation { wants: wants.max(asked), ..guest.invitation.clone() }, ..guest };
        let mut answered = self.said(tx, asking, Said::Stands, via)?;
        answered.guest.invitation.wants = wants;
        Ok(answered)
    }

    /// What is said of an event to which no answer changes anything any more.
    pub(super) fn ended(&self, event: &Event) -> Option<Said> {
        match event.terms.phase {
            Phase::Cancelled => Some(Said::Cancelled),
            _ => (self.now() >= event.terms.starts_at).then_some(Said::Over),
        }
    }

    /// Which place a guest has in line, from 1; 0 where they are not in it.
    pub(super) fn place_of(&self, tx: &Tx<'_>, guest: &Guest) -> Result<u32, StoreError> {
        let Some(since) = guest.invitation.lined_at else { return Ok(0) };
        let ahead = tx.guests(guest.event, false)?;
        let ahead = ahead
            .iter()
            .filter(|other| other.invitation.lined_at.is_some_and(|at| (at, other.id) <= (since, guest.id)));
        Ok(u32::try_from(ahead.count()).unwrap_or(u32::MAX))
    }

    pub(super) fn said(&self, tx: &Tx<'_>, guest: Guest, said: Said, via: Via) -> Result<Answered, StoreError> {
        let gone = || StoreError::damaged("list of events", "this one has no row");
        let event = tx.event(guest.event)?.ok_or_else(gone)?;
        let about = self.about(&event);
        let link = if via == Via::Page { String::new() } else { self.link(&guest).unwrap_or_default() };
        let place = self.place_of(tx, &guest)?;
        let (name, invitation) = (&guest.name, &guest.invitation);
        // It answers a text of theirs, or stands on their page.
        let reader = Reader { about: &about, name, invitation, link: &link, place, is_first: false };
        let words = words(&reader, said);
        Ok(Answered { guest, words, is_taken: said == Said::Stands })
    }
}

/// Whether somebody stands otherwise than before.
fn is_news(before: &Invitation, after: &Invitation) -> bool {
    let stands = |of: &Invitation| (of.state, of.seats, of.wants, of.round, of.is_certain);
    stands(before) != stands(after)
}
