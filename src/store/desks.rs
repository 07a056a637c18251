//! Front desks, their hosts, and the visits. That a host is with one visitor at a time is the table's own business: a second
//! open visit of a host is not inserted.

use jiff::Timestamp;

use super::{Hash, Row, StoreError, Tx, values};
use crate::model::{AccountId, Email, PersonId, Phone, TopicId};

/// A desk as stored.
#[derive(Debug, Clone)]
pub struct StoredDesk {
    /// Its row.
    pub id: TopicId,
    /// What it is called.
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
    /// Their row.
    pub id: PersonId,
    /// What they are called.
    pub name: String,
    /// Where they are texted.
    pub phone: Phone,
    /// Where they are written to.
    pub email: Option<Email>,
    /// Where they receive visitors.
    pub room: String,
    /// When their last visitor left.
    pub idle_since: Option<Timestamp>,
    /// When their visitor is to leave, if they have one.
    pub due: Option<Timestamp>,
}

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

impl Ended {
    /// The word stored and shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Early => "early",
            Self::Auto => "auto",
            Self::Cancelled => "cancelled",
        }
    }

    fn from_word(word: &str) -> Result<Self, StoreError> {
        [Self::Left, Self::Early, Self::Auto, Self::Cancelled]
            .into_iter()
            .find(|ended| ended.word() == word)
            .ok_or_else(|| StoreError::damaged("visit's end", word))
    }
}

/// A visit as stored, with who it is of.
#[derive(Debug, Clone)]
pub struct StoredVisit {
    /// Its row.
    pub id: i64,
    /// At which desk.
    pub desk: TopicId,
    /// To whom.
    pub host: PersonId,
    /// What they are called.
    pub host_name: String,
    /// Where they receive visitors.
    pub room: String,
    /// Who came.
    pub visitor: PersonId,
    /// What they are called; empty once that has been forgotten.
    pub name: String,
    /// Where they are texted.
    pub phone: Option<Phone>,
    /// Where they are written to.
    pub email: Option<Email>,
    /// When they came.
    pub in_at: Timestamp,
    /// When they are to leave.
    pub out_due: Timestamp,
    /// When it ended, and how.
    pub ended: Option<(Timestamp, Ended)>,
    /// When they really left, put right behind the clock.
    pub left_at: Option<Timestamp>,
    /// Counts the leaving times.
    pub revision: i64,
    /// What the badge says.
    pub code: String,
    /// What the host has said.
    pub answer: Option<String>,
}

/// A visit that begins.
#[derive(Debug)]
pub struct NewVisit<'a> {
    /// At which desk.
    pub desk: TopicId,
    /// To whom.
    pub host: PersonId,
    /// Who.
    pub visitor: PersonId,
    /// Now.
    pub in_at: Timestamp,
    /// When they are to leave.
    pub out_due: Timestamp,
    /// What the badge says.
    pub code: &'a str,
    /// Which sentence they have agreed to.
    pub consent: &'a str,
}

/// Where somebody is texted, and written to.
type Addresses = (Option<Phone>, Option<Email>);

const DESK: &str = "SELECT topic.id, topic.name, owner, slug, address, timezone, opens, closes, keep_days, link, wordings \
                    FROM desk JOIN topic ON topic.id = desk.topic";

const VISIT: &str = "SELECT visit.id, desk, host, hosting.name, host.room, visitor, visiting.name, visiting.phone, \
                     visiting.email, in_at, out_due, out_at, ended, left_at, revision, code, answer FROM visit \
                     JOIN host ON host.person = visit.host JOIN person AS hosting ON hosting.id = visit.host \
                     JOIN person AS visiting ON visiting.id = visit.visitor";

const EMPTY: &str = "UPDATE person SET name = '', phone = NULL, email = NULL WHERE name <> '' AND id IN";

/// The visits of a desk that ended before a time.
const ENDED_BEFORE: &str = "desk = $1 AND out_at < $2";

/// The visits of a visitor of a desk that have ended.
const ENDED_OF: &str = "desk = $1 AND visitor = $2 AND out_at IS NOT NULL";

