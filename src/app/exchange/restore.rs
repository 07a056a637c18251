//! From the archive into a fresh database: after a lost laptop, the same answers and the same log of openings. Into one that
//! a backup has filled, what is younger than it ([`younger`]).

use jiff::Timestamp;

use super::addresses::{self, Recorded};
use super::agreement::{self, Gap, Listed, NamedBy, Records};
use super::archive_copy::{draw_key, header_key};
use super::draw_record::roster_today;
use super::people;
use crate::app::site::Site;
use crate::archive::{Archive, ArchiveError};
use crate::model::Exchange;
use crate::seal::{KeyError, Opening, SealError};
use crate::store::{ArchiveState, NewDraw, SeriesId, StoreError, Topic, Tx};

mod fetched;
pub mod younger;

use fetched::{ArchivedDraw, check_chain, fetch_draw, fetch_opening, numbers_of_openings, whole_draws};

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Numbers of the draws.
    pub draws: Vec<u32>,
    pub openings: usize,
    /// What the archive names and does not hold, though no answer depends on it.
    pub gaps: Vec<Gap>,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    #[error("the database already has draw {number} of this series")]
    NotFresh { number: u32 },
    #[error("the archive holds no draw of the series {series}")]
    NothingThere { series: String },
    #[error("{location} is missing from the archive, though {named_by}")]
    Missing { location: String, named_by: NamedBy },
    /// The archive lacks what it held when the backup was made: it is gone, or another one.
    #[error("the archive does not hold {location}, which it held when the backup was made")]
    NoArchive {
        /// The first thing that is missing.
        location: String,
    },
    #[error("{location} has just been taken out of the archive")]
    Taken {
        /// Where it was.
        location: String,
    },
    #[error("the archive keeps the series {found:?} where {wanted:?} would be")]
    OtherSeries {
        /// Whose draws are there.
        found: String,
        /// Whose were asked for.
        wanted: String,
    },
    #[error("{location} is not what was archived: {what}")]
    Wrong {
        location: String,
        /// How.
        what: String,
    },
    #[error("{location} cannot be opened")]
    Closed {
        location: String,
        #[source]
        source: SealError,
    },
    #[error("this machine's key cannot be used")]
    Key(#[from] KeyError),
    #[error("the archive cannot be read")]
    Archive(#[from] ArchiveError),
    #[error("the database cannot take it")]
    Store(#[from] StoreError),
}

/// Brings all draws and openings of a series back, each checked; all of it or nothing.
/// Where it fails, the database is as it was.
pub async fn restore(site: &Site) -> Result<Restored, RestoreError> {
    let (series, folder) = (&site.exchange.series, &*site.folder());
    let name = series.clone();
    site.store.run_reading(move |tx| refuse_unless_fresh(tx, &name)).await?;
    let identity = site.keys.identity()?;
    let archive = Archive::connect(&site.settings.archive).await?;
    let mut listed = Listed::of(&archive, folder).await?;
    let numbers = whole_draws(&listed.keys);
    let mut draws = Vec::with_capacity(numbers.len());
    for number in &numbers {
        draws.push(fetch_draw(&archive, (series, folder), *number, &identity).await?);
    }
    let mut openings = Vec::new();
    for number in numbers_of_openings(&listed.keys) {
        openings.push(fetch_opening(&archive, folder, number).await?);
    }
    check_chain(&archive, folder, &openings.iter().map(|(entry, _)| entry.clone()).collect::<Vec<_>>())?;
    let records = records(&draws, &openings);
    listed.read_unknown(&records).await?;
    let gaps = agreement::gaps(series, &records, &listed);
    refuse_if_replaced(&site.exchange, &draws, &gaps, &listed)?;
    if numbers.is_empty() {
        return Err(RestoreError::NothingThere { series: series.clone() });
    }
    let count = openings.len();
    let recorded: Vec<Recorded> =
        openings.iter().filter_map(|(entry, _)| addresses::of_entry(entry, &identity)).collect();
    let (name, now) = (series.clone(), site.clock.now());
    let kept = site.store.run(move |tx| {
        refuse_unless_fresh(tx, &name)?;
        for draw in &draws {
            let topic = tx.enter_exchange(&draw.header.series, &draw.header.exchange)?;
            keep(tx, topic, draw, now)?;
        }
        if let Some(series) = tx.series_named(&name)? {
            for (entry, json) in &openings {
                tx.append_opening(series, entry.number, entry.at, json)?;
                tx.opening_archived(series, entry.number, now)?;
            }
            fold_addresses(tx, series, &recorded)?;
        }
        Ok::<_, RestoreError>(())
    });
    kept.await?;
    Ok(Restored { draws: numbers, openings: count, gaps })
}

/// Where everybody is reached since, as the chain has it.
fn fold_addresses(tx: &Tx<'_>, series: SeriesId, recorded: &[Recorded]) -> Result<(), StoreError> {
    for draw in tx.draws(series)? {
        let mut roster = roster_today(&draw)?;
        addresses::fold(&mut roster, &draw.people, draw.number, recorded);
        if roster == roster_today(&draw)? {
            continue;
        }
        let json = serde_json::to_string(&roster).map_err(|e| StoreError::damaged("roster", e))?;
        tx.revise_draw(draw.id, &json)?;
        if tx.newest_draw_state(draw.topic)?.is_some_and(|newest| newest.id == draw.id) {
            people::update(tx, draw.topic, &draw.people, &roster)?;
        }
    }
    Ok(())
}

/// What the database would hold.
fn records(draws: &[ArchivedDraw], openings: &[(Opening, String)]) -> Records {
    let opening = |(entry, _): &(Opening, String)| {
        let of = entry.needs_draw().map(|draw| (draw, entry.exchange.clone()));
        (entry.number, (of, true))
    };
    Records {
        draws: draws.iter().map(|draw| (draw.header.draw, true)).collect(),
        openings: openings.iter().map(opening).collect(),
        announced: Vec::new(),
    }
}

/// A draw that is not there could be the one that counts: of the exchange's own draws the newest has to be whole.
fn refuse_if_replaced(
    exchange: &Exchange,
    draws: &[ArchivedDraw],
    gaps: &[Gap],
    listed: &Listed<'_>,
) -> Result<(), RestoreError> {
    let own = draws.iter().rfind(|draw| draw.header.exchange == exchange.name).or(draws.last());
    let newest = own.map_or(0, |draw| draw.header.draw);
    for gap in gaps {
        match gap {
            Gap::OtherSeries { series } => {
                let (found, wanted) = (series.clone(), exchange.series.clone());
                return Err(RestoreError::OtherSeries { found, wanted });
            }
            Gap::Draw { number, named_by, .. } if gap.replaces(&exchange.name, newest) => {
                let keys = [draw_key(listed.folder, *number), header_key(listed.folder, *number)];
                let absent = keys.iter().find(|key| !listed.keys.contains(key)).unwrap_or(&keys[0]);
                let location = listed.archive.location(absent);
                return Err(RestoreError::Missing { location, named_by: named_by.clone() });
            }
            _ => {}
        }
    }
    Ok(())
}

fn refuse_unless_fresh(tx: &Tx<'_>, series: &str) -> Result<(), RestoreError> {
    let Some(series) = tx.series_named(series)? else { return Ok(()) };
    match tx.draws(series)?.last() {
        Some(draw) => Err(RestoreError::NotFresh { number: draw.number }),
        None => Ok(()),
    }
}

/// Keeps a draw, and writes its people down as they were: from the oldest draw to the newest, so that the newest counts.
fn keep(tx: &Tx<'_>, topic: Topic, draw: &ArchivedDraw, now: Timestamp) -> Result<(), StoreError> {
    let people = people::enter(tx, topic.id, &draw.roster)?;
    let roster = serde_json::to_string(&draw.roster).map_err(|e| StoreError::damaged("roster", e))?;
    let id = tx.insert_draw(&NewDraw {
        topic,
        exchange: &draw.header.exchange,
        number: draw.header.draw,
        drawn_at: draw.header.drawn_at,
        header: &String::from_utf8_lossy(&draw.header_json),
        roster: &roster,
        people: &people,
        sealed: &draw.sealed,
        archive_location: &draw.location,
    })?;
    tx.set_archive_state(id, ArchiveState::Confirmed, None, now)
}
