//! One text, inside its batch's transaction: what holds for every number whatever the topic, and whose text it is.

use jiff::Timestamp;

use super::which::{self, Candidate};
use super::{Answer, Courtesy, Heard, Parts, Text, TextTopics};
use crate::conversation::{Allowance, Asks, CarrierWord, Period, Recent, allowance, carrier_word};
use crate::model::{PersonId, Phone, TopicId};
use crate::store::{StoreError, StoredText, Tx};

/// Decides about a text, keeps what it does, and says what goes back. A text seen before changes nothing and is
/// answered as before. Where it fails, the whole batch is undone.
pub(super) fn decide(tx: &Tx<'_>, parts: &Parts, text: &Text, now: Timestamp) -> Result<Answer, StoreError> {
    let topics = &*parts.topics;
    let logged = match tx.text(&text.sid, &text.from)? {
        None => topics.sealed_text(tx, text)?,
        logged => logged,
    };
    match logged {
        Some((logged, true)) => {
            let answer = again(tx, topics, text, &logged, now)?;
            Ok(first(answer, topics.owed(tx, text, true, now)?))
        }
        // Somebody else's id: whoever sends it learns nothing.
        Some((_, false)) => Ok(Answer::Silence),
        None => {
            let heard = hear(tx, parts, text, now)?;
            if let Some(logged) = &heard.logged {
                tx.insert_text(&text.sid, &text.from, now, logged)?;
            }
            let is_answered = heard.answer != Answer::Silence;
            Ok(match is_answered {
                true => first(heard.answer, topics.owed(tx, text, false, now)?),
                false => heard.answer,
            })
        }
    }
}

/// An answer with what is owed in front of it.
fn first(answer: Answer, owed: Vec<String>) -> Answer {
    match answer {
        Answer::Words(words) => Answer::Words(owed.into_iter().chain([words]).collect::<Vec<_>>().join("\n\n")),
        Answer::Silence => Answer::Silence,
    }
}

/// The answer to a text that was decided about before.
fn again(
    tx: &Tx<'_>,
    topics: &dyn TextTopics,
    text: &Text,
    logged: &StoredText,
    now: Timestamp,
) -> Result<Answer, StoreError> {
    if tx.is_opted_out(&text.from)? {
        return Ok(Answer::Silence);
    }
    let candidates = candidates(tx, topics, &text.from)?;
    let courtesy: Option<Courtesy> = serde_json::from_str(&logged.outcome).ok();
    let id = match (courtesy, logged.topic) {
        (Some(Courtesy::WhichTopic), _) => return which::again(tx, &candidates, text, now),
        (Some(Courtesy::TooMany), None) => return Ok(too_many(topics, &candidates)),
        (_, Some(id)) => id,
        // What a first release decided before its first draw is said again as nothing.
        (courtesy, None) => return Ok(topics.courtesy(courtesy.unwrap_or(Courtesy::Silence))),
    };
    let Some(place) = candidates.iter().position(|candidate| candidate.topic.id() == id) else {
        return Ok(Answer::Silence);
    };
    let labels = if candidates.len() > 1 { which::labels_of(tx, &candidates, now)? } else { Vec::new() };
    let candidate = &candidates[place];
    candidate.topic.hear_again(tx, candidate.incoming(text, labels.get(place).map(String::as_str)), logged)
}

fn hear(tx: &Tx<'_>, parts: &Parts, text: &Text, now: Timestamp) -> Result<Heard, StoreError> {
    let topics = &*parts.topics;
    let opted_out = tx.hear_from(&text.from, now)?;
    // Before the limits: an opt-out must never be lost among too many texts.
    let word = carrier_word(&text.body);
    match word {
        Some(CarrierWord::OptOut) => tx.opt_out(&text.from, now)?,
        Some(CarrierWord::OptIn { .. }) => tx.opt_in(&text.from)?,
        Some(CarrierWord::Help) | None => {}
    }
    let mut candidates = candidates(tx, topics, &text.from)?;
    for (candidate, word) in candidates.iter().zip(std::iter::repeat(word)) {
        word.map_or(Ok(()), |word| candidate.topic.carriers_word(tx, &candidate.people, word, now))?;
    }
    match word {
        // Besides opting in it answers whatever topic has asked for one.
        Some(CarrierWord::OptIn { yes: true }) => {
            candidates = asking(tx, candidates, &text.body)?;
            if candidates.is_empty() {
                return nobodys(Courtesy::Silence, Answer::Silence);
            }
        }
        None if !opted_out => {
            if let Some(left) = leaving(tx, &candidates, &text.body)? {
                return left.topic.hear(tx, left.incoming(text, None), now);
            }
        }
        Some(_) | None => return nobodys(Courtesy::Silence, Answer::Silence),
    }
    let allowed = if parts.limited { allowance(recent(tx, topics, &text.from, now)?) } else { Allowance::Allow };
    match allowed {
        Allowance::Allow => {}
        Allowance::TellOnce if !opted_out => return nobodys(Courtesy::TooMany, too_many(topics, &candidates)),
        Allowance::TellOnce | Allowance::Silent => return nobodys(Courtesy::Silence, Answer::Silence),
    }
    match &candidates[..] {
        [] => {
            let greet = tx.greet_stranger(&text.from, now)?;
            let courtesy = if greet { Courtesy::UnknownNumber } else { Courtesy::Silence };
            nobodys(courtesy, topics.courtesy(courtesy))
        }
        [only] => only.topic.hear(tx, only.incoming(text, None), now),
        several => which::hear(tx, several, text, now),
    }
}

