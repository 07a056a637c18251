//! The words of a front desk: what hosts and visitors text, what they are told, what the kiosk says.
//!
//! [`understand`] makes an [`Intent`] of a text; [`Outcome`] is what `app` wrote down about it, and [`Place::answer`] the
//! words that go back. Everything said unasked is made of one [`Visit`], in the time of the desk's zone.

mod listing;
mod rendering;
mod wording;

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::spelling::{bounded, is_punctuation, skeleton, split_words};

pub use listing::listed;
pub use rendering::time;
pub use wording::check_wording;

/// The longest wait that a host announces, in minutes.
const LONGEST_WAIT: u32 = 120;

/// A desk as its texts speak of it.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// What it is called.
    pub name: String,
    /// Where it stands.
    pub address: String,
    /// So many days visitors' names and addresses are kept.
    pub keep_days: u32,
    /// The texts that are worded differently, by name.
    pub messages: BTreeMap<String, String>,
}

/// A visit as texts speak of it. Times are those of the desk's zone.
#[derive(Debug, Clone)]
pub struct Visit<'a> {
    /// Who came.
    pub visitor: &'a str,
    /// Their phone, as it is dialled.
    pub phone: &'a str,
    /// Their e-mail address.
    pub email: &'a str,
    /// To whom.
    pub host: &'a str,
    /// Where that is.
    pub room: &'a str,
    /// When they came.
    pub came: DateTime,
    /// When they are to leave.
    pub leaves: DateTime,
}

/// What somebody texts to a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// A host: I am coming.
    Coming,
    /// A host: in so many minutes.
    InMinutes(u32),
    /// A host: I cannot.
    CannotCome,
    /// A visitor: I am leaving.
    Out,
    /// Anything else.
    Other,
}

/// What was decided about a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The host's word is shown at the desk.
    HostNoted,
    /// Nobody has come for that host.
    NobodyWaits,
    /// The visitor has left.
    Left,
    /// They had left before.
    LeftBefore,
    /// What a host may text.
    NudgeHost,
    /// What a visitor may text.
    NudgeVisitor,
}

/// Reads a text.
pub fn understand(body: &str) -> Intent {
    let text = skeleton(bounded(body));
    let words: Vec<&str> = split_words(&text).map(|word| word.trim_matches(is_punctuation)).collect();
    let minutes = |word: &str| {
        let digits = word.strip_suffix("min").unwrap_or(word);
        digits.parse().ok().filter(|minutes| (1..=LONGEST_WAIT).contains(minutes))
    };
    match words.iter().filter(|word| !word.is_empty()).copied().collect::<Vec<_>>()[..] {
        ["ok" | "okay" | "coming"] => Intent::Coming,
        ["no"] => Intent::CannotCome,
        ["out"] => Intent::Out,
        [number] | [number, "min" | "mins" | "minutes"] => minutes(number).map_or(Intent::Other, Intent::InMinutes),
        _ => Intent::Other,
    }
}

impl Intent {
    /// What is kept of a host's answer; `None` of what is none.
    pub fn as_answer(self) -> Option<String> {
        match self {
            Self::Coming => Some("ok".to_owned()),
            Self::CannotCome => Some("no".to_owned()),
            Self::InMinutes(minutes) => Some(minutes.to_string()),
            Self::Out | Self::Other => None,
        }
    }
}

#[cfg(test)]
mod tests;
