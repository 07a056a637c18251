//! Phones and e-mails that print masked.

use std::fmt;

use email_address::EmailAddress;
use serde::{Deserialize, Serialize};

use super::plans;

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

/// What was meant as an address and may be none, as far as it can be shown: enough to find it again, not enough to use it.
#[must_use]
pub fn masked(text: &str) -> String {
    let count = text.chars().count();
    let (head, tail) = if count > 8 { (3, 2) } else { (1, 0) };
    let head: String = text.chars().take(head).filter(|c| !c.is_control()).collect();
    let tail: String = text.chars().skip(count - tail.min(count)).filter(|c| !c.is_control()).collect();
    format!("{head}…{tail}")
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
        if country.is_some_and(|code| code.parse::<phonenumber::country::Id>().is_err()) {
            return Err(AddressError::UnknownCountry);
        }
        let text = text.trim();
        if text.len() > LONGEST_PHONE || !text.chars().all(is_dialled) {
            return Err(AddressError::NotAPhone);
        }
        let written = match (text.strip_prefix('+'), country) {
            // "+44 (0)7700 ...": the trunk prefix in brackets is not dialled behind a calling code.
            (Some(rest), _) => international(&digits_of(&rest.replace("(0)", ""))?),
            (None, Some(country)) => national(&digits_of(text)?, country),
            (None, None) => return Err(AddressError::NoCountry),
        };
        written.map(Self).ok_or(AddressError::NotAPhone)
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

    /// Whether its country's numbering plan has it among the landlines, or the numbers of services, which take no texts.
    /// Slow: a few microseconds.
    #[must_use]
    pub fn is_landline(&self) -> bool {
        let database = &phonenumber::metadata::DATABASE;
        let number = phonenumber::parse(None, &self.0).ok();
        number.is_some_and(|number| {
            use phonenumber::Type::{FixedLine, PremiumRate, SharedCost, TollFree, Uan, Voicemail};
            let kind = number.number_type(database);
            matches!(kind, FixedLine | TollFree | PremiumRate | SharedCost | Uan | Voicemail)
        })
    }

    /// The countries that share its calling code (ISO 3166-1 alpha-2); none of a short code.
    #[must_use]
    pub fn regions(&self) -> Vec<&'static str> {
        let plans = self.0.strip_prefix('+').and_then(plans::of_digits);
        plans.map(|(.., plans)| plans.iter().map(|plan| plan.region).collect()).unwrap_or_default()
    }

    /// Whether it is a number of this country. Of one that no range of its numbering plan has, the calling code decides.
    #[must_use]
    pub fn is_of(&self, country: &str) -> bool {
        let (Ok(country), Ok(number)) = (country.parse(), phonenumber::parse(None, &self.0)) else { return false };
        let plan = phonenumber::metadata::DATABASE.by_id(&format!("{country:?}"));
        match number.country().id() {
            Some(id) => id == country,
            None => plan.is_some_and(|plan| plan.country_code() == number.country().code()),
        }
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

/// The digits of a phone; a plus has its place only at the very start.
fn digits_of(text: &str) -> Result<String, AddressError> {
    if text.contains('+') {
        return Err(AddressError::NotAPhone);
    }
    Ok(text.chars().filter(char::is_ascii_digit).collect())
}

/// Reads the digits behind a plus. The exchange's country plays no part: taken into account, its trunk prefix would be
/// cut out of other countries' numbers.
///
/// A number as long as its country's mobile numbers is taken as it is, in whatever range: plans gain ranges faster than
/// any library, and the numbers set aside for examples and drama are in no range. Any other must be a known one.
fn international(digits: &str) -> Option<String> {
    let (code, rest, plans) = plans::of_digits(digits)?;
    let trunk_is = |trunk: &str| plans.iter().any(|plan| plan.trunk == trunk);
    let rest = if trunk_is("0") { rest.trim_start_matches('0') } else { rest };
    let starts_right = !(trunk_is("1") && rest.starts_with('1'));
    if starts_right && plans.iter().any(|plan| has_length(plan, rest)) {
        return Some(format!("+{code}{rest}"));
    }
    let number = phonenumber::parse(None, format!("+{code}{rest}")).ok()?;
    number.is_valid().then(|| e164(&number))
}

/// Reads digits as they are dialled within a country.
fn national(digits: &str, country: &str) -> Option<String> {
    if let Some(plan) = plans::of_region(country).filter(|plan| plan.plain) {
        let dialled = digits.strip_prefix(plan.trunk);
        // In North America the trunk prefix may be left out.
        let rest = if plan.trunk == "1" { dialled.or(Some(digits)) } else { dialled };
        let sound = |rest: &&str| !rest.starts_with('0') && (plan.trunk != "1" || !rest.starts_with('1'));
        if let Some(rest) = rest.filter(sound).filter(|rest| has_length(plan, rest)) {
            return Some(format!("+{}{rest}", plan.code));
        }
    }
    let number = phonenumber::parse(country.parse().ok(), digits).ok()?;
    let written = e164(&number);
    if number.is_valid() {
        return Some(written);
    }
    // Dialled abroad ("00 49 ..."), or in a range the library does not know.
    let (_, rest, plans) = plans::of_digits(written.strip_prefix('+')?)?;
    let is_known = plans.iter().any(|plan| has_length(plan, rest));
    is_known.then_some(written)
}

fn has_length(plan: &plans::Plan, national: &str) -> bool {
    plan.mobile.iter().any(|length| usize::from(*length) == national.len())
}

fn e164(number: &phonenumber::PhoneNumber) -> String {
    number.format().mode(phonenumber::Mode::E164).to_string()
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
        let (user, domain) = text.trim().rsplit_once('@').ok_or(AddressError::NotAnEmail)?;
        let domain = domain.to_lowercase();
        if !EmailAddress::is_valid_local_part(user) || !is_domain(&domain) {
            return Err(AddressError::NotAnEmail);
        }
        Ok(Self(format!("{user}@{domain}")))
    }

    /// The raw address, for sending and for storing. Never for printing.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Whether a domain can be written to, as it stands or in its ASCII form (RFC 5890): some scripts' letters are valid only
/// there.
fn is_domain(domain: &str) -> bool {
    EmailAddress::is_valid_domain(domain)
        // What the parser takes for an address ("0.") is no domain, nor is what it decodes first ("%6A").
        || !domain.contains('%')
            && matches!(url::Host::parse(domain), Ok(url::Host::Domain(ascii)) if EmailAddress::is_valid_domain(&ascii))
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

    // X20
    #[test]
    fn landlines_are_told_from_phones_that_take_texts() {
        let fixed = [
            ("020 7946 0018", "GB"),
            ("0131 496 0123", "GB"),
            ("0800 123 4567", "GB"),
            ("030 901820", "DE"),
            ("01 42 68 53 00", "FR"),
        ];
        for (text, country) in fixed {
            assert!(Phone::parse(text, Some(country)).expect("a number").is_landline(), "{text}");
        }
        for (text, country) in
            [("07700 900123", "GB"), ("0151 23456789", "DE"), ("06 12 34 56 78", "FR"), ("212 555 0123", "US")]
        {
            assert!(!Phone::parse(text, Some(country)).expect("a number").is_landline(), "{text}");
        }
    }

    // X20
    #[test]
    fn the_exchanges_country_does_not_change_numbers_of_others() {
        for country in ["US", "GB", "RU", "IT", "BR"] {
            for (text, e164) in [
                ("+49 1512 3456789", "+4915123456789"),
                ("+49 (0)1512 3456789", "+4915123456789"),
                ("+44 07700 900123", "+447700900123"),
                ("+39 06 6982", "+39066982"),
                ("+1 202-555-0143", "+12025550143"),
                ("+7 912 345-67-89", "+79123456789"),
            ] {
                let read = Phone::parse(text, Some(country)).map(|phone| phone.expose().to_owned());
                assert_eq!(read.as_deref(), Ok(e164), "{text} in {country}");
            }
        }
        for text in ["+1 123 456 7890", "+44 770 090 012", "+44+7700900123", "+1", "+0 7700 900123"] {
            assert_eq!(Phone::parse(text, Some("GB")), Err(AddressError::NotAPhone), "{text}");
        }
        let read = |text, country| Phone::parse(text, Some(country)).map(|phone| phone.expose().to_owned());
        assert_eq!(read("00 49 1512 3456789", "GB").as_deref(), Ok("+4915123456789"));
        assert_eq!(read("011 44 7700 900123", "US").as_deref(), Ok("+447700900123"));
        assert_eq!(read("1 (202) 555-0143", "US").as_deref(), Ok("+12025550143"));
        assert_eq!(read("8 912 345-67-89", "RU").as_deref(), Ok("+79123456789"));
    }

    /// Every country's example of a mobile number, as its own people dial it and as everybody else does.
    // X20
    #[test]
    fn every_countrys_mobile_numbers_are_read_both_ways() {
        let mut read = 0;
        for plan in &plans::PLANS {
            let metadata = phonenumber::metadata::DATABASE.by_id(plan.region).expect("the plan is from there");
            let Some(example) = metadata.descriptors().mobile().and_then(|mobile| mobile.example()) else { continue };
            let e164 = format!("+{}{example}", plan.code);
            let parse = |text: &str| Phone::parse(text, Some(plan.region)).map(|phone| phone.expose().to_owned());
            assert_eq!(parse(&e164).as_ref(), Ok(&e164), "{} from abroad", plan.region);
            if plan.plain {
                let dialled = format!("{}{example}", plan.trunk);
                assert_eq!(parse(&dialled).as_ref(), Ok(&e164), "{} at home", plan.region);
            }
            read += 1;
        }
        assert!(read > 200, "{read}");
    }

    #[test]
    fn the_plans_are_those_of_the_library() {
        use phonenumber::metadata::DATABASE;
        let known: std::collections::BTreeSet<&str> = DATABASE
            .iter()
            .map(phonenumber::Metadata::id)
            .filter(|id| id.len() == 2 && id.bytes().all(|b| b.is_ascii_uppercase()))
            .collect();
        assert_eq!(known, plans::PLANS.iter().map(|plan| plan.region).collect());
        for plan in &plans::PLANS {
            let metadata = DATABASE.by_id(plan.region).expect("just compared");
            let mobile = metadata.descriptors().mobile().map_or(&[][..], |mobile| mobile.possible_length());
            let mut mobile: Vec<u8> = mobile.iter().map(|length| u8::try_from(*length).expect("at most 15")).collect();
            mobile.sort_unstable();
            let ours = (plan.code, plan.trunk, plan.mobile);
            assert_eq!(ours, (metadata.country_code(), metadata.national_prefix().unwrap_or(""), &mobile[..]));
            // Rules that leave "0 and the number" alone: they only add short local forms, or one of Jersey's prefixes.
            let plain = match metadata.national_prefix_for_parsing() {
                None => matches!((plan.trunk, plan.code), ("" | "0", _) | ("1", 1)),
                Some(rule) => match rule.as_str() {
                    "0" | "0|180020" => plan.trunk == "0",
                    rule if plan.trunk == "0" => {
                        rule.starts_with("([") && (rule.ends_with(")$|0") || rule.ends_with(")$|0|180020"))
                    }
                    _ => plan.trunk == "1" && plan.code == 1,
                },
            };
            assert_eq!(plan.plain, plain, "{}", plan.region);
        }
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
