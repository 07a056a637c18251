//! Relayed texts on their way. They travel as other messages do, but no one is to see when one goes, nor that one does not:
//! they are no rows of the outbox, they wait for no line and close none, and a look at them ends in the same two commits
//! whatever came of it. There is a look when one has come in, and then once in a while for as long as there are any.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::book::{Book, Entry, digest};
use super::reach::Way;
use super::topic::{MessageTopic, Resolution, Sending};
use super::work::{Claimed, Fate, NotNow};
use super::{Outbox, fault, later};
use crate::messaging::envelope::{Address, Body};
use crate::messaging::sender::Means;
use crate::store::{Attempt, DeliveryReport, OutboxState, StoreError, Tx};

/// How many days a relayed text may wait for its receiver's first text. Then all of a day end together.
pub(crate) const RELAY_DAYS: i64 = 60;

/// What a worker remembers from one look to the next.
#[derive(Default)]
pub(super) struct Looks {
    /// How many relayed texts there were.
    seen: u64,
    /// When the next look is due.
    next: Timestamp,
    /// When the next message is due.
    due: Option<Timestamp>,
    /// What has been reported as arrived since, by digest.
    arrived: HashSet<String>,
}

impl Outbox {
    /// Looks after the relayed texts, if it is time: claims what is due, sends it, and records everything together. None
    /// is sent in a rehearsal, for even a file without words would tell when one was asked.
    pub(super) async fn relay(self: &Arc<Self>, stop: &(dyn Fn() -> bool + Sync)) -> Result<(), StoreError> {
        let (me, now) = (Arc::clone(self), self.clock.now());
        let look = self.store.run_reading(move |tx| me.relays_at(tx, now)).await?;
        if look.is_none_or(|at| at > now) {
            return Ok(());
        }
        let me = Arc::clone(self);
        let claimed = self.store.run(move |tx| me.claim_relays(tx, now)).await?;
        fault::point("relays claimed");
        let (unsure, fresh): (Vec<_>, Vec<_>) =
            claimed.into_iter().partition(|claimed| claimed.row.unsure_since.is_some());
        let (mut done, mut taken) = (Vec::new(), HashSet::new());
        for claimed in unsure {
            let fate = if stop() { Fate::NotBegun } else { self.settle(&claimed, &taken).await };
            if let Fate::Found(id) | Fate::Sent(Some(id)) = &fate {
                taken.insert(id.clone());
            }
            done.push((claimed, fate));
        }
        done.extend(self.send_all(fresh, stop, None).await?);
        let (me, now) = (Arc::clone(self), self.clock.now());
        self.store.run(move |tx| me.record_relays(tx, &done, now)).await?;
        fault::point("relays recorded");
        Ok(())
    }

    /// When a look is due: at once when another text has come in. `None`: there is nothing to look after.
    pub(super) fn relays_at(&self, tx: &Tx<'_>, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let count = self.count_relays(tx, now)?;
        let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        if count == 0 || self.is_rehearsal() {
            return Ok(None);
        }
        // The clock may have been put back since.
        let is_due = count != looks.seen || looks.next.duration_since(now) > self.look_again();
        Ok(Some(if is_due { now } else { looks.next }))
    }

    /// When a relayed text may be sent next: at a look, once it is due. `None` while none waits to be sent.
    pub(super) fn next_relay_at(&self, tx: &Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
        let Some(look) = self.relays_at(tx, self.clock.now())? else { return Ok(None) };
        let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let has_come_in = look != looks.next;
        Ok(if has_come_in { Some(look) } else { looks.due.map(|due| due.max(look)) })
    }

    fn look_again(&self) -> SignedDuration {
        SignedDuration::try_from(self.pace.look_again).unwrap_or(SignedDuration::MAX)
    }

    fn count_relays(&self, tx: &Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
        self.topics.all(tx)?.iter().map(|topic| tx.count_relays_since(topic.id(), first_day(now))).sum()
    }

    /// Claims what can be sent now, and deals with what cannot.
    fn claim_relays(&self, tx: &Tx<'_>, now: Timestamp) -> Result<Vec<Claimed>, StoreError> {
        let mut claimed = Vec::new();
        for topic in self.topics.all(tx)? {
            let ids = tx.relays_since(topic.id(), first_day(now))?;
            let topic = topic.as_ref();
            if ids.is_empty() {
                continue;
            }
            let Some(mut book) = Book::open(tx, topic)? else { continue };
            book.follow(tx, topic, ids)?;
            for entry in book.due(now) {
                if claimed.len() < self.pace.batch as usize {
                    claimed.extend(self.claim_relay(tx, topic, entry, now)?);
                }
            }
            book.save(tx, topic)?;
        }
        Ok(claimed)
    }

