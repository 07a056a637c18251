//! `xchange doctor`.

use super::{Context, Ending, Failure};

/// Checks each part for real, one line each.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(_args: &Args, context: &Context) -> Result<Ending, Failure> {
    context.roster()?;
    Ok(Ending::Done)
}
