//! The words of a gift exchange: what people text, what was decided about it, what is said.
//!
//! [`understand`] makes an [`Intent`] of a text, [`speaker`] says who of several people of one phone it is from, and
//! [`words`] turns the [`Outcome`] that `app` wrote down into the answer, with a [`View`] of one person's own secrets.
//! [`outgoing`] holds the words of everything said without having been asked in the same breath: notices, reminders,
//! mail, relayed questions.

mod intent;
mod listing;
mod outcome;
pub mod outgoing;
mod relay;
mod rendering;
mod secrecy;
mod sharing;
mod understanding;
mod vocabulary;
mod wishing;
mod wording;

pub use intent::{GiftReport, Intent, Verb};
pub use listing::listed;
pub use outcome::{LastTold, Outcome, Receiver, View};
pub use relay::{MAX_RELAY, names_sender};
/// The family of the tests.
#[cfg(test)]
pub(crate) use rendering::tests::family;
pub use rendering::{in_words, last_told, reply, which_exchange, words};
pub use secrecy::asks_for_another;
pub use sharing::speaker;
pub use understanding::{asks, typed, understand};
pub use vocabulary::Vocabulary;
pub use wishing::{said_before, wish_meant};
pub use wording::{WORDINGS, check_reply, check_wording, reply_names_receiver};
