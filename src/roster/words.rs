//! Checks of the keyword, and where a part of a text stands.

use super::findings::Findings;
use super::names;
use super::section::Spanned;
use super::source::{Source, Span};
use crate::model::carriers;

/// The tool's own words. Others that it understands (WISHES, BUDGET) may be a keyword, which then comes first.
const OWN_WORDS: [&str; 16] = [
    "who", "wish", "ask", "tell", "bought", "sent", "got", "proof", "menu", "link", "yes", "no", "maybe", "probably",
    "ok", "out",
];

/// The longest keyword, in characters: people type it on a telephone.
pub(super) const LONGEST_KEYWORD: usize = 30;

/// The keyword if it is one word that is free to be used.
pub(super) fn keyword(found: Spanned<&str>, findings: &mut Findings) -> Option<String> {
    let word = names::tidy(found.value);
    let folded = names::fold(&word);
    let one_word = word.chars().all(|c| c.is_alphanumeric() || is_mark(c));
    if !one_word || !word.chars().any(char::is_alphabetic) {
        findings
            .error(found.at, "the keyword must be one word of letters and digits")
            .hint("people text it from a telephone: \"christmas\"");
        return None;
    }
    if carriers::words().any(|theirs| theirs == folded) {
        findings
            .error(found.at, format!("the keyword {} is reserved by the phone carriers", names::quoted(&word)))
            .hint("Twilio and the carriers answer it themselves; choose another word");
        return None;
    }
    if OWN_WORDS.contains(&folded.as_str()) {
        findings
            .error(found.at, format!("the keyword {} already means something else", names::quoted(&word)))
            .hint("everybody can always text it; choose another word");
        return None;
    }
    Some(word)
}

/// Combining marks that have no composed form, as in Devanagari.
fn is_mark(c: char) -> bool {
    use unicode_normalization::char::is_combining_mark;
    is_combining_mark(c)
}

/// Where a part of a text stands in the file. Exact for texts without escapes; otherwise the whole text.
pub(super) fn within(source: &Source, found: Spanned<&str>, part: std::ops::Range<usize>) -> Span {
    let raw = source.slice(found.at);
    let opens = |at: &usize| raw[..*at].trim_start_matches(['"', '\'']).trim().is_empty();
    match raw.find(found.value).filter(opens) {
        Some(at) => Span { start: found.at.start + at + part.start, end: found.at.start + at + part.end },
        None => found.at,
    }
}

/// Where the problem at a byte of a text stands in the file; a placeholder is underlined whole.
pub(super) fn part_at(source: &Source, found: Spanned<&str>, offset: usize) -> Span {
    let rest = found.value.get(offset..).unwrap_or("");
    let placeholder = rest.strip_prefix('{').and_then(|inner| inner.find('}')).map(|close| close + 2);
    let length = placeholder.unwrap_or_else(|| rest.chars().next().map_or(0, char::len_utf8));
    within(source, found, offset..offset + length)
}
