//! `xchange account`.

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::status::local;
use super::{Context, Failure, next};
use crate::app::accounts::{self, Listed};
use crate::app::exchanges::Exchanges;
use crate::model::Settings;
use crate::web::{PASSWORD_PATH, signature::webhook_url};

/// Say who may sign in to the pages
///
/// Nobody registers by themselves, and there is no default password: an account is added here, and its link sets the
/// password. The first account is the keeper, who sees what the command line makes; the others see what is their own.
/// Pages and API answer from the moment there is an account.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange account add ada@example.org\n  xchange account link ada@example.org   a forgotten password"
)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Add an account; prints the link that sets its password, once, within 24 hours
    Add {
        /// What they sign in with
        email: String,
    },
    /// List the accounts
    List,
    /// Print a new link for an account, such as for a forgotten password
    Link {
        /// What they sign in with
        email: String,
    },
    /// Remove an account; what it owns goes to the keeper
    Remove {
        /// What they sign in with
        email: String,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let site = context.whole_site("account")?;
    let now = context.clock.now();
    match &args.what {
        What::Add { email } => {
            let (email, link) = site.store.write(|tx| accounts::add(tx, email, now))?;
            show_link(context, &site.settings, &email, &link)?;
        }
        What::Link { email } => {
            let (email, link) = site.store.write(|tx| accounts::link(tx, email, now))?;
            show_link(context, &site.settings, &email, &link)?;
        }
        What::List => list(context, &site)?,
        What::Remove { email, yes } => remove(context, &site, email, *yes)?,
    }
    Ok(())
}

/// The link: whole where the public address is known, and otherwise the path behind it.
fn show_link(context: &Context, settings: &Settings, email: &str, link: &SecretString) -> Result<(), Failure> {
    let path = format!("{PASSWORD_PATH}/{}", link.expose_secret());
    let public = settings.listener.public_url.as_ref();
    let link = public.map_or_else(|| path.clone(), |public| webhook_url(public, &path));
    if context.ui.json() {
        return context.ui.document(&json!({"account": email, "link": link}));
    }
    context.ui.data(&link)?;
    let place = match public {
        Some(_) => String::new(),
        None => format!(" It follows the address that {} listens on.", next::command(context, "serve")),
    };
    context.ui.talk(&format!("Whoever opens this link sets the password of {email}: once, within 24 hours.{place}"));
    Ok(())
}

fn list(context: &Context, site: &Exchanges) -> Result<(), Failure> {
    let listed = site.store.read(accounts::list)?;
    if context.ui.json() {
        let row = |account: &Listed| {
            json!({
                "account": account.email,
                "keeper": account.keeper,
                "has_password": account.has_password,
                "added_at": account.added_at,
                "topics": account.topics,
                "contacts": account.contacts,
            })
        };
        return context.ui.document(&json!({"accounts": listed.iter().map(row).collect::<Vec<_>>()}));
    }
    if listed.is_empty() {
        return context.ui.data("There is no account, so pages and API do not answer.");
    }
    let row = |account: &Listed| {
        vec![
            account.email.clone(),
            if account.keeper { "keeper" } else { "" }.to_owned(),
            if account.has_password { "set" } else { "waits for its link" }.to_owned(),
            account.topics.to_string(),
            account.contacts.to_string(),
            local(Some(account.added_at), site.timezone()),
        ]
    };
    let header = ["account", "", "password", "topics", "contacts", "added"];
    context.ui.table(&header, &listed.iter().map(row).collect::<Vec<_>>())
}

fn remove(context: &Context, site: &Exchanges, email: &str, yes: bool) -> Result<(), Failure> {
    let listed = site.store.read(accounts::list)?;
    let account = listed.iter().find(|account| account.email.eq_ignore_ascii_case(email.trim()));
    if let Some(account) = account.filter(|_| !yes) {
        let heir = if account.keeper { "stay the site's" } else { "go to the keeper" };
        let (email, topics, contacts) = (&account.email, account.topics, account.contacts);
        let question = format!("{email} can no longer sign in; {topics} topics and {contacts} contacts {heir}.");
        context.ui.confirm(false, &question, "Nothing was removed.")?;
    }
    site.store.write(|tx| accounts::remove(tx, email))?;
    context.ui.talk("Removed, with its sessions and tokens.");
    Ok(())
}
