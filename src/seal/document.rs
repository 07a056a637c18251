//! What is inside a sealed draw: every pairing with its salt, and all that answers need.

use std::collections::HashMap;
use std::fmt;

use rand::TryRng;
use rand::rngs::SysRng;
use zeroize::{Zeroize, Zeroizing};

use super::canonical::{pair_leaf, whole_second};
use super::codes::{Fingerprint, Receipt};
use super::merkle::{self, Hash};
use super::seed::Seed;
use super::{SealError, written};
use crate::model::{Exchange, PersonIndex};

/// How many random bytes hide a pairing.
const SALT: usize = 32;

/// One pairing and the random bytes that hide it in the tree. Prints as stars.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SealedPairing {
    pub(super) giver: PersonIndex,
    pub(super) receiver: PersonIndex,
    pub(super) salt: [u8; SALT],
}

impl Zeroize for SealedPairing {
    fn zeroize(&mut self) {
        self.giver.0.zeroize();
        self.receiver.0.zeroize();
        self.salt.zeroize();
    }
}

/// What is known about a draw besides its pairings; all of it may be shown, except the seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawDetails {
    /// Number of the draw in its series, counted from 1.
    pub draw: u32,
    /// When it was made. Kept to the second.
    pub drawn_at: jiff::Timestamp,
    /// How equally likely the draw was, in the matcher's words: `exact`, `exact to 1e-9`, `approximate`.
    pub uniformity: String,
    /// The matcher's name for how it drew.
    pub method: String,
    /// What it was made from.
    pub seed: Seed,
    /// Why it was drawn again; `None` for the first draw of an exchange.
    pub reason: Option<String>,
    /// The fingerprint of the draw before it in the series.
    pub previous: Option<Fingerprint>,
    /// The numbers of the earlier draws whose pairings it avoids; `None` in draws of the first release, which do not say.
    pub avoided: Option<Vec<u32>>,
    /// The number of the draw it changes as little as can be; `None` where it is a whole new one.
    pub updates: Option<u32>,
}

/// An open draw. Debug prints no pairing and no seed; pairings, salts and seed are wiped when it is dropped.
///
/// Inside the sealed file it is one JSON document. Its length depends on the roster and on [`DrawDetails`] but not on
/// who gives to whom: every name stands in it equally often in any draw, and salts have a fixed length. age does not
/// hide lengths (its header has a random one, which helps nobody), so this is what keeps the size of the sealed file from
/// telling anything.
#[derive(Clone, PartialEq)]
pub struct DrawDocument {
    pub(super) roster: Exchange,
    pub(super) about: DrawDetails,
    /// By giver in roster order, [`Exchange::rules`]`.gifts_each` for each.
    pub(super) pairings: Vec<SealedPairing>,
}

impl DrawDocument {
    /// A document of fresh salts for what the matcher drew, in any order. Checks that everybody gives to and receives
    /// from `gifts_each` different people, never themselves.
    ///
    /// # Errors
    /// [`SealError::NotADraw`] when the pairings do not fit the roster, [`SealError::NoEntropy`].
    pub fn new(
        roster: Exchange,
        about: DrawDetails,
        pairings: impl IntoIterator<Item = (PersonIndex, PersonIndex)>,
    ) -> Result<Self, SealError> {
        // Room at once, for a growing list would leave unwiped copies; nobody can give to more people than there are.
        let people = roster.people.len();
        let room = people.saturating_mul(people.min(roster.rules.gifts_each as usize));
        let mut pairs: Zeroizing<Vec<SealedPairing>> = Zeroizing::new(Vec::with_capacity(room));
        pairs.extend(pairings.into_iter().map(|(giver, receiver)| SealedPairing { giver, receiver, salt: [0; SALT] }));
        // One question to the system for all of them: a hundred thousand would take longer than the draw.
        let mut salts = Zeroizing::new(vec![0_u8; pairs.len() * SALT]);
        SysRng.try_fill_bytes(&mut salts).map_err(|source| SealError::NoEntropy { source })?;
        for (pairing, salt) in pairs.iter_mut().zip(salts.chunks_exact(SALT)) {
            pairing.salt.copy_from_slice(salt);
        }
        Self::from_parts(roster, about, std::mem::take(&mut *pairs))
    }

    /// Sorts by giver, cuts the time to seconds, and checks that it is a draw of this roster.
    pub(super) fn from_parts(
        roster: Exchange,
        mut about: DrawDetails,
        mut pairings: Vec<SealedPairing>,
    ) -> Result<Self, SealError> {
        // Stable, so that a giver's several receivers keep their order and the tree its leaves.
        pairings.sort_by_key(|pairing| pairing.giver);
        about.drawn_at = whole_second(about.drawn_at);
        let document = Self { roster, about, pairings };
        document.check()?;
        Ok(document)
    }

