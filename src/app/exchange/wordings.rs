//! Every text that people of an exchange read, with its length.

use crate::conversation::exchange::listed;
use crate::conversation::{Listed, Way};
use crate::messaging::length::measure;
use crate::model::Exchange;

/// A text and how long it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub text: Listed,
    /// SMS segments with values of a usual length; `None` for what is no SMS of its own.
    pub segments: Option<usize>,
}

impl Shown {
    /// Whether the organizer says it in their own words.
    pub fn is_reworded(&self) -> bool {
        self.text.text != self.text.usual
    }
}

/// All of them.
pub fn all(exchange: &Exchange) -> Vec<Shown> {
    shown(listed(exchange))
}

/// Texts of any kind of topic, with their lengths.
pub fn shown(texts: Vec<Listed>) -> Vec<Shown> {
    let shown = |text: Listed| {
        let segments = (text.way == Way::Sms).then(|| measure(&text.example).segments);
        Shown { text, segments }
    };
    texts.into_iter().map(shown).collect()
}
