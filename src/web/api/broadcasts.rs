//! `broadcasts`: written, planned, sent once. What is done to one is a state that it comes to, so asking twice does nothing
//! more.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, owned};
use super::given::{Asked, Body, Change, Ids, Seen, created, revision_of, tagged};
use super::lists::theirs as their_list;
use super::paging::{Listed, Paging};
use super::problem::{Flaw, Problem};
use crate::app::list::audience;
use crate::app::list::broadcasts::{self, Draft};
use crate::broadcast::Ways;
use crate::model::{PersonId, TopicId};
use crate::store::{Broadcast, BroadcastId, List, Outcome, Reach, Tx};

pub(super) mod acts;

/// How many recipients stand on a broadcast itself.
const SHOWN: u32 = 100;

/// A broadcast, and how it goes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BroadcastShown {
    id: String,
    list: String,
    text: String,
    subject: String,
    tags: Vec<String>,
    /// `draft`, `planned`, `sending`, `paused`, `stopped`, `cancelled` or, when all of it has come to an end, `done`.
    state: &'static str,
    /// What stopped it.
    #[schema(required)]
    why: Option<String>,
    /// How many of its messages stand how.
    counts: BTreeMap<String, u64>,
    messages: u64,
    segments: u64,
    /// Where `price_per_segment` of the file says it.
    #[schema(required)]
    price: Option<f64>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    planned_at: Option<Timestamp>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    sent_at: Option<Timestamp>,
    /// The first hundred; `.../recipients` has all.
    recipients: Vec<RecipientShown>,
}

/// Somebody of a plan, and what became of their message.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecipientShown {
    id: String,
    name: String,
    channel: String,
    /// The message's; `planned` before there is one, `left out` where there never is one.
    state: String,
    /// The provider's error code.
    #[schema(required)]
    code: Option<u32>,
    /// What it means, why it waits, or why they were left out.
    #[schema(required)]
    meaning: Option<String>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    segments: u64,
}

fn recipient(result: Outcome) -> RecipientShown {
    let meaning = broadcasts::meaning(&result);
    let Outcome { id, name, channel, state, code, at, segments, .. } = result;
    RecipientShown { id: id.to_string(), name, channel, state, code, meaning, at, segments }
}

/// One way to write to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Way {
    Sms,
    Email,
}

/// A text to a list, to the guests of an event, to the people of an exchange, or to the contacts; one of these.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BroadcastNew {
    list: Option<String>,
    event: Option<String>,
    exchange: Option<String>,
    /// To the address book.
    #[serde(default)]
    contacts: bool,
    /// `{first_name|there}` is everybody's own; behind the | stands what others read.
    text: String,
    /// Of the e-mails; who writes where it is left out.
    subject: Option<String>,
    /// A text where one can be sent and else an e-mail, where this is left out.
    #[serde(default)]
    channels: Vec<Way>,
    /// Only those with one of these; of guests `open`, `held`, `line` and `maybe`.
    #[serde(default)]
    tags: Vec<String>,
    /// Only these subscribers, by their ids.
    #[serde(default)]
    people: Vec<String>,
}

/// What a broadcast says, and how and to whom of its list it goes; all of it can be changed until it is sent.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BroadcastText {
    /// `{first_name|there}` is everybody's own; behind the | stands what others read.
    text: String,
    /// Of the e-mails; who writes where it is left out.
    subject: Option<String>,
    /// A text where one can be sent and else an e-mail, where this is left out.
    #[serde(default)]
    channels: Vec<Way>,
    /// Only those with one of these; of guests `open`, `held`, `line` and `maybe`.
    #[serde(default)]
    tags: Vec<String>,
    /// Only these subscribers, by their ids.
    #[serde(default)]
    people: Vec<String>,
}

impl BroadcastText {
    fn of(broadcast: &Broadcast) -> Self {
        Self {
            text: broadcast.text.clone(),
            subject: Some(broadcast.subject.clone()),
            channels: match Ways::from_word(&broadcast.ways) {
                Some(Ways::Both) => vec![Way::Sms, Way::Email],
                Some(Ways::Sms) => vec![Way::Sms],
                Some(Ways::Email) => vec![Way::Email],
                Some(Ways::Either) | None => Vec::new(),
            },
            tags: broadcast.tags.clone(),
            people: broadcast.only.iter().map(|id| id.0.to_string()).collect(),
        }
    }

    fn draft(&self) -> Result<Draft, Problem> {
        let flaw = |pointer: &str, words: &str| Problem::meaning(vec![Flaw::at(pointer, words)]);
        let only: Result<Vec<_>, _> = self.people.iter().map(|id| id.parse().map(PersonId)).collect();
        let (by_sms, by_email) = (self.channels.contains(&Way::Sms), self.channels.contains(&Way::Email));
        if self.tags.iter().any(|tag| tag.contains(',')) {
            return Err(flaw("/tags", "a tag has no comma in it"));
        }
        Ok(Draft {
            text: self.text.trim().to_owned(),
            subject: self.subject.clone().unwrap_or_default(),
            ways: match (by_sms, by_email) {
                (true, true) => Ways::Both,
                (true, false) => Ways::Sms,
                (false, true) => Ways::Email,
                (false, false) => Ways::Either,
            },
            tags: self.tags.clone(),
            only: only.map_err(|_no_id| flaw("/people", "this is no id of a subscriber"))?,
        })
    }
}

