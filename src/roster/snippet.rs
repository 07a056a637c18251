//! The source line under a problem, as far as it may be shown, and where the caret goes.
//!
//! It is an allow-list. A section's header is shown, and a key with its value where the key is one we know and nothing
//! in the value looks like an address or a secret. Of any other `key = value` only the key is shown: the value may be a
//! secret under a mistyped name. All else (a line of a longer text or list, a comment, something pasted) is not shown,
//! and the problem is known by its place alone.

use unicode_width::UnicodeWidthStr as _;

use super::keys;
use super::names;
use super::secrets;
use super::source::{Source, Span};

/// The longest key or header that is shown, in bytes.
const LONGEST_KEY: usize = 60;
/// Of a longer line nothing is shown, in bytes. It bounds the work for a file that is one single line.
const LONGEST_LINE: usize = 4_096;
/// The widest line that is shown whole, in terminal columns. A caret under a line that the terminal breaks points at
/// nothing.
const WIDEST_LINE: usize = 100;

/// A source line fit to be shown, and where the caret goes; all in terminal columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Snippet {
    pub(super) line: String,
    pub(super) indent: usize,
    pub(super) width: usize,
}

/// The line of a span's start, as far as it may be shown.
pub(super) fn cut(source: &Source, span: Span) -> Option<Snippet> {
    let number = source.line_of(span.start);
    let (shown, ending) = showable(source.line(number))?;
    let line = visible(shown) + ending;
    // What is not shown is pointed at by the ellipsis that stands for it.
    let last = line.width().saturating_sub(usize::from(!ending.is_empty()));
    let column = |at: usize| {
        let before = shown.get(..at.saturating_sub(source.start_of(number)));
        before.map_or(last, |before| visible(before).width())
    };
    let (indent, end) = (column(span.start), column(span.end));
    Some(Snippet { line, indent, width: end.saturating_sub(indent).max(1) })
}

/// The part of a line that is shown, and what is written in the place of the rest.
fn showable(line: &str) -> Option<(&str, &'static str)> {
    if line.len() > LONGEST_LINE {
        return None;
    }
    // A comment may say anything. Cutting at " #" within a text shows too little, which is the safe side.
    let code = line.split(" #").next().unwrap_or("").trim_end();
    if is_header(code) {
        return Some((code, ""));
    }
    let (key, value) = code.split_once('=')?;
    let name = key.trim();
    if name.is_empty() || key.len() > LONGEST_KEY || !name.chars().all(is_bare) || secrets::is_opaque(name) {
        return None;
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_free = keys::is_known(last) && !keys::is_address(last) && secrets::secret_home(last).is_none();
    if is_free && visible(code).width() <= WIDEST_LINE && !secrets::is_suspicious(value) {
        return Some((code, ""));
    }
    code.get(..=key.len()).map(|shown| (shown, " …"))
}

/// Whether a line is the header of a table, or looks like an attempt at one.
fn is_header(code: &str) -> bool {
    let is_part = |c: char| is_bare(c) || matches!(c, '[' | ']' | ' ');
    code.len() <= LONGEST_KEY && code.starts_with('[') && code.chars().all(is_part) && !secrets::is_opaque(code)
}

/// What TOML allows in a key without quotes, and the dot between two.
fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Tabs become four spaces, what would move the terminal's cursor or reading direction becomes a replacement sign.
fn visible(text: &str) -> String {
    let sign = |c: char| if names::is_unprintable(c) { char::REPLACEMENT_CHARACTER } else { c };
    text.replace('\t', "    ").chars().map(sign).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn line_shown(text: &str, needle: &str) -> String {
        let source = Source::new(text, Path::new("x.toml"));
        let start = text.find(needle).expect("the needle is in the text");
        cut(&source, Span { start, end: start + needle.len() }).map_or_else(String::new, |s| s.line)
    }

    #[test]
    fn a_value_is_shown_only_under_a_key_we_know() {
        let shown = |text: &str| line_shown(text, text);
        assert_eq!(shown("name = \"Ada\" # cousin"), "name = \"Ada\"");
        assert_eq!(shown("exchange.name = \"Ada\""), "exchange.name = \"Ada\"");
        assert_eq!(shown("[twilio] # hunter2"), "[twilio]");
        assert_eq!(shown("nmae = \"Ada\""), "nmae = …");
        assert_eq!(shown("auth_tokn = hunter2"), "auth_tokn = …");
        assert_eq!(shown("name = \"Ada\"#hunter2"), "name = …");
        for nothing in ["auth_token \"hunter2\"", "hunter2", "# pin = 1234", "\"hunter2\" = 5", "= hunter2", "x y = 1"]
        {
            assert_eq!(shown(nothing), "", "{nothing}");
        }
        assert_eq!(shown("{ name = \"Ada\", pin = \"1234\" }"), "");
        assert_eq!(shown("name = \"Ada\" pin = \"1234\""), "name = …");
        assert_eq!(shown("AGE-SECRET-KEY-1QQQ = 5"), "");
        assert_eq!(shown(&format!("{} = 5", "x".repeat(1_000))), "");
        assert_eq!(shown(&format!("[{}]", "x".repeat(1_000))), "");
    }

    // X11
    #[test]
    fn addresses_and_tokens_are_not_shown_wherever_they_stand() {
        let shown = |text: &str| line_shown(text, text);
        for key in ["phone", "email", "from", "user", "override_to"] {
            assert_eq!(shown(&format!("{key} = \"x\"")), format!("{key} = …"));
        }
        for value in
            ["+447700900123", "call +44 7700 900123", "ada@example.org", "https://me:pw@host", "https://host/?pw=1"]
        {
            assert_eq!(shown(&format!("name = \"{value}\"")), "name = …");
        }
        assert_eq!(shown("key_file = \"AGE-SECRET-KEY-1QQQ\""), "key_file = …");
        assert_eq!(shown("name = \"0123456789abcdef0123456789abcdef\""), "name = …");
    }

    #[test]
    fn lines_of_a_longer_text_or_list_are_not_shown() {
        assert_eq!(line_shown("pin = [\n  \"hunter2\",\n]", "\"hunter2"), "");
        assert_eq!(line_shown("passphrase = \"\"\"\nhunter2\"\"\"", "hunter2"), "");
        assert_eq!(line_shown("name = \"Ada\"\n'phone = \"+44\"", "'phone"), "");
    }

    #[test]
    fn the_caret_stands_under_wide_characters_and_tabs_and_under_what_is_left_out() {
        let cut = |text: &str, needle: &str| {
            let start = text.find(needle).expect("the needle is in the text");
            let source = Source::new(text, Path::new("x.toml"));
            cut(&source, Span { start, end: start + needle.len() }).expect("shown")
        };
        let snippet = cut("name = \"田中 さくら\" x", "x");
        assert_eq!((snippet.indent, snippet.width), (21, 1));
        let snippet = cut("\tname = \"a b\"", "\"a b\"");
        assert_eq!((snippet.line.as_str(), snippet.indent, snippet.width), ("    name = \"a b\"", 11, 5));
        let hidden = cut("phone = \"+44 7700 900123\"", "\"+44 7700 900123\"");
        assert_eq!((hidden.line.as_str(), hidden.indent, hidden.width), ("phone = …", 8, 1));
        let long = format!("reply = \"{}!\"", "a b ".repeat(60));
        assert_eq!(cut(&long, "!").line, "reply = …");
    }
}
