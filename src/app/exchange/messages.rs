//! An exchange's messages: from a row to an address and words, at the moment of sending and for that moment only.
//!
//! Roles are resolved with the open draw in [`super::sealed_messages`] and nowhere else. Where whoever runs xchange can
//! read what is sent (into files, or everything to one address), nothing is rendered that would show a pairing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use zeroize::Zeroizing;

use super::draw_record::Drawn;
use super::message::Message;
use super::served::ServedExchange;
use super::{announcement, notices, own_link, relays, sealed_messages};
use crate::app::outbox::reach::{Reach, WITH_AN_ANSWER, Way, reach};
use crate::app::outbox::{MessageTopic, Resolution, Sending, Words};
use crate::conversation::exchange::outgoing;
use crate::messaging::quiet::Quiet;
use crate::model::{Exchange, Person, PersonId, Settings, ToldBy, TopicId};
use crate::store::{ArchiveState, Channel, DrawId, OutboxRow, OutboxState, Recipient, StoreError, Telling, Tx};

/// What goes out for an exchange.
pub struct ExchangeMessages {
    pub(super) served: Arc<ServedExchange>,
    quiet: Option<Quiet>,
    /// How long before the day of the exchange reminders are due.
    reminders: Vec<Span>,
    /// The draws that rows refer to, as far as the clear tells; each read once, and again after a change.
    drawn: Mutex<HashMap<DrawId, Arc<Drawn>>>,
}

impl ExchangeMessages {
    /// What goes out for this exchange with these settings.
    pub fn new(served: Arc<ServedExchange>, settings: &Settings) -> Self {
        let quiet = Quiet::of(&settings.messaging, &served.written().timezone);
        Self { served, quiet, reminders: settings.reminders.clone(), drawn: Mutex::default() }
    }

    fn drawn(&self, tx: &Tx<'_>, id: DrawId) -> Result<Option<Arc<Drawn>>, StoreError> {
        let mut known = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(drawn) = known.get(&id)
            && drawn.draw.revision == tx.draw_revision(id)?
        {
            return Ok(Some(Arc::clone(drawn)));
        }
        let Some(stored) = tx.draw(id)? else { return Ok(None) };
        let drawn = Arc::new(Drawn::read(stored)?);
        known.insert(id, Arc::clone(&drawn));
        Ok(Some(drawn))
    }

    fn to_person(
        &self,
        tx: &Tx<'_>,
        row: &OutboxRow,
        drawn: &Drawn,
        id: PersonId,
        sending: Sending<'_>,
    ) -> Result<Resolution, StoreError> {
        let roster = &drawn.roster;
        let Some(person) = drawn.person(id) else {
            return Ok(Resolution::End(OutboxState::Failed, "its person is not in the draw"));
        };
        let way_there = reach_of(tx, person, sending.way)?;
        let notice = |sms| notice(roster, person, sms);
        let words = match Message::of(row)? {
            Message::OpeningNotice { number, at, reason } => {
                notice(outgoing::opening_notice(roster, number, day(roster, at), &reason))
            }
            // Whoever reads it texts again at once, and is to be told a name then.
            Message::RedrawNotice { .. } if !is_replaced(tx, drawn)? => {
                return Ok(Resolution::Wait("the new draw is not live yet"));
            }
            Message::RedrawNotice { reason } => notice(outgoing::redraw_notice(roster, &reason)),
            Message::Reminder {} if row.unsure_since.is_none() && is_needless(tx, row, drawn, (id, person))? => {
                return Ok(Resolution::End(OutboxState::Cancelled, "no reminder is needed any more"));
            }
            Message::Reminder {} => reminder(roster, person, sending),
            Message::Pairing {} => return sealed_messages::pairing(self, tx, drawn, id, &person.name, sending),
            Message::OwnLink {} => return sealed_messages::own_link(self, tx, drawn, id, sending),
            Message::Announcement { text } => return announced(tx, row, (roster, person), &text, sending),
            Message::AddressNotice { number, at, phone, email } => {
                let words = notice(outgoing::address_notice(roster, number, day(roster, at)));
                let former = reach(tx, phone.as_ref(), email.as_ref(), sending.way)?;
                return Ok(addressed(former, words));
            }
            // Who has asked has heard more than this.
            Message::UpdateNotice { .. }
                if row.unsure_since.is_none()
                    && tx.last_telling(drawn.draw.id, id)?.is_some_and(|(_, by)| by != ToldBy::Mail) =>
            {
                return Ok(Resolution::End(OutboxState::Cancelled, "they have asked since"));
            }
            Message::UpdateNotice { joined, left } => notice(outgoing::update_notice(roster, &joined, &left)),
            Message::Relay { .. } => return Ok(Resolution::End(OutboxState::Failed, "a relayed text goes to a role")),
        };
        Ok(addressed(way_there, words))
    }

