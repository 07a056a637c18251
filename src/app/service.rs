//! A running site put together: texts answered, messages sent, archive copies made, until it is told to stop. The same
//! for `serve`, the demo and the tests; the front door adds the routes.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::changes::Changes;
use super::desk::ServedDesks;
use super::event::{Events, ServedEvents};
use super::exchange::agreement::Gap;
use super::exchange::archiver::Archiver;
use super::exchange::{ExchangeMessages, OpenDraws, ServedExchange, ServedExchanges, agreement};
use super::exchanges::Exchanges;
use super::keys::Keys;
use super::list::{ListKind, broadcasts};
use super::outbox::{MessageTopic, Outbox, Pace};
use super::responder::Responder;
use super::served_topics::{ServedTopics, TopicKind};
use super::site::Site;
use crate::clock::Clock;
use crate::error_chain::in_full;
use crate::messaging::sender::Sender;
use crate::seal::KeyError;
use crate::store::StoreError;

/// How long a clockwork rests when the database does not answer.
const ERROR_PAUSE: Duration = Duration::from_secs(5);

/// The longest that a clockwork sleeps, in real time: another day may dawn meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// How long the texts in hand may take at the end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Why a site does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The key file is there and cannot be used: better found out now than in December.
    #[error("this machine's key cannot be used")]
    Key(#[from] KeyError),
    #[error("the exchange cannot be written down")]
    Store(#[from] StoreError),
    /// The draw may have been replaced, so nothing is sent of it.
    #[error("the archive knows more than the database: {0}")]
    Replaced(Gap),
}

/// A running site.
#[derive(Debug)]
pub struct Service {
    /// Answers texts; the routes hold clones of it.
    pub responder: Responder,
    /// Sends messages, and hears what became of them; so do the routes.
    pub outbox: Arc<Outbox>,
    /// What it runs on.
    pub exchanges: Exchanges,
    /// Its gift exchanges as they answer; participants' own pages are theirs.
    pub served: Arc<ServedExchanges>,
    /// Tells of changes, for whoever shows them live.
    pub changes: Changes,
    stop: watch::Sender<bool>,
    answering: JoinHandle<()>,
    sending: JoinHandle<()>,
    archiving: JoinHandle<()>,
    moving: JoinHandle<()>,
}

impl Service {
    /// Starts a site; has to be called on a runtime. Tries the key first, if there is one: the first draw may make it
    /// later.
    pub async fn start(exchanges: Exchanges, sender: Sender) -> Result<Self, StartError> {
        Self::start_at(exchanges, sender, Pace::default()).await
    }

    /// [`Service::start`] with an outbox at another pace.
    pub async fn start_at(exchanges: Exchanges, sender: Sender, pace: Pace) -> Result<Self, StartError> {
        let served = enter_all(&exchanges).await?;
        let Exchanges { store, settings, clock, .. } = exchanges.clone();
        let limited = !sender.is_simulated();
        let topics = Arc::new(ServedTopics::new(Arc::clone(&served), other_kinds(&exchanges)));
        let outbox =
            Outbox::new(store.clone(), sender, Arc::<ServedTopics<_>>::clone(&topics), &settings, clock.clone(), pace);
        let archiver = Archiver::new(Arc::clone(&served));
        let (responder, answering) = Responder::start(store, topics, clock.clone(), limited);
        let (stop, stopped) = watch::channel(false);
        let changes = Changes::watch(exchanges.store.clone(), stopped.clone());
        let sending = tokio::spawn(send_until(Arc::clone(&outbox), clock.clone(), stopped.clone()));
        let archiving = tokio::spawn(archive_until(archiver, clock, stopped.clone()));
        let moving = tokio::spawn(move_until(exchanges.clone(), stopped));
        Ok(Self { responder, outbox, exchanges, served, changes, stop, answering, sending, archiving, moving })
    }

    /// Ready when it is time to stop.
    pub fn stopped(&self) -> impl Future<Output = ()> + use<> {
        let mut stopped = self.stop.subscribe();
        async move {
            // Without anybody who could tell, it is time as well.
            let _gone = stopped.wait_for(|stopped| *stopped).await;
        }
    }

    /// What tells everything to stop, so that nothing more is begun.
    pub fn stop(&self) -> StopSignal {
        StopSignal(self.stop.clone())
    }

    /// Stops, and returns when nothing is in hand: a message under way is finished and recorded, so that nobody has to
    /// find out later whether it went. The routes have to be gone by then.
    pub async fn finish(self) {
        let Self { responder, outbox, exchanges, served, changes: _, stop, answering, sending, archiving, moving } =
            self;
        stop.send_replace(true);
        archiving.abort();
        drop(responder);
        if let Err(error) = sending.await {
            tracing::error!(%error, "the outbox ended by a defect");
        }
        let _moved = moving.await;
        // A connection that hangs could keep a line to the responder.
        let _closed = tokio::time::timeout(CLOSE_TIMEOUT, answering).await;
        // The last to close the database leaves one file behind, without a write-ahead log beside it.
        drop((outbox, served, exchanges));
    }
}

/// The kinds of topic besides exchanges: a line each.
fn other_kinds(exchanges: &Exchanges) -> Vec<Arc<dyn TopicKind>> {
    vec![
        Arc::new(ServedEvents::new(Events::of(exchanges))),
        Arc::new(ServedDesks),
        Arc::new(ListKind::new(exchanges.clone())),
    ]
}

/// The outbox of one exchange and of all topics of other kinds, for a verb that empties it once.
pub async fn outbox_of(site: &Site, sender: Sender) -> Result<Arc<Outbox>, StartError> {
    let me = site.clone();
    let draws = Arc::new(OpenDraws::new(Arc::clone(&me.keys)));
    let exchange =
        Arc::new(enter(&site.keys, move || me.store.write(|tx| ServedExchange::enter(tx, &me, draws))).await?);
    match agreement::guard(site, &exchange).await {
        Ok(None) => {}
        Ok(Some(gap)) => return Err(StartError::Replaced(gap)),
        Err(problem) => tracing::warn!(problem, "database and archive could not be held against each other"),
    }
    let topics: Vec<Arc<dyn MessageTopic>> = vec![Arc::new(ExchangeMessages::new(exchange, &site.settings))];
    let topics = Arc::new(ServedTopics::new(Arc::new(topics), other_kinds(&Exchanges::around(site.clone()))));
    Ok(Outbox::new(site.store.clone(), sender, topics, &site.settings, site.clock.clone(), Pace::default()))
}

/// The outbox of all topics of a site, for a verb that empties it once.
pub async fn outbox_of_all(exchanges: &Exchanges, sender: Sender) -> Result<Arc<Outbox>, StartError> {
    let served = enter_all(exchanges).await?;
    let topics = Arc::new(ServedTopics::new(served, other_kinds(exchanges)));
    let Exchanges { store, settings, clock, .. } = exchanges.clone();
    Ok(Outbox::new(store, sender, topics, &settings, clock, Pace::default()))
}

/// The exchanges of a site, held against their archive.
async fn enter_all(exchanges: &Exchanges) -> Result<Arc<ServedExchanges>, StartError> {
    let me = exchanges.clone();
    let served = Arc::new(enter(&exchanges.keys, move || ServedExchanges::enter(me)).await?);
    if let Err(problem) = served.guard().await {
        tracing::warn!(problem, "database and archive could not be held against each other");
    }
    Ok(served)
}

/// Does what comes first on a thread that may wait, with a key that can be used or none yet.
async fn enter<T: Send + 'static>(
    keys: &Arc<Keys>,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StartError> {
    let keys = Arc::clone(keys);
    let entered = tokio::task::spawn_blocking(move || match keys.identity() {
        Ok(_) | Err(KeyError::Missing { .. }) => Ok(work()?),
        Err(error) => Err(StartError::Key(error)),
    });
    entered.await.map_err(|e| StoreError::Abandoned(e.into()))?
}

/// Tells a service to stop.
#[derive(Debug, Clone)]
pub struct StopSignal(watch::Sender<bool>);

impl StopSignal {
    /// Stops.
    pub fn send(&self) {
        self.0.send_replace(true);
    }
}

/// Empties the outbox until it is time to stop.
async fn send_until(outbox: Arc<Outbox>, clock: Clock, stopped: watch::Receiver<bool>) {
    let stop = || *stopped.borrow();
    while !stop() {
        let pause = match outbox.step(&stop).await {
            Ok(next) => until(next, clock.now()),
            Err(error) => {
                tracing::error!(problem = in_full(&error), "the outbox rests");
                ERROR_PAUSE
            }
        };
        if sleep_unless_stopped(pause, stopped.clone()).await {
            return;
        }
    }
}

/// Moves broadcasts that are being sent into the outbox until it is time to stop, so many lines at a time that no text waits
/// for them.
async fn move_until(site: Exchanges, stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let now = site.clock.now();
        let pause = match site.store.run(move |tx| broadcasts::move_some(tx, now)).await {
            Ok(0) => LONGEST_SLEEP,
            Ok(_) => Duration::ZERO,
            Err(error) => {
                tracing::error!(problem = in_full(&error), "a broadcast rests");
                ERROR_PAUSE
            }
        };
        if sleep_unless_stopped(pause, stopped.clone()).await {
            return;
        }
    }
}

/// Makes archive copies until it is time to stop.
async fn archive_until(archiver: Archiver, clock: Clock, stopped: watch::Receiver<bool>) {
    loop {
        let next = archiver.step().await;
        while next > clock.now() {
            if sleep_unless_stopped(until(next, clock.now()), stopped.clone()).await {
                return;
            }
        }
    }
}

/// How long to sleep until then.
fn until(next: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(next.duration_since(now)).unwrap_or_default().min(LONGEST_SLEEP)
}

/// Sleeps; `true` when it is time to stop.
async fn sleep_unless_stopped(pause: Duration, mut stopped: watch::Receiver<bool>) -> bool {
    tokio::select! {
        biased;
        _ = stopped.wait_for(|stopped| *stopped) => true,
        () = tokio::time::sleep(pause) => false,
    }
}
