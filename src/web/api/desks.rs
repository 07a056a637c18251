//! `desks`: made, shown as they stand, changed, paired with a tablet, taken away while nobody has come.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::caller::{Caller, owned};
use super::given::{Asked, Body, Change, Ids, Seen, created, revision_of, rewordings, tagged};
use super::hosts::HostShown;
use super::paging::{Listed, Paging};
use super::problem::{Flaw, Problem};
use super::status::TextShown;
use super::visits::VisitShown;
use crate::app::desk::board;
use crate::app::desk::making::{self, TypedDesk};
use crate::app::desk::{self, Desk, DeskError, keeping};
use crate::model::TopicId;
use crate::store::{Reach, Tx};
use crate::web::signature::webhook_url;

/// A front desk.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeskShown {
    id: String,
    /// In the address of its kiosk.
    slug: String,
    name: String,
    address: String,
    timezone: String,
    #[schema(required)]
    opens: Option<String>,
    #[schema(required)]
    closes: Option<String>,
    keep: String,
    messages: BTreeMap<String, String>,
}

/// A front desk, and how it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeskStanding {
    #[serde(flatten)]
    desk: DeskShown,
    /// Everybody who may be inside, in the order they came.
    inside: Vec<VisitShown>,
    hosts: Vec<HostShown>,
    /// What waits to be sent.
    waiting: Vec<WaitingShown>,
}

/// A message of a desk that waits.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WaitingShown {
    /// `visit_arrived` or `visit_leave`.
    kind: String,
    /// Who it is for.
    to: String,
    /// `sms` or `email`.
    channel: String,
    #[schema(value_type = String, format = DateTime)]
    due: Timestamp,
}

/// What is said of a desk.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDesk {
    name: String,
    /// Where it stands; visitors read it when they leave.
    address: String,
    /// IANA name; the site's where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<String>,
    /// `09:00` of every day; always open where both are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    opens: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closes: Option<String>,
    /// How long visitors' names and addresses are to be kept, in whole days: `P30D`.
    #[serde(default = "usual_keep")]
    #[schema(default = "P30D")]
    keep: String,
    /// Texts that it words differently, by name.
    #[serde(default)]
    messages: BTreeMap<String, String>,
}

/// Whether the tablets paired before stay so.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Pairing {
    /// Makes the link anew, so that the tablets paired before are paired no more.
    #[serde(default)]
    anew: bool,
}

/// The link that pairs a tablet with a desk. Whoever follows it may check visitors in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KioskShown {
    kiosk: String,
}

fn usual_keep() -> String {
    "P30D".to_owned()
}

impl NewDesk {
    fn of(desk: &Desk) -> Self {
        let (opens, closes) = desk.stored.hours.clone().unzip();
        Self {
            name: desk.stored.name.clone(),
            address: desk.stored.address.clone(),
            timezone: Some(desk.stored.timezone.clone()),
            opens,
            closes,
            keep: format!("P{}D", desk.stored.keep_days),
            messages: desk.place.messages.clone().into_iter().collect(),
        }
    }

    /// What has to be done so that `now`, if there is a desk already, becomes this.
    fn typed(self, now: Option<&Self>) -> Result<TypedDesk, Problem> {
        let keep_days = keeping::days(&self.keep)
            .ok_or_else(|| Problem::meaning(vec![Flaw::at("/keep", "write a length such as P30D")]))?;
        Ok(TypedDesk {
            name: Some(self.name),
            address: Some(self.address),
            timezone: self.timezone,
            opens: Some(self.opens.unwrap_or_default()),
            closes: Some(self.closes.unwrap_or_default()),
            keep_days: Some(keep_days),
            messages: rewordings(now.map_or(&BTreeMap::new(), |now| &now.messages), &self.messages),
            new_link: false,
        })
    }
}

fn shown(desk: &Desk) -> DeskShown {
    let NewDesk { name, address, timezone, opens, closes, keep, messages } = NewDesk::of(desk);
    let (id, slug) = (desk.id().0.to_string(), desk.stored.slug.clone());
    DeskShown { id, slug, name, address, timezone: timezone.unwrap_or_default(), opens, closes, keep, messages }
}

fn with_tag(desk: &Desk) -> Response {
    tagged(revision_of(&NewDesk::of(desk)), shown(desk))
}

/// A desk of the caller's.
pub(super) fn desk_of(tx: &Tx<'_>, reach: Reach, id: TopicId) -> Result<Desk, Problem> {
    desk::get(tx, owned(tx, reach, id)?.id())?.ok_or(Problem::NOT_FOUND)
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Refused { faults, .. } => Self::faults(faults),
            DeskError::Busy { words, nearest } => {
                let nearest = nearest.map(|nearest| json!({"host": nearest.name, "at": nearest.at}));
                Self::conflict(&words).with("nearest", nearest)
            }
            DeskError::Over | DeskError::HasVisitor(_) | DeskError::Visited => Self::conflict(&error.to_string()),
            DeskError::TooMany { .. } => Self::new(StatusCode::TOO_MANY_REQUESTS, &error.to_string()),
            DeskError::NoDesk | DeskError::Which { .. } | DeskError::Nobody { .. } | DeskError::Several { .. } => {
                Self::NOT_FOUND
            }
            DeskError::Key(error) => Self::broken(&error),
            DeskError::Store(error) => error.into(),
        }
    }
}

