//! A contact removed, or forgotten with what past invitations know of them and where messages to contacts or guests were written;
//! and guests forgotten with their events.

use jiff::Timestamp;

use super::get;
use crate::app::accounts::Owned;
use crate::app::exchange::forgetting::Forgotten;
use crate::model::{ContactId, TopicId};
use crate::store::{StoreError, Tx};

/// Why a contact is not forgotten.
#[derive(Debug, thiserror::Error)]
pub enum NotForgotten {
    /// There is a seat for them, or may be.
    #[error("{name:?} is invited to {event:?}, which is still to come")]
    Invited {
        name: String,
        /// To what.
        event: String,
    },
    #[error("a message to {0:?} is being sent at this moment")]
    BeingSent(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Removes a contact, but nobody who was asked to an event that is still to come: their row would be out of reach, and
/// somebody added again be invited twice.
///
/// # Errors
/// [`NotForgotten::Invited`].
pub fn remove(tx: &Tx<'_>, id: Owned<ContactId>, now: Timestamp) -> Result<(), NotForgotten> {
    let Some((contact, _)) = get(tx, id)? else { return Ok(()) };
    if let Some(invited) = tx.invitations_of_contact(id.id(), now)?.into_iter().find(|invited| invited.is_ahead) {
        return Err(NotForgotten::Invited { name: contact.name, event: invited.event });
    }
    Ok(tx.remove_contact(id.id())?)
}

/// Forgets the guests of an event that is over.
pub fn expire(tx: &Tx<'_>, (event, name): (TopicId, String)) -> Result<Forgotten, StoreError> {
    let mut done = Forgotten { exchange: name, ..Forgotten::default() };
    for guest in tx.guests(event, true)?.into_iter().filter(|guest| !guest.name.is_empty()) {
        if tx.is_owed(guest.person)? {
            done.kept.push((guest.name, "a message to them is being sent at this moment"));
        } else {
            tx.forget_person(guest.person)?;
            done.people += 1;
        }
    }
    tx.end_invitations_to(event)?;
    Ok(done)
}

/// Forgets a contact, all of it or nothing; gives how many invitations they had.
pub fn forget(tx: &Tx<'_>, id: Owned<ContactId>, now: Timestamp) -> Result<usize, NotForgotten> {
    let Some((contact, _)) = get(tx, id)? else { return Ok(0) };
    let invitations = tx.invitations_of_contact(id.id(), now)?;
    for invitation in &invitations {
        let name = contact.name.clone();
        if invitation.still_counts {
            return Err(NotForgotten::Invited { name, event: invitation.event.clone() });
        }
        if tx.is_owed(invitation.person)? {
            return Err(NotForgotten::BeingSent(name));
        }
        tx.forget_person(invitation.person)?;
    }
    for who in tx.subscribers_of_contact(id.id())? {
        if tx.is_owed(who.id)? {
            return Err(NotForgotten::BeingSent(contact.name));
        }
        tx.forget_subscriber(&who)?;
    }
    tx.end_invitations_of(id.id())?;
    tx.remove_contact(id.id())?;
    tx.forget_addresses(vec![(contact.phone, contact.email)])?;
    Ok(invitations.len())
}
