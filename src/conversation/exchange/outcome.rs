//! What was decided about a text, and what the person concerned may see of it.

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::model::{Exchange, PersonIndex, ToldBy};

use super::intent::{GiftReport, Verb};

/// What was decided about a text. Stands in the message log: short, without a person, and without a word that shows a
/// pairing or repeats what somebody wrote. Who it concerns is stored beside it; the words are made when answering, from
/// that person's view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The giver is told their receiver's name.
    Told,
    /// The same after an update, to somebody who was last told in this draw, by its row.
    ToldAfter(i64),
    /// They asked whom somebody else has, or who has them.
    NotYours,
    /// There is no draw yet.
    NotDrawnYet,
    /// There is a draw, and its copy is not confirmed yet.
    NotReadyYet,
    /// The phone is shared, and the text named nobody.
    WhichPerson {
        /// What was asked for.
        verb: Verb,
    },
    /// A wish was kept.
    WishAdded {
        /// How many there are now.
        count: u32,
    },
    /// The person's own wishes.
    WishList,
    /// The list of wishes takes no more.
    WishListFull {
        /// How many there are.
        count: u32,
    },
    /// A wish was taken off.
    Unwished {
        /// How many are left.
        left: u32,
    },
    /// No wish has that number.
    NoSuchWish {
        /// How many there are.
        count: u32,
    },
    /// A question or an answer was passed on.
    Relayed(Verb),
    /// It is passed on once the other side has written.
    RelayWaits(Verb),
    /// The other side has opted out.
    RelayUnreachable(Verb),
    /// It names its sender, and waits for `ASK!` or `TELL!`.
    RelayHeldBack(Verb),
    /// A command without its text.
    Unfinished(Verb),
    /// A text too long.
    Oversized(Verb),
    /// A report was noted.
    Reported(GiftReport),
    /// Receipt, fingerprint, openings.
    Proof,
    /// The link to their own page.
    Link,
    /// What can be texted.
    Menu,
    /// What it may cost.
    Budget,
    /// Which day it is.
    Date,
    /// One line with the two most useful words.
    Nudge,
    /// The number is not in the exchange.
    UnknownNumber,
    /// The number sends too much, and is told so once.
    TooMany,
    /// No answer: a carrier's word, or a number that has been told already.
    Silence,
}

/// Somebody's receiver, as far as their giver may see.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Receiver<'a> {
    /// Name.
    pub name: &'a str,
    /// What they would like, best first.
    pub wishes: &'a [String],
}

/// What one person may see. Holds their own secrets only, so that no outcome can show another's.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The exchange, as the draw keeps it.
    pub exchange: &'a Exchange,
    /// Whose view it is, by their place in `exchange`; `None` for an unknown number and for a shared phone that named
    /// nobody.
    pub me: Option<PersonIndex>,
    /// The names of the people of the phone that is answered, in the order of the roster.
    pub sharers: &'a [&'a str],
    /// What says that this exchange is meant, where the phone is in several.
    pub label: Option<&'a str>,
    /// Whom they give to; empty before the draw.
    pub receivers: &'a [Receiver<'a>],
    /// Their own wishes.
    pub wishes: &'a [String],
    /// Their receipts, one for each receiver.
    pub receipts: &'a [String],
    /// The draw's fingerprint.
    pub fingerprint: &'a str,
    /// How often the draw has been opened.
    pub openings: u64,
    /// When they were last told whom they give to; `None`: never.
    pub told: Option<LastTold>,
    /// Whom they were last told before an update, if it was somebody else.
    pub before: Option<&'a [String]>,
    /// How many draws there have been of this exchange.
    pub draws: u64,
    /// How many addresses have been changed after a draw.
    pub address_changes: u64,
    /// When those of their own were.
    pub own_address_changes: &'a [Date],
    /// The link to their own page; empty where there is none.
    pub link: &'a str,
}

/// When somebody was last told whom they give to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastTold {
    /// In the exchange's time zone.
    pub at: DateTime,
    /// How.
    pub by: ToldBy,
}

impl<'a> View<'a> {
    /// The view of somebody of whom nothing is known but that they write: no person, no secrets.
    pub fn stranger(exchange: &'a Exchange) -> Self {
        Self {
            exchange,
            me: None,
            sharers: &[],
            label: None,
            receivers: &[],
            wishes: &[],
            receipts: &[],
            fingerprint: "",
            openings: 0,
            told: None,
            before: None,
            draws: 1,
            address_changes: 0,
            own_address_changes: &[],
            link: "",
        }
    }
}
