//! How messages leave: the sender that the settings and the environment allow.

use secrecy::SecretString;
use url::Url;

use super::{Context, Failure};
use crate::app::keys;
use crate::app::outbox::Unlock;
use crate::messaging::sender::Sender;
use crate::messaging::smtp::Smtp;
use crate::messaging::twilio::{Origin, Texting, Twilio};
use crate::model::{MessagingMode, Settings};
use crate::web::signature::webhook_url;

/// The sender of these settings. Twilio reports back to `public_url`, where there is one.
pub(super) fn sender(context: &Context, settings: &Settings, public_url: Option<&Url>) -> Result<Sender, Failure> {
    if settings.messaging.mode == MessagingMode::Files {
        return Ok(Sender::files(&settings.messaging.folder));
    }
    // Without an account nothing can be sent by SMS; the rows wait, and `outbox` says so.
    let account = context.environment.variable("TWILIO_ACCOUNT_SID").is_some();
    let texting = match settings.twilio.as_ref().filter(|_| account) {
        Some(section) => {
            let twilio = Twilio::new(&section.base_url, context.twilio_credentials()?)?;
            let callback = public_url.map(status_url).transpose()?;
            Some(Texting::new(twilio, Origin::of(section)?, callback))
        }
        None => None,
    };
    let smtp = match &settings.smtp {
        Some(section) => Some(Smtp::new(section, context.environment.secret("SMTP_PASSWORD")?.as_ref())?),
        None => None,
    };
    Ok(Sender::live(texting, smtp))
}

/// Gives the outbox this machine's identity when it needs the pairings, with a passphrase that is known by then.
pub(super) fn unlock(settings: &Settings, passphrase: Option<SecretString>) -> Unlock {
    let settings = settings.clone();
    Box::new(move || keys::load(&settings, &|| passphrase.clone()).ok())
}

fn status_url(public_url: &Url) -> Result<Url, Failure> {
    webhook_url(public_url, "/sms/status")
        .parse()
        .map_err(|e: url::ParseError| Failure::error("the public address is no address to report to").because(e))
}
