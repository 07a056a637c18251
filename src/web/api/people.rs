//! `exchanges/{id}/people`: the roster of an exchange; nothing of it answers before a draw or an update.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use super::exchanges::{needs_database, revision};
use super::given::{Asked, Body, Change, Ids, Seen, created, tagged};
use super::paging::{Listed, Paging};
use super::problem::{Flaw, Problem};
use crate::app::exchange::editing::{EditingError, change_kept};
use crate::app::exchange::people;
use crate::app::site::Site;
use crate::model::{Deliver, Email, Exchange, Person, Phone, TopicId};
use crate::roster::Setting;
use crate::roster::edit::{Edit, EditError, Edited, Fields};

/// Somebody of an exchange.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonShown {
    id: String,
    name: String,
    #[schema(required)]
    phone: Option<String>,
    #[schema(required)]
    email: Option<String>,
    households: Vec<String>,
    wishes: Vec<String>,
    #[schema(required, value_type = Option<DeliverWord>)]
    deliver: Option<Deliver>,
}

/// What is known of somebody. One of phone and e-mail is needed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPerson {
    name: String,
    phone: Option<String>,
    email: Option<String>,
    /// Members of one household never draw each other.
    #[serde(default)]
    households: Vec<String>,
    /// Best first.
    #[serde(default)]
    wishes: Vec<String>,
    /// How they are told; where nothing is said, by text if there is a phone.
    #[schema(value_type = Option<DeliverWord>)]
    deliver: Option<Deliver>,
}

/// How somebody is told.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes `Deliver`, which knows nothing of documents")]
pub(super) enum DeliverWord {
    Sms,
    Email,
}

impl NewPerson {
    fn of(person: &Person) -> Self {
        Self {
            name: person.name.clone(),
            phone: person.phone.as_ref().map(|phone| Phone::expose(phone).to_owned()),
            email: person.email.as_ref().map(|email| Email::expose(email).to_owned()),
            households: person.households.clone(),
            wishes: person.wishes.clone(),
            deliver: person.deliver,
        }
    }

    fn fields(self) -> Fields {
        let households = match &self.households[..] {
            [one] => Setting::Text(one.clone()),
            _ => Setting::Texts(self.households),
        };
        vec![
            ("name", Some(Setting::Text(self.name))),
            ("phone", self.phone.map(Setting::Text)),
            ("email", self.email.map(Setting::Text)),
            ("deliver", self.deliver.map(|deliver| Setting::Text(deliver.word().to_owned()))),
            ("household", Some(households)),
            ("wishes", Some(Setting::Texts(self.wishes))),
        ]
    }
}

fn shown(id: &str, person: &Person) -> PersonShown {
    let NewPerson { name, phone, email, households, wishes, deliver } = NewPerson::of(person);
    PersonShown { id: id.to_owned(), name, phone, email, households, wishes, deliver }
}

/// Everybody of an exchange.
fn everybody(site: &Site) -> Result<Vec<PersonShown>, Problem> {
    let ids = people::ids(site)?;
    Ok(site.exchange.people.iter().zip(ids).map(|(person, id)| shown(&id, person)).collect())
}

/// Whose id it is in a roster.
fn person_of<'a>(site: &'a Site, id: &str) -> Result<&'a Person, Problem> {
    let place = people::ids(site)?.iter().position(|known| known == id);
    place.and_then(|place| site.exchange.people.get(place)).ok_or(Problem::NOT_FOUND)
}

impl From<EditingError> for Problem {
    fn from(error: EditingError) -> Self {
        match error {
            EditingError::Keep(error) => error.into(),
            EditingError::Edit(EditError::Refused(refusals)) => {
                let flaw = |refusal: crate::roster::edit::Refusal| {
                    let pointer = refusal.key.map_or_else(String::new, |key| match &*key {
                        "household" => "/households".to_owned(),
                        key => format!("/{key}"),
                    });
                    let hint = refusal.hint.map_or_else(String::new, |hint| format!("; {hint}"));
                    Flaw::at(pointer, refusal.message + &hint)
                };
                Self::meaning(refusals.into_iter().map(flaw).collect())
            }
            other => Self::conflict(&other.to_string()),
        }
    }
}

