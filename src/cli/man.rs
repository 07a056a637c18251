//! `xchange man`.

use std::io::{self, Write};

use clap::CommandFactory;

use super::{Cli, Context, Failure};

/// Print the manual page
///
/// One page for all verbs.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  xchange man | man -l -")]
pub(super) struct Args {}

pub(super) fn run(_args: &Args, context: &Context) -> Result<(), Failure> {
    let mut page = Vec::new();
    let whole = clap_mangen::Man::new(Cli::command());
    let rendered = whole
        .render_title(&mut page)
        .and_then(|()| whole.render_name_section(&mut page))
        .and_then(|()| whole.render_synopsis_section(&mut page))
        .and_then(|()| whole.render_description_section(&mut page))
        .and_then(|()| whole.render_options_section(&mut page))
        .and_then(|()| render_behind(&Cli::command(), &mut page))
        .and_then(|()| Cli::command().get_subcommands().try_for_each(|verb| render_verb("xchange", verb, &mut page)));
    rendered.map_err(|e| Failure::error("cannot write the manual page").because(e))?;
    context.ui.verbatim(&String::from_utf8_lossy(&page))
}

/// One verb, and the verbs below it, under a heading of its own; this is one page, so it refers to no others.
fn render_verb(above: &str, verb: &clap::Command, page: &mut Vec<u8>) -> io::Result<()> {
    if verb.get_name() == "help" {
        return Ok(());
    }
    let name = format!("{above} {}", verb.get_name());
    writeln!(page, ".SH \"{}\"", name.to_uppercase())?;
    let man = clap_mangen::Man::new(verb.clone());
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    render_behind(verb, page)?;
    verb.get_subcommands().try_for_each(|below| render_verb(&name, below, page))
}

/// What stands behind the flags, each part under its heading and its lines as they are.
fn render_behind(verb: &clap::Command, page: &mut Vec<u8>) -> io::Result<()> {
    let text = verb.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    for part in text.split("\n\n") {
        let Some((heading, lines)) = part.split_once(":\n") else { continue };
        let lines = lines.replace('\\', "\\e").replace('-', "\\-");
        writeln!(page, ".SH \"{}\"\n.nf\n{lines}\n.fi", heading.to_uppercase())?;
    }
    Ok(())
}
