//! `contacts`: the address book.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, owned};
use super::given::{Asked, Body, Change, Ids, Seen, created, tagged};
use super::paging::{Listed, Paging};
use super::problem::{Flaw, Problem};
use crate::app::contacts::forgetting::{self, NotForgotten};
use crate::app::contacts::{self, Typed, USUAL_PRIORITY};
use crate::app::exchanges::Exchanges;
use crate::model::ContactId;
use crate::store::Contact;

/// Somebody to invite or to write to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ContactShown {
    id: String,
    name: String,
    #[schema(required)]
    phone: Option<String>,
    #[schema(required)]
    email: Option<String>,
    priority: u32,
    tags: Vec<String>,
    note: String,
}

/// What is known of a contact. One of phone and e-mail is needed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewContact {
    name: String,
    /// Any usual way of writing it; shown as +447700900123.
    phone: Option<String>,
    email: Option<String>,
    /// 1 is invited first; 5 where nothing is said.
    #[serde(default = "usual_priority")]
    #[schema(minimum = 1, maximum = 99, default = 5)]
    priority: u32,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    note: String,
}

fn usual_priority() -> u32 {
    USUAL_PRIORITY
}

impl NewContact {
    fn of(contact: Contact) -> Self {
        let phone = contact.phone.as_ref().map(|phone| phone.expose().to_owned());
        let email = contact.email.as_ref().map(|email| email.expose().to_owned());
        let Contact { name, priority, tags, note, .. } = contact;
        Self { name, phone, email, priority, tags, note }
    }

    fn read(self, site: &Exchanges) -> Result<Contact, Problem> {
        let Self { name, phone, email, priority, tags, note } = self;
        if tags.iter().any(|tag| tag.contains(',')) {
            return Err(Problem::meaning(vec![Flaw::at("/tags", "a tag has no comma in it")]));
        }
        let typed = Typed {
            name,
            phone: phone.unwrap_or_default(),
            email: email.unwrap_or_default(),
            priority: priority.to_string(),
            tags: tags.join(","),
            note,
        };
        typed.read(site.country()).map_err(Problem::faults)
    }
}

fn shown((id, contact): (ContactId, Contact)) -> ContactShown {
    let NewContact { name, phone, email, priority, tags, note } = NewContact::of(contact);
    ContactShown { id: id.0.to_string(), name, phone, email, priority, tags, note }
}

/// Lists the contacts, in the order they were added
#[utoipa::path(get, path = "/contacts", tag = "contacts", params(Paging), responses((status = 200, body = Listed<ContactShown>)))]
pub(super) async fn list(caller: Caller, Asked(paging): Asked<Paging>) -> Result<Json<Listed<ContactShown>>, Problem> {
    let (after, limit) = (ContactId(paging.after()?), paging.limit()?);
    let found = caller.read(move |tx, reach| Ok(contacts::after(tx, reach, after, limit)?)).await?;
    let rows = found.into_iter().map(shown).collect();
    Ok(Json(Listed::of(&caller, &paging, rows, |row: &ContactShown| &row.id)?))
}

/// Adds a contact
#[utoipa::path(post, path = "/contacts", tag = "contacts", request_body = NewContact, responses((status = 201, body = ContactShown)))]
pub(super) async fn add(caller: Caller, Body(new): Body<NewContact>) -> Result<Response, Problem> {
    let (contact, now) = (new.read(&caller.site)?, caller.site.clock.now());
    let added = caller.write(move |tx, reach| Ok((contacts::add(tx, reach, &contact, now)?, contact))).await?;
    Ok(created(&caller, added.0.0, tagged(1, shown(added))))
}

/// Shows a contact
#[utoipa::path(get, path = "/contacts/{id}", tag = "contacts", params(("id" = String, Path)), responses((status = 200, body = ContactShown)))]
pub(super) async fn show(caller: Caller, Ids(id): Ids<ContactId>) -> Result<Response, Problem> {
    let found = caller.read(move |tx, reach| Ok(contacts::get(tx, owned(tx, reach, id)?)?)).await?;
    let (contact, revision) = found.ok_or(Problem::NOT_FOUND)?;
    Ok(tagged(revision, shown((id, contact))))
}

/// Changes a contact
#[utoipa::path(patch, path = "/contacts/{id}", tag = "contacts", params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = NewContact, responses((status = 200, body = ContactShown)))]
pub(super) async fn change(
    caller: Caller,
    Ids(id): Ids<ContactId>,
    seen: Seen,
    Body(change): Body<Change>,
) -> Result<Response, Problem> {
    let site = caller.site.clone();
    let changed = caller.write(move |tx, reach| {
        let owned = owned(tx, reach, id)?;
        let (now, revision) = contacts::get(tx, owned)?.ok_or(Problem::NOT_FOUND)?;
        let contact = change.of(&NewContact::of(now))?.read(&site)?;
        seen.is_still(revision)?;
        contacts::change(tx, owned, &contact, revision)?.then_some((revision + 1, contact)).ok_or(Problem::STALE)
    });
    let (revision, contact) = changed.await?;
    Ok(tagged(revision, shown((id, contact))))
}

/// Removes a contact
#[utoipa::path(delete, path = "/contacts/{id}", tag = "contacts", params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 204), (status = 409, description = "They were asked to an event that is still to come.")))]
pub(super) async fn remove(caller: Caller, Ids(id): Ids<ContactId>, seen: Seen) -> Result<StatusCode, Problem> {
    let now = caller.site.clock.now();
    let removed = caller.write(move |tx, reach| {
        let owned = owned(tx, reach, id)?;
        let (_, revision) = contacts::get(tx, owned)?.ok_or(Problem::NOT_FOUND)?;
        seen.is_still(revision)?;
        forgetting::remove(tx, owned, now).map_err(|error| match error {
            NotForgotten::Store(error) => error.into(),
            refused => Problem::conflict(&refused.to_string()),
        })
    });
    removed.await.map(|()| StatusCode::NO_CONTENT)
}
