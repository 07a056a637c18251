//! An update written down as pending, seen through to its archive copies, and made live.

use jiff::Timestamp;

use super::UpdateError;
use super::make::Made;
use super::plan::Plan;
use crate::app::exchange::addresses::{self, Change, Readers};
use crate::app::exchange::archive_copy::{self, OpeningCopyError};
use crate::app::exchange::draw_record::{Drawn, roster_today};
use crate::app::exchange::{notices, people};
use crate::app::site::Site;
use crate::archive::Archive;
use crate::error_chain::in_full;
use crate::model::{Exchange, PersonId};
use crate::seal::{Auditor, PublicKey};
use crate::store::{ArchiveState, DrawId, NewDraw, PendingUpdate, SeriesId, StoreError, StoredDraw, Topic, Tx};

/// An update ready to be written down.
pub(super) struct Keep {
    pub(super) live: StoredDraw,
    pub(super) plan: Plan,
    pub(super) made: Option<Made>,
    pub(super) own: PublicKey,
    pub(super) auditors: Vec<Auditor>,
}

impl Keep {
    /// Writes it down as pending, with the entries of changed addresses and their notices. What needs no copy is live at once.
    pub(super) fn keep(&self, tx: &Tx<'_>, now: Timestamp) -> Result<(), UpdateError> {
        let Self { live, plan, made, own, auditors } = self;
        let newest = tx.newest_draw(live.topic)?.map(|draw| (draw.id, draw.revision));
        let waits = tx.pending_updates(live.series_id)?.iter().any(|pending| pending.topic == live.topic);
        let is_taken = |made: &Made| Ok::<_, StoreError>(tx.draw_numbered(live.series_id, made.number())?.is_some());
        if waits || newest != Some((live.id, live.revision)) || made.as_ref().map(is_taken).transpose()? == Some(true) {
            return Err(UpdateError::Raced { exchange: live.exchange.clone() });
        }
        let new_draw = made.as_ref().map(|made| self.insert(tx, made)).transpose()?;
        let number = made.as_ref().map_or(live.number, Made::number);
        let readers = Readers { own, auditors };
        let roster = made.as_ref().map_or(&plan.roster, |made| &made.roster);
        let entry = addresses::record(tx, (live, number), &changes(live, plan, roster)?, &readers, now)?;
        tx.insert_pending_update(&PendingUpdate {
            topic: live.topic,
            draw: live.id,
            new_draw,
            entry,
            roster: json(roster)?,
        })?;
        finish(tx, live.series_id, now)?;
        Ok(())
    }

    fn insert(&self, tx: &Tx<'_>, made: &Made) -> Result<DrawId, StoreError> {
        let (header, roster) = (made.header.to_json(), json(&made.roster)?);
        tx.insert_draw(&NewDraw {
            topic: Topic { id: self.live.topic, series: self.live.series_id },
            exchange: &made.roster.name,
            number: made.number(),
            drawn_at: made.header.drawn_at,
            header: &String::from_utf8_lossy(&header),
            roster: &roster,
            people: &made.people,
            sealed: &made.sealed,
            archive_location: &made.location,
        })
    }
}

fn json(roster: &Exchange) -> Result<String, StoreError> {
    serde_json::to_string(roster).map_err(|e| StoreError::damaged("roster", e))
}

/// Whose addresses change, among those who stay.
fn changes(live: &StoredDraw, plan: &Plan, roster: &Exchange) -> Result<Vec<Change>, StoreError> {
    let before = roster_today(live)?;
    let stay = plan.places.iter().zip(&roster.people);
    let mut changes = Vec::new();
    for (place, now) in stay {
        if let Some((row, before)) = place.and_then(|place| Some((live.people.get(place)?, before.people.get(place)?)))
        {
            changes.extend(addresses::change(addresses::known_as(now, *row), *row, before, now));
        }
    }
    Ok(changes)
}

/// Writes what waits in a series to the archive, and so makes it live; says why if it still waits.
pub(super) async fn see_through(
    site: &Site,
    archive: &Archive,
    series: SeriesId,
) -> Result<Option<String>, UpdateError> {
    let now = site.clock.now();
    let waiting = site.store.run_reading(move |tx| {
        let pending = tx.pending_updates(series)?;
        let draws: Result<Vec<_>, StoreError> =
            pending.iter().filter_map(|pending| pending.new_draw).map(|draw| tx.draw(draw)).collect();
        Ok::<_, StoreError>((!pending.is_empty(), draws?))
    });
    let (waits, draws) = waiting.await?;
    if !waits {
        return Ok(None);
    }
    for draw in draws.into_iter().flatten() {
        let copy = archive_copy::confirm_draw(&site.store, archive, &draw, now).await?;
        if copy.state != ArchiveState::Confirmed {
            return Ok(Some(copy.problem.unwrap_or_else(|| "its copy is not written yet".to_owned())));
        }
    }
    match archive_copy::confirm_openings(&site.store, archive, (series, &site.folder()), now).await {
        Ok(()) => Ok(None),
        Err(OpeningCopyError::Store(error)) => Err(error.into()),
        Err(error) => Ok(Some(in_full(&error))),
    }
}

/// Makes every update of a series live whose copies the archive holds, together with the messages it causes.
pub(in crate::app::exchange) fn finish(tx: &Tx<'_>, series: SeriesId, now: Timestamp) -> Result<(), StoreError> {
    for pending in tx.pending_updates(series)? {
        let is_missing = |entry: &crate::store::StoredOpening| entry.number <= pending.entry && !entry.archived;
        if tx.openings(series)?.iter().any(is_missing) {
            continue;
        }
        let Some(before) = tx.draw(pending.draw)? else { continue };
        let roster: Exchange =
            serde_json::from_str(&pending.roster).map_err(|e| StoreError::damaged("update that waits", e))?;
        match pending.new_draw.map(|draw| tx.draw(draw)).transpose()?.flatten() {
            Some(new) if new.archive_state != ArchiveState::Confirmed => continue,
            Some(new) => {
                tx.delete_pending_update(pending.topic)?;
                people::update(tx, pending.topic, &new.people, &roster)?;
                tx.put_mails_due(new.id)?;
                tell(tx, before, new, now)?;
            }
            None => {
                tx.delete_pending_update(pending.topic)?;
                tx.revise_draw(before.id, &pending.roster)?;
                people::update(tx, pending.topic, &before.people, &roster)?;
            }
        }
    }
    Ok(())
}

/// Tells everybody of both draws who joined and who left.
fn tell(tx: &Tx<'_>, before: StoredDraw, new: StoredDraw, now: Timestamp) -> Result<(), StoreError> {
    let (before, new) = (Drawn::read(before)?, Drawn::read(new)?);
    let names = |of: &Drawn, other: &Drawn| -> Vec<(PersonId, String)> {
        let only = of.people().filter(|(id, _)| other.person(*id).is_none());
        only.map(|(id, person)| (id, person.name.clone())).collect()
    };
    let (joined, left) = (names(&new, &before), names(&before, &new));
    let said = |people: &[(PersonId, String)]| people.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
    let message = (said(&joined), said(&left));
    let everybody = new.people().map(|(id, _)| (new.draw.id, id));
    let leavers = left.iter().map(|(id, _)| (before.draw.id, *id));
    for of in everybody.chain(leavers) {
        notices::queue_update_notice(tx, new.draw.topic, of, &message, now)?;
    }
    Ok(())
}