    /// Says what is wrong without naming anybody: who is doubled or missing would already tell.
    fn check(&self) -> Result<(), SealError> {
        let wrong = |what| Err(SealError::NotADraw { what });
        let people = self.roster.people.len();
        let each = self.roster.rules.gifts_each as usize;
        if people == 0 || each == 0 {
            return wrong("nobody gives");
        }
        if self.roster.people.iter().any(|person| !unicode_normalization::is_nfc(&person.name)) {
            return wrong("a name is not in Unicode normal form C");
        }
        if self.roster.exclusions.iter().any(|e| e.giver.index().max(e.receiver.index()) >= people) {
            return wrong("an exclusion names somebody who is not in the roster");
        }
        if self.roster.past.iter().flat_map(|year| &year.pairings).any(|(g, r)| g.index().max(r.index()) >= people) {
            return wrong("an earlier pairing names somebody who is not in the roster");
        }
        if self.pairings.len() != expected_pairings(&self.roster) {
            return wrong("the number of pairings does not fit the number of people");
        }
        let mut given = vec![0_usize; people];
        let mut received = vec![0_usize; people];
        for SealedPairing { giver, receiver, .. } in &self.pairings {
            if giver == receiver {
                return wrong("somebody gives to themselves");
            }
            for (count, person) in [(&mut given, giver), (&mut received, receiver)] {
                match count.get_mut(person.index()) {
                    Some(count) => *count += 1,
                    None => return wrong("somebody is not in the roster"),
                }
            }
        }
        if given.iter().chain(&received).any(|count| *count != each) {
            return wrong("somebody gives or receives too often or too seldom");
        }
        let mut seen = Zeroizing::new(vec![u32::MAX; people]);
        for SealedPairing { giver, receiver, .. } in &self.pairings {
            // With one gift each nobody can have two of the same; with more, every giver's receivers stand together.
            let last = &mut seen[receiver.index()];
            if *last == giver.0 {
                return wrong("somebody gives to the same person twice");
            }
            *last = giver.0;
        }
        Ok(())
    }

    /// The roster it was drawn from: everything answers need.
    #[must_use]
    pub fn roster(&self) -> &Exchange {
        &self.roster
    }

    /// Number, time, uniformity and the like.
    #[must_use]
    pub fn about(&self) -> &DrawDetails {
        &self.about
    }

    /// Whom somebody gives to. Empty for an id that is not in the roster.
    pub fn receivers_of(&self, giver: PersonIndex) -> impl Iterator<Item = PersonIndex> {
        self.indices_by_giver(giver).map(|index| self.pairings[index].receiver)
    }

    /// Who gives to somebody.
    pub fn givers_of(&self, receiver: PersonIndex) -> impl Iterator<Item = PersonIndex> {
        self.indices_by_receiver(receiver).map(|index| self.pairings[index].giver)
    }

    /// The places of a giver's pairings in the tree.
    pub fn indices_by_giver(&self, giver: PersonIndex) -> impl Iterator<Item = usize> {
        let each = self.roster.rules.gifts_each as usize;
        let start = giver.index().saturating_mul(each).min(self.pairings.len());
        start..start.saturating_add(each).min(self.pairings.len())
    }

    /// The places of a receiver's pairings in the tree.
    pub fn indices_by_receiver(&self, receiver: PersonIndex) -> impl Iterator<Item = usize> {
        let all = self.pairings.iter().enumerate();
        all.filter(move |(_, pairing)| pairing.receiver == receiver).map(|(index, _)| index)
    }

    /// Giver and receiver of the pairing at a place: the one thing a draw is sealed for. `None` beyond the last.
    #[must_use]
    pub fn pairing(&self, index: usize) -> Option<(PersonIndex, PersonIndex)> {
        self.pairings.get(index).map(|pairing| (pairing.giver, pairing.receiver))
    }

    /// Every pairing, for the matcher: history to avoid, a draw to repeat.
    pub fn all_pairings(&self) -> impl Iterator<Item = (PersonIndex, PersonIndex)> {
        self.pairings.iter().map(|pairing| (pairing.giver, pairing.receiver))
    }

    /// The salted hash of one pairing. `None` beyond the last.
    #[must_use]
    pub fn leaf(&self, index: usize) -> Option<Hash> {
        self.pairings.get(index).map(|pairing| self.leaf_of(pairing))
    }

    fn leaf_of(&self, pairing: &SealedPairing) -> Hash {
        let name = |id| self.roster.person(id).name.as_str();
        pair_leaf(name(pairing.giver), name(pairing.receiver), &pairing.salt)
    }

    fn leaves(&self) -> Vec<Hash> {
        self.pairings.iter().map(|pairing| self.leaf_of(pairing)).collect()
    }

    /// The tree hash over all pairings.
    #[must_use]
    pub fn root(&self) -> Hash {
        merkle::root(&self.leaves())
    }

    /// The short code of the whole draw.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.root())
    }

    /// The short code of one pairing. `None` beyond the last.
    #[must_use]
    pub fn receipt(&self, index: usize) -> Option<Receipt> {
        self.leaf(index).map(|leaf| Receipt::of(&leaf))
    }

    /// The document as JSON, as it stands in the sealed file.
    ///
    /// # Errors
    /// What the writer says, as [`SealError::Write`].
    pub fn write_json(&self, writer: impl std::io::Write) -> Result<(), SealError> {
        written::write(self, writer)
    }

    /// Reads a document, bounded by its own length; never panics, whatever the bytes. Unknown keys are passed over.
    ///
    /// # Errors
    /// [`SealError::UnknownFormat`], [`SealError::Malformed`], [`SealError::NotADraw`]; none of them repeats a value.
    pub fn read_json(bytes: &[u8]) -> Result<Self, SealError> {
        written::read(bytes)
    }
}

impl fmt::Debug for DrawDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DrawDocument")
            .field("exchange", &self.roster.name)
            .field("draw", &self.about.draw)
            .field("people", &self.roster.people.len())
            .finish_non_exhaustive()
    }
}

impl Drop for DrawDocument {
    fn drop(&mut self) {
        self.pairings.zeroize();
    }
}

fn expected_pairings(roster: &Exchange) -> usize {
    roster.people.len().saturating_mul(roster.rules.gifts_each as usize)
}

/// Names to ids; `None` when a name stands twice.
pub(super) fn by_name(roster: &Exchange) -> Option<HashMap<&str, PersonIndex>> {
    let names: HashMap<&str, PersonIndex> = roster.ids().map(|(id, person)| (person.name.as_str(), id)).collect();
    (names.len() == roster.people.len()).then_some(names)
}
