//! Which way everybody is told, as the roster has it. What is set up for it is another question.

use crate::model::{Exchange, Person, Phone};
use crate::store::{StoreError, Tx};

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
    pub fn of(exchange: &'e Exchange) -> Self {
        let mailed = exchange.people.iter().filter(|person| person.is_mailed());
        let texts = |person: &&Person| person.phone.is_some() && !person.is_mailed();
        Self {
            by_mail: mailed.map(|person| person.name.as_str()).collect(),
            by_text: exchange.people.iter().filter(texts).count(),
        }
    }
}

/// How something that nobody asked for reaches somebody, as far as the roster and what they have texted tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reachable {
    /// They have texted.
    ByText,
    /// They have an e-mail address, and chose it or have not texted.
    ByMail,
    /// They have not texted yet, and have no e-mail address.
    OnceTheyText,
    /// They have said STOP, or have no phone; and they have no e-mail address, or want nothing there.
    Never,
}

impl Reachable {
    /// How somebody is reached.
    pub fn of(tx: &Tx<'_>, person: &Person) -> Result<Self, StoreError> {
        let email = person.email.as_ref().map(|email| tx.has_opted_out_of_mail(email)).transpose()?;
        let otherwise = |other| if email == Some(false) { Self::ByMail } else { other };
        Ok(match &person.phone {
            Some(phone) if !person.is_mailed() && tx.is_opted_out(phone)? => otherwise(Self::Never),
            Some(phone) if !person.is_mailed() && tx.has_written(phone)? => Self::ByText,
            Some(_) => otherwise(Self::OnceTheyText),
            None => otherwise(Self::Never),
        })
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::ByText => "text",
            Self::ByMail => "e-mail",
            Self::OnceTheyText => "once they text",
            Self::Never => "not at all",
        }
    }
}

/// Names of those who are told by text and whose phone takes none, as far as its country's numbering plan tells.
pub fn landlines(exchange: &Exchange) -> Vec<&str> {
    let is_landline = |person: &&Person| !person.is_mailed() && person.phone.as_ref().is_some_and(Phone::is_landline);
    let fixed = exchange.people.iter().filter(is_landline);
    fixed.map(|person| person.name.as_str()).collect()
}
