//! The draws that answers and messages come from: found in the database, opened once, held in memory that is wiped on
//! drop. One cache for everything in a process, so that a draw is in memory once.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::addresses::{self, Recorded};
use super::draw_record::open_checked;
use crate::app::keys::Keys;
use crate::app::links::Links;
use crate::conversation::exchange::Vocabulary;
use crate::error_chain::in_full;
use crate::model::{Exchange, PersonId, PersonIndex, TopicId};
use crate::seal::{self, DrawDocument};
use crate::store::{ArchiveState, DrawId, SeriesId, StoreError, StoredDraw, Tx};

/// An open draw, ready to answer from.
pub struct OpenDraw {
    pub id: DrawId,
    pub topic: TopicId,
    pub series: SeriesId,
    /// How often its exchange had changed since the draw when it was opened.
    revision: i64,
    /// Its pairings, and the roster it was made from.
    pub document: DrawDocument,
    /// Its exchange as it is today, everybody where the draw has them, reached where draw and chain say.
    roster: Exchange,
    /// How many addresses have changed after a draw of the series.
    pub address_changes: u64,
    /// When those of its people changed since this draw, by their rows.
    pub own_changes: Vec<(PersonId, Timestamp)>,
    /// The words its exchange is asked by.
    pub vocabulary: Vocabulary,
    /// Everybody's row, in the roster's order.
    people: Vec<PersonId>,
    places: HashMap<PersonId, PersonIndex>,
}

impl OpenDraw {
    fn new(draw: &StoredDraw, document: DrawDocument, recorded: &[Recorded]) -> Self {
        let places = draw.people.iter().copied().zip((0..).map(PersonIndex)).collect();
        let roster = today(draw, document.roster(), recorded);
        Self {
            id: draw.id,
            topic: draw.topic,
            series: draw.series_id,
            revision: draw.revision,
            vocabulary: Vocabulary::of(&roster),
            document,
            address_changes: recorded.len() as u64,
            own_changes: own_changes(draw, &roster, recorded),
            roster,
            people: draw.people.clone(),
            places,
        }
    }

