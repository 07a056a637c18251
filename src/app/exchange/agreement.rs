//! What database and archive say of each other: whether one of them names a draw or an opening that is not where it
//! belongs.
//!
//! Draws are numbered without a hole, an opening names its draw and a notice its opening, and the archive keeps each
//! apart; so what was lost or taken away mostly leaves its name behind. What went together with everything that names it
//! cannot be seen from here: a last opening that is gone from archive and database alike, or a whole series.

mod gap;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::archive_copy::{draw_key, header_key, opening_key};
use super::served::ServedExchange;
pub use gap::{AGAIN, BRING_BACK, COMPARE, Gap, NamedBy, RENAME, RESTORE, in_words};

use crate::app::site::Site;
use crate::archive::{Archive, ArchiveError, Key};
use crate::error_chain::in_full;
use crate::seal::{Header, Opening};
use crate::store::{ArchiveState, SeriesId, StoreError, StoredDraw, Tx};

/// How long the archive may take to be asked before texts are answered.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many draws missing between others are named; a number that was tampered with may leave room for millions.
const MOST_NAMED: usize = 100;

/// What is known of a series on the side of the database: what is in it, or what restoring would put there.
#[derive(Debug, Default)]
pub struct Records {
    /// Number of each draw, and whether the archive has confirmed its copy.
    pub draws: BTreeMap<u32, bool>,
    /// Each opening by its number: the draw and the exchange it is of, where that can be read, and whether the archive
    /// has its copy.
    pub openings: BTreeMap<u64, (Option<(u32, String)>, bool)>,
    /// The openings that notices were queued of.
    pub announced: Vec<u64>,
}

impl Records {
    fn read(tx: &Tx<'_>, series: SeriesId, draws: &[StoredDraw]) -> Result<Self, StoreError> {
        let openings = tx.openings(series)?;
        Ok(Self {
            draws: draws.iter().map(|draw| (draw.number, draw.archive_state == ArchiveState::Confirmed)).collect(),
            openings: openings
                .iter()
                .map(|row| {
                    let entry = Opening::from_json(row.entry.as_bytes()).ok();
                    let of = entry.and_then(|entry| Some((entry.needs_draw()?, entry.exchange)));
                    (row.number, (of, row.archived))
                })
                .collect(),
            announced: tx.announced_openings(series)?,
        })
    }
}

/// What the archive holds of a series.
pub struct Listed<'a> {
    /// Says where things stand.
    pub archive: &'a Archive,
    /// Where the series stands there.
    pub folder: &'a str,
    /// Everything there.
    pub keys: Vec<Key>,
    /// The headers of those draws that the database does not have.
    pub headers: BTreeMap<u32, Header>,
}

impl<'a> Listed<'a> {
    /// Lists what the archive holds.
    pub async fn of(archive: &'a Archive, folder: &'a str) -> Result<Self, ArchiveError> {
        Ok(Self { archive, folder, keys: archive.list(folder).await?, headers: BTreeMap::new() })
    }

    /// Reads the headers of the draws that are not among these.
    pub async fn read_unknown(&mut self, records: &Records) -> Result<(), ArchiveError> {
        for key in &self.keys {
            if let Key::Header { number, .. } = key
                && !records.draws.contains_key(number)
                && let Some(bytes) = self.archive.get(key).await?
                && let Ok(header) = Header::from_json(&bytes)
            {
                self.headers.insert(*number, header);
            }
        }
        Ok(())
    }

    fn holds(&self, key: &Key) -> bool {
        self.keys.contains(key)
    }
}

/// Holds a series' records against each other and against the archive.
pub fn gaps(series: &str, records: &Records, listed: &Listed<'_>) -> Vec<Gap> {
    let mut found = missing_draws(series, records, listed);
    for (number, _) in records.draws.iter().filter(|(_, confirmed)| **confirmed) {
        let keys = [draw_key(listed.folder, *number), header_key(listed.folder, *number)];
        let lost = keys.iter().filter(|key| !listed.holds(key));
        found.extend(lost.map(|key| Gap::DrawCopy { number: *number, location: listed.archive.location(key) }));
    }
    for (number, _) in records.openings.iter().filter(|(_, (_, archived))| *archived) {
        let key = opening_key(listed.folder, *number);
        if !listed.holds(&key) {
            found.push(Gap::OpeningCopy { location: listed.archive.location(&key) });
        }
    }
    let archived = listed.keys.iter().filter_map(|key| match key {
        Key::Opening { number, .. } => Some((*number, NamedBy::Archive(listed.archive.location(key)))),
        _ => None,
    });
    let announced = records.announced.iter().map(|number| (*number, NamedBy::Notice));
    let mut openings: BTreeMap<u64, NamedBy> = announced.collect();
    openings.extend(archived);
    openings.retain(|number, _| !records.openings.contains_key(number));
    found.extend(openings.into_iter().map(|(number, named_by)| Gap::Opening { number, named_by }));
    found
}

