//! How long it takes: segments at the line's rate, split over the hours in which phones may be texted and over days with
//! a bound.

use jiff::{SignedDuration, Timestamp};

use super::Window;

/// After so many stretches the rest is not told any more.
const MOST_STRETCHES: usize = 400;

const DAY: i64 = 86_400;

/// How fast texts go.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Segments a second; infinite where nothing bounds them.
    pub per_second: f64,
    /// The most segments of a day of UTC.
    pub per_day: u64,
    /// How many of today's are used up.
    pub used_today: u64,
}

/// A time during which texts go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// From then.
    pub from: Timestamp,
    /// Until then.
    pub until: Timestamp,
    /// So many segments.
    pub segments: u64,
}

/// When so many segments go out, each group within its own hours.
#[must_use]
pub fn schedule(start: Timestamp, mut groups: Vec<(Window, u64)>, pace: Pace) -> Vec<Stretch> {
    let (mut now, mut stretches): (_, Vec<Stretch>) = (start, Vec::new());
    let (mut day, mut used) = (day_of(start), pace.used_today);
    while stretches.len() < MOST_STRETCHES {
        groups.retain(|(_, segments)| *segments > 0);
        if groups.is_empty() {
            break;
        }
        if day_of(now) != day {
            (day, used) = (day_of(now), 0);
        }
        let tomorrow = Timestamp::from_second((day + 1) * DAY).unwrap_or(Timestamp::MAX);
        if used >= pace.per_day {
            now = tomorrow;
            continue;
        }
        // Of those that may go, the one whose hours end first.
        let open = groups.iter_mut().filter(|(window, _)| window.opens(now).is_none());
        let ends = |window: &Window| window.closes(now).unwrap_or(Timestamp::MAX);
        let Some((window, left)) = open.min_by_key(|(window, _)| ends(window)) else {
            let Some(next) = groups.iter().filter_map(|(window, _)| window.opens(now)).min() else { break };
            now = next;
            continue;
        };
        let until = ends(window).min(tomorrow);
        let fits = segments_within(until.duration_since(now), pace.per_second);
        let count = fits.min(*left).min(pace.per_day - used).max(1);
        *left -= count;
        used += count;
        let end = later(now, count, pace.per_second);
        match stretches.last_mut().filter(|last| last.until == now) {
            Some(last) => (last.until, last.segments) = (end, last.segments + count),
            None => stretches.push(Stretch { from: now, until: end, segments: count }),
        }
        now = end;
    }
    stretches
}

fn day_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(DAY)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that is too large becomes the largest integer"
)]
fn segments_within(time: SignedDuration, per_second: f64) -> u64 {
    (time.as_secs_f64().max(0.0) * per_second).floor() as u64
}

#[expect(clippy::cast_precision_loss, reason = "no plan holds 2^52 segments")]
fn later(at: Timestamp, segments: u64, per_second: f64) -> Timestamp {
    let took = SignedDuration::try_from_secs_f64(segments as f64 / per_second).unwrap_or(SignedDuration::MAX);
    at.checked_add(took).unwrap_or(Timestamp::MAX)
}
