//! What a cell means in its column: text, or why it is none. Spreadsheets make numbers of phones and dates of teams.

use super::columns::way;
use super::{Cell, Kind, csv};

/// What a spreadsheet shows where a formula went wrong.
const FAULTS: [&str; 8] = ["#N/A", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!"];

const AS_TEXT: &str = "format the column as text and type it again";

/// The digits a spreadsheet keeps of a number.
const KEPT_DIGITS: usize = 15;

impl Cell {
    pub(super) fn text(text: &str) -> Self {
        let text = text.trim();
        match text {
            "" => Self::Empty,
            _ if FAULTS.contains(&text) => Self::Fault(text.to_owned()),
            _ => Self::Text(text.to_owned()),
        }
    }

    /// The text of a cell, as a heading or as it is shown.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text(text) | Self::Fault(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Empty | Self::Date | Self::Flag => String::new(),
        }
    }

    /// The text that stands in a column of a kind, or what is wrong and what would mend it.
    pub(super) fn meant(&self, kind: Kind) -> Result<String, (String, &'static str)> {
        match self {
            Self::Empty => Ok(String::new()),
            Self::Text(text) if kind == Kind::Phone => dialled(csv::unguarded(text)),
            Self::Text(text) if kind == Kind::Way => Ok(way(text).to_owned()),
            Self::Text(text) => Ok(csv::unguarded(text).to_owned()),
            Self::Number(number) => match (whole(*number), kind) {
                (_, Kind::Name | Kind::NamePart) => Err(("this is a number, not a name".to_owned(), AS_TEXT)),
                (Some(digits), Kind::Phone) => dialled(&digits),
                (Some(digits), _) => Ok(digits),
                (None, Kind::Phone) => Err(lost_digits()),
                (None, _) => Ok(number.to_string()),
            },
            Self::Date if kind == Kind::Text => Ok("dated".to_owned()),
            Self::Date => Err(("the spreadsheet has made a date of this".to_owned(), AS_TEXT)),
            Self::Flag => Err(("this is true or false, not text".to_owned(), AS_TEXT)),
            Self::Fault(shown) => Err((format!("this is the error {shown}"), "mend the formula, or type the value")),
        }
    }
}

fn lost_digits() -> (String, &'static str) {
    ("the spreadsheet has made a rounded number of this phone".to_owned(), AS_TEXT)
}

/// The digits of a number without a fraction, as far as they are exact.
fn whole(number: f64) -> Option<String> {
    let digits = format!("{number:.0}");
    let exact = number.fract() == 0.0 && number >= 0.0 && digits.len() <= KEPT_DIGITS;
    exact.then_some(digits)
}

/// A phone as it was typed; programs that make tables add a fraction, spreadsheets write large numbers short.
fn dialled(text: &str) -> Result<String, (String, &'static str)> {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let scientific = text.contains(['e', 'E']) && text.replace(',', ".").parse::<f64>().is_ok();
    if scientific || text.len() >= KEPT_DIGITS && is_digits(text) && text.ends_with("0000") {
        return Err(lost_digits());
    }
    let number =
        text.split_once('.').filter(|(whole, rest)| whole.len() > 6 && is_digits(whole) && matches!(*rest, "0" | "00"));
    Ok(number.map_or(text, |(whole, _)| whole).to_owned())
}
