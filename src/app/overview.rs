//! Everything of somebody's at a glance: what there is, what waits, what went wrong.

use crate::store::{ArchiveState, OutboxState, Reach, StoreError, TopicLine, Tx};

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
    #[must_use]
    pub fn messages(&self, state: OutboxState) -> u64 {
        self.messages.iter().filter(|(word, _)| word == state.word()).map(|(_, count)| count).sum()
    }

    /// The exchanges whose archive copy stands so.
    pub fn archived(&self, state: ArchiveState) -> impl Iterator<Item = &TopicLine> {
        self.exchanges.iter().filter(move |line| line.draw.as_ref().is_some_and(|draw| draw.archive == state))
    }

    /// How many people have not been told yet whom they give to, though it has been drawn.
    #[must_use]
    pub fn untold(&self) -> u64 {
        self.exchanges
            .iter()
            .filter_map(|line| line.draw.as_ref())
            .map(|draw| draw.people.saturating_sub(draw.told))
            .sum()
    }
}
