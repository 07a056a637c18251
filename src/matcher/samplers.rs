//! The ways to draw, a file each.

pub(crate) mod circles;
pub(crate) mod circles_first;
pub(crate) mod greedy;
pub(crate) mod groups;
pub(crate) mod hamiltonian;
pub(crate) mod huber;
pub(crate) mod k_rounds;
pub(crate) mod mend;
pub(crate) mod rejection;
pub(crate) mod scaled;
pub(crate) mod subsets;
pub(crate) mod switch_chain;
