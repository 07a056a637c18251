//! The events of a running site: texts to them, and messages of theirs.

use std::sync::Arc;

use jiff::Timestamp;

use super::dealing::{Step, changed};
use super::{Events, Via, calendar};
use crate::app::outbox::reach::{Reach, reach};
use crate::app::outbox::{MessageTopic, Resolution, Sending, Words};
use crate::app::responder::{Answer, Courtesy, Health, Heard, Incoming, TextTopic};
use crate::app::topics::Topics;
use crate::broadcast::Window;
use crate::conversation::event::{
    Kind, Reader, help, message, overridden, speaker, too_many, understand, which_event, words,
};
use crate::conversation::{Asks, Signs};
use crate::dealing;
use crate::model::{Invitation, PersonId, Phase, Phone, State, TopicId};
use crate::store::{Channel, Event, Guest, InvitedBy, OutboxRow, OutboxState, Recipient, StoreError, StoredText, Tx};

/// All events of a site.
pub struct ServedEvents(Events);

impl ServedEvents {
    /// Those of a site.
    #[must_use]
    pub fn new(events: Events) -> Self {
        Self(events)
    }

    fn one(&self, tx: &Tx<'_>, id: TopicId) -> Result<Option<Arc<ServedEvent>>, StoreError> {
        Ok(tx.event(id)?.map(|event| Arc::new(ServedEvent { events: self.0.clone(), event })))
    }

    fn served(&self, tx: &Tx<'_>) -> Result<Vec<Arc<ServedEvent>>, StoreError> {
        let mut all = Vec::new();
        for id in tx.events()? {
            all.extend(self.one(tx, id)?);
        }
        Ok(all)
    }
}

impl Topics<dyn TextTopic> for ServedEvents {
    fn all(&self, tx: &Tx<'_>) -> Result<Vec<Arc<dyn TextTopic>>, StoreError> {
        Ok(self.served(tx)?.into_iter().map(|event| event as Arc<dyn TextTopic>).collect())
    }

    fn of(&self, tx: &Tx<'_>, id: TopicId) -> Result<Option<Arc<dyn TextTopic>>, StoreError> {
        Ok(self.one(tx, id)?.map(|event| event as Arc<dyn TextTopic>))
    }
}

impl Topics<dyn MessageTopic> for ServedEvents {
    fn all(&self, tx: &Tx<'_>) -> Result<Vec<Arc<dyn MessageTopic>>, StoreError> {
        Ok(self.served(tx)?.into_iter().map(|event| event as Arc<dyn MessageTopic>).collect())
    }

    fn of(&self, tx: &Tx<'_>, id: TopicId) -> Result<Option<Arc<dyn MessageTopic>>, StoreError> {
        Ok(self.one(tx, id)?.map(|event| event as Arc<dyn MessageTopic>))
    }
}

/// An event as it was when it was asked for.
struct ServedEvent {
    events: Events,
    event: Event,
}

impl ServedEvent {
    fn guests(&self, tx: &Tx<'_>, people: &[PersonId]) -> Result<Vec<Guest>, StoreError> {
        let mut guests = Vec::new();
        for person in people {
            guests.extend(tx.guest(InvitedBy::Person(*person))?);
        }
        Ok(guests)
    }

    /// What may be texted, if anything.
    fn help(&self, guest: Option<&Guest>) -> String {
        let ended = self.events.ended(&self.event);
        self.to(guest, |reader| ended.map_or_else(|| help(reader), |said| words(reader, said)))
    }

    /// Says something to whoever may be reading.
    fn to<T>(&self, guest: Option<&Guest>, say: impl Fn(&Reader<'_>) -> T) -> T {
        let about = self.events.about(&self.event);
        let nobody = blank();
        let (name, invitation) = guest.map_or(("", &nobody), |guest| (&guest.name, &guest.invitation));
        let link = guest.and_then(|guest| self.events.link(guest).ok()).unwrap_or_default();
        say(&Reader { about: &about, name, invitation, link: &link, place: 0, is_first: false })
    }
}

/// Nobody's invitation.
fn blank() -> Invitation {
    Invitation::blank(Timestamp::UNIX_EPOCH)
}

/// Whether an invitation waits for an answer.
fn awaits_answer(guest: &Guest) -> bool {
    let Invitation { state, asked_again, is_certain, .. } = guest.invitation;
    state == State::Open || (state == State::Held && asked_again && !is_certain)
}

impl TextTopic for ServedEvent {
    fn id(&self) -> TopicId {
        self.event.topic
    }

