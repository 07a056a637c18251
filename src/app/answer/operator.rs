//! The switchboard's one thread: takes calls in batches, decides, commits, and only then answers.

use jiff::Timestamp;
use secrecy::SecretString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::{mpsc, oneshot};

use super::decide;
use super::folding::Folding;
use super::live::Watch;
use super::logbook::Logbook;
use super::{Answer, Call, Health, NoAnswer, Switchboard, Text};
use crate::causes::in_full;
use crate::model::{Exchange, Settings};
use crate::store::{Store, StoreError};

/// How many calls may wait for their turn before senders wait themselves.
const QUEUE: usize = 1024;

/// How many texts share one commit at most.
const BATCH: usize = 256;

/// Sits at the switchboard: owns the database connection and the open draw.
pub(super) struct Operator {
    store: Store,
    watch: Watch,
    logbook: Logbook,
    folding: Folding,
}

type Reply = oneshot::Sender<Result<Answer, NoAnswer>>;

/// Starts the switchboard on a thread of its own; it ends when the last line to it is dropped. What comes with it is
/// ready when the thread has ended and its database is closed.
///
/// # Errors
/// When no thread can be started.
pub fn start(
    store: Store,
    exchange: Exchange,
    settings: Settings,
    passphrase: Option<SecretString>,
) -> std::io::Result<(Switchboard, oneshot::Receiver<()>)> {
    let (line, calls) = mpsc::channel(QUEUE);
    let (ended, is_ended) = oneshot::channel();
    let folding = Folding::start(settings.database.clone())?;
    let mut operator =
        Operator { store, watch: Watch::new(exchange, settings, passphrase), logbook: Logbook::default(), folding };
    std::thread::Builder::new().name("switchboard".to_owned()).spawn(move || {
        operator.work(calls);
        let Operator { store, folding, .. } = operator;
        folding.end();
        drop(store);
        // Nobody waits where the process ends at once.
        let _unheard = ended.send(());
    })?;
    Ok((Switchboard::new(line), is_ended))
}

impl Operator {
    fn work(&mut self, mut calls: mpsc::Receiver<Call>) {
        while let Some(call) = calls.blocking_recv() {
            let mut texts = Vec::new();
            let mut questions = Vec::new();
            let mut next = Some(call);
            while let Some(call) = next {
                match call {
                    Call::Text(text, reply) => texts.push((text, reply)),
                    Call::Health(reply) => questions.push(reply),
                }
                next = if texts.len() < BATCH { calls.try_recv().ok() } else { None };
            }
            self.answer(texts);
            self.say_health(questions);
        }
    }

    fn answer(&mut self, texts: Vec<(Text, Reply)>) {
        if texts.is_empty() {
            return;
        }
        self.folding.count();
        let (texts, replies): (Vec<Text>, Vec<Reply>) = texts.into_iter().unzip();
        let answers = match self.decide(&texts) {
            Some(answers) => answers.into_iter().map(Ok).collect(),
            // One of them is to blame; the others must not suffer for it.
            None => texts.iter().map(|text| self.decide_alone(text)).collect::<Vec<_>>(),
        };
        for (reply, answer) in replies.into_iter().zip(answers) {
            // Whoever hung up meanwhile will ask again and be answered from the log.
            let _gone = reply.send(answer);
        }
    }

    fn decide_alone(&mut self, text: &Text) -> Result<Answer, NoAnswer> {
        let answers = self.decide(std::slice::from_ref(text));
        answers.and_then(|mut answers| answers.pop()).ok_or(NoAnswer::NotRecorded)
    }

    /// Decides about texts in one transaction; all of them or, on an error or a defect, none.
    fn decide(&mut self, texts: &[Text]) -> Option<Vec<Answer>> {
        let now = Timestamp::now();
        let (store, watch, logbook) = (&self.store, &mut self.watch, &mut self.logbook);
        let decided: Result<Result<Vec<Answer>, StoreError>, _> = catch_unwind(AssertUnwindSafe(|| {
            store.write(|tx| {
                watch.refresh(tx)?;
                logbook.refresh(tx)?;
                texts.iter().map(|text| decide::decide(tx, watch, logbook, text, now)).collect()
            })
        }));
        if !matches!(decided, Ok(Ok(_))) {
            self.logbook.forget();
        }
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

    fn say_health(&mut self, questions: Vec<oneshot::Sender<Health>>) {
        if questions.is_empty() {
            return;
        }
        let watch = &mut self.watch;
        let looked: Result<(), StoreError> = self.store.read(|tx| watch.refresh(tx));
        let health = if looked.is_ok() { self.watch.health() } else { Health::Broken };
        for reply in questions {
            let _gone = reply.send(health);
        }
    }
}
