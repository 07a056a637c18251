//! The hosts of a desk: added, changed, away, back, removed.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::form::{Blank, Field, filled, notice, refused};
use super::{owned, read_id};
use crate::app::desk::hosts::{self, TypedHost};
use crate::app::desk::{Desk, DeskError, Fault};
use crate::app::exchanges::Exchanges;
use crate::model::{Email, PersonId, TopicId};
use crate::store::{Reach, StoredHost, Tx};
use crate::web::Shared;
use crate::web::pages::{Failed, Fields, Frame, Page, page};
use crate::web::session::Visitor;

const HOST: [Blank; 4] = [
    ("name", "Name", "", "text", true),
    ("phone", "Phone", "where they are told of a visitor at once", "tel", true),
    ("email", "E-mail address", "told there as well", "email", false),
    ("room", "Room", "", "text", false),
];

const AWAY: [Blank; 2] = [
    ("from", "Away from", "such as 2026-12-24 14:30, or 14:30 of today; nothing: from now on", "text", false),
    ("to", "Until", "nothing: until they are back", "text", false),
];

#[derive(Template)]
#[template(path = "host.html")]
struct HostForm {
    frame: Frame,
    desk: i64,
    fields: Vec<Field>,
    away: Vec<Field>,
    notice: Option<String>,
    /// `None` of a new one.
    host: Option<Standing>,
}

/// A host that there is.
struct Standing {
    id: i64,
    name: String,
    /// When they are away, in words.
    away: Vec<String>,
}

/// What was typed into one of the forms, and what is wrong with it.
#[derive(Default)]
struct Typed {
    host: Option<Fields>,
    away: Option<Fields>,
    faults: Vec<Fault>,
}

impl HostForm {
    fn new(
        shared: &Shared,
        visitor: &Visitor,
        desk: &Desk,
        host: Option<(&StoredHost, Standing)>,
        typed: &Typed,
    ) -> Self {
        let title = if host.is_some() { "Change a host" } else { "Add a host" };
        let frame = Frame { here: "Desks", ..Frame::of(shared, visitor, title) };
        let value = |name: &str| match (&typed.host, &host) {
            (Some(typed), _) => typed.text(name).to_owned(),
            (None, Some((host, _))) => words(host, name),
            (None, None) => String::new(),
        };
        let when = |name: &str| typed.away.as_ref().map(|typed| typed.text(name).to_owned()).unwrap_or_default();
        let (fields, away) = (filled(&HOST, value, &typed.faults), filled(&AWAY, when, &typed.faults));
        let host = host.map(|(_, standing)| standing);
        Self { frame, desk: desk.id().0, fields, away, notice: notice(&typed.faults), host }
    }
}

/// A host as they are, in the words that change them.
fn words(host: &StoredHost, field: &str) -> String {
    match field {
        "name" => host.name.clone(),
        "phone" => host.phone.expose().to_owned(),
        "email" => host.email.as_ref().map(|email| Email::expose(email).to_owned()).unwrap_or_default(),
        _ => host.room.clone(),
    }
}

fn typed(fields: &Fields) -> TypedHost {
    let text = |name| Some(fields.text(name).to_owned());
    TypedHost { name: text("name"), phone: text("phone"), email: text("email"), room: text("room") }
}

/// A host of a desk of theirs.
fn host_of(tx: &Tx<'_>, reach: Reach, (desk, host): (TopicId, PersonId)) -> Result<(Desk, StoredHost), DeskError> {
    let desk = owned(tx, reach, desk)?.ok_or(DeskError::NoDesk)?;
    let found = tx.host(host)?.filter(|(of, _)| *of == desk.id());
    found.map(|(_, host)| (desk, host)).ok_or(DeskError::NoDesk)
}

/// The page of a host, with what was typed there.
async fn host_page(
    shared: &Arc<Shared>,
    visitor: &Visitor,
    ids: (TopicId, PersonId),
    typed: &Typed,
) -> Result<HostForm, Failed> {
    let (reach, now) = (visitor.who.reach, shared.listener.exchanges.clock.now());
    let found = shared.listener.exchanges.store.run_reading(move |tx| {
        let (desk, host) = host_of(tx, reach, ids)?;
        let away = tx.away_times(desk.id(), now)?.into_iter().filter(|(of, ..)| *of == host.id);
        let words = away.map(|(_, from, to)| match hosts::back_at(to) {
            Some(to) => format!("from {} until {}", desk.say(from, now), desk.say(to, now)),
            None => format!("from {} until they are back", desk.say(from, now)),
        });
        let standing = Standing { id: host.id.0, name: host.name.clone(), away: words.collect() };
        Ok::<_, DeskError>((desk, host, standing))
    });
    match found.await {
        Ok((desk, host, standing)) => Ok(HostForm::new(shared, visitor, &desk, Some((&host, standing)), typed)),
        Err(error) => Err(refused(error).err().unwrap_or(Failed::NotFound)),
    }
}

