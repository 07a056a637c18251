//! What the file says and the live draw does not: people, addresses, wordings and rules that changed after the draw.
//!
//! Pure: two exchanges in, words out. Addresses print masked, and nothing here knows a pairing.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use crate::model::{Email, Exchange, Person, Phone, Rules};

/// What to do about differences.
pub const REMEDY: &str = "the live draw answers as before; `xchange update` brings them in, but for rules between people who stay, which need \
                          `xchange draw --redraw --reason ...`";

/// One thing that is not as it was when it was drawn.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// What differs: `phone`, `joined`, `keyword`, ...
    pub kind: String,
    /// Whom it concerns, by the name in the file; of one who left, by that in the draw.
    pub person: Option<String>,
    /// As it was drawn.
    pub from: Option<String>,
    /// As the file has it now.
    pub to: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, person, from, to } = self;
        match (kind.as_str(), person) {
            ("joined", Some(person)) => return write!(f, "{person} is in the file and was not drawn"),
            ("left", Some(person)) => return write!(f, "{person} was drawn and is not in the file any more"),
            (kind, Some(person)) => write!(f, "{person}: {kind}")?,
            (kind, None) => f.write_str(kind)?,
        }
        match (from, to) {
            (Some(from), Some(to)) if from == to => write!(f, " {from}, now another that looks the same masked"),
            (Some(from), Some(to)) => write!(f, " {from}, now {to}"),
            (Some(from), None) => write!(f, " {from}, now none"),
            (None, Some(to)) => write!(f, " none, now {to}"),
            (None, None) => f.write_str(" changed"),
        }
    }
}

/// Everything in which the file differs from what was drawn; empty when nothing does. The order of people and of
/// exclusions is no difference. Where all who were drawn have been forgotten, it is about nobody any more.
pub fn differences(drawn: &Exchange, file: &Exchange) -> Vec<Difference> {
    let mut found = Vec::new();
    if drawn.is_forgotten() {
        return found;
    }
    let date = |exchange: &Exchange| exchange.date.map(|date| date.to_string());
    let settings = [
        ("keyword", Some(drawn.keyword.clone()), Some(file.keyword.clone())),
        ("reply", Some(drawn.reply.clone()), Some(file.reply.clone())),
        ("budget", drawn.budget.clone(), file.budget.clone()),
        ("date", date(drawn), date(file)),
        ("timezone", Some(drawn.timezone.clone()), Some(file.timezone.clone())),
    ];
    for (kind, from, to) in settings {
        found.extend(changed(kind, None, from, to));
    }
    let names: BTreeSet<&String> = drawn.messages.keys().chain(file.messages.keys()).collect();
    let reworded = names.into_iter().filter(|name| drawn.messages.get(*name) != file.messages.get(*name));
    // Two whole wordings side by side would hide the other differences.
    found.extend(reworded.map(|name| Difference::new(&format!("message {name:?}"), None, None, None)));
    found.extend(rules(&drawn.rules, &file.rules));
    let then = Matched::of(drawn, file);
    found.extend(then.people());
    found.extend(then.exclusions());
    found
}

impl Difference {
    fn new(kind: &str, person: Option<&Person>, from: Option<String>, to: Option<String>) -> Self {
        Self { kind: kind.to_owned(), person: person.map(|person| person.name.clone()), from, to }
    }
}

fn changed(kind: &str, person: Option<&Person>, from: Option<String>, to: Option<String>) -> Option<Difference> {
    (from != to).then(|| Difference::new(kind, person, from, to))
}

fn rules(drawn: &Rules, file: &Rules) -> Vec<Difference> {
    let each = [
        ("rule mutual", drawn.mutual.to_string(), file.mutual.to_string()),
        ("rule one_circle", drawn.one_circle.to_string(), file.one_circle.to_string()),
        ("rule avoid_repeats", drawn.avoid_repeats.to_string(), file.avoid_repeats.to_string()),
        ("rule repeats", format!("{:?}", drawn.repeats).to_lowercase(), format!("{:?}", file.repeats).to_lowercase()),
        ("rule gifts_each", drawn.gifts_each.to_string(), file.gifts_each.to_string()),
    ];
    each.into_iter().filter_map(|(kind, from, to)| changed(kind, None, Some(from), Some(to))).collect()
}

/// Who is who in two rosters: by name, then by phone, then by e-mail, as the people of a new draw find their rows.
pub(super) struct Matched<'a> {
    drawn: &'a Exchange,
    file: &'a Exchange,
    /// For everybody in the file, their place in the draw.
    pub(super) places: Vec<Option<usize>>,
}

