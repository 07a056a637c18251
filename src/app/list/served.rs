//! The lists of a running site: what texts to them do, and the words and the way of what goes out for them.

use std::sync::Arc;

use jiff::Timestamp;

use super::consent::{self, Source};
use super::{broadcasts, planning, sign_up, tokens, trial, voice};
use crate::app::exchanges::Exchanges;
use crate::app::links::Links;
use crate::app::outbox::reach::{Reach, reach};
use crate::app::outbox::{MessageTopic, Resolution, Sending, Words};
use crate::app::responder::TextTopic;
use crate::app::topics::Topics;
use crate::broadcast::{Class, Window, possible_zones};
use crate::conversation::list::Voice;
use crate::messaging::twilio::OPTED_OUT;
use crate::model::{PersonId, TopicId};
use crate::store::{
    Agreed, BroadcastState, CANCELLED, Channel, List, OutboxRow, OutboxState, PAUSED, Recipient, STOPPED, StoreError,
    Subscriber, Tx,
};

mod heard;

/// The lists of a site.
#[derive(Debug, Clone)]
pub struct ListKind {
    site: Exchanges,
    links: Links,
}

impl ListKind {
    /// Those of this site.
    #[must_use]
    pub fn new(site: Exchanges) -> Self {
        let links = Links::new(Arc::clone(&site.keys));
        Self { site, links }
    }

    fn served(&self, list: List) -> Arc<ServedList> {
        Arc::new(ServedList { kind: self.clone(), voice: voice(&list), list })
    }
}

macro_rules! topics {
    ($($side:ty),*) => { $(
        impl Topics<$side> for ListKind {
            fn all(&self, tx: &Tx<'_>) -> Result<Vec<Arc<$side>>, StoreError> {
                Ok(tx.lists()?.into_iter().map(|list| self.served(list) as Arc<$side>).collect())
            }

            fn of(&self, tx: &Tx<'_>, id: TopicId) -> Result<Option<Arc<$side>>, StoreError> {
                Ok(tx.list(id)?.map(|list| self.served(list) as Arc<$side>))
            }
        }
    )* };
}

topics!(dyn TextTopic, dyn MessageTopic);

/// A list of a running site.
pub(super) struct ServedList {
    kind: ListKind,
    list: List,
    voice: Voice,
}

/// When somebody may be texted what goes to many who is in one of these zones, or in the site's where there are none; `None`
/// where there are no quiet hours.
pub(super) fn window<'a>(site: &Exchanges, zones: impl IntoIterator<Item = &'a str>) -> Option<Window> {
    Some(Window::among(site.settings.messaging.night()?, zones, site.timezone()))
}

impl ServedList {
    fn subscribers(&self, tx: &Tx<'_>, people: &[PersonId]) -> Result<Vec<Subscriber>, StoreError> {
        let found: Result<Vec<_>, _> = people.iter().map(|id| tx.subscriber(*id)).collect();
        Ok(found?.into_iter().flatten().collect())
    }

    /// The words and the way of a message to somebody.
    fn words(&self, tx: &Tx<'_>, row: &OutboxRow, who: &Subscriber) -> Result<Result<Words, Resolution>, StoreError> {
        let addressee = who.name();
        let (confirm, leave) = match tokens(&self.kind.links, who.id, who.added_at) {
            Ok(tokens) => tokens,
            Err(_no_key) => {
                return Ok(Err(Resolution::Wait("this machine's key cannot be used, so there are no links")));
            }
        };
        let by_mail = row.channel == Channel::Email;
        let Some(public) = self.kind.site.settings.listener.public_url.as_ref().filter(|_| by_mail) else {
            if by_mail {
                return Ok(Err(Resolution::Wait(
                    "no public address is known, so the e-mail could not be left by a link",
                )));
            }
            let sms = match self.sms(tx, row, who)? {
                Ok(sms) => sms,
                Err(end) => return Ok(Err(end)),
            };
            return Ok(Ok(Words { mail: self.voice.broadcast_mail("", &sms, ""), sms, addressee }));
        };
        let link = |page: &str, token: &str| format!("{}/{page}/{token}", public.as_str().trim_end_matches('/'));
        let leave = link("leave", &leave);
        let mut mail = match row.kind.as_str() {
            broadcasts::KIND => match self.to_all(tx, row, who)? {
                Ok((subject, text)) => self.voice.broadcast_mail(&subject, &text, &leave),
                Err(end) => return Ok(Err(end)),
            },
            _ if who.by_email != Agreed::Asked => return Ok(Err(needless())),
            _ => self.voice.confirm_mail(&link("confirm", &confirm)),
        };
        mail.leave = Some(leave);
        Ok(Ok(Words { sms: String::new(), mail, addressee }))
    }

