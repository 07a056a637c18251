//! Where things are kept and how messages travel: everything in `exchange.toml` that is not the exchange itself.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::{Email, Phone};

/// All settings, with paths already made relative to the roster file.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `[listener]`
    pub listener: ListenerSettings,
    /// `[twilio]`; `None` where the section is missing.
    pub twilio: Option<TwilioSettings>,
    /// `[archive]`; the folder `sealed` where the section is missing.
    pub archive: ArchiveSettings,
    /// `[seal]`
    pub seal: SealSettings,
    /// `[store]`
    pub database: DatabaseSettings,
    /// `[messaging]`
    pub messaging: MessagingSettings,
    /// `[smtp]`; `None` where the section is missing.
    pub smtp: Option<SmtpSettings>,
    /// `[reminders] before`: how long before the day of the exchange, longest first.
    pub reminders: Vec<jiff::Span>,
    /// `[site]`
    pub site: SiteSettings,
    /// `[sign_in]`; `None` where the section is missing.
    pub sign_in: Option<SignInSettings>,
}

/// Who else says who somebody is, besides a password: an issuer of OpenID Connect.
#[derive(Debug, Clone)]
pub struct SignInSettings {
    /// Its address, letter for letter as it names itself.
    pub issuer: String,
    /// What we are called there.
    pub client_id: String,
    /// By which it knows us; from the environment, never from the file.
    pub client_secret: Option<SecretString>,
}

impl SignInSettings {
    /// What the issuer is called on the sign-in page: its host.
    #[must_use]
    pub fn host(&self) -> String {
        let host = url::Url::parse(&self.issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
        host.unwrap_or_else(|| self.issuer.clone())
    }
}

/// What holds for a whole site: all its exchanges, its pages and its API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteSettings {
    /// What it is called, on pages and in mails.
    pub name: Option<String>,
    /// How many proxies stand in front: a client's address is counted from the right of `X-Forwarded-For`.
    pub trusted_proxies: u32,
    /// Who reaches pages and API.
    pub organizers: Organizers,
    /// The time zone of a topic that names none.
    pub timezone: Option<String>,
    /// The country of phones without a country code, where a topic names none.
    pub country: Option<String>,
}

/// Who reaches the organizers' pages and the API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Organizers {
    /// Whoever has an account, as soon as there is one.
    #[default]
    Accounts,
    /// The same, from this machine only.
    Local,
    /// Nobody.
    Off,
}

/// The embedded HTTP server.
#[derive(Debug, Clone)]
pub struct ListenerSettings {
    /// Where it listens.
    pub bind: SocketAddr,
    /// What Twilio calls, without a trailing slash; signatures are checked against it.
    pub public_url: Option<url::Url>,
}

/// The Twilio number.
#[derive(Debug, Clone)]
pub struct TwilioSettings {
    /// The number messages come from.
    pub from: Option<Phone>,
    /// Or the messaging service they come from (`MG...`).
    pub messaging_service_sid: Option<String>,
    /// Twilio's API.
    pub base_url: url::Url,
    /// SMS segments per second.
    pub per_second: f64,
}

/// The second copy of the sealed draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArchiveSettings {
    /// A bucket of S3 or of anything compatible.
    S3 {
        /// Bucket.
        bucket: String,
        /// Put before every key.
        prefix: String,
        /// Region; `None` asks the standard AWS chain.
        region: Option<String>,
        /// Another store's address; `None` is AWS itself.
        endpoint: Option<url::Url>,
        /// `https://host/bucket/key` instead of `https://bucket.host/key`.
        path_style: bool,
    },
    /// A folder on this machine.
    Folder {
        /// The folder.
        path: PathBuf,
        /// Put before every key.
        prefix: String,
    },
}

/// Where everything but the key and the archive is kept. Shown without its password.
#[derive(Debug, Clone)]
pub enum DatabaseSettings {
    /// `path`: a file of SQLite.
    File(PathBuf),
    /// `url`: a database of PostgreSQL.
    Server(DatabaseServer),
}

impl DatabaseSettings {
    /// Whether this is that file.
    #[must_use]
    pub fn is_file(&self, wanted: impl FnOnce(&Path) -> bool) -> bool {
        matches!(self, Self::File(path) if wanted(path))
    }
}

impl fmt::Display for DatabaseSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Server(server) => server.fmt(f),
        }
    }
}

/// A database of a PostgreSQL server.
#[derive(Debug, Clone)]
pub struct DatabaseServer {
    /// Name or address, or the folder of its socket.
    pub host: String,
    /// Port; also part of the socket's name.
    pub port: u16,
    /// Who we are there.
    pub user: String,
    /// The database.
    pub name: String,
    /// Protection of the connection.
    pub tls: ServerTls,
    /// Whose certificates are believed, instead of those that this machine trusts.
    pub authority: Option<PathBuf>,
    /// What else the server is told of the session, such as `-csearch_path=hill`.
    pub options: Option<String>,
    /// From `XCHANGE_DATABASE_PASSWORD` (or `XCHANGE_DATABASE_PASSWORD_FILE`).
    pub password: Option<SecretString>,
}

