//! A site opened and looked at through one of its exchanges: that exchange, its settings, the database, the key, the clock.

use std::sync::Arc;

use super::keys::{AskPassphrase, Keys};
use crate::clock::Clock;
use crate::model::{Exchange, Settings};
use crate::roster::{self, Roster};
use crate::store::{KeptExchange, SeriesId, Store, StoreError, Topic, Tx};

/// An opened site; cheap to clone.
#[derive(Debug, Clone)]
pub struct Site {
    /// The exchange as its roster has it today.
    pub exchange: Arc<Exchange>,
    /// Everything else in the file, with the exchange's own auditors and reminders.
    pub settings: Arc<Settings>,
    pub store: Store,
    /// This machine's key.
    pub keys: Arc<Keys>,
    pub clock: Clock,
    /// Where the exchange is kept.
    pub kept: Kept,
}

/// Where an exchange is kept, and so how it is known.
#[derive(Debug, Clone)]
pub enum Kept {
    /// In the site's file: by its name and its series'.
    File,
    /// In the database: by its row.
    Database {
        /// Its row and its series'.
        topic: Topic,
        /// Where its series stands in the archive.
        folder: Arc<str>,
        /// Which change of its roster this is.
        revision: i64,
    },
}

impl Kept {
    /// What is known of an exchange that is kept in the database.
    pub(super) fn of(kept: &KeptExchange) -> Self {
        Self::Database { topic: kept.topic, folder: kept.folder.as_str().into(), revision: kept.revision }
    }
}

impl Site {
    /// Opens the site of a roster, and makes its database where there is none.
    pub fn open(roster: &Roster, ask: AskPassphrase, clock: Clock) -> Result<Self, StoreError> {
        Self::with(roster, Store::open(&roster.settings.database)?, ask, clock)
    }

    /// The site of a test, whose key has no passphrase.
    #[cfg(test)]
    pub(crate) fn of_test(roster: &Roster, clock: Clock) -> Self {
        Self::with(roster, Store::of_settings(&roster.settings.database), Box::new(|| None), clock)
            .expect("a sound database")
    }

    /// Opens the site of a roster for a verb that only looks, and must not leave a database behind by looking.
    pub fn look(roster: &Roster, ask: AskPassphrase, clock: Clock) -> Result<Self, StoreError> {
        Self::with(roster, Store::open_to_look(&roster.settings.database)?, ask, clock)
    }

    fn with(roster: &Roster, store: Store, ask: AskPassphrase, clock: Clock) -> Result<Self, StoreError> {
        let kept = match roster.kept {
            None => Kept::File,
            Some(id) => {
                let gone = || StoreError::damaged("list of exchanges", "this one has just been removed");
                Kept::of(&store.read(|tx| tx.kept_exchange(id))?.ok_or_else(gone)?)
            }
        };
        let keys = Arc::new(Keys::new(&roster.settings.seal, ask));
        Ok(Self {
            exchange: Arc::new(roster.exchange.clone()),
            settings: Arc::new(roster.settings.clone()),
            store: store.keyed(Arc::clone(&keys) as _),
            keys,
            clock,
            kept,
        })
    }

    /// The exchange's row, once it has one.
    pub fn topic(&self, tx: &Tx<'_>) -> Result<Option<Topic>, StoreError> {
        match &self.kept {
            Kept::File => tx.exchange_named(&self.exchange.series, &self.exchange.name),
            Kept::Database { topic, .. } => Ok(Some(*topic)),
        }
    }

    /// The exchange's row, made if there is none yet.
    pub fn enter(&self, tx: &Tx<'_>) -> Result<Topic, StoreError> {
        match &self.kept {
            Kept::File => tx.enter_exchange(&self.exchange.series, &self.exchange.name),
            Kept::Database { topic, .. } => Ok(*topic),
        }
    }

    /// The row of the exchange's series, once it has one.
    pub fn series(&self, tx: &Tx<'_>) -> Result<Option<SeriesId>, StoreError> {
        match &self.kept {
            Kept::File => tx.series_named(&self.exchange.series),
            Kept::Database { topic, .. } => Ok(Some(topic.series)),
        }
    }

    /// What the exchange is called, where it is kept in the database.
    pub fn name_in_database(&self) -> Option<&str> {
        matches!(self.kept, Kept::Database { .. }).then_some(&*self.exchange.name)
    }

    /// Which change of its roster this is, where it is kept in the database.
    pub fn revision(&self) -> Option<i64> {
        match self.kept {
            Kept::File => None,
            Kept::Database { revision, .. } => Some(revision),
        }
    }

    /// Where the exchange's series stands in the archive.
    pub fn folder(&self) -> String {
        match &self.kept {
            Kept::File => roster::slug(&self.exchange.series),
            Kept::Database { folder, .. } => folder.to_string(),
        }
    }
}
