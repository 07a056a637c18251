//! The document: OpenAPI 3.1, from the types of the resources, completed by what holds of every operation.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};
use utoipa::PartialSchema;

use super::problem::{Flaw, PROBLEM_JSON, Problem};
use super::resources;
use crate::web::Shared;
use crate::web::door::Door;

/// `GET /api/openapi.json`: the document, with links as they begin at this door.
pub(super) async fn show(State(_shared): State<Arc<Shared>>, door: Door) -> Json<Value> {
    let mut document = document();
    document["servers"] = json!([{"url": door.to("/")}]);
    Json(document)
}

/// The document of the API.
pub fn document() -> Value {
    let (_, described) = utoipa_axum::router::OpenApiRouter::new().nest("/api/v1", resources()).split_for_parts();
    let mut document = serde_json::to_value(described).unwrap_or_default();
    document["info"] = json!({
        "title": "xchange",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Gift exchanges, drawn and sealed. No call returns a draw.\n\nIds are opaque strings, times RFC 3339. PATCH merges \
                        (RFC 7396). An entity's `ETag` in `If-Match` keeps two edits apart. Errors are `application/problem+json`.",
        "license": {"name": "MIT", "identifier": "MIT"},
    });
    document["components"]["securitySchemes"] = json!({
        "token": {"type": "http", "scheme": "bearer", "description": "A token of `xchange token new`, or of the account page."},
        "session": {"type": "apiKey", "in": "cookie", "name": "__Host-xchange", "description": "The session of the pages."},
    });
    document["security"] = json!([{"token": []}, {"session": []}]);
    document["components"]["schemas"]["Problem"] = json!(Problem::schema());
    document["components"]["schemas"]["Flaw"] = json!(Flaw::schema());
    let mut partial = Map::new();
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (path, item) in paths {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            complete(path, method, operation);
            if method == "patch" {
                partial.extend(patched(operation));
            }
        }
    }
    for (name, of) in partial {
        let mut schema = document["components"]["schemas"][of.as_str().unwrap_or_default()].clone();
        let required = schema.as_object_mut().and_then(|schema| schema.remove("required")).unwrap_or_default();
        for (key, property) in schema["properties"].as_object_mut().into_iter().flatten() {
            let stays = required.as_array().is_some_and(|names| names.iter().any(|name| name == key));
            if !stays {
                take_away(property);
            }
        }
        document["components"]["schemas"][name] = schema;
    }
    document
}

/// Adds what every operation of a kind can answer.
fn complete(path: &str, method: &str, operation: &mut Value) {
    let parameter = |place: &str| {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters.filter(|parameter| parameter["in"] == place).count() > 0
    };
    let (asks, names, tags) = (parameter("query"), path.contains('{'), parameter("header"));
    let (has_body, changes) = (operation.get("requestBody").is_some(), method != "get");
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, words, can_be) in [
        ("400", "The body is no JSON.", has_body),
        ("401", "No token, or one that no longer works.", true),
        ("403", "A token without the scope, or a page of another site.", changes),
        ("404", "Unknown, or somebody else's.", names),
        ("412", "Changed since it was read.", tags),
        ("413", "The body is too large.", has_body),
        ("415", "The body is of another content type.", has_body),
        ("422", "Well formed, and yet nothing that can be done; `errors` says where.", has_body || asks),
        ("429", "Too many calls; `Retry-After` says when to go on.", true),
        ("503", "Not now.", true),
    ] {
        if can_be && !responses.contains_key(status) {
            responses.insert(status.to_owned(), json!({"description": words}));
        }
    }
    for (status, response) in responses {
        if status.starts_with(['4', '5']) && response.get("content").is_none() {
            let schema = json!({"schema": {"$ref": "#/components/schemas/Problem"}});
            response["content"] = json!({PROBLEM_JSON: schema});
        }
    }
}

/// What need not be there is taken away by `null`.
fn take_away(property: &mut Value) {
    if let Some(kind) = property["type"].as_str().map(str::to_owned) {
        property["type"] = json!([kind, "null"]);
    }
}

/// The body of a change is that of a new thing in which nothing is required. Gives its name, and whose it is made from.
fn patched(operation: &mut Value) -> Option<(String, Value)> {
    let schema = operation.pointer_mut("/requestBody/content/application~1json/schema/$ref")?;
    let of = schema.as_str()?.rsplit('/').next()?.to_owned();
    let name = format!("{of}Change");
    *schema = json!(format!("#/components/schemas/{name}"));
    Some((name, json!(of)))
}
