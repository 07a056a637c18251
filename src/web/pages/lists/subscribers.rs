//! Somebody on a list: what they agreed to, how they are taken out or forgotten. And all of it by spreadsheet, in and out.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::path::Path as FilePath;

use super::{Shown, Sought, list_page, theirs, waiting};
use crate::app::exchange::words;
use crate::app::list::{ListError, people, sheet};
use crate::clock::local;
use crate::error_chain::sentence;
use crate::model::PersonId;
use crate::store::{Agreed, Channel, Consent, List, Reach, Subscriber, Tx};
use crate::web::pages::sheet::{Said, Tried};
use crate::web::pages::{Failed, Fields, Frame, Page, as_csv};
use crate::web::session::Visitor;
use crate::web::upload::Upload;

#[derive(Template)]
#[template(path = "subscriber.html")]
struct SubscriberPage {
    frame: Frame,
    zone: String,
    list: List,
    who: Subscriber,
    /// Everything they did about their consent, each with the words they were shown.
    acts: Vec<(Consent, Option<String>)>,
    /// How they asked to get no more, as it was typed.
    reason: String,
    problem: Option<String>,
}

impl SubscriberPage {
    fn time(&self, act: &Consent) -> String {
        local(act.at, &self.zone)
    }

    /// The addresses that still want something.
    fn open(&self) -> Vec<(&'static str, &str)> {
        let is_open = |channel| match channel {
            Channel::Sms => !self.who.is_opted_out,
            _ => self.who.by_email != Agreed::Withdrawn,
        };
        let open = self.who.addresses().filter(|(channel, _)| is_open(*channel));
        open.map(|(channel, address)| (channel.word(), address)).collect()
    }
}

/// Somebody of a list within a reach; whoever is forgotten is nobody's any more.
fn them(tx: &Tx<'_>, reach: Reach, (id, who): &(String, String)) -> Result<(List, Subscriber), Failed> {
    let list = theirs(tx, reach, id)?;
    let who = who.parse().map(PersonId).map_err(|_no_number| Failed::NotFound)?;
    let found = tx.subscriber(who)?.filter(|who| who.list == list.id && who.addresses().next().is_some());
    Ok((list, found.ok_or(Failed::NotFound)?))
}

async fn screen(
    visitor: &Visitor,
    which: (String, String),
    (reason, problem): (String, Option<String>),
) -> Result<Response, Failed> {
    let reach = visitor.who.reach;
    let found = visitor.site().store.run_reading(move |tx| {
        let (list, who) = them(tx, reach, &which)?;
        let mut acts = Vec::new();
        for act in tx.consents(who.id)? {
            let shown = act.wording.as_deref().map(|hash| tx.wording(list.id, hash)).transpose()?.flatten();
            acts.push((act, shown));
        }
        Ok::<_, Failed>((list, who, acts))
    });
    let (list, who, acts) = found.await?;
    let zone = visitor.site().timezone().to_owned();
    let frame = Frame { here: "Lists", ..visitor.frame("Somebody on a list") };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(Page(status, SubscriberPage { frame, zone, list, who, acts, reason, problem }).into_response())
}

/// `GET /lists/{id}/subscribers/{who}`
pub(in crate::web) async fn show(visitor: Visitor, Path(which): Path<(String, String)>) -> Result<Response, Failed> {
    screen(&visitor, which, (String::new(), None)).await
}

/// `POST /lists/{id}/subscribers/{who}/opt-out`: one of their addresses, in the words of whoever asked.
pub(in crate::web) async fn opt_out(
    visitor: Visitor,
    Path(which): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Failed> {
    let reason = match words::reason(fields.text("reason")) {
        Ok(reason) => reason,
        Err(problem) => {
            let typed = (fields.text("reason").to_owned(), Some(sentence(&problem)));
            return screen(&visitor, which, typed).await;
        }
    };
    let (reach, now) = (visitor.who.reach, visitor.site().clock.now());
    let back = visitor.door.to(&format!("/lists/{}/subscribers/{}", which.0, which.1));
    let done = visitor.site().store.run(move |tx| {
        let (list, who) = them(tx, reach, &which)?;
        let address = who.addresses().find(|(channel, _)| channel.word() == fields.text("by"));
        let (_, address) = address.ok_or(Failed::Form)?;
        Ok::<_, Failed>(people::opt_out(tx, &list, (address, None), &reason, now)?)
    });
    done.await?;
    Ok(Redirect::to(&back).into_response())
}

/// `POST /lists/{id}/subscribers/{who}/forget`
pub(in crate::web) async fn forget(visitor: Visitor, Path(which): Path<(String, String)>) -> Result<Response, Failed> {
    let (reach, back) = (visitor.who.reach, visitor.door.to(&format!("/lists/{}", which.0)));
    let done = visitor.site().store.run(move |tx| {
        let (_, who) = them(tx, reach, &which)?;
        Ok::<_, Failed>(tx.forget_subscriber(&who)?)
    });
    done.await?;
    Ok(Redirect::to(&back).into_response())
}

/// `POST /lists/{id}/import?dry_run=`: all of a spreadsheet, or nothing.
pub(in crate::web) async fn import(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(Tried { dry_run }): Query<Tried>,
    upload: Result<Upload, Response>,
) -> Result<Response, Failed> {
    let (site, reach, of) = (visitor.site().clone(), visitor.who.reach, id.clone());
    let list = site.store.run_reading(move |tx| theirs(tx, reach, &of)).await?;
    let Upload { name, bytes } = match upload {
        Ok(upload) => upload,
        Err(refused) => return Ok(refused),
    };
    let taken = waiting(move || sheet::import(&site, &list, (&bytes, FilePath::new(&name)), dry_run));
    let said = match taken.await? {
        Ok((taken, warnings)) => Said::done(taken.words(dry_run), &warnings, []),
        Err(ListError::Sheet(problems)) => Said::wrong(&problems),
        Err(ListError::NotNow(why)) => Said { problems: vec![sentence(&why)], ..Said::default() },
        Err(other) => return Err(other.into()),
    };
    list_page(&visitor, (id, Sought::default()), Shown::said(said)).await
}

/// `GET /lists/{id}/subscribers.csv`
pub(in crate::web) async fn csv(visitor: Visitor, Path(id): Path<String>) -> Result<Response, Failed> {
    let reach = visitor.who.reach;
    let all = move |tx: &Tx<'_>| Ok::<_, Failed>(sheet::export(tx, theirs(tx, reach, &id)?.id)?);
    Ok(as_csv("subscribers.csv", visitor.site().store.run_reading(all).await?))
}
