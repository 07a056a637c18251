//! `imports`: people, contacts or subscribers from a spreadsheet, as CSV, XLSX or ODS; all of it or nothing.

use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::draws::ChangeShown;
use super::exchanges::needs_database;
use super::given::{Asked, content_type, whole};
use super::lists::theirs as their_list;
use super::problem::{Flaw, Problem};
use crate::app::contacts::sheet::{self, ImportError, Taken};
use crate::app::exchange::editing::Place;
use crate::app::exchange::import::Imported;
use crate::app::list::sheet as list_sheet;
use crate::model::TopicId;
use crate::roster::people_file::{self, Listed};
use crate::roster::{Diagnostic, Severity};
use crate::web::Shared;

/// The content types of spreadsheets. What a file is shows in its bytes; the type says that one is meant.
const SHEETS: [&str; 3] = [
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.spreadsheet",
];

/// Where to, and whether only to try.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    #[param(inline)]
    into: Into,
    /// The exchange whose people they become; contacts are of none.
    #[param(value_type = Option<String>)]
    exchange: Option<TopicId>,
    /// The list whose subscribers they become.
    #[param(value_type = Option<String>)]
    list: Option<TopicId>,
    /// Only say what would be added and changed.
    #[serde(default)]
    dry_run: bool,
}

/// What a spreadsheet is of.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Into {
    People,
    Contacts,
    Subscribers,
}

/// What an import comes to, or came to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ImportShown {
    /// Whose people they are; null of contacts.
    #[schema(required)]
    exchange: Option<String>,
    dry_run: bool,
    /// Who is new.
    added: Vec<String>,
    /// How those of a list stand then; null of others.
    #[schema(required)]
    consent: Option<ConsentShown>,
    /// What changes of others; addresses are masked.
    changed: Vec<ChangeShown>,
    /// How many are there already as they are listed.
    same: usize,
    /// What should be known though the file is accepted.
    warnings: Vec<Flaw>,
}

/// How many rows of subscribers came with evidence of consent, and what follows.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConsentShown {
    /// Have agreed, by the file's evidence or before.
    confirmed: usize,
    /// Are asked first.
    asked: usize,
    /// Have left, or are marked so, and stay out.
    withdrawn: usize,
}

/// A problem of a spreadsheet, by sheet, row and column as it names, numbers and heads them.
fn flaw(problem: Diagnostic) -> Flaw {
    let (sheet, column, value) =
        problem.place.map_or((None, None, None), |place| (place.sheet, place.heading, place.value));
    let row = Some(problem.line).filter(|row| *row > 0);
    Flaw { row, column, sheet, value, hint: problem.hint, ..Flaw::at("", problem.message) }
}

/// Takes people, contacts or subscribers over from a spreadsheet: adds and changes, removes nobody. Subscribers without evidence of their consent are asked first
#[utoipa::path(post, path = "/imports", tag = "imports", params(Wanted),
    request_body(content((Vec<u8> = "text/csv"), (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (Vec<u8> = "application/vnd.oasis.opendocument.spreadsheet"))),
    responses((status = 200, body = ImportShown, description = "A dry run."), (status = 201, body = ImportShown),
        (status = 404, description = "No such exchange or list."), (status = 409, description = "Kept in the file, or elsewhere.")))]
pub(super) async fn make(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
    request: Request,
) -> Result<Response, Problem> {
    if !SHEETS.contains(&&*content_type(request.headers())) {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body has to be CSV, XLSX or ODS."));
    }
    let bytes = whole(request, &shared).await?;
    let status = if wanted.dry_run { StatusCode::OK } else { StatusCode::CREATED };
    let Wanted { into, exchange, list, dry_run } = wanted;
    let done = match (into, exchange, list) {
        (Into::People, Some(exchange), None) => people(&caller, bytes, exchange, dry_run).await?,
        (Into::Contacts, None, None) => contacts(&caller, bytes, dry_run).await?,
        (Into::Subscribers, None, Some(list)) => subscribers(&caller, bytes, list, dry_run).await?,
        (Into::People, None, _) => return Err(refused("/exchange", "people are those of an exchange: say which")),
        (Into::Subscribers, _, None) => return Err(refused("/list", "subscribers are those of a list: say which")),
        (Into::People | Into::Contacts, _, Some(_)) => {
            return Err(refused("/list", "only subscribers are of a list: leave it out"));
        }
        (Into::Subscribers | Into::Contacts, Some(_), _) => {
            return Err(refused("/exchange", "only people are of an exchange: leave it out"));
        }
    };
    Ok((status, Json(done)).into_response())
}

fn refused(pointer: &str, why: &str) -> Problem {
    Problem::meaning(vec![Flaw::at(pointer, why)])
}

/// Everything that is wrong with a spreadsheet.
pub(super) fn unsound(problems: Vec<Diagnostic>) -> Problem {
    let errors = problems.into_iter().filter(|problem| problem.severity == Severity::Error);
    Problem::meaning(errors.map(flaw).collect())
}

const FILE: &str = "the spreadsheet";

async fn contacts(caller: &Caller, bytes: Bytes, dry_run: bool) -> Result<ImportShown, Problem> {
    let taken = caller.waiting(move |site, reach| {
        sheet::import(site, reach, (&bytes, Path::new(FILE)), dry_run).map_err(|error| match error {
            ImportError::Sheet(problems) => unsound(problems),
            ImportError::Store(error) => error.into(),
        })
    });
    let (Taken { added, changed, same, notes }, warnings) = taken.await?;
    let notes = notes.into_iter().map(|note| Flaw::at("", note));
    let warnings = warnings.into_iter().map(flaw).chain(notes).collect();
    let changed = ChangeShown::all(changed);
    Ok(ImportShown { exchange: None, dry_run, added, consent: None, changed, same, warnings })
}

async fn subscribers(caller: &Caller, bytes: Bytes, list: TopicId, dry_run: bool) -> Result<ImportShown, Problem> {
    let done = caller.waiting(move |site, reach| {
        let list = site.store.read(|tx| their_list(tx, reach, list))?;
        let read = (&*bytes, Path::new("by the API"));
        let (done, warnings) = list_sheet::import(site, &list, read, dry_run)?;
        let list_sheet::Imported { added, known, confirmed, asked, withdrawn } = done;
        let (consent, warnings) = (Some(ConsentShown { confirmed, asked, withdrawn }), warnings.into_iter().map(flaw));
        let (changed, warnings) = (Vec::new(), warnings.collect());
        Ok(ImportShown { exchange: None, dry_run, added, consent, changed, same: known, warnings })
    });
    done.await
}

async fn people(caller: &Caller, bytes: Bytes, exchange: TopicId, dry_run: bool) -> Result<ImportShown, Problem> {
    let done = caller.on(exchange, move |site| {
        needs_database(site)?;
        let read = people_file::read_people(&bytes, Path::new(FILE), &site.exchange);
        let Listed { people, warnings } = read.map_err(unsound)?;
        let (place, edits) = (Place::Database(site.clone(), exchange), people_file::import(&people, &site.exchange));
        let edited = if dry_run { place.planned(&edits)? } else { place.change(&edits, site.clock.now())? };
        let Imported { added, changed, same, .. } = Imported::of(&edited, people.len());
        let (name, warnings) = (Some(edited.after.exchange.name), warnings.into_iter().map(flaw).collect());
        let changed = ChangeShown::all(changed);
        Ok(ImportShown { exchange: name, dry_run, added, consent: None, changed, same, warnings })
    });
    done.await
}
