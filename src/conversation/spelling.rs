//! How texts are compared (folded, word by word) and how they are kept (cleaned).

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The longest text that is looked at, in bytes; the listener takes no larger body. More is cut off.
pub(super) const MAX_BODY: usize = 64 * 1024;

/// Folds a text for comparing: normal form C, case folded, invisible characters dropped.
///
/// Upper case first and lower case then is the Unicode case folding for every letter that matters here: `ß` meets
/// `SS`, final sigma meets sigma, and the dot that a Turkish `İ` leaves behind is dropped.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text
            .bytes()
            .filter(|b| !is_invisible(char::from(*b)))
            .map(|b| char::from(b.to_ascii_lowercase()))
            .collect();
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.nfc().filter(|c| !is_invisible(*c)) {
        for lower in c.to_uppercase().flat_map(char::to_lowercase) {
            if lower != '\u{307}' || !folded.ends_with('i') {
                folded.push(lower);
            }
        }
    }
    match is_nfc_quick(folded.chars()) {
        IsNormalized::Yes => folded,
        _ => folded.nfc().collect(),
    }
}

/// Folds further for comparing names: without accents, so that `Zoë` meets `zoe` and `Søren` meets `soren`.
pub(super) fn skeleton(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    for c in fold(text).nfd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'ø' => bare.push('o'),
            'ł' => bare.push('l'),
            'đ' | 'ð' => bare.push('d'),
            'æ' => bare.push_str("ae"),
            'œ' => bare.push_str("oe"),
            'þ' => bare.push_str("th"),
            _ => bare.push(c),
        }
    }
    bare
}

/// Whether two texts say the same: word for word, whatever the case, the accents and the punctuation. Texts without a
/// word, such as emoji, are compared as they are.
pub(super) fn says_the_same(a: &str, b: &str) -> bool {
    gist(a) == gist(b)
}

/// What is the same for all texts that say the same.
pub fn gist(text: &str) -> String {
    let bare = skeleton(text);
    let words: Vec<&str> = split_words(&bare).collect();
    if words.is_empty() { bare.trim().to_owned() } else { words.join(" ") }
}

/// The words of a text: runs of letters, digits and their combining marks.
pub(super) fn split_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_in_word(c)).filter(|word| !word.is_empty())
}

/// The first word of a text and everything behind it; `None` for a text without words.
pub(super) fn first_word(text: &str) -> Option<(&str, &str)> {
    let start = text.find(is_in_word)?;
    let from_word = &text[start..];
    let end = from_word.find(|c| !is_in_word(c) && !is_invisible(c)).unwrap_or(from_word.len());
    Some(from_word.split_at(end))
}

/// Whether two words are the same but for one letter too many, too few, wrong, or swapped with its neighbour.
/// Never for words under five letters, where one letter is most of the meaning.
pub(super) fn is_near(typed: &str, meant: &str) -> bool {
    let (typed_letters, meant_letters) = (typed.chars().take(MAX_NEAR).count(), meant.chars().count());
    typed_letters >= 5
        && meant_letters >= 5
        && typed_letters.abs_diff(meant_letters) <= 1
        && meant_letters < MAX_NEAR
        && strsim::osa_distance(typed, meant) <= 1
}

/// Words longer than this are compared letter by letter only, which keeps the work of [`is_near`] bounded.
const MAX_NEAR: usize = 64;

/// Cleans a text for keeping: line breaks and tabs become spaces, other control characters and the characters that
/// turn the writing direction go, runs of spaces become one, the ends are trimmed. Emoji and right-to-left letters stay.
pub(super) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() {
            if !cleaned.is_empty() && !cleaned.ends_with(' ') {
                cleaned.push(' ');
            }
        } else if !c.is_control() && !turns_direction(c) {
            cleaned.push(c);
        }
    }
    cleaned.truncate(cleaned.trim_end().len());
    cleaned.nfc().collect()
}

