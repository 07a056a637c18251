//! Front desks and their hosts.

use jiff::Timestamp;

use super::{StoreError, Tx, from_row, values};
use crate::model::{AccountId, Email, PersonId, Phone, TopicId};

mod visits;

pub use visits::{Ended, NewVisit, StoredVisit};

/// A desk as stored.
#[derive(Debug, Clone)]
pub struct StoredDesk {
    pub id: TopicId,
    pub name: String,
    /// Whose it is; `None`: the site's.
    pub owner: Option<AccountId>,
    /// In the kiosk's address.
    pub slug: String,
    /// Where it stands.
    pub address: String,
    /// The IANA name of its zone.
    pub timezone: String,
    /// `09:00` and `17:30` of every day; `None`: always open.
    pub hours: Option<(String, String)>,
    /// So many days visitors' names and addresses are to be kept.
    pub keep_days: u32,
    /// The version of the link that pairs a tablet.
    pub link: i64,
    /// JSON: the texts that it words differently.
    pub wordings: String,
}

/// A host as stored.
#[derive(Debug, Clone)]
pub struct StoredHost {
    pub id: PersonId,
    pub name: String,
    pub phone: Phone,
    pub email: Option<Email>,
    pub room: String,
    /// When their last visitor left.
    pub idle_since: Option<Timestamp>,
    /// When their visitor is to leave, if they have one.
    pub due: Option<Timestamp>,
}

/// Where somebody is texted, and written to.
type Addresses = (Option<Phone>, Option<Email>);

const DESK: &str = "SELECT topic.id, topic.name, owner, slug, address, timezone, opens, closes, keep_days, link, wordings \
                    FROM desk JOIN topic ON topic.id = desk.topic";
from_row!(StoredDesk: id, name, owner, slug, address, timezone, hours, keep_days, link, wordings);

/// A cross join, for SQLite takes its tables in the order in which they stand there.
const HOST: &str = "SELECT id, name, phone, email, room, idle_since, visit.out_due, topic FROM host CROSS JOIN person \
                    LEFT JOIN (SELECT host AS busy, out_due FROM visit WHERE out_at IS NULL) AS visit \
                    ON visit.busy = host.person WHERE person.id = host.person AND removed_at IS NULL";
from_row!(StoredHost: id, name, phone, email, room, idle_since, due);

