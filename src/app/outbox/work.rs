//! The worker: claims what is due, sends it, records what became of it.
//!
//! Between the claim's commit and the record's, a crash leaves a row whose fate is unsure. Such a row is looked up at
//! the provider first and sent only when it is not found there; no other order of these steps is safe.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use super::resolve::Resolution;
use super::{Outbox, fault};
use crate::messaging::envelope::{Body, Envelope};
use crate::messaging::length;
use crate::messaging::sender::{SendError, Sender};
use crate::store::{Channel, OutboxRow, OutboxState, Store, StoreError, Tx};

mod record;

/// How far the provider's clock may be behind ours when a message is looked up.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

/// What one pass has done. Relayed texts are not counted: how they fare can tell who they go to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pass {
    /// Taken by the provider, or found there.
    pub sent: usize,
    /// Not taken, and to be tried again.
    pub put_off: usize,
    /// Come to an end unsent.
    pub ended: usize,
    /// Whether something stands in the way of all messages of a channel: the account, the settings.
    pub blocked: bool,
}

/// A row in this worker's hands.
struct Claimed {
    row: OutboxRow,
    envelope: Envelope,
    until: Timestamp,
    /// How long one request can take at most.
    request: Duration,
}

/// What was found out about a claimed row.
enum Fate {
    Sent(Option<String>),
    /// It had been sent before; a lookup says so.
    Found(String),
    /// Too little is left of the claim to begin, or the worker is to stop.
    NotBegun,
    /// Its time ran out before it could be sent.
    Lapsed,
    Failed(SendError),
}

impl Outbox {
    /// Claims what is due, sends it and records what became of it, once.
    ///
    /// # Errors
    /// [`StoreError`]; what was under way is then unsure, and looked up when its claim has run out.
    pub async fn pass(&self) -> Result<Pass, StoreError> {
        self.pass_unless(&|| false).await
    }

    /// A pass that begins nothing more once `stop` says so: what has not begun stays waiting.
    pub(super) async fn pass_unless(&self, stop: &(dyn Fn() -> bool + Sync)) -> Result<Pass, StoreError> {
        let now = Timestamp::now();
        let mut pass = Pass::default();
        // A passphrase takes a second, and everybody who writes would wait for it inside the transaction.
        if self.store.read(|tx| tx.count_due_messages(&self.resolver.exchange, now))? > 0 {
            self.resolver.draws.unlock();
        }
        let claimed = self.store.write(|tx| self.claim(tx, now, &mut pass))?;
        fault::point("claimed");
        let (unsure, fresh): (Vec<_>, Vec<_>) =
            claimed.into_iter().partition(|claimed| claimed.row.unsure_since.is_some());
        // One after the other, each recorded before the next is looked up: two equal messages must not both be found
        // in the one that was sent.
        for claimed in unsure {
            let fate = match stop() {
                true => Fate::NotBegun,
                false => settle(&self.store, &self.sender, &claimed).await,
            };
            self.record(&[(claimed, fate)], &mut pass)?;
        }
        self.send_all(fresh, stop, &mut pass).await?;
        Ok(pass)
    }

    /// Sends many at a time and records them in batches, as they come.
    async fn send_all(
        &self,
        fresh: Vec<Claimed>,
        stop: &(dyn Fn() -> bool + Sync),
        pass: &mut Pass,
    ) -> Result<(), StoreError> {
        let mut waiting: VecDeque<Claimed> = fresh.into();
        let mut under_way = JoinSet::new();
        loop {
            if stop() {
                let not_begun: Vec<_> = waiting.drain(..).map(|claimed| (claimed, Fate::NotBegun)).collect();
                self.record(&not_begun, pass)?;
            }
            while under_way.len() < self.pace.at_once
                && let Some(claimed) = waiting.pop_front()
            {
                let sender = self.sender.clone();
                under_way.spawn(async move {
                    let fate = send(&sender, &claimed).await;
                    (claimed, fate)
                });
            }
            let Some(first) = under_way.join_next().await else { return Ok(()) };
            let mut done: Vec<(Claimed, Fate)> = first.into_iter().collect();
            // A commit is dear; whatever has arrived meanwhile shares it.
            while let Some(next) = under_way.try_join_next() {
                done.extend(next);
            }
            fault::point("sent");
            self.record(&done, pass)?;
            fault::point("recorded");
        }
    }

