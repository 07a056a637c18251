//! What hosts and visitors text to a desk.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Desk, leaving};
use crate::app::responder::{Answer, Courtesy, Health, Heard, Incoming, TextTopic};
use crate::conversation::desk::{Intent, Outcome, understand};
use crate::conversation::{Asks, Signs};
use crate::model::{PersonId, Phone, TopicId};
use crate::store::{Ended, StoreError, StoredText, StoredVisit, Tx};

/// The word that names a desk among a phone's topics.
const KEYWORD: &str = "desk";

/// What is logged of a text.
#[derive(Serialize, Deserialize)]
struct Logged {
    outcome: Outcome,
    /// The visit it was about.
    visit: Option<i64>,
}

/// A person of the phone with what they may be texting about.
struct Speaker {
    id: PersonId,
    is_host: bool,
    /// As a host the open one, as a visitor the last.
    visit: Option<StoredVisit>,
}

impl Desk {
    fn speakers(&self, tx: &Tx<'_>, people: &[PersonId]) -> Result<Vec<Speaker>, StoreError> {
        let speakers = people.iter().map(|id| {
            let visit = tx.visits_of_person(*id)?.into_iter().next();
            Ok(Speaker { id: *id, is_host: tx.is_host(*id)?, visit })
        });
        speakers.collect()
    }

    /// Whether a text is about what somebody of them is in the middle of.
    fn is_meant(&self, tx: &Tx<'_>, body: &str, people: &[PersonId]) -> Result<bool, StoreError> {
        let intent = understand(body);
        let open = |speaker: &Speaker| speaker.visit.as_ref().is_some_and(|visit| visit.ended.is_none());
        Ok(self.speakers(tx, people)?.iter().any(|speaker| match intent {
            Intent::Out => !speaker.is_host && open(speaker),
            Intent::Other => false,
            _ => speaker.is_host && open(speaker),
        }))
    }

    fn answer(&self, tx: &Tx<'_>, logged: &Logged) -> Result<Answer, StoreError> {
        let visit = logged.visit.map(|id| tx.visit(id)).transpose()?.flatten();
        let (visitor, host) = visit.map(|visit| (visit.name, visit.host_name)).unwrap_or_default();
        Ok(Answer::Words(self.place.answer(logged.outcome, &visitor, &host)))
    }

    /// Does what one of these people asks for; gives what was decided, and who they are.
    fn act(
        &self,
        tx: &Tx<'_>,
        body: &str,
        people: &[PersonId],
        now: Timestamp,
    ) -> Result<(Logged, Option<PersonId>), StoreError> {
        let intent = understand(body);
        let speakers = self.speakers(tx, people)?;
        let host = speakers.iter().filter(|it| it.is_host).max_by_key(|it| it.visit.as_ref().map(|it| it.id));
        let visitor = speakers
            .iter()
            .filter(|it| !it.is_host)
            .max_by_key(|it| it.visit.as_ref().map(|visit| (visit.ended.is_none(), visit.id)));
        let of = |speaker: &Speaker, outcome| {
            (Logged { outcome, visit: speaker.visit.as_ref().map(|visit| visit.id) }, Some(speaker.id))
        };
        Ok(match (intent.as_answer(), intent, host, visitor) {
            (Some(answer), _, Some(host), _) => match &host.visit {
                Some(visit) => {
                    tx.answer_visit(visit.id, &answer, now)?;
                    of(host, Outcome::HostNoted)
                }
                None => of(host, Outcome::NobodyWaits),
            },
            (_, Intent::Out, _, Some(visitor)) => {
                let left = match &visitor.visit {
                    Some(visit) => leaving::leave(tx, visit, now, now)?,
                    None => leaving::Left::Before,
                };
                let is_before = left == leaving::Left::Before;
                of(visitor, if is_before { Outcome::LeftBefore } else { Outcome::Left })
            }
            (_, _, Some(host), _) => of(host, Outcome::NudgeHost),
            (_, _, None, Some(visitor)) => of(visitor, Outcome::NudgeVisitor),
            (_, _, None, None) => (Logged { outcome: Outcome::NudgeVisitor, visit: None }, None),
        })
    }
}

impl TextTopic for Desk {
    fn id(&self) -> TopicId {
        self.stored.id
    }

    fn health(&self, _tx: &Tx<'_>) -> Result<Health, StoreError> {
        Ok(Health::Live)
    }

    /// Hosts, those who are inside, and of past visitors the last.
    fn people_of(&self, tx: &Tx<'_>, _phone: &Phone, persons: Vec<PersonId>) -> Result<Vec<PersonId>, StoreError> {
        let mut known = Vec::new();
        let Some(newest) = persons.last().copied() else { return Ok(known) };
        for person in persons {
            let is_known = tx.is_host(person)?
                || tx.visits_of_person(person)?.iter().any(|visit| match visit.ended {
                    None => true,
                    Some((_, ended)) => person == newest && ended != Ended::Cancelled,
                });
            if is_known {
                known.push(person);
            }
        }
        Ok(known)
    }

    fn signs(&self, tx: &Tx<'_>, people: &[PersonId], _now: Timestamp) -> Result<Signs, StoreError> {
        let names = people.iter().filter_map(|id| tx.person_name(*id).transpose());
        Ok(Signs {
            keyword: KEYWORD.to_owned(),
            name: self.place.name.clone(),
            people: names.collect::<Result<_, _>>()?,
            is_over: false,
        })
    }

    fn asks(&self, tx: &Tx<'_>, body: &str, people: &[PersonId]) -> Result<Asks, StoreError> {
        if !self.is_meant(tx, body, people)? {
            return Ok(Asks::Nothing);
        }
        Ok(Asks::Something { command: Some(body.trim().to_uppercase()), has_text: false })
    }

    fn which(&self, choices: &[String]) -> Answer {
        Answer::Words(self.place.which(choices))
    }

    fn hear(&self, tx: &Tx<'_>, incoming: Incoming<'_>, now: Timestamp) -> Result<Heard, StoreError> {
        let (logged, person) = self.act(tx, &incoming.text.body, incoming.people, now)?;
        let answer = self.answer(tx, &logged)?;
        let outcome = serde_json::to_string(&logged).map_err(|e| StoreError::damaged("outcome", e))?;
        let logged = StoredText { topic: Some(self.stored.id), person, draw: None, told: false, outcome };
        Ok(Heard { logged: Some(logged), answer })
    }

    fn hear_again(&self, tx: &Tx<'_>, incoming: Incoming<'_>, logged: &StoredText) -> Result<Answer, StoreError> {
        if logged.person.is_some_and(|person| !incoming.people.contains(&person)) {
            return Ok(Answer::Silence);
        }
        let logged = serde_json::from_str(&logged.outcome).map_err(|e| StoreError::damaged("log of texts", e))?;
        self.answer(tx, &logged)
    }

    fn courtesy(&self, courtesy: Courtesy) -> Answer {
        match courtesy {
            Courtesy::TooMany => Answer::Words(self.place.too_many()),
            Courtesy::UnknownNumber | Courtesy::WhichTopic | Courtesy::Silence => Answer::Silence,
        }
    }
}
