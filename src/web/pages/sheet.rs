//! A spreadsheet that a page takes over, or only tries; what is said of it stands on the page it was sent from.

use axum::http::StatusCode;
use serde::Deserialize;

use crate::error_chain::sentence;
use crate::roster::{Diagnostic, Severity};

/// Whether a spreadsheet is only tried.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Tried {
    #[serde(default)]
    pub(super) dry_run: bool,
}

/// What came of a spreadsheet.
#[derive(Default)]
pub(super) struct Said {
    pub(super) done: Option<String>,
    pub(super) notes: Vec<String>,
    pub(super) problems: Vec<String>,
}

impl Said {
    /// What was done, and what should be known of it.
    pub(super) fn done(done: String, warnings: &[Diagnostic], notes: impl IntoIterator<Item = String>) -> Self {
        let notes = warnings.iter().map(Diagnostic::in_a_line).chain(notes);
        Self { done: Some(done), notes: notes.map(|note| sentence(&note)).collect(), problems: Vec::new() }
    }

    /// All that is wrong with it.
    pub(super) fn wrong(problems: &[Diagnostic]) -> Self {
        let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
        Self { problems: errors.map(Diagnostic::in_a_line).collect(), ..Self::default() }
    }

    pub(super) fn status(&self) -> StatusCode {
        if self.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
    }
}
