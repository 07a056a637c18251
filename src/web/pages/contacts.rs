//! The address book.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::sheet::{Said, Tried};
use super::stretch::{SHOWN, Sought, Stretch};
use super::{Failed, Fields, Frame, Ids, Page, as_csv, page};
use crate::app::accounts::{Owned, authorize};
use crate::app::contacts::forgetting::{self, NotForgotten};
use crate::app::contacts::sheet::{self, ImportError, Taken};
use crate::app::contacts::{self, Fault, Typed, USUAL_PRIORITY};
use crate::error_chain::sentence;
use crate::model::ContactId;
use crate::roster::Diagnostic;
use crate::store::{Contact, Tx};
use crate::web::session::Visitor;
use crate::web::upload::Upload;

#[derive(Template)]
#[template(path = "contacts.html")]
struct Contacts {
    frame: Frame,
    /// Each with what keeps it from being reached.
    found: Vec<(ContactId, Contact, &'static str)>,
    stretch: Stretch,
    said: Said,
}

impl Contacts {
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

/// `GET /contacts?q=&from=`
pub(in crate::web) async fn list(visitor: Visitor, Query(sought): Query<Sought>) -> Result<Response, Failed> {
    screen(&visitor, sought, Said::default()).await
}

async fn screen(visitor: &Visitor, sought: Sought, said: Said) -> Result<Response, Failed> {
    let Sought { q, from } = sought.clone();
    let found = visitor.read(move |tx, reach| {
        let (found, all) = contacts::search(tx, reach, &q, (from, SHOWN))?;
        let with_reach = |(id, contact)| {
            let kept = contacts::out_of_reach(tx, &contact)?;
            Ok((id, contact, kept))
        };
        Ok((found.into_iter().map(with_reach).collect::<Result<Vec<_>, Failed>>()?, all))
    });
    let (found, all) = found.await?;
    let stretch = Stretch::new(visitor.door.to("/contacts"), sought, found.len(), all);
    let frame = visitor.frame("Contacts");
    Ok(Page(said.status(), Contacts { frame, found, stretch, said }).into_response())
}

/// `POST /contacts/import?dry_run=`: all of a spreadsheet, or nothing.
pub(in crate::web) async fn import(
    visitor: Visitor,
    Query(Tried { dry_run }): Query<Tried>,
    Upload { name, bytes }: Upload,
) -> Result<Response, Failed> {
    let (site, reach) = (visitor.site().clone(), visitor.who.reach);
    let work = move || sheet::import(&site, reach, (&bytes, std::path::Path::new(&name)), dry_run);
    let imported = tokio::task::spawn_blocking(work).await.map_err(|_ended| Failed::Here)?;
    let said = match imported {
        Ok((taken, warnings)) => said_of(&taken, &warnings, dry_run),
        Err(ImportError::Sheet(problems)) => Said::wrong(&problems),
        Err(ImportError::Store(error)) => return Err(error.into()),
    };
    screen(&visitor, Sought::default(), said).await
}

fn said_of(Taken { added, changed, same, notes }: &Taken, warnings: &[Diagnostic], dry_run: bool) -> Said {
    const SHOWN: usize = 20;
    let (done, would) = if dry_run { ("Only tried", "would be ") } else { ("Taken over", "") };
    let changes = changed.iter().take(SHOWN).map(|change| format!("{would}changed: {change}"));
    let done = format!(
        "{done}: {} {would}added, {} of the others' details {would}changed, {same} stand here as they are listed.",
        added.len(),
        changed.len()
    );
    Said::done(done, warnings, notes.iter().cloned().chain(changes))
}

/// `GET /contacts/contacts.csv`
pub(in crate::web) async fn csv(visitor: Visitor) -> Result<Response, Failed> {
    let (all, _) = visitor.read(|tx, reach| Ok(contacts::search(tx, reach, "", (0, usize::MAX))?)).await?;
    Ok(as_csv("contacts.csv", sheet::export(all.iter().map(|(_, contact)| contact))))
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
    /// Why it is neither removed nor forgotten.
    refusal: Option<String>,
}

impl ContactForm {
    fn new(visitor: &Visitor, id: Option<(ContactId, i64)>, typed: Typed) -> Self {
        let title = if id.is_some() { "Change a contact" } else { "Add a contact" };
        let frame = Frame { here: "Contacts", ..visitor.frame(title) };
        Self { frame, id, typed, faults: Vec::new(), is_stale: false, refusal: None }
    }

