//! Nights, cut-offs and lapses where clocks change.

use super::*;

impl World {
    /// When the one open invitation of an event lapses that begins then, dealt at that time.
    fn lapses(&self, now: &str, change: impl FnOnce(&mut Typed)) -> Timestamp {
        self.set_clock(now);
        let mut typed = Typed { timezone: "Europe/London".to_owned(), ..self.typed("1") };
        change(&mut typed);
        let event = self.event(&typed);
        self.act(event, &Act::Deal);
        // The clock goes on meanwhile.
        let at = self.guest(event, "Ada").invitation.lapses_at.expect("open");
        Timestamp::from_second(at.as_second().div_euclid(60) * 60).expect("a time")
    }
}

// P11: a night of nine hours in spring and of eleven in autumn.
#[test]
fn an_invitation_of_the_night_has_its_hours_from_the_morning_whatever_clocks_do() {
    for (evening, morning) in [
        ("2027-03-27T22:00:00Z", "2027-03-28T07:00:00Z"),
        ("2027-10-30T21:00:00Z", "2027-10-31T08:00:00Z"),
        ("2027-06-01T21:00:00Z", "2027-06-02T07:00:00Z"),
    ] {
        let lapses = World::with(&["Ada"]).lapses(evening, |_| {});
        let expected: Timestamp = morning.parse().expect("a time");
        assert_eq!(lapses, expected + hours(24), "{evening}");
    }
}

// P11: a cut-off and a beginning are what the clock on the wall shows then.
#[test]
fn times_on_the_other_side_of_a_change_are_those_of_that_day() {
    for (now, starts, cut_off, lapses) in [
        ("2027-03-27T12:00:00Z", "2027-03-28 20:00", "2027-03-28 09:00", "2027-03-28T08:00:00Z"),
        ("2027-10-30T11:00:00Z", "2027-10-31 20:00", "2027-10-31 09:00", "2027-10-31T09:00:00Z"),
    ] {
        let world = World::with(&["Ada"]);
        let found =
            world.lapses(now, |typed| (typed.starts_at, typed.cut_off) = (starts.to_owned(), cut_off.to_owned()));
        assert_eq!(found.to_string(), lapses);
        // A day of 23 or of 25 hours is one of 24 for those who answer.
        let found = World::with(&["Ada"]).lapses(now, |typed| typed.starts_at = starts.to_owned());
        let at: Timestamp = now.parse().expect("a time");
        assert_eq!(found, at + hours(24));
    }
}

// P11 D2: what the clock shows twice is taken as an instant, and stays one when something else is changed.
#[test]
fn an_hour_that_comes_twice_is_named_by_its_instant() {
    let world = World::with(&["Ada"]);
    world.set_clock("2027-10-01T12:00:00Z");
    let zone = "Europe/London".to_owned();
    for at in ["2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z"] {
        let event = world.event(&Typed { starts_at: at.to_owned(), timezone: zone.clone(), ..world.typed("1") });
        world.change(event, |typed| typed.seats = "7".to_owned());
        let shown = world.shown(event).event;
        assert_eq!((shown.terms.starts_at.to_string().as_str(), shown.terms.seats, shown.revision), (at, 7, 1));
    }
}

// P11 A10: night is where the phone is, and where its number does not say, where the event is.
#[test]
fn it_is_night_where_the_phone_is() {
    for (number, wakes) in [
        // In Honolulu it is eight then, and Tokyo sleeps from noon in London on.
        ("+12125550123", "2027-01-15T18:00:00Z"),
        ("+819012345678", "2027-01-15T23:00:00Z"),
        ("+447700900200", "2027-01-15T12:00:00Z"),
    ] {
        let world = World::with(&["Ada"]);
        world.change_contact(0, |contact| contact.phone = crate::model::Phone::from_provider(number));
        // With a lapse of two hours it would be over before it has left, if it were day everywhere.
        let lapses = world.lapses("2027-01-15T12:00:00Z", |typed| typed.lapse = "2h".to_owned());
        let wakes: Timestamp = wakes.parse().expect("a time");
        assert_eq!(lapses, wakes + hours(2), "{number}");
        let row = &world.queued()[0];
        let quiet = |at: Timestamp| world.quiet_until(row, at);
        let now = world.now();
        assert_eq!(quiet(now), (wakes > now).then_some(wakes), "{number}");
        assert_eq!(quiet(wakes), None, "{number}");
    }
}
