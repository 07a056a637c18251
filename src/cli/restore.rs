//! `xchange restore`.

use serde_json::json;

use super::{Context, Ending, Failure};
use crate::app::exchange::restore;

/// Brings the draws and openings of this series back from the archive, into a database that has none of them.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_args: &Args, context: &Context) -> Result<Ending, Failure> {
    context.ui.start_log(tracing::Level::WARN);
    let roster = context.roster()?;
    let site = context.site(&roster)?;
    let restored = context.block_on(restore::restore(&site))??;
    if context.ui.json() {
        context.ui.document(&json!({
            "series": roster.exchange.series,
            "draws": restored.draws,
            "openings": restored.openings,
        }))?;
    } else {
        let counted = |number: usize, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
        context.ui.data(&format!(
            "Restored {} and {} of {}. `xchange history` shows their fingerprints: compare them with those you published.",
            counted(restored.draws.len(), "draw"),
            counted(restored.openings, "opening"),
            roster.exchange.series
        ))?;
    }
    context.ui.talk("Who has asked so far is not in the archive; people can simply ask again.");
    Ok(Ending::Done)
}
