//! What follows from the code with which a provider gave a message up, or a carrier reported on it.

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It passes: the same message waits, by itself.
    Wait,
    /// It may work another time: the organizer may send it again.
    Retry,
    /// Never again to this number.
    Never,
    /// They do not want it.
    OptedOut,
    /// It is the same for everybody: nothing more goes out until somebody has looked.
    Stop,
    /// One alone means nothing; many of them are the same for everybody.
    StopIfMany,
}

/// From which part of those that came to an end a broadcast stops that is refused so, in percent, and from how many.
pub const FILTERED: (u64, u64) = (5, 20);

impl Class {
    /// What follows from one of Twilio's codes (<https://www.twilio.com/docs/api/errors>); from no code that it may be tried
    /// again.
    #[must_use]
    pub fn of(code: Option<u32>) -> Self {
        match code {
            Some(429 | 20429 | 21611 | 14107 | 30001 | 30022 | 30023 | 30036 | 63038) => Self::Wait,
            Some(21211 | 21214 | 21217 | 21612 | 21614 | 30004 | 30005 | 30006) => Self::Never,
            Some(21610) => Self::OptedOut,
            Some(20003 | 20004 | 20005 | 21606 | 21609 | 21659 | 21660 | 30002 | 30032 | 30034) => Self::Stop,
            // Filtered; a country that the account may not text: one number from abroad, or the account's own.
            Some(30007 | 21408) => Self::StopIfMany,
            // Of a mail server: no such mailbox, a mailbox that refuses.
            Some(550..=559) => Self::Never,
            Some(21602 | 21617) => Self::Never,
            _ => Self::Retry,
        }
    }
}
