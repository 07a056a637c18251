//! `xchange init`: a commented roster to start from.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use super::{Context, Failure, next};
use crate::roster;

/// Write a commented roster to start from
///
/// Writes `exchange.toml`, or the file that --file names, with every key, its default and what it needs, around a small example
/// family. Never overwrites anything.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange init\n  xchange init --file office.toml\n  xchange init --site    for several exchanges, kept in the database"
)]
pub(super) struct Args {
    /// Write a file without an exchange of its own: its exchanges are kept in the database
    #[arg(long)]
    site: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let path = context.file();
    // An empty file has nothing to lose; appending cannot overwrite what somebody else writes into it meanwhile.
    let is_empty = std::fs::metadata(path).is_ok_and(|there| there.is_file() && there.len() == 0);
    let mut options = OpenOptions::new();
    let options = if is_empty { options.append(true) } else { options.write(true).create_new(true) };
    let mut file = options.open(path).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => Failure::error(format!("{} is there already, and stays as it is", path.display()))
            .hint("Name another file with --file."),
        _ => Failure::error(format!("cannot create {}", path.display())).because(e),
    })?;
    let text = if args.site { roster::site_template() } else { roster::TEMPLATE.to_owned() };
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|e| Failure::error(format!("cannot write {}", path.display())).because(e))?;
    if args.site {
        let commands = ["exchange new NAME", "contact add NAME", "desk new NAME", "list new NAME"];
        let [exchange, event, desk, list] = commands.map(|command| next::command(context, command));
        context.ui.talk(&format!(
            "Wrote {}.\nNext: {exchange}, or for an event {event}, for a front desk {desk}, for a list {list}.",
            path.display()
        ));
        return Ok(());
    }
    context.ui.talk(&format!(
        "Wrote {}.\nNext: put your people in it, or take them from a spreadsheet with {}; then {} and {}.",
        path.display(),
        next::command(context, "people import FILE"),
        next::command(context, "check"),
        next::command(context, "draw")
    ));
    Ok(())
}