/// Who hears that a text asks for no more messages: that is about the number and no one topic, so it is neither asked which
/// is meant nor lost among too many texts. Where its words are a wish, or another's to read, it asks for nothing of the kind.
fn leaving<'a>(tx: &Tx<'_>, candidates: &'a [Candidate], body: &str) -> Result<Option<&'a Candidate>, StoreError> {
    let Some(left) = candidates.iter().find(|candidate| candidate.topic.is_left_by(body)) else { return Ok(None) };
    for candidate in candidates {
        if matches!(candidate.topic.asks(tx, body, &candidate.people)?, Asks::Something { has_text: true, .. }) {
            return Ok(None);
        }
    }
    Ok(Some(left))
}

/// The topics that a number is in, with those of its people there.
fn candidates(tx: &Tx<'_>, topics: &dyn TextTopics, phone: &Phone) -> Result<Vec<Candidate>, StoreError> {
    let mut found = Vec::new();
    let everywhere: Vec<(TopicId, PersonId)> = tx.persons_of_phone(phone)?;
    for here in everywhere.chunk_by(|(one, _), (other, _)| one == other) {
        let Some(topic) = here.first().map(|(id, _)| topics.of(tx, *id)).transpose()?.flatten() else { continue };
        let people = topic.people_of(tx, phone, here.iter().map(|(_, person)| *person).collect())?;
        if !people.is_empty() {
            found.push(Candidate { topic, people });
        }
    }
    Ok(found)
}

/// Those of the topics that a text asks something of.
fn asking(tx: &Tx<'_>, candidates: Vec<Candidate>, body: &str) -> Result<Vec<Candidate>, StoreError> {
    let mut asking = Vec::new();
    for candidate in candidates {
        if candidate.topic.asks(tx, body, &candidate.people)? != Asks::Nothing {
            asking.push(candidate);
        }
    }
    Ok(asking)
}

/// What is said to a number that sends too much, in the words of a topic that it is in.
fn too_many(topics: &dyn TextTopics, candidates: &[Candidate]) -> Answer {
    match candidates.first() {
        Some(candidate) => candidate.topic.courtesy(Courtesy::TooMany),
        None => topics.courtesy(Courtesy::TooMany),
    }
}

/// What is decided about a text that is about no topic.
fn nobodys(courtesy: Courtesy, answer: Answer) -> Result<Heard, StoreError> {
    let outcome = serde_json::to_string(&courtesy).map_err(|e| StoreError::damaged("outcome", e))?;
    Ok(Heard { logged: Some(StoredText { topic: None, person: None, draw: None, told: false, outcome }), answer })
}

/// What a number has sent before the text in hand, within this minute and this day of UTC. The excess is told once: the
/// first text beyond a limit is the one that is told.
fn recent(tx: &Tx<'_>, topics: &dyn TextTopics, phone: &Phone, now: Timestamp) -> Result<Recent, StoreError> {
    let count = |period: Period| {
        let start = Timestamp::from_second(period.start(now.as_second())).unwrap_or(now);
        let most = period.most() + 1;
        let sealed = topics.count_sealed(tx, phone, period, now)?;
        Ok::<_, StoreError>((tx.count_texts_of(phone, start, most)? + sealed).min(most))
    };
    let day = count(Period::Day)?;
    // A day with no more than a minute may have needs no second count.
    let minute = if day < Period::Minute.most() { day } else { count(Period::Minute)? };
    let told = if day > Period::Day.most() { true } else { minute > Period::Minute.most() };
    Ok(Recent { minute, day, told })
}
