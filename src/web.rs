//! Front door 2: the listener. Twilio's webhooks, health, metrics, the organizers' pages and the API, and in a demo or a
//! rehearsal the simulated phones.
//!
//! A handler takes the request apart, asks `app`, and writes the answer down; it decides nothing. No route shows a
//! pairing to anyone but the phone it belongs to or who presses a button of the page of their own link, and, once, to whoever
//! opens it by an audit.

mod api;
mod desk;
mod door;
mod form;
pub(crate) mod fuzzing;
mod gate;
mod gauges;
mod health;
mod join;
mod live;
mod log;
mod me;
mod metrics;
mod pages;
pub(crate) mod phones;
mod rsvp;
mod server;
mod session;
pub mod signature;
#[cfg(test)]
mod tests;
mod texts;
mod twiml;
mod upload;
mod webhook;

use std::sync::{Arc, Once};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use secrecy::SecretString;
use tokio::sync::Semaphore;
use url::Url;

use crate::app::changes::Changes;
use crate::app::exchange::ServedExchanges;
use crate::app::exchanges::Exchanges;
use crate::app::limits::Meter;
use crate::app::outbox::Outbox;
use crate::app::responder::Responder;

pub(crate) use api::document;
pub(crate) use desk::inside_on_paper;
pub(crate) use metrics::Metrics;
pub(crate) use phones::{Phones, Play, Scene, Somebody, Stage};
pub(crate) use server::{bind, serve};

/// The largest request body, in bytes. A text of Twilio's greatest length with all its fields stays below 16 KiB.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;

/// The largest spreadsheet that a form takes, in bytes, with what the form puts around it.
const SHEET_LIMIT: usize = 6 * 1024 * 1024;

/// Where a password is set by a link, which follows.
pub(crate) const PASSWORD_PATH: &str = "/password";

/// Where the pages' files are.
const ASSETS: &str = "/assets/";

/// How long a request may take from its headers to its answer. Twilio gives up after 15 seconds.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Everything the routes need.
pub(crate) struct Listener {
    /// Who answers texts.
    pub responder: Responder,
    /// What it runs on.
    pub exchanges: Exchanges,
    /// Its gift exchanges, for participants' own pages.
    pub served: Arc<ServedExchanges>,
    /// Where what became of sent messages is recorded.
    pub outbox: Arc<Outbox>,
    /// Tells live pages of changes.
    pub changes: Changes,
    /// Twilio's auth tokens; more than one while they are being exchanged. With none, every webhook is refused.
    pub auth_tokens: Vec<SecretString>,
    /// What Twilio calls; signatures are checked against it. A path in it is a prefix that a proxy takes away.
    pub public_url: Url,
    /// What is counted.
    pub metrics: Metrics,
    /// Whether a tunnel of this machine's leads here, as ngrok's does.
    pub is_tunnelled: bool,
    /// Whether `/metrics` answers others than this machine.
    pub metrics_open: bool,
    /// The simulated phones of a demo or a rehearsal.
    pub phones: Option<Phones>,
}

/// What the handlers share.
struct Shared {
    listener: Listener,
    signatures: signature::SignatureCheck,
    timeout: Duration,
    /// Counts the API's calls.
    meter: Meter,
    /// The room for live pages' streams.
    streams: Arc<Semaphore>,
    /// What a demo has besides its exchange.
    stage: Option<Stage>,
    /// Says once that a proxy is not counted.
    uncounted_proxy: Once,
}

/// All routes.
pub(crate) fn router(listener: Listener) -> Router {
    routes(listener, REQUEST_TIMEOUT)
}

/// All routes, with a bound on the time of each request.
fn routes(mut listener: Listener, timeout: Duration) -> Router {
    let signatures = signature::SignatureCheck::new(&std::mem::take(&mut listener.auth_tokens), &listener.public_url);
    let mut phones = listener.phones.take();
    let stage = phones.as_mut().and_then(|phones| phones.stage.take());
    let (meter, streams, uncounted_proxy) = (api::meter(), live::room(), Once::new());
    let shared = Arc::new(Shared { listener, signatures, timeout, meter, streams, stage, uncounted_proxy });
    let shown = phones.zip(shared.listener.exchanges.in_file());
    let phones = shown.map(|(phones, site)| phones::routes(phones, Arc::clone(&shared), site));
    let routes = Router::new()
        .route("/", post(texts::incoming))
        .route("/sms", post(texts::incoming))
        .route("/sms/status", post(texts::status))
        .route("/healthz", get(health::healthz))
        .route("/metrics", get(health::metrics))
        .with_state(Arc::clone(&shared));
    let routes = match phones {
        None => routes.merge(home_routes(&shared)).merge(site_routes(&shared)).fallback(health::not_found),
        // Their visitors come for the phones.
        Some(phones) if shared.stage.is_some() => {
            routes.merge(phones).merge(site_routes(&shared)).fallback(phones::nothing)
        }
        // What links in messages lead to.
        Some(phones) => routes.merge(phones).merge(public_routes(&shared)).fallback(phones::nothing),
    };
    routes
        .method_not_allowed_fallback(health::not_found)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(shared, log::around))
}

