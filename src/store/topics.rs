//! Topics, their series and their persons: the rows that everything else points to.

use super::{StoreError, Tx, from_row, values};
use crate::model::{AccountId, PersonId, Phone, TopicId};

/// Draws of one series are each other's history, and share one chain of openings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(pub(super) i64);

impl SeriesId {
    /// The row's number, by which causes name a series.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// An exchange as a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    pub id: TopicId,
    /// Whose draws are its history.
    pub series: SeriesId,
}
from_row!(Topic: id, series);

/// Somebody to be written down.
#[derive(Debug, Clone, Copy)]
pub struct NewPerson<'a> {
    /// As in the roster.
    pub name: &'a str,
    pub phone: Option<&'a str>,
    pub email: Option<&'a str>,
}

impl Tx<'_> {
    /// The row of a file's series.
    pub fn series_named(&self, name: &str) -> Result<Option<SeriesId>, StoreError> {
        let sql = "SELECT id FROM series WHERE name = $1 AND kept = 'file'";
        self.one(sql, values![name])
    }

    /// The series of files besides this one that have draws, and how many each.
    pub fn other_series(&self, than: &str) -> Result<Vec<(String, u64)>, StoreError> {
        self.all(
            "SELECT series.name, count(*) FROM series JOIN draw ON draw.series = series.id \
             WHERE series.name <> $1 AND series.kept = 'file' GROUP BY series.name ORDER BY series.name",
            values![than],
        )
    }

    /// The row of a file's exchange, if it has one yet.
    pub fn exchange_named(&self, series: &str, name: &str) -> Result<Option<Topic>, StoreError> {
        self.one(
            "SELECT topic.id, series.id FROM topic JOIN series ON series.id = topic.series \
             WHERE series.name = $1 AND series.kept = 'file' AND topic.name = $2 AND topic.kind = 'exchange'",
            values![series, name],
        )
    }

    /// All series: the row, the name, and where one that is kept in the database stands in the archive.
    pub fn all_series(&self) -> Result<Vec<(SeriesId, String, Option<String>)>, StoreError> {
        self.all("SELECT id, name, folder FROM series ORDER BY id", &[])
    }

    /// The exchange of a series that is called so or, after a renaming, has one of these people; made if there is none.
    pub fn enter_exchange_of(&self, series: SeriesId, name: &str, people: &[PersonId]) -> Result<Topic, StoreError> {
        let named = "SELECT id FROM topic WHERE series = $1 AND name = $2";
        if let Some(id) = self.one(named, values![series, name])? {
            return Ok(Topic { id, series });
        }
        for person in people {
            let of = "SELECT topic.id FROM topic JOIN person ON person.topic = topic.id WHERE series = $1 AND person.id = $2";
            if let Some(id) = self.one(of, values![series, *person])? {
                return Ok(Topic { id, series });
            }
        }
        let made = "INSERT INTO topic (kind, name, series, owner) \
                    SELECT 'exchange', $2, id, owner FROM series WHERE id = $1 RETURNING id";
        Ok(Topic { id: self.only(made, values![series, name])?, series })
    }

    /// The row of a file's exchange, made if there is none yet.
    pub fn enter_exchange(&self, series: &str, name: &str) -> Result<Topic, StoreError> {
        if let Some(topic) = self.exchange_named(series, name)? {
            return Ok(topic);
        }
        self.execute("INSERT INTO series (name, kept) VALUES ($1, 'file') ON CONFLICT DO NOTHING", values![series])?;
        let series = self.series_named(series)?.ok_or_else(|| StoreError::damaged("series", "it was not kept"))?;
        // Known by its people's wishes alone, from a time when an exchange was its name.
        let adopted = self.one(
            "UPDATE topic SET series = $1 WHERE kind = 'exchange' AND series IS NULL AND name = $2 RETURNING id",
            values![series, name],
        )?;
        let id = match adopted {
            Some(id) => id,
            None => self.only(
                "INSERT INTO topic (kind, name, series) VALUES ('exchange', $1, $2) RETURNING id",
                values![name, series],
            )?,
        };
        Ok(Topic { id, series })
    }

    /// A new topic of another kind than an exchange; the site's where it is nobody's.
    pub fn insert_topic(&self, kind: &str, name: &str, owner: Option<AccountId>) -> Result<TopicId, StoreError> {
        let sql = "INSERT INTO topic (kind, name, owner) VALUES ($1, $2, $3) RETURNING id";
        self.only(sql, values![kind, name, owner])
    }

    /// Everybody of a topic, in the order they were written down: id, name, phone, e-mail.
    pub fn persons<T>(
        &self,
        topic: TopicId,
        mut read: impl FnMut(PersonId, String, Option<String>, Option<String>) -> T,
    ) -> Result<Vec<T>, StoreError> {
        let rows =
            self.all("SELECT id, name, phone, email FROM person WHERE topic = $1 ORDER BY id", values![topic])?;
        Ok(rows.into_iter().map(|(id, name, phone, email)| read(id, name, phone, email)).collect())
    }

    /// Writes people down, and gives their rows in the same order.
    pub fn insert_persons(&self, topic: TopicId, people: &[NewPerson<'_>]) -> Result<Vec<PersonId>, StoreError> {
        self.recognise_all(people.iter().map(|person| (person.phone, person.email)))?;
        let own = people.iter().map(|person| values![person.name, person.phone, person.email].to_vec());
        self.insert_all("INSERT INTO person (topic, name, phone, email) VALUES {} RETURNING id", values![topic], own)
    }

    /// Writes down what somebody is called and where they are reached now.
    pub fn update_person(&self, id: PersonId, person: NewPerson<'_>) -> Result<(), StoreError> {
        self.recognise(person.phone, person.email)?;
        self.execute(
            "UPDATE person SET name = $2, phone = $3, email = $4 WHERE id = $1",
            values![id, person.name, person.phone, person.email],
        )
    }

    /// What somebody is called.
    pub fn person_name(&self, id: PersonId) -> Result<Option<String>, StoreError> {
        self.one("SELECT name FROM person WHERE id = $1", values![id])
    }

    /// Whose phone it is, in every topic: the topic and the person, in the order they were written down.
    pub fn persons_of_phone(&self, phone: &Phone) -> Result<Vec<(TopicId, PersonId)>, StoreError> {
        self.all("SELECT topic, id FROM person WHERE phone = $1 ORDER BY topic, id", values![phone])
    }
}
