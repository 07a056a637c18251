//! Events and invitations as they stand.

use jiff::{SignedDuration, Timestamp};

use super::words;

/// How far an event has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Being put together; nobody has heard of it.
    Draft,
    /// Seats are dealt.
    Dealing,
    /// Nothing goes out of itself until it goes on.
    Paused,
    /// Nobody new is asked; a seat that comes free goes to the line.
    Closed,
    /// It does not take place.
    Cancelled,
}

/// How the seats of an event are dealt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// How far it has come.
    pub phase: Phase,
    /// How many seats there are.
    pub seats: u32,
    /// How many invitations are open at a time.
    pub at_once: u32,
    /// How many seats more may be offered than there are.
    pub overbook: u32,
    /// For how many an invitation is, at most.
    pub size: u32,
    /// How long an invitation stays open.
    pub lapse: SignedDuration,
    /// From when on nobody new is asked.
    pub cut_off: Timestamp,
    /// When it begins.
    pub starts_at: Timestamp,
    /// How long before it those who are not certain are asked again.
    pub ask_again: SignedDuration,
}

/// How an invitation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It awaits an answer, and its seats are reserved.
    Open,
    /// Its seats are taken.
    Held,
    /// They said yes when no seat was free.
    Line,
    /// They may come, and hold nothing.
    Maybe,
    /// They do not come.
    Declined,
    /// They were silent.
    Lapsed,
    /// They could not be reached.
    Skipped,
    /// Taken back by the organizer.
    Withdrawn,
}

/// An invitation as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// How it stands.
    pub state: State,
    /// For how many it is.
    pub size: u32,
    /// How many seats are its own: reserved while it is open, taken while it is held.
    pub seats: u32,
    /// How many they want to be.
    pub wants: u32,
    /// How often they have been offered seats.
    pub round: u32,
    /// Whether their yes was a YES, no PROBABLY.
    pub is_certain: bool,
    /// When it was last offered.
    pub dealt_at: Timestamp,
    /// When it lapses, while it is open and has left.
    pub lapses_at: Option<Timestamp>,
    /// When they last answered.
    pub answered_at: Option<Timestamp>,
    /// When they came into the line, while they are in it.
    pub lined_at: Option<Timestamp>,
    /// Whether the message that offers its seats waits to leave.
    pub waits: bool,
    /// Whether they can be told anything.
    pub is_reachable: bool,
    /// Whether they have been asked once more.
    pub asked_again: bool,
    /// Whether they have been reminded.
    pub reminded: bool,
}

impl Invitation {
    /// One that nothing has become of yet.
    #[must_use]
    pub fn blank(dealt_at: Timestamp) -> Self {
        Self {
            state: State::Skipped,
            size: 1,
            seats: 0,
            wants: 0,
            round: 1,
            is_certain: false,
            dealt_at,
            lapses_at: None,
            answered_at: None,
            lined_at: None,
            waits: false,
            is_reachable: true,
            asked_again: false,
            reminded: false,
        }
    }
}

words!(Phase { Draft "draft" Dealing "dealing" Paused "paused" Closed "closed" Cancelled "cancelled" });
words!(State {
    Open "open" Held "held" Line "line" Maybe "maybe" Declined "declined" Lapsed "lapsed" Skipped "skipped" Withdrawn "withdrawn"
});

/// What people answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// They come.
    Yes,
    /// They come unless something happens; the seat is theirs.
    Probably,
    /// They may come, and hold no seat.
    Maybe,
    /// They do not come.
    No,
}

impl Word {
    /// All of them, as they are offered.
    pub const ALL: [Self; 4] = [Self::Yes, Self::Probably, Self::Maybe, Self::No];

    /// As it is written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Probably => "probably",
            Self::Maybe => "maybe",
            Self::No => "no",
        }
    }

    /// The answer of a word, however it is written.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| word.trim().eq_ignore_ascii_case(answer.word()))
    }

    /// Whether it takes seats.
    #[must_use]
    pub fn takes_seats(self) -> bool {
        matches!(self, Self::Yes | Self::Probably)
    }
}
