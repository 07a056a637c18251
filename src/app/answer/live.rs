//! The draw answers come from: found in the database, opened once, held in memory that is wiped on drop.

use std::collections::HashMap;
use std::time::SystemTime;

use secrecy::SecretString;

use super::super::keys;
use super::super::stored::open_checked;
use super::Health;
use crate::causes::in_full;
use crate::conversation::exchange::Vocabulary;
use crate::model::{Exchange, PersonIndex, Phone, Settings};
use crate::seal::{self, DrawDocument, Identity, KeyError, PublicKey};
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
    people: HashMap<Phone, Vec<PersonIndex>>,
    vocabulary: Vocabulary,
    seen: Option<i64>,
    /// When the key file was last written, at the last attempt to open the draw.
    key_written: Option<SystemTime>,
    /// What waiting texts are sealed to; kept, since unlocking a protected key takes a second every time.
    own_key: Option<PublicKey>,
}

impl Watch {
    pub(super) fn new(written: Exchange, settings: Settings, passphrase: Option<SecretString>) -> Self {
        let (people, vocabulary) = (by_phone(&written), Vocabulary::new(&written.keyword));
        Self {
            settings,
            passphrase,
            written,
            live: Live::NotDrawn,
            people,
            vocabulary,
            seen: None,
            key_written: None,
            own_key: None,
        }
    }

    /// Looks whether anything has changed since the last look; a look at nothing new costs one counter.
    pub(super) fn refresh(&mut self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let seen = tx.change_counter()?;
        let another_key = self.is_closed() && self.key_written != self.written_at();
        if self.seen == Some(seen) && !another_key {
            return Ok(());
        }
        let newest = tx.newest_draw_state(&self.written.series, &self.written.name)?;
        let known = match &self.live {
            Live::NotDrawn => None,
            Live::NotReady(id, state) => Some((*id, *state)),
            Live::Open(open) => Some((open.id, ArchiveState::Confirmed)),
        };
        if newest != known || self.seen.is_none() || another_key {
            self.live = match newest {
                None => Live::NotDrawn,
                Some((id, ArchiveState::Confirmed)) => self.open(tx, id)?,
                Some((id, state)) => Live::NotReady(id, state),
            };
            self.people = by_phone(self.exchange());
            self.vocabulary = Vocabulary::new(&self.exchange().keyword);
        }
        self.seen = Some(seen);
        Ok(())
    }

    /// Opens a draw, unless the key is not there or the draw is not the one whose fingerprint was published.
    fn open(&mut self, tx: &Tx<'_>, id: DrawId) -> Result<Live, StoreError> {
        let Some(draw) = tx.draw(id)? else { return Ok(Live::NotDrawn) };
        self.key_written = self.written_at();
        let opened = self.identity().map_err(|e| in_full(&e)).and_then(|identity| {
            self.own_key = Some(identity.public_key());
            open_checked(&draw, &identity).map_err(|e| in_full(&e))
        });
        Ok(match opened {
            Ok(document) => {
                tracing::info!(draw = draw.number, people = document.roster().people.len(), "answering from this draw");
                Live::Open(Box::new(OpenDraw { id, document }))
            }
            Err(problem) => {
                tracing::error!(draw = draw.number, problem, "the draw stays closed");
                Live::NotReady(id, ArchiveState::Confirmed)
            }
        })
    }

    /// Whether there is a draw that ought to be answered from and does not open.
    fn is_closed(&self) -> bool {
        matches!(self.live, Live::NotReady(_, ArchiveState::Confirmed))
    }

    fn written_at(&self) -> Option<SystemTime> {
        std::fs::metadata(&self.settings.seal.key_file).and_then(|file| file.modified()).ok()
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
        seal::seal_note(text.as_bytes(), self.own_key.as_ref()?).ok()
    }

    /// The exchange answers speak of: the draw's own roster, or the file's before the first draw.
    pub(super) fn exchange(&self) -> &Exchange {
        match &self.live {
            Live::Open(open) => open.document.roster(),
            _ => &self.written,
        }
    }

    /// The words the exchange is asked by.
    pub(super) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Whose phone it is.
    pub(super) fn people_of(&self, phone: &Phone) -> &[PersonIndex] {
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

fn by_phone(exchange: &Exchange) -> HashMap<Phone, Vec<PersonIndex>> {
    let mut people: HashMap<Phone, Vec<PersonIndex>> = HashMap::new();
    for (id, person) in exchange.ids() {
        if let Some(phone) = &person.phone {
            people.entry(phone.clone()).or_default().push(id);
        }
    }
    people
}
