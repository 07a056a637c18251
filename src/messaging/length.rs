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