impl BroadcastNew {
    fn says(&self) -> BroadcastText {
        let Self { text, subject, channels, tags, people, .. } = self;
        let (text, subject, tags, people) = (text.clone(), subject.clone(), tags.clone(), people.clone());
        BroadcastText { text, subject, channels: channels.clone(), tags, people }
    }

    /// The list that is meant, or the one that stands for whom is meant.
    fn audience(&self, tx: &Tx<'_>, caller: &Caller, reach: Reach) -> Result<List, Problem> {
        let flaw = |pointer: &str, words: &str| Problem::meaning(vec![Flaw::at(pointer, words)]);
        let (site, now) = (&caller.site, caller.site.clock.now());
        let id = |pointer, id: &str| id.parse().map(TopicId).map_err(|_no_id| flaw(pointer, "there is none of yours"));
        match (&self.list, &self.event, &self.exchange, self.contacts) {
            (Some(list), None, None, false) => {
                their_list(tx, reach, id("/list", list)?).map_err(|_foreign| flaw("/list", "there is none of yours"))
            }
            (None, Some(event), None, false) => {
                let owned = owned(tx, reach, id("/event", event)?);
                let event = owned.ok().map(|event| tx.event(event.id())).transpose()?.flatten();
                let event = event.ok_or_else(|| flaw("/event", "there is none of yours"))?;
                Ok(audience::of_event(tx, site, (reach, &event), now)?)
            }
            (None, None, Some(exchange), false) => {
                let owned = owned(tx, reach, id("/exchange", exchange)?);
                let exchange = owned.map_err(|_foreign| flaw("/exchange", "there is none of yours"))?;
                Ok(audience::of_exchange(tx, site, (reach, exchange), now)?)
            }
            (None, None, None, true) => Ok(audience::of_contacts(tx, site, reach, now)?),
            _ => Err(flaw("", "it goes to one of list, event, exchange and contacts")),
        }
    }
}

/// A broadcast of theirs.
fn theirs(tx: &Tx<'_>, reach: Reach, id: i64) -> Result<(List, Broadcast), Problem> {
    let (list, broadcast) = broadcasts::get(tx, BroadcastId(id))?;
    owned(tx, reach, list.id)?;
    Ok((list, broadcast))
}

fn shown(tx: &Tx<'_>, broadcast: Broadcast, price: Option<f64>, most: u32) -> Result<BroadcastShown, Problem> {
    let id = broadcast.id;
    let recipients = if most > 0 { tx.results(id, 0, most)? } else { Vec::new() };
    #[expect(clippy::cast_precision_loss, reason = "no broadcast holds 2^52 segments")]
    let price = price.map(|price| price * broadcast.segments as f64);
    Ok(BroadcastShown {
        id: id.0.to_string(),
        list: broadcast.list.0.to_string(),
        state: broadcast.state.word(),
        counts: tx.count_results(id)?.into_iter().collect(),
        recipients: recipients.into_iter().map(recipient).collect(),
        text: broadcast.text,
        subject: broadcast.subject,
        tags: broadcast.tags,
        why: broadcast.why,
        messages: broadcast.messages,
        segments: broadcast.segments,
        price,
        planned_at: broadcast.planned_at,
        sent_at: broadcast.sent_at,
    })
}

async fn one(caller: &Caller, id: i64) -> Result<BroadcastShown, Problem> {
    let price = caller.site.settings.messaging.price_per_segment;
    caller.read(move |tx, reach| shown(tx, theirs(tx, reach, id)?.1, price, SHOWN)).await
}