/// Shortens a text to at most `most` characters, with three dots at the end when something is missing.
pub(super) fn shorten(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(3)).collect();
    short.truncate(short.trim_end().len());
    short.push_str("...");
    short
}

/// The text, or as much of it as is looked at, cut between two characters.
pub(super) fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_BODY)]
}

/// Whether a writing does without spaces, so that a word has no edges to look for.
pub(super) fn is_written_without_spaces(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| {
        matches!(c, '\u{E00}'..='\u{EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{30FF}'
                | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
    })
}

/// Whether a character belongs to a word. The marks that draw a box around a digit make an emoji of it and do not.
fn is_in_word(c: char) -> bool {
    let boxed = matches!(c, '\u{20DD}'..='\u{20E4}');
    c.is_alphanumeric() || (is_combining_mark(c) && !is_invisible(c) && !boxed)
}

/// Control characters other than white space, and Unicode's characters without any look of their own.
pub(super) fn is_invisible(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || turns_direction(c)
        || matches!(c, '\u{AD}' | '\u{34F}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

/// Punctuation of ASCII, Latin-1, the General Punctuation block, and the CJK blocks.
pub(super) fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c, '¡' | '¿' | '«' | '»' | '·' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{FF01}' | '\u{FF0C}' | '\u{FF0E}')
}

/// The characters that order right-to-left and left-to-right by hand (Unicode Standard Annex 9); in a text passed on
/// they could turn what stands around it.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    // X5
    #[test]
    fn folding_forgives_case_composition_and_invisible_characters() {
        for (a, b) in [
            ("NOËL", "noe\u{308}l"),
            ("weiß", "WEISS"),
            ("ΧΡΙΣΤΟΣ", "χριστος"),
            ("CHRİSTMAS", "christmas"),
            ("CHRISTMAS", "chr\u{200b}ist\0mas"),
            ("Рождество", "РОЖДЕСТВО"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} {b}");
        }
        assert_ne!(fold("noel"), fold("noël"));
        assert_eq!(skeleton("Zoë Łuczak-Sørensen"), skeleton("ZOE luczak-sorensen"));
    }

    #[test]
    fn a_first_word_leaves_the_rest_as_it_was() {
        assert_eq!(first_word("  #Wish: wool Socks"), Some(("Wish", ": wool Socks")));
        assert_eq!(first_word("🎄 ask! x"), Some(("ask", "! x")));
        assert_eq!(first_word("!!! 🎄"), None);
    }

    #[test]
    fn one_edit_is_forgiven_in_long_words_only() {
        for typed in ["chrsitmas", "christmass", "chistmas", "cjristmas"] {
            assert!(is_near(typed, "christmas"), "{typed}");
        }
        assert!(!is_near("chrstms", "christmas"));
        assert!(!is_near("wich", "wish"));
        assert!(!is_near("wishe", "wish"));
        assert!(!is_near(&"a".repeat(60_000), "christmas"));
    }

    // H10
    #[test]
    fn kept_texts_carry_no_control_and_no_direction_characters() {
        assert_eq!(clean("  a\0b\r\n\tc\u{202e}d \u{7}"), "ab cd");
        assert_eq!(clean("שלום 👩‍👧 e\u{301}"), "שלום 👩‍👧 é");
    }

    // H2
    #[test]
    fn what_says_the_same_differs_in_no_word() {
        for (a, b) in [("A red kite!", "a  RED kite"), ("Zoë likes tea", "zoe likes tea."), ("🎄", " 🎄 "), ("", "")]
        {
            assert!(says_the_same(a, b), "{a} {b}");
        }
        assert!(!says_the_same("a red kite", "a kite") && !says_the_same("🎄", "🎁") && !says_the_same("🎄", "tree"));
    }

    #[test]
    fn shortening_counts_characters() {
        assert_eq!(shorten("abcdef", 6), "abcdef");
        assert_eq!(shorten("🎄🎄🎄🎄🎄🎄", 5), "🎄🎄...");
    }
}
