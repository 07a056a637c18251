//! How somebody is reached: a phone, an e-mail, and which of the two it is.

use super::super::exchange::Country;
use super::super::findings::Findings;
use super::super::names;
use super::super::section::{LONGEST_TEXT, Section, Spanned};
use crate::model::{AddressError, Deliver, Email, Phone};

/// A phone in the exchange's country, in E.164.
pub(in super::super) fn read_phone(
    found: Spanned<&str>,
    country: &Country,
    findings: &mut Findings,
) -> Option<Spanned<Phone>> {
    let region = if let Country::Known(code) = country { Some(code.as_str()) } else { None };
    match Phone::parse(found.value, region) {
        Ok(value) => Some(Spanned { value, at: found.at }),
        Err(AddressError::NoCountry) => {
            if *country == Country::Missing {
                findings
                    .error(found.at, AddressError::NoCountry.to_string())
                    .hint("write it with a plus (+44 ...), or set `country` in [exchange]");
            }
            None
        }
        Err(why) => {
            let hint = region.map_or_else(
                || "write it with a plus and the country code: +44 7700 900123".to_owned(),
                |code| format!("write it as it is dialled in {code}, or with a plus and the country code"),
            );
            findings.error(found.at, why.to_string()).hint(hint);
            None
        }
    }
}

pub(in super::super) fn read_email(found: Spanned<&str>, findings: &mut Findings) -> Option<Spanned<Email>> {
    match Email::parse(found.value) {
        Ok(value) => Some(Spanned { value, at: found.at }),
        Err(why) => {
            findings.error(found.at, why.to_string()).hint("write it as name@example.org");
            None
        }
    }
}

// G15
pub(super) fn read_deliver(section: &Section<'_, '_>, findings: &mut Findings) -> Option<Deliver> {
    let found = section.line("deliver", LONGEST_TEXT, findings)?;
    let (deliver, needed) = match found.value {
        "sms" => (Deliver::Sms, "phone"),
        "email" => (Deliver::Email, "email"),
        other => {
            findings
                .error(found.at, format!("`deliver` cannot be {}", names::quoted(other)))
                .hint("write \"sms\" or \"email\"; without it those with a phone text");
            return None;
        }
    };
    if !section.has(needed) {
        findings
            .error(found.at, format!("`deliver` is {}, and there is no `{needed}`", names::quoted(found.value)))
            .hint(format!("add `{needed}`, or leave `deliver` out"));
    }
    Some(deliver)
}
