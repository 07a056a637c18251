//! How a text to a gift exchange is understood, once it is known to be no carrier's word.
//!
//! In this order: one of our commands as the first word; the keyword anywhere; the same two again with one mistyped
//! letter forgiven; a few questions that people ask in their own words ("What's the budget?"). What could be two things
//! is neither. One exception, since people are polite: "Wish you a merry Christmas" and "Tell me who" ask for the name.

use crate::conversation::choosing::Asks;
use crate::conversation::spelling::{bounded, clean, first_word, fold, is_invisible, shorten, split_words};
use crate::model::MAX_WISH_CHARS;

use super::MAX_RELAY;
use super::intent::{GiftReport, Intent, Verb};
use super::secrecy::asks_for_another;
use super::vocabulary::{Guess, Vocabulary, WHO};

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

/// Words of our own under another name.
const ALIASES: [(&str, Verb); 3] = [("wishlist", Verb::Wishes), ("receipt", Verb::Proof), ("date", Verb::When)];

/// Words of a question that say nothing about what it asks: "What's the budget again, please?"
const QUESTION: [&str; 32] = [
    "what", "whats", "s", "which", "is", "are", "was", "the", "my", "our", "your", "a", "it", "this", "that", "can",
    "may", "i", "we", "you", "do", "does", "see", "show", "me", "please", "again", "for", "of", "on", "day", "so",
];

/// The same of a question that begins with "How much".
const HOW_MUCH: [&str; 8] = ["how", "much", "money", "should", "to", "spend", "cost", "can"];

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
        && let Some(verb) = leading(word, vocabulary)
        && !(around_keyword.is_some() && is_a_sentence(verb, &folded))
        && let Some(intent) = command(verb, rest, vocabulary)
    {
        return intent;
    }
    if let Some(wish) = wished_for(body) {
        return command(Verb::Wish, wish, vocabulary).unwrap_or(Intent::Other);
    }
    if let Some(others) = around_keyword {
        return name(&others, &folded);
    }
    if let Some((word, rest)) = &first
        && let Some(Guess::Command(verb)) = vocabulary.guess(word)
        && let Some(intent) = mistyped_command(verb, rest, vocabulary)
    {
        return intent;
    }
    vocabulary.near(&folded).map_or_else(|| question(&folded), |others| name(&others, &folded))
}

/// What a text would ask of an exchange, of the people of its phone there.
pub fn asks(body: &str, people: &[&str], vocabulary: &Vocabulary) -> Asks {
    let intent = understand(body, vocabulary);
    let verb = match &intent {
        Intent::Name { .. } => {
            return match people {
                [me] if asks_for_another(&intent, me, vocabulary) => Asks::Refused,
                _ => Asks::Something { command: None, has_text: false },
            };
        }
        Intent::Budget => Some(Verb::Budget),
        Intent::Date => Some(Verb::When),
        _ => intent.verb(),
    };
    let Some(verb) = verb else { return Asks::Nothing };
    let insists = matches!(intent, Intent::Ask { insist: true, .. } | Intent::Tell { insist: true, .. });
    let command = format!("{}{}", verb.word().to_uppercase(), if insists { "!" } else { "" });
    Asks::Something { command: Some(command), has_text: matches!(verb, Verb::Wish | Verb::Ask | Verb::Tell) }
}

/// What somebody types into a field that is for one command alone.
pub fn typed(verb: Verb, text: &str, insist: bool) -> Intent {
    let text = bounded(text).trim();
    match verb {
        Verb::Ask | Verb::Tell => relayed(verb, &format!("{} {text}", if insist { "!" } else { "" })),
        _ => match clean(text) {
            text if text.is_empty() => Intent::Unfinished(verb),
            text if text.chars().count() > MAX_WISH_CHARS => Intent::Oversized(verb),
            text => Intent::Wish(text),
        },
    }
}

/// The command that a first word is. A keyword that is one of our lesser words comes first.
fn leading(word: &str, vocabulary: &Vocabulary) -> Option<Verb> {
    let ours = Verb::COMMANDS.into_iter().map(|verb| (verb.word(), verb)).chain(ALIASES);
    ours.into_iter().find(|(ours, _)| *ours == word && !vocabulary.is_keyword(word)).map(|(_, verb)| verb)
}

/// A text that asks for the name.
fn name(others: &[&str], folded: &[&str]) -> Intent {
    let behind = folded.iter().position(|word| *word == WHO).and_then(|at| folded.get(at + 1..));
    let asked = behind.map(|words| joined(words.iter().filter(|word| others.contains(word)).copied()));
    Intent::Name { who: who(others), asked }
}

/// What stands behind "I wish for".
fn wished_for(body: &str) -> Option<&str> {
    ["i", "wish", "for"].into_iter().try_fold(body, |rest, expected| {
        let (word, rest) = first_word(rest)?;
        (fold(word) == expected).then_some(rest)
    })
}

