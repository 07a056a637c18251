//! The hosts of a desk: who receives visitors, and when not.

use jiff::{Timestamp, civil};

use super::check_in::phone_in_words;
use super::{Desk, DeskError, Fault, host_named};
use crate::app::exchanges::Exchanges;
use crate::model::{Email, PersonId, Phone};
use crate::roster::{LONGEST_NAME, name_fault, tidy};
use crate::store::{NewPerson, StoredHost, Tx};

/// The longest room, in characters.
const LONGEST_ROOM: usize = 60;

/// A host as somebody typed them; what is not given stays.
#[derive(Debug, Clone, Default)]
pub struct TypedHost {
    pub name: Option<String>,
    pub phone: Option<String>,
    /// Where they are written to; empty: nowhere.
    pub email: Option<String>,
    pub room: Option<String>,
}

/// The host that is meant, by name or number.
pub fn find(tx: &Tx<'_>, desk: &Desk, name: &str) -> Result<StoredHost, DeskError> {
    let hosts = tx.hosts(desk.id())?;
    let id = host_named(&hosts, name)?;
    hosts.into_iter().find(|host| host.id == id).ok_or_else(|| nobody(name))
}

fn nobody(name: &str) -> DeskError {
    DeskError::Nobody { what: "host", name: name.to_owned() }
}

/// Adds a host, or with `old` changes them.
pub fn put(
    tx: &Tx<'_>,
    site: &Exchanges,
    desk: &Desk,
    old: Option<&StoredHost>,
    typed: &TypedHost,
) -> Result<PersonId, DeskError> {
    let mut faults: Vec<Fault> = Vec::new();
    let name = typed.name.as_deref().map_or_else(|| old.map(|old| old.name.clone()).unwrap_or_default(), tidy);
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        faults.push(("name", format!("a host has a name of at most {LONGEST_NAME} characters")));
    } else if let Some((what, hint)) = name_fault(&name) {
        faults.push(("name", format!("the name {what}; {hint}")));
    }
    let others = tx.hosts(desk.id())?;
    let is_other = |host: &&StoredHost| old.is_none_or(|old| old.id != host.id);
    if others.iter().filter(is_other).any(|host| host.name.to_lowercase() == name.to_lowercase()) {
        faults.push(("name", format!("there is a host {name:?} already")));
    }
    let phone = match (&typed.phone, old) {
        (Some(text), _) => Phone::parse(text, site.country()).map_err(|error| phone_in_words(&error)),
        (None, Some(old)) => Ok(old.phone.clone()),
        (None, None) => Err("a host has a phone".to_owned()),
    };
    let phone = phone.map_err(|remark| faults.push(("phone", remark))).ok();
    let email = match &typed.email {
        Some(text) if text.trim().is_empty() => Ok(None),
        Some(text) => Email::parse(text).map(Some),
        None => Ok(old.and_then(|old| old.email.clone())),
    };
    let email = email.map_err(|error| faults.push(("email", error.to_string()))).ok().flatten();
    let room = typed.room.as_deref().map_or_else(|| old.map(|old| old.room.clone()).unwrap_or_default(), tidy);
    if room.chars().count() > LONGEST_ROOM || room.chars().any(char::is_control) {
        faults.push(("room", format!("one line of at most {LONGEST_ROOM} characters")));
    }
    let Some(phone) = phone.filter(|_| faults.is_empty()) else {
        return Err(DeskError::Refused { faults, is_malformed: false });
    };
    let person = NewPerson { name: &name, phone: Some(phone.expose()), email: email.as_ref().map(Email::expose) };
    Ok(match old {
        Some(old) => {
            tx.update_person(old.id, person)?;
            tx.update_host(old.id, &room)?;
            old.id
        }
        None => {
            let id = tx.insert_persons(desk.id(), &[person])?.pop().ok_or_else(|| nobody(&name))?;
            tx.insert_host(id, &room)?;
            id
        }
    })
}

/// A time that no calendar reaches, and both databases keep.
const FOR_GOOD: i64 = 253_370_764_800;

/// When somebody who is away is back, if that is known.
pub fn back_at(to: Timestamp) -> Option<Timestamp> {
    Some(to).filter(|to| to.as_second() < FOR_GOOD)
}

/// Writes down that a host is away between two times of the desk's zone; without a first one from now on, without a last one
/// until they are back.
pub fn away(
    tx: &Tx<'_>,
    desk: &Desk,
    host: &StoredHost,
    (from, to): (Option<&str>, Option<&str>),
    now: Timestamp,
) -> Result<(Timestamp, Option<Timestamp>), DeskError> {
    let from = from.map_or(Ok(now), |text| instant(desk, "from", text, now))?;
    let to = to.map(|text| instant(desk, "to", text, now)).transpose()?;
    let until = to.unwrap_or(Timestamp::from_second(FOR_GOOD).unwrap_or(Timestamp::MAX));
    if until <= from || until <= now {
        return Err(DeskError::fault("to", "that is before it begins, or past"));
    }
    tx.insert_away(host.id, from, until)?;
    Ok((from, to))
}

/// `2026-12-24`, `2026-12-24 14:30`, or `14:30` of today; in the desk's zone, unless an offset is written behind it.
fn instant(desk: &Desk, field: &'static str, text: &str, now: Timestamp) -> Result<Timestamp, DeskError> {
    let text = text.trim();
    if let Ok(exact) = text.parse() {
        return Ok(exact);
    }
    let clock = civil::Time::strptime("%H:%M", text).map(|time| desk.local(now).date().to_datetime(time));
    let local = clock.or_else(|_| civil::DateTime::strptime("%Y-%m-%d %H:%M", text.replace('T', " ")));
    let local = local.or_else(|_| text.parse::<civil::Date>().map(|day| day.to_datetime(civil::Time::midnight())));
    let unread = || DeskError::fault(field, "write a day and a time, such as 2026-12-24 14:30, or a time of today");
    let zone = &desk.hours.zone;
    let found = zone.to_ambiguous_zoned(local.map_err(|_unread| unread())?);
    // Being away is no appointment: on the night of a clock change either reading does.
    found.compatible().map(|zoned| zoned.timestamp()).map_err(|_beyond| unread())
}

/// Ends whatever keeps a host away; `false` when nothing did.
pub fn back(tx: &Tx<'_>, host: &StoredHost, now: Timestamp) -> Result<bool, DeskError> {
    Ok(tx.end_away(host.id, now)? > 0)
}

/// Takes a host away from visitors to come.
pub fn remove(tx: &Tx<'_>, desk: &Desk, host: &StoredHost, now: Timestamp) -> Result<(), DeskError> {
    super::leaving::close_overdue(tx, desk, now)?;
    if find(tx, desk, &host.id.0.to_string())?.due.is_some() {
        return Err(DeskError::HasVisitor(host.name.clone()));
    }
    Ok(tx.remove_host(host.id, now)?)
}
