//! Each part checked for real: what is well, what is not set up, what is broken and what to do about it.

mod archive;
mod backup;
mod desks;
mod exchanges;
mod lines;

use std::time::Duration;

use jiff::SignedDuration;
use url::Url;

use super::exchange::differences;
use super::exchange::draw_record::{open_checked, roster_today};
use super::exchange::verify::{OCCUPIED, key_todo};
use super::exchange::ways;
use super::keys::AskPassphrase;
use super::outbox::providers::Accounts;
use super::site::Site;
use crate::clock::Clock;
use crate::error_chain::in_full;
use crate::messaging::probe;
use crate::messaging::smtp::{Smtp, SmtpError};
use crate::messaging::twilio::{Credentials, Twilio, TwilioError};
use crate::model::{ArchiveSettings, DatabaseSettings, Exchange, MessagingMode, ServerTls, Settings};
use crate::roster::Roster;
use crate::seal::{Identity, KeyError};
use crate::store::{ArchiveState, ServerFacts, Store, StoreError, StoredDraw, Tx};

/// How long a listener may take to answer.
const LISTENER_TIMEOUT: Duration = Duration::from_secs(10);

const LET_IN: &str =
    "check `url` under [store] and XCHANGE_DATABASE_PASSWORD; the user and the database have to be there";

/// How far the clocks of a server and of this machine may be apart.
const MOST_APART: SignedDuration = SignedDuration::from_secs(2);

/// What is wrong where a proxy is not counted.
pub const UNCOUNTED: &str = "a proxy or tunnel stands in front and trusted_proxies is 0, so to the limits on tries and sign-ups all clients are one";

const CHECK_ACCOUNT: &str = "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN";

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

/// Checks every part, the providers too, of a site and of one exchange, or of all that are kept in its database; `twilio` is the account, or why it is of no use. Sends nothing and changes
/// nothing.
pub async fn examine(
    (settings, roster): (&Settings, Option<&Roster>),
    accounts: Accounts,
    twilio_account: Result<(), String>,
    ask: AskPassphrase,
    clock: Clock,
) -> Vec<Finding> {
    let mut findings = match roster {
        Some(roster) => kept(roster, ask, clock.clone()).await,
        None => exchanges::kept(settings, &ask, clock.clone()).await,
    };
    findings.extend(settings.messaging.rehearsal().map(|instead| {
        let todo = "for the real thing set mode = \"live\" and leave override_to out, under [messaging]";
        Finding::not_set_up("messages", format!("REHEARSAL: everything goes to {instead} and counts for nothing"), todo)
    }));
    findings.extend(backup::last(settings, clock.now()));
    findings.extend(lines::closed(settings, clock.now()));
    findings.extend(us_number(settings));
    findings.extend(desks::kept_too_long(settings, clock.now()));
    findings.push(match twilio_account {
        Ok(()) => twilio(settings, accounts.twilio).await,
        Err(problem) => Finding::broken("twilio", problem, CHECK_ACCOUNT),
    });
    findings.push(mail(settings, accounts.smtp_password).await);
    findings.push(match &settings.listener.public_url {
        Some(url) => listener("public address", url).await,
        None => Finding::not_set_up(
            "public address",
            "no public_url under [listener]",
            "set it, or start `xchange serve --ngrok`",
        ),
    });
    findings.extend(proxies(settings));
    findings
}

/// The listener speaks http: where its address is https, somebody else speaks that for it.
fn proxies(settings: &Settings) -> Option<Finding> {
    let url = settings.listener.public_url.as_ref()?;
    let is_uncounted = url.scheme() == "https" && settings.site.trusted_proxies == 0;
    let todo =
        "set trusted_proxies = 1 under [site], or how many there are; `serve --ngrok` counts its tunnel by itself";
    is_uncounted.then(|| Finding::not_set_up("proxies", UNCOUNTED, todo))
}

fn key(settings: &Settings, ask: &AskPassphrase, drawn: bool) -> (Finding, Option<Identity>) {
    let path = &settings.seal.key_file;
    let shown = path.display();
    match Identity::load(path, ask) {
        Ok(loaded) if loaded.open_to_others => {
            let detail = format!("other users of this machine may read {shown}");
            (Finding::broken("key", detail, "run chmod 600 on it"), Some(loaded.identity))
        }
        Ok(loaded) => {
            let detail = format!("{shown}, {}", loaded.identity.public_key());
            (Finding::ok("key", detail), Some(loaded.identity))
        }
        Err(KeyError::Missing { .. }) if !drawn => {
            (Finding::not_set_up("key", format!("no {shown}"), "the first draw makes it"), None)
        }
        Err(error) => (Finding::broken("key", in_full(&error), key_todo(&error)), None),
    }
}

/// What its server says of itself, and how far the clocks are apart.
fn server(tx: &Tx<'_>, clock: &Clock) -> Result<Option<(ServerFacts, SignedDuration)>, StoreError> {
    let asked = clock.now();
    let Some(facts) = tx.server()? else { return Ok(None) };
    // As long as the answer took they may well have agreed.
    let nearest = facts.now.min(clock.now()).max(asked);
    let apart = facts.now.duration_since(nearest).abs();
    Ok(Some((facts, apart)))
}

