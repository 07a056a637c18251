//! The source line under a problem: addresses masked, secrets blanked, cut around the caret.
//!
//! What is shown is an allow-list. A value is shown when its key is one we know; the value of any other key may be a
//! secret under a mistyped name, and is blanked. So is a line that is no key, header or part of a list: it may be a
//! secret that was pasted. Comments are dropped.

use unicode_width::UnicodeWidthChar as _;

use super::keys;
use super::secrets;
use super::source::{Source, Span};

/// Longer lines are not shown at all, in bytes.
const LONGEST_LINE: usize = 4096;
/// What is shown of a line, in terminal columns.
const WINDOW: usize = 96;
/// What is shown before the caret when a line is cut, in terminal columns.
const BEFORE_CARET: usize = 40;
/// How many lines back a section's header or an open list's key is looked for.
const LINES_BACK: usize = 500;

/// A source line fit to be shown, and where the caret goes; all in terminal columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Snippet {
    pub(super) line: String,
    pub(super) indent: usize,
    pub(super) width: usize,
}

/// A character to be shown, and the byte of the line it stands for.
type Shown = (usize, char);

/// How a value may be shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Show {
    #[default]
    Plain,
    Masked,
    Nothing,
}

/// The line of a span's start; `None` where the line is too long or nothing of it may be shown.
pub(super) fn cut(source: &Source, span: Span) -> Option<Snippet> {
    let number = source.line_of(span.start);
    let line = source.line(number);
    if line.len() > LONGEST_LINE {
        return None;
    }
    let shown = disguise_runs(&showable(source, number));
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

/// What may be shown of a line.
fn showable(source: &Source, number: usize) -> Vec<Shown> {
    let line = source.line(number);
    let trimmed = line.trim_start();
    let indent = line.len() - trimmed.len();
    if inherited(source, number) == (Show::Plain, true) {
        return plain(line, 0);
    }
    if let Some(first) = unpaired_quote(line) {
        // Nobody can tell any more what is quoted and what is not.
        let before = &line[..first];
        let mut shown = if has_assignment(before) { values_by_key(before, Show::Plain, true) } else { Vec::new() };
        shown.push((first, '…'));
        return shown;
    }
    if has_assignment(line) {
        return values_by_key(line, Show::Plain, in_messages(source, number));
    }
    if is_header(trimmed) {
        return plain(line, 0);
    }
    if trimmed.starts_with(['"', '\'', '{', '}', '[', ']']) {
        let (show, _) = inherited(source, number);
        return if show == Show::Nothing { vec![(indent, '…')] } else { values_by_key(line, show, false) };
    }
    let word_end = trimmed.find(|c: char| !is_bare(c)).unwrap_or(trimmed.len());
    let word = &trimmed[..word_end];
    let mut shown = Vec::new();
    if keys::is_known(word) || secrets::secret_home(word).is_some() && !secrets::is_opaque(word) {
        shown = plain(&line[..indent + word_end], 0);
    }
    if indent + word_end < line.len() || shown.is_empty() && !trimmed.is_empty() {
        shown.push((indent + word_end.min(trimmed.len().saturating_sub(1)), '…'));
    }
    shown
}

/// Shows a line token by token: keys as they are, each value as its key allows.
fn values_by_key(line: &str, first: Show, free_keys: bool) -> Vec<Shown> {
    let mut scan = Scan { show: first, free_keys, ..Scan::default() };
    for (at, c) in line.char_indices() {
        if !scan.step(at, c) {
            break;
        }
    }
    scan.shown
}

/// Follows the quotes of a line.
#[derive(Debug, Default)]
struct Quotes {
    open: Option<char>,
    escaped: bool,
}

impl Quotes {
    /// Whether a character belongs to a quoted text, its quotes included.
    fn hold(&mut self, c: char) -> bool {
        let Some(open) = self.open else {
            self.open = Some(c).filter(|c| matches!(c, '"' | '\''));
            return self.open.is_some();
        };
        if self.escaped {
            self.escaped = false;
        } else if c == open {
            self.open = None;
        } else {
            self.escaped = c == '\\' && open == '"';
        }
        true
    }
}

/// A line being disguised.
#[derive(Debug, Default)]
struct Scan {
    shown: Vec<Shown>,
    show: Show,
    free_keys: bool,
    quotes: Quotes,
    /// The word last read, which is the key once `=` follows.
    token: String,
    /// The lists and tables that are open.
    nested: Vec<char>,
    /// Letters and digits of the value so far.
    letters: usize,
}

impl Scan {
    /// Takes one character; false when nothing after it may be shown.
    fn step(&mut self, at: usize, c: char) -> bool {
        let starts_text = self.quotes.open.is_none();
        if self.quotes.hold(c) {
            if starts_text {
                self.letters = 0;
            }
            if !matches!(c, '"' | '\'') {
                self.token.push(c);
            }
        } else if c == '#' {
            return false;
        } else if c == '=' {
            self.show = show_of(self.token.trim(), self.free_keys);
            self.token.clear();
            self.letters = 0;
            if self.show == Show::Nothing {
                self.shown.extend([(at, c), (at + 1, ' '), (at + 1, '…')]);
                return false;
            }
        } else {
            self.structure(c);
        }
        self.letters += usize::from(c.is_alphanumeric());
        push_visible(&mut self.shown, at, hidden(c, self.show, self.letters));
        true
    }

    /// Takes a character outside of quotes.
    fn structure(&mut self, c: char) {
        match c {
            '{' | '[' => self.nested.push(c),
            '}' | ']' => drop(self.nested.pop()),
            ',' => {}
            _ => {
                self.token.push(c);
                return;
            }
        }
        self.token.clear();
        self.letters = 0;
        if c == '{' || c == ',' && self.nested.last() == Some(&'{') {
            self.show = Show::Plain;
        }
    }
}

/// A character under the mask: the first one stays, of a number the first two.
fn hidden(c: char, show: Show, letters: usize) -> char {
    let kept = letters <= 1 || letters == 2 && c.is_ascii_digit();
    match show {
        Show::Plain => c,
        Show::Masked if !c.is_alphanumeric() || kept => c,
        Show::Masked | Show::Nothing => '•',
    }
}

/// How the value of a key may be shown.
fn show_of(key: &str, free_keys: bool) -> Show {
    let last = key.rsplit('.').next().unwrap_or(key).trim();
    if secrets::secret_home(last).is_some() {
        Show::Nothing
    } else if keys::is_address(last) {
        Show::Masked
    } else if keys::is_known(last) || free_keys {
        Show::Plain
    } else {
        Show::Nothing
    }
}

/// How a continued line may be shown, which is as the key says that stands before the open list or text; and whether
/// that is a text of several lines.
fn inherited(source: &Source, number: usize) -> (Show, bool) {
    const CLOSED: (Show, bool) = (Show::Nothing, false);
    for back in (number.saturating_sub(LINES_BACK)..number).rev() {
        let line = source.line(back);
        if line.len() > LONGEST_LINE || is_header(line.trim_start()) {
            return CLOSED;
        }
        if has_assignment(line) && !line.trim_start().starts_with('{') {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            let between: Vec<&str> = (back + 1..number).map(|line| source.line(line)).collect();
            let open = open_after(value, &between);
            let key = key.trim().trim_matches(['"', '\'']);
            return open.map_or(CLOSED, |is_text| (show_of(key, in_messages(source, back)), is_text));
        }
    }
    CLOSED
}

/// Whether a value is still open some lines later: `Some(true)` for a text of several lines, `Some(false)` for a list.
fn open_after(value: &str, between: &[&str]) -> Option<bool> {
    for quotes in ["\"\"\"", "'''"] {
        if value.trim_start().starts_with(quotes) {
            let rest =
                value.matches(quotes).count() + between.iter().map(|line| line.matches(quotes).count()).sum::<usize>();
            return (rest == 1).then_some(true);
        }
    }
    let depth = |line: &str| -> isize {
        let mut quotes = Quotes::default();
        let outside = line.chars().filter(|c| !quotes.hold(*c)).take_while(|c| *c != '#');
        outside.map(|c| isize::from(matches!(c, '[' | '{')) - isize::from(matches!(c, ']' | '}'))).sum()
    };
    let mut open = depth(value);
    for line in between {
        if open <= 0 {
            return None;
        }
        open += depth(line);
    }
    (open > 0).then_some(false)
}

/// The first quote of a line where one is left without its partner; outside of comments.
fn unpaired_quote(line: &str) -> Option<usize> {
    let mut quotes = Quotes::default();
    for c in line.chars() {
        if !quotes.hold(c) && c == '#' {
            return None;
        }
    }
    quotes.open.and_then(|_| line.find(['"', '\'']))
}

/// Whether a line stands in `[messages]`, where the keys are the organizer's choice among the messages' names.
fn in_messages(source: &Source, number: usize) -> bool {
    let lines = (number.saturating_sub(LINES_BACK)..number).rev().map(|back| source.line(back).trim());
    let mut headers = lines.filter(|line| line.starts_with('[') && is_header(line));
    headers.next().is_some_and(|line| line.starts_with("[messages]"))
}

/// Whether a line is the header of a table, or looks like an attempt at one.
fn is_header(trimmed: &str) -> bool {
    let text = trimmed.split('#').next().unwrap_or("").trim_end();
    let sound = |c: char| is_bare(c) || matches!(c, '[' | ']' | ' ');
    text.starts_with('[') && text.len() <= 60 && text.chars().all(sound) && !secrets::is_opaque(text)
}

/// Whether there is a `=` outside of quotes and comments.
fn has_assignment(line: &str) -> bool {
    let mut quotes = Quotes::default();
    let mut outside = line.chars().filter(|c| !quotes.hold(*c));
    outside.find(|c| matches!(c, '=' | '#')) == Some('=')
}

/// What TOML allows in a key without quotes, and the dot between two.
fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn plain(line: &str, from: usize) -> Vec<Shown> {
    let mut shown = Vec::new();
    let comment = line.find('#').unwrap_or(line.len());
    for (at, c) in line[..comment].char_indices() {
        push_visible(&mut shown, from + at, c);
    }
    shown
}

/// Tabs become four spaces, what would move the terminal's cursor or reading direction becomes a replacement sign.
fn push_visible(shown: &mut Vec<Shown>, at: usize, c: char) {
    match c {
        '\t' => shown.extend([(at, ' '); 4]),
        _ if super::names::is_unprintable(c) => shown.push((at, char::REPLACEMENT_CHARACTER)),
        _ => shown.push((at, c)),
    }
}

/// Masks whatever looks like an address or a token wherever it stands.
fn disguise_runs(shown: &[Shown]) -> Vec<Shown> {
    let ends_run = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '{' | '}' | '[' | ']' | '=');
    let mut out = Vec::with_capacity(shown.len());
    for run in shown.chunk_by(|(_, a), (_, b)| !ends_run(*a) && !ends_run(*b)) {
        let text: String = run.iter().map(|(_, c)| c).collect();
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let kept = if text.contains('@') || text.starts_with('+') && digits >= 7 {
            3
        } else if text.contains("://") {
            text.chars().position(|c| matches!(c, '?' | '#')).unwrap_or(usize::MAX)
        } else if secrets::is_opaque(&text) {
            out.extend(run.iter().take(4));
            out.extend(run.get(4).map(|(at, _)| (*at, '…')));
            continue;
        } else {
            usize::MAX
        };
        let masked = |(n, (at, c)): (usize, &Shown)| (*at, if n >= kept && c.is_alphanumeric() { '•' } else { *c });
        out.extend(run.iter().enumerate().map(masked));
    }
    out
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
