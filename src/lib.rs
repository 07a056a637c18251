//! xchange draws a gift exchange that nobody, the organizer included, has to be the keeper of.
//!
//! # The house
//!
//! | room | what it is for |
//! |---|---|
//! | [`cli`] | front door 1: the verbs, one a file; what is printed, which exit code |
//! | [`web`] | front door 2: the listener; signatures, routes, the simulated phones |
//! | [`app`] | use cases, called by both doors: draw, answer, audit, verify, restore, send |
//! | [`roster`] | `exchange.toml` as written, then as meant; problems with line, column and hint |
//! | [`matcher`] | rules in, a uniformly random draw or the reason there is none out; pure |
//! | [`conversation`] | a text becomes an intent, an outcome becomes words, a folder a kind of topic; pure |
//! | [`seal`] | sealing and opening, receipts, the fingerprint, the chain of openings |
//! | [`store`] | SQLite: draws, texts, openings, the outbox |
//! | [`archive`] | the second copy, written once: S3 or a folder |
//! | [`messaging`] | Twilio, SMTP, files; the length of an SMS |
//! | [`model`] | people, rules and settings as types; addresses that print masked |
//!
//! Dependencies go one way: `cli, web -> app -> {conversation, matcher, seal, store, archive, messaging} -> model`, and
//! `roster -> model`. Below `app` nothing knows clap, axum or the terminal.
//!
//! # The way of a text message
//!
//! 1. Twilio posts a form to `/sms`. [`web`] shows all routes on one screen; `web/webhook.rs` checks the signature before
//!    it reads the form, and `web/texts.rs` hands a [`Text`](app::answer::Text) to the [`Switchboard`](app::answer::Switchboard).
//! 2. `app/answer/operator.rs` is the switchboard's one thread. It takes all texts that wait into one transaction of the
//!    database and notices there if another process has drawn meanwhile.
//! 3. `app/answer/decide.rs` decides about each: seen before? a [carrier's word](conversation::carrier_word)? too many?
//!    (`logbook.rs` remembers) whose phone is it? It asks [`understand`](conversation::exchange::understand) what is
//!    wanted, does it, logs the [`Outcome`](conversation::exchange::Outcome), and has
//!    [`words`](conversation::exchange::words) put it into words from the open draw, for that one person.
//! 4. After the commit the words go back the way the text came, as TwiML. The log keeps the outcome, never the words.
//!
//! # The way of a draw
//!
//! [`app::draw`], in this order: the file becomes an [`Exchange`](model::Exchange) ([`roster`]); its rules and the
//! series' earlier draws become a [`Problem`](matcher::Problem), which the [`matcher`] solves; the pairings are sealed
//! to this machine's key and the auditors' ([`seal`]); one commit keeps the sealed bytes ([`store`]), and with it the
//! draw exists; the [`archive`] takes the same bytes, and with that it is live.
//!
//! # Invariants
//!
//! - Nothing in normal running shows a pairing: no screen, log, table, metric or row. Rows that would join a giver to a
//!   receiver name one of them only, and the open draw supplies the other at the moment of sending.
//! - A trace comes before an opening, a commit before an answer, a confirmed archive copy before both.
//! - Nothing is overwritten: draws are numbered, openings chained, archive objects written once.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod app;
pub mod archive;
mod causes;
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
