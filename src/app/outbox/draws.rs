//! The draws that rows refer to: their rosters in the clear, and the newest one opened when its pairings are needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::app::stored::{open_checked, roster_of};
use crate::causes::in_full;
use crate::model::Exchange;
use crate::seal::{self, DrawDocument, Identity};
use crate::store::{ArchiveState, DrawId, StoreError, StoredDraw, Tx};

/// Gives this machine's identity, or nothing while there is none or it stays locked.
pub type Unlock = Box<dyn Fn() -> Option<Identity> + Send + Sync>;

/// A draw as far as the clear tells.
pub(super) struct Known {
    pub(super) series: String,
    pub(super) roster: Exchange,
    stored: StoredDraw,
}

/// The draws that rows refer to, each read once.
pub(super) struct Draws {
    unlock: Unlock,
    /// Kept once unlocked: a key with a passphrase takes a second every time.
    identity: Mutex<Option<Arc<Identity>>>,
    known: Mutex<HashMap<DrawId, Arc<Known>>>,
    /// Only one is ever open: the newest.
    open: Mutex<Option<(DrawId, Arc<DrawDocument>)>>,
}

/// Whether a draw's pairings may be used.
pub(super) enum Pairings {
    /// Yes.
    Open(Arc<DrawDocument>),
    /// Its archive copy is not confirmed, or this machine's key does not open it.
    NotYet,
    /// A newer draw has taken its place.
    Replaced,
}

impl Draws {
    pub(super) fn new(unlock: Unlock) -> Self {
        Self { unlock, identity: Mutex::default(), known: Mutex::default(), open: Mutex::default() }
    }

    /// The draw of a row.
    pub(super) fn known(&self, tx: &Tx<'_>, id: DrawId) -> Result<Option<Arc<Known>>, StoreError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(draw) = known.get(&id) {
            return Ok(Some(Arc::clone(draw)));
        }
        let Some(stored) = tx.draw(id)? else { return Ok(None) };
        let roster = roster_of(&stored)?;
        let draw = Arc::new(Known { series: stored.series.clone(), roster, stored });
        known.insert(id, Arc::clone(&draw));
        Ok(Some(draw))
    }

    /// The pairings of a draw, if it is the one that counts.
    pub(super) fn pairings(&self, tx: &Tx<'_>, id: DrawId, draw: &Known) -> Result<Pairings, StoreError> {
        match tx.newest_draw_state(&draw.series, &draw.roster.name)? {
            Some((newest, _)) if newest != id => return Ok(Pairings::Replaced),
            Some((_, ArchiveState::Confirmed)) => {}
            _ => return Ok(Pairings::NotYet),
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, document)) = open.as_ref().filter(|(opened, _)| *opened == id) {
            return Ok(Pairings::Open(Arc::clone(document)));
        }
        let Some(identity) = self.identity() else { return Ok(Pairings::NotYet) };
        let document = match open_checked(&draw.stored, &identity) {
            Ok(document) => Arc::new(document),
            Err(error) => {
                tracing::error!(draw = draw.stored.number, problem = in_full(&error), "the draw stays closed");
                return Ok(Pairings::NotYet);
            }
        };
        *open = Some((id, Arc::clone(&document)));
        Ok(Pairings::Open(document))
    }

    /// The words of a relayed text; `None` when this machine's key does not open them.
    pub(super) fn open_note(&self, sealed: &[u8]) -> Option<String> {
        let note = seal::open_note(sealed, self.identity()?.as_ref()).ok()?;
        Some(String::from_utf8_lossy(&note).into_owned())
    }

    /// Gets the identity ready, where it is not yet. Call it before a transaction, never inside one.
    pub(super) fn unlock(&self) {
        let mut kept = self.identity.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_none() {
            *kept = (self.unlock)().map(Arc::new);
        }
    }

    fn identity(&self) -> Option<Arc<Identity>> {
        self.identity.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
