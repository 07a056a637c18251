//! All topics of a running site, whatever their kind. Whoever a text can come from or a message can go to is a row of
//! `person`, so a number finds its topics in one place; what a topic then makes of a text is its kind's business.
//!
//! What is said to numbers of no topic, what is kept sealed, and what is owed to a phone are the exchanges' alone.

use std::sync::Arc;

use jiff::Timestamp;

use super::exchange::ServedExchanges;
use super::outbox::MessageTopic;
use super::responder::{Answer, Courtesy, Text, TextTopic, TextTopics};
use super::topics::Topics;
use crate::conversation::Period;
use crate::model::{Phone, TopicId};
use crate::store::{StoreError, StoredText, Tx};

/// The topics of one kind, from both sides.
pub trait TopicKind: Topics<dyn TextTopic> + Topics<dyn MessageTopic> {}

impl<K: Topics<dyn TextTopic> + Topics<dyn MessageTopic>> TopicKind for K {}

/// The topics of all kinds: all exchanges of a site or one at hand, and all topics of the other kinds.
pub struct ServedTopics<E> {
    exchanges: Arc<E>,
    others: Vec<Arc<dyn TopicKind>>,
}

impl<E> ServedTopics<E> {
    /// These exchanges, and the topics of the other kinds.
    pub fn new(exchanges: Arc<E>, others: Vec<Arc<dyn TopicKind>>) -> Self {
        Self { exchanges, others }
    }
}

impl<T: ?Sized, E: Topics<T>> Topics<T> for ServedTopics<E>
where
    dyn TopicKind: Topics<T>,
{
    fn all(&self, tx: &Tx<'_>) -> Result<Vec<Arc<T>>, StoreError> {
        let mut all = self.exchanges.all(tx)?;
        for kind in &self.others {
            all.extend(kind.all(tx)?);
        }
        Ok(all)
    }

    fn of(&self, tx: &Tx<'_>, id: TopicId) -> Result<Option<Arc<T>>, StoreError> {
        if let Some(exchange) = self.exchanges.of(tx, id)? {
            return Ok(Some(exchange));
        }
        for kind in &self.others {
            if let Some(topic) = kind.of(tx, id)? {
                return Ok(Some(topic));
            }
        }
        Ok(None)
    }
}

impl TextTopics for ServedTopics<ServedExchanges> {
    fn courtesy(&self, courtesy: Courtesy) -> Answer {
        TextTopics::courtesy(&*self.exchanges, courtesy)
    }

    fn sealed_text(&self, tx: &Tx<'_>, text: &Text) -> Result<Option<(StoredText, bool)>, StoreError> {
        self.exchanges.sealed_text(tx, text)
    }

    fn owed(&self, tx: &Tx<'_>, text: &Text, again: bool, now: Timestamp) -> Result<Vec<String>, StoreError> {
        self.exchanges.owed(tx, text, again, now)
    }

    fn count_sealed(&self, tx: &Tx<'_>, phone: &Phone, period: Period, now: Timestamp) -> Result<u32, StoreError> {
        self.exchanges.count_sealed(tx, phone, period, now)
    }
}
