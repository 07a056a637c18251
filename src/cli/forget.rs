//! `xchange forget`.

use serde_json::json;

use super::expire::KEPT;
use super::{Context, Failure};
use crate::app::exchange::forgetting::{self, NotForgotten};

/// Forget somebody of an exchange
///
/// In the exchange at hand: name, addresses, wishes, households, and the numbers of their texts; of one that is kept in the database
/// the roster, too. From a roster file take them out first. Nobody of the draw that answers is forgotten before it is 60 days old:
/// take them out by `xchange update`. All of it happens, or nothing; what is not reached is said before anything is asked.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange forget \"Cleo Marsh\" --dry-run\n  xchange forget \"Cleo Marsh\" -x Office"
)]
pub(super) struct Args {
    /// Their name
    name: String,
    /// Only show what would go
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let site = context.site(&context.roster()?)?;
    let (name, now) = (&args.name, site.clock.now());
    // The inner error is what keeps them from being forgotten, the outer one the database's.
    let found = site.store.undone(|tx| Ok(forgetting::forget(tx, &site, name, now)))??;
    if !context.ui.json() {
        let would = if args.dry_run { "Would forget" } else { "Forgets" };
        context.ui.talk(&format!(
            "{would} {name:?} of {:?}: all that is kept of them beside the sealed draws.",
            found.exchange
        ));
        context.ui.talk(KEPT);
    }
    if !args.dry_run {
        context.ui.confirm(args.yes, "This cannot be taken back.", "Nobody was forgotten.")?;
        site.store.write(|tx| forgetting::forget(tx, &site, name, now))?;
        context.ui.talk(&format!("Forgot {name:?}."));
    }
    if context.ui.json() {
        context.ui.document(&json!({"exchange": found.exchange, "name": name, "dry_run": args.dry_run}))?;
    }
    Ok(())
}

impl From<NotForgotten> for Failure {
    fn from(error: NotForgotten) -> Self {
        match error {
            NotForgotten::Roster(error) => error.into(),
            NotForgotten::Store(error) => error.into(),
            NotForgotten::InFile(ref name) => Self::no(format!("{error}. Nothing was forgotten."))
                .hint(format!("Take them out first: `xchange people remove {name:?}`.")),
            NotForgotten::Unknown(_) => {
                Self::error(error.to_string()).hint("`xchange people list` and `xchange status` name people.")
            }
            NotForgotten::Kept { .. } => Self::no(format!("{error}. Nothing was forgotten.")),
        }
    }
}
