//! Which of somebody's wishes, or of their questions, a text means.

use crate::conversation::spelling::{says_the_same, skeleton, split_words};

/// Words around the number of a wish that change nothing about it.
const FILLERS: [&str; 11] = ["number", "no", "nr", "wish", "wishes", "please", "the", "my", "from", "list", "off"];

/// Whether a text has been said before, among those that were.
pub fn said_before<'a>(text: &str, mut before: impl Iterator<Item = &'a str>) -> bool {
    before.any(|other| says_the_same(text, other))
}

/// The wish that somebody takes back, by its number in the list or by words that are in no other; `None` when it is none
/// or could be several. `name` is their own, which may stand beside it on a shared phone.
pub fn wish_meant<'w>(said: &str, name: &str, wishes: &'w [String]) -> Option<&'w String> {
    let (said, name) = (skeleton(said), skeleton(name));
    let all: Vec<&str> = split_words(&said).collect();
    let unnamed: Vec<&str> = all.iter().copied().filter(|word| !split_words(&name).any(|part| part == *word)).collect();
    by_number(&unnamed, wishes).or_else(|| by_words(&all, wishes)).or_else(|| by_words(&unnamed, wishes))
}

fn by_number<'w>(words: &[&str], wishes: &'w [String]) -> Option<&'w String> {
    let mut telling = words.iter().filter(|word| !FILLERS.contains(word));
    let (Some(number), None) = (telling.next(), telling.next()) else { return None };
    wishes.get(number.parse::<usize>().ok()?.checked_sub(1)?)
}

fn by_words<'w>(words: &[&str], wishes: &'w [String]) -> Option<&'w String> {
    if words.is_empty() {
        return None;
    }
    let holds = |wish: &&String| {
        let wish = skeleton(wish);
        words.iter().all(|word| split_words(&wish).any(|part| part == *word))
    };
    let is_whole = |wish: &&String| says_the_same(wish, &words.join(" "));
    let mut holding = wishes.iter().filter(holds);
    match (holding.next(), holding.next()) {
        (Some(only), None) => Some(only),
        _ => wishes.iter().find(is_whole),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // X8
    #[test]
    fn a_wish_is_meant_by_its_number_or_by_words_of_its_own() {
        let wishes = ["a red kite", "2 blue kites", "Café table", "tea", "tea pot"].map(str::to_owned);
        let meant = |said| wish_meant(said, "Ada Tea", &wishes).map(String::as_str);
        for (said, wish) in [
            ("2", Some("2 blue kites")),
            ("Ada 1", Some("a red kite")),
            ("number 3 please", Some("Café table")),
            ("red", Some("a red kite")),
            ("kite", Some("a red kite")),
            ("2 blue kites", Some("2 blue kites")),
            ("CAFE!", Some("Café table")),
            ("Ada pot", Some("tea pot")),
            ("tea", Some("tea")),
            ("a", Some("a red kite")),
            ("blue kite", None),
            ("6", None),
            ("0", None),
            ("2 socks", None),
            ("Ada", None),
            ("", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(meant(said), wish, "{said}");
        }
        let twins = ["wool socks", "silk socks"].map(str::to_owned);
        assert_eq!(wish_meant("socks", "Ada", &twins), None, "it could be either");
    }
}
