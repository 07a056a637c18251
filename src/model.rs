//! The words of an exchange as types: people, their addresses, the rules, the settings around them.
//!
//! Everything here is plain data without I/O. Phones and e-mails print masked; only [`Phone::expose`]
//! and [`Email::expose`] give the raw one, so an address cannot slip into a log by being formatted.

mod address;
pub mod carriers;
mod event;
mod exchange;
mod ids;
mod plans;
mod settings;
mod words;

pub use address::{AddressError, Email, Phone, masked};
pub use event::{Invitation, Phase, State, Terms, Word};
pub use exchange::{
    DEFAULT_REPLY, Deliver, Exchange, Exclusion, MAX_WISH_CHARS, MAX_WISHES, PastYear, Person, PersonIndex, Position,
    Repeats, Rules, ToldBy,
};
pub use ids::{AccountId, ContactId, InvitationId, PersonId, TopicId};
pub use settings::{
    ArchiveSettings, DatabaseServer, DatabaseSettings, ListenerSettings, MessagingMode, MessagingSettings, Organizers,
    SealSettings, ServerTls, Settings, SignInSettings, SiteSettings, SmtpSecurity, SmtpSettings, TwilioSettings,
    is_this_machine,
};
pub(crate) use words::words;
