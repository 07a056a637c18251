//! The public side of the listener: where Twilio finds it, and telling Twilio so.

use url::Url;

use crate::messaging::ngrok::{self, NgrokError};
use crate::messaging::number::{self, NumberError};
use crate::messaging::twilio::Credentials;
use crate::model::TwilioSettings;

/// The public address that the ngrok on this machine gives to a port; `api` is ngrok's local API.
pub async fn ngrok_address(api: &Url, port: u16) -> Result<Url, NgrokError> {
    ngrok::public_url(api, port).await
}

/// Sets the Twilio number's webhook, and gives the number as Twilio writes it.
pub async fn connect_number(
    twilio: &TwilioSettings,
    credentials: Credentials,
    sms_url: &str,
) -> Result<String, NumberError> {
    Ok(number::connect(twilio, credentials, sms_url).await?.number.to_string())
}
