//! Links to participants' own pages. A link is one person's in one draw, made from this machine's key and never kept: the
//! database knows its hash. It ends when its person has another made, when their address changes, with the draw, and when a
//! database is brought back.
//!
//! Who has a link can read a name, so it goes only where a name would, and no one but its person has another made.

use jiff::Timestamp;

use super::open_draws::{OpenDraw, OpenDraws};
use crate::app::links::link_hash;
use crate::error_chain::in_full;
use crate::model::PersonId;
use crate::store::{OwnLink, StoreError, Tx};

/// Stands where a link would show a name to whoever runs xchange.
pub(super) const HIDDEN: &str = "[link hidden]";

/// The link that somebody follows, if it is one of ours. A row alone is not believed: whoever writes into the database could
/// otherwise make one for themselves.
pub(super) fn find(tx: &Tx<'_>, draws: &OpenDraws, presented: &str) -> Result<Option<OwnLink>, StoreError> {
    let hash = link_hash(presented);
    let found = tx.own_link(&hash)?;
    Ok(found.filter(|link| token(draws, link).is_some_and(|token| link_hash(&token) == hash)))
}

/// Whether a link still leads to a page in a live draw.
pub(super) fn counts(link: &OwnLink, open: &OpenDraw) -> bool {
    !link.ended
        && link.draw == open.id
        && link.changes == open.changes_of(link.person)
        && open.place(link.person).is_some()
}

/// The link that somebody has in a live draw.
pub(super) fn current(
    tx: &Tx<'_>,
    draws: &OpenDraws,
    open: &OpenDraw,
    person: PersonId,
) -> Result<Option<String>, StoreError> {
    let link = tx.own_link_of(open.id, person)?.filter(|link| counts(link, open));
    Ok(link.and_then(|link| token(draws, &link)))
}

/// The link that somebody has in a live draw, made if they have none.
pub(super) fn or_new(
    tx: &Tx<'_>,
    draws: &OpenDraws,
    open: &OpenDraw,
    person: PersonId,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    match current(tx, draws, open, person)? {
        None => renew(tx, draws, open, person, now),
        link => Ok(link),
    }
}

/// Another link in the place of the one before; `None` where there is no key to make it from.
pub(super) fn renew(
    tx: &Tx<'_>,
    draws: &OpenDraws,
    open: &OpenDraw,
    person: PersonId,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let after = tx.newest_own_link(person)?.map_or(i64::MIN, |newest| newest.saturating_add(1));
    let version = now.as_millisecond().max(after);
    let changes = open.changes_of(person);
    let link = OwnLink { topic: open.topic, draw: open.id, person, version, changes, ended: false };
    let Some(token) = token(draws, &link) else { return Ok(None) };
    tx.put_own_link(&link_hash(&token), &link)?;
    Ok(Some(token))
}

fn token(draws: &OpenDraws, link: &OwnLink) -> Option<String> {
    let kind = format!("me {} {}", link.draw.number(), link.changes);
    let token = draws.links().token(&kind, link.person.0, link.version);
    token.map_err(|error| tracing::error!(problem = in_full(&error), "a link could not be made")).ok()
}
