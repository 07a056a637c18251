//! `lists`: what people sign up for, and who has. Nobody is added here: people come by the page, or from a spreadsheet with
//! evidence of their consent.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, owned};
use super::given::{Asked, Body, Change, Ids, Seen, created, line, revision_of, tagged};
use super::imports::unsound;
use super::paging::{Listed, Paging};
use super::problem::{Flaw, Problem};
use crate::app::list::{self, ListError, NewList, people};
use crate::model::{PersonId, TopicId};
use crate::store::{List, Reach, Subscriber, Tx};

impl From<ListError> for Problem {
    fn from(error: ListError) -> Self {
        let flaw = |pointer: &str, words: String| Self::meaning(vec![Flaw::at(pointer, words)]);
        match error {
            ListError::Store(error) => error.into(),
            ListError::Account(error) => error.into(),
            ListError::Unknown(_) | ListError::NoBroadcast(_) => Self::NOT_FOUND,
            ListError::Faults(faults) => Self::faults(faults),
            ListError::Sheet(problems) => unsound(problems),
            ListError::Plan(error) => flaw("/text", error.to_string()),
            ListError::Nobody(_) => flaw("/address", error.to_string()),
            ListError::NoExchange(_) => flaw("/exchange", error.to_string()),
            ListError::NoEvent(_) => flaw("/event", error.to_string()),
            other => Self::conflict(&other.to_string()),
        }
    }
}

/// A list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListShown {
    id: String,
    name: String,
    /// The last part of its page's address; none of a list that stands for people who are kept elsewhere.
    #[schema(required)]
    slug: Option<String>,
    /// Who writes, as people read it.
    sender: String,
    /// What people agree to now; every version is kept.
    wording: String,
}

/// A list to be made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListNew {
    name: String,
    /// What people agree to; usual words where it is left out.
    wording: Option<String>,
    /// Who writes, as people read it; the name where it is left out.
    sender: Option<String>,
    /// The last part of its page's address, which stays; made of the name where it is left out.
    slug: Option<String>,
}

impl ListNew {
    fn of(list: &List) -> Self {
        let List { name, wording, sender, slug, .. } = list.clone();
        Self { name, wording: Some(wording), sender: Some(sender), slug }
    }

    fn read(self) -> NewList {
        let Self { name, wording, sender, slug } = self;
        let text = Option::unwrap_or_default;
        NewList { name, sender: text(sender), wording: text(wording), slug: text(slug) }
    }
}

fn shown(list: List) -> ListShown {
    let List { id, name, slug, sender, wording, .. } = list;
    ListShown { id: id.0.to_string(), name, slug, sender, wording }
}

/// A list within a reach.
pub(super) fn theirs(tx: &Tx<'_>, reach: Reach, id: TopicId) -> Result<List, Problem> {
    tx.list(owned(tx, reach, id)?.id())?.ok_or(Problem::NOT_FOUND)
}

/// Lists the lists, in the order they were made
#[utoipa::path(get, path = "/lists", tag = "lists", params(Paging), responses((status = 200, body = Listed<ListShown>)))]
pub(super) async fn all(caller: Caller, Asked(paging): Asked<Paging>) -> Result<Json<Listed<ListShown>>, Problem> {
    let found = caller.read(move |tx, reach| Ok(list::within(tx, reach)?)).await?;
    let rows = found.into_iter().map(shown).collect();
    Ok(Json(Listed::cut(&caller, &paging, rows, |row: &ListShown| &row.id)?))
}

/// Makes a list, and a page where people sign up for it
#[utoipa::path(post, path = "/lists", tag = "lists", request_body = ListNew,
    responses((status = 201, body = ListShown), (status = 409, description = "Another list's page has that address.")))]
pub(super) async fn make(caller: Caller, Body(new): Body<ListNew>) -> Result<Response, Problem> {
    let (site, new) = (caller.site.clone(), new.read());
    let made = caller.write(move |tx, reach| Ok(list::make_in(tx, &site, reach, &new, site.clock.now())?)).await?;
    Ok(created(&caller, made.id.0, tagged(list::revision(&made), shown(made))))
}

