//! `xchange init`: a commented roster to start from.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use super::{Context, Ending, Failure};

/// Writes a commented `exchange.toml`; never overwrites one.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_args: &Args, context: &Context) -> Result<Ending, Failure> {
    let path = context.file();
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => Failure::error(format!("{} is there already, and stays as it is", path.display()))
            .hint("Name another file with --file."),
        _ => Failure::error(format!("cannot create {}", path.display())).because(e),
    })?;
    file.write_all(crate::roster::TEMPLATE.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|e| Failure::error(format!("cannot write {}", path.display())).because(e))?;
    context.ui.talk(&format!(
        "Wrote {}. Put your people in it, then run `xchange check` and `xchange draw`.",
        path.display()
    ));
    Ok(Ending::Done)
}
