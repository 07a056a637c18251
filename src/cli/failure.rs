//! What went wrong, once, and what to do about it.

use std::fmt;
use std::process::ExitCode;

mod hints;

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A well-formed no: exit code 1.
    No,
    /// An error or wrong usage: exit code 2.
    Error,
    /// A well-formed no that was explained where it was found.
    Explained,
    /// The reader of our output went away: not an error.
    BrokenPipe,
}

/// A failure on its way to the person who typed the command.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    what: String,
    cause: Option<anyhow::Error>,
    hints: Vec<String>,
}

impl Failure {
    /// An error.
    pub fn error(what: impl Into<String>) -> Self {
        Self { kind: Kind::Error, what: what.into(), cause: None, hints: Vec::new() }
    }

    /// A well-formed no.
    pub fn no(what: impl Into<String>) -> Self {
        Self { kind: Kind::No, ..Self::error(what) }
    }

    /// A well-formed no of a verb that has said why already.
    pub(super) fn explained() -> Self {
        Self { kind: Kind::Explained, ..Self::error("") }
    }

    /// The same, unless all is well.
    pub(super) fn explained_unless(is_well: bool) -> Result<(), Self> {
        if is_well { Ok(()) } else { Err(Self::explained()) }
    }

    pub(super) fn broken_pipe() -> Self {
        Self { kind: Kind::BrokenPipe, ..Self::error("") }
    }

    /// Adds the cause.
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Adds a hint: what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// What is wrong with what was typed, each by the flag or the argument that it was typed as.
    pub(super) fn mistyped(faults: &[(&str, String)]) -> Self {
        let line = |(field, remark): &(&str, String)| match *field {
            "name" | "text" => format!("  {}: {remark}", field.to_uppercase()),
            flag => format!("  --{}: {remark}", flag.replace('_', "-")),
        };
        let lines: Vec<String> = faults.iter().map(line).collect();
        Self::error(format!("nothing was changed; this needs another look\n{}", lines.join("\n")))
    }

    /// An error from below: its own words, its causes behind them.
    fn of(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        let what = error.to_string();
        let mut failure = Self::error(what);
        failure.cause = Some(anyhow::Error::new(error));
        failure
    }

    fn maybe_hint(self, hint: Option<&str>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// What stands behind it, outermost first. The last causes of a long chain are a library's talk to its engineers.
    fn causes(&self) -> Vec<String> {
        const MOST: usize = 2;
        let mut causes: Vec<String> = Vec::new();
        for cause in self.cause.iter().flat_map(anyhow::Error::chain).map(ToString::to_string) {
            // Errors that only pass another one on repeat its words.
            if !causes.last().unwrap_or(&self.what).contains(&cause) {
                causes.push(cause);
            }
        }
        causes.truncate(MOST);
        causes
    }

    /// What went wrong, without causes and hints.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The failure as JSON, for scripts that asked for JSON and get no other document.
    pub fn as_json(&self) -> serde_json::Value {
        serde_json::json!({"ok": false, "error": self.what, "causes": self.causes(), "hints": self.hints})
    }

    /// Whether there is nothing to say.
    pub fn is_silent(&self) -> bool {
        matches!(self.kind, Kind::Explained | Kind::BrokenPipe)
    }

    /// The exit code that goes with it.
    pub fn exit_code(&self) -> ExitCode {
        match self.kind {
            Kind::No | Kind::Explained => ExitCode::from(1),
            Kind::Error => ExitCode::from(2),
            Kind::BrokenPipe => ExitCode::SUCCESS,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::No => write!(f, "{}", self.what)?,
            _ => write!(f, "error: {}", self.what)?,
        }
        for cause in self.causes() {
            write!(f, "\n  because: {cause}")?;
        }
        for hint in &self.hints {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}
