//! How messages leave: the sender that the settings and the accounts allow.

use secrecy::SecretString;
use url::Url;

use crate::messaging::sender::Sender;
use crate::messaging::smtp::{Smtp, SmtpError};
use crate::messaging::twilio::{Credentials, Origin, Texting, Twilio, TwilioError};
use crate::model::{MessagingMode, Settings};

/// What the environment says about the providers.
#[derive(Clone, Default)]
pub struct Accounts {
    /// Twilio's account and token; without them nothing is sent by SMS, and the rows wait.
    pub twilio: Option<Credentials>,
    /// The mail server's password.
    pub smtp_password: Option<SecretString>,
}

/// Why there is no sender.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoSender {
    /// Twilio's settings.
    #[error(transparent)]
    Twilio(#[from] TwilioError),
    /// The mail server's settings.
    #[error(transparent)]
    Smtp(#[from] SmtpError),
}

/// The sender of these settings. Twilio reports what became of a text to `on_status`.
///
/// # Errors
/// [`NoSender`] when the settings or the accounts cannot be used.
pub fn sender(settings: &Settings, accounts: &Accounts, on_status: Option<Url>) -> Result<Sender, NoSender> {
    if settings.messaging.mode == MessagingMode::Files {
        return Ok(Sender::files(&settings.messaging.folder));
    }
    let texting = match (&settings.twilio, &accounts.twilio) {
        (Some(section), Some(credentials)) => {
            let twilio = Twilio::new(&section.base_url, credentials.clone())?;
            Some(Texting::new(twilio, Origin::of(section)?, on_status))
        }
        _ => None,
    };
    let smtp = settings.smtp.as_ref().map(|section| Smtp::new(section, accounts.smtp_password.as_ref()));
    Ok(Sender::live(texting, smtp.transpose()?))
}
