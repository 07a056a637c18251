//! The text of a roster file, and where its bytes are in lines and columns.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::diagnostic::{Diagnostic, Severity};
use super::findings::Findings;
use super::snippet;
use crate::model::Position;

/// A part of the text in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// The text with an index of its lines. Prints only its name: the text may hold addresses.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) file: PathBuf,
    text: String,
    starts: Vec<usize>,
}

impl Source {
    pub(super) fn new(text: &str, file: &Path) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { file: file.to_owned(), text: text.to_owned(), starts }
    }

    /// The bytes of a span, empty where it does not lie in the text.
    pub(super) fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or("")
    }

    /// Where a character first stands.
    pub(super) fn find(&self, character: char) -> Option<usize> {
        self.text.find(character)
    }

    /// The line (from 0) a byte stands in.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// The first byte of a line (from 0).
    pub(super) fn start_of(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.text.len())
    }

    /// A line (from 0) without its line ending.
    pub(super) fn line(&self, line: usize) -> &str {
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let whole = self.text.get(self.start_of(line)..end).unwrap_or("");
        whole.trim_end_matches(['\n', '\r'])
    }

    pub(super) fn position(&self, offset: usize) -> Position {
        Cursor::new(self).position(offset)
    }

    /// Everything found in the text, in its order.
    pub(super) fn problems(&self, findings: Findings) -> Vec<Diagnostic> {
        let mut cursor = Cursor::new(self);
        findings
            .into_problems(|severity, span, words| self.diagnostic(severity, span, cursor.position(span.start), words))
    }

    /// Makes a diagnostic out of what was found at `span`; `position` is where the span starts.
    pub(super) fn diagnostic(
        &self,
        severity: Severity,
        span: Span,
        position: Position,
        (message, hint): (String, Option<String>),
    ) -> Diagnostic {
        let snippet = snippet::cut(self, span);
        let Position { line, column } = position;
        Diagnostic { severity, file: self.file.clone(), line, column, message, hint, snippet, place: None }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({})", self.file.display())
    }
}

/// Finds positions for ascending offsets; remembers the last one, so that a file written in one single long line still
/// takes linear time.
pub(super) struct Cursor<'s> {
    source: &'s Source,
    offset: usize,
    position: Position,
}

impl<'s> Cursor<'s> {
    pub(super) fn new(source: &'s Source) -> Self {
        Self { source, offset: 0, position: Position { line: 1, column: 1 } }
    }

    pub(super) fn position(&mut self, offset: usize) -> Position {
        let offset = floor_boundary(&self.source.text, offset);
        let line = self.source.line_of(offset);
        let start = self.source.start_of(line);
        let number = count(line + 1);
        let (from, column) = if self.position.line == number && self.offset <= offset {
            (self.offset, self.position.column)
        } else {
            (start, 1)
        };
        let passed = self.source.text.get(from..offset).map_or(0, |text| text.chars().count());
        self.offset = offset;
        self.position = Position { line: number, column: column.saturating_add(count(passed)) };
        self.position
    }
}

/// Lines and columns fit into 32 bits as long as files are bounded; a larger one only gets a wrong number.
fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The nearest character boundary at or before an offset.
fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}