    fn health(&self, _tx: &Tx<'_>) -> Result<Health, StoreError> {
        Ok(Health::Live)
    }

    fn people_of(&self, tx: &Tx<'_>, _phone: &Phone, persons: Vec<PersonId>) -> Result<Vec<PersonId>, StoreError> {
        let guests = self.guests(tx, &persons)?;
        Ok(guests
            .into_iter()
            .filter(|guest| guest.invitation.state != State::Skipped)
            .map(|guest| guest.person)
            .collect())
    }

    fn signs(&self, tx: &Tx<'_>, people: &[PersonId], now: Timestamp) -> Result<Signs, StoreError> {
        let guests = self.guests(tx, people)?;
        let is_on = now < self.event.terms.starts_at && self.event.terms.phase != Phase::Cancelled;
        Ok(Signs {
            keyword: "yes".to_owned(),
            name: self.event.name.clone(),
            is_over: !(is_on && guests.iter().any(awaits_answer)),
            people: guests.into_iter().map(|guest| guest.name).collect(),
        })
    }

    fn asks(&self, tx: &Tx<'_>, body: &str, people: &[PersonId]) -> Result<Asks, StoreError> {
        let guests = self.guests(tx, people)?;
        let names: Vec<&str> = guests.iter().map(|guest| &*guest.name).collect();
        Ok(match understand(body, &names) {
            Some(answered) => Asks::Something { command: Some(answered.command()), has_text: false },
            None => Asks::Nothing,
        })
    }

    fn which(&self, choices: &[String]) -> Answer {
        Answer::Words(self.to(None, |reader| which_event(reader, choices, false)))
    }

    fn hear(&self, tx: &Tx<'_>, incoming: Incoming<'_>, now: Timestamp) -> Result<Heard, StoreError> {
        let guests = self.guests(tx, incoming.people)?;
        let named: Vec<(&Guest, &str)> = guests.iter().map(|guest| (guest, &*guest.name)).collect();
        let names: Vec<&str> = named.iter().map(|(_, name)| *name).collect();
        let body = &incoming.text.body;
        // Of several guests with one phone the only one who is asked something is meant.
        let mut asked = guests.iter().filter(|guest| awaits_answer(guest));
        let only = asked.next().filter(|_| asked.next().is_none());
        let (outcome, meant, words) = match (understand(body, &names), speaker(body, &named).or(only)) {
            (Some(answered), Some(guest)) => {
                let answer = self.events.answer(tx, guest, (answered.word, answered.many), Via::Text, now)?;
                ("answered", Some(guest.person), answer.words)
            }
            (Some(answered), None) => {
                let command = answered.command();
                let choices: Vec<String> = names.iter().map(|name| format!("{command} {name}")).collect();
                ("which_guest", None, self.to(None, |reader| which_event(reader, &choices, true)))
            }
            (None, _) => ("help", None, self.help(guests.first())),
        };
        let outcome = serde_json::to_string(outcome).map_err(|e| StoreError::damaged("outcome", e))?;
        let logged = StoredText { topic: Some(self.event.topic), person: meant, draw: None, told: false, outcome };
        Ok(Heard { logged: Some(logged), answer: Answer::Words(words) })
    }

    fn hear_again(&self, tx: &Tx<'_>, incoming: Incoming<'_>, logged: &StoredText) -> Result<Answer, StoreError> {
        let guests = self.guests(tx, incoming.people)?;
        let meant = guests.iter().find(|guest| Some(guest.person) == logged.person);
        Ok(match (logged.outcome.as_str(), meant) {
            ("\"answered\"", Some(guest)) => Answer::Words(self.events.standing(tx, guest, Via::Text)?.words),
            ("\"help\"", _) => Answer::Words(self.help(guests.first())),
            _ => Answer::Silence,
        })
    }

