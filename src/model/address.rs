//! Phones and e-mails that print masked.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why an address was refused. Never carries the address itself.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressError {
    /// Not a number the country's numbering plan knows.
    #[error("this is not a valid phone number")]
    NotAPhone,
    /// A national number, and no country to read it in.
    #[error("this phone number has no country code")]
    NoCountry,
    /// Not two letters of ISO 3166-1.
    #[error("this is not a country code")]
    UnknownCountry,
    /// Not an e-mail address.
    #[error("this is not an e-mail address")]
    NotAnEmail,
}

/// The longest way of writing a phone, in bytes.
const LONGEST_PHONE: usize = 40;

/// A phone number in E.164 form (`+447700900123`). Prints masked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

impl Phone {
    /// Reads a phone written any usual way; `country` (ISO 3166-1 alpha-2) serves numbers without a country code.
    ///
    /// # Errors
    /// [`AddressError`] when it is not a valid number, or national with no country to read it in.
    pub fn parse(text: &str, country: Option<&str>) -> Result<Self, AddressError> {
        let region = country
            .map(|c| c.parse::<phonenumber::country::Id>().map_err(|_parse| AddressError::UnknownCountry))
            .transpose()?;
        let text = text.trim();
        if text.len() > LONGEST_PHONE || !text.chars().all(is_dialled) {
            return Err(AddressError::NotAPhone);
        }
        if region.is_none() && !text.starts_with('+') {
            return Err(AddressError::NoCountry);
        }
        let number = phonenumber::parse(region, text).map_err(|_parse| AddressError::NotAPhone)?;
        let written = number.format().mode(phonenumber::Mode::E164).to_string();
        if !has_mobile_length(number.country().code(), &written) && !number.is_valid() {
            return Err(AddressError::NotAPhone);
        }
        Ok(Self(written))
    }

    /// Takes a number a provider sent, already in E.164: a plus and 2 to 15 digits. Short codes (5 or 6 digits,
    /// no plus) are kept as they are, since Twilio delivers texts from them too.
    #[must_use]
    pub fn from_provider(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.strip_prefix('+').unwrap_or(text);
        let sound = (2..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        sound.then(|| Self(text.to_owned()))
    }

    /// The raw number, for dialling and for storing. Never for printing.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Whether a character has a place in a phone as people write one. Letters have none: a number with an extension
/// receives no texts, and whatever follows a number is more likely a mistake.
fn is_dialled(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '+' | ' ' | '\u{a0}' | '\u{202f}' | '-' | '‐'..='–' | '(' | ')' | '.' | '/')
}

/// Whether a number is as long as its country's mobile numbers. Their length rather than their ranges, for two reasons:
/// plans gain ranges faster than any library, and the numbers set aside for examples and drama are in no range.
fn has_mobile_length(code: u16, e164: &str) -> bool {
    let national = e164.len() - 1 - code.to_string().len();
    let plans = phonenumber::metadata::DATABASE.by_code(&code).unwrap_or_default();
    let mobiles = plans.iter().filter_map(|plan| plan.descriptors().mobile());
    mobiles.flat_map(phonenumber::metadata::Descriptor::possible_length).any(|length| usize::from(*length) == national)
}

impl fmt::Display for Phone {
    /// The first three characters and the last two: enough to recognise one's own, not enough to call.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head: String = self.0.chars().take(3).collect();
        let tail_start = self.0.len().saturating_sub(2).max(head.len());
        write!(f, "{head}…{}", self.0.get(tail_start..).unwrap_or(""))
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({self})")
    }
}

/// An e-mail address. Prints masked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Reads an e-mail address.
    ///
    /// # Errors
    /// [`AddressError::NotAnEmail`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let address: lettre::Address = text.parse().map_err(|_parse| AddressError::NotAnEmail)?;
        Ok(Self(format!("{}@{}", address.user(), address.domain().to_lowercase())))
    }

    /// The raw address, for sending and for storing. Never for printing.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    /// The first letter and the domain's last label: `a…@….org`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.0.chars().next().unwrap_or('?');
        let top = self.0.rsplit('.').next().unwrap_or("");
        write!(f, "{first}…@….{top}")
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // X20
    #[test]
    fn phones_are_written_any_usual_way_and_kept_as_e164() {
        for text in ["+44 7700 900123", "07700 900123", "07700-900-123", "+447700900123", "(07700) 900123"] {
            assert_eq!(Phone::parse(text, Some("GB")).map(|p| p.expose().to_owned()), Ok("+447700900123".to_owned()));
        }
        for text in ["07700 90012", "07700 900123 ext 5", "07700 900123 or 124", "7", "", "+", "+999 12345678"] {
            assert_eq!(Phone::parse(text, Some("GB")), Err(AddressError::NotAPhone), "{text}");
        }
        // A German landline of eight digits and an Austrian one of ten: not as long as a mobile, and sound.
        for text in ["+49 30 901820", "+43 1 58858"] {
            assert!(Phone::parse(text, None).is_ok(), "{text}");
        }
        assert_eq!(Phone::parse("07700 900123", None), Err(AddressError::NoCountry));
        assert_eq!(Phone::parse("12", Some("GB")), Err(AddressError::NotAPhone));
        assert_eq!(Phone::parse("07700 900123", Some("Britain")), Err(AddressError::UnknownCountry));
    }

    // X11
    #[test]
    fn addresses_print_masked() {
        let phone = Phone::parse("+447700900123", None).expect("valid");
        assert_eq!(format!("{phone} {phone:?}"), "+44…23 Phone(+44…23)");
        let email = Email::parse("ada@Example.org").expect("valid");
        assert_eq!(email.expose(), "ada@example.org");
        assert_eq!(format!("{email} {email:?}"), "a…@….org Email(a…@….org)");
    }
}
