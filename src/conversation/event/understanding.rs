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

impl Answered {
    /// As it is texted.
    #[must_use]
    pub fn command(&self) -> String {
        let word = self.word.word().to_uppercase();
        self.many.map_or_else(|| word.clone(), |many| format!("{word} {many}"))
    }
}

/// What stands in front of an answer without being one.
const IN_FRONT: &[&str] = &[
    "hi",
    "hello",
    "hey",
    "dear",
    "sorry",
    "thanks",
    "thank",
    "you",
    "oh",
    "ok",
    "okay",
    "well",
    "so",
    "i",
    "im",
    "am",
    "we",
    "are",
    "its",
    "it",
    "is",
    "a",
    "afraid",
    "unfortunately",
    "sadly",
];

/// What says that somebody does not come.
const REFUSES: &[&str] = &[
    "not",
    "cannot",
    "cant",
    "couldnt",
    "wont",
    "wouldnt",
    "dont",
    "havent",
    "arent",
    "unable",
    "away",
    "busy",
    "ill",
    "sick",
    "unwell",
    "abroad",
    "working",
    "travelling",
    "traveling",
    "holiday",
    "plans",
    "unfortunately",
    "sadly",
    "afraid",
    "regret",
    "regrets",
    "decline",
    "next",
    "another",
];

/// What may stand beside that, and says nothing by itself.
const GOES: &[&str] = &[
    "can", "could", "able", "make", "come", "coming", "attend", "join", "be", "go", "going", "there", "have", "got",
    "will", "free", "maybe", "perhaps",
];

/// What may stand behind a NO without taking it back.
const POLITE: &[&str] = &[
    "hi",
    "hello",
    "dear",
    "thanks",
    "thank",
    "you",
    "very",
    "much",
    "many",
    "so",
    "sorry",
    "but",
    "please",
    "we",
    "i",
    "im",
    "am",
    "are",
    "were",
    "me",
    "us",
    "my",
    "our",
    "to",
    "the",
    "a",
    "an",
    "this",
    "that",
    "it",
    "its",
    "time",
    "year",
    "from",
    "for",
    "on",
    "in",
    "at",
    "other",
    "all",
    "best",
    "asking",
    "inviting",
    "invitation",
    "tonight",
    "today",
    "then",
    "day",
    "evening",
    "week",
    "weekend",
    "town",
    "out",
    "of",
];

/// What makes a YES none, or one that depends on something.
const TAKES_BACK: &[&str] = &[
    "not", "cannot", "cant", "couldnt", "wont", "wouldnt", "dont", "havent", "unable", "unless", "if", "never",
    "decline", "cancel",
];

/// No NO, for it is never meant as one.
const NO_REFUSAL: &[(&str, &str)] = &[("no", "problem"), ("no", "problems"), ("no", "worries"), ("no", "doubt")];

/// No more than a stronger YES.
const EAGER: &[(&str, &str)] = &[("cant", "wait"), ("cannot", "wait"), ("wouldnt", "miss")];

/// What may stand behind a number of people.
const BEHIND_NUMBER: &[&str] =
    &["please", "of", "people", "persons", "guests", "seats", "adults", "thanks", "thank", "and"];

/// More words are a letter, and no answer.
const LONGEST: usize = 20;

/// The answer that a text gives: behind a greeting it begins with one of the four, and nothing in it says otherwise. A NO says
/// nothing else than that somebody does not come, and may leave out the word itself. `people` are those of the
/// phone, by name.
pub fn understand(body: &str, people: &[&str]) -> Option<Answered> {
    let text = skeleton(bounded(body)).replace('\u{2019}', "'").replace("'ll", " will").replace('\'', "");
    let all: Vec<&str> = split_words(&text).collect();
    let people: Vec<String> = people.iter().map(|name| skeleton(name)).collect();
    let is_known = |word: &str| people.iter().any(|name| split_words(name).any(|part| part == word));
    if all.len() > LONGEST {
        return None;
    }
    let all = without(&all, NO_REFUSAL);
    let begins = all.iter().position(|word| !IN_FRONT.contains(word) && !is_known(word))?;
    let rest = all.get(begins + 1..).unwrap_or_default();
    let word = match word_of(all[begins]) {
        Some(Word::No) => return refuses(rest, is_known).then_some(Answered { word: Word::No, many: None }),
        Some(word) => word,
        None => {
            // "Sorry, we can't make it": what is asked back is no answer.
            let hard = all.iter().any(|word| ["not", "cannot", "cant", "couldnt", "wont", "unable"].contains(word));
            let is_no =
                hard && all.iter().any(|word| ["come", "coming", "make", "attend", "join", "there"].contains(word));
            let is_no = is_no && !body.contains('?') && refuses(&all, is_known);
            return is_no.then_some(Answered { word: Word::No, many: None });
        }
    };
    let rest = without(rest, EAGER);
    let others: Vec<Word> = rest.iter().filter_map(|other| word_of(other)).filter(|other| *other != word).collect();
    let word = match (word, others.as_slice()) {
        (word, []) => word,
        (Word::Yes, [Word::Probably]) | (Word::Probably, [Word::Yes]) => Word::Probably,
        _ => return None,
    };
    if word.takes_seats() && rest.iter().any(|word| TAKES_BACK.contains(word)) {
        return None;
    }
    let counted: Vec<&str> = rest.into_iter().filter(|word| !is_known(word)).collect();
    let many = number(&counted);
    (many != Some(0)).then_some(Answered { word, many: many.filter(|many| *many < 1000) })
}

/// Whether words say no more than that somebody does not come.
fn refuses(words: &[&str], is_known: impl Fn(&str) -> bool) -> bool {
    let says_so = words.iter().any(|word| REFUSES.contains(word));
    words.iter().all(|word| {
        REFUSES.contains(word) || POLITE.contains(word) || is_known(word) || (says_so && GOES.contains(word))
    })
}

