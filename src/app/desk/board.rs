//! A desk as it stands: who is inside, who is free, what waits to be sent. Read from the database alone, so that it is there
//! when the listener is not.

use jiff::{SignedDuration, Timestamp};

use super::{Desk, DeskError, before};
use crate::desk;
use crate::roster::tidy;
use crate::store::{Ended, StoreError, StoredHost, StoredVisit, Tx};

/// So long somebody stays on the list of who is inside after the clock has closed their visit.
const UNCONFIRMED: SignedDuration = SignedDuration::from_hours(12);

/// Somebody who may be inside.
#[derive(Debug, Clone)]
pub struct Inside {
    pub visit: StoredVisit,
    /// How that stands: `inside`, `overdue`, or `unconfirmed` where only the clock has closed it.
    pub state: &'static str,
}

/// A host as they stand.
#[derive(Debug, Clone)]
pub struct HostLine {
    pub id: i64,
    pub name: String,
    pub room: String,
    /// `free`, `with a visitor` or `away`.
    pub state: &'static str,
    /// When they can take a visitor; `None`: not soon.
    pub free_at: Option<Timestamp>,
}

impl HostLine {
    /// A host from their row and what is known of their time.
    pub fn of(desk: &Desk, row: StoredHost, host: &desk::Host, now: Timestamp) -> Self {
        let state = match (host.due, host.away_until(now)) {
            (Some(_), _) => "with a visitor",
            (None, Some(_)) => "away",
            (None, None) => "free",
        };
        // Whoever is away until they are back is not free at any time that could be said.
        let free_at =
            host.free_at(&desk.hours, now).filter(|at| at.duration_since(now) < SignedDuration::from_hours(9000));
        Self { id: row.id.0, name: row.name, room: row.room, state, free_at }
    }
}

/// A message that waits.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub kind: String,
    pub to: String,
    /// `sms` or `email`.
    pub channel: String,
    pub due: Timestamp,
}

/// A desk as it stands.
#[derive(Debug)]
pub struct Board {
    /// Who may be inside, in the order they came.
    pub inside: Vec<Inside>,
    /// All hosts, by name.
    pub hosts: Vec<HostLine>,
    /// What waits to be sent.
    pub waiting: Vec<Waiting>,
}

/// Everybody who may be inside. Nobody is dropped because a time ran out.
pub fn inside(tx: &Tx<'_>, desk: &Desk, now: Timestamp) -> Result<Vec<Inside>, StoreError> {
    let since = before(before(now, UNCONFIRMED), desk::GRACE);
    let visits = tx.visits_inside(desk.id(), since)?.into_iter();
    Ok(visits.map(|visit| Inside { state: state(&visit, now), visit }).collect())
}

/// How a visit stands, in a word.
pub fn state(visit: &StoredVisit, now: Timestamp) -> &'static str {
    match visit.ended {
        Some((_, Ended::Auto)) if visit.left_at.is_none() => "unconfirmed",
        Some((_, Ended::Auto)) => Ended::Left.word(),
        Some((_, ended)) => ended.word(),
        None if visit.out_due <= now => "overdue",
        None => "inside",
    }
}

/// All hosts, by name.
pub fn hosts(tx: &Tx<'_>, desk: &Desk, now: Timestamp) -> Result<Vec<HostLine>, StoreError> {
    Ok(desk.hosts(tx, now)?.into_iter().map(|(row, host)| HostLine::of(desk, row, &host, now)).collect())
}

/// A desk as it stands.
pub fn board(tx: &Tx<'_>, desk: &Desk, now: Timestamp) -> Result<Board, StoreError> {
    let waiting = tx.desk_waiting(desk.id())?.into_iter();
    Ok(Board {
        inside: inside(tx, desk, now)?,
        hosts: hosts(tx, desk, now)?,
        waiting: waiting.map(|(kind, to, channel, due)| Waiting { kind, to, channel, due }).collect(),
    })
}

/// The visit that the staff mean by the code on a badge, or by the name of somebody inside.
pub fn find_visit(tx: &Tx<'_>, desk: &Desk, typed: &str, now: Timestamp) -> Result<StoredVisit, DeskError> {
    let inside = inside(tx, desk, now)?;
    let (code, name) = (typed.trim().to_uppercase(), tidy(typed).to_lowercase());
    let with = |wanted: &dyn Fn(&StoredVisit) -> bool| -> Vec<StoredVisit> {
        inside.iter().filter(|it| wanted(&it.visit)).map(|it| it.visit.clone()).collect()
    };
    let by_code = with(&|visit| visit.code == code);
    let found = if by_code.is_empty() { with(&|visit| visit.name.to_lowercase() == name) } else { by_code };
    let open: Vec<StoredVisit> = found.iter().filter(|visit| visit.ended.is_none()).cloned().collect();
    match (&found[..], &open[..]) {
        ([only], _) | (_, [only]) => Ok(only.clone()),
        ([], _) => Err(DeskError::Nobody { what: "visitor", name: typed.to_owned() }),
        _ => Err(DeskError::Several { name: typed.to_owned() }),
    }
}
