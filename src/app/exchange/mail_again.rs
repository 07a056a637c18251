//! A pairing by e-mail that was lost, sent once more: to the address that was sealed, asked for by name, and on record like
//! the first.

use jiff::Timestamp;

use super::audit::{UnknownPerson, person_called};
use super::notices;
use crate::app::site::Site;
use crate::model::PersonId;
use crate::store::{OutboxState, StoreError};

/// Whose mail goes out again.
#[derive(Debug)]
pub struct Lost {
    pub name: String,
    /// Their address, masked.
    pub to: String,
    /// When it was last mailed; `None`: never yet.
    pub last: Option<Timestamp>,
    person: PersonId,
}

/// Why nothing is mailed again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LostError {
    #[error("there is no live draw whose names could be mailed")]
    NoDraw,
    /// Nobody is called so.
    #[error(transparent)]
    Unknown(#[from] UnknownPerson),
    #[error("{name} is told by text, so there is no e-mail to send again")]
    NotMailed { name: String, keyword: String },
    #[error("the outbox cannot be changed")]
    Store(#[from] StoreError),
}

/// Finds somebody who is told by e-mail.
pub fn find(site: &Site, name: &str) -> Result<Lost, LostError> {
    site.store.read(|tx| {
        let live = site.topic(tx)?.map(|topic| notices::live_draw(tx, topic.id)).transpose()?.flatten();
        let live = live.ok_or(LostError::NoDraw)?;
        let place = person_called(&live.roster, live.draw.number, name)?;
        let person = live.roster.person(place);
        let (Some(email), true, Some(id)) = (&person.email, person.is_mailed(), live.draw.people.get(place.index()))
        else {
            let keyword = live.roster.keyword.to_uppercase();
            return Err(LostError::NotMailed { name: person.name.clone(), keyword });
        };
        let last = tx.last_telling(live.draw.id, *id)?.map(|(at, _)| at);
        Ok(Lost { name: person.name.clone(), to: email.to_string(), last, person: *id })
    })
}

/// Queues the mail once more; one that still waits is left to go.
pub fn queue(site: &Site, lost: &Lost) -> Result<(), LostError> {
    let now = site.clock.now();
    site.store.write(|tx| {
        let topic = site.topic(tx)?.ok_or(LostError::NoDraw)?.id;
        let live = notices::live_draw(tx, topic)?.ok_or(LostError::NoDraw)?;
        let draw = live.draw.id;
        let before = tx.messages_to(lost.person, "pairing")?.into_iter().rfind(|row| row.draw == Some(draw));
        match before.map(|row| (row.id, row.state)) {
            None => notices::queue_pairing_mail(tx, topic, (draw, lost.person), None, now)?,
            Some((id, OutboxState::Sent | OutboxState::Delivered)) => {
                notices::queue_pairing_mail(tx, topic, (draw, lost.person), Some(id), now)?
            }
            Some((id, _)) => tx.requeue_message(id, now)?,
        };
        tracing::info!(person = lost.name, "the organizer has the pairing mailed again");
        Ok(())
    })
}
