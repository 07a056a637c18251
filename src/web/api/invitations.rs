//! `invitations`: who was asked to an event, what they said, who would be asked; and an answer by the organizer's hand.

use axum::Json;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, owned};
use super::given::{Asked, Body, Ids};
use super::paging::{Listed, Paging};
use super::problem::{Flaw, Problem};
use crate::app::event::{ActError, Events, Row};
use crate::dealing::Planned;
use crate::model::{InvitationId, TopicId, Word};
use crate::store::{Guest, InvitedBy, Tx};

/// An invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationShown {
    id: String,
    /// The id of the event.
    event: String,
    contact: InvitedShown,
    /// `sms` or `email`.
    channel: &'static str,
    /// `open`, `held`, `line`, `maybe`, `declined`, `lapsed`, `skipped` or `withdrawn`.
    state: &'static str,
    /// For how many it is.
    size: u32,
    /// How many seats are theirs now.
    seats: u32,
    /// For how many they answered.
    wants: u32,
    round: u32,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    sent_at: Option<Timestamp>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    lapses_at: Option<Timestamp>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    answered_at: Option<Timestamp>,
    /// Why they were skipped, or what did not arrive.
    #[schema(required)]
    reason: Option<String>,
}

/// Who is invited.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitedShown {
    id: String,
    name: String,
}

/// What dealing would do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DealPlanShown {
    /// In their order.
    people: Vec<PlannedShown>,
    /// SMS segments, if everybody is asked.
    segments: usize,
    /// What these cost, where the price of one is known.
    #[schema(required)]
    price: Option<f64>,
}

/// What becomes of somebody who may be invited.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlannedShown {
    contact: String,
    channel: &'static str,
    /// `now`, `later`, `if_others_answer` or `skipped`.
    invited: &'static str,
    /// When, at the latest, if nobody before them takes the last seat.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    by: Option<Timestamp>,
    /// Why they are left out.
    #[schema(required)]
    reason: Option<&'static str>,
}

/// The organizer answers for somebody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAnswer {
    answer: AnswerWord,
    /// For how many; as many as before, or as the invitation is for, where nothing is said.
    #[schema(minimum = 1, maximum = 100)]
    size: Option<u32>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum AnswerWord {
    Yes,
    Probably,
    Maybe,
    No,
}

pub(super) fn invitation(event: TopicId, row: Row) -> InvitationShown {
    let Row { id, contact, name, channel, invitation: stands, sent_at, reason } = row;
    InvitationShown {
        id: id.0.to_string(),
        event: event.0.to_string(),
        contact: InvitedShown { id: contact.0.to_string(), name },
        channel,
        state: stands.state.word(),
        size: stands.size,
        seats: stands.seats,
        wants: stands.wants,
        round: stands.round,
        sent_at,
        lapses_at: stands.lapses_at,
        answered_at: stands.answered_at,
        reason,
    }
}

/// Says what dealing would do: order, who is left out, who is reached in time, what it costs
#[utoipa::path(get, path = "/events/{id}/plan", tag = "events", params(("id" = String, Path)), responses((status = 200, body = DealPlanShown)))]
pub(super) async fn plan(caller: Caller, Ids(id): Ids<TopicId>) -> Result<Json<DealPlanShown>, Problem> {
    let events = Events::of(&caller.site);
    let planning = caller.read(move |tx, reach| {
        let id = owned(tx, reach, id)?.id();
        Ok(events.plan(tx, tx.event(id)?.ok_or(Problem::NOT_FOUND)?)?)
    });
    let planning = planning.await?;
    let one = |(contact, channel, planned): (String, &'static str, Planned)| {
        let (invited, by, reason) = match planned {
            Planned::Now => ("now", None, None),
            Planned::By(at) => ("later", Some(at), None),
            Planned::OnlyIfOthersAnswer => ("if_others_answer", None, None),
            Planned::Skipped(why) => ("skipped", None, Some(why)),
        };
        PlannedShown { contact, channel, invited, by, reason }
    };
    let people = planning.people.into_iter().map(one).collect();
    Ok(Json(DealPlanShown { people, segments: planning.segments, price: planning.price }))
}

