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
pub mod probe;
pub mod quiet;
pub mod sender;
pub mod smtp;
pub mod tls;
pub mod twilio;
