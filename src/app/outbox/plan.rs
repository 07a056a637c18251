//! What sending would do, without doing it: how many, how long, how dear, and who is left out.

use std::time::Duration;

use jiff::Timestamp;

use super::Outbox;
use super::ledger::Names;
use super::resolve::Resolution;
use crate::messaging::envelope::Body;
use crate::messaging::length::{self, Encoding};
use crate::store::StoreError;

/// How many rows are looked at in one reading.
const PAGE: u32 = 500;

/// What sending everything that is due would do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Texts.
    pub texts: usize,
    /// Segments of all texts together.
    pub segments: usize,
    /// E-mails.
    pub emails: usize,
    /// Relayed texts; how they go is not told, nor are their segments counted.
    pub relayed: usize,
    /// What the segments cost, where the price is known.
    pub price: Option<f64>,
    /// How long it takes at the line's rate.
    pub time: Duration,
    /// The first character that makes a text dear, with the message's number.
    pub dear: Option<(i64, char)>,
    /// Who is left out, and why.
    pub skipped: Vec<Skipped>,
}

/// A message that would not be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its number.
    pub id: i64,
    /// What kind of message.
    pub kind: String,
    /// Who it is for.
    pub to: String,
    /// Why not.
    pub why: String,
}

impl Outbox {
    /// Says what sending everything that is due would do.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn plan(&self, now: Timestamp) -> Result<Plan, StoreError> {
        let mut plan = Plan::default();
        let mut names = Names::default();
        let mut after = None;
        loop {
            let rows = self.store.read(|tx| tx.messages(after, PAGE))?;
            let Some(last) = rows.last() else { break };
            after = Some(last.id);
            self.store.read(|tx| {
                for row in rows.iter().filter(|row| row.is_due(now)) {
                    if row.recipient.is_role() {
                        plan.relayed += 1;
                        continue;
                    }
                    let mut skip = |why: &str, names: &mut Names| {
                        let to = names.recipient(tx, row)?;
                        let skipped = Skipped { id: row.id.number(), kind: row.kind.clone(), to, why: why.to_owned() };
                        plan.skipped.push(skipped);
                        Ok::<_, StoreError>(())
                    };
                    if row.not_after.is_some_and(|limit| limit <= now) {
                        skip("its time is over", &mut names)?;
                        continue;
                    }
                    match self.resolver.resolve(tx, row, now)? {
                        Resolution::Wait(why) | Resolution::End(_, why) => skip(why, &mut names)?,
                        Resolution::Send(envelope) => match &envelope.body {
                            Body::Text(_) if self.quiet.as_ref().is_some_and(|quiet| quiet.end(now).is_some()) => {
                                skip("quiet hours", &mut names)?;
                            }
                            Body::Text(text) => plan.add_text(row.id.number(), text),
                            Body::Mail { .. } => plan.emails += 1,
                        },
                    }
                }
                Ok::<_, StoreError>(())
            })?;
        }
        plan.time = self.rate.time_for(plan.segments);
        #[expect(clippy::cast_precision_loss, reason = "no outbox holds 2^52 segments")]
        let price = self.price_per_segment.map(|price| price * plan.segments as f64);
        plan.price = price;
        Ok(plan)
    }
}

impl Plan {
    fn add_text(&mut self, id: i64, text: &str) {
        let length = length::measure(text);
        self.texts += 1;
        self.segments += length.segments;
        if length.encoding != Encoding::Gsm7 && self.dear.is_none() {
            self.dear = length.culprit.map(|culprit| (id, culprit));
        }
    }
}
