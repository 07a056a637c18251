//! A visitor checks in: what they typed is read, a free host found, and in the same transaction the visit begins and its
//! messages are queued.

use jiff::Timestamp;

use super::{Desk, DeskError, Fault, badge, leaving, links, messages};
use crate::app::exchanges::Exchanges;
use crate::app::limits::Limit;
use crate::desk::{self, Host, Refused};
use crate::model::{AddressError, Email, PersonId, Phone};
use crate::roster::{LONGEST_NAME, name_fault, tidy};
use crate::store::{NewPerson, NewVisit, StoreError, StoredHost, StoredVisit, Tx};

/// What a kiosk takes.
const CHECK_INS: Limit = Limit::new("desk check-in", 60, 60);

/// The characters of a badge's code: none that looks like another, and none that sounds like one.
const CODE: &[u8] = b"34679ACDEFHJKMNPQRTWXY";

/// How many characters a code has.
const CODE_LENGTH: usize = 6;

/// Whoever is free later than this is of no help to a visitor.
const SOON: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);

/// So soon again the same form is the same visit, whoever has no address to be known by.
const SAME_FORM: jiff::SignedDuration = jiff::SignedDuration::from_mins(2);

/// What somebody typed at the desk.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub name: String,
    pub email: String,
    /// Any usual way of writing it.
    pub phone: String,
    /// A host's name or number; empty: anybody.
    pub host: String,
    /// `14:30` of today, or `45 min`.
    pub until: String,
    /// Whether they agree to what the desk says of it.
    pub consent: bool,
}

/// The same, read.
struct Visitor {
    name: String,
    phone: Option<Phone>,
    email: Option<Email>,
    host: Option<PersonId>,
    leaves: Timestamp,
}

/// Somebody who has checked in.
#[derive(Debug)]
pub struct CheckedIn {
    pub visit: StoredVisit,
    /// The part of the link on the badge.
    pub token: String,
    /// Whether they had checked in already.
    pub again: bool,
    /// Whether their phone is texted when it is time; it is not where the site texts no such numbers.
    pub texted: bool,
}

impl Typed {
    fn read(&self, desk: &Desk, hosts: &[StoredHost], site: &Exchanges, now: Timestamp) -> Result<Visitor, DeskError> {
        let mut faults: Vec<Fault> = Vec::new();
        let mut is_malformed = false;
        let name = tidy(&self.name);
        if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            faults.push(("name", format!("write your name, in at most {LONGEST_NAME} characters")));
        } else if let Some((what, hint)) = name_fault(&name) {
            faults.push(("name", format!("the name {what}; {hint}")));
        }
        let phone = given(&self.phone).map(|text| Phone::parse(text, site.country())).transpose();
        let phone = phone.map_err(|error| faults.push(("phone", phone_in_words(&error)))).ok().flatten();
        let email = given(&self.email).map(Email::parse).transpose();
        let email = email.map_err(|error| faults.push(("email", error.to_string()))).ok().flatten();
        let host = given(&self.host).map(|name| super::host_named(hosts, name)).transpose();
        let host = host.map_err(|error| faults.push(("host", error.to_string()))).ok().flatten();
        let leaves = desk::leaving(&self.until, &desk.hours, now).map_err(|refused| {
            is_malformed = refused == Refused::Malformed;
            faults.push(("until", refused.to_string()));
        });
        if !self.consent {
            faults.push(("consent", "without this the desk may not keep what is typed".to_owned()));
        }
        match leaves {
            Ok(leaves) if faults.is_empty() => Ok(Visitor { name, phone, email, host, leaves }),
            _ => Err(DeskError::Refused { faults, is_malformed }),
        }
    }
}

fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

pub(super) fn phone_in_words(error: &AddressError) -> String {
    match error {
        AddressError::NoCountry => "write the number with its country code, such as +44 7700 900123".to_owned(),
        other => other.to_string(),
    }
}

