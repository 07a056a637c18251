//! The outbox against a local Twilio over real HTTP.

mod crash;
mod secrecy;
mod sending;
#[path = "../../../tests/integration/support/smtp.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "shared with other tests, each of which needs a part")]
mod smtp;
#[path = "../../../tests/integration/support/twilio.rs"]
#[allow(dead_code, reason = "shared with the integration tests, each of which needs a part")]
mod twilio;
mod world;
