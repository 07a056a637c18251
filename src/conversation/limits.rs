//! How much may be texted: the length of a message, and how many texts a number may send before the tool stops
//! answering.

/// The longest SMS, in characters; Twilio takes no more in one message (error 21617).
pub const MAX_SMS: usize = 1_600;

/// Texts a number may send within a minute.
const PER_MINUTE: u32 = 20;

/// Texts a number may send within a day.
const PER_DAY: u32 = 200;

/// What the texts of a number are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// A minute of the clock.
    Minute,
    /// A day of UTC.
    Day,
}

impl Period {
    /// When the period began that a second lies in; both are counted from 1970 UTC.
    pub fn start(self, second: i64) -> i64 {
        let length = match self {
            Self::Minute => 60,
            Self::Day => 24 * 60 * 60,
        };
        second - second.rem_euclid(length)
    }

    /// How many texts a number may send in it.
    pub fn most(self) -> u32 {
        match self {
            Self::Minute => PER_MINUTE,
            Self::Day => PER_DAY,
        }
    }
}

/// What a number has sent before the text in hand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recent {
    /// Texts within this minute of the clock, not counting this one; or more of the day, where these are within the limit.
    pub minute: u32,
    /// Texts within this day (UTC), not counting this one.
    pub day: u32,
    /// Whether the number has been told already that it sends too much: within the minute for the limit per
    /// minute, within the day for the limit per day.
    pub told: bool,
}

/// What to do with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// Understand and answer it.
    Allow,
    /// Log it and say once that it is too much.
    TellOnce,
    /// Log it and say nothing.
    Silent,
}

/// Decides whether a text is within the limits of its number.
///
/// Not to be asked about a carrier's word ([`super::carrier_word`]): an opt-out must never be lost among too many
/// texts, and no such word is answered.
pub fn allowance(recent: Recent) -> Allowance {
    if recent.minute < PER_MINUTE && recent.day < PER_DAY {
        Allowance::Allow
    } else if recent.told {
        Allowance::Silent
    } else {
        Allowance::TellOnce
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // H10
    #[test]
    fn the_excess_is_answered_once_and_then_silently_logged() {
        let at = |minute, day, told| allowance(Recent { minute, day, told });
        assert_eq!(at(0, 0, false), Allowance::Allow);
        assert_eq!(at(19, 199, true), Allowance::Allow);
        assert_eq!(at(20, 20, false), Allowance::TellOnce);
        assert_eq!(at(21, 21, true), Allowance::Silent);
        assert_eq!(at(0, 200, false), Allowance::TellOnce);
        assert_eq!(at(u32::MAX, u32::MAX, true), Allowance::Silent);
    }
}
