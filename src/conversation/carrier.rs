//! The words that carriers and Twilio act on by themselves, whatever the topic: STOP, START, HELP and the like.

use super::spelling::{bounded, is_invisible, is_punctuation};
use crate::model::carriers::{HELP, OPT_IN, OPT_OUT, YES, words as carriers_words};

/// What a carrier's word asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CarrierWord {
    /// No more messages, please.
    OptOut,
    /// Messages are welcome again.
    OptIn {
        /// It was `YES`, which answers an open invitation first.
        yes: bool,
    },
    /// Who sends these messages? Twilio answers.
    Help,
}

/// The carrier's word that a text is, letter for letter, with nothing but space and punctuation around it.
///
/// Never guessed and never part of a longer text: to stop somebody's messages by mistake is worse than to have them
/// say it again. Whoever answers texts asks this first, and looks for a topic's own words only behind it.
#[must_use]
pub fn carrier_word(body: &str) -> Option<CarrierWord> {
    let around = |c: char| c.is_whitespace() || is_invisible(c) || is_punctuation(c);
    let word = bounded(body).trim_matches(around);
    let is_one_of = |list: &[&str]| list.iter().any(|theirs| word.eq_ignore_ascii_case(theirs));
    if is_one_of(&OPT_OUT) {
        Some(CarrierWord::OptOut)
    } else if is_one_of(&OPT_IN) {
        Some(CarrierWord::OptIn { yes: false })
    } else if is_one_of(&[YES]) {
        Some(CarrierWord::OptIn { yes: true })
    } else if is_one_of(&HELP) {
        Some(CarrierWord::Help)
    } else {
        None
    }
}

/// Whether a folded word is one of the carriers'.
pub(super) fn is_carriers(word: &str) -> bool {
    carriers_words().any(|theirs| theirs == word)
}

/// Whether a folded word is one of the carriers' or within one letter of it, however short. A topic's vocabulary takes
/// no such word for a mistyped one of its own.
pub(super) fn could_be_carriers(word: &str) -> bool {
    carriers_words()
        .any(|theirs| word.chars().count().abs_diff(theirs.len()) <= 1 && strsim::osa_distance(word, theirs) <= 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: CarrierWord = CarrierWord::OptIn { yes: false };

    // H3 H13
    #[test]
    fn a_carriers_word_counts_whatever_its_case_and_punctuation() {
        for word in OPT_OUT {
            for body in [word.to_owned(), word.to_uppercase(), format!(" {word}.\n"), format!("\"{word}!\"")] {
                assert_eq!(carrier_word(&body), Some(CarrierWord::OptOut), "{body:?}");
            }
        }
        for word in OPT_IN {
            for body in [word.to_owned(), format!("{}!!", word.to_uppercase())] {
                assert_eq!(carrier_word(&body), Some(START), "{body:?}");
            }
        }
        for body in ["yes", "YES!", " Yes. "] {
            assert_eq!(carrier_word(body), Some(CarrierWord::OptIn { yes: true }), "{body:?}");
        }
        for body in ["HELP", "info?"] {
            assert_eq!(carrier_word(body), Some(CarrierWord::Help), "{body:?}");
        }
    }

    // H3 H13
    #[test]
    fn it_counts_only_as_the_whole_message() {
        for body in [
            "stop christmas",
            "please stop",
            "STOP PLEASE",
            "stop all",
            "yes please",
            "help me",
            "the end",
            "ask stop",
            "wish STOP",
            "no",
            "maybe",
            "probably",
            "",
            "?!",
        ] {
            assert_eq!(carrier_word(body), None, "{body:?}");
        }
    }

    fn any_word() -> impl Strategy<Value = &'static str> {
        prop::sample::select(carriers_words().collect::<Vec<_>>())
    }

    proptest! {
        // H3 H13
        #[test]
        fn nothing_but_space_and_punctuation_may_stand_around_it(
            word in any_word(), before in "[ \\n.,!\"'(-]{0,3}", after in "[ \\n.,!?\"')-]{0,3}", upper: bool,
            letter in "[a-z0-9]",
        ) {
            let word = if upper { word.to_uppercase() } else { word.to_owned() };
            let (alone, beside) = (format!("{before}{word}{after}"), format!("{before}{word}{after} {letter}"));
            prop_assert!(carrier_word(&alone).is_some());
            prop_assert_eq!(carrier_word(&beside), None);
        }
    }
}
