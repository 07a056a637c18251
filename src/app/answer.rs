//! Answering texts. The switchboard is one thread that owns the open draw and a database connection; every text waits
//! its turn there, a whole queue of them shares one commit, and nobody is answered before that commit.

use tokio::sync::{mpsc, oneshot};

use crate::model::Phone;

mod decide;
mod folding;
mod live;
mod logbook;
mod operator;

pub use live::OpenDraw;
pub use operator::start;

/// An incoming text message. Prints its id alone: who writes what is nobody else's business.
#[derive(Clone)]
pub struct Text {
    /// The provider's id of the message (Twilio: `MessageSid`); a repeated delivery carries the same.
    pub sid: String,
    /// Who wrote.
    pub from: Phone,
    /// What they wrote.
    pub body: String,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Text").field("sid", &self.sid).finish_non_exhaustive()
    }
}

/// What goes back.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// These words.
    Words(String),
    /// Nothing.
    Silence,
}

impl std::fmt::Debug for Answer {
    /// Says whether there are words, never which: they may name a receiver.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Words(_) => "Words(..)",
            Self::Silence => "Silence",
        })
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoAnswer {
    /// The database did not take the text; it was not counted, and may be delivered again.
    #[error("the text could not be recorded")]
    NotRecorded,
    /// The switchboard is full or has stopped.
    #[error("the switchboard takes no texts")]
    Closed,
}

/// Whether texts can be answered with names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// The database answers and the draw is live.
    Live,
    /// There is no draw yet.
    NotDrawn,
    /// The draw's archive copy is not confirmed yet.
    NotReady,
    /// The database does not answer.
    Broken,
}

/// What the switchboard is asked.
#[derive(Debug)]
pub enum Call {
    /// Answer a text.
    Text(Text, oneshot::Sender<Result<Answer, NoAnswer>>),
    /// Say how things stand.
    Health(oneshot::Sender<Health>),
}

/// The line to the switchboard; cheap to clone.
#[derive(Debug, Clone)]
pub struct Switchboard {
    calls: mpsc::Sender<Call>,
}

impl Switchboard {
    /// A line to whoever receives the calls.
    #[must_use]
    pub fn new(calls: mpsc::Sender<Call>) -> Self {
        Self { calls }
    }

    /// Answers a text; returns after it has been recorded.
    ///
    /// # Errors
    /// [`NoAnswer`]; the provider may then deliver it again.
    pub async fn answer(&self, text: Text) -> Result<Answer, NoAnswer> {
        let (reply, answer) = oneshot::channel();
        self.calls.send(Call::Text(text, reply)).await.map_err(|_closed| NoAnswer::Closed)?;
        answer.await.map_err(|_dropped| NoAnswer::Closed)?
    }

    /// Says how things stand.
    pub async fn health(&self) -> Health {
        let (reply, health) = oneshot::channel();
        if self.calls.send(Call::Health(reply)).await.is_err() {
            return Health::Broken;
        }
        health.await.unwrap_or(Health::Broken)
    }
}

#[cfg(test)]
mod tests;
