//! Visits, what is sent because of them, and how visitors are forgotten. That a host is with one visitor at a time is the
//! table's own business: a second open visit of a host is not inserted.

use jiff::Timestamp;

use crate::model::{Email, PersonId, Phone, TopicId, words};
use crate::store::{Hash, StoreError, Tx, from_row, values};

/// How a visit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// They left about when they had said.
    Left,
    /// They left before.
    Early,
    /// The clock closed it; nobody has said that they left.
    Auto,
    /// It did not take place.
    Cancelled,
}

words!(Ended { Left "left" Early "early" Auto "auto" Cancelled "cancelled" });

/// A visit as stored, with who it is of.
#[derive(Debug, Clone)]
pub struct StoredVisit {
    pub id: i64,
    pub desk: TopicId,
    pub host: PersonId,
    pub host_name: String,
    pub room: String,
    pub visitor: PersonId,
    /// What they are called; empty once that has been forgotten.
    pub name: String,
    pub phone: Option<Phone>,
    pub email: Option<Email>,
    pub in_at: Timestamp,
    pub out_due: Timestamp,
    /// When it ended, and how.
    pub ended: Option<(Timestamp, Ended)>,
    /// When they really left, put right behind the clock.
    pub left_at: Option<Timestamp>,
    /// Counts the leaving times.
    pub revision: i64,
    pub code: String,
    /// What the host has said.
    pub answer: Option<String>,
}

/// A visit that begins.
#[derive(Debug)]
pub struct NewVisit<'a> {
    pub desk: TopicId,
    pub host: PersonId,
    pub visitor: PersonId,
    pub in_at: Timestamp,
    pub out_due: Timestamp,
    pub code: &'a str,
    /// Which sentence they have agreed to.
    pub consent: &'a str,
}

const VISIT: &str = "SELECT visit.id, desk, host, hosting.name, host.room, visitor, visiting.name, visiting.phone, \
                     visiting.email, in_at, out_due, out_at, ended, left_at, revision, code, answer FROM visit \
                     JOIN host ON host.person = visit.host JOIN person AS hosting ON hosting.id = visit.host \
                     JOIN person AS visiting ON visiting.id = visit.visitor";
from_row!(
    StoredVisit: id, desk, host, host_name, room, visitor, name, phone, email, in_at, out_due, ended, left_at, revision, code,
    answer
);

const EMPTY: &str = "UPDATE person SET name = '', phone = NULL, email = NULL WHERE name <> '' AND id IN";

/// Their addresses, which go from everywhere else, too, where they are nobody else's.
const ADDRESSES: &str = "SELECT DISTINCT phone, email FROM person WHERE id IN";

/// The visits of a desk that ended before a time.
const ENDED_BEFORE: &str = "desk = $1 AND out_at < $2";

/// The visits of a visitor of a desk that have ended.
const ENDED_OF: &str = "desk = $1 AND visitor = $2 AND out_at IS NOT NULL";

