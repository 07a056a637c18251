//! xchange draws a gift exchange that nobody, the organizer included, has to be the keeper of.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod app;
pub mod archive;
pub mod cli;
pub mod conversation;
#[doc(hidden)]
pub mod fuzzing;
pub mod matcher;
pub mod messaging;
pub mod model;
mod once;
pub mod roster;
pub mod seal;
pub mod store;
pub mod web;
