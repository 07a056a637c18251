//! The people of an exchange: listed, added, changed, taken out, taken over from a spreadsheet.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, RawQuery};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{Head, Mine, Said, is_stale, mark};
use crate::app::exchange::roster_people::{self, Imported, PersonLine, TypedPerson};
use crate::app::exchange::ways::Reachable;
use crate::roster::edit::Edit;
use crate::web::pages::stretch::{SHOWN, Sought, Stretch};
use crate::web::pages::{Failed, Fields, Frame, Page};
use crate::web::upload::Upload;

#[derive(Template)]
#[template(path = "people.html")]
struct People {
    frame: Frame,
    head: Head,
    people: Vec<PersonLine>,
    stretch: Stretch,
    /// Who cannot be told anything, by name.
    out_of_reach: Vec<String>,
}

async fn screen(mine: &Mine, sought: Sought, said: Said) -> Result<Response, Failed> {
    let (mut people, status) = (mine.look(roster_people::list).await??, said.status());
    let never = people.iter().filter(|line| line.reachable == Reachable::Never);
    let out_of_reach = never.map(|line| line.person.name.clone()).collect();
    people.retain(|PersonLine { person, .. }| {
        sought.is_in(std::iter::once(&*person.name).chain(person.households.iter().map(String::as_str)))
    });
    let (stretch, people) = Stretch::of(mine.at("/people"), sought, people, SHOWN);
    let head = Head { said, ..mine.head().await? };
    let frame = mine.frame("People");
    Ok(Page(status, People { frame, head, people, stretch, out_of_reach }).into_response())
}

/// `GET /exchanges/{id}/people?q=&from=`
pub(in crate::web) async fn list(
    mine: Mine,
    Query(sought): Query<Sought>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failed> {
    screen(&mine, sought, Said::done(query.as_deref())).await
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonForm {
    frame: Frame,
    head: Head,
    /// What they are called in the roster; `None` of somebody new.
    was: Option<String>,
    /// The mark of how they stand there now.
    seen: String,
    typed: TypedPerson,
}

async fn form(mine: &Mine, (was, typed): (Option<String>, TypedPerson), said: Said) -> Result<Response, Failed> {
    let title = if was.is_some() { "Change somebody" } else { "Add somebody" };
    let seen = was.as_deref().and_then(|was| now(mine, was)).map(|now| mark(&now)).unwrap_or_default();
    let status = said.status();
    let head = Head { said, ..mine.head().await? };
    Ok(Page(status, PersonForm { frame: mine.frame(title), head, was, seen, typed }).into_response())
}

/// Somebody as they stand in the roster.
fn now(mine: &Mine, name: &str) -> Option<TypedPerson> {
    let exchange = &mine.site.exchange;
    Some(TypedPerson::from(exchange.person(exchange.find(name)?)))
}

/// Who is meant.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Named {
    name: Option<String>,
}

/// `GET /exchanges/{id}/person?name=`
pub(in crate::web) async fn person(mine: Mine, Query(Named { name }): Query<Named>) -> Result<Response, Failed> {
    let typed = match &name {
        Some(name) => now(&mine, name).ok_or(Failed::NotFound)?,
        None => TypedPerson::default(),
    };
    form(&mine, (name, typed), Said::problems(&mine.refuse_in_file().err().unwrap_or_default())).await
}

/// `POST /exchanges/{id}/people`, with the mark of how somebody stood there: who comes second is shown what the first one has
/// made of it, beside their own words.
pub(in crate::web) async fn put(mine: Mine, fields: Fields) -> Result<Response, Failed> {
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
    if let Some(now) = was.as_deref().and_then(|was| now(&mine, was)).filter(|now| is_stale(&fields, now)) {
        let said = Said::stale(now.named(), typed.named());
        return form(&mine, (was, typed), said).await;
    }
    let (id, given) = (mine.id, (was.clone(), typed.clone()));
    let put = mine.change(move |site| roster_people::put(site, id, given.0.as_deref(), &given.1));
    match put.await? {
        Ok(()) => Ok(mine.go("/people?done=kept")),
        Err(remarks) => form(&mine, (was, typed), Said::problems(&remarks)).await,
    }
}

/// `POST /exchanges/{id}/people/remove`
pub(in crate::web) async fn remove(mine: Mine, fields: Fields) -> Result<Response, Failed> {
    let (id, name) = (mine.id, fields.text("name").to_owned());
    match mine.change(move |site| roster_people::change(site, id, Edit::Remove(name))).await? {
        Ok(()) => Ok(mine.go("/people?done=kept")),
        Err(remarks) => screen(&mine, Sought::default(), Said::problems(&remarks)).await,
    }
}

/// `POST /exchanges/{id}/people/import`
pub(in crate::web) async fn import(mut mine: Mine, upload: Upload) -> Result<Response, Failed> {
    let id = mine.id;
    let imported = mine.change(move |site| roster_people::import(site, id, &upload.name, &upload.bytes)).await?;
    match imported {
        Ok(Imported { changes, warnings, exchange }) => {
            let joined = changes.iter().filter(|change| change.kind == "joined").count();
            let done =
                Some(format!("Taken over: {joined} added; {} of the others' details changed.", changes.len() - joined));
            mine.site.exchange = Arc::new(exchange);
            screen(&mine, Sought::default(), Said { done, notes: warnings, ..Said::default() }).await
        }
        Err(remarks) => screen(&mine, Sought::default(), Said::problems(&remarks)).await,
    }
}
