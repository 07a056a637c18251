//! What a desk sends: to the host at once, to the visitor when it is time. SMS and e-mail are rows of their own; one that
//! fails does not stop the other.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Desk, before};
use crate::app::exchanges::Exchanges;
use crate::app::outbox::reach::{Reach, reach};
use crate::app::outbox::{MessageTopic, Resolution, Sending, Words};
use crate::conversation::desk::Visit;
use crate::model::{Email, Phone, TopicId};
use crate::store::{Basis, Channel, Ended, NewMessage, OutboxRow, OutboxState, Recipient, StoreError, StoredVisit, Tx};

/// To the host: somebody has come.
const ARRIVED: &str = "visit_arrived";

/// To the visitor: it is time to leave.
const LEAVE: &str = "visit_leave";

/// Later than this nobody wants to read it.
const LATEST: SignedDuration = SignedDuration::from_hours(2);

/// Texts to one number within [`HOUR`], whoever types it.
const MOST_TEXTS: u32 = 3;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What a row says.
#[derive(Serialize, Deserialize)]
struct About {
    visit: i64,
    revision: i64,
}

fn arrived_cause(visit: &StoredVisit, channel: Channel) -> String {
    format!("visit:{}:arrived:{}", visit.id, channel.word())
}

fn leave_cause(visit: &StoredVisit, channel: Channel) -> String {
    format!("visit:{}:leave:{}:{}", visit.id, visit.revision, channel.word())
}

/// Whether the site texts a visitor's number.
pub(super) fn is_texted(site: &Exchanges, phone: Option<&Phone>) -> bool {
    phone.is_some_and(|phone| !phone.is_landline() && site.settings.messaging.may_text(phone, site.country()))
}

/// Queues what the host is to be told at once.
pub(super) fn queue_arrived(tx: &Tx<'_>, visit: &StoredVisit, now: Timestamp) -> Result<(), StoreError> {
    let (_, email) = tx.addresses_of(visit.host)?.unwrap_or_default();
    for channel in [Some(Channel::Sms), email.map(|_| Channel::Email)].into_iter().flatten() {
        let cause = arrived_cause(visit, channel);
        queue(tx, visit, ARRIVED, (&cause, channel), (now, now))?;
    }
    Ok(())
}

/// Queues the goodbye; `true` when there is one by text.
pub(super) fn queue_leave(
    tx: &Tx<'_>,
    site: &Exchanges,
    visit: &StoredVisit,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut texted = false;
    for channel in [Channel::Sms, Channel::Email] {
        texted |= queue_goodbye(tx, site, visit, channel, now)? && channel == Channel::Sms;
    }
    Ok(texted)
}

fn queue_goodbye(
    tx: &Tx<'_>,
    site: &Exchanges,
    visit: &StoredVisit,
    channel: Channel,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let due = visit.out_due;
    let wanted = match (channel, &visit.phone) {
        (Channel::Email, _) => visit.email.is_some(),
        (_, Some(phone)) if is_texted(site, Some(phone)) => {
            let around = (before(due, HOUR), due.saturating_add(HOUR).unwrap_or(Timestamp::MAX));
            tx.texts_due_to(phone, LEAVE, around)? < MOST_TEXTS
        }
        _ => false,
    };
    if wanted {
        queue(tx, visit, LEAVE, (&leave_cause(visit, channel), channel), (now, due))?;
    }
    Ok(wanted)
}

fn queue(
    tx: &Tx<'_>,
    visit: &StoredVisit,
    kind: &str,
    (cause, channel): (&str, Channel),
    (now, due): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    let about = About { visit: visit.id, revision: visit.revision };
    let (basis, person) = if kind == ARRIVED { (Basis::Host, visit.host) } else { (Basis::Visitor, visit.visitor) };
    tx.enqueue(&NewMessage {
        cause,
        topic: visit.desk,
        basis,
        kind,
        parameters: &serde_json::to_string(&about).map_err(|e| StoreError::damaged("message", e))?,
        draw: None,
        recipient: Recipient::Person(person),
        channel,
        at: now,
        due,
        not_after: due.checked_add(LATEST).ok(),
    })?;
    Ok(())
}

/// Moves the goodbye. One that is out, or on its way, is followed by another only for a later time.
pub(super) fn move_leave(
    tx: &Tx<'_>,
    site: &Exchanges,
    old: &StoredVisit,
    new: &StoredVisit,
    now: Timestamp,
) -> Result<(), StoreError> {
    for channel in [Channel::Sms, Channel::Email] {
        let cause = leave_cause(old, channel);
        tx.drop_message(&cause, "the leaving time was moved", now)?;
        if !tx.is_begun(&cause)? || new.out_due > old.out_due {
            queue_goodbye(tx, site, new, channel, now)?;
        }
    }
    Ok(())
}

