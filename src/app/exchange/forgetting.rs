//! People of exchanges forgotten: whoever was drawn before a day, or one by name. Their rows are emptied, and their places in
//! what can be read of draws. Sealed draws, the chain and the archive are as they were made, and no file is touched.
//!
//! Nobody of a draw that answers before it has settled: they are still told by it. `update` takes them out of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::differences::differences;
use super::draw_record::{roster_of, roster_today};
use super::editing::EditingError;
use super::kept::{self, KeepError};
use super::question::SETTLED_AFTER;
use crate::app::site::{Kept, Site};
use crate::model::{Exchange, Person, PersonId, Settings, TopicId};
use crate::roster::edit::{self, Edit};
use crate::roster::{self, is_same_name};
use crate::store::{KeptExchange, StoreError, StoredDraw, Tx};

/// A sealed roster as it can be read, forgotten people being what they are in `clear`.
pub(super) fn as_in_the_clear(sealed: &Exchange, clear: &Exchange) -> Exchange {
    let mut sealed = sealed.clone();
    let both = sealed.people.iter_mut().zip(&clear.people);
    both.filter(|(_, clear)| clear.is_forgotten()).for_each(|(person, clear)| person.clone_from(clear));
    sealed
}

/// What forgetting comes to in an exchange.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// What it is called, as its last draw has it.
    pub exchange: String,
    pub people: usize,
    /// Who stays for now, by name, and why.
    pub kept: Vec<(String, &'static str)>,
    /// Whether the roster in the database still names them: it has been changed since it was drawn.
    pub in_roster: bool,
}

