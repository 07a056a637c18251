//! Quiet hours: no text is started between two times of day of the exchange's zone.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::model::MessagingSettings;

/// Quiet hours in a time zone.
#[derive(Debug, Clone)]
pub struct Quiet {
    /// From this time of day.
    pub from: Time,
    /// Until this one, of the next day when it is the earlier of the two.
    pub until: Time,
    /// In this zone.
    pub zone: TimeZone,
}

impl Quiet {
    /// Those of the settings, in a zone that is known by its name.
    #[must_use]
    pub fn of(settings: &MessagingSettings, timezone: &str) -> Option<Self> {
        let (from, until) = settings.quiet?;
        Some(Self { from, until, zone: TimeZone::get(timezone).unwrap_or(TimeZone::UTC) })
    }

    /// When quiet hours begin next.
    #[must_use]
    pub fn begin(&self, now: Timestamp) -> Option<Timestamp> {
        let today = now.to_zoned(self.zone.clone()).date();
        let begin =
            |day: Date| Some(self.zone.to_ambiguous_zoned(day.to_datetime(self.from)).earlier().ok()?.timestamp());
        [Some(today), today.tomorrow().ok()].into_iter().flatten().filter_map(begin).find(|begin| *begin > now)
    }

    /// When the quiet hours end that `now` lies in; `None` outside them.
    ///
    /// On the night when clocks change, the quiet hours are taken at their longest: a time of day that comes twice
    /// begins them at its first coming and ends them at its second, and one that is skipped begins them an hour sooner
    /// or ends them an hour later.
    #[must_use]
    pub fn end(&self, now: Timestamp) -> Option<Timestamp> {
        let today = now.to_zoned(self.zone.clone()).date();
        let days = [today.yesterday().ok(), Some(today), today.tomorrow().ok()];
        days.into_iter().flatten().find_map(|day| {
            let last_day = if self.until > self.from { day } else { day.checked_add(1.day()).ok()? };
            let begin = self.zone.to_ambiguous_zoned(day.to_datetime(self.from)).earlier().ok()?.timestamp();
            let end = self.zone.to_ambiguous_zoned(last_day.to_datetime(self.until)).later().ok()?.timestamp();
            (begin <= now && now < end).then_some(end)
        })
    }

    /// When the quiet hours begin next, outside them.
    #[must_use]
    pub fn begins(&self, now: Timestamp) -> Option<Timestamp> {
        let today = now.to_zoned(self.zone.clone()).date();
        let days = [Some(today), today.tomorrow().ok(), today.checked_add(2.days()).ok()];
        let begin = |day: jiff::civil::Date| {
            Some(self.zone.to_ambiguous_zoned(day.to_datetime(self.from)).earlier().ok()?.timestamp())
        };
        days.into_iter().flatten().filter_map(begin).find(|begin| *begin > now)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;
    use proptest::prelude::*;

    use super::*;

    fn quiet(from: (i8, i8), until: (i8, i8), zone: &str) -> Quiet {
        let zone = TimeZone::get(zone).expect("a zone of the database");
        Quiet { from: time(from.0, from.1, 0, 0), until: time(until.0, until.1, 0, 0), zone }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_night_reaches_over_midnight() {
        let quiet = quiet((21, 0), (8, 0), "Europe/London");
        assert_eq!(quiet.end(at("2026-12-01T20:59:59Z")), None);
        assert_eq!(quiet.end(at("2026-12-01T21:00:00Z")), Some(at("2026-12-02T08:00:00Z")));
        assert_eq!(quiet.end(at("2026-12-02T07:59:59Z")), Some(at("2026-12-02T08:00:00Z")));
        assert_eq!(quiet.end(at("2026-12-02T08:00:00Z")), None);
        assert_eq!(quiet.begin(at("2026-12-01T20:59:59Z")), Some(at("2026-12-01T21:00:00Z")));
        assert_eq!(quiet.begin(at("2026-12-01T21:00:00Z")), Some(at("2026-12-02T21:00:00Z")));
    }

    #[test]
    fn a_rest_by_day_stays_within_it() {
        let quiet = quiet((12, 30), (14, 0), "America/New_York");
        assert_eq!(quiet.end(at("2026-07-01T16:29:59Z")), None);
        assert_eq!(quiet.end(at("2026-07-01T16:30:00Z")), Some(at("2026-07-01T18:00:00Z")));
    }

    // Clocks in London go from 01:00 to 02:00 on 29 March 2026, and from 02:00 back to 01:00 on 25 October.
    #[test]
    fn the_quiet_hours_are_safe_when_clocks_change() {
        let night = quiet((21, 0), (8, 0), "Europe/London");
        assert_eq!(night.end(at("2026-03-28T22:00:00Z")), Some(at("2026-03-29T07:00:00Z")));
        assert_eq!(night.end(at("2026-10-24T21:00:00Z")), Some(at("2026-10-25T08:00:00Z")));
        let ends_in_the_gap = quiet((21, 0), (1, 30), "Europe/London");
        assert_eq!(ends_in_the_gap.end(at("2026-03-29T00:59:00Z")), Some(at("2026-03-29T01:30:00Z")));
        let ends_twice = quiet((21, 0), (1, 30), "Europe/London");
        assert_eq!(ends_twice.end(at("2026-10-25T00:45:00Z")), Some(at("2026-10-25T01:30:00Z")));
        assert_eq!(ends_twice.end(at("2026-10-25T01:30:00Z")), None);
        let begins_twice = quiet((1, 30), (8, 0), "Europe/London");
        assert_eq!(begins_twice.end(at("2026-10-25T00:30:00Z")), Some(at("2026-10-25T08:00:00Z")));
    }

    proptest! {
        #[test]
        fn quiet_hours_always_end_and_are_over_at_their_end(
            minute in 0i64..60 * 24 * 365 * 3,
            (from, until) in (0i8..24, 0i8..24).prop_filter("two times", |(from, until)| from != until),
            zone in prop::sample::select(vec![
                "UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
            ]),
        ) {
            let quiet = quiet((from, 0), (until, 0), zone);
            let now = at("2025-01-01T00:00:00Z") + (minute * 60).seconds();
            let clock = now.to_zoned(quiet.zone.clone()).time();
            let inside = if from < until {
                clock >= quiet.from && clock < quiet.until
            } else {
                clock >= quiet.from || clock < quiet.until
            };
            match quiet.end(now) {
                Some(end) => {
                    prop_assert!(end > now && end <= now + 26.hours());
                    prop_assert_eq!(quiet.end(end), None);
                }
                // Quiet by the clock is quiet, whatever the clocks do.
                None => prop_assert!(!inside),
            }
        }
    }
}
