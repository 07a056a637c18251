//! `xchange serve`.

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::{SignedDuration, Span, SpanRelativeTo};
use secrecy::SecretString;
use url::Url;

use super::listen::{self, Listening};
use super::{Context, Failure, next};
use crate::app::backup::regular::Regular;
use crate::app::connect;
use crate::app::exchange::ways::Ways;
use crate::app::exchange::{notices, status};
use crate::app::exchanges::Exchanges;
use crate::app::outbox::providers;
use crate::app::site::{Kept, Site};
use crate::model::Settings;
use crate::roster;
use crate::web::signature::webhook_url;

/// Answer texts
///
/// For every exchange of the site: that of the file, and those kept in its database, which need no restart when they are made
/// or changed. Listens until it is told to stop (Ctrl-C, or SIGTERM); requests in hand are finished. It also sends what waits in the outbox: the
/// pairings by e-mail within a minute of the draw, reminders when they fall due. After a `restore` those e-mails wait for `xchange
/// send`, for they may have gone out before.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange serve --ngrok --connect\n  xchange serve --public-url https://xmas.example.org"
)]
pub(super) struct Args {
    /// Listen here instead of `[listener] bind`
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    bind: Option<SocketAddr>,
    /// What Twilio calls, instead of `[listener] public_url`
    #[arg(long, value_name = "URL", conflicts_with = "ngrok", value_parser = roster::web_address)]
    public_url: Option<Url>,
    /// Ask the ngrok on this machine for the public address
    #[arg(long)]
    ngrok: bool,
    /// Set the Twilio number's webhook to the public address
    #[arg(long)]
    connect: bool,
    /// Where ngrok's local API listens
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:4040", hide = true)]
    ngrok_api: Url,
    /// Show /metrics to others than this machine
    #[arg(long)]
    metrics_open: bool,
    /// Keep a backup this often (`1d`, `12h`) in the folder `backups` beside the file; the newest seven stay
    #[arg(long, value_name = "TIME", value_parser = interval)]
    backup_every: Option<SignedDuration>,
}

fn interval(text: &str) -> Result<SignedDuration, &'static str> {
    let span = text.parse::<Span>().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    span.ok()
        .filter(|every| *every >= SignedDuration::from_mins(1))
        .ok_or("a minute at least is needed, as in 12h or 1d")
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_no_address| "an address and a port are needed, as in 127.0.0.1:5050")
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    context.ui.start_log(tracing::Level::INFO);
    context.about_the_site("serve")?;
    let file = context.site_file()?;
    if !file.warnings().is_empty() {
        context.ui.talk(&roster::render_all(file.warnings()));
    }
    let settings = file.settings().clone();
    let backups = args.backup_every.map(|every| regular(context, every));
    let accounts = context.accounts()?;
    let exchanges = context.exchanges(file)?;
    let sites = exchanges.all()?;
    let token = token(context, &settings, &sites)?;
    let is_texted = token.is_some();
    say_differences(context, &sites);
    let unmailed: Vec<usize> = sites.iter().map(|site| notices::unmailed(site).unwrap_or_default()).collect();
    context.multi_threaded()?.block_on(async {
        let tcp = listen::bind(args.bind.unwrap_or(settings.listener.bind))?;
        let address = tcp.local_addr().map_err(|e| Failure::error("cannot tell the listener's address").because(e))?;
        let public_url = public_url(args, &settings, (address, is_texted)).await?;
        if args.connect {
            set_webhook(context, &settings, &public_url).await?;
        }
        let sender = providers::sender(&settings, &accounts, Some(listen::status_url(&public_url)?))?;
        let sms_url = webhook_url(&public_url, "/sms");
        let listening = Listening {
            sender,
            exchanges: leading_to(exchanges, &public_url),
            auth_tokens: token.into_iter().collect(),
            public_url,
            is_tunnelled: args.ngrok,
            metrics_open: args.metrics_open,
            phones: None,
            backups,
        };
        let ready = || {
            let heard = match is_texted {
                true => format!("Twilio calls {sms_url}"),
                false => "No texts, for TWILIO_AUTH_TOKEN is not set; e-mails and pages only.".to_owned(),
            };
            context.ui.talk(&format!("Listening on {address}. {heard}"));
            next::rehearsal(&settings).iter().for_each(|line| context.ui.talk(line));
            for (site, unmailed) in sites.iter().zip(unmailed) {
                next::missing_for_mail(context, &site.exchange, &settings)
                    .iter()
                    .for_each(|line| context.ui.talk(line));
                say_who_is_mailed(context, site, unmailed);
            }
            Ok(())
        };
        listen::listen(context, tcp, listening, ready).await
    })?;
    Ok(())
}

