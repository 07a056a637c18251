//! Outgoing messages: Twilio, SMTP, files, the simulated phones; SMS length; the outbox worker.

pub mod inbox;
pub mod length;
pub mod ngrok;
pub mod number;
pub mod twilio;
