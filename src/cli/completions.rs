//! `xchange completions SHELL`.

use clap::CommandFactory;

use super::{Cli, Context, Failure};

/// Print completions for a shell
///
/// See your shell's manual for where the script goes.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  xchange completions bash > ~/.local/share/bash-completion/completions/xchange"
)]
pub(super) struct Args {
    /// Which shell
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "xchange", &mut script);
    context.ui.verbatim(&String::from_utf8_lossy(&script))
}
