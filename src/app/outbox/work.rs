//! The worker: claims what is due, sends it, records what became of it.
//!
//! Between the claim's commit and the record's, a crash leaves a row whose fate is unsure. Such a row is looked up at
//! the provider first; when it is not found there, twice, it is claimed as any other, with all that is asked before a
//! sending; no other order of these steps is safe.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use super::{Outbox, fault};
use crate::messaging::envelope::{Address, Envelope};
use crate::messaging::sender::SendError;
use crate::store::{OutboxRow, StoreError, Tx};

mod claim;
mod record;

pub(super) use claim::NotNow;

/// How far the provider's clock may be behind ours when a message is looked up.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

/// What one pass has done, relayed texts aside: how they fare can tell who they go to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pass {
    /// Taken by the provider, or found there.
    pub sent: usize,
    /// Rehearsed.
    pub rehearsed: usize,
    /// Not taken, and to be tried again.
    pub put_off: usize,
    /// Come to an end unsent.
    pub ended: usize,
    /// Whether something stands in the way of all messages of a channel: the account, the settings.
    pub blocked: bool,
}

impl Pass {
    /// How many messages have been dealt with.
    pub fn done(&self) -> usize {
        self.sent + self.rehearsed + self.put_off + self.ended
    }

    /// Counts another pass in.
    pub(super) fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.rehearsed += other.rehearsed;
        self.put_off += other.put_off;
        self.ended += other.ended;
        self.blocked |= other.blocked;
    }
}

/// A row in this worker's hands.
pub(super) struct Claimed {
    pub(super) row: OutboxRow,
    pub(super) envelope: Envelope,
    pub(super) until: Timestamp,
}

/// What was found out about a claimed row.
pub(super) enum Fate {
    Sent(Option<String>),
    /// It had been sent before; a lookup says so.
    Found(String),
    /// A lookup did not find it; the provider's list may be behind.
    NotFound,
    /// It was not taken, as far as anybody can tell: from now on it is a row like any other.
    NotTaken,
    /// Too little is left of the claim to begin, or the worker is to stop.
    NotBegun,
    Failed(SendError),
}

impl Outbox {
    /// Claims what is due, sends it and records what became of it, once.
    /// Where it fails, what was under way is unsure, and looked up when its claim has run out.
    pub async fn pass(self: &Arc<Self>) -> Result<Pass, StoreError> {
        self.pass_unless(&|| false).await
    }

    /// A pass that begins nothing more once `stop` says so: what has not begun stays waiting.
    pub(super) async fn pass_unless(self: &Arc<Self>, stop: &(dyn Fn() -> bool + Sync)) -> Result<Pass, StoreError> {
        let now = self.clock.now();
        let mut pass = Pass::default();
        let me = Arc::clone(self);
        let (claimed, ended) = self
            .store
            .run(move |tx| {
                let mut ended = 0;
                Ok::<_, StoreError>((me.claim(tx, now, &mut ended)?, ended))
            })
            .await?;
        pass.ended += ended;
        fault::point("claimed");
        let (unsure, fresh): (Vec<_>, Vec<_>) =
            claimed.into_iter().partition(|claimed| claimed.row.unsure_since.is_some());
        // One after the other, each recorded before the next is looked up: two equal messages must not both be found
        // in the one that was sent.
        for claimed in unsure {
            let fate = match stop() {
                true => Fate::NotBegun,
                false => self.settle(&claimed, &HashSet::new()).await,
            };
            self.record(vec![(claimed, fate)], &mut pass).await?;
        }
        self.send_all(fresh, stop, Some(&mut pass)).await?;
        self.relay(stop).await?;
        Ok(pass)
    }

    /// Sends many at a time and records them in batches, as they come; without a pass to count them in, that is left to
    /// the caller, who gets them all.
    pub(super) async fn send_all(
        self: &Arc<Self>,
        fresh: Vec<Claimed>,
        stop: &(dyn Fn() -> bool + Sync),
        mut pass: Option<&mut Pass>,
    ) -> Result<Vec<(Claimed, Fate)>, StoreError> {
        let mut waiting: VecDeque<Claimed> = fresh.into();
        let mut under_way = JoinSet::new();
        let mut done = Vec::new();
        loop {
            if stop() {
                done.extend(waiting.drain(..).map(|claimed| (claimed, Fate::NotBegun)));
            }
            let free = self.pace.at_once.saturating_sub(under_way.len()).min(waiting.len());
            let (wanted, others) = self.still_wanted(waiting.drain(..free).collect()).await;
            done.extend(others.into_iter().map(|claimed| (claimed, Fate::NotBegun)));
            for claimed in wanted {
                let me = Arc::clone(self);
                under_way.spawn(async move {
                    let fate = me.send(&claimed).await;
                    (claimed, fate)
                });
            }
            let first = under_way.join_next().await;
            let is_last = first.is_none() && waiting.is_empty();
            done.extend(first.into_iter().flatten());
            // A commit is dear; whatever has arrived meanwhile shares it.
            while let Some(next) = under_way.try_join_next() {
                done.extend(next);
            }
            match &mut pass {
                Some(pass) if !done.is_empty() => {
                    fault::point("sent");
                    self.record(std::mem::take(&mut done), pass).await?;
                    fault::point("recorded");
                }
                Some(_) => {}
                None => fault::point("relays sent"),
            }
            if is_last {
                return Ok(done);
            }
        }
    }

