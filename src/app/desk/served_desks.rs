//! The desks of a running site, as texts are about them and messages go out for them. New ones need no restart.

use std::sync::Arc;

use super::Desk;
use crate::app::outbox::MessageTopic;
use crate::app::responder::TextTopic;
use crate::app::topics::Topics;
use crate::error_chain::in_full;
use crate::model::TopicId;
use crate::store::{StoreError, StoredDesk, Tx};

/// All of them, read anew each time: there are few.
pub struct ServedDesks;

/// A desk that cannot be read stops no other.
fn read(stored: StoredDesk) -> Option<Arc<Desk>> {
    let id = stored.id;
    let desk = Desk::of(stored);
    desk.map_err(|error| tracing::error!(desk = id.0, problem = in_full(&error), "a desk cannot be read"))
        .ok()
        .map(Arc::new)
}

impl Topics<dyn TextTopic> for ServedDesks {
    fn all(&self, tx: &Tx<'_>) -> Result<Vec<Arc<dyn TextTopic>>, StoreError> {
        Ok(tx.desks()?.into_iter().filter_map(read).map(|desk| desk as Arc<dyn TextTopic>).collect())
    }

    fn of(&self, tx: &Tx<'_>, id: TopicId) -> Result<Option<Arc<dyn TextTopic>>, StoreError> {
        Ok(tx.desk(id)?.and_then(read).map(|desk| desk as Arc<dyn TextTopic>))
    }
}

impl Topics<dyn MessageTopic> for ServedDesks {
    fn all(&self, tx: &Tx<'_>) -> Result<Vec<Arc<dyn MessageTopic>>, StoreError> {
        Ok(tx.desks()?.into_iter().filter_map(read).map(|desk| desk as Arc<dyn MessageTopic>).collect())
    }

    fn of(&self, tx: &Tx<'_>, id: TopicId) -> Result<Option<Arc<dyn MessageTopic>>, StoreError> {
        Ok(tx.desk(id)?.and_then(read).map(|desk| desk as Arc<dyn MessageTopic>))
    }
}
