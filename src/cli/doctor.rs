//! `xchange doctor`.

use serde_json::json;
use url::Url;

use super::{Context, Failure, passphrase};
use crate::app::doctor::{self, Finding, State};
use crate::app::outbox::providers::Accounts;
use crate::roster::{self, SiteFile};

/// Check each part for real
///
/// One line each: ok, not set up, or broken and what to do. Sends nothing and changes nothing. Exit code 1 if one is broken.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  xchange doctor\n  xchange doctor --listener http://127.0.0.1:5050")]
pub(super) struct Args {
    /// Check nothing but the listener at this address
    #[arg(long, value_name = "URL", value_parser = roster::web_address)]
    listener: Option<Url>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    context.ui.start_log(tracing::Level::WARN);
    let findings = match &args.listener {
        Some(address) => vec![context.block_on(doctor::listener("listener", address))?],
        None => {
            let file = context.site_file()?;
            let settings = file.settings().clone();
            let roster = match file {
                SiteFile::Site { .. } if context.exchange.is_none() => None,
                _ => Some(context.roster()?),
            };
            let (twilio, account) = match context.environment.variable("TWILIO_ACCOUNT_SID") {
                Some(_) => match context.twilio_credentials() {
                    Ok(credentials) => (Some(credentials), Ok(())),
                    Err(failure) => (None, Err(failure.what().to_owned())),
                },
                None => (None, Ok(())),
            };
            let accounts = Accounts { twilio, smtp_password: context.environment.secret("SMTP_PASSWORD")? };
            let ask = passphrase::existing(context, &settings.seal.key_file);
            context.block_on(doctor::examine(
                (&settings, roster.as_ref()),
                accounts,
                account,
                ask,
                context.clock.clone(),
            ))?
        }
    };
    show(context, &findings)?;
    Failure::explained_unless(findings.iter().all(|finding| finding.state != State::Broken))
}

fn show(context: &Context, findings: &[Finding]) -> Result<(), Failure> {
    if context.ui.json() {
        let row = |f: &Finding| json!({"part": f.part, "state": f.state.word().replace(' ', "_"), "detail": f.detail, "todo": f.todo});
        let ok = findings.iter().all(|f| f.state != State::Broken);
        return context.ui.document(&json!({"ok": ok, "parts": findings.iter().map(row).collect::<Vec<_>>()}));
    }
    let row = |f: &Finding| {
        let todo = if f.todo.is_empty() { String::new() } else { format!(" - {}", f.todo) };
        vec![f.part.to_owned(), f.state.word().to_owned(), format!("{}{todo}", f.detail)]
    };
    context.ui.table(&["part", "state", "found"], &findings.iter().map(row).collect::<Vec<_>>())
}
