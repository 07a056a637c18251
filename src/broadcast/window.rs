//! When a phone may be texted: outside the quiet hours of every zone that it may be in.

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::zones_of;
use crate::messaging::quiet::Quiet;
use crate::model::Phone;

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

    /// Outside these hours where a phone is: in the zone that is named for it, or else in all that its number may be in, or
    /// else in the usual one.
    #[must_use]
    pub fn at(night: (Time, Time), named: Option<&str>, phone: Option<&Phone>, usual: &str) -> Self {
        let zone = |name: &str| TimeZone::get(name).ok();
        let mut zones: Vec<TimeZone> = match named.and_then(zone) {
            Some(named) => vec![named],
            None => phone.into_iter().flat_map(zones_of).filter_map(zone).collect(),
        };
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
