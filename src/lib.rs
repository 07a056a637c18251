//! xchange draws a gift exchange without anyone, even the organizer, seeing who gives to whom.
//!
//! # The house
//!
//! | room | what it is for |
//! |---|---|
//! | `cli` | front door 1: the verbs, one a file; what is printed, which exit code |
//! | [`web`] | front door 2: the listener; signatures, routes, the organizers' pages, the simulated phones of a demo or a rehearsal |
//! | `app` | use cases, called by both doors; a folder a kind of topic (`exchange`, `event`, `desk`, `list`), and what all share: `responder`, `outbox`, `accounts`, `contacts`, `exchanges` and `site` (opened), `backup`, `links`, `service` (running) |
//! | [`roster`] | `exchange.toml` as written, then as meant; problems with line, column and hint |
//! | [`matcher`] | rules in, a uniformly random draw or the reason there is none out; pure |
//! | `dealing` | an event and its invitations as they stand in, whom to invite, seat or tell out; pure |
//! | `desk` | hosts and visits as they stand in, who is free, when the next one is, which instant a local time means out; pure |
//! | `conversation` | a text becomes an intent, an outcome becomes words: a floor for all topics, a folder for each kind; pure |
//! | [`seal`] | sealing and opening, receipts, the fingerprint, the chain of openings and changed addresses |
//! | `broadcast` | one text to many: an audience becomes a plan, a provider's code what follows from it; pure |
//! | `store` | the database: topics, persons, draws, texts, openings, the outbox, accounts, contacts, events, desks, lists; `store/engine/` alone names a driver |
//! | `archive` | the second copy, written once: S3 or a folder |
//! | `messaging` | Twilio, SMTP, files; the length of an SMS |
//! | [`model`] | people, rules, ids and settings as types; addresses that print masked |
//! | `clock` | what the calendar says: one value, passed down; a rehearsal moves it |
//!
//! Dependencies go one way: `cli, web -> app -> {conversation, matcher, dealing, desk, broadcast, seal, store, archive,
//! messaging} -> model`, and `roster -> model`. Below `app` nothing knows clap, axum or the terminal. Within `app` the topics know the traits of
//! `responder` and `outbox`, which know no topic; `service` puts them together. Rooms are private but for the linked
//! ones, so that the compiler sees what is dead.
//!
//! # The way of a text message
//!
//! 1. Twilio posts a form to `/sms`. `web.rs` shows all routes on one screen; `web/webhook.rs` checks the signature before
//!    it reads the form, and `web/texts.rs` hands a `Text` to the responder.
//! 2. `app/responder.rs` takes all texts that wait into one transaction, whose commit waits for the disk.
//! 3. `app/responder/decide.rs` decides about each: seen before (its id is unique in the table)? a carrier's word? too many?
//!    whose phone, in which topics? Of several `which.rs` finds the one that is meant, or asks.
//! 4. `app/exchange/hear.rs` asks `conversation/exchange` what is wanted, does it, logs the outcome, and has it put into
//!    words from the open draw (`app/exchange/open_draws.rs`), for that one person.
//! 5. After the commit the words go back the way the text came, as TwiML. The log keeps the outcome, never the words.
//!
//! Another kind of topic is another folder in `app` and in `conversation`, and a line in `app/service.rs`. The exchanges of a
//! site, the file's and those of its database, are listed by `app/exchanges.rs` and no other.
//!
//! # The way of a draw
//!
//! `app/exchange/draw.rs`, in this order: the file becomes an [`Exchange`](model::Exchange) ([`roster`]); its rules and the
//! series' earlier draws become a [`Problem`](matcher::Problem), which the [`matcher`] solves; its people get their rows;
//! the pairings are sealed to this machine's key and the auditors' ([`seal`]); one commit keeps the sealed bytes and what
//! is known of the people from then on (`store`), and with it the draw exists; the `archive` takes the same bytes, and
//! with that it is live.
//!
//! What changes afterwards `app/exchange/update.rs` brings in, in two steps: pending, with an entry in the log of openings for each
//! changed address (`app/exchange/addresses.rs`) and another draw where somebody joined or left; and live, in one
//! transaction, once the archive holds it all. `app/exchange/rehearsal.rs` has the season played through before it is real.
//!
//! # Invariants
//!
//! - Nothing in normal running shows a pairing: no screen, log, table, metric or row. Rows that would join a giver to a
//!   receiver name one of them only, and the open draw supplies the other at the moment of sending.
//! - A trace comes before an opening, a commit before an answer, a confirmed archive copy before both.
//! - What is acknowledged survives a power cut.
//! - Nothing is overwritten: draws are numbered, openings chained, archive objects written once.
//!
//! `docs/design.md` says why, `docs/behaviours.md` what the ids above the tests mean.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "most rooms are private, and the documentation is for those who work in them"
)]

mod app;
mod archive;
mod broadcast;
mod cli;
mod clock;
mod conversation;
mod dealing;
mod desk;
mod error_chain;
#[doc(hidden)]
pub mod fuzzing;
#[doc(hidden)]
pub mod internals;
pub mod matcher;
mod messaging;
pub mod model;
pub mod roster;
pub mod seal;
mod store;
pub mod web;
mod write_once;

pub use cli::main;
