//! How a topic's relayed texts fare: sealed together, in one book. Whether one has gone out, waits or came to its end would
//! tell who it goes to, and so would which of several notes has changed. The book's length follows from their number alone,
//! and whoever looks after them writes it anew at every look, whatever came of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{LONGEST_CLOSED, LONGEST_PUT_OFF, MessageTopic, later};
use crate::store::{Attempt, OutboxRow, OutboxState, StoreError, Tx};

/// The most bytes that an entry takes.
const ENTRY: usize = 256;

/// The book grows by so many entries at a time.
const ENTRIES: usize = 16;

/// How relayed texts fare.
#[derive(Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Book {
    entries: Vec<Entry>,
}

/// How one relayed text fares on its way to one person.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    /// The id of its row.
    relay: String,
    /// Which of its messages, from 0.
    nth: usize,
    state: OutboxState,
    attempts: u32,
    next_at: i64,
    claimed_by: Option<String>,
    unsure_since: Option<i64>,
    looked_for: bool,
    /// Of the provider's id; see [`digest`].
    sent_as: Option<String>,
}

impl Book {
    /// A topic's book; `None` where the key does not open it.
    pub(super) fn open(tx: &Tx<'_>, topic: &dyn MessageTopic) -> Result<Option<Self>, StoreError> {
        let Some(sealed) = tx.relay_book(topic.id())? else { return Ok(Some(Self::default())) };
        let Some(plain) = topic.unseal(&sealed) else { return Ok(None) };
        serde_json::from_slice(&plain).map(Some).map_err(|e| StoreError::damaged("book of relayed texts", e))
    }

    /// Keeps it. An empty one is not kept: it could be under a key that opens nothing.
    pub(super) fn save(&self, tx: &Tx<'_>, topic: &dyn MessageTopic) -> Result<(), StoreError> {
        if self.entries.is_empty() {
            return Ok(());
        }
        let mut plain = serde_json::to_vec(self).map_err(|e| StoreError::damaged("book of relayed texts", e))?;
        let room = self.entries.len().next_multiple_of(ENTRIES).max(ENTRIES) * ENTRY;
        // Spaces behind a JSON document belong to none of it.
        plain.resize(plain.len().next_multiple_of(room), b' ');
        let sealed = topic.seal(&plain).ok_or_else(|| StoreError::damaged("key", "it seals nothing"))?;
        tx.put_relay_book(topic.id(), &sealed)
    }

    /// Follows these rows from now on, and no others; one that the key does not open is left for another time.
    pub(super) fn follow(
        &mut self,
        tx: &Tx<'_>,
        topic: &dyn MessageTopic,
        mut ids: Vec<String>,
    ) -> Result<(), StoreError> {
        ids.sort_unstable();
        let mut followed: Vec<Entry> = std::mem::take(&mut self.entries);
        followed.retain(|entry| ids.binary_search(&entry.relay).is_ok());
        followed.sort_by(|a, b| (&a.relay, a.nth).cmp(&(&b.relay, b.nth)));
        for id in ids.iter().filter(|id| followed.binary_search_by(|entry| entry.relay.cmp(id)).is_err()) {
            let Some(rows) = topic.relayed(tx, id)? else { continue };
            self.entries.extend(rows.iter().enumerate().map(|(nth, row)| Entry::new(id, nth, row)));
            if rows.is_empty() {
                // A text that is not passed on takes as much room.
                self.entries.push(Entry::of_nothing(id));
            }
        }
        self.entries.extend(followed);
        Ok(())
    }

    /// The entries to be looked at now.
    pub(super) fn due(&mut self, now: Timestamp) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut().filter(move |entry| entry.is_open() && entry.due(now) <= now.as_millisecond())
    }

    /// Those that have not come to their end.
    pub(super) fn open_entries(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut().filter(|entry| entry.is_open())
    }

    /// When the next of those is due that have not come to their end.
    pub(super) fn next_at(&self, now: Timestamp) -> Option<Timestamp> {
        let open = self.entries.iter().filter(|entry| entry.is_open());
        open.map(|entry| Timestamp::from_millisecond(entry.due(now)).unwrap_or(now)).min()
    }

    /// The entry that a worker has claimed for a message.
    pub(super) fn claimed(&mut self, row: &OutboxRow, worker: &str) -> Option<&mut Entry> {
        let mut entries = self.entries.iter_mut();
        entries.find(|entry| entry.is_of(row) && entry.claimed_by.as_deref() == Some(worker))
    }

    /// How its entries stand, in no order.
    #[cfg(test)]
    pub(super) fn states(&self) -> Vec<OutboxState> {
        self.entries.iter().map(|entry| entry.state).collect()
    }

    /// The entry that was sent under a provider's id, by its digest.
    pub(super) fn sent_as(&mut self, digest: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.sent_as.as_deref() == Some(digest))
    }
}

