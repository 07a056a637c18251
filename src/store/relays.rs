//! Relayed questions and answers: kept by their sender alone, their words sealed.

use jiff::Timestamp;

use super::{DrawId, StoreError, Tx, values};
use crate::model::PersonId;

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
    pub sender: PersonId,
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
    /// Who wrote it.
    pub sender: PersonId,
    /// Which way.
    pub direction: Direction,
    /// The words, sealed.
    pub body: Vec<u8>,
}

impl Tx<'_> {
    /// Keeps a text to be relayed and returns its row.
    pub fn insert_relay(&self, relay: &NewRelay<'_>) -> Result<i64, StoreError> {
        self.only(
            "INSERT INTO relay (sid, draw, sender, direction, body, at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
            values![relay.sid, relay.draw, relay.sender, relay.direction.word(), relay.body, relay.at],
        )
    }

    /// The words, sealed, of what somebody has asked in a draw: the newest first, at most `most`.
    pub fn asked_by(&self, draw: DrawId, sender: PersonId, most: u32) -> Result<Vec<Vec<u8>>, StoreError> {
        self.all(
            "SELECT body FROM relay WHERE draw = $1 AND sender = $2 AND direction = $3 ORDER BY id DESC LIMIT $4",
            values![draw, sender, Direction::Ask.word(), most],
            |row| row.get(0),
        )
    }

    /// A relayed text by its row.
    pub fn relay(&self, row: i64) -> Result<Option<Relay>, StoreError> {
        self.one("SELECT sender, direction, body FROM relay WHERE id = $1", values![row], |row| {
            let word: String = row.get(1)?;
            let direction = [Direction::Ask, Direction::Tell]
                .into_iter()
                .find(|d| d.word() == word)
                .ok_or_else(|| StoreError::damaged("relay", word))?;
            Ok(Relay { sender: row.get(0)?, direction, body: row.get(2)? })
        })
    }
}
