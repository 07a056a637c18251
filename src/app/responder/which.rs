//! A text from a phone that is in several topics: which of them it is about is found in its words, or asked.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Answer, Courtesy, Heard, Incoming, Text, TextTopic};
use crate::conversation::{Choice, Signs, choose, labels};
use crate::model::PersonId;
use crate::store::{StoreError, StoredText, Tx};

/// A topic that a text may be about, with those of its people whose phone it is from.
pub(super) struct Candidate {
    pub(super) topic: Arc<dyn TextTopic>,
    pub(super) people: Vec<PersonId>,
}

impl Candidate {
    /// A text as this topic gets it.
    pub(super) fn incoming<'a>(&'a self, text: &'a Text, label: Option<&'a str>) -> Incoming<'a> {
        Incoming { text, people: &self.people, label }
    }
}

/// The word by which each of several topics of a phone is meant.
pub(super) fn labels_of(tx: &Tx<'_>, candidates: &[Candidate], now: Timestamp) -> Result<Vec<String>, StoreError> {
    Ok(labels(&signs(tx, candidates, now)?))
}

fn signs(tx: &Tx<'_>, candidates: &[Candidate], now: Timestamp) -> Result<Vec<Signs>, StoreError> {
    candidates.iter().map(|candidate| candidate.topic.signs(tx, &candidate.people, now)).collect()
}

fn chosen(tx: &Tx<'_>, candidates: &[Candidate], signs: &[Signs], body: &str) -> Result<Choice, StoreError> {
    choose(body, signs, |place, body| candidates[place].topic.asks(tx, body, &candidates[place].people))
}

/// Hears a text that one of several topics is to hear, or asks which.
pub(super) fn hear(tx: &Tx<'_>, candidates: &[Candidate], text: &Text, now: Timestamp) -> Result<Heard, StoreError> {
    let signs = signs(tx, candidates, now)?;
    match chosen(tx, candidates, &signs, &text.body)? {
        Choice::One(place, body) => {
            let text = Text { body, ..text.clone() };
            let label = &labels(&signs)[place];
            candidates[place].topic.hear(tx, candidates[place].incoming(&text, Some(label)), now)
        }
        Choice::Which(choices) => {
            let outcome =
                serde_json::to_string(&Courtesy::WhichTopic).map_err(|e| StoreError::damaged("outcome", e))?;
            let logged = StoredText { topic: None, person: None, draw: None, told: false, outcome };
            let first = &candidates[0].topic;
            let is_sealed = first.keep_sealed(tx, text, &logged, now)?;
            Ok(Heard { logged: (!is_sealed).then_some(logged), answer: first.which(&choices) })
        }
    }
}

/// Asks again what was asked of this text before, unless it would not be asked any more.
pub(super) fn again(tx: &Tx<'_>, candidates: &[Candidate], text: &Text, now: Timestamp) -> Result<Answer, StoreError> {
    if candidates.len() < 2 {
        return Ok(Answer::Silence);
    }
    Ok(match chosen(tx, candidates, &signs(tx, candidates, now)?, &text.body)? {
        Choice::Which(choices) => candidates[0].topic.which(&choices),
        Choice::One(..) => Answer::Silence,
    })
}
