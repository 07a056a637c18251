//! Who of several people of one phone is texting, by the names in a text.
//!
//! Which part of a text may hold the name is for a topic kind to say. `P` is whatever the caller knows people by.

use super::spelling::{first_word, is_near, skeleton, split_words};

/// The one person of several whom a text names anywhere. A full name beats a part of one; `None` when nobody or more
/// than one person is named.
pub(super) fn named<P: Copy>(text: &str, sharers: &[(P, &str)]) -> Option<P> {
    let text = skeleton(text);
    let text: Vec<&str> = split_words(&text).collect();
    unique_best(sharers.iter().map(|(person, name)| {
        let name = skeleton(name);
        let name: Vec<&str> = split_words(&name).collect();
        let whole = !name.is_empty() && text.windows(name.len()).any(|window| window == name);
        let parts = name.iter().filter(|part| text.iter().any(|word| word == *part || is_near(word, part))).count();
        (*person, if whole { 100 + name.len() } else { parts })
    }))
}

/// The one person of several with whose name a text starts, and the text behind it; `None` as well when nothing stands
/// behind the name.
pub(super) fn addressed<'t, P: Copy>(text: &'t str, sharers: &[(P, &str)]) -> Option<(P, &'t str)> {
    let scores = sharers.iter().map(|(person, name)| {
        let length = leading_words(text, name);
        ((*person, length), length)
    });
    let (person, length) = unique_best(scores)?;
    let mut rest = text;
    for _ in 0..length {
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
    for part in split_words(&name) {
        let Some((word, behind)) = first_word(rest) else { break };
        if skeleton(word) != part {
            break;
        }
        matching += 1;
        rest = behind;
    }
    matching
}

/// Whoever has the highest score above 0, if nobody else has it.
fn unique_best<P>(scores: impl Iterator<Item = (P, usize)> + Clone) -> Option<P> {
    let best = scores.clone().map(|(_, score)| score).max().filter(|score| *score > 0)?;
    let mut holders = scores.filter(|(_, score)| *score == best);
    let first = holders.next()?;
    holders.next().is_none().then_some(first.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAMILY: [(char, &str); 2] = [('a', "Ada Hill"), ('b', "Béa Hill")];

    // X18
    #[test]
    fn people_are_told_apart_by_the_name_and_never_by_the_first_match() {
        for (text, expected) in [
            ("Ada", Some('a')),
            ("bea!", Some('b')),
            ("Merry from Béa Hill", Some('b')),
            ("Beaa or so", None),
            ("Hil", None),
            ("Hill", None),
            ("Ada and Bea", None),
            ("Carl", None),
            ("", None),
        ] {
            assert_eq!(named(text, &FAMILY), expected, "{text}");
        }
        assert_eq!(named("Ada", &[('a', "Ada"), ('A', "Ada")]), None, "namesakes");
    }

    // X18
    #[test]
    fn a_name_within_a_longer_name_loses_to_it() {
        let people = [('a', "Ada"), ('h', "Ada Hill")];
        assert_eq!(named("Ada Hill", &people), Some('h'));
        assert_eq!(named("Ada", &people), Some('a'));
        assert_eq!(addressed("Ada Hill: socks", &people), Some(('h', "socks")));
    }

    // X18
    #[test]
    fn only_a_name_at_the_front_addresses() {
        assert_eq!(addressed("Ada: wool Socks", &FAMILY), Some(('a', "wool Socks")));
        assert_eq!(addressed("bea hill does Ada like tea?", &FAMILY), Some(('b', "does Ada like tea?")));
        assert_eq!(addressed("does Ada like tea?", &FAMILY), None);
        assert_eq!(addressed("Ada:", &FAMILY), None, "nothing is left to say");
    }
}
