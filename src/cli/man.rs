//! `xchange man`.

use clap::CommandFactory;

use super::{Cli, Context, Ending, Failure};

/// Prints the manual page: `xchange man | man -l -`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_args: &Args, context: &Context) -> Result<Ending, Failure> {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page).and_then(|()| {
        Cli::command().get_subcommands().filter(|verb| verb.get_name() != "help").try_for_each(|verb| {
            let verb = verb.clone().display_name(format!("xchange {}", verb.get_name()));
            let man = clap_mangen::Man::new(verb);
            man.render_synopsis_section(&mut page)?;
            man.render_description_section(&mut page)?;
            man.render_options_section(&mut page)
        })
    });
    rendered.map_err(|e| Failure::error("cannot write the manual page").because(e))?;
    context.ui.data(&String::from_utf8_lossy(&page))?;
    Ok(Ending::Done)
}
