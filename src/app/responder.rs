//! Answering texts: each once, in one transaction, and nobody before its commit.
//!
//! A text goes through [`Responder::answer`] to [`decide`]: seen before? a carrier's word? too many? whose phone, in
//! which topics? What it then means is the topic's own business ([`TextTopic`]), and so are the words. The log keeps what
//! was decided, never the words; of some texts a topic keeps even that sealed. Texts that wait together share one commit, for that is what waits for the disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::clock::Clock;
use crate::conversation::Period;
use crate::error_chain::in_full;
use crate::model::{PersonId, Phone, TopicId};
use crate::store::{Store, StoreError, StoredText, Tx};

mod decide;

/// How many texts may wait for their turn before senders wait themselves.
const QUEUE: usize = 1024;

/// How many texts share one commit at most.
const BATCH: usize = 256;

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

impl From<Option<String>> for Answer {
    fn from(words: Option<String>) -> Self {
        words.map_or(Self::Silence, Self::Words)
    }
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
    /// The responder has stopped.
    #[error("no texts are taken any more")]
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
    /// The archive knows of another draw in its place.
    Replaced,
    /// The database does not answer.
    Broken,
}

/// What a topic made of a text.
pub struct Heard {
    /// What is logged; `None` where the topic has kept it itself, sealed.
    pub logged: Option<StoredText>,
    /// What goes back.
    pub answer: Answer,
}

/// What is said to a number whatever it wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Courtesy {
    /// It is nobody's of ours.
    UnknownNumber,
    /// It sends too much.
    TooMany,
    /// Nothing.
    Silence,
}

/// A topic that people text about, whatever its kind.
pub trait TextTopic: Send + Sync {
    /// Its row.
    fn id(&self) -> TopicId;

    /// Whether its people can be answered.
    fn health(&self, tx: &Tx<'_>) -> Result<Health, StoreError>;

    /// Who of these persons, all of them written down with the number, may be answered there.
    fn people_of(&self, tx: &Tx<'_>, phone: &Phone, persons: Vec<PersonId>) -> Result<Vec<PersonId>, StoreError>;

    /// Does what a text of one of these people asks for.
    fn hear(&self, tx: &Tx<'_>, text: &Text, people: &[PersonId], now: jiff::Timestamp) -> Result<Heard, StoreError>;

    /// The answer to a text that was heard before; `people` are those whom its number may answer for now.
    fn hear_again(
        &self,
        tx: &Tx<'_>,
        text: &Text,
        people: &[PersonId],
        logged: &StoredText,
    ) -> Result<Answer, StoreError>;

    /// What was decided about a text that was kept sealed, and whether it came from this phone.
    fn sealed_text(&self, tx: &Tx<'_>, text: &Text) -> Result<Option<(StoredText, bool)>, StoreError>;

    /// How many texts of a phone have been kept sealed in this minute or day, at most one more than it may send.
    fn count_sealed(&self, tx: &Tx<'_>, phone: &Phone, period: Period, now: jiff::Timestamp)
    -> Result<u32, StoreError>;

    /// What is said to anybody, in this topic's wording.
    fn courtesy(&self, courtesy: Courtesy) -> Answer;
}

type Reply = oneshot::Sender<Result<Answer, NoAnswer>>;

/// Answers the texts of one number; cheap to clone.
#[derive(Clone)]
pub struct Responder {
    parts: Arc<Parts>,
    texts: mpsc::Sender<(Text, Reply)>,
}

/// What deciding about a text needs.
struct Parts {
    store: Store,
    /// The first one's words are used where a text is about none of them.
    topics: Vec<Arc<dyn TextTopic>>,
    clock: Clock,
    /// Whether a number that sends too much is told so, and no more.
    limited: bool,
}

impl std::fmt::Debug for Responder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Responder").finish_non_exhaustive()
    }
}

impl Responder {
    /// Answers texts about these topics until the last clone is dropped, those of one number within limits or without; has
    /// to be called on a runtime. With it comes what is ready when the last text has been dealt with.
    #[must_use]
    pub fn start(
        store: Store,
        topics: Vec<Arc<dyn TextTopic>>,
        clock: Clock,
        limited: bool,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let parts = Arc::new(Parts { store, topics, clock, limited });
        let (texts, waiting) = mpsc::channel(QUEUE);
        let work = tokio::spawn(answer_all(Arc::clone(&parts), waiting));
        (Self { parts, texts }, work)
    }

    /// Answers a text; returns after it has been recorded for good.
    ///
    /// # Errors
    /// [`NoAnswer`]; the provider may then deliver it again.
    pub async fn answer(&self, text: Text) -> Result<Answer, NoAnswer> {
        let (reply, answer) = oneshot::channel();
        self.texts.send((text, reply)).await.map_err(|_closed| NoAnswer::Closed)?;
        answer.await.map_err(|_dropped| NoAnswer::Closed)?
    }

    /// Says how things stand.
    pub async fn health(&self) -> Health {
        let parts = Arc::clone(&self.parts);
        let health = self.parts.store.run_reading(move |tx| match parts.topics.first() {
            Some(topic) => topic.health(tx),
            None => Ok(Health::NotDrawn),
        });
        health.await.unwrap_or(Health::Broken)
    }
}

/// Takes whatever waits into one commit, again and again.
async fn answer_all(parts: Arc<Parts>, mut waiting: mpsc::Receiver<(Text, Reply)>) {
    let mut batch = Vec::new();
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let (parts, batch) = (Arc::clone(&parts), std::mem::take(&mut batch));
        let answered = tokio::task::spawn_blocking(move || parts.answer_batch(batch)).await;
        if let Err(error) = answered {
            tracing::error!(%error, "texts met a defect");
        }
    }
}

impl Parts {
    fn answer_batch(&self, batch: Vec<(Text, Reply)>) {
        let (texts, replies): (Vec<Text>, Vec<Reply>) = batch.into_iter().unzip();
        let answers = match self.answer_together(&texts) {
            Some(answers) => answers.into_iter().map(Ok).collect(),
            // One of them is to blame; the others must not suffer for it.
            None => texts.iter().map(|text| self.answer_alone(text)).collect::<Vec<_>>(),
        };
        for (reply, answer) in replies.into_iter().zip(answers) {
            // Whoever hung up meanwhile will ask again and be answered from the log.
            let _gone = reply.send(answer);
        }
    }

    fn answer_alone(&self, text: &Text) -> Result<Answer, NoAnswer> {
        let answers = self.answer_together(std::slice::from_ref(text));
        answers.and_then(|mut answers| answers.pop()).ok_or(NoAnswer::NotRecorded)
    }

    /// Decides about texts in one transaction; all of them or, on an error or a defect, none.
    fn answer_together(&self, texts: &[Text]) -> Option<Vec<Answer>> {
        let now = self.clock.now();
        let decided = catch_unwind(AssertUnwindSafe(|| {
            self.store.write(|tx| {
                let answers: Result<Vec<Answer>, StoreError> =
                    texts.iter().map(|text| decide::decide(tx, self, text, now)).collect();
                answers
            })
        }));
        match decided {
            Ok(Ok(answers)) => Some(answers),
            Ok(Err(error)) => {
                tracing::error!(problem = in_full(&error), texts = texts.len(), "texts could not be recorded");
                None
            }
            Err(_defect) => {
                tracing::error!(texts = texts.len(), "texts met a defect");
                None
            }
        }
    }
}

#[cfg(test)]
pub(in crate::app) mod tests;
