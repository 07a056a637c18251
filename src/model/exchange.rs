//! The exchange as meant: people, rules, exclusions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Email, PersonId, Phone};

/// A person's place in the roster, counted from 0. Stable within one draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonIndex(pub u32);

impl PersonIndex {
    /// The place as an index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where something stands in the roster file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
}

/// How many wishes a person can have.
pub const MAX_WISHES: usize = 50;

/// The longest wish, in characters.
pub const MAX_WISH_CHARS: usize = 300;

/// What `[exchange] reply` is unless the organizer writes another.
pub const DEFAULT_REPLY: &str = "You have {receiver}.";

/// How a giver was told whom they give to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToldBy {
    /// In answer to a text.
    Text,
    /// By e-mail.
    Mail,
    /// On their own page.
    Page,
}

/// How somebody chose to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deliver {
    /// They text for it.
    Sms,
    /// It is mailed to them. They may text all the same, where they have a phone.
    Email,
}

impl Deliver {
    /// As the roster writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }
}

/// What somebody is called who was forgotten.
const FORGOTTEN: &str = "(forgotten)";

/// A participant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their row, once a draw has put them into the database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<PersonId>,
    /// Unique in the exchange, in Unicode normal form C.
    pub name: String,
    /// Where they text from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// Where they are written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// How they chose to be told; `None`: by SMS where there is a phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliver: Option<Deliver>,
    /// Members of one household never draw each other.
    #[serde(default, rename = "household", with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub households: Vec<String>,
    /// What they would like, best first: at most [`MAX_WISHES`] of at most [`MAX_WISH_CHARS`] characters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wishes: Vec<String>,
    /// Where the person stands in the roster file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Position>,
}

impl Person {
    /// Whether they get their pairing, and all else, by e-mail.
    #[must_use]
    pub fn is_mailed(&self) -> bool {
        self.email.is_some() && (self.phone.is_none() || self.deliver == Some(Deliver::Email))
    }

    /// What stands in the place of somebody who was forgotten.
    #[must_use]
    pub fn forgotten(id: Option<PersonId>) -> Self {
        Self {
            id,
            name: FORGOTTEN.to_owned(),
            phone: None,
            email: None,
            deliver: None,
            households: Vec::new(),
            wishes: Vec::new(),
            place: None,
        }
    }

    /// Whether somebody who was forgotten stood here.
    #[must_use]
    pub fn is_forgotten(&self) -> bool {
        self.name == FORGOTTEN
    }

    /// Whether two people belong to one household.
    #[must_use]
    pub fn lives_with(&self, other: &Self) -> bool {
        self.households.iter().any(|household| other.households.contains(household))
    }
}

/// A text alone stands for a list of one, as it did when nobody could have several households.
mod one_or_many {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }

    pub(super) fn serialize<S: Serializer>(texts: &[String], to: S) -> Result<S::Ok, S::Error> {
        if let [one] = texts { one.serialize(to) } else { texts.serialize(to) }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
        Ok(match OneOrMany::deserialize(from)? {
            OneOrMany::One(text) => vec![text],
            OneOrMany::Many(texts) => texts,
        })
    }
}

/// A giver who may not give to a receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// Who may not give.
    pub giver: PersonIndex,
    /// To whom.
    pub receiver: PersonIndex,
    /// Forbids the other way round too.
    pub both_ways: bool,
    /// Where the exclusion stands in the roster file; one that names several receivers is as many of one place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Position>,
}

/// The pairings of a year before there were sealed draws.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastYear {
    /// The year.
    pub year: u32,
    /// Who gave to whom, of those who take part again.
    pub pairings: Vec<(PersonIndex, PersonIndex)>,
}

/// What to do with the pairings of earlier draws.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Repeats {
    /// As few as possible, and rather old ones than new ones.
    #[default]
    Avoid,
    /// None at all, or there is no draw.
    Never,
}

/// The rules of a draw besides households and exclusions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// May two people draw each other?
    pub mutual: bool,
    /// One single circle through everybody?
    pub one_circle: bool,
    /// How many earlier draws of the series to avoid; 0 is off.
    pub avoid_repeats: u32,
    /// How strictly to avoid them.
    pub repeats: Repeats,
    /// How many people each gives to, and receives from; at least 1.
    pub gifts_each: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self { mutual: true, one_circle: false, avoid_repeats: 3, repeats: Repeats::Avoid, gifts_each: 1 }
    }
}

/// One gift exchange as meant by its roster. A draw keeps a copy, so answers never need the file again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// What it is called.
    pub name: String,
    /// Draws of one series are each other's history.
    pub series: String,
    /// The word people text; `who` always works too.
    pub keyword: String,
    /// The day of the exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<jiff::civil::Date>,
    /// IANA time zone.
    pub timezone: String,
    /// Free text, shown on request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
    /// Template of the answer: `{receiver} {giver} {wishes} {budget} {date}`.
    pub reply: String,
    /// ISO 3166-1 alpha-2; reads phones without a country code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The rules.
    pub rules: Rules,
    /// Everybody, in the order of the file.
    pub people: Vec<Person>,
    /// Who may not give to whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusions: Vec<Exclusion>,
    /// Years before the first draw of the series, the newest first: avoided like draws before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<PastYear>,
    /// The organizer's own wording of messages, by message name (`[messages]`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub messages: BTreeMap<String, String>,
}

impl Exchange {
    /// Whether everybody in it was forgotten.
    #[must_use]
    pub fn is_forgotten(&self) -> bool {
        !self.people.is_empty() && self.people.iter().all(Person::is_forgotten)
    }

    /// The person at a place.
    ///
    /// # Panics
    /// When the id belongs to another exchange.
    #[must_use]
    pub fn person(&self, id: PersonIndex) -> &Person {
        &self.people[id.index()]
    }

    /// The person of exactly this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<PersonIndex> {
        self.ids().find(|(_, person)| person.name == name).map(|(id, _)| id)
    }

    /// Everybody with their ids.
    pub fn ids(&self) -> impl Iterator<Item = (PersonIndex, &Person)> {
        (0..).map(PersonIndex).zip(&self.people)
    }
}