fn read_ids((desk, host): (String, String)) -> Result<(TopicId, PersonId), Failed> {
    Ok((TopicId(read_id(&desk)?), PersonId(read_id(&host)?)))
}

/// `GET /desks/{id}/hosts/new`
pub(in crate::web) async fn new(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Page<impl Template>, Failed> {
    let desk = desk_of(&shared, visitor.who.reach, &id).await?;
    Ok(page(HostForm::new(&shared, &visitor, &desk, None, &Typed::default())))
}

async fn desk_of(shared: &Arc<Shared>, reach: Reach, id: &str) -> Result<Desk, Failed> {
    let id = TopicId(read_id(id)?);
    let found = shared.listener.exchanges.store.run_reading(move |tx| owned(tx, reach, id));
    found.await?.ok_or(Failed::NotFound)
}

/// `POST /desks/{id}/hosts`
pub(in crate::web) async fn add(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failed> {
    let desk = desk_of(&shared, visitor.who.reach, &id).await?;
    let (site, host, at) = (shared.listener.exchanges.clone(), typed(&fields), desk.clone());
    let store = site.store.clone();
    let Err(error) = store.run(move |tx| hosts::put(tx, &site, &at, None, &host)).await else {
        return Ok(Redirect::to(&visitor.door.to(&format!("/desks/{}", desk.id().0))).into_response());
    };
    let (status, faults) = refused(error)?;
    let typed = Typed { host: Some(fields), faults, ..Typed::default() };
    Ok(Page(status, HostForm::new(&shared, &visitor, &desk, None, &typed)).into_response())
}

/// `GET /desks/{id}/hosts/{host}`
pub(in crate::web) async fn show(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(ids): Path<(String, String)>,
) -> Result<Page<impl Template>, Failed> {
    Ok(page(host_page(&shared, &visitor, read_ids(ids)?, &Typed::default()).await?))
}

/// Does something to a host of theirs, and goes to the desk, or stays with the host; where that is refused, the host's page
/// shows why, with what was typed.
async fn done(
    shared: &Arc<Shared>,
    visitor: &Visitor,
    (ids, typed): ((String, String), Typed),
    work: impl FnOnce(&Tx<'_>, &Exchanges, &Desk, &StoredHost) -> Result<(), DeskError> + Send + 'static,
    stays: bool,
) -> Result<Response, Failed> {
    let (ids, reach, site) = (read_ids(ids)?, visitor.who.reach, shared.listener.exchanges.clone());
    let store = site.store.clone();
    let done = store.run(move |tx| {
        let (desk, host) = host_of(tx, reach, ids)?;
        work(tx, &site, &desk, &host)
    });
    let error = match done.await {
        Ok(()) => {
            let host = if stays { format!("/hosts/{}", ids.1.0) } else { String::new() };
            return Ok(Redirect::to(&visitor.door.to(&format!("/desks/{}{host}", ids.0.0))).into_response());
        }
        Err(error) => error,
    };
    let (status, faults) = refused(error)?;
    Ok(Page(status, host_page(shared, visitor, ids, &Typed { faults, ..typed }).await?).into_response())
}

/// `POST /desks/{id}/hosts/{host}`
pub(in crate::web) async fn change(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(ids): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Failed> {
    let host = typed(&fields);
    let put = move |tx: &Tx<'_>, site: &Exchanges, desk: &Desk, old: &StoredHost| {
        hosts::put(tx, site, desk, Some(old), &host).map(drop)
    };
    done(&shared, &visitor, (ids, Typed { host: Some(fields), ..Typed::default() }), put, false).await
}

/// `POST /desks/{id}/hosts/{host}/away`
pub(in crate::web) async fn away(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(ids): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Failed> {
    let given = |name| Some(fields.text(name).trim().to_owned()).filter(|text| !text.is_empty());
    let (from, to) = (given("from"), given("to"));
    let away = move |tx: &Tx<'_>, site: &Exchanges, desk: &Desk, host: &StoredHost| {
        hosts::away(tx, desk, host, (from.as_deref(), to.as_deref()), site.clock.now()).map(drop)
    };
    done(&shared, &visitor, (ids, Typed { away: Some(fields), ..Typed::default() }), away, true).await
}

/// `POST /desks/{id}/hosts/{host}/back`
pub(in crate::web) async fn back(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(ids): Path<(String, String)>,
) -> Result<Response, Failed> {
    let back =
        |tx: &Tx<'_>, site: &Exchanges, _: &Desk, host: &StoredHost| hosts::back(tx, host, site.clock.now()).map(drop);
    done(&shared, &visitor, (ids, Typed::default()), back, true).await
}

/// `POST /desks/{id}/hosts/{host}/remove`
pub(in crate::web) async fn remove(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(ids): Path<(String, String)>,
) -> Result<Response, Failed> {
    let remove =
        |tx: &Tx<'_>, site: &Exchanges, desk: &Desk, host: &StoredHost| hosts::remove(tx, desk, host, site.clock.now());
    done(&shared, &visitor, (ids, Typed::default()), remove, false).await
}
