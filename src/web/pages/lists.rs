//! Lists and broadcasts: who is on a list, what is written to all of it, and how that goes.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::sheet::Said;
use super::{Failed, Fields, Frame, Page};
use crate::app::accounts::authorize;
use crate::app::event::Events;
use crate::app::list::broadcasts::{self, Draft};
use crate::app::list::{self, ListError, NewList, audience, people, planning};
use crate::broadcast::Ways;
use crate::error_chain::{in_full, sentence};
use crate::model::{PersonId, TopicId};
use crate::store::{Agreed, Broadcast, BroadcastId, Event, List, Reach, Reply, Subscriber, TopicLine, Tx};
use crate::web::session::Visitor;

pub(in crate::web) mod broadcast;
pub(in crate::web) mod subscribers;

/// Subscribers or results on one page.
const SHOWN: u32 = 100;

#[derive(Template)]
#[template(path = "lists.html")]
struct Lists {
    frame: Frame,
    lists: Vec<(List, u64)>,
    events: Vec<Event>,
    exchanges: Vec<TopicLine>,
    typed: Fields,
    problem: Option<String>,
}

impl From<ListError> for Failed {
    fn from(error: ListError) -> Self {
        match error {
            ListError::NoBroadcast(_) | ListError::Unknown(_) | ListError::NoEvent(_) | ListError::NoExchange(_) => {
                Self::NotFound
            }
            other => {
                tracing::error!(problem = in_full(&other), "a page was not answered");
                Self::Here
            }
        }
    }
}

/// `GET /lists`
pub(in crate::web) async fn all(visitor: Visitor) -> Result<Response, Failed> {
    lists_page(&visitor, (Fields::none(), None)).await
}

async fn lists_page(visitor: &Visitor, (typed, problem): (Fields, Option<String>)) -> Result<Response, Failed> {
    let reach = visitor.who.reach;
    let lists = visitor.site().store.run_reading(move |tx| {
        let count = |list: List| {
            let counts = tx.count_subscribers(list.id)?;
            Ok::<_, Failed>((list, counts.iter().map(|(.., count)| count).sum()))
        };
        let lists = list::within(tx, reach)?.into_iter().map(count).collect::<Result<Vec<_>, _>>()?;
        Ok::<_, Failed>((lists, tx.events_within(reach)?, tx.topics_within(reach)?))
    });
    let (lists, events, exchanges) = lists.await?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let frame = visitor.frame("Lists");
    Ok(Page(status, Lists { frame, lists, events, exchanges, typed, problem }).into_response())
}

/// What stands before the number of an exchange whose people are written to; that of an event stands alone.
const EXCHANGE: &str = "exchange-";

