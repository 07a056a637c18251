//! What people who sign up for a list read and write: to confirm, to leave, and what is sent to all of them.

use std::collections::BTreeMap;

use super::mail::{self, Mail};
use super::template::TemplateProblem;
use super::wording::{self, Listed, WordingContext};

mod leaving;
mod words;

pub use leaving::wants_out;
pub use words::WORDINGS;
use words::{
    BROADCAST_MAIL, CONFIRM_MAIL, CONFIRM_SMS, CONFIRM_SUBJECT, CONFIRMED, KEPT, OPTED_OUT, OVERRIDDEN, TOO_MANY, WHICH,
};

/// A list as its texts speak of it.
#[derive(Debug, Clone)]
pub struct Voice {
    /// What it is called.
    pub list: String,
    /// Who writes.
    pub sender: String,
    /// The organizer's own texts, by name.
    pub messages: BTreeMap<String, String>,
}

impl WordingContext for Voice {
    fn override_of(&self, name: &str) -> Option<&str> {
        self.messages.get(name).filter(|text| check_wording(name, text).is_empty()).map(String::as_str)
    }

    fn value_everywhere(&self, placeholder: &str) -> Option<String> {
        match placeholder {
            "sender" => Some(self.sender.clone()),
            "list" => Some(self.list.clone()),
            _ => None,
        }
    }
}

/// What is said back to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// They have confirmed.
    Confirmed,
    /// They get nothing more.
    OptedOut,
    /// What they wrote is kept for the organizer.
    Kept,
    /// They text too much.
    TooMany,
}

impl Voice {
    /// The words of an outcome.
    pub fn words(&self, outcome: Outcome) -> String {
        let wording = match outcome {
            Outcome::Confirmed => CONFIRMED,
            Outcome::OptedOut => OPTED_OUT,
            Outcome::Kept => KEPT,
            Outcome::TooMany => TOO_MANY,
        };
        wording.say(self, &[])
    }

    /// The question which of several topics is meant.
    pub fn which(&self, choices: &[String]) -> String {
        WHICH.say(self, &[("choices", &choices.join(", "))])
    }

    /// The one text that asks somebody to confirm.
    pub fn confirm_sms(&self) -> String {
        let words = CONFIRM_SMS.say(self, &[]);
        if words.starts_with(&self.sender) { words } else { format!("{}: {words}", self.sender) }
    }

    /// The one e-mail that does.
    pub fn confirm_mail(&self, link: &str) -> Mail {
        mail::write(self, CONFIRM_SUBJECT, CONFIRM_MAIL, &[("link", link)], "")
    }

    /// What goes to all as an e-mail, with the way to leave below it.
    pub fn broadcast_mail(&self, subject: &str, text: &str, link: &str) -> Mail {
        let written = mail::write(self, CONFIRM_SUBJECT, BROADCAST_MAIL, &[("text", text), ("link", link)], "");
        Mail { subject: super::spelling::clean(subject), ..written }
    }

    /// A text that comes to somebody else's address, saying whose it is.
    pub fn overridden(&self, person: &str, sms: &str) -> String {
        format!("{} {sms}", OVERRIDDEN.say(self, &[("person", person)]))
    }

    /// The same of an e-mail.
    pub fn overridden_mail(&self, person: &str, mail: &Mail) -> Mail {
        mail::put_in_front(mail, &OVERRIDDEN.say(self, &[("person", person)]))
    }

    /// Every text that subscribers read.
    pub fn listed(&self) -> Vec<Listed> {
        let sample = |placeholder: &str| match placeholder {
            "choices" => "NEWS or CHRISTMAS",
            "text" => "We meet on Friday at eight, as always at the old mill.",
            "link" => "https://club.example.org/leave/abcdefghijklmnopqrstuvwxyz",
            _ => "Cleo Marsh",
        };
        WORDINGS.iter().map(|wording| wording.listed(self, sample)).collect()
    }
}

/// What must stand in a text, or it is of no use to whoever gets it.
const NEEDED: [(&str, &str); 3] =
    [(CONFIRM_MAIL.name, "link"), (BROADCAST_MAIL.name, "link"), (BROADCAST_MAIL.name, "text")];

/// Everything wrong with an organizer's own text for one of [`WORDINGS`].
pub fn check_wording(name: &str, text: &str) -> Vec<TemplateProblem> {
    let mut problems = wording::check(WORDINGS, name, text);
    // Two braces stand for one, and for no value.
    let stands = |value: &str| text.replace("{{", "").contains(&format!("{{{value}}}"));
    if problems.is_empty() {
        let missing = NEEDED.iter().filter(|(of, value)| *of == name && !stands(value));
        problems.extend(missing.map(|(_, value)| TemplateProblem {
            offset: text.len(),
            message: format!("{{{value}}} has to stand in it"),
            hint: None,
        }));
    }
    problems
}

#[cfg(test)]
mod tests;
