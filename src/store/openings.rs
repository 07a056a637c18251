//! The hash-chained log of openings, kept as the JSON entries that are also archived.

use jiff::Timestamp;
use rusqlite::params;

use super::{StoreError, Tx, millis};

/// An entry of the log as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOpening {
    /// Counted within the series, from 1.
    pub number: u64,
    /// The entry, JSON.
    pub entry: String,
    /// Whether the archive holds a copy.
    pub archived: bool,
}

impl Tx<'_> {
    /// Appends an entry.
    ///
    /// # Errors
    /// [`StoreError::Statement`], also when the number is taken.
    pub fn append_opening(&self, series: &str, number: u64, at: Timestamp, entry: &str) -> Result<(), StoreError> {
        self.0
            .prepare_cached("INSERT INTO opening (series, number, at, entry) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![series, i64::try_from(number).unwrap_or(i64::MAX), millis(at), entry])?;
        Ok(())
    }

    /// The whole log of a series, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn openings(&self, series: &str) -> Result<Vec<StoredOpening>, StoreError> {
        let mut statement = self
            .0
            .prepare_cached("SELECT number, entry, archived_at FROM opening WHERE series = ?1 ORDER BY number")?;
        let rows = statement.query_map(params![series], |row| {
            Ok(StoredOpening {
                number: row.get::<_, i64>(0)?.unsigned_abs(),
                entry: row.get(1)?,
                archived: row.get::<_, Option<i64>>(2)?.is_some(),
            })
        })?;
        rows.map(|row| Ok(row?)).collect()
    }

    /// How many openings a draw has seen. An entry that cannot be read counts for every draw: it must hold up nobody,
    /// and make no opening disappear.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn count_openings(&self, series: &str, draw: u32) -> Result<u64, StoreError> {
        let count: i64 = self
            .0
            .prepare_cached(
                "SELECT count(*) FROM opening WHERE series = ?1 \
                 AND CASE WHEN json_valid(entry) THEN entry ->> '$.draw' = ?2 ELSE 1 END",
            )?
            .query_row(params![series, draw], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Records that the archive holds an entry.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn opening_archived(&self, series: &str, number: u64, at: Timestamp) -> Result<(), StoreError> {
        self.0
            .prepare_cached("UPDATE opening SET archived_at = ?3 WHERE series = ?1 AND number = ?2")?
            .execute(params![series, i64::try_from(number).unwrap_or(i64::MAX), millis(at)])?;
        Ok(())
    }
}
