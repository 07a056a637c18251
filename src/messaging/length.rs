//! How many SMS segments a text takes, and why.
//!
//! Source: 3GPP TS 23.038 (the GSM 7 bit default alphabet and its extension table, UCS-2) and TS 23.040 (a
//! concatenated message spends six octets of every segment on its header).

/// The GSM 7 bit default alphabet but for the escape, TS 23.038 section 6.2.1.
const DEFAULT_ALPHABET: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// The extension table, TS 23.038 section 6.2.1.1; each takes an escape and itself.
const EXTENSION_TABLE: &str = "\u{c}^{}\\[~]|€";

/// How the characters of an SMS travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// The GSM 7 bit default alphabet: 160 septets in one segment, 153 in each of several.
    Gsm7,
    /// UCS-2, in practice UTF-16: 70 units in one segment, 67 in each of several.
    Ucs2,
}

impl Encoding {
    /// The most units in a message of one segment.
    #[must_use]
    pub fn single(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// The most units in each segment of a longer message.
    #[must_use]
    pub fn concatenated(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    /// The units a character takes: septets or UTF-16 units, 1 or 2.
    fn units(self, c: char) -> usize {
        match self {
            Self::Gsm7 if is_extended(c) => 2,
            Self::Gsm7 => 1,
            Self::Ucs2 => c.len_utf16(),
        }
    }
}

/// How long a text is as an SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length {
    /// How it travels.
    pub encoding: Encoding,
    /// Septets or UTF-16 units, without any headers.
    pub units: usize,
    /// Segments, which is what is paid for; 0 for an empty text.
    pub segments: usize,
    /// The first character that is not in the GSM alphabet, and so made the text UCS-2.
    pub culprit: Option<char>,
}

/// Measures a text. A character of two units (a surrogate pair, an escaped character) never lies across two segments.
#[must_use]
pub fn measure(text: &str) -> Length {
    let culprit = text.chars().find(|c| !is_gsm7(*c));
    let encoding = if culprit.is_some() { Encoding::Ucs2 } else { Encoding::Gsm7 };
    let units = text.chars().map(|c| encoding.units(c)).sum();
    let segments = if units <= encoding.single() { usize::from(units > 0) } else { count_segments(text, encoding) };
    Length { encoding, units, segments, culprit }
}

/// Segments of a text that is too long for one.
fn count_segments(text: &str, encoding: Encoding) -> usize {
    let mut segments = 1;
    let mut filled = 0;
    for c in text.chars() {
        let units = encoding.units(c);
        if filled + units > encoding.concatenated() {
            segments += 1;
            filled = 0;
        }
        filled += units;
    }
    segments
}

/// Whether a character is in the GSM alphabet or its extension table.
fn is_gsm7(c: char) -> bool {
    // Letters, digits and the commonest punctuation need no search.
    c.is_ascii_alphanumeric() || c == ' ' || DEFAULT_ALPHABET.contains(c) || is_extended(c)
}

fn is_extended(c: char) -> bool {
    !c.is_ascii_alphanumeric() && EXTENSION_TABLE.contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lengths(text: &str) -> (Encoding, usize, usize) {
        let Length { encoding, units, segments, .. } = measure(text);
        (encoding, units, segments)
    }

    // A4: the figures of TS 23.038 and of Twilio's "SMS character limits"
    #[test]
    fn gsm7_takes_160_in_one_segment_and_153_in_each_of_several() {
        for (letters, segments) in
            [(0, 0), (1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4), (1_530, 10)]
        {
            assert_eq!(lengths(&"a".repeat(letters)), (Encoding::Gsm7, letters, segments), "{letters}");
        }
    }

    // A4
    #[test]
    fn ucs2_takes_70_in_one_segment_and_67_in_each_of_several() {
        for (letters, segments) in [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)] {
            assert_eq!(lengths(&"д".repeat(letters)), (Encoding::Ucs2, letters, segments), "{letters}");
        }
    }