/// The database, and whether machines share it that do not share the archive.
fn database(settings: &Settings, todo: &'static str, server: Option<(ServerFacts, SignedDuration)>) -> Vec<Finding> {
    let (part, place) = ("database", settings.database.to_string());
    let (Some((facts, apart)), DatabaseSettings::Server(named)) = (server, &settings.database) else {
        return vec![match settings.database.is_file(|path| !path.exists()) {
            true => Finding::not_set_up(part, format!("no {place}"), todo),
            false => Finding::ok(part, place),
        }];
    };
    let is_verified = facts.tls.is_some() && matches!(named.tls, ServerTls::VerifyCa | ServerTls::VerifyFull);
    let tls = match &facts.tls {
        Some(tls) if is_verified => tls.clone(),
        Some(tls) => format!("{tls}, whoever answers"),
        None => "no TLS".to_owned(),
    };
    let detail = format!("{place}, PostgreSQL {}, {tls}", facts.version);
    let mut findings = vec![if !facts.is_current {
        Finding::broken(part, detail, "bring PostgreSQL to version 14 or later")
    } else if apart > MOST_APART {
        let detail = format!("its clock and this machine's are {:.1} s apart", apart.as_secs_f64());
        Finding::broken(part, detail, "have both machines set their clocks by NTP: what is due, and when, goes by them")
    } else if is_verified || named.is_near() {
        Finding::ok(part, detail)
    } else {
        Finding::not_set_up(part, detail, "unless the network is your own, put ?sslmode=verify-full behind `url`")
    }];
    if facts.machines > 1 && matches!(settings.archive, ArchiveSettings::Folder { .. }) {
        let detail =
            format!("{} machines use the database, and each would keep half in a folder of its own", facts.machines);
        findings.push(Finding::broken("archive", detail, "keep the archive in S3"));
    }
    findings
}

/// Whether lists are written to from a US number that the carriers do not know.
fn us_number(settings: &Settings) -> Option<Finding> {
    let twilio = settings.twilio.as_ref().filter(|twilio| twilio.messaging_service_sid.is_none())?;
    let is_us = twilio.from.as_ref().is_some_and(|from| from.is_of("US"));
    let has_lists = || Store::open_to_look(&settings.database)?.read(super::list::any_page);
    let todo = "register a campaign and set messaging_service_sid; docs/running.md has the texts to paste";
    (is_us && has_lists().unwrap_or_default()).then(|| {
        Finding::not_set_up("broadcasts", "a US number without a messaging service: carriers block them", todo)
    })
}

/// The roster, the database, the newest draw in it, the key that opens it, and the archive that holds the same.
async fn kept(roster: &Roster, ask: AskPassphrase, clock: Clock) -> Vec<Finding> {
    let settings = &roster.settings;
    let looked = async {
        let site = Site::look(roster, Box::new(|| None), clock)?;
        let me = site.clone();
        let look = site.store.run_reading(move |tx| {
            tx.check_integrity()?;
            let newest = me.topic(tx)?.map(|topic| tx.newest_draw(topic.id)).transpose()?;
            Ok::<_, StoreError>((newest.flatten(), server(tx, &me.clock)?))
        });
        let (newest, server) = look.await?;
        Ok::<_, StoreError>((site, newest, server))
    };
    let (site, stored, server) = match looked.await {
        Err(error) => {
            return vec![in_the_file(&roster.exchange, None), broken_database(&error), key(settings, &ask, false).0];
        }
        Ok(looked) => looked,
    };
    let database = database(settings, "the first draw makes it; or run `xchange restore`", server);
    let (key, identity) = key(settings, &ask, stored.is_some());
    let roster = in_the_file(&roster.exchange, stored.as_ref());
    let draw = draw(stored.as_ref(), identity.as_ref());
    let mut findings = vec![roster];
    findings.extend(database);
    findings.extend([key, draw, archive::archive(&site, stored.as_ref()).await]);
    findings
}

fn draw(stored: Option<&StoredDraw>, identity: Option<&Identity>) -> Finding {
    let part = "draw";
    let Some(stored) = stored else { return Finding::not_set_up(part, "not drawn yet", "run `xchange draw`") };
    if let Err(error) = roster_today(stored) {
        return Finding::broken(part, in_full(&error), "run `xchange verify`");
    }
    match identity.map(|identity| open_checked(stored, identity)) {
        Some(Err(error)) => {
            return Finding::broken(part, in_full(&error), "bring the right key file back, or run `xchange verify`");
        }
        None => return Finding::broken(part, "it cannot be opened without the key", "see above"),
        Some(Ok(_)) => {}
    }
    let problem = stored.archive_problem.as_deref().map(|problem| format!(": {problem}")).unwrap_or_default();
    let detail = format!("its archive copy is {}{problem}", stored.archive_state.word());
    match stored.archive_state {
        ArchiveState::Confirmed => Finding::ok(part, "sealed and stored, and the key opens it"),
        ArchiveState::Pending => Finding::broken(part, detail, "run `xchange serve`, or `xchange draw` once more"),
        ArchiveState::Occupied => Finding::broken(part, detail, OCCUPIED),
    }
}

