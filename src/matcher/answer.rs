//! What comes out: a draw with its label, or the reason there is none.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::question::problem::Malformed;

/// How sure it is that every valid draw was equally likely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Uniformity {
    /// Exactly equally likely; only integers were weighed.
    #[serde(rename = "exact")]
    Exact,
    /// Equally likely up to a relative error of 1e-9, from weights in floating point.
    #[serde(rename = "exact to 1e-9")]
    ExactTo1e9,
    /// Every valid draw was possible, but nothing is proved about how likely each was.
    #[serde(rename = "approximate")]
    Approximate,
}

impl fmt::Display for Uniformity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact => "exact",
            Self::ExactTo1e9 => "exact to 1e-9",
            Self::Approximate => "approximate",
        })
    }
}

/// A finished draw.
#[derive(Clone, PartialEq, Eq)]
pub struct Drawn {
    /// One round per gift: the receiver of each giver. No giver meets the same receiver in two rounds.
    pub rounds: Vec<Vec<u32>>,
    /// The weakest label of the methods used.
    pub uniformity: Uniformity,
    /// The methods used, with how many people each dealt with.
    pub method: String,
    /// Per earlier draw, newest first: how many of its pairings came again.
    pub repeats: Vec<u32>,
    /// Whether these are proved to be the fewest, of the newest draw first. Then the draw is uniform among all that repeat so
    /// few; otherwise among all that repeat just as many, as far as the label says.
    pub fewest: bool,
    /// How many random 32-bit words were used: the amount of work, the same on every machine.
    pub words: u64,
}

/// Shows everything but who gives to whom.
impl fmt::Debug for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drawn")
            .field("rounds", &self.rounds.len())
            .field("uniformity", &self.uniformity)
            .field("method", &self.method)
            .field("fewest", &self.fewest)
            .field("words", &self.words)
            .finish_non_exhaustive()
    }
}

/// Why there is no draw.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoDraw {
    /// It is proved that no draw satisfies all rules.
    #[error("no draw satisfies all rules")]
    Impossible(Box<Impossible>),
    /// Nothing was found and nothing was proved; the question is a hard one ("one circle" or "no two draw each
    /// other" under dense rules).
    #[error("no draw was found within {budget} steps, and none was proved impossible")]
    NotFound {
        /// How many steps the search was given.
        budget: u64,
    },
    /// The question contradicts itself.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// A rule, as far as the matcher knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleRef {
    /// Nobody gives to themselves.
    SelfRule,
    /// Members of this household do not give to each other.
    Household(u32),
    /// The exclusion of this number.
    Exclusion(u32),
    /// The pairings of an earlier draw, 0 the newest, which may never come again.
    History(u32),
    /// One single circle through everybody.
    OneCircle,
    /// No two people draw each other.
    NoMutual,
}

/// How the rules clash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// The givers may give only to the receivers, who are too few.
    Givers,
    /// The receivers may receive only from the givers, who are too few.
    Receivers,
    /// The givers may give only among themselves (`receivers` are the same people), so no single circle leaves them.
    ClosedGivers,
    /// The receivers may receive only from each other (`givers` are the same people), so no single circle enters.
    ClosedReceivers,
    /// The giver would deal with more people than there are open pairings with, for nobody may both give to somebody and
    /// receive from them.
    Partners,
    /// Every possibility was gone through; nothing smaller than everybody is to blame.
    Exhausted,
}

/// Something that makes an impossible roster possible; each was proved by looking again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repair {
    /// Dropping this one rule.
    Drop(RuleRef),
    /// Dropping all of these rules; no single one is enough.
    DropAll {
        /// The rules; none of them can be left out.
        rules: Vec<RuleRef>,
        /// Whether it is proved that no fewer rules will do.
        fewest: bool,
    },
    /// Inviting this many people who belong to no household of the roster and whom no exclusion names.
    Guests(u32),
    /// Letting this many pairings happen inside a household that is more than half of everybody.
    Inside {
        /// The household.
        household: u32,
        /// How many people it has.
        members: u32,
        /// How many people there are in all.
        people: u32,
        /// How many pairings at least.
        pairings: u32,
    },
    /// Giving this many gifts each instead.
    Gifts(u32),
}

/// The proof that no draw satisfies all rules, as small as was found, and the ways out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impossible {
    /// How to read the two sets of people.
    pub clash: Clash,
    /// The givers concerned, ascending.
    pub givers: Vec<u32>,
    /// The receivers concerned, ascending.
    pub receivers: Vec<u32>,
    /// The rules that keep them from everybody else.
    pub rules: Vec<RuleRef>,
    /// Ways out, the smallest first; empty when none was found.
    pub repairs: Vec<Repair>,
    /// Whether every rule was tried that could help when dropped alone.
    pub all_tried: bool,
    /// How many forbidden pairings have to be allowed, at the least; 0 where that is not known.
    pub must_go: u32,
    /// How many gifts the crowded side is to give or receive; for [`Clash::Partners`] both together.
    pub needed: u64,
    /// How many it can give or receive at most; for [`Clash::Partners`] with how many people.
    pub room: u64,
}
