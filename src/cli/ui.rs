//! The only printer: data on stdout, talk on stderr. A reader that goes away (`| head`) is not an error.

use std::io::{self, BufRead, IsTerminal, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use serde::Serialize;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use self::layout::Page;
use super::Failure;
use crate::clock::Clock;

mod layout;

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Ui {
    json: bool,
    quiet: bool,
    verbose: u8,
}

impl Ui {
    /// A printer.
    pub fn new(json: bool, quiet: bool, verbose: u8) -> Self {
        Self { json, quiet, verbose }
    }

    /// Whether one JSON document is wanted on stdout.
    pub fn json(&self) -> bool {
        self.json
    }

    /// Prints data. That its reader has gone away is no error.
    pub fn data(&self, text: &str) -> Result<(), Failure> {
        put(io::stdout().lock(), &layout::text(page(&io::stdout()), text))
    }

    /// Prints a table that fits the terminal, or a block for each row where none would fit.
    pub fn table(&self, header: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
        put(io::stdout().lock(), &layout::table(page(&io::stdout()), header, rows))
    }

    /// Prints what is known about one thing, a line each: the word, and what it is.
    pub fn facts(&self, facts: &[(&str, String)]) -> Result<(), Failure> {
        put(io::stdout().lock(), &layout::facts(page(&io::stdout()), facts))
    }

    /// Prints a JSON document.
    pub fn document(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(|e| Failure::error("cannot write JSON").because(e))?;
        put(io::stdout().lock(), &text)
    }

    /// Prints a text made for another program, exactly as it is.
    pub fn verbatim(&self, text: &str) -> Result<(), Failure> {
        put(io::stdout().lock(), text)
    }

    /// Says something on stderr, unless silence was asked for.
    pub fn talk(&self, text: &str) {
        if !self.quiet {
            self.always(text);
        }
    }

    /// Says something on stderr, wanted or not: warnings, questions.
    pub fn always(&self, text: &str) {
        // Nothing is left to tell it to when stderr is gone.
        let _gone = writeln!(io::stderr().lock(), "{}", layout::text(page(&io::stderr()), text));
    }

    /// Prints a failure, its causes and its hints; gives its exit code.
    pub fn failure(&self, failure: &Failure) -> ExitCode {
        if failure.is_silent() {
            return failure.exit_code();
        }
        // Whoever looks at both is told once.
        if !(self.json && io::stdout().is_terminal()) {
            self.always(&failure.to_string());
        }
        if self.json {
            // A stdout that is gone cannot be told.
            let _gone = self.document(&failure.as_json());
        }
        failure.exit_code()
    }

    /// Asks whoever has not said beforehand that they are sure a question that only `yes` answers with yes; any other
    /// answer ends the verb with these words.
    pub fn confirm(&self, is_sure: bool, question: &str, otherwise: &str) -> Result<(), Failure> {
        if is_sure {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Err(Failure::error("this needs a confirmation, and this is not a terminal")
                .hint("Add --yes if you are sure."));
        }
        let question = layout::text(page(&io::stderr()), &format!("{question} Type yes to go on:"));
        let _gone = write!(io::stderr().lock(), "{question} ");
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(|e| Failure::error("cannot read the answer").because(e))?;
        if line.trim().eq_ignore_ascii_case("yes") { Ok(()) } else { Err(Failure::no(otherwise)) }
    }

    /// A bar on stderr for `total` steps, where a person looks on; an invisible one otherwise.
    pub fn bar(&self, total: u64) -> indicatif::ProgressBar {
        if self.quiet || self.json || !io::stderr().is_terminal() {
            return indicatif::ProgressBar::hidden();
        }
        indicatif::ProgressBar::new(total)
    }

    /// Starts the log on stderr. `base` is what is logged without `-v`.
    pub fn start_log(&self, base: tracing::Level) {
        let level = match self.verbose {
            _ if self.quiet => tracing::Level::ERROR,
            0 => base,
            _ => tracing::Level::TRACE,
        };
        // Only our own lines: a library's may hold what ours never do.
        let filter = tracing_subscriber::EnvFilter::new(format!("xchange={level}"));
        let started = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(io::stderr)
            .with_ansi(page(&io::stderr()).colour)
            .with_timer(Seconds)
            .with_target(false)
            .try_init();
        debug_assert!(started.is_ok(), "the log is started once");
    }
}

/// The time of a log line, to the second.
struct Seconds;

impl FormatTime for Seconds {
    fn format_time(&self, out: &mut Writer<'_>) -> std::fmt::Result {
        write!(out, "{:.0}", Clock::system().now())
    }
}

/// What a stream prints on. <https://no-color.org> turns colours off.
fn page(stream: &(impl IsTerminal + AsFd)) -> Page {
    const NARROWEST: usize = 20;
    if !stream.is_terminal() {
        return Page { width: None, colour: false };
    }
    let width = terminal_size::terminal_size_of(stream).map_or(80, |(width, _)| usize::from(width.0));
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|kind| kind == "dumb");
    Page { width: Some(width.max(NARROWEST)), colour: !unwanted && !dumb }
}

/// Prints what clap has to say: help and version on stdout, a usage error on stderr with exit code 2.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    const LONGEST_ECHO: usize = 60;
    if error.use_stderr() {
        // It repeats what was typed, which may hold characters that a terminal would obey, and any number of them.
        let mut text: String = error.render().to_string().chars().filter(|c| *c == '\n' || !c.is_control()).collect();
        if let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidValue)
            && typed.chars().count() > LONGEST_ECHO
        {
            text = text.replace(typed.as_str(), &format!("{}…", typed.chars().take(LONGEST_ECHO).collect::<String>()));
        }
        if let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidArg)
            && error.kind() == ErrorKind::UnknownArgument
            && typed.ends_with(".toml")
        {
            text = text.replacen("\n\n", &format!("\n\n  tip: name the roster with --file {typed}\n\n"), 1);
        }
        let _gone = write!(io::stderr().lock(), "{text}");
    } else {
        let _gone = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn put(mut out: impl Write, text: &str) -> Result<(), Failure> {
    match out
        .write_all(text.as_bytes())
        .and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") })
        .and_then(|()| out.flush())
    {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Err(Failure::broken_pipe()),
        Err(e) => Err(Failure::error("cannot write to stdout").because(e)),
        Ok(()) => Ok(()),
    }
}
