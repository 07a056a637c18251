//! Something the organizer tells everybody, in words that name nobody but whoever reads them. Queued once for each,
//! however often it is asked for: whoever has written or has an e-mail gets it as a message of its own, the others read it
//! behind the first answer to a text of theirs.

use std::collections::HashSet;

use jiff::Timestamp;

use super::draw_record::Drawn;
use super::hear::speakers;
use super::message::Message;
use super::served::Standing;
use super::ways::Reachable;
use super::{notices, people};
use crate::app::responder::Answer;
use crate::app::site::Site;
use crate::conversation::MAX_SMS;
use crate::conversation::exchange::outgoing;
use crate::model::{Email, Exchange, Person, PersonId, Phone, TopicId};
use crate::store::{Channel, DrawId, OutboxId, OutboxRow, OutboxState, StoreError, Tx};

/// The kind of its rows.
pub(super) const KIND: &str = "announcement";

/// Whom an announcement reaches.
#[derive(Debug, Default)]
pub struct Audience {
    /// Everybody by name, but for those of one address who would read the same twice.
    pub people: Vec<(Reachable, String)>,
    /// How many were told the same before, and are not among them.
    pub told_before: usize,
    /// As the first of all reads it.
    pub example: String,
    /// The longest that anybody reads, in characters.
    pub longest: usize,
}

impl Audience {
    /// By how much it is too long for one message, in words.
    pub fn too_long(&self) -> Option<String> {
        let over = self.longest.checked_sub(MAX_SMS).filter(|over| *over > 0)?;
        Some(format!("this text is too long for one message, by {over} characters"))
    }

    /// Those whom it reaches in one way.
    pub fn reached(&self, how: Reachable) -> Vec<&str> {
        self.people.iter().filter(|(way, _)| *way == how).map(|(_, name)| name.as_str()).collect()
    }
}

/// The text, if it can be said to everybody; otherwise what is wrong with it, and what would mend it.
pub fn checked(text: &str) -> Result<String, (String, Option<String>)> {
    let text = text.trim().replace("\r\n", "\n");
    if text.is_empty() {
        return Err(("there is nothing to tell".to_owned(), Some("for example: We meet at six.".to_owned())));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(("the text holds control characters".to_owned(), None));
    }
    match outgoing::check_announcement(&text).into_iter().next() {
        Some(problem) => Err((format!("this text cannot be told: {problem}"), problem.hint)),
        None => Ok(text),
    }
}

/// Says whom it would reach; queues nothing.
pub fn audience(site: &Site, text: &str) -> Result<Audience, StoreError> {
    site.store.undone(|tx| queue(site, tx, text))
}

/// Queues it, and says whom it reaches.
pub fn announce(site: &Site, text: &str) -> Result<Audience, StoreError> {
    site.store.write(|tx| queue(site, tx, text))
}

fn queue(site: &Site, tx: &Tx<'_>, text: &str) -> Result<Audience, StoreError> {
    let now = site.clock.now();
    let topic = site.enter(tx)?.id;
    let (draw, exchange, ids) = everybody(site, tx, topic)?;
    let message = Message::Announcement { text: text.to_owned() };
    let mut audience = Audience::default();
    let mut said = HashSet::new();
    for (id, person) in ids.into_iter().zip(&exchange.people) {
        let words = outgoing::announcement(&exchange, person, text);
        audience.longest = audience.longest.max(words.chars().count());
        let reachable = Reachable::of(tx, person)?;
        if let Some(channel) = channel(reachable) {
            if !said.insert((address(person, reachable), words.clone())) {
                continue;
            }
            if !notices::queue_announcement(tx, topic, (draw, id, channel), &message, now)? {
                audience.told_before += 1;
                continue;
            }
        }
        if audience.example.is_empty() {
            audience.example = words;
        }
        audience.people.push((reachable, person.name.clone()));
    }
    Ok(audience)
}

/// By which channel it goes; [`Channel::Either`] stands for waiting to be read with an answer.
fn channel(reachable: Reachable) -> Option<Channel> {
    match reachable {
        Reachable::ByText => Some(Channel::Sms),
        Reachable::ByMail => Some(Channel::Email),
        Reachable::OnceTheyText => Some(Channel::Either),
        Reachable::Never => None,
    }
}

/// Whether one that waits to be read with an answer has to wait on. Its sending tells when somebody was first heard of, and
/// by ASK or TELL that would tell more; so it goes by itself from the day after.
pub(super) fn waits_for_an_answer(
    tx: &Tx<'_>,
    row: &OutboxRow,
    person: &Person,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let wrote_before = person.phone.as_ref().map_or(Ok(false), |phone| tx.wrote_before(phone, now))?;
    Ok(row.channel == Channel::Either && row.unsure_since.is_none() && !wrote_before)
}

fn address(person: &Person, reachable: Reachable) -> Option<String> {
    let address = match reachable {
        Reachable::ByMail => person.email.as_ref().map(Email::expose),
        _ => person.phone.as_ref().map(Phone::expose),
    };
    address.map(str::to_owned)
}

/// Everybody of the newest draw, or of the file before the first, with their rows.
pub(in crate::app) fn everybody(
    site: &Site,
    tx: &Tx<'_>,
    topic: TopicId,
) -> Result<(Option<DrawId>, Exchange, Vec<PersonId>), StoreError> {
    match tx.newest_draw(topic)? {
        Some(draw) => {
            let Drawn { draw, roster, .. } = Drawn::read(draw)?;
            Ok((Some(draw.id), roster, draw.people))
        }
        None => Ok((None, Exchange::clone(&site.exchange), people::enter(tx, topic, &site.exchange)?)),
    }
}

/// An answer with what its people have not been told yet behind it, as far as one message holds it.
pub(super) fn behind(
    tx: &Tx<'_>,
    standing: &Standing<'_>,
    (people, sid): (&[PersonId], &str),
    answer: Answer,
    now: Timestamp,
) -> Result<Answer, StoreError> {
    if standing.served().is_rehearsal() {
        return Ok(answer);
    }
    let waits = |row: &OutboxRow| row.state == OutboxState::Waiting && row.unsure_since.is_none();
    let (answer, read) = put_behind(tx, standing, people, answer, waits)?;
    for id in read {
        tx.message_read_with(id, sid, now)?;
    }
    Ok(answer)
}

/// An answer once more, with what stood behind it the first time.
pub(super) fn behind_again(
    tx: &Tx<'_>,
    standing: &Standing<'_>,
    (people, sid): (&[PersonId], &str),
    answer: Answer,
) -> Result<Answer, StoreError> {
    let stood = |row: &OutboxRow| row.read_with.as_deref() == Some(sid);
    Ok(put_behind(tx, standing, people, answer, stood)?.0)
}

fn put_behind(
    tx: &Tx<'_>,
    standing: &Standing<'_>,
    people: &[PersonId],
    answer: Answer,
    is_meant: impl Fn(&OutboxRow) -> bool,
) -> Result<(Answer, Vec<OutboxId>), StoreError> {
    let mut read = Vec::new();
    let Answer::Words(mut words) = answer else { return Ok((answer, read)) };
    for (id, place) in speakers(standing, people) {
        let person = standing.exchange().person(place);
        for row in tx.messages_to(id, KIND)?.into_iter().filter(&is_meant) {
            // One that cannot be read costs nobody their answer.
            let Ok(Message::Announcement { text }) = Message::of(&row) else { continue };
            if let Some(longer) = outgoing::behind(&words, &outgoing::announcement(standing.exchange(), person, &text))
            {
                words = longer;
                read.push(row.id);
            }
        }
    }
    Ok((Answer::Words(words), read))
}