impl Entry {
    fn new(relay: &str, nth: usize, row: &OutboxRow) -> Self {
        Self {
            relay: relay.to_owned(),
            nth,
            state: OutboxState::Waiting,
            attempts: 0,
            next_at: row.due.as_millisecond(),
            claimed_by: None,
            unsure_since: row.unsure_since.map(Timestamp::as_millisecond),
            looked_for: false,
            sent_as: None,
        }
    }

    fn of_nothing(relay: &str) -> Self {
        Self {
            relay: relay.to_owned(),
            nth: 0,
            state: OutboxState::Cancelled,
            attempts: 0,
            next_at: 0,
            claimed_by: None,
            unsure_since: None,
            looked_for: false,
            sent_as: None,
        }
    }

    fn is_open(&self) -> bool {
        matches!(self.state, OutboxState::Waiting | OutboxState::Claimed)
    }

    fn is_of(&self, row: &OutboxRow) -> bool {
        row.cause == cause(&self.relay, self.nth)
    }

    /// When it is due. What a clock that was ahead has put off for longer than anything waits is due now.
    fn due(&self, now: Timestamp) -> i64 {
        let longest = if self.state == OutboxState::Claimed { LONGEST_CLOSED } else { LONGEST_PUT_OFF };
        if self.next_at > later(now, longest).as_millisecond() { now.as_millisecond() } else { self.next_at }
    }

    /// The message it is about, as it stands; `None` when it cannot be read.
    pub(super) fn row(&self, tx: &Tx<'_>, topic: &dyn MessageTopic) -> Result<Option<OutboxRow>, StoreError> {
        let rows = topic.relayed(tx, &self.relay)?.unwrap_or_default();
        let Some(row) = rows.into_iter().nth(self.nth) else { return Ok(None) };
        let unsure_since = self.unsure_since.and_then(|at| Timestamp::from_millisecond(at).ok());
        Ok(Some(OutboxRow { attempts: self.attempts, looked_for: self.looked_for, unsure_since, ..row }))
    }

    /// Claims it for a worker until then. From now on its fate is unsure until an outcome is recorded.
    pub(super) fn claim(&mut self, worker: &str, now: Timestamp, until: Timestamp) {
        self.state = OutboxState::Claimed;
        self.claimed_by = Some(worker.to_owned());
        self.next_at = until.as_millisecond();
        self.attempts += 1;
        self.unsure_since = self.unsure_since.or(Some(now.as_millisecond()));
    }

    /// Counts it as perhaps sent since then.
    pub(super) fn doubt(&mut self, since: Timestamp, now: Timestamp) {
        self.put_off(now);
        self.unsure_since = self.unsure_since.or(Some(since.as_millisecond()));
        self.looked_for = false;
    }

    /// Has it wait until then.
    pub(super) fn put_off(&mut self, next_at: Timestamp) {
        self.state = OutboxState::Waiting;
        self.claimed_by = None;
        self.next_at = next_at.as_millisecond();
    }

    /// Ends it.
    pub(super) fn end(&mut self, state: OutboxState) {
        self.state = state;
        self.claimed_by = None;
    }

    /// Records how an attempt ended.
    pub(super) fn record(&mut self, attempt: &Attempt) {
        match attempt {
            Attempt::Sent { provider_id } => {
                self.end(OutboxState::Sent);
                self.unsure_since = None;
                self.looked_for = false;
                self.sent_as = provider_id.as_deref().map(digest);
            }
            Attempt::Later { next_at, unsure, looked_for, counts, .. } => {
                self.put_off(*next_at);
                self.unsure_since = self.unsure_since.filter(|_| *unsure);
                self.looked_for = *looked_for;
                self.attempts -= u32::from(!counts);
            }
            Attempt::Ended { state, .. } => self.end(*state),
            // None is sent in a rehearsal.
            Attempt::Rehearsed { .. } => {}
        }
    }

    /// How it stands, and how often it was tried.
    pub(super) fn standing(&self) -> (OutboxState, u32) {
        (self.state, self.attempts)
    }

    /// Has it sent again: what was sent did not arrive.
    pub(super) fn send_again(&mut self, next_at: Timestamp) {
        self.put_off(next_at);
        self.sent_as = None;
    }
}

/// What names the message of a relayed text to one person.
pub(crate) fn cause(relay: &str, nth: usize) -> String {
    format!("relay:{relay}:{nth}")
}

/// A provider's id as the book keeps it, at one length.
pub(super) fn digest(provider_id: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(provider_id.as_bytes())[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    // X11: or else the length would tell how its entries stand.
    #[test]
    fn no_entry_takes_more_room_than_it_has() {
        let longest = i64::MAX;
        let entry = Entry {
            relay: digest("SM1"),
            nth: 999,
            state: OutboxState::Cancelled,
            attempts: 1000,
            next_at: longest,
            claimed_by: Some(format!("{:016x}", u64::MAX)),
            unsure_since: Some(longest),
            looked_for: false,
            sent_as: Some(digest("SM2")),
        };
        let length = serde_json::to_vec(&entry).expect("JSON").len();
        assert!(length < ENTRY, "{length}");
    }
}
