//! What stands before every page: whether there are pages at all, whether a post comes from one of them, and the headers
//! that go out with each. A page is added behind it and cannot forget any of this.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::door::{Door, host};
use super::health::not_found;
use super::pages::{self, Failed};
use super::{ASSETS, Shared};
use crate::model::Organizers;
use crate::store::StoreError;

/// Only files of this listener, nothing inline, no frames, forms to ourselves.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Lets a request through to a page, or not, and completes the answer.
pub(super) async fn gate(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let door = Door::of(&parts, &shared);
    let answer = match is_open(&shared, &door).await {
        Ok(Open::Yes) if is_cross_site(&parts.method, &parts.headers, &shared.listener.public_url) => {
            Failed::OtherSite.into_response()
        }
        Ok(Open::Yes) => next.run(Request::from_parts(parts, body)).await,
        Ok(Open::NoAccount) if parts.method.is_safe() => pages::first_visit(&door).into_response(),
        Ok(Open::NoAccount | Open::No) => return not_found().await.into_response(),
        Err(error) => Failed::from(error).into_response(),
    };
    completed(answer, &door, false)
}

/// The same for what needs no account, and so is there before there is one: visitors' and guests' pages, and the files.
pub(super) async fn public(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let door = Door::of(&parts, &shared);
    let is_file = parts.uri.path().starts_with(ASSETS);
    let answer = match is_cross_site(&parts.method, &parts.headers, &shared.listener.public_url) {
        true => Failed::OtherSite.into_response(),
        false => next.run(Request::from_parts(parts, body)).await,
    };
    completed(answer, &door, is_file)
}

fn completed(answer: Response, door: &Door, is_file: bool) -> Response {
    let mut answer = pages::explained(answer, door);
    let headers = answer.headers_mut();
    let mut set = |name, value| headers.insert(name, header::HeaderValue::from_static(value));
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CACHE_CONTROL, if is_file { "no-cache" } else { "no-store" });
    answer
}

/// Whether there are pages, and an API.
pub(super) enum Open {
    /// As somebody can sign in.
    Yes,
    /// Nobody could sign in yet; on this machine that is explained.
    NoAccount,
    /// Not by this door.
    No,
}

pub(super) async fn is_open(shared: &Shared, door: &Door) -> Result<Open, StoreError> {
    let site = &shared.listener.exchanges;
    match site.settings.site.organizers {
        Organizers::Off => return Ok(Open::No),
        Organizers::Local if !door.local => return Ok(Open::No),
        Organizers::Local | Organizers::Accounts => {}
    }
    let any = site.store.run_reading(|tx| Ok::<_, StoreError>(tx.keeper()?.is_some())).await?;
    Ok(match any {
        true => Open::Yes,
        false if door.local => Open::NoAccount,
        false => Open::No,
    })
}

/// Whether a request that changes something was sent by another site's page. Browsers say so themselves; older ones name
/// the origin; a client that says neither is no browser, and so cannot be made to act for whoever uses it.
pub(super) fn is_cross_site(method: &Method, headers: &HeaderMap, public: &Url) -> bool {
    if method.is_safe() {
        return false;
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let origin = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok());
    let ours = |origin: &Url| {
        let named = host(headers).and_then(|host| Url::parse(&format!("{}://{host}", origin.scheme())).ok());
        origin.origin() == public.origin() || named.is_some_and(|named| named.origin() == origin.origin())
    };
    !origin.is_some_and(|origin| ours(&origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    // A7
    #[test]
    fn posts_of_other_sites_are_refused_and_those_of_no_browser_are_not() {
        let public = Url::parse("https://xmas.example.org/hill").expect("a URL");
        let crosses = |method: Method, given: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "127.0.0.1:5050".parse().expect("a value"));
            for (name, value) in given {
                headers.insert(*name, value.parse().expect("a value"));
            }
            is_cross_site(&method, &headers, &public)
        };
        for allowed in [
            &[][..],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
            &[("origin", "https://xmas.example.org")],
            &[("origin", "http://127.0.0.1:5050")],
        ] {
            assert!(!crosses(Method::POST, allowed), "{allowed:?}");
        }
        for refused in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "")],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://xmas.example.org")],
            &[("origin", "https://evil.example")],
            &[("origin", "http://xmas.example.org")],
            &[("origin", "https://xmas.example.org:8443")],
            &[("origin", "http://127.0.0.1:5051")],
            &[("origin", "null")],
            &[("origin", "")],
        ] {
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                assert!(crosses(method, refused), "{refused:?}");
            }
            assert!(!crosses(Method::GET, refused), "a link from elsewhere is followed: {refused:?}");
        }
    }
}
