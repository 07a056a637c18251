//! A desk is made and changed, its tablet paired, and its hosts looked after. What was typed stays in a form that is not taken.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::form::{Blank, Field, filled, notice, refused};
use super::owned;
use crate::app::accounts::{Owned, authorize};
use crate::app::desk::board::{self, HostLine};
use crate::app::desk::making::{self, TypedDesk};
use crate::app::desk::{self, Desk, DeskError, Fault, keeping};
use crate::model::TopicId;
use crate::store::Tx;
use crate::web::pages::{Failed, Fields, Frame, Ids, Page, page};
use crate::web::session::Visitor;
use crate::web::signature::webhook_url;

const DESK: [Blank; 6] = [
    ("name", "Name", "", "text", true),
    ("address", "Address", "visitors read it when they leave", "text", true),
    ("timezone", "Time zone", "such as Europe/London", "text", true),
    ("opens", "Opens at", "such as 09:00; nothing: it is always open", "text", false),
    ("closes", "Closes at", "", "text", false),
    ("keep", "Visitors are kept for", "such as 30 days; you are reminded then", "text", true),
];

#[derive(Template)]
#[template(path = "desk.html")]
struct DeskForm {
    frame: Frame,
    fields: Vec<Field>,
    notice: Option<String>,
    /// `None` of a new one.
    desk: Option<Standing>,
}

/// A desk that there is.
struct Standing {
    id: i64,
    hosts: Vec<HostLine>,
    /// The link that pairs a tablet.
    kiosk: String,
}

impl DeskForm {
    fn new(visitor: &Visitor, desk: Option<Standing>, fields: Vec<Field>, faults: &[Fault]) -> Self {
        let title = if desk.is_some() { "Change a desk" } else { "Make a desk" };
        let frame = Frame { here: "Desks", ..visitor.frame(title) };
        Self { frame, fields, notice: notice(faults), desk }
    }
}

/// A desk as it is, in the words that change it.
fn words(desk: &Desk, field: &str) -> String {
    let (opens, closes) = desk.stored.hours.clone().unzip();
    match field {
        "name" => desk.stored.name.clone(),
        "address" => desk.stored.address.clone(),
        "timezone" => desk.stored.timezone.clone(),
        "opens" => opens.unwrap_or_default(),
        "closes" => closes.unwrap_or_default(),
        _ => format!("{} days", desk.stored.keep_days),
    }
}

fn typed(fields: &Fields) -> TypedDesk {
    let text = |name| Some(fields.text(name).to_owned());
    TypedDesk {
        name: text("name"),
        address: text("address"),
        timezone: text("timezone").map(|zone| zone.trim().to_owned()),
        opens: text("opens"),
        closes: text("closes"),
        // What is no length is too short, and that is said with what else is wrong.
        keep_days: Some(keeping::days(fields.text("keep")).unwrap_or_default()),
        ..TypedDesk::default()
    }
}

/// A desk of theirs, with what its page shows beside the form.
async fn standing(visitor: &Visitor, id: TopicId) -> Result<(Desk, Standing), Failed> {
    let (links, now) = (desk::links(visitor.site()), visitor.site().clock.now());
    let found = visitor.read(move |tx, reach| {
        let desk = owned(tx, reach, id)?.ok_or(Failed::NotFound)?;
        let hosts = board::hosts(tx, &desk, now)?;
        Ok((desk, hosts))
    });
    let (desk, hosts) = found.await?;
    let path = desk.kiosk_path(&links).map_err(|_no_key| Failed::Here)?;
    let kiosk = webhook_url(&visitor.door.shared.listener.public_url, &path);
    Ok((desk, Standing { id: id.0, hosts, kiosk }))
}

/// `GET /desks/new`
pub(in crate::web) async fn new(visitor: Visitor) -> Page<impl Template> {
    let zone = visitor.site().settings.site.timezone.clone().unwrap_or_else(|| "UTC".to_owned());
    let usual = |name: &str| match name {
        "timezone" => zone.clone(),
        "keep" => "30 days".to_owned(),
        _ => String::new(),
    };
    page(DeskForm::new(&visitor, None, filled(&DESK, usual, &[]), &[]))
}

/// `GET /desks/{id}`
pub(in crate::web) async fn show(visitor: Visitor, Ids(id): Ids<TopicId>) -> Result<Page<impl Template>, Failed> {
    let (desk, standing) = standing(&visitor, id).await?;
    let fields = filled(&DESK, |name| words(&desk, name), &[]);
    Ok(page(DeskForm::new(&visitor, Some(standing), fields, &[])))
}

/// `POST /desks`
pub(in crate::web) async fn add(visitor: Visitor, fields: Fields) -> Result<Response, Failed> {
    let (site, typed) = (visitor.site().clone(), typed(&fields));
    match visitor.write(move |tx, reach| making::make(tx, &site, &typed, reach.owner())).await {
        Ok(desk) => Ok(visitor.go(&format!("/desks/{}", desk.id().0))),
        Err(error) => {
            let (status, faults) = refused(error)?;
            let again = filled(&DESK, |name| fields.text(name).to_owned(), &faults);
            Ok(Page(status, DeskForm::new(&visitor, None, again, &faults)).into_response())
        }
    }
}

/// Does something to a desk of theirs; where that is refused, its page shows why, with what was typed.
async fn done(
    visitor: &Visitor,
    (id, fields): (TopicId, Option<Fields>),
    work: impl FnOnce(&Tx<'_>, Owned<TopicId>) -> Result<(), DeskError> + Send + 'static,
    back: &str,
) -> Result<Response, Failed> {
    let done = visitor.write(move |tx, reach| work(tx, authorize(tx, reach, id)?.ok_or(DeskError::NoDesk)?));
    let error = match done.await {
        Ok(()) => return Ok(visitor.go(back)),
        Err(error) => error,
    };
    let (status, faults) = refused(error)?;
    let (desk, standing) = standing(visitor, id).await?;
    let value = |name: &str| fields.as_ref().map_or_else(|| words(&desk, name), |typed| typed.text(name).to_owned());
    let again = filled(&DESK, value, &faults);
    Ok(Page(status, DeskForm::new(visitor, Some(standing), again, &faults)).into_response())
}

/// `POST /desks/{id}`
pub(in crate::web) async fn change(
    visitor: Visitor,
    Ids(id): Ids<TopicId>,
    fields: Fields,
) -> Result<Response, Failed> {
    let typed = typed(&fields);
    let change = move |tx: &Tx<'_>, id| making::change(tx, id, &typed).map(drop);
    done(&visitor, (id, Some(fields)), change, "/desks").await
}

/// `POST /desks/{id}/pair`: the tablets paired before are paired no more.
pub(in crate::web) async fn pair(visitor: Visitor, Ids(id): Ids<TopicId>) -> Result<Response, Failed> {
    let anew = TypedDesk { new_link: true, ..TypedDesk::default() };
    let back = format!("/desks/{}", id.0);
    done(&visitor, (id, None), move |tx, id| making::change(tx, id, &anew).map(drop), &back).await
}

/// `POST /desks/{id}/remove`
pub(in crate::web) async fn remove(visitor: Visitor, Ids(id): Ids<TopicId>) -> Result<Response, Failed> {
    done(&visitor, (id, None), making::remove, "/desks").await
}
