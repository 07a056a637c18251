//! `/api/docs`: the document to read and try, as Swagger UI shows it. Every file is in this program.

use std::sync::Arc;

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use utoipa_swagger_ui::Config;

use super::problem::Problem;
use crate::web::door::Door;

/// As for the pages, but for the styles that Swagger UI puts into its own elements.
const POLICY: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// `GET /api/docs`
pub(super) async fn index(door: Door) -> Redirect {
    Redirect::to(&door.to("/api/docs/index.html"))
}

/// `GET /api/docs/{file}`
pub(super) async fn file(door: Door, Path(name): Path<String>) -> Result<Response, Problem> {
    let config = Arc::new(Config::from(door.to("/api/openapi.json")));
    let file = utoipa_swagger_ui::serve(&name, config).ok().flatten().ok_or(Problem::NOT_FOUND)?;
    let headers = [
        (header::CONTENT_TYPE, file.content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    Ok((headers, file.bytes.into_owned()).into_response())
}
