//! Draws and entries of the log, read from the archive and checked.

use std::collections::BTreeSet;

use super::RestoreError;
use crate::app::exchange::archive_copy::{draw_key, header_key, opening_key};
use crate::archive::{Archive, Key};
use crate::error_chain::in_full;
use crate::model::Exchange;
use crate::seal::{self, Difference, Header, Identity, Opening};

/// A draw as the archive has it, opened and checked.
pub(super) struct ArchivedDraw {
    pub(super) header: Header,
    pub(super) header_json: Vec<u8>,
    pub(super) roster: Exchange,
    pub(super) sealed: Vec<u8>,
    pub(super) location: String,
}

/// The numbers of the draws that are there with their headers.
pub(super) fn whole_draws(keys: &[Key]) -> Vec<u32> {
    let headers: BTreeSet<u32> =
        keys.iter().filter_map(|key| if let Key::Header { number, .. } = key { Some(*number) } else { None }).collect();
    let draws = keys.iter().filter_map(|key| if let Key::Draw { number, .. } = key { Some(*number) } else { None });
    draws.filter(|number| headers.contains(number)).collect()
}

/// What stands there.
pub(super) async fn fetch(archive: &Archive, key: &Key) -> Result<Vec<u8>, RestoreError> {
    archive.get(key).await?.ok_or_else(|| RestoreError::Taken { location: archive.location(key) })
}

/// A draw and its header.
pub(super) async fn fetch_draw(
    archive: &Archive,
    (series, folder): (&str, &str),
    number: u32,
    identity: &Identity,
) -> Result<ArchivedDraw, RestoreError> {
    let key = draw_key(folder, number);
    let location = archive.location(&key);
    let wrong = |what: String| RestoreError::Wrong { location: location.clone(), what };
    let sealed = fetch(archive, &key).await?;
    let header_json = fetch(archive, &header_key(folder, number)).await?;
    let header = Header::from_json(&header_json).map_err(|e| wrong(in_full(&e)))?;
    if header.series != series {
        return Err(RestoreError::OtherSeries { found: header.series, wanted: series.to_owned() });
    }
    let differs = |difference: Difference| wrong(difference.to_string());
    header.verify_sealed(&sealed).map_err(differs)?;
    let document =
        seal::open(&sealed, identity).map_err(|source| RestoreError::Closed { location: location.clone(), source })?;
    header.verify_document(&document).map_err(differs)?;
    if header.draw != number {
        return Err(wrong("it belongs to another place".to_owned()));
    }
    Ok(ArchivedDraw { header, header_json, roster: document.roster().clone(), sealed, location })
}

/// The numbers of the log's entries that are there, in order.
pub(super) fn numbers_of_openings(keys: &[Key]) -> Vec<u64> {
    let number = |key: &Key| if let Key::Opening { number, .. } = key { Some(*number) } else { None };
    let mut numbers: Vec<u64> = keys.iter().filter_map(number).collect();
    numbers.sort_unstable();
    numbers
}

/// An entry of the log, and how it is written.
pub(super) async fn fetch_opening(
    archive: &Archive,
    folder: &str,
    number: u64,
) -> Result<(Opening, String), RestoreError> {
    let key = opening_key(folder, number);
    let wrong = |what: String| RestoreError::Wrong { location: archive.location(&key), what };
    let json = fetch(archive, &key).await?;
    let entry = Opening::from_json(&json).map_err(|e| wrong(in_full(&e)))?;
    Ok((entry, String::from_utf8(json).map_err(|e| wrong(e.to_string()))?))
}

/// Checks that these entries are one chain.
pub(super) fn check_chain(archive: &Archive, folder: &str, log: &[Opening]) -> Result<(), RestoreError> {
    seal::verify_chain(log).map_err(|link| RestoreError::Wrong {
        location: archive.location(&opening_key(folder, link.number)),
        what: link.what.to_owned(),
    })
}
