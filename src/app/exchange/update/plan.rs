//! What an update would do, from the two rosters alone: the live draw is not opened, so nothing that is said of a plan can tell
//! a pairing.

use std::collections::HashSet;

use crate::app::exchange::differences::{Difference, Matched, differences};
use crate::matcher::MOST_UPDATED;
use crate::model::{Exchange, Exclusion, PastYear, Person, PersonIndex};

/// Fewest people that a joiner may give to, and get from, among those who stay, for a draw that changes as little as can be.
const FEWEST_CHOICES: usize = 3;

/// How much of a live draw changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redrawn {
    /// Nothing: nobody joined or left.
    Nothing,
    /// As few pairings as can be.
    Fewest,
    /// All of it, for fewer could be aimed at somebody.
    Whole(&'static str),
}

/// What an update would do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What it brings in.
    pub changes: Vec<Difference>,
    /// Rules between people who stay, which it does not bring in.
    pub left_out: Vec<Difference>,
    /// Whether there is a new draw.
    pub redrawn: Redrawn,
    /// Who joined, by name.
    pub joined: Vec<String>,
    /// Who left, by the name in the draw.
    pub left: Vec<String>,
    /// The exchange as it will be.
    pub(super) roster: Exchange,
    /// For everybody in it their place in the live draw; `None` for joiners.
    pub(super) places: Vec<Option<usize>>,
}

impl Plan {
    /// Compares an exchange as it is answered from with what its roster says now.
    pub fn of(live: &Exchange, written: &Exchange) -> Self {
        let (left_out, changes) = differences(live, written).into_iter().partition(is_rule);
        let matched = Matched::of(live, written);
        let joined: Vec<String> = matched.joined().map(|person| person.name.clone()).collect();
        let left: Vec<String> = matched.left().map(|person| person.name.clone()).collect();
        let (roster, places) = brought_in(live, written, &matched.places, joined.is_empty() && left.is_empty());
        let redrawn = match joined.is_empty() && left.is_empty() {
            true => Redrawn::Nothing,
            false => how(&roster, &places, live.people.len()),
        };
        Self { changes, left_out, redrawn, joined, left, roster, places }
    }
}

impl Plan {
    /// Whose addresses change, by name.
    pub fn moved(&self) -> Vec<&str> {
        let moved = self.changes.iter().filter(|change| matches!(&*change.kind, "phone" | "e-mail" | "deliver"));
        let mut moved: Vec<&str> = moved.filter_map(|change| change.person.as_deref()).collect();
        moved.dedup();
        moved
    }

    /// How many people are told something of it.
    pub fn told(&self) -> usize {
        match self.redrawn {
            Redrawn::Nothing => self.moved().len(),
            _ => self.roster.people.len() + self.left.len(),
        }
    }
}

/// Rules are not brought in between people who stay: that is another draw.
fn is_rule(difference: &Difference) -> bool {
    let kind = difference.kind.as_str();
    kind.starts_with("rule ") || matches!(kind, "exclusion" | "household")
}

/// The exchange as it will be: its wordings and people as they are written now, the rules between those who stay as they were
/// drawn with. Where nobody joined or left everybody keeps the place they have in the draw.
fn brought_in(
    live: &Exchange,
    written: &Exchange,
    places: &[Option<usize>],
    all_stay: bool,
) -> (Exchange, Vec<Option<usize>>) {
    let mut order: Vec<usize> = (0..written.people.len()).collect();
    if all_stay {
        order.sort_by_key(|at| places[*at]);
    }
    let places: Vec<Option<usize>> = order.iter().map(|at| places[*at]).collect();
    let person = |(at, place): (&usize, &Option<usize>)| {
        let now = &written.people[*at];
        let before = place.and_then(|place| live.people.get(place));
        let (id, households) = before.map_or((None, &now.households), |before| (before.id, &before.households));
        Person { id, households: households.clone(), ..now.clone() }
    };
    let people = order.iter().zip(&places).map(person).collect();
    let index = |at: usize| PersonIndex(u32::try_from(at).unwrap_or(u32::MAX));
    let stays = |person: PersonIndex| places.iter().position(|place| *place == Some(person.index())).map(index);
    let comes = |person: PersonIndex| order.iter().position(|at| *at == person.index()).map(index);
    let is_new = |person: PersonIndex| places.get(person.index()).is_some_and(Option::is_none);
    let kept = live.exclusions.iter().filter_map(|rule| renamed(rule, stays));
    let new = written.exclusions.iter().filter_map(|rule| renamed(rule, comes));
    let new = new.filter(|rule| is_new(rule.giver) || is_new(rule.receiver));
    let past = live.past.iter().map(|year| PastYear {
        year: year.year,
        pairings: year.pairings.iter().filter_map(|(giver, to)| Some((stays(*giver)?, stays(*to)?))).collect(),
    });
    let roster = Exchange {
        name: live.name.clone(),
        series: live.series.clone(),
        rules: live.rules.clone(),
        people,
        exclusions: kept.chain(new).collect(),
        past: past.collect(),
        ..written.clone()
    };
    (roster, places)
}

fn renamed(rule: &Exclusion, to: impl Fn(PersonIndex) -> Option<PersonIndex>) -> Option<Exclusion> {
    Some(Exclusion { giver: to(rule.giver)?, receiver: to(rule.receiver)?, ..rule.clone() })
}

/// Whether the fewest changes cannot be aimed. Whoever could choose a joiner with one possible giver would learn whom that one gave
/// to; whoever could take most people out would learn the rest.
fn how(roster: &Exchange, places: &[Option<usize>], drawn: usize) -> Redrawn {
    let stay = places.iter().flatten().count();
    let changed = (places.len() - stay) + (drawn - stay);
    if roster.people.len() > MOST_UPDATED as usize {
        return Redrawn::Whole("the fewest changes are looked for among 2,000 people at most");
    }
    if 3 * changed > drawn {
        return Redrawn::Whole("more than a third of the people change");
    }
    let closed: HashSet<(u32, u32)> = roster
        .exclusions
        .iter()
        .flat_map(|rule| {
            let (giver, to) = (rule.giver.0, rule.receiver.0);
            [Some((giver, to)), rule.both_ways.then_some((to, giver))].into_iter().flatten()
        })
        .collect();
    let enough = |choices: usize| choices >= FEWEST_CHOICES && 2 * choices >= stay;
    let stayers = || roster.ids().filter(|(id, _)| places[id.index()].is_some());
    let is_free = |(id, joiner): (PersonIndex, &Person)| {
        let open = |other: &Person| !joiner.lives_with(other);
        let to = stayers().filter(|(other, person)| open(person) && !closed.contains(&(id.0, other.0))).count();
        let from = stayers().filter(|(other, person)| open(person) && !closed.contains(&(other.0, id.0))).count();
        enough(to) && enough(from)
    };
    match roster.ids().filter(|(id, _)| places[id.index()].is_none()).all(is_free) {
        true => Redrawn::Fewest,
        false => Redrawn::Whole("somebody who joined may give to, or get from, too few of those who stay"),
    }
}

#[cfg(test)]
mod tests;
