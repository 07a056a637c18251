//! The people of an exchange: listed, added, changed, taken out, taken over from a spreadsheet.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, RawQuery, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{Head, Mine, Said};
use crate::app::exchange::roster_people::{self, Imported, PersonLine, TypedPerson};
use crate::app::exchange::ways::Reachable;
use crate::roster::edit::Edit;
use crate::web::Shared;
use crate::web::pages::{Failed, Fields, Frame, Page};
use crate::web::upload::Upload;

#[derive(Template)]
#[template(path = "people.html")]
struct People {
    frame: Frame,
    head: Head,
    people: Vec<PersonLine>,
}

impl People {
    /// Who cannot be told anything, by name.
    fn out_of_reach(&self) -> Vec<&str> {
        let never = self.people.iter().filter(|line| line.reachable == Reachable::Never);
        never.map(|line| line.person.name.as_str()).collect()
    }
}

async fn screen(shared: &Shared, mine: &Mine, said: Said) -> Result<Response, Failed> {
    let (people, status) = (mine.look(roster_people::list).await??, said.status());
    let head = Head { said, ..mine.head().await? };
    Ok(Page(status, People { frame: mine.frame(shared, "People"), head, people }).into_response())
}

/// `GET /exchanges/{id}/people`
pub(in crate::web) async fn list(
    State(shared): State<Arc<Shared>>,
    mine: Mine,
    RawQuery(query): RawQuery,
) -> Result<Response, Failed> {
    screen(&shared, &mine, Said::done(query.as_deref())).await
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonForm {
    frame: Frame,
    head: Head,
    /// What they are called in the roster; `None` of somebody new.
    was: Option<String>,
    typed: TypedPerson,
}

async fn form(
    shared: &Shared,
    mine: &Mine,
    (was, typed): (Option<String>, TypedPerson),
    said: Said,
) -> Result<Response, Failed> {
    let title = if was.is_some() { "Change somebody" } else { "Add somebody" };
    let status = said.status();
    let head = Head { said, ..mine.head().await? };
    Ok(Page(status, PersonForm { frame: mine.frame(shared, title), head, was, typed }).into_response())
}

/// Who is meant.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Named {
    name: Option<String>,
}

/// `GET /exchanges/{id}/person?name=`
pub(in crate::web) async fn person(
    State(shared): State<Arc<Shared>>,
    mine: Mine,
    Query(Named { name }): Query<Named>,
) -> Result<Response, Failed> {
    let exchange = &mine.site.exchange;
    let typed = match &name {
        Some(name) => TypedPerson::from(exchange.person(exchange.find(name).ok_or(Failed::NotFound)?)),
        None => TypedPerson::default(),
    };
    form(&shared, &mine, (name, typed), Said::problems(&mine.refuse_in_file().err().unwrap_or_default())).await
}

/// `POST /exchanges/{id}/people`
pub(in crate::web) async fn put(
    State(shared): State<Arc<Shared>>,
    mine: Mine,
    fields: Fields,
) -> Result<Response, Failed> {
    let text = |name| fields.text(name).to_owned();
    let was = Some(text("was")).filter(|was| !was.is_empty());
    let typed = TypedPerson {
        name: text("name"),
        phone: text("phone"),
        email: text("email"),
        deliver: text("deliver"),
        households: text("households"),
        wishes: text("wishes"),
    };
    let (id, given) = (mine.id, (was.clone(), typed.clone()));
    let put = mine.change(move |site| roster_people::put(site, id, given.0.as_deref(), &given.1));
    match put.await? {
        Ok(()) => Ok(mine.go("/people?done=kept")),
        Err(remarks) => form(&shared, &mine, (was, typed), Said::problems(&remarks)).await,
    }
}

/// `POST /exchanges/{id}/people/remove`
pub(in crate::web) async fn remove(
    State(shared): State<Arc<Shared>>,
    mine: Mine,
    fields: Fields,
) -> Result<Response, Failed> {
    let (id, name) = (mine.id, fields.text("name").to_owned());
    match mine.change(move |site| roster_people::change(site, id, Edit::Remove(name))).await? {
        Ok(()) => Ok(mine.go("/people?done=kept")),
        Err(remarks) => screen(&shared, &mine, Said::problems(&remarks)).await,
    }
}

/// `POST /exchanges/{id}/people/import`
pub(in crate::web) async fn import(
    State(shared): State<Arc<Shared>>,
    mut mine: Mine,
    upload: Upload,
) -> Result<Response, Failed> {
    let id = mine.id;
    let imported = mine.change(move |site| roster_people::import(site, id, &upload.name, &upload.bytes)).await?;
    match imported {
        Ok(Imported { changes, warnings, exchange }) => {
            let joined = changes.iter().filter(|change| change.kind == "joined").count();
            let done =
                Some(format!("Taken over: {joined} added; {} of the others' details changed.", changes.len() - joined));
            mine.site.exchange = Arc::new(exchange);
            screen(&shared, &mine, Said { done, notes: warnings, ..Said::default() }).await
        }
        Err(remarks) => screen(&shared, &mine, Said::problems(&remarks)).await,
    }
}
