//! Servers that speak the real protocols on free ports of this machine, and what tests of files need.

pub(crate) mod browser;
#[allow(dead_code, reason = "shared with the tests beside the code, each of which needs a part")]
pub(crate) mod cable;
#[allow(dead_code, reason = "shared with the tests beside the code, each of which needs a part")]
pub(crate) mod certificates;
pub(crate) mod demo;
pub(crate) mod forger;
pub(crate) mod house;
#[allow(dead_code, reason = "shared with the tests beside the code, each of which needs a part")]
pub(crate) mod postgres;
pub(crate) mod readme;
#[allow(dead_code, reason = "shared with the tests beside the code, each of which needs a part")]
pub(crate) mod rows;
pub(crate) mod s3;
#[allow(dead_code, reason = "shared with the tests beside the code, each of which needs a part")]
#[path = "../../src/messaging/smtp/local_server.rs"]
pub(crate) mod smtp;
pub(crate) mod sources;
#[allow(dead_code, reason = "shared with the tests beside the code, each of which needs a part")]
pub(crate) mod twilio;
