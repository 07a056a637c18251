//! The pages of one exchange, and what they share: that it is the visitor's own, what stands above each, how a use case is
//! called.

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use tokio::runtime::Handle;

use super::{Failed, Fields, Frame, Page};
use crate::app::accounts::Owned;
use crate::app::exchanges::WhichExchange;
use crate::app::site::Site;
use crate::error_chain::{in_full, sentence};
use crate::model::TopicId;
use crate::store::StoreError;
use crate::web::Shared;
use crate::web::session::Visitor;

pub(in crate::web) mod announce;
pub(in crate::web) mod audit;
pub(in crate::web) mod draw;
pub(in crate::web) mod history;
pub(in crate::web) mod people;
pub(in crate::web) mod progress;
pub(in crate::web) mod rules;
pub(in crate::web) mod update;

/// An exchange that is the visitor's own. A handler that asks for one is reached by nobody else.
pub(in crate::web) struct Mine {
    pub(in crate::web) visitor: Visitor,
    id: Owned<TopicId>,
    site: Site,
}

impl FromRequestParts<Arc<Shared>> for Mine {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Response> {
        let visitor = Visitor::from_request_parts(parts, shared).await?;
        let named = RawPathParams::from_request_parts(parts, shared).await.ok();
        let named = named.and_then(|all| all.iter().find(|(key, _)| *key == "id").and_then(|(_, id)| id.parse().ok()));
        let id = named.map(TopicId).ok_or_else(|| Failed::NotFound.into_response())?;
        let (exchanges, reach) = (visitor.site().clone(), visitor.who.reach);
        let found = tokio::task::spawn_blocking(move || exchanges.owned(reach, id)).await;
        match found {
            Ok(Ok(Some((id, site)))) => Ok(Self { visitor, id, site }),
            Ok(Ok(None)) => Err(Failed::NotFound.into_response()),
            Ok(Err(WhichExchange::Roster(error))) => Err(unreadable(&visitor, &error).into_response()),
            Ok(Err(error)) => Err(failed(&error).into_response()),
            Err(error) => Err(failed(&error).into_response()),
        }
    }
}

fn failed(error: &dyn std::error::Error) -> Failed {
    tracing::error!(problem = in_full(error), "a page was not answered");
    Failed::Here
}

#[derive(askama::Template)]
#[template(path = "unreadable.html")]
struct Unreadable {
    frame: Frame,
    problems: String,
}

/// The file's exchange, whose file is being edited just now.
fn unreadable(visitor: &Visitor, error: &crate::roster::RosterError) -> Page<impl askama::Template> {
    let problems = match error {
        crate::roster::RosterError::Problems(problems) => crate::roster::render_all(problems),
        other => in_full(other),
    };
    let frame = Frame { here: "Exchanges", ..visitor.frame("The roster cannot be read") };
    Page(StatusCode::CONFLICT, Unreadable { frame, problems })
}

impl Mine {
    /// Asks something that waits for the database or thinks long, on a thread that may.
    async fn look<T: Send + 'static>(&self, ask: impl FnOnce(&Site) -> T + Send + 'static) -> Result<T, Failed> {
        let site = self.site.clone();
        tokio::task::spawn_blocking(move || ask(&site)).await.map_err(|error| failed(&error))
    }

    /// Sees a use case through, whether or not somebody still waits for it, on a thread that may think long.
    async fn see_through<F>(&self, act: impl FnOnce(Site) -> F + Send + 'static) -> Result<F::Output, Failed>
    where
        F: Future,
        F::Output: Send + 'static,
    {
        let (site, runtime) = (self.site.clone(), Handle::current());
        tokio::task::spawn_blocking(move || runtime.block_on(act(site))).await.map_err(|error| failed(&error))
    }

    fn is_in_file(&self) -> bool {
        self.site.name_in_database().is_none()
    }

    /// What stands above a page.
    async fn head(&self) -> Result<Head, Failed> {
        let newest = self.look(|site| {
            site.store.read(|tx| match site.topic(tx)? {
                Some(topic) => Ok::<_, StoreError>(tx.newest_draw_state(topic.id)?.is_some()),
                None => Ok(false),
            })
        });
        let is_drawn = newest.await??;
        let (id, name) = (self.id.id().0, self.site.exchange.name.clone());
        Ok(Head { id, name, is_in_file: self.is_in_file(), is_drawn, said: Said::default() })
    }

    fn frame(&self, title: &'static str) -> Frame {
        Frame { here: "Exchanges", ..self.visitor.frame(title) }
    }

    /// The path of another of its pages.
    fn at(&self, page: &str) -> String {
        self.visitor.door.to(&format!("/exchanges/{}{page}", self.id.id().0))
    }

    /// To another of its pages.
    fn go(&self, to: &str) -> Response {
        Redirect::to(&self.at(to)).into_response()
    }

    /// Changes the roster, if it is kept here; otherwise, and where it is refused, a remark on each thing that is wrong.
    async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Site) -> Result<T, Vec<String>> + Send + 'static,
    ) -> Result<Result<T, Vec<String>>, Failed> {
        match self.refuse_in_file() {
            Ok(()) => self.look(change).await,
            Err(remarks) => Ok(Err(remarks)),
        }
    }

    /// Lets nobody change here what is kept in a file.
    fn refuse_in_file(&self) -> Result<(), Vec<String>> {
        match self.is_in_file() {
            true => {
                Err(vec!["this exchange is kept in its file, and its people and rules are changed there".to_owned()])
            }
            false => Ok(()),
        }
    }
}

