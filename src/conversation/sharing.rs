//! Who is texting, when several people share a phone.

use crate::model::PersonIndex;

use super::Intent;
use super::spelling::{first_word, is_near, skeleton, words};

/// Finds out who of the people of one phone sent a text, and takes the name that told so out of the text: from
/// `WISH Ada: wool socks` remains `wool socks`.
///
/// One person alone is always meant. Among several, commands with a text of their own start with the name, for a name
/// further back may be part of the text; the others carry it anywhere. A full name beats a part of one; `None` when
/// nobody or more than one person is named.
#[must_use]
pub fn speaker(intent: &mut Intent, sharers: &[(PersonIndex, &str)]) -> Option<PersonIndex> {
    if let [(only, _)] = sharers {
        return Some(*only);
    }
    match intent {
        Intent::Wish(text) | Intent::Ask { text, .. } | Intent::Tell { text, .. } => {
            let (person, rest) = addressed(text, sharers)?;
            *text = rest.to_owned();
            Some(person)
        }
        Intent::Name { who }
        | Intent::Wishes { who }
        | Intent::Unwish { who, .. }
        | Intent::Report { who, .. }
        | Intent::Proof { who } => named(who.as_deref()?, sharers),
        _ => None,
    }
}

/// The one person of several whom a text names anywhere.
fn named(text: &str, sharers: &[(PersonIndex, &str)]) -> Option<PersonIndex> {
    let text = skeleton(text);
    let text: Vec<&str> = words(&text).collect();
    unique_best(sharers.iter().map(|(person, name)| {
        let name = skeleton(name);
        let name: Vec<&str> = words(&name).collect();
        let whole = !name.is_empty() && text.windows(name.len()).any(|window| window == name);
        let parts = name.iter().filter(|part| text.iter().any(|word| word == *part || is_near(word, part))).count();
        (*person, if whole { 100 + name.len() } else { parts })
    }))
}

/// The one person of several with whose name a text starts, and the text behind it.
fn addressed<'t>(text: &'t str, sharers: &[(PersonIndex, &str)]) -> Option<(PersonIndex, &'t str)> {
    let person = unique_best(sharers.iter().map(|(person, name)| (*person, leading_words(text, name))))?;
    let (_, name) = sharers.iter().find(|(sharer, _)| *sharer == person)?;
    let mut rest = text;
    for _ in 0..leading_words(text, name) {
        rest = first_word(rest)?.1;
    }
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || ":;,.-–—".contains(c));
    (!rest.is_empty()).then_some((person, rest))
}

/// How many of a text's first words are the name's, in its order: all of them, or its first alone.
fn leading_words(text: &str, name: &str) -> usize {
    let name = skeleton(name);
    let mut rest = text;
    let mut matching = 0;
    for part in words(&name) {
        let Some((word, behind)) = first_word(rest) else { break };
        if skeleton(word) != part {
            break;
        }
        matching += 1;
        rest = behind;
    }
    matching
}

/// The highest score above 0, if only one has it.
fn unique_best(scores: impl Iterator<Item = (PersonIndex, usize)> + Clone) -> Option<PersonIndex> {
    let best = scores.clone().map(|(_, score)| score).max().filter(|score| *score > 0)?;
    let mut holders = scores.filter(|(_, score)| *score == best);
    let first = holders.next()?;
    holders.next().is_none().then_some(first.0)
}

#[cfg(test)]
mod tests {
    use super::super::{Vocabulary, understand};
    use super::*;

    const ADA: PersonIndex = PersonIndex(0);
    const BEA: PersonIndex = PersonIndex(1);
    const FAMILY: [(PersonIndex, &str); 2] = [(ADA, "Ada Hill"), (BEA, "Béa Hill")];

    fn who_texts(body: &str, sharers: &[(PersonIndex, &str)]) -> Option<PersonIndex> {
        speaker(&mut understand(body, &Vocabulary::new("christmas")), sharers)
    }

    // X18
    #[test]
    fn a_shared_phone_is_told_apart_by_the_name_and_never_by_the_first_match() {
        for (body, expected) in [
            ("CHRISTMAS Ada", Some(ADA)),
            ("christmas bea!", Some(BEA)),
            ("Bea: who?", Some(BEA)),
            ("CHRISTMAS Ada Hill", Some(ADA)),
            ("Merry christmas from Béa Hill", Some(BEA)),
            ("CHRISTMAS", None),
            ("CHRISTMAS Hill", None),
            ("CHRISTMAS Ada and Bea", None),
            ("CHRISTMAS Carl", None),
            ("PROOF Bea", Some(BEA)),
            ("BOUGHT Ada", Some(ADA)),
            ("UNWISH Bea 2", Some(BEA)),
            ("GOT Ada Hill", Some(ADA)),
        ] {
            assert_eq!(who_texts(body, &FAMILY), expected, "{body}");
        }
        assert_eq!(who_texts("CHRISTMAS Bea", &[(ADA, "Ada Hill")]), Some(ADA));
    }

    // X18
    #[test]
    fn a_name_within_a_longer_name_loses_to_it() {
        let people = [(ADA, "Ada"), (BEA, "Ada Hill")];
        assert_eq!(who_texts("CHRISTMAS Ada Hill", &people), Some(BEA));
        assert_eq!(who_texts("CHRISTMAS Ada", &people), Some(ADA));
    }

    // X18
    #[test]
    fn the_name_at_the_front_is_taken_out_of_the_text() {
        let mut intent = understand("WISH Ada: wool Socks", &Vocabulary::new("christmas"));
        assert_eq!(speaker(&mut intent, &FAMILY), Some(ADA));
        assert_eq!(intent, Intent::Wish("wool Socks".to_owned()));

        let mut intent = understand("ASK! bea hill does Ada like tea?", &Vocabulary::new("christmas"));
        assert_eq!(speaker(&mut intent, &FAMILY), Some(BEA));
        assert_eq!(intent, Intent::Ask { text: "does Ada like tea?".to_owned(), insist: true });

        let mut intent = understand("ASK does Ada like tea?", &Vocabulary::new("christmas"));
        assert_eq!(speaker(&mut intent, &FAMILY), None);
    }
}
