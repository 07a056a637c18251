//! What is known of a number: whether it has written and opted out, when a stranger was greeted. Times are days: the moment
//! of a first text or of an opt-out, beside those of others, could tell who asked whom. What is known of a number that nobody
//! has any more is `opted_out.rs`.

use jiff::Timestamp;

use super::opted_out::Left;
use super::{StoreError, Tx, values};
use crate::model::{PersonId, Phone};

const DAY: i64 = 24 * 60 * 60_000;

impl Tx<'_> {
    /// Notes that a number has written to us, and says whether it has opted out.
    pub fn hear_from(&self, phone: &Phone, at: Timestamp) -> Result<bool, StoreError> {
        let known: Option<(Option<i64>, Option<i64>)> =
            self.one("SELECT first_text_at, opted_out_at FROM phone WHERE number = $1", values![phone])?;
        let is_recognised = known.is_none() && self.recognise(Some(phone.expose()), None)?;
        let (first_text, opted_out) = known.unwrap_or_default();
        if first_text.is_none() {
            self.execute(
                "INSERT INTO phone (number, first_text_at) VALUES ($1, $2) \
                 ON CONFLICT (number) DO UPDATE SET first_text_at = $2",
                values![phone, start_of_day(at)],
            )?;
        }
        Ok(opted_out.is_some() || is_recognised)
    }

    /// Whether an unknown number may have its one line of the day; if so, marks it as given.
    pub fn greet_stranger(&self, phone: &Phone, at: Timestamp) -> Result<bool, StoreError> {
        self.changes(
            "UPDATE phone SET stranger_day = $2 WHERE number = $1 AND (stranger_day IS NULL OR stranger_day <> $2)",
            values![phone, at.as_millisecond().div_euclid(DAY)],
        )
    }

    /// Opts a number out, until it opts in again.
    pub fn opt_out(&self, phone: &Phone, at: Timestamp) -> Result<(), StoreError> {
        self.recognise(Some(phone.expose()), None)?;
        self.execute(
            "INSERT INTO phone (number, opted_out_at) VALUES ($1, $2) \
             ON CONFLICT (number) DO UPDATE SET opted_out_at = coalesce(phone.opted_out_at, $2)",
            values![phone, start_of_day(at)],
        )
    }

    /// Opts a number in again.
    pub fn opt_in(&self, phone: &Phone) -> Result<(), StoreError> {
        self.execute("UPDATE phone SET opted_out_at = NULL WHERE number = $1", values![phone])
    }

    /// Whether a number has opted out.
    pub fn is_opted_out(&self, phone: &Phone) -> Result<bool, StoreError> {
        let at: Option<Option<i64>> = self.one("SELECT opted_out_at FROM phone WHERE number = $1", values![phone])?;
        at.map_or_else(|| self.left_before_forgotten(&Left::Number(phone.expose())), |at| Ok(at.is_some()))
    }

    /// Whether a number has written to us before the day of `at`.
    pub fn wrote_before(&self, phone: &Phone, at: Timestamp) -> Result<bool, StoreError> {
        let first: Option<Option<i64>> =
            self.one("SELECT first_text_at FROM phone WHERE number = $1", values![phone])?;
        Ok(first.flatten().is_some_and(|first| first < start_of_day(at)))
    }

    /// Whether a number has ever written to us: only such numbers are texted.
    pub fn has_written(&self, phone: &Phone) -> Result<bool, StoreError> {
        let at: Option<Option<i64>> = self.one("SELECT first_text_at FROM phone WHERE number = $1", values![phone])?;
        Ok(at.flatten().is_some())
    }

    /// Whether somebody can be written to only once they have texted: they have a phone that never has, and, where
    /// that would do as well, no e-mail address.
    pub fn awaits_first_text(&self, person: PersonId, or_mail: bool) -> Result<bool, StoreError> {
        let waits: Option<i64> = self.one(
            "SELECT 1 FROM person LEFT JOIN phone ON phone.number = person.phone WHERE person.id = $1 \
             AND person.phone IS NOT NULL AND first_text_at IS NULL AND opted_out_at IS NULL \
             AND ($2 = 0 OR person.email IS NULL)",
            values![person, or_mail],
        )?;
        Ok(waits.is_some())
    }
}

fn start_of_day(at: Timestamp) -> i64 {
    at.as_millisecond().div_euclid(DAY) * DAY
}