/// What something is known by while somebody looks at it. A form sends it back, and so says what it was about.
fn mark(shown: &impl Debug) -> String {
    let mut hasher = DefaultHasher::new();
    format!("{shown:?}").hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Whether what a form was shown with is another by now. One that does not say what it was shown with takes what there is.
fn is_stale(fields: &Fields, now: &impl Debug) -> bool {
    !fields.text("seen").is_empty() && fields.text("seen") != mark(now)
}

/// What stands above every page of an exchange.
pub(super) struct Head {
    id: i64,
    name: String,
    is_in_file: bool,
    is_drawn: bool,
    said: Said,
}

/// What has just come of a form.
#[derive(Default)]
pub(super) struct Said {
    done: Option<String>,
    /// What is odd, though it was taken.
    notes: Vec<String>,
    problems: Vec<String>,
    /// What somebody else has made of it since it was shown, with what stands there now beside what it is.
    theirs: Option<Vec<(&'static str, String)>>,
}

impl Said {
    /// Somebody else was faster; of what stands there now, and of what was typed, what differs is told.
    fn stale<const N: usize>(now: [(&'static str, &str); N], typed: [(&'static str, &str); N]) -> Self {
        let differing = now.into_iter().zip(typed).filter(|((_, now), (_, typed))| now.trim() != typed.trim());
        let theirs = differing.map(|((name, now), _)| (name, now.to_owned())).collect();
        Self { theirs: Some(theirs), ..Self::default() }
    }

    /// What is wrong, each as a sentence.
    fn problems(remarks: &[String]) -> Self {
        let problems = remarks.iter().map(|remark| sentence(remark.trim_end_matches('.'))).collect();
        Self { problems, ..Self::default() }
    }

    fn of(error: &dyn std::error::Error) -> Self {
        Self::problems(&[in_full(error)])
    }

    /// What a link of ours says was done.
    fn done(query: Option<&str>) -> Self {
        let done = match query {
            Some("done=drawn") => {
                "It is drawn. Publish the fingerprint now: every later opening is checked against it."
            }
            Some("done=first") => {
                "It is drawn. Publish the fingerprint now, and keep a copy of the key file that this first draw has made: with \
                 it and the archive nothing is lost."
            }
            Some("done=waits") => {
                "It is drawn, but waits for its archive copy. Nobody is told before; the listener keeps trying."
            }
            Some("done=updated") => "It is brought in. The live draw answers by it from now on.",
            Some("done=announced") => "It is queued. The outbox sends it.",
            Some("done=kept") => "It is kept.",
            _ => return Self::default(),
        };
        Self { done: Some(done.to_owned()), ..Self::default() }
    }

    fn status(&self) -> StatusCode {
        match (&self.theirs, self.problems.is_empty()) {
            (Some(_), _) => StatusCode::CONFLICT,
            (None, true) => StatusCode::OK,
            (None, false) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

impl Head {
    fn pages(&self) -> Vec<(&'static str, &'static str)> {
        let mut pages = vec![("Progress", ""), ("People", "/people"), ("Rules", "/rules"), ("Draw", "/draw")];
        if self.is_drawn {
            pages.push(("Update", "/update"));
        }
        pages.extend([("Announce", "/announce"), ("History", "/history")]);
        if self.is_drawn {
            pages.push(("Audit", "/audit"));
        }
        pages
    }
}
