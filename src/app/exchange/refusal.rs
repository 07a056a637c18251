//! History that leaves no draw. Whether earlier pairings stand in the way is a yes or no about them, so it is told in one
//! sentence that names nothing, and only after an entry in the chain says that it was asked.

use super::archive_copy;
use super::audit::{self, AuditError};
use crate::app::site::Site;
use crate::archive::Archive;
use crate::seal::{EntryKind, Opening, OpeningDetails};
use crate::store::{SeriesId, Tx};

/// Writes down that history left no draw: committed, then archived. `draw` is the number it would have had.
/// Where it fails, nothing may be told.
pub(super) async fn record(site: &Site, archive: &Archive, series: SeriesId, draw: u32) -> Result<(), AuditError> {
    let (now, exchange) = (site.clock.now(), &site.exchange);
    let of = (&*exchange.name, &*exchange.series, draw);
    let occasion = OpeningDetails::of(EntryKind::Refused, of, "history left no draw", now);
    site.store.run(move |tx| append(tx, series, occasion).map(drop)).await?;
    archive_copy::confirm_openings(&site.store, archive, (series, &site.folder()), now).await?;
    Ok(())
}

/// Puts an entry into a series' log, behind those that are there.
pub(super) fn append(tx: &Tx<'_>, series: SeriesId, occasion: OpeningDetails) -> Result<Opening, AuditError> {
    let log = audit::read_log(&tx.openings(series)?)?;
    let entry = Opening::link(log.last(), occasion);
    let json = String::from_utf8_lossy(&entry.to_json()).into_owned();
    tx.append_opening(series, entry.number, entry.at, &json)?;
    Ok(entry)
}
