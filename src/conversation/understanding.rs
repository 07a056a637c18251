//! How a text is understood.
//!
//! In this order: a carrier's word as the whole message; one of our commands as the first word; the keyword anywhere;
//! the same two again with one mistyped letter forgiven. What could be two things is neither. One exception, since
//! people are polite: "Wish you a merry Christmas" and "Tell me who" ask for the name.

use crate::model::MAX_WISH_CHARS;

use super::intent::{Intent, Report, Verb};
use super::spelling::{
    MAX_RELAY, bounded, clean, first_word, fold, is_invisible, is_near, is_written_without_spaces, shorten, skeleton,
    words,
};

/// Words by which the carriers and Twilio stop messages to a number.
/// Source: help.twilio.com, "Twilio support for opt-out keywords (SMS STOP filtering)".
const OPT_OUT: [&str; 8] = ["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"];

/// Words that let them through again; same source.
const OPT_IN: [&str; 3] = ["start", "unstop", "yes"];

/// Words that Twilio answers by itself; same source.
const CARRIER_HELP: [&str; 2] = ["help", "info"];

/// Works beside every keyword.
const WHO: &str = "who";

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

/// The words an exchange is asked by: its keyword, and `who`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    /// The keyword's words, folded. One as a rule; a keyword such as `x-mas` has two.
    keyword: Vec<String>,
    /// The keyword is of a writing without spaces, and counts within a longer run of letters.
    unspaced: bool,
    /// The keyword without its accents, where it has any: many type `noel` for `noël`. Never a word with a meaning.
    bare: Option<String>,
}

impl Vocabulary {
    /// Takes the exchange's keyword.
    #[must_use]
    pub fn new(keyword: &str) -> Self {
        let folded = fold(keyword);
        let keyword: Vec<String> = words(&folded).map(str::to_owned).collect();
        let unspaced = keyword.len() == 1 && keyword.iter().all(|word| is_written_without_spaces(word));
        let bare = keyword.first().filter(|_| keyword.len() == 1).map(|word| (word, skeleton(word)));
        let bare = bare.filter(|(word, bare)| *word != bare && !has_a_meaning(bare)).map(|(_, bare)| bare);
        Self { keyword, unspaced, bare }
    }

    /// The words around the keyword or `who`, if one of them is there exactly.
    fn exact<'t>(&self, folded: &[&'t str]) -> Option<Vec<&'t str>> {
        let length = self.keyword.len().max(1);
        let found = folded
            .windows(length)
            .position(|window| window.iter().copied().eq(self.keyword.iter().map(String::as_str)));
        if let Some(at) = found {
            return Some(around(folded, at, length));
        }
        if let Some(at) = folded.iter().position(|word| *word == WHO) {
            return Some(around(folded, at, 1));
        }
        let keyword = self.keyword.first().filter(|_| self.unspaced)?;
        let at = folded.iter().position(|word| word.contains(keyword.as_str()))?;
        Some(around(folded, at, 1))
    }

    /// The words around the keyword without its accents, or mistyped by one letter.
    fn near<'t>(&self, folded: &[&'t str]) -> Option<Vec<&'t str>> {
        let [keyword] = self.keyword.as_slice() else { return None };
        let at = folded.iter().position(|word| {
            let bare = self.bare.as_ref().is_some_and(|bare| skeleton(word) == *bare);
            bare || (is_near(word, keyword) && self.guess(word) == Some(Guess::Keyword))
        })?;
        Some(around(folded, at, 1))
    }

    /// What a mistyped word was meant to be; `None` when it is nothing of ours, or could be two things, or could be
    /// a carrier's word: those are never guessed.
    fn guess(&self, word: &str) -> Option<Guess> {
        let keyword =
            if let [keyword] = self.keyword.as_slice() { Some((keyword.as_str(), Guess::Keyword)) } else { None };
        let commands = Verb::COMMANDS.into_iter().map(|verb| (verb.word(), Guess::Command(verb)));
        let mut meant = keyword.into_iter().chain(commands).filter(|(ours, _)| is_near(word, ours));
        let (_, first) = meant.next()?;
        let ambiguous = meant.next().is_some() || carriers_words().any(|theirs| could_be(word, theirs));
        (!ambiguous).then_some(first)
    }
}