impl Tx<'_> {
    /// Begins a visit; `None` when the host is with somebody else.
    pub fn insert_visit(&self, visit: &NewVisit<'_>) -> Result<Option<i64>, StoreError> {
        self.one(
            "INSERT INTO visit (desk, host, visitor, in_at, out_due, code, consent) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT DO NOTHING RETURNING id",
            values![visit.desk, visit.host, visit.visitor, visit.in_at, visit.out_due, visit.code, visit.consent])
    }

    /// Keeps by what the link of a visit's badge is found.
    pub fn put_visit_link(&self, id: i64, link: &Hash) -> Result<(), StoreError> {
        self.execute("UPDATE visit SET link = $2 WHERE id = $1", values![id, link])
    }

    /// A visit.
    pub fn visit(&self, id: i64) -> Result<Option<StoredVisit>, StoreError> {
        self.one(&format!("{VISIT} WHERE visit.id = $1"), values![id])
    }

    /// The visit of a badge's link.
    pub fn visit_of_link(&self, link: &Hash) -> Result<Option<StoredVisit>, StoreError> {
        self.one(&format!("{VISIT} WHERE link = $1"), values![link])
    }

    /// Everybody who may be inside: the open visits of a desk, and those that the clock has closed since then and nobody has
    /// put right; in the order they came. Asked for in two parts, each with an index, for years of visits lie beside them.
    pub fn visits_inside(&self, desk: TopicId, since: Timestamp) -> Result<Vec<StoredVisit>, StoreError> {
        let sql = format!(
            "{VISIT} WHERE visit.id IN (SELECT id FROM visit WHERE desk = $1 AND out_at IS NULL UNION ALL \
             SELECT id FROM visit WHERE desk = $1 AND out_at > $2 AND ended = 'auto' AND left_at IS NULL) \
             ORDER BY in_at, visit.id"
        );
        self.all(&sql, values![desk, since])
    }

    /// So many visits of a desk behind one of them, in the order they were made.
    pub fn visits_after(&self, desk: TopicId, after: i64, limit: u32) -> Result<Vec<StoredVisit>, StoreError> {
        let sql = format!("{VISIT} WHERE desk = $1 AND visit.id > $2 ORDER BY visit.id LIMIT $3");
        self.all(&sql, values![desk, after, limit])
    }

    /// The visits of somebody: as a host the open one, as a visitor any.
    pub fn visits_of_person(&self, person: PersonId) -> Result<Vec<StoredVisit>, StoreError> {
        let sql = format!(
            "{VISIT} WHERE (visit.host = $1 AND out_at IS NULL) OR visitor = $1 ORDER BY in_at DESC, visit.id DESC"
        );
        self.all(&sql, values![person])
    }

    /// The visits of a desk whose leaving time is before this, and that nobody has ended.
    pub fn overdue_visits(&self, desk: TopicId, before: Timestamp) -> Result<Vec<StoredVisit>, StoreError> {
        let sql = format!("{VISIT} WHERE desk = $1 AND out_at IS NULL AND out_due <= $2 ORDER BY visit.id");
        self.all(&sql, values![desk, before])
    }

    /// Ends a visit and frees its host; `false` when it has ended before.
    pub fn end_visit(&self, id: i64, at: Timestamp, ended: Ended) -> Result<bool, StoreError> {
        let host: Option<PersonId> = self.one(
            "UPDATE visit SET out_at = $2, ended = $3 WHERE id = $1 AND out_at IS NULL RETURNING host",
            values![id, at, ended.word()],
        )?;
        let Some(host) = host else { return Ok(false) };
        self.execute("UPDATE host SET idle_since = $2 WHERE person = $1", values![host, at])?;
        Ok(true)
    }

    /// Puts right when somebody left whose visit the clock has closed; both times stay.
    pub fn correct_visit(&self, id: i64, left: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE visit SET left_at = $2 WHERE id = $1 AND ended = 'auto' AND left_at IS NULL";
        self.changes(sql, values![id, left])
    }

    /// Gives an open visit another leaving time.
    pub fn extend_visit(&self, id: i64, due: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE visit SET out_due = $2, revision = revision + 1 WHERE id = $1 AND out_at IS NULL";
        self.changes(sql, values![id, due])
    }

    /// Keeps what a host has said.
    pub fn answer_visit(&self, id: i64, answer: &str, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE visit SET answer = $2, answered_at = $3 WHERE id = $1";
        self.execute(sql, values![id, answer, now])
    }

    /// How many texts of a kind are to go to a number, or went, that were due within these times.
    pub fn texts_due_to(
        &self,
        phone: &Phone,
        kind: &str,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<u32, StoreError> {
        self.only(
            "SELECT count(*) FROM outbox JOIN person ON person.id = outbox.person WHERE phone = $1 AND kind = $2 \
             AND channel = 'sms' AND due > $3 AND due < $4 AND state NOT IN ('cancelled', 'lapsed')",
            values![phone, kind, from, to],
        )
    }

    /// Ends the message of a cause that still waits and cannot be out; `true` when there was one.
    pub fn drop_message(&self, cause: &str, why: &str, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE outbox SET state = 'cancelled', problem = $2, settled_at = $3 \
                   WHERE cause = $1 AND state = 'waiting' AND unsure_since IS NULL";
        self.changes(sql, values![cause, why, now])
    }

    /// Whether the message of a cause has gone out, or is just being sent.
    pub fn is_begun(&self, cause: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM outbox WHERE cause = $1 AND (state IN ('claimed', 'sent', 'delivered') OR \
                   unsure_since IS NOT NULL)";
        self.exists(sql, values![cause])
    }

    /// The messages of a desk that wait: their kind, who they are for, how they travel, and when they are due.
    pub fn desk_waiting(&self, desk: TopicId) -> Result<Vec<(String, String, String, Timestamp)>, StoreError> {
        self.all(
            "SELECT kind, name, channel, due FROM outbox JOIN person ON person.id = outbox.person \
             WHERE outbox.topic = $1 AND state IN ('waiting', 'claimed') ORDER BY due, outbox.id",
            values![desk],
        )
    }

    /// How many visitors of a desk are known by name whose visits ended before this.
    pub fn count_visitors_before(&self, desk: TopicId, before: Timestamp) -> Result<u32, StoreError> {
        let sql = "SELECT count(*) FROM visit JOIN person ON person.id = visitor \
                   WHERE desk = $1 AND out_at < $2 AND person.name <> ''";
        self.only(sql, values![desk, before])
    }

    /// Empties the rows of visitors whose visits ended before this; the visits stay, as a count. Gives how many.
    pub fn empty_visitors_before(&self, desk: TopicId, before: Timestamp) -> Result<u64, StoreError> {
        let sql = format!("{ADDRESSES} (SELECT visitor FROM visit WHERE {ENDED_BEFORE})");
        let theirs = self.all(&sql, values![desk, before])?;
        self.execute(&format!("UPDATE visit SET link = NULL, code = '' WHERE {ENDED_BEFORE}"), values![desk, before])?;
        let sql = format!("{EMPTY} (SELECT visitor FROM visit WHERE {ENDED_BEFORE})");
        let emptied = self.changed(&sql, values![desk, before])?;
        self.forget_addresses(theirs)?;
        Ok(emptied)
    }

    /// Empties a visitor's row, if their visit has ended.
    pub fn empty_visitor(&self, desk: TopicId, visitor: PersonId) -> Result<u64, StoreError> {
        let sql = format!("{ADDRESSES} (SELECT visitor FROM visit WHERE {ENDED_OF})");
        let theirs = self.all(&sql, values![desk, visitor])?;
        self.execute(&format!("UPDATE visit SET link = NULL, code = '' WHERE {ENDED_OF}"), values![desk, visitor])?;
        let sql = format!("{EMPTY} (SELECT visitor FROM visit WHERE {ENDED_OF})");
        let emptied = self.changed(&sql, values![desk, visitor])?;
        self.forget_addresses(theirs)?;
        Ok(emptied)
    }

    /// The visitors of a desk whose visits have ended, as long as their names are kept.
    pub fn past_visitors(&self, desk: TopicId) -> Result<Vec<(PersonId, String)>, StoreError> {
        self.all(
            "SELECT visitor, person.name FROM visit JOIN person ON person.id = visitor \
             WHERE desk = $1 AND out_at IS NOT NULL AND person.name <> '' ORDER BY visit.id",
            values![desk],
        )
    }
}