impl Tx<'_> {
    /// Keeps a new desk of a topic; `false` when its slug is taken.
    pub fn insert_desk(&self, desk: &StoredDesk) -> Result<bool, StoreError> {
        let (opens, closes) = desk.hours.as_ref().map(|(opens, closes)| (opens.as_str(), closes.as_str())).unzip();
        let inserted = self.execute(
            "INSERT INTO desk (topic, slug, address, timezone, opens, closes, keep_days) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT DO NOTHING",
            values![desk.id, &desk.slug, &desk.address, &desk.timezone, opens, closes, desk.keep_days],
        )?;
        Ok(inserted > 0)
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
        )?;
        Ok(())
    }

    /// All desks, in the order they were made.
    pub fn desks(&self) -> Result<Vec<StoredDesk>, StoreError> {
        self.all(&format!("{DESK} ORDER BY topic.id"), &[], read_desk)
    }

    /// A desk.
    pub fn desk(&self, id: TopicId) -> Result<Option<StoredDesk>, StoreError> {
        self.one(&format!("{DESK} WHERE topic.id = $1"), values![id], read_desk)
    }

    /// The desk of a kiosk's address.
    pub fn desk_of_slug(&self, slug: &str) -> Result<Option<StoredDesk>, StoreError> {
        self.one(&format!("{DESK} WHERE slug = $1"), values![slug], read_desk)
    }

    /// Makes a person of a desk a host.
    pub fn insert_host(&self, person: PersonId, room: &str) -> Result<(), StoreError> {
        self.execute("INSERT INTO host (person, room) VALUES ($1, $2)", values![person, room])?;
        Ok(())
    }

    /// Writes down where a host receives visitors.
    pub fn update_host(&self, person: PersonId, room: &str) -> Result<(), StoreError> {
        self.execute("UPDATE host SET room = $2 WHERE person = $1", values![person, room])?;
        Ok(())
    }

    /// Takes a host away from visitors to come; their past visits stay.
    pub fn remove_host(&self, person: PersonId, now: Timestamp) -> Result<(), StoreError> {
        self.execute("UPDATE host SET removed_at = $2 WHERE person = $1", values![person, now])?;
        Ok(())
    }

    /// The hosts of a desk, by name.
    pub fn hosts(&self, desk: TopicId) -> Result<Vec<StoredHost>, StoreError> {
        self.all(
            "SELECT id, name, phone, email, room, idle_since, visit.out_due FROM host JOIN person ON person.id = host.person \
             LEFT JOIN (SELECT host AS busy, out_due FROM visit WHERE out_at IS NULL) AS visit ON visit.busy = host.person \
             WHERE topic = $1 AND removed_at IS NULL ORDER BY name, id",
            values![desk],
            |row| {
                Ok(StoredHost {
                    id: row.get(0)?,
                    name: row.get(1)?,
                    phone: row.get(2)?,
                    email: row.get(3)?,
                    room: row.get(4)?,
                    idle_since: row.get(5)?,
                    due: row.get(6)?,
                })
            },
        )
    }

    /// When the hosts of a desk are away that is not past.
    pub fn away_times(
        &self,
        desk: TopicId,
        now: Timestamp,
    ) -> Result<Vec<(PersonId, Timestamp, Timestamp)>, StoreError> {
        self.all(
            "SELECT host, from_at, to_at FROM away JOIN person ON person.id = away.host WHERE topic = $1 AND to_at > $2 \
             ORDER BY host, from_at",
            values![desk, now],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
    }

    /// Writes down that a host is away.
    pub fn insert_away(&self, host: PersonId, from: Timestamp, to: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO away (host, from_at, to_at) VALUES ($1, $2, $3) \
             ON CONFLICT (host, from_at) DO UPDATE SET to_at = $3",
            values![host, from, to],
        )?;
        Ok(())
    }

    /// Ends whatever keeps a host away, now and later; gives how many times that were.
    pub fn end_away(&self, host: PersonId, now: Timestamp) -> Result<u64, StoreError> {
        self.execute("DELETE FROM away WHERE host = $1 AND to_at > $2", values![host, now])
    }

    /// Begins a visit; `None` when the host is with somebody else.
    pub fn insert_visit(&self, visit: &NewVisit<'_>) -> Result<Option<i64>, StoreError> {
        self.value(
            "INSERT INTO visit (desk, host, visitor, in_at, out_due, code, consent) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT DO NOTHING RETURNING id",
            values![visit.desk, visit.host, visit.visitor, visit.in_at, visit.out_due, visit.code, visit.consent],
        )
    }

    /// Keeps by what the link of a visit's badge is found.
    pub fn put_visit_link(&self, id: i64, link: &Hash) -> Result<(), StoreError> {
        self.execute("UPDATE visit SET link = $2 WHERE id = $1", values![id, link.as_slice()])?;
        Ok(())
    }

    /// A visit.
    pub fn visit(&self, id: i64) -> Result<Option<StoredVisit>, StoreError> {
        self.one(&format!("{VISIT} WHERE visit.id = $1"), values![id], read_visit)
    }

    /// The visit of a badge's link.
    pub fn visit_of_link(&self, link: &Hash) -> Result<Option<StoredVisit>, StoreError> {
        self.one(&format!("{VISIT} WHERE link = $1"), values![link.as_slice()], read_visit)
    }

    /// Everybody who may be inside: the open visits of a desk, and those that the clock has closed since then and nobody has
    /// put right; in the order they came.
    pub fn visits_inside(&self, desk: TopicId, since: Timestamp) -> Result<Vec<StoredVisit>, StoreError> {
        let sql = format!(
            "{VISIT} WHERE desk = $1 AND (out_at IS NULL OR (out_at > $2 AND ended = 'auto' AND left_at IS NULL)) \
             ORDER BY in_at, visit.id"
        );
        self.all(&sql, values![desk, since], read_visit)
    }

    /// The visits of a desk that began since then, the newest first.
    pub fn visits_since(&self, desk: TopicId, since: Timestamp) -> Result<Vec<StoredVisit>, StoreError> {
        let sql = format!("{VISIT} WHERE desk = $1 AND in_at >= $2 ORDER BY in_at DESC, visit.id DESC");
        self.all(&sql, values![desk, since], read_visit)
    }

    /// The visits of somebody: as a host the open one, as a visitor any.
    pub fn visits_of_person(&self, person: PersonId) -> Result<Vec<StoredVisit>, StoreError> {
        let sql = format!(
            "{VISIT} WHERE (visit.host = $1 AND out_at IS NULL) OR visitor = $1 ORDER BY in_at DESC, visit.id DESC"
        );
        self.all(&sql, values![person], read_visit)
    }

    /// The visits of a desk whose leaving time is before this, and that nobody has ended.
    pub fn overdue_visits(&self, desk: TopicId, before: Timestamp) -> Result<Vec<StoredVisit>, StoreError> {
        let sql = format!("{VISIT} WHERE desk = $1 AND out_at IS NULL AND out_due <= $2 ORDER BY visit.id");
        self.all(&sql, values![desk, before], read_visit)
    }

    /// Ends a visit and frees its host; `false` when it has ended before.
    pub fn end_visit(&self, id: i64, at: Timestamp, ended: Ended) -> Result<bool, StoreError> {
        let host: Option<PersonId> = self.value(
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
        Ok(self.execute(sql, values![id, left])? > 0)
    }

    /// Gives an open visit another leaving time.
    pub fn extend_visit(&self, id: i64, due: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE visit SET out_due = $2, revision = revision + 1 WHERE id = $1 AND out_at IS NULL";
        Ok(self.execute(sql, values![id, due])? > 0)
    }

    /// Keeps what a host has said.
    pub fn answer_visit(&self, id: i64, answer: &str, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE visit SET answer = $2, answered_at = $3 WHERE id = $1";
        self.execute(sql, values![id, answer, now])?;
        Ok(())
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
        Ok(self.execute(sql, values![cause, why, now])? > 0)
    }

    /// Whether the message of a cause has gone out, or is just being sent.
    pub fn is_begun(&self, cause: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM outbox WHERE cause = $1 AND (state IN ('claimed', 'sent', 'delivered') OR \
                   unsure_since IS NOT NULL)";
        Ok(self.value::<i64>(sql, values![cause])?.is_some())
    }

    /// The messages of a desk that wait: their kind, who they are for, how they travel, and when they are due.
    pub fn desk_waiting(&self, desk: TopicId) -> Result<Vec<(String, String, String, Timestamp)>, StoreError> {
        self.all(
            "SELECT kind, name, channel, due FROM outbox JOIN person ON person.id = outbox.person \
             WHERE outbox.topic = $1 AND state IN ('waiting', 'claimed') ORDER BY due, outbox.id",
            values![desk],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
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
        self.execute(&format!("UPDATE visit SET link = NULL, code = '' WHERE {ENDED_BEFORE}"), values![desk, before])?;
        self.execute(&format!("{EMPTY} (SELECT visitor FROM visit WHERE {ENDED_BEFORE})"), values![desk, before])
    }

    /// Empties a visitor's row, if their visit has ended.
    pub fn empty_visitor(&self, desk: TopicId, visitor: PersonId) -> Result<u64, StoreError> {
        self.execute(&format!("UPDATE visit SET link = NULL, code = '' WHERE {ENDED_OF}"), values![desk, visitor])?;
        self.execute(&format!("{EMPTY} (SELECT visitor FROM visit WHERE {ENDED_OF})"), values![desk, visitor])
    }

    /// The visitors of a desk whose visits have ended, as long as their names are kept.
    pub fn past_visitors(&self, desk: TopicId) -> Result<Vec<(PersonId, String)>, StoreError> {
        self.all(
            "SELECT visitor, person.name FROM visit JOIN person ON person.id = visitor \
             WHERE desk = $1 AND out_at IS NOT NULL AND person.name <> '' ORDER BY visit.id",
            values![desk],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// Whether somebody is a host to whom visitors come.
    pub fn is_host(&self, person: PersonId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM host WHERE person = $1 AND removed_at IS NULL";
        Ok(self.value::<i64>(sql, values![person])?.is_some())
    }

    /// Where somebody is reached.
    pub fn addresses_of(&self, person: PersonId) -> Result<Option<Addresses>, StoreError> {
        let sql = "SELECT phone, email FROM person WHERE id = $1";
        self.one(sql, values![person], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

fn read_desk(row: &Row<'_>) -> Result<StoredDesk, StoreError> {
    let (opens, closes): (Option<String>, Option<String>) = (row.get(6)?, row.get(7)?);
    Ok(StoredDesk {
        id: row.get(0)?,
        name: row.get(1)?,
        owner: row.get(2)?,
        slug: row.get(3)?,
        address: row.get(4)?,
        timezone: row.get(5)?,
        hours: opens.zip(closes),
        keep_days: row.get(8)?,
        link: row.get(9)?,
        wordings: row.get(10)?,
    })
}

fn read_visit(row: &Row<'_>) -> Result<StoredVisit, StoreError> {
    let (out_at, ended): (Option<Timestamp>, Option<String>) = (row.get(11)?, row.get(12)?);
    let ended = ended.as_deref().map(Ended::from_word).transpose()?;
    Ok(StoredVisit {
        id: row.get(0)?,
        desk: row.get(1)?,
        host: row.get(2)?,
        host_name: row.get(3)?,
        room: row.get(4)?,
        visitor: row.get(5)?,
        name: row.get(6)?,
        phone: row.get(7)?,
        email: row.get(8)?,
        in_at: row.get(9)?,
        out_due: row.get(10)?,
        ended: out_at.zip(ended),
        left_at: row.get(13)?,
        revision: row.get(14)?,
        code: row.get(15)?,
        answer: row.get(16)?,
    })
}
