//! Incoming texts: each answered once, its outcome kept so that a repeated delivery hears the same.

use jiff::Timestamp;

use super::{DrawId, StoreError, Tx, from_row, values};
use crate::model::{PersonId, Phone, ToldBy, TopicId};

/// A text that has been answered.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StoredText {
    /// What it was about; `None` when it was nothing of ours.
    pub topic: Option<TopicId>,
    /// Who it was answered as.
    pub person: Option<PersonId>,
    /// The draw it was answered from.
    pub draw: Option<DrawId>,
    /// Whether the answer said whom they give to.
    pub told: bool,
    /// What was decided, JSON.
    pub outcome: String,
}
from_row!(StoredText: topic, person, draw, told, outcome);

/// One telling of a giver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    pub person: PersonId,
    pub at: Timestamp,
    /// By which message: the text that asked, the e-mail that said it, or [`ON_THEIR_PAGE`] and a number.
    pub sid: String,
}
from_row!(Telling: person, at, sid);

/// With this begins what stands for a message where a giver was told on their own page.
pub const ON_THEIR_PAGE: &str = "page:";

impl Tx<'_> {
    /// Logs a text with what was decided about it.
    ///
    /// # Errors
    /// [`StoreError::Statement`], also when there is one of this id already.
    pub fn insert_text(&self, sid: &str, phone: &Phone, at: Timestamp, text: &StoredText) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO text (sid, received_at, phone, topic, person, draw, told, outcome) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            values![sid, at, phone, text.topic, text.person, text.draw, text.told, &text.outcome],
        )
    }

    /// What was decided about a text, and whether it came from this phone.
    pub fn text(&self, sid: &str, phone: &Phone) -> Result<Option<(StoredText, bool)>, StoreError> {
        let sql = "SELECT topic, person, draw, told, outcome, phone = $2 FROM text WHERE sid = $1";
        self.one(sql, values![sid, phone])
    }

    /// How many texts came from a number since then, at most `most`.
    pub fn count_texts_of(&self, phone: &Phone, since: Timestamp, most: u32) -> Result<u32, StoreError> {
        self.only(
            "SELECT count(*) FROM (SELECT 1 AS one FROM text WHERE phone = $1 AND received_at >= $2 LIMIT $3) AS counted",
            values![phone, since, most],
        )
    }

    /// Records that a giver was told by an e-mail; once, however often it is said of the same message.
    pub fn insert_told_by_mail(&self, draw: DrawId, telling: &Telling) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO told_by_mail (draw, person, message, at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (draw, person, message) DO NOTHING",
            values![draw, telling.person, &telling.sid, telling.at],
        )
    }

    /// Records that a giver was told on their own page.
    pub fn insert_told_by_page(&self, draw: DrawId, person: PersonId, at: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO told_by_mail (draw, person, message, at, by_page) VALUES ($1, $2, $3, $4, 1) \
             ON CONFLICT (draw, person, message) DO NOTHING",
            values![draw, person, &format!("{ON_THEIR_PAGE}{}", at.as_millisecond()), at],
        )
    }

    /// Every telling of a draw, by whatever way, oldest first.
    pub fn tellings(&self, draw: DrawId) -> Result<Vec<Telling>, StoreError> {
        self.all(
            "SELECT person, received_at AS at, sid FROM text WHERE draw = $1 AND told = 1 AND person IS NOT NULL \
             UNION ALL SELECT person, at, message AS sid FROM told_by_mail WHERE draw = $1 \
             ORDER BY at, sid",
            values![draw],
        )
    }

    /// Whether a giver has been told in a draw.
    pub fn was_told(&self, draw: DrawId, person: PersonId) -> Result<bool, StoreError> {
        let told: Option<i64> = self.one(
            "SELECT 1 FROM text WHERE draw = $1 AND person = $2 AND told = 1 \
             UNION ALL SELECT 1 FROM told_by_mail WHERE draw = $1 AND person = $2 LIMIT 1",
            values![draw, person],
        )?;
        Ok(told.is_some())
    }

    /// The draw in which a giver was last told, but for one.
    pub fn last_draw_told(&self, person: PersonId, but: DrawId) -> Result<Option<DrawId>, StoreError> {
        self.one(
            "SELECT draw, received_at AS at FROM text WHERE person = $1 AND told = 1 AND draw <> $2 \
             UNION ALL SELECT draw, at FROM told_by_mail WHERE person = $1 AND draw <> $2 ORDER BY at DESC LIMIT 1",
            values![person, but],
        )
    }

    /// When a giver was last told in a draw, and how.
    pub fn last_telling(&self, draw: DrawId, person: PersonId) -> Result<Option<(Timestamp, ToldBy)>, StoreError> {
        let told: Option<(Timestamp, u32)> = self.one(
            "SELECT received_at AS at, 0 AS way FROM text WHERE draw = $1 AND person = $2 AND told = 1 \
             UNION ALL SELECT at, 1 + by_page AS way FROM told_by_mail WHERE draw = $1 AND person = $2 \
             ORDER BY at DESC LIMIT 1",
            values![draw, person],
        )?;
        let ways = [ToldBy::Text, ToldBy::Mail, ToldBy::Page];
        Ok(told.map(|(at, way)| (at, ways[way.min(2) as usize])))
    }

    /// How many texts have been logged.
    #[cfg(test)]
    pub(crate) fn count_texts(&self) -> Result<u64, StoreError> {
        self.only("SELECT count(*) FROM text", &[])
    }
}
