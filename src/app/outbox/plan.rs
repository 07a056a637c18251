//! What sending would do, without doing it: how many, how long it takes, what it costs, and who is left out.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::held::QUIET;
use super::ledger::recipient;
use super::work::NotNow;
use super::{Outbox, daily};
use crate::messaging::envelope::Body;
use crate::messaging::length::{self, Encoding};
use crate::store::{OutboxRow, StoreError, Tx};

/// How many rows are looked at in one reading.
const PAGE: u32 = 500;

/// What sending everything that is due would do, relayed texts aside.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Texts.
    pub texts: usize,
    /// Segments of all texts together.
    pub segments: usize,
    /// E-mails.
    pub emails: usize,
    /// What the segments cost, where the price is known.
    pub price: Option<f64>,
    /// How long it takes at the line's rate.
    pub time: Duration,
    /// The first character that makes a text cost more, with the message's number.
    pub dear: Option<(i64, char)>,
    /// Who is left out, and why.
    pub skipped: Vec<Skipped>,
    /// How many of the segments count against the day's bound.
    bounded: usize,
}

/// A message that would not be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    pub id: i64,
    pub kind: String,
    pub to: String,
    pub why: &'static str,
}

impl Outbox {
    /// Says what sending everything that is due would do.
    #[cfg(test)]
    pub(super) fn plan(&self, now: Timestamp) -> Result<Plan, StoreError> {
        self.store.read(|tx| self.plan_in(tx, now))
    }

    /// Says what [`Outbox::queue_what_is_missing`] and then sending would do; queues nothing.
    pub async fn rehearse(self: &Arc<Self>) -> Result<Plan, StoreError> {
        let (me, now) = (Arc::clone(self), self.clock.now());
        let planned = tokio::task::spawn_blocking(move || {
            me.store.undone(|tx| {
                me.each_topic(tx, |topic| tx.look_anew(topic.id(), now).and_then(|()| topic.queue_asked(tx, now)))?;
                me.plan_in(tx, now)
            })
        });
        planned.await.map_err(|e| StoreError::Abandoned(e.into()))?
    }

    /// Queues the pairings by e-mail and the reminders whose time has come, as far as they have not been queued yet;
    /// gives how many are new.
    pub async fn queue_what_is_missing(self: &Arc<Self>) -> Result<usize, StoreError> {
        let (me, now) = (Arc::clone(self), self.clock.now());
        self.store.run(move |tx| me.each_topic(tx, |topic| topic.queue_asked(tx, now))).await
    }

    fn plan_in(&self, tx: &Tx<'_>, now: Timestamp) -> Result<Plan, StoreError> {
        let mut plan = Plan::default();
        for topic in self.topics.all(tx)? {
            let mut after = None;
            loop {
                let rows = tx.messages_of(topic.id(), after, PAGE)?;
                let Some(last) = rows.last() else { break };
                after = Some(last.id);
                for row in rows.iter().filter(|row| row.is_due(now, self.is_rehearsal())) {
                    self.plan_row(tx, row, now, &mut plan)?;
                }
            }
        }
        plan.time = self.rate.time_for(plan.segments);
        #[expect(clippy::cast_precision_loss, reason = "no outbox holds 2^52 segments")]
        let price = self.price_per_segment.map(|price| price * plan.segments as f64);
        plan.price = price;
        Ok(plan)
    }

    fn plan_row(&self, tx: &Tx<'_>, row: &OutboxRow, now: Timestamp, plan: &mut Plan) -> Result<(), StoreError> {
        if let Some(why) = self.plan_one(tx, row, now, plan)? {
            let to = recipient(tx, row)?;
            plan.skipped.push(Skipped { id: row.id.number(), kind: row.kind.clone(), to, why });
        }
        Ok(())
    }

    /// Counts one message into the plan, or says why it is left out.
    fn plan_one(
        &self,
        tx: &Tx<'_>,
        row: &OutboxRow,
        now: Timestamp,
        plan: &mut Plan,
    ) -> Result<Option<&'static str>, StoreError> {
        if row.not_after.is_some_and(|limit| limit <= now) {
            return Ok(Some("its time is over"));
        }
        let envelope = match self.resolve(tx, row, now)? {
            Err(NotNow::Wait(why) | NotNow::End(_, why)) => return Ok(Some(why)),
            Ok(envelope) => envelope,
        };
        match &envelope.body {
            Body::Text(_) if self.quiet_until(tx, row, now)?.is_some() => return Ok(Some(QUIET)),
            Body::Text(text) => {
                let segments = length::measure(text).segments;
                if self.is_bounded(tx, row)? {
                    if self.exceeds(tx, plan.bounded, segments, now)? {
                        return Ok(Some(daily::WHY));
                    }
                    plan.bounded += segments;
                }
                plan.add_text(row.id.number(), text);
            }
            Body::Mail { .. } => plan.emails += 1,
        }
        Ok(None)
    }
}

impl Plan {
    /// How many messages would go out.
    pub fn messages(&self) -> usize {
        self.texts + self.emails
    }

    fn add_text(&mut self, id: i64, text: &str) {
        let length = length::measure(text);
        self.texts += 1;
        self.segments += length.segments;
        if length.encoding != Encoding::Gsm7 && self.dear.is_none() {
            self.dear = length.culprit.map(|culprit| (id, culprit));
        }
    }
}