impl Tx<'_> {
    /// Keeps a new desk of a topic; `false` when its slug is taken.
    pub fn insert_desk(&self, desk: &StoredDesk) -> Result<bool, StoreError> {
        let (opens, closes) = desk.hours.as_ref().map(|(opens, closes)| (opens.as_str(), closes.as_str())).unzip();
        self.changes(
            "INSERT INTO desk (topic, slug, address, timezone, opens, closes, keep_days) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT DO NOTHING",
            values![desk.id, &desk.slug, &desk.address, &desk.timezone, opens, closes, desk.keep_days],
        )
    }

    /// Writes down what a desk is like now.
    pub fn update_desk(&self, desk: &StoredDesk) -> Result<(), StoreError> {
        let (opens, closes) = desk.hours.as_ref().map(|(opens, closes)| (opens.as_str(), closes.as_str())).unzip();
        self.execute("UPDATE topic SET name = $2 WHERE id = $1", values![desk.id, &desk.name])?;
        self.execute(
            "UPDATE desk SET address = $2, timezone = $3, opens = $4, closes = $5, keep_days = $6, link = $7, wordings = $8 \
             WHERE topic = $1",
            values![
                desk.id,
                &desk.address,
                &desk.timezone,
                opens,
                closes,
                desk.keep_days,
                desk.link,
                &desk.wordings
            ],
        )
    }

    /// Takes a desk away with its hosts; `false`, and nothing is, where somebody has come to it.
    pub fn remove_desk(&self, id: TopicId) -> Result<bool, StoreError> {
        let visited = "SELECT 1 FROM visit WHERE desk = $1";
        if self.exists(visited, values![id])? {
            return Ok(false);
        }
        for sql in [
            "DELETE FROM away WHERE host IN (SELECT id FROM person WHERE topic = $1)",
            "DELETE FROM host WHERE person IN (SELECT id FROM person WHERE topic = $1)",
            "UPDATE person SET name = '', phone = NULL, email = NULL WHERE topic = $1",
            "DELETE FROM desk WHERE topic = $1",
        ] {
            self.execute(sql, values![id])?;
        }
        Ok(true)
    }

    /// All desks, in the order they were made.
    pub fn desks(&self) -> Result<Vec<StoredDesk>, StoreError> {
        self.all(&format!("{DESK} ORDER BY topic.id"), &[])
    }

    /// A desk.
    pub fn desk(&self, id: TopicId) -> Result<Option<StoredDesk>, StoreError> {
        self.one(&format!("{DESK} WHERE topic.id = $1"), values![id])
    }

    /// The desk of a kiosk's address.
    pub fn desk_of_slug(&self, slug: &str) -> Result<Option<StoredDesk>, StoreError> {
        self.one(&format!("{DESK} WHERE slug = $1"), values![slug])
    }

    /// Makes a person of a desk a host.
    pub fn insert_host(&self, person: PersonId, room: &str) -> Result<(), StoreError> {
        self.execute("INSERT INTO host (person, room) VALUES ($1, $2)", values![person, room])
    }

    /// Writes down where a host receives visitors.
    pub fn update_host(&self, person: PersonId, room: &str) -> Result<(), StoreError> {
        self.execute("UPDATE host SET room = $2 WHERE person = $1", values![person, room])
    }

    /// Takes a host away from visitors to come; their past visits stay.
    pub fn remove_host(&self, person: PersonId, now: Timestamp) -> Result<(), StoreError> {
        self.execute("UPDATE host SET removed_at = $2 WHERE person = $1", values![person, now])
    }

    /// The hosts of a desk, by name. Looked for among the hosts: the desk's persons are its visitors too, all of them.
    pub fn hosts(&self, desk: TopicId) -> Result<Vec<StoredHost>, StoreError> {
        let sql = format!("{HOST} AND topic = $1 ORDER BY name, id");
        self.all(&sql, values![desk])
    }

    /// A host to whom visitors come, and of which desk.
    pub fn host(&self, person: PersonId) -> Result<Option<(TopicId, StoredHost)>, StoreError> {
        let sql = format!("{HOST} AND host.person = $1");
        Ok(self.one(&sql, values![person])?.map(|(host, desk)| (desk, host)))
    }

    /// When the hosts of a desk are away that is not past.
    pub fn away_times(
        &self,
        desk: TopicId,
        now: Timestamp,
    ) -> Result<Vec<(PersonId, Timestamp, Timestamp)>, StoreError> {
        self.all(
            "SELECT host, from_at, to_at FROM away CROSS JOIN person WHERE person.id = away.host AND topic = $1 \
             AND to_at > $2 ORDER BY host, from_at",
            values![desk, now],
        )
    }

    /// Writes down that a host is away.
    pub fn insert_away(&self, host: PersonId, from: Timestamp, to: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO away (host, from_at, to_at) VALUES ($1, $2, $3) \
             ON CONFLICT (host, from_at) DO UPDATE SET to_at = $3",
            values![host, from, to],
        )
    }

    /// Ends whatever keeps a host away, now and later; gives how many times that were.
    pub fn end_away(&self, host: PersonId, now: Timestamp) -> Result<u64, StoreError> {
        self.changed("DELETE FROM away WHERE host = $1 AND to_at > $2", values![host, now])
    }

    /// Whether somebody is a host to whom visitors come.
    pub fn is_host(&self, person: PersonId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM host WHERE person = $1 AND removed_at IS NULL";
        self.exists(sql, values![person])
    }

    /// Where somebody is reached.
    pub fn addresses_of(&self, person: PersonId) -> Result<Option<Addresses>, StoreError> {
        let sql = "SELECT phone, email FROM person WHERE id = $1";
        self.one(sql, values![person])
    }
}
