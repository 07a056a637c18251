//! `xchange demo`, and what it shares with `rehearse`: the whole thing with simulated phones, thrown away at the end.

mod stage;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use rand::TryRng;
use secrecy::SecretString;
use serde_json::json;
use tokio::net::TcpListener;

use super::listen::{self, Listening};
use super::{Context, Failure};
use crate::app::exchange::draw::{self, DrawReport, Request};
use crate::app::exchanges::Exchanges;
use crate::app::site::Site;
use crate::messaging::inbox::Inbox;
use crate::messaging::sender::Sender;
use crate::model::{ArchiveSettings, DatabaseSettings, MessagingSettings, SealSettings};
use crate::roster::{self, Roster};
use crate::web::{self, Phones, Play, Stage};

/// The exchange that is shown when none is named.
const FAMILY: &str = include_str!("../../examples/family.toml");

/// Where it listens, unless the port is taken.
const PORT: u16 = 5050;

/// Try it all with simulated phones in the browser
///
/// Opens on a page from which everything is one press away: an invented family whose names were drawn, a dinner whose seats are
/// dealt while you watch, a reception with its kiosk, a list to sign up for, the phones of all these people, and the pages of who
/// organizes it. With --file it is your own roster and its phones alone. Never touches a real exchange: it keeps everything in a
/// temporary folder, makes a draw of its own, and sends nothing. `xchange rehearse` plays a whole season the same way.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange demo\n  xchange demo --file exchange.toml    your own people, on simulated phones"
)]
pub(super) struct Args {
    /// A roster to try it with [default: `$XCHANGE_FILE`, or an invented family]
    // Stands here for its help alone: it is read as the option of this name that every verb has.
    #[arg(short, long, value_name = "FILE", help_heading = "Everywhere")]
    file: Option<PathBuf>,
    /// Listen on this port; 0 takes any free one [default: 5050, or another if it is taken]
    #[arg(long, value_name = "PORT", value_parser = port)]
    port: Option<u16>,
}

/// A port as typed.
pub(super) fn port(text: &str) -> Result<u16, &'static str> {
    text.parse().map_err(|_no_port| "a port is a number from 0 to 65535")
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    match context.given_file().is_some() || context.exchange.is_some() {
        true => show(context, context.roster()?, Play::Own, args.port),
        false => show(context, roster::parse(FAMILY, Path::new("examples/family.toml"))?, Play::Invented, args.port),
    }
}

/// Draws a roster in a folder of its own, and shows its phones until it is told to stop.
pub(super) fn show(context: &Context, mut roster: Roster, play: Play, port: Option<u16>) -> Result<(), Failure> {
    context.ui.start_log(tracing::Level::WARN);
    let word = play.word();
    let folder = tempfile::Builder::new()
        .prefix("xchange-demo-")
        .tempdir()
        .map_err(|e| Failure::error(format!("cannot make a folder for the {word}")).because(e))?;
    move_into(&mut roster, folder.path());
    if play != Play::Rehearsal {
        let messaging = &mut roster.settings.messaging;
        (messaging.quiet, messaging.is_never_quiet) = (None, true);
    }
    if play == Play::Invented {
        roster.settings.site.name = Some(stage::SITE.to_owned());
    }
    let site = Site::open(&roster, Box::new(|| None), context.clock.clone())?;
    context.multi_threaded()?.block_on(async {
        let made = draw::draw(&site, Request::default()).await?;
        let tcp = bind(context, port, word)?;
        let address = tcp.local_addr().map_err(|e| Failure::error("cannot tell the page's address").because(e))?;
        let drawn = format!(
            "Drew {} for {} people and sealed it: fingerprint {}",
            site.exchange.name, made.people, made.fingerprint
        );
        let exchanges = Exchanges::around(site);
        let stage = match play {
            Play::Invented => Some(stage::set(&exchanges).await?),
            Play::Own | Play::Rehearsal => None,
        };
        let listening = listening(exchanges, play, stage, address)?;
        let ready = || {
            context.ui.talk(&drawn);
            announce(context, address, &made, play)
        };
        listen::listen(context, tcp, listening, ready).await
    })?;
    Ok(())
}

/// Says where the page is.
fn announce(context: &Context, address: SocketAddr, made: &DrawReport, play: Play) -> Result<(), Failure> {
    let phones = format!("http://{address}/phones");
    let page = if play == Play::Invented { format!("http://{address}/") } else { phones.clone() };
    if context.ui.json() {
        let fingerprint = made.fingerprint.to_string();
        let document = json!({"page": page, "phones": phones, "people": made.people, "fingerprint": fingerprint});
        context.ui.document(&document)?;
    } else {
        context.ui.data(&page)?;
    }
    context.ui.talk(&format!(
        "Open this page: every phone in it can text. Ctrl-C ends the {} and throws it all away.",
        play.word()
    ));
    Ok(())
}

/// Moves everything that a roster keeps into a throwaway folder, and leaves no way out to a real phone.
fn move_into(roster: &mut Roster, folder: &Path) {
    // It is thrown away with its own database, which no exchange is kept in.
    roster.kept = None;
    let settings = &mut roster.settings;
    settings.database = DatabaseSettings::File(folder.join("exchange.db"));
    settings.seal = SealSettings { auditors: Vec::new(), key_file: folder.join("exchange.key") };
    settings.archive = ArchiveSettings::Folder { path: folder.join("sealed"), prefix: String::new() };
    settings.messaging = MessagingSettings { quiet: settings.messaging.quiet, ..MessagingSettings::default() };
    settings.twilio = None;
    settings.smtp = None;
}

fn listening(
    exchanges: Exchanges,
    play: Play,
    stage: Option<Stage>,
    own_address: SocketAddr,
) -> Result<Listening, Failure> {
    let (token, run) = (SecretString::from(random_word()?), random_word()?);
    let phones = Phones { play, run, inbox: Inbox::default(), token: token.clone(), own_address, stage };
    let public_url = format!("http://{own_address}").parse();
    Ok(Listening {
        public_url: public_url.map_err(|e| {
            Failure::error("the page's address is no URL").because(anyhow::Error::new::<url::ParseError>(e))
        })?,
        exchanges,
        auth_tokens: vec![token],
        is_tunnelled: false,
        metrics_open: false,
        sender: Sender::phones(phones.inbox.clone()),
        phones: Some(phones),
        backups: None,
    })
}

fn bind(context: &Context, port: Option<u16>, word: &str) -> Result<TcpListener, Failure> {
    let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
    if let Some(port) = port {
        return listen::bind(local(port));
    }
    match web::bind(local(PORT)) {
        Ok(tcp) => Ok(tcp),
        Err(_taken) => {
            let tcp = listen::bind(local(0))?;
            context.ui.talk(&format!("Port {PORT} is taken; the {word} listens on another one."));
            Ok(tcp)
        }
    }
}

/// Signs the simulated phones' texts, as Twilio's token signs real ones; or tells one run from another.
fn random_word() -> Result<String, Failure> {
    let mut bytes = [0_u8; 16];
    rand::rngs::SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|e| Failure::error("the operating system gave no random bytes").because(e))?;
    Ok(HEXLOWER.encode(&bytes))
}
