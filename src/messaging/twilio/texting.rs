//! Sending a text, and finding out whether one was sent
//! (<https://www.twilio.com/docs/messaging/api/message-resource>).

use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::Url;

use super::{Twilio, TwilioError};
use crate::model::{Phone, TwilioSettings};

/// How many messages a page of the list holds.
const PAGE: usize = 100;

/// How many pages are searched. To one phone, in the minutes since a crash, there are never that many.
const MAX_PAGES: usize = 10;

/// Where texts come from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A number.
    Number(Phone),
    /// A messaging service (`MG...`), which picks the number.
    Service(String),
}

impl Origin {
    /// The origin that the settings name; a messaging service goes before a number.
    pub fn of(settings: &TwilioSettings) -> Result<Self, TwilioError> {
        match (&settings.messaging_service_sid, &settings.from) {
            (Some(sid), _) => Ok(Self::Service(sid.clone())),
            (None, Some(number)) => Ok(Self::Number(number.clone())),
            (None, None) => Err(TwilioError::NoOrigin),
        }
    }
}

/// What Twilio says of a text it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Twilio's id of the message.
    pub sid: String,
}

/// Texts from one origin.
#[derive(Debug, Clone)]
pub struct Texting {
    twilio: Twilio,
    origin: Origin,
    status_callback: Option<Url>,
}

#[derive(Deserialize)]
struct Created {
    sid: String,
}

#[derive(Deserialize)]
struct Page {
    messages: Vec<Listed>,
    next_page_uri: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    sid: String,
    body: Option<String>,
    date_created: Option<String>,
    direction: Option<String>,
    messaging_service_sid: Option<String>,
}

impl Texting {
    /// Texts from `origin`; Twilio reports what becomes of them to `status_callback`.
    #[must_use]
    pub fn new(twilio: Twilio, origin: Origin, status_callback: Option<Url>) -> Self {
        Self { twilio, origin, status_callback }
    }

    /// Sends a text, which Twilio is to keep waiting no longer than so many seconds.
    ///
    /// # Errors
    /// [`TwilioError`]; ask [`TwilioError::may_have_been_taken`] before sending again.
    pub async fn send(&self, to: &Phone, body: &str, valid_for: Option<u32>) -> Result<Accepted, TwilioError> {
        let valid_for = valid_for.map(|seconds| seconds.to_string());
        let mut form = vec![("To", to.expose()), ("Body", body)];
        match &self.origin {
            Origin::Number(number) => form.push(("From", number.expose())),
            Origin::Service(sid) => form.push(("MessagingServiceSid", sid)),
        }
        if let Some(callback) = &self.status_callback {
            form.push(("StatusCallback", callback.as_str()));
        }
        if let Some(seconds) = &valid_for {
            form.push(("ValidityPeriod", seconds));
        }
        let created: Created = self.twilio.post_form("Messages.json", &form).await?;
        Ok(Accepted { sid: created.sid })
    }

    /// Finds the texts with this body that were taken at `since` or later, in the order of Twilio's list.
    ///
    /// The list is not narrowed by `DateSent`: a message still in Twilio's queue has none.
    ///
    /// # Errors
    /// [`TwilioError`]; then nothing is known and nothing may be sent.
    pub async fn find(&self, to: &Phone, body: &str, since: Timestamp) -> Result<Vec<Accepted>, TwilioError> {
        let wanted = Sha256::digest(body.as_bytes());
        let size = PAGE.to_string();
        let mut found = Vec::new();
        for page in 0..MAX_PAGES {
            let number = page.to_string();
            let mut query = vec![("To", to.expose()), ("PageSize", size.as_str()), ("Page", number.as_str())];
            if let Origin::Number(from) = &self.origin {
                query.push(("From", from.expose()));
            }
            let page: Page = self.twilio.get("Messages.json", &query).await?;
            let mut recent = page.messages.iter().filter(|message| message.is_since(since)).peekable();
            let none_recent = recent.peek().is_none();
            let alike = recent.filter(|message| {
                self.is_ours(message)
                    && Sha256::digest(message.body.as_deref().unwrap_or_default().as_bytes()) == wanted
            });
            found.extend(alike.map(|message| Accepted { sid: message.sid.clone() }));
            if none_recent || page.next_page_uri.is_none() {
                return Ok(found);
            }
        }
        Err(TwilioError::TooLong)
    }

    fn is_ours(&self, message: &Listed) -> bool {
        // An answer given as TwiML has the direction `outbound-reply` and is not the outbox's.
        let from_api = message.direction.as_deref().is_none_or(|direction| direction == "outbound-api");
        match &self.origin {
            Origin::Number(_) => from_api,
            Origin::Service(sid) => from_api && message.messaging_service_sid.as_ref() == Some(sid),
        }
    }
}

impl Listed {
    /// A message whose time cannot be read counts as recent: better one found too many than one sent twice.
    fn is_since(&self, since: Timestamp) -> bool {
        let created = self.date_created.as_deref().and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        created.is_none_or(|created| created.timestamp() >= since)
    }
}
