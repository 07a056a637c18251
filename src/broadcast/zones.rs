//! In which time zones a phone may be, by its number.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::model::Phone;

/// Every country with its zones, one for each way to keep time that holds from 2025 on; taken from the time zone database
/// (`zone.tab`).
const ZONES: &str = include_str!("zones.txt");

/// All zones that a phone of this number may be in; none where that is not known. A number tells its country, and in North
/// America by its area whose it is.
#[must_use]
fn zones_of(phone: &Phone) -> Vec<&'static str> {
    static BY_REGION: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
        let read = |line: &'static str| {
            let mut words = line.split(' ');
            Some((words.next()?, words.collect()))
        };
        ZONES.lines().filter_map(read).collect()
    });
    let mut zones: Vec<&'static str> = Vec::new();
    for region in regions(phone) {
        for zone in BY_REGION.get(region).into_iter().flatten() {
            if !zones.contains(zone) {
                zones.push(zone);
            }
        }
    }
    zones
}

/// The time zones that somebody may be in: the one that they named, else all that their number may be in; none where that is
/// not known.
#[must_use]
pub fn possible_zones<'a>(named: Option<&'a str>, phone: Option<&Phone>) -> Vec<&'a str> {
    match named.filter(|zone| jiff::tz::TimeZone::get(zone).is_ok()) {
        Some(named) => vec![named],
        None => phone.map(zones_of).unwrap_or_default(),
    }
}

/// The countries that a number may be of.
fn regions(phone: &Phone) -> Vec<&'static str> {
    static BY_AREA: LazyLock<Mutex<HashMap<String, Vec<&'static str>>>> = LazyLock::new(Mutex::default);
    let all = phone.regions();
    // Under +1 there are 25 countries from Bermuda to Guam, which share no hour.
    let Some(area) = phone.expose().strip_prefix("+1").and_then(|rest| rest.get(..3)) else { return all };
    let mut known = BY_AREA.lock().unwrap_or_else(PoisonError::into_inner);
    let found = known.entry(area.to_owned()).or_insert_with(|| {
        let own: Vec<&str> = all.iter().copied().filter(|region| phone.is_of(region)).collect();
        if own.is_empty() { vec!["US"] } else { own }
    });
    found.clone()
}

#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    ZONES.lines().flat_map(|line| line.split(' ').skip(1))
}
