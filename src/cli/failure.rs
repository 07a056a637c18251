//! What went wrong, once, and what to do about it. The only place where hints are written for errors from below.

use std::fmt;
use std::process::ExitCode;

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A well-formed no: exit code 1.
    No,
    /// An error or wrong usage: exit code 2.
    Error,
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
    #[must_use]
    pub fn error(what: impl Into<String>) -> Self {
        Self { kind: Kind::Error, what: what.into(), cause: None, hints: Vec::new() }
    }

    /// A well-formed no.
    #[must_use]
    pub fn no(what: impl Into<String>) -> Self {
        Self { kind: Kind::No, ..Self::error(what) }
    }

    pub(super) fn broken_pipe() -> Self {
        Self { kind: Kind::BrokenPipe, ..Self::error("") }
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Adds a hint: what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.kind == Kind::BrokenPipe
    }

    /// The exit code that goes with it.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self.kind {
            Kind::No => ExitCode::from(1),
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
        for cause in self.cause.iter().flat_map(anyhow::Error::chain) {
            write!(f, "\n  because: {cause}")?;
        }
        for hint in &self.hints {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}
