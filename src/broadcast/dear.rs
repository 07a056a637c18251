//! What makes a text dear, and how the same is said for less.

use unicode_normalization::UnicodeNormalization;

use crate::messaging::length::{Encoding, measure};

/// The text that takes the most segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dearest {
    /// Who reads it.
    pub name: String,
    /// How many.
    pub segments: usize,
    /// The character that is in no phone's own alphabet, so that all of the text takes twice the room, and what could stand
    /// in its place.
    pub culprit: Option<(char, Option<&'static str>)>,
    /// How many segments it would take with all such characters spelt cheaper.
    pub at_best: usize,
}

impl Dearest {
    /// What is known of the text that somebody reads.
    #[must_use]
    pub fn of(name: String, words: &str) -> Self {
        let length = measure(words);
        let culprit = length.culprit.map(|c| (c, spelt(c)));
        Self { name, segments: length.segments, culprit, at_best: measure(&cheaper(words)).segments }
    }

    /// In one line, where there is something to save.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { name, segments, culprit, at_best } = self;
        let takes =
            format!("the longest text, to {name}, takes {segments} segment{}", if *segments == 1 { "" } else { "s" });
        match culprit {
            None => takes,
            Some((c, instead)) => {
                let instead = match (instead, plain(*c)) {
                    (Some(""), _) | (None, None) => "leave it out".to_owned(),
                    (Some(word), _) => format!("write {word}"),
                    (None, Some(plain)) => format!("write {plain}"),
                };
                let saves = if at_best < segments { format!(": {at_best} would do") } else { String::new() };
                format!("{takes}; {c:?} makes it dear ({instead}{saves})")
            }
        }
    }
}

/// What may stand in the place of a character, in the alphabet that every phone has.
fn spelt(c: char) -> Option<&'static str> {
    Some(match c {
        '‘' | '’' | '‚' | '′' | '`' | '´' => "'",
        '“' | '”' | '„' | '«' | '»' | '″' => "\"",
        '–' | '—' | '‐' | '‑' | '−' => "-",
        '…' => "...",
        '•' | '·' | '●' => "-",
        '\u{a0}' | '\u{202f}' | '\u{2009}' | '\t' => " ",
        '\u{200b}' | '\u{200d}' | '\u{fe0f}' | '\u{feff}' | '\u{ad}' => "",
        'ç' => "Ç",
        '×' => "x",
        '™' => "(TM)",
        '©' => "(c)",
        '®' => "(R)",
        'ł' => "l",
        'Ł' => "L",
        _ => return None,
    })
}

/// A character's cheaper spelling; `None` where it needs none, or has none.
fn plain(c: char) -> Option<String> {
    if measure(c.encode_utf8(&mut [0; 4])).encoding == Encoding::Gsm7 {
        return None;
    }
    if let Some(instead) = spelt(c) {
        return Some(instead.to_owned());
    }
    let base: String = c.nfd().filter(char::is_ascii).collect();
    (!base.is_empty()).then_some(base)
}

/// A text in the alphabet that every phone has, as far as its characters have a cheaper spelling.
#[must_use]
pub(super) fn cheaper(text: &str) -> String {
    text.chars().map(|c| plain(c).unwrap_or_else(|| c.to_string())).collect()
}
