//! Events: what they are, their seats as rows, who may be invited, and how many of them stand how.

use std::collections::BTreeMap;

use super::accounts::OWNED;
use super::{Reach, StoreError, Tx, from_row, values};
use crate::model::{ContactId, Email, Phone, Terms, TopicId};

mod invitations;

pub use invitations::{Guest, InvitedBy};

/// An event.
#[derive(Debug, Clone)]
pub struct Event {
    pub topic: TopicId,
    pub name: String,
    /// What it is, in the organizer's words.
    pub description: String,
    pub place: String,
    /// Its IANA time zone.
    pub timezone: String,
    pub terms: Terms,
    /// Only contacts with one of these tags; none: all.
    pub tags: Vec<String>,
    /// The texts that it words differently, by name.
    pub wordings: Vec<(String, String)>,
    /// Why it was cancelled.
    pub reason: String,
    /// Counts the changes of its time and place.
    pub revision: i64,
}

/// Somebody who may be invited.
#[derive(Debug, Clone)]
pub struct Invitee {
    /// Who.
    pub contact: ContactId,
    pub name: String,
    pub phone: Option<Phone>,
    pub email: Option<Email>,
    /// Whether their phone has said STOP.
    pub is_opted_out: bool,
    /// Whether their e-mail address wants no more.
    pub refuses_mail: bool,
    /// The contact's revision.
    pub revision: i64,
    pub tags: Vec<String>,
}
from_row!(Invitee: contact, name, phone, email, is_opted_out, revision, tags, refuses_mail);

impl Invitee {
    /// Where they may be written to.
    pub fn mail(&self) -> Option<&Email> {
        self.email.as_ref().filter(|_| !self.refuses_mail)
    }
}

/// How many contacts are looked through at a time for those with a tag.
const STRETCH: u32 = 1_000;

const SELECT: &str = "SELECT event.topic, topic.name, description, place, event.timezone, phase, \
                      (SELECT count(*) FROM seat WHERE seat.event = event.topic), at_once, overbook, size, lapse, cut_off, \
                      starts_at, ask_again, tags, wordings, reason, revision \
                      FROM event JOIN topic ON topic.id = event.topic WHERE";
from_row!(
    Event: topic, name, description, place, timezone, terms, tags, wordings by wordings, reason, revision
);
from_row!(Terms: phase, seats, at_once, overbook, size, lapse, cut_off, starts_at, ask_again);

/// Who is no invitation's yet, or was skipped for a reason that may be gone: they can be texted after all, or their contact
/// has changed since.
const UNINVITED: &str = "(invitation.id IS NULL OR (invitation.state = 'skipped' AND (invitation.seen <> contact.revision \
                         OR (invitation.undelivered = 0 AND ((contact.email IS NOT NULL AND mail_opt_out.email IS NULL) \
                         OR (contact.phone IS NOT NULL AND phone.opted_out_at IS NULL))))))";

/// Whom the event does not name.
const UNNAMED: &str = "NOT EXISTS (SELECT 1 FROM first_invited WHERE event = $1 AND contact = contact.id)";