    fn sms(&self, tx: &Tx<'_>, row: &OutboxRow, who: &Subscriber) -> Result<Result<String, Resolution>, StoreError> {
        Ok(match row.kind.as_str() {
            broadcasts::KIND => self.to_all(tx, row, who)?.map(|(_, text)| text),
            _ if who.by_sms != Agreed::Asked && row.unsure_since.is_none() => Err(needless()),
            _ => Ok(self.voice.confirm_sms()),
        })
    }

    /// The words of a broadcast as they were planned, if they may still go: looked at when they are sent, whatever was true
    /// when they were planned.
    fn to_all(
        &self,
        tx: &Tx<'_>,
        row: &OutboxRow,
        who: &Subscriber,
    ) -> Result<Result<(String, String), Resolution>, StoreError> {
        let missing = || StoreError::damaged("broadcast", "its recipient is gone");
        let (id, words) = tx.recipient(broadcasts::recipient_of(row)?)?.ok_or_else(missing)?;
        let broadcast = tx.broadcast(id)?.ok_or_else(missing)?;
        let is_out = row.unsure_since.is_some();
        Ok(match broadcast.state {
            _ if is_out => Ok((broadcast.subject, words)),
            BroadcastState::Paused => Err(Resolution::Wait(PAUSED)),
            BroadcastState::Stopped => Err(Resolution::Wait(STOPPED)),
            BroadcastState::Cancelled => Err(Resolution::End(OutboxState::Cancelled, CANCELLED)),
            _ if !planning::may_get(&self.list, who, row.channel) => {
                Err(Resolution::End(OutboxState::Cancelled, "they have left the list"))
            }
            _ => Ok((broadcast.subject, words)),
        })
    }

    /// A broadcast on its way to whoever tries it.
    fn resolve_trial(&self, tx: &Tx<'_>, row: &OutboxRow, sending: Sending<'_>) -> Result<Resolution, StoreError> {
        let at = match row.recipient {
            Recipient::Person(id) => tx.addresses_of(id)?,
            _ => None,
        };
        let (Some((phone, email)), Some((subject, text))) = (at, trial::words(tx, row)?) else {
            return Ok(Resolution::End(OutboxState::Cancelled, "there is no plan any more"));
        };
        let mail = self.voice.broadcast_mail(&subject, &text, "(everybody's own link)");
        let words = Words { sms: text, mail, addressee: String::new() };
        Ok(match reach(tx, phone.as_ref(), email.as_ref(), sending.way)? {
            Reach::At(to) => Resolution::Send(to, words),
            Reach::NotYet(why) => Resolution::Wait(why),
            Reach::Never { why, .. } => Resolution::End(OutboxState::Cancelled, why),
        })
    }

    fn of_row(&self, tx: &Tx<'_>, row: &OutboxRow) -> Result<Option<Subscriber>, StoreError> {
        match row.recipient {
            Recipient::Person(id) => tx.subscriber(id),
            _ => Ok(None),
        }
    }

    /// Whether nobody waits for a row when it comes: a broadcast, and the question to confirm that an import has asked or that had
    /// to wait for its turn.
    fn is_unawaited(&self, tx: &Tx<'_>, row: &OutboxRow) -> Result<bool, StoreError> {
        Ok(match (row.kind.as_str(), row.recipient) {
            (broadcasts::KIND, _) => true,
            (sign_up::CONFIRM, Recipient::Person(id)) => {
                let acts = tx.consents(id)?;
                let asked = acts.iter().rev().find(|act| act.channel == row.channel && act.act == Agreed::Asked);
                row.due > row.queued_at || asked.is_some_and(|act| act.source == "import")
            }
            _ => false,
        })
    }

