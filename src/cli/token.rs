//! `xchange token`.

use secrecy::ExposeSecret;
use serde_json::json;

use super::status::local;
use super::{Context, Failure};
use crate::app::accounts;
use crate::app::exchanges::Exchanges;
use crate::store::Scope;

/// Make tokens that scripts use instead of a password
///
/// A token is shown once. Without --account it is the site's own and reaches what the keeper does.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange token new backup-script\n  xchange token new booking --scope write --account ada@example.org"
)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Make a token and print it
    New {
        /// What to call it
        name: String,
        /// What it may do: write includes read, audit includes both and alone opens pairings
        #[arg(long, default_value = "read", value_parser = scope)]
        scope: Scope,
        #[command(flatten)]
        holder: Holder,
    },
    /// List the tokens
    List,
    /// Take a token away
    Revoke {
        /// What it is called
        name: String,
        #[command(flatten)]
        holder: Holder,
    },
}

#[derive(Debug, clap::Args)]
struct Holder {
    /// Whose token it is, instead of the site's
    #[arg(long, value_name = "EMAIL")]
    account: Option<String>,
}

fn scope(text: &str) -> Result<Scope, &'static str> {
    Scope::from_word(text).ok_or("a token's scope is read, write or audit")
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let site = context.whole_site("token")?;
    let now = context.clock.now();
    match &args.what {
        What::New { name, scope, holder } => {
            let made = site.store.write(|tx| {
                let reach = accounts::reach_of(tx, holder.account.as_deref())?;
                accounts::make_token(tx, reach, (name, *scope), now)
            })?;
            if context.ui.json() {
                context.ui.document(&json!({"token": made.expose_secret(), "scope": scope.word()}))?;
            } else {
                context.ui.data(made.expose_secret())?;
                context.ui.talk("It is not shown again. Scripts send it as `Authorization: Bearer ...`.");
            }
        }
        What::List => list(context, &site)?,
        What::Revoke { name, holder } => {
            site.store.write(|tx| {
                let reach = accounts::reach_of(tx, holder.account.as_deref())?;
                accounts::revoke_token(tx, reach, name)
            })?;
            context.ui.talk("The token no longer works.");
        }
    }
    Ok(())
}

fn list(context: &Context, site: &Exchanges) -> Result<(), Failure> {
    let listed = site.store.read(accounts::all_tokens)?;
    if context.ui.json() {
        let row = |(token, account): &accounts::TokenOf| {
            json!({
                "name": token.name,
                "scope": token.scope.word(),
                "account": account,
                "added_at": token.added_at,
                "used_at": token.used_at,
            })
        };
        return context.ui.document(&json!({"tokens": listed.iter().map(row).collect::<Vec<_>>()}));
    }
    if listed.is_empty() {
        return context.ui.data("There is no token.");
    }
    let zone = site.timezone();
    let row = |(token, account): &accounts::TokenOf| {
        vec![
            token.name.clone(),
            token.scope.word().to_owned(),
            account.clone().unwrap_or_else(|| "the site".to_owned()),
            local(Some(token.added_at), zone),
            token.used_at.map_or_else(|| "never".to_owned(), |at| local(Some(at), zone)),
        ]
    };
    context.ui.table(&["name", "scope", "of", "made", "last used"], &listed.iter().map(row).collect::<Vec<_>>())
}