/// What has changed in each roster since its draw. A damaged roster is no reason not to answer: the draw has its own, sealed.
fn say_differences(context: &Context, sites: &[Site]) {
    for site in sites {
        let differences = status::differences_since_draw(site).unwrap_or_default();
        if let Kept::Database { .. } = site.kept
            && !differences.is_empty()
        {
            context.ui.talk(&format!("{}:", site.exchange.name));
        }
        context.say_differences(&differences);
    }
}

/// What webhooks are checked by. By e-mail alone there is none, and every webhook is refused.
fn token(context: &Context, settings: &Settings, sites: &[Site]) -> Result<Option<SecretString>, Failure> {
    let token = context.environment.auth_token()?;
    let is_texted = settings.twilio.is_some() || sites.iter().any(|site| Ways::of(&site.exchange).by_text > 0);
    if token.is_none() && is_texted {
        return Err(Failure::error("TWILIO_AUTH_TOKEN is not set, so no webhook could be checked")
            .hint("Copy the auth token from the Twilio console into TWILIO_AUTH_TOKEN, or name a file in TWILIO_AUTH_TOKEN_FILE.")
            .hint("To try everything without an account, run `xchange demo`."));
    }
    Ok(token)
}

/// Backups beside the site's file, called after it.
fn regular(context: &Context, every: SignedDuration) -> Regular {
    let file = context.file();
    let name = file.file_stem().map_or_else(|| "exchange".to_owned(), |stem| stem.to_string_lossy().into_owned());
    Regular { folder: file.with_file_name("backups"), name, every }
}

/// A site whose links in messages lead to where the listener is, however that was said.
fn leading_to(mut exchanges: Exchanges, public_url: &Url) -> Exchanges {
    Arc::make_mut(&mut exchanges.settings).listener.public_url = Some(public_url.clone());
    exchanges
}

/// What the listener does not mail by itself, for it may have been mailed before, would otherwise be forgotten.
fn say_who_is_mailed(context: &Context, site: &Site, unmailed: usize) {
    if unmailed > 0 {
        let send = next::command_for(context, "send", site.name_in_database());
        let (are, wait) = if unmailed == 1 { ("is", "waits") } else { ("are", "wait") };
        context.ui.talk(&format!("{} {are} told by e-mail and {wait} for {send}.", next::people(unmailed)));
    }
}

async fn public_url(
    args: &Args,
    settings: &Settings,
    (address, is_texted): (SocketAddr, bool),
) -> Result<Url, Failure> {
    if args.ngrok {
        return Ok(connect::ngrok_address(&args.ngrok_api, address.port()).await?);
    }
    let on_this_machine = || {
        let here = || format!("http://127.0.0.1:{}", address.port()).parse().ok();
        (!is_texted).then(here).flatten()
    };
    args.public_url.clone().or_else(|| settings.listener.public_url.clone()).or_else(on_this_machine).ok_or_else(|| {
        Failure::error("the listener's public address is not known, so no signature could be checked")
            .hint("Set public_url under [listener], or give --public-url, or start ngrok and give --ngrok.")
    })
}

async fn set_webhook(context: &Context, settings: &Settings, public_url: &Url) -> Result<(), Failure> {
    let credentials = context.twilio_credentials()?;
    let Some(twilio) = &settings.twilio else {
        return Err(Failure::error("--connect needs the [twilio] section with the number in `from`"));
    };
    let sms_url = webhook_url(public_url, "/sms");
    let number = connect::connect_number(twilio, credentials, &sms_url).await?;
    context.ui.talk(&format!("The number {number} now calls {sms_url}."));
    Ok(())
}
