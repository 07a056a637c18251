//! `xchange restore`.

use serde_json::json;

use super::{Context, Ending, Failure};
use crate::app::exchange::agreement::BRING_BACK;
use crate::app::exchange::restore;
use crate::error_chain::sentence;

/// Bring draws and openings back from the archive
///
/// Fills a database that has none of this series, from the archive, with the key file. Who has asked, opt-outs and wishes are not in the
/// archive.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  xchange restore")]
pub(super) struct Args {}

pub(super) fn run(_args: &Args, context: &Context) -> Result<Ending, Failure> {
    context.ui.start_log(tracing::Level::WARN);
    let roster = context.roster()?;
    if roster.kept.is_some() {
        let name = &roster.exchange.name;
        return Err(Failure::error(format!("{name:?} is kept in the database, and the archive holds only its draws"))
            .hint("Bring a backup of the database back."));
    }
    let site = context.site(&roster)?;
    let restored = context.block_on(restore::restore(&site))??;
    if context.ui.json() {
        context.ui.document(&json!({
            "series": roster.exchange.series,
            "draws": restored.draws,
            "openings": restored.openings,
            "missing": restored.gaps.iter().map(ToString::to_string).collect::<Vec<_>>(),
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
    for gap in &restored.gaps {
        context.ui.always(&format!("warning: {gap}"));
    }
    if !restored.gaps.is_empty() {
        context.ui.always(&format!("hint: {}", sentence(BRING_BACK)));
    }
    context.ui.talk(
        "Who has asked so far is not in the archive; people can simply ask again. Nor is who has texted STOP: whoever did \
         is sent the next message again, and only Twilio's own refusal (21610) brings the STOP back.",
    );
    Ok(Ending::Done)
}