    /// What is wrong with a field.
    fn fault(&self, field: &str) -> Option<String> {
        self.faults.iter().find(|(of, _)| *of == field).map(|(_, remark)| sentence(remark))
    }
}

/// `GET /contacts/new`
pub(in crate::web) async fn new(visitor: Visitor) -> Page<impl Template> {
    let typed = Typed { priority: USUAL_PRIORITY.to_string(), ..Typed::default() };
    page(ContactForm::new(&visitor, None, typed))
}

/// `GET /contacts/{id}`
pub(in crate::web) async fn show(visitor: Visitor, Ids(id): Ids<ContactId>) -> Result<Page<impl Template>, Failed> {
    Ok(page(form_of(&visitor, id).await?))
}

async fn form_of(visitor: &Visitor, id: ContactId) -> Result<ContactForm, Failed> {
    let found = visitor.read(move |tx, reach| match authorize(tx, reach, id)? {
        Some(owned) => Ok(contacts::get(tx, owned)?),
        None => Ok(None),
    });
    let (contact, revision) = found.await?.ok_or(Failed::NotFound)?;
    Ok(ContactForm::new(visitor, Some((id, revision)), Typed::from(&contact)))
}

/// `POST /contacts`
pub(in crate::web) async fn add(visitor: Visitor, fields: Fields) -> Result<Response, Failed> {
    let (site, typed) = (visitor.site(), typed(&fields));
    let contact = match typed.read(site.country()) {
        Ok(contact) => contact,
        Err(faults) => return Ok(again(ContactForm { faults, ..ContactForm::new(&visitor, None, typed) })),
    };
    let now = site.clock.now();
    visitor.write(move |tx, reach| contacts::add(tx, reach, &contact, now)).await?;
    Ok(visitor.go("/contacts"))
}

/// `POST /contacts/{id}`, with the revision that was shown: who comes second is shown their own words once more, and that
/// somebody was faster.
pub(in crate::web) async fn change(
    visitor: Visitor,
    Ids(id): Ids<ContactId>,
    fields: Fields,
) -> Result<Response, Failed> {
    let (typed, shown) = (typed(&fields), fields.text("revision").parse().unwrap_or_default());
    let (contact, faults) = match typed.read(visitor.site().country()) {
        Ok(contact) => (Some(contact), Vec::new()),
        Err(faults) => (None, faults),
    };
    let unchanged = visitor.write(move |tx, reach| {
        let owned = authorize(tx, reach, id)?.ok_or(Failed::NotFound)?;
        let Some(contact) = contact else { return Ok(Some(shown)) };
        if contacts::change(tx, owned, &contact, shown)? {
            return Ok(None);
        }
        let (_, now) = contacts::get(tx, owned)?.ok_or(Failed::NotFound)?;
        Ok::<_, Failed>(Some(now))
    });
    let Some(now) = unchanged.await? else { return Ok(visitor.go("/contacts")) };
    let form = ContactForm::new(&visitor, Some((id, now)), typed);
    Ok(again(ContactForm { faults, is_stale: now != shown, ..form }))
}

/// `POST /contacts/{id}/remove`
pub(in crate::web) async fn remove(visitor: Visitor, Ids(id): Ids<ContactId>) -> Result<Response, Failed> {
    taken_out(&visitor, id, forgetting::remove).await
}

/// `POST /contacts/{id}/forget`: the contact, and what past invitations know of them.
pub(in crate::web) async fn forget(visitor: Visitor, Ids(id): Ids<ContactId>) -> Result<Response, Failed> {
    let forget = |tx: &Tx<'_>, id, now| forgetting::forget(tx, id, now).map(drop);
    taken_out(&visitor, id, forget).await
}

/// Takes a contact out of the address book, or says why not.
async fn taken_out<F>(visitor: &Visitor, id: ContactId, how: F) -> Result<Response, Failed>
where
    F: FnOnce(&Tx<'_>, Owned<ContactId>, Timestamp) -> Result<(), NotForgotten> + Send + 'static,
{
    let now = visitor.site().clock.now();
    let done = visitor.write(move |tx, reach| match authorize(tx, reach, id)? {
        Some(owned) => how(tx, owned, now).map(Some),
        None => Ok(None),
    });
    match done.await {
        Ok(Some(_)) => Ok(visitor.go("/contacts")),
        Ok(None) => Err(Failed::NotFound),
        Err(NotForgotten::Store(error)) => Err(error.into()),
        Err(refused) => {
            let refusal = Some(sentence(&refused.to_string()));
            let form = form_of(visitor, id).await?;
            Ok(again(ContactForm { refusal, ..form }))
        }
    }
}

/// The form once more, with what was typed and what is wrong with it.
fn again(form: ContactForm) -> Response {
    let status =
        if form.is_stale || form.refusal.is_some() { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    Page(status, form).into_response()
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
