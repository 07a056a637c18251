//! Use cases, called by both front doors. Knows every room below it; knows nothing of clap, axum or the terminal.
//!
//! A folder a kind of topic ([`exchange`], [`event`], [`desk`], [`list`]), and what all kinds share: [`responder`] answers texts, [`outbox`] sends
//! messages, [`accounts`] says who may sign in and what is theirs, [`exchanges`] is an opened site, [`site`] one of its exchanges, [`service`] a running site.

pub mod accounts;
pub mod backup;
pub mod changes;
pub mod connect;
pub mod contacts;
pub mod desk;
pub mod doctor;
pub mod event;
pub mod exchange;
pub mod exchanges;
pub mod keys;
pub mod limits;
pub mod links;
pub mod list;
pub mod outbox;
pub mod overview;
pub mod responder;
mod served_topics;
pub mod service;
pub mod site;
pub mod topics;