impl DatabaseServer {
    /// Whether it is on this machine.
    #[must_use]
    pub fn is_near(&self) -> bool {
        self.is_socket() || is_this_machine(&self.host)
    }

    /// Whether it is reached through a socket of this machine.
    #[must_use]
    pub fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }
}

impl fmt::Display for DatabaseServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, user, name, .. } = self;
        if self.is_socket() {
            write!(f, "postgres://{user}@/{name} in {host}")
        } else {
            write!(f, "postgres://{user}@{host}:{port}/{name}")
        }
    }
}

/// `sslmode`, in the words and with the meaning of libpq.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerTls {
    /// None.
    Disable,
    /// If the server offers it; whoever it may be.
    Prefer,
    /// In any case; whoever the server may be.
    Require,
    /// With a server whose certificate is believed, whatever its name.
    VerifyCa,
    /// With a server whose certificate is believed and for its name.
    VerifyFull,
}

/// Who can open the sealed draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealSettings {
    /// `age1...`, `ssh-ed25519 ...` or `ssh-rsa ...`: who may open it besides this machine.
    pub auditors: Vec<String>,
    /// The listener's own identity.
    pub key_file: PathBuf,
}

/// How messages travel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MessagingMode {
    /// By Twilio and SMTP.
    #[default]
    Live,
    /// Into a folder, one readable file per message: the dry run.
    Files,
}

/// `[messaging]`
#[derive(Debug, Clone)]
pub struct MessagingSettings {
    /// Live, or into files.
    pub mode: MessagingMode,
    /// The folder for [`MessagingMode::Files`].
    pub folder: PathBuf,
    /// No SMS is started between these times of the exchange's zone.
    pub quiet: Option<(jiff::civil::Time, jiff::civil::Time)>,
    /// There are no quiet hours, not even for what goes to many.
    pub is_never_quiet: bool,
    /// Whose numbers public pages may text (ISO 3166-1 alpha-2); the site's country's where none is named.
    pub countries: Vec<String>,
    /// What a segment costs, in the currency the organizer thinks in.
    pub price_per_segment: Option<f64>,
    /// Most SMS segments of announcements that are begun in a day of UTC.
    pub daily_segments: u32,
    /// Every SMS goes here instead.
    pub override_phone: Option<Phone>,
    /// Every e-mail goes here instead.
    pub override_email: Option<Email>,
}

impl Default for MessagingSettings {
    fn default() -> Self {
        Self {
            mode: MessagingMode::default(),
            folder: PathBuf::default(),
            quiet: None,
            is_never_quiet: false,
            countries: Vec::new(),
            price_per_segment: None,
            daily_segments: 500,
            override_phone: None,
            override_email: None,
        }
    }
}

impl MessagingSettings {
    /// When nobody is texted what goes to many, by the clock where they are.
    #[must_use]
    pub fn night(&self) -> Option<(jiff::civil::Time, jiff::civil::Time)> {
        let usual = (jiff::civil::time(21, 0, 0, 0), jiff::civil::time(8, 0, 0, 0));
        (!self.is_never_quiet).then(|| self.quiet.unwrap_or(usual))
    }

    /// Whether a number that a stranger typed may be texted, `country` being the site's. A site that names no country at all
    /// texts any.
    #[must_use]
    pub fn may_text(&self, phone: &Phone, country: Option<&str>) -> bool {
        let mut countries =
            self.countries.iter().map(String::as_str).chain(country.filter(|_| self.countries.is_empty()));
        countries.clone().next().is_none() || countries.any(|country| phone.is_of(country))
    }

    /// Where everything goes instead of to its recipients, addresses masked; `None` where it goes to them.
    #[must_use]
    pub fn rehearsal(&self) -> Option<String> {
        if self.mode == MessagingMode::Files {
            return Some(format!("the folder {}", self.folder.display()));
        }
        let phone = self.override_phone.as_ref().map(ToString::to_string);
        let stand_ins: Vec<String> =
            phone.into_iter().chain(self.override_email.as_ref().map(ToString::to_string)).collect();
        (!stand_ins.is_empty()).then(|| stand_ins.join(" and "))
    }
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// Starts in the clear and upgrades; refuses to go on without the upgrade. Port 587.
    #[default]
    StartTls,
    /// TLS from the first byte. Port 465.
    Tls,
    /// None; accepted for loopback hosts only.
    None,
}

/// `[smtp]`
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Mail server.
    pub host: String,
    /// Port; the security's usual one if not given.
    pub port: u16,
    /// Protection of the connection.
    pub security: SmtpSecurity,
    /// User name; the password comes from `SMTP_PASSWORD` (or `SMTP_PASSWORD_FILE`).
    pub user: Option<String>,
    /// Sender.
    pub from: Email,
}

/// Whether a host is this machine itself: `localhost` or a loopback address, an IPv6 one with its brackets or without.
/// Only such a host is spoken to without protection, and no proxy is asked for it.
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_name_and_by_address() {
        for host in ["localhost", "LocalHost", "127.0.0.1", "127.8.9.10", "::1", "[::1]"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["localhost.example.org", "127.0.0.1.example.org", "10.0.0.1", "::2", "[::1", ""] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
