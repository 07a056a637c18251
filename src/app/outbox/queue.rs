//! Puts messages into the outbox, in the transaction of their cause. Each has a cause that makes it once, however often
//! it is queued.

use std::collections::HashSet;

use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use super::message::Message;
use crate::app::answer::OpenDraw;
use crate::app::stored::roster_of;
use crate::model::{Exchange, PersonIndex};
use crate::seal::Opening;
use crate::store::{ArchiveState, Channel, Direction, DrawId, NewMessage, Recipient, StoreError, StoredDraw, Tx};

/// How long a relayed text may wait for its receiver's first text, in hours: sixty days.
const RELAY_LASTS: i64 = 60 * 24;

/// How long a reminder is worth sending, in hours.
const REMINDER_LASTS: i64 = 36;

/// A message to somebody in a draw.
struct Note<'a> {
    cause: &'a str,
    message: &'a Message,
    draw: DrawId,
    recipient: Recipient,
    channel: Channel,
    not_after: Option<Timestamp>,
}

fn put(tx: &Tx<'_>, note: Note<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let (kind, parameters) = note.message.stored()?;
    let queued = tx.enqueue(&NewMessage {
        cause: note.cause,
        kind: &kind,
        parameters: &parameters,
        draw: Some(note.draw),
        recipient: note.recipient,
        channel: note.channel,
        at: now,
        due: now,
        not_after: note.not_after,
    })?;
    Ok(queued.is_some())
}

/// Queues a relayed text, once for each receiver or giver; the rows name its sender alone.
pub(in crate::app) fn queue_relay(
    tx: &Tx<'_>,
    open: &OpenDraw,
    sender: PersonIndex,
    direction: Direction,
    relay: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (others, recipient) = match direction {
        Direction::Ask => (open.document.receivers_of(sender).count(), Recipient::ReceiverOf(sender)),
        Direction::Tell => (open.document.givers_of(sender).count(), Recipient::GiverOf(sender)),
    };
    for nth in 0..others {
        let cause = format!("relay:{relay}:{nth}");
        let note = Note {
            cause: &cause,
            message: &Message::Relay { relay, nth },
            draw: open.id,
            recipient: recipient.clone(),
            channel: Channel::Either,
            not_after: Some(later(now, RELAY_LASTS.hours())),
        };
        put(tx, note, now)?;
    }
    Ok(())
}

/// Queues the notice to the giver whose pairing was opened; `sealed` is the roster that `giver` counts in.
pub(in crate::app) fn queue_opening_notice(
    tx: &Tx<'_>,
    draw: &StoredDraw,
    sealed: &Exchange,
    giver: PersonIndex,
    opening: &Opening,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Rows count in the clear copy of the roster, so that notices need no key.
    let giver = roster_of(draw)?.find(&sealed.person(giver).name).unwrap_or(giver);
    let cause = format!("opening:{}:{}", draw.series, opening.number);
    let message = Message::OpeningNotice { number: opening.number, at: opening.at, reason: opening.reason.clone() };
    let recipient = Recipient::Person(giver);
    let note =
        Note { cause: &cause, message: &message, draw: draw.id, recipient, channel: Channel::Either, not_after: None };
    put(tx, note, now).map(drop)
}

/// Queues the notice of a new draw to everybody who had asked before it; `before` is the draw that no longer counts.
pub(in crate::app) fn queue_redraw_notices(
    tx: &Tx<'_>,
    before: &StoredDraw,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let asked: HashSet<PersonIndex> = tx.told(before.id)?.into_iter().map(|told| told.person).collect();
    for person in asked {
        let cause = format!("redraw:{}:{}:{}", before.series, before.number, person.0);
        let note = Note {
            cause: &cause,
            message: &Message::RedrawNotice { reason: reason.to_owned() },
            draw: before.id,
            recipient: Recipient::Person(person),
            channel: Channel::Either,
            not_after: None,
        };
        put(tx, note, now)?;
    }
    Ok(())
}

