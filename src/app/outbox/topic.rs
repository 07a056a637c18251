//! What the outbox asks of a topic: the words and the address of a row at the moment of sending, and what is to be queued.

use std::sync::Arc;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::reach::Way;
use crate::app::topics::Topics;
use crate::messaging::envelope::Address;
use crate::model::TopicId;
use crate::store::{OutboxRow, OutboxState, StoreError, Tx};

/// A message ready to be addressed.
#[derive(Clone)]
pub struct Words {
    /// As a text; empty where there is none, and the mail's own words serve.
    pub sms: String,
    /// As an e-mail.
    pub mail: crate::conversation::Mail,
    /// Who they are for, in words that show no pairing.
    pub addressee: String,
}

/// What is to be done about a row.
pub enum Resolution {
    /// It can be sent there.
    Send(Address, Words),
    /// Not yet.
    Wait(&'static str),
    /// Never.
    End(OutboxState, &'static str),
}

/// How a row may travel, and who else reads it.
#[derive(Clone, Copy)]
pub struct Sending<'a> {
    /// Which ways it may go.
    pub way: Way,
    /// What is sent comes before other eyes than its recipient's, so no words may show a pairing.
    pub is_overseen: bool,
    /// The number to text, for e-mails that ask for it.
    pub number: &'a str,
    /// Now; for a row that may be out already the time it was first sent, so that the same words come out.
    pub as_of: Timestamp,
}

/// A topic that messages go out for, whatever its kind.
pub trait MessageTopic: Send + Sync {
    /// Its row.
    fn id(&self) -> TopicId;

    /// When the hours end in which a row is not to be sent as a text, if it is now one of them.
    fn quiet_until(&self, tx: &Tx<'_>, row: &OutboxRow, now: Timestamp) -> Result<Option<Timestamp>, StoreError>;

    /// When the hours begin again in which a text that is sent now is not to reach its phone, also not out of the provider's
    /// queue.
    fn goes_until(&self, _tx: &Tx<'_>, _row: &OutboxRow, _now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }

    /// Whether a row's segments count against the day's bound, for it was asked for by many at once or by a stranger.
    fn is_bounded(&self, row: &OutboxRow) -> bool;

    /// A row's words and where they go. One that is damaged, or of a kind that a later version knows, fails with
    /// [`StoreError::Damaged`].
    fn resolve(&self, tx: &Tx<'_>, row: &OutboxRow, sending: Sending<'_>) -> Result<Resolution, StoreError>;

    /// The messages, one to each recipient, of a sealed text of this id; `None` where the key does not open it, and of a
    /// topic that passes nothing on.
    fn relayed(&self, _tx: &Tx<'_>, _id: &str) -> Result<Option<Vec<OutboxRow>>, StoreError> {
        Ok(None)
    }

    /// Seals a note to this machine's key; `None` where there is none, and of a topic that passes nothing on.
    fn seal(&self, _note: &[u8]) -> Option<Vec<u8>> {
        None
    }

    /// Opens what was sealed; `None` where the key does not, and of a topic that passes nothing on.
    fn unseal(&self, _sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        None
    }

    /// Words that come to an address that is not their recipient's, saying whose they are.
    fn overridden(&self, words: &Words) -> Words;

    /// Notes what follows from a row having been taken by the provider, with its id of the message.
    fn sent(&self, tx: &Tx<'_>, row: &OutboxRow, message: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Does what follows from a row having come to its end otherwise than delivered: failed, also after it was sent,
    /// lapsed or cancelled, as it now stands. Not called for a row that its own topic has ended.
    fn ended(&self, _tx: &Tx<'_>, _row: &OutboxRow, _now: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    /// Queues what has become due by itself; gives how much is new.
    fn queue_due(&self, tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError>;

    /// Queues what waits for the organizer's word, and what is due by itself; gives how much is new.
    fn queue_asked(&self, tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError>;
}

/// Those of a verb, which are the same from its beginning to its end.
impl Topics<dyn MessageTopic> for Vec<Arc<dyn MessageTopic>> {
    fn all(&self, _tx: &Tx<'_>) -> Result<Self, StoreError> {
        Ok(self.clone())
    }

    fn of(&self, _tx: &Tx<'_>, id: TopicId) -> Result<Option<Arc<dyn MessageTopic>>, StoreError> {
        Ok(self.iter().find(|topic| topic.id() == id).cloned())
    }
}
