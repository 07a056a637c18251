//! `xchange archive`.

use serde_json::json;

use super::{Context, Failure};
use crate::app::exchange::put_back::{PutBack, put_back};

/// Put lost archive copies back
///
/// Sealed draws of this series, their headers, openings. Each is written where nothing stands and read back; what is
/// there is compared and never replaced.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  xchange archive --again")]
pub(super) struct Args {
    /// Put lost copies back
    #[arg(long, required = true)]
    again: bool,
}

pub(super) fn run(_args: &Args, context: &Context) -> Result<(), Failure> {
    context.ui.start_log(tracing::Level::INFO);
    let roster = context.roster()?;
    let site = context.site_to_look(&roster)?;
    let done = context.block_on(put_back(&site))??;
    if context.ui.json() {
        let row = |put: &PutBack| json!({"location": put.location, "state": state(put), "problem": put.outcome.as_ref().err()});
        context.ui.document(&json!({"copies": done.iter().map(row).collect::<Vec<_>>()}))?;
    } else {
        context.ui.data(&in_words(&done))?;
    }
    Failure::explained_unless(done.iter().all(|put| put.outcome.is_ok()))
}

fn state(put: &PutBack) -> &'static str {
    match put.outcome {
        Ok(true) => "there",
        Ok(false) => "put back",
        Err(_) => "failed",
    }
}

fn in_words(done: &[PutBack]) -> String {
    let there = done.iter().filter(|put| matches!(put.outcome, Ok(true))).count();
    let mut lines: Vec<String> = done
        .iter()
        .filter_map(|put| match &put.outcome {
            Ok(true) => None,
            Ok(false) => Some(format!("Put back {}.", put.location)),
            Err(problem) => Some(format!("NOT put back {}: {problem}.", put.location)),
        })
        .collect();
    lines.push(match (done.len(), there) {
        (0, _) => "There is nothing to archive yet.".to_owned(),
        (all, there) if all == there => format!("All {all} copies are there already."),
        (all, there) => format!("{there} of {all} copies were there already."),
    });
    lines.join("\n")
}
