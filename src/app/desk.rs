//! The front desk: desks and their hosts, visits from check-in to goodbye, who is inside.
//!
//! Every change of a visit is one transaction, in which its messages are queued, moved or dropped. Whoever asks for a change
//! that has been made already gets the same answer again.

use std::collections::BTreeMap;

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::exchange::wordings::{Shown, shown};
use super::exchanges::Exchanges;
use super::links::{LinkHash, Links, link_hash};
use crate::conversation::desk::{Place, listed};
use crate::desk::{self, Hours, Nearest};
use crate::model::{PersonId, TopicId};
use crate::seal::KeyError;
use crate::store::{StoreError, StoredDesk, StoredHost, Tx};

pub mod board;
mod check_in;
pub mod hosts;
pub mod keeping;
mod leaving;
pub mod making;
mod messages;
mod served_desks;
#[cfg(test)]
mod tests;
mod texts;

#[cfg(test)]
use check_in::CheckedIn;
pub use check_in::{Typed, check_in};
pub use leaving::{Left, cancel, extend, leave};
pub use served_desks::ServedDesks;

/// What is wrong with a field: its name, and a remark.
pub type Fault = (&'static str, String);

/// Why something is not done at a desk.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeskError {
    /// What was typed; `is_malformed` where it could not even be read.
    #[error("{}", in_words(faults))]
    Refused {
        /// Everything wrong with it.
        faults: Vec<Fault>,
        /// Whether a time is none.
        is_malformed: bool,
    },
    /// The host is with somebody else, or nobody is free.
    #[error("{words}")]
    Busy {
        /// What the visitor reads.
        words: String,
        /// Who is free next.
        nearest: Option<Nearest>,
    },
    /// More check-ins than an hour may have.
    #[error("too many have checked in here within the hour")]
    TooMany {
        /// When it may be tried again.
        until: Timestamp,
    },
    /// The visit is over.
    #[error("this visit is over")]
    Over,
    /// None is named, and there is none.
    #[error("there is no desk yet")]
    NoDesk,
    /// None is called so, or several are.
    #[error("{}", which(name.as_deref(), others))]
    Which {
        /// What was named.
        name: Option<String>,
        /// Those there are.
        others: Vec<String>,
    },
    /// Nobody there is called so, or has that code.
    #[error("there is no {what} {name:?} at this desk")]
    Nobody {
        /// `host` or `visitor`.
        what: &'static str,
        /// What was named.
        name: String,
    },
    /// Several are called so.
    #[error("there are several visitors {name:?} inside; name one by the code on the badge")]
    Several {
        /// What was named.
        name: String,
    },
    /// The desk is to be taken away.
    #[error("people have come to this desk, which stays on record; remove its hosts, and nobody comes any more")]
    Visited,
    /// The host has a visitor.
    #[error("{0:?} has a visitor now; end that visit first")]
    HasVisitor(String),
    /// Without the key there are no links.
    #[error("links cannot be made without this machine's key")]
    Key(#[from] KeyError),
    /// The database.
    #[error("the desk cannot be read or changed")]
    Store(#[from] StoreError),
}

fn in_words(faults: &[Fault]) -> String {
    faults.iter().map(|(field, remark)| format!("{field}: {remark}")).collect::<Vec<_>>().join("; ")
}

fn which(name: Option<&str>, others: &[String]) -> String {
    let others = others.iter().map(|other| format!("{other:?}")).collect::<Vec<_>>().join(", ");
    match name {
        Some(name) => format!("there is no one desk {name:?}; there are {others}"),
        None => format!("there are several desks: {others}"),
    }
}

impl DeskError {
    /// One fault alone.
    fn fault(field: &'static str, remark: impl Into<String>) -> Self {
        Self::Refused { faults: vec![(field, remark.into())], is_malformed: false }
    }
}

/// A desk, read.
#[derive(Debug, Clone)]
pub struct Desk {
    /// Its row.
    pub stored: StoredDesk,
    /// Its zone and hours.
    pub hours: Hours,
    /// As its texts speak of it.
    pub place: Place,
}

impl Desk {
    /// Reads a row.
    pub(super) fn of(stored: StoredDesk) -> Result<Self, StoreError> {
        let zone = TimeZone::get(&stored.timezone).map_err(|e| StoreError::damaged("desk's time zone", e))?;
        let time = |text: &str| Time::strptime("%H:%M", text).map_err(|e| StoreError::damaged("desk's hours", e));
        let open = stored.hours.as_ref().map(|(from, to)| Ok::<_, StoreError>((time(from)?, time(to)?))).transpose()?;
        let messages: BTreeMap<String, String> =
            serde_json::from_str(&stored.wordings).map_err(|e| StoreError::damaged("desk's wordings", e))?;
        let (name, address, keep_days) = (stored.name.clone(), stored.address.clone(), stored.keep_days);
        let place = Place { name, address, keep_days, messages };
        Ok(Self { hours: Hours { zone, open }, place, stored })
    }

    /// Its row.
    pub fn id(&self) -> TopicId {
        self.stored.id
    }

    /// What the clock on its wall shows.
    pub fn local(&self, at: Timestamp) -> DateTime {
        at.to_zoned(self.hours.zone.clone()).datetime()
    }

    /// A time as people at the desk say it: `14:30`, with the day where it is another.
    pub fn say(&self, at: Timestamp, now: Timestamp) -> String {
        crate::conversation::desk::time(self.local(at), self.local(now))
    }

    /// The hosts as they stand, each with their row.
    pub fn hosts(&self, tx: &Tx<'_>, now: Timestamp) -> Result<Vec<(StoredHost, desk::Host)>, StoreError> {
        let away = tx.away_times(self.id(), now)?;
        let hosts = tx.hosts(self.id())?.into_iter().map(|host| {
            let away = away.iter().filter(|(id, ..)| *id == host.id).map(|(_, from, to)| (*from, *to)).collect();
            // One whose visit is to be closed by the clock is free, whoever looks before that has been done.
            let due = host.due.filter(|due| now < closes_at(*due));
            let (id, name, idle_since) = (host.id, host.name.clone(), host.idle_since.max(host.due.xor(due)));
            let standing = desk::Host { id, name, due, idle_since, away };
            (host, standing)
        });
        Ok(hosts.collect())
    }

    /// The part of the link that pairs a tablet.
    pub fn kiosk_token(&self, links: &Links) -> Result<String, KeyError> {
        links.token("kiosk", self.id().0, self.stored.link)
    }

    /// The path of that link.
    pub fn kiosk_path(&self, links: &Links) -> Result<String, KeyError> {
        Ok(format!("/desk/{}/{}", self.stored.slug, self.kiosk_token(links)?))
    }
}

/// When the clock closes a visit that nobody ends.
fn closes_at(due: Timestamp) -> Timestamp {
    due.saturating_add(desk::GRACE).unwrap_or(Timestamp::MAX)
}

/// So much earlier.
fn before(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

/// The links of a site.
pub fn links(site: &Exchanges) -> Links {
    Links::new(std::sync::Arc::clone(&site.keys))
}

/// The part of the link that stands on a visit's badge, and by which it is looked up.
fn badge(links: &Links, visit: i64, in_at: Timestamp) -> Result<(String, LinkHash), KeyError> {
    let token = links.token("visit", visit, in_at.as_millisecond())?;
    let hash = link_hash(&token);
    Ok((token, hash))
}

/// All desks, in the order they were made.
pub fn all(tx: &Tx<'_>) -> Result<Vec<Desk>, StoreError> {
    tx.desks()?.into_iter().map(Desk::of).collect()
}

/// Every text that a desk's hosts and visitors read.
pub fn wordings(desk: &Desk) -> Vec<Shown> {
    shown(listed(&desk.place))
}

/// The desk of a row.
pub fn get(tx: &Tx<'_>, id: TopicId) -> Result<Option<Desk>, StoreError> {
    tx.desk(id)?.map(Desk::of).transpose()
}

/// The desk that is meant at the command line: of this name, slug or number; where none is named, the only one.
pub fn find(tx: &Tx<'_>, named: Option<&str>) -> Result<Desk, DeskError> {
    let all = tx.desks()?;
    let named = named.map(|name| name.trim().to_lowercase());
    let is_meant = |desk: &&StoredDesk| {
        named.as_ref().is_none_or(|name| {
            desk.name.to_lowercase() == *name || desk.slug == *name || desk.id.0.to_string() == *name
        })
    };
    let found: Vec<&StoredDesk> = all.iter().filter(is_meant).collect();
    match found[..] {
        [only] => Ok(Desk::of(only.clone())?),
        _ if all.is_empty() => Err(DeskError::NoDesk),
        _ => Err(DeskError::Which { name: named, others: all.into_iter().map(|desk| desk.name).collect() }),
    }
}

/// The host that is meant, by name or by number.
fn host_named(hosts: &[StoredHost], name: &str) -> Result<PersonId, DeskError> {
    let wanted = crate::roster::tidy(name).to_lowercase();
    let called = |host: &&StoredHost| host.name.to_lowercase() == wanted || host.id.0.to_string() == wanted;
    let found: Vec<PersonId> = hosts.iter().filter(called).map(|host| host.id).collect();
    match found[..] {
        [only] => Ok(only),
        _ => Err(DeskError::Nobody { what: "host", name: name.to_owned() }),
    }
}
