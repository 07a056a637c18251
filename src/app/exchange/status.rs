//! Who has asked, how the draw is kept, how often it has been opened.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::archive_copy::Copy;
use super::draw_record::{Drawn, header_of};
use crate::app::site::Site;
use crate::model::{Person, PersonId};
use crate::store::{StoreError, StoredDraw, Telling, Tx};

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
pub fn status(site: &Site) -> Result<Status, StoreError> {
    site.store.read(|tx| {
        let Some(topic) = site.topic(tx)? else {
            return Ok(Status { draw: None, openings: 0, outbox: BTreeMap::new() });
        };
        let outbox = tx.count_messages(topic.id)?.into_iter().collect();
        let Some(draw) = tx.newest_draw(topic.id)? else { return Ok(Status { draw: None, openings: 0, outbox }) };
        let openings = tx.count_openings(topic.series, draw.number)?;
        Ok(Status { draw: Some(draw_status(tx, draw)?), openings, outbox })
    })
}

fn draw_status(tx: &Tx<'_>, draw: StoredDraw) -> Result<DrawStatus, StoreError> {
    let header = header_of(&draw)?;
    let tellings = tx.tellings(draw.id)?;
    let drawn = Drawn::read(draw)?;
    let people = people(&drawn, &tellings);
    let draw = drawn.draw;
    Ok(DrawStatus {
        number: draw.number,
        drawn_at: draw.drawn_at,
        fingerprint: header.fingerprint.to_string(),
        uniformity: header.uniformity,
        people,
        archive: Copy { state: draw.archive_state, location: draw.archive_location, problem: draw.archive_problem },
    })
}

/// The names of those who have asked, in the order of the roster.
///
/// # Errors
/// [`StoreError`].
pub fn asked_names(tx: &Tx<'_>, draw: StoredDraw) -> Result<Vec<String>, StoreError> {
    let tellings = tx.tellings(draw.id)?;
    let people = people(&Drawn::read(draw)?, &tellings);
    Ok(people.into_iter().filter(|person| person.asked > 0).map(|person| person.name).collect())
}

fn people(drawn: &Drawn, tellings: &[Telling]) -> Vec<PersonStatus> {
    let mut by_person: BTreeMap<PersonId, (usize, Timestamp)> = BTreeMap::new();
    for telling in tellings {
        let entry = by_person.entry(telling.person).or_insert((0, telling.at));
        *entry = (entry.0 + 1, entry.1.max(telling.at));
    }
    let status = |(id, person): (PersonId, &Person)| {
        let told = by_person.get(&id);
        PersonStatus {
            name: person.name.clone(),
            asked: told.map_or(0, |(times, _)| *times),
            last_asked: told.map(|(_, at)| *at),
        }
    };
    drawn.people().map(status).collect()
}