/// Why somebody is not forgotten. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum NotForgotten {
    #[error("nobody called {0:?} is known in this exchange")]
    Unknown(String),
    #[error("the roster file still names {0:?}")]
    InFile(String),
    #[error("{name:?} cannot be forgotten yet: {why}")]
    Kept { name: String, why: &'static str },
    /// The roster in the database cannot do without them.
    #[error(transparent)]
    Roster(#[from] EditingError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<KeepError> for NotForgotten {
    fn from(error: KeepError) -> Self {
        Self::Roster(error.into())
    }
}

/// Forgets everybody of an exchange whose last draw was before then; gives what it came to, `None` where nobody was. A roster in
/// the database that is as it was drawn loses them as well; one that was changed since is somebody's work for another draw.
pub fn expire(
    tx: &Tx<'_>,
    settings: &Settings,
    topic: TopicId,
    before: Timestamp,
    now: Timestamp,
) -> Result<Option<Forgotten>, NotForgotten> {
    let draws = draws(tx, topic)?;
    let Some(newest) = draws.last() else { return Ok(None) };
    let last = draws.iter().flat_map(|draw| draw.people.iter().map(|id| (*id, draw.drawn_at)));
    // Oldest first, so that the last draw of each remains.
    let last: BTreeMap<PersonId, Timestamp> = last.collect();
    let mut done = Forgotten { exchange: newest.exchange.clone(), ..Forgotten::default() };
    let mut gone = BTreeSet::new();
    for (id, _) in last.into_iter().filter(|(_, at)| *at < before) {
        let name = tx.person_name(id)?.unwrap_or_default();
        match keeps(tx, &draws, id, now)? {
            _ if name.is_empty() => {}
            Some(why) => done.kept.push((name, why)),
            None => drop(gone.insert(id)),
        }
    }
    done.people = gone.len();
    if let (Some(kept), false) = (tx.kept_exchange(topic)?, gone.is_empty()) {
        done.in_roster = !empty_roster(tx, settings, (&kept, newest), &gone, now)?;
    }
    empty(tx, &draws, &gone, now)?;
    Ok((done.people > 0 || !done.kept.is_empty()).then_some(done))
}

/// Forgets somebody of an exchange, by name: of its draws and, where it is kept in the database, of its roster.
pub fn forget(tx: &Tx<'_>, site: &Site, name: &str, now: Timestamp) -> Result<Forgotten, NotForgotten> {
    let in_roster = site.exchange.people.iter().find(|person| is_same_name(&person.name, name));
    if let (Kept::File, Some(person)) = (&site.kept, in_roster) {
        return Err(NotForgotten::InFile(person.name.clone()));
    }
    let topic = site.topic(tx)?.ok_or_else(|| NotForgotten::Unknown(name.to_owned()))?.id;
    let draws = draws(tx, topic)?;
    let known = tx.persons(topic, |id, known, _, _| (id, known))?;
    let gone: BTreeSet<PersonId> =
        known.into_iter().filter(|(_, known)| is_same_name(known, name)).map(|(id, _)| id).collect();
    if gone.is_empty() && in_roster.is_none() {
        return Err(NotForgotten::Unknown(name.to_owned()));
    }
    for id in &gone {
        if let Some(why) = keeps(tx, &draws, *id, now)? {
            return Err(NotForgotten::Kept { name: name.to_owned(), why });
        }
    }
    if let Some(person) = in_roster {
        take_out(tx, &site.settings, (topic, &site.exchange.name), &[Edit::Remove(person.name.clone())], now)?;
    }
    empty(tx, &draws, &gone, now)?;
    Ok(Forgotten { exchange: site.exchange.name.clone(), people: 1, ..Forgotten::default() })
}

/// Takes people of its newest draw out of a roster in the database; `false`, and nothing is changed, where it has changed since.
fn empty_roster(
    tx: &Tx<'_>,
    settings: &Settings,
    (kept, newest): (&KeptExchange, &StoredDraw),
    gone: &BTreeSet<PersonId>,
    now: Timestamp,
) -> Result<bool, NotForgotten> {
    let today = roster::parse_kept(&kept.toml, &kept.name, settings).map_err(EditingError::from)?.exchange;
    let drawn = roster_today(newest)?;
    if !differences(&drawn, &today).is_empty() {
        return Ok(today.people.is_empty());
    }
    let people = drawn.people.iter().zip(&newest.people).filter(|(_, id)| gone.contains(id));
    let without: Vec<Edit> = people.map(|(person, _)| Edit::Remove(person.name.clone())).collect();
    take_out(tx, settings, (kept.topic.id, &kept.name), &without, now)?;
    Ok(true)
}

fn take_out(
    tx: &Tx<'_>,
    settings: &Settings,
    (topic, called): (TopicId, &str),
    without: &[Edit],
    now: Timestamp,
) -> Result<(), NotForgotten> {
    let read = |text: &str| roster::parse_kept(text, called, settings);
    let edit = |toml: &str| match edit::apply(toml, read, without) {
        Ok(edited) => Ok(edited.text),
        Err(error) => Err(NotForgotten::Roster(error.into())),
    };
    kept::change_within(tx, settings, topic, edit, now)
}

fn draws(tx: &Tx<'_>, topic: TopicId) -> Result<Vec<StoredDraw>, StoreError> {
    let mut draws = Vec::new();
    for id in tx.draws_of(topic)? {
        draws.extend(tx.draw(id)?);
    }
    Ok(draws)
}

/// What keeps somebody from being forgotten now. A draw of an update that waits is the newest one here, and draws are never
/// younger than the one that answers.
fn keeps(tx: &Tx<'_>, draws: &[StoredDraw], id: PersonId, now: Timestamp) -> Result<Option<&'static str>, StoreError> {
    let answering = match draws.first() {
        Some(draw) => tx.newest_draw(draw.topic)?,
        None => None,
    };
    let mut answering = answering.iter().chain(draws.last());
    if answering.any(|draw| draw.people.contains(&id) && now.duration_since(draw.drawn_at) < SETTLED_AFTER) {
        return Ok(Some(
            "the draw that answers is not 60 days old; take them out of the roster and run `xchange update`",
        ));
    }
    Ok(tx.is_owed(id)?.then_some("a message is on its way to them, or they are still to be told of a changed address"))
}

fn empty(tx: &Tx<'_>, draws: &[StoredDraw], gone: &BTreeSet<PersonId>, now: Timestamp) -> Result<(), StoreError> {
    for draw in draws.iter().filter(|draw| draw.people.iter().any(|id| gone.contains(id))) {
        let json = |exchange: Exchange| {
            serde_json::to_string(&without(exchange, &draw.people, gone)).map_err(|e| StoreError::damaged("roster", e))
        };
        tx.forget_in_draw(draw.id, (&json(roster_of(draw)?)?, &json(roster_today(draw)?)?), now)?;
    }
    if let (Some(draw), false) = (draws.first(), gone.is_empty()) {
        tx.forget_in_notices(draw.topic)?;
    }
    gone.iter().try_for_each(|id| tx.forget_person(*id))
}

/// An exchange without what it says of some of its people, whose places stay.
fn without(mut exchange: Exchange, rows: &[PersonId], gone: &BTreeSet<PersonId>) -> Exchange {
    for (person, _) in exchange.people.iter_mut().zip(rows).filter(|(_, id)| gone.contains(id)) {
        *person = Person::forgotten(person.id);
    }
    exchange
}
