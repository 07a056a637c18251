//! Incoming texts: each answered once, its outcome kept so that a repeated delivery hears the same. The log is only ever
//! appended to and has no index; who must find a text by its provider's id remembers its [`TextId`].

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{DrawId, StoreError, Tx, millis, timestamp};
use crate::model::{PersonIndex, Phone};

/// The place of a text in the log; a later text has a greater one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextId(i64);

/// A text that has been answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredText {
    /// The draw it was answered from.
    pub draw: Option<DrawId>,
    /// Who it was answered as.
    pub person: Option<PersonIndex>,
    /// Whether the answer said whom they give to.
    pub told: bool,
    /// What was decided, JSON.
    pub outcome: String,
}

/// One telling of a giver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Who was told.
    pub person: PersonIndex,
    /// When.
    pub at: Timestamp,
    /// By which message: the text that asked, or the e-mail that said it.
    pub sid: String,
}

impl Tx<'_> {
    /// Logs a text with what was decided about it.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn insert_text(
        &self,
        sid: &str,
        phone: &Phone,
        at: Timestamp,
        text: &StoredText,
    ) -> Result<TextId, StoreError> {
        self.0
            .prepare_cached(
                "INSERT INTO text (sid, received_at, phone, draw, person, told, outcome) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                sid,
                millis(at),
                phone.expose(),
                text.draw.map(|d| d.0),
                text.person.map(|p| p.0),
                text.told,
                text.outcome
            ])?;
        Ok(TextId(self.0.last_insert_rowid()))
    }

    /// What was decided about a text, and whether it came from this phone; `None` when another text stands there.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn text(&self, id: TextId, sid: &str, phone: &Phone) -> Result<Option<(StoredText, bool)>, StoreError> {
        let mut statement = self
            .0
            .prepare_cached("SELECT draw, person, told, outcome, phone = ?3 FROM text WHERE id = ?1 AND sid = ?2")?;
        Ok(statement
            .query_row(params![id.0, sid, phone.expose()], |row| {
                let text = StoredText {
                    draw: row.get::<_, Option<i64>>(0)?.map(DrawId),
                    person: row.get::<_, Option<u32>>(1)?.map(PersonIndex),
                    told: row.get(2)?,
                    outcome: row.get(3)?,
                };
                Ok((text, row.get(4)?))
            })
            .optional()?)
    }

    /// Shows every text logged after another, in their order: its place, its provider's id, its phone, its time.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn texts_after(
        &self,
        after: TextId,
        mut show: impl FnMut(TextId, &str, &Phone, Timestamp),
    ) -> Result<(), StoreError> {
        let mut statement =
            self.0.prepare_cached("SELECT id, sid, phone, received_at FROM text WHERE id > ?1 ORDER BY id")?;
        let mut rows = statement.query(params![after.0])?;
        while let Some(row) = rows.next()? {
            let phone: String = row.get(2)?;
            let phone = Phone::from_provider(&phone).ok_or_else(|| StoreError::damaged("log of texts", "no phone"))?;
            show(
                TextId(row.get(0)?),
                row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?,
                &phone,
                timestamp(row.get(3)?)?,
            );
        }
        Ok(())
    }

    /// Records that a giver was told by an e-mail; once, however often it is said of the same message.
    ///
    /// # Errors
    /// [`StoreError::Statement`].
    pub fn insert_told_by_mail(&self, draw: DrawId, told: &Told) -> Result<(), StoreError> {
        self.0
            .prepare_cached("INSERT OR IGNORE INTO told_by_mail (draw, person, message, at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![draw.0, told.person.0, told.sid, millis(told.at)])?;
        Ok(())
    }

    /// Every telling of a draw, by text and by e-mail, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Statement`], [`StoreError::Damaged`].
    pub fn told(&self, draw: DrawId) -> Result<Vec<Told>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT person, received_at AS at, sid FROM text WHERE draw = ?1 AND told \
             UNION ALL SELECT person, at, message FROM told_by_mail WHERE draw = ?1 \
             ORDER BY at, sid",
        )?;
        let rows = statement.query_map(params![draw.0], |row| {
            Ok((PersonIndex(row.get(0)?), row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
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
