//! An audit: a deliberate opening of one pairing, which leaves its trace before anything is shown.
//!
//! The order is the point. The log's entry and the notice to the giver are committed first, the entry is copied to the
//! archive next, and only then is the pairing handed out. Whatever fails on the way, there may be a trace without an
//! opening, never an opening without a trace.

use jiff::Timestamp;

use super::agreement::{self, Gap, LookError};
use super::archive_copy::{self, OpeningCopyError};
use super::draw_record::{NotTheDraw, open_checked, roster_of, roster_today};
use super::notices;
use crate::app::site::Site;
use crate::archive::{Archive, ArchiveError};
use crate::model::{Exchange, PersonIndex};
use crate::seal::{self, By, DrawDocument, EntryKind, KeyError, Opening, OpeningDetails};
use crate::store::{ON_THEIR_PAGE, StoreError, StoredDraw, Tx};

/// Which pairing to open.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Which end is named.
    pub by: By,
    pub name: &'a str,
    /// Number of the draw in the series; `None` is the exchange's newest.
    pub draw: Option<u32>,
}

/// An opened pairing, and the trace it left.
pub struct Opened {
    pub giver: String,
    pub receiver: String,
    pub draw: u32,
    /// The receipt the giver can have asked for.
    pub receipt: String,
    /// When and in answer to which message the giver was told.
    pub told: Vec<Telling>,
    pub opening: Opening,
    /// Whether the archive holds the same sealed draw as the database.
    pub archive_matches: bool,
}

/// One telling of a giver.
pub struct Telling {
    pub at: Timestamp,
    /// In answer to which message, or on which page.
    pub sid: String,
}

impl Telling {
    /// How it came about, in words.
    pub fn how(&self) -> String {
        match self.sid.starts_with(ON_THEIR_PAGE) {
            true => "on their own page".to_owned(),
            false => format!("in answer to {}", self.sid),
        }
    }
}

/// Nobody of a draw is called so.
#[derive(Debug, thiserror::Error)]
#[error("nobody in draw {draw} is called {name}")]
pub struct UnknownPerson {
    name: String,
    draw: u32,
    /// Names near it.
    pub near: Vec<String>,
}

