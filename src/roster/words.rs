//! Checks of the keyword and of the reply's template.

use super::findings::Findings;
use super::names;
use super::section::Spanned;
use super::source::{Source, Span};

/// What Twilio and the carriers answer themselves (Twilio, "Advanced Opt-Out": default keywords). A keyword among these
/// would never reach the listener, or would opt people out.
const CARRIER_WORDS: [&str; 13] = [
    "stop",
    "stopall",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
    "start",
    "unstop",
    "yes",
    "help",
    "info",
];

/// What people can text besides the keyword.
const OWN_WORDS: [&str; 14] = [
    "who", "menu", "wish", "wishes", "unwish", "ask", "tell", "bought", "sent", "got", "proof", "no", "probably",
    "maybe",
];

/// The longest keyword, in characters: people type it on a telephone.
pub(super) const LONGEST_KEYWORD: usize = 30;

/// What the reply may name.
const PLACEHOLDERS: [&str; 5] = ["receiver", "giver", "wishes", "budget", "date"];

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
    if CARRIER_WORDS.contains(&folded.as_str()) {
        findings
            .error(found.at, format!("the keyword {} is the carriers' own", names::quoted(&word)))
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

/// Checks the placeholders of the reply; `{{` and `}}` stand for the braces themselves.
pub(super) fn reply(found: Spanned<&str>, source: &Source, findings: &mut Findings) {
    let text = found.value;
    let mut names_receiver = false;
    let mut rest = 0;
    while let Some(open) = text[rest..].find('{').map(|at| rest + at) {
        if text[open + 1..].starts_with('{') {
            rest = open + 2;
            continue;
        }
        let Some(close) = text[open..].find('}').map(|at| open + at) else {
            let at = within(source, found, open..open + 1);
            findings.error(at, "a `{` is never closed in the reply").hint("write {{ for a brace of your own");
            return;
        };
        let name = &text[open + 1..close];
        names_receiver |= name == "receiver";
        if !PLACEHOLDERS.contains(&name) {
            let at = within(source, found, open..close + 1);
            let near = findings.nearest(name, PLACEHOLDERS);
            let hint = near.map_or_else(
                || "the reply knows {receiver} {giver} {wishes} {budget} {date}".to_owned(),
                |near| format!("did you mean {{{near}}}?"),
            );
            findings.error(at, format!("the reply knows no {}", names::quoted(&format!("{{{name}}}")))).hint(hint);
            names_receiver |= near == Some("receiver");
        }
        rest = close + 1;
    }
    if !names_receiver {
        findings
            .warning(found.at, "the reply never names the receiver")
            .hint("put {receiver} where the name should stand");
    }
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
