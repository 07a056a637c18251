//! Who has asked, how the draw is kept, how often it has been opened.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::archive_copy::Copy;
use super::stored::{header_of, roster_of};
use crate::model::{Exchange, PersonIndex};
use crate::store::{Store, StoreError, StoredDraw, Told};

/// A person and whether they have asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonStatus {
    /// Their name.
    pub name: String,
    /// How often they were told.
    pub asked: usize,
    /// When last.
    pub last_asked: Option<Timestamp>,
}

/// How things stand.
#[derive(Debug)]
pub struct Status {
    /// The newest draw of the exchange; `None` before the first.
    pub draw: Option<DrawStatus>,
    /// How often that draw has been opened.
    pub openings: u64,
    /// Messages by state.
    pub outbox: BTreeMap<String, u64>,
}

/// How a draw stands.
#[derive(Debug)]
pub struct DrawStatus {
    /// Number in the series.
    pub number: u32,
    /// When it was drawn.
    pub drawn_at: Timestamp,
    /// Its fingerprint, safe to publish.
    pub fingerprint: String,
    /// How equally likely every valid draw was.
    pub uniformity: String,
    /// Everybody in it.
    pub people: Vec<PersonStatus>,
    /// Its archive copy, as last known.
    pub archive: Copy,
}

/// Says how things stand with an exchange.
///
/// # Errors
/// [`StoreError`].
pub fn status(store: &Store, exchange: &Exchange) -> Result<Status, StoreError> {
    store.read(|tx| {
        let newest = tx.newest_draw(&exchange.series, &exchange.name)?;
        let draw = newest
            .map(|draw| {
                let people = people(&roster_of(&draw)?, &tx.told(draw.id)?);
                let header = header_of(&draw)?;
                Ok::<_, StoreError>(DrawStatus {
                    number: draw.number,
                    drawn_at: draw.drawn_at,
                    fingerprint: header.fingerprint.to_string(),
                    uniformity: header.uniformity,
                    people,
                    archive: Copy {
                        state: draw.archive_state,
                        location: draw.archive_location,
                        problem: draw.archive_problem,
                    },
                })
            })
            .transpose()?;
        let openings = match &draw {
            Some(draw) => tx.count_openings(&exchange.series, draw.number)?,
            None => 0,
        };
        Ok(Status { draw, openings, outbox: super::outbox::counts(tx, exchange)? })
    })
}

/// The names of those who have asked, in the order of the roster.
///
/// # Errors
/// [`StoreError`].
pub fn asked_names(store: &Store, draw: &StoredDraw) -> Result<Vec<String>, StoreError> {
    let told = store.read(|tx| tx.told(draw.id))?;
    let people = people(&roster_of(draw)?, &told);
    Ok(people.into_iter().filter(|person| person.asked > 0).map(|person| person.name).collect())
}

fn people(roster: &Exchange, told: &[Told]) -> Vec<PersonStatus> {
    let mut by_person: BTreeMap<PersonIndex, (usize, Timestamp)> = BTreeMap::new();
    for told in told {
        let entry = by_person.entry(told.person).or_insert((0, told.at));
        *entry = (entry.0 + 1, entry.1.max(told.at));
    }
    let status = |(id, person): (PersonIndex, &crate::model::Person)| {
        let told = by_person.get(&id);
        PersonStatus {
            name: person.name.clone(),
            asked: told.map_or(0, |(times, _)| *times),
            last_asked: told.map(|(_, at)| *at),
        }
    };
    roster.ids().map(status).collect()
}