/// Queues the pairing by e-mail for everybody without a phone, once a draw; gives how many are new. Before the draw is
/// live there are none.
///
/// # Errors
/// [`StoreError`].
pub fn queue_pairing_mails(tx: &Tx<'_>, exchange: &Exchange, now: Timestamp) -> Result<usize, StoreError> {
    let Some((draw, roster)) = live_draw(tx, exchange)? else { return Ok(0) };
    let mut new = 0;
    for (id, _) in roster.ids().filter(|(_, person)| person.phone.is_none() && person.email.is_some()) {
        let cause = format!("pairing:{}:{}:{}", draw.series, draw.number, id.0);
        let note = Note {
            cause: &cause,
            message: &Message::Pairing {},
            draw: draw.id,
            recipient: Recipient::Person(id),
            channel: Channel::Email,
            not_after: None,
        };
        new += usize::from(put(tx, note, now)?);
    }
    Ok(new)
}

/// Queues the reminders whose time has come, to the silent only: by SMS to those who have written and not said BOUGHT,
/// by e-mail to those who have not asked. Gives how many are new.
///
/// A reminder comes at ten in the morning of the exchange's zone; one that could not be sent in the next 36 hours
/// lapses.
///
/// # Errors
/// [`StoreError`].
pub fn queue_reminders(tx: &Tx<'_>, exchange: &Exchange, before: &[Span], now: Timestamp) -> Result<usize, StoreError> {
    let times: Vec<Timestamp> = before.iter().filter_map(|span| reminder_at(exchange, *span)).collect();
    let due = times.into_iter().filter(|at| *at <= now && now < later(*at, REMINDER_LASTS.hours())).max();
    let Some(due) = due else { return Ok(0) };
    let Some((draw, roster)) = live_draw(tx, exchange)? else { return Ok(0) };
    let mut new = 0;
    for (id, channel) in silent(tx, &draw, &roster)? {
        let cause = format!("reminder:{}:{}:{}:{}", draw.series, draw.number, due, id.0);
        let note = Note {
            cause: &cause,
            message: &Message::Reminder {},
            draw: draw.id,
            recipient: Recipient::Person(id),
            channel,
            not_after: Some(later(due, REMINDER_LASTS.hours())),
        };
        new += usize::from(put(tx, note, now)?);
    }
    Ok(new)
}

/// Who has been silent, and how they are reminded.
fn silent(tx: &Tx<'_>, draw: &StoredDraw, roster: &Exchange) -> Result<Vec<(PersonIndex, Channel)>, StoreError> {
    let bought: HashSet<PersonIndex> = tx.reported(draw.id, "bought")?.into_iter().collect();
    let asked: HashSet<PersonIndex> = tx.told(draw.id)?.into_iter().map(|told| told.person).collect();
    let mut silent = Vec::new();
    for (id, person) in roster.ids() {
        let Some(phone) = &person.phone else { continue };
        if tx.has_written(phone)? {
            if !bought.contains(&id) {
                silent.push((id, Channel::Sms));
            }
        } else if person.email.is_some() && !asked.contains(&id) {
            silent.push((id, Channel::Email));
        }
    }
    Ok(silent)
}

/// When a reminder is due; `None` without a day, or with one out of all bounds.
fn reminder_at(exchange: &Exchange, before: Span) -> Option<Timestamp> {
    let zone = TimeZone::get(&exchange.timezone).ok()?;
    let day = exchange.date?.checked_sub(before).ok()?;
    Some(day.to_datetime(time(10, 0, 0, 0)).to_zoned(zone).ok()?.timestamp())
}

/// The newest draw with its roster, once it is live.
fn live_draw(tx: &Tx<'_>, exchange: &Exchange) -> Result<Option<(StoredDraw, Exchange)>, StoreError> {
    let newest = tx.newest_draw(&exchange.series, &exchange.name)?;
    let live = newest.filter(|draw| draw.archive_state == ArchiveState::Confirmed);
    live.map(|draw| {
        let roster = roster_of(&draw)?;
        Ok((draw, roster))
    })
    .transpose()
}

fn later(at: Timestamp, by: Span) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