/// Checks somebody in; `is_kiosk` where a stranger may be typing, which is bounded. Where it fails, nothing has been kept.
pub fn check_in(
    tx: &Tx<'_>,
    site: &Exchanges,
    desk: &Desk,
    typed: &Typed,
    is_kiosk: bool,
) -> Result<CheckedIn, DeskError> {
    let now = site.clock.now();
    leaving::close_overdue(tx, desk, now)?;
    let (rows, hosts): (Vec<StoredHost>, Vec<Host>) = desk.hosts(tx, now)?.into_iter().unzip();
    let visitor = typed.read(desk, &rows, site, now)?;
    let inside = tx.visits_inside(desk.id(), now)?;
    if let Some(visit) = inside.iter().find(|visit| is_same(visit, &visitor, now)) {
        let (token, _) = badge(&links(site), visit.id, visit.in_at)?;
        let texted = messages::is_texted(site, visit.phone.as_ref());
        return Ok(CheckedIn { visit: visit.clone(), token, again: true, texted });
    }
    if is_kiosk && let Some(until) = CHECK_INS.count(tx, &desk.id().0.to_string(), now)? {
        return Err(DeskError::TooMany { until });
    }
    let free = desk::free(&hosts, now);
    let wanted = |host: &&&Host| visitor.host.is_none_or(|id| id == host.id);
    let candidates: Vec<PersonId> = free.iter().filter(wanted).map(|host| host.id).collect();
    if candidates.is_empty() {
        return Err(busy(desk, &hosts, visitor.host, now));
    }
    let id = begin(tx, desk, &visitor, &candidates, (&code(&inside), now))?;
    let id = id.ok_or_else(|| busy(desk, &hosts, visitor.host, now))?;
    let (token, hash) = badge(&links(site), id, now)?;
    tx.put_visit_link(id, &hash)?;
    let visit = tx.visit(id)?.ok_or_else(|| StoreError::damaged("visit", "it was not kept"))?;
    messages::queue_arrived(tx, &visit, now)?;
    let texted = messages::queue_leave(tx, site, &visit, now)?;
    Ok(CheckedIn { visit, token, again: false, texted })
}

/// Begins the visit with the first of these hosts who is not taken at this very moment.
fn begin(
    tx: &Tx<'_>,
    desk: &Desk,
    visitor: &Visitor,
    candidates: &[PersonId],
    (code, now): (&str, Timestamp),
) -> Result<Option<i64>, StoreError> {
    let person = NewPerson {
        name: &visitor.name,
        phone: visitor.phone.as_ref().map(Phone::expose),
        email: visitor.email.as_ref().map(Email::expose),
    };
    let consent = desk.place.consent();
    let Some(person) = tx.insert_persons(desk.id(), &[person])?.pop() else { return Ok(None) };
    for host in candidates {
        let begun = tx.insert_visit(&NewVisit {
            desk: desk.id(),
            host: *host,
            visitor: person,
            in_at: now,
            out_due: visitor.leaves,
            code,
            consent: &consent,
        })?;
        if begun.is_some() {
            return Ok(begun);
        }
    }
    Ok(None)
}

/// Whether an open visit is that of somebody who has pressed the button twice, or stands at another tablet.
fn is_same(visit: &StoredVisit, visitor: &Visitor, now: Timestamp) -> bool {
    let is_known = visitor.phone.is_some() || visitor.email.is_some();
    visit.ended.is_none()
        && visit.name == visitor.name
        && visit.phone == visitor.phone
        && visit.email.as_ref().map(Email::expose) == visitor.email.as_ref().map(Email::expose)
        && visitor.host.is_none_or(|host| host == visit.host)
        && (is_known || now.duration_since(visit.in_at) < SAME_FORM)
}

/// A code that nobody inside has.
fn code(inside: &[StoredVisit]) -> String {
    loop {
        let random: [u8; CODE_LENGTH] = rand::random();
        // 22 characters do not divide 256; that some come a little more often matters to nobody.
        let code: String = random.iter().map(|byte| CODE[usize::from(*byte) % CODE.len()] as char).collect();
        if inside.iter().all(|visit| visit.code != code) {
            return code;
        }
    }
}

/// Why nobody receives this visitor, and who could.
fn busy(desk: &Desk, hosts: &[Host], wanted: Option<PersonId>, now: Timestamp) -> DeskError {
    let free: Vec<String> = desk::free(hosts, now).into_iter().map(|host| host.name.clone()).collect();
    let wanted_one = hosts.iter().find(|host| Some(host.id) == wanted);
    let nearest = desk::nearest(wanted_one.map_or(hosts, std::slice::from_ref), &desk.hours, now);
    let nearest = nearest.filter(|nearest| nearest.at.duration_since(now) < SOON);
    let soon = "any minute now".to_owned();
    let words = match (wanted_one, &nearest) {
        (Some(host), Some(nearest)) => {
            let when = if nearest.is_overdue { soon } else { desk.say(nearest.at, now) };
            desk.place.host_busy(&host.name, &when, &free)
        }
        (None, Some(nearest)) => {
            let when = if nearest.is_overdue { soon } else { format!("at {}", desk.say(nearest.at, now)) };
            desk.place.nobody_free(Some((&nearest.name, &when)))
        }
        (_, None) => desk.place.nobody_free(None),
    };
    DeskError::Busy { words, nearest }
}
