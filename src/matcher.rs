//! Rules in, a uniformly random draw or the reason there is none out. Pure: no I/O, no clock, no globals.

pub(crate) mod board;
mod cycles;
mod groups;
mod huber;
mod kfold;
pub(crate) mod random;
mod rejection;
#[cfg(test)]
mod samplers_tests;
mod sinkhorn;
mod walk;
