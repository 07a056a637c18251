//! From roster and history to the matcher's problem, and from its reasons back to words with lines and names.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::draw_record::{NotTheDraw, open_checked};
use crate::matcher;
use crate::model::{Exchange, Exclusion, PersonIndex, Repeats, TopicId};
use crate::seal::{DrawDocument, Fingerprint, Identity};
use crate::store::StoredDraw;

/// How old a draw has to be before it is history. Whoever could have today's draw avoided, again and again, would learn it.
pub(super) const SETTLED_AFTER: SignedDuration = SignedDuration::from_hours(60 * 24);

/// An earlier draw of the series, as far as this roster's people took part in it. Wiped when dropped.
pub struct Past {
    pub number: u32,
    pairings: Zeroizing<Vec<(u32, u32)>>,
}

impl Past {
    /// What of an open draw concerns the people of `exchange`, matched by name.
    pub fn of(document: &DrawDocument, exchange: &Exchange) -> Self {
        let places: BTreeMap<&str, PersonIndex> =
            exchange.ids().map(|(id, person)| (person.name.as_str(), id)).collect();
        let today = |id: PersonIndex| places.get(document.roster().person(id).name.as_str()).map(|id| id.0);
        let pairings = document.all_pairings().filter_map(|(g, r)| Some((today(g)?, today(r)?))).collect();
        Self { number: document.about().draw, pairings: Zeroizing::new(pairings) }
    }
}

/// An earlier draw of the series cannot be relied on.
#[derive(Debug, thiserror::Error)]
#[error("draw {number} of the series cannot be relied on")]
pub struct HistoryClosed {
    pub number: u32,
    #[source]
    pub source: NotTheDraw,
}

/// The draws whose pairings a new draw of an exchange avoids, newest first: of each other exchange of the series the last
/// one, made 60 days ago or earlier. Never a draw that still counts, never one that was replaced, and never one of this
/// exchange, whatever day the exchange says it is of. `earlier` are all draws of the series.
pub fn avoided(exchange: &Exchange, topic: Option<TopicId>, earlier: &[StoredDraw], now: Timestamp) -> Vec<StoredDraw> {
    let last: BTreeMap<TopicId, &StoredDraw> = earlier.iter().map(|draw| (draw.topic, draw)).collect();
    let settled = |draw: &&StoredDraw| now.duration_since(draw.drawn_at) >= SETTLED_AFTER;
    let mut avoided: Vec<StoredDraw> = last
        .into_iter()
        .filter(|(other, _)| Some(*other) != topic)
        .map(|(_, draw)| draw)
        .filter(settled)
        .cloned()
        .collect();
    avoided.sort_by_key(|draw| std::cmp::Reverse(draw.number));
    avoided.truncate(exchange.rules.avoid_repeats as usize);
    avoided
}

/// The draws a sealed draw says it avoided; one of the first release does not say, and avoided the last ones of all.
pub fn avoided_by(document: &DrawDocument, earlier: &[StoredDraw]) -> Vec<StoredDraw> {
    let about = document.about();
    let before = earlier.iter().rev().filter(|draw| draw.number < about.draw);
    match &about.avoided {
        Some(numbers) => before.filter(|draw| numbers.contains(&draw.number)).cloned().collect(),
        None => before.take(document.roster().rules.avoid_repeats as usize).cloned().collect(),
    }
}

/// Draws opened for the matcher's eyes alone, newest first, after the one that counts today (`newest`), which nothing is
/// taken from: a key that does not open it must not seal the next. Each is held against its published fingerprint, its age
/// against the one it was sealed with, and two that follow each other against what the later one was sealed with.
///
/// # Errors
/// [`HistoryClosed`], the newest that does not open or is not the draw it should be.
pub fn history(
    exchange: &Exchange,
    newest: Option<&StoredDraw>,
    avoided: &[StoredDraw],
    identity: &Identity,
) -> Result<Vec<Past>, HistoryClosed> {
    // What the draw opened last was sealed with: number and fingerprint of the one before it.
    let mut expected: Option<(u32, Fingerprint)> = None;
    let mut open = |draw: &StoredDraw| {
        let unreliable = |source| HistoryClosed { number: draw.number, source };
        let document = open_checked(draw, identity).map_err(unreliable)?;
        let is_another = expected.is_some_and(|(number, it)| number == draw.number && it != document.fingerprint());
        if is_another || document.about().drawn_at.as_second() != draw.drawn_at.as_second() {
            return Err(unreliable(NotTheDraw::Exchanged));
        }
        expected = document.about().previous.map(|it| (draw.number.saturating_sub(1), it));
        Ok(Past::of(&document, exchange))
    };
    if let Some(draw) = newest {
        open(draw)?;
    }
    avoided.iter().map(open).collect()
}

