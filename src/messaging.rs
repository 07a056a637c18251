//! Outgoing messages: Twilio, SMTP, files, the simulated phones; SMS length; quiet hours and pace.
//!
//! This room sends what it is handed and says how that went. What is due, to whom, and in which words is `app`'s.

pub mod envelope;
mod files;
pub mod inbox;
pub mod length;
pub mod ngrok;
pub mod number;
pub mod pacing;
pub mod quiet;
pub mod reach;
pub mod sender;
pub mod smtp;
mod tls;
pub mod twilio;

/// The mail server of the integration tests, for the tests beside the code.
#[cfg(test)]
#[path = "../tests/integration/support/smtp.rs"]
#[allow(dead_code, reason = "shared with the integration tests, each of which needs a part")]
pub(crate) mod local_smtp;
