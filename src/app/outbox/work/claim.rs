//! Claiming: which rows can be sent now, in which order, and what becomes of those that cannot.

use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::Claimed;
use crate::app::outbox::held::QUIET;
use crate::app::outbox::topic::{Resolution, Words};
use crate::app::outbox::{EMAIL_LINE, Outbox, daily};
use crate::conversation::Mail;
use crate::messaging::envelope::{Address, Body, Envelope};
use crate::messaging::length;
use crate::store::{Channel, OutboxRow, OutboxState, StoreError, Tx};

impl Outbox {
    /// Claims what can be sent now, and deals with what cannot.
    pub(super) fn claim(&self, tx: &Tx<'_>, now: Timestamp, ended: &mut usize) -> Result<Vec<Claimed>, StoreError> {
        let topics = self.topics.all(tx)?;
        let due = |channel| {
            let rows: Result<Vec<_>, _> = topics
                .iter()
                .map(|topic| tx.due_messages(topic.id(), (channel, self.is_rehearsal()), now, self.pace.batch))
                .collect();
            rows.map(|rows| rows.concat())
        };
        let mut claimed = Vec::new();
        for mut rows in [[due(Channel::Sms)?, due(Channel::Either)?].concat(), due(Channel::Email)?] {
            // What nobody waits for goes behind all else, however much of it there is.
            rows.sort_by_key(|row| (row.is_bulk(), row.next_at, row.id));
            for row in rows {
                let line_is_busy = self.claim_one(tx, row, now, &mut claimed, ended)?;
                if line_is_busy {
                    break;
                }
            }
        }
        Ok(claimed)
    }

    /// Claims one row if it can be sent now; `true` when its line is busy, so that those behind it need no look.
    fn claim_one(
        &self,
        tx: &Tx<'_>,
        row: OutboxRow,
        now: Timestamp,
        claimed: &mut Vec<Claimed>,
        ended: &mut usize,
    ) -> Result<bool, StoreError> {
        let is_late = row.not_after.is_some_and(|limit| limit <= now);
        if is_late && row.unsure_since.is_none() {
            *ended += self.end(tx, &row, OutboxState::Lapsed, "its time is over", now)?;
            return Ok(false);
        }
        let envelope = match self.resolve(tx, &row, now)? {
            Ok(envelope) => envelope,
            Err(NotNow::Wait(why)) => {
                let again = now.checked_add(self.pace.look_again).unwrap_or(Timestamp::MAX);
                tx.put_off_message(row.id, again, Some(why))?;
                return Ok(false);
            }
            Err(NotNow::End(state, why)) => {
                *ended += self.end(tx, &row, state, why, now)?;
                return Ok(false);
            }
        };
        let line = self.line(&envelope.to);
        if let Some((free, why)) = tx.line(line)?.filter(|(free, _)| *free > now) {
            let is_its_channels = (line == EMAIL_LINE) == (row.channel == Channel::Email);
            if !is_its_channels {
                // It stands among those of another line, which it must not hold up.
                tx.put_off_message(row.id, free, why.as_deref())?;
            }
            return Ok(is_its_channels);
        }
        // A message that may be out already is only looked up; that wakes nobody and takes no time of the line's.
        if let (Body::Text(text), None) = (&envelope.body, row.unsure_since) {
            if let Some(end) = self.quiet_until(tx, &row, now)? {
                tx.put_off_message(row.id, end, Some(QUIET))?;
                return Ok(false);
            }
            let segments = length::measure(text).segments;
            if let Some(tomorrow) = self.bounded_until(tx, &row, segments, now)? {
                tx.put_off_message(row.id, tomorrow, Some(daily::WHY))?;
                tracing::info!(message = row.id.number(), kind = row.kind, "put off: {}", daily::WHY);
                return Ok(false);
            }
            tx.close_line(line, self.rate.free_after(now, segments), None)?;
        }
        let until = now.checked_add(self.pace.lease).unwrap_or(Timestamp::MAX);
        tx.claim_message(row.id, (&self.worker, self.is_rehearsal()), now, until)?;
        claimed.push(Claimed { row, envelope, until });
        Ok(false)
    }

