//! Who has asked, how the draw is kept, how often it has been opened.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use super::archive_copy::Copy;
use super::differences::{Difference, differences};
use super::draw_record::{Drawn, header_of, roster_today};
use super::ways::Reachable;
use crate::app::site::Site;
use crate::model::{Exchange, Person, PersonId};
use crate::store::{DrawId, StoreError, StoredDraw, Telling, Tx};

/// A person and whether they have asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonStatus {
    pub name: String,
    /// How often they were told.
    pub asked: usize,
    /// Whether they are told by e-mail, and do not ask.
    pub mailed: bool,
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
    /// How often any draw of the series has.
    pub openings_in_all: u64,
    /// Where the file says something else than that draw.
    pub differences: Vec<Difference>,
    /// Messages by state.
    pub outbox: BTreeMap<String, u64>,
}

/// How a draw stands.
#[derive(Debug)]
pub struct DrawStatus {
    pub number: u32,
    pub drawn_at: Timestamp,
    /// Its fingerprint, safe to publish.
    pub fingerprint: String,
    /// How equally likely every valid draw was.
    pub uniformity: String,
    /// The exchange as it was drawn, which is what answers.
    pub exchange: Exchange,
    /// Everybody in it.
    pub people: Vec<PersonStatus>,
    /// Its archive copy, as last known.
    pub archive: Copy,
    /// When the last of its people was forgotten; `None` while somebody is known.
    pub forgotten_at: Option<Timestamp>,
}

/// Says how things stand with an exchange.
pub fn status(site: &Site) -> Result<Status, StoreError> {
    site.store.read(|tx| {
        let mut status =
            Status { draw: None, openings: 0, openings_in_all: 0, differences: vec![], outbox: BTreeMap::new() };
        let Some(topic) = site.topic(tx)? else { return Ok(status) };
        status.outbox = tx.count_messages(topic.id)?.into_iter().collect();
        status.openings_in_all = tx.openings(topic.series)?.len() as u64;
        let Some(draw) = tx.newest_draw(topic.id)? else { return Ok(status) };
        status.openings = tx.count_openings(topic.series, draw.number)?;
        status.differences = differences(&roster_today(&draw)?, &site.exchange);
        status.draw = Some(draw_status(tx, draw)?);
        Ok(status)
    })
}

/// Where the file says something else than the draw that answers.
pub fn differences_since_draw(site: &Site) -> Result<Vec<Difference>, StoreError> {
    let newest = |tx: &Tx<'_>| match site.topic(tx)? {
        Some(topic) => tx.newest_draw(topic.id),
        None => Ok(None),
    };
    let draw: Option<StoredDraw> = site.store.read(newest)?;
    draw.map_or(Ok(Vec::new()), |draw| Ok(differences(&roster_today(&draw)?, &site.exchange)))
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
        forgotten_at: draw.forgotten_at.filter(|_| drawn.roster.is_forgotten()),
        exchange: drawn.roster,
        people,
        archive: Copy { state: draw.archive_state, location: draw.archive_location, problem: draw.archive_problem },
    })
}

/// The names of those who have asked, in the order of the roster.
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
            mailed: person.is_mailed(),
            last_asked: told.map(|(_, at)| *at),
        }
    };
    drawn.people().filter(|(_, person)| !person.is_forgotten()).map(status).collect()
}

/// Somebody who has not been told whom they give to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub name: String,
    /// How they can be reached.
    pub reachable: Reachable,
    /// What they wait for, in words.
    pub why: String,
}

/// The newest draw's number, how many of it are known, and who in it has not been told; `None` before the first draw.
pub fn waiting(site: &Site) -> Result<Option<(u32, usize, Vec<Waiting>)>, StoreError> {
    site.store.read(|tx| {
        let newest = site.topic(tx)?.map(|topic| tx.newest_draw(topic.id)).transpose()?.flatten();
        let Some(drawn) = newest.map(Drawn::read).transpose()? else { return Ok(None) };
        let told: HashSet<PersonId> = tx.tellings(drawn.draw.id)?.into_iter().map(|telling| telling.person).collect();
        let mut waiting = Vec::new();
        let here: Vec<_> = drawn.people().filter(|(_, person)| !person.is_forgotten()).collect();
        for (id, person) in here.iter().copied().filter(|(id, _)| !told.contains(id)) {
            let (reachable, why) = (Reachable::of(tx, person)?, why_not_told(tx, drawn.draw.id, (id, person))?);
            waiting.push(Waiting { name: person.name.clone(), reachable, why });
        }
        Ok(Some((drawn.draw.number, here.len(), waiting)))
    })
}

fn why_not_told(tx: &Tx<'_>, draw: DrawId, (id, person): (PersonId, &Person)) -> Result<String, StoreError> {
    if !person.is_mailed() {
        let Some(phone) = &person.phone else { return Ok("has neither a phone nor an e-mail address".to_owned()) };
        return Ok(match (tx.is_opted_out(phone)?, tx.has_written(phone)?) {
            (true, _) => "has said STOP",
            (false, true) => "has texted, and not asked",
            (false, false) => "has never texted",
        }
        .to_owned());
    }
    let Some(row) = tx.messages_to(id, "pairing")?.into_iter().rfind(|row| row.draw == Some(draw)) else {
        return Ok("the e-mail waits for `xchange send` or the listener".to_owned());
    };
    let problem = row.problem.as_deref().map(|problem| format!(": {problem}")).unwrap_or_default();
    Ok(format!("the e-mail is {}{problem}", row.standing()))
}
