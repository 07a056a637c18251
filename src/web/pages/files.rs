//! The files that the pages share, part of the program.

use axum::http::header;
use axum::response::IntoResponse;

/// `GET /assets/site.css`
pub(in crate::web) async fn css() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8")],
        concat!(
            include_str!("../assets/base.css"),
            include_str!("../assets/site.css"),
            include_str!("../assets/desk.css")
        ),
    )
}

/// `GET /assets/live.js`
pub(in crate::web) async fn js() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("../assets/live.js"))
}

/// `GET /assets/icon.svg`
pub(in crate::web) async fn icon() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/svg+xml")], include_str!("../assets/icon.svg"))
}