    fn window_of(&self, tx: &Tx<'_>, row: &OutboxRow) -> Result<Option<Window>, StoreError> {
        if !self.is_unawaited(tx, row)? {
            return Ok(None);
        }
        let who = self.of_row(tx, row)?;
        let named = who.as_ref().and_then(|who| who.zone.as_deref());
        Ok(window(&self.kind.site, possible_zones(named, who.as_ref().and_then(|who| who.phone.as_ref()))))
    }
}

fn needless() -> Resolution {
    Resolution::End(OutboxState::Cancelled, "it has been confirmed, or is not wanted any more")
}

impl MessageTopic for ServedList {
    fn id(&self) -> TopicId {
        self.list.id
    }

    fn quiet_until(&self, tx: &Tx<'_>, row: &OutboxRow, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.window_of(tx, row)?.and_then(|window| window.opens(now)))
    }

    fn goes_until(&self, tx: &Tx<'_>, row: &OutboxRow, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.window_of(tx, row)?.and_then(|window| window.closes(now)))
    }

    fn is_bounded(&self, _row: &OutboxRow) -> bool {
        true
    }

    fn resolve(&self, tx: &Tx<'_>, row: &OutboxRow, sending: Sending<'_>) -> Result<Resolution, StoreError> {
        if row.kind == trial::KIND {
            return self.resolve_trial(tx, row, sending);
        }
        let Some(who) = self.of_row(tx, row)? else {
            return Ok(Resolution::End(OutboxState::Failed, "its subscriber is gone"));
        };
        Ok(match self.words(tx, row, &who)? {
            Err(resolution) => resolution,
            Ok(words) => match reach(tx, who.phone.as_ref(), who.email.as_ref(), sending.way)? {
                Reach::At(to) => Resolution::Send(to, words),
                Reach::NotYet(why) => Resolution::Wait(why),
                Reach::Never { why, .. } => Resolution::End(OutboxState::Cancelled, why),
            },
        })
    }

    fn overridden(&self, words: &Words) -> Words {
        let sms = if words.sms.is_empty() { &words.mail.text } else { &words.sms };
        Words {
            sms: self.voice.overridden(&words.addressee, sms),
            mail: self.voice.overridden_mail(&words.addressee, &words.mail),
            addressee: words.addressee.clone(),
        }
    }

    fn sent(&self, tx: &Tx<'_>, row: &OutboxRow, _message: &str, _now: Timestamp) -> Result<(), StoreError> {
        match row.recipient {
            Recipient::Person(id) if row.channel == Channel::Sms => {
                if row.kind == broadcasts::KIND {
                    tx.count_taken(broadcasts::recipient_of(row)?)?;
                }
                tx.has_been_texted(id)
            }
            _ => Ok(()),
        }
    }

    fn ended(&self, tx: &Tx<'_>, row: &OutboxRow, now: Timestamp) -> Result<(), StoreError> {
        let Some(who) = self.of_row(tx, row)? else { return Ok(()) };
        if let (Some(OPTED_OUT), Some(phone)) = (row.provider_code, &who.phone) {
            let source = Source { word: "carrier", evidence: "21610", wording: None };
            return consent::opt_out(tx, (phone, self.list.id), source, now);
        }
        if row.kind == broadcasts::KIND && row.state == OutboxState::Failed {
            let class = Class::of(row.provider_code);
            broadcasts::stop_if_it_must(tx, row, class, now)?;
        }
        Ok(())
    }

    fn queue_due(&self, tx: &Tx<'_>, _now: Timestamp) -> Result<usize, StoreError> {
        tx.hold_on(self.list.id)?;
        Ok(0)
    }

    fn queue_asked(&self, tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
        self.queue_due(tx, now)
    }
}