/// Drops what still waits of a visit that is over.
pub(super) fn drop_waiting(tx: &Tx<'_>, visit: &StoredVisit, why: &str, now: Timestamp) -> Result<(), StoreError> {
    for channel in [Channel::Sms, Channel::Email] {
        // The row read last may be a revision behind.
        let visit = tx.visit(visit.id)?.unwrap_or_else(|| visit.clone());
        tx.drop_message(&leave_cause(&visit, channel), why, now)?;
        tx.drop_message(&arrived_cause(&visit, channel), why, now)?;
    }
    Ok(())
}

/// What a desk sends.
impl MessageTopic for Desk {
    fn id(&self) -> TopicId {
        self.stored.id
    }

    /// A host is told at once, whatever the hour: there is somebody at the door. Who leaves by night reads it by night.
    fn quiet_until(&self, _tx: &Tx<'_>, _row: &OutboxRow, _now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }

    /// Whoever stands at the kiosk makes the site send all of them.
    fn is_bounded(&self, _row: &OutboxRow) -> bool {
        true
    }

    fn resolve(&self, tx: &Tx<'_>, row: &OutboxRow, sending: Sending<'_>) -> Result<Resolution, StoreError> {
        let about: About = serde_json::from_str(&row.parameters).map_err(|e| StoreError::damaged("message", e))?;
        let Some(visit) = tx.visit(about.visit)? else {
            return Ok(Resolution::End(OutboxState::Failed, "its visit is gone"));
        };
        // What may be out already is said again in the same words, whatever has happened since.
        if row.unsure_since.is_none()
            && let Some(why) = needless(row, &about, &visit)
        {
            return Ok(Resolution::End(OutboxState::Cancelled, why));
        }
        let (to, words) = if row.kind == ARRIVED {
            (tx.addresses_of(visit.host)?.unwrap_or_default(), self.arrived(&visit))
        } else {
            ((visit.phone.clone(), visit.email.clone()), self.goodbye(&visit))
        };
        Ok(match reach(tx, to.0.as_ref(), to.1.as_ref(), sending.way)? {
            Reach::At(address) => Resolution::Send(address, words),
            Reach::NotYet(why) => Resolution::Wait(why),
            Reach::Never { why, .. } => Resolution::End(OutboxState::Cancelled, why),
        })
    }

    fn overridden(&self, words: &Words) -> Words {
        Words {
            sms: self.place.overridden(&words.addressee, &words.sms),
            mail: self.place.overridden_mail(&words.addressee, &words.mail),
            addressee: words.addressee.clone(),
        }
    }

    fn sent(&self, _tx: &Tx<'_>, _row: &OutboxRow, _message: &str, _now: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    /// Closes what nobody has ended; that queues nothing.
    fn queue_due(&self, tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
        super::leaving::close_overdue(tx, self, now)?;
        Ok(0)
    }

    fn queue_asked(&self, tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
        self.queue_due(tx, now)
    }
}

/// Why nobody needs to read a row any more. A visit that only the clock has closed still has its goodbye.
fn needless(row: &OutboxRow, about: &About, visit: &StoredVisit) -> Option<&'static str> {
    match visit.ended {
        Some((_, Ended::Left | Ended::Early)) => Some("they have left"),
        Some((_, Ended::Cancelled)) => Some("the visit was cancelled"),
        _ if row.kind == LEAVE && about.revision != visit.revision => Some("the leaving time was moved"),
        _ => None,
    }
}

impl Desk {
    fn visit<'a>(&self, visit: &'a StoredVisit) -> Visit<'a> {
        Visit {
            visitor: &visit.name,
            phone: visit.phone.as_ref().map(Phone::expose).unwrap_or_default(),
            email: visit.email.as_ref().map(Email::expose).unwrap_or_default(),
            host: &visit.host_name,
            room: &visit.room,
            came: self.local(visit.in_at),
            leaves: self.local(visit.out_due),
        }
    }

    fn arrived(&self, stored: &StoredVisit) -> Words {
        let visit = self.visit(stored);
        let (sms, mail) = (self.place.arrived(&visit), self.place.arrived_mail(&visit));
        Words { sms, mail, addressee: stored.host_name.clone() }
    }

    fn goodbye(&self, stored: &StoredVisit) -> Words {
        let visit = self.visit(stored);
        let (sms, mail) = (self.place.goodbye(&visit), self.place.goodbye_mail(&visit));
        Words { sms, mail, addressee: stored.name.clone() }
    }
}
