//! The outbox against a local Twilio over real HTTP.

mod announcing;
mod attack;
mod crash;
mod rehearsal;
#[path = "../../../tests/integration/support/rows.rs"]
#[allow(dead_code, reason = "shared with the integration tests, each of which needs a part")]
mod rows;
mod secrecy;
mod sending;
#[path = "../../../tests/integration/support/twilio.rs"]
#[allow(dead_code, reason = "shared with the integration tests, each of which needs a part")]
pub(in crate::app) mod twilio;
pub(in crate::app) mod world;
