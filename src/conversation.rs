//! An incoming text becomes an intent, an outcome becomes words. Pure: no I/O, no clock, no randomness.
//!
//! The way through: [`understand`] reads a text, `app` does what it asks for and writes down an [`Outcome`] (short,
//! without any revealing word, so that it may stand in the message log), and [`words`] turns the outcome into the
//! answer with a [`View`] of one person's own secrets. [`outgoing`] holds the words of everything the tool says
//! without having been asked in the same breath: notices, reminders, mail, relayed questions.
//!
//! Invariants: a view shows one person's receivers and no one else's, and an outcome about somebody else renders to
//! nothing; a carrier's word (STOP, START, HELP and the like) counts only as the whole message and is never guessed.
//!
//! What does not belong here: who may text, what is stored, when something is sent.

mod intent;
mod letter;
mod limits;
mod outcome;
pub mod outgoing;
mod relay;
mod sharing;
pub mod spelling;
mod template;
mod understanding;
mod wording;

pub use intent::{Intent, Report, Verb};
pub use letter::Mail;
pub use limits::{Allowance, PER_DAY, PER_MINUTE, Recent, allowance};
/// The family of the tests.
#[cfg(test)]
pub(crate) use outcome::tests::family;
pub use outcome::{MAX_ANSWER, Outcome, Receiver, View, reply, words};
pub use relay::names_sender;
pub use sharing::speaker;
pub use template::{MAX_TEMPLATE, Template, TemplateProblem};
pub use understanding::{Vocabulary, understand};
pub use wording::{REPLY_PLACEHOLDERS, WORDINGS, Wording, check_override, check_reply};