/// What a mistyped word was meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guess {
    Keyword,
    Command(Verb),
}

/// Reads a text. Takes any text; looks at the first [`super::spelling::MAX_BODY`] bytes.
#[must_use]
pub fn understand(body: &str, vocabulary: &Vocabulary) -> Intent {
    let body = bounded(body);
    if let Some(intent) = carriers_word(body) {
        return intent;
    }
    if body.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
        return Intent::Empty;
    }
    if is_question_mark(body) {
        return Intent::Menu;
    }
    let folded = fold(body);
    let folded: Vec<&str> = words(&folded).collect();
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

/// A carrier's word, letter for letter, with nothing but space and punctuation around it.
fn carriers_word(body: &str) -> Option<Intent> {
    let word = body.trim_matches(|c: char| c.is_whitespace() || is_invisible(c) || is_punctuation(c));
    let is_one_of = |list: &[&str]| list.iter().any(|theirs| word.eq_ignore_ascii_case(theirs));
    if is_one_of(&OPT_OUT) {
        Some(Intent::OptOut)
    } else if is_one_of(&OPT_IN) {
        Some(Intent::OptIn)
    } else if is_one_of(&CARRIER_HELP) {
        Some(Intent::CarrierHelp)
    } else {
        None
    }
}

/// Reads the rest of a text behind its command; `None` when the command turns out to be the start of a sentence.
fn command(verb: Verb, rest: &str) -> Option<Intent> {
    let others = fold(rest);
    let others: Vec<&str> = words(&others).collect();
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
        Verb::Bought if !asks => Intent::Report { report: Report::Bought, who: who(&others) },
        Verb::Sent if !asks => Intent::Report { report: Report::Sent, who: who(&others) },
        Verb::Got if !asks && is_a_report(&others) => Intent::Report { report: Report::Got, who: who(&others) },
        Verb::Proof => Intent::Proof { who: who(&others) },
        Verb::Menu => Intent::Menu,
        Verb::Name | Verb::Bought | Verb::Sent | Verb::Got => return None,
    })
}

/// A command guessed from a mistyped word: only when nothing else in the text speaks against it, since "Fought with
/// my sister" reports no purchase.
fn mistyped_command(verb: Verb, rest: &str) -> Option<Intent> {
    let others = fold(rest);
    let plain = words(&others).all(|word| FILLERS.contains(&word));
    let numbered = verb == Verb::Unwish && words(&others).all(|word| word.parse::<u32>().is_ok());
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

/// The words but for the `length` words at `at`.
fn around<'t>(folded: &[&'t str], at: usize, length: usize) -> Vec<&'t str> {
    let (before, from) = folded.split_at(at);
    before.iter().chain(from.iter().skip(length)).copied().collect()
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

/// Punctuation of ASCII, Latin-1, the General Punctuation block, and the CJK blocks.
fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c, '¡' | '¿' | '«' | '»' | '·' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{FF01}' | '\u{FF0C}' | '\u{FF0E}')
}

/// All words of the carriers.
fn carriers_words() -> impl Iterator<Item = &'static str> {
    OPT_OUT.into_iter().chain(OPT_IN).chain(CARRIER_HELP)
}

/// Whether a word is a carrier's or a command of ours.
fn has_a_meaning(word: &str) -> bool {
    carriers_words().any(|theirs| theirs == word) || Verb::COMMANDS.iter().any(|verb| verb.word() == word)
}

/// Whether a word is a carrier's word or within one letter of it, however short.
fn could_be(word: &str, theirs: &str) -> bool {
    word.chars().count().abs_diff(theirs.len()) <= 1 && strsim::osa_distance(word, theirs) <= 1
}

#[cfg(test)]
mod tests;
