//! The hosts of a desk: added, changed, away, back, removed.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::form::{Blank, Field, filled, notice, refused};
use super::owned;
use crate::app::desk::hosts::{self, TypedHost};
use crate::app::desk::{Desk, DeskError, Fault};
use crate::app::exchanges::Exchanges;
use crate::model::{Email, PersonId, TopicId};
use crate::store::{Reach, StoreError, StoredHost, Tx};
use crate::web::pages::{Failed, Fields, Frame, Ids, Page, page};
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
    fn new(visitor: &Visitor, desk: &Desk, host: Option<(&StoredHost, Standing)>, typed: &Typed) -> Self {
        let title = if host.is_some() { "Change a host" } else { "Add a host" };
        let frame = Frame { here: "Desks", ..visitor.frame(title) };
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
fn host_of(
    tx: &Tx<'_>,
    reach: Reach,
    (desk, host): (TopicId, PersonId),
) -> Result<Option<(Desk, StoredHost)>, StoreError> {
    let Some(desk) = owned(tx, reach, desk)? else { return Ok(None) };
    let found = tx.host(host)?.filter(|(of, _)| *of == desk.id());
    Ok(found.map(|(_, host)| (desk, host)))
}

/// The page of a host, with what was typed there.
async fn host_page(visitor: &Visitor, ids: (TopicId, PersonId), typed: &Typed) -> Result<HostForm, Failed> {
    let now = visitor.site().clock.now();
    let found = visitor.read(move |tx, reach| {
        let (desk, host) = host_of(tx, reach, ids)?.ok_or(Failed::NotFound)?;
        let away = tx.away_times(desk.id(), now)?.into_iter().filter(|(of, ..)| *of == host.id);
        let words = away.map(|(_, from, to)| match hosts::back_at(to) {
            Some(to) => format!("from {} until {}", desk.say(from, now), desk.say(to, now)),
            None => format!("from {} until they are back", desk.say(from, now)),
        });
        let standing = Standing { id: host.id.0, name: host.name.clone(), away: words.collect() };
        Ok((desk, host, standing))
    });
    let (desk, host, standing) = found.await?;
    Ok(HostForm::new(visitor, &desk, Some((&host, standing)), typed))
}

/// `GET /desks/{id}/hosts/new`
pub(in crate::web) async fn new(visitor: Visitor, Ids(id): Ids<TopicId>) -> Result<Page<impl Template>, Failed> {
    let desk = desk_of(&visitor, id).await?;
    Ok(page(HostForm::new(&visitor, &desk, None, &Typed::default())))
}

async fn desk_of(visitor: &Visitor, id: TopicId) -> Result<Desk, Failed> {
    visitor.read(move |tx, reach| owned(tx, reach, id)?.ok_or(Failed::NotFound)).await
}

/// `POST /desks/{id}/hosts`
pub(in crate::web) async fn add(visitor: Visitor, Ids(id): Ids<TopicId>, fields: Fields) -> Result<Response, Failed> {
    let desk = desk_of(&visitor, id).await?;
    let (site, host, at) = (visitor.site().clone(), typed(&fields), desk.clone());
    let Err(error) = visitor.write(move |tx, _reach| hosts::put(tx, &site, &at, None, &host)).await else {
        return Ok(visitor.go(&format!("/desks/{}", desk.id().0)));
    };
    let (status, faults) = refused(error)?;
    let typed = Typed { host: Some(fields), faults, ..Typed::default() };
    Ok(Page(status, HostForm::new(&visitor, &desk, None, &typed)).into_response())
}

/// `GET /desks/{id}/hosts/{host}`
pub(in crate::web) async fn show(
    visitor: Visitor,
    Ids(ids): Ids<(TopicId, PersonId)>,
) -> Result<Page<impl Template>, Failed> {
    Ok(page(host_page(&visitor, ids, &Typed::default()).await?))
}

/// Does something to a host of theirs, and goes to the desk, or stays with the host; where that is refused, the host's page
/// shows why, with what was typed.
async fn done(
    visitor: &Visitor,
    (ids, typed): ((TopicId, PersonId), Typed),
    work: impl FnOnce(&Tx<'_>, &Exchanges, &Desk, &StoredHost) -> Result<(), DeskError> + Send + 'static,
    stays: bool,
) -> Result<Response, Failed> {
    let site = visitor.site().clone();
    let done = visitor.write(move |tx, reach| {
        let (desk, host) = host_of(tx, reach, ids)?.ok_or(DeskError::NoDesk)?;
        work(tx, &site, &desk, &host)
    });
    let error = match done.await {
        Ok(()) => {
            let host = if stays { format!("/hosts/{}", ids.1.0) } else { String::new() };
            return Ok(visitor.go(&format!("/desks/{}{host}", ids.0.0)));
        }
        Err(error) => error,
    };
    let (status, faults) = refused(error)?;
    Ok(Page(status, host_page(visitor, ids, &Typed { faults, ..typed }).await?).into_response())
}

/// `POST /desks/{id}/hosts/{host}`
pub(in crate::web) async fn change(
    visitor: Visitor,
    Ids(ids): Ids<(TopicId, PersonId)>,
    fields: Fields,
) -> Result<Response, Failed> {
    let host = typed(&fields);
    let put = move |tx: &Tx<'_>, site: &Exchanges, desk: &Desk, old: &StoredHost| {
        hosts::put(tx, site, desk, Some(old), &host).map(drop)
    };
    done(&visitor, (ids, Typed { host: Some(fields), ..Typed::default() }), put, false).await
}

/// `POST /desks/{id}/hosts/{host}/away`
pub(in crate::web) async fn away(
    visitor: Visitor,
    Ids(ids): Ids<(TopicId, PersonId)>,
    fields: Fields,
) -> Result<Response, Failed> {
    let given = |name| Some(fields.text(name).trim().to_owned()).filter(|text| !text.is_empty());
    let (from, to) = (given("from"), given("to"));
    let away = move |tx: &Tx<'_>, site: &Exchanges, desk: &Desk, host: &StoredHost| {
        hosts::away(tx, desk, host, (from.as_deref(), to.as_deref()), site.clock.now()).map(drop)
    };
    done(&visitor, (ids, Typed { away: Some(fields), ..Typed::default() }), away, true).await
}

/// `POST /desks/{id}/hosts/{host}/back`
pub(in crate::web) async fn back(visitor: Visitor, Ids(ids): Ids<(TopicId, PersonId)>) -> Result<Response, Failed> {
    let back =
        |tx: &Tx<'_>, site: &Exchanges, _: &Desk, host: &StoredHost| hosts::back(tx, host, site.clock.now()).map(drop);
    done(&visitor, (ids, Typed::default()), back, true).await
}

/// `POST /desks/{id}/hosts/{host}/remove`
pub(in crate::web) async fn remove(visitor: Visitor, Ids(ids): Ids<(TopicId, PersonId)>) -> Result<Response, Failed> {
    let remove =
        |tx: &Tx<'_>, site: &Exchanges, desk: &Desk, host: &StoredHost| hosts::remove(tx, desk, host, site.clock.now());
    done(&visitor, (ids, Typed::default()), remove, false).await
}
