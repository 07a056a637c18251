//! Twilio, SMTP, files; SMS length; the outbox worker.

pub mod length;
