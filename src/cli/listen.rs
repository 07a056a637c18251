//! The listener put together: switchboard, archive copies, outbox and routes, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use url::Url;

use super::{Context, Failure};
use crate::app::{answer, keep_archived, keys};
use crate::model::Settings;
use crate::roster::Roster;
use crate::seal::KeyError;
use crate::store::{Durability, Store};
use crate::web::{self, Listener, Metrics, Phones};

/// What is listened for.
pub(super) struct Listening {
    pub(super) roster: Roster,
    pub(super) auth_tokens: Vec<SecretString>,
    pub(super) public_url: Url,
    pub(super) passphrase: Option<SecretString>,
    pub(super) metrics_open: bool,
    pub(super) phones: Option<Phones>,
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

/// Listens until Ctrl-C or SIGTERM.
pub(super) async fn listen(context: &Context, tcp: TcpListener, listening: Listening) -> Result<(), Failure> {
    let Listening { roster, auth_tokens, public_url, passphrase, metrics_open, phones } = listening;
    let Roster { exchange, settings, .. } = roster;
    let texts = Store::open(&settings.database, Durability::Kill)?;
    let switchboard = answer::start(texts, exchange.clone(), settings.clone(), passphrase)
        .map_err(|e| Failure::error("cannot start the switchboard").because(e))?;
    let (on_status, _statuses) = mpsc::channel(1024);
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
    let served = web::serve(tcp, router, told_to_stop()).await;
    copies.abort();
    context.ui.talk("Stopped; nothing is in hand.");
    served.map_err(|e| Failure::error("the listener failed").because(e))
}

/// Waits for Ctrl-C or SIGTERM.
async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_unavailable) => std::future::pending().await,
        }
    };
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = terminate => {}
        () = interrupt => {}
    }
}
