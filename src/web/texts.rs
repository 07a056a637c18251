//! Twilio's two webhooks: a text came in, and what became of a message that went out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::form::Form;
use super::metrics::TextResult;
use super::webhook::Webhook;
use super::{Shared, signature, twiml};
use crate::app::outbox::DeliveryStatus;
use crate::app::responder::{Answer, Text};
use crate::error_chain::in_full;
use crate::model::Phone;

/// What is missing in a form.
const NO_TEXT: &str =
    "an incoming message has the fields MessageSid, From and Body, in UTF-8, each once and as Twilio writes it\n";
const NO_STATUS: &str = "a delivery status has the fields MessageSid and MessageStatus, in UTF-8\n";

/// `POST /sms`: answers a text.
pub(super) async fn incoming(State(shared): State<Arc<Shared>>, Webhook(form): Webhook) -> Response {
    let metrics = &shared.listener.metrics;
    let ours = shared.listener.exchanges.settings.twilio.as_ref().and_then(|twilio| twilio.from.as_ref());
    let Some(incoming) = text(&form).filter(|_| ours.is_none_or(|ours| is_to(&form, ours))) else {
        tracing::warn!("refused a signed text without its fields, or to another number than [twilio] from");
        metrics.count(TextResult::Malformed);
        return (StatusCode::BAD_REQUEST, NO_TEXT).into_response();
    };
    // A sender that is no phone (a short name, a chat address) cannot be anybody of the exchange.
    let answer = match incoming {
        Some(text) => shared.listener.responder.answer(text).await,
        None => Ok(Answer::Silence),
    };
    match answer {
        Ok(answer) => {
            metrics.count(if answer == Answer::Silence { TextResult::Silent } else { TextResult::Answered });
            ([(header::CONTENT_TYPE, twiml::MEDIA_TYPE)], twiml::write(&answer)).into_response()
        }
        Err(error) => {
            metrics.count(TextResult::Unanswered);
            tracing::error!(%error, "a text was not answered");
            try_again()
        }
    }
}

/// `POST /sms/status`: records a delivery status; one that could not be recorded is reported again.
pub(super) async fn status(State(shared): State<Arc<Shared>>, Webhook(form): Webhook) -> Response {
    let Some(status) = delivery_status(&form) else {
        return (StatusCode::BAD_REQUEST, NO_STATUS).into_response();
    };
    match shared.listener.outbox.record_delivery(status).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => {
            tracing::error!(problem = in_full(&error), "a delivery report could not be recorded");
            try_again()
        }
    }
}

/// Asks Twilio to come back later.
pub(super) fn try_again() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")], "not now\n").into_response()
}

/// The text in a form: `None` where a field is missing, not UTF-8 or cut anew, `Some(None)` where the sender is no phone.
pub(super) fn text(form: &Form) -> Option<Option<Text>> {
    let sid = sid(form).filter(|_| !is_cut_anew(form))?;
    let from = form.text("From").ok()??;
    let body = form.text("Body").ok()??;
    Some(Phone::from_provider(from).map(|from| Text { sid, from, body: body.to_owned() }))
}

/// The delivery status in a form.
pub(super) fn delivery_status(form: &Form) -> Option<DeliveryStatus> {
    let word = form.text("MessageStatus").ok()?.or(form.text("SmsStatus").ok()?).filter(|word| !word.is_empty())?;
    Some(DeliveryStatus {
        sid: sid(form)?,
        status: word.to_owned(),
        error_code: form.text("ErrorCode").ok()?.and_then(|code| code.parse().ok()),
        to: form.text("To").ok()?.and_then(Phone::from_provider),
    })
}

/// The message's id, as Twilio makes them; older accounts send it as `SmsSid`.
fn sid(form: &Form) -> Option<String> {
    let sid = form.text("MessageSid").ok()?.or(form.text("SmsSid").ok()?)?;
    let digits = sid.strip_prefix("SM").or(sid.strip_prefix("MM"))?;
    let is_digit = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f');
    (digits.len() == 32 && digits.bytes().all(is_digit)).then(|| sid.to_owned())
}

/// Whether a text was sent to this number.
fn is_to(form: &Form, ours: &Phone) -> bool {
    form.text("To").ok().flatten().and_then(Phone::from_provider).is_some_and(|to| to == *ours)
}

/// Whether the bytes that Twilio signed were cut into other fields. It signs names and values with nothing between them,
/// so whoever saw one signature could make a sender out of the words. What Twilio itself wrote behind the words is then
/// left over in some field, with an id that no field is named for.
fn is_cut_anew(form: &Form) -> bool {
    const ID: &[u8] = b"MessageSid";
    const NAMES: [&[u8]; 3] = [ID, b"SmsMessageSid", b"OriginalRepliedMessageSid"];
    let fields = signature::in_order(form.fields());
    let is_twice = fields.windows(2).any(|two| two[0].0 == two[1].0);
    let named = fields.iter().filter(|(name, _)| NAMES.contains(name)).count();
    let without_words = |(name, value): (&[u8], &[u8])| [name, if name == b"Body" { &[] } else { value }].concat();
    let signed: Vec<u8> = fields.into_iter().flat_map(without_words).collect();
    is_twice || signed.windows(ID.len()).filter(|bytes| *bytes == ID).count() != named
}
