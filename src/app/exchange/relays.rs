//! Texts about asking and answering, at rest. Who sent one, when, and whether anything came of it tell who gives to whom, even
//! without a word of it; so each is kept sealed as a whole, at one length, and is found again by keyed hashes alone.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::message::Message;
use super::open_draws::OpenDraws;
use crate::app::outbox::{RELAY_DAYS, cause, day};
use crate::app::responder::Text;
use crate::conversation::exchange::{Intent, Verb};
use crate::conversation::{Period, gist};
use crate::model::{PersonId, TopicId};
use crate::store::{Basis, Channel, DrawId, OutboxId, OutboxRow, OutboxState, Recipient, StoreError, StoredText, Tx};

/// How many bytes are sealed for each text: room for the longest that is passed on, whatever its script.
const LENGTH: usize = 10 << 10;

/// In seconds.
const DAY: i64 = 24 * 60 * 60;

/// Which way a relayed text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Direction {
    /// From a giver to their receiver.
    Ask,
    /// From a receiver to their giver.
    Tell,
}

/// What is passed on.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Relay {
    /// The draw that says who it goes to.
    pub(super) draw: DrawId,
    pub(super) sender: PersonId,
    /// Which way.
    pub(super) direction: Direction,
    pub(super) words: String,
    pub(super) at: Timestamp,
    /// To which of the sender's receivers or givers, from 0.
    pub(super) others: Vec<usize>,
    /// Whether its sender knows already that somebody of these cannot be reached.
    pub(super) is_known_unreachable: bool,
    /// Since when it is unsure whether an earlier release sent it.
    pub(super) unsure_since: Option<Timestamp>,
}

/// Where a text came from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// Its id; the same when it comes again.
    pub(super) sid: &'a str,
    /// The phone, or what stands for whoever typed it on a page.
    pub(super) from: &'a str,
}

impl<'a> Source<'a> {
    /// That of an incoming text.
    pub(super) fn of(text: &'a Text) -> Self {
        Self { sid: &text.sid, from: text.from.expose() }
    }
}

/// What is sealed of a text.
#[derive(Serialize, Deserialize)]
struct SealedText {
    phone: String,
    logged: StoredText,
    relay: Option<Relay>,
}

/// Whether a text is about asking or answering, however it was taken.
pub(super) fn is_about(intent: &Intent) -> bool {
    let (Intent::Unfinished(verb) | Intent::Oversized(verb)) = intent else {
        return matches!(intent.verb(), Some(Verb::Ask | Verb::Tell));
    };
    matches!(verb, Verb::Ask | Verb::Tell)
}

/// Keeps a text sealed; `false` where there is no key, and so no draw that it could tell of.
pub(super) fn keep(
    tx: &Tx<'_>,
    draws: &OpenDraws,
    source: Source<'_>,
    (logged, relay): (&StoredText, Option<Relay>),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(topic) = logged.topic else { return Ok(false) };
    let question = relay.as_ref().filter(|relay| relay.direction == Direction::Ask);
    let question = question.map(|relay| question_token(relay.draw, relay.sender, &relay.words));
    let sealed = SealedText { phone: source.from.to_owned(), logged: logged.clone(), relay };
    let (Some(id), Some(note)) = (draws.token(&id(source.sid)), seal(draws, &sealed)?) else { return Ok(false) };
    tx.insert_relay(&id, topic, day(now), &note)?;
    // As many tokens for each text, so that their number tells nothing of it.
    let unique = format!("{:?}", ("once", source.sid));
    let nth = |period| {
        let before = count(tx, draws, source.from, period, now)?;
        Ok::<_, StoreError>(nth_token(source.from, period, now, before + 1))
    };
    for text in [nth(Period::Minute)?, nth(Period::Day)?, question.unwrap_or(unique)] {
        tx.insert_relay_token(&draws.token(&text).unwrap_or_default())?;
    }
    Ok(true)
}

/// What was decided about a text that was kept sealed, and whether it came from there.
pub(super) fn heard(
    tx: &Tx<'_>,
    draws: &OpenDraws,
    source: Source<'_>,
) -> Result<Option<(StoredText, bool)>, StoreError> {
    let Some(id) = draws.token(&id(source.sid)) else { return Ok(None) };
    let found = read(tx, draws, &id)?;
    Ok(found.map(|(_, kept)| (kept.logged, kept.phone == source.from)))
}

/// How many texts of a phone, or from a page, have been kept sealed in this minute or day, at most one more than may be.
pub(super) fn count(
    tx: &Tx<'_>,
    draws: &OpenDraws,
    from: &str,
    period: Period,
    now: Timestamp,
) -> Result<u32, StoreError> {
    let most = period.most() + 1;
    for nth in 1..=most {
        let token = draws.token(&nth_token(from, period, now, nth));
        if !token.map_or(Ok(false), |token| tx.has_relay_token(&token))? {
            return Ok(nth - 1);
        }
    }
    Ok(most)
}

/// Whether somebody has asked the same in this draw.
pub(super) fn has_asked(
    tx: &Tx<'_>,
    draws: &OpenDraws,
    draw: DrawId,
    sender: PersonId,
    words: &str,
) -> Result<bool, StoreError> {
    let token = draws.token(&question_token(draw, sender, words));
    token.map_or(Ok(false), |token| tx.has_relay_token(&token))
}

