//! Which instant is meant by what somebody types for the time they leave: "14:30" of today, or "45 min" from now.

use jiff::civil::Time;
use jiff::tz::{AmbiguousOffset, Offset};
use jiff::{SignedDuration, Span, Timestamp};

use super::Hours;

/// The longest stay.
const LONGEST: SignedDuration = SignedDuration::from_hours(16);

/// The shortest.
const SHORTEST: SignedDuration = SignedDuration::from_mins(1);

/// Why nobody can leave then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no time.
    #[error("write when you leave as a time of today, such as 14:30, or as a length, such as 45 min")]
    Malformed,
    /// It is past, or just now.
    #[error("that time is past")]
    Past,
    /// It is not this day's business.
    #[error("nobody stays for more than {} hours", LONGEST.as_hours())]
    TooLong,
    /// The desk is closed by then.
    #[error("the desk closes at {}", at.strftime("%H:%M"))]
    AfterClosing {
        /// Of the desk's day.
        at: Time,
    },
    /// The desk is closed now.
    #[error("the desk is closed now; it opens at {}", at.strftime("%H:%M"))]
    Closed {
        /// Of the desk's day.
        at: Time,
    },
    /// The clock is put forward over it.
    #[error("{} does not exist today: the clocks are put forward over it", time.strftime("%H:%M"))]
    Gap {
        /// As it was typed.
        time: Time,
    },
    /// The clock is put back over it, and both times are still to come.
    #[error(
        "{0} comes twice today, for the clocks are put back: write {0}{first} for the first time, or {0}{second} for the \
         second", time.strftime("%H:%M")
    )]
    Twice {
        /// As it was typed.
        time: Time,
        /// The offset from UTC the first time.
        first: Offset,
        /// And the second time.
        second: Offset,
    },
}

/// The instant that a visitor means who types this at a desk of these hours.
///
/// # Errors
/// [`Refused`]: nothing is guessed where the clock change leaves it open.
pub fn leaving(text: &str, hours: &Hours, now: Timestamp) -> Result<Timestamp, Refused> {
    let zone = |at: Timestamp| at.to_zoned(hours.zone.clone()).time();
    if !hours.is_open(now) {
        return Err(Refused::Closed { at: hours.next_open(now).map_or(Time::midnight(), zone) });
    }
    let text = text.trim();
    let leaves = match length(text) {
        Some(length) => now.checked_add(length).map_err(|_beyond| Refused::TooLong)?,
        None => of_today(text, hours, now)?,
    };
    let stay = leaves.duration_since(now);
    if stay <= SHORTEST {
        return Err(Refused::Past);
    }
    if stay > LONGEST {
        return Err(Refused::TooLong);
    }
    match hours.closes(now) {
        Some(closes) if leaves > closes => Err(Refused::AfterClosing { at: zone(closes) }),
        _ => Ok(leaves),
    }
}

/// "45 min", "1h 30m", "PT45M"; a number alone could be anything.
fn length(text: &str) -> Option<SignedDuration> {
    if text.is_empty() || text.contains(':') || !text.ends_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let length = text.parse::<Span>().ok()?;
    // A day here is the clock's business, not a length.
    SignedDuration::try_from(length).ok()
}

fn of_today(text: &str, hours: &Hours, now: Timestamp) -> Result<Timestamp, Refused> {
    let (clock, offset) = split(text).ok_or(Refused::Malformed)?;
    let time = Time::strptime("%H:%M", clock).map_err(|_no_time| Refused::Malformed)?;
    let today = now.to_zoned(hours.zone.clone()).date();
    let local = hours.zone.to_ambiguous_zoned(today.to_datetime(time));
    let of = |offset: Offset| offset.to_timestamp(today.to_datetime(time)).map_err(|_beyond| Refused::Malformed);
    match (local.offset(), offset) {
        (AmbiguousOffset::Gap { .. }, _) => Err(Refused::Gap { time }),
        (AmbiguousOffset::Unambiguous { offset: only }, given) => {
            if given.is_none_or(|given| given == only) {
                of(only)
            } else {
                Err(Refused::Malformed)
            }
        }
        (AmbiguousOffset::Fold { before, after }, Some(given)) => {
            if given == before || given == after {
                of(given)
            } else {
                Err(Refused::Malformed)
            }
        }
        (AmbiguousOffset::Fold { before, after }, None) => match (of(before)? > now, of(after)?) {
            (true, _) => Err(Refused::Twice { time, first: before, second: after }),
            (false, second) => Ok(second),
        },
    }
}

/// A time of day and the offset behind it, if there is one: `01:30+01`, `01:30 +01:00`.
fn split(text: &str) -> Option<(&str, Option<Offset>)> {
    let Some(sign) = text.find(['+', '-']) else { return Some((text, None)) };
    let (clock, offset) = text.split_at(sign);
    let (hours, minutes) = offset[1..].split_once(':').unwrap_or((&offset[1..], "0"));
    let seconds = hours.parse::<i32>().ok()?.checked_mul(3600)?.checked_add(minutes.parse::<i32>().ok()? * 60)?;
    let seconds = if offset.starts_with('-') { -seconds } else { seconds };
    Some((clock.trim(), Some(Offset::from_seconds(seconds).ok()?)))
}
