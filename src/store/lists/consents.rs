//! What everybody of a list agreed to: a record to which acts are added, and how each stands by the last of them.

use jiff::Timestamp;

use crate::model::{PersonId, words};
use crate::store::{Channel, StoreError, Tx, from_row, values};

/// How somebody stands on a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreed {
    /// Nobody asked them.
    NotAsked,
    /// They have not said yes.
    Asked,
    /// They said yes.
    Confirmed,
    /// They want no more.
    Withdrawn,
}

words!(Agreed { NotAsked "none" Asked "asked" Confirmed "confirmed" Withdrawn "withdrawn" });

/// What somebody did about their consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    pub channel: Channel,
    /// How they stand from then on.
    pub act: Agreed,
    pub at: Timestamp,
    /// What they were shown, by its hash.
    pub wording: Option<String>,
    /// `form`, `import`, `text`, `link`, `organizer` or `carrier`.
    pub source: String,
    /// In the words of whoever keeps it.
    pub evidence: String,
}
from_row!(Consent: channel, act, at, wording, source, evidence);

impl Tx<'_> {
    /// Writes down what somebody did about their consent; nothing of it is ever changed.
    pub fn add_consent(&self, id: PersonId, consent: &Consent) -> Result<(), StoreError> {
        let Consent { channel, act, at, wording, source, evidence } = consent;
        self.execute(
            "INSERT INTO consent (person, channel, act, at, wording, source, evidence) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            values![id, *channel, *act, *at, wording.as_deref(), source, evidence],
        )?;
        self.execute(
            "UPDATE subscriber SET sms = CASE WHEN $3 = 'sms' THEN $2 ELSE sms END, \
             email = CASE WHEN $3 = 'email' THEN $2 ELSE email END WHERE person = $1",
            values![id, *act, *channel],
        )
    }

    /// What was said last on a channel: to be asked says nothing.
    pub fn last_said(&self, id: PersonId, channel: Channel) -> Result<Option<Consent>, StoreError> {
        Ok(self.consents(id)?.into_iter().rev().find(|act| act.channel == channel && act.act != Agreed::Asked))
    }

    /// Everything somebody did about their consent, in its order.
    pub fn consents(&self, id: PersonId) -> Result<Vec<Consent>, StoreError> {
        self.all(
            "SELECT channel, act, at, wording, source, evidence FROM consent WHERE person = $1 ORDER BY id",
            values![id],
        )
    }
}
