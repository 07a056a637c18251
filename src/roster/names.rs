//! Names and other short texts: what they may hold, and when two are the same.

use std::borrow::Cow;
use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::model::PersonIndex;

/// Characters a name or household may have.
pub const LONGEST_NAME: usize = 100;

/// A text in Unicode normal form C, without space around it and with single spaces in it.
#[must_use]
pub fn tidy(text: &str) -> String {
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

/// Whether two spellings are of one name.
#[must_use]
pub fn is_same_name(one: &str, other: &str) -> bool {
    fold(one) == fold(other)
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

/// What keeps a text from being a name that people can read, and a mail's subject can carry.
#[must_use]
pub fn fault(name: &str) -> Option<(String, &'static str)> {
    // RFC 2047: mail programs would show something else than what stands there.
    if name.find("=?").is_some_and(|start| name[start + 2..].contains("?=")) {
        return Some(("looks like a coded line of an e-mail".to_owned(), "write it without =? and ?="));
    }
    if is_plain(name) {
        return None;
    }
    if let Some(c) = name.chars().find(|c| is_unreadable(*c)) {
        let code = u32::from(c);
        return Some((
            format!("holds the character U+{code:04X}, which nobody can read"),
            "write it without this character",
        ));
    }
    let nothing = name.chars().all(|c| c.is_whitespace() || is_joiner(c) || is_combining_mark(c));
    nothing.then(|| ("has nothing in it that can be seen".to_owned(), "write it as people say it"))
}

/// Joiners and selectors change how their neighbours look and are nothing by themselves.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}' | '\u{180B}'..='\u{180D}' | '\u{E0100}'..='\u{E01EF}')
}

/// Letters that show nothing (soft hyphens, fillers, the empty Braille cell, tags), and code points that are no
/// characters: private ones, noncharacters, the sign for a lost letter. Wishes and messages may hold them, for the flags
/// of England, Scotland and Wales are made of tags; a name that looks empty or like another one helps only a fraud.
fn is_unreadable(c: char) -> bool {
    let fills = matches!(c, '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}');
    let ignored = matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}');
    let tags = matches!(c, '\u{E0000}'..='\u{E00FF}' | '\u{E01F0}'..='\u{E0FFF}');
    let private = matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..);
    let no_character =
        matches!(c, '\u{FDD0}'..='\u{FDEF}' | '\u{FFF0}'..='\u{FFFD}') || u32::from(c) & 0xFFFE == 0xFFFE;
    fills || ignored || tags || private || no_character
}

/// Two alphabets mixed within one word of a name, if they are among those whose letters look alike; or something that is
/// not seen at all.
pub(super) fn mixed_alphabets(name: &str) -> Option<(&'static str, &'static str)> {
    if name.is_ascii() {
        return None;
    }
    // Emoji are put together with joiners, and other writings need them; Latin letters never do.
    let letters: Vec<char> = name.chars().collect();
    let latin = |c: char| alphabet(c) == Some("Latin");
    if letters.windows(3).any(|three| latin(three[0]) && is_joiner(three[1]) && latin(three[2])) {
        return Some(("Latin", "invisible"));
    }
    name.split(|c: char| !c.is_alphabetic() && !is_combining_mark(c)).find_map(|word| {
        let mut alphabets = word.chars().filter_map(alphabet);
        let first = alphabets.next()?;
        alphabets.find(|other| *other != first).map(|other| (first, other))
    })
}

/// Names that look like others: whose name, written in other letters, looks like this in Latin ones.
#[derive(Debug, Default)]
pub(super) struct Looks(HashMap<String, PersonIndex>);

impl Looks {
    /// Notes a folded name; gives whoever before it, here or by name, it looks like.
    pub(super) fn note(
        &mut self,
        folded: &str,
        id: PersonIndex,
        by_name: &HashMap<String, PersonIndex>,
    ) -> Option<PersonIndex> {
        let Some(look) = latin_look(folded) else { return self.0.get(folded).copied() };
        let alike = self.0.get(&look).or(by_name.get(&look)).copied();
        self.0.entry(look).or_insert(id);
        alike
    }
}