/// Shows a list
#[utoipa::path(get, path = "/lists/{id}", tag = "lists", params(("id" = String, Path)), responses((status = 200, body = ListShown)))]
pub(super) async fn show(caller: Caller, Ids(id): Ids<TopicId>) -> Result<Response, Problem> {
    let list = caller.read(move |tx, reach| theirs(tx, reach, id)).await?;
    Ok(tagged(list::revision(&list), shown(list)))
}

/// Changes a list; what people have agreed to stays on record as they read it
#[utoipa::path(patch, path = "/lists/{id}", tag = "lists", params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = ListNew, responses((status = 200, body = ListShown), (status = 409, description = "It stands for contacts or guests.")))]
pub(super) async fn change(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    seen: Seen,
    Body(change): Body<Change>,
) -> Result<Response, Problem> {
    let now = caller.site.clock.now();
    let changed = caller.write(move |tx, reach| {
        let list = theirs(tx, reach, id)?;
        let new = change.of(&ListNew::of(&list))?.read();
        seen.is_still(list::revision(&list))?;
        list::change(tx, &list, &new, now)?;
        theirs(tx, reach, id)
    });
    let list = changed.await?;
    Ok(tagged(list::revision(&list), shown(list)))
}

/// Removes a list that nobody has ever been on
#[utoipa::path(delete, path = "/lists/{id}", tag = "lists", params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 204), (status = 409, description = "Who agreed to what is kept.")))]
pub(super) async fn remove(caller: Caller, Ids(id): Ids<TopicId>, seen: Seen) -> Result<StatusCode, Problem> {
    let removed = caller.write(move |tx, reach| {
        let list = theirs(tx, reach, id)?;
        seen.is_still(list::revision(&list))?;
        Ok(list::remove(tx, &list)?)
    });
    removed.await.map(|()| StatusCode::NO_CONTENT)
}

/// Somebody on a list, and how they stand: `none`, `asked`, `confirmed` or `withdrawn`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SubscriberShown {
    id: String,
    first_name: String,
    last_name: String,
    #[schema(required)]
    phone: Option<String>,
    #[schema(required)]
    email: Option<String>,
    by_sms: &'static str,
    by_email: &'static str,
    /// Whether the phone has said STOP to all of this number's texts.
    opted_out: bool,
    tags: Vec<String>,
    /// Where they are, by its IANA name, where that is known.
    #[schema(required)]
    timezone: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    added_at: Timestamp,
}

fn subscriber(who: Subscriber) -> SubscriberShown {
    SubscriberShown {
        id: who.id.0.to_string(),
        phone: who.phone.as_ref().map(|phone| phone.expose().to_owned()),
        email: who.email.as_ref().map(|email| email.expose().to_owned()),
        by_sms: who.by_sms.word(),
        by_email: who.by_email.word(),
        opted_out: who.is_opted_out,
        first_name: who.first_name,
        last_name: who.last_name,
        tags: who.tags,
        timezone: who.zone,
        added_at: who.added_at,
    }
}

/// Lists who is on a list, in the order they came
#[utoipa::path(get, path = "/lists/{id}/subscribers", tag = "lists", params(("id" = String, Path), Paging),
    responses((status = 200, body = Listed<SubscriberShown>)))]
pub(super) async fn subscribers(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Listed<SubscriberShown>>, Problem> {
    let (after, limit) = (PersonId(paging.after()?), paging.limit()?);
    let found = caller.read(move |tx, reach| {
        let list = theirs(tx, reach, id)?;
        Ok(tx.subscribers(list.id, Some(after), limit)?)
    });
    let rows = found.await?.into_iter().map(subscriber).collect();
    Ok(Json(Listed::of(&caller, &paging, rows, |row: &SubscriberShown| &row.id)?))
}

/// What can be said otherwise of somebody on a list; what they agreed to is theirs, and so are their addresses.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SubscriberWords {
    first_name: String,
    #[serde(default)]
    last_name: String,
    #[serde(default)]
    tags: Vec<String>,
    /// Where they are, by its IANA name.
    timezone: Option<String>,
}

