//! What is texted becomes an intent, and what was decided becomes words. Pure: no I/O, no clock, no randomness.
//!
//! The common floor, and on it a folder for each kind of topic with that kind's own vocabulary, intents, outcomes and
//! words: [`exchange`], [`event`], [`desk`] and [`list`]. The floor holds what every kind needs: the carriers' words, how much may be texted,
//! spelling, templates and wordings, mail, and which of several topics, or of several people, of one phone is meant.
//!
//! The way through: [`carrier_word`] first, whatever the topic; then a topic kind's `understand` reads the text, `app`
//! does what it asks for and writes down an `Outcome` (short, without a person and without any revealing word, so that
//! it may stand in the message log), and the kind's `words` turn the outcome into the answer.
//!
//! Invariants: a view shows one person's receivers and no one else's; a carrier's word (STOP, START, HELP and the like)
//! counts only as the whole message and is never guessed; no kind of topic knows another.
//!
//! What does not belong here: who may text, what is stored, when something is sent.

mod carrier;
mod choosing;
pub mod desk;
pub mod event;
pub mod exchange;
mod limits;
pub mod list;
mod mail;
mod sharing;
mod spelling;
mod template;
mod wording;

pub use carrier::{CarrierWord, carrier_word};
pub use choosing::{Asks, Choice, Signs, choose, labels};
pub use limits::{Allowance, MAX_SMS, Period, Recent, allowance};
pub use mail::Mail;
pub use spelling::gist;
pub use template::{Template, TemplateProblem};
pub use wording::{Listed, Way};
