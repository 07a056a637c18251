//! E-mail by SMTP (RFC 5321), over TLS except on this machine, with one connection reused for many messages.
//!
//! SMTP has no way to ask whether a message was taken. One whose fate is unknown after a crash is sent again with the
//! same `Message-ID`, by which most mail programs show it once.

use std::time::Duration;

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

use super::tls;
use crate::model::{Email, SmtpSecurity, SmtpSettings, is_this_machine};

/// How long the server may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What an entry for a calendar is (RFC 5545).
const CALENDAR: &str = "text/calendar; charset=utf-8; method=PUBLISH";

/// How many connections are held at most.
const CONNECTIONS: u32 = 4;

/// Why an e-mail was not sent. Never carries an address, nor the password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SmtpError {
    /// Without protection only this machine is spoken to.
    #[error("the connection to the mail server {host} has no protection")]
    Unprotected {
        /// The server.
        host: String,
    },
    /// A user without a password.
    #[error("there is a user for the mail server, and no password")]
    NoPassword,
    /// TLS cannot be set up.
    #[error("TLS for the mail server cannot be set up")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The message cannot be put into a mail.
    #[error("the message cannot be put into a mail")]
    Message(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The server refused, with a reply code of RFC 5321, section 4.2.
    #[error("the mail server refused with code {code}")]
    Refused {
        /// The code, 400 to 599.
        code: u16,
    },
    /// It is not shown to be the mail server it should be; nothing was said to it.
    #[error("the mail server cannot be trusted: {what}")]
    Untrusted {
        /// What is wrong with its certificate.
        what: &'static str,
    },
    /// No connection, or it broke.
    #[error("the mail server cannot be reached or broke off: {what}")]
    Broken {
        /// What kind of failure.
        what: &'static str,
    },
}

/// A mail server to send through; cheap to clone.
#[derive(Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Smtp(..)")
    }
}

/// How to leave the list (RFC 2369, section 3.2).
#[derive(Clone)]
struct ListUnsubscribe(String);

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

/// One click leaves (RFC 8058).
#[derive(Clone)]
struct ListUnsubscribePost;

impl Header for ListUnsubscribePost {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".to_owned())
    }
}

impl Smtp {
    /// A client of the mail server, to be made and dropped inside a tokio runtime. Nothing is connected yet.
    ///
    /// # Errors
    /// [`SmtpError::Unprotected`], [`SmtpError::NoPassword`], [`SmtpError::Tls`], [`SmtpError::Message`] when the
    /// sender's address is none.
    pub fn new(settings: &SmtpSettings, password: Option<&SecretString>) -> Result<Self, SmtpError> {
        Self::with_timeout(settings, password, TIMEOUT)
    }

    /// As [`Smtp::new`], with another limit for each answer of the server.
    ///
    /// # Errors
    /// As [`Smtp::new`].
    pub fn with_timeout(
        settings: &SmtpSettings,
        password: Option<&SecretString>,
        timeout: Duration,
    ) -> Result<Self, SmtpError> {
        tls::choose_provider();
        let tls = || TlsParameters::new(settings.host.clone()).map_err(|error| SmtpError::Tls(error.into()));
        let protection = match settings.security {
            SmtpSecurity::StartTls => Tls::Required(tls()?),
            SmtpSecurity::Tls => Tls::Wrapper(tls()?),
            SmtpSecurity::None if is_this_machine(&settings.host) => Tls::None,
            SmtpSecurity::None => return Err(SmtpError::Unprotected { host: settings.host.clone() }),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(protection)
            .timeout(Some(timeout))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS));
        if let Some(user) = &settings.user {
            let password = password.ok_or(SmtpError::NoPassword)?;
            builder = builder.credentials(Credentials::new(user.clone(), password.expose_secret().to_owned()));
        }
        Ok(Self { transport: builder.build(), from: Mailbox::new(None, address(&settings.from)?) })
    }

    /// Connects, authenticates and hangs up.
    ///
    /// # Errors
    /// [`SmtpError::Refused`], [`SmtpError::Broken`].
    pub async fn check(&self) -> Result<(), SmtpError> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(SmtpError::Broken { what: "it does not answer" }),
            Err(error) => Err(broken(&error)),
        }
    }

    /// Sends an e-mail, with the page where its reader can leave and an entry for their calendar, if any; gives its
    /// `Message-ID`, made from `reference` and the same at every repetition.
    ///
    /// # Errors
    /// [`SmtpError::Message`], [`SmtpError::Refused`], [`SmtpError::Broken`].
    pub async fn send(
        &self,
        to: &Email,
        (subject, text, html): (&str, &str, &str),
        (leave, calendar): (Option<&str>, Option<&str>),
        reference: &str,
    ) -> Result<String, SmtpError> {
        let id = format!("<{reference}@{}>", self.from.email.domain());
        // A mail program that is told of the one click posts to the page by itself (RFC 8058).
        let by_mail = format!("<mailto:{}?subject=unsubscribe>", self.from.email);
        let ways = leave.map_or_else(|| by_mail.clone(), |page| format!("<{page}>, {by_mail}"));
        let mut mail = Message::builder();
        if leave.is_some() {
            mail = mail.header(ListUnsubscribePost);
        }
        let words = MultiPart::alternative_plain_html(text.to_owned(), html.to_owned());
        let words = match calendar {
            None => words,
            Some(entry) => {
                let kind = ContentType::parse(CALENDAR).map_err(|error| SmtpError::Message(error.into()))?;
                let entry = Attachment::new("event.ics".to_owned()).body(entry.to_owned(), kind);
                MultiPart::mixed().multipart(words).singlepart(entry)
            }
        };
        let mail = mail
            .from(self.from.clone())
            .to(Mailbox::new(None, address(to)?))
            .subject(subject)
            .message_id(Some(id.clone()))
            .date_now()
            .header(ListUnsubscribe(ways))
            .multipart(words)
            .map_err(|error| SmtpError::Message(error.into()))?;
        self.transport.send(mail).await.map_err(|error| broken(&error))?;
        Ok(id)
    }
}

fn address(email: &Email) -> Result<Address, SmtpError> {
    email.expose().parse().map_err(|error: lettre::address::AddressError| SmtpError::Message(error.into()))
}

/// The server's own words are left out: they like to repeat the address.
fn broken(error: &lettre::transport::smtp::Error) -> SmtpError {
    if let Some(code) = error.status() {
        return SmtpError::Refused { code: code.into() };
    }
    if let Some(what) = tls::distrust(error) {
        return SmtpError::Untrusted { what };
    }
    let what = if error.is_timeout() {
        "the time ran out"
    } else if error.is_tls() {
        "TLS failed"
    } else if error.is_response() {
        "its answer is not SMTP"
    } else if error.is_client() {
        "it lacks what is needed"
    } else {
        "the connection failed"
    };
    SmtpError::Broken { what }
}

/// The mail server of the tests, here and in `tests/integration`.
#[cfg(test)]
#[allow(dead_code, reason = "shared with the integration tests, each of which needs a part")]
pub(crate) mod local_server;
#[cfg(test)]
mod tests;
