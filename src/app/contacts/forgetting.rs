//! A contact forgotten: the contact itself, what past invitations know of them, and where messages to contacts or guests were
//! written.

use jiff::Timestamp;

use super::{get, remove};
use crate::app::accounts::Owned;
use crate::model::ContactId;
use crate::store::{StoreError, Tx};

/// Why a contact is not forgotten.
#[derive(Debug, thiserror::Error)]
pub enum NotForgotten {
    /// There is a seat for them, or may be.
    #[error("{name:?} is invited to {event:?}, which is still to come")]
    Invited {
        /// Who.
        name: String,
        /// To what.
        event: String,
    },
    /// A message is on its way to them.
    #[error("a message to {0:?} is being sent at this moment")]
    BeingSent(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Forgets a contact, all of it or nothing; gives how many invitations they had.
///
/// # Errors
/// [`NotForgotten`].
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
    remove(tx, id)?;
    tx.forget_addresses(vec![(contact.phone, contact.email)])?;
    Ok(invitations.len())
}
