//! Puts messages into the outbox, in the transaction of their cause. Each has a cause that makes it once, however often
//! it is queued.

use std::collections::{BTreeSet, HashSet};

use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use super::draw_record::Drawn;
use super::message::Message;
use super::ways::is_mailed;
use crate::app::site::Site;
use crate::model::{Exchange, PersonId, TopicId};
use crate::seal::Opening;
use crate::store::{ArchiveState, Basis, Channel, DrawId, NewMessage, Recipient, StoreError, StoredDraw, Topic, Tx};

/// How long a reminder is worth sending, in hours.
const REMINDER_LASTS: i64 = 36;

/// A message to somebody in a draw.
struct Note<'a> {
    cause: &'a str,
    topic: TopicId,
    message: &'a Message,
    draw: DrawId,
    recipient: Recipient,
    channel: Channel,
    not_after: Option<Timestamp>,
}

fn put(tx: &Tx<'_>, note: &Note<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let (kind, parameters) = note.message.stored()?;
    let queued = tx.enqueue(&NewMessage {
        cause: note.cause,
        topic: note.topic,
        basis: Basis::Wrote,
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

/// Queues the notice to the giver whose pairing was opened.
pub(super) fn queue_opening_notice(
    tx: &Tx<'_>,
    draw: &StoredDraw,
    giver: PersonId,
    opening: &Opening,
    now: Timestamp,
) -> Result<(), StoreError> {
    let message = Message::OpeningNotice { number: opening.number, at: opening.at, reason: opening.reason.clone() };
    let note = Note {
        cause: &format!("opening:{}:{}", draw.series_id.number(), opening.number),
        topic: draw.topic,
        message: &message,
        draw: draw.id,
        recipient: Recipient::Person(giver),
        channel: Channel::Either,
        not_after: None,
    };
    put(tx, &note, now).map(drop)
}

/// Queues the notice of a new draw to everybody who had asked before it; `before` is the draw that no longer counts.
pub(super) fn queue_redraw_notices(
    tx: &Tx<'_>,
    before: &StoredDraw,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let asked: BTreeSet<PersonId> = tx.tellings(before.id)?.into_iter().map(|telling| telling.person).collect();
    for person in asked {
        let note = Note {
            cause: &format!("redraw:{}:{}", before.id.number(), person.0),
            topic: before.topic,
            message: &Message::RedrawNotice { reason: reason.to_owned() },
            draw: before.id,
            recipient: Recipient::Person(person),
            channel: Channel::Either,
            not_after: None,
        };
        put(tx, &note, now)?;
    }
    Ok(())
}

/// Queues the pairing by e-mail for everybody without a phone, once a draw; gives how many are new. Before the draw is
/// live there are none.
pub(super) fn queue_pairing_mails(tx: &Tx<'_>, topic: Topic, now: Timestamp) -> Result<usize, StoreError> {
    let Some(live) = live_draw(tx, topic)? else { return Ok(0) };
    let mut new = 0;
    for (id, _) in live.people().filter(|(_, person)| is_mailed(person)) {
        let note = Note {
            cause: &format!("pairing:{}:{}", live.draw.id.number(), id.0),
            topic: topic.id,
            message: &Message::Pairing {},
            draw: live.draw.id,
            recipient: Recipient::Person(id),
            channel: Channel::Email,
            not_after: None,
        };
        new += usize::from(put(tx, &note, now)?);
    }
    Ok(new)
}

/// Queues the reminders whose time has come, to the silent only: by SMS to those who have written and not said BOUGHT,
/// by e-mail to those who have not asked. Gives how many are new.
///
/// A reminder comes at ten in the morning of the exchange's zone; one that could not be sent in the next 36 hours
/// lapses.
pub(super) fn queue_reminders(
    tx: &Tx<'_>,
    topic: Topic,
    exchange: &Exchange,
    before: &[Span],
    now: Timestamp,
) -> Result<usize, StoreError> {
    let Some(due) = due_reminder(exchange, before, now) else { return Ok(0) };
    let Some(live) = live_draw(tx, topic)? else { return Ok(0) };
    let mut new = 0;
    for (id, channel) in silent(tx, &live)? {
        let note = Note {
            cause: &format!("reminder:{}:{due}:{}", live.draw.id.number(), id.0),
            topic: topic.id,
            message: &Message::Reminder {},
            draw: live.draw.id,
            recipient: Recipient::Person(id),
            channel,
            not_after: Some(later(due, REMINDER_LASTS.hours())),
        };
        new += usize::from(put(tx, &note, now)?);
    }
    Ok(new)
}

/// Who has been silent, and how they are reminded.
fn silent(tx: &Tx<'_>, live: &Drawn) -> Result<Vec<(PersonId, Channel)>, StoreError> {
    let bought: HashSet<PersonId> = tx.reported(live.draw.id, "bought")?.into_iter().collect();
    let mut silent = Vec::new();
    for (id, person) in live.people() {
        let Some(phone) = &person.phone else { continue };
        if tx.has_written(phone)? {
            if !bought.contains(&id) {
                silent.push((id, Channel::Sms));
            }
        } else if person.email.is_some() && !tx.was_told(live.draw.id, id)? {
            silent.push((id, Channel::Email));
        }
    }
    Ok(silent)
}

/// When the reminder was due that may still go out.
fn due_reminder(exchange: &Exchange, before: &[Span], now: Timestamp) -> Option<Timestamp> {
    let times = before.iter().filter_map(|span| reminder_at(exchange, *span));
    times.filter(|at| *at <= now && now < later(*at, REMINDER_LASTS.hours())).max()
}

/// Who gets no reminder though one is due, for they have never texted and have no e-mail address.
pub fn without_reminder(site: &Site) -> Result<Vec<String>, StoreError> {
    if due_reminder(&site.exchange, &site.settings.reminders, site.clock.now()).is_none() {
        return Ok(Vec::new());
    }
    site.store.read(|tx| {
        let live = site.topic(tx)?.map(|topic| live_draw(tx, topic)).transpose()?.flatten();
        let mut names = Vec::new();
        for (_, person) in live.iter().flat_map(Drawn::people) {
            if let (Some(phone), None) = (&person.phone, &person.email)
                && !tx.has_written(phone)?
            {
                names.push(person.name.clone());
            }
        }
        Ok(names)
    })
}

/// When a reminder is due; `None` without a day, or with one out of all bounds.
fn reminder_at(exchange: &Exchange, before: Span) -> Option<Timestamp> {
    let zone = TimeZone::get(&exchange.timezone).ok()?;
    let day = exchange.date?.checked_sub(before).ok()?;
    Some(day.to_datetime(time(10, 0, 0, 0)).to_zoned(zone).ok()?.timestamp())
}

/// The newest draw with its roster, once it is live.
fn live_draw(tx: &Tx<'_>, topic: Topic) -> Result<Option<Drawn>, StoreError> {
    let newest = tx.newest_draw(topic.id)?;
    newest.filter(|draw| draw.archive_state == ArchiveState::Confirmed).map(Drawn::read).transpose()
}

fn later(at: Timestamp, by: Span) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