/// Makes one change of a roster, and gives what became of it, with its revision.
pub(super) fn edit(site: &Site, id: TopicId, revision: Option<i64>, edit: Edit) -> Result<(Edited, i64), Problem> {
    Ok(change_kept(site, id, revision, &[edit], site.clock.now())?)
}

/// Somebody of a roster by their name, as the API shows them.
fn called(site: &Site, exchange: Exchange, name: &str) -> Result<PersonShown, Problem> {
    let now = Site { exchange: exchange.into(), ..site.clone() };
    let name = crate::roster::tidy(name);
    everybody(&now)?.into_iter().find(|person| person.name == name).ok_or(Problem::NOT_FOUND)
}

/// Lists the people of an exchange, in the roster's order
#[utoipa::path(get, path = "/exchanges/{id}/people", tag = "people", params(("id" = String, Path), Paging), responses((status = 200, body = Listed<PersonShown>)))]
pub(super) async fn list(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Listed<PersonShown>>, Problem> {
    let all = caller.on(id, everybody).await?;
    Ok(Json(Listed::cut(&caller, &paging, all, |row| &row.id)?))
}

/// Adds somebody to an exchange
#[utoipa::path(post, path = "/exchanges/{id}/people", tag = "people", params(("id" = String, Path)), request_body = NewPerson,
    responses((status = 201, body = PersonShown), (status = 409, description = "Kept in the file.")))]
pub(super) async fn add(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Body(new): Body<NewPerson>,
) -> Result<Response, Problem> {
    let added = caller.on(id, move |site| {
        needs_database(site)?;
        let name = new.name.clone();
        let (edited, revision) = edit(site, id, None, Edit::Add(new.fields()))?;
        Ok((revision, called(site, edited.after.exchange, &name)?))
    });
    let (revision, added) = added.await?;
    Ok(created(&caller, added.id.clone(), tagged(revision, added)))
}

/// Shows somebody of an exchange
#[utoipa::path(get, path = "/exchanges/{id}/people/{person}", tag = "people", params(("id" = String, Path), ("person" = String, Path)),
    responses((status = 200, body = PersonShown)))]
pub(super) async fn show(caller: Caller, Ids((id, person)): Ids<(TopicId, String)>) -> Result<Response, Problem> {
    let found = caller.on(id, move |site| Ok((revision(site), shown(&person, person_of(site, &person)?))));
    let (revision, found) = found.await?;
    Ok(tagged(revision, found))
}

/// Changes somebody of an exchange
#[utoipa::path(patch, path = "/exchanges/{id}/people/{person}", tag = "people",
    params(("id" = String, Path), ("person" = String, Path), ("If-Match" = Option<String>, Header)), request_body = NewPerson,
    responses((status = 200, body = PersonShown), (status = 409, description = "Kept in the file.")))]
pub(super) async fn change(
    caller: Caller,
    Ids((id, person)): Ids<(TopicId, String)>,
    seen: Seen,
    Body(change): Body<Change>,
) -> Result<Response, Problem> {
    let changed = caller.on(id, move |site| {
        let (person, now) = (person_of(site, &person)?, revision(site));
        needs_database(site)?;
        let new: NewPerson = change.of(&NewPerson::of(person))?;
        seen.is_still(now)?;
        let name = new.name.clone();
        let (edited, revision) = edit(site, id, Some(now), Edit::Change(person.name.clone(), new.fields()))?;
        Ok((revision, called(site, edited.after.exchange, &name)?))
    });
    let (revision, changed) = changed.await?;
    Ok(tagged(revision, changed).into_response())
}

/// Removes somebody from an exchange, and the exclusions that name them
#[utoipa::path(delete, path = "/exchanges/{id}/people/{person}", tag = "people",
    params(("id" = String, Path), ("person" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 204), (status = 409, description = "Kept in the file.")))]
pub(super) async fn remove(
    caller: Caller,
    Ids((id, person)): Ids<(TopicId, String)>,
    seen: Seen,
) -> Result<StatusCode, Problem> {
    let removed = caller.on(id, move |site| {
        let (person, now) = (person_of(site, &person)?, revision(site));
        needs_database(site)?;
        seen.is_still(now)?;
        edit(site, id, Some(now), Edit::Remove(person.name.clone()))
    });
    removed.await.map(|_edited| StatusCode::NO_CONTENT)
}
