//! Short codes people can read out and compare: the fingerprint of a draw and the receipt of a pairing.
//!
//! Both are the first bits of a SHA-256 hash in Crockford's base 32 (<https://www.crockford.com/base32.html>), in
//! groups of four. Reading is forgiving: any case, any spaces and dashes, `O` for `0`, `I` and `L` for `1`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::merkle::Hash;

/// Crockford's digits: no I, L, O, U.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Why a short code was not understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodeError {
    /// Too short or too long.
    #[error("the code has {found} digits instead of {expected}")]
    Length {
        /// How many digits were found.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A character that is no digit of base 32.
    #[error("the code contains {0:?}, which is not one of its digits")]
    Digit(char),
}

/// A code of `LENGTH` base-32 digits, five bits each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Digits<const LENGTH: usize>([u8; LENGTH]);

impl<const LENGTH: usize> Digits<LENGTH> {
    /// The first `5 * LENGTH` bits of a hash; at most 51 digits fit in it.
    fn of(hash: &Hash) -> Self {
        let bit = |at: usize| (hash.as_bytes()[at / 8] >> (7 - at % 8)) & 1;
        Self(std::array::from_fn(|digit| (0..5).fold(0, |value, step| value << 1 | bit(digit * 5 + step))))
    }

    fn parse(text: &str) -> Result<Self, CodeError> {
        let mut digits = [0; LENGTH];
        let mut found = 0;
        for character in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let value = value_of(character).ok_or(CodeError::Digit(character))?;
            if let Some(digit) = digits.get_mut(found) {
                *digit = value;
            }
            found += 1;
        }
        if found == LENGTH { Ok(Self(digits)) } else { Err(CodeError::Length { found, expected: LENGTH }) }
    }
}

/// What a character stands for, letters that look like digits included.
fn value_of(character: char) -> Option<u8> {
    let plain = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    DIGITS.iter().zip(0..).find(|(digit, _)| char::from(**digit) == plain).map(|(_, value)| value)
}

impl<const LENGTH: usize> fmt::Display for Digits<LENGTH> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, digit) in self.0.iter().enumerate() {
            if place > 0 && place % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(DIGITS[usize::from(*digit)]))?;
        }
        Ok(())
    }
}

/// The short code of a whole draw, safe to publish: the first 160 bits of its tree hash, 8 groups of 4.
///
/// 160 bits, because whoever makes a draw could try to prepare two with the same code and show the one or the other
/// later. Finding such a pair takes about as many attempts as the square root of the number of codes: 2^80 here,
/// out of reach, where the 2^50 of a code of five groups would not be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(Digits<32>);

impl Fingerprint {
    /// The code of a tree hash.
    #[must_use]
    pub fn of(root: &Hash) -> Self {
        Self(Digits::of(root))
    }
}

/// The short code of one pairing: the first 100 bits of its salted leaf hash, 5 groups of 4.
///
/// It shows nothing about the pairing without the salt, which stays sealed. 100 bits are enough here: a receipt only
/// points at a leaf, and the leaf as a whole is bound by the [`Fingerprint`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Receipt(Digits<20>);

impl Receipt {
    /// The code of a leaf hash.
    #[must_use]
    pub fn of(leaf: &Hash) -> Self {
        Self(Digits::of(leaf))
    }
}

/// Text, serde and Debug for a code, all by its digits.
macro_rules! as_text {
    ($code:ident) => {
        impl fmt::Display for $code {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $code {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($code))
            }
        }

        impl FromStr for $code {
            type Err = CodeError;

            fn from_str(text: &str) -> Result<Self, CodeError> {
                Digits::parse(text).map(Self)
            }
        }

        impl Serialize for $code {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $code {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

as_text!(Fingerprint);
as_text!(Receipt);

#[cfg(test)]
mod tests {
    use super::*;

    fn hash() -> Hash {
        // SHA-256 of "abc" (FIPS 180-2, appendix B.1).
        Hash::of(b"abc")
    }

    // H6
    #[test]
    fn codes_are_the_first_bits_of_the_hash_in_groups_of_four() {
        assert_eq!(hash().to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        // Worked out apart from this code: Crockford's digits of ba7816bf8f01cfea414140de5dae2223b00361a3.
        assert_eq!(Fingerprint::of(&hash()).to_string(), "Q9W1-DFWF-077Y-MGA1-83F5-VBH2-4ER0-6RD3");
        assert_eq!(Receipt::of(&hash()).to_string(), "Q9W1-DFWF-077Y-MGA1-83F5");
    }

    #[test]
    fn codes_are_read_back_however_they_were_written_down() {
        let receipt = Receipt::of(&hash());
        for text in [
            "Q9W1-DFWF-077Y-MGA1-83F5",
            "q9w1dfwfo77ymgai83f5",
            " q9wl dfwf O77y mgaI 83f5 ",
            "Q9W1-DFWF 077Y\tMGA1--83F5",
        ] {
            assert_eq!(text.parse(), Ok(receipt), "{text}");
        }
        assert_eq!("Q9W1".parse::<Receipt>(), Err(CodeError::Length { found: 4, expected: 20 }));
        assert_eq!("Q9W1-DFWF-077Y-MGA1-83F5-0".parse::<Receipt>(), Err(CodeError::Length { found: 21, expected: 20 }));
        assert_eq!("Q9W1-DFWF-077Y-MGA1-83FU".parse::<Receipt>(), Err(CodeError::Digit('U')));
        assert_eq!("".parse::<Fingerprint>(), Err(CodeError::Length { found: 0, expected: 32 }));
        let written = serde_json::to_string(&Fingerprint::of(&hash())).expect("written");
        assert_eq!(serde_json::from_str::<Fingerprint>(&written).expect("read"), Fingerprint::of(&hash()));
    }
}