impl<'a> Matched<'a> {
    pub(super) fn of(drawn: &'a Exchange, file: &'a Exchange) -> Self {
        let keys: [fn(&Person) -> Option<&str>; 3] = [
            |person| Some(&person.name),
            |person| person.phone.as_ref().map(Phone::expose),
            |person| person.email.as_ref().map(Email::expose),
        ];
        let mut places = vec![None; file.people.len()];
        let mut taken = HashSet::new();
        for key in keys {
            let free: HashMap<&str, usize> = (0..)
                .zip(&drawn.people)
                .filter(|(place, _)| !taken.contains(place))
                .filter_map(|(place, person)| Some((key(person)?, place)))
                .collect();
            for (person, place) in file.people.iter().zip(&mut places).filter(|(_, place)| place.is_none()) {
                let found = key(person).and_then(|key| free.get(key)).copied();
                *place = found.filter(|found| taken.insert(*found));
            }
        }
        Self { drawn, file, places }
    }

    fn people(&self) -> Vec<Difference> {
        let mut found = Vec::new();
        for (person, place) in self.file.people.iter().zip(&self.places) {
            match place.and_then(|place| self.drawn.people.get(place)) {
                Some(before) => found.extend(person_changes(before, person)),
                None => found.push(whole("joined", person)),
            }
        }
        found.extend(self.left().filter(|person| !person.is_forgotten()).map(|person| whole("left", person)));
        found
    }

    /// Those of the file who were not drawn.
    pub(super) fn joined(&self) -> impl Iterator<Item = &'a Person> {
        self.file.people.iter().zip(&self.places).filter(|(_, place)| place.is_none()).map(|(person, _)| person)
    }

    /// Those who were drawn and are not in the file.
    pub(super) fn left(&self) -> impl Iterator<Item = &'a Person> {
        let known: HashSet<usize> = self.places.iter().flatten().copied().collect();
        (0..).zip(&self.drawn.people).filter(move |(place, _)| !known.contains(place)).map(|(_, person)| person)
    }

    /// Exclusions are told by the names in the file; those of somebody who joined or left are no difference of their own.
    fn exclusions(&self) -> Vec<Difference> {
        let in_file = |place: usize| self.places.iter().position(|drawn| *drawn == Some(place));
        let pairs = |exchange: &Exchange, place: &dyn Fn(usize) -> Option<usize>| {
            let mut pairs = BTreeSet::new();
            for rule in &exchange.exclusions {
                if let (Some(giver), Some(receiver)) = (place(rule.giver.index()), place(rule.receiver.index())) {
                    pairs.insert((giver, receiver));
                    pairs.extend(rule.both_ways.then_some((receiver, giver)));
                }
            }
            pairs
        };
        let before = pairs(self.drawn, &in_file);
        let now = pairs(self.file, &|place| self.places.get(place).copied().flatten().map(|_stays| place));
        let words = |(giver, receiver): &(usize, usize)| {
            Some(format!("{} never gives to {}", self.file.people[*giver].name, self.file.people[*receiver].name))
        };
        let gone = before.difference(&now).map(|pair| Difference::new("exclusion", None, words(pair), None));
        let new = now.difference(&before).map(|pair| Difference::new("exclusion", None, None, words(pair)));
        gone.chain(new).collect()
    }
}

fn whole(kind: &str, person: &Person) -> Difference {
    Difference::new(kind, Some(person), None, None)
}

/// What changed about one person. Addresses are compared as they are and told as they print, masked.
fn person_changes(before: &Person, now: &Person) -> Vec<Difference> {
    let who = Some(now);
    let wishes = |person: &Person| (!person.wishes.is_empty()).then(|| person.wishes.join(", "));
    let households = |person: &Person| (!person.households.is_empty()).then(|| person.households.join(", "));
    let phone = |person: &Person| person.phone.as_ref().map(ToString::to_string);
    let email = |person: &Person| person.email.as_ref().map(ToString::to_string);
    let mut found = Vec::new();
    found.extend(changed("name", who, Some(before.name.clone()), Some(now.name.clone())));
    if before.phone != now.phone {
        found.push(Difference::new("phone", who, phone(before), phone(now)));
    }
    if before.email != now.email {
        found.push(Difference::new("e-mail", who, email(before), email(now)));
    }
    if before.deliver != now.deliver && before.is_mailed() != now.is_mailed() {
        let way = |person: &Person| Some(if person.is_mailed() { "email" } else { "sms" }.to_owned());
        found.extend(changed("deliver", who, way(before), way(now)));
    }
    found.extend(changed("household", who, households(before), households(now)));
    found.extend(changed("wishes", who, wishes(before), wishes(now)));
    found
}

#[cfg(test)]
mod tests;
