//! `xchange completions SHELL`.

use clap::CommandFactory;

use super::{Cli, Context, Ending, Failure};

/// Prints a completion script; see your shell's manual for where it goes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which shell
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Ending, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "xchange", &mut script);
    context.ui.data(&String::from_utf8_lossy(&script))?;
    Ok(Ending::Done)
}