/// For how many, by what stands behind an answer: a number right there, or behind "for", "we are" and the like.
fn number(rest: &[&str]) -> Option<u32> {
    let leads = |place: usize| match place.checked_sub(1) {
        None => true,
        Some(before) => ["for", "are", "were", "be", "with"].contains(&rest[before]),
    };
    rest.iter().enumerate().find_map(|(place, word)| {
        let is_counted = rest.get(place + 1).is_none_or(|behind| BEHIND_NUMBER.contains(behind));
        let many = match *word {
            "one" => Some(1),
            "two" | "both" => Some(2),
            "three" => Some(3),
            "four" => Some(4),
            "me" if place > 0 && ["just", "only"].contains(&rest[place - 1]) => return Some(1),
            number => number.parse().ok(),
        };
        many.filter(|_| leads(place) && is_counted)
    })
}

/// Words without those of some pairs.
fn without<'t>(words: &[&'t str], pairs: &[(&str, &str)]) -> Vec<&'t str> {
    let (mut kept, mut rest) = (Vec::new(), words);
    while let [first, behind @ ..] = rest {
        rest = match behind {
            [second, behind @ ..] if pairs.contains(&(*first, *second)) => behind,
            _ => {
                kept.push(*first);
                behind
            }
        };
    }
    kept
}

fn word_of(word: &str) -> Option<Word> {
    match word {
        "yes" | "yep" | "yeah" | "yup" => Some(Word::Yes),
        "no" | "nope" | "nah" => Some(Word::No),
        "maybe" | "perhaps" | "possibly" => Some(Word::Maybe),
        // Long enough to be told from anything else with a letter wrong.
        "prob" | "probly" => Some(Word::Probably),
        _ if is_near(word, "probably") => Some(Word::Probably),
        _ => None,
    }
}

/// Who of several people of one phone answers.
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
    fn answers_are_understood_however_people_put_them() {
        for (body, expected) in [
            ("YES", (Word::Yes, None)),
            (" yes!", (Word::Yes, None)),
            ("Yes 2", (Word::Yes, Some(2))),
            ("yes, for 3 please", (Word::Yes, Some(3))),
            ("Yes, we are 3", (Word::Yes, Some(3))),
            ("Yes, we'll be 4", (Word::Yes, Some(4))),
            ("Yes two please", (Word::Yes, Some(2))),
            ("Yes, both of us", (Word::Yes, Some(2))),
            ("Yes, but just me", (Word::Yes, Some(1))),
            ("Yes 2 people", (Word::Yes, Some(2))),
            ("Yes, see you at 7", (Word::Yes, None)),
            ("Yes! 7 pm is fine", (Word::Yes, None)),
            ("Yes, for 7 o'clock", (Word::Yes, None)),
            ("yes, I am 40 on that day, and come", (Word::Yes, None)),
            ("Yes Ada", (Word::Yes, None)),
            ("Yes 2 Ada", (Word::Yes, Some(2))),
            ("yes Ada 2", (Word::Yes, Some(2))),
            ("Yes, Ada, for 3 please", (Word::Yes, Some(3))),
            ("Hello, yes please", (Word::Yes, None)),
            ("Thank you, yes!", (Word::Yes, None)),
            ("Yep, count me in", (Word::Yes, None)),
            ("Yes, can\u{2019}t wait!", (Word::Yes, None)),
            ("Yes, no problem", (Word::Yes, None)),
            ("Yes, I'll be a little late though", (Word::Yes, None)),
            ("PROBABLY", (Word::Probably, None)),
            ("probaly 2", (Word::Probably, Some(2))),
            ("Probably yes", (Word::Probably, None)),
            ("We are probably coming", (Word::Probably, None)),
            ("Maybe.", (Word::Maybe, None)),
            ("maybe not, we will see", (Word::Maybe, None)),
            ("Perhaps, I'll know on Monday", (Word::Maybe, None)),
            ("no", (Word::No, None)),
            ("Nope", (Word::No, None)),
            ("No thanks", (Word::No, None)),
            ("Sorry, no", (Word::No, None)),
            ("I'm afraid no", (Word::No, None)),
            ("no ada", (Word::No, None)),
            ("No, I can't make it", (Word::No, None)),
            ("No, I can\u{2019}t make it, sorry!", (Word::No, None)),
            ("No, we will not be there", (Word::No, None)),
            ("no, I won't be able to come", (Word::No, None)),
            ("No, we have other plans", (Word::No, None)),
            ("No sorry, I'm ill", (Word::No, None)),
            ("No thank you, maybe next time", (Word::No, None)),
            ("No, I don't have time", (Word::No, None)),
            ("Sorry, can't make it", (Word::No, None)),
            ("Unfortunately we cannot come", (Word::No, None)),
            ("I am not coming", (Word::No, None)),
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
            "sorry",
            "thank you",
            "no problem, we will be there",
            "No worries, see you then",
            "no, I'll be there",
            "no but we come",
            "No, I have time",
            "no way I miss this",
            "no, I can't wait",
            "yes or no?",
            "maybe yes",
            "no idea yet",
            "nobody",
            "not yes",
            "not sure",
            "Yes I can not come",
            "Yes, sorry, I can't",
            "yes, if I find a sitter",
            "Yes, I don't think so",
            "Probably not",
            "YES 0",
            "Can't we come later?",
            "I can't come before 8",
            "Is there parking?",
            "I said yes to somebody else once, and it was a long story about a boat, you know",
        ] {
            assert_eq!(answer(body), None, "{body}");
        }
    }
}
