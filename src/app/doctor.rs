//! Each part checked for real: what is well, what is not set up, what is broken and what to do about it.

use std::time::Duration;

use url::Url;

use super::archive_copy::in_full;
use super::keys::{self, Passphrase};
use crate::archive::Archive;
use crate::messaging::reach;
use crate::messaging::smtp::Smtp;
use crate::messaging::twilio::{Credentials, Twilio};
use crate::model::{MessagingMode, Settings};
use crate::roster::Roster;
use crate::seal::KeyError;
use crate::store::{ArchiveState, Durability, Store, StoreError};

/// How long a listener may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It works.
    Ok,
    /// Nothing is said about it, and nothing needs it.
    NotSetUp,
    /// It does not work.
    Broken,
}

impl State {
    /// The word shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotSetUp => "not set up",
            Self::Broken => "broken",
        }
    }
}

/// What was found about a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which part.
    pub part: &'static str,
    /// How it is.
    pub state: State,
    /// What was seen.
    pub detail: String,
    /// What to do about it; empty where there is nothing to do.
    pub todo: &'static str,
}

impl Finding {
    fn ok(part: &'static str, detail: impl Into<String>) -> Self {
        Self { part, state: State::Ok, detail: detail.into(), todo: "" }
    }

    fn not_set_up(part: &'static str, detail: impl Into<String>, todo: &'static str) -> Self {
        Self { part, state: State::NotSetUp, detail: detail.into(), todo }
    }

    fn broken(part: &'static str, detail: impl Into<String>, todo: &'static str) -> Self {
        Self { part, state: State::Broken, detail: detail.into(), todo }
    }
}

/// What the environment says about the providers.
pub struct Accounts {
    /// Twilio's account and token; `None` where they are not set.
    pub twilio: Option<Credentials>,
    /// The mail server's password.
    pub smtp_password: Option<secrecy::SecretString>,
}

/// Checks every part, the providers too. Sends nothing, changes nothing but an empty database where there was none.
pub async fn examine(roster: &Roster, accounts: Accounts, passphrase: Passphrase<'_>) -> Vec<Finding> {
    let settings = &roster.settings;
    let mut findings = vec![Finding::ok("roster", format!("{} people", roster.exchange.people.len()))];
    findings.push(key(settings, passphrase));
    findings.extend(database(roster));
    findings.push(archive(settings).await);
    findings.push(twilio(settings, accounts.twilio).await);
    findings.push(mail(settings, accounts.smtp_password).await);
    findings.push(match &settings.listener.public_url {
        Some(url) => listener("public address", url).await,
        None => Finding::not_set_up(
            "public address",
            "no public_url under [listener]",
            "set it, or start `xchange serve --ngrok`",
        ),
    });
    findings
}

fn key(settings: &Settings, passphrase: Passphrase<'_>) -> Finding {
    let path = settings.seal.key_file.display();
    match keys::load(settings, passphrase) {
        Ok(identity) => Finding::ok("key", format!("{path}, {}", identity.public_key())),
        Err(KeyError::Missing { .. }) => Finding::not_set_up("key", format!("no {path}"), "the first draw makes it"),
        Err(error) => Finding::broken("key", in_full(&error), "bring your copy of the key file back"),
    }
}

fn database(roster: &Roster) -> Vec<Finding> {
    let path = roster.settings.database.display().to_string();
    let looked = Store::open(&roster.settings.database, Durability::PowerCut).and_then(|store| {
        store.read(|tx| {
            tx.check_integrity()?;
            tx.newest_draw_state(&roster.exchange.series, &roster.exchange.name)
        })
    });
    let draw = match looked {
        Err(error) => return vec![broken_database(&error)],
        Ok(draw) => draw,
    };
    let state = match draw {
        None => Finding::not_set_up("draw", "not drawn yet", "run `xchange draw`"),
        Some((_, ArchiveState::Confirmed)) => Finding::ok("draw", "sealed, stored, archived"),
        Some((_, state)) => Finding::broken(
            "draw",
            format!("its archive copy is {}", state.word()),
            "run `xchange serve`, or `xchange draw` once more",
        ),
    };
    vec![Finding::ok("database", path), state]
}

fn broken_database(error: &StoreError) -> Finding {
    Finding::broken("database", in_full(error), "move the file aside and run `xchange restore`")
}

async fn archive(settings: &Settings) -> Finding {
    let checked = async { Archive::connect(&settings.archive).await?.check().await };
    match checked.await {
        Ok(()) => Finding::ok("archive", "can be read and listed"),
        Err(error) => Finding::broken("archive", in_full(&error), "check [archive] and the AWS credentials"),
    }
}

async fn twilio(settings: &Settings, credentials: Option<Credentials>) -> Finding {
    let part = "twilio";
    if settings.messaging.mode == MessagingMode::Files {
        return Finding::not_set_up(
            part,
            "messages go into files",
            "set mode = \"live\" under [messaging] for the real thing",
        );
    }
    let (Some(section), Some(credentials)) = (&settings.twilio, credentials) else {
        return Finding::not_set_up(
            part,
            "no [twilio] section, or no account in the environment",
            "set both before going live",
        );
    };
    let asked = async { Twilio::new(&section.base_url, credentials)?.account_status().await };
    match asked.await {
        Ok(status) if status == "active" => Finding::ok(part, "the account is active"),
        Ok(status) => Finding::broken(part, format!("the account is {status}"), "see the Twilio console"),
        Err(error) => Finding::broken(part, in_full(&error), "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"),
    }
}

async fn mail(settings: &Settings, password: Option<secrecy::SecretString>) -> Finding {
    let Some(section) = &settings.smtp else {
        return Finding::not_set_up("mail", "no [smtp] section", "people without a phone need it");
    };
    let checked = async { Smtp::new(section, password.as_ref())?.check().await };
    match checked.await {
        Ok(()) => Finding::ok("mail", format!("{} takes us in", section.host)),
        Err(error) => Finding::broken("mail", in_full(&error), "check [smtp] and SMTP_PASSWORD"),
    }
}

/// Asks a listener's `/healthz`.
pub async fn listener(part: &'static str, address: &Url) -> Finding {
    let todo = "start `xchange serve` and the tunnel or proxy in front of it";
    let Ok(url) = format!("{}/healthz", address.as_str().trim_end_matches('/')).parse::<Url>() else {
        return Finding::broken(part, format!("{address} is no address to ask"), todo);
    };
    match reach::status(&url, PATIENCE).await {
        Ok(200) => Finding::ok(part, format!("{url} answers")),
        Ok(503) => Finding::broken(part, format!("{url} answers, but the draw is not live"), "run `xchange status`"),
        Ok(code) => Finding::broken(part, format!("{url} answers {code}: something else listens there"), todo),
        Err(error) => Finding::broken(part, in_full(&error), todo),
    }
}