/// What organizers, their guests and programs reach.
fn site_routes(shared: &Arc<Shared>) -> Router {
    page_routes(shared).merge(public_routes(shared)).nest(api::PREFIX, api::routes(shared))
}

/// The home page, which a demo has another one in the place of.
fn home_routes(shared: &Arc<Shared>) -> Router {
    use pages::{home, watched};
    Router::new()
        .route("/", get(watched::show::<home::Home>))
        .route("/fragment", get(watched::fragment::<home::Home>))
        .route("/live", get(live::stream))
        .route_layer(middleware::from_fn_with_state(Arc::clone(shared), gate::gate))
        .with_state(Arc::clone(shared))
}

/// The pages, all behind the gate. Those that ask for a `Visitor` are for whoever is signed in.
fn page_routes(shared: &Arc<Shared>) -> Router {
    use pages::{account, contacts, health, openid, outbox, password, sign_in, watched};
    Router::new()
        .route("/sign-in", get(sign_in::form).post(sign_in::sign_in))
        .route("/sign-in/openid", get(openid::away))
        .route("/sign-in/openid/back", get(openid::back_again))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/password/{link}", get(password::form).post(password::set))
        .route("/account", get(account::show))
        .route("/account/password", post(account::password))
        .route("/account/address", post(account::address))
        .route("/account/tokens", post(account::make_token))
        .route("/account/tokens/revoke", post(account::revoke_token))
        .route("/contacts", get(contacts::list).post(contacts::add))
        .route("/contacts/new", get(contacts::new))
        .route("/contacts/contacts.csv", get(contacts::csv))
        .route("/contacts/import", post(contacts::import).layer(DefaultBodyLimit::max(SHEET_LIMIT)))
        .route("/contacts/{id}", get(contacts::show).post(contacts::change))
        .route("/contacts/{id}/remove", post(contacts::remove))
        .route("/contacts/{id}/forget", post(contacts::forget))
        .route("/outbox", get(watched::show::<outbox::Outbox>))
        .route("/outbox/fragment", get(watched::fragment::<outbox::Outbox>))
        .route("/outbox/live", get(live::stream))
        .route("/outbox/{id}/{act}", post(outbox::act))
        .route("/health", get(watched::show::<health::Health>))
        .route("/health/fragment", get(watched::fragment::<health::Health>))
        .route("/health/live", get(live::stream))
        .merge(topic_pages())
        .route_layer(middleware::from_fn_with_state(Arc::clone(shared), gate::gate))
        .with_state(Arc::clone(shared))
}

