//! Screens that keep themselves up to date: the page, and the fragment of it that its script asks for again.

use askama::Template;
use std::fmt::Display;

use super::{Failed, Frame, Page, page};
use crate::web::session::Visitor;

/// What changes by itself while it is looked at. Beside its two routes a screen has a third one, [`crate::web::live`].
pub(in crate::web) trait Watched: Template + Display + Sized {
    /// What the page is called, also in the navigation.
    const TITLE: &'static str;
    /// Its path, without a slash at the end.
    const PATH: &'static str;

    /// As it is now for whoever looks.
    fn now(visitor: &Visitor) -> impl Future<Output = Result<Self, Failed>> + Send;
}

#[derive(Template)]
#[template(path = "watched.html")]
pub(in crate::web) struct Whole<T: Display> {
    frame: Frame,
    path: &'static str,
    now: T,
}

/// `GET` of a page
pub(in crate::web) async fn show<T: Watched>(visitor: Visitor) -> Result<Page<Whole<T>>, Failed> {
    let now = T::now(&visitor).await?;
    Ok(page(Whole { frame: visitor.frame(T::TITLE), path: T::PATH, now }))
}

/// `GET .../fragment`
pub(in crate::web) async fn fragment<T: Watched>(visitor: Visitor) -> Result<Page<T>, Failed> {
    Ok(page(T::now(&visitor).await?))
}
