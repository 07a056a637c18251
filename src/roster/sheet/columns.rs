//! Which column is which: the headings people write, and what they mean.

use super::super::names;

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name, which no spreadsheet may have made a number or a date of.
    Name,
    /// Part of a name, for those who keep first and last names apart; joined in the order of the columns that are known,
    /// and left out where there is a column for the whole.
    NamePart,
    /// A phone, which is never shown.
    Phone,
    /// An e-mail address, which is never shown.
    Email,
    /// How somebody is told: `sms` or `email`, in any usual word.
    Way,
    /// A text; what a spreadsheet has made a date of will do.
    Text,
    /// Several texts: one a line, or parted by semicolons; several columns may hold them.
    List,
}

/// A column that a reader knows.
#[derive(Debug)]
pub(crate) struct Column {
    /// The key of its values.
    pub(crate) key: &'static str,
    /// What stands in it.
    pub(crate) kind: Kind,
    /// What it is usually headed, the first as it is recommended; case, punctuation and a number at the end do not count.
    pub(crate) headings: &'static [&'static str],
}

impl Column {
    pub(super) fn is_headed(&self, heading: &str) -> bool {
        let heading = squeezed(heading);
        self.headings.iter().any(|known| squeezed(known) == heading)
    }
}

/// Letters and digits alone, without a number at the end ("Wish 2", "E-mail:").
fn squeezed(heading: &str) -> String {
    let folded = names::fold(heading);
    folded.trim_end_matches(|c: char| !c.is_alphabetic()).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The roster's word for a way to be told.
pub(super) fn way(text: &str) -> &str {
    match squeezed(text).as_str() {
        "sms" | "text" | "phone" | "mobile" => "sms",
        "email" | "mail" => "email",
        _ => text,
    }
}

/// The values of a list in one cell. With a line break in it, semicolons are part of the text.
pub(super) fn listed(cell: &str) -> impl Iterator<Item = &str> {
    let separators: &[char] = if cell.contains('\n') { &['\n', '\r'] } else { &[';'] };
    cell.split(separators).map(str::trim).filter(|text| !text.is_empty())
}

/// The letters of a column, counted from 1: A, B, ... Z, AA.
pub(crate) fn letters(column: u32) -> String {
    let mut left = column;
    let mut letters = Vec::new();
    while left > 0 {
        letters.push(char::from(b'A' + u8::try_from((left - 1) % 26).unwrap_or(0)));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}
