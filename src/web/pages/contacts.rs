//! The address book.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Failed, Fields, Frame, Page, page};
use crate::app::accounts::authorize;
use crate::app::contacts::{self, Fault, Typed, USUAL_PRIORITY};
use crate::error_chain::sentence;
use crate::model::ContactId;
use crate::store::{Contact, StoreError};
use crate::web::Shared;
use crate::web::session::Visitor;

/// Contacts on one page.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "contacts.html")]
struct Contacts {
    frame: Frame,
    sought: String,
    found: Vec<(ContactId, Contact)>,
    /// How many there are in all that match.
    all: usize,
    /// Where the list begins, from 0.
    from: usize,
    is_last: bool,
}

impl Contacts {
    /// Where the stretch before this one begins.
    fn before(&self) -> usize {
        self.from.saturating_sub(SHOWN)
    }

    /// As much of a note as a list has room for.
    fn short(&self, note: &str) -> String {
        const LONGEST: usize = 60;
        if note.chars().count() > LONGEST {
            note.chars().take(LONGEST).chain(['…']).collect()
        } else {
            note.to_owned()
        }
    }
}

/// What is looked for, and which stretch of it is shown.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Sought {
    #[serde(default)]
    q: String,
    #[serde(default)]
    from: usize,
}

/// `GET /contacts?q=&from=`
pub(in crate::web) async fn list(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Query(Sought { q, from }): Query<Sought>,
) -> Result<Page<impl Template>, Failed> {
    let (reach, sought) = (visitor.who.reach, q.clone());
    let store = &shared.listener.exchanges.store;
    let (found, all) = store.run_reading(move |tx| contacts::search(tx, reach, &sought, (from, SHOWN))).await?;
    let is_last = from.saturating_add(found.len()) >= all;
    Ok(page(Contacts { frame: Frame::of(&shared, &visitor, "Contacts"), sought: q, found, all, from, is_last }))
}

#[derive(Template)]
#[template(path = "contact.html")]
struct ContactForm {
    frame: Frame,
    /// With its revision; `None` of a new one.
    id: Option<(ContactId, i64)>,
    typed: Typed,
    faults: Vec<Fault>,
    /// Whether somebody else has changed it meanwhile.
    is_stale: bool,
}

impl ContactForm {
    fn new(shared: &Shared, visitor: &Visitor, id: Option<(ContactId, i64)>, typed: Typed) -> Self {
        let title = if id.is_some() { "Change a contact" } else { "Add a contact" };
        let frame = Frame { here: "Contacts", ..Frame::of(shared, visitor, title) };
        Self { frame, id, typed, faults: Vec::new(), is_stale: false }
    }

    /// What is wrong with a field.
    fn fault(&self, field: &str) -> Option<String> {
        self.faults.iter().find(|(of, _)| *of == field).map(|(_, remark)| sentence(remark))
    }
}

/// `GET /contacts/new`
pub(in crate::web) async fn new(State(shared): State<Arc<Shared>>, visitor: Visitor) -> Page<impl Template> {
    let typed = Typed { priority: USUAL_PRIORITY.to_string(), ..Typed::default() };
    page(ContactForm::new(&shared, &visitor, None, typed))
}

/// `GET /contacts/{id}`
pub(in crate::web) async fn show(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Page<impl Template>, Failed> {
    let (id, reach) = (read_id(&id)?, visitor.who.reach);
    let found = shared.listener.exchanges.store.run_reading(move |tx| match authorize(tx, reach, id)? {
        Some(owned) => contacts::get(tx, owned),
        None => Ok::<_, StoreError>(None),
    });
    let (contact, revision) = found.await?.ok_or(Failed::NotFound)?;
    Ok(page(ContactForm::new(&shared, &visitor, Some((id, revision)), Typed::from(&contact))))
}

/// `POST /contacts`
pub(in crate::web) async fn add(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Failed> {
    let (site, typed, reach) = (&shared.listener.exchanges, typed(&fields), visitor.who.reach);
    let contact = match typed.read(site.country()) {
        Ok(contact) => contact,
        Err(faults) => return Ok(again(ContactForm { faults, ..ContactForm::new(&shared, &visitor, None, typed) })),
    };
    let now = site.clock.now();
    site.store.run(move |tx| contacts::add(tx, reach, &contact, now)).await?;
    Ok(Redirect::to(&visitor.door.to("/contacts")).into_response())
}

/// `POST /contacts/{id}`, with the revision that was shown: who comes second is shown their own words once more, and that
/// somebody was faster.
pub(in crate::web) async fn change(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failed> {
    let (site, typed, reach) = (&shared.listener.exchanges, typed(&fields), visitor.who.reach);
    let (id, shown) = (read_id(&id)?, fields.text("revision").parse().unwrap_or_default());
    let (contact, faults) = match typed.read(site.country()) {
        Ok(contact) => (Some(contact), Vec::new()),
        Err(faults) => (None, faults),
    };
    let unchanged = site.store.run(move |tx| {
        let owned = authorize(tx, reach, id)?.ok_or(Failed::NotFound)?;
        let Some(contact) = contact else { return Ok(Some(shown)) };
        if contacts::change(tx, owned, &contact, shown)? {
            return Ok(None);
        }
        let (_, now) = contacts::get(tx, owned)?.ok_or(Failed::NotFound)?;
        Ok::<_, Failed>(Some(now))
    });
    let Some(now) = unchanged.await? else { return Ok(Redirect::to(&visitor.door.to("/contacts")).into_response()) };
    let form = ContactForm::new(&shared, &visitor, Some((id, now)), typed);
    Ok(again(ContactForm { faults, is_stale: now != shown, ..form }))
}

/// `POST /contacts/{id}/remove`
pub(in crate::web) async fn remove(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Redirect, Failed> {
    let (id, reach) = (read_id(&id)?, visitor.who.reach);
    let removed = shared.listener.exchanges.store.run(move |tx| {
        let owned = authorize(tx, reach, id)?.ok_or(Failed::NotFound)?;
        Ok::<_, Failed>(contacts::remove(tx, owned)?)
    });
    removed.await?;
    Ok(Redirect::to(&visitor.door.to("/contacts")))
}

/// The form once more, with what was typed and what is wrong with it.
fn again(form: ContactForm) -> Response {
    let status = if form.is_stale { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    Page(status, form).into_response()
}

/// What is no number names nothing.
fn read_id(text: &str) -> Result<ContactId, Failed> {
    text.parse().map(ContactId).map_err(|_no_number| Failed::NotFound)
}

fn typed(fields: &Fields) -> Typed {
    let text = |name| fields.text(name).to_owned();
    Typed {
        name: text("name"),
        phone: text("phone"),
        email: text("email"),
        priority: text("priority"),
        tags: text("tags"),
        note: text("note"),
    }
}
