//! Draws: the sealed file and what is safe to know of it in the clear.

use jiff::Timestamp;

use super::{SeriesId, StoreError, Topic, Tx, from_row, values};
use crate::model::{PersonId, TopicId, words};

/// A draw's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct DrawId(pub(super) i64);

impl DrawId {
    /// The row's number, by which causes name a draw.
    pub fn number(self) -> i64 {
        self.0
    }

    /// The draw of a row's number.
    pub fn of_number(number: i64) -> Self {
        Self(number)
    }
}

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

words!(ArchiveState { Pending "pending" Confirmed "confirmed" Occupied "occupied" });

/// What is kept of a new draw.
#[derive(Debug)]
pub struct NewDraw<'a> {
    /// The exchange, and with it the series.
    pub topic: Topic,
    pub exchange: &'a str,
    /// Counted within the series, from 1.
    pub number: u32,
    pub drawn_at: Timestamp,
    /// The clear header, JSON.
    pub header: &'a str,
    /// The roster it was made from, JSON.
    pub roster: &'a str,
    /// Everybody's row, in the roster's order.
    pub people: &'a [PersonId],
    pub sealed: &'a [u8],
    pub archive_location: &'a str,
}

/// How a draw stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawState {
    pub id: DrawId,
    /// How often its exchange has changed since.
    pub revision: i64,
    /// How far its copy in the archive is.
    pub archive: ArchiveState,
}
from_row!(DrawState: id, archive, revision);

/// A draw as stored.
#[derive(Debug, Clone)]
pub struct StoredDraw {
    pub id: DrawId,
    pub topic: TopicId,
    pub series_id: SeriesId,
    pub series: String,
    /// Where its series stands in the archive; `None`: where the name says.
    pub folder: Option<String>,
    pub number: u32,
    /// The exchange's name, as it was drawn.
    pub exchange: String,
    pub drawn_at: Timestamp,
    /// The clear header, JSON.
    pub header: String,
    /// The roster it was made from, JSON.
    pub roster: String,
    /// The exchange as it is today, JSON; `None`: as drawn.
    pub revised: Option<String>,
    /// How often it has changed since the draw.
    pub revision: i64,
    /// Everybody's row, in the roster's order.
    pub people: Vec<PersonId>,
    pub sealed: Vec<u8>,
    /// Whether the archive holds it.
    pub archive_state: ArchiveState,
    pub archive_location: String,
    /// Why the last attempt to archive it failed.
    pub archive_problem: Option<String>,
    /// When somebody of it was last forgotten.
    pub forgotten_at: Option<Timestamp>,
}

const SELECT: &str = "SELECT draw.id, draw.topic, draw.series, series.name, number, coalesce(exchange, topic.name), \
                      drawn_at, header, roster, people, sealed, coalesce(state, 'pending'), archive_location, problem, \
                      series.folder, revised, revision, forgotten_at \
                      FROM draw JOIN series ON series.id = draw.series JOIN topic ON topic.id = draw.topic \
                      LEFT JOIN archive_copy ON archive_copy.draw = draw.id WHERE";
from_row!(
    StoredDraw: id, topic, series_id, series, number, exchange, drawn_at, header, roster, people by rows, sealed, archive_state,
    archive_location, archive_problem, folder, revised, revision, forgotten_at
);

/// A draw of an update that waits does not count yet.
const COUNTS: &str = "NOT EXISTS (SELECT 1 FROM pending_update WHERE pending_update.new_draw = draw.id)";

