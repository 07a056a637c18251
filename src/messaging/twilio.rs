//! Twilio's REST API (<https://www.twilio.com/docs/usage/api>): one client with a timeout, basic authentication and a
//! status check for every request.

use std::time::Duration;

use reqwest::header::{ACCEPT, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use url::Url;

use super::tls;
use crate::model::is_this_machine;

mod error;
mod texting;

pub use error::{OPTED_OUT, Passing, TwilioError, meaning_of, passing};
pub use texting::{Origin, Texting};

/// The version of the API, the first part of every path.
const VERSION: &str = "2010-04-01";

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a request may take, answer included.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest answer that is read. A page of a hundred messages stays below it.
const MAX_ANSWER: usize = 4 << 20;

/// Who is asking: an account and its auth token.
#[derive(Debug, Clone)]
pub struct Credentials {
    account: String,
    token: SecretString,
}

impl Credentials {
    /// An account (`AC` and 32 hexadecimal digits) and its auth token.
    ///
    /// # Errors
    /// [`TwilioError::AccountSid`] when the account is not of that form; it becomes part of every path.
    pub fn new(account: &str, token: SecretString) -> Result<Self, TwilioError> {
        let digits = account.strip_prefix("AC").unwrap_or_default();
        if digits.len() != 32 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(TwilioError::AccountSid);
        }
        Ok(Self { account: account.to_owned(), token })
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }
}

/// A client of Twilio's REST API; cheap to clone.
#[derive(Debug, Clone)]
pub struct Twilio {
    http: Client,
    base: Url,
    credentials: Credentials,
}

impl Twilio {
    /// A client of the API at `base` (`https://api.twilio.com`). Nothing is sent yet.
    ///
    /// # Errors
    /// [`TwilioError::Client`] when this machine offers no trusted certificates.
    pub fn new(base: &Url, credentials: Credentials) -> Result<Self, TwilioError> {
        Self::with_timeout(base, credentials, REQUEST_TIMEOUT)
    }

    /// As [`Twilio::new`], with another limit for a whole request.
    pub fn with_timeout(base: &Url, credentials: Credentials, timeout: Duration) -> Result<Self, TwilioError> {
        tls::choose_provider();
        let mut builder = Client::builder()
            .user_agent(concat!("xchange/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .timeout(timeout)
            // A redirected POST would become a GET, or carry a message to somewhere nobody named.
            .redirect(reqwest::redirect::Policy::none());
        // No proxy is asked for this machine itself.
        if base.host_str().is_some_and(is_this_machine) {
            builder = builder.no_proxy();
        }
        Ok(Self { http: builder.build().map_err(TwilioError::client)?, base: base.clone(), credentials })
    }

    /// The account it asks as.
    #[must_use]
    pub fn account(&self) -> &str {
        self.credentials.account()
    }

    /// Reads a resource of the account, such as `Messages.json`.
    pub async fn get<T: DeserializeOwned>(&self, resource: &str, query: &[(&str, &str)]) -> Result<T, TwilioError> {
        self.ask(self.http.get(self.address(resource)).query(query)).await
    }

    /// Creates or changes a resource of the account.
    pub async fn post_form<T: DeserializeOwned>(
        &self,
        resource: &str,
        form: &[(&str, &str)],
    ) -> Result<T, TwilioError> {
        self.ask(self.http.post(self.address(resource)).form(form)).await
    }

    /// Asks whether Twilio knows the account and its token; gives the account's status (`active`, `suspended`,
    /// `closed`).
    pub async fn account_status(&self) -> Result<String, TwilioError> {
        #[derive(serde::Deserialize)]
        struct Account {
            status: String,
        }
        let address = self.at(&format!("/{VERSION}/Accounts/{}.json", self.account()));
        Ok(self.ask::<Account>(self.http.get(address)).await?.status)
    }

    fn address(&self, resource: &str) -> Url {
        self.at(&format!("/{VERSION}/Accounts/{}/{resource}", self.account()))
    }

    /// The base's own path, if it has one, stays in front: some proxies need it.
    fn at(&self, path: &str) -> Url {
        let mut address = self.base.clone();
        address.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        address
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, TwilioError> {
        let response = request
            .basic_auth(self.account(), Some(self.credentials.token.expose_secret()))
            .header(ACCEPT, "application/json")
            .send()
            .await
            .map_err(TwilioError::from_sending)?;
        let status = response.status();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| seconds(value.to_str().ok()?));
        if !status.is_success() {
            // An error page that cannot be read still leaves the status.
            let body = read(response).await.unwrap_or_default();
            return Err(TwilioError::refused(status.as_u16(), &body, retry_after));
        }
        let body = read(response).await?;
        serde_json::from_slice(&body).map_err(TwilioError::unreadable)
    }
}

/// Reads the body, up to [`MAX_ANSWER`].
async fn read(mut response: Response) -> Result<Vec<u8>, TwilioError> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(TwilioError::from_reading)? {
        if body.len() + piece.len() > MAX_ANSWER {
            return Err(TwilioError::TooLong);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// `Retry-After` in seconds, or as a date (RFC 9110, section 10.2.3).
#[expect(clippy::disallowed_methods, reason = "compared with the provider's clock, which no clock of ours moves")]
fn seconds(value: &str) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(jiff::Timestamp::now())).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_the_form_twilio_gives_it() {
        let new = |account: &str| Credentials::new(account, SecretString::from("token")).is_ok();
        assert!(new("AC0123456789abcdef0123456789abcdef"));
        for account in ["", "AC", "AC0123456789abcdef0123456789abcde/", "SK0123456789abcdef0123456789abcdef"] {
            assert!(!new(account), "{account}");
        }
    }

    #[test]
    fn credentials_print_no_token() {
        let token = SecretString::from("0123456789");
        let credentials = Credentials::new("AC0123456789abcdef0123456789abcdef", token).expect("a sound account");
        assert!(!format!("{credentials:?}").contains("0123456789\""));
        assert!(format!("{credentials:?}").contains("REDACTED"));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(seconds(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert_eq!(seconds("soon"), None);
    }
}
