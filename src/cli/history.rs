//! `xchange history`.

use serde_json::json;

use super::status::local;
use super::{Context, Ending, Failure};
use crate::seal::Header;
use crate::store::{Store, StoredDraw};

/// Lists the sealed draws of this series. Opens none of them.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_args: &Args, context: &Context) -> Result<Ending, Failure> {
    let roster = context.roster()?;
    let store = Store::open_to_look(&roster.settings.database)?;
    let draws = store.read(|tx| tx.draws(&roster.exchange.series))?;
    let rows: Vec<(&StoredDraw, Option<Header>)> =
        draws.iter().map(|draw| (draw, Header::from_json(draw.header.as_bytes()).ok())).collect();
    if context.ui.json() {
        let row = |(draw, header): &(&StoredDraw, Option<Header>)| {
            json!({
                "draw": draw.number,
                "exchange": draw.exchange,
                "drawn_at": draw.drawn_at,
                "people": header.as_ref().map(|h| h.people),
                "fingerprint": header.as_ref().map(|h| h.fingerprint.to_string()),
                "uniformity": header.as_ref().map(|h| h.uniformity.clone()),
                "reason": header.as_ref().and_then(|h| h.reason.clone()),
                "archive": {"state": draw.archive_state.word(), "location": draw.archive_location},
            })
        };
        context.ui.document(&json!({
            "series": roster.exchange.series,
            "draws": rows.iter().map(row).collect::<Vec<_>>(),
        }))?;
        return Ok(Ending::Done);
    }
    if rows.is_empty() {
        context.ui.data(&format!("{} has no draws yet.", roster.exchange.series))?;
        return Ok(Ending::Done);
    }
    let mut table = context.ui.table(&["draw", "exchange", "drawn", "people", "fingerprint", "archive", "reason"]);
    if let Some(fingerprint) = table.column_mut(4) {
        fingerprint.set_delimiter('-');
    }
    for (draw, header) in &rows {
        let header = header.as_ref();
        table.add_row([
            draw.number.to_string(),
            draw.exchange.clone(),
            local(Some(draw.drawn_at), &roster.exchange.timezone),
            header.map_or_else(|| "?".to_owned(), |h| h.people.to_string()),
            header.map_or_else(|| "damaged".to_owned(), |h| h.fingerprint.to_string()),
            draw.archive_state.word().to_owned(),
            header.and_then(|h| h.reason.clone()).unwrap_or_default(),
        ]);
    }
    context.ui.data(&table.to_string())?;
    Ok(Ending::Done)
}
