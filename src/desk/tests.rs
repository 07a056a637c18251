//! Who is free and when, held against a clock that is looked at every minute; and local times on the nights of clock changes.

use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

use super::*;

fn hours(zone: &str, open: Option<(i8, i8)>) -> Hours {
    let zone = TimeZone::get(zone).expect("a zone");
    Hours { zone, open: open.map(|(from, to)| (time(from, 0, 0, 0), time(to, 30, 0, 0))) }
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn host(id: i64, name: &str) -> Host {
    Host { id: PersonId(id), name: name.to_owned(), due: None, idle_since: None, away: Vec::new() }
}

// V1 V10
#[test]
fn whoever_has_been_idle_for_longest_is_asked_first() {
    let now = at("2026-06-01T10:00:00Z");
    let hosts = [
        Host { idle_since: Some(at("2026-06-01T09:00:00Z")), ..host(1, "Ada") },
        Host { idle_since: Some(at("2026-06-01T08:00:00Z")), ..host(2, "Ben") },
        Host { due: Some(at("2026-06-01T09:59:00Z")), ..host(3, "Cleo") },
        Host { away: vec![(now, now + 1.hour())], ..host(4, "Dora") },
        host(6, "Finn"),
        host(5, "Finn"),
        host(7, "Edda"),
    ];
    let names: Vec<i64> = free(&hosts, now).iter().map(|host| host.id.0).collect();
    assert_eq!(names, [7, 5, 6, 2, 1]);
}

// V5: "any minute now" where a visitor is late, and that only where nobody else is as soon.
#[test]
fn a_host_whose_visitor_is_late_comes_last_among_equals() {
    let now = at("2026-06-01T10:00:00Z");
    let always = hours("UTC", None);
    let late = Host { due: Some(now - 10.minutes()), ..host(1, "Ada") };
    let away = Host { away: vec![(now - 1.hour(), now)], ..host(2, "Ben") };
    let nearest_of = |hosts: &[Host]| nearest(hosts, &always, now).expect("somebody");
    assert_eq!(nearest_of(&[late.clone(), away]).host, PersonId(2));
    let found = nearest_of(&[late, Host { due: Some(now + 5.minutes()), ..host(3, "Cleo") }]);
    assert_eq!((found.host, found.at, found.is_overdue), (PersonId(1), now, true));
    assert_eq!(nearest(&[], &always, now), None);
    let gone = Host { away: vec![(now, Timestamp::MAX)], ..host(1, "Ada") };
    assert!(nearest([&gone], &hours("UTC", Some((8, 17))), now).is_none_or(|found| found.at == Timestamp::MAX));
}

proptest! {
    // V5: by the definition, minute after minute, over both clock changes.
    #[test]
    fn the_nearest_free_time_is_that_of_a_clock_watched_every_minute(
        start in prop::sample::select(vec![
            "2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z", "2026-10-03T10:00:00Z", "2026-06-01T07:00:00Z",
        ]),
        zone in prop::sample::select(vec!["Europe/London", "UTC", "Australia/Lord_Howe", "America/New_York"]),
        open in prop::option::of((0i8..20, 1i8..4)),
        offset in 0i64..720,
        hosts in prop::collection::vec(
            (prop::option::of(-30i64..600), prop::collection::vec((-60i64..1200, 1i64..400), 0..4)),
            1..4,
        ),
    ) {
        let now = at(start) + offset.minutes();
        let hours = hours(zone, open.map(|(from, length)| (from, (from + length).min(23))));
        let hosts: Vec<Host> = (1i64..).zip(hosts).map(|(id, (due, away))| Host {
            due: due.map(|minutes| now + minutes.minutes()),
            away: away.iter().map(|(from, length)| (now + from.minutes(), now + (from + length).minutes())).collect(),
            ..host(id, "Ada")
        }).collect();
        let can_take = |host: &Host, at: Timestamp| {
            host.due.is_none_or(|due| due <= at)
                && !host.away.iter().any(|(from, to)| *from <= at && at < *to)
                && hours.is_open(at)
        };
        let watched = (0..4 * 1440).map(|minute| now + minute.minutes())
            .find(|at| hosts.iter().any(|host| can_take(host, *at)));
        let found = nearest(&hosts, &hours, now);
        prop_assert_eq!(found.as_ref().map(|found| found.at), watched);
        if let Some(found) = found {
            let host = hosts.iter().find(|host| host.id == found.host).expect("one of them");
            prop_assert!(can_take(host, found.at));
        }
    }

    // V7
    #[test]
    fn what_is_taken_lies_ahead_and_within_the_hours(
        minute in 0i64..60 * 24 * 400,
        (hour, min) in (0i8..24, 0i8..60),
        zone in prop::sample::select(vec!["Europe/London", "Australia/Lord_Howe", "Pacific/Apia", "America/New_York"]),
        open in prop::option::of((0i8..20, 1i8..4)),
    ) {
        let now = at("2026-01-01T00:00:00Z") + minute.minutes();
        let hours = hours(zone, open.map(|(from, length)| (from, (from + length).min(23))));
        if let Ok(leaves) = leaving(&format!("{hour:02}:{min:02}"), &hours, now) {
            let shown = leaves.to_zoned(hours.zone.clone());
            prop_assert_eq!((shown.hour(), shown.minute()), (hour, min));
            prop_assert!(leaves > now + 1.minute() && leaves <= now + 16.hours());
            prop_assert!(hours.is_open(leaves - 1.second()));
        }
    }

    #[test]
    fn nothing_that_is_typed_makes_it_fall(text in "\\PC{0,20}", minute in 0i64..60 * 24 * 400) {
        let now = at("2026-01-01T00:00:00Z") + minute.minutes();
        let _whatever = leaving(&text, &hours("Europe/London", None), now);
    }
}

// V7
#[test]
fn times_are_of_today_and_lengths_from_now() {
    let now = at("2026-06-01T10:00:20Z");
    let london = hours("Europe/London", Some((8, 17)));
    for (typed, expected) in [
        ("14:30", Ok("2026-06-01T13:30:00Z")),
        (" 9:15 ", Err(Refused::Past)),
        ("11:01", Err(Refused::Past)),
        ("11:02", Ok("2026-06-01T10:02:00Z")),
        ("45 min", Ok("2026-06-01T10:45:20Z")),
        ("45m", Ok("2026-06-01T10:45:20Z")),
        ("1h 30min", Ok("2026-06-01T11:30:20Z")),
        ("PT45M", Ok("2026-06-01T10:45:20Z")),
        ("-45 min", Err(Refused::Malformed)),
        ("1 min", Err(Refused::Past)),
        ("17:30", Ok("2026-06-01T16:30:00Z")),
        ("17:31", Err(Refused::AfterClosing { at: time(17, 30, 0, 0) })),
        ("20 hours", Err(Refused::TooLong)),
        ("3 years", Err(Refused::Malformed)),
        ("25:00", Err(Refused::Malformed)),
        ("45", Err(Refused::Malformed)),
        ("", Err(Refused::Malformed)),
        ("tomorrow", Err(Refused::Malformed)),
    ] {
        let found = leaving(typed, &london, now);
        let expected = match expected {
            // What is before now is past, however it is written.
            Err(Refused::Malformed) if typed.starts_with('-') => Err(Refused::Past),
            other => other.map(at),
        };
        assert_eq!(found, expected, "{typed}");
    }
    let night = at("2026-06-01T04:00:00Z");
    assert_eq!(leaving("14:30", &london, night), Err(Refused::Closed { at: time(8, 0, 0, 0) }));
}

// V13: clocks in London go from 01:00 to 02:00 on 29 March 2026, and from 02:00 back to 01:00 on 25 October.
#[test]
fn a_time_that_does_not_exist_is_refused_and_one_that_comes_twice_asked_about() {
    let london = hours("Europe/London", None);
    let spring = at("2026-03-29T00:10:00Z");
    assert_eq!(leaving("01:30", &london, spring), Err(Refused::Gap { time: time(1, 30, 0, 0) }));
    assert_eq!(leaving("02:30", &london, spring), Ok(at("2026-03-29T01:30:00Z")));
    let autumn = at("2026-10-25T00:10:00Z");
    let asked = leaving("01:30", &london, autumn).expect_err("asked");
    assert_eq!(
        asked.to_string(),
        "01:30 comes twice today, for the clocks are put back: write 01:30+01 for the first time, or 01:30+00 for the \
         second"
    );
    assert_eq!(leaving("01:30+01", &london, autumn), Ok(at("2026-10-25T00:30:00Z")));
    assert_eq!(leaving("01:30 +00:00", &london, autumn), Ok(at("2026-10-25T01:30:00Z")));
    assert_eq!(leaving("01:30+02", &london, autumn), Err(Refused::Malformed));
    // Only the second is still to come.
    assert_eq!(leaving("01:30", &london, at("2026-10-25T00:40:00Z")), Ok(at("2026-10-25T01:30:00Z")));
    // A length passes over the change as time does.
    assert_eq!(leaving("2 hours", &london, autumn), Ok(at("2026-10-25T02:10:00Z")));
}
