//! Which way everybody is told, as the roster has it. What is set up for it is another question.

use crate::model::{Exchange, Person};

/// Who is told by e-mail and who by text.
#[derive(Debug, PartialEq, Eq)]
pub struct Ways<'e> {
    /// Names of those who get their pairing by e-mail.
    pub by_mail: Vec<&'e str>,
    /// How many text for it.
    pub by_text: usize,
}

impl<'e> Ways<'e> {
    /// The ways of everybody in an exchange.
    #[must_use]
    pub fn of(exchange: &'e Exchange) -> Self {
        let mailed = exchange.people.iter().filter(|person| person.is_mailed());
        let texts = |person: &&Person| person.phone.is_some() && !person.is_mailed();
        Self {
            by_mail: mailed.map(|person| person.name.as_str()).collect(),
            by_text: exchange.people.iter().filter(texts).count(),
        }
    }
}

/// Names of those whose phone takes no texts, as far as its country's numbering plan tells.
#[must_use]
pub fn landlines(exchange: &Exchange) -> Vec<&str> {
    let fixed = exchange.people.iter().filter(|p| p.phone.as_ref().is_some_and(crate::model::Phone::is_landline));
    fixed.map(|person| person.name.as_str()).collect()
}
