//! The listener put together: switchboard, archive copies, outbox and routes, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};
use url::Url;

use super::{Context, Failure, sending};
use crate::app::outbox::{self, Outbox};
use crate::app::{answer, keep_archived, keys};
use crate::causes::in_full;
use crate::messaging::sender::Sender;
use crate::model::Settings;
use crate::roster::Roster;
use crate::seal::KeyError;
use crate::store::{Durability, Store};
use crate::web::{self, DeliveryStatus, Listener, Metrics, Phones, Reported};

/// What is listened for.
pub(super) struct Listening {
    pub(super) roster: Roster,
    pub(super) auth_tokens: Vec<SecretString>,
    pub(super) public_url: Url,
    pub(super) passphrase: Option<SecretString>,
    pub(super) metrics_open: bool,
    pub(super) phones: Option<Phones>,
    pub(super) sender: Sender,
}

/// Tries the key once, at the start, so that a wrong passphrase is not found out in December; gives the passphrase it
/// took. A key that does not exist yet is made by the first draw.
pub(super) fn unlock(settings: &Settings, ask: keys::Passphrase<'_>) -> Result<Option<SecretString>, Failure> {
    let typed = std::cell::RefCell::new(None);
    let remember = || {
        let passphrase = ask();
        typed.replace(passphrase.clone());
        passphrase
    };
    match keys::load(settings, &remember) {
        Ok(_) | Err(KeyError::Missing { .. }) => Ok(typed.into_inner()),
        Err(error) => Err(error.into()),
    }
}

/// Binds the listener's address.
pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|e| {
        let failure = Failure::error(format!("cannot listen on {address}"));
        let failure = match e.kind() {
            std::io::ErrorKind::AddrInUse => {
                failure.hint("Another program listens there; choose another port with --bind.")
            }
            std::io::ErrorKind::PermissionDenied => {
                failure.hint("Ports below 1024 are the system's; choose one above.")
            }
            _ => failure,
        };
        failure.because(e)
    })
}

/// How long the switchboard may take to close its database at the end; a connection that hangs could keep it.
const LINGER: Duration = Duration::from_secs(2);

/// How long a signal may arrive again without meaning more: a terminal sends Ctrl-C to every program in it, and what
/// started this one may pass its own on.
const ECHO: Duration = Duration::from_millis(500);

/// Listens until Ctrl-C or SIGTERM; a second one, later than an [`ECHO`], ends it at once.
pub(super) async fn listen(context: &Context, tcp: TcpListener, listening: Listening) -> Result<(), Failure> {
    let Listening { roster, auth_tokens, public_url, passphrase, metrics_open, phones, sender } = listening;
    let Roster { exchange, settings, .. } = roster;
    let mut signals = Signals::new()?;
    let texts = Store::open(&settings.database, Durability::Kill)?;
    let unlock = sending::unlock(&settings, passphrase.clone());
    let (switchboard, switchboard_ended) = answer::start(texts, exchange.clone(), settings.clone(), passphrase)
        .map_err(|e| Failure::error("cannot start the switchboard").because(e))?;
    let (on_status, statuses) = mpsc::channel(1024);
    let router = web::router(Listener {
        switchboard,
        auth_tokens,
        public_url,
        metrics: Metrics::default(),
        metrics_open,
        on_status,
        phones,
    });
    let store = Arc::new(Store::open(&settings.database, Durability::PowerCut)?);
    let copies = {
        let (store, exchange, settings) = (Arc::clone(&store), exchange.clone(), settings.clone());
        tokio::spawn(async move { keep_archived::keep(&store, &exchange, &settings).await })
    };
    let reports = tokio::spawn(take_reports(Arc::clone(&store), statuses));
    let outbox = Outbox::new(store, sender, &exchange, &settings, unlock);
    let (stop, stopped) = watch::channel(false);
    let sending = send_on_a_thread(outbox, is_told(stopped.clone()))?;
    let finished = async {
        let served = web::serve(tcp, router, is_told(stopped)).await;
        copies.abort();
        // The routes are gone and with them the last sender of reports; those that came are recorded.
        let reported = reports.await;
        // A message under way is finished and recorded, so that nobody has to find out later whether it went.
        let sent = sending.await;
        // The last to close the database leaves one file behind, without a write-ahead log beside it.
        let _closed = tokio::time::timeout(LINGER, switchboard_ended).await;
        context.ui.talk("Stopped; nothing is in hand.");
        reported.map_err(|e| Failure::error("the delivery reports failed").because(e))?;
        sent.map_err(|e| Failure::error("the outbox failed").because(e))?;
        served.map_err(|e| Failure::error("the listener failed").because(e))
    };
    let told_twice = async {
        signals.next().await;
        stop.send_replace(true);
        tokio::time::sleep(ECHO).await;
        // What came meanwhile is not heard any more.
        Signals::new()?.next().await;
        Err(Failure::error("stopped at once, with work in hand")
            .hint("What may have been sent is looked up at the next start, before anything is sent again."))
    };
    tokio::select! {
        finished = finished => finished,
        stopped = told_twice => stopped,
    }
}

/// Empties the outbox on a thread of its own, for its commits would hold up the answers; gives what is ready when it has
/// ended. The thread does not keep the process from ending.
fn send_on_a_thread(
    outbox: Outbox,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<oneshot::Receiver<()>, Failure> {
    let failed = |e: std::io::Error| Failure::error("the outbox cannot be started").because(e);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let (ended, is_ended) = oneshot::channel();
    let work = move || {
        runtime.block_on(async move { outbox.run(stop).await });
        // Nobody waits any more where the process ends at once.
        let _unheard = ended.send(());
    };
    std::thread::Builder::new().name("outbox".to_owned()).spawn(work).map_err(failed)?;
    Ok(is_ended)
}

/// Waits until it is time to stop.
async fn is_told(mut stopped: watch::Receiver<bool>) {
    // Without anybody who could tell, it is time as well.
    let _gone = stopped.wait_for(|stopped| *stopped).await;
}

/// Takes down what the provider reports of messages that were sent.
async fn take_reports(store: Arc<Store>, mut statuses: mpsc::Receiver<Reported>) {
    while let Some(Reported { status, recorded }) = statuses.recv().await {
        let store = Arc::clone(&store);
        let taking = tokio::task::spawn_blocking(move || {
            let DeliveryStatus { sid, status, error_code, to } = status;
            outbox::delivery(&store, &sid, &status, error_code, to.as_ref(), jiff::Timestamp::now())
        });
        match taking.await {
            Ok(Ok(())) => {
                // The provider may have hung up meanwhile.
                let _unheard = recorded.send(());
            }
            Ok(Err(error)) => {
                tracing::error!(problem = in_full(&error), "a delivery report could not be recorded");
            }
            Err(error) => tracing::error!(%error, "a delivery report could not be recorded"),
        }
    }
}

/// Ctrl-C and SIGTERM, heard from the moment this is made.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> Result<Self, Failure> {
        let failed = |e: std::io::Error| Failure::error("signals cannot be listened for").because(e);
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
        })
    }

    /// Waits for the next one.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
