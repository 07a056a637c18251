//! One text, inside its batch's transaction: what holds for every number whatever the topic, and whose text it is.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Answer, Courtesy, Heard, Parts, Text, TextTopic};
use crate::conversation::{Allowance, CarrierWord, Period, Recent, allowance, carrier_word};
use crate::model::{PersonId, Phone};
use crate::store::{StoreError, StoredText, Tx};

/// Decides about a text, keeps what it does, and says what goes back. A text seen before changes nothing and is
/// answered as before.
///
/// # Errors
/// [`StoreError`]; the whole batch is then undone.
pub(super) fn decide(tx: &Tx<'_>, parts: &Parts, text: &Text, now: Timestamp) -> Result<Answer, StoreError> {
    let topics = &parts.topics;
    let logged = match tx.text(&text.sid, &text.from)? {
        None => topics.iter().find_map(|topic| topic.sealed_text(tx, text).transpose()).transpose()?,
        logged => logged,
    };
    match logged {
        Some((logged, true)) => again(tx, topics, text, &logged),
        // Somebody else's id: whoever sends it learns nothing.
        Some((_, false)) => Ok(Answer::Silence),
        None => {
            let heard = hear(tx, parts, text, now)?;
            if let Some(logged) = &heard.logged {
                tx.insert_text(&text.sid, &text.from, now, logged)?;
            }
            Ok(heard.answer)
        }
    }
}

/// The answer to a text that was decided about before.
fn again(tx: &Tx<'_>, topics: &[Arc<dyn TextTopic>], text: &Text, logged: &StoredText) -> Result<Answer, StoreError> {
    if tx.is_opted_out(&text.from)? {
        return Ok(Answer::Silence);
    }
    let Some(id) = logged.topic else {
        // What a first release decided before its first draw is said again as nothing.
        let courtesy = serde_json::from_str(&logged.outcome).unwrap_or(Courtesy::Silence);
        return Ok(topics.first().map_or(Answer::Silence, |topic| topic.courtesy(courtesy)));
    };
    let Some(topic) = topics.iter().find(|topic| topic.id() == id) else { return Ok(Answer::Silence) };
    let people = people_of(tx, topic.as_ref(), &text.from)?;
    topic.hear_again(tx, text, &people, logged)
}

fn hear(tx: &Tx<'_>, parts: &Parts, text: &Text, now: Timestamp) -> Result<Heard, StoreError> {
    let topics = &parts.topics;
    let nobodys = |courtesy| nobodys(topics, courtesy);
    let opted_out = tx.hear_from(&text.from, now)?;
    // Before the limits: an opt-out must never be lost among too many texts.
    match carrier_word(&text.body) {
        Some(word) => {
            match word {
                CarrierWord::OptOut => tx.opt_out(&text.from, now)?,
                CarrierWord::OptIn { .. } => tx.opt_in(&text.from)?,
                CarrierWord::Help => {}
            }
            return nobodys(Courtesy::Silence);
        }
        None if !parts.limited => {}
        None => match allowance(recent(tx, topics, &text.from, now)?) {
            Allowance::Allow => {}
            Allowance::TellOnce if !opted_out => return nobodys(Courtesy::TooMany),
            Allowance::TellOnce | Allowance::Silent => return nobodys(Courtesy::Silence),
        },
    }
    if opted_out {
        return nobodys(Courtesy::Silence);
    }
    for topic in topics {
        let people = people_of(tx, topic.as_ref(), &text.from)?;
        if !people.is_empty() {
            return topic.hear(tx, text, &people, now);
        }
    }
    let greet = tx.greet_stranger(&text.from, now)?;
    nobodys(if greet { Courtesy::UnknownNumber } else { Courtesy::Silence })
}

/// Whom a number may answer for in a topic.
fn people_of(tx: &Tx<'_>, topic: &dyn TextTopic, phone: &Phone) -> Result<Vec<PersonId>, StoreError> {
    let everywhere = tx.persons_of_phone(phone)?.into_iter();
    let here: Vec<PersonId> = everywhere.filter(|(id, _)| *id == topic.id()).map(|(_, person)| person).collect();
    if here.is_empty() { Ok(here) } else { topic.people_of(tx, phone, here) }
}

/// What is decided about a text that is about no topic, in the words of the first.
fn nobodys(topics: &[Arc<dyn TextTopic>], courtesy: Courtesy) -> Result<Heard, StoreError> {
    let outcome = serde_json::to_string(&courtesy).map_err(|e| StoreError::damaged("outcome", e))?;
    Ok(Heard {
        logged: Some(StoredText { topic: None, person: None, draw: None, told: false, outcome }),
        answer: topics.first().map_or(Answer::Silence, |topic| topic.courtesy(courtesy)),
    })
}

/// What a number has sent before the text in hand, within this minute and this day of UTC. The excess is told once: the
/// first text beyond a limit is the one that is told.
fn recent(tx: &Tx<'_>, topics: &[Arc<dyn TextTopic>], phone: &Phone, now: Timestamp) -> Result<Recent, StoreError> {
    let count = |period: Period| {
        let start = Timestamp::from_second(period.start(now.as_second())).unwrap_or(now);
        let most = period.most() + 1;
        // A site's topics share one key, so each knows of what all have sealed.
        let sealed = topics.first().map_or(Ok(0), |topic| topic.count_sealed(tx, phone, period, now))?;
        Ok::<_, StoreError>((tx.count_texts_of(phone, start, most)? + sealed).min(most))
    };
    let day = count(Period::Day)?;
    let minute = if day == 0 { 0 } else { count(Period::Minute)? };
    let told = if day > Period::Day.most() { true } else { minute > Period::Minute.most() };
    Ok(Recent { minute, day, told })
}
