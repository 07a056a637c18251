//! What Twilio says when it says no, and whether it may have taken the request all the same.

use std::time::Duration;

use serde::Deserialize;

/// The code for a phone that has opted out (<https://www.twilio.com/docs/api/errors/21610>).
pub const OPTED_OUT: u32 = 21610;

/// Why Twilio did not do as asked. Phones in Twilio's own words are blotted out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TwilioError {
    /// The account is not `AC` and 32 hexadecimal digits.
    #[error("TWILIO_ACCOUNT_SID is not \"AC\" and 32 hexadecimal digits")]
    AccountSid,
    /// Neither a number nor a messaging service to send from.
    #[error("there is no number and no messaging service to send from")]
    NoOrigin,
    /// The client could not be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No connection: the request never left.
    #[error("twilio cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The connection ended, or the time ran out, with the request under way: it may have been taken.
    #[error("twilio's answer did not arrive")]
    Interrupted(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Twilio answered with an error status.
    #[error("twilio refused the request with status {status}{}{}", coded(*code), worded(message))]
    Refused {
        /// HTTP status.
        status: u16,
        /// Twilio's error code (<https://www.twilio.com/docs/api/errors>).
        code: Option<u32>,
        /// Twilio's words, phones blotted out.
        message: Option<String>,
        /// How long Twilio wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// Twilio did as asked and said so in a way that makes no sense.
    #[error("twilio's answer cannot be read")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer is longer than any answer should be.
    #[error("twilio's answer is too long")]
    TooLong,
}

fn coded(code: Option<u32>) -> String {
    code.map(|code| format!(", code {code}")).unwrap_or_default()
}

fn worded(message: &Option<String>) -> String {
    message.as_ref().map(|message| format!(": {message}")).unwrap_or_default()
}

/// The error document (<https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions>).
#[derive(Deserialize)]
struct Document {
    code: Option<u32>,
    message: Option<String>,
}

impl TwilioError {
    pub(super) fn client(error: reqwest::Error) -> Self {
        Self::Client(error.without_url().into())
    }

    /// Only a failed connection proves that nothing was sent.
    pub(super) fn from_sending(error: reqwest::Error) -> Self {
        // The URL holds the account, and in a search the phone that is searched for.
        let error = error.without_url();
        if error.is_connect() || error.is_builder() {
            Self::Unreachable(error.into())
        } else {
            Self::Interrupted(error.into())
        }
    }

    pub(super) fn from_reading(error: reqwest::Error) -> Self {
        Self::Interrupted(error.without_url().into())
    }

    pub(super) fn unreadable(error: serde_json::Error) -> Self {
        Self::Unreadable(error.into())
    }

    pub(super) fn refused(status: u16, body: &[u8], retry_after: Option<Duration>) -> Self {
        let document = serde_json::from_slice(body).unwrap_or(Document { code: None, message: None });
        Self::Refused { status, code: document.code, message: document.message.map(|m| blot(&m)), retry_after }
    }

    /// Twilio's error code, where it gave one.
    #[must_use]
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Refused { code, .. } => *code,
            _ => None,
        }
    }

    /// Whether the request may have been taken although it failed. A server error counts: it may have struck after
    /// the message was queued.
    #[must_use]
    pub fn may_have_been_taken(&self) -> bool {
        match self {
            Self::AccountSid | Self::NoOrigin | Self::Client(_) | Self::Unreachable(_) => false,
            Self::Refused { status, .. } => *status >= 500 || *status == 408,
            Self::Interrupted(_) | Self::Unreadable(_) | Self::TooLong => true,
        }
    }
}

/// When a text that Twilio took and then gave up is worth another sending, by the code it reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passing {
    /// Soon: queues were full, or it waited in one for too long.
    Soon,
    /// When the carrier's day is over, at midnight Pacific time.
    NextDay,
}

/// Whether what a code reports of a text that was taken passes by itself; `None`: it does not.
#[must_use]
pub fn passing(code: u32) -> Option<Passing> {
    match code {
        30001 | 30022 | 30036 => Some(Passing::Soon),
        30023 => Some(Passing::NextDay),
        _ => None,
    }
}

/// What a code means, in a few words; `None` for a code that hardly ever meets a text message.
#[must_use]
pub fn meaning_of(code: u32) -> Option<&'static str> {
    Some(match code {
        20003 => "Twilio does not accept the account or its token",
        20429 | 21611 => "too many messages at once",
        21211 | 21214 | 21217 => "the phone number is not valid",
        21408 => "the Twilio account may not text that country",
        21606 | 21659 | 21660 => "the number to send from is not the account's, or cannot text",
        OPTED_OUT => "the phone has opted out",
        21612 => "there is no way to that phone from this number",
        21614 => "the phone number is not a mobile's",
        30001 => "too many messages waited to be sent",
        30002 => "the Twilio account is suspended",
        30003 => "the phone is switched off or out of reach",
        30004 => "the phone or its carrier blocks messages",
        30005 => "the phone is unknown or no longer in use",
        30006 => "the phone is a landline, or its carrier cannot be reached",
        30007 => "the carrier filtered the message as unwanted",
        30008 => "the carrier did not say why it was not delivered",
        30022 => "the carrier takes no more messages at the moment",
        30023 => "the carrier takes no more messages today",
        30032 => "the toll-free number has not been verified",
        30034 => "the number has not been registered with the carriers",
        30036 => "the message waited too long to be sent",
        30410 => "the carrier's provider did not answer in time",
        _ => return None,
    })
}

/// Replaces every run of five digits or more: phones, never error codes in words such as "code 21211" either, which
/// stand in their own field. Keeps at most 200 characters.
fn blot(message: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    for c in message.chars().take(200).chain(std::iter::once('\n')) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        out.push_str(if digits.len() >= 5 { "…" } else { &digits });
        digits.clear();
        if !c.is_control() {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    // X11
    #[test]
    fn twilios_words_are_shown_without_the_phone_in_them() {
        let body = br#"{"code": 21211, "message": "The 'To' number +15005550001 is not a valid phone number.",
                        "more_info": "https://www.twilio.com/docs/errors/21211", "status": 400}"#;
        let error = TwilioError::refused(400, body, None);
        assert_eq!(
            error.to_string(),
            "twilio refused the request with status 400, code 21211: The 'To' number +… is not a valid phone number."
        );
        assert_eq!(error.code(), Some(21211));
        assert!(!format!("{error:?}").contains("15005550001"));
    }

    #[test]
    fn the_codes_an_organizer_meets_are_put_into_words() {
        for code in (30001..=30008).chain([21610, 21211, 21614, 20429, 30022, 30023, 30032, 30034, 30036, 30410]) {
            assert!(meaning_of(code).is_some(), "{code}");
        }
    }

    #[test]
    fn an_error_page_that_is_not_json_leaves_the_status() {
        let error = TwilioError::refused(502, b"<html>", None);
        assert_eq!(error.to_string(), "twilio refused the request with status 502");
        assert!(error.may_have_been_taken());
    }
}
