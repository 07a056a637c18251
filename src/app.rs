//! Use cases, called by both front doors. Knows every room below it; knows nothing of clap, axum or the terminal.

pub mod answer;
pub mod archive_copy;
pub mod audit;
pub mod check;
pub mod doctor;
pub mod draw;
pub mod keep_archived;
pub mod keys;
pub mod load;
pub mod outbox;
pub mod rerun;
pub mod restore;
pub mod rules;
pub mod status;
pub mod stored;
pub mod verify;
