//! The only printer: data on stdout, talk on stderr. A reader that goes away (`| head`) is not an error.

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::Failure;

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Ui {
    json: bool,
    quiet: bool,
    verbose: u8,
}

impl Ui {
    /// A printer.
    #[must_use]
    pub fn new(json: bool, quiet: bool, verbose: u8) -> Self {
        Self { json, quiet, verbose }
    }

    /// Whether one JSON document is wanted on stdout.
    #[must_use]
    pub fn json(&self) -> bool {
        self.json
    }

    /// Prints data.
    ///
    /// # Errors
    /// When stdout cannot be written, other than because its reader went away.
    pub fn data(&self, text: &str) -> Result<(), Failure> {
        put(io::stdout().lock(), text)
    }

    /// Prints a JSON document.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn document(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(|e| Failure::error("cannot write JSON").because(e))?;
        self.data(&text)
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
        let _gone = writeln!(io::stderr().lock(), "{text}");
    }

    /// Prints a failure, its causes and its hints; gives its exit code.
    #[must_use]
    pub fn failure(&self, failure: &Failure) -> ExitCode {
        if failure.is_silent() {
            return failure.exit_code();
        }
        self.always(&failure.to_string());
        if self.json {
            // It has been said on stderr already; a stdout that is gone cannot be told.
            let _gone = self.document(&failure.as_json());
        }
        failure.exit_code()
    }

    /// Asks a question that only `yes` answers with yes.
    ///
    /// # Errors
    /// When nobody is there to be asked.
    pub fn confirm(&self, question: &str) -> Result<bool, Failure> {
        if !io::stdin().is_terminal() {
            return Err(Failure::error("this needs a confirmation, and there is no terminal to ask at")
                .hint("Add --yes if you are sure."));
        }
        let _gone = write!(io::stderr().lock(), "{question} Type yes to go on: ");
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(|e| Failure::error("cannot read the answer").because(e))?;
        Ok(line.trim().eq_ignore_ascii_case("yes"))
    }

    /// A table that fits the terminal; its headings stay in one piece as long as there is room for them.
    #[must_use]
    pub fn table(&self, header: &[&str]) -> Table {
        let mut table = Table::new();
        let style = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
        table.load_style(style).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(header.to_vec());
        let padded = |heading: &&str| u16::try_from(heading.width() + 2).unwrap_or(u16::MAX);
        let least: u32 = header.iter().map(|heading| u32::from(padded(heading))).sum();
        if table.width().is_some_and(|room| least <= u32::from(room)) {
            table.set_constraints(header.iter().map(|it| ColumnConstraint::LowerBoundary(Width::Fixed(padded(it)))));
        }
        table
    }

    /// What is known about one thing, a line each: the word, and what it is. Further lines of a fact stand under its first.
    #[must_use]
    pub fn facts(&self, facts: &[(&str, String)]) -> String {
        let width = facts.iter().map(|(word, _)| word.width()).max().unwrap_or(0);
        let line = |(word, fact): &(&str, String)| {
            let indent = format!("\n{}", " ".repeat(width + 2));
            format!("{word}{}  {}", " ".repeat(width - word.width()), fact.replace('\n', &indent))
        };
        facts.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// A bar on stderr for `total` steps, where a person looks on; an invisible one otherwise.
    #[must_use]
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
            1 => tracing::Level::DEBUG,
            _ => tracing::Level::TRACE,
        };
        // Only our own lines: a library's may hold what ours never do.
        let filter = tracing_subscriber::EnvFilter::new(format!("xchange={level}"));
        let started = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(io::stderr)
            .with_ansi(io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
            .with_target(false)
            .try_init();
        debug_assert!(started.is_ok(), "the log is started once");
    }
}

/// Prints what clap has to say: help and version on stdout, a usage error on stderr with exit code 2.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        // It repeats what was typed, which may hold characters that a terminal would obey.
        let text: String = error.render().to_string().chars().filter(|c| *c == '\n' || !c.is_control()).collect();
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
