//! Why the page of the phones got no answer, in words that it shows.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::fresh;
use super::line::LineError;
use crate::app::exchange::audit::AuditError;
use crate::app::exchange::rehearsal::JoinError;
use crate::error_chain::in_full;
use crate::store::StoreError;

/// Why a text typed on the page was not sent; shown on the page.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("Only the page itself may send texts from its phones.")]
    OtherSite,
    #[error("That text could not be read.")]
    NoText,
    #[error("A text has room for 1,600 characters.")]
    TooLong,
    #[error("There is no such phone here.")]
    NoPhone,
    #[error("The line is dead: the listener did not answer.")]
    Line(#[from] LineError),
    #[error("Nothing was opened: the log could not take it.")]
    Audit(#[from] AuditError),
    #[error("That day does not come.")]
    NoSuchDay,
    #[error("Nobody joined: {}.", in_full(.0))]
    Join(#[from] JoinError),
    #[error("The database does not answer.")]
    Store(#[from] StoreError),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::OtherSite => StatusCode::FORBIDDEN,
            Self::NoText => StatusCode::BAD_REQUEST,
            Self::TooLong | Self::NoSuchDay | Self::Join(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoPhone => StatusCode::NOT_FOUND,
            Self::Line(_) | Self::Audit(_) | Self::Store(_) => {
                tracing::error!(problem = in_full(&self), "the page of the phones got no answer");
                StatusCode::BAD_GATEWAY
            }
        };
        (status, fresh(Json(serde_json::json!({ "error": self.to_string() })))).into_response()
    }
}
