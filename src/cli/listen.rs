//! Listening until it is told to stop: the running site behind its routes, and the signals.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use url::Url;

use super::{Context, Failure};
use crate::app::backup::regular::Regular;
use crate::app::exchanges::Exchanges;
use crate::app::service::Service;
use crate::messaging::sender::Sender;
use crate::web::signature::webhook_url;
use crate::web::{self, Listener, Metrics, Phones};

/// What is listened for.
pub(super) struct Listening {
    pub(super) exchanges: Exchanges,
    pub(super) sender: Sender,
    pub(super) auth_tokens: Vec<SecretString>,
    pub(super) public_url: Url,
    pub(super) is_tunnelled: bool,
    pub(super) metrics_open: bool,
    pub(super) phones: Option<Phones>,
    pub(super) backups: Option<Regular>,
}

/// Binds the listener's address.
pub(super) fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    web::bind(address).map_err(|e| {
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

/// Where Twilio reports what became of a text.
pub(super) fn status_url(public_url: &Url) -> Result<Url, Failure> {
    webhook_url(public_url, "/sms/status")
        .parse()
        .map_err(|e: url::ParseError| Failure::error("the public address is no address to report to").because(e))
}

/// How long a signal may arrive again without meaning more: a terminal sends Ctrl-C to every program in it, and what
/// started this one may pass its own on.
const SIGNAL_DEBOUNCE: Duration = Duration::from_millis(500);

/// Listens until Ctrl-C or SIGTERM; a second one, later than [`SIGNAL_DEBOUNCE`], ends it at once. Calls `ready` when
/// texts are answered and signals are heard.
pub(super) async fn listen(
    context: &Context,
    tcp: TcpListener,
    listening: Listening,
    ready: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let Listening { mut exchanges, sender, auth_tokens, public_url, is_tunnelled, metrics_open, phones, backups } =
        listening;
    // Links in messages lead where this listener is found.
    Arc::make_mut(&mut exchanges.settings).listener.public_url = Some(public_url.clone());
    let mut signals = Signals::new()?;
    let end = match &phones {
        Some(Phones { play, .. }) => format!("The {} is over; nothing was kept.", play.word()),
        None => "Stopped. Every text received was answered.".to_owned(),
    };
    let service = Service::start(exchanges, sender).await?;
    let stop = service.stop();
    if let Some(backups) = backups {
        tokio::spawn(backups.run(service.exchanges.clone(), service.stopped()));
    }
    ready()?;
    let router = web::router(Listener {
        responder: service.responder.clone(),
        exchanges: service.exchanges.clone(),
        served: Arc::clone(&service.served),
        outbox: Arc::clone(&service.outbox),
        changes: service.changes.clone(),
        auth_tokens,
        public_url,
        metrics: Metrics::default(),
        is_tunnelled,
        metrics_open,
        phones,
    });
    let finished = async {
        let served = web::serve(tcp, router, service.stopped()).await;
        service.finish().await;
        context.ui.talk(&end);
        served.map_err(|e| Failure::error("the listener failed").because(e))
    };
    let told_twice = async {
        signals.next().await;
        stop.send();
        tokio::time::sleep(SIGNAL_DEBOUNCE).await;
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