/// The roster, and where it says something else than the draw that answers.
fn in_the_file(exchange: &Exchange, stored: Option<&StoredDraw>) -> Finding {
    let people = format!("{} people", exchange.people.len());
    let drawn = stored.and_then(|stored| roster_today(stored).ok());
    let differences = drawn.map(|drawn| differences::differences(&drawn, exchange)).unwrap_or_default();
    if differences.is_empty() {
        return landlines(exchange, people);
    }
    let words: Vec<String> = differences.iter().map(ToString::to_string).collect();
    Finding::broken("roster", format!("{people}, not as drawn: {}", words.join("; ")), differences::REMEDY)
}

fn broken_database(error: &StoreError) -> Finding {
    let todo = match error {
        StoreError::Open { .. } => "check that the folder exists and is yours to write to",
        StoreError::Connect { .. } => LET_IN,
        StoreError::Away { .. } => "start PostgreSQL, and check the network and `url` under [store]",
        StoreError::Newer { .. } => "install the xchange that wrote it, or a later one",
        StoreError::Busy => "wait for the other xchange to finish",
        _ => "move the file aside and run `xchange restore`",
    };
    Finding::broken("database", in_full(error), todo)
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
    let (section, credentials) = match (&settings.twilio, credentials) {
        (Some(section), Some(credentials)) => (section, credentials),
        (Some(_), None) => {
            let todo = "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN before going live";
            return Finding::not_set_up(part, "no account in the environment", todo);
        }
        (None, Some(_)) => {
            let todo = "add it with the number in `from` before going live";
            return Finding::not_set_up(part, "an account in the environment, but no [twilio] section", todo);
        }
        (None, None) => {
            let todo = "texts need both; e-mail does without";
            return Finding::not_set_up(part, "no [twilio] section and no account in the environment", todo);
        }
    };
    let asked = async { Twilio::new(&section.base_url, credentials)?.account_status().await };
    match asked.await {
        Ok(status) if status == "active" => Finding::ok(part, "the account is active"),
        Ok(status) => Finding::broken(part, format!("the account is {status}"), "see the Twilio console"),
        Err(error @ (TwilioError::Unreachable(_) | TwilioError::Interrupted(_))) => Finding::broken(
            part,
            in_full(&error),
            "check the network and its name service, and `base_url` under [twilio] if it is set",
        ),
        Err(error @ TwilioError::Refused { status: 500.., .. }) => {
            Finding::broken(part, in_full(&error), "wait and run this again; it is Twilio's turn")
        }
        Err(error) => Finding::broken(part, in_full(&error), CHECK_ACCOUNT),
    }
}

async fn mail(settings: &Settings, password: Option<secrecy::SecretString>) -> Finding {
    let Some(section) = &settings.smtp else {
        return Finding::not_set_up("mail", "no [smtp] section", "people with only an e-mail address need it");
    };
    let checked = async { Smtp::new(section, password.as_ref())?.check().await };
    match checked.await {
        Ok(()) => Finding::ok("mail", format!("{} accepts our login", section.host)),
        Err(error @ SmtpError::Untrusted { .. }) => Finding::broken(
            "mail",
            in_full(&error),
            "check `host` under [smtp]; a company's own authority has to be among those this machine trusts",
        ),
        Err(error) => Finding::broken("mail", in_full(&error), "check [smtp] and SMTP_PASSWORD"),
    }
}

/// Asks a listener's `/healthz`.
pub async fn listener(part: &'static str, address: &Url) -> Finding {
    let todo = "start `xchange serve` and the tunnel or proxy in front of it";
    let mut url = address.clone();
    match url.path_segments_mut() {
        Ok(mut path) => drop(path.pop_if_empty().push("healthz")),
        Err(()) => return Finding::broken(part, format!("{address} is no address to ask"), todo),
    }
    match probe::status(&url, LISTENER_TIMEOUT).await {
        Ok(200) => Finding::ok(part, format!("{url} answers")),
        Ok(503) => Finding::broken(part, format!("{url} answers, but the draw is not live"), "run `xchange status`"),
        Ok(code) => Finding::broken(part, format!("{url} answers {code}: something else listens there"), todo),
        // What the network library says behind it is for its engineers.
        Err(error) => Finding::broken(part, error.to_string(), todo),
    }
}

/// Whose phone takes no texts. Asked here and not by `check`, for the numbering plans take a while to load.
fn landlines(exchange: &Exchange, people: String) -> Finding {
    let landlines = ways::landlines(exchange);
    if landlines.is_empty() {
        return Finding::ok("roster", people);
    }
    let detail = format!("{people}; a landline takes no texts: {}", landlines.join(", "));
    Finding::broken("roster", detail, "write their mobile phone, or their e-mail instead")
}

#[cfg(test)]
mod tests;
