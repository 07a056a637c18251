//! What is known of a number: first text, opt-out, how much it has texted lately.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{StoreError, Tx, millis};
use crate::model::Phone;

/// How many texts a number has sent, the present one included, and whether it may be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextCounts {
    /// In this minute.
    pub minute: u32,
    /// In this day (UTC).
    pub day: u32,
    /// Whether the number has opted out.
    pub opted_out: bool,
}

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

impl Tx<'_> {
    /// Counts a text from a number and says how many there have been.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn count_text(&self, phone: &Phone, at: Timestamp) -> Result<TextCounts, StoreError> {
        let now = millis(at);
        let counts = self
            .0
            .prepare_cached(
                "INSERT INTO phone (number, first_text_at, minute, minute_texts, day, day_texts) \
                 VALUES (?1, ?2, ?3, 1, ?4, 1) \
                 ON CONFLICT (number) DO UPDATE SET \
                   minute_texts = CASE WHEN minute = ?3 THEN minute_texts + 1 ELSE 1 END, minute = ?3, \
                   day_texts = CASE WHEN day = ?4 THEN day_texts + 1 ELSE 1 END, day = ?4 \
                 RETURNING minute_texts, day_texts, opted_out_at IS NOT NULL",
            )?
            .query_row(params![phone.expose(), now, now.div_euclid(MINUTE), now.div_euclid(DAY)], |row| {
                Ok(TextCounts { minute: row.get(0)?, day: row.get(1)?, opted_out: row.get(2)? })
            })?;
        Ok(counts)
    }

    /// Whether an unknown number may have its one line of the day; if so, marks it as given.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn greet_stranger(&self, phone: &Phone, at: Timestamp) -> Result<bool, StoreError> {
        let day = millis(at).div_euclid(DAY);
        let changed = self
            .0
            .prepare_cached(
                "UPDATE phone SET stranger_day = ?2 \
                 WHERE number = ?1 AND (stranger_day IS NULL OR stranger_day <> ?2)",
            )?
            .execute(params![phone.expose(), day])?;
        Ok(changed > 0)
    }

    /// Opts a number out, until it opts in again.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn opt_out(&self, phone: &Phone, at: Timestamp) -> Result<(), StoreError> {
        // The first_text_at of a number that never wrote is the moment its carrier told of the opt-out.
        self.0
            .prepare_cached(
                "INSERT INTO phone (number, first_text_at, opted_out_at) VALUES (?1, ?2, ?2) \
                 ON CONFLICT (number) DO UPDATE SET opted_out_at = coalesce(opted_out_at, ?2)",
            )?
            .execute(params![phone.expose(), millis(at)])?;
        Ok(())
    }

    /// Opts a number in again.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn opt_in(&self, phone: &Phone) -> Result<(), StoreError> {
        self.0
            .prepare_cached("UPDATE phone SET opted_out_at = NULL WHERE number = ?1")?
            .execute(params![phone.expose()])?;
        Ok(())
    }

    /// Whether a number has opted out.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn is_opted_out(&self, phone: &Phone) -> Result<bool, StoreError> {
        let found: Option<bool> = self
            .0
            .prepare_cached("SELECT opted_out_at IS NOT NULL FROM phone WHERE number = ?1")?
            .query_row(params![phone.expose()], |row| row.get(0))
            .optional()?;
        Ok(found.unwrap_or(false))
    }

    /// Whether a number has ever written to us: only such numbers are texted.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn has_written(&self, phone: &Phone) -> Result<bool, StoreError> {
        let found: Option<bool> = self
            .0
            .prepare_cached("SELECT day_texts > 0 FROM phone WHERE number = ?1")?
            .query_row(params![phone.expose()], |row| row.get(0))
            .optional()?;
        Ok(found.unwrap_or(false))
    }
}
