//! A webhook: a form that Twilio signed. A handler that asks for one is reached by Twilio only.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::form::Form;
use super::metrics::TextResult;
use super::{Shared, signature};

/// A form whose signature has been checked.
pub(super) struct Webhook(pub(super) Form);

impl FromRequest<Arc<Shared>> for Webhook {
    type Rejection = Response;

    /// Reads the body (413 when it is too long), then checks the signature (403 when it is not Twilio's).
    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Response> {
        let uri = request.uri().clone();
        let target = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let signature = signature_of(request.headers()).to_vec();
        let body = Bytes::from_request(request, shared).await.map_err(IntoResponse::into_response)?;
        let form = Form::parse(&body);
        if shared.signatures.passes(target, form.fields(), &signature) {
            return Ok(Self(form));
        }
        tracing::warn!(checked = %shared.signatures.url(target), "refused a request that Twilio did not sign for this URL");
        shared.listener.metrics.count(TextResult::Refused);
        Err((StatusCode::FORBIDDEN, "not signed by Twilio\n").into_response())
    }
}

/// The one signature header; two of them are none.
fn signature_of(headers: &HeaderMap) -> &[u8] {
    let mut all = headers.get_all(signature::HEADER).iter();
    match (all.next(), all.next()) {
        (Some(only), None) => only.as_bytes(),
        _ => b"",
    }
}
