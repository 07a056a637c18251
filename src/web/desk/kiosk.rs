//! The kiosk. Its link holds 128 bits and leaves them on the tablet as a cookie; without it the kiosk's address shows nothing.

use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use cookie::{Cookie, SameSite};
use jiff::SignedDuration;

use super::visit_of;
use crate::app::desk::{self, Desk, DeskError, Fault, Typed};
use crate::app::limits::seconds_until;
use crate::app::links::link_hash;
use crate::error_chain::sentence;
use crate::store::StoreError;
use crate::web::door::Door;
use crate::web::pages::{Failed, Fields, Page, page};
use crate::web::session::cookie_named;

/// The cookie that pairs a tablet, whose path is one desk's.
const COOKIE: &str = "xchange-desk";

/// As long as browsers keep one.
const PAIRED: cookie::time::Duration = cookie::time::Duration::days(400);

/// So long after a check-in the kiosk shows what the host says, and then is ready for the next visitor.
const SHOWN: SignedDuration = SignedDuration::from_secs(60);

/// After so many seconds a form that was not taken, and is left alone, is blank for the next visitor.
const FORGOTTEN: u32 = 120;

/// So long, in seconds, a badge stays on the tablet to be printed.
const TO_PRINT: u32 = 60;

/// So often, in seconds, the kiosk looks whether the host has said something.
const LOOK_AGAIN: u32 = 10;

/// A page that makes way for another by itself, without script. A header, for what reads a page aloud is not to be
/// interrupted by something in it.
fn by_itself(mut response: Response, seconds: u32, path: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(&format!("{seconds}; url={path}")) {
        response.headers_mut().insert(header::REFRESH, value);
    }
    response
}

#[derive(Template)]
#[template(path = "kiosk.html")]
struct Kiosk {
    base: String,
    desk: Desk,
    hosts: Vec<(i64, String)>,
    typed: Typed,
    faults: Vec<Fault>,
    /// What is said above the form.
    notice: Option<String>,
}

impl Kiosk {
    fn fault(&self, field: &str) -> Option<String> {
        self.faults.iter().find(|(of, _)| *of == field).map(|(_, remark)| sentence(remark))
    }

    /// Whether this is the form as the next visitor finds it.
    fn is_blank(&self) -> bool {
        self.faults.is_empty() && self.notice.is_none()
    }

    fn is_chosen(&self, id: &i64) -> bool {
        self.typed.host == id.to_string()
    }

    /// By which the sentence is known that is agreed to.
    fn version(&self) -> String {
        data_encoding::HEXLOWER.encode(&link_hash(&self.desk.place.consent())[..4])
    }
}

/// The desk of a kiosk's address, for a tablet that is paired with it.
async fn paired(door: &Door, slug: &str, token: Option<&str>) -> Result<Desk, Failed> {
    let (site, slug) = (door.site().clone(), slug.to_owned());
    let store = site.store.clone();
    let Some(token) = token.map(link_hash) else { return Err(Failed::NotFound) };
    let found = store.run_reading(move |tx| {
        let Some(stored) = tx.desk_of_slug(&slug)? else { return Ok(None) };
        let desk = desk::get(tx, stored.id)?;
        // Compared as hashes, so that no answer comes sooner for a better guess.
        let right = |desk: &Desk| desk.kiosk_token(&desk::links(&site)).is_ok_and(|right| link_hash(&right) == token);
        Ok::<_, StoreError>(desk.filter(right))
    });
    found.await?.ok_or(Failed::NotFound)
}

/// `GET /desk/{slug}/{token}`: pairs the tablet that follows it.
pub(in crate::web) async fn pair(door: Door, Path((slug, token)): Path<(String, String)>) -> Result<Response, Failed> {
    let desk = paired(&door, &slug, Some(&token)).await?;
    let path = door.to(&format!("/desk/{}", desk.stored.slug));
    let cookie = Cookie::build((COOKIE, token)).path(path.clone()).http_only(true).secure(door.secure);
    let cookie = cookie.same_site(SameSite::Lax).max_age(PAIRED).build();
    let mut redirect = Redirect::to(&path).into_response();
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        redirect.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(redirect)
}

async fn blank(door: &Door, desk: Desk) -> Result<Kiosk, Failed> {
    let id = desk.id();
    let hosts = door.site().store.run_reading(move |tx| tx.hosts(id)).await?;
    let hosts = hosts.into_iter().map(|host| (host.id.0, host.name)).collect();
    let base = door.base.clone();
    Ok(Kiosk { base, desk, hosts, typed: Typed::default(), faults: Vec::new(), notice: None })
}

