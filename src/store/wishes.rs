//! What people text about their own gifts: wishes, and BOUGHT, SENT, GOT.

use jiff::Timestamp;
use rusqlite::params;

use super::{DrawId, StoreError, Tx, millis};
use crate::model::{Person, PersonIndex};

impl Tx<'_> {
    /// Adds a wish.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn add_wish(&self, exchange: &str, person: &str, body: &str, at: Timestamp) -> Result<(), StoreError> {
        self.0
            .prepare_cached("INSERT INTO wish (exchange, person, body, at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![exchange, person, body, millis(at)])?;
        Ok(())
    }

    /// A person's wishes, best first: those of the roster that were not taken back, then those texted.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn wishes(&self, exchange: &str, person: &Person) -> Result<Vec<String>, StoreError> {
        let mut statement = self
            .0
            .prepare_cached("SELECT body, withdrawn FROM wish WHERE exchange = ?1 AND person = ?2 ORDER BY id")?;
        let rows = statement.query_map(params![exchange, person.name], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let rows: Vec<(String, bool)> = rows.collect::<Result<_, _>>()?;
        let withdrawn = |wish: &&String| rows.iter().any(|(body, withdrawn)| *withdrawn && body == *wish);
        let kept = person.wishes.iter().filter(|wish| !withdrawn(wish)).cloned();
        let texted = rows.iter().filter(|(_, withdrawn)| !withdrawn).map(|(body, _)| body.clone());
        Ok(kept.chain(texted).collect())
    }

    /// Takes a wish back, whether it was texted or stands in the roster.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn withdraw_wish(&self, exchange: &str, person: &str, body: &str, at: Timestamp) -> Result<(), StoreError> {
        let texted = self
            .0
            .prepare_cached(
                "DELETE FROM wish WHERE id = (SELECT max(id) FROM wish \
                 WHERE exchange = ?1 AND person = ?2 AND body = ?3 AND withdrawn = 0)",
            )?
            .execute(params![exchange, person, body])?;
        if texted == 0 {
            self.0
                .prepare_cached("INSERT INTO wish (exchange, person, body, withdrawn, at) VALUES (?1, ?2, ?3, 1, ?4)")?
                .execute(params![exchange, person, body, millis(at)])?;
        }
        Ok(())
    }

    /// Records a report (`bought`, `sent`, `got`) of a person in a draw; the first one counts.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn add_report(&self, draw: DrawId, person: PersonIndex, kind: &str, at: Timestamp) -> Result<(), StoreError> {
        self.0
            .prepare_cached("INSERT OR IGNORE INTO report (draw, person, kind, at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![draw.0, person.0, kind, millis(at)])?;
        Ok(())
    }

    /// Who reported a kind in a draw.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn reported(&self, draw: DrawId, kind: &str) -> Result<Vec<PersonIndex>, StoreError> {
        let mut statement =
            self.0.prepare_cached("SELECT person FROM report WHERE draw = ?1 AND kind = ?2 ORDER BY person")?;
        let rows = statement.query_map(params![draw.0, kind], |row| row.get(0).map(PersonIndex))?;
        rows.map(|row| Ok(row?)).collect()
    }
}
