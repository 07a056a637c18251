//! `xchange rehearse`.

use super::{Context, Failure, demo};
use crate::web::Play;

/// Play the whole season with simulated phones
///
/// Your own people, rules, wordings, reminders and quiet hours on the page of the demo, a phone or a mail box for each, and a button
/// that turns the calendar: reminders come, nights are quiet, somebody joins late, a pairing is opened and everybody can tell. It is
/// what `serve` does, in a temporary folder with a draw, a key and an archive of its own. It reads no key, no sealed draw and no
/// history, sends nothing, and counts for nothing afterwards.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  xchange rehearse\n  xchange rehearse --file exchange.toml")]
pub(super) struct Args {
    /// Listen on this port; 0 takes any free one [default: 5050, or another if it is taken]
    #[arg(long, value_name = "PORT", value_parser = demo::port)]
    port: Option<u16>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    demo::show(context, context.roster_and_warnings()?, Play::Rehearsal, args.port)
}
