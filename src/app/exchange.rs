//! The use cases of a gift exchange: checked, drawn, kept in the archive, answered from, audited, restored.
//!
//! Knows nothing of who else may be texting the same number ([`super::responder`]) or of how messages travel
//! ([`super::outbox`]): to both it shows one face, [`ServedExchanges`].

mod addresses;
pub mod agreement;
pub mod announcement;
pub mod archive_copy;
pub mod archiver;
pub mod audit;
pub mod check;
pub mod checked_roster;
pub mod details;
pub mod differences;
pub mod draw;
pub mod draw_record;
pub mod editing;
pub mod forgetting;
mod hear;
pub mod history;
pub mod import;
pub mod kept;
pub mod mail_again;
pub mod matrix;
pub mod mend;
mod message;
mod messages;
pub mod notices;
mod open_draws;
mod own_link;
pub mod own_page;
pub mod people;
pub mod put_back;
pub mod question;
mod refusal;
pub mod rehearsal;
mod relays;
pub mod rerun;
pub mod restore;
pub mod roster_people;
mod sealed_messages;
mod secrets;
mod served;
mod served_exchanges;
pub mod status;
pub mod update;
pub mod verify;
pub mod ways;
pub mod wordings;
pub mod words;

pub use messages::ExchangeMessages;
pub use open_draws::OpenDraws;
pub use served::ServedExchange;
pub use served_exchanges::ServedExchanges;

#[cfg(test)]
pub(in crate::app) mod tests;
