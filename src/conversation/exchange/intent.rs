//! What a text to a gift exchange can want.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a person can ask of the tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Their receiver's name, by the keyword.
    Name,
    /// A new wish.
    Wish,
    /// Their own wishes.
    Wishes,
    /// A wish less.
    Unwish,
    /// A question to their receiver.
    Ask,
    /// A word to their giver.
    Tell,
    /// They have bought it.
    Bought,
    /// It is on its way.
    Sent,
    /// They have received theirs.
    Got,
    /// Receipt, fingerprint, openings.
    Proof,
    /// A link to their own page.
    Link,
    /// What can be texted.
    Menu,
    /// What it may cost.
    Budget,
    /// Which day it is.
    When,
}

impl Verb {
    /// The commands, every verb but [`Verb::Name`].
    pub(super) const COMMANDS: [Self; 13] = [
        Self::Wish,
        Self::Wishes,
        Self::Unwish,
        Self::Ask,
        Self::Tell,
        Self::Bought,
        Self::Sent,
        Self::Got,
        Self::Proof,
        Self::Link,
        Self::Menu,
        Self::Budget,
        Self::When,
    ];

    /// The word people text, in lower case; `who` for [`Verb::Name`], whose other word is the exchange's keyword.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "who",
            Self::Wish => "wish",
            Self::Wishes => "wishes",
            Self::Unwish => "unwish",
            Self::Ask => "ask",
            Self::Tell => "tell",
            Self::Bought => "bought",
            Self::Sent => "sent",
            Self::Got => "got",
            Self::Proof => "proof",
            Self::Link => "link",
            Self::Menu => "menu",
            Self::Budget => "budget",
            Self::When => "when",
        }
    }
}

/// What somebody reports about a present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GiftReport {
    /// The giver has it.
    Bought,
    /// The giver has sent it.
    Sent,
    /// The receiver has received theirs.
    Got,
}

impl GiftReport {
    /// The word people text, in lower case.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bought => Verb::Bought.word(),
            Self::Sent => Verb::Sent.word(),
            Self::Got => Verb::Got.word(),
        }
    }
}

/// What a text wants. Texts inside are cleaned; `who` holds the other words of the message, in lower case, in which
/// [`super::speaker`] looks for the name of whoever is texting from a shared phone.
#[derive(Clone, PartialEq, Eq)]
pub enum Intent {
    /// The name of the receiver.
    Name {
        /// The words around the keyword.
        who: Option<String>,
        /// The words behind `who`, where that is how they ask.
        asked: Option<String>,
    },
    /// A new wish, 1 to [`MAX_WISH_CHARS`](crate::model::MAX_WISH_CHARS) characters.
    Wish(String),
    /// The person's own wishes.
    Wishes {
        /// The words behind the command.
        who: Option<String>,
    },
    /// A wish less; [`super::wish_meant`] says which.
    Unwish {
        /// The words behind the command: its number or its words.
        who: Option<String>,
    },
    /// A question to the receiver, 1 to [`MAX_RELAY`](super::MAX_RELAY) characters.
    Ask {
        /// The question.
        text: String,
        /// `ASK!`: pass it on even with the sender's own name in it.
        insist: bool,
    },
    /// A word to the giver, 1 to [`MAX_RELAY`](super::MAX_RELAY) characters.
    Tell {
        /// The word.
        text: String,
        /// `TELL!`: pass it on even with the sender's own name in it.
        insist: bool,
    },
    /// A report.
    Report {
        /// Of what.
        report: GiftReport,
        /// The words behind the command.
        who: Option<String>,
    },
    /// Receipt, fingerprint, openings.
    Proof {
        /// The words behind the command.
        who: Option<String>,
    },
    /// A new link to their own page.
    Link {
        /// The words behind the command.
        who: Option<String>,
    },
    /// What can be texted.
    Menu,
    /// What it may cost.
    Budget,
    /// Which day it is.
    Date,
    /// A command that lacks its text: `ASK` and nothing behind it.
    Unfinished(Verb),
    /// A text too long to be kept or passed on.
    Oversized(Verb),
    /// Nothing to read: a picture alone, white space, control characters.
    Empty,
    /// Anything else.
    Other,
}

impl Intent {
    /// The verb of an intent that belongs to one person; `None` where it makes no difference who is texting.
    #[must_use]
    pub fn verb(&self) -> Option<Verb> {
        match self {
            Self::Name { .. } => Some(Verb::Name),
            Self::Wish(_) => Some(Verb::Wish),
            Self::Wishes { .. } => Some(Verb::Wishes),
            Self::Unwish { .. } => Some(Verb::Unwish),
            Self::Ask { .. } => Some(Verb::Ask),
            Self::Tell { .. } => Some(Verb::Tell),
            Self::Report { report: GiftReport::Bought, .. } => Some(Verb::Bought),
            Self::Report { report: GiftReport::Sent, .. } => Some(Verb::Sent),
            Self::Report { report: GiftReport::Got, .. } => Some(Verb::Got),
            Self::Proof { .. } => Some(Verb::Proof),
            Self::Link { .. } => Some(Verb::Link),
            Self::Menu
            | Self::Budget
            | Self::Date
            | Self::Unfinished(_)
            | Self::Oversized(_)
            | Self::Empty
            | Self::Other => None,
        }
    }
}

impl fmt::Debug for Intent {
    /// The verb, never the text: what people write to each other is nobody else's to log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Menu => f.write_str("Menu"),
            Self::Budget => f.write_str("Budget"),
            Self::Date => f.write_str("Date"),
            Self::Unfinished(verb) => write!(f, "Unfinished({verb:?})"),
            Self::Oversized(verb) => write!(f, "Oversized({verb:?})"),
            Self::Empty => f.write_str("Empty"),
            Self::Other => f.write_str("Other"),
            of_a_person => write!(f, "{:?}(..)", of_a_person.verb().unwrap_or(Verb::Menu)),
        }
    }
}
