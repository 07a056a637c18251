//! What is known of a number: when it first wrote, whether it has opted out, when a stranger was greeted.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{StoreError, Tx, millis};
use crate::model::Phone;

const DAY: i64 = 24 * 60 * 60_000;

impl Tx<'_> {
    /// Notes that a number has written to us, and says whether it has opted out.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn hear_from(&self, phone: &Phone, at: Timestamp) -> Result<bool, StoreError> {
        let known: Option<(bool, bool)> = self
            .0
            .prepare_cached("SELECT first_text_at IS NOT NULL, opted_out_at IS NOT NULL FROM phone WHERE number = ?1")?
            .query_row(params![phone.expose()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (has_written, opted_out) = known.unwrap_or_default();
        if !has_written {
            self.0
                .prepare_cached(
                    "INSERT INTO phone (number, first_text_at) VALUES (?1, ?2) \
                     ON CONFLICT (number) DO UPDATE SET first_text_at = ?2",
                )?
                .execute(params![phone.expose(), millis(at)])?;
        }
        Ok(opted_out)
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
        self.0
            .prepare_cached(
                "INSERT INTO phone (number, opted_out_at) VALUES (?1, ?2) \
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
            .prepare_cached("SELECT first_text_at IS NOT NULL FROM phone WHERE number = ?1")?
            .query_row(params![phone.expose()], |row| row.get(0))
            .optional()?;
        Ok(found.unwrap_or(false))
    }
}
