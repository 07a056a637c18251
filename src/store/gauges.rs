//! What a dashboard watches, counted when it asks. No person and no draw is in it, and nothing that is passed on between two
//! people.

use jiff::Timestamp;

use super::broadcasts::BROADCAST;
use super::{BroadcastId, StoreError, Tx, from_row, values};
use crate::model::TopicId;

/// How many messages stand how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxCount {
    pub channel: String,
    pub state: String,
    pub count: u64,
}
from_row!(OutboxCount: channel, state, count);

/// How much of an event stands how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventCount {
    pub event: i64,
    pub state: String,
    pub count: u64,
}
from_row!(EventCount: event, state, count);

/// How many messages of a broadcast stand how, by the word of the state.
pub type BroadcastCount = (BroadcastId, Vec<(String, u64)>);

/// How many are inside at a desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitCount {
    pub desk: TopicId,
    /// How many visits nobody has ended.
    pub open: u64,
    /// How many of those should have ended by now.
    pub overdue: u64,
}
from_row!(VisitCount: desk, open, overdue);

/// What is grouped below.
const SEATS: &str = "SELECT event, CASE WHEN taken = 1 THEN 'taken' WHEN invitation IS NULL THEN 'free' ELSE 'reserved' \
                     END, count(*) FROM seat";

/// The same of invitations.
const INVITATIONS: &str = "SELECT event, state, count(*) FROM invitation";

impl Tx<'_> {
    /// How many seats of each event that is dealt and still to come stand how.
    pub fn count_seats(&self, now: Timestamp) -> Result<Vec<EventCount>, StoreError> {
        self.count_events(SEATS, now)
    }

    /// How many invitations to each event that is dealt and still to come stand how.
    pub fn count_invitations(&self, now: Timestamp) -> Result<Vec<EventCount>, StoreError> {
        self.count_events(INVITATIONS, now)
    }

    fn count_events(&self, of: &str, now: Timestamp) -> Result<Vec<EventCount>, StoreError> {
        let sql = format!(
            "{of} WHERE event IN (SELECT topic FROM event WHERE phase NOT IN ('draft', 'cancelled') AND starts_at > $1) \
             GROUP BY 1, 2 ORDER BY 1, 2"
        );
        self.all(&sql, values![now])
    }

    /// How many messages stand how, by channel and state.
    pub fn count_all_messages(&self) -> Result<Vec<OutboxCount>, StoreError> {
        self.all(
            "SELECT channel, state, count(*) FROM outbox WHERE role = 'person' GROUP BY channel, state \
             ORDER BY channel, state",
            &[],
        )
    }

    /// How many are inside, desk by desk.
    pub fn count_open_visits(&self, now: Timestamp) -> Result<Vec<VisitCount>, StoreError> {
        self.all(
            "SELECT topic, count(visit.id), count(CASE WHEN out_due <= $1 THEN 1 END) FROM desk \
             LEFT JOIN visit ON visit.desk = topic AND out_at IS NULL GROUP BY topic ORDER BY topic",
            values![now],
        )
    }

    /// When a worker should have looked at a message that is longest overdue; `None` when nothing waits.
    pub fn oldest_look_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.only(
            "SELECT min(next_at) FROM outbox WHERE role = 'person' AND rehearsed = 0 AND state IN ('waiting', 'claimed')",
            &[],
        )
    }

    /// How the messages of the newest broadcasts that were sent stand.
    pub fn count_newest_broadcasts(&self, most: u32) -> Result<Vec<BroadcastCount>, StoreError> {
        let sql = "SELECT id FROM broadcast WHERE sent_at IS NOT NULL ORDER BY id DESC LIMIT $1";
        let newest = self.all(sql, values![most])?;
        newest.into_iter().map(|id| Ok((id, self.count_results(id)?))).collect()
    }

    /// How many broadcasts stand how, by the word of the state.
    pub fn count_broadcasts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = format!("SELECT stands, count(*) FROM ({BROADCAST}) AS every_one GROUP BY stands ORDER BY stands");
        self.all(&sql, &[])
    }

    /// How many draws have no confirmed copy in the archive.
    pub fn count_draws_without_copy(&self) -> Result<u64, StoreError> {
        self.only(
            "SELECT count(*) FROM draw LEFT JOIN archive_copy ON archive_copy.draw = draw.id \
             WHERE coalesce(archive_copy.state, 'pending') <> 'confirmed'",
            &[],
        )
    }
}
