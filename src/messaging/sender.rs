//! Sends one message by whatever way it takes: Twilio, SMTP, a folder, or the air between simulated phones and mail boxes.

use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::envelope::{Address, Body, Envelope};
use super::files::MessageFolder;
use super::inbox::Inbox;
use super::smtp::{Smtp, SmtpError};
use super::twilio::{OPTED_OUT, Texting, TwilioError};

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// Twilio did not take it.
    #[error("the text was not sent")]
    Twilio(#[from] TwilioError),
    /// The mail server did not take it.
    #[error("the e-mail was not sent")]
    Smtp(#[from] SmtpError),
    /// The folder did not take it.
    #[error("the message cannot be written into the folder")]
    File(#[source] io::Error),
    /// There is no way for such a message.
    #[error("there is no way to send {what}")]
    NoWay {
        /// `texts` or `e-mails`.
        what: &'static str,
    },
    /// No answer in the time that one sending may take, though each step of it may have been quick enough.
    #[error("it took too long")]
    Slow,
    /// A text to an e-mail address, or an e-mail to a phone.
    #[error("the words do not fit the address")]
    Mismatch,
}

/// What to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The phone has opted out at Twilio (21610).
    OptedOut,
    /// It can never work.
    Never,
    /// It was not taken; another attempt may work.
    Later {
        /// How long the provider wants to be left alone.
        asked: Option<Duration>,
    },
    /// It may have been taken: to be looked up before it is sent again.
    Unsure,
    /// Not this message but the account or the settings stand in the way, of all messages alike.
    Blocked,
}

/// Which messages can be sent at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Means {
    /// Texts.
    pub sms: bool,
    /// E-mails.
    pub email: bool,
    /// What is sent can be read by whoever runs xchange, so no words may show a pairing.
    pub overseen: bool,
}

/// Sends messages; cheap to clone.
#[derive(Debug, Clone)]
pub struct Sender(Backend);

#[derive(Debug, Clone)]
enum Backend {
    Live { texting: Option<Box<Texting>>, smtp: Option<Smtp> },
    Files(MessageFolder),
    Phones(Inbox),
}

impl Sender {
    /// By Twilio and SMTP, as far as they are set up.
    #[must_use]
    pub fn live(texting: Option<Texting>, smtp: Option<Smtp>) -> Self {
        Self(Backend::Live { texting: texting.map(Box::new), smtp })
    }

    /// Into a folder, one file per message.
    #[must_use]
    pub fn files(folder: &Path) -> Self {
        Self(Backend::Files(MessageFolder::new(folder)))
    }

    /// To simulated phones and mail boxes.
    #[must_use]
    pub fn phones(inbox: Inbox) -> Self {
        Self(Backend::Phones(inbox))
    }

    /// Whether the phones are simulated, so that no text costs anybody anything.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        matches!(self.0, Backend::Phones(_))
    }

    /// Which messages can be sent at all.
    #[must_use]
    pub fn means(&self) -> Means {
        match &self.0 {
            Backend::Live { texting, smtp } => Means { sms: texting.is_some(), email: smtp.is_some(), overseen: false },
            Backend::Files(_) => Means { sms: true, email: true, overseen: true },
            Backend::Phones(_) => Means { sms: true, email: true, overseen: false },
        }
    }

    /// Whether messages leave this machine.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.0, Backend::Live { .. })
    }

    /// Sends a message; gives the provider's id of it.
    ///
    /// # Errors
    /// [`SendError`]; its [`SendError::verdict`] says what to do.
    pub async fn send(&self, envelope: &Envelope) -> Result<Option<String>, SendError> {
        match (&self.0, &envelope.to, &envelope.body) {
            (Backend::Live { texting, .. }, Address::Phone(to), Body::Text(body)) => {
                let texting = texting.as_ref().ok_or(SendError::NoWay { what: "texts" })?;
                Ok(Some(texting.send(to, body, envelope.valid_for).await?.sid))
            }
            (Backend::Live { smtp, .. }, Address::Email(to), Body::Mail { subject, text, html, leave, calendar }) => {
                let smtp = smtp.as_ref().ok_or(SendError::NoWay { what: "e-mails" })?;
                let more = (leave.as_deref(), calendar.as_deref());
                Ok(Some(smtp.send(to, (subject, text, html), more, &envelope.reference).await?))
            }
            (Backend::Files(folder), ..) => {
                folder.put(envelope).map_err(SendError::File)?;
                Ok(None)
            }
            (Backend::Phones(inbox), to @ Address::Phone(_), body @ Body::Text(_))
            | (Backend::Phones(inbox), to @ Address::Email(_), body @ Body::Mail { .. }) => {
                inbox.deliver(to.clone(), body.clone());
                // What has an id counts as told.
                Ok(Some(envelope.reference.clone()))
            }
            _ => Err(SendError::Mismatch),
        }
    }

    /// The provider's ids of the messages with these words that were taken at `since` or later; one of them may be
    /// another message's. `None` where the way it goes cannot tell: an e-mail, a file.
    ///
    /// # Errors
    /// [`SendError`]; then nothing is known and nothing may be sent.
    pub async fn find(&self, envelope: &Envelope, since: Timestamp) -> Result<Option<Vec<String>>, SendError> {
        match (&self.0, &envelope.to, &envelope.body) {
            (Backend::Live { texting: Some(texting), .. }, Address::Phone(to), Body::Text(body)) => {
                Ok(Some(texting.find(to, body, since).await?.into_iter().map(|accepted| accepted.sid).collect()))
            }
            _ => Ok(None),
        }
    }
}

