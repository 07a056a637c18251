//! Changing a roster where it is written: its text in, its text with the changes out, comments and layout kept.
//!
//! Pure, so that it serves a file and a database alike: whoever keeps the text reads it, has it changed here, and keeps it
//! again. What comes out has been read as a roster: a change that would break one is refused with all that would be wrong,
//! and nothing is changed. Only people may be missing, who come one after the other.

mod document;
mod list;

use super::{Diagnostic, Roster, RosterError, Setting, Severity};
use crate::model::Person;
use document::Document;

/// Keys of `[[people]]` and what they are given; `None` takes the key out, and what is not named stays.
pub type Fields = Vec<(&'static str, Option<Setting>)>;

/// One change. People are named in any spelling that the roster would understand.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Adds a person with these keys.
    Add(Fields),
    /// Changes a person. With another `name` they are called so in the exclusions and the past, too.
    Change(String, Fields),
    /// Takes a person out, and with them the exclusions that name them.
    Remove(String),
    /// Says that somebody may not give to somebody.
    Exclude {
        /// Who may not give.
        giver: String,
        /// To whom.
        receiver: String,
        /// Nor the other way round.
        both_ways: bool,
    },
    /// Takes such a saying back, as far as it names both; one of a whole household stays.
    Allow {
        /// Who may not give.
        giver: String,
        /// To whom.
        receiver: String,
        /// Whether it says so of both ways.
        both_ways: bool,
    },
}

/// A roster with its changes made.
#[derive(Debug)]
pub struct Edited {
    /// The roster as it was.
    pub before: Roster,
    /// The roster as it is now.
    pub after: Roster,
    /// Its text.
    pub text: String,
}

/// Something that keeps a change from being made. Carries no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The key that it is about, where there is one.
    pub key: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What would mend it.
    pub hint: Option<String>,
}

impl Refusal {
    fn new(message: impl Into<String>, hint: Option<String>) -> Self {
        Self { key: None, message: message.into(), hint }
    }
}

/// The keys that say of a person what is known of them; none for what is not.
#[must_use]
pub fn fields(person: &Person) -> Fields {
    let list = |list: &[String]| (!list.is_empty()).then(|| Setting::Texts(list.to_vec()));
    let households = match &person.households[..] {
        [one] => Some(Setting::Text(one.clone())),
        several => list(several),
    };
    let phone = person.phone.as_ref().map(|phone| Setting::Text(phone.expose().to_owned()));
    let email = person.email.as_ref().map(|email| Setting::Text(email.expose().to_owned()));
    let name = Some(Setting::Text(person.name.clone()));
    let all = [
        ("name", name),
        ("phone", phone),
        ("email", email),
        ("deliver", person.deliver.map(|deliver| Setting::Text(deliver.word().to_owned()))),
        ("household", households),
        ("wishes", list(&person.wishes)),
    ];
    all.into_iter().filter(|(_, value)| value.is_some()).collect()
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The roster is refused as it is.
    #[error(transparent)]
    Before(#[from] RosterError),
    /// The changes cannot be made, or would break the roster.
    #[error("nothing was changed")]
    Refused(Vec<Refusal>),
}

/// Makes changes, all or none. `read` reads a text as a roster that may want people still.
///
/// # Errors
/// [`EditError`]; there is no text then.
pub fn apply(
    text: &str,
    read: impl Fn(&str) -> Result<Roster, RosterError>,
    edits: &[Edit],
) -> Result<Edited, EditError> {
    let before = read(text)?;
    let document = Document::read(text, &before);
    let whole = || EditError::Refused(vec![Refusal::new("this text cannot be changed from here", None)]);
    let mut document = document.ok_or_else(whole)?;
    let refusals: Vec<Refusal> = edits.iter().filter_map(|edit| document.make(edit).err()).collect();
    if !refusals.is_empty() {
        return Err(EditError::Refused(refusals));
    }
    let text = document.text();
    match read(&text) {
        Ok(after) => Ok(Edited { before, after, text }),
        Err(RosterError::Problems(problems)) => {
            let errors = problems.into_iter().filter(|problem| problem.severity == Severity::Error);
            Err(EditError::Refused(errors.map(|problem| refusal(problem, &text)).collect()))
        }
        Err(other) => Err(other.into()),
    }
}

/// What is wrong with the text that is not kept. Nobody can look a line of it up, so the key is told instead.
fn refusal(problem: Diagnostic, text: &str) -> Refusal {
    let line = (problem.line as usize).checked_sub(1).filter(|_| problem.place.is_none());
    let key = line.and_then(|line| text.lines().nth(line)?.split_once('=')).map(|(key, _)| key.trim().to_owned());
    Refusal { key, message: problem.message, hint: problem.hint }
}

#[cfg(test)]
mod tests;
