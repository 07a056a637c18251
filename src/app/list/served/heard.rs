//! What people text to a list: YES to a confirmation, in words of their own that they want no more, anything else to be read.

use jiff::Timestamp;

use super::ServedList;
use crate::app::list::consent::{self, Source};
use crate::app::list::sign_up;
use crate::app::responder::{Answer, Courtesy, Health, Heard, Incoming, TextTopic};
use crate::conversation::list::{Outcome, wants_out};
use crate::conversation::{Asks, CarrierWord, Signs, carrier_word};
use crate::model::{PersonId, Phone, TopicId};
use crate::store::{Agreed, Channel, StoreError, StoredText, Subscriber, Tx};

impl TextTopic for ServedList {
    fn id(&self) -> TopicId {
        self.list.id
    }

    fn health(&self, _tx: &Tx<'_>) -> Result<Health, StoreError> {
        Ok(Health::Live)
    }

    fn people_of(&self, tx: &Tx<'_>, _phone: &Phone, persons: Vec<PersonId>) -> Result<Vec<PersonId>, StoreError> {
        Ok(self.subscribers(tx, &persons)?.into_iter().map(|who| who.id).collect())
    }

    fn signs(&self, tx: &Tx<'_>, people: &[PersonId], _now: Timestamp) -> Result<Signs, StoreError> {
        let people = self.subscribers(tx, people)?.iter().map(Subscriber::name).collect();
        // Nobody has signed up for a list without a page, so whatever else a phone is in comes first.
        let is_over = self.list.slug.is_none();
        Ok(Signs { keyword: self.list.name.clone(), name: self.list.name.clone(), people, is_over })
    }

    fn asks(&self, tx: &Tx<'_>, body: &str, people: &[PersonId]) -> Result<Asks, StoreError> {
        let is_yes = matches!(carrier_word(body), Some(CarrierWord::OptIn { yes: true }));
        let asked = || Ok::<_, StoreError>(self.subscribers(tx, people)?.iter().any(|who| who.by_sms == Agreed::Asked));
        Ok(match is_yes && asked()? {
            true => Asks::Something { command: Some("YES".to_owned()), has_text: false },
            false => Asks::Nothing,
        })
    }

    fn is_left_by(&self, body: &str) -> bool {
        wants_out(body)
    }

    fn which(&self, choices: &[String]) -> Answer {
        Answer::Words(self.voice.which(choices))
    }

    fn carriers_word(
        &self,
        tx: &Tx<'_>,
        people: &[PersonId],
        word: CarrierWord,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for who in self.subscribers(tx, people)? {
            match word {
                CarrierWord::OptOut if who.by_sms != Agreed::NotAsked => {
                    let source = Source { word: "text", evidence: "STOP", wording: None };
                    consent::note(tx, &who, (Channel::Sms, Agreed::Withdrawn), source, now)?;
                }
                CarrierWord::OptIn { .. } => {
                    consent::opted_in(tx, &who, Source { word: "text", evidence: "START", wording: None }, now)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn hear(&self, tx: &Tx<'_>, incoming: Incoming<'_>, now: Timestamp) -> Result<Heard, StoreError> {
        let Incoming { text, people, .. } = incoming;
        let subscribers = self.subscribers(tx, people)?;
        let is_yes = matches!(carrier_word(&text.body), Some(CarrierWord::OptIn { yes: true }));
        let asked: Vec<&Subscriber> = subscribers.iter().filter(|who| who.by_sms == Agreed::Asked).collect();
        let outcome = if is_yes && !asked.is_empty() {
            for who in asked {
                let wording = sign_up::asked_with(tx, who.id, Channel::Sms)?;
                let source = Source { word: "text", evidence: &text.body, wording: wording.as_deref() };
                consent::note(tx, who, (Channel::Sms, Agreed::Confirmed), source, now)?;
                tx.has_been_texted(who.id)?;
            }
            Outcome::Confirmed
        } else if wants_out(&text.body) {
            let source = Source { word: "text", evidence: &text.body, wording: None };
            consent::opt_out(tx, (&text.from, self.list.id), source, now)?;
            Outcome::OptedOut
        } else {
            let people: Vec<PersonId> = subscribers.iter().map(|who| who.id).collect();
            tx.insert_reply(self.list.id, &people, &text.body, now)?;
            Outcome::Kept
        };
        let logged = StoredText {
            topic: Some(self.list.id),
            person: people.first().copied(),
            draw: None,
            told: false,
            outcome: serde_json::to_string(&outcome).map_err(|e| StoreError::damaged("outcome", e))?,
        };
        Ok(Heard { logged: Some(logged), answer: Answer::Words(self.voice.words(outcome)) })
    }

    fn hear_again(&self, _tx: &Tx<'_>, _incoming: Incoming<'_>, logged: &StoredText) -> Result<Answer, StoreError> {
        let outcome = serde_json::from_str(&logged.outcome).map_err(|e| StoreError::damaged("log of texts", e))?;
        Ok(Answer::Words(self.voice.words(outcome)))
    }

    fn courtesy(&self, courtesy: Courtesy) -> Answer {
        match courtesy {
            Courtesy::TooMany => Answer::Words(self.voice.words(Outcome::TooMany)),
            _ => Answer::Silence,
        }
    }
}
