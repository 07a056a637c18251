//! `xchange check`.

use super::{Context, Ending, Failure};

/// Checks the roster and its rules; draws nothing.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(_args: &Args, context: &Context) -> Result<Ending, Failure> {
    context.roster()?;
    Ok(Ending::Done)
}
