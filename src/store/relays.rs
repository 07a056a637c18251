//! Relayed questions and answers as they are kept: sealed by `app`, with nothing beside them that leads to anybody.

use jiff::Timestamp;

use super::{StoreError, StoredText, Tx, from_row, values};
use crate::model::TopicId;

/// What an earlier release kept of a text about asking or answering.
pub struct ClearRelay {
    /// Twilio's id of the text.
    pub sid: String,
    /// The phone it came from.
    pub phone: String,
    /// What was logged of it.
    pub logged: StoredText,
    pub at: Timestamp,
    /// The row by which messages named it, `ask` or `tell`, and the sealed words; `None` where it was not passed on.
    pub relayed: Option<(i64, String, Vec<u8>)>,
}
from_row!(ClearRelay: sid, phone, logged, at, relayed);

impl Tx<'_> {
    /// Keeps a sealed text.
    ///
    /// # Errors
    /// [`StoreError::Statement`], also when there is one of this id already.
    pub fn insert_relay(&self, id: &str, topic: TopicId, day: i64, sealed: &[u8]) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO relay (id, topic, day, sealed) VALUES ($1, $2, $3, $4)",
            values![id, topic, day, sealed],
        )
    }

    /// A sealed text and the day it came.
    pub fn relay(&self, id: &str) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
        self.one("SELECT day, sealed FROM relay WHERE id = $1", values![id])
    }

    /// The ids of a topic's sealed texts of this day and later ones.
    pub fn relays_since(&self, topic: TopicId, day: i64) -> Result<Vec<String>, StoreError> {
        self.all("SELECT id FROM relay WHERE topic = $1 AND day >= $2", values![topic, day])
    }

    /// How many these are.
    pub fn count_relays_since(&self, topic: TopicId, day: i64) -> Result<u64, StoreError> {
        self.only("SELECT count(*) FROM relay WHERE topic = $1 AND day >= $2", values![topic, day])
    }

    /// Keeps a token; `false` when it is there already.
    pub fn insert_relay_token(&self, token: &str) -> Result<bool, StoreError> {
        let insert = "INSERT INTO relay_token (token) VALUES ($1) ON CONFLICT (token) DO NOTHING";
        self.changes(insert, values![token])
    }

    /// Whether a token is there.
    pub fn has_relay_token(&self, token: &str) -> Result<bool, StoreError> {
        self.exists("SELECT 1 FROM relay_token WHERE token = $1", values![token])
    }

    /// The sealed book of how a topic's relayed texts fare.
    pub fn relay_book(&self, topic: TopicId) -> Result<Option<Vec<u8>>, StoreError> {
        self.one("SELECT sealed FROM relay_book WHERE topic = $1", values![topic])
    }

    /// Puts another book in its place.
    pub fn put_relay_book(&self, topic: TopicId, sealed: &[u8]) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO relay_book (topic, sealed) VALUES ($1, $2) ON CONFLICT (topic) DO UPDATE SET sealed = $2",
            values![topic, sealed],
        )
    }

    /// What an earlier release kept in the clear of a topic's texts about asking and answering.
    pub fn clear_relays(&self, topic: TopicId) -> Result<Vec<ClearRelay>, StoreError> {
        self.all(
            "SELECT text.sid, phone, text.topic, person, text.draw, told, outcome, received_at, relay.id, direction, body \
             FROM text LEFT JOIN relay_in_clear AS relay ON relay.sid = text.sid \
             WHERE topic = $1 AND (outcome LIKE '%\"ask\"%' OR outcome LIKE '%\"tell\"%')",
            values![topic],
        )
    }

    /// The parameters of the messages by which these were to be passed on and have not been, and since when it is unsure
    /// whether they were.
    pub fn clear_relays_waiting(&self, topic: TopicId) -> Result<Vec<(String, Option<Timestamp>)>, StoreError> {
        let waiting = "SELECT parameters, unsure_since FROM outbox_in_clear WHERE topic = $1";
        self.all(waiting, values![topic])
    }

    /// Takes away what was kept in the clear.
    pub fn forget_clear_relays(&self, topic: TopicId, texts: &[ClearRelay]) -> Result<(), StoreError> {
        for text in texts {
            self.execute("DELETE FROM relay_in_clear WHERE sid = $1", values![&text.sid])?;
            self.execute("DELETE FROM text WHERE sid = $1", values![&text.sid])?;
        }
        self.execute("DELETE FROM outbox_in_clear WHERE topic = $1", values![topic])
    }
}
