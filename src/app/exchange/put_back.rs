//! Lost archive copies put back: whatever the database holds is written again where nothing stands, and read back.

use super::archive_copy::{draw_key, header_key, make_live, opening_key};
use super::audit;
use super::draw_record::{header_of, open_checked};
use crate::app::site::Site;
use crate::archive::{Archive, ArchiveError, Key};
use crate::error_chain::in_full;
use crate::store::{ArchiveState, StoreError, StoredDraw, StoredOpening};

/// What became of one thing that was to be put back.
#[derive(Debug)]
pub struct PutBack {
    pub location: String,
    /// Whether it stood there before, or what stood in the way.
    pub outcome: Result<bool, String>,
}

/// Why nothing was put back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PutBackError {
    /// The database is not what it should be; its faults must not get into the archive.
    #[error("the database's own copy is not sound, so nothing was put into the archive: {0}")]
    Unsound(String),
    #[error("the archive cannot be used")]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Puts every draw, header and opening of the series into the archive again, each where nothing stands; what is there is
/// read and compared, and never replaced. What the archive says to a single one is part of the result.
pub async fn put_back(site: &Site) -> Result<Vec<PutBack>, PutBackError> {
    let me = site.clone();
    let read = site.store.run_reading(move |tx| match me.series(tx)? {
        Some(series) => Ok::<_, StoreError>(Some((series, tx.draws(series)?, tx.openings(series)?))),
        None => Ok(None),
    });
    let Some((series, draws, openings)) = read.await? else { return Ok(Vec::new()) };
    refuse_unless_sound(site, &draws, &openings)?;
    let archive = Archive::connect(&site.settings.archive).await?;
    // Where nothing is, the folder may be on a stick that is not plugged in.
    archive.exists()?;
    let mut done = Vec::new();
    for draw in &draws {
        done.extend(put_draw(site, &archive, draw).await?);
    }
    for opening in openings {
        let key = opening_key(&site.folder(), opening.number);
        let put = put_one(&archive, &key, opening.entry.as_bytes()).await;
        if put.outcome.is_ok() && !opening.archived {
            let now = site.clock.now();
            site.store.run(move |tx| tx.opening_archived(series, opening.number, now)).await?;
        }
        done.push(put);
    }
    Ok(done)
}

async fn put_draw(site: &Site, archive: &Archive, draw: &StoredDraw) -> Result<[PutBack; 2], StoreError> {
    let folder = site.folder();
    let sealed = put_one(archive, &draw_key(&folder, draw.number), &draw.sealed).await;
    let header = put_one(archive, &header_key(&folder, draw.number), draw.header.as_bytes()).await;
    if sealed.outcome.is_ok() && header.outcome.is_ok() && draw.archive_state != ArchiveState::Confirmed {
        let (id, series, now) = (draw.id, draw.series_id, site.clock.now());
        site.store.run(move |tx| make_live(tx, (id, series), now)).await?;
    }
    Ok([sealed, header])
}

async fn put_one(archive: &Archive, key: &Key, bytes: &[u8]) -> PutBack {
    let location = archive.location(key);
    let outcome = archive.put_once(key, bytes).await.map(|stored| stored.already).map_err(|error| in_full(&error));
    match &outcome {
        Ok(true) => {}
        Ok(false) => tracing::info!(location, "archive copy put back"),
        Err(problem) => tracing::warn!(location, problem, "archive copy not put back"),
    }
    PutBack { location, outcome }
}

/// A copy is only worth as much as what it is made from: each draw has to be the one of its header, and to open where the
/// key is at hand, and the log has to be unbroken.
fn refuse_unless_sound(site: &Site, draws: &[StoredDraw], openings: &[StoredOpening]) -> Result<(), PutBackError> {
    let identity = site.keys.identity().ok();
    for draw in draws {
        let unsound = |error: String| PutBackError::Unsound(format!("draw {}: {error}", draw.number));
        header_of(draw)?.verify_sealed(&draw.sealed).map_err(|e| unsound(e.to_string()))?;
        if let Some(identity) = &identity {
            open_checked(draw, identity).map_err(|e| unsound(in_full(&e)))?;
        }
    }
    audit::read_log(openings).map_err(|e| PutBackError::Unsound(e.to_string()))?;
    Ok(())
}