    fn claim_relay(
        &self,
        tx: &Tx<'_>,
        topic: &dyn MessageTopic,
        entry: &mut Entry,
        now: Timestamp,
    ) -> Result<Option<Claimed>, StoreError> {
        let Some(row) = entry.row(tx, topic)? else {
            entry.end(OutboxState::Failed);
            return Ok(None);
        };
        let is_unsure = row.unsure_since.is_some();
        if row.not_after.is_some_and(|limit| limit <= now) && !is_unsure {
            entry.end(OutboxState::Lapsed);
            return Ok(None);
        }
        let envelope = match self.resolve(tx, &row, now)? {
            Ok(envelope) => envelope,
            Err(NotNow::Wait(_)) => {
                entry.put_off(later(now, self.look_again()));
                return Ok(None);
            }
            Err(NotNow::End(state, _)) => {
                entry.end(state);
                return Ok(None);
            }
        };
        if let (Body::Text(_), false, Some(end)) = (&envelope.body, is_unsure, self.quiet_until(tx, &row, now)?) {
            entry.put_off(end);
            return Ok(None);
        }
        let until = now.checked_add(self.pace.lease).unwrap_or(Timestamp::MAX);
        entry.claim(&self.worker, now, until);
        Ok(Some(Claimed { row, envelope, until }))
    }

    fn record_relays(&self, tx: &Tx<'_>, done: &[(Claimed, Fate)], now: Timestamp) -> Result<(), StoreError> {
        let arrived = std::mem::take(&mut self.looks.lock().unwrap_or_else(PoisonError::into_inner).arrived);
        let mut due: Option<Timestamp> = None;
        for topic in self.topics.all(tx)? {
            let topic = topic.as_ref();
            if tx.count_relays_since(topic.id(), first_day(now))? == 0 {
                continue;
            }
            let Some(mut book) = Book::open(tx, topic)? else { continue };
            for (claimed, fate) in done.iter().filter(|(claimed, _)| claimed.row.topic == topic.id()) {
                // Where the claim had run out, another worker looks after it.
                let Some(entry) = book.claimed(&claimed.row, &self.worker) else { continue };
                let attempt = self.attempt(tx, claimed, fate, now)?;
                entry.record(&attempt);
                if let Attempt::Sent { provider_id: Some(id) } = &attempt
                    && let Some(report) = tx.take_early_report(id)?
                {
                    self.reported(tx, entry, id, report, now)?;
                }
            }
            for digest in &arrived {
                if let Some(entry) = book.sent_as(digest) {
                    entry.end(OutboxState::Delivered);
                }
            }
            due = due.into_iter().chain(book.next_at(now)).min();
            book.save(tx, topic)?;
        }
        let seen = self.count_relays(tx, now)?;
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        (looks.seen, looks.next, looks.due) = (seen, later(now, self.look_again()), due);
        Ok(())
    }

    /// Whether a provider's id is that of a relayed text.
    pub(super) fn is_relayed(&self, tx: &Tx<'_>, id: &str) -> Result<bool, StoreError> {
        let digest = digest(id);
        for topic in self.topics.all(tx)? {
            if Book::open(tx, topic.as_ref())?.is_some_and(|mut book| book.sent_as(&digest).is_some()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes a report of a relayed text; `false` when it is of none. That one arrived is written down at the next look.
    pub(super) fn relay_reported(
        &self,
        tx: &Tx<'_>,
        id: &str,
        report: DeliveryReport,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let digest = digest(id);
        for topic in self.topics.all(tx)? {
            let Some(mut book) = Book::open(tx, topic.as_ref())? else { continue };
            let Some(entry) = book.sent_as(&digest) else { continue };
            let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
            if report == DeliveryReport::Delivered {
                looks.arrived.insert(digest);
            } else if !looks.arrived.contains(&digest) && self.reported(tx, entry, id, report, now)? {
                looks.due = book.next_at(now);
                drop(looks);
                book.save(tx, topic.as_ref())?;
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Has an entry sent again if what was reported of it passes; says whether it does.
    fn reported(
        &self,
        tx: &Tx<'_>,
        entry: &mut Entry,
        id: &str,
        report: DeliveryReport,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (state, attempts) = entry.standing();
        let Some((_, at)) = self.again(report, attempts, now).filter(|_| state == OutboxState::Sent) else {
            return Ok(false);
        };
        tx.spend_provider_id(id)?;
        entry.send_again(at);
        Ok(true)
    }
}

/// The day of a time, counted from 1970 UTC.
pub(crate) fn day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(24 * 60 * 60)
}

/// Counts every relayed text of a topic that waits as perhaps sent since then: one by text is looked up before it is sent,
/// and one that may have gone by e-mail, which nobody can look up, has come to its end. A book that the key does not open
/// stays closed for the outbox as well.
pub(in crate::app) fn count_as_perhaps_sent(
    tx: &Tx<'_>,
    topic: &dyn MessageTopic,
    since: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(mut book) = Book::open(tx, topic)? else { return Ok(()) };
    book.follow(tx, topic, tx.relays_since(topic.id(), first_day(now))?)?;
    for entry in book.open_entries() {
        let Some(row) = entry.row(tx, topic)? else { continue };
        let means = Means { sms: true, email: true, overseen: false };
        let way = Way { channel: row.channel, basis: row.basis, means };
        match topic.resolve(tx, &row, Sending { way, is_overseen: false, number: "", as_of: now }) {
            Ok(Resolution::Send(Address::Email(_), _)) => entry.end(OutboxState::Failed),
            Ok(_) | Err(StoreError::Damaged { .. }) => entry.doubt(since, now),
            Err(error) => return Err(error),
        }
    }
    book.save(tx, topic)
}

fn first_day(now: Timestamp) -> i64 {
    day(now) - RELAY_DAYS
}