/// Why nothing was opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    #[error("there is no draw to open")]
    NoDraw,
    /// Nobody is called so.
    #[error(transparent)]
    Unknown(#[from] UnknownPerson),
    #[error("an opening needs a reason")]
    NoReason,
    #[error("this machine's key cannot be used")]
    Key(#[from] KeyError),
    /// The stored draw is not the draw it should be.
    #[error(transparent)]
    Draw(#[from] NotTheDraw),
    /// The log is broken; another entry would hide it.
    #[error("the log of openings is broken at entry {number}: {what}")]
    BrokenLog {
        number: u64,
        /// How.
        what: String,
    },
    #[error("nothing is opened while database and archive disagree: {0}")]
    Disagree(Gap),
    #[error("the archive cannot take the log's entry, so nothing is shown")]
    Archive(#[from] ArchiveError),
    #[error("the opening is in the log, but its copy is not in the archive, so nothing is shown")]
    Copy(#[from] OpeningCopyError),
    #[error("the database cannot take the log's entry, so nothing is shown")]
    Store(#[from] StoreError),
}

/// A pairing found and not yet opened: what the organizer confirms. Its Debug would show it, so it has none.
pub struct PendingAudit {
    draw: StoredDraw,
    document: DrawDocument,
    archive: Archive,
    by: By,
    indices: Vec<usize>,
    archive_matches: bool,
}

impl PendingAudit {
    /// The draw it is in.
    pub fn draw(&self) -> u32 {
        self.draw.number
    }
}

/// Finds the pairing of a person, and makes sure that a trace can be left. Where it fails, nothing was opened or recorded.
pub async fn find(site: &Site, wanted: Wanted<'_>) -> Result<PendingAudit, AuditError> {
    let (me, number) = (site.clone(), wanted.draw);
    let draw = site.store.run_reading(move |tx| wanted_draw(&me, tx, number)).await?;
    let draw = draw.ok_or(AuditError::NoDraw)?;
    let person = person_called(&roster_today(&draw)?, draw.number, wanted.name)?;
    let roster = roster_of(&draw)?;
    let name = &roster.person(person).name;
    let archive = archive_that_agrees(site, &draw).await?;
    let copy = archive.get(&archive_copy::draw_key(&site.folder(), draw.number)).await?;
    let archive_matches = copy.is_some_and(|copy| copy == draw.sealed);
    let document = open_checked(&draw, &*site.keys.identity()?)?;
    // The clear copy of the roster serves to find the name; the sealed one says where it stands.
    let sealed_person = document.roster().find(name).ok_or(AuditError::NoDraw)?;
    let indices = match wanted.by {
        By::Receiver => document.indices_by_receiver(sealed_person).collect(),
        _ => document.indices_by_giver(sealed_person).collect(),
    };
    Ok(PendingAudit { draw, document, archive, by: wanted.by, indices, archive_matches })
}

/// The archive, if it knows of the same draws and openings as the database: otherwise the trace would get a number that is
/// taken, or the pairing would be that of a replaced draw.
pub(super) async fn archive_that_agrees(site: &Site, draw: &StoredDraw) -> Result<Archive, AuditError> {
    let archive = Archive::connect(&site.settings.archive).await?;
    let looked = agreement::look(site, &archive).await.map_err(|error| match error {
        LookError::Archive(error) => AuditError::Archive(error),
        LookError::Store(error) => AuditError::Store(error),
    })?;
    match looked.gaps.into_iter().find(|gap| gap.hinders_opening(&draw.exchange, draw.number)) {
        Some(gap) => Err(AuditError::Disagree(gap)),
        None => Ok(archive),
    }
}

/// Leaves the trace, then opens. With several gifts each, a person has several pairings; each is an opening of its own.
/// Where it fails, there may be a trace, but nothing was opened.
pub async fn open(site: &Site, found: PendingAudit, reason: &str) -> Result<Vec<Opened>, AuditError> {
    if reason.trim().is_empty() {
        return Err(AuditError::NoReason);
    }
    let (now, reason) = (site.clock.now(), reason.to_owned());
    // The trace: committed, then copied, and only then is anything shown.
    let traced = site.store.run(move |tx| {
        let openings = trace(tx, &found, &reason, now)?;
        Ok::<_, AuditError>((openings, found))
    });
    let (openings, found) = traced.await?;
    let series = (found.draw.series_id, &*site.folder());
    archive_copy::confirm_openings(&site.store, &found.archive, series, now).await?;
    let id = found.draw.id;
    let told = site.store.run_reading(move |tx| tx.tellings(id)).await?;
    let show = |(index, opening): (&usize, Opening)| {
        let (giver, receiver) = found.document.pairing(*index)?;
        let roster = found.document.roster();
        let row = found.draw.people.get(giver.index());
        let tellings = told.iter().filter(|told| Some(&told.person) == row);
        Some(Opened {
            giver: roster.person(giver).name.clone(),
            receiver: roster.person(receiver).name.clone(),
            draw: found.draw.number,
            receipt: opening.receipt.map(|receipt| receipt.to_string()).unwrap_or_default(),
            told: tellings.map(|told| Telling { at: told.at, sid: told.sid.clone() }).collect(),
            opening,
            archive_matches: found.archive_matches,
        })
    };
    Ok(found.indices.iter().zip(openings).filter_map(show).collect())
}

/// The draw of a number, or the exchange's newest.
pub(super) fn wanted_draw(site: &Site, tx: &Tx<'_>, number: Option<u32>) -> Result<Option<StoredDraw>, StoreError> {
    match (number, site.topic(tx)?) {
        (Some(number), _) => match site.series(tx)? {
            Some(series) => tx.draw_numbered(series, number),
            None => Ok(None),
        },
        (None, Some(topic)) => tx.newest_draw(topic.id),
        (None, None) => Ok(None),
    }
}

/// Puts an opening of each pairing into the log, and the notice to its giver into the outbox.
fn trace(tx: &Tx<'_>, found: &PendingAudit, reason: &str, now: Timestamp) -> Result<Vec<Opening>, AuditError> {
    let series = found.draw.series_id;
    let mut log = read_log(&tx.openings(series)?)?;
    let before = log.len();
    for index in &found.indices {
        let entry = Opening::link(log.last(), occasion(found, *index, reason, now)?);
        let json = String::from_utf8_lossy(&entry.to_json()).into_owned();
        tx.append_opening(series, entry.number, entry.at, &json)?;
        let giver = found.document.pairing(*index).and_then(|(giver, _)| found.draw.people.get(giver.index()));
        if let Some(giver) = giver {
            notices::queue_opening_notice(tx, &found.draw, *giver, &entry, now)?;
        }
        log.push(entry);
    }
    Ok(log.split_off(before))
}

fn occasion(found: &PendingAudit, index: usize, reason: &str, now: Timestamp) -> Result<OpeningDetails, AuditError> {
    let receipt = found.document.receipt(index).ok_or(AuditError::NoDraw)?;
    let of = (&*found.draw.exchange, &*found.draw.series, found.draw.number);
    let details = OpeningDetails::of(EntryKind::Opening, of, reason.trim(), now);
    Ok(OpeningDetails { by: Some(found.by), receipt: Some(receipt), ..details })
}

/// The log of the series of a site's exchange.
///
/// # Errors
/// [`AuditError::BrokenLog`], [`AuditError::Store`].
pub fn log(site: &Site) -> Result<Vec<Opening>, AuditError> {
    site.store.read(|tx| match site.series(tx)? {
        Some(series) => read_log(&tx.openings(series)?),
        None => Ok(Vec::new()),
    })
}

/// The log as entries, its chain checked: nothing is ever added behind a broken link.
pub(super) fn read_log(stored: &[crate::store::StoredOpening]) -> Result<Vec<Opening>, AuditError> {
    let broken = |number, what: String| AuditError::BrokenLog { number, what };
    let entry = |row: &crate::store::StoredOpening| {
        Opening::from_json(row.entry.as_bytes()).map_err(|e| broken(row.number, e.to_string()))
    };
    let log = stored.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    seal::verify_chain(&log).map_err(|link| broken(link.number, link.what.to_owned()))?;
    Ok(log)
}

/// The person of a name, in any case, in a draw's roster.
pub(super) fn person_called(roster: &Exchange, draw: u32, name: &str) -> Result<PersonIndex, UnknownPerson> {
    let unknown = || UnknownPerson { name: name.to_owned(), draw, near: near_names(roster, name) };
    find_person(roster, name).ok_or_else(unknown)
}

fn find_person(roster: &Exchange, name: &str) -> Option<PersonIndex> {
    let folded = name.trim().to_lowercase();
    let mut alike = roster.ids().filter(|(_, person)| person.name.to_lowercase() == folded);
    roster.find(name.trim()).or_else(|| alike.next().map(|(id, _)| id))
}

/// Names that were perhaps meant: near in spelling, or sharing a word.
fn near_names(roster: &Exchange, name: &str) -> Vec<String> {
    let folded = name.trim().to_lowercase();
    let mut scored: Vec<(f64, &str)> = roster
        .people
        .iter()
        .map(|person| {
            let other = person.name.to_lowercase();
            let shares = other.split_whitespace().any(|word| folded.split_whitespace().any(|w| w == word));
            let likeness = strsim::jaro_winkler(&folded, &other);
            (if shares { likeness + 1.0 } else { likeness }, person.name.as_str())
        })
        .filter(|(score, _)| *score > 0.75)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(5).map(|(_, name)| name.to_owned()).collect()
}
