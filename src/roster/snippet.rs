//! The source line under a problem: disguised, and cut around the caret.

use unicode_width::UnicodeWidthChar as _;

use super::disguise::{self, LONGEST_LINE, Shown};
use super::source::{Source, Span};

/// What is shown of a line, in terminal columns.
const WINDOW: usize = 96;
/// What is shown before the caret when a line is cut, in terminal columns.
const BEFORE_CARET: usize = 40;

/// A source line fit to be shown, and where the caret goes; all in terminal columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Snippet {
    pub(super) line: String,
    pub(super) indent: usize,
    pub(super) width: usize,
}
/// The line of a span's start; `None` where the line is too long or nothing of it may be shown.
pub(super) fn cut(source: &Source, span: Span) -> Option<Snippet> {
    let number = source.line_of(span.start);
    let line = source.line(number);
    if line.len() > LONGEST_LINE {
        return None;
    }
    let shown = disguise::showable(source, number);
    if shown.iter().all(|(_, c)| c.is_whitespace()) {
        return None;
    }
    let start = span.start.saturating_sub(source.start_of(number));
    let end = span.end.saturating_sub(source.start_of(number)).min(line.len());
    let columns = |from: usize, to: usize| -> usize {
        shown.iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, c)| c.width().unwrap_or(0)).sum()
    };
    let (indent, total) = (columns(0, start), columns(0, usize::MAX));
    let width = columns(start, end).max(1);
    let left = if total > WINDOW { indent.saturating_sub(BEFORE_CARET) } else { 0 };
    let (line, skipped) = window(&shown, left);
    Some(Snippet { line, indent: indent - skipped, width: width.min((WINDOW + skipped).saturating_sub(indent).max(1)) })
}

/// The part of a line from column `left` on, at most [`WINDOW`] wide, and by how much it moved to the left.
fn window(shown: &[Shown], left: usize) -> (String, usize) {
    let (mut column, mut line, mut skipped, mut used) = (0, String::new(), 0, 0);
    for (_, c) in shown {
        let width = c.width().unwrap_or(0);
        if column < left {
            column += width;
            skipped = column;
            continue;
        }
        if used + width > WINDOW {
            line.push('…');
            break;
        }
        line.push(*c);
        used += width;
        column += width;
    }
    if skipped > 0 {
        line.insert(0, '…');
        skipped -= 1;
    }
    (line, skipped)
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
        let shown = |text| line_shown(text, text);
        assert_eq!(shown("name = \"Ada\" # cousin"), "name = \"Ada\" ");
        assert_eq!(shown("nmae = \"Ada\""), "nmae = …");
        assert_eq!(shown("auth_tokn = hunter2"), "auth_tokn = …");
        assert_eq!(shown("auth_token \"hunter2\""), "auth_token…");
        assert_eq!(shown("hunter2"), "…");
        assert_eq!(shown("[twilio]"), "[twilio]");
        assert_eq!(shown("{ name = \"Ada\", pin = \"1234\" }"), "{ name = \"Ada\", pin = …");
    }

    // X11
    #[test]
    fn addresses_and_tokens_are_masked_wherever_they_stand() {
        let shown = |text| line_shown(text, text);
        assert_eq!(shown("phone = \"+44 7700 900123\""), "phone = \"+44 •••• ••••••\"");
        assert_eq!(shown("phone = \"07700 900123\""), "phone = \"07••• ••••••\"");
        assert_eq!(shown("email = \"ada@example.org\""), "email = \"a••@•••••••.•••\"");
        assert_eq!(shown("{ phone = \"07700\", name = \"Ada\" }"), "{ phone = \"07•••\", name = \"Ada\" }");
        assert_eq!(shown("name = \"+447700900123\""), "name = \"+44••••••••••\"");
        assert_eq!(shown("public_url = \"https://me:pw@host\""), "public_url = \"htt••://••:••@••••\"");
        assert_eq!(shown("key_file = \"AGE-SECRET-KEY-1QQQ\""), "key_file = \"AGE-…\"");
    }

    #[test]
    fn continued_lines_are_shown_as_their_key_allows() {
        assert_eq!(line_shown("wishes = [\n  \"wool socks\",\n]", "\"wool"), "  \"wool socks\",");
        assert_eq!(line_shown("pin = [\n  \"hunter2\",\n]", "\"hunter2"), "…");
        assert_eq!(line_shown("name = \"Ada\"\n'phone = \"+44\"", "'phone"), "…");
        assert_eq!(line_shown("{ name = \"Ada, phone = \"+44 7700 900123\" }", "phone"), "{ name = …");
        assert_eq!(line_shown("wishes = [\"a\"]\n\"hunter2\"", "\"hunter2"), "…");
        assert_eq!(line_shown("reply = \"\"\"\nHi {x}\"\"\"", "{x}"), "Hi {x}\"\"\"");
        assert_eq!(line_shown("[messages]\nhello = \"Hi {x}\"", "{x}"), "hello = \"Hi {x}\"");
        assert_eq!(line_shown("[other]\nhello = \"Hi {x}\"", "{x}"), "hello = …");
    }

    #[test]
    fn the_caret_stands_under_wide_characters_tabs_and_cut_lines() {
        let text = "name = \"田中 さくら\" x";
        let source = Source::new(text, Path::new("x.toml"));
        let at = text.find(" x").expect("there") + 1;
        let snippet = cut(&source, Span { start: at, end: at + 1 }).expect("shown");
        assert_eq!((snippet.indent, snippet.width), (21, 1));
        let text = format!("\tname = \"{}!{}\"", "a b ".repeat(60), "c d ".repeat(60));
        let source = Source::new(&text, Path::new("x.toml"));
        let at = text.find('!').expect("there");
        let snippet = cut(&source, Span { start: at, end: at + 1 }).expect("shown");
        assert_eq!(snippet.line.chars().nth(snippet.indent), Some('!'));
        assert!(snippet.line.chars().count() <= WINDOW + 2, "{}", snippet.line);
    }
}
