//! `xchange demo`: the whole thing with simulated phones, thrown away at the end.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use rand::TryRng;
use secrecy::SecretString;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::listen::{self, Listening};
use super::{Context, Ending, Failure};
use crate::app::exchange::draw::{self, DrawReport, Request};
use crate::app::exchanges::Exchanges;
use crate::app::site::Site;
use crate::messaging::inbox::Inbox;
use crate::messaging::sender::Sender;
use crate::model::{ArchiveSettings, DatabaseSettings, MessagingMode};
use crate::roster::{self, Roster};
use crate::web::{self, Phones};

/// The exchange that is shown when none is named.
const FAMILY: &str = include_str!("../../examples/family.toml");

/// Where the demo listens, unless the port is taken.
const PORT: u16 = 5050;

/// Try it all with simulated phones in the browser
///
/// Draws a throwaway exchange and answers its simulated phones at /phones, beside what the organizer would see. Without --file it
/// is an invented family; with it, your own roster, which makes it the best rehearsal there is. Never touches a real exchange: it
/// keeps everything in a temporary folder, makes a draw of its own, and sends nothing.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange demo\n  xchange demo --file exchange.toml    your own people, on simulated phones"
)]
pub(super) struct Args {
    /// A roster to rehearse with [default: `$XCHANGE_FILE`, or an invented family]
    // Stands here for its help alone: it is read as the option of this name that every verb has.
    #[arg(short, long, value_name = "FILE", help_heading = "Everywhere")]
    file: Option<PathBuf>,
    /// Listen on this port; 0 takes any free one [default: 5050, or another if it is taken]
    #[arg(long, value_name = "PORT", value_parser = port)]
    port: Option<u16>,
}

fn port(text: &str) -> Result<u16, &'static str> {
    text.parse().map_err(|_no_port| "a port is a number from 0 to 65535")
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Ending, Failure> {
    context.ui.start_log(tracing::Level::WARN);
    let folder = tempfile::Builder::new()
        .prefix("xchange-demo-")
        .tempdir()
        .map_err(|e| Failure::error("cannot make a folder for the demo").because(e))?;
    let roster = throwaway(context, &folder)?;
    let site = Site::open(&roster, Box::new(|| None), context.clock.clone())?;
    context.multi_threaded()?.block_on(async {
        let made = draw::draw(&site, Request::default()).await?;
        let tcp = bind(context, args.port)?;
        let address = tcp.local_addr().map_err(|e| Failure::error("cannot tell the demo's address").because(e))?;
        let name = site.exchange.name.clone();
        let listening = listening(site, &made, address, context.given_file().is_none())?;
        let mut drawn =
            format!("Drew {name} for {} people and sealed it: fingerprint {}", made.people, made.fingerprint);
        let mailed = listening.phones.iter().flat_map(|phones| &phones.mailed).count();
        if mailed > 0 {
            drawn += &format!(
                "\n{mailed} of them would get an e-mail, and so {} no phone here.",
                if mailed == 1 { "has" } else { "have" }
            );
        }
        let ready = || {
            context.ui.talk(&drawn);
            announce(context, address, &made)
        };
        listen::listen(context, tcp, listening, ready).await
    })?;
    Ok(Ending::Done)
}

/// Says where the page is.
fn announce(context: &Context, address: SocketAddr, made: &DrawReport) -> Result<(), Failure> {
    let page = format!("http://{address}/phones");
    if context.ui.json() {
        let fingerprint = made.fingerprint.to_string();
        context.ui.document(&json!({"page": page, "people": made.people, "fingerprint": fingerprint}))?;
    } else {
        context.ui.data(&page)?;
    }
    context.ui.talk("Open this page: every phone in it can text. Ctrl-C ends the demo and throws it all away.");
    Ok(())
}

/// The roster with everything it keeps moved into the throwaway folder, and no way out to a real phone.
fn throwaway(context: &Context, folder: &TempDir) -> Result<Roster, Failure> {
    let mut roster = match context.given_file().is_some() || context.exchange.is_some() {
        true => context.roster()?,
        false => roster::parse(FAMILY, Path::new("examples/family.toml"))?,
    };
    // It is thrown away with its own database, which no exchange is kept in.
    roster.kept = None;
    let inside = |name: &str| folder.path().join(name);
    let settings = &mut roster.settings;
    settings.database = DatabaseSettings::File(inside("exchange.db"));
    settings.seal.key_file = inside("exchange.key");
    settings.archive = ArchiveSettings::Folder { path: inside("sealed"), prefix: String::new() };
    settings.messaging.mode = MessagingMode::Files;
    settings.messaging.folder = inside("outbox");
    settings.messaging.quiet = None;
    settings.messaging.override_phone = None;
    settings.messaging.override_email = None;
    settings.twilio = None;
    settings.smtp = None;
    Ok(roster)
}

fn listening(site: Site, made: &DrawReport, address: SocketAddr, invented: bool) -> Result<Listening, Failure> {
    let token = random_token()?;
    let exchange = &site.exchange;
    let people = exchange.people.iter().filter_map(|p| Some((p.name.clone(), p.phone.clone()?))).collect();
    let phones = Phones {
        people,
        mailed: exchange.people.iter().filter(|p| p.phone.is_none()).map(|p| p.name.clone()).collect(),
        invented,
        exchange: exchange.name.clone(),
        keyword: exchange.keyword.clone(),
        fingerprint: made.fingerprint.to_string(),
        inbox: Inbox::default(),
        token: token.clone(),
        own_address: address,
    };
    let public_url = format!("http://{address}").parse();
    Ok(Listening {
        public_url: public_url.map_err(|e| {
            Failure::error("the demo's address is no URL").because(anyhow::Error::new::<url::ParseError>(e))
        })?,
        exchanges: Exchanges::around(site),
        auth_tokens: vec![token],
        metrics_open: false,
        sender: Sender::phones(phones.inbox.clone()),
        phones: Some(phones),
        backups: None,
    })
}

fn bind(context: &Context, port: Option<u16>) -> Result<TcpListener, Failure> {
    let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
    if let Some(port) = port {
        return listen::bind(local(port));
    }
    match web::bind(local(PORT)) {
        Ok(tcp) => Ok(tcp),
        Err(_taken) => {
            let tcp = listen::bind(local(0))?;
            context.ui.talk(&format!("Port {PORT} is taken; the demo listens on another one."));
            Ok(tcp)
        }
    }
}

/// Signs the simulated phones' texts, as Twilio's token signs real ones.
fn random_token() -> Result<SecretString, Failure> {
    let mut bytes = [0_u8; 16];
    rand::rngs::SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|e| Failure::error("the operating system gave no random bytes").because(e))?;
    Ok(SecretString::from(HEXLOWER.encode(&bytes)))
}