/// `POST /lists`: a new list, or the one that stands for an address book, an event's guests or an exchange's people.
pub(in crate::web) async fn make(visitor: Visitor, fields: Fields) -> Result<Response, Failed> {
    let (site, reach) = (visitor.site().clone(), visitor.who.reach);
    let text = |name| fields.text(name).to_owned();
    let (of, new) = (text("of"), NewList { name: text("name"), sender: text("sender"), ..NewList::default() });
    let made = visitor.site().store.run(move |tx| {
        let now = site.clock.now();
        match &*of {
            "" => list::make_in(tx, &site, reach, &new, now),
            "contacts" => audience::of_contacts(tx, &site, reach, now),
            of if of.starts_with(EXCHANGE) => {
                let unknown = || ListError::NoExchange(of.to_owned());
                let id = of[EXCHANGE.len()..].parse().map(TopicId).map_err(|_no_number| unknown())?;
                let owned = authorize(tx, reach, id)?.ok_or_else(unknown)?;
                audience::of_exchange(tx, &site, (reach, owned), now)
            }
            event => match &Events::of(&site).named(tx, reach, Some(event))?[..] {
                [event] => audience::of_event(tx, &site, (reach, event), now),
                _ => Err(ListError::NoEvent(event.to_owned())),
            },
        }
    });
    match made.await {
        Ok(list) => Ok(visitor.go(&format!("/lists/{}", list.id.0))),
        Err(wrong @ (ListError::Faults(_) | ListError::Taken(_))) => {
            lists_page(&visitor, (fields, Some(sentence(&wrong.to_string())))).await
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
    /// How many there are, or match.
    all: u64,
    /// Behind whom there are more.
    next: Option<PersonId>,
    broadcasts: Vec<Broadcast>,
    /// To nothing that was sent.
    replies: Vec<Reply>,
    shown: Shown,
}

/// What stands on the page of a list besides the list.
struct Shown {
    /// What was typed of a broadcast.
    typed: Fields,
    /// What is wrong with it.
    problem: Option<String>,
    /// What came of a spreadsheet.
    said: Said,
}

impl Shown {
    fn refused(typed: Fields, problem: &str) -> Self {
        Self { typed, problem: Some(sentence(problem)), said: Said::default() }
    }

    fn said(said: Said) -> Self {
        Self { typed: Fields::none(), problem: None, said }
    }
}

impl ListPage {
    fn is_ticked(&self, who: &Subscriber) -> bool {
        self.shown.typed.ticked("only").any(|id| id == who.id.0.to_string())
    }
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
    visitor: Visitor,
    Path(id): Path<String>,
    Query(sought): Query<Sought>,
) -> Result<Response, Failed> {
    list_page(&visitor, (id, sought), Shown::said(Said::default())).await
}

async fn list_page(
    visitor: &Visitor,
    (id, Sought { q, after }): (String, Sought),
    shown: Shown,
) -> Result<Response, Failed> {
    let (reach, sought) = (visitor.who.reach, q.clone());
    let read = visitor.site().store.run_reading(move |tx| {
        let list = theirs(tx, reach, &id)?;
        let (mut found, all) = match q.trim() {
            "" => {
                let all = tx.count_subscribers(list.id)?.iter().map(|(.., count)| *count).sum();
                (tx.subscribers(list.id, Some(PersonId(after)), SHOWN + 1)?, all)
            }
            words => {
                let found = people::search(tx, list.id, words)?;
                let all = found.len() as u64;
                (found, all)
            }
        };
        found.retain(|who| who.id.0 > after);
        let (broadcasts, replies) = (tx.broadcasts_of(list.id)?, tx.replies(list.id, None, SHOWN)?);
        Ok::<_, Failed>((list, found, all, broadcasts, replies))
    });
    let (list, mut found, all, broadcasts, replies) = read.await?;
    let is_more = found.len() > SHOWN as usize;
    found.truncate(SHOWN as usize);
    let next = found.last().filter(|_| is_more).map(|who| who.id);
    let frame = Frame { here: "Lists", ..visitor.frame("A list") };
    let status = if shown.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { shown.said.status() };
    Ok(Page(status, ListPage { frame, list, sought, found, all, next, broadcasts, replies, shown }).into_response())
}

/// `POST /lists/{id}/broadcasts`: written and planned; nothing is sent.
pub(in crate::web) async fn write(
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
    // Whoever was ticked among those who were looked for stands there again.
    let sought = Sought { q: fields.text("q").to_owned(), after: 0 };
    if ticked && only.is_empty() {
        return list_page(&visitor, (id, sought), Shown::refused(fields, "nobody is ticked below")).await;
    }
    let ways = Ways::from_word(fields.text("by")).unwrap_or(Ways::Either);
    let draft = Draft { text, subject: fields.text("subject").to_owned(), ways, tags, only };
    let (site, of) = (visitor.site().clone(), id.clone());
    let made = waiting(move || {
        let number = site.store.write(|tx| {
            let list = theirs(tx, reach, &of)?;
            broadcasts::draft(tx, &list, &draft, site.clock.now()).map_err(Written::of)
        })?;
        // What cannot be planned stands in the form again, to be mended there.
        planning::plan(&site, number).or_else(|problem| {
            site.store.write(|tx| tx.remove_draft(number))?;
            Err(Written::of(problem))
        })?;
        Ok(number)
    });
    match made.await? {
        Ok(number) => {
            let to = format!("/lists/{id}/broadcasts/{}", number.0);
            Ok(visitor.go(&to))
        }
        Err(Written::Problem(problem)) => list_page(&visitor, (id, sought), Shown::refused(fields, &problem)).await,
        Err(Written::Failed(failed)) => Err(failed),
    }
}

/// Works on a thread that may wait.
async fn waiting<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failed> {
    tokio::task::spawn_blocking(work).await.map_err(|_ended| Failed::Here)
}

/// Why nothing was written or done.
enum Written {
    /// Whoever wrote it can mend that.
    Problem(String),
    Failed(Failed),
}

impl Written {
    fn of(error: ListError) -> Self {
        match error {
            ListError::Plan(_) | ListError::NotNow(_) | ListError::Faults(_) => Self::Problem(error.to_string()),
            other => Self::Failed(other.into()),
        }
    }
}

impl<E: Into<Failed>> From<E> for Written {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}