/// The pages of topics, each kind's its own.
fn topic_pages() -> Router<Arc<Shared>> {
    use pages::exchange::{announce, audit, draw, history, people, progress, rules, update};
    use pages::{event, events, exchanges, lists};
    Router::new()
        .route("/exchanges", get(exchanges::list).post(exchanges::add))
        .route("/exchanges/new", get(exchanges::new))
        .route("/exchanges/{id}", get(progress::show))
        .route("/exchanges/{id}/fragment", get(progress::fragment))
        .route("/exchanges/{id}/live", get(progress::stream))
        .route("/exchanges/{id}/people", get(people::list).post(people::put))
        .route("/exchanges/{id}/person", get(people::person))
        .route("/exchanges/{id}/people/remove", post(people::remove))
        .route("/exchanges/{id}/people/import", post(people::import).layer(DefaultBodyLimit::max(SHEET_LIMIT)))
        .route("/exchanges/{id}/rules", get(rules::show).post(rules::change))
        .route("/exchanges/{id}/exclusions", post(rules::exclusion::<false>))
        .route("/exchanges/{id}/exclusions/remove", post(rules::exclusion::<true>))
        .route("/exchanges/{id}/mend", post(rules::mend))
        .route("/exchanges/{id}/picture.svg", get(rules::picture))
        .route("/exchanges/{id}/draw", get(draw::show).post(draw::draw))
        .route("/exchanges/{id}/update", get(update::show).post(update::bring_in))
        .route("/exchanges/{id}/history", get(history::show))
        .route("/exchanges/{id}/announce", get(announce::show).post(announce::announce))
        .route("/exchanges/{id}/audit", get(audit::show).post(audit::open))
        .route("/events", get(events::list).post(event::make))
        .route("/events/new", get(event::new))
        .route("/events/fragment", get(events::list_fragment))
        .route("/events/live", get(live::stream))
        .route("/events/{id}", get(event::show).post(event::change))
        .route("/events/{id}/invite", post(event::invite))
        .route("/events/{id}/fragment", get(events::fragment))
        .route("/events/{id}/live", get(live::stream))
        .route("/events/{id}/answer", post(events::answer))
        .route("/events/{id}/withdraw", post(events::withdraw))
        .route("/events/{id}/{act}", post(events::act))
        .route("/lists", get(lists::all).post(lists::make))
        .route("/lists/{id}", get(lists::one))
        .route("/lists/{id}/subscribers.csv", get(lists::subscribers::csv))
        .route("/lists/{id}/import", post(lists::subscribers::import).layer(DefaultBodyLimit::max(SHEET_LIMIT)))
        .route("/lists/{id}/subscribers/{who}", get(lists::subscribers::show))
        .route("/lists/{id}/subscribers/{who}/opt-out", post(lists::subscribers::opt_out))
        .route("/lists/{id}/subscribers/{who}/forget", post(lists::subscribers::forget))
        .route("/lists/{id}/broadcasts", post(lists::write))
        .route("/lists/{id}/broadcasts/{number}", get(lists::broadcast::show).post(lists::broadcast::act))
        .route("/lists/{id}/broadcasts/{number}/fragment", get(lists::broadcast::fragment))
        .route("/lists/{id}/broadcasts/{number}/live", get(live::stream))
        .route("/lists/{id}/broadcasts/{number}/results.csv", get(lists::broadcast::csv))
        .merge(desk_pages())
}

/// Those of desks.
fn desk_pages() -> Router<Arc<Shared>> {
    use pages::{desks, watched};
    Router::new()
        .route("/desks", get(watched::show::<desks::Desks>).post(desks::editing::add))
        .route("/desks/new", get(desks::editing::new))
        .route("/desks/{id}", get(desks::editing::show).post(desks::editing::change))
        .route("/desks/{id}/pair", post(desks::editing::pair))
        .route("/desks/{id}/remove", post(desks::editing::remove))
        .route("/desks/{id}/hosts", post(desks::hosts::add))
        .route("/desks/{id}/hosts/new", get(desks::hosts::new))
        .route("/desks/{id}/hosts/{host}", get(desks::hosts::show).post(desks::hosts::change))
        .route("/desks/{id}/hosts/{host}/away", post(desks::hosts::away))
        .route("/desks/{id}/hosts/{host}/back", post(desks::hosts::back))
        .route("/desks/{id}/hosts/{host}/remove", post(desks::hosts::remove))
        .route("/desks/fragment", get(watched::fragment::<desks::Desks>))
        .route("/desks/live", get(live::stream))
        .route("/desks/{id}/inside", get(desks::inside))
        .route("/desks/{id}/visits/{visit}/leave", post(desks::leave))
}

/// The pages that need no account: a link or a paired tablet opens them.
fn public_routes(shared: &Arc<Shared>) -> Router {
    use pages::files;
    Router::new()
        .route("/desk/{slug}", get(desk::kiosk::form).post(desk::kiosk::check_in))
        .route("/desk/{slug}/{token}", get(desk::kiosk::pair))
        .route("/desk/{slug}/visit/{token}", get(desk::kiosk::checked_in))
        .route("/desk/{slug}/visit/{token}/badge", get(desk::kiosk::badge))
        .route("/visit/{token}", get(desk::visit::show).post(desk::visit::act))
        .route("/visit/{token}/badge", get(desk::visit::badge))
        .route("/me/{token}", get(me::show).post(me::press))
        .route("/rsvp/{token}", get(rsvp::show).post(rsvp::answer))
        .route("/rsvp/{token}/event.ics", get(rsvp::ics))
        .route("/rsvp/{token}/leave", get(rsvp::leave_form).post(rsvp::leave))
        .route("/join/{slug}", get(join::form).post(join::join))
        .route("/confirm/{token}", get(join::confirm_form).post(join::confirm))
        .route("/leave/{token}", get(join::leave_form).post(join::leave))
        .route("/assets/site.css", get(files::css))
        .route("/assets/live.js", get(files::js))
        .route("/assets/icon.svg", get(files::icon))
        .route_layer(middleware::from_fn_with_state(Arc::clone(shared), gate::public))
        .with_state(Arc::clone(shared))
}
