//! `exchanges/{id}/status` and `.../messages`: how an exchange stands, and the texts that its people read.

use std::collections::BTreeMap;

use axum::Json;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::draws::{ChangeShown, CopyShown};
use super::given::{Asked, Ids};
use super::paging::{Listed, Paging};
use super::problem::Problem;
use crate::app::exchange::{status, wordings};
use crate::conversation::Way;
use crate::model::TopicId;

/// How an exchange stands; of a pairing it says nothing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatusShown {
    exchange: String,
    /// The number of its newest draw; nothing before the first.
    #[schema(required)]
    draw: Option<u32>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    drawn_at: Option<Timestamp>,
    /// When the last of its people was forgotten; nothing while somebody is known.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    forgotten_at: Option<Timestamp>,
    #[schema(required)]
    fingerprint: Option<String>,
    #[schema(required)]
    uniformity: Option<String>,
    people: Vec<AskedShown>,
    /// How often that draw has been opened.
    openings: u64,
    /// How often any draw of the series has.
    openings_in_all: u64,
    /// Where the roster says something else than the draw that answers.
    differences: Vec<ChangeShown>,
    #[schema(required)]
    archive: Option<CopyShown>,
    /// Messages by the word of their state.
    outbox: BTreeMap<String, u64>,
}

/// Somebody, and whether they have been told.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AskedShown {
    name: String,
    /// How often they were told.
    asked: usize,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_asked: Option<Timestamp>,
}

/// A text that people of a topic read.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TextShown {
    /// Its name, under which it is reworded.
    pub(super) id: String,
    /// When it is said.
    when: &'static str,
    /// `text`, `email`, or `part` of another one.
    way: &'static str,
    placeholders: Vec<&'static str>,
    text: String,
    /// The text unless it is reworded.
    usual: &'static str,
    example: String,
    /// How many segments a text of usual length has.
    #[schema(required)]
    segments: Option<usize>,
}

impl TextShown {
    pub(super) fn of(wordings::Shown { text, segments }: wordings::Shown) -> Self {
        Self {
            id: text.name.to_owned(),
            when: text.when,
            way: match text.way {
                Way::Sms => "text",
                Way::Mail => "email",
                Way::Part => "part",
            },
            placeholders: text.placeholders,
            text: text.text,
            usual: text.usual,
            example: text.example,
            segments,
        }
    }
}

/// Says how an exchange stands
#[utoipa::path(get, path = "/exchanges/{id}/status", tag = "status", params(("id" = String, Path)), responses((status = 200, body = StatusShown)))]
pub(super) async fn show(caller: Caller, Ids(id): Ids<TopicId>) -> Result<Json<StatusShown>, Problem> {
    let shown = caller.on(id, |site| {
        let status::Status { draw, openings, openings_in_all, differences, outbox } = status::status(site)?;
        let people = draw.iter().flat_map(|draw| &draw.people).map(|person| AskedShown {
            name: person.name.clone(),
            asked: person.asked,
            last_asked: person.last_asked,
        });
        Ok(StatusShown {
            exchange: site.exchange.name.clone(),
            people: people.collect(),
            openings,
            openings_in_all,
            differences: ChangeShown::all(differences),
            outbox,
            draw: draw.as_ref().map(|draw| draw.number),
            drawn_at: draw.as_ref().map(|draw| draw.drawn_at),
            forgotten_at: draw.as_ref().and_then(|draw| draw.forgotten_at),
            fingerprint: draw.as_ref().map(|draw| draw.fingerprint.clone()),
            uniformity: draw.as_ref().map(|draw| draw.uniformity.clone()),
            archive: draw.map(|draw| CopyShown::of(draw.archive)),
        })
    });
    shown.await.map(Json)
}

/// Lists the texts that people of an exchange read
#[utoipa::path(get, path = "/exchanges/{id}/messages", tag = "status", params(("id" = String, Path), Paging), responses((status = 200, body = Listed<TextShown>)))]
pub(super) async fn messages(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Listed<TextShown>>, Problem> {
    let all = caller.on(id, |site| Ok(wordings::all(&site.exchange).into_iter().map(TextShown::of).collect()));
    Ok(Json(Listed::cut(&caller, &paging, all.await?, |row: &TextShown| &row.id)?))
}