    fn courtesy(&self, courtesy: Courtesy) -> Answer {
        match courtesy {
            Courtesy::TooMany => Answer::Words(self.to(None, too_many)),
            _ => Answer::Silence,
        }
    }
}

/// What a row says of the invitation it is about.
#[derive(serde::Deserialize)]
struct Parameters {
    round: u32,
    /// When it begins, as far as its reader knows.
    begins: Option<Timestamp>,
}

fn read(row: &OutboxRow) -> Result<(Kind, Parameters), StoreError> {
    let what = || format!("message {}", row.id.number());
    let kind = Kind::from_word(&row.kind).ok_or_else(|| StoreError::damaged(what(), "its kind is not known"))?;
    Ok((kind, serde_json::from_str(&row.parameters).map_err(|e| StoreError::damaged(what(), e))?))
}

/// Whether a message takes back what its reader counts on. It bears no delay, whatever else is held back.
fn is_news(kind: Kind) -> bool {
    matches!(kind, Kind::Changed | Kind::Cancelled | Kind::Withdrawn)
}

/// Whether a message answers an answer, and is never held back either.
fn is_answer(kind: Kind) -> bool {
    matches!(kind, Kind::Noted | Kind::Seated)
}

impl ServedEvent {
    fn guest(&self, tx: &Tx<'_>, row: &OutboxRow) -> Result<Option<Guest>, StoreError> {
        let Recipient::Person(person) = row.recipient else { return Ok(None) };
        tx.guest(InvitedBy::Person(person))
    }

    /// When a text to a guest may go out.
    fn window(&self, guest: Option<&Guest>) -> Option<Window> {
        self.events.window(&self.event, guest.and_then(|guest| guest.phone.as_ref()))
    }

    /// A guest as their message says that they stand: where it offers seats, with the time that they have once it leaves.
    fn told(&self, guest: &Guest, kind: Kind, leaves: Timestamp) -> Invitation {
        let mut told = guest.invitation.clone();
        if matches!(kind, Kind::Invited | Kind::Offered) && told.state == State::Open {
            told.lapses_at = Some(self.event.terms.lapses_once_sent(&told, leaves));
        }
        told
    }

    /// Whether a message waits until its event goes on.
    fn is_paused(&self, kind: Kind) -> bool {
        self.event.terms.phase == Phase::Paused && !(is_news(kind) || is_answer(kind))
    }

    /// Why a message is not to be sent any more.
    fn is_needless(&self, guest: &Guest, row: &OutboxRow, (kind, round): (Kind, u32)) -> Option<&'static str> {
        let Invitation { state, round: now, is_certain, .. } = guest.invitation;
        let is_cancelled = self.event.terms.phase == Phase::Cancelled;
        match kind {
            Kind::Cancelled => None,
            _ if is_cancelled => Some("the event does not take place"),
            Kind::Invited | Kind::Offered if state != State::Open || round != now => Some("it is not open any more"),
            Kind::AskedAgain if is_certain || state != State::Held => Some("they have answered"),
            Kind::Seated | Kind::Reminded if state != State::Held => Some("they hold no seat any more"),
            Kind::Changed if row.cause != changed(guest.id, self.event.revision) => Some("it has changed again since"),
            _ => None,
        }
    }
}

impl MessageTopic for ServedEvent {
    fn id(&self) -> TopicId {
        self.event.topic
    }

    fn quiet_until(&self, tx: &Tx<'_>, row: &OutboxRow, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let opens = self.window(self.guest(tx, row)?.as_ref()).and_then(|window| window.opens(now));
        let (kind, Parameters { begins, .. }) = read(row)?;
        let begins = self.event.terms.starts_at.min(begins.unwrap_or(Timestamp::MAX));
        Ok(opens.filter(|opens| !(is_news(kind) && dealing::may_have_set_out(begins, *opens))))
    }

    fn goes_until(&self, tx: &Tx<'_>, row: &OutboxRow, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let (guest, (kind, _)) = (self.guest(tx, row)?, read(row)?);
        let night = self.window(guest.as_ref()).and_then(|window| window.closes(now));
        let offers = matches!(kind, Kind::Invited | Kind::Offered);
        let lapses = guest.filter(|_| offers).and_then(|guest| self.told(&guest, kind, now).lapses_at);
        Ok(night.into_iter().chain(row.not_after).chain(lapses).min())
    }