/// Lists the desks, in the order they were made
#[utoipa::path(get, path = "/desks", tag = "desks", params(Paging), responses((status = 200, body = Listed<DeskShown>)))]
pub(super) async fn list(caller: Caller, Asked(paging): Asked<Paging>) -> Result<Json<Listed<DeskShown>>, Problem> {
    let all = caller.read(|tx, reach| {
        let desks = desk::all(tx)?.into_iter().filter(|desk| reach.covers(desk.stored.owner));
        Ok(desks.map(|desk| shown(&desk)).collect())
    });
    Ok(Json(Listed::cut(&caller, &paging, all.await?, |row: &DeskShown| &row.id)?))
}

/// Makes a desk
#[utoipa::path(post, path = "/desks", tag = "desks", request_body = NewDesk, responses((status = 201, body = DeskShown)))]
pub(super) async fn add(caller: Caller, Body(new): Body<NewDesk>) -> Result<Response, Problem> {
    let (typed, site) = (new.typed(None)?, caller.site.clone());
    let made = caller.write(move |tx, reach| Ok(making::make(tx, &site, &typed, reach.owner())?)).await?;
    Ok(created(&caller, made.id().0, with_tag(&made)))
}

/// Shows a desk: who is inside, who is free, what waits to be sent
#[utoipa::path(get, path = "/desks/{id}", tag = "desks", params(("id" = String, Path)), responses((status = 200, body = DeskStanding)))]
pub(super) async fn show(caller: Caller, Ids(id): Ids<TopicId>) -> Result<Response, Problem> {
    let now = caller.site.clock.now();
    let found = caller.read(move |tx, reach| {
        let desk = desk_of(tx, reach, id)?;
        let waiting = board::board(tx, &desk, now)?.waiting.into_iter();
        let standing = DeskStanding {
            inside: board::inside(tx, &desk, now)?.into_iter().map(|it| VisitShown::of(it.visit, now)).collect(),
            hosts: HostShown::all(tx, &desk, now)?,
            waiting: waiting
                .map(|board::Waiting { kind, to, channel, due }| WaitingShown { kind, to, channel, due })
                .collect(),
            desk: shown(&desk),
        };
        Ok((revision_of(&NewDesk::of(&desk)), standing))
    });
    let (revision, standing) = found.await?;
    Ok(tagged(revision, standing))
}

/// Changes a desk
#[utoipa::path(patch, path = "/desks/{id}", tag = "desks", params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = NewDesk, responses((status = 200, body = DeskShown)))]
pub(super) async fn change(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    seen: Seen,
    Body(change): Body<Change>,
) -> Result<Response, Problem> {
    let changed = caller.write(move |tx, reach| {
        let (owned, now) = (owned(tx, reach, id)?, NewDesk::of(&desk_of(tx, reach, id)?));
        let typed = change.of::<NewDesk>(&now)?.typed(Some(&now))?;
        seen.is_still(revision_of(&now))?;
        Ok(making::change(tx, owned, &typed)?)
    });
    Ok(with_tag(&changed.await?))
}

/// Removes a desk that nobody has come to
#[utoipa::path(delete, path = "/desks/{id}", tag = "desks", params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 204), (status = 409, description = "People have come to it, which stays on record.")))]
pub(super) async fn remove(caller: Caller, Ids(id): Ids<TopicId>, seen: Seen) -> Result<StatusCode, Problem> {
    let removed = caller.write(move |tx, reach| {
        let owned = owned(tx, reach, id)?;
        seen.is_still(revision_of(&NewDesk::of(&desk_of(tx, reach, id)?)))?;
        Ok(making::remove(tx, owned)?)
    });
    removed.await.map(|()| StatusCode::NO_CONTENT)
}

/// Gives the link that pairs a tablet with a desk
#[utoipa::path(post, path = "/desks/{id}/pair", tag = "desks", params(("id" = String, Path)), request_body = Pairing,
    responses((status = 200, body = KioskShown)))]
pub(super) async fn pair(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Body(Pairing { anew }): Body<Pairing>,
) -> Result<Json<KioskShown>, Problem> {
    let links = desk::links(&caller.site);
    let path = caller.write(move |tx, reach| {
        let owned = owned(tx, reach, id)?;
        let desk = desk_of(tx, reach, id)?;
        let desk =
            if anew { making::change(tx, owned, &TypedDesk { new_link: true, ..TypedDesk::default() })? } else { desk };
        Ok(desk.kiosk_path(&links).map_err(DeskError::from)?)
    });
    let path = path.await?;
    let public = caller.site.settings.listener.public_url.as_ref();
    Ok(Json(KioskShown { kiosk: public.map_or_else(|| path.clone(), |public| webhook_url(public, &path)) }))
}

/// Lists the texts that hosts and visitors of a desk read
#[utoipa::path(get, path = "/desks/{id}/messages", tag = "desks", params(("id" = String, Path), Paging), responses((status = 200, body = Listed<TextShown>)))]
pub(super) async fn messages(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Listed<TextShown>>, Problem> {
    let all = caller.read(move |tx, reach| {
        let desk = desk_of(tx, reach, id)?;
        Ok(desk::wordings(&desk).into_iter().map(TextShown::of).collect())
    });
    Ok(Json(Listed::cut(&caller, &paging, all.await?, |row: &TextShown| &row.id)?))
}
