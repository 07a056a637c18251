//! What people who sign up for a list read and write: to confirm, to leave, and what is sent to all of them.

use std::collections::BTreeMap;

use super::mail::{self, Mail};
use super::spelling::{fold, split_words};
use super::template::TemplateProblem;
use super::wording::{self, Listed, WordingContext};

mod words;

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
        self.messages.get(name).map(String::as_str)
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
    #[must_use]
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
    #[must_use]
    pub fn which(&self, choices: &[String]) -> String {
        WHICH.say(self, &[("choices", &choices.join(", "))])
    }

    /// The one text that asks somebody to confirm.
    #[must_use]
    pub fn confirm_sms(&self) -> String {
        let words = CONFIRM_SMS.say(self, &[]);
        if words.starts_with(&self.sender) { words } else { format!("{}: {words}", self.sender) }
    }

    /// The one e-mail that does.
    #[must_use]
    pub fn confirm_mail(&self, name: &str, link: &str) -> Mail {
        mail::write(self, CONFIRM_SUBJECT, CONFIRM_MAIL, &[("name", name), ("link", link)], "")
    }

    /// What goes to all as an e-mail, with the way to leave below it.
    #[must_use]
    pub fn broadcast_mail(&self, subject: &str, text: &str, link: &str) -> Mail {
        let written = mail::write(self, CONFIRM_SUBJECT, BROADCAST_MAIL, &[("text", text), ("link", link)], "");
        Mail { subject: super::spelling::clean(subject), ..written }
    }

    /// A text that comes to somebody else's address, saying whose it is.
    #[must_use]
    pub fn overridden(&self, person: &str, sms: &str) -> String {
        format!("{} {sms}", OVERRIDDEN.say(self, &[("person", person)]))
    }

    /// The same of an e-mail.
    #[must_use]
    pub fn overridden_mail(&self, person: &str, mail: &Mail) -> Mail {
        mail::put_in_front(mail, &OVERRIDDEN.say(self, &[("person", person)]))
    }

    /// Every text that subscribers read.
    #[must_use]
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

/// Everything wrong with an organizer's own text for one of [`WORDINGS`].
#[must_use]
pub fn check_wording(name: &str, text: &str) -> Vec<TemplateProblem> {
    wording::check(WORDINGS, name, text)
}

/// What stands for something that is sent.
const SENT: [&str; 12] = [
    "texts",
    "text",
    "texting",
    "messages",
    "messaging",
    "message",
    "sms",
    "mails",
    "emails",
    "emailing",
    "mailing",
    "contacting",
];

/// What somebody may want taken off a list.
const ONESELF: [&str; 6] = ["me", "my", "us", "number", "phone", "list"];

/// Whether a text asks in its own words for no more messages. A carrier's word alone is not looked at here, and none is
/// guessed: of "stop" it counts only with what is to stop, and not where somebody asks not to.
#[must_use]
pub fn wants_out(body: &str) -> bool {
    let folded = fold(body).replace(['\'', '’'], "");
    let words: Vec<&str> = split_words(&folded).collect();
    let near = |at: usize, sought: &[&str]| words.iter().skip(at + 1).take(4).any(|word| sought.contains(word));
    let is_denied = |at: usize| at > 0 && matches!(words[at - 1], "dont" | "not" | "never" | "t" | "cant" | "wont");
    let pleads = words.len() == 2 && words.contains(&"please");
    (0..words.len()).any(|at| {
        let next = words.get(at + 1).copied().unwrap_or_default();
        match words[at] {
            "stop" | "quit" | "end" | "cease" => !is_denied(at) && (near(at, &SENT) || pleads),
            "remove" | "delete" | "unsubscribe" | "unregister" => {
                !is_denied(at) && (near(at, &ONESELF) || near(at, &SENT) || pleads)
            }
            "opt" => next == "out" && !is_denied(at),
            "take" => next == "me" && near(at + 1, &["off", "out"]),
            "leave" => next == "me" && near(at + 1, &["alone"]),
            "no" => next == "more" && near(at + 1, &SENT),
            "dont" | "not" => {
                let behind = words.get(at + 1..).unwrap_or_default();
                matches!(behind, ["text" | "message" | "contact" | "email" | "mail", "me", ..] | ["send" | "want", ..])
                    && (near(at, &["me"]) || near(at, &SENT))
            }
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests;
