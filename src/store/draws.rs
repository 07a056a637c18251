//! Draws: the sealed file and what is safe to know of it in the clear.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::{StoreError, Tx, millis, timestamp};

/// A draw's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DrawId(pub(super) i64);

/// Whether the archive holds the sealed draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveState {
    /// Not yet; nobody is answered from this draw.
    Pending,
    /// Written and read back.
    Confirmed,
    /// Something else stands in its place; nothing is ever overwritten.
    Occupied,
}

impl ArchiveState {
    /// The word stored and shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Occupied => "occupied",
        }
    }

    fn from_word(word: &str) -> Result<Self, StoreError> {
        [Self::Pending, Self::Confirmed, Self::Occupied]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| StoreError::damaged("archive state", word))
    }
}

/// What is kept of a new draw.
#[derive(Debug)]
pub struct NewDraw<'a> {
    /// Draws of one series are each other's history.
    pub series: &'a str,
    /// Counted within the series, from 1.
    pub number: u32,
    /// The exchange's name.
    pub exchange: &'a str,
    /// When it was drawn.
    pub drawn_at: Timestamp,
    /// The clear header, JSON.
    pub header: &'a str,
    /// The roster it was made from, JSON.
    pub roster: &'a str,
    /// The sealed file.
    pub sealed: &'a [u8],
    /// Where its archive copy belongs.
    pub archive_location: &'a str,
}

/// A draw as stored.
#[derive(Debug, Clone)]
pub struct StoredDraw {
    /// The row.
    pub id: DrawId,
    /// Series.
    pub series: String,
    /// Number within the series.
    pub number: u32,
    /// The exchange's name.
    pub exchange: String,
    /// When it was drawn.
    pub drawn_at: Timestamp,
    /// The clear header, JSON.
    pub header: String,
    /// The roster, JSON.
    pub roster: String,
    /// The sealed file.
    pub sealed: Vec<u8>,
    /// Whether the archive holds it.
    pub archive_state: ArchiveState,
    /// Where its archive copy belongs.
    pub archive_location: String,
    /// Why the last attempt to archive it failed.
    pub archive_problem: Option<String>,
}

const SELECT: &str = "SELECT id, series, number, exchange, drawn_at, header, roster, sealed, \
                      coalesce(state, 'pending') AS state, archive_location, problem \
                      FROM draw LEFT JOIN archive_copy ON archive_copy.draw = draw.id WHERE";

impl Tx<'_> {
    /// Keeps a new draw, its archive copy still pending.
    ///
    /// # Errors
    /// [`StoreError::Statement`], also when the series already has a draw of this number.
    pub fn insert_draw(&self, draw: &NewDraw<'_>) -> Result<DrawId, StoreError> {
        self.0
            .prepare_cached(
                "INSERT INTO draw (series, number, exchange, drawn_at, header, roster, sealed, archive_location) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                draw.series,
                draw.number,
                draw.exchange,
                millis(draw.drawn_at),
                draw.header,
                draw.roster,
                draw.sealed,
                draw.archive_location
            ])?;
        Ok(DrawId(self.0.last_insert_rowid()))
    }

    /// The newest draw of an exchange, archived or not.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn newest_draw(&self, series: &str, exchange: &str) -> Result<Option<StoredDraw>, StoreError> {
        self.one_draw("series = ?1 AND exchange = ?2 ORDER BY number DESC LIMIT 1", params![series, exchange])
    }

    /// The row and archive state of the newest draw of an exchange: all that is needed to see whether it changed.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn newest_draw_state(
        &self,
        series: &str,
        exchange: &str,
    ) -> Result<Option<(DrawId, ArchiveState)>, StoreError> {
        let found = self
            .0
            .prepare_cached(
                "SELECT id, coalesce(state, 'pending') FROM draw LEFT JOIN archive_copy ON archive_copy.draw = draw.id \
                 WHERE series = ?1 AND exchange = ?2 ORDER BY number DESC LIMIT 1",
            )?
            .query_row(params![series, exchange], |row| Ok((DrawId(row.get(0)?), row.get::<_, String>(1)?)))
            .optional()?;
        found.map(|(id, word)| Ok((id, ArchiveState::from_word(&word)?))).transpose()
    }

    /// A draw by its number.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn draw_numbered(&self, series: &str, number: u32) -> Result<Option<StoredDraw>, StoreError> {
        self.one_draw("series = ?1 AND number = ?2", params![series, number])
    }

    /// A draw by its row.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn draw(&self, id: DrawId) -> Result<Option<StoredDraw>, StoreError> {
        self.one_draw("id = ?1", params![id.0])
    }

    /// All draws of a series, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn draws(&self, series: &str) -> Result<Vec<StoredDraw>, StoreError> {
        let mut statement = self.0.prepare_cached(&format!("{SELECT} series = ?1 ORDER BY number"))?;
        let rows = statement.query_map(params![series], |row| Ok(read_draw(row)))?;
        rows.map(|row| row?).collect()
    }

    /// The draws of a series whose archive copy is pending, newest first.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn pending_draws(&self, series: &str) -> Result<Vec<StoredDraw>, StoreError> {
        let mut statement = self.0.prepare_cached(&format!(
            "{SELECT} series = ?1 AND coalesce(state, 'pending') = 'pending' ORDER BY number DESC"
        ))?;
        let rows = statement.query_map(params![series], |row| Ok(read_draw(row)))?;
        rows.map(|row| row?).collect()
    }

    /// Records what became of a draw's archive copy.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn set_archive_state(
        &self,
        id: DrawId,
        state: ArchiveState,
        problem: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let confirmed_at = (state == ArchiveState::Confirmed).then(|| millis(at));
        // A confirmed copy stays confirmed, whichever of two processes writes last.
        self.0
            .prepare_cached(
                "INSERT INTO archive_copy (draw, state, problem, confirmed_at) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (draw) DO UPDATE SET state = ?2, problem = ?3, confirmed_at = ?4 \
                 WHERE state <> 'confirmed'",
            )?
            .execute(params![id.0, state.word(), problem, confirmed_at])?;
        Ok(())
    }

    fn one_draw(&self, condition: &str, values: impl rusqlite::Params) -> Result<Option<StoredDraw>, StoreError> {
        self.0
            .prepare_cached(&format!("{SELECT} {condition}"))?
            .query_row(values, |row| Ok(read_draw(row)))
            .optional()?
            .transpose()
    }
}

fn read_draw(row: &Row<'_>) -> Result<StoredDraw, StoreError> {
    Ok(StoredDraw {
        id: DrawId(row.get(0)?),
        series: row.get(1)?,
        number: row.get(2)?,
        exchange: row.get(3)?,
        drawn_at: timestamp(row.get(4)?)?,
        header: row.get(5)?,
        roster: row.get(6)?,
        sealed: row.get(7)?,
        archive_state: ArchiveState::from_word(&row.get::<_, String>(8)?)?,
        archive_location: row.get(9)?,
        archive_problem: row.get(10)?,
    })
}
