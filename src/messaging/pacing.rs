//! How fast messages go, and how long a failed one waits.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How often a message is tried, and how long it waits in between.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// The wait after the first failure, at most.
    pub first: Duration,
    /// No wait is longer, whatever the provider asks for.
    pub longest: Duration,
    /// After this many attempts a message has failed.
    pub attempts: u32,
}

impl Default for Backoff {
    /// Ten attempts, from seconds to an hour apart: a provider may be gone for some four hours.
    fn default() -> Self {
        Self { first: Duration::from_secs(15), longest: Duration::from_secs(3600), attempts: 10 }
    }
}

impl Backoff {
    /// How long to wait after the given attempt (from 1): twice as long each time, of which a random half is left out
    /// so that many messages failing at once do not come back at once. `asked` is what the provider asked for; the wait
    /// is never shorter.
    #[must_use]
    pub fn wait(&self, attempt: u32, asked: Option<Duration>, chance: f64) -> Duration {
        let doubled = self.first.saturating_mul(1u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX));
        let wait = doubled.min(self.longest).mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0);
        wait.max(asked.unwrap_or_default()).min(self.longest.max(self.first))
    }
}

/// How many segments a line carries each second.
#[derive(Debug, Clone, Copy)]
pub struct Rate(f64);

impl Rate {
    /// So many segments a second; what is not above zero means no limit.
    #[must_use]
    pub fn per_second(segments: f64) -> Self {
        Self(if segments > 0.0 { segments } else { f64::INFINITY })
    }

    /// When a line that begins `segments` now is free again. Rounded up to the millisecond, so the rate is never
    /// exceeded.
    #[must_use]
    pub fn free_after(self, now: Timestamp, segments: usize) -> Timestamp {
        let seconds = f64::from(u32::try_from(segments).unwrap_or(u32::MAX)) / self.0;
        #[expect(clippy::cast_possible_truncation, reason = "a float that is too large becomes the largest integer")]
        let millis = (seconds * 1000.0).ceil() as i64;
        now.checked_add(SignedDuration::from_millis(millis)).unwrap_or(Timestamp::MAX)
    }

    /// How long so many segments take.
    #[must_use]
    pub fn time_for(self, segments: usize) -> Duration {
        let seconds = f64::from(u32::try_from(segments).unwrap_or(u32::MAX)) / self.0;
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_bound() {
        let backoff = Backoff::default();
        let waits: Vec<u64> = [1, 2, 3, 9, 10, 200].map(|n| backoff.wait(n, None, 1.0).as_secs()).to_vec();
        assert_eq!(waits, [15, 30, 60, 3600, 3600, 3600]);
        assert_eq!(backoff.wait(1, None, 0.0), Duration::from_millis(7500));
        assert_eq!(backoff.wait(1, Some(Duration::from_secs(90)), 1.0), Duration::from_secs(90));
        assert_eq!(backoff.wait(1, Some(Duration::from_secs(86_400)), 1.0), Duration::from_secs(3600));
    }

    #[test]
    fn a_line_is_busy_for_as_long_as_its_segments_take() {
        let now: Timestamp = "2026-12-01T12:00:00Z".parse().expect("a time");
        let busy =
            |rate: f64, segments| Rate::per_second(rate).free_after(now, segments).duration_since(now).as_millis();
        assert_eq!(busy(1.0, 1), 1000);
        assert_eq!(busy(1.0, 3), 3000);
        assert_eq!(busy(3.0, 1), 334);
        assert_eq!(busy(0.0, 5), 0);
        assert_eq!(busy(f64::INFINITY, 5), 0);
    }

    proptest! {
        #[test]
        fn a_wait_stays_between_half_and_whole_and_obeys_the_provider(
            attempt in 1u32..40, asked in prop::option::of(0u64..7200), chance in 0.0f64..=1.0,
        ) {
            let backoff = Backoff::default();
            let asked = asked.map(Duration::from_secs);
            let wait = backoff.wait(attempt, asked, chance);
            prop_assert!(wait <= backoff.longest);
            prop_assert!(wait >= asked.unwrap_or_default().min(backoff.longest));
            prop_assert!(wait >= backoff.wait(attempt, None, 1.0) / 2);
        }

        #[test]
        fn no_second_carries_more_than_the_rate(segments in prop::collection::vec(1usize..5, 1..40), rate in 0.2f64..20.0) {
            let start: Timestamp = "2026-12-01T12:00:00Z".parse().expect("a time");
            let (mut now, mut total) = (start, 0);
            for n in segments {
                now = Rate::per_second(rate).free_after(now, n);
                total += n;
            }
            let seconds = now.duration_since(start).as_secs_f64();
            prop_assert!(total as f64 / seconds <= rate * 1.000_001);
        }
    }
}
