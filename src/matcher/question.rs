//! What is asked, and the board it is laid out on.

pub(crate) mod board;
pub(crate) mod circle_rule;
pub(crate) mod complement;
pub(crate) mod costs;
pub(crate) mod problem;
pub(crate) mod rules;
pub(crate) mod scaling;