impl Tx<'_> {
    /// Keeps a new draw, its archive copy still pending.
    ///
    /// # Errors
    /// [`StoreError::Statement`], also when the series already has a draw of this number.
    pub fn insert_draw(&self, draw: &NewDraw<'_>) -> Result<DrawId, StoreError> {
        let people = serde_json::to_string(draw.people).map_err(|e| StoreError::damaged("draw", e))?;
        let id = self.only(
            "INSERT INTO draw (topic, series, number, drawn_at, header, roster, people, sealed, archive_location, exchange) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
            values![
                draw.topic.id,
                draw.topic.series,
                draw.number,
                draw.drawn_at,
                draw.header,
                draw.roster,
                &people,
                draw.sealed,
                draw.archive_location,
                draw.exchange,
            ],
        )?;
        Ok(DrawId(id))
    }

    /// The newest draw of an exchange, archived or not. One of an update that waits does not count yet.
    pub fn newest_draw(&self, topic: TopicId) -> Result<Option<StoredDraw>, StoreError> {
        let condition = format!("draw.topic = $1 AND {COUNTS} ORDER BY number DESC LIMIT 1");
        self.one(&format!("{SELECT} {condition}"), values![topic])
    }

    /// How the newest draw of an exchange stands: all that is needed to see whether it changed.
    pub fn newest_draw_state(&self, topic: TopicId) -> Result<Option<DrawState>, StoreError> {
        self.one(
            &format!(
                "SELECT id, coalesce(state, 'pending'), revision FROM draw LEFT JOIN archive_copy ON archive_copy.draw = draw.id \
                 WHERE topic = $1 AND {COUNTS} ORDER BY number DESC LIMIT 1"
            ),
            values![topic],
        )
    }

    /// A draw by its number.
    pub fn draw_numbered(&self, series: SeriesId, number: u32) -> Result<Option<StoredDraw>, StoreError> {
        self.one(&format!("{SELECT} draw.series = $1 AND number = $2"), values![series, number])
    }

    /// A draw by its row.
    pub fn draw(&self, id: DrawId) -> Result<Option<StoredDraw>, StoreError> {
        self.one(&format!("{SELECT} draw.id = $1"), values![id])
    }

    /// How many draws of an exchange count or have counted.
    pub fn count_draws(&self, topic: TopicId) -> Result<u64, StoreError> {
        self.only(&format!("SELECT count(*) FROM draw WHERE topic = $1 AND {COUNTS}"), values![topic])
    }

    /// All draws of a series, oldest first.
    pub fn draws(&self, series: SeriesId) -> Result<Vec<StoredDraw>, StoreError> {
        self.all(&format!("{SELECT} draw.series = $1 ORDER BY number"), values![series])
    }

    /// The draws of a series whose archive copy is not confirmed, newest first. Those whose place is occupied are among
    /// them: a store may have read back wrongly, and what stands there may be taken away.
    pub fn unconfirmed_draws(&self, series: SeriesId) -> Result<Vec<StoredDraw>, StoreError> {
        let sql =
            format!("{SELECT} draw.series = $1 AND coalesce(state, 'pending') <> 'confirmed' ORDER BY number DESC");
        self.all(&sql, values![series])
    }

    /// Records what became of a draw's archive copy.
    pub fn set_archive_state(
        &self,
        id: DrawId,
        state: ArchiveState,
        problem: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let confirmed_at = (state == ArchiveState::Confirmed).then_some(at);
        // A confirmed copy stays confirmed, whichever of two processes writes last.
        self.execute(
            "INSERT INTO archive_copy (draw, state, problem, confirmed_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (draw) DO UPDATE SET state = $2, problem = $3, confirmed_at = $4 \
             WHERE archive_copy.state <> 'confirmed'",
            values![id, state.word(), problem, confirmed_at],
        )
    }

    /// Leaves it to a worker to queue a draw's pairings by e-mail.
    pub fn put_mails_due(&self, draw: DrawId) -> Result<(), StoreError> {
        self.execute("INSERT INTO mails_due (draw) VALUES ($1) ON CONFLICT (draw) DO NOTHING", values![draw])
    }

    /// Whether a worker has yet to queue a draw's pairings by e-mail.
    pub fn mails_are_due(&self, draw: DrawId) -> Result<bool, StoreError> {
        self.exists("SELECT 1 FROM mails_due WHERE draw = $1", values![draw])
    }

    /// Takes it upon oneself to queue the pairings by e-mail of a topic's draws; `false`: there are none to queue.
    pub fn take_mails_due(&self, topic: TopicId) -> Result<bool, StoreError> {
        let taken = "DELETE FROM mails_due WHERE draw IN (SELECT id FROM draw WHERE topic = $1)";
        self.changes(taken, values![topic])
    }
}

fn rows(json: &str) -> Result<Vec<PersonId>, StoreError> {
    serde_json::from_str(json).map_err(|e| StoreError::damaged("draw's list of people", e))
}
