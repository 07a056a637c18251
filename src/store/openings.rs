//! The hash-chained log of openings, kept as the JSON entries that are also archived.

use jiff::Timestamp;

use super::{SeriesId, StoreError, Tx, from_row, values};

/// An entry of the log as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOpening {
    /// Counted within the series, from 1.
    pub number: u64,
    /// When, as its row says.
    pub at: Timestamp,
    /// The entry, JSON.
    pub entry: String,
    pub archived: bool,
}
from_row!(StoredOpening: number, at, entry, archived);

impl Tx<'_> {
    /// Appends an entry.
    ///
    /// # Errors
    /// [`StoreError::Statement`], also when the number is taken.
    pub fn append_opening(&self, series: SeriesId, number: u64, at: Timestamp, entry: &str) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO opening (series, number, at, entry) VALUES ($1, $2, $3, $4)",
            values![series, number, at, entry],
        )
    }

    /// The whole log of a series, oldest first.
    pub fn openings(&self, series: SeriesId) -> Result<Vec<StoredOpening>, StoreError> {
        self.all(
            "SELECT number, at, entry, archived_at IS NOT NULL FROM opening WHERE series = $1 ORDER BY number",
            values![series],
        )
    }

    /// The openings of a series that a notice was queued of, by the causes of those notices.
    pub fn announced_openings(&self, series: SeriesId) -> Result<Vec<u64>, StoreError> {
        let beginning = format!("opening:{}:", series.number());
        let causes: Vec<String> = self.all(
            "SELECT cause FROM outbox WHERE kind = 'opening_notice' AND cause LIKE $1 ORDER BY id",
            values![&format!("{beginning}%")],
        )?;
        Ok(causes.iter().filter_map(|cause| cause.strip_prefix(&beginning)?.parse().ok()).collect())
    }

    /// How many openings a draw has seen; entries of other kinds are none. An entry that cannot be read counts for every draw: it must hold up nobody,
    /// and make no opening disappear.
    pub fn count_openings(&self, series: SeriesId, draw: u32) -> Result<u64, StoreError> {
        let counts = |entry: &StoredOpening| {
            let read: Option<serde_json::Value> = serde_json::from_str(&entry.entry).ok();
            read.is_none_or(|entry| {
                let other_kind = entry.get("kind").is_some_and(|kind| kind != "opening");
                !other_kind && entry.get("draw").and_then(serde_json::Value::as_u64) == Some(u64::from(draw))
            })
        };
        Ok(self.openings(series)?.iter().filter(|entry| counts(entry)).count() as u64)
    }

    /// Records that the archive holds an entry.
    pub fn opening_archived(&self, series: SeriesId, number: u64, at: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "UPDATE opening SET archived_at = $3 WHERE series = $1 AND number = $2",
            values![series, number, at],
        )
    }
}
