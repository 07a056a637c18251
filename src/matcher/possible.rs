//! Whether there is a draw, which pairings it may use, and why there is none.

pub(crate) mod augment;
pub(crate) mod blocks;
pub(crate) mod cheapest;
pub(crate) mod components;
pub(crate) mod explain;
pub(crate) mod k_matching;
pub(crate) mod matching;
pub(crate) mod search;
pub(crate) mod witness;