impl SubscriberWords {
    fn of(who: &Subscriber) -> Self {
        let Subscriber { first_name, last_name, tags, zone, .. } = who.clone();
        Self { first_name, last_name, tags, timezone: zone }
    }
}

/// Somebody on a list within a reach.
fn subscriber_of(tx: &Tx<'_>, reach: Reach, (id, who): (TopicId, PersonId)) -> Result<(List, Subscriber), Problem> {
    let list = theirs(tx, reach, id)?;
    let who = tx.subscriber(who)?.filter(|who| who.list == list.id).ok_or(Problem::NOT_FOUND)?;
    Ok((list, who))
}

/// With the revision of what can be said otherwise.
fn tagged_subscriber(who: Subscriber) -> Response {
    tagged(revision_of(&SubscriberWords::of(&who)), subscriber(who))
}

/// Shows somebody on a list
#[utoipa::path(get, path = "/lists/{id}/subscribers/{subscriber}", tag = "lists",
    params(("id" = String, Path), ("subscriber" = String, Path)), responses((status = 200, body = SubscriberShown)))]
pub(super) async fn see_one(caller: Caller, Ids(ids): Ids<(TopicId, PersonId)>) -> Result<Response, Problem> {
    Ok(tagged_subscriber(caller.read(move |tx, reach| subscriber_of(tx, reach, ids)).await?.1))
}

/// Calls somebody on a list otherwise, tags them, or says where they are
#[utoipa::path(patch, path = "/lists/{id}/subscribers/{subscriber}", tag = "lists",
    params(("id" = String, Path), ("subscriber" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = SubscriberWords,
    responses((status = 200, body = SubscriberShown), (status = 409, description = "The list stands for contacts, guests or people.")))]
pub(super) async fn change_subscriber(
    caller: Caller,
    Ids(ids): Ids<(TopicId, PersonId)>,
    seen: Seen,
    Body(change): Body<Change>,
) -> Result<Response, Problem> {
    let changed = caller.write(move |tx, reach| {
        let (list, now) = subscriber_of(tx, reach, ids)?;
        let before = SubscriberWords::of(&now);
        let SubscriberWords { first_name, last_name, tags, timezone } = change.of(&before)?;
        seen.is_still(revision_of(&before))?;
        people::change(tx, &list, &now, &people::Changed { first_name, last_name, tags, timezone })?;
        subscriber_of(tx, reach, ids)
    });
    Ok(tagged_subscriber(changed.await?.1))
}

/// Forgets somebody: name, addresses and what they wrote. When they agreed to what stays, and that they want no more
#[utoipa::path(delete, path = "/lists/{id}/subscribers/{subscriber}", tag = "lists",
    params(("id" = String, Path), ("subscriber" = String, Path)), responses((status = 204)))]
pub(super) async fn forget(caller: Caller, Ids(ids): Ids<(TopicId, PersonId)>) -> Result<StatusCode, Problem> {
    let forgotten = caller.write(move |tx, reach| Ok(tx.forget_subscriber(&subscriber_of(tx, reach, ids)?.1)?));
    forgotten.await.map(|()| StatusCode::NO_CONTENT)
}

/// Somebody who asked in another way to get no more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OptOutNew {
    /// A phone or an e-mail address.
    address: String,
    /// How they asked.
    reason: String,
}

/// What an opt-out comes to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OptOutShown {
    /// How many of the list have that address.
    people: usize,
}

/// Takes an address out; a phone gets nothing more from this number at all
#[utoipa::path(post, path = "/lists/{id}/opt-outs", tag = "lists", params(("id" = String, Path)), request_body = OptOutNew,
    responses((status = 200, body = OptOutShown)))]
pub(super) async fn opt_out(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Body(out): Body<OptOutNew>,
) -> Result<Json<OptOutShown>, Problem> {
    let (site, reason) = (Arc::new(caller.site.clone()), line("/reason", &out.reason)?);
    let done = caller.write(move |tx, reach| {
        let list = theirs(tx, reach, id)?;
        Ok(people::opt_out(tx, &list, (&out.address, site.country()), &reason, site.clock.now())?)
    });
    Ok(Json(OptOutShown { people: done.await? }))
}