impl SendError {
    /// What to do.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Twilio(error) => of_twilio(error),
            Self::Slow => Verdict::Unsure,
            Self::Smtp(SmtpError::Refused { code }) => match code {
                // The server wants a login, or another one (RFC 4954, section 6), or TLS.
                530 | 534 | 535 | 538 => Verdict::Blocked,
                400..=499 => Verdict::Later { asked: None },
                _ => Verdict::Never,
            },
            // A repetition carries the same Message-ID; waiting for certainty would be waiting for ever.
            Self::Smtp(SmtpError::Broken { .. }) => Verdict::Later { asked: None },
            Self::Smtp(SmtpError::Message(_)) | Self::Mismatch => Verdict::Never,
            Self::Smtp(_) | Self::File(_) | Self::NoWay { .. } => Verdict::Blocked,
        }
    }

    /// The provider's error code: Twilio's, or an SMTP reply.
    #[must_use]
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Twilio(error) => error.code(),
            Self::Smtp(SmtpError::Refused { code }) => Some(u32::from(*code)),
            _ => None,
        }
    }
}

/// Twilio's codes (<https://www.twilio.com/docs/api/errors>), read as codes; the status speaks where there is none.
fn of_twilio(error: &TwilioError) -> Verdict {
    let TwilioError::Refused { status, code, retry_after, .. } = error else {
        return if error.may_have_been_taken() {
            Verdict::Unsure
        } else if matches!(error, TwilioError::Unreachable(_)) {
            Verdict::Later { asked: None }
        } else {
            Verdict::Blocked
        };
    };
    let later = Verdict::Later { asked: *retry_after };
    match code.unwrap_or_default() {
        OPTED_OUT => Verdict::OptedOut,
        // Too many requests; too many messages in the sender's queue.
        20429 | 21611 | 14107 | 30001 | 63038 => later,
        // No phone, no way there, not a mobile, a region that is not enabled, no body, too long a body.
        21211 | 21214 | 21217 | 21408 | 21602 | 21612 | 21614 | 21617 => Verdict::Never,
        // Authentication; account closed or suspended; a sender that is not the account's or cannot text.
        20003 | 20004 | 20005 | 20404 | 21212 | 21603 | 21606 | 21659 | 21660 | 21701 | 21703 | 21705 | 21609
        | 30002 => Verdict::Blocked,
        _ => match status {
            429 => later,
            401 | 403 | 404 => Verdict::Blocked,
            _ if error.may_have_been_taken() => Verdict::Unsure,
            _ => Verdict::Never,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: u16, code: Option<u32>) -> Verdict {
        let retry_after = Some(Duration::from_secs(7));
        SendError::from(TwilioError::Refused { status, code, message: None, retry_after }).verdict()
    }

    // H3
    #[test]
    fn twilios_codes_are_read_as_codes() {
        let later = Verdict::Later { asked: Some(Duration::from_secs(7)) };
        for (status, code, expected) in [
            (400, Some(21610), Verdict::OptedOut),
            (400, Some(21211), Verdict::Never),
            (400, Some(21614), Verdict::Never),
            (400, Some(21612), Verdict::Never),
            (400, Some(21408), Verdict::Never),
            (429, Some(20429), later),
            (429, None, later),
            (401, Some(20003), Verdict::Blocked),
            (400, Some(21606), Verdict::Blocked),
            (500, None, Verdict::Unsure),
            (502, None, Verdict::Unsure),
            (400, None, Verdict::Never),
        ] {
            assert_eq!(verdict(status, code), expected, "{status} {code:?}");
        }
    }

    #[test]
    fn replies_of_a_mail_server_are_read_as_codes() {
        let verdict = |code| SendError::from(SmtpError::Refused { code }).verdict();
        assert_eq!(verdict(550), Verdict::Never);
        assert_eq!(verdict(451), Verdict::Later { asked: None });
        assert_eq!(verdict(535), Verdict::Blocked);
    }
}
