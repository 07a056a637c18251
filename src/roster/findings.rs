//! Collects what is wrong while the file is read, so that everything is reported at once.

use super::diagnostic::{Diagnostic, Severity};
use super::source::Span;

/// How many names are compared for "did you mean" in one file, all in all. A comparison takes about a microsecond.
const COMPARISONS: usize = 500_000;

/// How many problems are kept; a file with more has gone wrong as a whole.
pub(super) const MOST_FINDINGS: usize = 1_000;

/// Something wrong at a part of the text.
#[derive(Debug)]
pub(super) struct Finding {
    severity: Severity,
    span: Span,
    message: String,
    hint: Option<String>,
}

impl Finding {
    /// Adds what would mend it.
    pub(super) fn hint(&mut self, hint: impl Into<String>) {
        self.hint = Some(hint.into());
    }
}

/// Everything found so far.
#[derive(Debug)]
pub(super) struct Findings {
    list: Vec<Finding>,
    comparisons_left: usize,
    errors: usize,
    /// Takes what is found once the list is full.
    overflow: Finding,
    overflown: usize,
    elsewhere: Vec<Diagnostic>,
}

impl Findings {
    pub(super) fn new() -> Self {
        let overflow =
            Finding { severity: Severity::Warning, span: Span::default(), message: String::new(), hint: None };
        Self {
            list: Vec::new(),
            comparisons_left: COMPARISONS,
            errors: 0,
            overflow,
            overflown: 0,
            elsewhere: Vec::new(),
        }
    }

    pub(super) fn error(&mut self, span: Span, message: impl Into<String>) -> &mut Finding {
        self.add(Severity::Error, span, message.into())
    }

    pub(super) fn warning(&mut self, span: Span, message: impl Into<String>) -> &mut Finding {
        self.add(Severity::Warning, span, message.into())
    }

    fn add(&mut self, severity: Severity, span: Span, message: String) -> &mut Finding {
        self.errors += usize::from(severity == Severity::Error);
        let finding = Finding { severity, span, message, hint: None };
        if self.list.len() >= MOST_FINDINGS {
            self.overflown += 1;
            self.overflow = finding;
            return &mut self.overflow;
        }
        self.list.push(finding);
        self.list.last_mut().expect("one was just pushed")
    }

    /// Adds what was found in another file.
    pub(super) fn append(&mut self, problems: Vec<Diagnostic>) {
        self.errors += problems.iter().filter(|problem| problem.severity == Severity::Error).count();
        self.elsewhere.extend(problems);
    }

    pub(super) fn any_error(&self) -> bool {
        self.errors > 0
    }

    /// The candidate most like a mistyped word, if any is near enough; `None` also once the budget is spent.
    pub(super) fn nearest<'c>(
        &mut self,
        wanted: &str,
        candidates: impl IntoIterator<Item = &'c str>,
    ) -> Option<&'c str> {
        let wanted: String = wanted.chars().take(100).flat_map(char::to_lowercase).collect();
        let mut best = None;
        for candidate in candidates {
            self.comparisons_left = self.comparisons_left.checked_sub(1)?;
            let likeness = likeness(&wanted, &candidate.to_lowercase());
            if likeness > best.map_or(0.0, |(_, highest)| highest) {
                best = Some((candidate, likeness));
            }
        }
        best.filter(|(_, likeness)| *likeness >= 0.6).map(|(candidate, _)| candidate)
    }

    /// All problems in the order of the file, then those of other files; behind [`MOST_FINDINGS`] one that counts the rest.
    pub(super) fn into_problems(
        mut self,
        mut locate: impl FnMut(Severity, Span, (String, Option<String>)) -> Diagnostic,
    ) -> Vec<Diagnostic> {
        self.list.sort_by_key(|finding| finding.span);
        let locate = |finding: Finding| locate(finding.severity, finding.span, (finding.message, finding.hint));
        if self.overflown > 0 {
            self.overflow.message = format!("{} more problems are not listed", self.overflown);
            self.overflow.hint = None;
            self.overflow.span = self.list.last().map_or_else(Span::default, |last| last.span);
            self.list.push(self.overflow);
        }
        self.list.into_iter().map(locate).chain(self.elsewhere).collect()
    }
}

/// From 0 to 1. A word that only lacks its ending ("Ada" for "Ada Hill") counts as near.
fn likeness(wanted: &str, candidate: &str) -> f64 {
    let edits = strsim::normalized_damerau_levenshtein(wanted, candidate);
    let starts = wanted.chars().count() >= 2 && candidate.starts_with(wanted);
    if starts { edits.max(0.8) } else { edits }
}