    /// Ends a row unsent; gives 1 where that is counted. A rehearsal ends none: it may be for the stand-in's sake.
    fn end(
        &self,
        tx: &Tx<'_>,
        row: &OutboxRow,
        state: OutboxState,
        why: &'static str,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        if self.is_rehearsal() {
            tx.message_rehearsed(row.id, Some(why), now)?;
        } else if tx.end_message(row.id, state, Some(why), now)? {
            tracing::info!(message = row.id.number(), kind = row.kind, state = state.word(), why, "not sent");
            self.ended(tx, row, now)?;
            return Ok(1);
        }
        Ok(0)
    }

    /// Tells its topic that a row has come to its end.
    pub(in crate::app::outbox) fn ended(&self, tx: &Tx<'_>, row: &OutboxRow, now: Timestamp) -> Result<(), StoreError> {
        match (self.topic_of(tx, row)?, tx.message(row.topic, row.id)?) {
            (Some(topic), Some(row)) => topic.ended(tx, &row, now),
            _ => Ok(()),
        }
    }

    /// When the quiet hours of a row's topic end, if they hold now.
    pub(in crate::app::outbox) fn quiet_until(
        &self,
        tx: &Tx<'_>,
        row: &OutboxRow,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.topic_of(tx, row)?.map_or(Ok(None), |topic| topic.quiet_until(tx, row, now))
    }

    /// A row as an envelope: its topic's words, by way of the override if there is one.
    pub(in crate::app::outbox) fn resolve(
        &self,
        tx: &Tx<'_>,
        row: &OutboxRow,
        now: Timestamp,
    ) -> Result<Result<Envelope, NotNow>, StoreError> {
        let Some(topic) = self.topic_of(tx, row)? else { return Ok(Err(NotNow::Wait("its topic is not served here"))) };
        let (to, words) = match topic.resolve(tx, row, self.sending(row, now)) {
            Ok(Resolution::Send(to, words)) => (to, words),
            Ok(Resolution::Wait(why)) => return Ok(Err(NotNow::Wait(why))),
            Ok(Resolution::End(state, why)) => return Ok(Err(NotNow::End(state, why))),
            // One row that cannot be read stops no other.
            Err(StoreError::Damaged { .. }) => {
                return Ok(Err(NotNow::End(OutboxState::Failed, "what is stored of it cannot be read")));
            }
            Err(error) => return Err(error),
        };
        let (to, words) = match self.overriding.is_set() {
            true => (self.overriding.redirect(to), topic.overridden(&words)),
            false => (to, words),
        };
        if let Address::Phone(phone) = &to
            && tx.is_opted_out(phone)?
        {
            return Ok(Err(NotNow::End(OutboxState::Cancelled, "the phone has opted out")));
        }
        let body = body(&to, &words);
        let addressee = words.addressee;
        let goes_until = topic.goes_until(tx, row, now)?;
        let valid_for = goes_until.map(|until| seconds_of(until.duration_since(now)));
        Ok(Ok(Envelope { to, body, reference: reference(row), addressee, queued_at: row.queued_at, valid_for }))
    }
}

/// Why a row cannot be sent now.
pub(in crate::app::outbox) enum NotNow {
    Wait(&'static str),
    End(OutboxState, &'static str),
}

fn body(to: &Address, words: &Words) -> Body {
    match to {
        Address::Phone(_) if words.sms.is_empty() => Body::Text(words.mail.text.clone()),
        Address::Phone(_) => Body::Text(words.sms.clone()),
        Address::Email(_) => {
            let Mail { subject, text, html, leave, calendar } = words.mail.clone();
            Body::Mail { subject, text, html, leave, calendar }
        }
    }
}

/// How many seconds a provider may keep a text waiting that goes for so long: Twilio takes 1 to 36,000.
fn seconds_of(time: SignedDuration) -> u32 {
    u32::try_from(time.as_secs().clamp(1, 36_000)).unwrap_or(36_000)
}

/// What a message is called outside: the same at every repetition, and in no other outbox.
fn reference(row: &OutboxRow) -> String {
    let digest = Sha256::digest(format!("{} {}", row.cause, row.queued_at).as_bytes());
    format!("{}-{}.{}", row.id.number(), row.kind.replace('_', "-"), HEXLOWER.encode(&digest[..6]))
}
