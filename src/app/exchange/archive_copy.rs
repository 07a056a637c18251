//! The archive copy of a draw and of the openings: written once, read back, only then confirmed.
//!
//! A draw is live from the moment its copy is confirmed. Nothing here ever overwrites.

use std::path::Path;

use jiff::Timestamp;

use super::update;
use crate::app::site::Site;
use crate::archive::{Archive, ArchiveError, Key};
use crate::error_chain::in_full;
use crate::roster;
use crate::store::{ArchiveState, DrawId, SeriesId, Store, StoreError, StoredDraw, Tx};
use crate::write_once;

/// What became of an archive copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Whether the archive holds it.
    pub state: ArchiveState,
    /// Where it is, or belongs.
    pub location: String,
    pub problem: Option<String>,
}

/// The folder of a draw's series.
pub fn folder_of(draw: &StoredDraw) -> String {
    draw.folder.clone().unwrap_or_else(|| roster::slug(&draw.series))
}

/// Where a draw's sealed file belongs, in the folder of its series.
pub fn draw_key(folder: &str, number: u32) -> Key {
    Key::Draw { series: folder.to_owned(), number }
}

/// Where a draw's clear header belongs.
pub fn header_key(folder: &str, number: u32) -> Key {
    Key::Header { series: folder.to_owned(), number }
}

/// Where an opening's entry belongs.
pub fn opening_key(folder: &str, number: u64) -> Key {
    Key::Opening { series: folder.to_owned(), number }
}

/// Writes a draw's copy, reads it back and records the result. Done before, it does nothing.
///
/// # Errors
/// [`StoreError`] when the result cannot be recorded; what the archive says against it is part of the result.
pub async fn confirm_draw(
    store: &Store,
    archive: &Archive,
    draw: &StoredDraw,
    now: Timestamp,
) -> Result<Copy, StoreError> {
    let location = draw.archive_location.clone();
    if draw.archive_state == ArchiveState::Confirmed {
        return Ok(Copy { state: ArchiveState::Confirmed, location, problem: None });
    }
    // The chain is a part of it: what it says of this draw has to be there when the draw becomes live.
    let copied = match write_draw(archive, draw).await {
        Ok(()) => confirm_openings(store, archive, (draw.series_id, &folder_of(draw)), now).await,
        Err(error) => Err(error.into()),
    };
    let (state, problem) = match copied {
        Ok(()) => (ArchiveState::Confirmed, None),
        Err(OpeningCopyError::Store(error)) => return Err(error),
        Err(OpeningCopyError::Archive(error)) if !matches!(error, ArchiveError::Occupied { .. }) => {
            (ArchiveState::Pending, Some(in_full(&error)))
        }
        Err(OpeningCopyError::Archive(error)) => (ArchiveState::Occupied, Some(in_full(&error))),
    };
    let (id, series, why) = (draw.id, draw.series_id, problem.clone());
    let recorded = store.run(move |tx| match state {
        ArchiveState::Confirmed => make_live(tx, (id, series), now),
        other => tx.set_archive_state(id, other, why.as_deref(), now),
    });
    recorded.await?;
    Ok(Copy { state, location, problem })
}

/// Records that a draw's copy is confirmed: it is answered from now on, and its pairings by e-mail may go out. One of an
/// update becomes live with the rest of it.
pub(super) fn make_live(tx: &Tx<'_>, (id, series): (DrawId, SeriesId), now: Timestamp) -> Result<(), StoreError> {
    tx.set_archive_state(id, ArchiveState::Confirmed, None, now)?;
    if tx.pending_updates(series)?.iter().any(|pending| pending.new_draw == Some(id)) {
        return update::finish(tx, series, now);
    }
    tx.put_mails_due(id)
}

async fn write_draw(archive: &Archive, draw: &StoredDraw) -> Result<(), ArchiveError> {
    let folder = folder_of(draw);
    archive.put_once(&draw_key(&folder, draw.number), &draw.sealed).await?;
    archive.put_once(&header_key(&folder, draw.number), draw.header.as_bytes()).await?;
    Ok(())
}

/// Writes the copies of all openings of a series, by row and by folder, that have none yet; oldest first.
/// Where it fails, those written before it stay recorded.
pub async fn confirm_openings(
    store: &Store,
    archive: &Archive,
    (series, folder): (SeriesId, &str),
    now: Timestamp,
) -> Result<(), OpeningCopyError> {
    let openings = store.run_reading(move |tx| tx.openings(series)).await?;
    for opening in openings.iter().filter(|opening| !opening.archived) {
        archive.put_once(&opening_key(folder, opening.number), opening.entry.as_bytes()).await?;
        let number = opening.number;
        let recorded = store.run(move |tx| {
            tx.opening_archived(series, number, now)?;
            update::finish(tx, series, now)
        });
        recorded.await?;
    }
    Ok(())
}

/// Why an opening has no archive copy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpeningCopyError {
    #[error("the archive did not take the log's entry")]
    Archive(#[from] ArchiveError),
    #[error("the copy of the log's entry could not be recorded")]
    Store(#[from] StoreError),
}

/// Removes what killed runs left half written beside the key and in the archive.
pub fn tidy(site: &Site, archive: &Archive) {
    if let Some(folder) = site.keys.file().parent() {
        write_once::tidy(if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    }
    archive.tidy(&site.folder());
}
