//! Servers that speak the real protocols on free ports of this machine.

pub(crate) mod house;
pub(crate) mod s3;
