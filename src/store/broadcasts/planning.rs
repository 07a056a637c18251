//! A plan, written and removed so many lines at a time that no text waits for it. Until it is finished the broadcast is a
//! draft, whose lines are nobody's; whoever begins anew takes the place of whoever began before.

use jiff::Timestamp;

use super::BroadcastId;
use crate::model::PersonId;
use crate::store::{Channel, StoreError, Tx, values};

/// A plan that is being written.
#[derive(Debug, Clone, Copy)]
pub struct Planning {
    /// Of this broadcast.
    pub broadcast: BroadcastId,
    number: i64,
}

/// One line of a plan, to be kept.
#[derive(Debug)]
pub struct NewRecipient {
    pub person: PersonId,
    pub channel: Channel,
    /// What they read.
    pub words: String,
    pub segments: u64,
    /// Why they get nothing.
    pub left_out: Option<String>,
}

/// What a plan comes to.
#[derive(Debug)]
pub struct PlanTotals<'a> {
    pub messages: u64,
    pub segments: u64,
    /// How much of it is for which time zones, JSON.
    pub zones: &'a str,
}

const STILL_ITS_TURN: &str = "SELECT 1 FROM broadcast WHERE id = $1 AND plan = $2 AND state = 'draft'";

impl Tx<'_> {
    /// Begins to plan a broadcast, whose earlier plan is none any more; `None` of one that was sent or cancelled.
    pub fn begin_plan(&self, broadcast: BroadcastId) -> Result<Option<Planning>, StoreError> {
        let number = self.one(
            "UPDATE broadcast SET state = 'draft', planned_at = NULL, plan = plan + 1 \
             WHERE id = $1 AND state IN ('draft', 'planned') RETURNING plan",
            values![broadcast],
        )?;
        Ok(number.map(|number| Planning { broadcast, number }))
    }

    /// Removes at most so many lines of earlier plans; gives how many.
    pub fn clear_plan(&self, Planning { broadcast, number }: Planning, most: u32) -> Result<u64, StoreError> {
        self.changed(
            &format!(
                "DELETE FROM broadcast_recipient WHERE id IN (SELECT id FROM broadcast_recipient WHERE broadcast = $1 \
                 ORDER BY id LIMIT $3) AND EXISTS ({STILL_ITS_TURN})"
            ),
            values![broadcast, number, most],
        )
    }

    /// Writes lines of a plan; `false` when it is not its turn any more.
    pub fn add_to_plan(&self, planning: Planning, lines: &[NewRecipient]) -> Result<bool, StoreError> {
        let Planning { broadcast, number } = planning;
        if !self.exists(STILL_ITS_TURN, values![broadcast, number])? {
            return Ok(false);
        }
        let last = "SELECT coalesce(max(id), 0) FROM broadcast_recipient WHERE broadcast = $1";
        let before: i64 = self.only(last, values![broadcast])?;
        let own = lines.iter().map(|NewRecipient { person, channel, words, segments, left_out }| {
            values![*person, *channel, words, *segments, left_out.as_deref()].to_vec()
        });
        let sql = "INSERT INTO broadcast_recipient (broadcast, person, channel, words, segments, left_out) \
                   VALUES {} RETURNING id";
        self.insert_all::<i64>(sql, values![broadcast], own)?;
        // Whoever was forgotten since the audience was read is not written down again.
        self.execute(
            "UPDATE broadcast_recipient SET words = '' WHERE broadcast = $1 AND id > $2 AND EXISTS (SELECT 1 FROM person \
             WHERE person.id = broadcast_recipient.person AND phone IS NULL AND email IS NULL)",
            values![broadcast, before],
        )?;
        Ok(true)
    }

    /// Makes the lines that were written the plan; `false` when it is not its turn any more.
    pub fn finish_plan(
        &self,
        Planning { broadcast, number }: Planning,
        PlanTotals { messages, segments, zones }: &PlanTotals<'_>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.changes(
            "UPDATE broadcast SET state = 'planned', planned_at = $3, messages = $4, segments = $5, zones = $6 \
             WHERE id = $1 AND plan = $2 AND state = 'draft'",
            values![broadcast, number, at, *messages, *segments, *zones],
        )
    }
}
