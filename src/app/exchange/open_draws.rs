//! The draws that answers and messages come from: found in the database, opened once, held in memory that is wiped on
//! drop. One cache for everything in a process, so that a draw is in memory once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use zeroize::Zeroizing;

use super::draw_record::open_checked;
use crate::app::keys::Keys;
use crate::conversation::exchange::Vocabulary;
use crate::error_chain::in_full;
use crate::model::{Exchange, PersonId, PersonIndex, TopicId};
use crate::seal::{self, DrawDocument};
use crate::store::{ArchiveState, DrawId, SeriesId, StoreError, StoredDraw, Tx};

/// An open draw, ready to answer from.
pub struct OpenDraw {
    /// Its row.
    pub id: DrawId,
    /// The series it is of.
    pub series: SeriesId,
    /// Its pairings, and the roster it was made from.
    pub document: DrawDocument,
    /// The words its exchange is asked by.
    pub vocabulary: Vocabulary,
    /// Everybody's row, in the roster's order.
    people: Vec<PersonId>,
    places: HashMap<PersonId, PersonIndex>,
}

impl OpenDraw {
    fn new(draw: &StoredDraw, document: DrawDocument) -> Self {
        let places = draw.people.iter().copied().zip((0..).map(PersonIndex)).collect();
        let vocabulary = Vocabulary::of(document.roster());
        Self { id: draw.id, series: draw.series_id, document, vocabulary, people: draw.people.clone(), places }
    }

    /// The roster it was made from.
    pub fn roster(&self) -> &Exchange {
        self.document.roster()
    }

    /// Where somebody stands in its roster; `None` for somebody who was not drawn.
    pub fn place(&self, person: PersonId) -> Option<PersonIndex> {
        self.places.get(&person).copied()
    }

    /// The receipts of a giver, one for each of their gifts.
    pub fn receipts_of(&self, giver: PersonIndex) -> Vec<String> {
        let receipts = self.document.indices_by_giver(giver).filter_map(|index| self.document.receipt(index));
        receipts.map(|receipt| receipt.to_string()).collect()
    }

    /// The row of somebody in its roster.
    pub fn person(&self, place: PersonIndex) -> Option<PersonId> {
        self.people.get(place.index()).copied()
    }
}

/// What answers come from at the moment.
pub enum Live {
    /// There is no draw yet.
    NotDrawn,
    /// The draw's archive copy is not confirmed, or this machine's key does not open it.
    NotReady,
    /// The archive knows of a draw that took this one's place, or has another one of its number.
    Replaced,
    /// A live draw.
    Open(Arc<OpenDraw>),
}

/// The newest draw of each exchange, opened when it is first needed.
pub struct OpenDraws {
    keys: Arc<Keys>,
    open: Mutex<HashMap<TopicId, Attempt>>,
}

/// What came of opening an exchange's newest draw.
enum Attempt {
    Open(Arc<OpenDraw>),
    /// This draw did not open with a key file written then.
    Closed(DrawId, Option<SystemTime>),
    /// This draw may have been replaced.
    Replaced(DrawId),
}

impl std::fmt::Debug for OpenDraws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenDraws").finish_non_exhaustive()
    }
}

impl OpenDraws {
    /// None yet; `keys` opens them.
    #[must_use]
    pub fn new(keys: Arc<Keys>) -> Self {
        Self { keys, open: Mutex::default() }
    }

    /// What an exchange answers from now. Looks into the database every time, for another process may have drawn.
    pub fn live(&self, tx: &Tx<'_>, topic: TopicId) -> Result<Live, StoreError> {
        let id = match tx.newest_draw_state(topic)? {
            None => return Ok(Live::NotDrawn),
            Some((id, ArchiveState::Confirmed)) => id,
            Some(_) => return Ok(Live::NotReady),
        };
        let written_at = self.keys.written_at();
        match self.lock().get(&topic) {
            Some(Attempt::Open(open)) if open.id == id => return Ok(Live::Open(Arc::clone(open))),
            Some(Attempt::Closed(closed, at)) if (*closed, *at) == (id, written_at) => return Ok(Live::NotReady),
            Some(Attempt::Replaced(replaced)) if *replaced == id => return Ok(Live::Replaced),
            _ => {}
        }
        let Some(draw) = tx.draw(id)? else { return Ok(Live::NotDrawn) };
        let opened = self.open(&draw).map(Arc::new);
        let attempt = opened.clone().map_or(Attempt::Closed(id, written_at), Attempt::Open);
        let mut open = self.lock();
        // It may have turned out while the draw was being opened.
        if matches!(open.get(&topic), Some(Attempt::Replaced(replaced)) if *replaced == id) {
            return Ok(Live::Replaced);
        }
        open.insert(topic, attempt);
        Ok(opened.map_or(Live::NotReady, Live::Open))
    }

    /// Answers nobody from this draw of an exchange until told otherwise; `None` lifts that.
    pub fn keep_closed(&self, topic: TopicId, draw: Option<DrawId>) {
        let mut open = self.lock();
        match (draw, open.get(&topic)) {
            (Some(draw), _) => drop(open.insert(topic, Attempt::Replaced(draw))),
            (None, Some(Attempt::Replaced(_))) => drop(open.remove(&topic)),
            (None, _) => {}
        }
    }

    /// Opens a draw, unless the key is not there or the draw is not the one whose fingerprint was published.
    fn open(&self, draw: &StoredDraw) -> Option<OpenDraw> {
        let identity = self.keys.identity().map_err(|e| in_full(&e));
        match identity.and_then(|identity| open_checked(draw, &identity).map_err(|e| in_full(&e))) {
            Ok(document) => {
                tracing::info!(draw = draw.number, people = document.roster().people.len(), "answering from this draw");
                Some(OpenDraw::new(draw, document))
            }
            Err(problem) => {
                tracing::error!(draw = draw.number, problem, "the draw stays closed");
                None
            }
        }
    }

    /// Seals a note to this machine's own key; `None` where there is no key.
    pub fn seal_note(&self, note: &[u8]) -> Option<Vec<u8>> {
        seal::seal_note(note, &self.keys.identity().ok()?.public_key()).ok()
    }

    /// Opens a note; `None` when this machine's key does not.
    pub fn open_note(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        seal::open_note(sealed, &*self.keys.identity().ok()?).ok()
    }

    /// A text's hash by this machine's own key; see [`crate::seal::Identity::token`].
    pub fn token(&self, text: &str) -> Option<String> {
        Some(self.keys.identity().ok()?.token(text))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TopicId, Attempt>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