    /// Its exchange as it is today.
    pub fn roster(&self) -> &Exchange {
        &self.roster
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

    /// Whom somebody gave to in this draw, by name, if these are others than in a later one, where they stand at `place`.
    pub fn receivers_beside(&self, later: &Self, giver: PersonId, place: PersonIndex) -> Option<Vec<String>> {
        let rows = |draw: &Self, place| -> BTreeSet<Option<PersonId>> {
            draw.document.receivers_of(place).map(|to| draw.person(to)).collect()
        };
        let here = self.place(giver)?;
        let name = |to: PersonIndex| self.roster().person(to).name.clone();
        (rows(self, here) != rows(later, place)).then(|| self.document.receivers_of(here).map(name).collect())
    }

    /// How often somebody's address has changed since it was made.
    pub fn changes_of(&self, person: PersonId) -> u64 {
        self.own_changes.iter().filter(|(whose, _)| *whose == person).count() as u64
    }

    /// The row of somebody in its roster.
    pub fn person(&self, place: PersonIndex) -> Option<PersonId> {
        self.people.get(place.index()).copied()
    }
}

fn own_changes(draw: &StoredDraw, roster: &Exchange, recorded: &[Recorded]) -> Vec<(PersonId, Timestamp)> {
    let everybody = || roster.people.iter().zip(&draw.people);
    let of_this = recorded.iter().filter(|change| change.draw == draw.number);
    let own = of_this.filter_map(|change| {
        let (_, row) = everybody().find(|(person, row)| addresses::known_as(person, **row) == change.person)?;
        Some((*row, change.at))
    });
    own.collect()
}

/// The exchange of a draw as it is today. Names, wishes and wordings are what the database says; where everybody is reached
/// is what the sealed draw says, folded with the chain.
pub(super) fn today(draw: &StoredDraw, drawn: &Exchange, recorded: &[Recorded]) -> Exchange {
    let mut roster = drawn.clone();
    addresses::fold(&mut roster, &draw.people, draw.number, recorded);
    let revised = draw.revised.as_deref().and_then(|json| serde_json::from_str::<Exchange>(json).ok());
    let Some(mut revised) = revised.filter(|revised| revised.people.len() == roster.people.len()) else {
        return roster;
    };
    for (person, sealed) in revised.people.iter_mut().zip(roster.people) {
        if person.is_forgotten() {
            // Whoever gives to them is told by the sealed draw; nothing reaches them any more.
            person.name = sealed.name;
        } else {
            (person.phone, person.email, person.deliver) = (sealed.phone, sealed.email, sealed.deliver);
        }
    }
    revised
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
    /// The one that was last looked at though another has taken its place.
    earlier: Mutex<Option<Arc<OpenDraw>>>,
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
    pub fn new(keys: Arc<Keys>) -> Self {
        Self { keys, open: Mutex::default(), earlier: Mutex::default() }
    }

    /// What an exchange answers from now. Looks into the database every time, for another process may have drawn.
    pub fn live(&self, tx: &Tx<'_>, topic: TopicId) -> Result<Live, StoreError> {
        let Some(newest) = tx.newest_draw_state(topic)? else { return Ok(Live::NotDrawn) };
        if newest.archive != ArchiveState::Confirmed {
            return Ok(Live::NotReady);
        }
        let id = newest.id;
        let written_at = self.keys.written_at();
        match self.lock().get(&topic) {
            Some(Attempt::Open(open)) if (open.id, open.revision) == (id, newest.revision) => {
                return Ok(Live::Open(Arc::clone(open)));
            }
            Some(Attempt::Closed(closed, at)) if (*closed, *at) == (id, written_at) => return Ok(Live::NotReady),
            Some(Attempt::Replaced(replaced)) if *replaced == id => return Ok(Live::Replaced),
            _ => {}
        }
        let Some(draw) = tx.draw(id)? else { return Ok(Live::NotDrawn) };
        let opened = self.open(tx, &draw)?.map(Arc::new);
        let attempt = opened.clone().map_or(Attempt::Closed(id, written_at), Attempt::Open);
        let mut open = self.lock();
        // It may have turned out while the draw was being opened.
        if matches!(open.get(&topic), Some(Attempt::Replaced(replaced)) if *replaced == id) {
            return Ok(Live::Replaced);
        }
        open.insert(topic, attempt);
        Ok(opened.map_or(Live::NotReady, Live::Open))
    }

    /// A draw that another has taken the place of, for those who were told in it; `None` where it does not open.
    pub fn earlier(&self, tx: &Tx<'_>, id: DrawId) -> Result<Option<Arc<OpenDraw>>, StoreError> {
        let mut earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = earlier.as_ref().filter(|open| open.id == id) {
            return Ok(Some(Arc::clone(open)));
        }
        let Some(draw) = tx.draw(id)? else { return Ok(None) };
        *earlier = self.open(tx, &draw)?.map(Arc::new);
        Ok(earlier.clone())
    }

    /// The links that this machine's key makes.
    pub fn links(&self) -> Links {
        Links::new(Arc::clone(&self.keys))
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
    fn open(&self, tx: &Tx<'_>, draw: &StoredDraw) -> Result<Option<OpenDraw>, StoreError> {
        let identity = self.keys.identity().map_err(|e| in_full(&e));
        let opened = identity.and_then(|identity| {
            let document = open_checked(draw, &identity).map_err(|e| in_full(&e))?;
            Ok((document, identity))
        });
        match opened {
            Ok((document, identity)) => {
                tracing::info!(draw = draw.number, people = document.roster().people.len(), "answering from this draw");
                let recorded = addresses::recorded(&tx.openings(draw.series_id)?, &identity);
                Ok(Some(OpenDraw::new(draw, document, &recorded)))
            }
            Err(problem) => {
                tracing::error!(draw = draw.number, problem, "the draw stays closed");
                Ok(None)
            }
        }
    }

    /// Seals a note to this machine's own key; `None` where there is no key.
    pub fn seal_note(&self, note: &[u8]) -> Option<Vec<u8>> {
        seal::seal_note(note, &self.keys.identity().ok()?.public_key(), &[]).ok()
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
