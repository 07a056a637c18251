//! Whether a text asks about somebody else's pairing. Everybody is told their own receiver and no other's, and nobody's
//! question about another is answered with their own receiver as if that were the answer.

use crate::conversation::spelling::{skeleton, split_words};

use super::intent::Intent;
use super::vocabulary::Vocabulary;

/// Whoever asks, in a question about themselves.
const ASKER: [&str; 10] = ["i", "im", "ive", "ill", "id", "we", "my", "mine", "our", "ours"];

/// Whoever asks, in a question about who has them: "Who has me?"
const ASKED_FOR: [&str; 3] = ["me", "us", "myself"];

/// Behind "my" or "our", the one who has them.
const GIVER: [&str; 3] = ["santa", "giver", "angel"];

/// What `who` is followed by in a question about others: "Who does Ben have?"
const DOING: [&str; 20] = [
    "is", "s", "are", "was", "has", "have", "had", "does", "do", "did", "will", "got", "gets", "gives", "gave", "drew",
    "draws", "picked", "pulled", "buys",
];

/// Words in such a question that name nobody: "Who is it please?"
const NOBODY: [&str; 32] = [
    "it",
    "this",
    "that",
    "the",
    "a",
    "one",
    "you",
    "for",
    "to",
    "now",
    "then",
    "again",
    "please",
    "pls",
    "thanks",
    "thank",
    "here",
    "there",
    "today",
    "yet",
    "drawn",
    "person",
    "name",
    "match",
    "recipient",
    "receiver",
    "is",
    "got",
    "get",
    "have",
    "has",
    "and",
];

/// Parts of a name shorter than this are ordinary words too often, unless the name begins with them: "Jo", "de", "van".
const TELLING_LETTERS: usize = 3;

/// Whether a text that asks for a name asks whom somebody other than `me` gives to, or who gives to `me`: by the name of
/// somebody else, or by how the question is put.
pub fn asks_for_another(intent: &Intent, me: &str, vocabulary: &Vocabulary) -> bool {
    let Intent::Name { who, asked } = intent else { return false };
    let me = skeleton(me);
    let is_mine = |word: &str| split_words(&me).any(|part| part == word);
    let around = skeleton(who.as_deref().unwrap_or_default());
    // "Will" alone is a person, and "will" among other words is not.
    let all_are_names = split_words(&around).all(|word| vocabulary.is_name(word));
    let names_another = split_words(&around)
        .any(|word| !is_mine(word) && vocabulary.is_name(word) && (all_are_names || !is_ordinary(word)));
    names_another || asked.as_deref().is_some_and(|asked| is_about_others(asked, is_mine))
}

/// Whether the words behind `who` make a question about others. Whom it names first counts: "Who do I have, tell me".
fn is_about_others(asked: &str, is_mine: impl Fn(&str) -> bool) -> bool {
    let asked = skeleton(asked);
    let words: Vec<&str> = split_words(&asked).collect();
    let is_asker = |word: &&str| ASKER.contains(word) || is_mine(word);
    if words.iter().any(|word| GIVER.contains(word) && !is_mine(word)) {
        return true;
    }
    match words.iter().find(|word| is_asker(word) || ASKED_FOR.contains(word)) {
        Some(first) => ASKED_FOR.contains(first),
        None => {
            let does_something = words.first().is_some_and(|word| DOING.contains(word));
            does_something && words.iter().skip(1).any(|word| !NOBODY.contains(word))
        }
    }
}

/// Whether a word is part of a question more often than of a name.
fn is_ordinary(word: &str) -> bool {
    [&ASKER[..], &ASKED_FOR, &DOING, &NOBODY].iter().any(|list| list.contains(&word))
}

/// The words by which somebody of this name can be meant, without accents.
pub(super) fn telling_words(name: &str) -> Vec<String> {
    let name = skeleton(name);
    let words = split_words(&name).enumerate();
    let telling = words.filter(|(place, word)| *place == 0 || word.chars().count() >= TELLING_LETTERS);
    telling.map(|(_, word)| word.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::exchange::{family, understand};

    fn is_refused(body: &str) -> bool {
        let mut exchange = family();
        exchange.people[0].name = "Grandma Edith".to_owned();
        exchange.people[2].name = "Will".to_owned();
        exchange.people[3].name = "Jo de la Cruz".to_owned();
        let vocabulary = Vocabulary::of(&exchange);
        let intent = understand(body, &vocabulary);
        assert!(matches!(intent, Intent::Name { .. }), "{body} {intent:?}");
        asks_for_another(&intent, "Ben O'Brien", &vocabulary)
    }

    // X25
    #[test]
    fn a_question_about_somebody_else_is_one() {
        for body in [
            "who has me",
            "Who has me?",
            "who's got me",
            "who drew me??",
            "who is giving to me",
            "so who has me for christmas?",
            "tell me who has me",
            "who has us",
            "who is my secret santa",
            "who does Grandma have",
            "Who is Grandma giving to?",
            "Who is grandma edith giving to, I wonder",
            "WHO Edith",
            "WHO Will",
            "christmas will",
            "WHO Jo",
            "CHRISTMAS Grandma",
            "XMAS cruz",
            "does Grandma have me for christmas?",
            "who does she have",
            "who did they get",
            "who has everyone got",
            "who gives to whom?",
            "who has Grandmma",
            "who does Carl have",
        ] {
            assert!(is_refused(body), "{body}");
        }
    }

    // X5 X25
    #[test]
    fn a_question_about_the_own_receiver_is_none() {
        for body in [
            "who",
            "WHO?",
            "who is it",
            "so who is it?",
            "so, who has christmas?",
            "who do I have",
            "Who do I have, tell me",
            "who did i get again?",
            "who've I got",
            "who am I giving to",
            "who will I get for christmas",
            "who is my person",
            "who do we have",
            "who does Ben have",
            "WHO Ben",
            "CHRISTMAS Ben O'Brien",
            "Merry Christmas from Ben",
            "Tell me who I have",
            "Tell me who",
            "Merry Christmas to all of you!",
            "christmas please, for me",
            "happy christmas de la santa",
            "xmas",
        ] {
            assert!(!is_refused(body), "{body}");
        }
    }

    // X18 X25
    #[test]
    fn somebody_called_like_a_word_of_such_questions_asks_for_themselves() {
        let mut exchange = family();
        exchange.people[0].name = "Angel Ruiz".to_owned();
        let vocabulary = Vocabulary::of(&exchange);
        let is_refused = |body: &str, me| asks_for_another(&understand(body, &vocabulary), me, &vocabulary);
        assert!(!is_refused("who? Angel", "Angel Ruiz") && !is_refused("who does Angel have", "Angel Ruiz"));
        assert!(is_refused("who is my angel", "Ben O'Brien") && is_refused("who does Angel have", "Ben O'Brien"));
    }

    // X25
    #[test]
    fn short_parts_of_a_name_name_nobody() {
        assert_eq!(telling_words("Jo de la Cruz"), ["jo", "cruz"]);
        assert_eq!(telling_words("王小明"), ["王小明"]);
    }
}
