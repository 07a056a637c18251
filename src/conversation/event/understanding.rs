//! One of the four answers, read out of a text.

use crate::conversation::sharing::named;
use crate::conversation::spelling::{bounded, is_near, skeleton, split_words};
use crate::model::Word;

/// What a text answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// Which of the four.
    pub word: Word,
    /// For how many; as many as the invitation is for where it does not say.
    pub many: Option<u32>,
}

/// What may stand behind a NO without taking it back.
const POLITE: [&str; 11] = ["thanks", "thank", "you", "sorry", "but", "we", "i", "cannot", "cant", "come", "please"];

/// More words are a letter, and no answer.
const LONGEST: usize = 12;

/// The answer that a text of one of these people gives: its first word is one of the four, and no other of them stands in it.
/// A NO says nothing else, for "no problem, we come" is none.
#[must_use]
pub fn understand(body: &str, people: &[&str]) -> Option<Answered> {
    let text = skeleton(bounded(body));
    let mut all: Vec<&str> = split_words(&text).collect();
    if all.first() == Some(&"sorry") {
        all.rotate_left(1);
    }
    let (first, rest) = all.split_first()?;
    let word = word_of(first)?;
    let names = |word: &&str| people.iter().any(|name| split_words(&skeleton(name)).any(|part| part == *word));
    let says_more = rest.iter().any(|other| word_of(other).is_some_and(|other| other != word));
    let takes_back = word == Word::No && !rest.iter().all(|other| POLITE.contains(other) || names(other));
    if all.len() > LONGEST || says_more || takes_back {
        return None;
    }
    let many = rest.iter().find_map(|word| word.parse().ok()).filter(|many| (1..1000).contains(many));
    Some(Answered { word, many })
}

fn word_of(word: &str) -> Option<Word> {
    match word {
        "yes" | "yep" | "yeah" => Some(Word::Yes),
        "no" | "nope" => Some(Word::No),
        "maybe" | "perhaps" => Some(Word::Maybe),
        // Long enough to be told from anything else with a letter wrong.
        "prob" | "probly" => Some(Word::Probably),
        _ if is_near(word, "probably") => Some(Word::Probably),
        _ => None,
    }
}

/// Who of several people of one phone answers.
#[must_use]
pub(crate) fn speaker<P: Copy>(body: &str, people: &[(P, &str)]) -> Option<P> {
    match people {
        [(only, _)] => Some(*only),
        several => named(body, several),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Option<(Word, Option<u32>)> {
        understand(body, &["Ada Hill"]).map(|found| (found.word, found.many))
    }

    // D12
    #[test]
    fn the_four_words_are_understood_however_they_are_typed() {
        for (body, expected) in [
            ("YES", (Word::Yes, None)),
            (" yes!", (Word::Yes, None)),
            ("Yes 2", (Word::Yes, Some(2))),
            ("yes, for 3 please", (Word::Yes, Some(3))),
            ("Yes Ada", (Word::Yes, None)),
            ("PROBABLY", (Word::Probably, None)),
            ("probaly 2", (Word::Probably, Some(2))),
            ("Maybe.", (Word::Maybe, None)),
            ("no", (Word::No, None)),
            ("No thanks", (Word::No, None)),
            ("Sorry, no", (Word::No, None)),
            ("no ada", (Word::No, None)),
        ] {
            assert_eq!(answer(body), Some(expected), "{body}");
        }
    }

    // D12: what could be meant otherwise is no answer.
    #[test]
    fn what_may_mean_something_else_is_no_answer() {
        for body in [
            "",
            "2",
            "hello",
            "no problem, we will be there",
            "yes or no?",
            "maybe yes",
            "no idea yet",
            "nobody",
            "not yes",
            "I said yes to somebody else once, and it was a long story about a boat, you know",
        ] {
            assert_eq!(answer(body), None, "{body}");
        }
    }
}