/// Lists the broadcasts, in the order they were written, without their recipients
#[utoipa::path(get, path = "/broadcasts", tag = "broadcasts", params(Paging), responses((status = 200, body = Listed<BroadcastShown>)))]
pub(super) async fn list(
    caller: Caller,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Listed<BroadcastShown>>, Problem> {
    let (after, limit) = (BroadcastId(paging.after()?), paging.limit()?);
    let price = caller.site.settings.messaging.price_per_segment;
    let rows = caller.read(move |tx, reach| {
        let found = tx.broadcasts_within(reach, after, limit)?;
        found.into_iter().map(|broadcast| shown(tx, broadcast, price, 0)).collect::<Result<Vec<_>, _>>()
    });
    Ok(Json(Listed::of(&caller, &paging, rows.await?, |row: &BroadcastShown| &row.id)?))
}

/// Writes one; nothing is sent
#[utoipa::path(post, path = "/broadcasts", tag = "broadcasts", request_body = BroadcastNew, responses((status = 201, body = BroadcastShown)))]
pub(super) async fn write(caller: Caller, Body(new): Body<BroadcastNew>) -> Result<Response, Problem> {
    let (draft, now, by) = (new.says().draft()?, caller.site.clock.now(), caller.clone());
    let price = caller.site.settings.messaging.price_per_segment;
    let made = caller.write(move |tx, reach| {
        let list = new.audience(tx, &by, reach)?;
        let id = broadcasts::draft(tx, &list, &draft, now)?;
        with_revision(tx, theirs(tx, reach, id.0)?.1, price)
    });
    let (revision, made) = made.await?;
    Ok(created(&caller, made.id.clone(), tagged(revision, made)))
}

/// Shows a broadcast, how it goes, and the first of its recipients
#[utoipa::path(get, path = "/broadcasts/{id}", tag = "broadcasts", params(("id" = String, Path)),
    responses((status = 200, body = BroadcastShown)))]
pub(super) async fn show(caller: Caller, Ids(id): Ids<i64>) -> Result<Response, Problem> {
    let price = caller.site.settings.messaging.price_per_segment;
    let found = caller.read(move |tx, reach| with_revision(tx, theirs(tx, reach, id)?.1, price));
    let (revision, broadcast) = found.await?;
    Ok(tagged(revision, broadcast))
}

/// A broadcast with its first recipients, and its revision.
fn with_revision(tx: &Tx<'_>, broadcast: Broadcast, price: Option<f64>) -> Result<(i64, BroadcastShown), Problem> {
    Ok((revision(&broadcast), shown(tx, broadcast, price, SHOWN)?))
}

/// A number that another one takes the place of whenever a broadcast says something else or has been planned or sent.
fn revision(broadcast: &Broadcast) -> i64 {
    revision_of(&(BroadcastText::of(broadcast), broadcast.state.word(), broadcast.planned_at))
}

/// Changes what a broadcast says until it is sent; what was planned is a draft again
#[utoipa::path(patch, path = "/broadcasts/{id}", tag = "broadcasts",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)), request_body = BroadcastText,
    responses((status = 200, body = BroadcastShown), (status = 409, description = "It has been sent or cancelled.")))]
pub(super) async fn change(
    caller: Caller,
    Ids(id): Ids<i64>,
    seen: Seen,
    Body(change): Body<Change>,
) -> Result<Response, Problem> {
    let price = caller.site.settings.messaging.price_per_segment;
    let changed = caller.write(move |tx, reach| {
        let broadcast = theirs(tx, reach, id)?.1;
        let draft = change.of(&BroadcastText::of(&broadcast))?.draft()?;
        seen.is_still(revision(&broadcast))?;
        broadcasts::rewrite(tx, broadcast.id, &draft)?;
        with_revision(tx, theirs(tx, reach, id)?.1, price)
    });
    let (revision, broadcast) = changed.await?;
    Ok(tagged(revision, broadcast))
}

/// Removes a draft of which nothing was ever planned
#[utoipa::path(delete, path = "/broadcasts/{id}", tag = "broadcasts",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 204), (status = 409, description = "It was planned, which is kept; it can be cancelled.")))]
pub(super) async fn remove(caller: Caller, Ids(id): Ids<i64>, seen: Seen) -> Result<StatusCode, Problem> {
    let removed = caller.write(move |tx, reach| {
        let broadcast = theirs(tx, reach, id)?.1;
        seen.is_still(revision(&broadcast))?;
        Ok(broadcasts::remove(tx, broadcast.id)?)
    });
    removed.await.map(|()| StatusCode::NO_CONTENT)
}

/// Lists the recipients of a broadcast
#[utoipa::path(get, path = "/broadcasts/{id}/recipients", tag = "broadcasts", params(("id" = String, Path), Paging),
    responses((status = 200, body = Listed<RecipientShown>)))]
pub(super) async fn recipients(
    caller: Caller,
    Ids(id): Ids<i64>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Listed<RecipientShown>>, Problem> {
    let (after, limit) = (paging.after()?, paging.limit()?);
    let found = caller.read(move |tx, reach| Ok(tx.results(theirs(tx, reach, id)?.1.id, after, limit)?)).await?;
    let rows = found.into_iter().map(recipient).collect();
    Ok(Json(Listed::of(&caller, &paging, rows, |row: &RecipientShown| &row.id)?))
}

/// The results as CSV that no spreadsheet runs and an import reads back
#[utoipa::path(get, path = "/broadcasts/{id}/results.csv", tag = "broadcasts", params(("id" = String, Path)),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(super) async fn csv(caller: Caller, Ids(id): Ids<i64>) -> Result<Response, Problem> {
    let price = caller.site.settings.messaging.price_per_segment;
    let csv = caller.read(move |tx, reach| Ok(broadcasts::csv(tx, theirs(tx, reach, id)?.1.id, price)?)).await?;
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], csv).into_response())
}
