//! Rows emptied of what is personal. They stay, for others point to them, and no row's id is ever given again.

use jiff::Timestamp;

use super::{DrawId, StoreError, Tx, from_row, values};
use crate::model::{ContactId, PersonId, TopicId};

/// What a notice of a changed address, and one of who joined and left, say once nobody is in them.
const EMPTY_ADDRESS_NOTICE: &str = r#"{"number":0,"at":"1970-01-01T00:00:00Z"}"#;
const EMPTY_UPDATE_NOTICE: &str = r#"{"joined":[],"left":[]}"#;

/// An invitation of a contact, as far as forgetting it goes.
#[derive(Debug)]
pub struct PastInvitation {
    pub event: String,
    pub person: PersonId,
    /// Whether the event is ahead, and they were asked.
    pub is_ahead: bool,
    /// Whether it also counts on an answer, or has one.
    pub still_counts: bool,
}
from_row!(PastInvitation: event, person, is_ahead, still_counts);

impl Tx<'_> {
    /// Empties somebody's row, and takes away what they wrote and what waits to be sent to them.
    pub fn forget_person(&self, id: PersonId) -> Result<(), StoreError> {
        // They may have texted from another number before theirs was changed.
        let theirs = "SELECT phone, email FROM person WHERE id = $1 UNION \
                      SELECT phone, NULL FROM text WHERE person = $1 AND phone <> ''";
        let theirs = self.all(theirs, values![id])?;
        for mirror in self.subscribers_of_person(id)? {
            self.forget_subscriber(&mirror)?;
        }
        for sql in [
            "DELETE FROM wish WHERE person = $1",
            "UPDATE text SET phone = '' WHERE person = $1",
            "UPDATE outbox SET state = 'cancelled', problem = NULL WHERE person = $1 AND state = 'waiting'",
            "UPDATE person SET name = '', phone = NULL, email = NULL WHERE id = $1",
        ] {
            self.execute(sql, values![id])?;
        }
        let notices =
            "UPDATE outbox SET parameters = $2 WHERE person = $1 AND kind = 'address_notice' AND state <> 'claimed'";
        self.execute(notices, values![id, EMPTY_ADDRESS_NOTICE])?;
        self.forget_addresses(theirs)
    }

    /// Whether something has to reach somebody first: a message is on its way to them, or tells of a changed address.
    pub fn is_owed(&self, id: PersonId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM outbox WHERE person = $1 AND (state = 'claimed' OR (state = 'waiting' AND kind = 'address_notice')) \
                   LIMIT 1";
        self.exists(sql, values![id])
    }

    /// Writes down who was drawn, and what the exchange is like today, without some people.
    pub fn forget_in_draw(
        &self,
        draw: DrawId,
        (roster, revised): (&str, &str),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(
            "UPDATE draw SET roster = $2, revised = $3, revision = revision + 1, forgotten_at = $4 WHERE id = $1",
            values![draw, roster, revised, now],
        )
    }

    /// Takes the names out of notices of who joined and left, once they have been told.
    pub fn forget_in_notices(&self, topic: TopicId) -> Result<(), StoreError> {
        self.execute(
            "UPDATE outbox SET parameters = $2 WHERE topic = $1 AND kind = 'update_notice' AND state NOT IN ('waiting', 'claimed')",
            values![topic, EMPTY_UPDATE_NOTICE],
        )
    }

    /// All exchanges that were drawn.
    pub fn drawn_exchanges(&self) -> Result<Vec<TopicId>, StoreError> {
        self.all("SELECT DISTINCT topic FROM draw ORDER BY topic", &[])
    }

    /// All draws of an exchange, oldest first; those that wait for their archive copy among them.
    pub fn draws_of(&self, topic: TopicId) -> Result<Vec<DrawId>, StoreError> {
        self.all("SELECT id FROM draw WHERE topic = $1 ORDER BY number", values![topic])
    }

    /// The invitations of a contact.
    pub fn invitations_of_contact(&self, id: ContactId, now: Timestamp) -> Result<Vec<PastInvitation>, StoreError> {
        self.all(
            "SELECT topic.name, person, phase <> 'cancelled' AND starts_at > $2 AND state <> 'skipped', \
             phase <> 'cancelled' AND starts_at > $2 AND state IN ('open', 'held', 'line', 'maybe') FROM invitation \
             JOIN event ON event.topic = invitation.event JOIN topic ON topic.id = event.topic \
             WHERE contact = $1 ORDER BY invitation.id",
            values![id, now],
        )
    }

    /// The events that began before then and whose guests are known by name.
    pub fn events_over(&self, before: Timestamp) -> Result<Vec<(TopicId, String)>, StoreError> {
        self.all(
            "SELECT topic.id, topic.name FROM event JOIN topic ON topic.id = event.topic WHERE starts_at < $1 AND EXISTS \
             (SELECT 1 FROM person WHERE person.topic = event.topic AND person.name <> '') ORDER BY topic.id",
            values![before])
    }

    /// Ends the links to an event.
    pub fn end_invitations_to(&self, event: TopicId) -> Result<(), StoreError> {
        self.execute("UPDATE invitation SET link = NULL, reason = NULL WHERE event = $1", values![event])
    }

    /// Ends the links of a contact's invitations, and takes them from the lists of whom to invite first.
    pub fn end_invitations_of(&self, id: ContactId) -> Result<(), StoreError> {
        self.execute("UPDATE invitation SET link = NULL, reason = NULL WHERE contact = $1", values![id])?;
        self.execute("DELETE FROM first_invited WHERE contact = $1", values![id])
    }
}
