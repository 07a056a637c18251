//! The people of a roster as rows. Who they were before is found by name, then by phone, then by e-mail; so a renamed
//! person, or one with another phone, keeps their wishes and everything else that points to them.

use std::collections::{HashMap, HashSet};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::app::site::Site;
use crate::model::{Email, Exchange, Person, PersonId, Phone, TopicId};
use crate::store::{NewPerson, StoreError, Tx};

/// What everybody of an exchange's roster is known by, in its order: their row or, as long as somebody who joins has none, a
/// mark made of their name.
pub fn ids(site: &Site) -> Result<Vec<String>, StoreError> {
    let exchange = &site.exchange;
    let known = site.store.read(|tx| match site.topic(tx)? {
        Some(topic) => known(tx, topic.id, exchange),
        None => Ok(vec![None; exchange.people.len()]),
    })?;
    let id = |(person, row): (&Person, Option<PersonId>)| {
        row.map_or_else(|| format!("new-{}", mark(&person.name)), |row| row.0.to_string())
    };
    Ok(exchange.people.iter().zip(known).map(id).collect())
}

/// What an exclusion is known by: what it says.
pub fn exclusion_id(giver: &str, receiver: &str, both_ways: bool) -> String {
    mark(&format!("{giver}\0{receiver}\0{both_ways}"))
}

fn mark(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text)[..8])
}

/// Writes the people of a roster down as they are now, and gives their rows in the roster's order. Whoever is not in
/// the roster any more keeps their row.
pub(super) fn enter(tx: &Tx<'_>, topic: TopicId, roster: &Exchange) -> Result<Vec<PersonId>, StoreError> {
    let Entered { ids, had_rows } = enter_new(tx, topic, roster)?;
    if had_rows {
        update(tx, topic, &ids, roster)?;
    }
    Ok(ids)
}

/// The rows of a roster's people.
pub(super) struct Entered {
    /// In the roster's order.
    pub(super) ids: Vec<PersonId>,
    /// Whether some of them had one before, which may say something else.
    pub(super) had_rows: bool,
}

/// Gives everybody of a roster a row; those who have one already keep it as it is.
pub(super) fn enter_new(tx: &Tx<'_>, topic: TopicId, roster: &Exchange) -> Result<Entered, StoreError> {
    let matched = known(tx, topic, roster)?;
    let had_rows = matched.iter().any(Option::is_some);
    Ok(Entered { ids: enter_missing(tx, topic, roster, matched)?, had_rows })
}

/// Gives a row to everybody of a roster who has none among these.
pub(super) fn enter_missing(
    tx: &Tx<'_>,
    topic: TopicId,
    roster: &Exchange,
    matched: Vec<Option<PersonId>>,
) -> Result<Vec<PersonId>, StoreError> {
    let new = roster.people.iter().zip(&matched).filter(|(_, id)| id.is_none()).map(|(person, _)| row(person));
    let mut inserted = tx.insert_persons(topic, &new.collect::<Vec<_>>())?.into_iter();
    let ids: Option<Vec<PersonId>> = matched.into_iter().map(|id| id.or_else(|| inserted.next())).collect();
    ids.ok_or_else(|| StoreError::damaged("list of people", "not everybody was written down"))
}

/// Writes down what the people of a roster, whose rows these are, are called and where they are reached.
pub(super) fn update(tx: &Tx<'_>, topic: TopicId, ids: &[PersonId], roster: &Exchange) -> Result<(), StoreError> {
    let known = rows(tx, topic)?;
    let by_id: HashMap<PersonId, &Known> = known.iter().map(|known| (known.id, known)).collect();
    for (person, id) in roster.people.iter().zip(ids) {
        if !by_id.get(id).is_some_and(|known| known.says(row(person))) {
            tx.update_person(*id, row(person))?;
        }
    }
    Ok(())
}

/// A roster whose people know their rows.
pub(super) fn with_rows(roster: &Exchange, ids: &[PersonId]) -> Exchange {
    let mut roster = roster.clone();
    for (person, id) in roster.people.iter_mut().zip(ids) {
        person.id = Some(*id);
    }
    roster
}

/// The rows that the people of a roster have already, in the roster's order.
pub(super) fn known(tx: &Tx<'_>, topic: TopicId, roster: &Exchange) -> Result<Vec<Option<PersonId>>, StoreError> {
    Ok(matched(&rows(tx, topic)?, roster))
}

fn rows(tx: &Tx<'_>, topic: TopicId) -> Result<Vec<Known>, StoreError> {
    tx.persons(topic, |id, name, phone, email| Known { id, name, phone, email })
}

/// Somebody as the database has them.
struct Known {
    id: PersonId,
    name: String,
    phone: Option<String>,
    email: Option<String>,
}

impl Known {
    fn says(&self, row: NewPerson<'_>) -> bool {
        (self.name.as_str(), self.phone.as_deref(), self.email.as_deref()) == (row.name, row.phone, row.email)
    }
}

fn row(person: &Person) -> NewPerson<'_> {
    NewPerson {
        name: &person.name,
        phone: person.phone.as_ref().map(Phone::expose),
        email: person.email.as_ref().map(Email::expose),
    }
}

/// Whose row each person of a roster has already, in the roster's order; nobody's row twice.
fn matched(known: &[Known], roster: &Exchange) -> Vec<Option<PersonId>> {
    let mut matches = Matches { known, found: vec![None; roster.people.len()], taken: HashSet::new() };
    matches.by(roster, |known| Some(&known.name), |person| Some(&person.name));
    matches.by(roster, |known| known.phone.as_deref(), |person| person.phone.as_ref().map(Phone::expose));
    matches.by(roster, |known| known.email.as_deref(), |person| person.email.as_ref().map(Email::expose));
    matches.found
}

struct Matches<'a> {
    known: &'a [Known],
    found: Vec<Option<PersonId>>,
    taken: HashSet<PersonId>,
}

impl<'a> Matches<'a> {
    /// Finds rows, among those that are left, for the people that are left.
    fn by(
        &mut self,
        roster: &Exchange,
        of_known: impl Fn(&'a Known) -> Option<&'a str>,
        of_person: impl Fn(&Person) -> Option<&str>,
    ) {
        if self.taken.len() == self.known.len() {
            return;
        }
        let rows = self.known.iter().filter(|known| !self.taken.contains(&known.id));
        let rows = only_ones(rows.filter_map(|known| Some((of_known(known)?, known.id))));
        let people = roster.people.iter().enumerate().filter(|(place, _)| self.found[*place].is_none());
        let people = only_ones(people.filter_map(|(place, person)| Some((of_person(person)?, place))));
        for (key, place) in people {
            if let Some(id) = rows.get(key) {
                self.found[place] = Some(*id);
                self.taken.insert(*id);
            }
        }
    }
}

/// Who has a key that nobody else has. An address of several says of none of them who they are, and a new row is better
/// than another's.
fn only_ones<'a, T>(keys: impl Iterator<Item = (&'a str, T)>) -> HashMap<&'a str, T> {
    let mut found = HashMap::new();
    for (key, one) in keys {
        let others = found.contains_key(key);
        found.insert(key, (!others).then_some(one));
    }
    found.into_iter().filter_map(|(key, one)| Some((key, one?))).collect()
}

#[cfg(test)]
mod tests;