    /// Those of some rows that may go now as they could when they were claimed, and the others. Many are claimed at once, and
    /// meanwhile whoever they are for may have had enough, whoever runs their topic may have stopped it, night may have come.
    async fn still_wanted(self: &Arc<Self>, claimed: Vec<Claimed>) -> (Vec<Claimed>, Vec<Claimed>) {
        if claimed.is_empty() {
            return (claimed, Vec::new());
        }
        let (me, now) = (Arc::clone(self), self.clock.now());
        let rows: Vec<_> = claimed.iter().map(|claimed| (claimed.row.clone(), claimed.envelope.to.clone())).collect();
        let wanted = self.store.run_reading(move |tx| {
            let wanted = rows.iter().map(|(row, to)| me.is_wanted(tx, row, to, now));
            wanted.collect::<Result<Vec<bool>, StoreError>>()
        });
        // Where the database cannot say, nothing begins.
        let mut wanted = wanted.await.unwrap_or_default().into_iter();
        claimed.into_iter().partition(|_| wanted.next().unwrap_or(false))
    }

    fn is_wanted(&self, tx: &Tx<'_>, row: &OutboxRow, to: &Address, now: Timestamp) -> Result<bool, StoreError> {
        let is_same = self.resolve(tx, row, now)?.is_ok_and(|envelope| envelope.to == *to);
        Ok(is_same && (matches!(to, Address::Email(_)) || self.quiet_until(tx, row, now)?.is_none()))
    }

    /// Finds out what became of a row whose fate is unsure. It is not sent here: much may have been said since it was claimed.
    /// `taken` are ids that are known to be others', though not recorded yet.
    pub(super) async fn settle(self: &Arc<Self>, claimed: &Claimed, taken: &HashSet<String>) -> Fate {
        if !self.leaves_time(claimed) {
            return Fate::NotBegun;
        }
        let since = claimed.row.unsure_since.unwrap_or(claimed.row.queued_at);
        let since = since.checked_sub(CLOCKS_DIFFER).unwrap_or(Timestamp::MIN);
        let found = match within(self.pace.request, self.sender.find(&claimed.envelope, since)).await {
            Ok(Some(found)) => found,
            Ok(None) => return Fate::NotTaken,
            // Nothing is known, so nothing is sent.
            Err(error) => return Fate::Failed(error),
        };
        let candidates: Vec<String> = found.into_iter().filter(|id| !taken.contains(id)).collect();
        let (me, found) = (Arc::clone(self), candidates.clone());
        let unknown = self.store.run_reading(move |tx| {
            for id in candidates {
                if !me.knows_provider_id(tx, &id)? {
                    return Ok(Some(id));
                }
            }
            Ok::<_, StoreError>(None)
        });
        fault::point("looked up");
        // A database that cannot say counts as not knowing the id; recording asks again.
        match unknown.await.unwrap_or_else(|_refused| found.into_iter().next()) {
            Some(id) => Fate::Found(id),
            None if !claimed.row.looked_for => Fate::NotFound,
            None => Fate::NotTaken,
        }
    }

    /// Whether a provider's id is that of another message.
    pub(super) fn knows_provider_id(&self, tx: &Tx<'_>, id: &str) -> Result<bool, StoreError> {
        Ok(tx.knows_provider_id(id)? || self.is_relayed(tx, id)?)
    }

    async fn send(&self, claimed: &Claimed) -> Fate {
        if !self.leaves_time(claimed) {
            return Fate::NotBegun;
        }
        let begun = Instant::now();
        match within(self.pace.request, self.sender.send(&claimed.envelope)).await {
            Ok(id) => {
                if !claimed.row.recipient.is_role() {
                    self.send_seconds.observe(begun.elapsed().as_secs_f64());
                }
                Fate::Sent(id)
            }
            Err(error) => Fate::Failed(error),
        }
    }

    /// Whether a request will have ended before the claim does, whatever happens to it: only then is it certain that nobody
    /// else begins meanwhile.
    fn leaves_time(&self, claimed: &Claimed) -> bool {
        let needed = SignedDuration::try_from(self.pace.request).unwrap_or(SignedDuration::MAX);
        claimed.until.duration_since(self.clock.now()) > needed
    }
}

/// One sending or lookup, given up before the claim can run out under it: a mail server may take its time for each of
/// many answers.
async fn within<T>(limit: Duration, request: impl Future<Output = Result<T, SendError>>) -> Result<T, SendError> {
    tokio::time::timeout(limit, request).await.unwrap_or(Err(SendError::Slow))
}
