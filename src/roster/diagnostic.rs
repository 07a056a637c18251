//! One problem of a roster file, ready to be shown.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use super::names::quoted;
use super::sheet::letters;
use super::snippet::Snippet;

/// How many problems [`render_all`] shows before it only counts.
pub const SHOWN_PROBLEMS: usize = 20;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file is refused.
    Error,
    /// The file is accepted; the organizer should know.
    Warning,
}

/// Something wrong at one place of a roster file. Neither the message nor the source line shown with it carries a
/// secret or a raw address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The file as the organizer named it.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What would mend it.
    pub hint: Option<String>,
    /// Where in a spreadsheet it stands; `line` and `column` count its rows and columns then, and 0 is none.
    #[serde(flatten)]
    pub place: Option<Place>,
    #[serde(skip)]
    pub(super) snippet: Option<Snippet>,
}

/// Where in a spreadsheet something stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The sheet's name, where the file may have several.
    pub sheet: Option<String>,
    /// What the column is headed.
    pub heading: Option<String>,
    /// The cell's value as it can be shown: addresses masked.
    pub value: Option<String>,
}

impl Diagnostic {
    /// All of it in one line: where, what, and what would mend it.
    #[must_use]
    pub fn in_a_line(&self) -> String {
        let hint = self.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        format!("{}: {}{hint}", self.position(), self.message)
    }
    /// Writes `file:line:col: message`, the source line, a caret under the place, and the hint; no newline at the end. Of a
    /// spreadsheet `file, row 14, column C (Mobile): message`, and the cell.
    #[must_use]
    pub fn render(&self) -> String {
        let warning = if self.severity == Severity::Warning { "warning: " } else { "" };
        let mut out = format!("{}: {warning}{}", self.position(), self.message);
        if let Some(value) = self.place.as_ref().and_then(|place| place.value.as_ref()) {
            let _infallible = write!(out, "\n  {}{} | {value}", letters(self.column), self.line);
        }
        if let Some(snippet) = &self.snippet {
            let number = self.line.to_string();
            let gutter = " ".repeat(number.len());
            let pad = " ".repeat(snippet.indent);
            let carets = "^".repeat(snippet.width);
            let _infallible = write!(out, "\n  {number} | {}\n  {gutter} | {pad}{carets}", snippet.line);
        }
        if let Some(hint) = &self.hint {
            let _infallible = write!(out, "\n  hint: {hint}");
        }
        out
    }
}

impl Diagnostic {
    /// Where it is: file, line and column; in a spreadsheet row, column and heading.
    #[must_use]
    pub fn position(&self) -> String {
        let Some(place) = &self.place else { return format!("{}:{}:{}", self.file.display(), self.line, self.column) };
        let mut at = self.file.display().to_string();
        if let Some(sheet) = &place.sheet {
            let _infallible = write!(at, ", sheet {}", quoted(sheet));
        }
        if self.line > 0 {
            let _infallible = write!(at, ", row {}", self.line);
        }
        if self.column > 0 {
            let _infallible = write!(at, ", column {}", letters(self.column));
        }
        if let Some(heading) = &place.heading {
            let _infallible = write!(at, " ({})", quoted(heading).trim_matches('"'));
        }
        at
    }
}

/// Renders problems one after another with an empty line between; after [`SHOWN_PROBLEMS`] the rest is only counted.
#[must_use]
pub fn render_all(problems: &[Diagnostic]) -> String {
    let mut blocks: Vec<String> = problems.iter().take(SHOWN_PROBLEMS).map(Diagnostic::render).collect();
    match problems.len().saturating_sub(SHOWN_PROBLEMS) {
        0 => {}
        1 => blocks.push("and 1 more problem".to_owned()),
        more => blocks.push(format!("and {more} more problems")),
    }
    blocks.join("\n\n")
}
