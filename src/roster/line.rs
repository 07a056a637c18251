//! Single lines of a roster file, looked at without the parser: it may have failed, or not tell enough.

use super::secrets;

/// Follows the quotes of a line.
#[derive(Debug, Default)]
pub(super) struct Quotes {
    pub(super) open: Option<char>,
    escaped: bool,
}

impl Quotes {
    /// Whether a character belongs to a quoted text, its quotes included.
    pub(super) fn hold(&mut self, c: char) -> bool {
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
/// Whether a value is still open some lines later: `Some(true)` for a text of several lines, `Some(false)` for a list.
pub(super) fn open_after(value: &str, between: &[&str]) -> Option<bool> {
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
pub(super) fn unpaired_quote(line: &str) -> Option<usize> {
    let mut quotes = Quotes::default();
    for c in line.chars() {
        if !quotes.hold(c) && c == '#' {
            return None;
        }
    }
    quotes.open.and_then(|_| line.find(['"', '\'']))
}
/// Whether a line is the header of a table, or looks like an attempt at one.
pub(super) fn is_header(trimmed: &str) -> bool {
    let text = trimmed.split('#').next().unwrap_or("").trim_end();
    let sound = |c: char| is_bare(c) || matches!(c, '[' | ']' | ' ');
    text.starts_with('[') && text.len() <= 60 && text.chars().all(sound) && !secrets::is_opaque(text)
}

/// Whether there is a `=` outside of quotes and comments.
pub(super) fn has_assignment(line: &str) -> bool {
    let mut quotes = Quotes::default();
    let mut outside = line.chars().filter(|c| !quotes.hold(*c));
    outside.find(|c| matches!(c, '=' | '#')) == Some('=')
}

/// What TOML allows in a key without quotes, and the dot between two.
pub(super) fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}
