//! What the archive holds beyond a backup that is being brought back: draws, openings and changed addresses made since. They
//! are taken up before anybody is answered, for an older draw or an older address would tell the wrong person a name.

use jiff::Timestamp;

use super::fetched::{ArchivedDraw, check_chain, fetch, fetch_draw, fetch_opening, numbers_of_openings, whole_draws};
use super::{RestoreError, fold_addresses, keep};
use crate::app::exchange::archive_copy::{draw_key, header_key, opening_key};
use crate::app::exchange::audit::{AuditError, read_log};
use crate::app::exchange::{addresses, refusal, update};
use crate::archive::Archive;
use crate::model::PersonId;
use crate::roster;
use crate::seal::{EntryKind, Identity, Opening, OpeningDetails};
use crate::store::{ArchiveState, DrawId, SeriesId, StoreError, StoredDraw, StoredOpening, Topic, Tx};

/// A series as a backup has it.
pub struct Known {
    /// Its row; `None` for that of the site's file when it was first drawn since.
    row: Option<SeriesId>,
    name: String,
    /// Whether its exchanges are kept in the database.
    is_kept: bool,
    folder: String,
    draws: Vec<StoredDraw>,
    openings: Vec<StoredOpening>,
}

/// What the archive holds beyond a series.
pub struct Found {
    known: Known,
    /// Draws whose copy has been written since.
    confirmed: Vec<DrawId>,
    draws: Vec<ArchivedDraw>,
    log: Log,
}

/// The log of a series, the backup's and the archive's together.
struct Log {
    entries: Vec<Opening>,
    /// Entries of the backup whose copy has been written since.
    archived: Vec<u64>,
    /// Entries that the backup lacks.
    younger: Vec<(Opening, String)>,
}

/// What was taken up of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenUp {
    pub series: String,
    /// The numbers of its younger draws.
    pub draws: Vec<u32>,
    /// How many younger entries of its log.
    pub openings: usize,
}

/// The series of a database, and that of the site's file.
pub fn known(tx: &Tx<'_>, of_file: Option<&str>) -> Result<Vec<Known>, StoreError> {
    let mut all = Vec::new();
    for (row, name, folder) in tx.all_series()? {
        let (is_kept, slug) = (folder.is_some(), roster::slug(&name));
        let (draws, openings) = (tx.draws(row)?, tx.openings(row)?);
        all.push(Known { row: Some(row), name, is_kept, folder: folder.unwrap_or(slug), draws, openings });
    }
    if let Some(name) = of_file.filter(|name| !all.iter().any(|known| !known.is_kept && known.name == **name)) {
        let (name, folder) = (name.to_owned(), roster::slug(name));
        all.push(Known { row: None, name, is_kept: false, folder, draws: Vec::new(), openings: Vec::new() });
    }
    Ok(all)
}

/// Reads what the archive holds beyond these.
///
/// # Errors
/// [`RestoreError`], also when it lacks what it held before.
pub async fn find(archive: &Archive, all: Vec<Known>, identity: &Identity) -> Result<Vec<Found>, RestoreError> {
    // A folder that is not there may be on a stick that is not plugged in.
    if all.iter().any(|known| !known.draws.is_empty()) {
        archive.exists()?;
    }
    let mut found = Vec::new();
    for known in all {
        found.push(find_of(archive, known, identity).await?);
    }
    Ok(found)
}

async fn find_of(archive: &Archive, known: Known, identity: &Identity) -> Result<Found, RestoreError> {
    let folder = known.folder.clone();
    let keys = archive.list(&folder).await?;
    let mut confirmed = Vec::new();
    for draw in &known.draws {
        let key = draw_key(&folder, draw.number);
        let is_there = keys.contains(&key) && keys.contains(&header_key(&folder, draw.number));
        match draw.archive_state {
            ArchiveState::Confirmed if !is_there => {
                return Err(RestoreError::NoArchive { location: archive.location(&key) });
            }
            ArchiveState::Pending if is_there && fetch(archive, &key).await? == draw.sealed => confirmed.push(draw.id),
            _ => {}
        }
    }
    let mut draws = Vec::new();
    for number in whole_draws(&keys) {
        if !known.draws.iter().any(|draw| draw.number == number) {
            draws.push(fetch_draw(archive, (&known.name, &folder), number, identity).await?);
        }
    }
    let log = find_log(archive, &known, &numbers_of_openings(&keys)).await?;
    Ok(Found { known, confirmed, draws, log })
}

