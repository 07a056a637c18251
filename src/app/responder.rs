//! Answering texts: each once, in one transaction, and nobody before its commit.
//!
//! A text goes through [`Responder::answer`] to [`decide`]: seen before? a carrier's word? too many? whose phone, in
//! which topics? What it then means is the topic's own business ([`TextTopic`]), and so are the words. The log keeps what
//! was decided, never the words; of some texts a topic keeps even that sealed. Texts that wait together share one commit, for that is what waits for the disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::topics::Topics;
use crate::clock::Clock;
use crate::conversation::{Asks, CarrierWord, Period, Signs};
use crate::error_chain::in_full;
use crate::model::{PersonId, Phone, TopicId};
use crate::store::{Store, StoreError, StoredText, Tx};

mod decide;
mod which;

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

/// A text as a topic gets it.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// The text, without what only says which topic is meant.
    pub text: &'a Text,
    /// The topic's people whose phone it is from.
    pub people: &'a [PersonId],
    /// The word by which the topic is meant, where the phone is in several.
    pub label: Option<&'a str>,
}

/// What is said to a number whatever it wrote, or before it is known what its text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Courtesy {
    /// It is nobody's of ours.
    UnknownNumber,
    /// It sends too much.
    TooMany,
    /// Which of its topics is meant?
    WhichTopic,
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

    /// By what it is told from other topics of a phone that has these people.
    fn signs(&self, tx: &Tx<'_>, people: &[PersonId], now: jiff::Timestamp) -> Result<Signs, StoreError>;

    /// What a text of these people would ask of it. Does nothing.
    fn asks(&self, tx: &Tx<'_>, body: &str, people: &[PersonId]) -> Result<Asks, StoreError>;

    /// Notes that these people, all of one phone, have sent a carrier's word.
    fn carriers_word(
        &self,
        _tx: &Tx<'_>,
        _people: &[PersonId],
        _word: CarrierWord,
        _now: jiff::Timestamp,
    ) -> Result<(), StoreError> {
        Ok(())
    }

    /// Whether a text asks it for no more messages, in other words than a carrier's.
    fn is_left_by(&self, _body: &str) -> bool {
        false
    }

    /// The question which of several topics is meant, in this topic's wording.
    fn which(&self, choices: &[String]) -> Answer;

    /// Keeps a text sealed of which it was asked what topic it is about, where even that it came must not be read;
    /// `false` where it may.
    fn keep_sealed(
        &self,
        _tx: &Tx<'_>,
        _text: &Text,
        _logged: &StoredText,
        _now: jiff::Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// Does what a text asks for.
    fn hear(&self, tx: &Tx<'_>, incoming: Incoming<'_>, now: jiff::Timestamp) -> Result<Heard, StoreError>;

    /// The answer to a text that was heard before; its people are those whom its number may answer for now.
    fn hear_again(&self, tx: &Tx<'_>, incoming: Incoming<'_>, logged: &StoredText) -> Result<Answer, StoreError>;

    /// What is said to anybody, in this topic's wording.
    fn courtesy(&self, courtesy: Courtesy) -> Answer;
}

/// Everything that people text about.
pub trait TextTopics: Topics<dyn TextTopic> {
    /// What is said to a number that is in none of them.
    fn courtesy(&self, courtesy: Courtesy) -> Answer;

    /// What was decided about a text that was kept sealed, and whether it came from this phone.
    fn sealed_text(&self, tx: &Tx<'_>, text: &Text) -> Result<Option<(StoredText, bool)>, StoreError>;

    /// What this phone is to be told first, whatever it texts; it is told then. `again` for a text delivered again.
    fn owed(&self, tx: &Tx<'_>, text: &Text, again: bool, now: jiff::Timestamp) -> Result<Vec<String>, StoreError>;

    /// How many texts of a phone have been kept sealed in this minute or day, at most one more than it may send.
    fn count_sealed(&self, tx: &Tx<'_>, phone: &Phone, period: Period, now: jiff::Timestamp)
    -> Result<u32, StoreError>;
}

type Reply = oneshot::Sender<Result<Answer, NoAnswer>>;

/// Answers the texts of one number; cheap to clone.
#[derive(Clone)]
pub struct Responder {
    parts: Arc<Parts>,
    texts: mpsc::Sender<(Text, Reply)>,
}

/// Why texts were not recorded together.
enum Blame {
    /// One of them, perhaps.
    Texts,
    /// None of them.
    Database,
}

/// What deciding about a text needs.
struct Parts {
    store: Store,
    topics: Arc<dyn TextTopics>,
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
    pub fn start(
        store: Store,
        topics: Arc<dyn TextTopics>,
        clock: Clock,
        limited: bool,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let parts = Arc::new(Parts { store, topics, clock, limited });
        let (texts, waiting) = mpsc::channel(QUEUE);
        let work = tokio::spawn(answer_all(Arc::clone(&parts), waiting));
        (Self { parts, texts }, work)
    }

    /// Answers a text; returns after it has been recorded for good. Where it fails, the provider may deliver it again.
    pub async fn answer(&self, text: Text) -> Result<Answer, NoAnswer> {
        let (reply, answer) = oneshot::channel();
        self.texts.send((text, reply)).await.map_err(|_closed| NoAnswer::Closed)?;
        answer.await.map_err(|_dropped| NoAnswer::Closed)?
    }

    /// Says how things stand: as with the topic that is worst, but that one waits for its draw matters only where all do.
    pub async fn health(&self) -> Health {
        let parts = Arc::clone(&self.parts);
        let health = self.parts.store.run_reading(move |tx| {
            let all: Result<Vec<Health>, StoreError> =
                parts.topics.all(tx)?.iter().map(|topic| topic.health(tx)).collect();
            let all = all?;
            let worst = [Health::Replaced, Health::NotReady, Health::Live, Health::NotDrawn];
            // Without any topic there is nothing that could be wrong.
            Ok::<_, StoreError>(worst.into_iter().find(|health| all.contains(health)).unwrap_or(Health::Live))
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
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            // One of them is to blame; the others must not suffer for it.
            Err(Blame::Texts) => texts.iter().map(|text| self.answer_alone(text)).collect::<Vec<_>>(),
            Err(Blame::Database) => texts.iter().map(|_| Err(NoAnswer::NotRecorded)).collect(),
        };
        for (reply, answer) in replies.into_iter().zip(answers) {
            // Whoever hung up meanwhile will ask again and be answered from the log.
            let _gone = reply.send(answer);
        }
    }

    fn answer_alone(&self, text: &Text) -> Result<Answer, NoAnswer> {
        let answers = self.answer_together(std::slice::from_ref(text));
        answers.ok().and_then(|mut answers| answers.pop()).ok_or(NoAnswer::NotRecorded)
    }

    /// Decides about texts in one transaction; all of them or, on an error or a defect, none.
    fn answer_together(&self, texts: &[Text]) -> Result<Vec<Answer>, Blame> {
        let now = self.clock.now();
        let decided = catch_unwind(AssertUnwindSafe(|| {
            self.store.write(|tx| {
                let answers: Result<Vec<Answer>, StoreError> =
                    texts.iter().map(|text| decide::decide(tx, self, text, now)).collect();
                answers
            })
        }));
        match decided {
            Ok(Ok(answers)) => Ok(answers),
            Ok(Err(error)) => {
                tracing::error!(problem = in_full(&error), texts = texts.len(), "texts could not be recorded");
                Err(if error.is_of_the_whole() { Blame::Database } else { Blame::Texts })
            }
            Err(_defect) => {
                tracing::error!(texts = texts.len(), "texts met a defect");
                Err(Blame::Texts)
            }
        }
    }
}

/// One text to a listener of a test: its id, its sender, its words.
#[cfg(test)]
pub(in crate::app) fn decide(
    (store, clock): (&Store, &Clock),
    topics: Arc<dyn TextTopics>,
    (sid, from, body): (&str, Phone, &str),
) -> Answer {
    let text = Text { sid: sid.to_owned(), from, body: body.to_owned() };
    let parts = Parts { store: store.clone(), topics, clock: clock.clone(), limited: true };
    store.write(|tx| decide::decide(tx, &parts, &text, clock.now())).expect("a sound database")
}

#[cfg(test)]
pub(in crate::app) mod tests;