    fn is_bounded(&self, row: &OutboxRow) -> bool {
        Kind::from_word(&row.kind).is_none_or(|kind| !(is_news(kind) || is_answer(kind)))
    }

    fn resolve(&self, tx: &Tx<'_>, row: &OutboxRow, sending: Sending<'_>) -> Result<Resolution, StoreError> {
        let Some(guest) = self.guest(tx, row)? else {
            return Ok(Resolution::End(OutboxState::Failed, "its invitation is gone"));
        };
        let (kind, Parameters { round, .. }) = read(row)?;
        if let Some(why) = self.is_needless(&guest, row, (kind, round)).filter(|_| row.unsure_since.is_none()) {
            return Ok(Resolution::End(OutboxState::Cancelled, why));
        }
        let Ok(link) = self.events.link(&guest) else {
            return Ok(Resolution::Wait("the key is needed for the link in it"));
        };
        let about = self.events.about(&self.event);
        let (name, invitation) = (&guest.name, &self.told(&guest, kind, sending.as_of));
        let (place, is_first) = (self.events.place_of(tx, &guest)?, !tx.was_texted(guest.person, row.id)?);
        let reader = Reader { about: &about, name, invitation, link: &link, place, is_first };
        let (sms, mut mail) = message(&reader, kind, &self.event.reason);
        if guest.invitation.state == State::Held {
            // Also for those who have no page to fetch it from.
            let entry = self.events.page_of(tx, &guest)?;
            mail.calendar = (!entry.uid.is_empty()).then(|| calendar(&entry, sending.as_of));
        }
        let words = Words { sms, mail, addressee: guest.name.clone() };
        let (phone, email) = match row.channel {
            Channel::Email => (None, guest.email.as_ref()),
            _ => (guest.phone.as_ref(), None),
        };
        Ok(match reach(tx, phone, email, sending.way)? {
            // What goes out of itself does not while it is paused; answers and news do.
            Reach::At(_) if self.is_paused(kind) && row.unsure_since.is_none() => {
                Resolution::Wait("its event is paused")
            }
            Reach::At(to) => Resolution::Send(to, words),
            Reach::NotYet(why) => Resolution::Wait(why),
            Reach::Never { why, .. } => Resolution::End(OutboxState::Cancelled, why),
        })
    }

    fn overridden(&self, words: &Words) -> Words {
        let about = self.events.about(&self.event);
        let (sms, mail) = overridden(&about, &words.addressee, (&words.sms, &words.mail), &blank());
        Words { sms, mail, addressee: words.addressee.clone() }
    }

    fn sent(&self, tx: &Tx<'_>, row: &OutboxRow, _message: &str, now: Timestamp) -> Result<(), StoreError> {
        let (kind, Parameters { round, .. }) = read(row)?;
        match self.guest(tx, row)? {
            Some(guest) if matches!(kind, Kind::Invited | Kind::Offered) => self.events.left(tx, &guest, round, now),
            _ => Ok(()),
        }
    }

    fn ended(&self, tx: &Tx<'_>, row: &OutboxRow, now: Timestamp) -> Result<(), StoreError> {
        let Some(guest) = self.guest(tx, row)? else { return Ok(()) };
        let (kind, Parameters { round, .. }) = read(row)?;
        let why = match row.state {
            OutboxState::Lapsed => "a message to them did not leave in time".to_owned(),
            _ => row.problem.clone().unwrap_or_else(|| "it did not arrive".to_owned()),
        };
        let is_open = guest.invitation.state == State::Open && guest.invitation.round == round;
        match kind {
            Kind::Invited | Kind::Offered if is_open => self.events.undelivered(tx, &guest, &why, now),
            Kind::Invited | Kind::Offered => Ok(()),
            // The seat stays; the organizer is shown it.
            _ if matches!(row.state, OutboxState::Failed | OutboxState::Lapsed) => {
                tx.invitation_undelivered(guest.id, &why, guest.channel)
            }
            _ => Ok(()),
        }
    }

    fn queue_due(&self, tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
        self.events.settle(tx, self.event.topic, Step { now, answered: None })
    }

    fn queue_asked(&self, tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
        self.queue_due(tx, now)
    }
}