/// `GET /desk/{slug}`
pub(in crate::web) async fn form(door: Door, Path(slug): Path<String>, headers: HeaderMap) -> Result<Response, Failed> {
    let desk = paired(&door, &slug, cookie_named(&headers, COOKIE).as_deref()).await?;
    Ok(page(blank(&door, desk).await?).into_response())
}

/// `POST /desk/{slug}`
pub(in crate::web) async fn check_in(
    door: Door,
    Path(slug): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Failed> {
    let desk = paired(&door, &slug, cookie_named(&headers, COOKIE).as_deref()).await?;
    let typed = typed(&fields);
    let (site, asked, at) = (door.site().clone(), typed.clone(), desk.clone());
    let store = site.store.clone();
    let refused = match store.run(move |tx| desk::check_in(tx, &site, &at, &asked, true)).await {
        Ok(visit) => return Ok(door.go(&format!("/desk/{}/visit/{}", desk.stored.slug, visit.token))),
        Err(error) => error,
    };
    let now = door.site().clock.now();
    let form = Kiosk { typed, ..blank(&door, desk).await? };
    let mut retry = None;
    let (status, form) = match refused {
        DeskError::Store(error) => return Err(error.into()),
        DeskError::Refused { faults, is_malformed } => {
            let status = if is_malformed { StatusCode::BAD_REQUEST } else { StatusCode::UNPROCESSABLE_ENTITY };
            (status, Kiosk { faults, ..form })
        }
        DeskError::Busy { words, .. } => (StatusCode::CONFLICT, Kiosk { notice: Some(words), ..form }),
        DeskError::TooMany { until } => {
            retry = Some(seconds_until(until, now));
            let words = "Many have checked in here within the hour. Please ask at the desk.".to_owned();
            (StatusCode::TOO_MANY_REQUESTS, Kiosk { notice: Some(words), ..form })
        }
        other => {
            tracing::error!(problem = crate::error_chain::in_full(&other), "nobody can check in");
            return Err(Failed::Here);
        }
    };
    let back = door.to(&format!("/desk/{}", form.desk.stored.slug));
    let mut response = by_itself(Page(status, form).into_response(), FORGOTTEN, &back);
    if let Some(seconds) = retry {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

fn typed(fields: &Fields) -> Typed {
    let text = |name| fields.text(name).to_owned();
    Typed {
        name: text("name"),
        email: text("email"),
        phone: text("phone"),
        host: text("host"),
        until: text("until"),
        consent: fields.text("consent") == "on",
    }
}

#[derive(Template)]
#[template(path = "checked_in.html")]
struct CheckedIn {
    base: String,
    slug: String,
    token: String,
    title: String,
    words: String,
    code: String,
    until: String,
}

/// `GET /desk/{slug}/visit/{token}`: what the visitor reads, and what the host says, for a minute.
pub(in crate::web) async fn checked_in(
    door: Door,
    Path((slug, token)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let desk = paired(&door, &slug, cookie_named(&headers, COOKIE).as_deref()).await?;
    let (of, visit) = visit_of(&door, &token).await?;
    let now = door.site().clock.now();
    let is_here = of.id() == desk.id() && visit.ended.is_none();
    if !is_here || now.duration_since(visit.in_at) > SHOWN {
        return Ok(door.go(&format!("/desk/{slug}")));
    }
    let words = desk.place.host_says(visit.answer.as_deref(), &visit.name, &visit.host_name);
    let (title, until) = (desk.stored.name.clone(), desk.say(visit.out_due, now));
    let here = door.to(&format!("/desk/{slug}/visit/{token}"));
    let page = page(CheckedIn { base: door.base, slug, token, title, words, code: visit.code, until });
    Ok(by_itself(page.into_response(), LOOK_AGAIN, &here))
}

/// `GET /desk/{slug}/visit/{token}/badge`: the badge on the tablet, to be printed there.
pub(in crate::web) async fn badge(
    door: Door,
    Path((slug, token)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    paired(&door, &slug, cookie_named(&headers, COOKIE).as_deref()).await?;
    let start = door.to(&format!("/desk/{slug}"));
    let badge = super::visit::badge(door, Path(token)).await?;
    Ok(by_itself(badge.into_response(), TO_PRINT, &start))
}