    /// Queues the pairing by e-mail for everybody who is told so, with a link to their own page.
    fn queue_pairings(&self, tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
        let standing = self.served.standing(tx)?;
        notices::queue_pairing_mails(tx, self.id(), now, |person| match standing.open() {
            Some(open) => own_link::or_new(tx, self.served.draws(), open, person, now).map(drop),
            None => Ok(()),
        })
    }

    /// What was announced before the first draw goes to whoever the file has.
    fn of_no_draw(&self, tx: &Tx<'_>, row: &OutboxRow, sending: Sending<'_>) -> Result<Resolution, StoreError> {
        let (Recipient::Person(id), Message::Announcement { text }) = (row.recipient, Message::of(row)?) else {
            return Ok(Resolution::End(OutboxState::Failed, "its draw is not known"));
        };
        let Some(person) = self.served.person(id) else {
            return Ok(Resolution::End(OutboxState::Cancelled, "its person is not in the exchange any more"));
        };
        announced(tx, row, (self.served.written(), person), &text, sending)
    }
}

/// What the organizer tells everybody, for one of them.
fn announced(
    tx: &Tx<'_>,
    row: &OutboxRow,
    (exchange, person): (&Exchange, &Person),
    text: &str,
    sending: Sending<'_>,
) -> Result<Resolution, StoreError> {
    if announcement::waits_for_an_answer(tx, row, person, sending.as_of)? {
        return Ok(Resolution::Wait(WITH_AN_ANSWER));
    }
    let words = notice(exchange, person, outgoing::announcement(exchange, person, text));
    Ok(addressed(reach_of(tx, person, sending.way)?, words))
}

/// A notice, which is the same by text and by e-mail.
fn notice(roster: &Exchange, person: &Person, sms: String) -> Words {
    Words { mail: outgoing::notice_mail(roster, &sms), sms, addressee: person.name.clone() }
}

impl MessageTopic for ExchangeMessages {
    fn id(&self) -> TopicId {
        self.served.topic().id
    }

    fn quiet_until(&self, _tx: &Tx<'_>, _row: &OutboxRow, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.quiet.as_ref().and_then(|quiet| quiet.end(now)))
    }

    fn is_bounded(&self, row: &OutboxRow) -> bool {
        row.kind == announcement::KIND
    }

    fn resolve(&self, tx: &Tx<'_>, row: &OutboxRow, sending: Sending<'_>) -> Result<Resolution, StoreError> {
        let Some(id) = row.draw else { return self.of_no_draw(tx, row, sending) };
        let Some(drawn) = self.drawn(tx, id)? else {
            return Ok(Resolution::End(OutboxState::Failed, "its draw is gone"));
        };
        match (row.recipient, Message::of(row)?) {
            (Recipient::Person(person), _) => self.to_person(tx, row, &drawn, person, sending),
            (_, Message::Relay { relay, nth }) => sealed_messages::relay(self, tx, &drawn, (&relay, nth), sending),
            _ => Ok(Resolution::End(OutboxState::Failed, "only relayed texts go to a role")),
        }
    }

    fn relayed(&self, tx: &Tx<'_>, id: &str) -> Result<Option<Vec<OutboxRow>>, StoreError> {
        relays::messages(tx, self.served.draws(), self.id(), id)
    }

    fn seal(&self, note: &[u8]) -> Option<Vec<u8>> {
        self.served.draws().seal_note(note)
    }

    fn unseal(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.served.draws().open_note(sealed)
    }

