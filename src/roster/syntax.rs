//! What the `toml` crate finds wrong with the writing itself, in words for people who never heard of TOML.

use std::collections::HashSet;

use super::findings::{Findings, MOST_FINDINGS};
use super::source::{Source, Span};

/// How the crate's message starts, what is said instead, and the hint.
const PLAIN_WORDS: [(&str, &str, &str); 10] = [
    (
        "duplicate key",
        "this stands in the file twice",
        "each key and each [section] may stand once; people and exclusions are written [[people]] and [[exclusions]]",
    ),
    ("string values must be quoted", "text must stand in quotes", "an example: \"Ada Hill\""),
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
    ("key with no value", "a key needs a value", "an example: name = \"Ada Hill\""),
    ("missing value", "the value is missing", "an example: name = \"Ada Hill\""),
];

/// Reports what is wrong, once a line: what follows on a broken line is only its echo. The crate's messages name what
/// it expected, never what it found, so they are safe to show.
pub(super) fn report(source: &Source, faults: &[toml::de::Error], findings: &mut Findings) {
    let mut lines = HashSet::new();
    for fault in faults.iter().take(MOST_FINDINGS) {
        let at = fault.span().map_or_else(Span::default, Span::from);
        if !lines.insert(source.line_of(at.start)) {
            continue;
        }
        match PLAIN_WORDS.iter().find(|(start, _, _)| fault.message().starts_with(start)) {
            Some((_, message, hint)) => findings.error(at, *message).hint(*hint),
            None => drop(findings.error(at, fault.message())),
        }
    }
}
