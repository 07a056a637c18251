//! Names and other short texts: what they may hold, and when two are the same.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// Characters a name or household may have.
pub(super) const LONGEST_NAME: usize = 100;

/// A text in Unicode normal form C, without space around it and with single spaces in it.
pub(super) fn tidy(text: &str) -> String {
    // Most names are tidy as they are.
    let has_double = text.as_bytes().windows(2).any(|pair| pair == b"  ");
    if is_plain(text) && !has_double && !text.starts_with(' ') && !text.ends_with(' ') {
        return text.to_owned();
    }
    let composed: Cow<'_, str> = if text.is_ascii() { text.into() } else { text.nfc().collect::<String>().into() };
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What two spellings of one name have in common: case, spacing, composition and kind of apostrophe are ignored.
pub(super) fn fold(name: &str) -> String {
    let mut tidied = tidy(name);
    if tidied.is_ascii() {
        tidied.make_ascii_lowercase();
        return tidied;
    }
    tidied.replace('\u{2019}', "'").to_lowercase().nfc().collect()
}

/// Whether a text is printable ASCII alone, as nearly every text of a roster is; it needs no closer look.
pub(super) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Control characters, and the invisible ones that reorder or hide text. The joiners inside emoji and in Persian or
/// Indic names are none of them.
pub(super) fn is_unprintable(c: char) -> bool {
    let hides = matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}');
    c.is_control() || hides || matches!(c, '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

/// A name as it can be quoted in a message: short, and without anything that moves the cursor.
pub(super) fn quoted(name: &str) -> String {
    const SHOWN: usize = 40;
    let mut text: String =
        name.chars().take(SHOWN).map(|c| if is_unprintable(c) { char::REPLACEMENT_CHARACTER } else { c }).collect();
    if name.chars().nth(SHOWN).is_some() {
        text.push('…');
    }
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    // X19
    #[test]
    fn one_name_has_one_folded_form() {
        for (a, b) in [
            ("Ada Hill", " ada\u{a0}  HILL "),
            ("Zoë", "ZOE\u{308}"),
            ("O'Brien", "O\u{2019}Brien"),
            ("Straße", "STRAßE"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} and {b}");
        }
        assert_ne!(fold("Zoë"), fold("Zoe"));
    }

    #[test]
    fn quoted_names_are_short_and_tame() {
        assert_eq!(quoted("a\u{1b}[2Jb"), "\"a\u{fffd}[2Jb\"");
        assert_eq!(quoted(&"x".repeat(5_000_000)).chars().count(), 43);
    }
}
