//! `xchange audit`.

use serde_json::{Value, json};

use super::status::local;
use super::{Context, Failure};
use crate::app::exchange::audit::{self, Opened, Wanted};
use crate::seal::By;

/// Open one pairing on dispute, and leave a trace
///
/// The opening is numbered, logged, archived and announced to the giver before the name is shown, and anybody can text PROOF to
/// learn how many there were. It asks first.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  xchange audit --giver \"Ada Hill\" --reason \"two parcels for one person\"")]
#[command(group = clap::ArgGroup::new("end").required(true))]
pub(super) struct Args {
    /// Open the pairing of this giver
    #[arg(long, value_name = "NAME", group = "end")]
    giver: Option<String>,
    /// Open the pairing of this receiver
    #[arg(long, value_name = "NAME", group = "end")]
    receiver: Option<String>,
    /// Why; it stands in the log for everybody to read, so name nobody
    #[arg(long, value_name = "TEXT", value_parser = super::reason)]
    reason: String,
    /// The draw's number, if not the newest
    #[arg(long, value_name = "NUMBER")]
    draw: Option<u32>,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    context.ui.start_log(tracing::Level::WARN);
    let roster = context.roster()?;
    let site = context.site(&roster)?;
    let (by, name) = match (&args.giver, &args.receiver) {
        (Some(name), _) => (By::Giver, name),
        (None, Some(name)) => (By::Receiver, name),
        (None, None) => return Err(Failure::error("name the giver or the receiver")),
    };
    let wanted = Wanted { by, name, draw: args.draw };
    let runtime = context.runtime()?;
    let found = runtime.block_on(audit::find(&site, wanted))?;
    let question = format!(
        "This opens the pairing of {by} {name} in draw {}. The opening is logged for good and the giver is told.",
        found.draw()
    );
    context.ui.confirm(args.yes, &question, "Nothing was opened.")?;
    let opened = runtime.block_on(audit::open(&site, found, &args.reason))?;
    show(context, &opened, &roster.exchange.timezone)?;
    Ok(())
}

fn show(context: &Context, opened: &[Opened], timezone: &str) -> Result<(), Failure> {
    if context.ui.json() {
        return match opened {
            [only] => context.ui.document(&as_json(only)),
            several => context.ui.document(&several.iter().map(as_json).collect::<Vec<_>>()),
        };
    }
    for opened in opened {
        let told: Vec<String> =
            opened.told.iter().map(|told| format!("{} {}", local(Some(told.at), timezone), told.how())).collect();
        let told = if told.is_empty() { format!("{} has not been told yet", opened.giver) } else { told.join("\n") };
        let agree = if opened.archive_matches { "agree" } else { "DIFFER: run `xchange verify`" };
        context.ui.facts(&[
            ("opening", opened.opening.number.to_string()),
            ("giver", opened.giver.clone()),
            ("receiver", opened.receiver.clone()),
            ("draw", opened.draw.to_string()),
            ("receipt", opened.receipt.clone()),
            ("told", told),
            ("database and archive", agree.to_owned()),
            ("reason", opened.opening.reason.clone()),
            ("log entry", opened.opening.hash.to_string()),
        ])?;
    }
    Ok(())
}

fn as_json(opened: &Opened) -> Value {
    let told: Vec<Value> =
        opened.told.iter().map(|t| json!({"at": t.at, "sid": t.sid, "status": "answered"})).collect();
    json!({
        "giver": opened.giver,
        "receiver": opened.receiver,
        "draw": opened.draw,
        "receipt": opened.receipt,
        "told": told,
        "opening": {
            "number": opened.opening.number,
            "at": opened.opening.at,
            "reason": opened.opening.reason,
            "hash": opened.opening.hash.to_string(),
        },
        "archive_matches": opened.archive_matches,
    })
}
