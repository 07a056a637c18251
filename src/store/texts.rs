//! Incoming texts: each answered once, its outcome kept so that a repeated delivery hears the same.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{DrawId, StoreError, Tx, millis, timestamp};
use crate::model::{PersonId, Phone};

/// A text that has been answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredText {
    /// The draw it was answered from.
    pub draw: Option<DrawId>,
    /// Who it was answered as.
    pub person: Option<PersonId>,
    /// What was decided, JSON.
    pub outcome: String,
}

/// One telling of a giver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Who was told.
    pub person: PersonId,
    /// When.
    pub at: Timestamp,
    /// In answer to which message.
    pub sid: String,
}

impl Tx<'_> {
    /// What was decided about a text, if it has been seen.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn text(&self, sid: &str) -> Result<Option<StoredText>, StoreError> {
        let mut statement = self.0.prepare_cached("SELECT draw, person, outcome FROM text WHERE sid = ?1")?;
        Ok(statement
            .query_row(params![sid], |row| {
                Ok(StoredText {
                    draw: row.get::<_, Option<i64>>(0)?.map(DrawId),
                    person: row.get::<_, Option<u32>>(1)?.map(PersonId),
                    outcome: row.get(2)?,
                })
            })
            .optional()?)
    }

    /// Whether a text that has been seen came from this phone.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn text_came_from(&self, sid: &str, phone: &Phone) -> Result<bool, StoreError> {
        let mut statement = self.0.prepare_cached("SELECT 1 FROM text WHERE sid = ?1 AND phone = ?2")?;
        Ok(statement.exists(params![sid, phone.expose()])?)
    }

    /// Logs a text with what was decided about it.
    ///
    /// # Errors
    /// [`StoreError::Statement`], also when the text has been logged before.
    pub fn insert_text(&self, sid: &str, phone: &Phone, at: Timestamp, text: &StoredText) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "INSERT INTO text (sid, received_at, phone, draw, person, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                sid,
                millis(at),
                phone.expose(),
                text.draw.map(|d| d.0),
                text.person.map(|p| p.0),
                text.outcome
            ])?;
        Ok(())
    }

    /// Records that a giver was told.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn insert_told(&self, draw: DrawId, told: &Told) -> Result<(), StoreError> {
        self.0
            .prepare_cached("INSERT OR IGNORE INTO told (draw, person, sid, at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![draw.0, told.person.0, told.sid, millis(told.at)])?;
        Ok(())
    }

    /// Every telling of a draw, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn told(&self, draw: DrawId) -> Result<Vec<Told>, StoreError> {
        let mut statement =
            self.0.prepare_cached("SELECT person, at, sid FROM told WHERE draw = ?1 ORDER BY at, sid")?;
        let rows = statement.query_map(params![draw.0], |row| {
            Ok((PersonId(row.get(0)?), row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
        })?;
        rows.map(|row| {
            let (person, at, sid) = row?;
            Ok(Told { person, at: timestamp(at)?, sid })
        })
        .collect()
    }

    /// How many texts have been logged.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn count_texts(&self) -> Result<u64, StoreError> {
        let count: i64 = self.0.query_row("SELECT count(*) FROM text", [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }
}
