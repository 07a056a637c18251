//! The page's files, part of the program.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// Only files of this listener, nothing inline, no frames, nothing sent elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /phones`
pub(super) async fn html() -> Response {
    let head = [(header::CONTENT_SECURITY_POLICY, POLICY), (header::REFERRER_POLICY, "no-referrer")];
    (head, file("text/html; charset=utf-8", include_str!("../assets/page.html"))).into_response()
}

/// `GET /phones/page.css`
pub(super) async fn css() -> Response {
    file("text/css; charset=utf-8", include_str!("../assets/page.css"))
}

/// `GET /phones/page.js`
pub(super) async fn js() -> Response {
    file("text/javascript; charset=utf-8", include_str!("../assets/page.js"))
}

/// `GET /phones/icon.svg`
pub(super) async fn icon() -> Response {
    file("image/svg+xml", include_str!("../assets/icon.svg"))
}

/// `GET /phones/tick.svg`
pub(super) async fn tick() -> Response {
    file("image/svg+xml", include_str!("../assets/tick.svg"))
}

/// A file of a type; checked again at every visit, so that a newer program shows its newer page.
fn file(media_type: &'static str, text: &'static str) -> Response {
    let head = [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (head, text).into_response()
}
