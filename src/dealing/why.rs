//! Why nothing goes out, for the organizer.

use jiff::Timestamp;

use super::{Phase, State, View};

/// Why nobody is invited at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Dealing has not begun.
    NotDealt,
    /// Every seat is held for certain.
    Full,
    /// Every seat is held, so many of them by people who said PROBABLY.
    FullUnconfirmed(u32),
    /// Open invitations, the first of which lapses then.
    Waiting(u32, Timestamp),
    /// Seats are free, and the next are asked as soon as anything is dealt.
    AboutToAsk,
    /// Seats are free, and everybody has been asked.
    NobodyLeft(u32),
    /// Seats are free, and whoever is left would have too little time to answer.
    TooLate,
    /// It is too late to invite anybody new.
    PastCutOff,
    /// The organizer has paused it.
    Paused,
    /// The organizer has closed it.
    Closed,
    /// It was cancelled.
    Cancelled,
    /// It has begun.
    Over,
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotDealt => f.write_str("nothing is sent before you deal"),
            Self::Full => f.write_str("full: every seat is held"),
            Self::FullUnconfirmed(unsure) => write!(f, "full, {unsure} of them by people who said PROBABLY"),
            Self::Waiting(1, _) => f.write_str("waiting for 1 answer"),
            Self::Waiting(open, _) => write!(f, "waiting for {open} answers"),
            Self::AboutToAsk => f.write_str("the next are about to be asked"),
            Self::NobodyLeft(1) => f.write_str("nobody is left to invite; 1 seat is free"),
            Self::NobodyLeft(free) => write!(f, "nobody is left to invite; {free} seats are free"),
            Self::TooLate => f.write_str("too little time is left before the cut-off to ask anybody new"),
            Self::PastCutOff => f.write_str("past the cut-off: nobody new is invited"),
            Self::Paused => f.write_str("paused"),
            Self::Closed => f.write_str("closed: nobody new is invited"),
            Self::Cancelled => f.write_str("cancelled"),
            Self::Over => f.write_str("over"),
        }
    }
}

impl Why {
    /// Until when, where it waits for somebody.
    #[must_use]
    pub fn until(self) -> Option<Timestamp> {
        match self {
            Self::Waiting(_, until) => Some(until),
            _ => None,
        }
    }
}

/// Says why nobody is invited at this moment.
#[must_use]
pub fn why(view: &View, now: Timestamp) -> Why {
    let terms = &view.terms;
    match terms.phase {
        Phase::Draft => return Why::NotDealt,
        Phase::Cancelled => return Why::Cancelled,
        _ if now >= terms.starts_at => return Why::Over,
        Phase::Paused => return Why::Paused,
        Phase::Dealing | Phase::Closed => {}
    }
    let seats = view.seats();
    if seats.taken >= terms.seats {
        let unsure: u32 = view.all(State::Held).filter(|(_, held)| !held.is_certain).map(|(_, held)| held.seats).sum();
        return if unsure == 0 { Why::Full } else { Why::FullUnconfirmed(unsure) };
    }
    let open = view.all(State::Open).count();
    let until = view.all(State::Open).filter_map(|(_, open)| match open.waits {
        false => open.lapses_at,
        true => Some(terms.lapses_once_sent(open, now)),
    });
    let until = until.min();
    if let Some(until) = until {
        return Why::Waiting(u32::try_from(open).unwrap_or(u32::MAX), until);
    }
    let mut left = view.candidates.iter().filter(|who| who.unreachable.is_none()).peekable();
    match terms.phase {
        Phase::Closed => Why::Closed,
        _ if now >= terms.cut_off => Why::PastCutOff,
        _ if left.peek().is_none() => Why::NobodyLeft(seats.free),
        _ if left.any(|who| terms.lapses_at(who.asleep_until.unwrap_or(now)).is_some()) => Why::AboutToAsk,
        _ => Why::TooLate,
    }
}
