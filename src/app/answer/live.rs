//! The draw answers come from: found in the database, opened once, held in memory that is wiped on drop.

use std::collections::HashMap;

use secrecy::SecretString;

use super::super::keys;
use super::Health;
use crate::model::{Exchange, PersonId, Phone, Settings};
use crate::seal::{self, DrawDocument, Identity, KeyError};
use crate::store::{ArchiveState, DrawId, StoreError, Tx};

/// An open draw, ready to answer from.
pub struct OpenDraw {
    /// Its row.
    pub id: DrawId,
    /// Its pairings, and the roster it was made from.
    pub document: DrawDocument,
}

/// What answers come from at the moment.
pub(super) enum Live {
    /// There is no draw yet.
    NotDrawn,
    /// The draw's archive copy is not confirmed, or this machine's key does not open it.
    NotReady(DrawId, ArchiveState),
    /// A live draw.
    Open(Box<OpenDraw>),
}

/// Keeps [`Live`] in step with the database.
pub(super) struct Watch {
    settings: Settings,
    passphrase: Option<SecretString>,
    /// The roster file's exchange: who is asked for, and who may text before the first draw.
    written: Exchange,
    live: Live,
    people: HashMap<Phone, Vec<PersonId>>,
    seen: Option<i64>,
}

impl Watch {
    pub(super) fn new(written: Exchange, settings: Settings, passphrase: Option<SecretString>) -> Self {
        let people = by_phone(&written);
        Self { settings, passphrase, written, live: Live::NotDrawn, people, seen: None }
    }

    /// Looks whether anything has changed since the last look; a look at nothing new costs one counter.
    pub(super) fn refresh(&mut self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let seen = tx.change_counter()?;
        if self.seen == Some(seen) {
            return Ok(());
        }
        let newest = tx.newest_draw_state(&self.written.series, &self.written.name)?;
        let known = match &self.live {
            Live::NotDrawn => None,
            Live::NotReady(id, state) => Some((*id, *state)),
            Live::Open(open) => Some((open.id, ArchiveState::Confirmed)),
        };
        if newest != known || self.seen.is_none() {
            self.live = match newest {
                None => Live::NotDrawn,
                Some((id, ArchiveState::Confirmed)) => self.open(tx, id)?,
                Some((id, state)) => Live::NotReady(id, state),
            };
            self.people = by_phone(self.exchange());
        }
        self.seen = Some(seen);
        Ok(())
    }

    fn open(&self, tx: &Tx<'_>, id: DrawId) -> Result<Live, StoreError> {
        let Some(draw) = tx.draw(id)? else { return Ok(Live::NotDrawn) };
        let identity = match self.identity() {
            Ok(identity) => identity,
            Err(error) => {
                tracing::error!(
                    draw = draw.number,
                    problem = super::super::archive_copy::in_full(&error),
                    "the draw stays closed"
                );
                return Ok(Live::NotReady(id, ArchiveState::Confirmed));
            }
        };
        match seal::open(&draw.sealed, &identity) {
            Ok(document) => {
                tracing::info!(draw = draw.number, people = document.roster().people.len(), "answering from this draw");
                Ok(Live::Open(Box::new(OpenDraw { id, document })))
            }
            Err(error) => {
                tracing::error!(
                    draw = draw.number,
                    problem = super::super::archive_copy::in_full(&error),
                    "the draw stays closed"
                );
                Ok(Live::NotReady(id, ArchiveState::Confirmed))
            }
        }
    }

    /// The key may be made after the listener has started, by the first draw; so it is read when it is needed.
    fn identity(&self) -> Result<Identity, KeyError> {
        keys::load(&self.settings, &|| self.passphrase.clone())
    }

    pub(super) fn live(&self) -> &Live {
        &self.live
    }

    /// Seals a text to this machine's own key, for the time it waits in the database.
    pub(super) fn seal_note(&self, text: &str) -> Option<Vec<u8>> {
        let identity = self.identity().ok()?;
        seal::seal_note(text.as_bytes(), &identity.public_key()).ok()
    }

    /// The exchange answers speak of: the draw's own roster, or the file's before the first draw.
    pub(super) fn exchange(&self) -> &Exchange {
        match &self.live {
            Live::Open(open) => open.document.roster(),
            _ => &self.written,
        }
    }

    /// Whose phone it is.
    pub(super) fn people_of(&self, phone: &Phone) -> &[PersonId] {
        self.people.get(phone).map_or(&[], Vec::as_slice)
    }

    pub(super) fn health(&self) -> Health {
        match self.live {
            Live::NotDrawn => Health::NotDrawn,
            Live::NotReady(..) => Health::NotReady,
            Live::Open(_) => Health::Live,
        }
    }
}

fn by_phone(exchange: &Exchange) -> HashMap<Phone, Vec<PersonId>> {
    let mut people: HashMap<Phone, Vec<PersonId>> = HashMap::new();
    for (id, person) in exchange.ids() {
        if let Some(phone) = &person.phone {
            people.entry(phone.clone()).or_default().push(id);
        }
    }
    people
}
