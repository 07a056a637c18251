//! Lists: what people sign up for.

use jiff::Timestamp;

use super::accounts::OWNED;
use super::{Reach, StoreError, Tx, from_row, values};
use crate::model::TopicId;

mod consents;
mod subscribers;

pub use consents::{Agreed, Consent};
pub use subscribers::{NewSubscriber, Subscriber};

/// A list as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    pub id: TopicId,
    pub name: String,
    /// The last part of its page's address; `None` where it has no page.
    pub slug: Option<String>,
    /// Whose guests it is that has no page; `None` where these are the contacts of its owner.
    pub audience: Option<TopicId>,
    /// Who writes, as people read it.
    pub sender: String,
    /// The hash of what people agree to now.
    pub wording_hash: String,
    /// What they agree to now.
    pub wording: String,
    /// The organizer's own texts by name, JSON.
    pub messages: String,
}

const LIST: &str = "SELECT topic.id, name, slug, sender, list.wording, wording.text, messages, audience FROM list \
                    JOIN topic ON topic.id = list.topic \
                    JOIN wording ON wording.list = list.topic AND wording.hash = list.wording";
from_row!(List: id, name, slug, sender, wording_hash, wording, messages, audience);

impl Tx<'_> {
    /// Makes a topic a list; `false` when another has its slug.
    pub fn insert_list(&self, list: &List, at: Timestamp) -> Result<bool, StoreError> {
        let List { id, slug, audience, sender, wording_hash, wording, messages, .. } = list;
        let made = self.changed(
            "INSERT INTO list (topic, slug, sender, wording, messages, made_at, audience) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            values![*id, slug.as_deref(), sender, wording_hash, messages, at, *audience],
        )?;
        if made > 0 {
            self.put_wording(*id, wording_hash, wording, at)?;
        }
        Ok(made > 0)
    }

    /// Keeps what people agree to from now on, and what they agreed to before.
    pub fn put_wording(&self, list: TopicId, hash: &str, text: &str, at: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO wording (list, hash, text, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            values![list, hash, text, at],
        )?;
        self.execute("UPDATE list SET wording = $2 WHERE topic = $1", values![list, hash])
    }

    /// What people were shown under a hash.
    pub fn wording(&self, list: TopicId, hash: &str) -> Result<Option<String>, StoreError> {
        self.one("SELECT text FROM wording WHERE list = $1 AND hash = $2", values![list, hash])
    }

    /// Keeps the organizer's own texts.
    pub fn put_list_messages(&self, list: TopicId, messages: &str) -> Result<(), StoreError> {
        self.execute("UPDATE list SET messages = $2 WHERE topic = $1", values![list, messages])
    }

    /// A list.
    pub fn list(&self, id: TopicId) -> Result<Option<List>, StoreError> {
        self.one(&format!("{LIST} WHERE list.topic = $1"), values![id])
    }

    /// The list of a page.
    pub fn list_of_slug(&self, slug: &str) -> Result<Option<List>, StoreError> {
        self.one(&format!("{LIST} WHERE slug = $1"), values![slug])
    }

    /// The list without a page within a reach that is this audience's.
    pub fn list_of_audience(&self, reach: Reach, audience: Option<TopicId>) -> Result<Option<List>, StoreError> {
        let sql =
            format!("{LIST} WHERE {OWNED} AND slug IS NULL AND coalesce(audience, 0) = $3 ORDER BY topic.id LIMIT 1");
        let audience = audience.map_or(0, |id| id.0);
        self.one(&sql, values![reach.account, reach.sites_own, audience])
    }

    /// All lists of a site.
    pub fn lists(&self) -> Result<Vec<List>, StoreError> {
        self.all(&format!("{LIST} ORDER BY topic.id"), &[])
    }

    /// Whether there is one with a page.
    pub fn has_lists(&self) -> Result<bool, StoreError> {
        self.exists("SELECT 1 FROM list WHERE slug IS NOT NULL LIMIT 1", &[])
    }

    /// The lists within a reach.
    pub fn lists_within(&self, reach: Reach) -> Result<Vec<List>, StoreError> {
        let sql = format!("{LIST} WHERE {OWNED} ORDER BY topic.id");
        self.all(&sql, values![reach.account, reach.sites_own])
    }

    /// Keeps what a list is called and who writes.
    pub fn update_list(&self, id: TopicId, name: &str, sender: &str) -> Result<(), StoreError> {
        self.execute("UPDATE topic SET name = $2 WHERE id = $1", values![id, name])?;
        self.execute("UPDATE list SET sender = $2 WHERE topic = $1", values![id, sender])
    }

    /// Removes a list that nobody has ever been on and to which nothing was written; `false` for any other.
    pub fn remove_list(&self, id: TopicId) -> Result<bool, StoreError> {
        let used = "SELECT 1 FROM person WHERE topic = $1 UNION SELECT 1 FROM broadcast WHERE list = $1";
        if self.exists(used, values![id])? {
            return Ok(false);
        }
        for sql in [
            "DELETE FROM wording WHERE list = $1",
            "DELETE FROM list WHERE topic = $1",
            "DELETE FROM topic WHERE id = $1",
        ] {
            self.execute(sql, values![id])?;
        }
        Ok(true)
    }
}