/// A folded name in the Latin letters that its own look like; `None` where it has no such letter.
fn latin_look(folded: &str) -> Option<String> {
    const ALIKE: [(&str, &str); 2] =
        [("авекмнорстухѕіјһԁԛԝӏ", "abekmhopctyxsijhdqwl"), ("αβεζηικμνορτυχ", "abezhikmnoptyx")];
    if folded.is_ascii() {
        return None;
    }
    let latin = |c| {
        let pairs = ALIKE.iter().flat_map(|(theirs, ours)| theirs.chars().zip(ours.chars()));
        pairs.into_iter().find(|(theirs, _)| *theirs == c).map_or(c, |(_, ours)| ours)
    };
    let look: String = folded.chars().filter(|c| !is_joiner(*c)).map(latin).collect();
    (look != folded).then_some(look)
}

fn alphabet(c: char) -> Option<&'static str> {
    match c {
        'A'..='Z' | 'a'..='z' | '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' => Some("Latin"),
        '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => Some("Greek"),
        '\u{400}'..='\u{52F}' => Some("Cyrillic"),
        '\u{530}'..='\u{58F}' => Some("Armenian"),
        _ => None,
    }
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

    // X19
    #[test]
    fn a_name_that_cannot_be_read_is_none() {
        let invisible = [
            "\u{200d}",
            "\u{3164}",
            "\u{2800}",
            "\u{fe0f}\u{200c}",
            "\u{301}",
            "A\u{ad}da",
            "Ada\u{e0041}",
            "Ada\u{fffd}",
            "Ada\u{ffff}",
            "Ada\u{1fffe}",
            "\u{e000}",
            "\u{10fffd}",
            "Ada\u{34f}",
            "\u{115f}Ada",
        ];
        for name in invisible.into_iter().chain(["=?utf-8?q?Ada?=", "Hill =?x?b?QQ==?= family"]) {
            assert!(fault(name).is_some(), "{name:?}");
        }
        for name in [
            "Ada",
            "👩\u{200d}🚀 Zoë",
            "❤\u{fe0f}",
            "می\u{200c}خواهم",
            "葛\u{e0100}城",
            "क्षि",
            "Zoe\u{308}",
            "why=?",
            "?= no",
        ] {
            assert_eq!(fault(name), None, "{name:?}");
        }
    }

    // X19
    #[test]
    fn alphabets_that_look_alike_are_told_apart() {
        assert_eq!(mixed_alphabets("\u{410}da Hill"), Some(("Cyrillic", "Latin")));
        assert_eq!(mixed_alphabets("Eva-Zo\u{3b5}"), Some(("Latin", "Greek")));
        assert_eq!(mixed_alphabets("A\u{200d}da"), Some(("Latin", "invisible")));
        assert_eq!(latin_look("a\u{200d}da").as_deref(), Some("ada"));
        for name in [
            "Ada Hill",
            "👩\u{200d}🚀 Zoë",
            "می\u{200c}خواهم",
            "Zoë Łuczak",
            "Ada Иванова",
            "Ирина (Irina)",
            "田中 Ada",
            "Jean-Пьер",
        ] {
            assert_eq!(mixed_alphabets(name), None, "{name}");
        }
    }

    // X19
    #[test]
    fn another_alphabet_is_seen_through() {
        for (name, look) in [("Сара Орехом", "capa opexom"), ("ΝΙΚΟΣ", "nikoς"), ("Ӏo", "lo")] {
            assert_eq!(latin_look(&fold(name)).as_deref(), Some(look), "{name}");
        }
        for name in ["Ada Hill", "Zoë", "田中", "łł"] {
            assert_eq!(latin_look(&fold(name)), None, "{name}");
        }
    }

    #[test]
    fn quoted_names_are_short_and_tame() {
        assert_eq!(quoted("a\u{1b}[2Jb"), "\"a\u{fffd}[2Jb\"");
        assert_eq!(quoted(&"x".repeat(5_000_000)).chars().count(), 43);
    }
}
