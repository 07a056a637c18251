//! `xchange history`.

use serde_json::json;

use super::status::local;
use super::{Context, Failure};
use crate::app::exchange::history::{self, PastDraw};

/// List the sealed draws of the series
///
/// Opens none of them.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  xchange history")]
pub(super) struct Args {}

pub(super) fn run(_args: &Args, context: &Context) -> Result<(), Failure> {
    let roster = context.roster()?;
    let draws = history::history(&context.site_to_look(&roster)?)?;
    if context.ui.json() {
        let row = |draw: &PastDraw| {
            let header = draw.header.as_ref();
            json!({
                "draw": draw.number,
                "exchange": draw.exchange,
                "drawn_at": draw.drawn_at,
                "people": header.map(|h| h.people),
                "fingerprint": header.map(|h| h.fingerprint.to_string()),
                "uniformity": header.map(|h| h.uniformity.clone()),
                "reason": header.and_then(|h| h.reason.clone()),
                "archive": {"state": draw.archive.state.word(), "location": draw.archive.location},
            })
        };
        return context.ui.document(&json!({
            "series": roster.exchange.series,
            "draws": draws.iter().map(row).collect::<Vec<_>>(),
        }));
    }
    if draws.is_empty() {
        return context.ui.data(&format!("{} has no draws yet.", roster.exchange.series));
    }
    let row = |draw: &PastDraw| {
        let header = draw.header.as_ref();
        vec![
            draw.number.to_string(),
            draw.exchange.clone(),
            local(Some(draw.drawn_at), &roster.exchange.timezone),
            header.map_or_else(|| "?".to_owned(), |h| h.people.to_string()),
            header.map_or_else(|| "damaged".to_owned(), |h| h.fingerprint.to_string()),
            draw.archive.state.word().to_owned(),
            header.and_then(|h| h.reason.clone()).unwrap_or_default(),
        ]
    };
    context.ui.table(
        &["draw", "exchange", "drawn", "people", "fingerprint", "archive", "reason"],
        &draws.iter().map(row).collect::<Vec<_>>(),
    )
}