    /// Claims what can be sent now, and deals with what cannot.
    fn claim(&self, tx: &Tx<'_>, now: Timestamp, pass: &mut Pass) -> Result<Vec<Claimed>, StoreError> {
        let due = |channel| tx.due_messages(&self.resolver.exchange, channel, now, self.pace.batch);
        let mut texts = [due(Channel::Sms)?, due(Channel::Either)?].concat();
        texts.sort_by_key(|row| (row.next_at, row.id));
        let mut claimed = Vec::new();
        for rows in [texts, due(Channel::Email)?] {
            for row in rows {
                let line_is_busy = self.claim_one(tx, row, now, &mut claimed, pass)?;
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
        pass: &mut Pass,
    ) -> Result<bool, StoreError> {
        let is_late = row.not_after.is_some_and(|limit| limit <= now);
        if is_late && row.unsure_since.is_none() {
            self.end(tx, &row, OutboxState::Lapsed, "its time is over", now, pass)?;
            return Ok(false);
        }
        let envelope = match self.resolver.resolve(tx, &row, now)? {
            Resolution::Send(envelope) => *envelope,
            Resolution::Wait(why) => {
                let again = now.checked_add(self.pace.look_again).unwrap_or(Timestamp::MAX);
                tx.put_off_message(row.id, again, shown(&row, why))?;
                return Ok(false);
            }
            Resolution::End(state, why) => {
                self.end(tx, &row, state, why, now, pass)?;
                return Ok(false);
            }
        };
        let line = self.line(&envelope.to);
        if tx.line_free_at(line)?.is_some_and(|free| free > now) {
            return Ok(true);
        }
        if let Body::Text(text) = &envelope.body {
            // A message that may be out already is only looked up; that wakes nobody.
            if let (None, Some(end)) = (row.unsure_since, self.quiet.as_ref().and_then(|quiet| quiet.end(now))) {
                tx.put_off_message(row.id, end, shown(&row, "quiet hours"))?;
                return Ok(false);
            }
            let segments = length::measure(text).segments;
            tx.set_line_free_at(line, self.rate.free_after(now, segments))?;
        }
        let until = now.checked_add(self.pace.lease).unwrap_or(Timestamp::MAX);
        tx.claim_message(row.id, &self.worker, now, until)?;
        claimed.push(Claimed { row, envelope, until, request: self.pace.request });
        Ok(false)
    }

    fn end(
        &self,
        tx: &Tx<'_>,
        row: &OutboxRow,
        state: OutboxState,
        why: &'static str,
        now: Timestamp,
        pass: &mut Pass,
    ) -> Result<(), StoreError> {
        if tx.end_message(row.id, state, shown(row, why), now)? && !row.recipient.is_role() {
            pass.ended += 1;
            tracing::info!(message = row.id.number(), kind = row.kind, state = state.word(), why, "not sent");
        }
        Ok(())
    }
}

/// Finds out what became of a row whose fate is unsure, and sends it if it was not taken.
async fn settle(store: &Arc<Store>, sender: &Sender, claimed: &Claimed) -> Fate {
    if !leaves_time(claimed, 2) {
        return Fate::NotBegun;
    }
    let since = claimed.row.unsure_since.unwrap_or(claimed.row.queued_at);
    let since = since.checked_sub(CLOCKS_DIFFER).unwrap_or(Timestamp::MIN);
    // A database that cannot say counts as not knowing the id; recording asks again.
    let known = |id: &str| store.read(|tx| tx.knows_provider_id(id)).unwrap_or(false);
    match within(claimed.request, sender.find(&claimed.envelope, since, &known)).await {
        Ok(Some(id)) => Fate::Found(id),
        Ok(None) if claimed.row.not_after.is_some_and(|limit| limit <= Timestamp::now()) => Fate::Lapsed,
        Ok(None) => {
            fault::point("looked up");
            send(sender, claimed).await
        }
        // Nothing is known, so nothing is sent.
        Err(error) => Fate::Failed(error),
    }
}

async fn send(sender: &Sender, claimed: &Claimed) -> Fate {
    if !leaves_time(claimed, 1) {
        return Fate::NotBegun;
    }
    match within(claimed.request, sender.send(&claimed.envelope)).await {
        Ok(id) => Fate::Sent(id),
        Err(error) => Fate::Failed(error),
    }
}

/// One sending or lookup, given up before the claim can run out under it: a mail server may take its time for each of
/// many answers.
async fn within<T>(limit: Duration, request: impl Future<Output = Result<T, SendError>>) -> Result<T, SendError> {
    tokio::time::timeout(limit, request).await.unwrap_or(Err(SendError::Slow))
}

/// Whether so many requests will have ended before the claim does, whatever happens to them: only then is it certain
/// that nobody else begins meanwhile.
fn leaves_time(claimed: &Claimed, requests: u32) -> bool {
    let needed = SignedDuration::try_from(claimed.request * requests).unwrap_or(SignedDuration::MAX);
    claimed.until.duration_since(Timestamp::now()) > needed
}

/// Why a row waits or ended, unless that could tell who it goes to.
fn shown<'a>(row: &OutboxRow, why: &'a str) -> Option<&'a str> {
    (!row.recipient.is_role()).then_some(why)
}
