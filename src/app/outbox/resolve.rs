//! From a row to an address and words, at the moment of sending and for that moment only.
//!
//! Roles are resolved with the open draw here and nowhere else. Where whoever runs xchange can read what is sent (into
//! files, or everything to one address), nothing is rendered that would show a pairing.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::draws::{Draws, Known};
use super::message::Message;
use super::reach::{Reach, Way, reach};
use crate::conversation::Mail;
use crate::conversation::exchange::outgoing;
use crate::messaging::envelope::{Address, Body, Envelope};
use crate::messaging::sender::Means;
use crate::model::{Email, Exchange, PersonIndex, Phone};
use crate::store::{ArchiveState, Channel, OutboxRow, OutboxState, Recipient, StoreError, Tx};

mod sealed;

/// What is to be done about a row.
pub(super) enum Resolution {
    /// It can be sent.
    Send(Box<Envelope>),
    /// Not yet.
    Wait(&'static str),
    /// Never.
    End(OutboxState, &'static str),
}

/// What resolving needs to know besides the row.
pub(super) struct Resolver {
    /// The exchange as the roster file has it.
    pub(super) exchange: Exchange,
    pub(super) draws: Draws,
    pub(super) means: Means,
    /// Every text goes here instead.
    pub(super) override_phone: Option<Phone>,
    /// Every e-mail goes here instead.
    pub(super) override_email: Option<Email>,
    /// The number to text, for e-mails that ask for it.
    pub(super) number: String,
}

/// Words for one person, before it is known which way they go.
struct Words {
    sms: String,
    mail: Mail,
    /// Who they are for, in words that show no pairing.
    addressee: String,
}

impl Resolver {
    /// Resolves a row as of `now`. A row whose fate is unsure is rendered as of the time it was first sent, so that
    /// the same words come out. One that is damaged, or of a kind that a later version knows, ends and stops no other.
    pub(super) fn resolve(&self, tx: &Tx<'_>, row: &OutboxRow, now: Timestamp) -> Result<Resolution, StoreError> {
        match self.resolve_sound(tx, row, now) {
            Err(StoreError::Damaged { .. }) => {
                Ok(Resolution::End(OutboxState::Failed, "what is stored of it cannot be read"))
            }
            other => other,
        }
    }

    fn resolve_sound(&self, tx: &Tx<'_>, row: &OutboxRow, now: Timestamp) -> Result<Resolution, StoreError> {
        let message = Message::of(row)?;
        let as_of = row.unsure_since.unwrap_or(now);
        let way = Way { channel: row.channel, begins: message.begins(), means: self.reachable_means() };
        match (&row.recipient, row.draw) {
            (Recipient::Phone(phone), _) => self.outsider(tx, row, &message, reach(tx, Some(phone), None, way)?),
            (Recipient::Email(email), _) => self.outsider(tx, row, &message, reach(tx, None, Some(email), way)?),
            (Recipient::Illegible, _) => Ok(Resolution::End(OutboxState::Failed, "its address cannot be read")),
            (_, None) => Ok(Resolution::End(OutboxState::Failed, "its draw is not known")),
            (recipient, Some(id)) => {
                let Some(draw) = self.draws.known(tx, id)? else {
                    return Ok(Resolution::End(OutboxState::Failed, "its draw is gone"));
                };
                match (recipient, &message) {
                    (Recipient::Person(person), _) => self.person(tx, row, &draw, *person, &message, way, as_of),
                    (_, Message::Relay { relay, nth }) => self.relay(tx, row, &draw, *relay, *nth, way),
                    _ => Ok(Resolution::End(OutboxState::Failed, "only relayed texts go to a role")),
                }
            }
        }
    }

    /// With everything going to one address, that address's channel is the only one needed.
    fn reachable_means(&self) -> Means {
        match (&self.override_phone, &self.override_email) {
            (Some(_), None) if self.means.sms => Means { email: true, ..self.means },
            (None, Some(_)) if self.means.email => Means { sms: true, ..self.means },
            _ => self.means,
        }
    }

    /// Whether what is sent comes before other eyes than its recipient's.
    pub(super) fn is_overseen(&self) -> bool {
        self.means.overseen || self.override_phone.is_some() || self.override_email.is_some()
    }

    fn outsider(
        &self,
        tx: &Tx<'_>,
        row: &OutboxRow,
        message: &Message,
        reach: Reach,
    ) -> Result<Resolution, StoreError> {
        let Message::Plain { subject, text, .. } = message else {
            return Ok(Resolution::End(OutboxState::Failed, "such a message needs a person of the draw"));
        };
        let addressee = match &reach {
            Reach::At(address) => address.to_string(),
            _ => String::new(),
        };
        let words = Words { sms: text.clone(), mail: self.plain_mail(subject.as_deref(), text), addressee };
        self.address(tx, row, reach, &words)
    }

    #[expect(clippy::too_many_arguments, reason = "all of them describe the one row")]
    fn person(
        &self,
        tx: &Tx<'_>,
        row: &OutboxRow,
        draw: &Known,
        id: PersonIndex,
        message: &Message,
        way: Way,
        as_of: Timestamp,
    ) -> Result<Resolution, StoreError> {
        let roster = &draw.roster;
        let Some(person) = roster.people.get(id.index()) else {
            return Ok(Resolution::End(OutboxState::Failed, "its person is not in the draw"));
        };
        let reach = reach(tx, person.phone.as_ref(), person.email.as_ref(), way)?;
        let notice = |sms: String| {
            let mail = outgoing::notice_mail(roster, &sms);
            Words { sms, mail, addressee: person.name.clone() }
        };
        let words = match message {
            Message::OpeningNotice { number, at, reason } => {
                notice(outgoing::opening_notice(roster, *number, day(roster, *at), reason))
            }
            // Whoever reads it texts again at once, and is to be told a name then.
            Message::RedrawNotice { .. } if !is_replaced(tx, row, draw)? => {
                return Ok(Resolution::Wait("the new draw is not live yet"));
            }
            Message::RedrawNotice { reason } => notice(outgoing::redraw_notice(roster, reason)),
            Message::Plain { subject, text, .. } => {
                let mail = self.plain_mail(subject.as_deref(), text);
                Words { sms: text.clone(), mail, addressee: person.name.clone() }
            }
            Message::Reminder {} => match self.reminder(tx, row, draw, id, as_of)? {
                Ok(words) => words,
                Err(resolution) => return Ok(resolution),
            },
            Message::Pairing {} => return self.pairing(tx, row, draw, &person.name, way),
            Message::Relay { .. } => return Ok(Resolution::End(OutboxState::Failed, "a relayed text goes to a role")),
        };
        self.address(tx, row, reach, &words)
    }

    /// A reminder, unless it has become needless.
    fn reminder(
        &self,
        tx: &Tx<'_>,
        row: &OutboxRow,
        draw: &Known,
        id: PersonIndex,
        as_of: Timestamp,
    ) -> Result<Result<Words, Resolution>, StoreError> {
        let roster = &draw.roster;
        let person = roster.person(id);
        let done = match (row.draw, row.channel) {
            (Some(draw), Channel::Sms) => tx.reported(draw, "bought")?.contains(&id),
            (Some(draw), _) => tx.told(draw)?.iter().any(|told| told.person == id),
            (None, _) => false,
        };
        if done && row.unsure_since.is_none() {
            return Ok(Err(Resolution::End(OutboxState::Cancelled, "no reminder is needed any more")));
        }
        let today = day(roster, as_of);
        let mail = outgoing::reminder_mail(roster, person, today, &self.number);
        Ok(Ok(Words { sms: outgoing::reminder_sms(roster, today), mail, addressee: person.name.clone() }))
    }

    /// Puts words and address together, by way of the override if there is one.
    fn address(&self, tx: &Tx<'_>, row: &OutboxRow, reach: Reach, words: &Words) -> Result<Resolution, StoreError> {
        let to = match reach {
            Reach::At(to) => to,
            Reach::NotYet(why) => return Ok(Resolution::Wait(why)),
            Reach::Never { why, .. } => return Ok(Resolution::End(OutboxState::Cancelled, why)),
        };
        let to = match (to, &self.override_phone, &self.override_email) {
            (Address::Phone(_), Some(phone), _) | (Address::Email(_), Some(phone), None) => {
                Address::Phone(phone.clone())
            }
            (Address::Email(_), _, Some(email)) | (Address::Phone(_), None, Some(email)) => {
                Address::Email(email.clone())
            }
            (to, None, None) => to,
        };
        if let Address::Phone(phone) = &to
            && tx.is_opted_out(phone)?
        {
            return Ok(Resolution::End(OutboxState::Cancelled, "the phone has opted out"));
        }
        let body = self.body(&to, words);
        let reference = reference(row);
        let addressee = words.addressee.clone();
        Ok(Resolution::Send(Box::new(Envelope { to, body, reference, addressee, queued_at: row.queued_at })))
    }

    fn body(&self, to: &Address, words: &Words) -> Body {
        let overridden = self.override_phone.is_some() || self.override_email.is_some();
        match to {
            Address::Phone(_) => {
                let sms = if words.sms.is_empty() { &words.mail.text } else { &words.sms };
                Body::Text(if overridden {
                    outgoing::overridden(&self.exchange, &words.addressee, sms)
                } else {
                    sms.clone()
                })
            }
            Address::Email(_) => {
                let mail = if overridden {
                    outgoing::overridden_mail(&self.exchange, &words.addressee, &words.mail)
                } else {
                    words.mail.clone()
                };
                Body::Mail { subject: mail.subject, text: mail.text, html: mail.html }
            }
        }
    }

    fn plain_mail(&self, subject: Option<&str>, text: &str) -> Mail {
        let mail = outgoing::notice_mail(&self.exchange, text);
        Mail { subject: subject.map_or(mail.subject, str::to_owned), text: mail.text, html: mail.html }
    }
}

/// What a message is called outside: the same at every repetition, and in no other exchange's outbox.
fn reference(row: &OutboxRow) -> String {
    let digest = Sha256::digest(format!("{} {}", row.cause, row.queued_at).as_bytes());
    format!("{}-{}.{}", row.id.number(), row.kind.replace('_', "-"), HEXLOWER.encode(&digest[..6]))
}

/// Whether a live draw has taken the place of the row's.
fn is_replaced(tx: &Tx<'_>, row: &OutboxRow, draw: &Known) -> Result<bool, StoreError> {
    let newest = tx.newest_draw_state(&draw.series, &draw.roster.name)?;
    Ok(newest.is_some_and(|(id, state)| Some(id) != row.draw && state == ArchiveState::Confirmed))
}

/// The day in the exchange's zone.
fn day(exchange: &Exchange, at: Timestamp) -> Date {
    let zone = TimeZone::get(&exchange.timezone).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).date()
}
