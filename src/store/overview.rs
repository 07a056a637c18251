//! What an organizer sees of their topics at a glance.

use jiff::Timestamp;

use super::accounts::OWNED;
use super::{ArchiveState, FromRow, Reach, Row, StoreError, Tx, values};
use crate::model::TopicId;

/// A topic in one line.
#[derive(Debug, Clone)]
pub struct TopicLine {
    pub id: TopicId,
    pub name: String,
    /// How it was last drawn.
    pub draw: Option<DrawLine>,
}

/// A draw in one line.
#[derive(Debug, Clone)]
pub struct DrawLine {
    pub number: u32,
    pub drawn_at: Timestamp,
    pub people: u64,
    /// How many of them have been told their name.
    pub told: u64,
    pub archive: ArchiveState,
}

impl Tx<'_> {
    /// The topics within a reach: what is not drawn yet, then what was drawn last.
    pub fn topics_within(&self, reach: Reach) -> Result<Vec<TopicLine>, StoreError> {
        let sql = format!(
            "SELECT topic.id, topic.name, draw.number, draw.drawn_at, \
             length(draw.people) - length(replace(draw.people, ',', '')) + 1, \
             (SELECT count(*) FROM (SELECT person FROM text WHERE text.draw = draw.id AND told = 1 \
              UNION SELECT person FROM told_by_mail WHERE told_by_mail.draw = draw.id) AS told), \
             coalesce(archive_copy.state, 'pending') \
             FROM topic LEFT JOIN draw ON draw.topic = topic.id \
             AND draw.number = (SELECT max(number) FROM draw WHERE draw.topic = topic.id) \
             LEFT JOIN archive_copy ON archive_copy.draw = draw.id \
             WHERE {OWNED} AND kind = 'exchange' ORDER BY draw.drawn_at IS NOT NULL, draw.drawn_at DESC, topic.name"
        );
        self.all(&sql, values![reach.account, reach.sites_own])
    }
}

impl FromRow for TopicLine {
    fn from_row(row: &mut Row<'_>) -> Result<Self, StoreError> {
        let (id, name, drawn) = (row.take()?, row.take()?, row.take::<Option<_>>()?);
        let line = |(number, drawn_at, people, told, archive)| DrawLine { number, drawn_at, people, told, archive };
        Ok(Self { id, name, draw: drawn.map(line) })
    }
}
