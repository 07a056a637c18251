//! A site opened for one verb or one listener: the exchange of the file, its settings, the database, the key, the clock.

use std::sync::Arc;

use super::keys::{AskPassphrase, Keys};
use crate::clock::Clock;
use crate::model::{Exchange, Settings};
use crate::roster::Roster;
use crate::store::{Store, StoreError, Topic, Tx};

/// An opened site; cheap to clone.
#[derive(Debug, Clone)]
pub struct Site {
    /// The exchange as its file has it today.
    pub exchange: Arc<Exchange>,
    /// Everything else in the file.
    pub settings: Arc<Settings>,
    /// The database.
    pub store: Store,
    /// This machine's key.
    pub keys: Arc<Keys>,
    /// What the calendar says.
    pub clock: Clock,
}

impl Site {
    /// Opens the site of a roster, and makes its database where there is none.
    pub fn open(roster: &Roster, ask: AskPassphrase, clock: Clock) -> Result<Self, StoreError> {
        Ok(Self::with(roster, Store::open(&roster.settings.database)?, ask, clock))
    }

    /// The site of a test, whose key has no passphrase.
    #[cfg(test)]
    pub(crate) fn of_test(roster: &Roster, clock: Clock) -> Self {
        Self::with(roster, Store::of_test(&roster.settings.database), Box::new(|| None), clock)
    }

    /// Opens the site of a roster for a verb that only looks, and must not leave a database behind by looking.
    pub fn look(roster: &Roster, ask: AskPassphrase, clock: Clock) -> Result<Self, StoreError> {
        Ok(Self::with(roster, Store::open_to_look(&roster.settings.database)?, ask, clock))
    }

    fn with(roster: &Roster, store: Store, ask: AskPassphrase, clock: Clock) -> Self {
        Self {
            exchange: Arc::new(roster.exchange.clone()),
            settings: Arc::new(roster.settings.clone()),
            store,
            keys: Arc::new(Keys::new(&roster.settings.seal, ask)),
            clock,
        }
    }

    /// The exchange's row, once it has one.
    pub fn topic(&self, tx: &Tx<'_>) -> Result<Option<Topic>, StoreError> {
        tx.exchange_named(&self.exchange.series, &self.exchange.name)
    }
}
