//! What may be shown of a source line: addresses masked, secrets blanked.
//!
//! It is an allow-list. A value is shown when its key is one we know; the value of any other key may be a secret under a
//! mistyped name, and is blanked. So is a line that is no key, header or part of a list: it may be a secret that was
//! pasted. Comments are dropped.

use super::keys;
use super::line::{Quotes, has_assignment, is_bare, is_header, open_after, unpaired_quote};
use super::names;
use super::secrets;
use super::source::Source;

/// Longer lines are not shown at all, in bytes.
pub(super) const LONGEST_LINE: usize = 4096;
/// How many lines back a section's header or an open list's key is looked for.
const LINES_BACK: usize = 500;

/// A character to be shown, and the byte of the line it stands for.
pub(super) type Shown = (usize, char);

/// How a value may be shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Show {
    #[default]
    Plain,
    Masked,
    Nothing,
}
/// What may be shown of a line, by its number from 0.
pub(super) fn showable(source: &Source, number: usize) -> Vec<Shown> {
    disguise_runs(&by_structure(source, number))
}

/// What the line's keys and quotes allow.
fn by_structure(source: &Source, number: usize) -> Vec<Shown> {
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
        if shown.last().is_none_or(|(_, c)| *c != '…') {
            shown.push((first, '…'));
        }
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
/// Whether a line stands in `[messages]`, where the keys are the organizer's choice among the messages' names.
fn in_messages(source: &Source, number: usize) -> bool {
    let lines = (number.saturating_sub(LINES_BACK)..number).rev().map(|back| source.line(back).trim());
    let mut headers = lines.filter(|line| line.starts_with('[') && is_header(line));
    headers.next().is_some_and(|line| line.starts_with("[messages]"))
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
        _ if names::is_unprintable(c) => shown.push((at, char::REPLACEMENT_CHARACTER)),
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