    fn overridden(&self, words: &Words) -> Words {
        let written = self.served.written();
        let sms = if words.sms.is_empty() { &words.mail.text } else { &words.sms };
        Words {
            sms: outgoing::overridden(written, &words.addressee, sms),
            mail: outgoing::overridden_mail(written, &words.addressee, &words.mail),
            addressee: words.addressee.clone(),
        }
    }

    /// Whoever got their pairing by e-mail has been told.
    fn sent(&self, tx: &Tx<'_>, row: &OutboxRow, message: &str, now: Timestamp) -> Result<(), StoreError> {
        match (row.recipient, row.draw, Message::of(row)) {
            (Recipient::Person(person), Some(draw), Ok(Message::Pairing {})) => {
                tx.insert_told_by_mail(draw, &Telling { person, at: now, sid: message.to_owned() })
            }
            _ => Ok(()),
        }
    }

    fn queue_due(&self, tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
        let topic = self.id();
        let mails = if tx.take_mails_due(topic)? { self.queue_pairings(tx, now)? } else { 0 };
        Ok(mails + notices::queue_reminders(tx, topic, self.served.written(), &self.reminders, now)?)
    }

    fn queue_asked(&self, tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
        Ok(self.queue_due(tx, now)? + self.queue_pairings(tx, now)?)
    }
}

fn reminder(roster: &Exchange, person: &Person, sending: Sending<'_>) -> Words {
    let today = day(roster, sending.as_of);
    let mail = outgoing::reminder_mail(roster, person, today, sending.number);
    Words { sms: outgoing::reminder_sms(roster, today), mail, addressee: person.name.clone() }
}

/// Whether a reminder has become needless.
fn is_needless(
    tx: &Tx<'_>,
    row: &OutboxRow,
    drawn: &Drawn,
    (id, person): (PersonId, &Person),
) -> Result<bool, StoreError> {
    if row.channel == Channel::Email && !person.is_mailed() {
        return tx.was_told(drawn.draw.id, id);
    }
    Ok(notices::has_bought(tx, drawn.draw.id)?.contains(&id))
}

/// The way to somebody, as they chose.
pub(super) fn reach_of(tx: &Tx<'_>, person: &Person, way: Way) -> Result<Reach, StoreError> {
    let phone = person.phone.as_ref().filter(|_| !person.is_mailed());
    reach(tx, phone, person.email.as_ref(), way)
}

/// Words and the way to somebody, put together.
pub(super) fn addressed(reach: Reach, words: Words) -> Resolution {
    match reach {
        Reach::At(to) => Resolution::Send(to, words),
        Reach::NotYet(why) => Resolution::Wait(why),
        Reach::Never { why, .. } => Resolution::End(OutboxState::Cancelled, why),
    }
}

/// Whether a live draw has taken the place of this one.
fn is_replaced(tx: &Tx<'_>, drawn: &Drawn) -> Result<bool, StoreError> {
    let newest = tx.newest_draw_state(drawn.draw.topic)?;
    Ok(newest.is_some_and(|newest| newest.id != drawn.draw.id && newest.archive == ArchiveState::Confirmed))
}

/// The day in the exchange's zone.
fn day(exchange: &Exchange, at: Timestamp) -> Date {
    local(exchange, at).date()
}

/// The day and the time in the exchange's zone.
pub(super) fn local(exchange: &Exchange, at: Timestamp) -> DateTime {
    let zone = TimeZone::get(&exchange.timezone).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).datetime()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::exchange::family;

    // G8 H7
    #[test]
    fn days_and_times_are_those_of_the_exchanges_zone() {
        let at: Timestamp = "2026-12-03T23:30:00Z".parse().expect("a time");
        for (zone, expected) in [
            ("Europe/London", "2026-12-03T23:30:00"),
            ("Asia/Kathmandu", "2026-12-04T05:15:00"),
            ("America/New_York", "2026-12-03T18:30:00"),
        ] {
            let exchange = Exchange { timezone: zone.to_owned(), ..family() };
            assert_eq!(local(&exchange, at).to_string(), expected, "{zone}");
            let notice = outgoing::opening_notice(&exchange, 1, day(&exchange, at), "lost");
            assert_eq!(notice.contains("4 December 2026"), zone == "Asia/Kathmandu", "{notice}");
        }
    }
}
