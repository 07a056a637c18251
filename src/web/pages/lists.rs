//! Lists and broadcasts: who is on a list, what is written to all of it, and how that goes.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Failed, Fields, Frame, Page, page};
use crate::app::accounts::authorize;
use crate::app::event::Events;
use crate::app::list::broadcasts::{self, Act, Draft};
use crate::app::list::{self, ListError, NewList, audience, people, trial};
use crate::broadcast::Ways;
use crate::error_chain::{in_full, sentence};
use crate::model::{PersonId, TopicId};
use crate::store::{
    Agreed, Broadcast, BroadcastId, BroadcastState, Event, List, Outcome, Reach, Reply, Subscriber, Tx,
};
use crate::web::Shared;
use crate::web::session::Visitor;

/// Subscribers or results on one page.
const SHOWN: u32 = 100;

#[derive(Template)]
#[template(path = "lists.html")]
struct Lists {
    frame: Frame,
    lists: Vec<(List, u64)>,
    events: Vec<Event>,
    problem: Option<String>,
}

impl From<ListError> for Failed {
    fn from(error: ListError) -> Self {
        match error {
            ListError::NoBroadcast(_) | ListError::Unknown(_) | ListError::NoEvent(_) => Self::NotFound,
            other => {
                tracing::error!(problem = in_full(&other), "a page was not answered");
                Self::Here
            }
        }
    }
}

/// `GET /lists`
pub(in crate::web) async fn all(State(shared): State<Arc<Shared>>, visitor: Visitor) -> Result<Response, Failed> {
    lists_page(&shared, &visitor, None).await
}

async fn lists_page(shared: &Shared, visitor: &Visitor, problem: Option<String>) -> Result<Response, Failed> {
    let reach = visitor.who.reach;
    let lists = shared.listener.exchanges.store.run_reading(move |tx| {
        let count = |list: List| {
            let counts = tx.count_subscribers(list.id)?;
            Ok::<_, Failed>((list, counts.iter().map(|(.., count)| count).sum()))
        };
        let lists = list::within(tx, reach)?.into_iter().map(count).collect::<Result<Vec<_>, _>>()?;
        Ok::<_, Failed>((lists, tx.events_within(reach)?))
    });
    let (lists, events) = lists.await?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(Page(status, Lists { frame: Frame::of(shared, visitor, "Lists"), lists, events, problem }).into_response())
}

