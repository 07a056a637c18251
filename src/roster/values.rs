//! Reads the values of a table that are no texts: switches, numbers and dates.

use std::ops::RangeInclusive;

use toml::de::DeValue;

use super::findings::Findings;
use super::section::{Section, Spanned, wrong_type};

impl Section<'_, '_> {
    pub(super) fn flag(&self, key: &'static str, findings: &mut Findings) -> Option<bool> {
        let found = self.raw(key)?;
        if let DeValue::Boolean(flag) = found.value {
            return Some(*flag);
        }
        wrong_type(found, key, "true or false", findings);
        None
    }

    /// A whole number within bounds.
    pub(super) fn whole(
        &self,
        key: &'static str,
        bounds: RangeInclusive<u32>,
        findings: &mut Findings,
    ) -> Option<Spanned<u32>> {
        let found = self.raw(key)?;
        let DeValue::Integer(integer) = found.value else {
            wrong_type(found, key, "a whole number", findings);
            return None;
        };
        let number = u32::from_str_radix(integer.as_str().trim_start_matches('+'), integer.radix()).ok();
        match number.filter(|number| bounds.contains(number)) {
            Some(value) => Some(Spanned { value, at: found.at }),
            None => {
                let (low, high) = bounds.into_inner();
                findings.error(found.at, format!("`{key}` must be from {low} to {high}"));
                None
            }
        }
    }

    /// A number, whole or not, above `over` (or equal to it where `inclusive`) and at most `most`.
    pub(super) fn number(
        &self,
        key: &'static str,
        (over, inclusive, most): (f64, bool, f64),
        findings: &mut Findings,
    ) -> Option<f64> {
        let found = self.raw(key)?;
        let text = match found.value {
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str(),
            DeValue::Float(float) => float.as_str(),
            _ => {
                wrong_type(found, key, "a number", findings);
                return None;
            }
        };
        let fits = |number: &f64| (*number > over || inclusive && *number >= over) && *number <= most;
        let number = text.parse().ok().filter(fits);
        if number.is_none() {
            let least = if inclusive { "at least" } else { "above" };
            findings.error(found.at, format!("`{key}` must be {least} {over} and at most {most}"));
        }
        number
    }

    /// A date without a time, as TOML writes one, or the same in quotes.
    pub(super) fn date(&self, key: &'static str, findings: &mut Findings) -> Option<Spanned<jiff::civil::Date>> {
        let found = self.raw(key)?;
        let day = |year: u16, month: u8, day: u8| -> Option<jiff::civil::Date> {
            let year = i16::try_from(year).ok()?;
            jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
        };
        let date = match found.value {
            DeValue::Datetime(toml::value::Datetime { date: Some(date), time: None, .. }) => {
                day(date.year, date.month, date.day)
            }
            DeValue::String(text) if text.trim().len() == "2026-12-24".len() => text.trim().parse().ok(),
            _ => None,
        };
        if date.is_none() {
            findings
                .error(found.at, format!("`{key}` is not a day of the calendar"))
                .hint("write year, month and day: 2026-12-24");
        }
        date.map(|value| Spanned { value, at: found.at })
    }
}
