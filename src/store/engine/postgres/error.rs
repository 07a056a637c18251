//! What a failure of the server or of the way to it means. A server's own words are kept short: its details repeat whole
//! rows, and with them phones.

use std::error::Error as _;
use std::io;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use crate::error_chain::in_full;
use crate::store::StoreError;

/// What went wrong, in as many words as may be logged.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("{message} ({code})")]
    Refused { message: String, code: String },
    #[error("the connection is lost")]
    Lost(#[source] Option<io::Error>),
    #[error("it took too long")]
    Slow,
    /// A pooler mixes connections.
    #[error(
        "a pooler stands between that gives the statements of one connection to several; set its pool_mode to session"
    )]
    Pooled,
    #[error("{0}")]
    Driver(String),
}

/// The server cannot be reached.
pub(super) fn away(place: &str, fault: Fault) -> StoreError {
    StoreError::Away { place: place.to_owned(), source: fault.into() }
}

/// Why there is no connection.
pub(super) fn connecting(place: &str, error: Error) -> StoreError {
    match running(place, error) {
        StoreError::Statement(source) => StoreError::Connect { place: place.to_owned(), source },
        other => other,
    }
}

/// Why a statement did not run.
pub(super) fn running(place: &str, error: Error) -> StoreError {
    let Some(refused) = error.as_db_error() else {
        let broken = error.source().and_then(|source| source.downcast_ref()).is_some_and(|cause| !is_tls(cause));
        if !error.is_closed() && !broken {
            return StoreError::Statement(Fault::Driver(in_full(&error)).into());
        }
        let cause = error.into_source().and_then(|source| source.downcast::<io::Error>().ok());
        return away(place, Fault::Lost(cause.map(|cause| *cause)));
    };
    let fault = Fault::Refused { message: refused.message().to_owned(), code: refused.code().code().to_owned() };
    match refused.code() {
        &SqlState::LOCK_NOT_AVAILABLE => StoreError::Busy,
        _ if is_pooled(refused) => StoreError::Connect { place: place.to_owned(), source: Fault::Pooled.into() },
        code if is_away(code) => away(place, fault),
        _ => StoreError::Statement(fault.into()),
    }
}

/// Whether the server is going, gone or not there yet.
fn is_away(code: &SqlState) -> bool {
    let gone = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ];
    code.code().starts_with("08") || gone.contains(code)
}

/// `PgBouncer` in its mode `statement` has no transactions; in its mode `transaction` older ones lose what was prepared.
fn is_pooled(refused: &DbError) -> bool {
    let lost = [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT];
    refused.message().contains("statement pooling mode") || lost.contains(refused.code())
}

/// Whether the connection is sound, and the certificate is not.
fn is_tls(error: &io::Error) -> bool {
    error.get_ref().and_then(|wrapped| wrapped.downcast_ref::<rustls::Error>()).is_some()
}
