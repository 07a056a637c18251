//! Screens that keep themselves up to date: the page, and the fragment of it that its script asks for again.

use std::fmt::Display;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::{Failed, Frame, Page, page};
use crate::web::Shared;
use crate::web::session::Visitor;

/// What changes by itself while it is looked at. Beside its two routes a screen has a third one, [`crate::web::live`].
pub(in crate::web) trait Watched: Template + Display + Sized {
    /// What the page is called, also in the navigation.
    const TITLE: &'static str;
    /// Its path, without a slash at the end.
    const PATH: &'static str;

    /// As it is now for whoever looks.
    fn now(shared: &Shared, visitor: &Visitor) -> impl Future<Output = Result<Self, Failed>> + Send;
}

#[derive(Template)]
#[template(path = "watched.html")]
pub(in crate::web) struct Whole<T: Display> {
    frame: Frame,
    path: &'static str,
    now: T,
}

/// `GET` of a page
pub(in crate::web) async fn show<T: Watched>(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
) -> Result<Page<Whole<T>>, Failed> {
    let now = T::now(&shared, &visitor).await?;
    Ok(page(Whole { frame: Frame::of(&shared, &visitor, T::TITLE), path: T::PATH, now }))
}

/// `GET .../fragment`
pub(in crate::web) async fn fragment<T: Watched>(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
) -> Result<Page<T>, Failed> {
    Ok(page(T::now(&shared, &visitor).await?))
}
