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

/// Whether somebody gets their pairing by e-mail and does not text for it.
#[must_use]
pub fn is_mailed(person: &Person) -> bool {
    person.phone.is_none() && person.email.is_some()
}

impl<'e> Ways<'e> {
    /// The ways of everybody in an exchange.
    #[must_use]
    pub fn of(exchange: &'e Exchange) -> Self {
        let by_mail: Vec<&str> = exchange.people.iter().filter(|p| is_mailed(p)).map(|p| p.name.as_str()).collect();
        Self { by_mail, by_text: exchange.people.iter().filter(|person| person.phone.is_some()).count() }
    }
}

/// Names of those whose phone takes no texts, as far as its country's numbering plan tells.
#[must_use]
pub fn landlines(exchange: &Exchange) -> Vec<&str> {
    let fixed = exchange.people.iter().filter(|p| p.phone.as_ref().is_some_and(crate::model::Phone::is_landline));
    fixed.map(|person| person.name.as_str()).collect()
}