/// The problem the matcher solves; `history` newest first, and behind it the years that the roster tells of.
pub fn problem(exchange: &Exchange, history: &[Past]) -> matcher::Problem {
    let mut exclusions = Vec::new();
    for (rule, exclusion) in rule_numbers(exchange).zip(&exchange.exclusions) {
        let (giver, receiver) = (exclusion.giver.0, exclusion.receiver.0);
        exclusions.push(matcher::Exclusion { giver, receiver, rule });
        if exclusion.both_ways {
            exclusions.push(matcher::Exclusion { giver: receiver, receiver: giver, rule });
        }
    }
    let households = groups(exchange, &mut exclusions);
    let avoided = exchange.rules.avoid_repeats as usize;
    let numbers = |(giver, receiver): &(PersonIndex, PersonIndex)| (giver.0, receiver.0);
    let years = exchange.past.iter().map(|year| year.pairings.iter().map(numbers).collect());
    let draws = history.iter().map(|past| past.pairings.iter().copied().collect());
    matcher::Problem {
        people: count(exchange.people.len()),
        households,
        exclusions,
        history: draws.chain(years).take(avoided).collect(),
        repeats: match exchange.rules.repeats {
            Repeats::Avoid => matcher::Repeats::Avoid,
            Repeats::Never => matcher::Repeats::Never,
        },
        mutual: exchange.rules.mutual,
        one_circle: exchange.rules.one_circle,
        gifts_each: exchange.rules.gifts_each,
    }
}

/// A number for each exclusion: the place of the first that is written in the same section, for a section is one rule.
fn rule_numbers(exchange: &Exchange) -> impl Iterator<Item = u32> + '_ {
    let all = &exchange.exclusions;
    let mut first = 0;
    (0..all.len()).map(move |at| {
        if at == 0 || all[at].place.is_none() || all[at].place != all[at - 1].place {
            first = at;
        }
        count(first)
    })
}

/// The household of everybody that is a group of the matcher's, which knows one a person. A household with somebody whose
/// group is another, larger one is added to the exclusions instead, whole, so that it stays one rule.
fn groups(exchange: &Exchange, exclusions: &mut Vec<matcher::Exclusion>) -> Vec<Option<u32>> {
    let names = households(exchange);
    let mut members = vec![Vec::new(); names.len()];
    for (id, person) in exchange.ids() {
        for place in person.households.iter().filter_map(|name| names.binary_search(&name.as_str()).ok()) {
            members[place].push(id.0);
        }
    }
    let mut numbers: Vec<usize> = (0..names.len()).collect();
    numbers.sort_by_key(|number| std::cmp::Reverse(members[*number].len()));
    let mut groups = vec![None; exchange.people.len()];
    for number in numbers {
        let inside = &members[number];
        if inside.iter().all(|person| groups[*person as usize].is_none()) {
            inside.iter().for_each(|person| groups[*person as usize] = Some(count(number)));
            continue;
        }
        let rule = count(exchange.exclusions.len() + number);
        let pairs = inside.iter().flat_map(|giver| inside.iter().map(move |receiver| (*giver, *receiver)));
        exclusions.extend(
            pairs.filter(|(giver, receiver)| giver != receiver).map(|(giver, receiver)| matcher::Exclusion {
                giver,
                receiver,
                rule,
            }),
        );
    }
    groups
}

/// A roster is far below 2^32 of anything.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Puts an impossible roster into words: the people who clash, the rules with their lines, the cheapest repairs.
pub fn explain(impossible: &matcher::Impossible, exchange: &Exchange) -> Vec<String> {
    let name = |person: u32| exchange.person(PersonIndex(person)).name.clone();
    let rule = |rule: &matcher::RuleRef| rule_in_words(rule, exchange);
    matcher::explain(impossible, &name, &rule).iter().map(|sentence| capitalised(sentence)).collect()
}

/// A rule as the organizer knows it.
pub fn rule_in_words(rule: &matcher::RuleRef, exchange: &Exchange) -> String {
    match rule {
        matcher::RuleRef::Household(number) => household_in_words(exchange, *number as usize),
        matcher::RuleRef::Exclusion(number) => match exchange.exclusions.get(*number as usize) {
            Some(exclusion) => exclusion_in_words(exchange, *number as usize, exclusion),
            None => household_in_words(exchange, *number as usize - exchange.exclusions.len()),
        },
        // Of sealed draws nothing is ever explained: what they leave is not told.
        matcher::RuleRef::History(tier) => match exchange.past.get(*tier as usize) {
            Some(year) => format!("the pairings of {}", year.year),
            None => "an earlier draw".to_owned(),
        },
        matcher::RuleRef::SelfRule => "nobody gives to themselves".to_owned(),
        matcher::RuleRef::OneCircle => "one_circle".to_owned(),
        matcher::RuleRef::NoMutual => "mutual = false".to_owned(),
    }
}

fn exclusion_in_words(exchange: &Exchange, number: usize, first: &Exclusion) -> String {
    let of_the_same = |other: &&Exclusion| first.place.is_some() && other.place == first.place;
    let more = match exchange.exclusions[number + 1..].iter().take_while(of_the_same).count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let name = |person| &exchange.person(person).name;
    let arrow = if first.both_ways { "<->" } else { "->" };
    let line = first.place.map(|place| format!(" (line {})", place.line)).unwrap_or_default();
    format!("the exclusion {} {arrow} {}{more}{line}", name(first.giver), name(first.receiver))
}

fn household_in_words(exchange: &Exchange, number: usize) -> String {
    format!("the household {:?}", households(exchange).get(number).copied().unwrap_or("?"))
}

fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The households' names in a fixed order; a household's number is its place here.
pub(super) fn households(exchange: &Exchange) -> Vec<&str> {
    let mut names: Vec<&str> = exchange.people.iter().flat_map(|p| p.households.iter().map(String::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests;
