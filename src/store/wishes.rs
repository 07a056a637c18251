//! What people text about their own gifts: wishes, and BOUGHT, SENT, GOT.

use jiff::Timestamp;
use rusqlite::params;

use super::{StoreError, Tx, millis};

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

    /// A person's texted wishes in the order they came, each with its row for [`Tx::remove_wish`].
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn wishes(&self, exchange: &str, person: &str) -> Result<Vec<(i64, String)>, StoreError> {
        let mut statement =
            self.0.prepare_cached("SELECT id, body FROM wish WHERE exchange = ?1 AND person = ?2 ORDER BY id")?;
        let rows = statement.query_map(params![exchange, person], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.map(|row| Ok(row?)).collect()
    }

    /// Takes a wish back.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn remove_wish(&self, row: i64) -> Result<(), StoreError> {
        self.0.prepare_cached("DELETE FROM wish WHERE id = ?1")?.execute(params![row])?;
        Ok(())
    }

    /// Records a report (`bought`, `sent`, `got`); the first one counts.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn add_report(&self, exchange: &str, person: &str, kind: &str, at: Timestamp) -> Result<(), StoreError> {
        self.0
            .prepare_cached("INSERT OR IGNORE INTO report (exchange, person, kind, at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![exchange, person, kind, millis(at)])?;
        Ok(())
    }

    /// The names of those who reported a kind.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn reported(&self, exchange: &str, kind: &str) -> Result<Vec<String>, StoreError> {
        let mut statement =
            self.0.prepare_cached("SELECT person FROM report WHERE exchange = ?1 AND kind = ?2 ORDER BY person")?;
        let rows = statement.query_map(params![exchange, kind], |row| row.get(0))?;
        rows.map(|row| Ok(row?)).collect()
    }
}