/// The invitations of events, those of one or of all within a reach, by their numbers.
fn invited(tx: &Tx<'_>, events: impl IntoIterator<Item = TopicId>) -> Result<Vec<InvitationShown>, Problem> {
    let mut all = Vec::new();
    for event in events {
        all.extend(tx.guests(event, true)?.into_iter().map(|guest| (guest.id, invitation(event, guest.into()))));
    }
    all.sort_by_key(|(id, _)| *id);
    Ok(all.into_iter().map(|(_, shown)| shown).collect())
}

/// Lists the invitations of an event, in the order they were made
#[utoipa::path(get, path = "/events/{id}/invitations", tag = "events", params(("id" = String, Path), Paging),
    responses((status = 200, body = Listed<InvitationShown>)))]
pub(super) async fn list(
    caller: Caller,
    Ids(id): Ids<TopicId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Listed<InvitationShown>>, Problem> {
    let all = caller.read(move |tx, reach| invited(tx, [owned(tx, reach, id)?.id()])).await?;
    Ok(Json(Listed::cut(&caller, &paging, all, |row| &row.id)?))
}

/// Lists the invitations of all events
#[utoipa::path(get, path = "/invitations", tag = "events", params(Paging), responses((status = 200, body = Listed<InvitationShown>)))]
pub(super) async fn every(
    caller: Caller,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Listed<InvitationShown>>, Problem> {
    let all =
        caller.read(|tx, reach| invited(tx, tx.events_within(reach)?.into_iter().map(|event| event.topic))).await?;
    Ok(Json(Listed::cut(&caller, &paging, all, |row| &row.id)?))
}

/// Does something about an invitation to an event of theirs, and shows it.
async fn about<F>(caller: Caller, id: InvitationId, work: F) -> Result<Response, Problem>
where
    F: FnOnce(&Tx<'_>, &Events, &Guest) -> Result<(), ActError> + Send + 'static,
{
    let events = Events::of(&caller.site);
    let done = caller.write(move |tx, reach| {
        let guest = tx.guest(InvitedBy::Id(id))?.ok_or(Problem::NOT_FOUND)?;
        owned(tx, reach, guest.event)?;
        work(tx, &events, &guest)?;
        let guest = tx.guest(InvitedBy::Id(id))?.ok_or(Problem::NOT_FOUND)?;
        Ok(invitation(guest.event, guest.into()))
    });
    Ok(Json(done.await?).into_response())
}

/// Answers for somebody, who is told how they stand then
#[utoipa::path(post, path = "/invitations/{id}/answer", tag = "events", params(("id" = String, Path)), request_body = NewAnswer,
    responses((status = 200, body = InvitationShown), (status = 409, description = "No answer changes anything any more.")))]
pub(super) async fn answer(
    caller: Caller,
    Ids(id): Ids<InvitationId>,
    Body(new): Body<NewAnswer>,
) -> Result<Response, Problem> {
    if new.size.is_some_and(|size| !(1..=100).contains(&size)) {
        return Err(Problem::meaning(vec![Flaw::at("/size", "give a number from 1 to 100")]));
    }
    let word = match new.answer {
        AnswerWord::Yes => Word::Yes,
        AnswerWord::Probably => Word::Probably,
        AnswerWord::Maybe => Word::Maybe,
        AnswerWord::No => Word::No,
    };
    about(caller, id, move |tx, events, guest| events.answer_for(tx, guest, (word, new.size)).map(drop)).await
}

/// Takes an invitation back; a seat of theirs goes to the next
#[utoipa::path(post, path = "/invitations/{id}/withdraw", tag = "events", params(("id" = String, Path)),
    responses((status = 200, body = InvitationShown)))]
pub(super) async fn withdraw(caller: Caller, Ids(id): Ids<InvitationId>) -> Result<Response, Problem> {
    about(caller, id, |tx, events, guest| events.withdraw(tx, guest)).await
}
