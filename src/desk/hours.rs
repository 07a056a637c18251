//! When a desk is open: the same hours every day of its zone, or always.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A desk's zone and hours.
#[derive(Debug, Clone)]
pub struct Hours {
    /// Its zone.
    pub zone: TimeZone,
    /// From this time of day until that later one; `None`: always.
    pub open: Option<(Time, Time)>,
}

impl Hours {
    /// Whether it is open, by what the clock on its wall shows.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        let Some((opens, closes)) = self.open else { return true };
        let clock = at.to_zoned(self.zone.clone()).time();
        opens <= clock && clock < closes
    }

    /// The next moment at which it is open: now, if it is.
    #[must_use]
    pub fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        let Some((opens, _)) = self.open else { return Some(at) };
        self.next(at, opens, true)
    }

    /// When it closes that is open now; `None` where it never does.
    #[must_use]
    pub fn closes(&self, at: Timestamp) -> Option<Timestamp> {
        let (_, closes) = self.open?;
        self.next(at, closes, false)
    }

    /// The first moment from `at` on at which it is open, or is not: now, this time of one of the next days, which may
    /// come twice, or where the clock is put over it.
    fn next(&self, at: Timestamp, time: Time, open: bool) -> Option<Timestamp> {
        let today = at.to_zoned(self.zone.clone()).date();
        let days = (0..4).filter_map(|n| today.checked_add(n.days()).ok());
        let times = days.flat_map(|day| {
            let local = self.zone.to_ambiguous_zoned(day.to_datetime(time));
            [local.clone().earlier().ok(), local.later().ok()]
        });
        let jumps = self.zone.following(at).take(2).map(|jump| jump.timestamp());
        let all = times.flatten().map(|zoned| zoned.timestamp()).chain(jumps).chain([at]);
        all.filter(|candidate| *candidate >= at && self.is_open(*candidate) == open).min()
    }
}
