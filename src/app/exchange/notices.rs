//! Puts messages into the outbox, in the transaction of their cause. Each has a cause that makes it once, however often
//! it is queued.

use std::collections::{BTreeSet, HashSet};

use data_encoding::HEXLOWER;
use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use sha2::{Digest, Sha256};

use super::addresses::Addresses;
use super::draw_record::Drawn;
use super::message::Message;
use crate::app::site::Site;
use crate::conversation::exchange::GiftReport;
use crate::model::{Exchange, Person, PersonId, TopicId};
use crate::seal::Opening;
use crate::store::{ArchiveState, Basis, Channel, DrawId, NewMessage, OutboxId, Recipient, StoreError, StoredDraw, Tx};

/// How long an announcement waits for somebody's first text, in hours: sixty days.
const ANNOUNCEMENT_LASTS: i64 = 60 * 24;

/// How long a reminder is worth sending, in hours.
const REMINDER_LASTS: i64 = 36;

/// How long the link to one's own page waits to be mailed, in hours: whoever asked for it looks for it now.
const OWN_LINK_LASTS: i64 = 24;

/// Queues a message about a draw; not after the time, if there is one. `false`: there is one of this cause already.
fn put(
    tx: &Tx<'_>,
    cause: &str,
    (topic, draw, person): (TopicId, Option<DrawId>, PersonId),
    message: &Message,
    (channel, not_after): (Channel, Option<Timestamp>),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (kind, parameters) = message.stored()?;
    let queued = tx.enqueue(&NewMessage {
        cause,
        topic,
        basis: Basis::Wrote,
        kind: &kind,
        parameters: &parameters,
        draw,
        recipient: Recipient::Person(person),
        channel,
        at: now,
        due: now,
        not_after,
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
    let cause = format!("opening:{}:{}", draw.series_id.number(), opening.number);
    put(tx, &cause, (draw.topic, Some(draw.id), giver), &message, (Channel::Either, None), now).map(drop)
}

/// Queues the notice of a new draw to everybody who had asked before it; `before` is the draw that no longer counts.
pub(super) fn queue_redraw_notices(
    tx: &Tx<'_>,
    before: &StoredDraw,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let asked: BTreeSet<PersonId> = tx.tellings(before.id)?.into_iter().map(|telling| telling.person).collect();
    let message = Message::RedrawNotice { reason: reason.to_owned() };
    for person in asked {
        let cause = format!("redraw:{}:{}", before.id.number(), person.0);
        put(tx, &cause, (before.topic, Some(before.id), person), &message, (Channel::Either, None), now)?;
    }
    Ok(())
}

/// Queues the notices of a changed address, to each that the person had before.
pub(super) fn queue_address_notices(
    tx: &Tx<'_>,
    draw: &StoredDraw,
    (person, from): (PersonId, &Addresses),
    entry: &Opening,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (number, at) = (entry.number, entry.at);
    let by_phone = from.phone.clone().map(|phone| (Channel::Sms, Some(phone), None));
    let by_mail = from.email.clone().map(|email| (Channel::Email, None, Some(email)));
    for (channel, phone, email) in by_phone.into_iter().chain(by_mail) {
        let cause = format!("address:{}:{number}:{}", draw.series_id.number(), channel.word());
        let message = Message::AddressNotice { number, at, phone, email };
        put(tx, &cause, (draw.topic, Some(draw.id), person), &message, (channel, None), now)?;
    }
    Ok(())
}

/// Queues the notice of who joined and who left, to one of a draw's people.
pub(super) fn queue_update_notice(
    tx: &Tx<'_>,
    topic: TopicId,
    (draw, person): (DrawId, PersonId),
    (joined, left): &(Vec<String>, Vec<String>),
    now: Timestamp,
) -> Result<(), StoreError> {
    let cause = format!("update:{}:{}", draw.number(), person.0);
    let message = Message::UpdateNotice { joined: joined.clone(), left: left.clone() };
    put(tx, &cause, (topic, Some(draw), person), &message, (Channel::Either, None), now).map(drop)
}

/// Queues the pairing by e-mail for everybody who is told so, once a draw; gives how many are new. Before the draw is live
/// there are none. `prepare` is done first for each.
pub(super) fn queue_pairing_mails(
    tx: &Tx<'_>,
    topic: TopicId,
    now: Timestamp,
    prepare: impl Fn(PersonId) -> Result<(), StoreError>,
) -> Result<usize, StoreError> {
    let Some(live) = live_draw(tx, topic)? else { return Ok(0) };
    let mut new = 0;
    for (id, _) in live.people().filter(|(_, person)| person.is_mailed()) {
        prepare(id)?;
        new += usize::from(queue_pairing_mail(tx, topic, (live.draw.id, id), None, now)?);
    }
    Ok(new)
}

/// Queues the link to somebody's own page.
pub(super) fn queue_own_link(
    tx: &Tx<'_>,
    topic: TopicId,
    (draw, person): (DrawId, PersonId),
    now: Timestamp,
) -> Result<(), StoreError> {
    let cause = format!("own_link:{}:{}:{}", draw.number(), person.0, now.as_millisecond());
    let until = later(now, OWN_LINK_LASTS.hours());
    put(tx, &cause, (topic, Some(draw), person), &Message::OwnLink {}, (Channel::Email, Some(until)), now).map(drop)
}

/// Queues a pairing by e-mail, once a draw, and once more after a message in which it was sent; `false`: it is queued
/// already.
pub(super) fn queue_pairing_mail(
    tx: &Tx<'_>,
    topic: TopicId,
    (draw, person): (DrawId, PersonId),
    after: Option<OutboxId>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let again = after.map(|row| format!(":after:{}", row.number())).unwrap_or_default();
    let cause = format!("pairing:{}:{}{again}", draw.number(), person.0);
    put(tx, &cause, (topic, Some(draw), person), &Message::Pairing {}, (Channel::Email, None), now)
}

/// Queues what the organizer tells everybody, for one of them; the same words once. `false`: they are queued already.
pub(super) fn queue_announcement(
    tx: &Tx<'_>,
    topic: TopicId,
    (draw, person, channel): (Option<DrawId>, PersonId, Channel),
    text: &Message,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (_, parameters) = text.stored()?;
    let words = HEXLOWER.encode(&Sha256::digest(parameters.as_bytes())[..16]);
    let cause = format!("announcement:{}:{words}:{}", topic.0, person.0);
    let until = later(now, ANNOUNCEMENT_LASTS.hours());
    put(tx, &cause, (topic, draw, person), text, (channel, Some(until)), now)
}

/// Queues the reminders whose time has come, to those only who have said neither BOUGHT nor SENT: by SMS if they have written, by
/// e-mail if they were told so or have not asked. Gives how many are new.
///
/// A reminder comes at ten in the morning of the exchange's zone; one that could not be sent in the next 36 hours
/// lapses.
pub(super) fn queue_reminders(
    tx: &Tx<'_>,
    topic: TopicId,
    exchange: &Exchange,
    before: &[Span],
    now: Timestamp,
) -> Result<usize, StoreError> {
    let Some(due) = due_reminder(exchange, before, now) else { return Ok(0) };
    let Some(live) = live_draw(tx, topic)? else { return Ok(0) };
    let mut new = 0;
    for (id, _, channel) in silent(tx, &live)? {
        let Some(channel) = channel else { continue };
        let cause = format!("reminder:{}:{due}:{}", live.draw.id.number(), id.0);
        let (to, until) = ((topic, Some(live.draw.id), id), later(due, REMINDER_LASTS.hours()));
        new += usize::from(put(tx, &cause, to, &Message::Reminder {}, (channel, Some(until)), now)?);
    }
    Ok(new)
}

/// Somebody who has said neither BOUGHT nor SENT, and the channel by which they are reminded; `None`: nothing reaches them.
type Silent<'a> = (PersonId, &'a Person, Option<Channel>);

/// Who has a present, as they say. GOT is about their own.
pub(super) fn has_bought(tx: &Tx<'_>, draw: DrawId) -> Result<HashSet<PersonId>, StoreError> {
    let reports = [tx.reported(draw, GiftReport::Bought.word())?, tx.reported(draw, GiftReport::Sent.word())?];
    Ok(reports.into_iter().flatten().collect())
}

/// Who has said neither BOUGHT nor SENT.
fn silent<'a>(tx: &Tx<'_>, live: &'a Drawn) -> Result<Vec<Silent<'a>>, StoreError> {
    let bought = has_bought(tx, live.draw.id)?;
    let mut silent = Vec::new();
    for (id, person) in live.people().filter(|(id, _)| !bought.contains(id)) {
        let can_be_texted = match &person.phone {
            Some(phone) => tx.has_written(phone)? && !tx.is_opted_out(phone)?,
            None => false,
        };
        let was_told = || tx.was_told(live.draw.id, id);
        let channel = match person.is_mailed() {
            // Their name comes first.
            true if !was_told()? => continue,
            true => Some(Channel::Email),
            false if can_be_texted => Some(Channel::Sms),
            false => (person.email.is_some() && !was_told()?).then_some(Channel::Email),
        };
        silent.push((id, person, channel));
    }
    Ok(silent)
}

/// When the reminder was due that may still go out.
fn due_reminder(exchange: &Exchange, before: &[Span], now: Timestamp) -> Option<Timestamp> {
    let times = before.iter().filter_map(|span| reminder_at(exchange, *span));
    times.filter(|at| *at <= now && now < later(*at, REMINDER_LASTS.hours())).max()
}

/// When the next reminder is due.
pub fn next_reminder(exchange: &Exchange, before: &[Span], now: Timestamp) -> Option<Timestamp> {
    before.iter().filter_map(|span| reminder_at(exchange, *span)).filter(|at| *at > now).min()
}

/// Who gets no reminder though one is due, for they have never texted or have said STOP.
pub fn without_reminder(site: &Site) -> Result<Vec<String>, StoreError> {
    if due_reminder(&site.exchange, &site.settings.reminders, site.clock.now()).is_none() {
        return Ok(Vec::new());
    }
    site.store.read(|tx| {
        let live = site.topic(tx)?.map(|topic| live_draw(tx, topic.id)).transpose()?.flatten();
        let silent = live.as_ref().map(|live| silent(tx, live)).transpose()?.unwrap_or_default();
        let unreached = silent.into_iter().filter(|(.., channel)| channel.is_none());
        Ok(unreached.map(|(_, person, _)| person.name.clone()).collect())
    })
}

/// How many people are to be mailed their pairing, and neither were nor wait for a worker: so it is after a restore, which
/// cannot know who was told before.
pub fn unmailed(site: &Site) -> Result<usize, StoreError> {
    site.store.read(|tx| {
        let Some(topic) = site.topic(tx)? else { return Ok(0) };
        let Some(live) = live_draw(tx, topic.id)?.filter(|live| live.people().any(|(_, person)| person.is_mailed()))
        else {
            return Ok(0);
        };
        let known: HashSet<PersonId> = tx.people_with_message(live.draw.id, "pairing")?.into_iter().collect();
        let unmailed = live.people().filter(|(id, person)| person.is_mailed() && !known.contains(id)).count();
        Ok(if tx.mails_are_due(live.draw.id)? { 0 } else { unmailed })
    })
}

/// When a reminder is due; `None` without a day, or with one out of all bounds.
fn reminder_at(exchange: &Exchange, before: Span) -> Option<Timestamp> {
    let zone = TimeZone::get(&exchange.timezone).ok()?;
    let day = exchange.date?.checked_sub(before).ok()?;
    Some(day.to_datetime(time(10, 0, 0, 0)).to_zoned(zone).ok()?.timestamp())
}

/// The newest draw with its roster, once it is live.
pub(super) fn live_draw(tx: &Tx<'_>, topic: TopicId) -> Result<Option<Drawn>, StoreError> {
    let newest = tx.newest_draw(topic)?;
    newest.filter(|draw| draw.archive_state == ArchiveState::Confirmed).map(Drawn::read).transpose()
}

fn later(at: Timestamp, by: Span) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
