//! When a phone may be texted: outside the quiet hours of every zone that it may be in.

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::messaging::quiet::Quiet;

/// After so many steps from one zone's morning to another's there is no hour that suits them all.
const MOST_STEPS: usize = 64;

/// The hours in which a phone may be texted.
#[derive(Debug, Clone)]
pub struct Window(Vec<Quiet>);

impl Window {
    /// Outside these hours in all of these zones; where no hour of the day is that, in the last of them alone.
    #[must_use]
    pub fn new((from, until): (Time, Time), zones: impl IntoIterator<Item = TimeZone>) -> Self {
        Self(zones.into_iter().map(|zone| Quiet { from, until, zone }).collect())
    }

    /// Outside these hours in all zones of these names, or in the usual one where none of them is a zone.
    #[must_use]
    pub fn among<'a>(night: (Time, Time), zones: impl IntoIterator<Item = &'a str>, usual: &str) -> Self {
        let zone = |name: &str| TimeZone::get(name).ok();
        let mut zones: Vec<TimeZone> = zones.into_iter().filter_map(zone).collect();
        if zones.is_empty() {
            zones.push(zone(usual).unwrap_or(TimeZone::UTC));
        }
        Self::new(night, zones)
    }

    /// When it opens, if it is closed now.
    #[must_use]
    pub fn opens(&self, now: Timestamp) -> Option<Timestamp> {
        let mut at = now;
        for _ in 0..MOST_STEPS {
            match self.0.iter().filter_map(|quiet| quiet.end(at)).max() {
                Some(end) => at = end,
                None => return (at > now).then_some(at),
            }
        }
        self.0.last().and_then(|quiet| quiet.end(now))
    }

    /// When it closes that is open now; `None` where it never does.
    #[must_use]
    pub fn closes(&self, now: Timestamp) -> Option<Timestamp> {
        self.0.iter().filter_map(|quiet| quiet.begins(now)).min()
    }
}
