//! Exchanges that are kept here and in no file: whose they are, and their rosters as text.

use jiff::Timestamp;

use super::{SeriesId, StoreError, Topic, Tx, from_row, values};
use crate::model::{AccountId, TopicId};

/// An exchange that is kept in the database.
#[derive(Debug, Clone)]
pub struct KeptExchange {
    pub topic: Topic,
    /// Whose it is; `None`: the site's.
    pub owner: Option<AccountId>,
    pub name: String,
    /// Where its series stands in the archive.
    pub folder: String,
    /// The roster, as a file would hold it.
    pub toml: String,
    /// Counts the changes of the roster, from 1.
    pub revision: i64,
}

/// An exchange to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewExchange<'a> {
    /// Whose it is; `None`: the site's.
    pub owner: Option<AccountId>,
    /// What it is called; another one of its series is called otherwise.
    pub name: &'a str,
    /// Whose draws are its history.
    pub series: SeriesId,
    pub toml: &'a str,
}

const SELECT: &str = "SELECT topic.id, topic.series, topic.owner, topic.name, series.folder, toml, revision \
                      FROM roster JOIN topic ON topic.id = roster.topic JOIN series ON series.id = topic.series WHERE";
from_row!(KeptExchange: topic, owner, name, folder, toml, revision);

impl Tx<'_> {
    /// Every exchange that is kept here, in the order they were made.
    pub fn kept_exchanges(&self) -> Result<Vec<KeptExchange>, StoreError> {
        self.all(&format!("{SELECT} topic.kind = 'exchange' ORDER BY topic.id"), &[])
    }

    /// The exchange of a row, if it is kept here.
    pub fn kept_exchange(&self, topic: TopicId) -> Result<Option<KeptExchange>, StoreError> {
        self.one(&format!("{SELECT} topic.kind = 'exchange' AND topic.id = $1"), values![topic])
    }

    /// The rows of all exchanges that are kept here, and which change of its roster each has.
    pub fn kept_revisions(&self) -> Result<Vec<(TopicId, i64)>, StoreError> {
        self.all("SELECT topic, revision FROM roster ORDER BY topic", &[])
    }

    /// Which change the roster of an exchange has; `None` for one that is not kept here.
    pub fn kept_revision(&self, topic: TopicId) -> Result<Option<i64>, StoreError> {
        self.one("SELECT revision FROM roster WHERE topic = $1", values![topic])
    }

    /// Whose a topic is, by their e-mail address; `None`: the site's.
    pub fn owner_of(&self, topic: TopicId) -> Result<Option<String>, StoreError> {
        self.one("SELECT email FROM account JOIN topic ON topic.owner = account.id WHERE topic.id = $1", values![topic])
    }

    /// The series of this name in one hand, made if there is none yet; `folder` is where a new one stands in the archive.
    pub fn enter_kept_series(
        &self,
        name: &str,
        owner: Option<AccountId>,
        folder: &str,
    ) -> Result<SeriesId, StoreError> {
        // One hand may have come to hold two of one name; the older one goes on.
        let known = self.one(
            "SELECT id FROM series WHERE name = $1 AND kept = 'database' AND owner IS NOT DISTINCT FROM $2 \
             ORDER BY id LIMIT 1",
            values![name, owner],
        )?;
        match known {
            Some(id) => Ok(SeriesId(id)),
            None => Ok(SeriesId(self.only(
                "INSERT INTO series (name, kept, owner, folder) VALUES ($1, 'database', $2, $3) RETURNING id",
                values![name, owner, folder],
            )?)),
        }
    }

    /// What a series is called.
    pub fn series_name(&self, series: SeriesId) -> Result<Option<String>, StoreError> {
        self.one("SELECT name FROM series WHERE id = $1", values![series])
    }

    /// Whether a series has an exchange of this name besides `than`.
    pub fn is_name_taken(&self, series: SeriesId, name: &str, than: Option<TopicId>) -> Result<bool, StoreError> {
        let taken: Option<TopicId> =
            self.one("SELECT id FROM topic WHERE series = $1 AND name = $2", values![series, name])?;
        Ok(taken.is_some_and(|taken| Some(taken) != than))
    }

    /// Keeps a new exchange.
    ///
    /// # Errors
    /// [`StoreError::Statement`], also when its series has one of that name.
    pub fn insert_exchange(&self, new: &NewExchange<'_>, at: Timestamp) -> Result<Topic, StoreError> {
        let id = self.only(
            "INSERT INTO topic (kind, name, series, owner) VALUES ('exchange', $1, $2, $3) RETURNING id",
            values![new.name, new.series, new.owner],
        )?;
        self.execute(
            "INSERT INTO roster (topic, toml, revision, changed_at) VALUES ($1, $2, 1, $3)",
            values![id, new.toml, at],
        )?;
        Ok(Topic { id, series: new.series })
    }

    /// Keeps another roster of an exchange, if it still has the one of this revision; `true` when that was so.
    pub fn change_roster(&self, topic: TopicId, toml: &str, revision: i64, at: Timestamp) -> Result<bool, StoreError> {
        self.changes(
            "UPDATE roster SET toml = $2, revision = revision + 1, changed_at = $4 WHERE topic = $1 AND revision = $3",
            values![topic, toml, revision, at],
        )
    }

    /// What an exchange is called from now on, and whose draws are its history.
    pub fn rename_exchange(&self, topic: Topic, name: &str) -> Result<(), StoreError> {
        self.execute("UPDATE topic SET name = $2, series = $3 WHERE id = $1", values![topic.id, name, topic.series])
    }

    /// Takes an exchange away that was never drawn: its roster and everything about its people. Their rows stay, empty,
    /// for no row's id is ever given again.
    pub fn remove_exchange(&self, topic: TopicId) -> Result<(), StoreError> {
        for sql in [
            "UPDATE outbox SET state = 'cancelled' WHERE topic = $1 AND state = 'waiting'",
            "DELETE FROM roster WHERE topic = $1",
            "DELETE FROM wish WHERE person IN (SELECT id FROM person WHERE topic = $1)",
            "UPDATE subscriber SET first_name = '', last_name = '' WHERE list IN (SELECT list.topic FROM list WHERE audience = $1)",
            "UPDATE person SET name = '', phone = NULL, email = NULL \
             WHERE topic = $1 OR topic IN (SELECT list.topic FROM list WHERE audience = $1)",
            "UPDATE topic SET kind = 'removed', name = '', series = NULL WHERE id = $1",
        ] {
            self.execute(sql, values![topic])?;
        }
        Ok(())
    }
}
