//! How a text to a gift exchange is understood, once it is known to be no carrier's word.
//!
//! In this order: one of our commands as the first word; the keyword anywhere; the same two again with one mistyped
//! letter forgiven. What could be two things is neither. One exception, since people are polite: "Wish you a merry
//! Christmas" and "Tell me who" ask for the name.

use crate::conversation::spelling::{bounded, clean, first_word, fold, is_invisible, shorten, split_words};
use crate::model::MAX_WISH_CHARS;

use super::MAX_RELAY;
use super::intent::{GiftReport, Intent, Verb};
use super::vocabulary::{Guess, Vocabulary};

/// Words around a report that change nothing about it: "Got it, thanks".
const FILLERS: [&str; 17] = [
    "it",
    "them",
    "that",
    "this",
    "one",
    "mine",
    "something",
    "already",
    "today",
    "yesterday",
    "now",
    "ok",
    "thanks",
    "thank",
    "you",
    "please",
    "all",
];

/// Words that make a sentence of GOT: "Got a question".
const SENTENCE: [&str; 12] = ["a", "an", "any", "no", "some", "the", "to", "me", "my", "your", "you", "it"];

/// The most characters kept of the words around a keyword; they are only compared with names.
const MAX_WHO: usize = 200;

/// Reads any text that [`carrier_word`](crate::conversation::carrier_word) has left over; looks at its first 64 KiB.
#[must_use]
pub fn understand(body: &str, vocabulary: &Vocabulary) -> Intent {
    let body = bounded(body);
    if body.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
        return Intent::Empty;
    }
    if is_question_mark(body) {
        return Intent::Menu;
    }
    let folded = fold(body);
    let folded: Vec<&str> = split_words(&folded).collect();
    let around_keyword = vocabulary.exact(&folded);
    let first = first_word(body).map(|(word, rest)| (fold(word), rest));
    if let Some((word, rest)) = &first
        && let Some(verb) = Verb::COMMANDS.into_iter().find(|verb| verb.word() == word)
        && !(around_keyword.is_some() && is_a_sentence(verb, &folded))
        && let Some(intent) = command(verb, rest)
    {
        return intent;
    }
    if let Some(others) = around_keyword {
        return Intent::Name { who: who(&others) };
    }
    if let Some((word, rest)) = &first
        && let Some(Guess::Command(verb)) = vocabulary.guess(word)
        && let Some(intent) = mistyped_command(verb, rest)
    {
        return intent;
    }
    vocabulary.near(&folded).map_or(Intent::Other, |others| Intent::Name { who: who(&others) })
}

/// Whether a command is but the start of what people say anyway: "Wish you a merry Christmas", "Tell me who".
fn is_a_sentence(verb: Verb, folded: &[&str]) -> bool {
    folded.get(1).is_some_and(|second| match verb {
        Verb::Wish => ["you", "u", "everyone", "everybody", "all"].contains(second),
        Verb::Ask | Verb::Tell => ["me", "us"].contains(second),
        _ => false,
    })
}

/// Reads the rest of a text behind its command; `None` when the command turns out to be the start of a sentence.
fn command(verb: Verb, rest: &str) -> Option<Intent> {
    let others = fold(rest);
    let others: Vec<&str> = split_words(&others).collect();
    let asks = rest.trim_end().ends_with('?');
    Some(match verb {
        Verb::Wish => match text_behind(rest) {
            text if text.is_empty() => Intent::Wishes { who: None },
            text if text.chars().count() > MAX_WISH_CHARS => Intent::Oversized(verb),
            text => Intent::Wish(text),
        },
        Verb::Ask | Verb::Tell => relayed(verb, rest),
        Verb::Wishes => Intent::Wishes { who: who(&others) },
        Verb::Unwish => Intent::Unwish { number: others.iter().find_map(|word| word.parse().ok()), who: who(&others) },
        Verb::Bought if !asks => Intent::Report { report: GiftReport::Bought, who: who(&others) },
        Verb::Sent if !asks => Intent::Report { report: GiftReport::Sent, who: who(&others) },
        Verb::Got if !asks && is_a_report(&others) => Intent::Report { report: GiftReport::Got, who: who(&others) },
        Verb::Proof => Intent::Proof { who: who(&others) },
        Verb::Menu => Intent::Menu,
        Verb::Name | Verb::Bought | Verb::Sent | Verb::Got => return None,
    })
}

/// A command guessed from a mistyped word: only when nothing else in the text speaks against it, since "Fought with
/// my sister" reports no purchase.
fn mistyped_command(verb: Verb, rest: &str) -> Option<Intent> {
    let others = fold(rest);
    let plain = split_words(&others).all(|word| FILLERS.contains(&word));
    let numbered = verb == Verb::Unwish && split_words(&others).all(|word| word.parse::<u32>().is_ok());
    if plain || numbered { command(verb, rest) } else { None }
}

/// A question or an answer to pass on.
fn relayed(verb: Verb, rest: &str) -> Intent {
    let insist = rest.starts_with('!');
    let text = text_behind(rest);
    if text.is_empty() {
        Intent::Unfinished(verb)
    } else if text.chars().count() > MAX_RELAY {
        Intent::Oversized(verb)
    } else if verb == Verb::Ask {
        Intent::Ask { text, insist }
    } else {
        Intent::Tell { text, insist }
    }
}

/// The cleaned text behind a command, without the punctuation that set it off.
fn text_behind(rest: &str) -> String {
    clean(rest.trim_start_matches(|c: char| c.is_whitespace() || is_invisible(c) || "!:;,.-–—=".contains(c)))
}

/// Whether what stands behind GOT leaves it a report: nothing, fillers, or a name.
fn is_a_report(others: &[&str]) -> bool {
    let plain = others.iter().all(|word| FILLERS.contains(word));
    let named = others.len() <= 2 && others.first().is_none_or(|word| !SENTENCE.contains(word));
    plain || named
}

/// Words joined for [`Intent`]'s `who`.
fn who(others: &[&str]) -> Option<String> {
    // Short of joining 64 KiB of words of which only the first few are ever compared.
    let joined = others.iter().take(MAX_WHO).copied().collect::<Vec<_>>().join(" ");
    (!joined.is_empty()).then(|| shorten(&joined, MAX_WHO))
}

/// One or more question marks of any script and nothing else.
fn is_question_mark(body: &str) -> bool {
    let marks = body.trim_matches(|c: char| c.is_whitespace() || is_invisible(c));
    !marks.is_empty()
        && marks.chars().all(|c| matches!(c, '?' | '\u{FF1F}' | '\u{61F}' | '\u{37E}' | '\u{2753}' | '\u{2754}'))
}

#[cfg(test)]
mod tests;
