//! The words of an event: what guests text, and what they are told.
//!
//! [`understand`] reads one of four answers out of a text, [`words`] puts how a guest's invitation stands into the answer, and
//! [`message`] holds what is said without having been asked: invitations, offers, reminders, changes.

mod saying;
mod understanding;
mod wording;

pub use saying::{About, Kind, Reader, Said, help, message, overridden, too_many, when_in_words, which_event, words};
pub(crate) use understanding::speaker;
pub use understanding::understand;
pub use wording::{check_wording, listed};
