//! The page's files, part of the program.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Only files of this listener, nothing inline, no frames, nothing sent elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// `GET /phones`
pub(super) async fn html() -> Response {
    document(concat!(include_str!("../assets/page.html"), include_str!("../templates/phone.html"))).into_response()
}

/// `GET /phones/{file}`: the page's files by their names; another name is told the way.
pub(super) async fn file(Path(name): Path<String>) -> Response {
    match name.as_str() {
        "base.css" => part(CSS, include_str!("../assets/base.css")),
        "page.css" => part(CSS, include_str!("../assets/page.css")),
        "stage.css" => part(CSS, include_str!("../assets/stage.css")),
        // The organizers' own styles, for what stands in a panel alone.
        "panel.css" => part(
            CSS,
            concat!(".panel {\n", include_str!("../assets/site.css"), "\n}\n", include_str!("../assets/panel.css")),
        ),
        "page.js" => part(JS, include_str!("../assets/page.js")),
        "phone.js" => part(JS, include_str!("../assets/phone.js")),
        "organizer.js" => part(JS, include_str!("../assets/organizer.js")),
        "screen.js" => part(JS, include_str!("../assets/screen.js")),
        "season.js" => part(JS, include_str!("../assets/season.js")),
        "icon.svg" => part(SVG, include_str!("../assets/icon.svg")),
        "tick.svg" => part(SVG, include_str!("../assets/tick.svg")),
        _ => nothing().await,
    }
}

/// Any other path of a demo or a rehearsal.
pub(in crate::web) async fn nothing() -> Response {
    (StatusCode::NOT_FOUND, document(include_str!("../assets/nothing.html"))).into_response()
}

fn document(text: &'static str) -> impl IntoResponse {
    let head = [(header::CONTENT_SECURITY_POLICY, POLICY), (header::REFERRER_POLICY, "no-referrer")];
    (head, part(HTML, text))
}

/// A file of a type; checked again at every visit, so that a newer program shows its newer page.
fn part(media_type: &'static str, text: &'static str) -> Response {
    let head = [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (head, text).into_response()
}