    // A4
    #[test]
    fn escaped_characters_take_two_and_are_not_split() {
        assert_eq!(lengths("€"), (Encoding::Gsm7, 2, 1));
        assert_eq!(lengths("{}[]~^|\\€\u{c}"), (Encoding::Gsm7, 20, 1));
        assert_eq!(lengths(&"€".repeat(80)), (Encoding::Gsm7, 160, 1));
        assert_eq!(lengths(&format!("{}€", "a".repeat(159))), (Encoding::Gsm7, 161, 2));
        // 76 of them fill 152 of 153 septets; 306 septets would fit into two segments, were they divisible.
        assert_eq!(lengths(&"€".repeat(152)), (Encoding::Gsm7, 304, 2));
        assert_eq!(lengths(&"€".repeat(153)), (Encoding::Gsm7, 306, 3));
        assert_eq!(lengths(&format!("{}€{}", "a".repeat(152), "a".repeat(152))), (Encoding::Gsm7, 306, 3));
    }

    // A4
    #[test]
    fn surrogate_pairs_take_two_and_are_not_split() {
        assert_eq!(lengths("🎄"), (Encoding::Ucs2, 2, 1));
        assert_eq!(lengths(&"🎄".repeat(35)), (Encoding::Ucs2, 70, 1));
        assert_eq!(lengths(&"🎄".repeat(36)), (Encoding::Ucs2, 72, 2));
        // 33 of them fill 66 of 67 units; 134 units would fit into two segments, were they divisible.
        assert_eq!(lengths(&"🎄".repeat(66)), (Encoding::Ucs2, 132, 2));
        assert_eq!(lengths(&"🎄".repeat(67)), (Encoding::Ucs2, 134, 3));
        // A family is four people and three joiners.
        assert_eq!(lengths("👨‍👩‍👧‍👦"), (Encoding::Ucs2, 11, 1));
    }

    // A4
    #[test]
    fn the_character_that_makes_it_expensive_is_named() {
        for (text, culprit) in [
            ("plain", None),
            ("Größe: 25 € für Ångström & Ñandú?", Some('ú')),
            ("Zoë", Some('ë')),
            ("Zoé ΔΦΓ ¿Ø", None),
            ("“smart”", Some('“')),
            ("O’Brien", Some('’')),
            ("O'Brien", None),
            ("wait…", Some('…')),
            ("a – b", Some('–')),
            ("`", Some('`')),
            ("ç", Some('ç')),
            ("Ç", None),
            ("tab\t", Some('\t')),
            ("line\r\n", None),
            ("NBSP\u{a0}", Some('\u{a0}')),
            ("🎄 and ë", Some('🎄')),
        ] {
            assert_eq!(measure(text).culprit, culprit, "{text}");
        }
    }

    // A4
    #[test]
    fn the_alphabet_has_its_published_size() {
        let distinct: std::collections::BTreeSet<char> = DEFAULT_ALPHABET.chars().collect();
        assert_eq!((DEFAULT_ALPHABET.chars().count(), distinct.len()), (127, 127));
        assert_eq!(EXTENSION_TABLE.chars().count(), 10);
    }

    proptest! {
        // A4
        #[test]
        fn segments_hold_all_units_and_waste_at_most_one_each(text in "[a-z€{}]{0,700}|[a-zд🎄]{0,400}") {
            let Length { encoding, units, segments, .. } = measure(&text);
            if units > encoding.single() {
                prop_assert!(segments * encoding.concatenated() >= units);
                prop_assert!((segments - 1) * (encoding.concatenated() - 1) < units);
            } else {
                prop_assert_eq!(segments, usize::from(units > 0));
            }
        }

        // A4
        #[test]
        fn a_longer_text_is_never_cheaper(text in "\\PC{0,300}", more in "\\PC{0,20}") {
            let longer = format!("{text}{more}");
            prop_assert!(measure(&longer).segments >= measure(&text).segments);
        }
    }
}