/// What a text asks for in words of its own, if it says nothing else.
fn question(folded: &[&str]) -> Intent {
    let is_how_much = folded.starts_with(&["how", "much"]);
    let is_filler = |word: &&str| QUESTION.contains(word) || (is_how_much && HOW_MUCH.contains(word));
    let left: Vec<&str> = folded.iter().filter(|word| !is_filler(word)).copied().take(3).collect();
    match left.as_slice() {
        [] if is_how_much => Intent::Budget,
        ["budget"] => Intent::Budget,
        ["when" | "date"] => Intent::Date,
        ["wishes" | "wishlist" | "list"] | ["wish", "list"] => Intent::Wishes { who: None },
        ["proof" | "receipt"] => Intent::Proof { who: None },
        ["link" | "page"] => Intent::Link { who: None },
        ["menu"] => Intent::Menu,
        // Which of the three reports it is, they say themselves.
        ["done"] | ["all" | "am" | "m", "done"] => Intent::Unfinished(Verb::Bought),
        _ => Intent::Other,
    }
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
fn command(verb: Verb, rest: &str, vocabulary: &Vocabulary) -> Option<Intent> {
    let others = fold(rest);
    let others: Vec<&str> = split_words(&others).collect();
    let asks_no_more = || others.iter().all(|word| QUESTION.contains(word) || vocabulary.is_keyword(word));
    let asks = rest.trim_end().ends_with('?');
    Some(match verb {
        Verb::Wish if others == ["list"] => Intent::Wishes { who: None },
        Verb::Wish => match text_behind(without_for(rest)) {
            text if text.is_empty() => Intent::Wishes { who: None },
            text if text.chars().count() > MAX_WISH_CHARS => Intent::Oversized(verb),
            text => Intent::Wish(text),
        },
        Verb::Ask | Verb::Tell => relayed(verb, rest),
        Verb::Wishes => Intent::Wishes { who: who(&others) },
        Verb::Unwish => Intent::Unwish { who: who(&others) },
        Verb::Budget if asks_no_more() => Intent::Budget,
        Verb::When if asks_no_more() => Intent::Date,
        Verb::Bought if !asks => Intent::Report { report: GiftReport::Bought, who: who(&others) },
        Verb::Sent if !asks => Intent::Report { report: GiftReport::Sent, who: who(&others) },
        Verb::Got if !asks && is_a_report(&others) => Intent::Report { report: GiftReport::Got, who: who(&others) },
        Verb::Proof => Intent::Proof { who: who(&others) },
        Verb::Link => Intent::Link { who: who(&others) },
        Verb::Menu => Intent::Menu,
        Verb::Name | Verb::Bought | Verb::Sent | Verb::Got | Verb::Budget | Verb::When => return None,
    })
}

/// A command guessed from a mistyped word: only when nothing else in the text speaks against it, since "Fought with
/// my sister" reports no purchase.
fn mistyped_command(verb: Verb, rest: &str, vocabulary: &Vocabulary) -> Option<Intent> {
    let others = fold(rest);
    let plain = split_words(&others).all(|word| FILLERS.contains(&word));
    let numbered = verb == Verb::Unwish && split_words(&others).all(|word| word.parse::<u32>().is_ok());
    if plain || numbered { command(verb, rest, vocabulary) } else { None }
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

/// The text of a wish behind "for": "WISH for a red kite".
fn without_for(rest: &str) -> &str {
    first_word(rest).filter(|(word, _)| fold(word) == "for").map_or(rest, |(_, behind)| behind)
}

/// Whether what stands behind GOT leaves it a report: nothing, fillers, or a name.
fn is_a_report(others: &[&str]) -> bool {
    let plain = others.iter().all(|word| FILLERS.contains(word));
    let named = others.len() <= 2 && others.first().is_none_or(|word| !SENTENCE.contains(word));
    plain || named
}

/// Words joined for [`Intent`]'s `who`.
fn who(others: &[&str]) -> Option<String> {
    let joined = joined(others.iter().copied());
    (!joined.is_empty()).then_some(joined)
}

/// The first of these words, with a space between.
fn joined<'t>(words: impl Iterator<Item = &'t str>) -> String {
    // Short of joining 64 KiB of words of which only the first few are ever compared.
    shorten(&words.take(MAX_WHO).collect::<Vec<_>>().join(" "), MAX_WHO)
}

/// One or more question marks of any script and nothing else.
fn is_question_mark(body: &str) -> bool {
    let marks = body.trim_matches(|c: char| c.is_whitespace() || is_invisible(c));
    !marks.is_empty()
        && marks.chars().all(|c| matches!(c, '?' | '\u{FF1F}' | '\u{61F}' | '\u{37E}' | '\u{2753}' | '\u{2754}'))
}

#[cfg(test)]
mod tests;