/// What is passed on by a sealed text; `None` when this machine's key does not open it, or it is not passed on.
pub(super) fn relay(tx: &Tx<'_>, draws: &OpenDraws, id: &str) -> Result<Option<Relay>, StoreError> {
    Ok(read(tx, draws, id)?.and_then(|(_, kept)| kept.relay))
}

/// The messages that pass a sealed text on; `None` when this machine's key does not open it. All that came on a day lapse
/// together.
pub(super) fn messages(
    tx: &Tx<'_>,
    draws: &OpenDraws,
    topic: TopicId,
    id: &str,
) -> Result<Option<Vec<OutboxRow>>, StoreError> {
    let Some((day, kept)) = read(tx, draws, id)? else { return Ok(None) };
    let Some(relay) = kept.relay else { return Ok(Some(Vec::new())) };
    let message = |nth: usize| {
        let (kind, parameters) = Message::Relay { relay: id.to_owned(), nth }.stored()?;
        Ok(OutboxRow {
            id: OutboxId::numbered(0),
            cause: cause(id, nth),
            topic,
            basis: Basis::Wrote,
            kind,
            parameters,
            draw: Some(relay.draw),
            recipient: match relay.direction {
                Direction::Ask => Recipient::ReceiverOf(relay.sender),
                Direction::Tell => Recipient::GiverOf(relay.sender),
            },
            channel: Channel::Either,
            queued_at: relay.at,
            due: relay.at,
            not_after: Timestamp::from_second((day + RELAY_DAYS) * DAY).ok(),
            state: OutboxState::Waiting,
            rehearsed: false,
            attempts: 0,
            next_at: relay.at,
            unsure_since: relay.unsure_since,
            looked_for: false,
            read_with: None,
            provider_code: None,
            problem: None,
        })
    };
    relay.others.iter().map(|nth| message(*nth)).collect::<Result<_, _>>().map(Some)
}

/// Seals what an earlier release kept in the clear, once the key is there.
pub(super) fn seal_what_is_clear(tx: &Tx<'_>, draws: &OpenDraws, topic: TopicId) -> Result<(), StoreError> {
    let texts = tx.clear_relays(topic)?;
    if texts.is_empty() || draws.token("").is_none() {
        return Ok(());
    }
    let waiting = tx.clear_relays_waiting(topic)?;
    for text in &texts {
        let relay = text.relayed.as_ref().and_then(|(row, direction, body)| {
            let mut relay = Relay {
                draw: text.logged.draw?,
                sender: text.logged.person?,
                direction: if direction == "ask" { Direction::Ask } else { Direction::Tell },
                words: String::from_utf8_lossy(&draws.open_note(body)?).into_owned(),
                at: text.at,
                others: Vec::new(),
                is_known_unreachable: false,
                unsure_since: None,
            };
            for (parameters, unsure_since) in &waiting {
                if let Some(nth) = nth_of_clear(parameters, *row) {
                    relay.others.push(nth);
                    relay.unsure_since = relay.unsure_since.or(*unsure_since);
                }
            }
            Some(relay)
        });
        let source = Source { sid: &text.sid, from: &text.phone };
        keep(tx, draws, source, (&text.logged, relay), text.at)?;
    }
    tx.forget_clear_relays(topic, &texts)
}

/// Which of its sender's receivers or givers a message of an earlier release was for, if it passed on that row.
fn nth_of_clear(parameters: &str, row: i64) -> Option<usize> {
    let parameters: serde_json::Value = serde_json::from_str(parameters).ok()?;
    let is_its = parameters.get("relay")?.as_i64() == Some(row);
    usize::try_from(parameters.get("nth")?.as_u64()?).ok().filter(|_| is_its)
}

fn read(tx: &Tx<'_>, draws: &OpenDraws, id: &str) -> Result<Option<(i64, SealedText)>, StoreError> {
    let Some((day, sealed)) = tx.relay(id)? else { return Ok(None) };
    let Some(note) = draws.open_note(&sealed) else { return Ok(None) };
    let kept = serde_json::from_slice(&note).map_err(|e| StoreError::damaged("sealed text", e))?;
    Ok(Some((day, kept)))
}

fn seal(draws: &OpenDraws, text: &SealedText) -> Result<Option<Vec<u8>>, StoreError> {
    let mut note = serde_json::to_vec(text).map_err(|e| StoreError::damaged("sealed text", e))?;
    // Spaces behind a JSON document belong to none of it.
    note.resize(note.len().next_multiple_of(LENGTH), b' ');
    Ok(draws.seal_note(&note))
}

// What is hashed; the debug form of a tuple can be read in one way only.

fn id(sid: &str) -> String {
    format!("{:?}", ("text", sid))
}

fn nth_token(from: &str, period: Period, now: Timestamp, nth: u32) -> String {
    format!("{:?}", ("nth", from, period, period.start(now.as_second()), nth))
}

fn question_token(draw: DrawId, sender: PersonId, words: &str) -> String {
    format!("{:?}", ("question", draw.number(), sender.0, gist(words)))
}