async fn find_log(archive: &Archive, known: &Known, numbers: &[u64]) -> Result<Log, RestoreError> {
    let folder = &known.folder;
    let wrong = |number, what: &str| RestoreError::Wrong {
        location: archive.location(&opening_key(folder, number)),
        what: what.to_owned(),
    };
    let entries = read_log(&known.openings);
    let entries = entries.map_err(|_damaged| wrong(1, "the backup's own log, which it belongs to, cannot be read"))?;
    let mut log = Log { entries, archived: Vec::new(), younger: Vec::new() };
    for number in numbers {
        let row = known.openings.iter().find(|row| row.number == *number);
        if row.is_some_and(|row| row.archived) {
            continue;
        }
        let (entry, json) = fetch_opening(archive, folder, *number).await?;
        match row {
            Some(row) if row.entry == json => log.archived.push(*number),
            Some(_) => return Err(wrong(*number, "the backup has another entry of this number")),
            None => {
                log.entries.push(entry.clone());
                log.younger.push((entry, json));
            }
        }
    }
    log.entries.sort_by_key(|entry| entry.number);
    check_chain(archive, folder, &log.entries)?;
    Ok(log)
}

/// Puts what was found into the database. What had waited for its archive copy and has it now is seen through first; what
/// that queues counts as perhaps sent like everything else.
pub fn take_up(tx: &Tx<'_>, found: &Found, identity: &Identity, now: Timestamp) -> Result<Option<TakenUp>, StoreError> {
    let Found { known, confirmed, draws, log } = found;
    for draw in confirmed {
        tx.set_archive_state(*draw, ArchiveState::Confirmed, None, now)?;
    }
    if let Some(row) = known.row {
        for number in &log.archived {
            tx.opening_archived(row, *number, now)?;
        }
        update::finish(tx, row, now)?;
    }
    for draw in draws {
        let topic = exchange_of(tx, known, draw)?;
        keep(tx, topic, draw, now)?;
    }
    let series = match known.row {
        Some(row) => Some(row),
        None => tx.series_named(&known.name)?,
    };
    let Some(series) = series else { return Ok(None) };
    for (entry, json) in &log.younger {
        tx.append_opening(series, entry.number, entry.at, json)?;
        tx.opening_archived(series, entry.number, now)?;
    }
    let recorded: Vec<_> = log.entries.iter().filter_map(|entry| addresses::of_entry(entry, identity)).collect();
    fold_addresses(tx, series, &recorded)?;
    let draws: Vec<u32> = draws.iter().map(|draw| draw.header.draw).collect();
    let taken = TakenUp { series: known.name.clone(), draws, openings: log.younger.len() };
    Ok((taken.openings + taken.draws.len() > 0).then_some(taken))
}

fn exchange_of(tx: &Tx<'_>, known: &Known, draw: &ArchivedDraw) -> Result<Topic, StoreError> {
    match known.row.filter(|_| known.is_kept) {
        Some(row) => {
            let people: Vec<PersonId> = draw.roster.people.iter().filter_map(|person| person.id).collect();
            tx.enter_exchange_of(row, &draw.header.exchange, &people)
        }
        None => tx.enter_exchange(&draw.header.series, &draw.header.exchange),
    }
}

/// Writes into the log of each series that was drawn that the archive was not asked, and why.
///
/// # Errors
/// [`AuditError`], also when a log cannot be read.
pub fn record_without_archive(tx: &Tx<'_>, reason: &str, now: Timestamp) -> Result<(), AuditError> {
    for known in known(tx, None)? {
        let (Some(row), Some(newest)) = (known.row, known.draws.last()) else { continue };
        let of = (&*newest.exchange, &*known.name, newest.number);
        refusal::append(tx, row, OpeningDetails::of(EntryKind::Restored, of, reason, now))?;
    }
    Ok(())
}
