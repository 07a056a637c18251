//! What the `toml` crate finds wrong with the writing itself, in words for people who never heard of TOML.

use std::collections::HashSet;

use super::findings::{Findings, MOST_FINDINGS};
use super::source::{Source, Span};

const BACKSLASH: &str = "a backslash starts an escape, and this is none";
const BACKSLASH_HINT: &str = "write two backslashes for one";

/// How the crate's message starts, what is said instead, and the hint.
const PLAIN_WORDS: [(&str, &str, &str); 18] = [
    (
        "duplicate key",
        "this appears twice",
        "each key and each [section] appears once; people and exclusions are written [[people]] and [[exclusions]]",
    ),
    ("invalid date", "this is not a date", "year, month and day, as in 2026-12-24"),
    (
        "string values must be quoted",
        "text must be in quotes",
        "numbers, dates, true and false are written without quotes",
    ),
    ("invalid multi-line", "a text of several lines is never closed", "it ends with the three quotes it began with"),
    (
        "invalid basic string",
        "this text is not closed on its line, or holds a character that cannot be seen",
        "put one quote before it and one behind it",
    ),
    (
        "invalid literal string",
        "this text is not closed on its line, or holds a character that cannot be seen",
        "put one quote before it and one behind it",
    ),
    ("unclosed table", "a section's name is not closed", "an example: [rules]"),
    ("unclosed array table", "a section's name is not closed", "an example: [[people]]"),
    ("unclosed array", "this list is not closed", "an example: [\"tea\", \"socks\"]"),
    (
        "unclosed inline table",
        "this { is not closed",
        "an example: { name = \"Ada Hill\", phone = \"+44 7700 900123\" }",
    ),
    ("unexpected key or value", "there is something behind the value", "write each key on a line of its own"),
    (
        "missing comma between array",
        "a comma is missing, or the list before this is not closed",
        "an example: [\"tea\", \"socks\"]",
    ),
    ("invalid key-value pair", "this is neither a key with its value nor a section", "an example: name = \"Ada Hill\""),
    ("too few unicode", BACKSLASH, BACKSLASH_HINT),
    ("missing escaped value", BACKSLASH, BACKSLASH_HINT),
    ("unexpected leading zero", "a number does not start with 0", "put it in quotes if it is text"),
    ("key with no value", "a key needs a value", "an example: name = \"Ada Hill\""),
    ("missing value", "the value is missing", "an example: name = \"Ada Hill\""),
];

/// Reports what is wrong, once a line: what follows on a broken line is only its echo. The crate's messages name what
/// it expected, never what it found, so they are safe to show.
pub(super) fn report(source: &Source, faults: &[toml::de::Error], findings: &mut Findings) {
    // A picture or a spreadsheet under this name: everything else is an echo of that.
    if let Some(start) = source.find('\0') {
        let at = Span { start, end: start + 1 };
        findings
            .error(at, "this is no plain text: it holds the character U+0000")
            .hint("save the file as plain text, in UTF-8");
        return;
    }
    if faults.len() > 1 && is_spreadsheet(source.line(0)) {
        findings
            .error(Span::default(), "this looks like a spreadsheet saved as text, and a roster is written otherwise")
            .hint("`xchange init --file OTHER.toml` writes one to start from; people = \"staff.csv\" in it names the spreadsheet");
        return;
    }
    let mut lines = HashSet::new();
    for fault in faults.iter().take(MOST_FINDINGS) {
        let at = fault.span().map_or_else(Span::default, Span::from);
        if !lines.insert(source.line_of(at.start)) {
            continue;
        }
        if fault.message().starts_with("string values must be quoted") {
            let value = source.slice(at);
            if value.trim().is_empty() {
                findings.error(at, "the value is missing").hint("an example: name = \"Ada Hill\"");
                continue;
            }
            if value.starts_with(['“', '”', '„', '«', '‘', '’']) {
                findings.error(at, "these are curly quotes").hint("use straight ones: \"Ada Hill\"");
                continue;
            }
        }
        match PLAIN_WORDS.iter().find(|(start, _, _)| fault.message().starts_with(start)) {
            Some((_, message, hint)) => findings.error(at, *message).hint(*hint),
            None => drop(findings.error(at, fault.message())),
        }
    }
}

/// Whether a first line is the headings or the first row of a CSV file.
fn is_spreadsheet(line: &str) -> bool {
    let cells = line.split([',', ';', '\t']).count();
    cells > 1 && !line.contains('=') && !line.trim_start().starts_with(['[', '#'])
}
