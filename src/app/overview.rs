//! Everything of somebody's at a glance: what there is, what waits, what went wrong.

use jiff::Timestamp;

use crate::store::{
    ArchiveState, BroadcastCount, EventCount, OutboxCount, OutboxState, Reach, StoreError, TopicLine, Tx, VisitCount,
};

/// Everything of somebody's at a glance.
#[derive(Debug, Clone)]
pub struct Overview {
    /// What is not drawn yet, then what was drawn last.
    pub exchanges: Vec<TopicLine>,
    /// Messages by the word of their state.
    pub messages: Vec<(String, u64)>,
}

impl Overview {
    /// What there is within a reach.
    pub fn of(tx: &Tx<'_>, reach: Reach) -> Result<Self, StoreError> {
        Ok(Self { exchanges: tx.topics_within(reach)?, messages: tx.count_messages_within(reach)? })
    }

    /// How many messages stand so.
    pub fn messages(&self, state: OutboxState) -> u64 {
        self.messages.iter().filter(|(word, _)| word == state.word()).map(|(_, count)| count).sum()
    }

    /// The exchanges whose archive copy stands so.
    pub fn archived(&self, state: ArchiveState) -> impl Iterator<Item = &TopicLine> {
        self.exchanges.iter().filter(move |line| line.draw.as_ref().is_some_and(|draw| draw.archive == state))
    }

    /// How many people have not been told yet whom they give to, though it has been drawn.
    pub fn untold(&self) -> u64 {
        self.exchanges
            .iter()
            .filter_map(|line| line.draw.as_ref())
            .map(|draw| draw.people.saturating_sub(draw.told))
            .sum()
    }
}

/// What a dashboard watches.
pub struct Counts {
    /// By this machine's clock.
    pub now: Timestamp,
    /// How many messages stand how.
    pub messages: Vec<OutboxCount>,
    /// Since when a message has been due that no worker has looked at.
    pub overdue_since: Option<Timestamp>,
    /// How many draws have no confirmed copy in the archive.
    pub draws_without_copy: u64,
    /// Seats by event and how they stand.
    pub seats: Vec<EventCount>,
    /// Invitations by event and how they stand.
    pub invitations: Vec<EventCount>,
    /// How the messages of the newest broadcasts stand.
    pub broadcasts: Vec<BroadcastCount>,
    /// How many broadcasts stand how.
    pub all_broadcasts: Vec<(String, u64)>,
    /// How many are inside at which desk.
    pub visits: Vec<VisitCount>,
}

/// How many broadcasts are watched.
const BROADCASTS: u32 = 3;

/// Counts what a dashboard watches, of all topics.
pub fn counts(tx: &Tx<'_>, now: Timestamp) -> Result<Counts, StoreError> {
    Ok(Counts {
        now,
        messages: tx.count_all_messages()?,
        overdue_since: tx.oldest_look_due()?,
        draws_without_copy: tx.count_draws_without_copy()?,
        seats: tx.count_seats(now)?,
        invitations: tx.count_invitations(now)?,
        broadcasts: tx.count_newest_broadcasts(BROADCASTS)?,
        all_broadcasts: tx.count_broadcasts()?,
        visits: tx.count_open_visits(now)?,
    })
}