/// The draws that something names and the records lack; the archive's own word counts most.
fn missing_draws(series: &str, records: &Records, listed: &Listed<'_>) -> Vec<Gap> {
    let mut missing: BTreeMap<u32, (Option<String>, NamedBy)> = BTreeMap::new();
    for (opening, (of, _)) in &records.openings {
        if let Some((draw, exchange)) = of {
            missing.insert(*draw, (Some(exchange.clone()), NamedBy::Opening(*opening)));
        }
    }
    let newest = records.draws.last_key_value().map_or(0, |(number, _)| *number);
    for number in (1..newest).filter(|number| !records.draws.contains_key(number)).take(MOST_NAMED) {
        let after = records.draws.range(number..).next().map_or(newest, |(number, _)| *number);
        missing.entry(number).or_insert((None, NamedBy::Draw(after)));
    }
    let mut others = BTreeSet::new();
    for key in &listed.keys {
        let (Key::Draw { number, .. } | Key::Header { number, .. }) = key else { continue };
        match listed.headers.get(number) {
            Some(header) if header.series != series => {
                others.insert(header.series.clone());
            }
            header => {
                let known = missing.get(number).and_then(|(exchange, _)| exchange.clone());
                let exchange = header.map(|header| header.exchange.clone()).or(known);
                missing.insert(*number, (exchange, NamedBy::Archive(listed.archive.location(key))));
            }
        }
    }
    missing.retain(|number, _| !records.draws.contains_key(number));
    let draw = |(number, (exchange, named_by))| Gap::Draw { number, exchange, named_by };
    let other = |series| Gap::OtherSeries { series };
    missing.into_iter().map(draw).chain(others.into_iter().map(other)).collect()
}

/// What came of looking at both sides.
pub struct Looked {
    /// What is not where it belongs.
    pub gaps: Vec<Gap>,
    /// The exchange's newest draw in the database.
    pub newest: Option<StoredDraw>,
}

/// Why the two sides could not be held against each other.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookError {
    #[error("the archive cannot be asked")]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Looked {
    /// Why the newest draw must not be answered from.
    pub fn replaced(&self) -> Option<&Gap> {
        let newest = self.newest.as_ref()?;
        self.gaps.iter().find(|gap| gap.replaces(&newest.exchange, newest.number))
    }
}

/// Looks at the series of a site on both sides, and holds the newest draw's header against its copy.
pub async fn look(site: &Site, archive: &Archive) -> Result<Looked, LookError> {
    let (series, folder) = (&site.exchange.series, &*site.folder());
    // The archive first: what is drawn meanwhile is in the database before it is in the archive.
    let mut listed = Listed::of(archive, folder).await?;
    let me = site.clone();
    let read = site.store.run_reading(move |tx| {
        let Some(series) = me.series(tx)? else { return Ok(Default::default()) };
        let draws = tx.draws(series)?;
        let records = Records::read(tx, series, &draws)?;
        let newest = me.topic(tx)?.map(|topic| tx.newest_draw(topic.id)).transpose()?.flatten();
        Ok::<_, StoreError>((records, newest))
    });
    let (records, newest) = read.await?;
    listed.read_unknown(&records).await?;
    let mut found = gaps(series, &records, &listed);
    if found.iter().any(|gap| gap.lost_copy().is_some()) {
        // A copy may have been confirmed between the two looks.
        let now: BTreeSet<String> = archive.list(folder).await?.iter().map(|key| archive.location(key)).collect();
        found.retain(|gap| gap.lost_copy().is_none_or(|location| !now.contains(location)));
    }
    if let Some(draw) = newest.as_ref().filter(|draw| draw.archive_state == ArchiveState::Confirmed) {
        let key = header_key(folder, draw.number);
        let fingerprint = |json: &[u8]| Header::from_json(json).ok().map(|header| header.fingerprint);
        let copy = archive.get(&key).await?.and_then(|json| fingerprint(&json));
        // A copy that cannot be read is damaged, which `verify` finds; it is not another draw.
        if copy.is_some() && copy != fingerprint(draw.header.as_bytes()) {
            found.push(Gap::OtherDraw { number: draw.number, location: archive.location(&key) });
        }
    }
    Ok(Looked { gaps: found, newest })
}

/// Looks, says in the log what is not where it belongs, and keeps a draw closed that may have been replaced; gives why, if
/// it does. An archive that cannot be asked keeps nothing closed: the copy was confirmed once.
///
/// # Errors
/// What the archive or the database says; nothing has changed then.
pub async fn guard(site: &Site, served: &ServedExchange) -> Result<Option<Gap>, String> {
    let looked = tokio::time::timeout(PATIENCE, async {
        let archive = Archive::connect(&site.settings.archive).await.map_err(LookError::from)?;
        look(site, &archive).await
    });
    let looked = match looked.await {
        Ok(looked) => looked.map_err(|e| in_full(&e))?,
        Err(_late) => return Err(in_full(&ArchiveError::Slow)),
    };
    let replaced = looked.replaced();
    if let Some(gap) = replaced {
        tracing::error!(problem = %gap, todo = gap.remedy(), "nobody is told a name: the draw may have been replaced");
    }
    let others: Vec<&Gap> = looked.gaps.iter().filter(|gap| Some(*gap) != replaced).collect();
    if let Some(first) = others.first() {
        let problem = in_words(&others);
        tracing::warn!(problem, todo = first.remedy(), "database and archive do not hold the same");
    }
    let closed = looked.newest.as_ref().filter(|_| replaced.is_some()).map(|draw| draw.id);
    served.draws().keep_closed(served.topic().id, closed);
    Ok(replaced.cloned())
}
