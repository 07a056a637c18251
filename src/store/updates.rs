//! What changed after a draw, and an update that waits for its archive copies.

use super::{DrawId, SeriesId, StoreError, Tx, from_row, values};
use crate::model::TopicId;

/// An update that waits for its archive copies.
#[derive(Debug, Clone)]
pub struct PendingUpdate {
    pub topic: TopicId,
    /// The draw it changes.
    pub draw: DrawId,
    /// The draw that takes its place.
    pub new_draw: Option<DrawId>,
    /// The last entry of the chain it waits for; 0: none.
    pub entry: u64,
    /// The exchange as it will be, JSON.
    pub roster: String,
}
from_row!(PendingUpdate: topic, draw, new_draw, entry, roster);

impl Tx<'_> {
    /// Writes an update down that waits. There is one at most in an exchange.
    ///
    /// # Errors
    /// [`StoreError::Statement`], also when there is one already.
    pub fn insert_pending_update(&self, update: &PendingUpdate) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO pending_update (topic, draw, new_draw, entry, roster) VALUES ($1, $2, $3, $4, $5)",
            values![update.topic, update.draw, update.new_draw, update.entry, &update.roster],
        )
    }

    /// The updates that wait in the exchanges of a series.
    pub fn pending_updates(&self, series: SeriesId) -> Result<Vec<PendingUpdate>, StoreError> {
        self.all(
            "SELECT pending_update.topic, pending_update.draw, new_draw, entry, pending_update.roster \
             FROM pending_update JOIN draw ON draw.id = pending_update.draw WHERE draw.series = $1 ORDER BY 1",
            values![series],
        )
    }

    /// Takes an update away that has been brought in.
    pub fn delete_pending_update(&self, topic: TopicId) -> Result<(), StoreError> {
        self.execute("DELETE FROM pending_update WHERE topic = $1", values![topic])
    }

    /// Writes down what the exchange of a draw is like today.
    pub fn revise_draw(&self, draw: DrawId, roster: &str) -> Result<(), StoreError> {
        self.execute("UPDATE draw SET revised = $2, revision = revision + 1 WHERE id = $1", values![draw, roster])
    }

    /// How often the exchange of a draw has changed since.
    pub fn draw_revision(&self, draw: DrawId) -> Result<i64, StoreError> {
        self.only("SELECT revision FROM draw WHERE id = $1", values![draw])
    }
}
