//! Relayed questions and answers: kept by their sender alone, their words sealed.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{DrawId, StoreError, Tx, millis};
use crate::model::PersonIndex;

/// Which way a relayed text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From a giver to their receiver.
    Ask,
    /// From a receiver to their giver.
    Tell,
}

impl Direction {
    fn word(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Tell => "tell",
        }
    }
}

/// A text to be relayed.
#[derive(Debug)]
pub struct NewRelay<'a> {
    /// The incoming message.
    pub sid: &'a str,
    /// The draw that says who it goes to.
    pub draw: DrawId,
    /// Who wrote it.
    pub sender: PersonIndex,
    /// Which way.
    pub direction: Direction,
    /// The words, sealed.
    pub body: &'a [u8],
    /// When it came.
    pub at: Timestamp,
}

/// A relayed text as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// The draw that says who it goes to.
    pub draw: DrawId,
    /// Who wrote it.
    pub sender: PersonIndex,
    /// Which way.
    pub direction: Direction,
    /// The words, sealed.
    pub body: Vec<u8>,
}

impl Tx<'_> {
    /// Keeps a text to be relayed and returns its row.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn insert_relay(&self, relay: &NewRelay<'_>) -> Result<i64, StoreError> {
        self.0
            .prepare_cached(
                "INSERT INTO relay (sid, draw, sender, direction, body, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                relay.sid,
                relay.draw.0,
                relay.sender.0,
                relay.direction.word(),
                relay.body,
                millis(relay.at)
            ])?;
        Ok(self.0.last_insert_rowid())
    }

    /// A relayed text by its row.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn relay(&self, row: i64) -> Result<Option<Relay>, StoreError> {
        let found = self
            .0
            .prepare_cached("SELECT draw, sender, direction, body FROM relay WHERE id = ?1")?
            .query_row(params![row], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get::<_, Vec<u8>>(3)?))
            })
            .optional()?;
        found
            .map(|(draw, sender, word, body)| {
                let direction = [Direction::Ask, Direction::Tell]
                    .into_iter()
                    .find(|d| d.word() == word)
                    .ok_or_else(|| StoreError::damaged("relay", word))?;
                Ok(Relay { draw: DrawId(draw), sender: PersonIndex(sender), direction, body })
            })
            .transpose()
    }
}
