//! Whether a text to be passed on gives its sender away.

use crate::conversation::spelling::{is_written_without_spaces, skeleton, split_words};
use crate::model::Person;

/// The longest text that is passed on, in characters; what [`MAX_SMS`](crate::conversation::MAX_SMS) leaves over is for
/// the words around it.
pub const MAX_RELAY: usize = 1_500;

/// How many of a phone's last digits make it recognisable; country and area codes are written in many ways.
const TELLING_DIGITS: usize = 7;

/// Parts of a name shorter than this are ordinary words too often: "Jo", "de", "van".
const TELLING_LETTERS: usize = 3;

/// Whether a text contains its sender's own name (whole, or any part of at least three letters as a word, whatever
/// the case and the accents), phone (in any writing, by its last seven digits) or e-mail address.
///
/// The relay holds such a text back until the sender insists, so it rather finds one too many: "rose" is held back
/// from Rose.
pub fn names_sender(text: &str, sender: &Person) -> bool {
    let phone = sender.phone.as_ref().is_some_and(|phone| has_phone(text, phone.expose()));
    let email = sender.email.as_ref().is_some_and(|email| has_email(text, email.expose()));
    phone || email || has_name(text, &sender.name)
}

fn has_name(text: &str, name: &str) -> bool {
    let (text, name) = (skeleton(text), skeleton(name));
    let text: Vec<&str> = split_words(&text).collect();
    let parts: Vec<&str> = split_words(&name).collect();
    let joined = parts.concat();
    if parts.is_empty() {
        return false;
    }
    let whole = text.windows(parts.len()).any(|window| window == parts);
    let telling = |part: &&str| part.chars().count() >= TELLING_LETTERS;
    let part = parts.iter().filter(|part| telling(part)).any(|part| text.contains(part));
    let unspaced = is_written_without_spaces(&joined) && text.iter().any(|word| word.contains(&joined));
    whole || part || unspaced || text.contains(&joined.as_str())
}

fn has_phone(text: &str, phone: &str) -> bool {
    let phone: String = phone.chars().filter(char::is_ascii_digit).collect();
    let telling = &phone[phone.len().saturating_sub(TELLING_DIGITS)..];
    !telling.is_empty() && digit_runs(text).any(|run| run.contains(telling))
}

/// The digits of a text, a run for each number: any space and punctuation may stand between the digits, letters may not.
fn digit_runs(text: &str) -> impl Iterator<Item = String> {
    text.split(char::is_alphabetic).map(|stretch| stretch.chars().filter_map(digit).collect())
}

/// A decimal digit of the scripts that phones are commonly written in, as ASCII.
fn digit(c: char) -> Option<char> {
    // Each of these is where a script's zero stands; the other nine follow it.
    const ZEROS: [char; 6] = ['0', '\u{660}', '\u{6F0}', '\u{966}', '\u{9E6}', '\u{FF10}'];
    let value =
        ZEROS.iter().find_map(|zero| (u32::from(c)).checked_sub(u32::from(*zero)).filter(|value| *value < 10))?;
    char::from_digit(value, 10)
}

/// Compares without spaces and with `at` and `dot` read as the signs they are often written for.
fn has_email(text: &str, email: &str) -> bool {
    let email = skeleton(email);
    let text = skeleton(text);
    let plain: String = text.split_whitespace().collect();
    let spelled = text.split(|c: char| c.is_whitespace() || "()[]{}<>".contains(c)).map(|word| match word {
        "at" => "@",
        "dot" => ".",
        other => other,
    });
    plain.contains(&email) || spelled.collect::<String>().contains(&email)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Email, Phone};

    fn person(name: &str) -> Person {
        Person {
            id: None,
            name: name.to_owned(),
            phone: Phone::parse("+44 7700 900123", None).ok(),
            email: Email::parse("ada.h@example.org").ok(),
            deliver: None,
            households: Vec::new(),
            wishes: Vec::new(),
            place: None,
        }
    }

    // H10
    #[test]
    fn a_text_that_tells_who_sent_it_is_noticed() {
        let zoe = person("Zoë Łuczak");
        for text in [
            "It's me, Zoë Łuczak",
            "love, ZOE",
            "zoe's size?",
            "greetings from the luczak family",
            "#ZoeLuczak",
            "zoe\u{308}",
            "call me on 07700 900123",
            "call me on +44 (0)7700-900.123!",
            "٧٧٠٠ ٩٠٠١٢٣",
            "7700900123",
            "write to ADA.H@example.ORG",
            "write to ada.h @ example.org",
            "ada.h (at) example dot org",
        ] {
            assert!(names_sender(text, &zoe), "{text}");
        }
    }

    // H10
    #[test]
    fn a_text_that_does_not_is_passed_on() {
        let zoe = person("Zoë Łuczak");
        for text in [
            "What size are you?",
            "Do you like the zoetrope?",
            "Is 42 right, or 770?",
            "Order 123456789012",
            "someone@example.org knows",
            "",
            "🎄\0",
        ] {
            assert!(!names_sender(text, &zoe), "{text}");
        }
    }

    // H10
    #[test]
    fn short_names_count_whole_and_their_short_parts_do_not() {
        assert!(names_sender("it is Jo Li", &person("Jo Li")));
        assert!(!names_sender("I live in Li", &person("Jo Li")));
        assert!(names_sender("do you like it", &person("Do")), "a whole name, if an ordinary word as well");
        assert!(names_sender("我是王小明啊", &person("王小明")));
    }

    proptest! {
        // H10
        #[test]
        fn the_own_name_is_found_wherever_it_stands(before in "[ -~]{0,40}", after in "[ -~]{0,40}") {
            let text = format!("{before} Zoë {after}");
            prop_assert!(names_sender(&text, &person("Zoe Hill")));
        }

        #[test]
        fn any_text_is_checked_without_a_panic(text in "\\PC{0,200}", name in "\\PC{1,30}") {
            let _ = names_sender(&text, &person(&name));
        }
    }
}
