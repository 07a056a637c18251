//! What both doors say of an exchange in the same words.

use super::check::Guessable;
use super::update::UNIFORMITY;
use crate::matcher::{Basis, Count};

/// A reason as typed: for everybody to read, so short and without characters that a terminal would obey.
///
/// # Errors
/// What is wrong with it.
pub fn reason(text: &str) -> Result<String, String> {
    const LONGEST: usize = 300;
    let text = text.trim();
    if text.is_empty() {
        Err("say in a few words why".to_owned())
    } else if text.chars().any(char::is_control) {
        Err("a reason is one line without control characters".to_owned())
    } else if text.chars().count() > LONGEST {
        Err(format!("a reason has at most {LONGEST} characters"))
    } else {
        Ok(text.to_owned())
    }
}

/// How equally likely every valid draw was, in a sentence that ends in the word of the draw's document.
pub fn fairness(uniformity: &str) -> String {
    match uniformity {
        UNIFORMITY => "every draw that changes as few pairings as can be could come up (fewest changes)".to_owned(),
        "approximate" => "every valid draw could come up, not all equally likely (approximate)".to_owned(),
        exactly => format!("every valid draw was equally likely ({exactly})"),
    }
}

/// How many valid draws there are.
pub fn how_many(draws: &Count, gifts: u32) -> String {
    let rounds = if gifts > 1 { ", told apart by who comes in which round" } else { "" };
    match &draws.exact {
        Some(count) if count == "1" => "Possible: exactly 1 valid draw, so everybody can know all of it.".to_owned(),
        Some(count) => format!("Possible: exactly {} valid draws{rounds}.", grouped(count)),
        None if draws.log10.is_finite() => {
            let about = if draws.method == "estimated" { "about " } else { "" };
            format!("Possible: the number of valid draws has {about}{} digits{rounds}.", digits(draws.log10))
        }
        None => {
            let most = draws.at_most.map(|most| format!(", but has {} digits at most", digits(most)));
            format!("Possible: the number of valid draws is not known{}{rounds}.", most.unwrap_or_default())
        }
    }
}

/// How many digits a number has, by its logarithm.
fn digits(log10: f64) -> String {
    format!("{:.0}", log10.floor() + 1.0)
}

/// A number with a comma at every thousand.
fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Who can be guessed, how surely and how that is known.
pub fn guess_in_words(guess: &Guessable, gifts: u32) -> String {
    let Guessable { giver, receiver, probability, basis } = guess;
    let percent = format!("{:.0} %", probability * 100.0);
    let how_often = match basis {
        Basis::Counted if *probability >= 1.0 && gifts > 1 => {
            return format!("warning: {giver} always gives to {receiver}; everybody who reads the rules knows it.");
        }
        Basis::Counted if *probability >= 1.0 => {
            return format!("warning: {giver} can only give to {receiver}; everybody who reads the rules knows it.");
        }
        Basis::Counted => format!("in {percent} of the valid draws"),
        Basis::Sampled { draws } => format!("in about {percent} of the valid draws ({draws} were tried)"),
        Basis::Estimated => format!("in roughly {percent} of the valid draws (an estimate)"),
    };
    format!("warning: {giver} gives to {receiver} {how_often}; it can be guessed.")
}

#[cfg(test)]
mod tests {
    use super::*;

    // H5: a warning says how it is known.
    #[test]
    fn a_guess_says_how_it_is_known() {
        let guess =
            |probability, basis| Guessable { giver: "Ann".to_owned(), receiver: "Ben".to_owned(), probability, basis };
        let said = [
            (guess(1.0, Basis::Counted), 1),
            (guess(1.0, Basis::Counted), 2),
            (guess(0.6, Basis::Counted), 1),
            (guess(0.6, Basis::Sampled { draws: 400 }), 1),
            (guess(1.0, Basis::Estimated), 1),
        ];
        assert_eq!(
            said.map(|(guess, gifts)| guess_in_words(&guess, gifts)),
            [
                "warning: Ann can only give to Ben; everybody who reads the rules knows it.",
                "warning: Ann always gives to Ben; everybody who reads the rules knows it.",
                "warning: Ann gives to Ben in 60 % of the valid draws; it can be guessed.",
                "warning: Ann gives to Ben in about 60 % of the valid draws (400 were tried); it can be guessed.",
                "warning: Ann gives to Ben in roughly 100 % of the valid draws (an estimate); it can be guessed.",
            ]
        );
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(["7", "100", "1234", "1234567"].map(grouped), ["7", "100", "1,234", "1,234,567"]);
    }
}
