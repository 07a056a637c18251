//! What is asked: people, rules and earlier draws, by number.

use std::fmt;

use thiserror::Error;

/// One cell nobody may use: this giver does not give to this receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exclusion {
    /// Who may not give, below [`Problem::people`].
    pub giver: u32,
    /// To whom, below [`Problem::people`].
    pub receiver: u32,
    /// The caller's number for the rule this cell comes from. Cells that share it stand or fall together.
    pub rule: u32,
}

/// What to do with the pairings of earlier draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Repeats {
    /// As few as possible: of the newest draw first, of the draw before it next, and so on.
    #[default]
    Avoid,
    /// None at all, or there is no draw.
    Never,
}

/// A draw's question. People are numbered `0..people`; nothing else about them is known here.
#[derive(Clone, PartialEq, Eq)]
pub struct Problem {
    /// How many take part.
    pub people: u32,
    /// Each person's household by number, if they have one. As long as there are people.
    pub households: Vec<Option<u32>>,
    /// One-way exclusions, in any order, doubles welcome.
    pub exclusions: Vec<Exclusion>,
    /// Earlier draws as (giver, receiver), the newest first.
    pub history: Vec<Vec<(u32, u32)>>,
    /// How strictly the history is avoided.
    pub repeats: Repeats,
    /// Whether two people may draw each other.
    pub mutual: bool,
    /// Whether each round has to be one single circle through everybody.
    pub one_circle: bool,
    /// How many people each gives to, and receives from; at least 1.
    pub gifts_each: u32,
}

impl Problem {
    /// A question without any rule but the one that nobody gives to themselves.
    #[must_use]
    pub fn of(people: u32) -> Self {
        Self {
            people,
            households: vec![None; people as usize],
            exclusions: Vec::new(),
            history: Vec::new(),
            repeats: Repeats::Avoid,
            mutual: true,
            one_circle: false,
            gifts_each: 1,
        }
    }

    /// Whether two people drawing each other would break a rule. Two people on their own cannot do otherwise, but the
    /// rule is the rule: they have no draw.
    pub(crate) fn forbids_mutual(&self) -> bool {
        !self.mutual
    }

    /// Whether a rule speaks of circles, so that independent blocks of the board are not independent any more.
    pub(crate) fn follows_circles(&self) -> bool {
        self.one_circle || self.forbids_mutual()
    }

    /// Checks what a caller can get wrong.
    pub(crate) fn check(&self) -> Result<(), Malformed> {
        let people = self.people;
        let stranger = |&(giver, receiver): &(u32, u32)| giver >= people || receiver >= people;
        if self.households.len() != people as usize {
            Err(Malformed::Households { people, households: self.households.len() })
        } else if self.exclusions.iter().any(|cell| stranger(&(cell.giver, cell.receiver))) {
            Err(Malformed::Exclusion)
        } else if self.history.iter().flatten().any(stranger) {
            Err(Malformed::History)
        } else if self.gifts_each == 0 {
            Err(Malformed::NoGifts)
        } else {
            Ok(())
        }
    }
}

/// Shows sizes only: a history is a list of pairings.
impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("people", &self.people)
            .field("exclusions", &self.exclusions.len())
            .field("history", &self.history.len())
            .field("repeats", &self.repeats)
            .field("mutual", &self.mutual)
            .field("one_circle", &self.one_circle)
            .field("gifts_each", &self.gifts_each)
            .finish_non_exhaustive()
    }
}

/// A question that contradicts itself: a mistake of the caller, never of the organizer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Malformed {
    /// Not one household entry per person.
    #[error("{households} household entries for {people} people")]
    Households {
        /// How many people there are.
        people: u32,
        /// How many entries were given.
        households: usize,
    },
    /// An exclusion names a person who does not take part.
    #[error("an exclusion names a person outside the roster")]
    Exclusion,
    /// An earlier pairing names a person who does not take part.
    #[error("an earlier draw names a person outside the roster")]
    History,
    /// Everybody gives to nobody.
    #[error("each person has to give at least one gift")]
    NoGifts,
}