/// `POST /lists`: a new list, or the one that stands for an address book or for an event's guests.
pub(in crate::web) async fn make(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Failed> {
    let (site, reach) = (shared.listener.exchanges.clone(), visitor.who.reach);
    let text = |name| fields.text(name).to_owned();
    let (of, new) = (text("of"), NewList { name: text("name"), sender: text("sender"), ..NewList::default() });
    let made = shared.listener.exchanges.store.run(move |tx| {
        let now = site.clock.now();
        match &*of {
            "" => list::make_in(tx, &site, reach, &new, now),
            "contacts" => audience::of_contacts(tx, &site, reach, now),
            event => match &Events::of(&site).named(tx, reach, Some(event))?[..] {
                [event] => audience::of_event(tx, &site, (reach, event), now),
                _ => Err(ListError::NoEvent(event.to_owned())),
            },
        }
    });
    match made.await {
        Ok(list) => Ok(Redirect::to(&visitor.door.to(&format!("/lists/{}", list.id.0))).into_response()),
        Err(wrong @ (ListError::Faults(_) | ListError::Taken(_))) => {
            lists_page(&shared, &visitor, Some(sentence(&wrong.to_string()))).await
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    frame: Frame,
    list: List,
    sought: String,
    found: Vec<Subscriber>,
    broadcasts: Vec<Broadcast>,
    text: String,
    problem: Option<String>,
}

/// What is looked for.
#[derive(Deserialize, Default)]
pub(in crate::web) struct Sought {
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: i64,
}

/// A list within somebody's reach.
fn theirs(tx: &Tx<'_>, reach: Reach, id: &str) -> Result<List, Failed> {
    let id = id.parse().map(TopicId).map_err(|_no_number| Failed::NotFound)?;
    let owned = authorize(tx, reach, id)?.ok_or(Failed::NotFound)?;
    tx.list(owned.id())?.ok_or(Failed::NotFound)
}

/// A broadcast of theirs.
fn their_broadcast(tx: &Tx<'_>, reach: Reach, (id, number): (&str, &str)) -> Result<(List, Broadcast), Failed> {
    let list = theirs(tx, reach, id)?;
    let number = number.parse().map(BroadcastId).map_err(|_no_number| Failed::NotFound)?;
    let (of, broadcast) = broadcasts::get(tx, number)?;
    if of.id == list.id { Ok((list, broadcast)) } else { Err(Failed::NotFound) }
}

/// `GET /lists/{id}`
pub(in crate::web) async fn one(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(Sought { q, .. }): Query<Sought>,
) -> Result<Response, Failed> {
    list_page(&shared, &visitor, (id, q), (String::new(), None)).await
}

async fn list_page(
    shared: &Shared,
    visitor: &Visitor,
    (id, sought): (String, String),
    (text, problem): (String, Option<String>),
) -> Result<Response, Failed> {
    let (reach, words) = (visitor.who.reach, sought.clone());
    let found = shared.listener.exchanges.store.run_reading(move |tx| {
        let list = theirs(tx, reach, &id)?;
        let found = match words.trim() {
            "" => tx.subscribers(list.id, None, SHOWN)?,
            words => people::search(tx, list.id, words)?.into_iter().take(SHOWN as usize).collect(),
        };
        let broadcasts = tx.broadcasts_of(list.id)?;
        Ok::<_, Failed>((list, found, broadcasts))
    });
    let (list, found, broadcasts) = found.await?;
    let frame = Frame { here: "Lists", ..Frame::of(shared, visitor, "A list") };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(Page(status, ListPage { frame, list, sought, found, broadcasts, text, problem }).into_response())
}

/// `POST /lists/{id}/broadcasts`: written and planned; nothing is sent.
pub(in crate::web) async fn write(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failed> {
    let reach = visitor.who.reach;
    let text = fields.text("text").trim().replace("\r\n", "\n");
    let mut tags: Vec<_> = fields.text("tags").split(',').map(|tag| tag.trim().to_owned()).collect();
    tags.retain(|tag| !tag.is_empty());
    let ticked = fields.text("to") == "ticked";
    let only: Vec<_> =
        fields.ticked("only").filter(|_| ticked).filter_map(|id| id.parse().ok()).map(PersonId).collect();
    if ticked && only.is_empty() {
        let problem = Some("Nobody is ticked below.".to_owned());
        return list_page(&shared, &visitor, (id, String::new()), (text, problem)).await;
    }
    let ways = Ways::from_word(fields.text("by")).unwrap_or(Ways::Either);
    let draft = Draft { text: text.clone(), subject: fields.text("subject").to_owned(), ways, tags, only };
    let (site, of) = (shared.listener.exchanges.clone(), id.clone());
    let made = shared.listener.exchanges.store.run(move |tx| {
        let list = theirs(tx, reach, &of)?;
        let now = site.clock.now();
        let planned = broadcasts::draft(tx, &list, &draft, now)
            .and_then(|number| broadcasts::plan(tx, &site, number, now).map(|_| number));
        match planned {
            Ok(number) => Ok(number),
            Err(ListError::Plan(problem)) => Err(Written::Problem(problem.to_string())),
            Err(other) => Err(Written::Failed(other.into())),
        }
    });
    match made.await {
        Ok(number) => {
            let to = format!("/lists/{id}/broadcasts/{}", number.0);
            Ok(Redirect::to(&visitor.door.to(&to)).into_response())
        }
        Err(Written::Problem(problem)) => {
            list_page(&shared, &visitor, (id, String::new()), (text, Some(sentence(&problem)))).await
        }
        Err(Written::Failed(failed)) => Err(failed),
    }
}

/// Why nothing was written.
enum Written {
    Problem(String),
    Failed(Failed),
}

impl<E: Into<Failed>> From<E> for Written {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

#[derive(Template)]
#[template(path = "broadcast.html")]
struct BroadcastPage {
    frame: Frame,
    now: BroadcastNow,
}

#[derive(Template)]
#[template(path = "broadcast_now.html")]
struct BroadcastNow {
    base: String,
    list: List,
    broadcast: Broadcast,
    counts: Vec<(String, u64)>,
    results: Vec<Outcome>,
    replies: Vec<Reply>,
    price: Option<f64>,
}

impl BroadcastNow {
    fn meaning(&self, result: &Outcome) -> String {
        broadcasts::meaning(result).unwrap_or_default()
    }

    fn path(&self) -> String {
        format!("{}/lists/{}/broadcasts/{}", self.base, self.list.id.0, self.broadcast.id.0)
    }

    fn is(&self, word: &str) -> bool {
        self.broadcast.state.word() == word
    }

    fn can_send(&self) -> bool {
        matches!(self.broadcast.state, BroadcastState::Planned | BroadcastState::Paused | BroadcastState::Stopped)
    }

    fn next(&self) -> Option<i64> {
        self.results.last().filter(|_| self.results.len() >= SHOWN as usize).map(|last| last.id)
    }
}

async fn broadcast_now(
    shared: &Shared,
    visitor: &Visitor,
    (id, number): (String, String),
    after: i64,
) -> Result<BroadcastNow, Failed> {
    let (reach, price) = (visitor.who.reach, shared.listener.exchanges.settings.messaging.price_per_segment);
    let base = visitor.door.base.clone();
    let found = shared.listener.exchanges.store.run_reading(move |tx| {
        let (list, broadcast) = their_broadcast(tx, reach, (&id, &number))?;
        let (counts, results) = (tx.count_results(broadcast.id)?, tx.results(broadcast.id, after, SHOWN)?);
        let replies = tx.replies(list.id, Some(broadcast.id), SHOWN)?;
        #[expect(clippy::cast_precision_loss, reason = "no broadcast holds 2^52 segments")]
        let price = price.map(|price| price * broadcast.segments as f64);
        Ok::<_, Failed>(BroadcastNow { base, list, broadcast, counts, results, replies, price })
    });
    found.await
}

/// `GET /lists/{id}/broadcasts/{number}`
pub(in crate::web) async fn broadcast(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(which): Path<(String, String)>,
    Query(Sought { after, .. }): Query<Sought>,
) -> Result<Page<impl Template>, Failed> {
    let now = broadcast_now(&shared, &visitor, which, after).await?;
    let frame = Frame { here: "Lists", ..Frame::of(&shared, &visitor, "A broadcast") };
    Ok(page(BroadcastPage { frame, now }))
}

/// `GET /lists/{id}/broadcasts/{number}/fragment`
pub(in crate::web) async fn fragment(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(which): Path<(String, String)>,
) -> Result<Page<impl Template>, Failed> {
    Ok(page(broadcast_now(&shared, &visitor, which, 0).await?))
}

/// `GET /lists/{id}/broadcasts/{number}/results.csv`
pub(in crate::web) async fn csv(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path((id, number)): Path<(String, String)>,
) -> Result<Response, Failed> {
    let (reach, price) = (visitor.who.reach, shared.listener.exchanges.settings.messaging.price_per_segment);
    let csv = shared.listener.exchanges.store.run_reading(move |tx| {
        let (_, broadcast) = their_broadcast(tx, reach, (&id, &number))?;
        Ok::<_, Failed>(broadcasts::csv(tx, broadcast.id, price)?)
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"results.csv\""),
    ];
    Ok((headers, csv.await?).into_response())
}

/// `POST /lists/{id}/broadcasts/{number}`, with what is to be done: `send`, `pause`, `cancel`, `retry`, or `test` for an e-mail
/// to whoever presses it. Done before, it
/// does nothing.
pub(in crate::web) async fn act(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path((id, number)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Failed> {
    let act = match fields.text("act") {
        "send" => Some(Act::Send),
        "pause" => Some(Act::Pause),
        "cancel" => Some(Act::Cancel),
        "retry" | "test" => None,
        _ => return Err(Failed::Form),
    };
    let (reach, now) = (visitor.who.reach, shared.listener.exchanges.clock.now());
    let (site, myself) = (shared.listener.exchanges.clone(), visitor.who.email.clone());
    let is_trial = fields.text("act") == "test";
    let to = visitor.door.to(&format!("/lists/{id}/broadcasts/{number}"));
    let done = shared.listener.exchanges.store.run(move |tx| {
        let (_, broadcast) = their_broadcast(tx, reach, (&id, &number))?;
        match act {
            Some(act) => match broadcasts::act(tx, broadcast.id, act, now) {
                // The page shows how it stands, which is why this cannot be done.
                Ok(_) | Err(ListError::NotNow(_)) => Ok(()),
                Err(other) => Err(Failed::from(other)),
            },
            None if is_trial => Ok(trial::send(tx, &site, (broadcast.id, &myself), now)?),
            None => Ok(broadcasts::retry(tx, broadcast.id, now).map(drop)?),
        }
    });
    done.await?;
    Ok(Redirect::to(&to).into_response())
}
