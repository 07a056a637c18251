//! The proof that something is somebody's own. Use cases that change or show a thing take it, so that none can be called
//! before the question was asked.

use crate::model::{AccountId, ContactId, TopicId};
use crate::store::{Reach, StoreError, Tx};

/// The id of something within the reach of whoever asked; only [`authorize`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owned<I>(I);

impl<I: Copy> Owned<I> {
    /// The id.
    #[must_use]
    pub fn id(self) -> I {
        self.0
    }
}

/// The id of something that belongs to an account or to the site.
pub trait Ownable: Copy {
    /// Whose it is, the site's being nobody's; `None` when there is no such thing.
    fn owner(self, tx: &Tx<'_>) -> Result<Option<Option<AccountId>>, StoreError>;
}

impl Ownable for TopicId {
    fn owner(self, tx: &Tx<'_>) -> Result<Option<Option<AccountId>>, StoreError> {
        tx.owner_of_topic(self)
    }
}

impl Ownable for ContactId {
    fn owner(self, tx: &Tx<'_>) -> Result<Option<Option<AccountId>>, StoreError> {
        tx.owner_of_contact(self)
    }
}

/// Says that something is within a reach. What is not there and what is another's are the same `None`, so that nobody
/// learns which ids there are.
pub fn authorize<I: Ownable>(tx: &Tx<'_>, reach: Reach, id: I) -> Result<Option<Owned<I>>, StoreError> {
    let owner = id.owner(tx)?;
    Ok(owner.is_some_and(|owner| reach.covers(owner)).then_some(Owned(id)))
}
