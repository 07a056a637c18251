//! The use cases over a real database, a real key and a real archive folder; no listener, no terminal.

mod archive;
mod disagreement;
mod forgetting;
mod history;
mod restore;
mod several;
pub(in crate::app) mod several_world;
mod updates;
mod verify;
pub(in crate::app) mod world;
