//! Whose requests the phones answer to: the page's own.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Refusal, Wall};

/// Refuses who asks for these routes by another name than their own: a name that its owner has pointed at this
/// machine would make another site's script the page's own (DNS rebinding). What does something is done for the page alone.
pub(super) async fn only_here(State(wall): State<Arc<Wall>>, request: Request, next: Next) -> Response {
    let own = wall.phones.own_address;
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let is_own = host.is_some_and(|host| host == own.to_string() || host == format!("localhost:{}", own.port()));
    if !is_own {
        StatusCode::FORBIDDEN.into_response()
    } else if request.method() == Method::POST && !is_same_origin(request.headers()) {
        Refusal::OtherSite.into_response()
    } else {
        next.run(request).await
    }
}

/// Whether a request comes from the page itself, as browsers say it. A client that says neither is no browser, and so
/// cannot be tricked by another site.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let named = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = named("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    origin.is_some() && origin == named("host")
}