impl Tx<'_> {
    /// Keeps a new event of a topic, with its seats.
    pub fn insert_event(&self, event: &Event) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO event (topic, description, starts_at, timezone, at_once, lapse, cut_off, overbook, size, ask_again, \
             phase) VALUES ($1, '', 0, 'UTC', 1, 1, 0, 0, 1, 0, 'draft')",
            values![event.topic],
        )?;
        self.update_event(event)?;
        self.add_seats(event.topic, event.terms.seats)
    }

    /// Writes an event down anew, its seats and revision aside.
    pub fn update_event(&self, event: &Event) -> Result<(), StoreError> {
        let Terms { phase, at_once, overbook, size, lapse, cut_off, starts_at, ask_again, .. } = event.terms;
        let wordings: serde_json::Map<_, _> =
            event.wordings.iter().map(|(name, text)| (name.clone(), text.as_str().into())).collect();
        let wordings = serde_json::Value::from(wordings).to_string();
        self.execute(
            "UPDATE event SET description = $2, place = $3, timezone = $4, phase = $5, at_once = $6, overbook = $7, \
             size = $8, lapse = $9, cut_off = $10, starts_at = $11, ask_again = $12, tags = $13, wordings = $14, \
             reason = $15, revision = $16 WHERE topic = $1",
            values![
                event.topic,
                &event.description,
                &event.place,
                &event.timezone,
                phase,
                at_once,
                overbook,
                size,
                lapse,
                cut_off,
                starts_at,
                ask_again,
                &event.tags.join(","),
                &wordings,
                &event.reason,
                event.revision,
            ],
        )?;
        self.execute("UPDATE topic SET name = $2 WHERE id = $1", values![event.topic, &event.name])
    }

    /// An event.
    pub fn event(&self, topic: TopicId) -> Result<Option<Event>, StoreError> {
        self.one(&format!("{SELECT} event.topic = $1"), values![topic])
    }

    /// Every event, in the order they were made.
    pub fn events(&self) -> Result<Vec<TopicId>, StoreError> {
        self.all("SELECT topic FROM event ORDER BY topic", &[])
    }

    /// The events within a reach, in the order they were made.
    pub fn events_within(&self, reach: Reach) -> Result<Vec<Event>, StoreError> {
        let sql = format!("{SELECT} {OWNED} ORDER BY event.topic");
        self.all(&sql, values![reach.account, reach.sites_own])
    }

    /// Adds seats.
    pub fn add_seats(&self, event: TopicId, many: u32) -> Result<(), StoreError> {
        let last: i64 = self.only("SELECT coalesce(max(place), 0) FROM seat WHERE event = $1", values![event])?;
        if many > 0 {
            self.execute(
                "INSERT INTO seat (event, place) WITH RECURSIVE n (i) AS (SELECT CAST($2 AS BIGINT) \
                 UNION ALL SELECT i + 1 FROM n WHERE i < $3) SELECT CAST($1 AS BIGINT), i FROM n",
                values![event, last + 1, last + i64::from(many)],
            )?;
        }
        Ok(())
    }

    /// Takes seats away that are nobody's, the last first; gives how many there were to take.
    pub fn remove_seats(&self, event: TopicId, many: u32) -> Result<u64, StoreError> {
        self.changed(
            "DELETE FROM seat WHERE event = $1 AND invitation IS NULL AND place IN (SELECT place FROM seat \
             WHERE event = $1 AND invitation IS NULL ORDER BY place DESC LIMIT $2)",
            values![event, many],
        )
    }

    /// Whom an event invites first, in this order, before all others.
    pub fn first_invited(&self, event: TopicId) -> Result<Vec<ContactId>, StoreError> {
        let sql = "SELECT contact FROM first_invited WHERE event = $1 ORDER BY place";
        self.all(sql, values![event])
    }

    /// Puts somebody behind those whom an event invites first; nothing where they are among them.
    pub fn invite_first(&self, event: TopicId, contact: ContactId) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO first_invited (event, contact, place) SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), \
             coalesce(max(place), 0) + 1 FROM first_invited WHERE event = $1 ON CONFLICT DO NOTHING",
            values![event, contact],
        )
    }

    /// Has nobody invited before all others.
    pub fn clear_first_invited(&self, event: TopicId) -> Result<(), StoreError> {
        self.execute("DELETE FROM first_invited WHERE event = $1", values![event])
    }

    /// Whether a message of a topic is on its way, or is to be.
    pub fn is_sending(&self, topic: TopicId) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM outbox WHERE topic = $1 AND state IN ('waiting', 'claimed')";
        Ok(self.only::<i64>(sql, values![topic])? > 0)
    }

    /// Removes an event with its invitations and answers. Its topic stays, without a name, for what the outbox and the log of
    /// texts say of it.
    pub fn remove_event(&self, event: TopicId) -> Result<(), StoreError> {
        for sql in [
            "DELETE FROM answer WHERE invitation IN (SELECT id FROM invitation WHERE event = $1)",
            "DELETE FROM seat WHERE event = $1",
            "DELETE FROM invitation WHERE event = $1",
            "DELETE FROM first_invited WHERE event = $1",
            "DELETE FROM event WHERE topic = $1",
            "UPDATE person SET name = '', phone = NULL, email = NULL WHERE topic = $1",
            "UPDATE topic SET kind = 'removed', name = '' WHERE id = $1",
        ] {
            self.execute(sql, values![event])?;
        }
        Ok(())
    }

    /// At most so many of those within a reach who may be invited yet, in their order: whom the event names, then by
    /// priority, age, row.
    pub fn invitees(&self, event: &Event, reach: Reach, limit: u32) -> Result<Vec<Invitee>, StoreError> {
        let columns = "contact.id, contact.name, contact.phone, contact.email, phone.opted_out_at IS NOT NULL, \
                       contact.revision, contact.tags, mail_opt_out.email IS NOT NULL";
        let joined = "LEFT JOIN invitation ON invitation.event = $1 AND invitation.contact = contact.id \
                      LEFT JOIN phone ON phone.number = contact.phone \
                      LEFT JOIN mail_opt_out ON mail_opt_out.email = lower(contact.email)";
        let sql = format!(
            "SELECT {columns} FROM first_invited JOIN contact ON contact.id = first_invited.contact {joined} \
             WHERE first_invited.event = $1 AND {UNINVITED} ORDER BY first_invited.place LIMIT $2"
        );
        let mut found = self.all(&sql, values![event.topic, limit])?;
        let more = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
        if more == 0 {
            return Ok(found);
        }
        // One owner at a time, so that each half comes in its order from the index; by the last two columns, and the first.
        let sql = format!(
            "SELECT {columns}, contact.priority, contact.added_at FROM contact {joined} \
             WHERE owner = CAST($4 AS BIGINT) AND {UNINVITED} AND {UNNAMED} \
             UNION ALL SELECT {columns}, contact.priority, contact.added_at FROM contact {joined} \
             WHERE owner IS NULL AND $5 = 1 AND {UNINVITED} AND {UNNAMED} ORDER BY 9, 10, 1 LIMIT $2 OFFSET $3"
        );
        let is_meant = |who: &Invitee| event.tags.is_empty() || who.tags.iter().any(|tag| event.tags.contains(tag));
        let (most, mut seen) = (if event.tags.is_empty() { more } else { more.max(STRETCH) }, 0_u32);
        loop {
            let others = self.all(&sql, values![event.topic, most, seen, reach.account, reach.sites_own])?;
            let read = u32::try_from(others.len()).unwrap_or(u32::MAX);
            found.extend(others.into_iter().filter(is_meant));
            found.truncate(limit as usize);
            seen = seen.saturating_add(read);
            if read < most || found.len() >= limit as usize {
                return Ok(found);
            }
        }
    }
}

fn wordings(json: &str) -> Result<Vec<(String, String)>, StoreError> {
    let read: Result<BTreeMap<_, _>, _> = serde_json::from_str(json);
    Ok(read.map_err(|e| StoreError::damaged("event's wordings", e))?.into_iter().collect())
}
